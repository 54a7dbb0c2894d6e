/*
 * Where the money of an account's open items went between two dates: out of
 * which column of the aging, into which.
 *
 *   KF1  A row adds up to its column of the opening aging: what moved and what was settled.
 *   KF2  A column adds up to that of the closing aging: what moved there and what is new.
 *
 * An item, or an instalment of it, is followed by its sequence: what was open
 * and still is has moved to where it stands now. What is disputed at both
 * dates stayed disputed, and what is clear at both moved as clear money; only
 * then what became disputed, or ceased to be.
 */
#ifndef DAYBOOK_PROJECTIONS_KPI_FLOW_H
#define DAYBOOK_PROJECTIONS_KPI_FLOW_H

#include "projections/aging.h"

/* Not due, the buckets, one over the last edge, disputed. */
enum { KPI_COLUMNS_MAX = AGING_EDGES_MAX + 3 };

struct kpi_flow {
    size_t column_count;
    /* From the row's column to the column's. The row past them is new money, the column past them is settled. */
    int64_t moved[KPI_COLUMNS_MAX + 1][KPI_COLUMNS_MAX + 1];
    /* At the second date, by due date whatever the policy's basis. */
    int64_t not_due_minor;
    int64_t overdue_minor;
    int64_t disputed_minor;
};

/* Adds the items of `account` to the flow from `from` to `to`. LIMIT: a sum does not fit 64 bits. */
DAYBOOK_MUST_USE enum daybook_status kpi_flow_add(struct kpi_flow *flow, struct store_txn *txn, uint32_t account,
                                                  int32_t from, int32_t to, uint64_t known_at,
                                                  const struct aging_policy *policy, struct daybook_error *error);

#endif
