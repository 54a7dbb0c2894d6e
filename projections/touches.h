/*
 * Touches: a series (series.h) of what each event did to items. An entry has the
 * number of one item; the first of an allocation's two (or of its taking off) is
 * its target's, and has what was paid there and after how many days.
 *
 * A sum of amount times days needs more than 64 bits, so it is kept as two
 * columns: high * 2^32 + low, each rounded towards zero.
 */
#ifndef DAYBOOK_PROJECTIONS_TOUCHES_H
#define DAYBOOK_PROJECTIONS_TOUCHES_H

#include "projections/series.h"

enum touch_column {
    TOUCH_ITEM, /* Its sum means nothing. */
    TOUCH_PAID,
    TOUCH_TO_PAY_LOW,
    TOUCH_LATE_LOW,
    TOUCH_TO_PAY_HIGH,
    TOUCH_LATE_HIGH,
    TOUCH_COLUMN_COUNT
};

/* What was paid on an item; negative when it was taken off again. */
struct touch_weight {
    int64_t paid_minor; /* 0: nothing was. */
    int64_t days_to_pay;
    int64_t days_late;
};

void touch_weigh(struct series_entry *entry, struct touch_weight weight);

/* What an entry was weighed with. */
struct touch_weight touch_weight_of(const struct series_entry *entry);

/* Means over totals, in hundredths of days, half away from zero; 0 where nothing was paid. */
int64_t touch_mean_to_pay(const struct series_totals *totals);
int64_t touch_mean_late(const struct series_totals *totals);

#endif
