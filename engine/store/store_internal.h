/* What the files of the store share; for engine/store alone. */
#ifndef DAYBOOK_STORE_STORE_INTERNAL_H
#define DAYBOOK_STORE_STORE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include <lmdb.h>

#include "store/store.h"

enum {
    STORE_READERS_MAX = 1022, /* Slots of the reader table, of all processes together. */
    STORE_PARKED_MAX = 64,    /* Read transactions kept for reuse. */
};

/* A read transaction that ended is parked: reset, so that it pins no page, but it keeps its slot in the reader
 * table, which makes the next one ten times as cheap; and a cursor for each table that it had one open on. */
struct store_txn {
    struct store *store;
    MDB_txn *txn;
    MDB_cursor *writers[STORE_TABLES_MAX]; /* Of a write transaction, where rows were put; LMDB closes them with it. */
    struct table_cursor *cursors[STORE_TABLES_MAX]; /* Closed, for the next to be opened; NULL = none. */
    unsigned touched;                               /* Rows, since it let go of pages last. */
    bool is_write;
    bool has_failed; /* A write in it failed: it can only be aborted. */
};

struct store {
    MDB_env *env; /* NULL while it is being opened. */
    char *directory;
    MDB_dbi tables[STORE_TABLES_MAX];
    size_t table_count;
    size_t page_size_bytes;
    void (*lost)(const char *directory, const char *reason);
    bool is_read_only;
    bool is_durable;
    bool lets_go;
    bool is_registered;
    atomic_bool is_latched;
    atomic_size_t transactions; /* That there are, parked ones among them. */
    uint64_t write_count;       /* Of write transactions begun; the writer's. */

    _Atomic(struct store_txn *) parked[STORE_PARKED_MAX]; /* NULL = a free place. */

    struct store *next_open; /* The rest is the registry's. */
    dev_t device;
    ino_t inode;
    ino_t data_inode; /* Of data.mdb. */
    pid_t process;
};

void store_txn_free(struct store_txn *txn);    /* Of a read transaction. */
void store_free_parked(struct store *store);   /* Those that have ended. */
void store_txn_touch(struct store_txn *txn);   /* A row was read or written; what was borrowed stays. */
void cursor_free(struct table_cursor *cursor); /* One that is closed. Accepts NULL. */

/* The status of an LMDB or system error, and its message "DOING DIRECTORY: why". `doing` is a format with the directory
 * in it: "committing to %s". */
enum daybook_status store_fail(const struct store *store, struct daybook_error *error, int code, const char *doing);

/* Every store of this process, because LMDB breaks when a process opens one twice. BUSY: it is open already. */
DAYBOOK_MUST_USE enum daybook_status store_register(struct store *store, struct daybook_error *error);
void store_unregister(struct store *store);

/* For a signal handler: the store whose data.mdb it is; NULL: none, or the registry is being changed. */
const struct store *store_find_by_inode(uint64_t data_inode);

/* The store that this thread is in LMDB for: a fault is that store's, wherever it lies. NULL: in none. */
extern _Thread_local const struct store *store_watched __attribute__((tls_model("initial-exec")));

/* LMDB's way of saying that a page is not what it wrote (mdb_env_set_assert); LMDB then aborts. */
void store_guard_assertion(MDB_env *env, const char *message);

/* A file that was cut off kills whoever reads past its end, so this comes before the first read. Where the missing
 * pages are all free (LMDB need not write those) and the store may write, the file is made whole. */
DAYBOOK_MUST_USE enum daybook_status store_check_size(struct store *store, struct daybook_error *error);
void store_extend(struct store *store);

#endif
