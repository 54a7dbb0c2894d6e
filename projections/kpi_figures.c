/* The figures of a period; projections/README.md gives the source of each formula. */
#include "projections/kpi_figures.h"

#include <string.h>

#include "base/calendar.h"
#include "projections/query_book.h"

#define DAYS    PB__KPI_UNIT__KPI_UNIT_DAYS
#define PERCENT PB__KPI_UNIT__KPI_UNIT_PERCENT

/* A figure in words. */
struct formula {
    const char *name;
    Pb__KpiUnit unit;
    const char *formula;
    const char *numerator;
    const char *denominator;
};

/* A figure in numbers: whole + numerator * factor / denominator. */
struct fraction {
    wide numerator;
    wide denominator;
    int64_t factor;
    int64_t whole;
    const char *reason; /* Why there is none, whatever the numbers; NULL: they decide. */
};

static bool fits(wide value) {
    return value >= INT64_MIN && value <= INT64_MAX;
}

static const char *why_not(const struct formula *formula, const struct fraction *fraction, struct arena *arena) {
    if (fraction->reason != NULL) {
        return fraction->reason;
    }
    if (!fits(fraction->numerator) || !fits(fraction->denominator)) {
        return "its amounts do not fit 64 bits";
    }
    if (fraction->denominator <= 0) {
        return arena_format(arena, fraction->denominator == 0 ? "nothing to divide by: %s = 0" : "%s is below 0",
                            formula->denominator);
    }
    return "";
}

static enum daybook_status add_figure(struct pointers *figures, struct arena *arena, const struct formula *formula,
                                      struct fraction fraction) {
    Pb__Kpi *figure = arena_alloc(arena, sizeof *figure);
    const char *reason = why_not(formula, &fraction, arena);
    if (figure == NULL || reason == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__kpi__init(figure);
    figure->name = (char *)(uintptr_t)formula->name;
    figure->unit = formula->unit;
    figure->formula = (char *)(uintptr_t)formula->formula;
    figure->numerator = (char *)(uintptr_t)formula->numerator;
    figure->denominator = (char *)(uintptr_t)formula->denominator;
    figure->factor = fraction.factor;
    figure->whole = fraction.whole;
    if (fits(fraction.numerator) && fits(fraction.denominator)) {
        figure->numerator_minor = (int64_t)fraction.numerator;
        figure->denominator_minor = (int64_t)fraction.denominator;
    }
    wide numerator = fraction.numerator * fraction.factor + fraction.denominator * fraction.whole;
    if (reason[0] == '\0' && !ratio_hundredths(numerator, fraction.denominator, &figure->value_hundredths)) {
        reason = "it does not fit 64 bits";
    }
    figure->reason = (char *)(uintptr_t)reason;
    figure->is_undefined = reason[0] != '\0';
    return pointers_add(figures, arena, figure);
}

/* ---- the figures ---- */

static enum daybook_status add_days_of_sales(struct pointers *figures, struct arena *arena, const struct kpi_sums *sums,
                                             int64_t days) {
    static const struct formula dso = {"dso", DAYS, "ending receivable * days / charges on credit", "ending receivable",
                                       "charges on credit"};
    static const struct formula best = {"best_possible_dso", DAYS, "not due at the end * days / charges on credit",
                                        "not due at the end", "charges on credit"};
    static const struct formula delinquent = {"average_days_delinquent", DAYS,
                                              "(ending receivable - not due) * days / charges on credit",
                                              "ending receivable - not due", "charges on credit"};
    wide on_credit = (wide)sums->charged_minor - sums->consumed_minor;
    wide not_due = sums->flow.not_due_minor;
    DAYBOOK_TRY(add_figure(figures, arena, &dso, (struct fraction){sums->ending_minor, on_credit, days, 0, NULL}));
    DAYBOOK_TRY(add_figure(figures, arena, &best, (struct fraction){not_due, on_credit, days, 0, NULL}));
    return add_figure(figures, arena, &delinquent,
                      (struct fraction){sums->ending_minor - not_due, on_credit, days, 0, NULL});
}

static enum daybook_status add_countback(struct pointers *figures, struct arena *arena,
                                         const struct countback *countback) {
    static const struct formula formula = {
        "countback_dso", DAYS,
        "days of the months whose charges the receivable covers + what is left * days of the next month / its charges",
        "left of the receivable", "charges on credit of the month"};
    struct fraction fraction = {0, 0, 1, 0, NULL};
    if (countback->state == COUNTBACK_DONE) {
        const struct countback_month *last = &countback->months[countback->count - 1];
        fraction = (struct fraction){last->left_minor, last->on_credit_minor, last->to_on - last->from_on,
                                     countback->whole_days, NULL};
    } else if (countback->state == COUNTBACK_NOTHING_OWED) {
        fraction.reason = "nothing is owed, and nothing was charged in the last month";
    } else {
        fraction.reason = "the charges on credit of 60 months, or of all there were, do not cover the receivable";
    }
    return add_figure(figures, arena, &formula, fraction);
}

static enum daybook_status add_rates(struct pointers *figures, struct arena *arena, const struct kpi_sums *sums) {
    static const struct formula effectiveness = {
        "collection_effectiveness", PERCENT,
        "(opening + charges on credit - ending) * 100 / (opening + charges on credit - not due)",
        "opening + charges on credit - ending receivable", "opening + charges on credit - not due at the end"};
    static const struct formula collection = {"collection_rate", PERCENT,
                                              "payments received * 100 / (opening + charges on credit)",
                                              "payments received", "opening + charges on credit"};
    static const struct formula overdue = {"overdue_rate", PERCENT, "overdue at the end * 100 / ending receivable",
                                           "overdue at the end", "ending receivable"};
    static const struct formula bad_debt = {"bad_debt_rate", PERCENT,
                                            "(written off - recovered) * 100 / charges on credit",
                                            "written off - recovered", "charges on credit"};
    wide on_credit = (wide)sums->charged_minor - sums->consumed_minor;
    wide collectible = sums->opening_minor + on_credit;
    DAYBOOK_TRY(add_figure(
        figures, arena, &effectiveness,
        (struct fraction){collectible - sums->ending_minor, collectible - sums->flow.not_due_minor, 100, 0, NULL}));
    DAYBOOK_TRY(
        add_figure(figures, arena, &collection, (struct fraction){sums->received_minor, collectible, 100, 0, NULL}));
    DAYBOOK_TRY(add_figure(figures, arena, &overdue,
                           (struct fraction){sums->flow.overdue_minor, sums->ending_minor, 100, 0, NULL}));
    return add_figure(figures, arena, &bad_debt, (struct fraction){sums->written_off_minor, on_credit, 100, 0, NULL});
}

static enum daybook_status add_payment(struct pointers *figures, struct arena *arena, const struct kpi_sums *sums) {
    static const struct formula to_pay = {"days_to_pay", DAYS, "sum(allocated * days from posting) / sum(allocated)",
                                          "allocated * days from posting", "allocated in the period"};
    static const struct formula beyond = {"days_beyond_terms", DAYS,
                                          "sum(allocated * days past the due date, early ones negative) / "
                                          "sum(allocated)",
                                          "allocated * days past the due date", "allocated in the period"};
    static const struct formula late = {"average_days_late", DAYS,
                                        "sum(allocated * days past the due date, early ones 0) / sum(allocated)",
                                        "allocated * days late", "allocated in the period"};
    static const struct formula share = {"late_share", PERCENT, "allocated past its due date * 100 / sum(allocated)",
                                         "allocated past its due date", "allocated in the period"};
    wide paid = sums->allocated_minor;
    DAYBOOK_TRY(add_figure(figures, arena, &to_pay, (struct fraction){sums->to_pay, paid, 1, 0, NULL}));
    DAYBOOK_TRY(add_figure(figures, arena, &beyond, (struct fraction){sums->delay - sums->early, paid, 1, 0, NULL}));
    DAYBOOK_TRY(add_figure(figures, arena, &late, (struct fraction){sums->delay, paid, 1, 0, NULL}));
    return add_figure(figures, arena, &share, (struct fraction){sums->late_minor, paid, 100, 0, NULL});
}

/* What rolled forward: out of each bucket but the last, into any older one. */
static enum daybook_status add_forward(struct pointers *figures, struct arena *arena, const struct kpi_sums *sums,
                                       const struct kpi_period *period) {
    const struct kpi_flow *flow = &sums->flow;
    for (size_t from = period->policy->is_by_posting ? 1 : 0; from + 2 < flow->column_count; from++) {
        struct formula formula = {"", PERCENT, "moved to an older bucket * 100 / open in it at the start",
                                  "moved to an older bucket", "open in it at the start"};
        struct fraction fraction = {0, 0, 100, 0, NULL};
        formula.name = arena_format(arena, "roll %s", period->buckets[from]);
        if (formula.name == NULL) {
            return DAYBOOK_NO_MEMORY;
        }
        for (size_t to = 0; to <= flow->column_count; to++) {
            fraction.denominator += flow->moved[from][to];
            fraction.numerator += to > from && to + 1 < flow->column_count ? flow->moved[from][to] : 0;
        }
        DAYBOOK_TRY(add_figure(figures, arena, &formula, fraction));
    }
    return DAYBOOK_OK;
}

/* ---- what they are made of ---- */

static enum daybook_status make_amounts(const struct kpi_sums *sums, struct arena *arena, Pb__KpiAmounts **made) {
    Pb__KpiAmounts *amounts = arena_alloc(arena, sizeof *amounts);
    if (amounts == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__kpi_amounts__init(amounts);
    amounts->opening_minor = sums->opening_minor;
    amounts->charged_minor = sums->charged_minor;
    amounts->consumed_minor = sums->consumed_minor;
    amounts->on_credit_minor = (int64_t)((wide)sums->charged_minor - sums->consumed_minor);
    amounts->received_minor = sums->received_minor;
    amounts->written_off_minor = sums->written_off_minor;
    amounts->allocated_minor = sums->allocated_minor;
    amounts->late_minor = sums->late_minor;
    amounts->ending_minor = sums->ending_minor;
    amounts->not_due_minor = sums->flow.not_due_minor;
    amounts->overdue_minor = sums->flow.overdue_minor;
    amounts->disputed_minor = sums->flow.disputed_minor;
    amounts->unapplied_minor = sums->unapplied_minor;
    *made = amounts;
    return DAYBOOK_OK;
}

static char *date_text(int32_t date, struct arena *arena) {
    char text[DATE_TEXT_SIZE];
    (void)date_format(date, text);
    return arena_copy_text(arena, text, strlen(text));
}

static enum daybook_status add_months(struct pointers *months, struct arena *arena, const struct countback *countback) {
    for (size_t i = 0; i < countback->count; i++) {
        const struct countback_month *month = &countback->months[i];
        Pb__KpiMonth *made = arena_alloc(arena, sizeof *made);
        DAYBOOK_TRY(pointers_add(months, arena, made));
        pb__kpi_month__init(made);
        made->from = date_text(month->from_on, arena);
        made->to = date_text(month->to_on, arena);
        made->days = month->to_on - month->from_on;
        made->on_credit_minor = month->on_credit_minor;
        made->left_minor = month->left_minor;
        if (made->from == NULL || made->to == NULL) {
            return DAYBOOK_NO_MEMORY;
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status make_roll(const int64_t *moved, size_t column_count, char *bucket, struct arena *arena,
                                     Pb__KpiRoll **made) {
    Pb__KpiRoll *roll = arena_alloc(arena, sizeof *roll);
    int64_t *amounts = arena_alloc(arena, (column_count + 1) * sizeof *amounts);
    int64_t *shares = arena_zalloc(arena, (column_count + 1) * sizeof *shares);
    wide opening = 0;
    if (roll == NULL || amounts == NULL || shares == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__kpi_roll__init(roll);
    for (size_t i = 0; i <= column_count; i++) {
        amounts[i] = moved[i];
        opening += moved[i];
    }
    bool has_shares = fits(opening);
    for (size_t i = 0; i <= column_count; i++) {
        has_shares = has_shares && ratio_hundredths((wide)moved[i] * 100, opening, &shares[i]);
    }
    roll->bucket = bucket;
    roll->opening_minor = fits(opening) ? (int64_t)opening : 0;
    roll->n_moved_minor = column_count;
    roll->moved_minor = amounts;
    roll->settled_minor = moved[column_count];
    roll->n_share_hundredths = has_shares ? column_count + 1 : 0;
    roll->share_hundredths = shares;
    *made = roll;
    return DAYBOOK_OK;
}

static enum daybook_status add_rolls(struct pointers *rolls, struct arena *arena, const struct kpi_flow *flow,
                                     char *const *buckets) {
    char *fresh = arena_copy_text(arena, "new", 3);
    if (fresh == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    for (size_t from = 0; from <= flow->column_count; from++) {
        Pb__KpiRoll *roll = NULL;
        DAYBOOK_TRY(make_roll(flow->moved[from], flow->column_count, from == flow->column_count ? fresh : buckets[from],
                              arena, &roll));
        DAYBOOK_TRY(pointers_add(rolls, arena, roll));
    }
    return DAYBOOK_OK;
}

enum daybook_status kpi_make_row(const struct kpi_sums *sums, const struct kpi_period *period, struct arena *arena,
                                 Pb__KpiRow **made) {
    struct pointers figures = {0};
    struct pointers months = {0};
    struct pointers rolls = {0};
    Pb__KpiRow *row = arena_alloc(arena, sizeof *row);
    if (row == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__kpi_row__init(row);
    row->currency = arena_copy_text(arena, sums->currency, strlen(sums->currency));
    DAYBOOK_TRY(make_amounts(sums, arena, &row->amounts));
    DAYBOOK_TRY(add_days_of_sales(&figures, arena, sums, period->to_on - period->from_on));
    DAYBOOK_TRY(add_countback(&figures, arena, &sums->countback));
    DAYBOOK_TRY(add_rates(&figures, arena, sums));
    DAYBOOK_TRY(add_payment(&figures, arena, sums));
    DAYBOOK_TRY(add_forward(&figures, arena, sums, period));
    DAYBOOK_TRY(add_months(&months, arena, &sums->countback));
    DAYBOOK_TRY(add_rolls(&rolls, arena, &sums->flow, period->buckets));
    row->n_figures = figures.count;
    row->figures = (Pb__Kpi **)figures.items;
    row->n_countback = months.count;
    row->countback = (Pb__KpiMonth **)months.items;
    row->n_rolls = rolls.count;
    row->rolls = (Pb__KpiRoll **)rolls.items;
    *made = row;
    return row->currency == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}
