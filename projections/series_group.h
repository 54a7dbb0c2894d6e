/* The rows of a series that stand for eight others; drawn in chunk.h. Used by series.c. */
#ifndef DAYBOOK_PROJECTIONS_SERIES_GROUP_H
#define DAYBOOK_PROJECTIONS_SERIES_GROUP_H

#include "projections/series.h"

/* Writes one row of `level` for the rows below it that end the account's log. */
DAYBOOK_MUST_USE enum daybook_status group_write(struct store_txn *txn, struct series_shape shape, uint32_t account,
                                                 unsigned level, struct daybook_error *error);

#endif
