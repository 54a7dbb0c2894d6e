/* Transactions over an LMDB environment: the latch, parked readers, and what LMDB's errors mean. */
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/files.h"
#include "store/store_internal.h"

/* Below this much free space a failed write is called a full disk: LMDB reports a write cut short as EIO. */
#define DISK_FULL_BYTES ((uint64_t)1 << 20)

/* Write transactions between two searches for readers that died. */
#define READER_CHECK_INTERVAL 1024

struct meaning {
    int code;
    enum daybook_status status;
    const char *why;
};

static const struct meaning meanings[] = {
    {MDB_MAP_FULL, DAYBOOK_LIMIT, "its map is full; open it with a larger map size"},
    {MDB_TXN_FULL, DAYBOOK_LIMIT, "one transaction changes too many pages; write less at a time"},
    {MDB_READERS_FULL, DAYBOOK_LIMIT, "too many readers at once; end some of the processes that read it"},
    {MDB_MAP_RESIZED, DAYBOOK_LIMIT, "it has outgrown this process's map; open it again with a larger map size"},
    {MDB_CORRUPTED, DAYBOOK_DAMAGED, "a page is not what was written; restore or rebuild it"},
    {MDB_PAGE_NOTFOUND, DAYBOOK_DAMAGED, "a page is missing; restore or rebuild it"},
    {MDB_INVALID, DAYBOOK_DAMAGED, "its data.mdb is no LMDB file; restore or rebuild it"},
    {MDB_INCOMPATIBLE, DAYBOOK_DAMAGED, "a table is not of the kind that was written; restore or rebuild it"},
    {MDB_VERSION_MISMATCH, DAYBOOK_VERSION, "its files are of another LMDB version than this program uses"},
    {MDB_PANIC, DAYBOOK_STOPPED, "an earlier failure stopped it; open it again"},
    {MDB_BAD_VALSIZE, DAYBOOK_INVALID, "a key has 1 to 511 bytes and a value less than 2 GiB"},
    {MDB_BAD_TXN, DAYBOOK_STOPPED, "an earlier write of this transaction failed"},
    {EACCES, DAYBOOK_READ_ONLY,
     "permission denied (who reads writes to its lock, too); run it as a user who may read and write its files, or ask "
     "a server (--server)"},
    {EFBIG, DAYBOOK_LIMIT, "the file may not grow; raise the limit of file sizes"},
    {ENOSPC, DAYBOOK_LIMIT, "the disk is full; free some space"},
    {EDQUOT, DAYBOOK_LIMIT, "the disk quota is used up; free some space"},
};

static enum daybook_status fail_while(const struct store *store, struct daybook_error *error,
                                      enum daybook_status status, const char *why, const char *doing) {
    (void)daybook_fail(error, status, "%s", why);
    (void)daybook_fail_in(error, doing, store->directory);
    return status;
}

enum daybook_status store_fail(const struct store *store, struct daybook_error *error, int code, const char *doing) {
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (meanings[i].code == code) {
            return fail_while(store, error, meanings[i].status, meanings[i].why, doing);
        }
    }
    if (code == EIO && files_free_bytes(store->directory) < DISK_FULL_BYTES) {
        return fail_while(store, error, DAYBOOK_LIMIT, "the disk is full; free some space", doing);
    }
    return fail_while(store, error, files_status(code), mdb_strerror(code), doing);
}

bool store_is_latched(const struct store *store) {
    return atomic_load(&store->is_latched);
}

bool store_is_deleted(const struct store *store) {
    mdb_filehandle_t handle;
    struct stat facts;
    return mdb_env_get_fd(store->env, &handle) == MDB_SUCCESS && fstat(handle, &facts) == 0 && facts.st_nlink == 0;
}

void store_latch(struct store *store) {
    atomic_store(&store->is_latched, true);
}

uint64_t store_size_bytes(const struct store *store) {
    MDB_envinfo info;
    mdb_env_info(store->env, &info);
    return (uint64_t)(info.me_last_pgno + 1) * store->page_size_bytes;
}

uint64_t store_newest_commit(const struct store *store) {
    MDB_envinfo info;
    mdb_env_info(store->env, &info);
    return info.me_last_txnid;
}

uint64_t store_commit_seen(const struct store_txn *txn) {
    return mdb_txn_id(txn->txn);
}

const char *store_engine_version(void) {
    return mdb_version(NULL, NULL, NULL);
}

void store_txn_free(struct store_txn *txn) {
    for (size_t i = 0; i < STORE_TABLES_MAX; i++) {
        cursor_free(txn->cursors[i]);
    }
    if (txn->txn != NULL) {
        mdb_txn_abort(txn->txn);
    }
    atomic_fetch_sub(&txn->store->transactions, 1);
    free(txn);
}

/* Places are tried in their order, so that a thread that reads alone finds what it used last at once. */
static struct store_txn *parked_take(struct store *store) {
    for (size_t i = 0; i < STORE_PARKED_MAX; i++) {
        if (atomic_load_explicit(&store->parked[i], memory_order_relaxed) != NULL) {
            struct store_txn *txn = atomic_exchange(&store->parked[i], NULL);
            if (txn != NULL) {
                return txn;
            }
        }
    }
    return NULL;
}

/* Parks a read transaction that has been reset; false when enough are parked. */
static bool parked_put(struct store *store, struct store_txn *txn) {
    for (size_t i = 0; i < STORE_PARKED_MAX; i++) {
        struct store_txn *none = NULL;
        if (atomic_load_explicit(&store->parked[i], memory_order_relaxed) == NULL &&
            atomic_compare_exchange_strong(&store->parked[i], &none, txn)) {
            return true;
        }
    }
    return false;
}

void store_free_parked(struct store *store) {
    for (struct store_txn *txn; (txn = parked_take(store)) != NULL;) {
        store_txn_free(txn);
    }
}

enum daybook_status store_begin_read(struct store *store, struct store_txn **txn, struct daybook_error *error) {
    *txn = NULL;
    struct store_txn *begun = parked_take(store);
    int code = 0;
    if (begun != NULL) {
        code = mdb_txn_renew(begun->txn);
    } else {
        begun = calloc(1, sizeof *begun);
        if (begun == NULL) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "beginning to read %s: no memory", store->directory);
        }
        begun->store = store;
        atomic_fetch_add(&store->transactions, 1);
        code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &begun->txn);
    }
    if (code != 0) {
        store_txn_free(begun);
        return store_fail(store, error, code, "beginning to read %s");
    }
    *txn = begun;
    return DAYBOOK_OK;
}

enum daybook_status store_begin_write(struct store *store, struct store_txn **txn, struct daybook_error *error) {
    *txn = NULL;
    if (store->is_read_only) {
        return daybook_fail(error, DAYBOOK_READ_ONLY, "writing to %s: it was opened for reading", store->directory);
    }
    if (store_is_latched(store)) {
        return daybook_fail(error, DAYBOOK_STOPPED,
                            "writing to %s: an earlier commit failed, so nothing more is written; open it again",
                            store->directory);
    }
    struct store_txn *begun = calloc(1, sizeof *begun);
    if (begun == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "writing to %s: no memory", store->directory);
    }
    begun->store = store;
    begun->is_write = true;
    int code = mdb_txn_begin(store->env, NULL, 0, &begun->txn);
    if (code != 0) {
        free(begun);
        return store_fail(store, error, code, "beginning to write to %s");
    }
    atomic_fetch_add(&store->transactions, 1);
    if (store->write_count++ % READER_CHECK_INTERVAL == READER_CHECK_INTERVAL - 1) {
        int dead = 0; /* A reader that died would pin its pages for ever. */
        (void)mdb_reader_check(store->env, &dead);
    }
    *txn = begun;
    return DAYBOOK_OK;
}

enum daybook_status store_commit(struct store_txn *txn, struct daybook_error *error) {
    struct store *store = txn->store;
    assert(txn->is_write);
    if (txn->has_failed) {
        store_abort(txn);
        return daybook_fail(error, DAYBOOK_STOPPED, "committing to %s: an earlier write of this transaction failed",
                            store->directory);
    }
    store_watched = store;
    int code = mdb_txn_commit(txn->txn);
    store_watched = NULL;
    free(txn);
    atomic_fetch_sub(&store->transactions, 1);
    if (code != 0) {
        /* A failed fdatasync may have dropped the dirty pages, and a second one would then succeed: the kernel
         * reports a lost page once. So nothing is tried again in this process. */
        store_latch(store);
        return store_fail(store, error, code, "committing to %s");
    }
    store_extend(store);
    return DAYBOOK_OK;
}

void store_abort(struct store_txn *txn) {
    if (txn == NULL) {
        return;
    }
    struct store *store = txn->store;
    if (txn->is_write) {
        mdb_txn_abort(txn->txn);
        free(txn);
        atomic_fetch_sub(&store->transactions, 1);
    } else {
        mdb_txn_reset(txn->txn);
        if (!parked_put(store, txn)) {
            store_txn_free(txn);
        }
    }
}

enum daybook_status store_sync(struct store *store, struct daybook_error *error) {
    if (store->is_read_only) {
        return daybook_fail(error, DAYBOOK_READ_ONLY, "syncing %s: it was opened for reading", store->directory);
    }
    if (store_is_latched(store)) {
        return daybook_fail(error, DAYBOOK_STOPPED, "syncing %s: an earlier commit failed", store->directory);
    }
    int code = mdb_env_sync(store->env, 1);
    if (code != 0) {
        store_latch(store);
        return store_fail(store, error, code, "syncing %s");
    }
    return DAYBOOK_OK;
}
