/* Names: every entry that was flushed is found, over merges and reopening, and none is invented. */
#include "tests/engine/store/names_case.h"

#include <inttypes.h>

#include "tests/rows.h"

enum { MOST = 300000, FLUSHES = 140, CANDIDATES = 16 };

struct entries {
    struct names_entry *items;
    size_t count;
};

static int compare(const void *a, const void *b) {
    const struct names_entry *left = a;
    const struct names_entry *right = b;
    if (left->hash != right->hash) {
        return left->hash < right->hash ? -1 : 1;
    }
    return (left->number > right->number) - (left->number < right->number);
}

static void flush(struct folding *f, struct names *names, struct names_entry *entries, size_t count) {
    qsort(entries, count, sizeof *entries, compare);
    flush_names(f, names, entries, count);
}

static bool has(const uint64_t *numbers, size_t count, uint64_t number) {
    for (size_t i = 0; i < count; i++) {
        if (numbers[i] == number) {
            return true;
        }
    }
    return false;
}

static void check_found(struct folding *f, struct names *names, const struct entries *all, struct chance *chance) {
    struct store_txn *txn = folding_read(f);
    size_t step = all->count / 5000 + 1;
    for (size_t i = chance_next(chance) % step; i < all->count; i += step) {
        uint64_t numbers[CANDIDATES];
        size_t count = 0;
        FOLDING_OK(f, names_find(names, txn, all->items[i].hash, 0, numbers, CANDIDATES, &count, &f->error));
        assert_true(has(numbers, count, all->items[i].number));
    }
    store_abort(txn);
}

/* Hashes that were never filed are even, those that were are odd. */
static void check_not_invented(struct folding *f, struct names *names, struct chance *chance) {
    struct store_txn *txn = folding_read(f);
    for (int i = 0; i < 5000; i++) {
        uint64_t numbers[CANDIDATES];
        size_t count = 7;
        FOLDING_OK(f, names_find(names, txn, chance_next(chance) & ~1ULL, 0, numbers, CANDIDATES, &count, &f->error));
        assert_int_equal(count, 0);
    }
    store_abort(txn);
}

static void all_are_found_over_many_flushes_and_merges(void **state) {
    (void)state;
    struct folding f;
    struct chance chance = {chance_seed(20240607)};
    struct entries all = {calloc(MOST, sizeof *all.items), 0};
    names_case_begin(&f);
    struct names *names = open_names(&f);
    printf("seed %" PRIu64 "\n", chance.state);
    for (int i = 0; i < FLUSHES; i++) {
        /* Now and then a run of many blocks, now and then of one entry. */
        size_t count = (size_t)chance_between(&chance, 1, i % 10 == 0 ? 15000 : 300);
        struct names_entry *run = &all.items[all.count];
        assert_true(all.count + count <= MOST);
        for (size_t j = 0; j < count; j++) {
            run[j] = (struct names_entry){chance_next(&chance) | 1, all.count + j + 1};
        }
        flush(&f, names, run, count);
        all.count += count;
        assert_true(names_run_count(names) <= 7 * 4);
        if (i % 9 == 0) {
            check_found(&f, names, &all, &chance);
            check_not_invented(&f, names, &chance);
        }
        if (i % 31 == 30) {
            names_close(names);
            names = open_names(&f);
            check_found(&f, names, &all, &chance);
        }
    }
    check_found(&f, names, &all, &chance);
    check_not_invented(&f, names, &chance);
    assert_true(names_memory_bytes(names) < all.count * 16);
    names_close(names);
    free(all.items);
    folding_close(&f);
}

/* A filter that was made for few names is made anew for many, whether they come at once or by and by. */
static void more_names_than_the_filter_was_made_for(void **state) {
    (void)state;
    enum { FEW = 1000, AT_ONCE = 70000, BY_AND_BY = 20 };
    struct folding f;
    struct chance chance = {chance_seed(5)};
    struct entries all = {calloc(MOST, sizeof *all.items), 0};
    names_case_begin(&f);
    struct names *names = open_names(&f);
    for (size_t flushed = 0; flushed < 2 + BY_AND_BY; flushed++) {
        const size_t count = flushed == 1 ? AT_ONCE : flushed == 0 ? FEW : 10 * FEW;
        for (size_t i = 0; i < count; i++) {
            all.items[all.count + i] = (struct names_entry){chance_next(&chance) | 1, all.count + i + 1};
        }
        flush(&f, names, &all.items[all.count], count);
        all.count += count;
        check_found(&f, names, &all, &chance);
        check_not_invented(&f, names, &chance); /* The first time it makes the filter. */
    }
    names_close(names);
    free(all.items);
    folding_close(&f);
}

/* After an opening the filter is made where something was not found, also while a flush adds to it; the flush may come
 * before the filter of its names' part, or after it. */
static void parts_are_made_while_a_flush_is_under_way(void **state) {
    (void)state;
    enum { A_FLUSH = 40000, TIMES = 5 };
    struct folding f;
    struct chance chance = {chance_seed(11)};
    struct entries all = {calloc((size_t)A_FLUSH * TIMES, sizeof *all.items), 0};
    names_case_begin(&f);
    for (int i = 0; i < TIMES; i++) {
        struct names_entry *fresh = &all.items[all.count];
        for (size_t j = 0; j < A_FLUSH; j++) {
            fresh[j] = (struct names_entry){chance_next(&chance) | 1, all.count + j + 1};
        }
        qsort(fresh, A_FLUSH, sizeof *fresh, compare);
        struct names *names = open_names(&f);
        folding_begin(&f);
        names_begin_flush(names);
        if (i % 2 == 0) {
            check_not_invented(&f, names, &chance);
        }
        FOLDING_OK(&f, names_flush(names, f.txn, fresh, A_FLUSH, &f.error));
        check_not_invented(&f, names, &chance);
        check_found(&f, names, &all, &chance);
        folding_commit(&f);
        names_end_flush(names);
        all.count += A_FLUSH;
        check_found(&f, names, &all, &chance);
        check_not_invented(&f, names, &chance);
        names_close(names);
    }
    free(all.items);
    folding_close(&f);
}

/* Page by page, three at a time: every number of the hash 1000 once, then none. */
static void check_pages(struct folding *f, struct names *names, struct store_txn *txn, uint64_t total) {
    bool is_seen[64] = {false};
    size_t seen = 0;
    size_t count = 3;
    while (count == 3) {
        uint64_t numbers[3];
        FOLDING_OK(f, names_find(names, txn, 1000, seen, numbers, 3, &count, &f->error));
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(numbers[i] % 1000, 130);
            assert_false(is_seen[numbers[i] / 1000]);
            is_seen[numbers[i] / 1000] = true;
        }
        seen += count;
    }
    assert_int_equal(seen, total);
}

/* One hash, several numbers: in one block, over many blocks, over many runs. */
static void every_number_of_a_hash_is_found(void **state) {
    (void)state;
    struct folding f;
    names_case_begin(&f);
    struct names *names = open_names(&f);
    for (uint64_t run = 0; run < 20; run++) {
        struct names_entry entries[260];
        for (uint64_t i = 0; i < 260; i++) {
            /* The hash 1000 once in every run, behind 130 lower ones and before 129 higher ones. */
            uint64_t hash = i < 130 ? i * 7 : i == 130 ? 1000 : 1000 + i;
            entries[i] = (struct names_entry){hash, run * 1000 + i};
        }
        flush(&f, names, entries, 260);
        struct store_txn *txn = folding_read(&f);
        uint64_t numbers[64];
        size_t count = 0;
        FOLDING_OK(&f, names_find(names, txn, 1000, 0, numbers, 64, &count, &f.error));
        assert_int_equal(count, run + 1);
        for (uint64_t i = 0; i <= run; i++) {
            assert_true(has(numbers, count, i * 1000 + 130));
        }
        FOLDING_OK(&f, names_find(names, txn, 1000, 0, numbers, 3, &count, &f.error));
        assert_int_equal(count, run + 1 < 3 ? run + 1 : 3);
        check_pages(&f, names, txn, run + 1);
        FOLDING_OK(&f, names_find(names, txn, 1001, 0, numbers, 64, &count, &f.error));
        assert_int_equal(count, 0);
        store_abort(txn);
    }
    names_close(names);
    folding_close(&f);
}

static void a_hash_may_fill_whole_blocks(void **state) {
    (void)state;
    struct folding f;
    enum { MANY = 500 };
    struct names_entry entries[MANY];
    names_case_begin(&f);
    struct names *names = open_names(&f);
    for (uint64_t run = 0; run < 9; run++) {
        for (uint64_t i = 0; i < MANY; i++) {
            entries[i] = (struct names_entry){UINT64_MAX, run * MANY + i};
        }
        flush(&f, names, entries, MANY);
    }
    static uint64_t numbers[9 * MANY];
    size_t count = 0;
    struct store_txn *txn = folding_read(&f);
    FOLDING_OK(&f, names_find(names, txn, UINT64_MAX, 0, numbers, 9 * MANY, &count, &f.error));
    assert_int_equal(count, 9 * MANY);
    for (uint64_t i = 0; i < 9 * MANY; i += 13) {
        assert_true(has(numbers, count, i));
    }
    store_abort(txn);
    names_close(names);
    folding_close(&f);
}

static void nothing_is_in_an_empty_table(void **state) {
    (void)state;
    struct folding f;
    struct chance chance = {3};
    names_case_begin(&f);
    struct names *names = open_names(&f);
    check_not_invented(&f, names, &chance);
    flush_names(&f, names, NULL, 0);
    assert_int_equal(names_run_count(names), 0);
    names_close(names);
    folding_close(&f);
}

/* Extreme hashes and numbers are names like others. */
static void the_ends_of_the_numbers(void **state) {
    (void)state;
    struct folding f;
    struct names_entry entries[] = {{0, 0}, {0, UINT64_MAX}, {1, 1}, {UINT64_MAX, 0}, {UINT64_MAX, UINT64_MAX}};
    names_case_begin(&f);
    struct names *names = open_names(&f);
    flush(&f, names, entries, 5);
    struct store_txn *txn = folding_read(&f);
    uint64_t numbers[4];
    size_t count = 0;
    FOLDING_OK(&f, names_find(names, txn, 0, 0, numbers, 4, &count, &f.error));
    assert_int_equal(count, 2);
    FOLDING_OK(&f, names_find(names, txn, UINT64_MAX, 0, numbers, 4, &count, &f.error));
    assert_int_equal(count, 2);
    FOLDING_OK(&f, names_find(names, txn, 2, 0, numbers, 4, &count, &f.error));
    assert_int_equal(count, 0);
    store_abort(txn);
    names_close(names);
    folding_close(&f);
}

/* Opens and looks for every entry: OK and all there, or DAMAGED; nothing else. */
static bool is_said_to_be_damaged(struct folding *f, const struct entries *all) {
    struct names *names = NULL;
    enum daybook_status status = try_open_names(f, &names);
    struct store_txn *txn = folding_read(f);
    for (size_t i = 0; status == DAYBOOK_OK && i < all->count; i++) {
        uint64_t numbers[CANDIDATES];
        size_t count = 0;
        status = names_find(names, txn, all->items[i].hash, 0, numbers, CANDIDATES, &count, &f->error);
        assert_true(status != DAYBOOK_OK || has(numbers, count, all->items[i].number));
    }
    assert_true(status == DAYBOOK_OK || status == DAYBOOK_DAMAGED);
    names_close(names);
    store_abort(txn);
    return status == DAYBOOK_DAMAGED;
}

/* Copies the `index`th row of the table; false behind the last. */
static bool copy_row(struct folding *f, size_t index, struct daybook_buffer *key, struct daybook_buffer *value) {
    struct table_cursor *cursor = NULL;
    struct table_row row;
    struct store_txn *txn = folding_read(f);
    FOLDING_OK(f, cursor_open(txn, 0, &cursor, &f->error));
    FOLDING_OK(f, cursor_seek(cursor, (struct daybook_bytes){(const uint8_t *)"", 0}, &row, &f->error));
    for (size_t i = 0; i < index && row.is_valid; i++) {
        FOLDING_OK(f, cursor_next(cursor, &row, &f->error));
    }
    daybook_buffer_reset(key);
    daybook_buffer_reset(value);
    if (row.is_valid) {
        assert_int_equal(daybook_buffer_append(key, row.key.data, row.key.size), DAYBOOK_OK);
        assert_int_equal(daybook_buffer_append(value, row.value.data, row.value.size), DAYBOOK_OK);
    }
    cursor_close(cursor);
    store_abort(txn);
    return key->size > 0;
}

static void put_row(struct folding *f, const struct daybook_buffer *key, const struct daybook_buffer *value) {
    folding_begin(f);
    FOLDING_OK(f, table_put(f->txn, 0, daybook_buffer_view(key), daybook_buffer_view(value), &f->error));
    folding_commit(f);
}

static void a_row_that_is_lost_or_altered_is_found(void **state) {
    (void)state;
    struct folding f;
    struct chance chance = {chance_seed(7)};
    enum { EACH = 520 };
    struct entries all = {calloc((size_t)3 * EACH, sizeof *all.items), 0};
    struct daybook_buffer key = {0};
    struct daybook_buffer value = {0};
    names_case_begin(&f);
    struct names *names = open_names(&f);
    for (int i = 0; i < 3; i++) {
        for (size_t j = 0; j < EACH; j++) {
            all.items[all.count + j] = (struct names_entry){chance_next(&chance), all.count + j + 1};
        }
        flush(&f, names, &all.items[all.count], EACH);
        all.count += EACH;
    }
    names_close(names);
    assert_false(is_said_to_be_damaged(&f, &all));
    size_t row = 0;
    for (; copy_row(&f, row, &key, &value); row++) {
        bool was_found = false;
        folding_begin(&f);
        FOLDING_OK(&f, table_delete(f.txn, 0, daybook_buffer_view(&key), &was_found, &f.error));
        folding_commit(&f);
        assert_true(was_found && is_said_to_be_damaged(&f, &all));
        for (size_t at = 0; at < value.size; at += 5) {
            value.data[at] ^= (uint8_t)(1U << (at % 8));
            put_row(&f, &key, &value);
            assert_true(is_said_to_be_damaged(&f, &all));
            value.data[at] ^= (uint8_t)(1U << (at % 8));
        }
        put_row(&f, &key, &value);
    }
    assert_int_equal(row, 3 * 3 + 3 + 1); /* Three runs of three blocks, their list and its end. */
    assert_false(is_said_to_be_damaged(&f, &all));
    daybook_buffer_release(&key);
    daybook_buffer_release(&value);
    free(all.items);
    folding_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_found_over_many_flushes_and_merges),
        cmocka_unit_test(more_names_than_the_filter_was_made_for),
        cmocka_unit_test(parts_are_made_while_a_flush_is_under_way),
        cmocka_unit_test(every_number_of_a_hash_is_found),
        cmocka_unit_test(a_hash_may_fill_whole_blocks),
        cmocka_unit_test(nothing_is_in_an_empty_table),
        cmocka_unit_test(the_ends_of_the_numbers),
        cmocka_unit_test(a_row_that_is_lost_or_altered_is_found),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
