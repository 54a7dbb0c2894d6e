/*
 * The content of a statement, format 1: the text that is sent, and whose SHA-256 is on the event.
 *
 * It must be the same bytes for ever, so nothing here depends on a terminal, a locale, a language or
 * the width of a character: figures stand on the left in columns of ASCII, and names, which may be in
 * any script, end their line. tests/projections/test_statement_text.c holds the bytes. What has to
 * look otherwise is format 2, beside this one.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "projections/statement.h"

enum { LINE_MAX_BYTES = 1024 };

struct writer {
    struct daybook_buffer *content;
    int decimals;
    bool has_failed;
};

static void put(struct writer *writer, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct writer *writer, const char *format, ...) {
    char line[LINE_MAX_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    writer->has_failed = writer->has_failed || size < 0 || (size_t)size >= sizeof line ||
                         daybook_buffer_append(writer->content, line, (size_t)size) != DAYBOOK_OK;
}

/* In twenty columns; a greater amount takes more. */
static void put_amount(struct writer *writer, int64_t minor) {
    char text[DECIMAL_TEXT_SIZE];
    put(writer, "%20s", decimal_format_grouped(minor, writer->decimals, text));
}

/* "charge_posted" as "charge posted". */
static void put_words(struct writer *writer, const char *name) {
    char words[128];
    size_t size = 0;
    for (; name[size] != '\0' && size < sizeof words - 1; size++) {
        words[size] = name[size] == '_' ? ' ' : name[size];
    }
    words[size] = '\0';
    put(writer, "%s", words);
}

static const char *kind_words(Pb__DocumentKind kind) {
    static const char *const words[] = {"document",   "lot",        "charge", "payment", "hold",
                                        "adjustment", "allocation", "refund", "dispute", "statement"};
    return (size_t)kind < sizeof words / sizeof words[0] ? words[kind] : words[0];
}

/* "adjustment posted (credit note): adjustment N-1, charge INV-1, due 2024-02-09" */
static void put_what(struct writer *writer, const char *event, const char *detail) {
    put(writer, "  ");
    put_words(writer, event);
    if (detail[0] != '\0') {
        put(writer, " (");
        put_words(writer, detail);
        put(writer, ")");
    }
}

static void put_movement_what(struct writer *writer, const Pb__StatementMovement *row) {
    put_what(writer, row->event, row->detail);
    if (row->document[0] != '\0') {
        put(writer, ": %s %s", kind_words(row->kind), row->document);
    }
    if (row->other[0] != '\0') {
        put(writer, ", %s %s", kind_words(row->other_kind), row->other);
    }
    if (row->due_on[0] != '\0') {
        put(writer, ", due %s", row->due_on);
    }
    put(writer, "\n");
}

/* ---- head and figures ---- */

static const char *statement_kind_words(Pb__StatementKind kind) {
    switch (kind) {
    case PB__STATEMENT_KIND__STATEMENT_KIND_OPEN_ITEM:
        return "open item";
    case PB__STATEMENT_KIND__STATEMENT_KIND_TRANSACTION:
        return "transaction";
    case PB__STATEMENT_KIND__STATEMENT_KIND_UNSPECIFIED:
    case PB__STATEMENT_KIND__STATEMENT_KIND_BALANCE_FORWARD:
    case _PB__STATEMENT_KIND_IS_INT_SIZE:
        break;
    }
    return "balance forward";
}

static void put_head(struct writer *writer, const Pb__Statement *s) {
    put(writer, "STATEMENT OF ACCOUNT (format 1)\n\n");
    put(writer, "statement       %s\n", s->statement[0] != '\0' ? s->statement : "none: a preview, not issued");
    put(writer, "customer        %s\n", s->customer);
    put(writer, "currency        %s\n", s->currency);
    put(writer, "kind            %s\n", statement_kind_words(s->kind));
    put(writer, "after           %s\n", s->from_on[0] != '\0' ? s->from_on : "the beginning");
    put(writer, "through         %s\n", s->to_on);
    put(writer, "known at        %" PRIu64 "\n", s->known_at);
    if (s->previous[0] != '\0') {
        put(writer, "previous        known at %" PRIu64 ", %s\n", s->previous_known_at, s->previous);
    }
}

static void put_figures_line(struct writer *writer, const char *label, const Pb__StatementAmounts *amounts) {
    put(writer, "%-20s", label);
    put_amount(writer, amounts->owed_minor);
    put_amount(writer, amounts->receivable_minor);
    put_amount(writer, amounts->unapplied_minor);
    put_amount(writer, amounts->pending_minor);
    put(writer, "\n");
}

static void put_figures(struct writer *writer, const Pb__Statement *s) {
    put(writer, "\n%-20s%20s%20s%20s%20s\n", "BALANCE", "OWED", "RECEIVABLE", "UNAPPLIED", "PENDING");
    if (s->previous[0] != '\0') {
        put_figures_line(writer, "previous closing", s->previous_closing);
        put_figures_line(writer, "changes since", s->changes);
    }
    put_figures_line(writer, "opening", s->opening);
    put_figures_line(writer, "movements", s->movements);
    put_figures_line(writer, "closing", s->closing);
}

/* ---- movements ---- */

static void put_changes(struct writer *writer, const Pb__Statement *s) {
    if (s->n_change_rows == 0) {
        return;
    }
    put(writer, "\nCHANGES TO EARLIER PERIODS\n%-12s%12s%20s%20s%20s  %s\n", "DATE", "ENTERED AS", "OWED", "DEPOSIT",
        "DORMANT", "WHAT");
    for (size_t i = 0; i < s->n_change_rows; i++) {
        const Pb__StatementMovement *row = s->change_rows[i];
        put(writer, "%-12s%12" PRIu64, row->effective_on, row->sequence);
        put_amount(writer, row->amounts->owed_minor);
        put_amount(writer, row->amounts->deposit_minor);
        put_amount(writer, row->amounts->dormant_minor);
        put_movement_what(writer, row);
    }
}

static void put_sums(struct writer *writer, const Pb__Statement *s) {
    if (s->n_sums == 0) {
        return;
    }
    put(writer, "\nMOVEMENTS BY KIND\n%12s%20s%20s%20s%20s%20s  %s\n", "COUNT", "OWED", "RECEIVABLE", "UNAPPLIED",
        "DEPOSIT", "DORMANT", "WHAT");
    for (size_t i = 0; i < s->n_sums; i++) {
        const Pb__StatementSum *sum = s->sums[i];
        put(writer, "%12" PRIu64, sum->count);
        put_amount(writer, sum->amounts->owed_minor);
        put_amount(writer, sum->amounts->receivable_minor);
        put_amount(writer, sum->amounts->unapplied_minor);
        put_amount(writer, sum->amounts->deposit_minor);
        put_amount(writer, sum->amounts->dormant_minor);
        put_what(writer, sum->event, sum->detail);
        put(writer, "\n");
    }
}

/* A transaction statement tells all; the others tell of what is owed here and of deposits below. */
static bool is_told(const Pb__Statement *s, const Pb__StatementMovement *row) {
    return s->kind == PB__STATEMENT_KIND__STATEMENT_KIND_TRANSACTION ||
           (s->kind != PB__STATEMENT_KIND__STATEMENT_KIND_OPEN_ITEM && row->amounts->owed_minor != 0);
}

static void put_movements(struct writer *writer, const Pb__Statement *s) {
    bool has_title = false;
    for (size_t i = 0; i < s->n_rows; i++) {
        const Pb__StatementMovement *row = s->rows[i];
        if (!is_told(s, row)) {
            continue;
        }
        if (!has_title) {
            put(writer, "\nMOVEMENTS\n%-12s%12s%20s%20s%20s%20s  %s\n", "DATE", "EVENT", "OWED", "RECEIVABLE",
                "UNAPPLIED", "OWED AFTER", "WHAT");
            has_title = true;
        }
        put(writer, "%-12s%12" PRIu64, row->effective_on, row->sequence);
        put_amount(writer, row->amounts->owed_minor);
        put_amount(writer, row->amounts->receivable_minor);
        put_amount(writer, row->amounts->unapplied_minor);
        put_amount(writer, row->owed_after_minor);
        put_movement_what(writer, row);
    }
}

static void put_items(struct writer *writer, const Pb__Statement *s) {
    if (s->n_items == 0) {
        return;
    }
    put(writer, "\nOPEN ITEMS\n%-12s%-12s%12s%20s%20s%20s  %s\n", "POSTED", "DUE", "DAYS PAST", "AMOUNT", "DISPUTED",
        "OPEN", "WHAT");
    for (size_t i = 0; i < s->n_items; i++) {
        const Pb__StatementItem *item = s->items[i];
        char days[16] = "";
        if (item->due_on[0] != '\0') {
            (void)snprintf(days, sizeof days, "%" PRId32, item->days_overdue);
        }
        put(writer, "%-12s%-12s%12s", item->posted_on, item->due_on, days);
        put_amount(writer, item->amount_minor);
        put_amount(writer, item->disputed_minor);
        put_amount(writer, item->open_minor);
        put(writer, "  %s %s", kind_words(item->kind), item->document);
        if (item->instalment != 0) {
            put(writer, ", instalment %" PRIu32, item->instalment);
        }
        put(writer, "\n");
    }
}

/* ---- deposits ---- */

static bool has_deposits(const Pb__Statement *s) {
    bool moves = statement_moves_deposit(s->opening) || statement_moves_deposit(s->closing);
    for (size_t i = 0; i < s->n_rows && !moves; i++) {
        moves = statement_moves_deposit(s->rows[i]->amounts);
    }
    return moves;
}

static void put_deposit_line(struct writer *writer, const char *label, const Pb__StatementAmounts *amounts) {
    put(writer, "%-20s", label);
    put_amount(writer, amounts->deposit_minor);
    put_amount(writer, amounts->deposit_held_minor);
    put_amount(writer, amounts->not_yet_available_minor);
    put_amount(writer, amounts->dormant_minor);
}

static void put_deposit_figures(struct writer *writer, const Pb__Statement *s) {
    put(writer, "\n%-20s%20s%20s%20s%20s%20s\n", "DEPOSITS", "DEPOSIT", "HELD", "NOT YET AVAILABLE", "DORMANT",
        "AVAILABLE");
    put_deposit_line(writer, "opening", s->opening);
    put_amount(writer, s->opening_available_minor);
    put(writer, "\n");
    put_deposit_line(writer, "movements", s->movements);
    put(writer, "\n");
    put_deposit_line(writer, "closing", s->closing);
    put_amount(writer, s->closing_available_minor);
    put(writer, "\n");
}

static void put_deposit_movements(struct writer *writer, const Pb__Statement *s) {
    bool has_title = false;
    for (size_t i = 0; i < s->n_rows; i++) {
        const Pb__StatementMovement *row = s->rows[i];
        if (!statement_moves_deposit(row->amounts)) {
            continue;
        }
        if (!has_title) {
            put(writer, "\nMOVEMENTS OF DEPOSITS\n%-12s%12s%20s%20s%20s%20s  %s\n", "DATE", "EVENT", "DEPOSIT", "HELD",
                "DORMANT", "DEPOSIT AFTER", "WHAT");
            has_title = true;
        }
        put(writer, "%-12s%12" PRIu64, row->effective_on, row->sequence);
        put_amount(writer, row->amounts->deposit_minor);
        put_amount(writer, row->amounts->deposit_held_minor);
        put_amount(writer, row->amounts->dormant_minor);
        put_amount(writer, row->deposit_after_minor);
        put_movement_what(writer, row);
    }
}

static void put_lots(struct writer *writer, const Pb__Statement *s) {
    if (s->n_lots == 0) {
        return;
    }
    put(writer, "\nLOTS\n%-12s%-12s%-12s%20s%20s%20s%20s  %s\n", "RECEIVED", "USABLE FROM", "EXPIRES", "AMOUNT", "LEFT",
        "HELD", "DORMANT", "LOT");
    for (size_t i = 0; i < s->n_lots; i++) {
        const Pb__StatementLot *lot = s->lots[i];
        put(writer, "%-12s%-12s%-12s", lot->received_on, lot->effective_from,
            lot->expires_on[0] != '\0' ? lot->expires_on : "never");
        put_amount(writer, lot->received_minor);
        put_amount(writer, lot->left_minor);
        put_amount(writer, lot->held_minor);
        put_amount(writer, lot->dormant_minor);
        put(writer, "  %s%s\n", lot->funding == PB__FUNDING__FUNDING_PROMOTIONAL ? "promotional " : "", lot->lot);
    }
}

/* ---- the foot ---- */

static void put_foot(struct writer *writer, const Pb__Statement *s) {
    put(writer, "\n%-20s%20s\n", "AGING", "AMOUNT");
    for (size_t i = 0; i < s->n_ages; i++) {
        put(writer, "%-20s", s->ages[i]->column);
        put_amount(writer, s->ages[i]->amount_minor);
        put(writer, "\n");
    }
    put(writer, "%-20s", "total");
    put_amount(writer, s->closing->owed_minor);
    put(writer, "\n\nPOLICIES\n");
    for (size_t i = 0; i < s->n_policies; i++) {
        put(writer, "%s: %s\n", s->policies[i]->name, s->policies[i]->value);
    }
}

static void write_format_1(struct writer *writer, const Pb__Statement *s) {
    put_head(writer, s);
    put_figures(writer, s);
    put_changes(writer, s);
    put_sums(writer, s);
    put_movements(writer, s);
    put_items(writer, s);
    if (has_deposits(s)) {
        put_deposit_figures(writer, s);
        put_deposit_movements(writer, s);
        put_lots(writer, s);
    }
    put_foot(writer, s);
}

enum daybook_status statement_write(const Pb__Statement *statement, uint32_t format, struct daybook_buffer *content,
                                    struct daybook_error *error) {
    struct writer writer = {content, currency_decimals(statement->currency), false};
    if (format != STATEMENT_FORMAT) {
        return daybook_fail(error, DAYBOOK_VERSION,
                            "writing a statement in format %" PRIu32 ": this build writes %d; use a newer one", format,
                            STATEMENT_FORMAT);
    }
    write_format_1(&writer, statement);
    return writer.has_failed ? daybook_fail(error, DAYBOOK_NO_MEMORY, "writing a statement: memory was refused")
                             : DAYBOOK_OK;
}
