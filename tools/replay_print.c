/* What a what-if found, for people: counts, differences, balances and ages of both ledgers. */
#include "tools/replay_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "tools/event_text.h"
#include "tools/message_field.h"
#include "tools/progress.h"
#include "tools/text.h"
#include "tools/view_table.h"
#include "tools/word_text.h"

enum { TOLD_EVENTS_MAX = 6 };

static const struct table_column columns[] = {
    {"sequence", N_("SEQ"), true},           {"effective_on", N_("EFFECTIVE"), false},
    {"customer", N_("CUSTOMER"), false},     {"command", N_("REQUEST"), false},
    {"document", N_("DOCUMENT"), false},     {"outcome", N_("OUTCOME"), false},
    {"in_history", N_("IN HISTORY"), false}, {"in_replay", N_("UNDER THE POLICY"), false},
};

/* "A 100.00, B 80.00" */
static const char *slices_text(const Pb__DepositConsumed *consumed, const char *currency, struct arena *arena) {
    const char *text = "";
    for (size_t i = 0; text != NULL && i < consumed->n_slices; i++) {
        char amount[DECIMAL_TEXT_SIZE];
        text = arena_format(
            arena, "%s%s%s %s", text, i == 0 ? "" : ", ", consumed->slices[i]->lot,
            decimal_format_grouped(consumed->slices[i]->amount_minor, currency_decimals(currency), amount));
    }
    return text;
}

/* What settled it: slices of lots and allocations. What was posted is told by the document. */
static const char *event_said(const Pb__Event *event, struct arena *arena) {
    char amount[DECIMAL_TEXT_SIZE];
    if (event->body_case == PB__EVENT__BODY_DEPOSIT_CONSUMED) {
        return slices_text(event->deposit_consumed, event->currency, arena);
    }
    if (event->body_case == PB__EVENT__BODY_ALLOCATED) {
        const Pb__Allocated *allocated = event->allocated;
        return arena_format(
            arena, "> %s %s", allocated->target,
            decimal_format_grouped(allocated->amount_minor, currency_decimals(event->currency), amount));
    }
    bool is_over = event->body_case == PB__EVENT__BODY_CHARGE_POSTED && event->charge_posted->credit != NULL &&
                   event->charge_posted->credit->over_limit;
    return is_over ? _("over the limit") : NULL;
}

static const char *events_said(size_t count, Pb__Event *const *events, struct arena *arena) {
    const char *text = "";
    size_t told = 0;
    for (size_t i = 0; text != NULL && i < count; i++) {
        const char *said = event_said(events[i], arena);
        if (said != NULL && told++ == TOLD_EVENTS_MAX) {
            text = arena_format(arena, "%s, ...", text);
            break;
        }
        if (said != NULL) {
            text = arena_format(arena, "%s%s%s", text, told == 1 ? "" : ", ", said);
        }
    }
    return text == NULL ? "" : *text == '\0' ? _("on credit, or stays unapplied") : text;
}

static const char *document_of(const Pb__ReplayDifference *difference, struct arena *arena) {
    for (size_t i = 0; i < difference->n_recorded; i++) {
        const Pb__Event *event = difference->recorded[i];
        if (event->body_case != PB__EVENT__BODY_LOT_EXPIRED && event->body_case != PB__EVENT__BODY_HOLD_RELEASED) {
            return event_document_text(event, arena);
        }
    }
    return "";
}

/* "post charge" */
static const char *words(const char *name, struct arena *arena) {
    char *text = arena_copy_text(arena, name, strlen(name));
    for (char *c = text; c != NULL && *c != '\0'; c++) {
        *c = *c == '_' ? ' ' : *c;
    }
    return text == NULL ? "" : text;
}

static void add_difference(struct table *table, const Pb__ReplayDifference *difference, struct arena *arena) {
    bool is_refused = difference->refusal != NULL;
    char outcome[64];
    table_begin_row(table, ROW_PLAIN);
    table_add_count(table, (int64_t)difference->sequence, TONE_PLAIN);
    table_add_text(table, difference->effective_on, TONE_PLAIN);
    table_add_text(table, difference->customer, TONE_PLAIN);
    table_add_text(table, word_of(words(difference->command, arena)), TONE_PLAIN);
    table_add_text(table, document_of(difference, arena), TONE_PLAIN);
    table_add_text(
        table,
        word_of(enum_short_name(&pb__replay_outcome__descriptor, (int)difference->outcome, outcome, sizeof outcome)),
        is_refused ? TONE_ALARM : TONE_PLAIN);
    table_add_text(table, events_said(difference->n_recorded, difference->recorded, arena), TONE_PLAIN);
    table_add_text(table,
                   is_refused ? difference->refusal->message : events_said(difference->n_made, difference->made, arena),
                   TONE_PLAIN);
}

struct table *replay_table_of(const Pb__ReplayReport *report, struct arena *arena) {
    struct table *table = table_open(columns, sizeof columns / sizeof *columns, arena);
    for (size_t i = 0; table != NULL && i < report->n_differences; i++) {
        add_difference(table, report->differences[i], arena);
    }
    return table;
}

static void print_counts(const Pb__ReplayReport *report) {
    char through[32];
    char requests[32];
    char same[32];
    char otherwise[32];
    char refused[32];
    (void)printf(_("Replayed %s requests, up to event %s: %s decided the same, %s otherwise, %s refused.\n"),
                 count_grouped(report->requests, requests), count_grouped(report->through, through),
                 count_grouped(report->same, same), count_grouped(report->otherwise, otherwise),
                 count_grouped(report->refused, refused));
    if (report->left_out > 0 || report->not_told_back > 0) {
        (void)printf(_("%" PRIu64 " could not be told from their events and were left out; history itself does not "
                       "follow from the rules for %" PRIu64 ".\n"),
                     report->left_out, report->not_told_back);
    }
}

/* The first `shown` rows of an answer, and its totals, which are of all. */
static enum daybook_status print_side(const ProtobufCMessage *answer, const ProtobufCFieldDescriptor *rows,
                                      size_t shown, struct arena *arena, struct daybook_error *error) {
    size_t *count = field_count(answer, rows);
    size_t whole = *count;
    *count = whole < shown ? whole : shown;
    struct table *table = view_table_of(answer, arena);
    *count = whole;
    if (table == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("printing the report: memory was refused"));
    }
    DAYBOOK_TRY(table_print(table, stdout, error));
    if (table_is_empty(table)) {
        (void)printf("%s", _("Nothing to show.\n"));
    }
    if (whole > shown) {
        (void)printf(_("... and %zu more; --limit says how many are shown\n"), whole - shown);
    }
    return DAYBOOK_OK;
}

/* Rows of the customers that differ, totals of all; nothing where nothing differs. */
static enum daybook_status print_pair(const char *what, const ProtobufCMessage *const sides[2], size_t shown,
                                      struct arena *arena, struct daybook_error *error) {
    const char *const names[] = {_("in history"), _("under the policy")};
    const ProtobufCFieldDescriptor *rows = message_find_field(sides[0]->descriptor, "rows");
    if (*field_count(sides[0], rows) == 0 && *field_count(sides[1], rows) == 0) {
        (void)printf(_("\n%s: the same, customer by customer.\n"), what);
        return DAYBOOK_OK;
    }
    for (size_t i = 0; i < 2; i++) {
        (void)printf(
            _("\n%s %s, of the customers that differ here or in what was charged and paid in all; totals of all:\n"),
            what, names[i]);
        DAYBOOK_TRY(print_side(sides[i], rows, shown, arena, error));
    }
    return DAYBOOK_OK;
}

enum daybook_status replay_print(const Pb__ReplayReport *report, size_t shown, struct arena *arena,
                                 struct daybook_error *error) {
    const ProtobufCMessage *const balances[] = {&report->history_balance->base, &report->replayed_balance->base};
    const ProtobufCMessage *const ages[] = {&report->history_aging->base, &report->replayed_aging->base};
    uint64_t found = report->otherwise + report->refused + report->left_out;
    struct table *table = replay_table_of(report, arena);
    if (table == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("printing the report: memory was refused"));
    }
    print_counts(report);
    if (report->n_differences > 0) {
        (void)printf("\n");
        DAYBOOK_TRY(table_print(table, stdout, error));
    }
    if (found > report->n_differences) {
        (void)printf(_("... and %" PRIu64 " more; --limit says how many are shown\n"), found - report->n_differences);
    }
    DAYBOOK_TRY(print_pair(_("Balances"), balances, shown, arena, error));
    return print_pair(_("Ages"), ages, shown, arena, error);
}
