/* A bridge as a table: before, one row an event, after; totals and what is left unexplained. */
#include "tools/view_table_bridge.h"

#include <inttypes.h>
#include <string.h>

#include "base/calendar.h"
#include "tools/event_text.h"
#include "tools/text.h"
#include "tools/word_text.h"

enum { LEADING_COLUMNS = 7 };

/* The lifetime totals of a balance are for programs: for people the table would be too wide. */
static size_t shown_columns(const Pb__BridgeAnswer *answer) {
    size_t count = 0;
    while (count < answer->n_columns && strncmp(answer->columns[count], "lifetime", strlen("lifetime")) != 0) {
        count++;
    }
    return count;
}

/* "held_on_credit" */
static char *lower(const char *name, struct arena *arena) {
    char *made = arena_copy_text(arena, name, strlen(name));
    for (char *c = made; c != NULL && *c != '\0'; c++) {
        *c = *c == ' ' ? '_' : *c;
    }
    return made;
}

/* The columns are those of the figure, so they are made for each answer. */
static struct table *open_table(const Pb__BridgeAnswer *answer, struct arena *arena) {
    static const struct table_column leading[LEADING_COLUMNS] = {
        {"customer", N_("CUSTOMER"), false},      {"sequence", N_("SEQ"), true}, {"recorded_at", N_("RECORDED"), false},
        {"effective_on", N_("EFFECTIVE"), false}, {"event", N_("EVENT"), false}, {"document", N_("DOCUMENT"), false},
        {"currency", N_("CUR"), false},
    };
    size_t shown = shown_columns(answer);
    struct table_column *columns = arena_alloc(arena, (LEADING_COLUMNS + shown) * sizeof *columns);
    if (columns == NULL) {
        return NULL;
    }
    memcpy(columns, leading, sizeof leading);
    for (size_t i = 0; i < shown; i++) {
        columns[LEADING_COLUMNS + i] =
            (struct table_column){lower(answer->columns[i], arena), word_heading(answer->columns[i], arena), true};
        if (columns[LEADING_COLUMNS + i].name == NULL || columns[LEADING_COLUMNS + i].title == NULL) {
            return NULL;
        }
    }
    return table_open(columns, LEADING_COLUMNS + shown, arena);
}

static void add_amounts(struct table *table, const Pb__BridgeAnswer *answer, const int64_t *amounts,
                        const char *currency) {
    table_add_text(table, currency, TONE_PLAIN);
    for (size_t i = 0; i < shown_columns(answer); i++) {
        table_add_amount(table, amounts[i], currency, TONE_PLAIN);
    }
}

/* A row that is no event: who, at which sequence, and what it is. */
static void add_label(struct table *table, const char *customer, uint64_t sequence, const char *label) {
    table_add_text(table, customer, TONE_PLAIN);
    table_add_count(table, (int64_t)sequence, TONE_PLAIN);
    table_add_text(table, "", TONE_PLAIN);
    table_add_text(table, "", TONE_PLAIN);
    table_add_text(table, label, TONE_PLAIN);
    table_add_text(table, "", TONE_PLAIN);
}

static void add_row(struct table *table, const Pb__BridgeAnswer *answer, const Pb__BridgeRow *row,
                    struct arena *arena) {
    table_begin_row(table, ROW_PLAIN);
    if (row->event == NULL) {
        bool is_before = row->kind == PB__BRIDGE_ROW_KIND__BRIDGE_ROW_KIND_BEFORE;
        add_label(table, row->customer, is_before ? answer->from_known_at : answer->position->known_at,
                  is_before ? _("as known before") : _("as known after"));
    } else {
        char recorded[INSTANT_TEXT_SIZE];
        char effective[DATE_TEXT_SIZE];
        table_add_text(table, row->customer, TONE_PLAIN);
        table_add_count(table, (int64_t)row->event->sequence, TONE_PLAIN);
        table_add_text(table, instant_format(row->event->recorded_at_us, recorded), TONE_PLAIN);
        table_add_text(table, date_format(row->event->effective_on, effective), TONE_PLAIN);
        table_add_text(table, word_of(event_kind_text(row->event, arena)), TONE_PLAIN);
        table_add_text(table, event_document_text(row->event, arena), TONE_PLAIN);
    }
    add_amounts(table, answer, row->amount_minor, row->currency);
}

static void add_total(struct table *table, const Pb__BridgeAnswer *answer, const Pb__BridgeTotal *total,
                      struct arena *arena) {
    int64_t *unexplained = arena_zalloc(arena, (total->n_after_minor + 1) * sizeof *unexplained);
    const char *events =
        arena_format(arena, text_count("%" PRIu64 " event", "%" PRIu64 " events", total->events), total->events);
    if (unexplained == NULL || events == NULL) {
        return;
    }
    for (size_t i = 0; i < total->n_after_minor; i++) {
        /* Wraps where it is damaged beyond 64 bits: then it is not zero either. */
        unexplained[i] = (int64_t)((uint64_t)total->after_minor[i] - (uint64_t)total->before_minor[i] -
                                   (uint64_t)total->change_minor[i]);
    }
    table_begin_row(table, ROW_TOTAL);
    add_label(table, _("total"), answer->from_known_at, _("as known before"));
    add_amounts(table, answer, total->before_minor, total->currency);
    table_begin_row(table, ROW_TOTAL);
    add_label(table, _("total"), answer->position->known_at, events);
    add_amounts(table, answer, total->change_minor, total->currency);
    table_begin_row(table, ROW_TOTAL);
    add_label(table, _("total"), answer->position->known_at, _("as known after"));
    add_amounts(table, answer, total->after_minor, total->currency);
    table_begin_row(table, ROW_TOTAL);
    add_label(table, _("check"), answer->position->known_at, _("unexplained"));
    add_amounts(table, answer, unexplained, total->currency);
}

struct table *bridge_table_of(const Pb__BridgeAnswer *answer, struct arena *arena) {
    struct table *table = open_table(answer, arena);
    for (size_t i = 0; table != NULL && i < answer->n_rows; i++) {
        add_row(table, answer, answer->rows[i], arena);
    }
    for (size_t i = 0; table != NULL && i < answer->n_totals; i++) {
        add_total(table, answer, answer->totals[i], arena);
    }
    return table;
}
