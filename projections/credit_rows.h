/*
 * The rows of the credit view that its questions read.
 *
 * POLICIES: account u32, sequence u64, both big-endian -> u32 checksum, u8 kind,
 * u8 state, u8 mode, u8 0, i32 effective_on, i32 until_on, i64 limit.
 *
 * OVER_LIMIT: a series (series.h) with an entry for each passing.
 */
#ifndef DAYBOOK_PROJECTIONS_CREDIT_ROWS_H
#define DAYBOOK_PROJECTIONS_CREDIT_ROWS_H

#include "projections/credit.h"
#include "projections/series.h"

extern const struct series_shape credit_shape;

enum credit_change_kind { CREDIT_POLICY = 1, CREDIT_HOLD_PLACED = 2, CREDIT_HOLD_LIFTED = 3 };

struct credit_change {
    enum credit_change_kind kind;
    Pb__LimitState state;
    Pb__CreditMode mode;
    int64_t limit_minor;
    int32_t effective_on;
    int32_t until_on;
};

DAYBOOK_MUST_USE enum daybook_status credit_put_change(struct store_txn *txn, uint32_t account, uint64_t sequence,
                                                       const struct credit_change *change, struct daybook_error *error);

enum daybook_status credit_damaged(struct daybook_error *error);

#endif
