/* Days as runs of events: against the list that they were made of, in one batch and in many, and damaged. */
#include "projections/trial_days.h"

#include "tests/projections/folding.h"

static const char *const tables[] = {"days"};

struct days_case {
    struct folding f;
    struct trial_days days;
};

static void days_open(struct days_case *c) {
    folding_open_tables(&c->f, tables, 1);
    c->days = (struct trial_days){.table = 0};
}

static void days_close(struct days_case *c) {
    trial_days_release(&c->days);
    folding_close(&c->f);
}

/* Event i + 1 counts for dates[i]; 0: it moves no money. */
static void add_all(struct days_case *c, const int32_t *dates, size_t count, size_t batch, bool forgets) {
    for (size_t i = 0; i < count; i += batch) {
        folding_begin(&c->f);
        for (size_t j = i; j < count && j < i + batch; j++) {
            if (dates[j] != 0) {
                FOLDING_OK(&c->f, trial_days_add(&c->days, c->f.txn, dates[j], j + 1, &c->f.error));
            }
        }
        FOLDING_OK(&c->f, trial_days_flush(&c->days, c->f.txn, &c->f.error));
        folding_commit(&c->f);
        if (forgets) {
            trial_days_forget(&c->days);
        }
    }
}

/* Asked for in pieces, from the first on. */
static void check_date(struct days_case *c, const int32_t *dates, int32_t on, uint64_t from, uint64_t to) {
    struct store_txn *txn = folding_read(&c->f);
    uint64_t sequences[7];
    size_t count = 0;
    size_t at = 7;
    for (uint64_t sequence = from; sequence <= to; sequence++) {
        if (dates[sequence - 1] != on) {
            continue;
        }
        if (at == 7) {
            FOLDING_OK(&c->f, trial_days_ask(txn, 0, on, from, to, sequences, 7, &count, &c->f.error));
            at = 0;
        }
        assert_true(at < count);
        assert_int_equal(sequences[at++], sequence);
        from = sequence + 1;
    }
    FOLDING_OK(&c->f, trial_days_ask(txn, 0, on, from, to, sequences, 7, &count, &c->f.error));
    assert_int_equal(count, 0);
    store_abort(txn);
}

static uint64_t rows_of(struct days_case *c) {
    uint64_t rows = 0;
    struct store_txn *txn = folding_read(&c->f);
    FOLDING_OK(&c->f, table_count(txn, 0, &rows, &c->f.error));
    store_abort(txn);
    return rows;
}

enum { EVENTS = 18001 };

struct pattern {
    int32_t (*date_of)(size_t i);
    int32_t first;
    int32_t last; /* Of the dates that are looked at. */
    uint64_t rows;
};

static void check_pattern(const struct pattern *pattern) {
    static int32_t dates[EVENTS];
    struct days_case whole;
    struct days_case pieces;
    for (size_t i = 0; i < EVENTS; i++) {
        dates[i] = pattern->date_of(i);
    }
    days_open(&whole);
    days_open(&pieces);
    add_all(&whole, dates, EVENTS, EVENTS, false);
    add_all(&pieces, dates, EVENTS, 397, true);
    struct daybook_buffer rows = folding_rows(&whole.f, 1);
    struct daybook_buffer others = folding_rows(&pieces.f, 1);
    assert_true(daybook_bytes_equal(daybook_buffer_view(&rows), daybook_buffer_view(&others)));
    daybook_buffer_release(&rows);
    daybook_buffer_release(&others);
    assert_int_equal(rows_of(&whole), pattern->rows);
    for (int32_t on = pattern->first; on <= pattern->last; on++) {
        check_date(&whole, dates, on, 1, EVENTS);
        check_date(&whole, dates, on, 5003, 9007);
    }
    days_close(&whole);
    days_close(&pieces);
}

static int32_t one_date(size_t i) {
    (void)i;
    return 1000;
}

static int32_t in_turns(size_t i) {
    return 1000 + (int32_t)(i % 2);
}

static int32_t some_late(size_t i) {
    return i % 300 == 7 ? 990 : i % 50 == 3 ? 0 : 1000 + (int32_t)(i / 6000);
}

static int32_t one_date_each(size_t i) {
    return 1 + (int32_t)(i % 9000);
}

static void a_day_without_a_gap_is_one_run(void **state) {
    (void)state;
    check_pattern(&(struct pattern){one_date, 999, 1001, 1});
}

/* Each run is one event, in two bytes with the gap before it. The 480th finds 4 of a checksum, 1 of the first run and
 * 478 times 2 in the row, which is full: so a date of 9 000 events has 19 rows. */
static void a_day_of_many_runs_has_many_rows(void **state) {
    (void)state;
    check_pattern(&(struct pattern){in_turns, 999, 1002, 2 * 19});
}

static void late_events_break_runs(void **state) {
    (void)state;
    check_pattern(&(struct pattern){some_late, 989, 1004, 5});
}

/* More dates than are kept in memory. */
static void every_event_of_a_day_of_its_own(void **state) {
    (void)state;
    check_pattern(&(struct pattern){one_date_each, 0, 30, 9000});
}

static void an_event_comes_once(void **state) {
    (void)state;
    struct days_case c;
    days_open(&c);
    folding_begin(&c.f);
    FOLDING_OK(&c.f, trial_days_add(&c.days, c.f.txn, 5, 10, &c.f.error));
    assert_int_equal(trial_days_add(&c.days, c.f.txn, 5, 10, &c.f.error), DAYBOOK_INVALID);
    assert_int_equal(trial_days_add(&c.days, c.f.txn, 5, 9, &c.f.error), DAYBOOK_INVALID);
    assert_non_null(strstr(c.f.error.message, "event 9"));
    FOLDING_OK(&c.f, trial_days_flush(&c.days, c.f.txn, &c.f.error));
    trial_days_forget(&c.days);
    assert_int_equal(trial_days_add(&c.days, c.f.txn, 5, 10, &c.f.error), DAYBOOK_INVALID);
    FOLDING_OK(&c.f, trial_days_add(&c.days, c.f.txn, 5, 11, &c.f.error));
    store_abort(c.f.txn);
    days_close(&c);
}

static void a_row_that_is_damaged_is_found(void **state) {
    (void)state;
    const int32_t dates[] = {1000, 1000, 0, 1000, 1001};
    const uint8_t key[TRIAL_DAYS_KEY_SIZE] = {0, 0, 3, 0xe8, 0, 0, 0, 0, 0, 0, 0, 1}; /* Date 1000, event 1. */
    const struct daybook_bytes bytes = {key, sizeof key};
    struct days_case c;
    struct daybook_bytes row;
    uint64_t sequences[4];
    uint8_t value[64];
    size_t count;
    bool is_found = false;
    days_open(&c);
    add_all(&c, dates, 5, 5, true);
    folding_begin(&c.f);
    FOLDING_OK(&c.f, table_get(c.f.txn, 0, bytes, &row, &is_found, &c.f.error));
    assert_true(is_found && row.size <= sizeof value);
    const size_t size = row.size;
    memcpy(value, row.data, size);
    for (size_t i = 0; i <= size; i++) {
        value[i] ^= 1; /* The last time none of it: the row is cut off. */
        const struct daybook_bytes bad = {value, i < size ? size : size - 1};
        FOLDING_OK(&c.f, table_put(c.f.txn, 0, bytes, bad, &c.f.error));
        assert_int_equal(trial_days_ask(c.f.txn, 0, 1000, 1, 9, sequences, 4, &count, &c.f.error), DAYBOOK_DAMAGED);
        assert_int_equal(trial_days_add(&c.days, c.f.txn, 1000, 6, &c.f.error), DAYBOOK_DAMAGED);
        value[i] ^= 1;
    }
    FOLDING_OK(&c.f, table_put(c.f.txn, 0, bytes, (struct daybook_bytes){value, size}, &c.f.error));
    FOLDING_OK(&c.f, trial_days_ask(c.f.txn, 0, 1000, 1, 9, sequences, 4, &count, &c.f.error));
    assert_int_equal(count, 3);
    store_abort(c.f.txn);
    days_close(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_without_a_gap_is_one_run),
        cmocka_unit_test(a_day_of_many_runs_has_many_rows),
        cmocka_unit_test(late_events_break_runs),
        cmocka_unit_test(every_event_of_a_day_of_its_own),
        cmocka_unit_test(an_event_comes_once),
        cmocka_unit_test(a_row_that_is_damaged_is_found),
    };
    return cmocka_run_group_tests_name("trial_days", tests, NULL, NULL);
}
