/*
 * The reference: plain lists of events and of what each did, added up again for
 * each question. It knows the rules of the books and nothing of the engine but the
 * generated messages. Slow and short on purpose.
 */
#ifndef TESTS_MODEL_TALLY_H
#define TESTS_MODEL_TALLY_H

#include "daybook/v1/event.pb-c.h"
#include "history.h"

#define KIND(name) PB__DOCUMENT_KIND__DOCUMENT_KIND_##name
#define BODY(name) PB__EVENT__BODY_##name

static inline int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static inline int32_t later(int32_t a, int32_t b) {
    return a > b ? a : b;
}

/* What an event changes of a document. Never below zero on any day, none of them. */
enum measure {
    LEFT,        /* Not used, not held: of a lot, payment, credit; open on a charge or debit note; of a hold. */
    HELD,        /* Of a hold, in the lot `other`. */
    HELD_CREDIT, /* Of a hold, against the limit. */
    ASIDE,       /* Expired from a lot; written off an item. */
    PENDING,     /* Of a payment. */
    STANDING,    /* Of an allocation, named by its sequence. */
    CONSUMED,    /* Of the lot `other`, by a charge. */
    BILLED,      /* Of a charge: what was charged and not reversed. */
    MEASURES
};

struct effect {
    uint64_t sequence;
    const char *customer;
    const char *currency;
    const char *id;
    const char *other; /* NULL where the measure has none. */
    Pb__DocumentKind kind;
    enum measure measure;
    int32_t date;
    uint32_t part;       /* The instalment; 0 = there is none. */
    uint64_t allocation; /* Of STANDING. */
    int64_t amount;
};

struct tally {
    const struct world *world;
    Pb__Event **events; /* Owned. */
    size_t count;
    size_t capacity;
    struct effect *effects;
    size_t effect_count;
    size_t effect_capacity;
    uint64_t known_at; /* Questions see no later event. */
};

struct doc {
    const char *customer;
    Pb__DocumentKind kind;
    const char *id;
    uint32_t part; /* Of a charge with instalments, from 1; 0 = all of the document. */
};

void tally_init(struct tally *tally, const struct world *world);
void tally_release(struct tally *tally);
void tally_add(struct tally *tally, const Pb__Event *event); /* Copies. */
void tally_cut(struct tally *tally, size_t count);           /* Forgets what came later. */

/* ---- one document ---- */

int64_t tally_level(const struct tally *tally, struct doc doc, enum measure measure, int32_t date);
int64_t tally_lowest(const struct tally *tally, struct doc doc, enum measure measure, int32_t from);
int64_t tally_last(const struct tally *tally, struct doc doc, enum measure measure);
/* The next date after `date` on which the measure changes; 0: none. */
int32_t tally_next_date(const struct tally *tally, struct doc doc, enum measure measure, int32_t date);
bool effect_is_of(const struct effect *effect, struct doc doc, enum measure measure);
/* The event that made the document; NULL: there is none. Allocations go by id, too. */
const Pb__Event *tally_made(const struct tally *tally, struct doc doc);
/* The day from which the document counts: of a payment that was pending, the one on which it settled. */
int32_t tally_counts_from(const struct tally *tally, const Pb__Event *made);
/* Money to be used (and not something owed). */
bool made_is_source(const Pb__Event *made);
int32_t made_due_on(const struct tally *tally, const Pb__Event *made); /* A lot's end as it is now. */
const char *made_id(const Pb__Event *made, Pb__DocumentKind *kind);    /* NULL: it makes no document. */

/* ---- customers and the ledger ---- */

int32_t world_today(const struct world *world, int64_t instant_us);
int32_t tally_closed_through(const struct tally *tally);
const Pb__CustomerProfile *tally_profile(const struct tally *tally, const char *customer); /* NULL: unknown. */
/* In force on a day; before the first one's, the first. */
const Pb__CustomerProfile *tally_profile_on(const struct tally *tally, const char *customer, int32_t date);
bool tally_is_closed(const struct tally *tally, const char *customer);

/* ---- an account: a customer and a currency ---- */

struct list {
    const Pb__Event *made[512]; /* The events that made the documents. */
    size_t count;
};

void tally_lots(const struct tally *tally, const char *customer, const char *currency, struct list *list);

/* What is owed: a charge, each of its instalments, a debit note. Oldest due first. */
struct item {
    const Pb__Event *made;
    struct doc doc;
    int32_t due_on;
};
struct items {
    struct item items[1024];
    size_t count;
};
void tally_items(const struct tally *tally, const char *customer, const char *currency, struct items *items);
uint32_t made_parts(const Pb__Event *made); /* How many instalments. */

/* The sum of a measure over the account's documents of a kind (unspecified: all), on a date. */
struct sum_of {
    const char *customer;
    const char *currency;
    Pb__DocumentKind kind;
    enum measure measure;
};
int64_t tally_sum(const struct tally *tally, struct sum_of what, int32_t date);
int64_t tally_open(const struct tally *tally, const char *customer, const char *currency, int32_t date);
int64_t tally_unapplied(const struct tally *tally, const char *customer, const char *currency, int32_t date);

const Pb__CreditPolicySet *tally_policy(const struct tally *tally, const char *customer, const char *currency,
                                        int32_t date);
bool tally_on_credit_hold(const struct tally *tally, const char *customer, int32_t date);

/* ---- what the rules make of it (tally_rules.c) ---- */

/* Adds the expiries of the customer that are due by `today`, as events. */
void tally_expire(struct tally *tally, const char *customer, int32_t today);
int32_t tally_open_day(const struct tally *tally, int32_t day);

struct pick {
    const char *lot;
    int64_t amount;
};
struct picks {
    struct pick items[512];
    size_t count;
    int64_t sum;
};
struct pick_question {
    const char *customer;
    const char *currency;
    const char *category;
    int32_t date;
    int64_t amount;
    bool with_expired;
};
void tally_pick(const struct tally *tally, const struct pick_question *question, struct picks *picks);
/* What a lot can give from `date` on. */
int64_t tally_give(const struct tally *tally, struct doc lot, int32_t date, bool with_expired);

/* One use that still stands of a payment, a credit or a charge. */
struct use {
    uint64_t sequence; /* Of the Allocated or DepositConsumed event. */
    const char *lot;   /* NULL: an allocation. */
    uint32_t part;
    int64_t amount;
    int32_t date;
};
struct uses {
    struct use items[512]; /* Oldest first. */
    size_t count;
};
void tally_uses(const struct tally *tally, struct doc doc, struct uses *uses);
/* What came off of an allocation on a later day than its own, and was not made good for by a reversal. */
struct taken {
    uint64_t sequence; /* Of the Allocated event. */
    uint32_t part;
    int64_t amount;
    int32_t date; /* Of the allocation. */
    int32_t off_on;
};
struct takens {
    struct taken items[512]; /* In the order in which they came off. */
    size_t count;
};
void tally_taken(const struct tally *tally, struct doc doc, struct takens *takens);
/* What would be left if every use came off. */
int64_t tally_unwindable(const struct tally *tally, struct doc doc);

struct exposure {
    const Pb__CreditPolicySet *policy; /* NULL: unassessed. */
    int64_t open;
    int64_t held;
    int64_t unapplied;
    bool on_hold;
};
bool exposure_passes(const struct exposure *exposure, int64_t more); /* The limit, with that much more. */
struct exposure tally_exposure(const struct tally *tally, const char *customer, const char *currency, int32_t as_of);

/* ---- the books (tally_books.c) ---- */

enum account {
    CASH,
    PROMOTION,
    DEPOSITS,
    RECEIVABLE,
    REVENUE,
    UNAPPLIED,
    ADJUSTMENTS,
    BAD_DEBT,
    ROUNDING,
    DORMANT,
    BREAKAGE,
    ACCOUNTS
};
struct entry {
    enum account debit;
    enum account credit;
    int64_t amount; /* 0: the event moves no money. */
};
struct entry entry_of(const Pb__Event *event);
/* The balance of an account of the books in a currency: debit positive. Customer NULL: all. */
int64_t tally_books(const struct tally *tally, enum account account, const char *customer, const char *currency,
                    int32_t date);

#endif
