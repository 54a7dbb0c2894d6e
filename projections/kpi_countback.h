/*
 * Days sales outstanding by counting back: the receivable is taken to be the
 * latest charges on credit, so month after month of them is taken off it. A
 * month that is used up counts all of its days; the last one counts in part.
 */
#ifndef DAYBOOK_PROJECTIONS_KPI_COUNTBACK_H
#define DAYBOOK_PROJECTIONS_KPI_COUNTBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Months are asked for a few at a time: few books owe more than half a year's charges. */
enum { COUNTBACK_MONTHS_MAX = 60, COUNTBACK_AT_ONCE = 6 };

/* Calendar months, the latest first: its last day is that of the period. */
struct countback_month {
    int32_t from_on; /* Exclusive. */
    int32_t to_on;
    int64_t on_credit_minor;
    int64_t left_minor; /* Of the receivable, before this month. */
};

struct countback {
    struct countback_month months[COUNTBACK_MONTHS_MAX];
    size_t count;
    enum countback_state { COUNTBACK_GOES_ON, COUNTBACK_DONE, COUNTBACK_NOTHING_OWED, COUNTBACK_TOO_OLD } state;
    /* COUNTBACK_DONE: whole_days + left_minor * days / on_credit_minor, of the last month. */
    int64_t whole_days;
};

/* The last day of the month before `on`'s. */
int32_t countback_month_before(int32_t on);

/* Takes the charges of the next month off what is left: `receivable_minor` at first. `is_first`:
 * nothing was charged before this month. False: a sum does not fit 64 bits. */
bool countback_take(struct countback *countback, int64_t receivable_minor, struct countback_month month, bool is_first);

#endif
