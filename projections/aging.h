/*
 * The aging view: items open and unapplied, at any (A, K), and their ages.
 *
 *   AG1  not due + buckets + disputed + unapplied = sum(open) - sum(unapplied), in
 *        every row and total.
 *   AG2  A question looks at the items that can have something left at (A, K), and
 *        at no others (items.h).
 *   AG3  The days to pay weigh what stands allocated, each with the days that it was allocated after.
 */
#ifndef DAYBOOK_PROJECTIONS_AGING_H
#define DAYBOOK_PROJECTIONS_AGING_H

#include "limits.h"
#include "projection/projection.h"
#include "projections/account.h"
#include "projections/ratio.h"

enum aging_table {
    AGING_ACCOUNTS,
    AGING_OPEN,
    AGING_SETTLED,
    AGING_CHUNKS,
    AGING_NAMES,
    AGING_TOUCHES,
    AGING_CATEGORIES,
    AGING_TABLE_COUNT
};

extern const struct projection aging_projection;

/* ---- items at (A, K) ---- */

/* An instalment, or the whole of an item without any. */
struct aging_part {
    uint32_t instalment; /* From 1; 0 = the whole. */
    int32_t due_on;
    int64_t amount_minor;
    int64_t open_minor;
    int64_t disputed_minor; /* At most open_minor. */
    int32_t settled_on;     /* Where asked for and open_minor is 0: the day it came to zero. */
};

/* Borrowed during the visit. */
struct aging_item {
    uint32_t kind; /* Pb__DocumentKind */
    const char *id;
    size_t id_size;
    struct daybook_bytes category; /* Where it has no number: aging_category knows either. */
    uint8_t category_number;
    bool is_source; /* Money to apply: what is left is unapplied. */
    uint64_t sequence;
    int32_t posted_on;
    int64_t amount_minor;
    int64_t open_minor; /* What is left; for a source, too, above zero. */
    size_t part_count;  /* At least 1; oldest due date first. */
    struct aging_part parts[LIMIT_INSTALMENTS];
};

/* An item's category; borrowed until the visit or the transaction ends. */
DAYBOOK_MUST_USE enum daybook_status aging_category(struct store_txn *txn, const struct aging_item *item,
                                                    struct daybook_bytes *text, struct daybook_error *error);

typedef enum daybook_status aging_visit(void *context, const struct aging_item *item, struct daybook_error *error);

/* What is left of all items together at a question's (A, K), as the balance view has it. */
struct aging_left {
    int64_t open_minor;
    int64_t unapplied_minor;
};

struct aging_question {
    uint32_t account;
    int32_t as_of;
    uint64_t known_at;
    bool includes_closed;          /* Also items with nothing left, with settled_on. */
    const struct aging_left *left; /* NULL: not known. What it is known for ends the search sooner. */
};

/* Visits each item once, in the order of their sequences; stops when a visit fails. */
DAYBOOK_MUST_USE enum daybook_status aging_ask_items(struct store_txn *txn, const struct aging_question *question,
                                                     aging_visit *visit, void *context, struct daybook_error *error);

/* Called for each item that an event with `from` < sequence <= K and effective_on <= A changed: with sequence
 * 0 as it was at (A, from), then with each event's as it was after it. What had nothing left is visited, too. */
typedef enum daybook_status aging_step(void *context, uint64_t sequence, const struct aging_item *item,
                                       struct daybook_error *error);

/* Steps through the changes of one item after the other; looks at no others. */
DAYBOOK_MUST_USE enum daybook_status aging_ask_steps(struct store_txn *txn, const struct aging_question *question,
                                                     uint64_t from, aging_step *step, void *context,
                                                     struct daybook_error *error);

/* ---- how items were paid ---- */

struct aging_paid {
    int64_t paid_minor; /* Allocated, and not taken off again. */
    int64_t late_minor; /* The part of it that was allocated past its due date. */
    wide to_pay;        /* Amounts times days: from posting, */
    wide delay;         /* past the due date, */
    wide early;         /* and before it. */
};

/* AG3 */
DAYBOOK_MUST_USE enum daybook_status aging_ask_paid(struct store_txn *txn, const struct aging_question *question,
                                                    struct aging_paid *paid, struct daybook_error *error);

/* ---- ages ---- */

enum { AGING_EDGES_MAX = 30 };

struct aging_policy {
    bool is_by_posting; /* Else by due date. */
    int32_t edges[AGING_EDGES_MAX];
    size_t edge_count;
    enum aging_unapplied { AGING_UNAPPLIED_COLUMN, AGING_UNAPPLIED_BUCKET, AGING_UNAPPLIED_NETTED } unapplied;
};

struct aging_sums {
    int64_t not_due_minor;
    int64_t buckets[AGING_EDGES_MAX + 1];
    int64_t disputed_minor;
    int64_t unapplied_minor;     /* Shown negative. */
    int64_t total_minor;         /* sum(open) - sum(unapplied) */
    int64_t overdue_minor;       /* By due date, whatever the policy's basis; what is disputed is not in it. */
    int32_t oldest_overdue_days; /* Likewise. */
    uint64_t item_count;         /* With something left. */
};

/* The column of money that counts from `base`: 0 = not due, then the buckets. By due date a day 0
 * is not due; by posting date it is in the first bucket. */
size_t aging_column(const struct aging_policy *policy, int32_t as_of, int32_t base);

/* LIMIT: a sum does not fit 64 bits. */
DAYBOOK_MUST_USE enum daybook_status aging_ask(struct store_txn *txn, const struct aging_question *question,
                                               const struct aging_policy *policy, struct aging_sums *sums,
                                               struct daybook_error *error);

/* Adds one item's columns, unapplied money in its own column or in its bucket. False: a sum does not fit 64 bits. */
bool aging_add_item(struct aging_sums *sums, const struct aging_policy *policy, int32_t as_of,
                    const struct aging_item *item);

/* Shows the unapplied money against the oldest; what is more than all of it stays in its column. */
void aging_net(struct aging_sums *sums, size_t edge_count);

/* Adds a row to a total. False: a sum does not fit 64 bits. */
bool aging_add(struct aging_sums *total, const struct aging_sums *row, size_t edge_count);

#endif
