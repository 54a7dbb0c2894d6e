/* Checking a tree of tiles: every entry is hashed again, and every tile must be the one that follows. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/small_file.h"
#include "proof/tile_builder.h"
#include "tools/text.h"
#include "tools/verify.h"

enum { ENTRIES_TILE_MAX = 256 * (2 + 65535) };

struct tiles {
    const char *directory;
    struct tile_builder builder;
    struct daybook_buffer file;    /* The tile of entries that is read. */
    struct daybook_buffer present; /* The tile that is compared. */
};

static enum daybook_status read_tile(const struct tiles *tiles, const char *name, struct daybook_buffer *content,
                                     struct daybook_error *error) {
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", tiles->directory, name);
    enum daybook_status status = small_file_read(path, ENTRIES_TILE_MAX, content, error);
    if (status == DAYBOOK_NOT_FOUND) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("%s is missing: the tree was cut"), path);
    }
    return status;
}

static enum daybook_status compare_tile(void *context, const char *name, struct daybook_bytes tile,
                                        struct daybook_error *error) {
    struct tiles *tiles = context;
    DAYBOOK_TRY(read_tile(tiles, name, &tiles->present, error));
    if (!daybook_bytes_equal(daybook_buffer_view(&tiles->present), tile)) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            _("%s/%s is not what the entries before it lead to: it was altered"), tiles->directory,
                            name);
    }
    return DAYBOOK_OK;
}

static enum daybook_status add_tile(struct tiles *tiles, uint64_t index, unsigned width, struct daybook_error *error) {
    char name[TILE_PATH_MAX];
    (void)tile_path(TILE_ENTRIES, index, width, name);
    DAYBOOK_TRY(read_tile(tiles, name, &tiles->file, error));
    struct daybook_bytes left = daybook_buffer_view(&tiles->file);
    for (unsigned i = 0; i < width; i++) {
        size_t size = left.size < 2 ? SIZE_MAX : (size_t)left.data[0] << 8 | left.data[1];
        if (left.size < 2 || left.size - 2 < size) {
            return daybook_fail(error, DAYBOOK_DAMAGED, _("%s/%s was cut within its entries"), tiles->directory, name);
        }
        struct daybook_bytes entry = {left.data + 2, size};
        left = (struct daybook_bytes){entry.data + size, left.size - 2 - size};
        enum daybook_status status = verify_event_place(entry, index * TILE_WIDTH + i + 1, error);
        if (status != DAYBOOK_OK) {
            return daybook_fail_in(error, "%s/%s", tiles->directory, name);
        }
        DAYBOOK_TRY(tile_builder_add(&tiles->builder, entry, error));
    }
    return left.size == 0 ? DAYBOOK_OK
                          : daybook_fail(error, DAYBOOK_DAMAGED, _("%s/%s has bytes behind its %u entries"),
                                         tiles->directory, name, width);
}

static enum daybook_status check_all(struct tiles *tiles, const struct verify_trust *trust, struct tree_head *head,
                                     struct daybook_error *error) {
    struct merkle_size tree;
    DAYBOOK_TRY(read_tile(tiles, "checkpoint", &tiles->file, error));
    DAYBOOK_TRY(verify_checkpoint(trust, daybook_buffer_view(&tiles->file), head, error));
    DAYBOOK_TRY(tile_builder_open(&tiles->builder, compare_tile, tiles, error));
    for (uint64_t index = 0; tile_width(TILE_ENTRIES, index, head->tree.size) > 0; index++) {
        DAYBOOK_TRY(add_tile(tiles, index, tile_width(TILE_ENTRIES, index, head->tree.size), error));
    }
    DAYBOOK_TRY(tile_builder_end(&tiles->builder, &tree, error));
    if (!merkle_hash_equal(&tree.root, &head->tree.root)) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            _("the %" PRIu64 " entries do not lead to the root of the checkpoint: some were altered"),
                            tree.size);
    }
    return DAYBOOK_OK;
}

enum daybook_status verify_tiles(const struct verify_trust *trust, const char *directory, struct daybook_error *error) {
    static struct tiles tiles; /* Some tiles large: not for the stack. */
    struct tree_head head;
    tiles = (struct tiles){.directory = directory};
    enum daybook_status status = check_all(&tiles, trust, &head, error);
    if (status == DAYBOOK_OK) {
        (void)printf(_("good: %" PRIu64 " entries of %s, each hashed again, and every tile"), head.tree.size,
                     head.origin);
        verify_print_policy(trust);
    }
    tile_builder_close(&tiles.builder);
    daybook_buffer_release(&tiles.file);
    daybook_buffer_release(&tiles.present);
    return status;
}
