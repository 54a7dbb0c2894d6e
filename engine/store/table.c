/* Rows of a table: get, put, delete, and cursors that walk it. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "store/store_internal.h"

enum place { AT_ROW, BEFORE_START, PAST_END };

struct table_cursor {
    struct store_txn *txn;
    MDB_cursor *cursor;
    unsigned table;
    enum place place;
};

static MDB_val val_of(struct daybook_bytes bytes) {
    /* LMDB does not write through it; its type is shared with what it returns. */
    return (MDB_val){.mv_size = bytes.size, .mv_data = (void *)(uintptr_t)bytes.data};
}

static struct daybook_bytes bytes_of(MDB_val val) {
    return (struct daybook_bytes){val.mv_data, val.mv_size};
}

static MDB_dbi dbi_of(const struct store_txn *txn, unsigned table) {
    assert(table < txn->store->table_count);
    return txn->store->tables[table];
}

/* LMDB refuses a read transaction for good once it has met a page that is not there, maybe in a hint. */
static enum daybook_status read_failed(struct store_txn *txn, int code, struct daybook_error *error) {
    return store_fail(txn->store, error, code == MDB_BAD_TXN && !txn->is_write ? MDB_PAGE_NOTFOUND : code,
                      "reading from %s");
}

enum daybook_status table_get(struct store_txn *txn, unsigned table, struct daybook_bytes key,
                              struct daybook_bytes *value, bool *is_found, struct daybook_error *error) {
    MDB_val mdb_key = val_of(key);
    MDB_val mdb_value = {0};
    store_watched = txn->store;
    int code = mdb_get(txn->txn, dbi_of(txn, table), &mdb_key, &mdb_value);
    store_watched = NULL;
    store_txn_touch(txn);
    *is_found = code == 0;
    *value = *is_found ? bytes_of(mdb_value) : (struct daybook_bytes){0};
    if (code != 0 && code != MDB_NOTFOUND) {
        return read_failed(txn, code, error);
    }
    return DAYBOOK_OK;
}

/* After a failed write LMDB refuses everything but the abort, so nothing half-written can be committed. */
static enum daybook_status write_failed(struct store_txn *txn, int code, struct daybook_error *error) {
    txn->has_failed = true;
    return store_fail(txn->store, error, code, "writing to %s");
}

/* By a cursor that stays where it put last: rows mostly come in the order of their keys, and then the next place is
 * found in the same page. */
static enum daybook_status put(struct store_txn *txn, unsigned table, struct daybook_bytes key, MDB_val *value,
                               unsigned flags, struct daybook_error *error) {
    assert(txn->is_write);
    MDB_val mdb_key = val_of(key);
    MDB_dbi dbi = dbi_of(txn, table);
    int code = txn->writers[table] == NULL ? mdb_cursor_open(txn->txn, dbi, &txn->writers[table]) : 0;
    store_watched = txn->store;
    code = code == 0 ? mdb_cursor_put(txn->writers[table], &mdb_key, value, flags) : code;
    store_watched = NULL;
    store_txn_touch(txn);
    if (code == MDB_KEYEXIST) {
        txn->has_failed = true;
        return daybook_fail(error, DAYBOOK_INVALID, "appending to %s: the key is not greater than those that are there",
                            txn->store->directory);
    }
    return code == 0 ? DAYBOOK_OK : write_failed(txn, code, error);
}

enum daybook_status table_put(struct store_txn *txn, unsigned table, struct daybook_bytes key,
                              struct daybook_bytes value, struct daybook_error *error) {
    MDB_val mdb_value = val_of(value);
    return put(txn, table, key, &mdb_value, 0, error);
}

enum daybook_status table_append(struct store_txn *txn, unsigned table, struct daybook_bytes key,
                                 struct daybook_bytes value, struct daybook_error *error) {
    MDB_val mdb_value = val_of(value);
    return put(txn, table, key, &mdb_value, MDB_APPEND, error);
}

enum daybook_status table_reserve(struct store_txn *txn, unsigned table, struct daybook_bytes key, size_t size,
                                  uint8_t **value, struct daybook_error *error) {
    MDB_val mdb_value = {.mv_size = size};
    enum daybook_status status = put(txn, table, key, &mdb_value, MDB_RESERVE, error);
    *value = status == DAYBOOK_OK ? mdb_value.mv_data : NULL;
    return status;
}

enum daybook_status table_delete(struct store_txn *txn, unsigned table, struct daybook_bytes key, bool *was_found,
                                 struct daybook_error *error) {
    assert(txn->is_write);
    MDB_val mdb_key = val_of(key);
    store_watched = txn->store;
    int code = mdb_del(txn->txn, dbi_of(txn, table), &mdb_key, NULL);
    store_watched = NULL;
    store_txn_touch(txn);
    *was_found = code == 0;
    return code == 0 || code == MDB_NOTFOUND ? DAYBOOK_OK : write_failed(txn, code, error);
}

enum daybook_status table_clear(struct store_txn *txn, unsigned table, struct daybook_error *error) {
    assert(txn->is_write);
    store_watched = txn->store;
    int code = mdb_drop(txn->txn, dbi_of(txn, table), 0);
    store_watched = NULL;
    return code == 0 ? DAYBOOK_OK : write_failed(txn, code, error);
}

enum daybook_status table_count(struct store_txn *txn, unsigned table, uint64_t *count, struct daybook_error *error) {
    MDB_stat facts;
    int code = mdb_stat(txn->txn, dbi_of(txn, table), &facts);
    *count = code == 0 ? facts.ms_entries : 0;
    return code == 0 ? DAYBOOK_OK : store_fail(txn->store, error, code, "counting the rows of %s");
}

enum daybook_status cursor_open(struct store_txn *txn, unsigned table, struct table_cursor **cursor,
                                struct daybook_error *error) {
    assert(table < STORE_TABLES_MAX);
    struct table_cursor *kept = txn->cursors[table];
    if (kept != NULL && mdb_cursor_renew(txn->txn, kept->cursor) == 0) {
        txn->cursors[table] = NULL;
        kept->place = BEFORE_START;
        *cursor = kept;
        return DAYBOOK_OK;
    }
    *cursor = NULL;
    struct table_cursor *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading from %s: no memory", txn->store->directory);
    }
    opened->txn = txn;
    opened->table = table;
    opened->place = BEFORE_START;
    int code = mdb_cursor_open(txn->txn, dbi_of(txn, table), &opened->cursor);
    if (code != 0) {
        free(opened);
        return read_failed(txn, code, error);
    }
    *cursor = opened;
    return DAYBOOK_OK;
}

void cursor_free(struct table_cursor *cursor) {
    if (cursor != NULL) {
        mdb_cursor_close(cursor->cursor);
        free(cursor);
    }
}

/* A reader's is kept for its next one; LMDB closes a writer's with its transaction. */
void cursor_close(struct table_cursor *cursor) {
    if (cursor == NULL) {
        return;
    }
    struct store_txn *txn = cursor->txn;
    if (txn->is_write || txn->cursors[cursor->table] != NULL) {
        cursor_free(cursor);
    } else {
        txn->cursors[cursor->table] = cursor;
    }
}

/* Moves; where there is no row the cursor is at `otherwise`, and the row is not valid. */
static enum daybook_status move(struct table_cursor *cursor, MDB_cursor_op operation, struct daybook_bytes key,
                                enum place otherwise, struct table_row *row, struct daybook_error *error) {
    MDB_val mdb_key = val_of(key);
    MDB_val mdb_value = {0};
    store_watched = cursor->txn->store;
    int code = mdb_cursor_get(cursor->cursor, &mdb_key, &mdb_value, operation);
    store_watched = NULL;
    store_txn_touch(cursor->txn);
    *row = (struct table_row){0};
    if (code == MDB_NOTFOUND) {
        cursor->place = otherwise;
        return DAYBOOK_OK;
    }
    if (code != 0) {
        return read_failed(cursor->txn, code, error);
    }
    cursor->place = AT_ROW;
    *row = (struct table_row){.key = bytes_of(mdb_key), .value = bytes_of(mdb_value), .is_valid = true};
    return DAYBOOK_OK;
}

enum daybook_status cursor_seek(struct table_cursor *cursor, struct daybook_bytes key, struct table_row *row,
                                struct daybook_error *error) {
    return move(cursor, key.size == 0 ? MDB_FIRST : MDB_SET_RANGE, key, PAST_END, row, error);
}

enum daybook_status cursor_seek_back(struct table_cursor *cursor, struct daybook_bytes key, struct table_row *row,
                                     struct daybook_error *error) {
    const struct daybook_bytes none = {0};
    if (key.size == 0) {
        return move(cursor, MDB_LAST, none, BEFORE_START, row, error);
    }
    enum daybook_status status = move(cursor, MDB_SET_RANGE, key, PAST_END, row, error);
    if (status != DAYBOOK_OK || (row->is_valid && daybook_bytes_equal(row->key, key))) {
        return status;
    }
    return move(cursor, row->is_valid ? MDB_PREV : MDB_LAST, none, BEFORE_START, row, error);
}

enum daybook_status cursor_next(struct table_cursor *cursor, struct table_row *row, struct daybook_error *error) {
    if (cursor->place == PAST_END) {
        *row = (struct table_row){0};
        return DAYBOOK_OK;
    }
    return move(cursor, cursor->place == BEFORE_START ? MDB_FIRST : MDB_NEXT, (struct daybook_bytes){0}, PAST_END, row,
                error);
}

enum daybook_status cursor_previous(struct table_cursor *cursor, struct table_row *row, struct daybook_error *error) {
    if (cursor->place == BEFORE_START) {
        *row = (struct table_row){0};
        return DAYBOOK_OK;
    }
    return move(cursor, cursor->place == PAST_END ? MDB_LAST : MDB_PREV, (struct daybook_bytes){0}, BEFORE_START, row,
                error);
}
