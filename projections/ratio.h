/* Ratios of sums by integers: 128 bits on the way, hundredths at the end, no floating point. */
#ifndef DAYBOOK_PROJECTIONS_RATIO_H
#define DAYBOOK_PROJECTIONS_RATIO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/wide.h"

/* numerator / denominator in hundredths, half away from zero. False: the denominator
 * is not above zero, or the ratio does not fit. |numerator| < 2^118, denominator < 2^119. */
bool ratio_hundredths(wide numerator, wide denominator, int64_t *hundredths);

#endif
