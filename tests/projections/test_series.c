/* Totals at any (A, K) against a plain loop, over histories with every kind of date. */
#include "projections/folding.h"

#include "projections/chunk.h"
#include "projections/series.h"

enum { COLUMNS = 5, ACCOUNTS = 3 };

static const char *const tables[] = {"series"};
static struct series_shape shape = {0, COLUMNS, false};

struct entry {
    uint64_t sequence;
    uint32_t account;
    struct series_entry entry;
};

struct history {
    struct entry *entries;
    size_t count;
    uint64_t last_sequence;
};

enum dates { IN_ORDER, LITTLE_LATE, WILD, ONE_FUTURE, SOME_AHEAD, BACKWARDS, SAME_DAY, DATES_COUNT };
static const char *const dates_names[] = {"in order",   "a little late", "wild",          "one in the future",
                                          "some ahead", "backwards",     "all on one day"};

static int32_t pick_date(struct chance *chance, enum dates dates, uint64_t i) {
    int32_t today = 10000 + (int32_t)(i / 20);
    switch (dates) {
    case IN_ORDER:
        return today;
    case LITTLE_LATE:
        return today - (int32_t)(chance_next(chance) % 8 == 0 ? chance_between(chance, 1, 20) : 0);
    case WILD:
        return (int32_t)chance_between(chance, 1, 20000);
    case ONE_FUTURE:
        return i == 50 ? 2000000 : today;
    case SOME_AHEAD:
        return today + (i % 100 == 0 ? 40 : 0) - (i % 64 == 0 ? (int32_t)chance_between(chance, 1, 2500) : 0);
    case BACKWARDS:
        return 60000 - (int32_t)(i / 20);
    case SAME_DAY:
    case DATES_COUNT:
        break;
    }
    return 10000;
}

static struct history make_history(struct chance *chance, enum dates dates, size_t events) {
    struct history history = {.entries = calloc(events * SERIES_ENTRIES_MAX, sizeof *history.entries)};
    assert_non_null(history.entries);
    uint64_t sequence = 0;
    for (size_t i = 0; i < events; i++) {
        sequence += (uint64_t)chance_between(chance, 1, 4);
        uint32_t account = chance_next(chance) % 8 == 0 ? (uint32_t)chance_between(chance, 1, ACCOUNTS - 1) : 0;
        size_t parts = chance_next(chance) % 16 == 0 ? 2 : 1;
        for (size_t part = 0; part < parts; part++) {
            struct entry *entry = &history.entries[history.count++];
            *entry = (struct entry){.sequence = sequence, .account = account};
            entry->entry.effective_on = pick_date(chance, dates, i);
            for (int column = 0; column < COLUMNS; column++) {
                if (chance_next(chance) % 3 == 0) {
                    entry->entry.columns[column] = chance_between(chance, -1000000, 1000000);
                }
            }
        }
    }
    history.last_sequence = sequence;
    return history;
}

enum remembers { REMEMBERS_ALL, REMEMBERS_SOME, REMEMBERS_NOTHING };

static void fold_history(struct folding *f, const struct history *history, struct chance *chance,
                         enum remembers remembers) {
    enum { ROOM_FOR_SOME = 10000 };
    struct series *series = NULL;
    FOLDING_OK(f, series_open(shape, &series, &f->error));
    if (remembers == REMEMBERS_SOME) {
        series_limit_memory(series, ROOM_FOR_SOME);
    }
    size_t i = 0;
    while (i < history->count) {
        size_t batch = (size_t)chance_between(chance, 1, 3000);
        folding_begin(f);
        for (size_t n = 0; n < batch && i < history->count; n++) {
            const struct entry *entry = &history->entries[i];
            struct series_entry entries[SERIES_ENTRIES_MAX];
            size_t count = 0;
            while (i < history->count && history->entries[i].sequence == entry->sequence) {
                entries[count++] = history->entries[i++].entry;
            }
            FOLDING_OK(f, series_append(series, f->txn, entry->account, entry->sequence, entries, count, &f->error));
        }
        FOLDING_OK(f, series_flush(series, f->txn, &f->error));
        FOLDING_OK(f, store_commit(f->txn, &f->error));
        if (remembers == REMEMBERS_NOTHING) {
            series_forget(series);
        }
    }
    series_close(series);
}

static struct series_totals plain_totals(const struct history *history, uint32_t account, int32_t as_of,
                                         uint64_t known_at) {
    struct series_totals totals = {0};
    for (size_t i = 0; i < history->count && history->entries[i].sequence <= known_at; i++) {
        const struct entry *entry = &history->entries[i];
        if (entry->account == account && entry->entry.effective_on <= as_of) {
            totals.count++;
            for (int column = 0; column < COLUMNS; column++) {
                totals.columns[column] += entry->entry.columns[column];
            }
        }
    }
    return totals;
}

static void compare_everywhere(struct folding *f, const struct history *history, struct chance *chance, uint64_t seed,
                               const char *name) {
    struct store_txn *txn = folding_read(f);
    struct memo *memo = memo_open(0);
    assert_non_null(memo);
    for (int i = 0; i < 800; i++) {
        struct memo *remembers = i % 2 == 0 ? NULL : memo;
        const struct entry *near = &history->entries[chance_next(chance) % history->count];
        uint32_t account = (uint32_t)chance_between(chance, 0, ACCOUNTS);
        int32_t as_of = near->entry.effective_on + (int32_t)chance_between(chance, -1, 1);
        uint64_t known_at = chance_next(chance) % 3 == 0
                                ? UINT64_MAX
                                : (uint64_t)chance_between(chance, 0, (int64_t)history->last_sequence + 2);
        struct series_totals expected = plain_totals(history, account, as_of, known_at);
        struct series_totals found;
        FOLDING_OK(f, series_ask_again(txn, shape, remembers, account, as_of, known_at, &found, &f->error));
        if (memcmp(&expected, &found, sizeof found) != 0) {
            fail_msg("seed %llu, dates %s%s: account %u at (%d, %llu) has %llu entries, column 0 %lld; expected %llu, "
                     "%lld",
                     (unsigned long long)seed, name, remembers != NULL ? ", remembered" : "", account, as_of,
                     (unsigned long long)known_at, (unsigned long long)found.count, (long long)found.columns[0],
                     (unsigned long long)expected.count, (long long)expected.columns[0]);
        }
    }
    memo_close(memo);
    store_abort(txn);
}

/* What is visited late, and what is visible before the bound, are together what a question sees. */
static enum daybook_status add_late(void *context, const int64_t columns[SERIES_COLUMNS_MAX],
                                    struct daybook_error *error) {
    struct series_totals *late = context;
    (void)error;
    late->count++;
    for (int column = 0; column < COLUMNS; column++) {
        late->columns[column] += columns[column];
    }
    return DAYBOOK_OK;
}

static void visit_late_everywhere(struct folding *f, const struct history *history, struct chance *chance) {
    struct store_txn *txn = folding_read(f);
    for (int i = 0; i < 200; i++) {
        uint32_t account = (uint32_t)chance_between(chance, 0, ACCOUNTS);
        int32_t as_of = history->entries[chance_next(chance) % history->count].entry.effective_on;
        uint64_t known_at = history->entries[chance_next(chance) % history->count].sequence;
        uint64_t bound = 0;
        struct series_totals late = {0};
        FOLDING_OK(f, series_visit_late(txn, shape, account, as_of, known_at, add_late, &late, &bound, &f->error));
        assert_true(bound > 0 && bound <= known_at + 1);
        struct series_totals expected = plain_totals(history, account, as_of, known_at);
        struct series_totals found = plain_totals(history, account, as_of, bound - 1);
        found.count += late.count;
        for (int column = 0; column < COLUMNS; column++) {
            found.columns[column] += late.columns[column];
        }
        assert_memory_equal(&expected, &found, sizeof found);
    }
    store_abort(txn);
}

static void scan_everywhere(struct folding *f, const struct history *history, struct chance *chance) {
    struct store_txn *txn = folding_read(f);
    for (int i = 0; i < 20; i++) {
        uint32_t account = (uint32_t)chance_between(chance, 0, ACCOUNTS);
        uint64_t from = (uint64_t)chance_between(chance, 0, (int64_t)history->last_sequence + 2);
        struct series_scan scan;
        bool is_found;
        FOLDING_OK(f, series_scan_open(txn, shape, account, from, &scan, &f->error));
        for (size_t j = 0; j < history->count; j++) {
            const struct entry *entry = &history->entries[j];
            if (entry->account != account || entry->sequence < from) {
                continue;
            }
            FOLDING_OK(f, series_scan_next(&scan, &is_found, &f->error));
            assert_true(is_found);
            assert_int_equal(scan.sequence, entry->sequence);
            assert_memory_equal(&scan.entry, &entry->entry, sizeof scan.entry);
        }
        FOLDING_OK(f, series_scan_next(&scan, &is_found, &f->error));
        assert_false(is_found);
        series_scan_close(&scan);
    }
    store_abort(txn);
}

static void totals_agree_with_a_plain_loop(void **state) {
    (void)state;
    uint64_t seed = chance_seed(20240229);
    print_message("seed %llu\n", (unsigned long long)seed);
    struct chance chance = {seed};
    for (int dates = 0; dates < DATES_COUNT; dates++) {
        struct folding f;
        folding_open_tables(&f, tables, 1);
        size_t events = dates == LITTLE_LATE || dates == WILD || dates == SOME_AHEAD ? 60000 : 12000;
        struct history history = make_history(&chance, (enum dates)dates, events);
        fold_history(&f, &history, &chance, (enum remembers)(dates % 3));
        compare_everywhere(&f, &history, &chance, seed, dates_names[dates]);
        visit_late_everywhere(&f, &history, &chance);
        scan_everywhere(&f, &history, &chance);
        free(history.entries);
        folding_close(&f);
    }
}

/* Entries without amounts are counted, no less. */
static void counts_agree_where_there_are_no_columns(void **state) {
    (void)state;
    uint64_t seed = chance_seed(20240305);
    struct chance chance = {seed};
    shape.column_count = 0;
    for (int dates = 0; dates < DATES_COUNT; dates++) {
        struct folding f;
        folding_open_tables(&f, tables, 1);
        struct history history = make_history(&chance, (enum dates)dates, 20000);
        for (size_t i = 0; i < history.count; i++) {
            memset(history.entries[i].entry.columns, 0, sizeof history.entries[i].entry.columns);
        }
        fold_history(&f, &history, &chance, (enum remembers)(dates % 3));
        compare_everywhere(&f, &history, &chance, seed, dates_names[dates]);
        visit_late_everywhere(&f, &history, &chance);
        free(history.entries);
        folding_close(&f);
    }
    shape.column_count = COLUMNS;
}

/* SE2 */
static void rows_do_not_depend_on_batches(void **state) {
    (void)state;
    struct chance chance = {chance_seed(7)};
    struct history history = make_history(&chance, LITTLE_LATE, 9000);
    struct daybook_buffer rows[3];
    for (int i = 0; i < 3; i++) {
        struct folding f;
        folding_open_tables(&f, tables, 1);
        fold_history(&f, &history, &chance, (enum remembers)i);
        rows[i] = folding_rows(&f, 1);
        folding_close(&f);
    }
    assert_true(rows[0].size > 9000);
    for (int i = 1; i < 3; i++) {
        assert_int_equal(rows[0].size, rows[i].size);
        assert_memory_equal(rows[0].data, rows[i].data, rows[0].size);
    }
    for (int i = 0; i < 3; i++) {
        daybook_buffer_release(&rows[i]);
    }
    free(history.entries);
}

static void a_total_that_overflows_is_refused_and_changes_nothing(void **state) {
    (void)state;
    struct folding f;
    struct series *series = NULL;
    folding_open_tables(&f, tables, 1);
    folding_begin(&f);
    FOLDING_OK(&f, series_open(shape, &series, &f.error));
    struct series_entry entry = {.effective_on = 10, .columns = {INT64_MAX - 5}};
    FOLDING_OK(&f, series_append(series, f.txn, 0, 1, &entry, 1, &f.error));
    entry.columns[0] = 6;
    assert_int_equal(series_append(series, f.txn, 0, 2, &entry, 1, &f.error), DAYBOOK_INVALID);
    assert_non_null(strstr(f.error.message, "event 2"));
    entry.columns[0] = 5;
    FOLDING_OK(&f, series_append(series, f.txn, 0, 3, &entry, 1, &f.error));
    assert_int_equal(series_append(series, f.txn, 0, 3, &entry, 1, &f.error), DAYBOOK_INVALID);
    FOLDING_OK(&f, series_flush(series, f.txn, &f.error));
    struct series_totals totals;
    FOLDING_OK(&f, series_ask(f.txn, shape, 0, 10, 3, &totals, &f.error));
    assert_int_equal(totals.columns[0], INT64_MAX);
    assert_int_equal(totals.count, 2);
    series_close(series);
    store_abort(f.txn);
    folding_close(&f);
}

/* SE4 */
static void a_flipped_bit_is_found(void **state) {
    (void)state;
    struct chance chance = {3};
    struct folding f;
    folding_open_tables(&f, tables, 1);
    struct history history = make_history(&chance, IN_ORDER, 100);
    fold_history(&f, &history, &chance, REMEMBERS_ALL);
    folding_begin(&f);
    struct table_cursor *cursor = NULL;
    struct table_row row;
    FOLDING_OK(&f, cursor_open(f.txn, 0, &cursor, &f.error));
    FOLDING_OK(&f, cursor_seek(cursor, (struct daybook_bytes){0}, &row, &f.error));
    assert_true(row.is_valid);
    uint8_t key[CHUNK_KEY_SIZE];
    uint8_t value[CHUNK_SIZE_MAX];
    size_t size = row.value.size;
    memcpy(key, row.key.data, sizeof key);
    memcpy(value, row.value.data, size);
    cursor_close(cursor);
    value[size / 2] ^= 4;
    FOLDING_OK(&f, table_put(f.txn, 0, (struct daybook_bytes){key, sizeof key}, (struct daybook_bytes){value, size},
                             &f.error));
    struct series_totals totals;
    assert_int_equal(series_ask(f.txn, shape, 0, 20000, UINT64_MAX, &totals, &f.error), DAYBOOK_DAMAGED);
    store_abort(f.txn);
    free(history.entries);
    folding_close(&f);
}

/* SE4, for every kind of row: what a question meets is told, and what it does not meet changes nothing. */
static void damage_anywhere_is_told_or_not_met(void **state) {
    (void)state;
    struct chance chance = {chance_seed(11)};
    struct folding f;
    folding_open_tables(&f, tables, 1);
    struct history history = make_history(&chance, LITTLE_LATE, 9000);
    fold_history(&f, &history, &chance, REMEMBERS_ALL);
    size_t told = 0;
    uint64_t row_count = 0;
    struct store_txn *txn = folding_read(&f);
    FOLDING_OK(&f, table_count(txn, 0, &row_count, &f.error));
    store_abort(txn);
    for (int i = 0; i < 600; i++) {
        struct table_cursor *cursor = NULL;
        struct table_row row;
        uint8_t value[CHUNK_SIZE_MAX];
        folding_begin(&f);
        FOLDING_OK(&f, cursor_open(f.txn, 0, &cursor, &f.error));
        FOLDING_OK(&f, cursor_seek(cursor, (struct daybook_bytes){0}, &row, &f.error));
        for (uint64_t steps = chance_next(&chance) % row_count; steps > 0; steps--) {
            FOLDING_OK(&f, cursor_next(cursor, &row, &f.error));
        }
        assert_true(row.is_valid);
        size_t size = row.value.size;
        uint8_t key[CHUNK_KEY_SIZE];
        memcpy(key, row.key.data, sizeof key);
        memcpy(value, row.value.data, size);
        cursor_close(cursor);
        value[chance_next(&chance) % size] ^= (uint8_t)(1 << chance_next(&chance) % 8);
        FOLDING_OK(&f, table_put(f.txn, 0, (struct daybook_bytes){key, sizeof key}, (struct daybook_bytes){value, size},
                                 &f.error));
        for (int n = 0; n < 20; n++) {
            int32_t as_of = history.entries[chance_next(&chance) % history.count].entry.effective_on;
            uint64_t known_at = history.entries[chance_next(&chance) % history.count].sequence;
            struct series_totals expected = plain_totals(&history, 0, as_of, known_at);
            struct series_totals found;
            enum daybook_status status = series_ask(f.txn, shape, 0, as_of, known_at, &found, &f.error);
            assert_true(status == DAYBOOK_OK || status == DAYBOOK_DAMAGED);
            assert_true(status != DAYBOOK_OK || memcmp(&expected, &found, sizeof found) == 0);
            told += status == DAYBOOK_DAMAGED;
        }
        store_abort(f.txn);
    }
    assert_true(told > 50);
    free(history.entries);
    folding_close(&f);
}

/* Amounts that come late and go in time: the account's total stays small, that of what is late does not. */
static void late_entries_that_overflow_are_refused_and_change_nothing(void **state) {
    (void)state;
    struct folding f;
    struct series *series = NULL;
    folding_open_tables(&f, tables, 1);
    folding_begin(&f);
    FOLDING_OK(&f, series_open(shape, &series, &f.error));
    struct series_entry entry = {.effective_on = 100};
    enum daybook_status status = DAYBOOK_OK;
    uint64_t sequence = 0;
    while (status == DAYBOOK_OK && sequence < 100000) {
        bool is_late = sequence % 2 == 0;
        entry.effective_on = is_late ? 10 : 100;
        entry.columns[0] = is_late ? INT64_MAX / 200 : -(INT64_MAX / 200);
        status = series_append(series, f.txn, 0, ++sequence, &entry, 1, &f.error);
    }
    assert_int_equal(status, DAYBOOK_INVALID);
    FOLDING_OK(&f, series_flush(series, f.txn, &f.error));
    struct series_totals totals;
    FOLDING_OK(&f, series_ask(f.txn, shape, 0, 100, UINT64_MAX, &totals, &f.error));
    assert_int_equal(totals.count, sequence - 1);
    FOLDING_OK(&f, series_ask(f.txn, shape, 0, 50, 100, &totals, &f.error));
    assert_int_equal(totals.count, 50);
    assert_int_equal(totals.columns[0], 50 * (INT64_MAX / 200));
    series_close(series);
    store_abort(f.txn);
    folding_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals_agree_with_a_plain_loop),
        cmocka_unit_test(counts_agree_where_there_are_no_columns),
        cmocka_unit_test(rows_do_not_depend_on_batches),
        cmocka_unit_test(a_total_that_overflows_is_refused_and_changes_nothing),
        cmocka_unit_test(a_flipped_bit_is_found),
        cmocka_unit_test(damage_anywhere_is_told_or_not_met),
        cmocka_unit_test(late_entries_that_overflow_are_refused_and_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
