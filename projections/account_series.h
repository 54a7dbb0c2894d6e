/*
 * The fold of a view that keeps one series for each account: its memory, opened, forgotten and written alike in every
 * such view. What an event is in the series is the view's own.
 */
#ifndef DAYBOOK_PROJECTIONS_ACCOUNT_SERIES_H
#define DAYBOOK_PROJECTIONS_ACCOUNT_SERIES_H

#include "projection/projection.h"
#include "projections/account.h"
#include "projections/series.h"

struct account_series {
    struct accounts *accounts;
    struct series *series;
};

/* *memory: a struct account_series. */
DAYBOOK_MUST_USE enum daybook_status account_series_open(unsigned accounts_table, struct series_shape shape,
                                                         void **memory, struct daybook_error *error);

/* The rest of such a projection's functions. */
void account_series_close(void *memory);
void account_series_forget(void *memory);
void account_series_foresee(void *memory, const struct fold_event *folded);
DAYBOOK_MUST_USE enum daybook_status account_series_flush(void *memory, struct store_txn *txn,
                                                          struct daybook_error *error);

#endif
