/*
 * Makes the tiles of a log out of its entries, one after the other: whoever
 * writes a tree of tiles, and whoever checks one, gets the same bytes in the
 * same order. Memory: one tile a level and one of entries.
 */
#ifndef DAYBOOK_PROOF_TILE_BUILDER_H
#define DAYBOOK_PROOF_TILE_BUILDER_H

#include "proof/merkle.h"
#include "proof/tile.h"

/* `path` as of tile_path; the bytes are borrowed during the call. */
typedef enum daybook_status tile_visit(void *context, const char *path, struct daybook_bytes tile,
                                       struct daybook_error *error);

struct tile_builder {
    struct sha256 *sha256;
    struct merkle_edge edge;
    struct daybook_buffer entries;
    uint8_t hashes[TILE_LEVELS][TILE_WIDTH * SHA256_SIZE];
    tile_visit *visit;
    void *context;
};

/* NO_MEMORY. After any result: tile_builder_close. */
DAYBOOK_MUST_USE enum daybook_status tile_builder_open(struct tile_builder *builder, tile_visit *visit, void *context,
                                                       struct daybook_error *error);
void tile_builder_close(struct tile_builder *builder);

/* Each full tile is visited as soon as it is. INVALID: an entry is larger than 65 535 bytes. */
DAYBOOK_MUST_USE enum daybook_status tile_builder_add(struct tile_builder *builder, struct daybook_bytes entry,
                                                      struct daybook_error *error);
/* Visits the partial ones, and tells the tree. */
DAYBOOK_MUST_USE enum daybook_status tile_builder_end(struct tile_builder *builder, struct merkle_size *tree,
                                                      struct daybook_error *error);

#endif
