/* A store of two tables of texts, and how tests write and read one of them. */
#ifndef DAYBOOK_TESTS_STORE_CASE_H
#define DAYBOOK_TESTS_STORE_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/store.h"

static const char *const names[] = {"first", "second"};

static const struct store_options writing = {.tables = names, .table_count = 2, .is_durable = true, .may_create = true};
static const struct store_options reading = {.tables = names, .table_count = 2, .is_read_only = true};

static inline struct daybook_bytes text(const char *text_) {
    return daybook_bytes_of_text(text_);
}

static inline struct store *open_store(const char *directory, const struct store_options *options) {
    struct store *store = NULL;
    struct daybook_error error = {0};
    if (store_open(directory, options, &store, &error) != DAYBOOK_OK) {
        fail_msg("%s", error.message);
    }
    return store;
}

/* What opening says; closed again. */
static inline enum daybook_status open_status(const char *directory, const struct store_options *options,
                                              struct daybook_error *error) {
    struct store *store = NULL;
    enum daybook_status status = store_open(directory, options, &store, error);
    assert_true((store == NULL) == (status != DAYBOOK_OK));
    store_close(store);
    return status;
}

static inline enum daybook_status put_one(struct store *store, const char *key, const char *value,
                                          struct daybook_error *error) {
    struct store_txn *txn = NULL;
    enum daybook_status status = store_begin_write(store, &txn, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    status = table_put(txn, 0, text(key), text(value), error);
    if (status != DAYBOOK_OK) {
        store_abort(txn);
        return status;
    }
    return store_commit(txn, error);
}

static inline bool holds(struct store *store, const char *key, const char *expected) {
    struct store_txn *txn = NULL;
    struct daybook_bytes value;
    bool is_found = false;
    assert_int_equal(store_begin_read(store, &txn, NULL), DAYBOOK_OK);
    assert_int_equal(table_get(txn, 0, text(key), &value, &is_found, NULL), DAYBOOK_OK);
    const bool is_same = is_found && daybook_bytes_equal(value, text(expected));
    store_abort(txn);
    return is_same;
}

#endif
