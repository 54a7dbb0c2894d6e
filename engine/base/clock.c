/* The system's clocks. */
#include "base/clock.h"

#include <assert.h>
#include <stddef.h>
#include <time.h>

static int64_t system_now_us(void *context) {
    (void)context;
    struct timespec now;
    int result = clock_gettime(CLOCK_REALTIME, &now);
    assert(result == 0);
    (void)result;
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct daybook_clock clock_system(void) {
    return (struct daybook_clock){.now_us = system_now_us, .context = NULL};
}

static uint64_t read_clock(clockid_t clock) {
    struct timespec now;
    int result = clock_gettime(clock, &now);
    assert(result == 0);
    (void)result;
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

uint64_t clock_monotonic_ns(void) {
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_coarse_ns(void) {
    return read_clock(CLOCK_MONOTONIC_COARSE);
}
