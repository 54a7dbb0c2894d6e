/*
 * The figures of a period: each a ratio of two amounts that it names.
 *
 *   KP1  value = whole + numerator * factor / denominator, by integers, in
 *        hundredths, half away from zero.
 *   KP2  Where the denominator is not above zero there is no value, and the figure says why.
 */
#ifndef DAYBOOK_PROJECTIONS_KPI_FIGURES_H
#define DAYBOOK_PROJECTIONS_KPI_FIGURES_H

#include "base/arena.h"
#include "daybook/v1/query.pb-c.h"
#include "projections/kpi_countback.h"
#include "projections/kpi_flow.h"

/* What the figures of one currency are made of. */
struct kpi_sums {
    char currency[ACCOUNT_CURRENCY_SIZE];
    int64_t opening_minor;
    int64_t charged_minor;
    int64_t consumed_minor;
    int64_t received_minor;
    int64_t written_off_minor;
    int64_t allocated_minor;
    int64_t late_minor;
    int64_t ending_minor;
    int64_t unapplied_minor;
    wide to_pay; /* Of what was allocated: amounts times days from posting, */
    wide delay;  /* past the due date, */
    wide early;  /* and before it. */
    struct kpi_flow flow;
    struct countback countback;
    /* While counting back: charges on credit up to the end of the month that is next, and up to the end of
     * each month before it, with the number of visible entries then. */
    int64_t through_minor;
    int64_t before_minor[COUNTBACK_AT_ONCE];
    uint64_t before_count[COUNTBACK_AT_ONCE];
};

/* What all of them have in common. */
struct kpi_period {
    int32_t from_on; /* Exclusive. */
    int32_t to_on;
    const struct aging_policy *policy;
    char *const *buckets; /* Labels of the flow's columns. */
};

/* The row of one currency, in `arena`. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status kpi_make_row(const struct kpi_sums *sums, const struct kpi_period *period,
                                                  struct arena *arena, Pb__KpiRow **row);

#endif
