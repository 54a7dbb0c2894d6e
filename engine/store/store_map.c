/*
 * The pages of a store that lie mapped in this process.
 *
 * LMDB reads its file through a map. Whatever was touched stays in the process's
 * resident memory until the system wants it back, which is seldom: a writer's
 * state that was searched and written page by page is there whole in the end.
 * LMDB does not tell where its map is; the system does.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>

#include "store/store_internal.h"

/* NULL: it is not found. */
static void *map_find(const struct store *store, size_t *size_bytes) {
    char line[512]; /* Of a longer one the rest looks like no map. */
    void *found = NULL;
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps != NULL && found == NULL && fgets(line, sizeof line, maps) != NULL) {
        uintptr_t start;
        uintptr_t end;
        uint64_t offset;
        uint64_t inode;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %*4s %" SCNx64 " %*x:%*x %" SCNu64, &start, &end, &offset,
                   &inode) == 4 &&
            offset == 0 && inode == store->data_inode && inode != 0) {
            found = (void *)start;
            *size_bytes = end - start;
        }
    }
    if (maps != NULL) {
        (void)fclose(maps);
    }
    return found;
}

/* The system maps some pages around each that is touched: 64 KiB a row at most, so this is 256 MiB. */
void store_txn_touch(struct store_txn *txn) {
    enum { ROWS_BETWEEN = 4096 };
    if (txn->store->lets_go && ++txn->touched == ROWS_BETWEEN) {
        txn->touched = 0;
        store_let_go(txn->store);
    }
}

void store_let_go(struct store *store) {
    size_t map_bytes = 0;
    void *map = map_find(store, &map_bytes);
    const uint64_t used_bytes = store_size_bytes(store);
    if (map != NULL) {
        /* Nothing is written through the map, so nothing is lost; refused, the pages stay. */
        (void)madvise(map, used_bytes < map_bytes ? (size_t)used_bytes : map_bytes, MADV_DONTNEED);
    }
}
