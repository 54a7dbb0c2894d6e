/* Limits, grades over time and decisions on credit as tables. */
#include "tools/view_table_credit.h"

#include <inttypes.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "tools/message_field.h"
#include "tools/text.h"
#include "tools/word_text.h"

#define COLUMN_COUNT(columns) (sizeof(columns) / sizeof(columns)[0])

static void add_enum(struct table *table, const ProtobufCEnumDescriptor *descriptor, int value) {
    char text[64];
    table_add_text(table, value == 0 ? "" : word_of(enum_short_name(descriptor, value, text, sizeof text)), TONE_PLAIN);
}

/* "12.50" for 1250 hundredths. */
static void add_hundredths(struct table *table, int64_t hundredths) {
    char text[DECIMAL_TEXT_SIZE];
    table_add_text(table, decimal_format(hundredths, 2, text), TONE_PLAIN);
}

/* Nothing where there was nothing to divide by. */
static void add_share(struct table *table, int64_t hundredths, int64_t of_minor) {
    if (of_minor == 0) {
        table_add_text(table, "", TONE_PLAIN);
    } else {
        add_hundredths(table, hundredths);
    }
}

static const char *grade_text(Pb__Grade grade) {
    static const char *const letters[] = {"A", "B", "C", "D", "E"};
    bool is_known = grade >= PB__GRADE__GRADE_A && grade <= PB__GRADE__GRADE_E;
    return is_known ? letters[(int)grade - (int)PB__GRADE__GRADE_A] : _("none");
}

static void add_grade(struct table *table, const Pb__Credit *row) {
    table_add_text(table, grade_text(row->grade), row->grade >= PB__GRADE__GRADE_D ? TONE_ALARM : TONE_PLAIN);
}

/* ---- limits ---- */

static const struct table_column credit_columns[] = {
    {"customer", N_("CUSTOMER"), false},
    {"currency", N_("CUR"), false},
    {"state", N_("STATE"), false},
    {"mode", N_("MODE"), false},
    {"limit", N_("LIMIT"), true},
    {"exposure", N_("EXPOSURE"), true},
    {"available", N_("AVAILABLE"), true},
    {"on_hold", N_("HOLD"), false},
    {"overdue", N_("OVERDUE"), true},
    {"oldest_overdue_days", N_("OLDEST DAYS"), true},
    {"days_to_pay", N_("DAYS TO PAY"), true},
    {"days_beyond_terms", N_("BEYOND TERMS"), true},
    {"times_over_limit", N_("TIMES OVER"), true},
    {"since", N_("SINCE"), false},
    {"until", N_("UNTIL"), false},
    {"late_share", N_("LATE %"), true},
    {"overdue_share", N_("OVERDUE %"), true},
    {"grade", N_("GRADE"), false},
};

/* A total has the limits of those that have one; where nobody has, it is empty. */
static void add_credit(struct table *table, const Pb__Credit *row, enum table_row_kind kind) {
    bool has_limit = row->state == PB__LIMIT_STATE__LIMIT_STATE_AMOUNT || row->limit_minor != 0;
    enum table_tone overdue = row->overdue_minor > 0 ? TONE_ALARM : TONE_PLAIN;
    table_begin_row(table, kind);
    table_add_text(table, kind == ROW_TOTAL ? _("total") : row->customer, TONE_PLAIN);
    table_add_text(table, row->currency, TONE_PLAIN);
    add_enum(table, &pb__limit_state__descriptor, (int)row->state);
    add_enum(table, &pb__credit_mode__descriptor, (int)row->mode);
    if (has_limit) {
        table_add_amount(table, row->limit_minor, row->currency, TONE_PLAIN);
    } else {
        table_add_text(table, "", TONE_PLAIN);
    }
    table_add_amount(table, row->exposure_minor, row->currency, TONE_PLAIN);
    if (has_limit) {
        table_add_amount(table, row->available_minor, row->currency, TONE_PLAIN);
    } else {
        table_add_text(table, "", TONE_PLAIN);
    }
    table_add_text(table, row->on_hold ? _("yes") : "", row->on_hold ? TONE_ALARM : TONE_PLAIN);
    table_add_amount(table, row->overdue_minor, row->currency, overdue);
    table_add_count(table, row->oldest_overdue_days, overdue);
    add_share(table, row->days_to_pay_hundredths, row->paid_minor);
    add_share(table, row->days_beyond_terms_hundredths, row->paid_minor);
    table_add_count(table, row->times_over_limit, TONE_PLAIN);
    table_add_text(table, row->policy_since, TONE_PLAIN);
    table_add_text(table, row->policy_until, TONE_PLAIN);
    add_share(table, row->late_share_hundredths, row->paid_minor);
    add_share(table, row->overdue_share_hundredths, row->open_minor);
    if (kind == ROW_TOTAL) {
        table_add_text(table, "", TONE_PLAIN);
    } else {
        add_grade(table, row);
    }
}

static struct table *credit_table(const Pb__CreditAnswer *answer, struct arena *arena) {
    struct table *table = table_open(credit_columns, COLUMN_COUNT(credit_columns), arena);
    for (size_t i = 0; table != NULL && i < answer->n_rows; i++) {
        add_credit(table, answer->rows[i], ROW_PLAIN);
    }
    for (size_t i = 0; table != NULL && i < answer->n_totals; i++) {
        add_credit(table, answer->totals[i], ROW_TOTAL);
    }
    return table;
}

/* ---- over time ---- */

static const struct table_column past_columns[] = {
    {"on", N_("AS OF"), false},
    {"known_at", N_("KNOWN AT"), true},
    {"currency", N_("CUR"), false},
    {"limit", N_("LIMIT"), true},
    {"exposure", N_("EXPOSURE"), true},
    {"overdue", N_("OVERDUE"), true},
    {"oldest_overdue_days", N_("OLDEST DAYS"), true},
    {"paid", N_("PAID"), true},
    {"days_to_pay", N_("DAYS TO PAY"), true},
    {"days_beyond_terms", N_("BEYOND TERMS"), true},
    {"late_share", N_("LATE %"), true},
    {"overdue_share", N_("OVERDUE %"), true},
    {"written_off", N_("WRITTEN OFF"), true},
    {"grade", N_("GRADE"), false},
    {"points", N_("POINTS"), true},
    {"reason", N_("REASON"), false},
};

static void add_past(struct table *table, const Pb__CreditHistoryRow *past, struct arena *arena) {
    const Pb__Credit *row = past->credit;
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, past->on, TONE_PLAIN);
    table_add_count(table, (int64_t)past->known_at, TONE_PLAIN);
    table_add_text(table, row->currency, TONE_PLAIN);
    if (row->state == PB__LIMIT_STATE__LIMIT_STATE_AMOUNT) {
        table_add_amount(table, row->limit_minor, row->currency, TONE_PLAIN);
    } else {
        add_enum(table, &pb__limit_state__descriptor, (int)row->state);
    }
    table_add_amount(table, row->exposure_minor, row->currency, TONE_PLAIN);
    table_add_amount(table, row->overdue_minor, row->currency, row->overdue_minor > 0 ? TONE_ALARM : TONE_PLAIN);
    table_add_count(table, row->oldest_overdue_days, TONE_PLAIN);
    table_add_amount(table, row->paid_minor, row->currency, TONE_PLAIN);
    add_share(table, row->days_to_pay_hundredths, row->paid_minor);
    add_share(table, row->days_beyond_terms_hundredths, row->paid_minor);
    add_share(table, row->late_share_hundredths, row->paid_minor);
    add_share(table, row->overdue_share_hundredths, row->open_minor);
    table_add_amount(table, row->written_off_minor, row->currency, TONE_PLAIN);
    add_grade(table, row);
    table_add_count(table, row->grade_points, TONE_PLAIN);
    table_add_text(table, word_text(row->grade_reason, arena), TONE_PLAIN);
}

static struct table *past_table(const Pb__CreditHistoryAnswer *answer, struct arena *arena) {
    struct table *table = table_open(past_columns, COLUMN_COUNT(past_columns), arena);
    for (size_t i = 0; table != NULL && i < answer->n_rows; i++) {
        if (answer->rows[i]->credit != NULL) {
            add_past(table, answer->rows[i], arena);
        }
    }
    return table;
}

/* ---- decisions ---- */

static const struct table_column decision_columns[] = {
    {"sequence", N_("SEQ"), true},
    {"recorded_at", N_("RECORDED"), false},
    {"effective_on", N_("EFFECTIVE"), false},
    {"kind", N_("KIND"), false},
    {"document", N_("DOCUMENT"), false},
    {"currency", N_("CUR"), false},
    {"amount", N_("AMOUNT"), true},
    {"checked_as_of", N_("CHECKED AS OF"), false},
    {"state", N_("STATE"), false},
    {"limit", N_("LIMIT"), true},
    {"mode", N_("MODE"), false},
    {"open", N_("OPEN"), true},
    {"held", N_("HELD"), true},
    {"unapplied", N_("UNAPPLIED"), true},
    {"exposure", N_("EXPOSURE"), true},
    {"on_credit", N_("ON CREDIT"), true},
    {"left", N_("LEFT"), true},
    {"over_limit", N_("OVER LIMIT"), false},
};

static void add_decision(struct table *table, const Pb__CreditDecisionRow *row) {
    const Pb__CreditDecision *seen = row->decision;
    char recorded[INSTANT_TEXT_SIZE];
    char checked[DATE_TEXT_SIZE];
    bool has_limit = seen->state == PB__LIMIT_STATE__LIMIT_STATE_AMOUNT;
    table_begin_row(table, ROW_PLAIN);
    table_add_count(table, (int64_t)row->sequence, TONE_PLAIN);
    table_add_text(table, instant_format(row->recorded_at_us, recorded), TONE_PLAIN);
    table_add_text(table, row->effective_on, TONE_PLAIN);
    add_enum(table, &pb__document_kind__descriptor, (int)row->kind);
    table_add_text(table, row->document, TONE_PLAIN);
    table_add_text(table, row->currency, TONE_PLAIN);
    table_add_amount(table, row->amount_minor, row->currency, TONE_PLAIN);
    table_add_text(table, date_format(seen->checked_as_of, checked), TONE_PLAIN);
    add_enum(table, &pb__limit_state__descriptor, (int)seen->state);
    if (has_limit) {
        table_add_amount(table, seen->limit_minor, row->currency, TONE_PLAIN);
    } else {
        table_add_text(table, "", TONE_PLAIN);
    }
    add_enum(table, &pb__credit_mode__descriptor, (int)seen->mode);
    table_add_amount(table, seen->open_minor, row->currency, TONE_PLAIN);
    table_add_amount(table, seen->held_minor, row->currency, TONE_PLAIN);
    table_add_amount(table, seen->unapplied_minor, row->currency, TONE_PLAIN);
    table_add_amount(table, row->exposure_minor, row->currency, TONE_PLAIN);
    table_add_amount(table, seen->charge_minor, row->currency, TONE_PLAIN);
    if (has_limit) {
        table_add_amount(table, row->left_minor, row->currency, TONE_PLAIN);
    } else {
        table_add_text(table, "", TONE_PLAIN);
    }
    table_add_text(table, seen->over_limit ? _("yes") : "", TONE_ALARM);
}

static struct table *decisions_table(const Pb__CreditDecisionsAnswer *answer, struct arena *arena) {
    struct table *table = table_open(decision_columns, COLUMN_COUNT(decision_columns), arena);
    for (size_t i = 0; table != NULL && i < answer->n_rows; i++) {
        if (answer->rows[i]->decision != NULL) {
            add_decision(table, answer->rows[i]);
        }
    }
    return table;
}

bool credit_table_of(const ProtobufCMessage *answer, struct arena *arena, struct table **table) {
    if (answer->descriptor == &pb__credit_answer__descriptor) {
        *table = credit_table((const Pb__CreditAnswer *)answer, arena);
    } else if (answer->descriptor == &pb__credit_history_answer__descriptor) {
        *table = past_table((const Pb__CreditHistoryAnswer *)answer, arena);
    } else if (answer->descriptor == &pb__credit_decisions_answer__descriptor) {
        *table = decisions_table((const Pb__CreditDecisionsAnswer *)answer, arena);
    } else {
        return false;
    }
    return true;
}

/* ---- the rules of a grade ---- */

static const struct table_column rule_columns[] = {
    {"rule", N_("RULE"), false},    {"measure", N_("MEASURED"), true},
    {"unit", N_("UNIT"), false},    {"limits", N_("A POINT EACH ABOVE"), false},
    {"points", N_("POINTS"), true},
};

static const char *limits_text(const Pb__GradeRule *rule, struct arena *arena) {
    const char *text = "";
    for (size_t i = 0; text != NULL && i < rule->n_limits; i++) {
        text = arena_format(arena, "%s%s%" PRId64, text, i == 0 ? "" : ", ", rule->limits[i]);
    }
    return text;
}

static bool add_rule(struct table *table, const Pb__GradeRule *rule, struct arena *arena) {
    const char *limits = limits_text(rule, arena);
    if (limits == NULL) {
        return false;
    }
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, word_of(rule->rule), TONE_PLAIN);
    if (rule->is_measured) {
        add_hundredths(table, rule->value_hundredths);
    } else {
        table_add_text(table, word_of(rule->reason), TONE_PLAIN);
    }
    table_add_text(table, rule->unit == PB__KPI_UNIT__KPI_UNIT_PERCENT ? "%" : _("days"), TONE_PLAIN);
    table_add_text(table, limits, TONE_PLAIN);
    table_add_count(table, rule->points, TONE_PLAIN);
    return true;
}

static enum daybook_status print_rules(const Pb__Credit *row, struct arena *arena, FILE *stream,
                                       struct daybook_error *error) {
    struct table *table = table_open(rule_columns, COLUMN_COUNT(rule_columns), arena);
    bool is_whole = table != NULL;
    for (size_t i = 0; is_whole && i < row->n_grade_rules; i++) {
        is_whole = add_rule(table, row->grade_rules[i], arena);
    }
    if (!is_whole) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("laying out a grade: memory was refused"));
    }
    const char *sentence =
        row->grade == PB__GRADE__GRADE_UNSPECIFIED
            ? arena_format(arena, _("%s in %s has no grade: %s."), row->customer, row->currency,
                           word_text(row->grade_reason, arena))
            : arena_format(arena, _("%s in %s has grade %s by %" PRIu32 " points of %" PRIu32 " rules: %s."),
                           row->customer, row->currency, grade_text(row->grade), row->grade_points, row->grade_measured,
                           word_text(row->grade_reason, arena));
    if (sentence == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("laying out a grade: memory was refused"));
    }
    (void)fputc('\n', stream);
    console_wrap(stream, sentence, console_width(stream), 2, 0);
    return table_print(table, stream, error);
}

enum daybook_status credit_print_notes(const ProtobufCMessage *answer, struct arena *arena, FILE *stream,
                                       struct daybook_error *error) {
    if (answer->descriptor != &pb__credit_answer__descriptor) {
        return DAYBOOK_OK;
    }
    const Pb__CreditAnswer *credit = (const Pb__CreditAnswer *)answer;
    for (size_t i = 0; i < credit->n_rows; i++) {
        if (credit->rows[i]->n_grade_rules > 0) {
            DAYBOOK_TRY(print_rules(credit->rows[i], arena, stream, error));
        }
    }
    return DAYBOOK_OK;
}
