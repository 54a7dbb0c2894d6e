/* Ratios of sums by integers. */
#include "projections/ratio.h"

bool ratio_hundredths(wide numerator, wide denominator, int64_t *hundredths) {
    if (denominator <= 0) {
        return false;
    }
    wide half = numerator < 0 ? -denominator : denominator;
    wide ratio = (numerator * 200 + half) / (denominator * 2);
    if (ratio < INT64_MIN || ratio > INT64_MAX) {
        return false;
    }
    *hundredths = (int64_t)ratio;
    return true;
}
