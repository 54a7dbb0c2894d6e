/*
 * What deciding has to know: a fold of the journal, kept in memory row by row.
 *
 *   M1  Per currency, all amounts ever created (deposits, charges, payments,
 *       adjustments) add up within int64; so no sum over any set of events
 *       overflows, here or in a view.
 *   M2  A row is a customer or a document; its number is the sequence of the
 *       event that made it. Rows name each other by number, never by address,
 *       so each can be written, dropped and loaded on its own.
 *   M3  Every change between state_begin and state_commit can be taken back
 *       exactly by state_rollback: a refused request leaves no trace.
 *   M4  The state depends on the events alone. Which rows are in memory is a
 *       matter of speed, never of answers.
 *
 * Names (customers, documents, request keys) are found by a 64-bit hash that
 * leads to numbers; each candidate is then compared with the real name.
 *
 * One thread at a time. Rows are borrowed until the next state_trim.
 */
#ifndef DAYBOOK_DOMAIN_STATE_H
#define DAYBOOK_DOMAIN_STATE_H

#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/pool.h"
#include "daybook/v1/event.pb-c.h"
#include "daybook/v1/request.pb-c.h"
#include "domain/timeline.h"
#include "limits.h"

enum row_kind { ROW_LEDGER, ROW_CUSTOMER, ROW_DOCUMENT };

enum { ROW_LEDGER_NUMBER = 0, STATE_VERSION = 18 };

struct row {
    uint64_t number;
    uint32_t changed_in; /* The epoch of its last change; 0 = none since it was loaded. */
    uint8_t kind;
    bool is_packed; /* Into the image of the epoch of its last change. */
    bool was_used;  /* Since the trimming hand last passed. */
};

/* The gross of everything created in one currency (M1). */
struct turnover {
    char currency[4];
    int64_t created_minor;
};

/* Requests of a kind above an amount need a second person. */
struct threshold {
    int64_t above_minor;
    char currency[4];
    uint8_t kind; /* Pb__ApprovalKind */
};

/* What was proposed and is neither approved nor rejected. Its request is in its event. */
struct open_proposal {
    uint64_t number; /* The sequence of that event. */
    int64_t expires_at_us;
};

/* What concerns every customer: row 0. */
struct ledger_row {
    struct row row;
    int32_t closed_through;   /* DATE_NONE: nothing is closed. */
    struct vector turnover;   /* struct turnover */
    struct vector thresholds; /* struct threshold */
    struct vector proposals;  /* struct open_proposal, by number; expired ones go when the next one comes */
};

struct credit_policy {
    uint64_t sequence;
    int64_t limit_minor;
    int32_t from_on;
    int32_t until_on; /* Exclusive; DATE_NONE: open-ended. */
    uint8_t state;    /* Pb__LimitState */
    uint8_t mode;     /* Pb__CreditMode */
};

/* A credit hold placed or lifted on a date. */
struct credit_hold_change {
    uint64_t sequence;
    int32_t date;
    bool is_placed;
};

/* What an account's sums still gain or lose after today; merged by date. */
struct account_future {
    int32_t date;
    int64_t open_minor;
    int64_t unapplied_minor;
    int64_t deposit_minor;
    int64_t credit_held_minor;
};

/* A lot that still has money at the end, in the order in which lots pay. */
struct lot_ref {
    uint64_t number;
    int32_t expires_on;
    int32_t effective_from;
    int32_t effective_on;
    uint8_t priority;
    uint8_t funding;
    uint8_t scope_count; /* 0 = any category: the widest. */
};

/* A lot or a hold that has something left which ends on a day. */
struct expiry_ref {
    uint64_t number;
    int32_t date;
};

/* A receivable item or a source of money that is not yet used up, oldest due first. */
struct item_ref {
    uint64_t number;
    int32_t due_on;
    uint16_t part; /* Of an item with instalments, from 1; else 0. */
};

/* What a row adds to the control sums of its currency (control.h). */
struct control_share {
    int64_t open_minor;
    int64_t unapplied_minor;
    int64_t deposit_minor; /* Held money, too. */
    int64_t dormant_minor;
    int64_t forfeited_minor; /* Of lots; an account does not know. */
};

/* A customer's money in one currency. Sums over all dates; account_as_of takes off the future. */
struct account {
    char currency[4];
    int64_t open_minor;
    int64_t unapplied_minor;
    int64_t deposit_minor;
    int64_t deposit_held_minor;
    int64_t credit_held_minor;
    int64_t dormant_minor;
    int64_t pending_minor;
    int32_t last_on;              /* The latest day on which money moved. */
    int32_t statement_to_on;      /* Where the last statement ended. */
    uint64_t statement_sequence;  /* Its event; 0: none was issued. */
    struct vector future;         /* struct account_future, by date */
    struct vector lots;           /* struct lot_ref, in paying order */
    struct vector items;          /* struct item_ref, by due date and number */
    struct vector sources;        /* struct item_ref, by posting date and number */
    struct vector expiries;       /* struct expiry_ref, by date and number */
    struct vector expired;        /* struct lot_ref: lots of which something has expired, in paying order */
    struct vector policies;       /* struct credit_policy, by from_on and sequence */
    struct control_share counted; /* As of the last checkpoint. */
};

/* What of a customer's profile deciding has to know, in force from a day until the next one's. */
struct profile {
    int32_t from_on;
    uint32_t terms_days;
    bool terms_end_of_month;
    uint8_t settlement; /* Pb__Settlement */
};

struct customer {
    struct row row;
    char id[LIMIT_ID_BYTES + 1];
    int32_t opened_on;
    bool is_closed;
    struct vector accounts; /* struct account *: each stays where it is (undo names its fields by address) */
    struct vector holds;    /* struct credit_hold_change, by sequence */
    struct vector profiles; /* struct profile, by date: never two of one date, and never none */
};

enum link_kind { LINK_ALLOCATION, LINK_SLICE };

/* One use of a source for a target, as far as it still stands. A charge keeps
 * its links to payments and lots, a payment its links to charges. */
struct link {
    uint64_t other;    /* The number of the document at the other end. */
    uint64_t sequence; /* Of the Allocated or DepositConsumed event. */
    int64_t amount_minor;
    int32_t date;
    uint16_t part; /* The item's instalment; 0 = it has none. */
    uint8_t kind;
    bool has_name; /* The allocation has an id of its own, which its event holds. */
};

/* What of an allocation came off on a later day than its own: between the two it stood. */
struct taken_off {
    uint64_t other;    /* The number of the document at the other end. */
    uint64_t sequence; /* Of the Allocated event. */
    int64_t amount_minor;
    int32_t date; /* Of the allocation. */
    int32_t off_on;
    uint16_t part;
};

/* One instalment of a charge, owed on a day of its own. The charge's own levels are the sums of theirs. */
struct part {
    struct timeline left;
    struct timeline aside;
    int32_t due_on;
};

/* What few documents have. */
struct document_rare {
    int64_t disputed_minor;  /* Of an item, in disputes that are open. */
    int64_t reversed_minor;  /* Of a charge: never more than its amount, whatever notes raised it. */
    struct vector taken_off; /* struct taken_off, in the order in which they came off */
    struct vector scope;     /* char[LIMIT_ID_BYTES + 1], of a lot */
    struct vector parts;     /* struct part: the instalments of a charge, in their order */
};

/* What is left in the end, and what is aside: with its kind, that is a document's share. */
struct document_sum {
    int64_t left_minor; /* Of a hold: what its lots hold for it. */
    int64_t aside_minor;
};

/* Its block ends with its texts: deciding is mostly waiting for memory, and texts are short. */
struct document {
    struct row row;
    uint64_t customer; /* Number. */
    char currency[4];
    uint8_t kind;    /* Pb__DocumentKind */
    bool is_source;  /* Money to be used: lot, payment, credit on account. Else a receivable item. */
    bool is_pending; /* A payment that does not count yet. */
    bool is_reversed;
    uint8_t funding;  /* Pb__Funding, of a lot. */
    uint8_t priority; /* Of a lot. */
    uint8_t on_expiry;
    uint8_t id_size;
    uint8_t category_size;
    int64_t amount_minor;
    int32_t posted_on;           /* Of a payment that was pending: the day on which it settled. */
    int32_t due_on;              /* A lot's or a hold's expires_on; DATE_NONE: never. */
    int32_t effective_from;      /* Of a lot. */
    struct timeline left;        /* Open on an item; unused and not held of a source; of a hold: what it still holds. */
    struct timeline aside;       /* Taken out and able to come back: written off an item, expired from a lot. */
    struct document_rare *rare;  /* NULL: nothing of it; document_rare. */
    struct vector links;         /* struct link, by sequence; of a hold: its lots */
    struct document_sum counted; /* As of the last checkpoint. */
    char id[];                   /* And its category behind it: document_category. */
};

/* Where rows, names and events are when they are not in memory. Bytes are
 * borrowed until the next call. */
struct state_source {
    void *context;
    enum daybook_status (*load_row)(void *context, uint64_t number, struct daybook_bytes *bytes, bool *is_found,
                                    struct daybook_error *error);
    /* At most `capacity` of the numbers under the hash, behind the first `skip` of them. */
    enum daybook_status (*find_names)(void *context, uint64_t hash, size_t skip, uint64_t *numbers, size_t capacity,
                                      size_t *count, struct daybook_error *error);
    enum daybook_status (*read_event)(void *context, uint64_t sequence, struct daybook_bytes *bytes,
                                      struct daybook_error *error);
    void (*foresee_name)(void *context, uint64_t hash); /* A hint that it will be looked for; may be NULL. */
};

struct state;

/* `source` is copied. NULL when memory is refused. */
struct state *state_open(const struct state_source *source);
void state_close(struct state *state); /* Accepts NULL. */

struct pool *state_pool(struct state *state);
/* Of rows: what a trimming can give back. */
size_t state_used_bytes(const struct state *state);

/* ---- hints (state_foresee.c): memory is far away, and most of deciding would be waiting for it ---- */

/* What is known of a request before its rows are. Texts are borrowed from the request or the event. */
struct state_hint {
    const char *customer_id;
    uint64_t customer_hash;
    struct daybook_bytes key;
    uint64_t key_hash;
    Pb__DocumentKind kind; /* Of the document that it makes. */
    const char *document;  /* NULL: none that is foreseen. */
    /* The steps' own: whom one has found, until a row goes away. */
    const struct customer *customer; /* NULL: not found. */
    uint64_t gone_rows;
    uint64_t document_of; /* The customer's number for which the document's name was hashed; 0: it was not. */
    uint64_t document_hash;
};
enum { STATE_HINT_STEPS = 8 };

/* Of the request alone, or of the first of its events: any thread. */
void state_prepare_hint(const Pb__Request *request, struct state_hint *hint);
void state_prepare_hint_of_event(const Pb__Event *event, struct state_hint *hint);

/* Has memory fetched that deciding the request will read. Step 0 first; each later one some requests after the one
 * before, when what that one asked for has come. Changes nothing, and any step may be left out. */
void state_foresee(const struct state *state, unsigned step, struct state_hint *hint);

/* Likewise for an event that is folded soon: its customer and its key. */
void state_foresee_event(const struct state *state, const Pb__Event *event);

/* Likewise for the row that an event soon after the one with that number may make. */
void state_foresee_row(const struct state *state, uint64_t number);

/* From here on the hint's hashes are taken for its texts, known by their address, instead of hashing them again: while
 * its request is decided. NULL: no more. */
void state_know_names(struct state *state, const struct state_hint *hint);

/* ---- finding; *row is NULL when there is none. A status other than OK is a failing world. ---- */

DAYBOOK_MUST_USE enum daybook_status state_ledger(struct state *state, struct ledger_row **ledger,
                                                  struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status state_find_customer(struct state *state, const char *id,
                                                         struct customer **customer, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status state_customer(struct state *state, uint64_t number, struct customer **customer,
                                                    struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status state_document(struct state *state, uint64_t number, struct document **document,
                                                    struct daybook_error *error);

/* The document whose row has that very text as its id, where it is one of the last that were asked for by number: what
 * deciding found, folding does not look for. NULL: look for the name. */
struct document *state_at_hand(const struct state *state, const struct customer *customer, Pb__DocumentKind kind,
                               const char *id);

/* The document of that kind and id, or the sequence of the event that made it
 * where it has no row (allocations, refunds, adjustments of a charge). */
DAYBOOK_MUST_USE enum daybook_status state_find_document(struct state *state, const struct customer *customer,
                                                         Pb__DocumentKind kind, const char *id,
                                                         struct document **document, uint64_t *sequence,
                                                         struct daybook_error *error);

/* The first event of the request with that key: decoded into `arena`, NULL when the key is free. */
DAYBOOK_MUST_USE enum daybook_status state_find_key(struct state *state, struct daybook_bytes key, struct arena *arena,
                                                    const Pb__Event **event, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status state_read_event(struct state *state, uint64_t sequence, struct arena *arena,
                                                      const Pb__Event **event, struct daybook_error *error);

/* The RequestProposed of that name; 0: there never was one. */
DAYBOOK_MUST_USE enum daybook_status state_find_proposal(struct state *state, const char *id, uint64_t *sequence,
                                                         struct daybook_error *error);

/* Codes have three letters and a NUL behind them, so they are compared at once. Four bytes are read of either. */
static inline bool currencies_equal(const char *a, const char *b) {
    return memcmp(a, b, 4) == 0;
}

/* The account in that currency, of which four bytes are read; NULL when the customer has none. */
struct account *customer_account(const struct customer *customer, const char *currency);

/* The order in which lots pay: priority (low first), soonest expiry (none last), promotional
 * before paid, narrower scope first (no scope is the widest), effective date, sequence. */
int lot_order(const struct lot_ref *a, const struct lot_ref *b);

static inline const char *document_category(const struct document *document) {
    return document->id + document->id_size + 1;
}

/* All zero where the document has none of it. */
extern const struct document_rare document_without_rare;
static inline const struct document_rare *document_rare(const struct document *document) {
    return document->rare != NULL ? document->rare : &document_without_rare;
}

static inline struct part *document_part(const struct document *document, uint32_t part) {
    return VECTOR_AT(struct part, &document->rare->parts, part - 1);
}

/* What is left of an item's instalment; of the document itself for part 0. */
static inline struct timeline *document_left(struct document *document, uint32_t part) {
    return part == 0 ? &document->left : &document_part(document, part)->left;
}

static inline struct timeline *document_aside(struct document *document, uint32_t part) {
    return part == 0 ? &document->aside : &document_part(document, part)->aside;
}

struct account_sums {
    int64_t open_minor;
    int64_t unapplied_minor;
    int64_t deposit_minor;
    int64_t credit_held_minor;
};
/* The sums at the end of `date`, a day not before the last recorded day; `account` may be NULL. */
struct account_sums account_as_of(const struct account *account, int32_t date);

/* Over all dates. */
struct control_share account_share(const struct account *account);
struct document_sum document_sum(const struct document *document);
struct control_share document_share(const struct document *document, struct document_sum sum);

/* The profile in force on `date`; before the first one's day, the first. */
const struct profile *customer_profile(const struct customer *customer, int32_t date);
/* The policy in force on `date`; NULL: unassessed. `account` may be NULL. */
const struct credit_policy *account_policy(const struct account *account, int32_t date);
bool customer_on_credit_hold(const struct customer *customer, int32_t date);

/* ---- changing: only the fold does. NO_MEMORY: roll back. ---- */

DAYBOOK_MUST_USE enum daybook_status state_add_customer(struct state *state, uint64_t number, const char *id,
                                                        struct customer **customer, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status state_add_document(struct state *state, uint64_t number,
                                                        const struct customer *customer, Pb__DocumentKind kind,
                                                        const char *id, const char *category,
                                                        struct document **document, struct daybook_error *error);
/* Its rare part, to be changed; made where there is none, which is no change to be taken back. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status state_make_rare(struct state *state, struct document *document,
                                                     struct document_rare **rare, struct daybook_error *error);
/* Returns the account that is there, or a new one at zero. */
DAYBOOK_MUST_USE enum daybook_status state_add_account(struct state *state, struct customer *customer,
                                                       const char *currency, struct account **account,
                                                       struct daybook_error *error);
/* A name without a row: a refund, an allocation. */
DAYBOOK_MUST_USE enum daybook_status state_add_document_name(struct state *state, uint64_t sequence,
                                                             const struct customer *customer, Pb__DocumentKind kind,
                                                             const char *id, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status state_add_proposal_name(struct state *state, uint64_t sequence, const char *id,
                                                             struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status state_add_key(struct state *state, struct daybook_bytes key, uint64_t sequence,
                                                   struct daybook_error *error);

/* Call before writing a plain field of a row (size bytes at `field`). */
DAYBOOK_MUST_USE enum daybook_status state_touch(struct state *state, struct row *row, void *field, size_t size,
                                                 struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status state_insert(struct state *state, struct row *row, struct vector *vector,
                                                  size_t item_size, uint32_t index, const void *item,
                                                  struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status state_remove(struct state *state, struct row *row, struct vector *vector,
                                                  size_t item_size, uint32_t index, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status state_replace(struct state *state, struct row *row, struct vector *vector,
                                                   size_t item_size, uint32_t index, const void *item,
                                                   struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status state_add_level(struct state *state, struct row *row, struct timeline *timeline,
                                                     int32_t date, int64_t delta_minor, struct daybook_error *error);

/* ---- taking back (M3) ---- */

void state_begin(struct state *state);
void state_commit(struct state *state);
void state_rollback(struct state *state);

/* ---- the checkpoint: rows and names that changed, as of one moment ----
 *
 * Freezing ends an epoch and fixes the moment. The rows that changed in it are then packed into an image, some at a
 * time, while deciding goes on: one that is about to change again before its turn is packed first. The whole image may
 * be read from any thread until the state is thawed, which says that it was saved. One image at a time. */

struct name_entry {
    uint64_t hash;
    uint64_t number;
};

struct state_image {
    struct daybook_bytes rows; /* Of each row: u64 LE number, u32 LE size, its packed bytes. In no order. */
    size_t row_count;
    const struct name_entry *names; /* In the order in which they came. */
    size_t name_count;
};

struct control;

/* Every row that is packed is also counted into `counted` (domain/control.h), which is borrowed until the state is
 * thawed. Nothing may be open between state_begin and state_commit. */
void state_freeze(struct state *state, struct control *counted);
bool state_is_frozen(const struct state *state);
/* Packs at most `most` rows; *is_done: the image is whole. */
DAYBOOK_MUST_USE enum daybook_status state_pack_some(struct state *state, size_t most, bool *is_done,
                                                     struct daybook_error *error);
struct state_image state_view_image(const struct state *state);
void state_thaw(struct state *state);

/* Counts every row that is in memory, without an image: for a state that was never frozen and dropped none. */
DAYBOOK_MUST_USE enum daybook_status state_count_rows(struct state *state, struct control *counted,
                                                      struct daybook_error *error);
size_t state_new_name_count(const struct state *state); /* Since the last state_freeze. */

/* Drops rows that were saved and not changed since, those not used lately first, until at most `limit_bytes` are in
 * use or `most` places have been looked at. Nothing may be open between state_begin and state_commit. */
void state_trim(struct state *state, size_t limit_bytes, size_t most);

/* The stored form of a row (state_pack.c draws it). */
DAYBOOK_MUST_USE enum daybook_status row_pack(const struct row *row, struct daybook_buffer *out);
DAYBOOK_MUST_USE enum daybook_status row_unpack(struct pool *pool, uint64_t number, struct daybook_bytes bytes,
                                                struct row **row, struct daybook_error *error);
size_t document_bytes(size_t id_size, size_t category_size);      /* Of a document's row with its texts. */
void row_release(struct pool *pool, struct row *row);             /* Accepts NULL. */
void account_release(struct pool *pool, struct account *account); /* Accepts NULL. */

#endif
