/* The columns of touches. */
#include "projections/touches.h"

#define TWO_TO_32 ((wide)1 << 32)

static void put_wide(struct series_entry *entry, enum touch_column low, enum touch_column high, wide value) {
    entry->columns[low] = (int64_t)(value % TWO_TO_32);
    entry->columns[high] = (int64_t)(value / TWO_TO_32);
}

static wide get_wide(const int64_t *columns, enum touch_column low, enum touch_column high) {
    return (wide)columns[high] * TWO_TO_32 + columns[low];
}

void touch_weigh(struct series_entry *entry, struct touch_weight weight) {
    if (weight.paid_minor == 0) {
        return;
    }
    entry->columns[TOUCH_PAID] = weight.paid_minor;
    put_wide(entry, TOUCH_TO_PAY_LOW, TOUCH_TO_PAY_HIGH, (wide)weight.paid_minor * weight.days_to_pay);
    if (weight.days_late > 0) {
        entry->columns[TOUCH_PAID_LATE] = weight.paid_minor;
        put_wide(entry, TOUCH_DELAY_LOW, TOUCH_DELAY_HIGH, (wide)weight.paid_minor * weight.days_late);
    } else {
        put_wide(entry, TOUCH_EARLY_LOW, TOUCH_EARLY_HIGH, (wide)weight.paid_minor * -weight.days_late);
    }
}

wide touch_to_pay(const int64_t *columns) {
    return get_wide(columns, TOUCH_TO_PAY_LOW, TOUCH_TO_PAY_HIGH);
}

wide touch_delay(const int64_t *columns) {
    return get_wide(columns, TOUCH_DELAY_LOW, TOUCH_DELAY_HIGH);
}

wide touch_early(const int64_t *columns) {
    return get_wide(columns, TOUCH_EARLY_LOW, TOUCH_EARLY_HIGH);
}

struct touch_weight touch_weight_of(const struct series_entry *entry) {
    const int64_t *columns = entry->columns;
    struct touch_weight weight = {.paid_minor = columns[TOUCH_PAID]};
    if (weight.paid_minor != 0) {
        weight.days_to_pay = (int64_t)(touch_to_pay(columns) / weight.paid_minor);
        weight.days_late = (int64_t)((touch_delay(columns) - touch_early(columns)) / weight.paid_minor);
    }
    return weight;
}
