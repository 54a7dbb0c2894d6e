/*
 * The tree view: the upper nodes of the Merkle tree over the stored bytes of
 * every event (proof/merkle.h).
 *
 * One hash for each 256 events, and one for each 256 of those, and so on; what
 * lies between is computed again from the journal. So the tree costs a fifth of
 * a byte an event, and a proof reads at most two runs of 256 events.
 *
 *   TV1  A node is written when its last event is folded, and never changes.
 *   TV2  The edge is that of exactly the events folded.
 */
#ifndef DAYBOOK_PROJECTIONS_TREE_H
#define DAYBOOK_PROJECTIONS_TREE_H

#include "projection/projection.h"
#include "proof/merkle.h"
#include "proof/tile.h"
#include "store/journal.h"

enum tree_table { TREE_NODES, TREE_EDGE, TREE_TABLE_COUNT };

extern const struct projection tree_projection;

/* Reads nodes of a tree of `size` events, all of which the transaction's position covers. */
struct tree_reader {
    struct store_txn *txn;         /* Borrowed. */
    struct journal_reader *reader; /* Borrowed. */
    struct sha256 *sha256;
    uint64_t size;
    uint64_t block;                           /* Whose lower nodes are below; UINT64_MAX: none. */
    struct merkle_hash lower[2 * TILE_WIDTH]; /* Node (level, i) of the block is at (256 >> level) + i. */
    unsigned lower_count;                     /* Leaves of the block that are there. */
};
/* NO_MEMORY. After any result: tree_reader_close. */
DAYBOOK_MUST_USE enum daybook_status tree_reader_open(struct tree_reader *tree, struct store_txn *txn,
                                                      struct journal_reader *reader, uint64_t size,
                                                      struct daybook_error *error);
void tree_reader_close(struct tree_reader *tree); /* Accepts one that was never opened (all zero). */

/* For the provers of proof/merkle.h. DAMAGED: a row is not what the fold wrote. */
struct merkle_source tree_source(struct tree_reader *tree);

#endif
