/*
 * What the rules share; nobody else includes it.
 *
 * A rule returns true to go on. False means stop: either a refusal was made or
 * the world failed (decision->failure).
 */
#ifndef DAYBOOK_DOMAIN_DECIDE_INTERNAL_H
#define DAYBOOK_DOMAIN_DECIDE_INTERNAL_H

#include "base/decimal.h"
#include "domain/decide.h"
#include "domain/document_kind.h"

struct rule;

struct decision {
    struct state *state;
    const struct decide_settings *settings;
    const Pb__Request *asked;   /* As it came: whose key the events carry. */
    const Pb__Request *request; /* That, or the proposed one that it approves. */
    bool knows_currency;        /* The settings' one is one. */
    bool is_approved;           /* By a second person. */
    const struct rule *rule;    /* The request's (decide.c). */
    const struct ledger_row *ledger;
    struct decide_input input;
    struct arena *answer_arena;
    struct arena *request_arena; /* The decider's; reset for each request. */
    struct event_batch *batch;
    uint64_t request_digest;

    int32_t today;
    int32_t effective_on; /* The request's, or today. */
    bool is_dated;        /* The request names its date. */
    int32_t original_on;
    char currency[4];
    bool is_currency_named;
    struct customer *customer; /* NULL for ledger-wide requests. */

    uint64_t next_sequence;
    int64_t next_recorded_at_us;
    struct decide_result *result;
    enum daybook_status failure;
    struct daybook_error *error;
};

/* What a refusal names, beside its sentence. */
struct refusal_facts {
    const char *document;
    int64_t requested_minor;
    int64_t available_minor;
    int32_t date;
};

/* Makes the refusal. */
void refuse(struct decision *decision, Pb__RefusalCode code, struct refusal_facts facts, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* That, and false: a rule returns it. */
#define REFUSE(decision, code, facts, ...)                                                                             \
    (refuse(decision, PB__REFUSAL_CODE__REFUSAL_CODE_##code, facts, __VA_ARGS__), false)
#define NO_FACTS ((struct refusal_facts){0})

/* Notes the failure, and returns false. */
bool went_wrong(struct decision *decision, enum daybook_status status);
/* True when status is OK; else notes the failure. */
static inline bool went_well(struct decision *decision, enum daybook_status status) {
    return status == DAYBOOK_OK || went_wrong(decision, status);
}

/* Notes that memory was refused, and returns false. */
bool out_of_memory(struct decision *decision);

/* "1000.00 CNY", in the answer's arena. */
const char *amount_text(struct decision *decision, int64_t minor);
const char *date_text(struct decision *decision, int32_t date);

/* Completes the event's header, folds it and puts it into the batch. The body is
 * set; `currency` too where it moves money. Refuses PERIOD_CLOSED and AMOUNT_OVERFLOW. */
bool emit(struct decision *decision, Pb__Event *event, int32_t effective_on);
/* The document that the event emitted last has made; its row is in memory. */
struct document *emitted_document(struct decision *decision);

/* ---- checks that several rules make, each refusing by its own code ---- */

bool check_identifier(struct decision *decision, const char *what, const char *id); /* 1 to 64 bytes. MALFORMED */
bool check_line(struct decision *decision, const char *what, const char *text, size_t max_bytes);
bool check_amount(struct decision *decision, int64_t amount_minor, const char *document);
bool check_amount_or_all(struct decision *decision, int64_t amount_minor, const char *document); /* 0: all there is. */
bool check_reason(struct decision *decision, const char *reason, const char *document);
bool check_date(struct decision *decision, const char *what, const char *text, int32_t *date); /* Empty: DATE_NONE. */
bool check_is_new(struct decision *decision, Pb__DocumentKind kind, const char *id);
bool check_not_before(struct decision *decision, int32_t date, const struct document *document);
/* Also takes the document's currency when the request names none. */
bool find_document(struct decision *decision, Pb__DocumentKind kind, const char *id, struct document **document);

/* A sentence beside what is accepted; behind another one, if there is one already. */
void warn(struct decision *decision, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Due before the day on which it happened: overdue from the first day on. It is taken, since what is owed from before
 * the ledger began is entered so, and warned of, since it may be a slip. */
void warn_if_due_before(struct decision *decision, const char *document, int32_t due_on);

/* Due by the terms: days after the date, or after the end of its month. */
bool due_by_terms(struct decision *decision, int32_t posted_on, const Pb__PaymentTerms *terms, int32_t *due_on);

/* ---- lots and credit, used by charges and holds ---- */

/* What the lots give, in the order in which they give it. */
struct slice {
    struct document *lot;
    int64_t amount_minor;
};
struct slices {
    struct slice *items; /* In the request's arena. */
    size_t count;
    int64_t sum_minor;
    bool has_out_of_scope; /* Money was there, for other categories. */
    bool has_out_of_date;  /* Money was there, on other days. */
};

/* Picks by the request's date, each lot up to the least that is left of it on any
 * later day. With what had expired since, too: a late charge's own date entitles it. */
bool pick_slices(struct decision *decision, const char *category, int64_t amount_minor, bool with_expired,
                 struct slices *slices);
/* EXCEEDS_DEPOSIT, OUT_OF_SCOPE or LOT_EXPIRED: why the lots cannot give it all. */
bool refuse_slices(struct decision *decision, const char *document, const char *category, int64_t amount_minor,
                   const struct slices *slices);
/* What a hold keeps of each lot, in the order in which it was taken. */
bool slices_of_hold(struct decision *decision, const struct document *hold, struct slices *slices);
/* Releases what had expired, then consumes, instalment by instalment. `hold`: "" or the hold that was captured. */
bool emit_slices(struct decision *decision, struct document *charge, const char *hold, const struct slices *slices);
/* For a message: pointers to slices in the request's arena; NULL: memory was refused (noted). */
Pb__LotSlice **message_slices(struct decision *decision, const struct slices *slices);

/* Looks at the head, as of the later of the request's date and today. `credit` stays
 * unset (state unspecified) for the unassessed. */
bool check_credit(struct decision *decision, const char *document, int64_t charge_minor, Pb__CreditDecision *credit);

/* Appends what of the customer's lots and holds has ended by `through_on`. Before a
 * rule, so that it decides on the day's facts, and after one that gave money back. */
bool emit_due_expiries(struct decision *decision, int32_t through_on);

/* ---- settling, used by charges, payments and reversals (rules_settle.c) ---- */

/* Allocates `source` to what is owed, oldest due first (or as the policy says), as far as both reach. */
bool allocate_oldest_first(struct decision *decision, struct document *source);
/* How many of the allocations that were listed count; none where a policy overrides them. */
static inline size_t planned_count(const struct decision *decision, size_t count) {
    return decision->settings->policy != NULL && decision->settings->policy->overrides_explicit ? 0 : count;
}
bool allocate_planned(struct decision *decision, struct document *source, Pb__AllocationPlan *const *plans,
                      size_t count);
/* Makes room for `amount_minor` to be reversed from `reversed_on` on, on every day. First for days on
 * which an allocation stood that has come off since: it comes off on its own day instead. Then uses
 * come off in reverse order until the lowest can give the amount. Correction: each on its own date;
 * reversal: each on the later of its date and `reversed_on`. Of its instalment alone, where part > 0. */
bool unwind(struct decision *decision, struct document *document, uint32_t part, Pb__Reading reading,
            int32_t reversed_on, int64_t amount_minor, Pb__UnallocationCause cause);
/* The day on which what was used on a day comes off in such a reversal. */
int32_t unwinding_date(Pb__Reading reading, int32_t reversed_on, int32_t used_on);
/* UNKNOWN_DOCUMENT: the item has no such instalment. */
bool check_part(struct decision *decision, const struct document *item, uint32_t part);
/* `instead_of_on`: the later day on which it came off already, or DATE_NONE. */
bool emit_unallocated(struct decision *decision, const struct link *link, struct document *source,
                      struct document *target, int64_t amount_minor, int32_t date, int32_t instead_of_on,
                      Pb__UnallocationCause cause);

/* ---- who may do what (rules_access.c) ---- */

/* May the role ask for that command? A role that is unknown may ask for nothing. */
bool role_may(Pb__Role role, Pb__Request__CommandCase command);
const char *role_name(Pb__Role role); /* "cashier"; the owner's is "owner" */
/* ROLE_NOT_ALLOWED, of what is being decided. */
bool check_role(struct decision *decision);
/* SAME_PERSON: whoever recorded a payment does not allocate it. The owner may. */
bool check_other_person(struct decision *decision, const struct document *payment);
/* APPROVAL_REQUIRED, by the ledger's approval policy. */
bool check_approval(struct decision *decision);
/* Goes on with the proposed request, as its proposer's (decide.c). */
bool decide_proposed(struct decision *decision, const Pb__Request *proposed);

/* ---- the rules, one a command ---- */

bool decide_open_customer(struct decision *decision);
bool decide_change_customer(struct decision *decision);
bool decide_close_customer(struct decision *decision);
bool decide_erase_customer(struct decision *decision);
bool decide_credit_policy(struct decision *decision);
bool decide_place_credit_hold(struct decision *decision);
bool decide_lift_credit_hold(struct decision *decision);
bool decide_close_period(struct decision *decision);
bool decide_reopen_period(struct decision *decision);
bool decide_deposit(struct decision *decision);
bool decide_refund(struct decision *decision);
bool decide_charge(struct decision *decision);
bool decide_payment(struct decision *decision);
bool decide_settle_payment(struct decision *decision);
bool decide_allocate(struct decision *decision);
bool decide_unallocate(struct decision *decision);
bool decide_adjustment(struct decision *decision);
bool decide_apply_deposit(struct decision *decision);
bool decide_place_hold(struct decision *decision);
bool decide_capture_hold(struct decision *decision);
bool decide_release_hold(struct decision *decision);
bool decide_reactivate_lot(struct decision *decision);
bool decide_expire_due(struct decision *decision);
bool decide_open_dispute(struct decision *decision);
bool decide_resolve_dispute(struct decision *decision);
bool decide_reverse_payment(struct decision *decision);
bool decide_reverse_charge(struct decision *decision);
bool decide_issue_statement(struct decision *decision);
bool decide_propose(struct decision *decision);
bool decide_approve(struct decision *decision);
bool decide_reject(struct decision *decision);
bool decide_approval_policy(struct decision *decision);
bool decide_operator_action(struct decision *decision);

#endif
