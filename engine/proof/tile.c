/* Names and widths of tiles. */
#include "proof/tile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static size_t write_index(uint64_t index, char *to, size_t room) {
    size_t used = 0;
    if (index >= 1000) {
        /* At most seven groups: an index has 20 digits. */
        for (uint64_t unit = UINT64_C(1000000000000000000); unit >= 1000; unit /= 1000) {
            if (index / unit > 0) {
                used += (size_t)snprintf(to + used, room - used, "x%03u/", (unsigned)(index / unit % 1000));
            }
        }
    }
    return used + (size_t)snprintf(to + used, room - used, "%03u", (unsigned)(index % 1000));
}

const char *tile_path(int level, uint64_t index, unsigned width, char path[TILE_PATH_MAX]) {
    int head = level == TILE_ENTRIES ? snprintf(path, TILE_PATH_MAX, "tile/entries/")
                                     : snprintf(path, TILE_PATH_MAX, "tile/%d/", level);
    size_t used = (size_t)head;
    used += write_index(index, path + used, TILE_PATH_MAX - used);
    if (width < TILE_WIDTH) {
        (void)snprintf(path + used, TILE_PATH_MAX - used, ".p/%u", width);
    }
    return path;
}

uint64_t tile_hash_count(int level, uint64_t size) {
    return level <= 0 ? size : size >> (TILE_HEIGHT * level);
}

unsigned tile_width(int level, uint64_t index, uint64_t size) {
    uint64_t count = tile_hash_count(level, size);
    uint64_t first = index * TILE_WIDTH;
    if (index > count / TILE_WIDTH || first >= count) {
        return 0;
    }
    return count - first >= TILE_WIDTH ? TILE_WIDTH : (unsigned)(count - first);
}
