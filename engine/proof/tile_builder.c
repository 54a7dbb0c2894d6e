/* Tiles out of entries. */
#include "proof/tile_builder.h"

#include <string.h>

#include "base/bytes.h"

enum { ENTRY_MAX = 65535 };

enum daybook_status tile_builder_open(struct tile_builder *builder, tile_visit *visit, void *context,
                                      struct daybook_error *error) {
    *builder = (struct tile_builder){.visit = visit, .context = context};
    builder->sha256 = sha256_open();
    return builder->sha256 != NULL ? DAYBOOK_OK
                                   : daybook_fail(error, DAYBOOK_NO_MEMORY, "making tiles: memory was refused");
}

void tile_builder_close(struct tile_builder *builder) {
    sha256_close(builder->sha256);
    daybook_buffer_release(&builder->entries);
    builder->sha256 = NULL;
}

static enum daybook_status visit_hashes(struct tile_builder *builder, int level, uint64_t index, unsigned width,
                                        struct daybook_error *error) {
    char path[TILE_PATH_MAX];
    struct daybook_bytes tile = {builder->hashes[level], (size_t)width * SHA256_SIZE};
    return builder->visit(builder->context, tile_path(level, index, width, path), tile, error);
}

static enum daybook_status visit_entries(struct tile_builder *builder, uint64_t index, unsigned width,
                                         struct daybook_error *error) {
    char path[TILE_PATH_MAX];
    enum daybook_status status = builder->visit(builder->context, tile_path(TILE_ENTRIES, index, width, path),
                                                daybook_buffer_view(&builder->entries), error);
    daybook_buffer_reset(&builder->entries);
    return status;
}

/* Every eighth level has tiles. */
static enum daybook_status keep_hash(void *context, unsigned level, uint64_t index, const struct merkle_hash *hash,
                                     struct daybook_error *error) {
    struct tile_builder *builder = context;
    unsigned place = (unsigned)(index % TILE_WIDTH);
    if (level % TILE_HEIGHT != 0) {
        return DAYBOOK_OK;
    }
    int tile_level = (int)(level / TILE_HEIGHT);
    memcpy(builder->hashes[tile_level] + (size_t)place * SHA256_SIZE, hash->bytes, SHA256_SIZE);
    return place + 1 == TILE_WIDTH ? visit_hashes(builder, tile_level, index / TILE_WIDTH, TILE_WIDTH, error)
                                   : DAYBOOK_OK;
}

enum daybook_status tile_builder_add(struct tile_builder *builder, struct daybook_bytes entry,
                                     struct daybook_error *error) {
    struct merkle_hash leaf;
    if (entry.size > ENTRY_MAX) {
        return daybook_fail(error, DAYBOOK_INVALID, "making tiles: an entry has %zu bytes, and at most 65535 fit",
                            entry.size);
    }
    const uint8_t length[2] = {(uint8_t)(entry.size >> 8), (uint8_t)entry.size};
    if (daybook_buffer_append(&builder->entries, length, sizeof length) != DAYBOOK_OK ||
        daybook_buffer_append(&builder->entries, entry.data, entry.size) != DAYBOOK_OK) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "making tiles: memory was refused");
    }
    uint64_t index = builder->edge.size;
    merkle_leaf(builder->sha256, entry, &leaf);
    DAYBOOK_TRY(merkle_edge_add(&builder->edge, builder->sha256, &leaf, keep_hash, builder, error));
    return index % TILE_WIDTH + 1 == TILE_WIDTH ? visit_entries(builder, index / TILE_WIDTH, TILE_WIDTH, error)
                                                : DAYBOOK_OK;
}

enum daybook_status tile_builder_end(struct tile_builder *builder, struct merkle_size *tree,
                                     struct daybook_error *error) {
    tree->size = builder->edge.size;
    for (int level = 0; level < TILE_LEVELS; level++) {
        uint64_t count = tile_hash_count(level, tree->size);
        unsigned width = (unsigned)(count % TILE_WIDTH);
        if (width > 0) {
            DAYBOOK_TRY(visit_hashes(builder, level, count / TILE_WIDTH, width, error));
        }
    }
    unsigned width = (unsigned)(tree->size % TILE_WIDTH);
    if (width > 0) {
        DAYBOOK_TRY(visit_entries(builder, tree->size / TILE_WIDTH, width, error));
    }
    merkle_edge_root(&builder->edge, builder->sha256, &tree->root);
    return DAYBOOK_OK;
}
