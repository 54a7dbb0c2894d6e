/*
 * The balance view: what each customer has and owes, per currency, at any (A, K).
 *
 *   BA1  Every column is the exact sum of the visible events' effects (effects.h).
 */
#ifndef DAYBOOK_PROJECTIONS_BALANCE_H
#define DAYBOOK_PROJECTIONS_BALANCE_H

#include "projection/projection.h"
#include "projection/view.h"
#include "projections/account.h"
#include "projections/effects.h"
#include "projections/series_window.h"

enum balance_table { BALANCE_ACCOUNTS, BALANCE_SERIES, BALANCE_TABLE_COUNT };

extern const struct projection balance_projection;

/* Of the series, for balance.c, bridge.c and query_daily.c alone. */
extern const struct series_shape balance_series;

/* The sums of one account; totals->count 0: nothing of it was visible. */
DAYBOOK_MUST_USE enum daybook_status balance_ask(struct store_txn *txn, uint32_t account, int32_t as_of,
                                                 uint64_t known_at, struct series_totals *totals,
                                                 struct daybook_error *error);

/* The same of a view that is asked often: where rows lie is remembered. */
DAYBOOK_MUST_USE enum daybook_status balance_ask_again(const struct view_read *read, uint32_t account, int32_t as_of,
                                                       uint64_t known_at, struct series_totals *totals,
                                                       struct daybook_error *error);

/* The entries of one account in a window. */
DAYBOOK_MUST_USE enum daybook_status balance_find_window(struct store_txn *txn, uint32_t account,
                                                         const struct series_window *window,
                                                         struct daybook_buffer *found, struct daybook_error *error);

#endif
