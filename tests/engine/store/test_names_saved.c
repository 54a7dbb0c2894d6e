/* The saved filter: after an opening no name is forgotten, whatever became of what was saved. */
#include "tests/engine/store/names_case.h"

#include <pthread.h>
#include <stdlib.h>

#include "store/names_saved.h"
#include "tests/rows.h"

enum {
    FIRST = 150000, /* Names of the first flush, after which the filter is saved: it has six parts. */
    PARTS = 6,
    LATER = 9000,          /* Of each that follows: it is not saved after one of these, */
    MANY = 3 * LATER,      /* but after this. */
    MOST = FIRST + 400000, /* In all. */
    MISSES = 3000,
};
#define LIST_RUN 0xFFFFFFFFU
#define PART_RUN 0xFFFFFFFEU

struct book {
    struct folding f;
    struct names *names;
    struct names_entry *entries; /* Of the flush that is under way. */
    uint64_t count;
};

/* Spread over all hashes. Of names that are filed: odd. */
static uint64_t spread(uint64_t i) {
    return (i * 0x9E3779B97F4A7C15ULL) | 1;
}

static int compare(const void *a, const void *b) {
    const struct names_entry *left = a;
    const struct names_entry *right = b;
    return left->hash < right->hash ? -1 : left->hash > right->hash;
}

static void sort_entries(struct book *book, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        book->entries[i] = (struct names_entry){spread(book->count + i + 1), book->count + i + 1};
    }
    qsort(book->entries, count, sizeof *book->entries, compare);
}

static void begin_flush(struct book *book, uint64_t count) {
    sort_entries(book, count);
    folding_begin(&book->f);
    names_begin_flush(book->names);
    FOLDING_OK(&book->f, names_flush(book->names, book->f.txn, book->entries, count, &book->f.error));
}

static void flush(struct book *book, uint64_t count) {
    begin_flush(book, count);
    folding_commit(&book->f);
    names_end_flush(book->names);
    book->count += count;
}

static void book_open(struct book *book, uint64_t first) {
    *book = (struct book){.entries = calloc(MOST, sizeof *book->entries)};
    names_case_begin(&book->f);
    book->names = open_names(&book->f);
    flush(book, first);
}

static void book_close(struct book *book) {
    names_close(book->names);
    free(book->entries);
    folding_close(&book->f);
}

static void open_again(struct book *book) {
    names_close(book->names);
    book->names = open_names(&book->f);
}

static enum daybook_status ask(struct book *book, struct store_txn *txn, uint64_t hash, uint64_t *number,
                               size_t *count) {
    return names_find(book->names, txn, hash, 0, number, 1, count, &book->f.error);
}

/* Enough that are not there, in every part, for each part to be made. */
static enum daybook_status ask_for_what_is_not_there(struct book *book) {
    struct store_txn *txn = folding_read(&book->f);
    enum daybook_status status = DAYBOOK_OK;
    for (uint64_t i = 0; i < MISSES && status == DAYBOOK_OK; i++) {
        uint64_t number = 0;
        size_t count = 0;
        status = ask(book, txn, spread(i) & ~UINT64_C(1), &number, &count);
        assert_true(status != DAYBOOK_OK || count == 0);
    }
    store_abort(txn);
    return status;
}

static void check_all_are_found(struct book *book) {
    struct store_txn *txn = folding_read(&book->f);
    for (uint64_t i = 1; i <= book->count; i += i % 2 == 0 ? 1 : 6) {
        uint64_t number = 0;
        size_t count = 0;
        FOLDING_OK(&book->f, ask(book, txn, spread(i), &number, &count));
        assert_true(count == 1 && number == i);
    }
    store_abort(txn);
}

/* ---- rows ---- */

static size_t list_key(uint8_t key[12]) {
    store_be32(key, LIST_RUN);
    store_be32(key + 4, SAVED_LIST_ID);
    return 8;
}

static size_t part_key(uint8_t key[12], uint64_t part) {
    store_be32(key, PART_RUN);
    store_be64(key + 4, part);
    return 12;
}

/* False: there is no such row. */
static bool copy_row(struct book *book, struct daybook_bytes key, struct daybook_buffer *value) {
    struct daybook_bytes bytes;
    bool is_found = false;
    struct store_txn *txn = folding_read(&book->f);
    FOLDING_OK(&book->f, table_get(txn, 0, key, &bytes, &is_found, &book->f.error));
    daybook_buffer_reset(value);
    assert_true(!is_found || daybook_buffer_append(value, bytes.data, bytes.size) == DAYBOOK_OK);
    store_abort(txn);
    return is_found;
}

static void put_row(struct book *book, struct daybook_bytes key, const struct daybook_buffer *value, size_t size) {
    folding_begin(&book->f);
    FOLDING_OK(&book->f, table_put(book->f.txn, 0, key, (struct daybook_bytes){value->data, size}, &book->f.error));
    folding_commit(&book->f);
}

static void delete_row(struct book *book, struct daybook_bytes key) {
    bool was_found = false;
    folding_begin(&book->f);
    FOLDING_OK(&book->f, table_delete(book->f.txn, 0, key, &was_found, &book->f.error));
    assert_true(was_found);
    folding_commit(&book->f);
}

static uint32_t saved_through(struct book *book) {
    uint8_t key[12];
    struct daybook_buffer value = {0};
    uint32_t through =
        copy_row(book, (struct daybook_bytes){key, list_key(key)}, &value) ? load_le32(value.data + 16) : 0;
    daybook_buffer_release(&value);
    return through;
}

/* ---- tests ---- */

static void a_few_names_are_not_saved(void **state) {
    (void)state;
    struct book book;
    book_open(&book, 1000);
    assert_int_equal(saved_through(&book), 0);
    book_close(&book);
}

/* Over openings, merges, and larger filters; sometimes nothing is asked between two flushes, sometimes much. */
static void nothing_is_forgotten(void **state) {
    (void)state;
    struct book book;
    uint32_t savings = 0;
    uint32_t through = 0;
    book_open(&book, FIRST);
    for (unsigned i = 0; i < 40; i++) {
        if (i % 3 == 0) {
            open_again(&book);
        }
        if (i % 4 == 1) {
            assert_int_equal(ask_for_what_is_not_there(&book), DAYBOOK_OK);
            check_all_are_found(&book);
        }
        flush(&book, LATER);
        savings += saved_through(&book) != through;
        through = saved_through(&book);
    }
    open_again(&book);
    assert_int_equal(ask_for_what_is_not_there(&book), DAYBOOK_OK);
    check_all_are_found(&book);
    assert_true(savings > 4 && savings < 30);
    book_close(&book);
}

static void a_part_that_is_altered_cut_or_lost_is_found(void **state) {
    (void)state;
    struct book book;
    struct daybook_buffer value = {0};
    book_open(&book, FIRST);
    for (uint64_t part = 0; part < PARTS; part++) {
        uint8_t bytes[12];
        const struct daybook_bytes key = {bytes, part_key(bytes, part)};
        assert_true(copy_row(&book, key, &value));
        for (size_t at = 0; at < value.size; at += 13007) {
            value.data[at] ^= (uint8_t)(1U << (at % 8));
            put_row(&book, key, &value, value.size);
            open_again(&book);
            assert_int_equal(ask_for_what_is_not_there(&book), DAYBOOK_DAMAGED);
            value.data[at] ^= (uint8_t)(1U << (at % 8));
        }
        put_row(&book, key, &value, value.size - 8);
        open_again(&book);
        assert_int_equal(ask_for_what_is_not_there(&book), DAYBOOK_DAMAGED);
        delete_row(&book, key);
        open_again(&book);
        assert_int_equal(ask_for_what_is_not_there(&book), DAYBOOK_DAMAGED);
        put_row(&book, key, &value, value.size);
    }
    uint8_t bytes[12];
    assert_false(copy_row(&book, (struct daybook_bytes){bytes, part_key(bytes, PARTS)}, &value));
    open_again(&book);
    assert_int_equal(ask_for_what_is_not_there(&book), DAYBOOK_OK);
    check_all_are_found(&book);
    daybook_buffer_release(&value);
    book_close(&book);
}

/* It is sound, and does not know the names that came since. */
static void a_part_of_an_older_saving_is_found(void **state) {
    (void)state;
    struct book book;
    struct daybook_buffer value = {0};
    uint8_t bytes[12];
    const struct daybook_bytes key = {bytes, part_key(bytes, 3)};
    book_open(&book, FIRST);
    uint32_t through = saved_through(&book);
    assert_true(copy_row(&book, key, &value));
    flush(&book, MANY);
    assert_true(saved_through(&book) > through);
    open_again(&book);
    assert_int_equal(ask_for_what_is_not_there(&book), DAYBOOK_OK);
    put_row(&book, key, &value, value.size);
    open_again(&book);
    assert_int_equal(ask_for_what_is_not_there(&book), DAYBOOK_DAMAGED);
    daybook_buffer_release(&value);
    book_close(&book);
}

/* The parts alone say nothing: all names are read. */
static void without_its_row_in_the_list(void **state) {
    (void)state;
    struct book book;
    uint8_t bytes[12];
    book_open(&book, FIRST);
    delete_row(&book, (struct daybook_bytes){bytes, list_key(bytes)});
    open_again(&book);
    assert_int_equal(ask_for_what_is_not_there(&book), DAYBOOK_OK);
    check_all_are_found(&book);
    flush(&book, LATER);
    assert_int_equal(saved_through(&book), 2);
    book_close(&book);
}

/* A process ended before the commit: what was saved before counts, with its own names. */
static void a_saving_that_was_not_committed(void **state) {
    (void)state;
    struct book book;
    book_open(&book, FIRST);
    begin_flush(&book, MANY);
    store_abort(book.f.txn);
    open_again(&book);
    assert_int_equal(saved_through(&book), 1);
    assert_int_equal(ask_for_what_is_not_there(&book), DAYBOOK_OK);
    check_all_are_found(&book);
    flush(&book, MANY);
    assert_int_equal(saved_through(&book), 2);
    open_again(&book);
    check_all_are_found(&book);
    book_close(&book);
}

/* ---- two threads (N4) ---- */

struct flushing {
    struct book *book;
    enum daybook_status status;
    atomic_bool is_done;
};

static void *flush_on_a_thread(void *context) {
    struct flushing *flushing = context;
    struct book *book = flushing->book;
    struct store_txn *txn = NULL;
    struct daybook_error error;
    flushing->status = store_begin_write(book->f.store, &txn, &error);
    if (flushing->status == DAYBOOK_OK) {
        flushing->status = names_flush(book->names, txn, book->entries, MANY, &error);
    }
    if (flushing->status == DAYBOOK_OK) {
        flushing->status = store_commit(txn, &error);
    }
    atomic_store(&flushing->is_done, true);
    return NULL;
}

/* At least once, and until the flush is done. */
static void ask_meanwhile(struct book *book, struct store_txn *txn, struct flushing *flushing, uint64_t *asked) {
    do {
        uint64_t number = 0;
        size_t count = 0;
        uint64_t i = *asked % book->count + 1;
        FOLDING_OK(&book->f, ask(book, txn, spread(*asked) & ~UINT64_C(1), &number, &count));
        assert_int_equal(count, 0);
        FOLDING_OK(&book->f, ask(book, txn, spread(i), &number, &count));
        assert_true(count == 1 && number == i);
        (*asked)++;
    } while (!atomic_load(&flushing->is_done));
}

/* One makes parts and finds while the other adds, makes the rest, and saves. */
static void one_asks_while_another_flushes(void **state) {
    (void)state;
    struct book book;
    uint64_t asked = 0;
    book_open(&book, FIRST);
    for (int i = 0; i < 9; i++) {
        if (i % 3 < 2) {
            open_again(&book);
        }
        struct flushing flushing = {.book = &book};
        pthread_t thread;
        sort_entries(&book, MANY);
        struct store_txn *txn = folding_read(&book.f);
        names_begin_flush(book.names);
        assert_int_equal(pthread_create(&thread, NULL, flush_on_a_thread, &flushing), 0);
        ask_meanwhile(&book, txn, &flushing, &asked);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(flushing.status, DAYBOOK_OK);
        store_abort(txn);
        names_end_flush(book.names);
        book.count += MANY;
    }
    check_all_are_found(&book);
    book_close(&book);
}

/* ---- a row in the list that nobody has written, under a checksum that is right ---- */

struct forged_saving {
    const char *name;
    uint64_t capacity;
    uint32_t through;
    size_t size;
};
static const struct forged_saving forged_savings[] = {
    {"saved: through no run", FIRST + FIRST / 2, 0, 20},
    {"saved: through a run that is not there yet", FIRST + FIRST / 2, 2, 20},
    {"saved: for fewer names than there are", FIRST - 1, 1, 20},
    {"saved: for far more names than there are", FIRST * 2 + 2, 1, 20},
    {"saved: a byte less", FIRST + FIRST / 2, 1, 19},
    {"saved: a byte more", FIRST + FIRST / 2, 1, 21},
};

static void a_forged_saving_is_found(void **state) {
    const struct forged_saving *row = *state;
    struct book book;
    uint8_t bytes[12];
    uint8_t value[21] = {0};
    book_open(&book, FIRST);
    store_le64(value + 8, row->capacity);
    store_le32(value + 16, row->through);
    folding_begin(&book.f);
    FOLDING_OK(&book.f, names_row_put(book.f.txn, 0, (struct daybook_bytes){bytes, list_key(bytes)}, value, row->size,
                                      &book.f.error));
    folding_commit(&book.f);
    struct names *names = NULL;
    assert_int_equal(try_open_names(&book.f, &names), DAYBOOK_DAMAGED);
    book_close(&book);
}

int main(void) {
    static struct rows rows;
    rows_add(&rows, "a few names are not saved", a_few_names_are_not_saved, NULL);
    rows_add(&rows, "nothing is forgotten", nothing_is_forgotten, NULL);
    rows_add(&rows, "a part that is altered, cut or lost", a_part_that_is_altered_cut_or_lost_is_found, NULL);
    rows_add(&rows, "a part of an older saving", a_part_of_an_older_saving_is_found, NULL);
    rows_add(&rows, "without its row in the list", without_its_row_in_the_list, NULL);
    rows_add(&rows, "a saving that was not committed", a_saving_that_was_not_committed, NULL);
    rows_add(&rows, "one asks while another flushes", one_asks_while_another_flushes, NULL);
    ROWS_ADD_TABLE(&rows, forged_savings, a_forged_saving_is_found);
    return rows_run("names_saved", &rows);
}
