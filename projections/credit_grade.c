/* A customer's grade, by published rules. */
#include "projections/credit_grade.h"

#include <inttypes.h>

enum { LIMIT_COUNT = 4, GRADE_COUNT = 5, GRADE_C_INDEX = 2 };

enum rule_number {
    RULE_DAYS_BEYOND_TERMS,
    RULE_LATE_SHARE,
    RULE_OVERDUE_SHARE,
    RULE_OLDEST_OVERDUE,
    RULE_LIMIT_USE,
    RULE_WRITTEN_OFF_SHARE,
    RULE_COUNT
};

struct rule {
    const char *name;
    Pb__KpiUnit unit;
    int64_t limits[LIMIT_COUNT];
    const char *nothing; /* Why it is not measured. */
};

#define DAYS    PB__KPI_UNIT__KPI_UNIT_DAYS
#define PERCENT PB__KPI_UNIT__KPI_UNIT_PERCENT

static const struct rule rules[RULE_COUNT] = {
    [RULE_DAYS_BEYOND_TERMS] = {"days beyond terms", DAYS, {0, 10, 30, 60}, "nothing was paid"},
    [RULE_LATE_SHARE] = {"late share", PERCENT, {5, 20, 40, 70}, "nothing was paid"},
    [RULE_OVERDUE_SHARE] = {"overdue share", PERCENT, {0, 10, 25, 50}, "nothing is open"},
    [RULE_OLDEST_OVERDUE] = {"oldest overdue", DAYS, {0, 30, 60, 90}, "nothing is open"},
    [RULE_LIMIT_USE] = {"use of the limit", PERCENT, {80, 90, 100, 120}, "there is no limit above 0"},
    [RULE_WRITTEN_OFF_SHARE] = {"written off", PERCENT, {0, 1, 2, 5}, "nothing was charged on credit"},
};

/* The most points for each rule of each grade but the last, in quarters. */
static const uint32_t grade_quarters[GRADE_COUNT - 1] = {2, 4, 7, 10};

/* numerator / denominator; a denominator that is not above 0 says that there is nothing to measure. */
struct measure {
    wide numerator;
    wide denominator;
};

static struct measure measure_of(enum rule_number rule, const struct credit_facts *facts, const Pb__Credit *row) {
    const int64_t *columns = facts->totals.columns;
    bool has_limit = row->state == PB__LIMIT_STATE__LIMIT_STATE_AMOUNT;
    switch (rule) {
    case RULE_DAYS_BEYOND_TERMS:
        return (struct measure){facts->paid.delay - facts->paid.early, row->paid_minor};
    case RULE_LATE_SHARE:
        return (struct measure){row->late_minor, row->paid_minor};
    case RULE_OVERDUE_SHARE:
        return (struct measure){row->overdue_minor, row->open_minor};
    case RULE_OLDEST_OVERDUE:
        return (struct measure){row->oldest_overdue_days, row->open_minor > 0 ? 1 : 0};
    case RULE_LIMIT_USE:
        return (struct measure){row->exposure_minor, has_limit ? row->limit_minor : 0};
    case RULE_WRITTEN_OFF_SHARE:
        return (struct measure){row->written_off_minor, (wide)columns[EFFECT_CHARGED] - columns[EFFECT_CONSUMED]};
    case RULE_COUNT:
        break;
    }
    return (struct measure){0, 0};
}

/* CG1, CG2 */
static uint32_t points_of(const struct rule *rule, struct measure measure) {
    uint32_t points = 0;
    wide scale = rule->unit == PERCENT ? 100 : 1;
    for (size_t i = 0; i < LIMIT_COUNT && measure.denominator > 0; i++) {
        points += measure.numerator * scale > rule->limits[i] * measure.denominator;
    }
    return points;
}

static bool fits(wide value) {
    return value >= INT64_MIN && value <= INT64_MAX;
}

static Pb__GradeRule *make_rule(const struct rule *rule, struct measure measure, struct arena *arena) {
    Pb__GradeRule *made = arena_alloc(arena, sizeof *made);
    if (made == NULL) {
        return NULL;
    }
    pb__grade_rule__init(made);
    wide scale = rule->unit == PERCENT ? 100 : 1;
    made->rule = (char *)(uintptr_t)rule->name;
    made->unit = rule->unit;
    made->is_measured = measure.denominator > 0;
    if (made->is_measured &&
        !ratio_hundredths(measure.numerator * scale, measure.denominator, &made->value_hundredths)) {
        made->value_hundredths = INT64_MAX; /* All of a 64-bit exposure against a limit of a cent. */
    }
    made->reason = (char *)(uintptr_t)(made->is_measured ? "" : rule->nothing);
    if (made->is_measured && fits(measure.numerator) && fits(measure.denominator)) {
        made->numerator_minor = (int64_t)measure.numerator;
        made->denominator_minor = (int64_t)measure.denominator;
    }
    made->n_limits = LIMIT_COUNT;
    made->limits = (int64_t *)(uintptr_t)rule->limits;
    made->points = points_of(rule, measure);
    return made;
}

static enum daybook_status add_rules(const struct credit_facts *facts, struct arena *arena, Pb__Credit *row) {
    row->grade_rules = arena_alloc(arena, RULE_COUNT * sizeof *row->grade_rules);
    if (row->grade_rules == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    for (enum rule_number i = 0; i < RULE_COUNT; i++) {
        row->grade_rules[i] = make_rule(&rules[i], measure_of(i, facts, row), arena);
        if (row->grade_rules[i] == NULL) {
            return DAYBOOK_NO_MEMORY;
        }
    }
    row->n_grade_rules = RULE_COUNT;
    return DAYBOOK_OK;
}

/* CG3 */
static Pb__Grade grade_of(uint32_t points, uint32_t measured, bool has_full_rule) {
    int grade = 0;
    while (grade < GRADE_COUNT - 1 && points * 4 > grade_quarters[grade] * measured) {
        grade++;
    }
    if (has_full_rule && grade < GRADE_C_INDEX) {
        grade = GRADE_C_INDEX;
    }
    return (Pb__Grade)((int)PB__GRADE__GRADE_A + grade);
}

enum daybook_status credit_grade(const struct credit_facts *facts, bool with_rules, struct arena *arena,
                                 Pb__Credit *row) {
    bool has_full_rule = false;
    const char *reason = "";
    for (enum rule_number i = 0; i < RULE_COUNT && reason != NULL; i++) {
        struct measure measure = measure_of(i, facts, row);
        uint32_t points = points_of(&rules[i], measure);
        row->grade_points += points;
        row->grade_measured += measure.denominator > 0;
        has_full_rule = has_full_rule || points == LIMIT_COUNT;
        if (points > 0) {
            reason =
                arena_format(arena, "%s%s%s %" PRIu32, reason, reason[0] == '\0' ? "" : ", ", rules[i].name, points);
        }
    }
    row->grade = grade_of(row->grade_points, row->grade_measured, has_full_rule);
    if (row->paid_minor == 0 && row->open_minor == 0 && row->written_off_minor == 0) { /* CG4 */
        row->grade = PB__GRADE__GRADE_UNSPECIFIED;
        row->grade_points = 0;
        reason = "nothing was paid yet, and nothing is open";
    } else if (reason != NULL && reason[0] == '\0') {
        reason = "no rule gives a point";
    }
    if (reason == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    row->grade_reason = (char *)(uintptr_t)reason;
    return with_rules ? add_rules(facts, arena, row) : DAYBOOK_OK;
}

enum daybook_status credit_grade_add_policies(struct book *book) {
    DAYBOOK_TRY(book_add_policy(book, "grade",
                                "mean points of the rules measured: A to 0.50, B to 1.00, C to 1.75, D to 2.50, E "
                                "above; 4 points of one rule: C at best"));
    for (size_t i = 0; i < RULE_COUNT; i++) {
        const int64_t *limits = rules[i].limits;
        char *name = arena_format(book->arena, "points for %s", rules[i].name);
        char *value =
            arena_format(book->arena, "above %" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64 " %s", limits[0],
                         limits[1], limits[2], limits[3], rules[i].unit == PERCENT ? "percent" : "days");
        if (name == NULL || value == NULL) {
            return DAYBOOK_NO_MEMORY;
        }
        DAYBOOK_TRY(book_add_policy(book, name, value));
    }
    return DAYBOOK_OK;
}
