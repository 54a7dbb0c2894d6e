/*
 * Daybook: an event-sourced customer ledger in a directory.
 *
 *     struct daybook_error error;
 *     struct daybook *ledger;
 *     struct daybook_create_options made = {.timezone = "Asia/Shanghai", .currency = "CNY"};
 *     if (daybook_create("books", &made, &error) != DAYBOOK_OK) { ... error.message ... }
 *     struct daybook_open_options how = {.directory = "books", .is_writer = true, .views = daybook_standard_views};
 *     if (daybook_open(&how, &ledger, &error) != DAYBOOK_OK) { ... }
 *     // requests: encoded daybook.v1.Request messages (daybook/v1/request.pb-c.h)
 *     struct daybook_answers answers = {0};
 *     daybook_submit(ledger, requests, count, DAYBOOK_SUBMIT_EACH, &answers, &error);
 *     // queries: an encoded daybook.v1.Query, answered by the message that it names
 *     struct daybook_buffer answer = {0};
 *     daybook_query(ledger, query, &answer, &error);
 *     daybook_answers_release(&answers);
 *     daybook_buffer_release(&answer);
 *     daybook_close(ledger);
 *
 * tests/engine/test_embedding.c is this, complete and compiled.
 *
 * A handle serves any number of threads, and a process has one for each ledger. One process at a time may write a
 * ledger; any number may read. A child of fork uses no handle of its parent, not even to close it. Amounts are integers
 * in minor units, instants microseconds since 1970-01-01 UTC, dates days since 1970-01-01.
 *
 * To follow a ledger: an EventsQuery from the sequence after the last one that was seen, as often as daybook_head has
 * gone past it.
 */
#ifndef DAYBOOK_H
#define DAYBOOK_H

#include "base/error.h"
#include "base/values.h"
#include "daybook/v1/query.pb-c.h"
#include "daybook/v1/request.pb-c.h"

#ifdef __cplusplus
extern "C" {
#endif

struct daybook;    /* Opaque: daybook.c. */
struct projection; /* A view's definition: projection/projection.h. */

struct daybook_create_options {
    const char *timezone;       /* IANA name: business dates are calendar dates there, for ever. */
    const char *currency;       /* ISO 4217: of requests that name none. */
    bool allow_import_clock;    /* Requests may carry their own recorded_at, later than the last event's: so what was
                                 * known by an instant is settled only once an event has been recorded after it. */
    bool refuse_unassessed;     /* No charge on credit for a customer without a credit policy. */
    bool keeps_plain_names;     /* Names lie in the journal for ever; else they are sealed and can be erased. */
    struct daybook_clock clock; /* All zero = the system's. */
};

/* Makes the directory and an empty ledger in it.
 * INVALID: no such time zone or currency. EXISTS: a ledger is there. */
DAYBOOK_MUST_USE enum daybook_status daybook_create(const char *directory, const struct daybook_create_options *options,
                                                    struct daybook_error *error);

struct daybook_open_options {
    const char *directory;
    bool is_writer;                        /* Takes the writer's lock: BUSY names the process that has it. */
    bool is_read_only;                     /* Touches nothing: views answer as far as they were folded. */
    bool follows;                          /* Worker threads keep the views up with the journal. */
    const struct projection *const *views; /* NULL-terminated; daybook_standard_views, or NULL for none. */
    size_t state_limit_bytes;              /* Of the memory that deciding may keep; 0 = 768 MiB. */
    uint64_t checkpoint_events;            /* Events between two checkpoints of that state; 0 = the default. */
    size_t map_size_bytes;                 /* Address space of each store; 0 = the default. */
    uint64_t scrub_bytes_per_s;            /* Of the journal, looked at again and again by a thread; 0 = none. */
    uint32_t wait_ms;                      /* How long a question waits for a view that follows; 0 = a minute. */
    struct daybook_clock clock;            /* All zero = the system's. */
};

/* The standard views: balance, aging, credit, history, customers, trial, lots, links, tree, statements,
 * proposals. */
extern const struct projection *const daybook_standard_views[];

/* Copies the options, but for `views`, which outlive the handle. *ledger is NULL unless the result is OK.
 * NOT_FOUND: no ledger there. BUSY: another writer; or this process has the ledger open already, and its threads share
 * that handle. VERSION: a newer format. DAMAGED: the journal is. */
DAYBOOK_MUST_USE enum daybook_status daybook_open(const struct daybook_open_options *options, struct daybook **ledger,
                                                  struct daybook_error *error);
/* Accepts NULL. Writes the state's checkpoint. Every other call has returned before, and answers outlive the handle. */
void daybook_close(struct daybook *ledger);

enum daybook_submit_mode {
    DAYBOOK_SUBMIT_EACH = 0,  /* Each request stands alone. */
    DAYBOOK_SUBMIT_GROUP = 1, /* All of them or none. */
    DAYBOOK_SUBMIT_DRY = 2,   /* Each alone: decided, answered, and nothing appended. */
};

/* One a request, in their order. Everything belongs to the answers. */
struct daybook_answer {
    uint64_t first_sequence; /* 0 when refused. */
    uint64_t
        last_sequence; /* Before first_sequence: nothing was to be done (no expiry was due), and nothing is kept. */
    int64_t recorded_at_us;
    bool is_repeated;                   /* The key was used before, with this content. */
    const Pb__Refusal *refusal;         /* NULL when accepted. */
    const char *warning;                /* NULL, or a sentence (a limit passed under "warn"). */
    const struct daybook_bytes *events; /* DAYBOOK_SUBMIT_DRY: what would be appended, encoded; else NULL. */
    size_t event_count;
    Pb__Remainder *const *remainders; /* Where the submission asks for them; NULL when refused. */
    size_t remainder_count;
};
struct daybook_answers {
    struct daybook_answer *items;
    size_t count;
    void *memory; /* The answers' own. */
};
void daybook_answers_release(struct daybook_answers *answers); /* Accepts an empty one; leaves it empty. */

/* Decides each encoded request and appends what is accepted; returns when that is
 * durable. Concurrent calls share one commit. A refusal is an answer, not an error, and so is what cannot be decoded
 * (MALFORMED). `requests` are borrowed until it returns; what `answers` held before is overwritten, not released.
 * IO, LIMIT: nothing of this call was acknowledged, and answers are empty; ask
 * again with the same keys after opening anew. READ_ONLY: not opened as a writer. */
DAYBOOK_MUST_USE enum daybook_status daybook_submit(struct daybook *ledger, const struct daybook_bytes *requests,
                                                    size_t count, enum daybook_submit_mode mode,
                                                    struct daybook_answers *answers, struct daybook_error *error);

/* Who submits, where a server knows it: this is what the requests' own words are replaced by. */
struct daybook_submitter {
    const char *actor; /* NULL: what each request says. */
    Pb__Role role;
};

/* What one of many callers submits, and how it went. */
struct daybook_submission {
    const struct daybook_bytes *requests;
    size_t count;
    enum daybook_submit_mode mode;
    const struct daybook_submitter *submitter; /* NULL: the requests say. */
    bool tells_remainders;                     /* What is left of the documents that each request touched, too. */
    struct daybook_answers answers;            /* Empty unless status is OK; the caller releases them. */
    enum daybook_status status;
    struct daybook_error error; /* Of a status that is not OK. */
};

/* The same for many callers at once, from one thread: they share commits as if each
 * had come by itself, in this order. The result is about all of them (READ_ONLY,
 * NO_MEMORY: none was taken); how each went is in its own status. */
DAYBOOK_MUST_USE enum daybook_status daybook_submit_many(struct daybook *ledger, struct daybook_submission *submissions,
                                                         size_t count, struct daybook_error *error);

/* Answers one encoded daybook.v1.Query with the encoded answer message of its
 * kind (BalanceQuery: BalanceAnswer, ...). Catches the view up, or waits for it. `answer` is the caller's: it begins as
 * zeros, may be used again (what it held is replaced, its memory kept), and holds nothing to read where this fails.
 * INVALID: the question cannot be read or asked so. NOT_FOUND: the customer or document that it is about was not there.
 * BEHIND: read-only, and not folded that far. */
DAYBOOK_MUST_USE enum daybook_status daybook_query(struct daybook *ledger, struct daybook_bytes query,
                                                   struct daybook_buffer *answer, struct daybook_error *error);

/* Issues what an encoded daybook.v1.IssueStatementsRequest asks for, one page of accounts, and answers with
 * an IssueStatementsAnswer: computes each statement of what is known now, then submits it. What was issued before is
 * passed over, so whoever was stopped asks again. Needs a writer with the standard views.
 * INVALID: the request cannot be read, or asks for days that have not come. NOT_FOUND: it names a customer who is not
 * there. A refusal is in the answer. */
DAYBOOK_MUST_USE enum daybook_status daybook_issue_statements(struct daybook *ledger, struct daybook_bytes request,
                                                              struct daybook_buffer *answer,
                                                              struct daybook_error *error);

/* The last committed sequence; 0 = none. */
DAYBOOK_MUST_USE enum daybook_status daybook_head(struct daybook *ledger, uint64_t *sequence,
                                                  struct daybook_error *error);

#ifdef __cplusplus
}
#endif

#endif
