/* Tables of tests: each row is a named test of its own. */
#ifndef DAYBOOK_TESTS_ROWS_H
#define DAYBOOK_TESTS_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ROWS_CAPACITY    512
#define ROW_COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct rows {
    struct CMUnitTest tests[ROWS_CAPACITY];
    size_t count;
};

/* The test gets `row` as its *state. */
static inline void rows_add(struct rows *rows, const char *name, CMUnitTestFunction test, const void *row) {
    assert_true(rows->count < ROWS_CAPACITY);
    union {
        const void *given;
        void *taken;
    } state = {.given = row}; /* cmocka's state is not const; no test writes to its row. */
    rows->tests[rows->count++] = (struct CMUnitTest){.name = name, .test_func = test, .initial_state = state.taken};
}

/* Every row of `table`, whose rows start with a member `name`. */
#define ROWS_ADD_TABLE(rows, table, test)                                                                              \
    do {                                                                                                               \
        for (size_t row_ = 0; row_ < ROW_COUNT(table); row_++) {                                                       \
            rows_add((rows), (table)[row_].name, (test), &(table)[row_]);                                              \
        }                                                                                                              \
    } while (0)

static inline int rows_run(const char *group, struct rows *rows) {
    return _cmocka_run_group_tests(group, rows->tests, rows->count, NULL, NULL);
}

#endif
