/*
 * Deciding: a request and the state go in; events or a refusal come out.
 *
 *   D1  Nothing here reads a clock or touches the disk: now is an argument, and
 *       cold rows come through the state's source.
 *   D2  What is emitted has been folded: the state is as it will be after the
 *       append. A refusal leaves the undoing to the caller's state_rollback.
 *   D3  When several refusals apply, the first in this order is given. What
 *       every request has:
 *         MALFORMED (key, actor, command), KEY_REUSED, CLOCK_NOT_ALLOWED,
 *         REQUEST_EXPIRED, UNSUPPORTED, ROLE_NOT_ALLOWED, CURRENCY_UNKNOWN,
 *         DATE_INVALID (effective_on, original_on, today), MALFORMED (customer),
 *         UNKNOWN_CUSTOMER or DUPLICATE_CUSTOMER, CUSTOMER_CLOSED, PERIOD_CLOSED,
 *         APPROVAL_REQUIRED.
 *       Then what its command has:
 *         MALFORMED, DATE_INVALID, AMOUNT_NOT_POSITIVE, REASON_REQUIRED,
 *         DUPLICATE_DOCUMENT, UNKNOWN_DOCUMENT, CURRENCY_MISMATCH,
 *         ALREADY_REVERSED, ALREADY_SETTLED, PAYMENT_PENDING, NOT_REFUNDABLE,
 *         DATE_BEFORE_SOURCE, OUT_OF_SCOPE, LOT_EXPIRED, EXCEEDS_DEPOSIT,
 *         EXCEEDS_OPEN, EXCEEDS_UNAPPLIED, EXCEEDS_HELD, EXCEEDS_WRITTEN_OFF,
 *         CREDIT_HOLD, UNASSESSED, OVER_CREDIT_LIMIT, BALANCE_NOT_ZERO,
 *         STATEMENT_NOT_NEXT, AMOUNT_OVERFLOW.
 *       Lists (allocations, instalments) come after the rest of their command,
 *       item by item, each in this order. A date that is wrong because of a
 *       document is DATE_INVALID once that document is found, and one that comes
 *       from a document (an unwinding, an allocation) meets its PERIOD_CLOSED
 *       where it is used. tests/engine/domain/test_decide_order.c holds the pairs.
 *       Of a proposal: MALFORMED, ROLE_NOT_ALLOWED, DUPLICATE_DOCUMENT, DATE_INVALID,
 *       PROPOSAL_LIMIT; when it is decided: UNKNOWN_DOCUMENT, PROPOSAL_EXPIRED,
 *       ALREADY_SETTLED, PROPOSAL_MISMATCH, SAME_PERSON, ROLE_NOT_ALLOWED, and then
 *       whatever its request itself meets, from REQUEST_EXPIRED on.
 *   D4  A key is remembered by the events that it made. A request that is accepted
 *       and has nothing to do (ExpireDue with nothing due) makes none: its
 *       last_sequence is before its first_sequence, its key stays free, and the
 *       same request later is decided anew. It can do nothing then that any
 *       other request of that customer would not do first.
 */
#ifndef DAYBOOK_DOMAIN_DECIDE_H
#define DAYBOOK_DOMAIN_DECIDE_H

#include "base/calendar.h"
#include "daybook/v1/request.pb-c.h"
#include "domain/policy.h"
#include "domain/postings.h"
#include "domain/state.h"

/* Encoded events, in order, waiting to be appended. */
struct batch_event {
    size_t offset_bytes;
    uint32_t size_bytes;
    int64_t recorded_at_us;
    struct postings postings;
    char currency[4]; /* Of the postings. */
    bool is_erasure;  /* A customer's: keys are to be destroyed before it is appended. */
};

struct event_batch {
    struct daybook_buffer bytes;
    struct batch_event *events;
    size_t count;
    size_t capacity;
    uint64_t first_sequence; /* Of events[0]. */
};

void event_batch_release(struct event_batch *batch);
/* Drops the events from `count` on. */
void event_batch_cut(struct event_batch *batch, size_t count);

struct decide_settings {
    const char *currency; /* Of requests that name none. */
    const struct timezone_rules *timezone;
    bool allow_import_clock;
    bool refuse_unassessed;
    bool seals_personal;                /* What is personal comes sealed, or is refused. */
    const struct decide_policy *policy; /* NULL: as the ledger does. */
};

/* Settings and scratch memory; one thread at a time. Borrows `settings`' pointers. */
struct decider;
struct decider *decider_open(const struct decide_settings *settings); /* NULL when memory is refused. */
void decider_close(struct decider *decider);                          /* Accepts NULL. */

struct decide_input {
    int64_t now_us;              /* The clock. */
    int64_t last_recorded_at_us; /* Of the last event before this request. */
    uint64_t next_sequence;
    uint64_t group;          /* First sequence of its group; 0 = alone. */
    uint64_t request_digest; /* decide_digest of the request, or what its events tell of it; 0 = to be computed. */
};

/* Over what the caller meant, not over when it must be answered. Never 0. `scratch` is written over. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status decide_digest(const Pb__Request *request, struct daybook_buffer *scratch,
                                                   uint64_t *digest, struct daybook_error *error);

/* The same of the encoded request, where its bytes are canonical and say neither not_after, recorded_at nor a role. */
uint64_t decide_digest_of_bytes(struct daybook_bytes request);

struct decide_result {
    uint64_t first_sequence; /* 0 when refused. */
    uint64_t last_sequence;
    int64_t recorded_at_us;
    int64_t last_recorded_at_us; /* Unchanged when nothing was emitted. */
    bool is_repeated;
    Pb__Refusal *refusal; /* In the arena; NULL when accepted. */
    const char *warning;  /* In the arena, or NULL. */
};

/* Appends what it emits to `batch`. A refusal is a result with status OK; any
 * other status is a failing world. Strings of the result live in `answer_arena`. */
DAYBOOK_MUST_USE enum daybook_status decide_request(struct decider *decider, struct state *state,
                                                    const Pb__Request *request, const struct decide_input *input,
                                                    struct arena *answer_arena, struct event_batch *batch,
                                                    struct decide_result *result, struct daybook_error *error);

/* A refusal of what does not come as far as deciding. NULL when memory is refused. */
Pb__Refusal *refusal_before(struct arena *answer_arena, Pb__RefusalCode code, const char *why);
Pb__Refusal *refusal_group(struct arena *answer_arena, size_t culprit_index, const Pb__Refusal *cause);

/* "EXCEEDS_OPEN"; never NULL. */
const char *refusal_name(Pb__RefusalCode code);
/* Cause and cure of each code, for people; NULL: no such code. */
struct refusal_text {
    const char *cause;
    const char *cure;
};
const struct refusal_text *refusal_explain(Pb__RefusalCode code);

#endif
