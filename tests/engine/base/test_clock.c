/* The clocks agree with the C library's and do not run backwards. */
#include "base/clock.h"

#include <time.h>

#include "tests/rows.h"

static void system_clock_is_between_two_looks_at_the_time(void **state) {
    (void)state;
    struct daybook_clock clock = clock_system();
    struct timespec before;
    struct timespec after;
    assert_int_equal(timespec_get(&before, TIME_UTC), TIME_UTC);
    int64_t now_us = clock.now_us(clock.context);
    assert_int_equal(timespec_get(&after, TIME_UTC), TIME_UTC);
    assert_true(now_us >= (int64_t)before.tv_sec * 1000000 + before.tv_nsec / 1000);
    assert_true(now_us <= (int64_t)after.tv_sec * 1000000 + after.tv_nsec / 1000);
}

static void monotonic_clock_does_not_run_backwards(void **state) {
    (void)state;
    uint64_t last_ns = clock_monotonic_ns();
    uint64_t first_ns = last_ns;
    for (int i = 0; i < 100000; i++) {
        uint64_t now_ns = clock_monotonic_ns();
        assert_true(now_ns >= last_ns);
        last_ns = now_ns;
    }
    assert_true(last_ns > first_ns);
}

static void coarse_clock_is_behind_by_little(void **state) {
    (void)state;
    uint64_t last_ns = 0;
    for (int i = 0; i < 100000; i++) {
        uint64_t now_ns = clock_coarse_ns();
        assert_true(now_ns >= last_ns && now_ns <= clock_monotonic_ns());
        last_ns = now_ns;
    }
    assert_true(clock_monotonic_ns() - clock_coarse_ns() < UINT64_C(1000000000));
}

int main(void) {
    static struct rows rows;
    rows_add(&rows, "system clock", system_clock_is_between_two_looks_at_the_time, NULL);
    rows_add(&rows, "monotonic clock", monotonic_clock_does_not_run_backwards, NULL);
    rows_add(&rows, "coarse clock", coarse_clock_is_behind_by_little, NULL);
    return rows_run("clock", &rows);
}
