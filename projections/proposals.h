/*
 * The proposals view: what was proposed, what became of it, and the approval policy, at any (A, K).
 *
 * Rows (keys big-endian):
 *
 *   rows   sequence u64 -> u32 checksum, the event as it is stored
 */
#ifndef DAYBOOK_PROJECTIONS_PROPOSALS_H
#define DAYBOOK_PROJECTIONS_PROPOSALS_H

#include "base/arena.h"
#include "projection/projection.h"

enum proposals_table { PROPOSALS_ROWS, PROPOSALS_TABLE_COUNT };

enum { PROPOSALS_KEY_SIZE = 8, PROPOSALS_ROW_HEAD = 4 };

extern const struct projection proposals_projection;

/* The events of the view in the order of their sequences. Close before the transaction ends. */
struct proposals_walk {
    struct table_cursor *cursor;
    bool has_begun;
};
DAYBOOK_MUST_USE enum daybook_status proposals_walk_open(struct store_txn *txn, struct proposals_walk *walk,
                                                         struct daybook_error *error);
/* Decoded into `arena`; *event NULL: there are no more. */
DAYBOOK_MUST_USE enum daybook_status proposals_walk_next(struct proposals_walk *walk, struct arena *arena,
                                                         Pb__Event **event, struct daybook_error *error);
void proposals_walk_close(struct proposals_walk *walk);

#endif
