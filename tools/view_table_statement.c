/* Statements as tables: which columns, in what order. */
#include "tools/view_table_statement.h"

#include "tools/message_field.h"
#include "tools/text.h"
#include "tools/word_text.h"

#define COLUMN_COUNT(columns) (sizeof(columns) / sizeof(columns)[0])

static void add_enum(struct table *table, const ProtobufCEnumDescriptor *descriptor, int value) {
    char text[64];
    table_add_text(table, value == 0 ? "" : word_of(enum_short_name(descriptor, value, text, sizeof text)), TONE_PLAIN);
}

/* ---- those that were issued ---- */

static const struct table_column issued_columns[] = {
    {"customer", N_("CUSTOMER"), false},
    {"statement", N_("STATEMENT"), false},
    {"kind", N_("KIND"), false},
    {"from_on", N_("AFTER"), false},
    {"to_on", N_("THROUGH"), false},
    {"issued_on", N_("ISSUED"), false},
    {"sequence", N_("SEQ"), true},
    {"known_at", N_("KNOWN AT"), true},
    {"currency", N_("CUR"), false},
    {"opening_owed", N_("OPENING"), true},
    {"changes_owed", N_("CHANGES"), true},
    {"closing_owed", N_("CLOSING"), true},
    {"closing_deposit", N_("DEPOSIT"), true},
};

static int64_t owed(const Pb__StatementFigures *figures) {
    return figures == NULL ? 0 : figures->receivable_minor - figures->unapplied_minor;
}

static void add_issued(struct table *table, const Pb__IssuedStatement *row) {
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, row->customer, TONE_PLAIN);
    table_add_text(table, row->statement, TONE_PLAIN);
    add_enum(table, &pb__statement_kind__descriptor, (int)row->kind);
    table_add_text(table, row->from_on, TONE_PLAIN);
    table_add_text(table, row->to_on, TONE_PLAIN);
    table_add_text(table, row->issued_on, TONE_PLAIN);
    table_add_count(table, (int64_t)row->sequence, TONE_PLAIN);
    table_add_count(table, (int64_t)row->known_at, TONE_PLAIN);
    table_add_text(table, row->currency, TONE_PLAIN);
    table_add_amount(table, owed(row->opening), row->currency, TONE_PLAIN);
    table_add_amount(table, owed(row->changes), row->currency, TONE_PLAIN);
    table_add_amount(table, owed(row->closing), row->currency, TONE_PLAIN);
    table_add_amount(table, row->closing == NULL ? 0 : row->closing->deposit_minor, row->currency, TONE_PLAIN);
}

struct table *statements_table_of(Pb__IssuedStatement *const *rows, size_t count, struct arena *arena) {
    struct table *table = table_open(issued_columns, COLUMN_COUNT(issued_columns), arena);
    for (size_t i = 0; table != NULL && i < count; i++) {
        add_issued(table, rows[i]);
    }
    return table;
}

/* ---- the rows of one ---- */

static const struct table_column row_columns[] = {
    {"part", N_("PART"), false},
    {"effective_on", N_("DATE"), false},
    {"sequence", N_("SEQ"), true},
    {"event", N_("EVENT"), false},
    {"detail", N_("DETAIL"), false},
    {"kind", N_("KIND"), false},
    {"document", N_("DOCUMENT"), false},
    {"other_kind", N_("OTHER KIND"), false},
    {"other", N_("OTHER"), false},
    {"due_on", N_("DUE"), false},
    {"currency", N_("CUR"), false},
    {"owed", N_("OWED"), true},
    {"receivable", N_("RECEIVABLE"), true},
    {"unapplied", N_("UNAPPLIED"), true},
    {"deposit", N_("DEPOSIT"), true},
    {"deposit_held", N_("HELD"), true},
    {"dormant", N_("DORMANT"), true},
    {"owed_after", N_("OWED AFTER"), true},
    {"deposit_after", N_("DEPOSIT AFTER"), true},
};

static void add_row(struct table *table, const char *part, const char *currency, const Pb__StatementMovement *row) {
    const Pb__StatementAmounts *amounts = row->amounts;
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, part, TONE_PLAIN);
    table_add_text(table, row->effective_on, TONE_PLAIN);
    table_add_count(table, (int64_t)row->sequence, TONE_PLAIN);
    table_add_text(table, word_of(row->event), TONE_PLAIN);
    table_add_text(table, word_of(row->detail), TONE_PLAIN);
    add_enum(table, &pb__document_kind__descriptor, (int)row->kind);
    table_add_text(table, row->document, TONE_PLAIN);
    add_enum(table, &pb__document_kind__descriptor, (int)row->other_kind);
    table_add_text(table, row->other, TONE_PLAIN);
    table_add_text(table, row->due_on, TONE_PLAIN);
    table_add_text(table, currency, TONE_PLAIN);
    table_add_amount(table, amounts->owed_minor, currency, TONE_PLAIN);
    table_add_amount(table, amounts->receivable_minor, currency, TONE_PLAIN);
    table_add_amount(table, amounts->unapplied_minor, currency, TONE_PLAIN);
    table_add_amount(table, amounts->deposit_minor, currency, TONE_PLAIN);
    table_add_amount(table, amounts->deposit_held_minor, currency, TONE_PLAIN);
    table_add_amount(table, amounts->dormant_minor, currency, TONE_PLAIN);
    table_add_amount(table, row->owed_after_minor, currency, TONE_PLAIN);
    table_add_amount(table, row->deposit_after_minor, currency, TONE_PLAIN);
}

struct table *statement_table_of(const Pb__Statement *statement, struct arena *arena) {
    struct table *table = table_open(row_columns, COLUMN_COUNT(row_columns), arena);
    for (size_t i = 0; table != NULL && i < statement->n_change_rows; i++) {
        add_row(table, _("change"), statement->currency, statement->change_rows[i]);
    }
    for (size_t i = 0; table != NULL && i < statement->n_rows; i++) {
        add_row(table, _("movement"), statement->currency, statement->rows[i]);
    }
    return table;
}
