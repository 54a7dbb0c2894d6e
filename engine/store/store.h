/*
 * LMDB behind a small door: an environment is a store, a named database is a
 * table. Nothing above engine/store sees lmdb.h.
 *
 *   S1  A write transaction is all there after commit, or not at all.
 *   S2  A durable store's commit returns only when the disk has it. After a
 *       commit has failed the store is latched: every later write is STOPPED.
 *   S3  Bytes read are borrowed until their transaction ends.
 *   S4  They lie at the same place for every read transaction that sees the same commit (store_commit_seen), for as
 *       long as the store is open: pages of the newest commit, and of what is read, are never written over.
 *
 * One process opens a directory once; the same store serves all its threads.
 * Read transactions are for any thread; a write transaction belongs to the
 * thread that began it, and there is one at a time across all processes.
 */
#ifndef DAYBOOK_STORE_STORE_H
#define DAYBOOK_STORE_STORE_H

#include <stdatomic.h>

#include "base/bytes.h"

enum { STORE_TABLES_MAX = 16 };

struct store_options {
    const char *const *tables; /* Names, opened (and created when writable) at start; index = table number. */
    size_t table_count;        /* <= STORE_TABLES_MAX */
    size_t map_size_bytes;     /* Address space; 0 = the default of 1 TiB. */
    bool is_read_only;
    bool is_durable; /* False: commits do not wait for the disk (what can be rebuilt). */
    bool may_create;
    bool lets_go; /* A transaction lets go of what it touched every some thousand rows (store_let_go): for a large store
                   * all over which pages are touched. */
    /* A page is not what was written, and the process is about to end over it (store_guard.h): the last moment to mark
     * the store. May only open, write and close files. NULL: it cannot be made again. */
    void (*lost)(const char *directory, const char *reason);
};

struct store;
struct store_txn;

/* NOT_FOUND: no store in `directory` and may_create is false. READ_ONLY: the
 * directory cannot be written. DAMAGED: no LMDB file, or a broken one. */
DAYBOOK_MUST_USE enum daybook_status store_open(const char *directory, const struct store_options *options,
                                                struct store **store, struct daybook_error *error);
void store_close(struct store *store); /* Accepts NULL. No transaction may be open. */

bool store_is_latched(const struct store *store);
/* Nobody will find what is written: its file has no name any more. One that was moved has one. */
bool store_is_deleted(const struct store *store);
void store_latch(struct store *store); /* What belongs to it did not reach the disk: as after a failed commit. */
uint64_t store_size_bytes(const struct store *store); /* Of the file's used pages. */
/* Pages that were read leave this process's resident memory; the system keeps them in its cache. For after work that
 * touches many pages once. Any thread; whoever reads meanwhile has what it reads mapped again. */
void store_let_go(struct store *store);
/* The opposite, for a store that will be asked often and all over: what of it the system has in its cache is mapped, so
 * that no question waits for that. Reads nothing from the disk, and leaves a store alone that is larger than a quarter
 * of the memory. Any thread while the store is open; returns soon after *ends. */
void store_map_in(struct store *store, const atomic_bool *ends);
const char *store_engine_version(void); /* "LMDB 0.9.24: ..." */

DAYBOOK_MUST_USE enum daybook_status store_begin_read(struct store *store, struct store_txn **txn,
                                                      struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status store_begin_write(struct store *store, struct store_txn **txn,
                                                       struct daybook_error *error);
/* Ends a write transaction, whatever it returns. */
DAYBOOK_MUST_USE enum daybook_status store_commit(struct store_txn *txn, struct daybook_error *error);
void store_abort(struct store_txn *txn); /* Ends either kind. Accepts NULL. */

/* Commits are numbered, across processes. The newest that has been written, which a transaction may not see yet; and
 * the one that a read transaction sees. So what was read under a number is right as long as it is the newest. */
uint64_t store_newest_commit(const struct store *store);
uint64_t store_commit_seen(const struct store_txn *txn);

/* Forces what a store that is not durable has committed to the disk. */
DAYBOOK_MUST_USE enum daybook_status store_sync(struct store *store, struct daybook_error *error);

/* Keys: 1 to 511 bytes, ordered by memcmp. Values < 2 GiB. */
DAYBOOK_MUST_USE enum daybook_status table_get(struct store_txn *txn, unsigned table, struct daybook_bytes key,
                                               struct daybook_bytes *value, bool *is_found,
                                               struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status table_put(struct store_txn *txn, unsigned table, struct daybook_bytes key,
                                               struct daybook_bytes value, struct daybook_error *error);
/* The key must be greater than every key there; fills pages to the brim. */
DAYBOOK_MUST_USE enum daybook_status table_append(struct store_txn *txn, unsigned table, struct daybook_bytes key,
                                                  struct daybook_bytes value, struct daybook_error *error);
/* Room for a value of `size` bytes, written by the caller before the next call on the transaction. */
DAYBOOK_MUST_USE enum daybook_status table_reserve(struct store_txn *txn, unsigned table, struct daybook_bytes key,
                                                   size_t size, uint8_t **value, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status table_delete(struct store_txn *txn, unsigned table, struct daybook_bytes key,
                                                  bool *was_found, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status table_clear(struct store_txn *txn, unsigned table, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status table_count(struct store_txn *txn, unsigned table, uint64_t *count,
                                                 struct daybook_error *error);

/* A place in a table. Borrowed key and value, valid while is_valid and until
 * the cursor moves or its transaction writes or ends. */
struct table_cursor;
struct table_row {
    struct daybook_bytes key;
    struct daybook_bytes value;
    bool is_valid; /* False: past the end (or before the start). */
};

DAYBOOK_MUST_USE enum daybook_status cursor_open(struct store_txn *txn, unsigned table, struct table_cursor **cursor,
                                                 struct daybook_error *error);
void cursor_close(struct table_cursor *cursor); /* Accepts NULL; before its transaction ends. */
/* The first row with a key >= `key`. An empty key = the first row. */
DAYBOOK_MUST_USE enum daybook_status cursor_seek(struct table_cursor *cursor, struct daybook_bytes key,
                                                 struct table_row *row, struct daybook_error *error);
/* The last row with a key <= `key`. An empty key = the last row. */
DAYBOOK_MUST_USE enum daybook_status cursor_seek_back(struct table_cursor *cursor, struct daybook_bytes key,
                                                      struct table_row *row, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status cursor_next(struct table_cursor *cursor, struct table_row *row,
                                                 struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status cursor_previous(struct table_cursor *cursor, struct table_row *row,
                                                     struct daybook_error *error);

#endif
