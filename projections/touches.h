/*
 * Touches: a series (series.h) of what each event did to items. An entry has the
 * number of one item; the first of an allocation's two (or of its taking off) is
 * its target's, and has what was paid there and after how many days.
 *
 * A payment past the due date has a delay, one before it comes early: days are
 * counted in the one or the other, so both sides of the mean are there. A sum of
 * amount times days needs more than 64 bits, so it is kept as two columns: high *
 * 2^32 + low, each rounded towards zero.
 */
#ifndef DAYBOOK_PROJECTIONS_TOUCHES_H
#define DAYBOOK_PROJECTIONS_TOUCHES_H

#include "projections/ratio.h"
#include "projections/series.h"

/* The first seven fit one byte of an entry's mask: what is rare comes after them. */
enum touch_column {
    TOUCH_ITEM, /* Its sum means nothing. */
    TOUCH_PAID,
    TOUCH_TO_PAY_LOW,
    TOUCH_DELAY_LOW,
    TOUCH_EARLY_LOW,
    TOUCH_PAID_LATE, /* The part of what was paid that came after its due date. */
    TOUCH_TO_PAY_HIGH,
    TOUCH_DELAY_HIGH,
    TOUCH_EARLY_HIGH,
    TOUCH_COLUMN_COUNT
};

/* What was paid on an item; negative when it was taken off again. */
struct touch_weight {
    int64_t paid_minor; /* 0: nothing was. */
    int64_t days_to_pay;
    int64_t days_late; /* Past the due date; negative = before it. */
};

void touch_weigh(struct series_entry *entry, struct touch_weight weight);

/* What an entry was weighed with. */
struct touch_weight touch_weight_of(const struct series_entry *entry);

/* Sums of amount times days over totals. */
wide touch_to_pay(const int64_t *columns);
wide touch_delay(const int64_t *columns); /* Days past the due date. */
wide touch_early(const int64_t *columns); /* Days before it. */

#endif
