/* Opens and closes a store, once per process and directory, and checks its file before anything is read. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"
#include "store/store_internal.h"

/* Address space is free on 64 bits, so the map never has to grow. Where it is not (a limit on address space, some
 * sanitizers) a smaller one is tried, down to the least. */
#define MAP_DEFAULT_BYTES ((size_t)1 << 40)
#define MAP_LEAST_BYTES   ((size_t)1 << 30)

enum { LOCK_FILE_BYTES = 4096 + STORE_READERS_MAX * 64 }; /* A header, and a cache line for each reader. */
enum { MAKER_PATIENCE_MS = 200 };

static enum daybook_status environment_try(struct store *store, const struct store_options *options, size_t map_bytes,
                                           int *code) {
    unsigned flags = MDB_NOTLS;
    flags |= options->is_read_only ? MDB_RDONLY : 0;
    flags |= options->is_durable || options->is_read_only ? 0 : MDB_NOSYNC;
    *code = mdb_env_create(&store->env);
    if (*code != 0) {
        return DAYBOOK_IO;
    }
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    map_bytes = (map_bytes + page_bytes - 1) / page_bytes * page_bytes;
    if ((*code = mdb_env_set_mapsize(store->env, map_bytes)) != 0 ||
        (*code = mdb_env_set_maxdbs(store->env, STORE_TABLES_MAX)) != 0 ||
        (*code = mdb_env_set_maxreaders(store->env, STORE_READERS_MAX)) != 0 ||
        (*code = mdb_env_open(store->env, store->directory, flags, 0666)) != 0) {
        mdb_env_close(store->env);
        store->env = NULL;
        return DAYBOOK_IO;
    }
    mdb_env_set_userctx(store->env, store);
    mdb_env_set_assert(store->env, store_guard_assertion);
    return DAYBOOK_OK;
}

static enum daybook_status environment_open(struct store *store, const struct store_options *options,
                                            struct daybook_error *error) {
    size_t map_bytes = options->map_size_bytes > 0 ? options->map_size_bytes : MAP_DEFAULT_BYTES;
    int code = 0;
    while (environment_try(store, options, map_bytes, &code) != DAYBOOK_OK) {
        if (code != ENOMEM || options->map_size_bytes > 0 || map_bytes <= MAP_LEAST_BYTES) {
            return store_fail(store, error, code, "opening the store %s");
        }
        map_bytes /= 4;
    }
    MDB_stat facts;
    mdb_env_stat(store->env, &facts);
    store->page_size_bytes = facts.ms_psize;
    return DAYBOOK_OK;
}

/* *missing: the first table that is not there, when that is why it fails. */
static int open_tables_in(struct store *store, const struct store_options *options, bool creates,
                          const char **missing) {
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(store->env, NULL, creates ? 0 : MDB_RDONLY, &txn);
    *missing = NULL;
    for (size_t i = 0; i < options->table_count && code == 0; i++) {
        code = mdb_dbi_open(txn, options->tables[i], creates ? MDB_CREATE : 0, &store->tables[i]);
        *missing = code == MDB_NOTFOUND ? options->tables[i] : NULL;
    }
    if (code != 0) {
        mdb_txn_abort(txn);
        return code;
    }
    return mdb_txn_commit(txn); /* Also of a reader: it is what keeps the handles. */
}

/* Where all tables are there no write transaction is wanted: another process may be in the middle of a long one. */
static enum daybook_status tables_open(struct store *store, const struct store_options *options,
                                       struct daybook_error *error) {
    const char *missing = NULL;
    int code = open_tables_in(store, options, false, &missing);
    if (missing != NULL && options->is_read_only) {
        return daybook_fail(error, DAYBOOK_NOT_FOUND,
                            "opening the store %s: it has no table \"%s\"; open it for writing first", store->directory,
                            missing);
    }
    if (missing != NULL) {
        code = open_tables_in(store, options, true, &missing);
    }
    if (code != 0) {
        return store_fail(store, error, code, "opening the tables of %s");
    }
    store->table_count = options->table_count;
    return DAYBOOK_OK;
}

/* Is there something to open? LMDB would take an empty or missing file for a new store. */
static enum daybook_status directory_check(const struct store *store, const struct store_options *options,
                                           struct daybook_error *error) {
    struct stat facts;
    char *data = files_path(store->directory, "data.mdb");
    if (data == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "opening the store %s: no memory", store->directory);
    }
    bool is_there = stat(data, &facts) == 0;
    /* Another process may be making it: the file is there before its first pages are. */
    for (int i = 0; !options->may_create && is_there && facts.st_size == 0 && i < MAKER_PATIENCE_MS; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        is_there = stat(data, &facts) == 0;
    }
    free(data);
    if (options->may_create) {
        return files_make_directory(store->directory, error);
    }
    if (!is_there) {
        return daybook_fail(error, DAYBOOK_NOT_FOUND, "opening the store %s: there is none", store->directory);
    }
    if (facts.st_size == 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "opening the store %s: its data.mdb is empty; restore or rebuild it", store->directory);
    }
    return DAYBOOK_OK;
}

/*
 * LMDB's table of readers is a shared map of lock.mdb, and writing to a page of it that has no room on a full disk
 * kills the process. So the room is taken before; the size stays LMDB's business. Only before the environment is open:
 * closing the file drops the locks that this process holds on it.
 */
static enum daybook_status lock_file_allocate(const struct store *store, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    char *path = files_path(store->directory, "lock.mdb");
    if (path == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "opening the store %s: no memory", store->directory);
    }
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    /* A file system that cannot do this keeps its risk; what else is wrong with the file LMDB will say. */
    if (file >= 0 && fallocate(file, FALLOC_FL_KEEP_SIZE, 0, LOCK_FILE_BYTES) != 0 && errno == ENOSPC) {
        status = store_fail(store, error, ENOSPC, "opening the store %s");
    }
    if (file >= 0) {
        close(file);
    }
    free(path);
    return status;
}

/* For the guard, before LMDB looks at the file; a new one is there only afterwards. */
static void note_data_inode(struct store *store) {
    struct stat facts;
    char *data = files_path(store->directory, "data.mdb");
    store->data_inode = data != NULL && stat(data, &facts) == 0 ? facts.st_ino : 0;
    free(data);
}

static enum daybook_status open_into(struct store *store, const struct store_options *options,
                                     struct daybook_error *error) {
    enum daybook_status status = directory_check(store, options, error);
    if (status == DAYBOOK_OK) {
        status = store_register(store, error);
    }
    if (status == DAYBOOK_OK && !options->is_read_only) {
        status = lock_file_allocate(store, error);
    }
    if (status == DAYBOOK_OK) {
        note_data_inode(store);
        status = environment_open(store, options, error);
        note_data_inode(store);
    }
    if (status == DAYBOOK_OK) {
        status = store_check_size(store, error);
    }
    if (status != DAYBOOK_OK) {
        return status;
    }
    int dead = 0;
    (void)mdb_reader_check(store->env, &dead); /* Frees what readers held that were killed. */
    status = tables_open(store, options, error);
    if (status == DAYBOOK_OK && options->may_create) {
        status = files_sync_directory(store->directory, error);
    }
    return status;
}

enum daybook_status store_open(const char *directory, const struct store_options *options, struct store **store,
                               struct daybook_error *error) {
    assert(options->table_count <= STORE_TABLES_MAX);
    assert(!(options->is_read_only && options->may_create));
    *store = NULL;
    struct store *opened = calloc(1, sizeof *opened);
    char *copy = strdup(directory);
    if (opened == NULL || copy == NULL) {
        free(opened);
        free(copy);
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "opening the store %s: no memory", directory);
    }
    opened->directory = copy;
    opened->is_read_only = options->is_read_only;
    opened->is_durable = options->is_durable;
    opened->lets_go = options->lets_go;
    opened->lost = options->lost;
    store_watched = opened;
    enum daybook_status status = open_into(opened, options, error);
    store_watched = NULL;
    if (status != DAYBOOK_OK) {
        store_close(opened);
        return status;
    }
    *store = opened;
    return DAYBOOK_OK;
}

void store_close(struct store *store) {
    if (store == NULL) {
        return;
    }
    store_free_parked(store);
    assert(atomic_load(&store->transactions) == 0);
    if (store->env != NULL) {
        mdb_env_close(store->env);
    }
    store_unregister(store);
    free(store->directory);
    free(store);
}
