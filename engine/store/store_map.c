/*
 * The pages of a store that lie mapped in this process.
 *
 * LMDB reads its file through a map. Whatever was touched stays in the process's
 * resident memory until the system wants it back, which is seldom: a writer's
 * state that was searched and written page by page is there whole in the end.
 * LMDB does not tell where its map is; the system does.
 *
 * Whoever touches a page first waits until the system has mapped it, and some around it: 2 to 10 us where it was read
 * long ago. For a store that will be asked at random all over this is done beforehand.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/store_internal.h"

enum { MAP_IN_BYTES = 1 << 20, MAP_PAGE_LEAST = 4096, MAP_IN_PART = 4 };

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

/* Is all of it in the system's cache? */
static bool is_cached(uint8_t *from, size_t size, size_t page_size) {
    uint8_t pages[MAP_IN_BYTES / MAP_PAGE_LEAST];
    size_t count = (size + page_size - 1) / page_size;
    if (count > sizeof pages || mincore(from, size, pages) != 0) {
        return false;
    }
    size_t cached = 0;
    for (size_t i = 0; i < count; i++) {
        cached += pages[i] & 1;
    }
    return cached == count;
}

void store_map_in(struct store *store, const atomic_bool *ends) {
    size_t map_bytes = 0;
    uint8_t *map = map_find(store, &map_bytes);
    size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
    uint64_t memory_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * page_size;
    uint64_t used_bytes = store_size_bytes(store);
    if (map == NULL || used_bytes > map_bytes || used_bytes > memory_bytes / MAP_IN_PART) {
        return;
    }
    for (uint64_t at = 0; at < used_bytes && !atomic_load(ends); at += MAP_IN_BYTES) {
        size_t size = used_bytes - at < MAP_IN_BYTES ? (size_t)(used_bytes - at) : MAP_IN_BYTES;
        if (is_cached(map + at, size, page_size) && madvise(map + at, size, MADV_POPULATE_READ) != 0) {
            return; /* An older system, or the file is shorter than it was. */
        }
    }
}
