/* The system's clocks, for the shell: everything else is given the time. */
#ifndef DAYBOOK_BASE_CLOCK_H
#define DAYBOOK_BASE_CLOCK_H

#include "base/values.h"

struct daybook_clock clock_system(void);
uint64_t clock_monotonic_ns(void); /* For rates and progress only. */
uint64_t clock_coarse_ns(void);    /* The same, up to 10 ms behind, for a sixth of the time. Not to be mixed with it. */

#endif
