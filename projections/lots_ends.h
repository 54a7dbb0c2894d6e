/*
 * What became of each lot of an account in the end: so a question passes over those that were spent before its A and
 * K, and costs what was left then and not what ever was.
 *
 *   LE1  An end depends on the lot's events alone: what all of them together leave, whatever their dates; the last of
 *        their dates; and the last of their sequences.
 *   LE2  A lot of which nothing is left, held or dormant in the end had nothing from its last date on, as it is known
 *        from its last sequence on: events that come later would have changed its end.
 *   LE3  Ends lie in blocks of LOTS_IN_BLOCK, in the order of the lots' numbers; only an account's last block has
 * fewer.
 *
 * Table (key big-endian): account u32, number of the block's first lot u32 -> u32 checksum (the low half of hash64 of
 * what follows), varint ends that are open, zigzag the last date of all, varint the last sequence of all; then for each
 * end varint number (after the first: less the one before), zigzag left, held and dormant, zigzag last date, varint
 * last sequence.
 */
#ifndef DAYBOOK_PROJECTIONS_LOTS_ENDS_H
#define DAYBOOK_PROJECTIONS_LOTS_ENDS_H

#include "base/bytes.h"
#include "store/store.h"

enum { LOTS_IN_BLOCK = 32, LOTS_ENDS_KEY_SIZE = 8 };

/* Of one lot, or what an event changes of it. */
struct lot_end {
    uint32_t number;
    int32_t last_on;
    uint64_t last_sequence;
    int64_t left_minor;
    int64_t held_minor;
    int64_t dormant_minor;
};

struct lot_ends {
    struct lot_end ends[LOTS_IN_BLOCK];
    size_t count;
};

/* ---- the fold's side; one thread ---- */

struct lots_ends {
    unsigned table;
    struct daybook_buffer changes; /* Not written yet, in the order of their events. */
    struct daybook_buffer order;   /* Of them, for the flush. */
};

void lots_ends_release(struct lots_ends *ends);
void lots_ends_forget(struct lots_ends *ends);

/* The first change of a lot is what it was received with. */
DAYBOOK_MUST_USE enum daybook_status lots_ends_change(struct lots_ends *ends, uint32_t account,
                                                      const struct lot_end *change, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status lots_ends_flush(struct lots_ends *ends, struct store_txn *txn,
                                                     struct daybook_error *error);

/* ---- questions ---- */

/* The lots of an account that may have had something at (A, K). */
struct lots_ends_walk {
    struct table_cursor *cursor;
    uint32_t account;
    int32_t as_of;
    uint64_t known_at;
    struct lot_ends block;
    size_t next; /* In the block. */
    bool has_begun;
};
DAYBOOK_MUST_USE enum daybook_status lots_ends_walk_open(struct store_txn *txn, unsigned table, uint32_t account,
                                                         int32_t as_of, uint64_t known_at, struct lots_ends_walk *walk,
                                                         struct daybook_error *error);
/* In the order of their numbers. *is_found false: there are no more. */
DAYBOOK_MUST_USE enum daybook_status lots_ends_walk_next(struct lots_ends_walk *walk, uint32_t *number, bool *is_found,
                                                         struct daybook_error *error);
void lots_ends_walk_close(struct lots_ends_walk *walk);

#endif
