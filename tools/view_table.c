/* The answers of views as tables: which columns, in what order. */
#include "tools/view_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "tools/event_text.h"
#include "tools/message_field.h"
#include "tools/text.h"
#include "tools/view_table_access.h"
#include "tools/view_table_books.h"
#include "tools/view_table_bridge.h"
#include "tools/view_table_credit.h"
#include "tools/view_table_kpi.h"
#include "tools/view_table_statement.h"
#include "tools/word_text.h"

#define COLUMN_COUNT(columns) (sizeof(columns) / sizeof(columns)[0])

static void add_enum(struct table *table, const ProtobufCEnumDescriptor *descriptor, int value) {
    char text[64];
    table_add_text(table, word_of(enum_short_name(descriptor, value, text, sizeof text)), TONE_PLAIN);
}

/* ---- balance ---- */

static const struct table_column balance_columns[] = {
    {"customer", N_("CUSTOMER"), false},
    {"currency", N_("CUR"), false},
    {"receivable", N_("RECEIVABLE"), true},
    {"unapplied", N_("UNAPPLIED"), true},
    {"deposit", N_("DEPOSIT"), true},
    {"deposit_held", N_("HELD"), true},
    {"deposit_available", N_("AVAILABLE"), true},
    {"dormant", N_("DORMANT"), true},
    {"pending", N_("PENDING"), true},
    {"net", N_("NET"), true},
};

static void add_balance(struct table *table, const Pb__Balance *row, enum table_row_kind kind) {
    const char *currency = row->currency;
    table_begin_row(table, kind);
    table_add_text(table, kind == ROW_TOTAL ? _("total") : row->customer, TONE_PLAIN);
    table_add_text(table, currency, TONE_PLAIN);
    table_add_amount(table, row->receivable_minor, currency, TONE_PLAIN);
    table_add_amount(table, row->unapplied_minor, currency, TONE_PLAIN);
    table_add_amount(table, row->deposit_minor, currency, TONE_PLAIN);
    table_add_amount(table, row->deposit_held_minor, currency, TONE_PLAIN);
    table_add_amount(table, row->deposit_available_minor, currency, TONE_PLAIN);
    table_add_amount(table, row->dormant_minor, currency, TONE_PLAIN);
    table_add_amount(table, row->pending_minor, currency, TONE_PLAIN);
    table_add_amount(table, row->net_minor, currency, TONE_PLAIN);
}

static struct table *balance_table(const Pb__BalanceAnswer *answer, struct arena *arena) {
    struct table *table = table_open(balance_columns, COLUMN_COUNT(balance_columns), arena);
    for (size_t i = 0; table != NULL && i < answer->n_rows; i++) {
        add_balance(table, answer->rows[i], ROW_PLAIN);
    }
    for (size_t i = 0; table != NULL && i < answer->n_totals; i++) {
        add_balance(table, answer->totals[i], ROW_TOTAL);
    }
    return table;
}

/* ---- open items ---- */

static const struct table_column item_columns[] = {
    {"customer", N_("CUSTOMER"), false},  {"kind", N_("KIND"), false},
    {"document", N_("DOCUMENT"), false},  {"instalment", N_("INST"), true},
    {"category", N_("CATEGORY"), false},  {"posted_on", N_("POSTED"), false},
    {"due_on", N_("DUE"), false},         {"days_overdue", N_("DAYS OVERDUE"), true},
    {"settled_on", N_("SETTLED"), false}, {"currency", N_("CUR"), false},
    {"amount", N_("AMOUNT"), true},       {"disputed", N_("DISPUTED"), true},
    {"open", N_("OPEN"), true},
};

static void add_item(struct table *table, const Pb__OpenItem *row) {
    bool is_overdue = row->open_minor > 0 && row->days_overdue > 0;
    enum table_tone tone = is_overdue ? TONE_ALARM : TONE_PLAIN;
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, row->customer, TONE_PLAIN);
    add_enum(table, &pb__document_kind__descriptor, (int)row->kind);
    table_add_text(table, row->document, TONE_PLAIN);
    if (row->instalment == 0) {
        table_add_text(table, "", TONE_PLAIN);
    } else {
        table_add_count(table, row->instalment, TONE_PLAIN);
    }
    table_add_text(table, row->category, TONE_PLAIN);
    table_add_text(table, row->posted_on, TONE_PLAIN);
    table_add_text(table, row->due_on, tone);
    if (row->due_on[0] == '\0') {
        table_add_text(table, "", TONE_PLAIN);
    } else {
        table_add_count(table, row->days_overdue, tone);
    }
    table_add_text(table, row->settled_on, TONE_PLAIN);
    table_add_text(table, row->currency, TONE_PLAIN);
    table_add_amount(table, row->amount_minor, row->currency, TONE_PLAIN);
    table_add_amount(table, row->disputed_minor, row->currency, TONE_PLAIN);
    table_add_amount(table, row->open_minor, row->currency, tone);
}

static void add_item_total(struct table *table, const Pb__Balance *total) {
    table_begin_row(table, ROW_TOTAL);
    table_add_text(table, _("total"), TONE_PLAIN);
    for (int i = 0; i < 8; i++) {
        table_add_text(table, "", TONE_PLAIN);
    }
    table_add_text(table, total->currency, TONE_PLAIN);
    table_add_text(table, "", TONE_PLAIN);
    table_add_text(table, "", TONE_PLAIN);
    table_add_amount(table, total->receivable_minor - total->unapplied_minor, total->currency, TONE_PLAIN);
}

static struct table *items_table(const Pb__OpenItemsAnswer *answer, struct arena *arena) {
    struct table *table = table_open(item_columns, COLUMN_COUNT(item_columns), arena);
    for (size_t i = 0; table != NULL && i < answer->n_rows; i++) {
        add_item(table, answer->rows[i]);
    }
    for (size_t i = 0; table != NULL && i < answer->n_totals; i++) {
        add_item_total(table, answer->totals[i]);
    }
    return table;
}

/* ---- aging ---- */

static struct table_column aging_column(const char *name, const char *title, bool is_number) {
    return (struct table_column){name, title, is_number};
}

/* Its buckets are the question's own, so its columns are made for each answer. */
static struct table *open_aging(const Pb__AgingAnswer *answer, struct arena *arena) {
    size_t count = answer->n_buckets + 6;
    struct table_column *columns = arena_alloc(arena, count * sizeof *columns);
    if (columns == NULL) {
        return NULL;
    }
    columns[0] = aging_column("customer", N_("CUSTOMER"), false);
    columns[1] = aging_column("currency", N_("CUR"), false);
    columns[2] = aging_column("not_due", N_("NOT DUE"), true);
    for (size_t i = 0; i < answer->n_buckets; i++) {
        columns[3 + i] = aging_column(answer->buckets[i], word_heading(answer->buckets[i], arena), true);
        if (columns[3 + i].title == NULL) {
            return NULL;
        }
    }
    columns[count - 3] = aging_column("disputed", N_("DISPUTED"), true);
    columns[count - 2] = aging_column("unapplied", N_("UNAPPLIED"), true);
    columns[count - 1] = aging_column("total", N_("TOTAL"), true);
    return table_open(columns, count, arena);
}

static void add_aging(struct table *table, const Pb__AgingRow *row, size_t bucket_count, enum table_row_kind kind) {
    table_begin_row(table, kind);
    table_add_text(table, kind == ROW_TOTAL ? _("total") : row->customer, TONE_PLAIN);
    table_add_text(table, row->currency, TONE_PLAIN);
    table_add_amount(table, row->not_due_minor, row->currency, TONE_PLAIN);
    for (size_t i = 0; i < bucket_count; i++) {
        int64_t amount = i < row->n_bucket_minor ? row->bucket_minor[i] : 0;
        table_add_amount(table, amount, row->currency, amount == 0 ? TONE_PLAIN : TONE_ALARM);
    }
    table_add_amount(table, row->disputed_minor, row->currency, TONE_PLAIN);
    table_add_amount(table, row->unapplied_minor, row->currency, TONE_PLAIN);
    table_add_amount(table, row->total_minor, row->currency, TONE_PLAIN);
}

static struct table *aging_table(const Pb__AgingAnswer *answer, struct arena *arena) {
    struct table *table = open_aging(answer, arena);
    for (size_t i = 0; table != NULL && i < answer->n_rows; i++) {
        add_aging(table, answer->rows[i], answer->n_buckets, ROW_PLAIN);
    }
    for (size_t i = 0; table != NULL && i < answer->n_totals; i++) {
        add_aging(table, answer->totals[i], answer->n_buckets, ROW_TOTAL);
    }
    return table;
}

/* ---- history ---- */

static const struct table_column history_columns[] = {
    {"sequence", N_("SEQ"), true},
    {"recorded_at", N_("RECORDED"), false},
    {"effective_on", N_("EFFECTIVE"), false},
    {"customer", N_("CUSTOMER"), false},
    {"event", N_("EVENT"), false},
    {"document", N_("DOCUMENT"), false},
    {"currency", N_("CUR"), false},
    {"amount", N_("AMOUNT"), true},
    {"receivable", N_("RECEIVABLE"), true},
    {"unapplied", N_("UNAPPLIED"), true},
    {"deposit", N_("DEPOSIT"), true},
    {"net", N_("NET"), true},
    {"actor", N_("ACTOR"), false},
};

static void add_after(struct table *table, const Pb__Balance *after) {
    if (after == NULL || after->currency[0] == '\0') {
        for (int i = 0; i < 4; i++) {
            table_add_text(table, "", TONE_PLAIN);
        }
        return;
    }
    table_add_amount(table, after->receivable_minor, after->currency, TONE_PLAIN);
    table_add_amount(table, after->unapplied_minor, after->currency, TONE_PLAIN);
    table_add_amount(table, after->deposit_minor, after->currency, TONE_PLAIN);
    table_add_amount(table, after->net_minor, after->currency, TONE_PLAIN);
}

static void add_history(struct table *table, const Pb__HistoryRow *row, struct arena *arena) {
    const Pb__Event *event = row->event;
    char recorded[INSTANT_TEXT_SIZE];
    char effective[DATE_TEXT_SIZE];
    int64_t amount;
    table_begin_row(table, ROW_PLAIN);
    table_add_count(table, (int64_t)event->sequence, TONE_PLAIN);
    table_add_text(table, instant_format(event->recorded_at_us, recorded), TONE_PLAIN);
    table_add_text(table, date_format(event->effective_on, effective), TONE_PLAIN);
    table_add_text(table, event->customer, TONE_PLAIN);
    table_add_text(table, word_of(event_kind_text(event, arena)), TONE_PLAIN);
    table_add_text(table, event_document_text(event, arena), TONE_PLAIN);
    table_add_text(table, event->currency, TONE_PLAIN);
    if (event_amount(event, &amount)) {
        table_add_amount(table, amount, event->currency, TONE_PLAIN);
    } else {
        table_add_text(table, "", TONE_PLAIN);
    }
    add_after(table, row->after);
    table_add_text(table, event->actor, TONE_PLAIN);
}

static struct table *history_table(const Pb__HistoryAnswer *answer, struct arena *arena) {
    struct table *table = table_open(history_columns, COLUMN_COUNT(history_columns), arena);
    for (size_t i = 0; table != NULL && i < answer->n_rows; i++) {
        if (answer->rows[i]->event != NULL) {
            add_history(table, answer->rows[i], arena);
        }
    }
    return table;
}

/* ---- customers ---- */

static const struct table_column customer_columns[] = {
    {"customer", N_("CUSTOMER"), false},
    {"name", N_("NAME"), false},
    {"tags", N_("TAGS"), false},
    {"terms", N_("TERMS"), false},
    {"settlement", N_("SETTLEMENT"), false},
    {"opened_on", N_("OPENED"), false},
    {"closed_on", N_("CLOSED"), false},
    {"contact", N_("CONTACT"), false},
    {"email", N_("EMAIL"), false},
    {"phone", N_("PHONE"), false},
    {"address", N_("ADDRESS"), false},
};
enum { CONTACT_COLUMNS = 4 }; /* The last ones. */

static const char *join_tags(const Pb__CustomerProfile *profile, struct arena *arena) {
    const char *joined = "";
    for (size_t i = 0; joined != NULL && i < profile->n_tags; i++) {
        joined = arena_format(arena, "%s%s%s", joined, i == 0 ? "" : " ", profile->tags[i]);
    }
    return joined;
}

/* What stands where a name cannot be read. */
static const char *name_text(const Pb__Customer *row, const Pb__CustomerProfile *profile) {
    switch (row->personal) {
    case PB__PERSONAL_STATE__PERSONAL_STATE_ERASED:
        return _("(erased)");
    case PB__PERSONAL_STATE__PERSONAL_STATE_KEY_MISSING:
        return _("(key missing)");
    case PB__PERSONAL_STATE__PERSONAL_STATE_DAMAGED:
        return _("(key damaged)");
    case PB__PERSONAL_STATE__PERSONAL_STATE_UNSPECIFIED:
    case PB__PERSONAL_STATE__PERSONAL_STATE_OPENED:
    case _PB__PERSONAL_STATE_IS_INT_SIZE:
        break;
    }
    return profile->name;
}

static void add_customer(struct table *table, const Pb__Customer *row, struct arena *arena) {
    static const Pb__CustomerProfile none = PB__CUSTOMER_PROFILE__INIT;
    const Pb__CustomerProfile *profile = row->profile == NULL ? &none : row->profile;
    char terms[64] = "";
    if (profile->terms != NULL) {
        (void)snprintf(terms, sizeof terms,
                       profile->terms->end_of_month
                           ? text_count("%" PRIu32 " day from the end of the month",
                                        "%" PRIu32 " days from the end of the month", profile->terms->days)
                           : text_count("%" PRIu32 " day", "%" PRIu32 " days", profile->terms->days),
                       profile->terms->days);
    }
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, row->customer, TONE_PLAIN);
    table_add_text(table, name_text(row, profile), TONE_PLAIN);
    table_add_text(table, join_tags(profile, arena), TONE_PLAIN);
    table_add_text(table, terms, TONE_PLAIN);
    add_enum(table, &pb__settlement__descriptor, (int)profile->settlement);
    table_add_text(table, row->opened_on, TONE_PLAIN);
    table_add_text(table, row->closed_on, TONE_PLAIN);
}

/* How a customer is reached is shown where one customer was asked for. */
static const Pb__Contact *contact_shown(const Pb__CustomersAnswer *answer) {
    return answer->n_rows == 1 && answer->rows[0]->profile != NULL ? answer->rows[0]->profile->contact : NULL;
}

static struct table *customers_table(const Pb__CustomersAnswer *answer, struct arena *arena) {
    const Pb__Contact *contact = contact_shown(answer);
    size_t columns = COLUMN_COUNT(customer_columns) - (contact == NULL ? CONTACT_COLUMNS : 0);
    struct table *table = table_open(customer_columns, columns, arena);
    for (size_t i = 0; table != NULL && i < answer->n_rows; i++) {
        add_customer(table, answer->rows[i], arena);
    }
    if (table != NULL && contact != NULL) {
        table_add_text(table, contact->person, TONE_PLAIN);
        table_add_text(table, contact->email, TONE_PLAIN);
        table_add_text(table, contact->phone, TONE_PLAIN);
        table_add_text(table, contact->address, TONE_PLAIN);
    }
    return table;
}

struct table *view_table_of(const ProtobufCMessage *answer, struct arena *arena) {
    const ProtobufCMessageDescriptor *kind = answer->descriptor;
    if (kind == &pb__balance_answer__descriptor) {
        return balance_table((const Pb__BalanceAnswer *)answer, arena);
    }
    if (kind == &pb__open_items_answer__descriptor) {
        return items_table((const Pb__OpenItemsAnswer *)answer, arena);
    }
    if (kind == &pb__aging_answer__descriptor) {
        return aging_table((const Pb__AgingAnswer *)answer, arena);
    }
    if (kind == &pb__history_answer__descriptor) {
        return history_table((const Pb__HistoryAnswer *)answer, arena);
    }
    if (kind == &pb__customers_answer__descriptor) {
        return customers_table((const Pb__CustomersAnswer *)answer, arena);
    }
    struct table *credit;
    if (credit_table_of(answer, arena, &credit)) {
        return credit;
    }
    if (kind == &pb__kpi_answer__descriptor) {
        return kpi_table_of((const Pb__KpiAnswer *)answer, arena);
    }
    if (kind == &pb__bridge_answer__descriptor) {
        return bridge_table_of((const Pb__BridgeAnswer *)answer, arena);
    }
    if (kind == &pb__proposals_answer__descriptor) {
        return proposals_table_of((const Pb__ProposalsAnswer *)answer, arena);
    }
    if (kind == &pb__statements_answer__descriptor) {
        const Pb__StatementsAnswer *statements = (const Pb__StatementsAnswer *)answer;
        return statements_table_of(statements->rows, statements->n_rows, arena);
    }
    return books_table_of(answer, arena);
}

const Pb__Position *answer_position(const ProtobufCMessage *answer) {
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(answer->descriptor, "position");
    return field == NULL ? NULL : *(const Pb__Position *const *)field_member(answer, field);
}
