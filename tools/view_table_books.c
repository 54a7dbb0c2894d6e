/* The answers about the books, lots and lineage as tables: which columns, in what order. */
#include "tools/view_table_books.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "daybook/v1/query.pb-c.h"
#include "tools/event_text.h"
#include "tools/message_field.h"
#include "tools/text.h"
#include "tools/word_text.h"

#define COLUMN_COUNT(columns) (sizeof(columns) / sizeof(columns)[0])

static void add_enum(struct table *table, const ProtobufCEnumDescriptor *descriptor, int value) {
    char text[64];
    table_add_text(table, value == 0 ? "" : word_of(enum_short_name(descriptor, value, text, sizeof text)), TONE_PLAIN);
}

static void skip(struct table *table, int count) {
    for (int i = 0; i < count; i++) {
        table_add_text(table, "", TONE_PLAIN);
    }
}

/* Debit and credit: the side that has nothing is left empty. */
static void add_sides(struct table *table, int64_t debit_minor, int64_t credit_minor, const char *currency) {
    if (debit_minor != 0) {
        table_add_amount(table, debit_minor, currency, TONE_PLAIN);
    } else {
        skip(table, 1);
    }
    if (credit_minor != 0) {
        table_add_amount(table, credit_minor, currency, TONE_PLAIN);
    } else {
        skip(table, 1);
    }
}

/* ---- trial balance ---- */

static const struct table_column trial_columns[] = {
    {"currency", N_("CUR"), false},
    {"account", N_("ACCOUNT"), false},
    {"debit", N_("DEBIT"), true},
    {"credit", N_("CREDIT"), true},
};

static void add_trial_row(struct table *table, const Pb__TrialBalanceRow *row) {
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, row->currency, TONE_PLAIN);
    table_add_text(table, word_of(row->account), TONE_PLAIN);
    add_sides(table, row->debit_minor, row->credit_minor, row->currency);
}

/* The total of a currency stands below its accounts. */
static struct table *trial_table(const Pb__TrialBalanceAnswer *answer, struct arena *arena) {
    struct table *table = table_open(trial_columns, COLUMN_COUNT(trial_columns), arena);
    size_t at = 0;
    for (size_t i = 0; table != NULL && i < answer->n_totals; i++) {
        const Pb__TrialBalanceTotal *total = answer->totals[i];
        for (; at < answer->n_rows && strcmp(answer->rows[at]->currency, total->currency) == 0; at++) {
            add_trial_row(table, answer->rows[at]);
        }
        table_begin_row(table, ROW_TOTAL);
        table_add_text(table, total->currency, TONE_PLAIN);
        table_add_text(table, _("total"), TONE_PLAIN);
        table_add_amount(table, total->debit_minor, total->currency, TONE_PLAIN);
        table_add_amount(table, total->credit_minor, total->currency, TONE_PLAIN);
    }
    return table;
}

static void print_amount(FILE *stream, int64_t minor, const char *currency) {
    char text[DECIMAL_TEXT_SIZE];
    (void)fputs(decimal_format_grouped(minor, currency_decimals(currency), text), stream);
}

static void print_pair(FILE *stream, const char *what, int64_t books_minor, int64_t customers_minor,
                       const char *currency, bool is_part) {
    (void)fprintf(stream, "  %s ", what);
    print_amount(stream, books_minor, currency);
    (void)fputs(_(" in the books, "), stream);
    print_amount(stream, customers_minor, currency);
    (void)fputs(is_part ? _(" in items and lots\n") : _(" in the balances\n"), stream);
}

static void print_agreement(const Pb__TrialBalanceTotal *total, bool is_part, FILE *stream) {
    if (total->agrees == PB__AGREEMENT__AGREEMENT_UNSPECIFIED) {
        return;
    }
    (void)fprintf(stream,
                  is_part ? _("%s agrees with open items and lots: %s\n") : _("%s agrees with customer balances: %s\n"),
                  total->currency, total->agrees == PB__AGREEMENT__AGREEMENT_YES ? _("yes") : _("NO"));
    if (total->agrees == PB__AGREEMENT__AGREEMENT_NO) {
        print_pair(stream, _("open less unapplied:"), total->accounts_net_minor, total->customers_net_minor,
                   total->currency, is_part);
        print_pair(stream, _("deposits:"), total->accounts_deposit_minor, total->customers_deposit_minor,
                   total->currency, is_part);
    }
}

/* ---- postings ---- */

static const struct table_column posting_columns[] = {
    {"sequence", N_("SEQ"), true},       {"effective_on", N_("EFFECTIVE"), false},
    {"customer", N_("CUSTOMER"), false}, {"event", N_("EVENT"), false},
    {"document", N_("DOCUMENT"), false}, {"currency", N_("CUR"), false},
    {"account", N_("ACCOUNT"), false},   {"debit", N_("DEBIT"), true},
    {"credit", N_("CREDIT"), true},
};

enum { POSTING_CURRENCIES_MAX = 200 };

/* What was listed, in one currency. */
struct posting_sum {
    const char *currency;
    int64_t debit_minor;
    int64_t credit_minor;
    bool overflows;
};

static void add_posting(struct table *table, const Pb__Event *event, const Pb__PostingLine *line, struct arena *arena) {
    char effective[DATE_TEXT_SIZE];
    table_begin_row(table, ROW_PLAIN);
    table_add_count(table, (int64_t)event->sequence, TONE_PLAIN);
    table_add_text(table, date_format(event->effective_on, effective), TONE_PLAIN);
    table_add_text(table, event->customer, TONE_PLAIN);
    table_add_text(table, word_of(event_kind_text(event, arena)), TONE_PLAIN);
    table_add_text(table, event_document_text(event, arena), TONE_PLAIN);
    table_add_text(table, event->currency, TONE_PLAIN);
    table_add_text(table, word_of(line->account), TONE_PLAIN);
    add_sides(table, line->debit_minor, line->credit_minor, event->currency);
}

static void sum_posting(struct posting_sum *sums, size_t *count, const char *currency, const Pb__PostingLine *line) {
    size_t i = 0;
    while (i < *count && strcmp(sums[i].currency, currency) != 0) {
        i++;
    }
    if (i == POSTING_CURRENCIES_MAX) {
        return;
    }
    if (i == *count) {
        sums[(*count)++] = (struct posting_sum){.currency = currency};
    }
    sums[i].overflows = sums[i].overflows || !money_add(&sums[i].debit_minor, line->debit_minor) ||
                        !money_add(&sums[i].credit_minor, line->credit_minor);
}

static void add_posting_sum(struct table *table, const struct posting_sum *sum) {
    table_begin_row(table, ROW_TOTAL);
    table_add_text(table, _("total"), TONE_PLAIN);
    skip(table, 4);
    table_add_text(table, sum->currency, TONE_PLAIN);
    skip(table, 1);
    if (sum->overflows) {
        skip(table, 2);
    } else {
        table_add_amount(table, sum->debit_minor, sum->currency, TONE_PLAIN);
        table_add_amount(table, sum->credit_minor, sum->currency, TONE_PLAIN);
    }
}

static struct table *postings_table(const Pb__PostingsAnswer *answer, struct arena *arena) {
    struct table *table = table_open(posting_columns, COLUMN_COUNT(posting_columns), arena);
    struct posting_sum sums[POSTING_CURRENCIES_MAX];
    size_t count = 0;
    for (size_t i = 0; table != NULL && i < answer->n_rows; i++) {
        const Pb__PostingsRow *row = answer->rows[i];
        for (size_t j = 0; row->event != NULL && j < row->n_lines; j++) {
            add_posting(table, row->event, row->lines[j], arena);
            sum_posting(sums, &count, row->event->currency, row->lines[j]);
        }
    }
    for (size_t i = 0; table != NULL && i < count; i++) {
        add_posting_sum(table, &sums[i]);
    }
    return table;
}

/* ---- lots ---- */

static const struct table_column lot_columns[] = {
    {"customer", N_("CUSTOMER"), false},
    {"lot", N_("LOT"), false},
    {"received_on", N_("RECEIVED ON"), false},
    {"funding", N_("FUNDING"), false},
    {"scope", N_("SCOPE"), false},
    {"priority", N_("PRIO"), true},
    {"effective_from", N_("FROM"), false},
    {"expires_on", N_("EXPIRES"), false},
    {"currency", N_("CUR"), false},
    {"received", N_("RECEIVED"), true},
    {"consumed", N_("CONSUMED"), true},
    {"refunded", N_("REFUNDED"), true},
    {"dormant", N_("DORMANT"), true},
    {"forfeited", N_("FORFEITED"), true},
    {"left", N_("LEFT"), true},
    {"held", N_("HELD"), true},
    {"available", N_("AVAILABLE"), true},
    {"expiring", N_("EXPIRING"), true},
};

static const char *join_scope(const Pb__Lot *lot, struct arena *arena) {
    const char *joined = "";
    for (size_t i = 0; joined != NULL && i < lot->n_scope; i++) {
        joined = arena_format(arena, "%s%s%s", joined, i == 0 ? "" : " ", lot->scope[i]);
    }
    return joined == NULL ? "" : joined;
}

static void add_lot(struct table *table, const Pb__Lot *lot, enum table_row_kind kind, struct arena *arena) {
    const int64_t amounts[] = {lot->received_minor, lot->consumed_minor,  lot->refunded_minor,
                               lot->dormant_minor,  lot->forfeited_minor, lot->left_minor,
                               lot->held_minor,     lot->available_minor, lot->expiring_minor};
    table_begin_row(table, kind);
    if (kind == ROW_TOTAL) {
        table_add_text(table, _("total"), TONE_PLAIN);
        skip(table, 7);
    } else {
        table_add_text(table, lot->customer, TONE_PLAIN);
        table_add_text(table, lot->lot, TONE_PLAIN);
        table_add_text(table, lot->received_on, TONE_PLAIN);
        add_enum(table, &pb__funding__descriptor, (int)lot->funding);
        table_add_text(table, join_scope(lot, arena), TONE_PLAIN);
        table_add_count(table, lot->priority, TONE_PLAIN);
        table_add_text(table, lot->effective_from, TONE_PLAIN);
        table_add_text(table, lot->expires_on, TONE_PLAIN);
    }
    table_add_text(table, lot->currency, TONE_PLAIN);
    for (size_t i = 0; i < COLUMN_COUNT(amounts); i++) {
        table_add_amount(table, amounts[i], lot->currency, TONE_PLAIN);
    }
}

static struct table *lots_table(const Pb__LotsAnswer *answer, struct arena *arena) {
    struct table *table = table_open(lot_columns, COLUMN_COUNT(lot_columns), arena);
    for (size_t i = 0; table != NULL && i < answer->n_rows; i++) {
        add_lot(table, answer->rows[i], ROW_PLAIN, arena);
    }
    for (size_t i = 0; table != NULL && i < answer->n_totals; i++) {
        add_lot(table, answer->totals[i], ROW_TOTAL, arena);
    }
    return table;
}

/* ---- lineage ---- */

static const struct table_column lineage_columns[] = {
    {"sequence", N_("SEQ"), true},     {"effective_on", N_("EFFECTIVE"), false}, {"event", N_("EVENT"), false},
    {"kind", N_("KIND"), false},       {"document", N_("DOCUMENT"), false},      {"instalment", N_("INST"), true},
    {"through", N_("THROUGH"), false}, {"currency", N_("CUR"), false},           {"amount", N_("AMOUNT"), true},
};

/* "deposit consumed" for "deposit_consumed". */
static const char *event_words(const char *name, struct arena *arena) {
    char *words = arena_copy_text(arena, name, strlen(name));
    for (char *c = words; c != NULL && *c != '\0'; c++) {
        *c = *c == '_' ? ' ' : *c;
    }
    return words == NULL ? "" : words;
}

static void add_lineage(struct table *table, const Pb__LineageRow *row, const char *currency, struct arena *arena) {
    table_begin_row(table, ROW_PLAIN);
    table_add_count(table, (int64_t)row->sequence, TONE_PLAIN);
    table_add_text(table, row->effective_on, TONE_PLAIN);
    table_add_text(table, word_of(event_words(row->event, arena)), TONE_PLAIN);
    add_enum(table, &pb__document_kind__descriptor, (int)row->other_kind);
    table_add_text(table, row->other, TONE_PLAIN);
    if (row->instalment == 0) {
        skip(table, 1);
    } else {
        table_add_count(table, row->instalment, TONE_PLAIN);
    }
    table_add_text(table, row->through, TONE_PLAIN);
    table_add_text(table, currency, TONE_PLAIN);
    table_add_amount(table, row->amount_minor, currency, TONE_PLAIN);
}

static struct table *lineage_table(const Pb__LineageAnswer *answer, struct arena *arena) {
    struct table *table = table_open(lineage_columns, COLUMN_COUNT(lineage_columns), arena);
    for (size_t i = 0; table != NULL && i < answer->n_rows; i++) {
        add_lineage(table, answer->rows[i], answer->currency, arena);
    }
    for (size_t i = 0; table != NULL && i < answer->n_totals; i++) {
        table_begin_row(table, ROW_TOTAL);
        table_add_text(table, _("total"), TONE_PLAIN);
        skip(table, 2);
        add_enum(table, &pb__document_kind__descriptor, (int)answer->totals[i]->other_kind);
        skip(table, 3);
        table_add_text(table, answer->currency, TONE_PLAIN);
        table_add_amount(table, answer->totals[i]->amount_minor, answer->currency, TONE_PLAIN);
    }
    return table;
}

static void print_document(const Pb__LineageAnswer *answer, FILE *stream) {
    char kind[64];
    (void)fprintf(stream, _("\n%s %s of %s, event %" PRIu64 ": "),
                  word_of(enum_short_name(&pb__document_kind__descriptor, (int)answer->kind, kind, sizeof kind)),
                  answer->document, answer->effective_on, answer->sequence);
    print_amount(stream, answer->amount_minor, answer->currency);
    (void)fprintf(stream, _(" %s, "), answer->currency);
    print_amount(stream, answer->left_minor, answer->currency);
    (void)fputs(_(" left.\n"), stream);
}

/* ---- all of them ---- */

struct table *books_table_of(const ProtobufCMessage *answer, struct arena *arena) {
    const ProtobufCMessageDescriptor *kind = answer->descriptor;
    if (kind == &pb__trial_balance_answer__descriptor) {
        return trial_table((const Pb__TrialBalanceAnswer *)answer, arena);
    }
    if (kind == &pb__postings_answer__descriptor) {
        return postings_table((const Pb__PostingsAnswer *)answer, arena);
    }
    if (kind == &pb__lots_answer__descriptor) {
        return lots_table((const Pb__LotsAnswer *)answer, arena);
    }
    assert(kind == &pb__lineage_answer__descriptor);
    return lineage_table((const Pb__LineageAnswer *)answer, arena);
}

static void print_trial_notes(const Pb__TrialBalanceAnswer *trial, FILE *stream) {
    bool is_part = trial->customer[0] != '\0' || trial->tag[0] != '\0';
    if (trial->customer[0] != '\0') {
        (void)fprintf(stream, _("These are the books of customer %s.\n"), trial->customer);
    }
    if (trial->tag[0] != '\0') {
        (void)fprintf(stream, _("These are the books of customers with the tag %s.\n"), trial->tag);
    }
    for (size_t i = 0; i < trial->n_totals; i++) {
        print_agreement(trial->totals[i], is_part, stream);
    }
}

void books_print_notes(const ProtobufCMessage *answer, FILE *stream) {
    if (answer->descriptor == &pb__trial_balance_answer__descriptor) {
        print_trial_notes((const Pb__TrialBalanceAnswer *)answer, stream);
    } else if (answer->descriptor == &pb__lineage_answer__descriptor) {
        print_document((const Pb__LineageAnswer *)answer, stream);
    }
}
