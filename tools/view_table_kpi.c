/* The figures of a period as tables. */
#include "tools/view_table_kpi.h"

#include <inttypes.h>

#include "base/decimal.h"
#include "tools/text.h"
#include "tools/word_text.h"

#define COLUMN_COUNT(columns) (sizeof(columns) / sizeof(columns)[0])

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("laying out the figures: memory was refused"));
}

/* ---- the figures ---- */

static const struct table_column figure_columns[] = {
    {"currency", N_("CUR"), false},    {"figure", N_("FIGURE"), false},
    {"value", N_("VALUE"), true},      {"unit", N_("UNIT"), false},
    {"whole", N_("WHOLE"), true},      {"numerator", N_("NUMERATOR"), true},
    {"factor", N_("TIMES"), true},     {"denominator", N_("DENOMINATOR"), true},
    {"formula", N_("FORMULA"), false},
};

static void add_figure(struct table *table, const char *currency, const Pb__Kpi *figure, struct arena *arena) {
    char text[DECIMAL_TEXT_SIZE];
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, currency, TONE_PLAIN);
    table_add_text(table, word_text(figure->name, arena), TONE_PLAIN);
    if (figure->is_undefined) {
        table_add_text(table, _("undefined"), TONE_PLAIN);
    } else {
        table_add_text(table, decimal_format(figure->value_hundredths, 2, text), TONE_PLAIN);
    }
    table_add_text(table, figure->unit == PB__KPI_UNIT__KPI_UNIT_PERCENT ? "%" : _("days"), TONE_PLAIN);
    if (figure->whole == 0) {
        table_add_text(table, "", TONE_PLAIN);
    } else {
        table_add_count(table, figure->whole, TONE_PLAIN);
    }
    table_add_amount(table, figure->numerator_minor, currency, TONE_PLAIN);
    table_add_count(table, figure->factor, TONE_PLAIN);
    table_add_amount(table, figure->denominator_minor, currency, TONE_PLAIN);
    const char *formula = figure->is_undefined ? arena_format(arena, _("undefined: %s"), word_of(figure->reason))
                                               : word_of(figure->formula);
    table_add_text(table, formula == NULL ? "" : formula, TONE_PLAIN);
}

struct table *kpi_table_of(const Pb__KpiAnswer *answer, struct arena *arena) {
    struct table *table = table_open(figure_columns, COLUMN_COUNT(figure_columns), arena);
    for (size_t i = 0; table != NULL && i < answer->n_rows; i++) {
        const Pb__KpiRow *row = answer->rows[i];
        for (size_t j = 0; j < row->n_figures; j++) {
            add_figure(table, row->currency, row->figures[j], arena);
        }
    }
    return table;
}

/* ---- what rolled where ---- */

/* Its buckets are the question's own, so its columns are made for each answer. */
static struct table *open_rolls(const Pb__KpiAnswer *answer, struct arena *arena) {
    size_t count = answer->n_buckets + 3;
    struct table_column *columns = arena_alloc(arena, count * sizeof *columns);
    if (columns == NULL) {
        return NULL;
    }
    columns[0] = (struct table_column){"from", N_("FROM"), false};
    columns[1] = (struct table_column){"opening", N_("OPENING"), true};
    for (size_t i = 0; i < answer->n_buckets; i++) {
        columns[2 + i] = (struct table_column){answer->buckets[i], word_text(answer->buckets[i], arena), true};
    }
    columns[count - 1] = (struct table_column){"settled", N_("SETTLED"), true};
    return table_open(columns, count, arena);
}

static void add_roll(struct table *table, const Pb__KpiRoll *roll, const char *currency, struct arena *arena) {
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, word_text(roll->bucket, arena), TONE_PLAIN);
    table_add_amount(table, roll->opening_minor, currency, TONE_PLAIN);
    for (size_t i = 0; i < roll->n_moved_minor; i++) {
        table_add_amount(table, roll->moved_minor[i], currency, TONE_PLAIN);
    }
    table_add_amount(table, roll->settled_minor, currency, TONE_PLAIN);
}

static enum daybook_status print_rolls(const Pb__KpiAnswer *answer, const Pb__KpiRow *row, struct arena *arena,
                                       FILE *stream, struct daybook_error *error) {
    struct table *table = open_rolls(answer, arena);
    if (table == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < row->n_rolls; i++) {
        add_roll(table, row->rolls[i], row->currency, arena);
    }
    (void)fprintf(stream, _("\nWhere the money of each column of %s went in %s:\n"), answer->from, row->currency);
    return table_print(table, stream, error);
}

/* ---- the countback ---- */

static const struct table_column month_columns[] = {
    {"from", N_("AFTER"), false},        {"to", N_("THROUGH"), false},       {"days", N_("DAYS"), true},
    {"left", N_("LEFT TO COVER"), true}, {"on_credit", N_("CHARGES"), true},
};

static enum daybook_status print_months(const Pb__KpiRow *row, struct arena *arena, FILE *stream,
                                        struct daybook_error *error) {
    struct table *table = table_open(month_columns, COLUMN_COUNT(month_columns), arena);
    if (table == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < row->n_countback; i++) {
        const Pb__KpiMonth *month = row->countback[i];
        table_begin_row(table, ROW_PLAIN);
        table_add_text(table, month->from, TONE_PLAIN);
        table_add_text(table, month->to, TONE_PLAIN);
        table_add_count(table, month->days, TONE_PLAIN);
        table_add_amount(table, month->left_minor, row->currency, TONE_PLAIN);
        table_add_amount(table, month->on_credit_minor, row->currency, TONE_PLAIN);
    }
    (void)fprintf(stream, _("\nThe receivable in %s counted back by charges on credit:\n"), row->currency);
    return table_print(table, stream, error);
}

enum daybook_status kpi_print_notes(const ProtobufCMessage *answer, struct arena *arena, FILE *stream,
                                    struct daybook_error *error) {
    if (answer->descriptor != &pb__kpi_answer__descriptor) {
        return DAYBOOK_OK;
    }
    const Pb__KpiAnswer *kpis = (const Pb__KpiAnswer *)answer;
    (void)fprintf(stream,
                  text_count("\nThe period after %s through %s has %" PRId32 " day.\n",
                             "\nThe period after %s through %s has %" PRId32 " days.\n", (uint64_t)kpis->days),
                  kpis->from, kpis->to, kpis->days);
    for (size_t i = 0; i < kpis->n_rows; i++) {
        DAYBOOK_TRY(print_rolls(kpis, kpis->rows[i], arena, stream, error));
        DAYBOOK_TRY(print_months(kpis->rows[i], arena, stream, error));
    }
    return DAYBOOK_OK;
}
