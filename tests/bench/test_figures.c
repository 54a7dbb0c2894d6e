/* Tests bench/figures.c and bench/targets.c: percentiles of known samples, and targets judged at their edges. */
#include "tests/rows.h"

#include <string.h>

#include "bench/targets.h"

/* 1 to 1000 microseconds in an order that is not sorted: 7 and 1000 have no common factor. */
static void test_percentiles_are_samples(void **state) {
    (void)state;
    struct samples samples;
    assert_true(samples_init(&samples, 1000));
    for (uint64_t i = 0; i < 1000; i++) {
        samples_add(&samples, (i * 7 % 1000 + 1) * 1000);
    }
    struct percentiles us = samples_percentiles(&samples);
    assert_true(us.p50 == 500 && us.p95 == 950 && us.p99 == 990 && us.p999 == 999 && us.max == 1000);
    samples_release(&samples);
}

static void test_percentiles_of_one(void **state) {
    (void)state;
    struct samples samples;
    assert_true(samples_init(&samples, 1));
    samples_add(&samples, 7000);
    struct percentiles us = samples_percentiles(&samples);
    assert_true(us.p50 == 7 && us.p99 == 7 && us.max == 7);
    samples_release(&samples);
}

struct sense_row {
    const char *name; /* The unit. */
    enum figure_sense sense;
};
static const struct sense_row senses[] = {
    {"events/s", FIGURE_HIGHER}, {"x", FIGURE_HIGHER},         {"us (p50)", FIGURE_LOWER}, {"us/event", FIGURE_LOWER},
    {"bytes", FIGURE_LOWER},     {"times", FIGURE_LOWER},      {"MiB", FIGURE_LOWER},      {"events", FIGURE_NEUTRAL},
    {"s", FIGURE_LOWER},         {"requests", FIGURE_NEUTRAL}, {"", FIGURE_NEUTRAL},
};

static void test_sense(void **state) {
    const struct sense_row *row = *state;
    assert_int_equal(figure_sense_of(row->name), row->sense);
}

/* The published targets, at and beside their edges. */
struct judging {
    const char *name;
    const char *figure;
    double value;
    double limit; /* 0 = none. */
    double events;
    enum target_measure measure;
    bool is_judged, is_reached, is_at_size;
};
static const struct judging judgings[] = {
    {"a rate at its target is reached", "rebuild of all views", 5000000, 0, 1000, TARGET_VALUE, true, true, true},
    {"a rate below is not", "rebuild of all views", 4999999, 0, 1000, TARGET_VALUE, true, false, true},
    {"a size at its target is reached", "journal, size of an event", 32, 0, 1000, TARGET_VALUE, true, true, true},
    {"a size above is not", "journal, size of an event", 32.1, 0, 1000, TARGET_VALUE, true, false, true},
    {"a part of the limit", "append, batches of 8192 requests", 60, 100, 1000, TARGET_OF_LIMIT, true, true, true},
    {"less of the limit", "append, batches of 8192 requests", 59, 100, 1000, TARGET_OF_LIMIT, true, false, true},
    {"no limit, no judgement", "append, batches of 8192 requests", 60, 0, 1000, TARGET_OF_LIMIT, false, false, false},
    {"a short history is said to be one", "append with balance, aging, credit and proof folds", 500000, 0, 19999999,
     TARGET_VALUE, true, true, false},
    {"a long one is at size", "append with balance, aging, credit and proof folds", 500000, 0, 20000000, TARGET_VALUE,
     true, true, true},
    {"a figure without a target", "close, with the state's checkpoint", 1, 0, 1000, TARGET_VALUE, false, false, false},
};

static void test_judge(void **state) {
    const struct judging *row = *state;
    struct figures figures = {.count = 0};
    struct target_result results[8];
    figures_add(&figures, "history, events", row->events, "events");
    struct figure *figure = figures_add(&figures, row->figure, row->value, "events/s");
    if (row->limit > 0) {
        figure_limit(figure, "raw", row->limit);
    }
    size_t count = targets_judge(&figures, results, ROW_COUNT(results));
    const struct target_result *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (results[i].target->measure == row->measure) {
            found = &results[i];
        }
    }
    assert_int_equal(found != NULL, row->is_judged);
    if (found != NULL) {
        assert_string_equal(found->target->figure, row->figure);
        assert_int_equal(found->is_reached, row->is_reached);
        assert_int_equal(found->is_at_size, row->is_at_size);
    }
}

int main(void) {
    struct rows rows = {.count = 0};
    rows_add(&rows, "percentiles are samples, by the nearest rank", test_percentiles_are_samples, NULL);
    rows_add(&rows, "percentiles of one sample are that sample", test_percentiles_of_one, NULL);
    ROWS_ADD_TABLE(&rows, senses, test_sense);
    ROWS_ADD_TABLE(&rows, judgings, test_judge);
    return rows_run("bench/figures", &rows);
}
