/* Folding hand-made events into a view's tables in a temporary directory, without a ledger. */
#ifndef TESTS_PROJECTIONS_FOLDING_H
#define TESTS_PROJECTIONS_FOLDING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "projection/projection.h"
#include "store/store.h"

struct folding {
    char directory[64];
    struct store *store;
    const struct projection *projection;
    void *memory;
    struct store_txn *txn;
    struct daybook_error error;
};

#define FOLDING_OK(folding, call)                                                                                      \
    do {                                                                                                               \
        (folding)->error.message[0] = '\0';                                                                            \
        enum daybook_status status_ = (call);                                                                          \
        if (status_ != DAYBOOK_OK) {                                                                                   \
            fail_msg("%s: %s: %s", #call, daybook_status_name(status_), (folding)->error.message);                     \
        }                                                                                                              \
    } while (0)

static inline void folding_open_tables(struct folding *f, const char *const *tables, size_t count) {
    memset(f, 0, sizeof *f);
    strcpy(f->directory, "/tmp/daybook-test-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    struct store_options options = {
        .tables = tables, .table_count = count, .map_size_bytes = (size_t)1 << 32, .may_create = true};
    FOLDING_OK(f, store_open(f->directory, &options, &f->store, &f->error));
}

static inline void folding_open(struct folding *f, const struct projection *projection) {
    folding_open_tables(f, projection->tables, projection->table_count);
    f->projection = projection;
    if (projection->open != NULL) {
        FOLDING_OK(f, projection->open(&f->memory, &f->error));
    }
}

static inline void folding_close(struct folding *f) {
    if (f->projection != NULL && f->projection->close != NULL) {
        f->projection->close(f->memory);
    }
    store_close(f->store);
    char command[96];
    (void)snprintf(command, sizeof command, "rm -rf %s", f->directory);
    assert_int_equal(system(command), 0);
}

static inline void folding_begin(struct folding *f) {
    FOLDING_OK(f, store_begin_write(f->store, &f->txn, &f->error));
}

static inline enum daybook_status folding_try(struct folding *f, const Pb__Event *event) {
    struct fold_event folded = fold_event_of(event, (struct daybook_bytes){0});
    return f->projection->fold(f->memory, f->txn, &folded, &f->error);
}

static inline void folding_commit(struct folding *f) {
    if (f->projection != NULL && f->projection->flush != NULL) {
        FOLDING_OK(f, f->projection->flush(f->memory, f->txn, &f->error));
    }
    FOLDING_OK(f, store_commit(f->txn, &f->error));
}

/* Folds all, `batch` events to a transaction; with `forgets`, the memory is dropped after each. */
static inline void folding_take(struct folding *f, Pb__Event *const *events, size_t count, size_t batch, bool forgets) {
    for (size_t i = 0; i < count; i += batch) {
        folding_begin(f);
        for (size_t j = i; j < count && j < i + batch; j++) {
            FOLDING_OK(f, folding_try(f, events[j]));
        }
        folding_commit(f);
        if (forgets && f->projection->forget != NULL) {
            f->projection->forget(f->memory);
        }
    }
}

static inline struct store_txn *folding_read(struct folding *f) {
    struct store_txn *txn = NULL;
    FOLDING_OK(f, store_begin_read(f->store, &txn, &f->error));
    return txn;
}

/* All rows of all tables, end to end. */
static inline struct daybook_buffer folding_rows(struct folding *f, size_t table_count) {
    struct daybook_buffer rows = {0};
    struct store_txn *txn = folding_read(f);
    for (unsigned table = 0; table < table_count; table++) {
        struct table_cursor *cursor = NULL;
        struct table_row row;
        FOLDING_OK(f, cursor_open(txn, table, &cursor, &f->error));
        FOLDING_OK(f, cursor_seek(cursor, (struct daybook_bytes){0}, &row, &f->error));
        while (row.is_valid) {
            uint8_t head[12];
            store_le32(head, table);
            store_le32(head + 4, (uint32_t)row.key.size);
            store_le32(head + 8, (uint32_t)row.value.size);
            assert_int_equal(daybook_buffer_append(&rows, head, sizeof head), DAYBOOK_OK);
            assert_int_equal(daybook_buffer_append(&rows, row.key.data, row.key.size), DAYBOOK_OK);
            assert_int_equal(daybook_buffer_append(&rows, row.value.data, row.value.size), DAYBOOK_OK);
            FOLDING_OK(f, cursor_next(cursor, &row, &f->error));
        }
        cursor_close(cursor);
    }
    store_abort(txn);
    return rows;
}

/* Two folds of the same events agree in every row. */
static inline void folding_assert_same(struct folding *a, struct folding *b) {
    struct daybook_buffer rows = folding_rows(a, a->projection->table_count);
    struct daybook_buffer others = folding_rows(b, b->projection->table_count);
    assert_true(rows.size > 0);
    assert_true(daybook_bytes_equal(daybook_buffer_view(&rows), daybook_buffer_view(&others)));
    daybook_buffer_release(&rows);
    daybook_buffer_release(&others);
}

/* Folds the same events twice, at once and in pieces with what is cached forgotten between them: the same rows. */
static inline void folding_open_both(struct folding *whole, struct folding *pieces, const struct projection *projection,
                                     Pb__Event *const *events, size_t count) {
    folding_open(whole, projection);
    folding_open(pieces, projection);
    folding_take(whole, events, count, count, false);
    folding_take(pieces, events, count, 61, true);
    folding_assert_same(whole, pieces);
}

/* A small generator: the same seed gives the same run on every machine. */
struct chance {
    uint64_t state;
};

static inline uint64_t chance_next(struct chance *chance) {
    uint64_t z = (chance->state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static inline int64_t chance_between(struct chance *chance, int64_t low, int64_t high) {
    return low + (int64_t)(chance_next(chance) % (uint64_t)(high - low + 1));
}

/* DAYBOOK_TEST_SEED repeats a run. */
static inline uint64_t chance_seed(uint64_t fallback) {
    const char *text = getenv("DAYBOOK_TEST_SEED");
    return text == NULL ? fallback : strtoull(text, NULL, 10);
}

#endif
