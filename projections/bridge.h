/*
 * Bridges: how an account's answer for A came from what was known at K1 to what
 * was known at K2, event by event.
 *
 *   BR1  An event's step is the answer at (A, its sequence) less the answer at
 *        (A, the sequence before), so before + steps = after in every column.
 *   BR2  The cost follows the events in (K1, K2] and the items that they changed,
 *        beside the two answers themselves.
 */
#ifndef DAYBOOK_PROJECTIONS_BRIDGE_H
#define DAYBOOK_PROJECTIONS_BRIDGE_H

#include "projections/aging.h"
#include "projections/balance.h"

enum { BRIDGE_COLUMNS_MAX = AGING_EDGES_MAX + 5 };

struct bridge_columns {
    int64_t minor[BRIDGE_COLUMNS_MAX];
};

/* One event that moved a column. */
struct bridge_step {
    uint64_t sequence;
    struct bridge_columns change;
};

struct bridge_question {
    uint32_t account;
    int32_t as_of;
    uint64_t from; /* K1 */
    uint64_t to;   /* K2 */
    enum bridge_figure { BRIDGE_BALANCE, BRIDGE_AGING, BRIDGE_STATEMENT } figure;
    const struct aging_policy *policy; /* Of ages. */
    int32_t from_on;                   /* Of statements: the period is after this day. */
    size_t column_count;
    bool changes_only; /* Without a step before and after are not asked for. */
};

struct bridge {
    struct bridge_columns before;
    struct bridge_columns after;
    bool is_visible;             /* The account had something to show, before or after. */
    struct daybook_buffer steps; /* struct bridge_step, by sequence; the caller releases it. */
};

/* not due, one for each bucket, disputed, unapplied, total */
size_t bridge_aging_column_count(const struct aging_policy *policy);

/* The columns of a balance and of a statement: their names. */
enum { BRIDGE_BALANCE_COLUMNS = 14, BRIDGE_STATEMENT_COLUMNS = 6 };
const char *bridge_balance_column(size_t column);
const char *bridge_statement_column(size_t column);

/* DAMAGED: before + steps is not what the rows say after, so the view's rows are not what was written.
 * LIMIT: a sum does not fit 64 bits. */
DAYBOOK_MUST_USE enum daybook_status bridge_ask(struct store_txn *txn, const struct bridge_question *question,
                                                struct bridge *bridge, struct daybook_error *error);

static inline const struct bridge_step *bridge_steps(const struct bridge *bridge, size_t *count) {
    *count = bridge->steps.size / sizeof(struct bridge_step);
    return (const void *)bridge->steps.data;
}

/* Adds `columns` to `sum`. False: it does not fit 64 bits. */
bool bridge_add(struct bridge_columns *sum, const struct bridge_columns *columns, size_t column_count);

#endif
