/*
 * Is the data file as long as its root says? A map that reaches past the end
 * of its file kills the process that reads there, so a file that was cut off
 * must be found before.
 *
 * A short file can also be healthy: pages that a transaction took from the end
 * of the file and gave back are free and were never written. Each commit
 * therefore makes the file whole, and a writer that finds it short (its
 * predecessor was killed in between) looks whether all missing pages are free.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/store_internal.h"

enum { FREE_TABLE = 0 }; /* LMDB's own table of free pages: key = transaction, value = count, then page numbers. */
enum { READER_PATIENCE_MS = 200 };

static void sizes_get(const struct store *store, uint64_t *file_bytes, uint64_t *needed_bytes) {
    struct stat facts;
    int file = -1;
    *file_bytes = UINT64_MAX;
    *needed_bytes = store_size_bytes(store);
    if (mdb_env_get_fd(store->env, &file) == 0 && fstat(file, &facts) == 0) {
        *file_bytes = (uint64_t)facts.st_size;
    }
}

void store_extend(struct store *store) {
    uint64_t file_bytes;
    uint64_t needed_bytes;
    sizes_get(store, &file_bytes, &needed_bytes);
    int file = -1;
    if (file_bytes < needed_bytes && mdb_env_get_fd(store->env, &file) == 0) {
        /* A failure changes nothing that was committed; the next writer that opens the store looks again. */
        int ignored = ftruncate(file, (off_t)needed_bytes);
        (void)ignored;
    }
}

/* How many of the free pages lie at or past `first_page`. */
static int free_pages_count(struct store *store, uint64_t first_page, uint64_t *count) {
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    MDB_val key;
    MDB_val value;
    *count = 0;
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (code != 0) {
        return code;
    }
    code = mdb_cursor_open(txn, FREE_TABLE, &cursor);
    while (code == 0 && (code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        const uint8_t *pages = value.mv_data;
        const size_t held = value.mv_size / sizeof(size_t);
        size_t listed = 0;
        if (held > 0) {
            memcpy(&listed, pages, sizeof listed);
        }
        for (size_t i = 1; i <= listed && i < held; i++) {
            size_t page = 0;
            memcpy(&page, pages + i * sizeof page, sizeof page);
            *count += page >= first_page;
        }
    }
    if (cursor != NULL) {
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    return code == MDB_NOTFOUND ? 0 : code;
}

static enum daybook_status cut_off(const struct store *store, uint64_t file_bytes, uint64_t needed_bytes,
                                   struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "opening the store %s: its data.mdb was cut off, %" PRIu64 " bytes of %" PRIu64
                        " are left; restore or rebuild it",
                        store->directory, file_bytes, needed_bytes);
}

enum daybook_status store_check_size(struct store *store, struct daybook_error *error) {
    uint64_t file_bytes;
    uint64_t needed_bytes;
    sizes_get(store, &file_bytes, &needed_bytes);
    /* A reader may look in the instant between a writer's commit and its making the file whole. */
    for (int i = 0; store->is_read_only && file_bytes < needed_bytes && i < READER_PATIENCE_MS; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        sizes_get(store, &file_bytes, &needed_bytes);
    }
    if (file_bytes >= needed_bytes) {
        return DAYBOOK_OK;
    }
    int file = -1;
    if (store->is_read_only || mdb_env_get_fd(store->env, &file) != 0) {
        return cut_off(store, file_bytes, needed_bytes, error);
    }
    /* Made whole first: what is missing then reads as zeros, which LMDB finds to be no page, and nobody dies. */
    if (ftruncate(file, (off_t)needed_bytes) != 0) {
        return store_fail(store, error, errno, "making whole the store %s");
    }
    const uint64_t first_missing = (file_bytes + store->page_size_bytes - 1) / store->page_size_bytes;
    const uint64_t missing = needed_bytes / store->page_size_bytes - first_missing;
    uint64_t free_count = 0;
    if (file_bytes % store->page_size_bytes != 0 || free_pages_count(store, first_missing, &free_count) != 0 ||
        free_count != missing) {
        int ignored = ftruncate(file, (off_t)file_bytes); /* As it was found. */
        (void)ignored;
        return cut_off(store, file_bytes, needed_bytes, error);
    }
    return DAYBOOK_OK;
}
