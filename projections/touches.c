/* The columns of touches. */
#include "projections/touches.h"

__extension__ typedef __int128 wide;

#define TWO_TO_32 ((wide)1 << 32)

static void put_wide(struct series_entry *entry, enum touch_column low, enum touch_column high, wide value) {
    entry->columns[low] = (int64_t)(value % TWO_TO_32);
    entry->columns[high] = (int64_t)(value / TWO_TO_32);
}

static wide get_wide(const int64_t *columns, enum touch_column low, enum touch_column high) {
    return (wide)columns[high] * TWO_TO_32 + columns[low];
}

void touch_weigh(struct series_entry *entry, struct touch_weight weight) {
    if (weight.paid_minor != 0) {
        entry->columns[TOUCH_PAID] = weight.paid_minor;
        put_wide(entry, TOUCH_TO_PAY_LOW, TOUCH_TO_PAY_HIGH, (wide)weight.paid_minor * weight.days_to_pay);
        put_wide(entry, TOUCH_LATE_LOW, TOUCH_LATE_HIGH, (wide)weight.paid_minor * weight.days_late);
    }
}

struct touch_weight touch_weight_of(const struct series_entry *entry) {
    const int64_t *columns = entry->columns;
    struct touch_weight weight = {.paid_minor = columns[TOUCH_PAID]};
    if (weight.paid_minor != 0) {
        weight.days_to_pay = (int64_t)(get_wide(columns, TOUCH_TO_PAY_LOW, TOUCH_TO_PAY_HIGH) / weight.paid_minor);
        weight.days_late = (int64_t)(get_wide(columns, TOUCH_LATE_LOW, TOUCH_LATE_HIGH) / weight.paid_minor);
    }
    return weight;
}

static int64_t mean_hundredths(wide weighted, int64_t paid_minor) {
    if (paid_minor <= 0) {
        return 0;
    }
    wide half = weighted < 0 ? -(wide)paid_minor : (wide)paid_minor;
    return (int64_t)((weighted * 200 + half) / ((wide)paid_minor * 2));
}

int64_t touch_mean_to_pay(const struct series_totals *totals) {
    return mean_hundredths(get_wide(totals->columns, TOUCH_TO_PAY_LOW, TOUCH_TO_PAY_HIGH), totals->columns[TOUCH_PAID]);
}

int64_t touch_mean_late(const struct series_totals *totals) {
    return mean_hundredths(get_wide(totals->columns, TOUCH_LATE_LOW, TOUCH_LATE_HIGH), totals->columns[TOUCH_PAID]);
}
