/* The clock is an argument: only the shell reads the time. */
#ifndef DAYBOOK_BASE_CLOCK_H
#define DAYBOOK_BASE_CLOCK_H

#include <stdint.h>

struct daybook_clock {
    int64_t (*now_us)(void *context); /* Microseconds since 1970-01-01 UTC. */
    void *context;
};

struct daybook_clock clock_system(void);
uint64_t clock_monotonic_ns(void); /* For rates and progress only. */

#endif
