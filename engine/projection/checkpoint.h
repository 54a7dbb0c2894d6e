/*
 * How far a generation has been folded: one row of its own table, committed
 * with the rows that it speaks of (P2).
 */
#ifndef DAYBOOK_PROJECTION_CHECKPOINT_H
#define DAYBOOK_PROJECTION_CHECKPOINT_H

#include "projection/projection.h"

struct checkpoint {
    uint64_t position;      /* The last event folded; 0 = none. */
    int64_t recorded_at_us; /* Of that event. */
    uint32_t version;       /* Of the rows. */
    bool is_complete;       /* The generation has once caught up, and may answer. */
};

/* The table's number follows the projection's own. */
#define CHECKPOINT_TABLE "checkpoint"

/* Not found: all zero. DAMAGED: the row is none, or another projection's. VERSION: a newer format. */
DAYBOOK_MUST_USE enum daybook_status checkpoint_load(struct store_txn *txn, const struct projection *projection,
                                                     struct checkpoint *checkpoint, bool *is_found,
                                                     struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status checkpoint_save(struct store_txn *txn, const struct projection *projection,
                                                     const struct checkpoint *checkpoint, struct daybook_error *error);

#endif
