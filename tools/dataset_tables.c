/* The exported tables: every column, and how a row of an answer fills them. */
#include "tools/dataset.h"

#include <string.h>

#include "tools/dataset_events.h"
#include "tools/text.h"

#define REQUIRED false
#define NULLABLE true

/* One amount, twice: in major units, and exactly as the ledger has it. */
#define AMOUNT(name, nullable, meaning)                                                                                \
    {name, COLUMN_AMOUNT, nullable, meaning}, {                                                                        \
        name "_minor", COLUMN_WHOLE, nullable, N_("the same in minor units of the currency")                           \
    }
#define ACCOUNT                                                                                                        \
    {"customer", COLUMN_TEXT, REQUIRED, N_("the customer's id")}, {                                                    \
        "currency", COLUMN_TEXT, REQUIRED, N_("ISO 4217")                                                              \
    }
#define COUNT(columns) (sizeof(columns) / sizeof *(columns))

/* ---- events ---- */

static const struct column events_columns[] = {
    {"sequence", COLUMN_WHOLE, REQUIRED, N_("the event's place in the journal, from 1, without gaps")},
    {"recorded_at", COLUMN_INSTANT, REQUIRED, N_("when it was recorded; strictly increasing")},
    {"effective_on", COLUMN_DATE, REQUIRED, N_("the business date that it counts for")},
    {"original_on", COLUMN_DATE, NULLABLE, N_("of a late fact entered on an open day: the day it happened")},
    {"kind", COLUMN_TEXT, REQUIRED, N_("what it says: charge_posted, payment_received, ...")},
    {"customer", COLUMN_TEXT, NULLABLE, N_("null on events of the whole ledger")},
    {"currency", COLUMN_TEXT, NULLABLE, N_("null on events without money")},
    {"document", COLUMN_TEXT, NULLABLE, N_("the charge, payment, lot, ... that it makes or is about")},
    AMOUNT("amount", NULLABLE, N_("the amount in its body; of lots used, their sum; of a credit policy, the limit")),
    {"actor", COLUMN_TEXT, NULLABLE, N_("who did it")},
    {"request_key", COLUMN_TEXT, NULLABLE, N_("the key of the request that made it, in base64")},
    {"group_sequence", COLUMN_WHOLE, NULLABLE, N_("the first event of the group that it came in")},
    {"body", COLUMN_TEXT, REQUIRED, N_("all that its kind says, as proto3 JSON of daybook.v1")},
};

static const struct column postings_columns[] = {
    {"sequence", COLUMN_WHOLE, REQUIRED, N_("the event")},
    {"line", COLUMN_WHOLE, REQUIRED, N_("which of its lines, from 1")},
    {"recorded_at", COLUMN_INSTANT, REQUIRED, N_("when the event was recorded")},
    {"effective_on", COLUMN_DATE, REQUIRED, N_("the business date that it counts for")},
    {"kind", COLUMN_TEXT, REQUIRED, N_("the event's kind")},
    {"customer", COLUMN_TEXT, NULLABLE, N_("the event's customer")},
    {"document", COLUMN_TEXT, NULLABLE, N_("the document that the event makes or is about")},
    {"currency", COLUMN_TEXT, REQUIRED, N_("ISO 4217")},
    {"account", COLUMN_TEXT, REQUIRED, N_("the account of the books: Receivable, Cash, Deposits, ...")},
    AMOUNT("amount", REQUIRED, N_("debit positive, credit negative: those of an event add up to zero")),
};

static const struct column allocations_columns[] = {
    {"sequence", COLUMN_WHOLE, REQUIRED, N_("the event")},
    {"line", COLUMN_WHOLE, REQUIRED, N_("which of its parts, from 1: a charge may be paid from several lots")},
    {"recorded_at", COLUMN_INSTANT, REQUIRED, N_("when the event was recorded")},
    {"effective_on", COLUMN_DATE, REQUIRED, N_("the business date that it counts for")},
    {"kind", COLUMN_TEXT, REQUIRED, N_("allocated, unallocated, deposit_consumed or deposit_restored")},
    ACCOUNT,
    {"source_kind", COLUMN_TEXT, NULLABLE, N_("payment, adjustment or lot")},
    {"source", COLUMN_TEXT, REQUIRED, N_("the payment, the credit or the lot that pays")},
    {"target_kind", COLUMN_TEXT, NULLABLE, N_("charge or adjustment")},
    {"target", COLUMN_TEXT, REQUIRED, N_("the charge or the debit note that is paid")},
    {"instalment", COLUMN_WHOLE, REQUIRED, N_("of the charge, from 1; 0 where it has none")},
    AMOUNT("amount", REQUIRED, N_("negative where it is taken off or restored again")),
    {"through", COLUMN_TEXT, NULLABLE, N_("the allocation's own id; of lots used, the hold that was captured")},
};

/* ---- balances ---- */

/* The columns of Balance, twice: as they are now, and day by day. */
#define BALANCE_AMOUNTS                                                                                                \
    AMOUNT("receivable", REQUIRED, N_("open on charges and debit notes")),                                             \
        AMOUNT("unapplied", REQUIRED, N_("paid or credited, and not yet put against anything")),                       \
        AMOUNT("deposit", REQUIRED, N_("left of the lots")),                                                           \
        AMOUNT("deposit_held", REQUIRED, N_("of the deposit: held")),                                                  \
        AMOUNT("deposit_available", REQUIRED, N_("of the deposit: neither held nor for a later day")),                 \
        AMOUNT("dormant", REQUIRED, N_("expired, and still the customer's")),                                          \
        AMOUNT("pending", REQUIRED, N_("payments that have not settled; counted nowhere else")),                       \
        AMOUNT("net", REQUIRED, N_("receivable - unapplied - deposit")),                                               \
        AMOUNT("credit_held", REQUIRED, N_("held against the credit limit")),                                          \
        AMOUNT("lifetime_deposited", REQUIRED, N_("received as deposits, ever")),                                      \
        AMOUNT("lifetime_charged", REQUIRED, N_("charged less reversed, ever")),                                       \
        AMOUNT("lifetime_paid", REQUIRED, N_("paid less reversed, ever")),                                             \
        AMOUNT("lifetime_adjusted", REQUIRED, N_("adjusted, ever")),                                                   \
        AMOUNT("lifetime_refunded", REQUIRED, N_("refunded, ever")),                                                   \
        AMOUNT("lifetime_consumed", REQUIRED, N_("deposits used less restored, ever")),                                \
        AMOUNT("lifetime_written_off", REQUIRED, N_("written off less recovered, ever"))

static const struct column balances_columns[] = {ACCOUNT, BALANCE_AMOUNTS};

static const struct column daily_columns[] = {
    ACCOUNT,
    {"balance_on", COLUMN_DATE, REQUIRED, N_("a day on which something counted; the balance is that of its end")},
    BALANCE_AMOUNTS,
};

static void put_balance(struct dataset_run *run, const Pb__Balance *row) {
    const int64_t amounts[] = {
        row->receivable_minor,        row->unapplied_minor,
        row->deposit_minor,           row->deposit_held_minor,
        row->deposit_available_minor, row->dormant_minor,
        row->pending_minor,           row->net_minor,
        row->credit_held_minor,       row->lifetime_deposited_minor,
        row->lifetime_charged_minor,  row->lifetime_paid_minor,
        row->lifetime_adjusted_minor, row->lifetime_refunded_minor,
        row->lifetime_consumed_minor, row->lifetime_written_off_minor,
    };
    for (size_t i = 0; i < COUNT(amounts); i++) {
        dataset_amount(run, amounts[i], row->currency);
    }
}

static enum daybook_status fill_balance(struct dataset_run *run, const ProtobufCMessage *message,
                                        struct daybook_error *error) {
    const Pb__Balance *row = (const Pb__Balance *)message;
    dataset_text(run, row->customer);
    dataset_text(run, row->currency);
    put_balance(run, row);
    return dataset_offer(run, error);
}

static enum daybook_status fill_daily(struct dataset_run *run, const ProtobufCMessage *message,
                                      struct daybook_error *error) {
    const Pb__DailyBalance *row = (const Pb__DailyBalance *)message;
    dataset_text(run, row->balance->customer);
    dataset_text(run, row->balance->currency);
    dataset_date(run, row->on);
    put_balance(run, row->balance);
    return dataset_offer(run, error);
}

/* ---- open items ---- */

static const struct column items_columns[] = {
    ACCOUNT,
    {"kind", COLUMN_TEXT, REQUIRED, N_("charge, payment or adjustment")},
    {"document", COLUMN_TEXT, REQUIRED, N_("its id; unique per customer and kind")},
    {"instalment", COLUMN_WHOLE, REQUIRED, N_("of a charge, from 1; 0 where it has none")},
    {"posted_on", COLUMN_DATE, REQUIRED, N_("the business date of the document")},
    {"due_on", COLUMN_DATE, NULLABLE, N_("when it is due; null for money received")},
    AMOUNT("amount", REQUIRED, N_("what it was")),
    AMOUNT("open", REQUIRED, N_("what is left; negative for unapplied money")),
    AMOUNT("disputed", REQUIRED, N_("of what is left: contested")),
    {"days_overdue", COLUMN_WHOLE, REQUIRED, N_("from due_on to the as-of date; negative = not yet due")},
    {"sequence", COLUMN_WHOLE, REQUIRED, N_("the event that made it")},
    {"settled_on", COLUMN_DATE, NULLABLE, N_("the day on which it came to zero")},
    {"category", COLUMN_TEXT, NULLABLE, N_("of a charge")},
};

static enum daybook_status fill_item(struct dataset_run *run, const ProtobufCMessage *message,
                                     struct daybook_error *error) {
    const Pb__OpenItem *row = (const Pb__OpenItem *)message;
    dataset_text(run, row->customer);
    dataset_text(run, row->currency);
    dataset_choice(run, &pb__document_kind__descriptor, (int)row->kind);
    dataset_text(run, row->document);
    dataset_whole(run, row->instalment);
    dataset_date(run, row->posted_on);
    dataset_date(run, row->due_on);
    dataset_amount(run, row->amount_minor, row->currency);
    dataset_amount(run, row->open_minor, row->currency);
    dataset_amount(run, row->disputed_minor, row->currency);
    dataset_whole(run, row->days_overdue);
    dataset_whole(run, (int64_t)row->sequence);
    dataset_date(run, row->settled_on);
    dataset_text_if(run, row->category);
    return dataset_offer(run, error);
}

/* ---- aging ---- */

enum { AGING_BUCKETS = 5 };

static const struct column aging_columns[] = {
    ACCOUNT,
    AMOUNT("not_due", REQUIRED, N_("due on the as-of date or later")),
    AMOUNT("days_1_30", REQUIRED, N_("overdue by 1 to 30 days, by due date")),
    AMOUNT("days_31_60", REQUIRED, N_("by 31 to 60")),
    AMOUNT("days_61_90", REQUIRED, N_("by 61 to 90")),
    AMOUNT("days_91_120", REQUIRED, N_("by 91 to 120")),
    AMOUNT("days_over_120", REQUIRED, N_("by more")),
    AMOUNT("disputed", REQUIRED, N_("contested; in no other column")),
    AMOUNT("unapplied", REQUIRED, N_("money not yet put against anything, negative")),
    AMOUNT("total", REQUIRED, N_("the sum of the other columns")),
};

static void put_ages(struct dataset_run *run, const char *currency, const Pb__AgingRow *row) {
    dataset_amount(run, row->not_due_minor, currency);
    for (size_t i = 0; i < AGING_BUCKETS; i++) {
        dataset_amount(run, i < row->n_bucket_minor ? row->bucket_minor[i] : 0, currency);
    }
    dataset_amount(run, row->disputed_minor, currency);
    dataset_amount(run, row->unapplied_minor, currency);
    dataset_amount(run, row->total_minor, currency);
}

static enum daybook_status fill_aging(struct dataset_run *run, const ProtobufCMessage *message,
                                      struct daybook_error *error) {
    const Pb__AgingRow *row = (const Pb__AgingRow *)message;
    DAYBOOK_TRY(dataset_see(run, row->customer, row->currency, error));
    dataset_text(run, row->customer);
    dataset_text(run, row->currency);
    put_ages(run, row->currency, row);
    return dataset_offer(run, error);
}

/* An account that has nothing open any more has no row in an aging; an increment says so with zeros. */
static enum daybook_status fill_no_aging(struct dataset_run *run, const ProtobufCMessage *message,
                                         struct daybook_error *error) {
    const Pb__Balance *row = (const Pb__Balance *)message;
    Pb__AgingRow nothing = PB__AGING_ROW__INIT;
    if (dataset_has_seen(run, row->customer, row->currency)) {
        return DAYBOOK_OK;
    }
    dataset_text(run, row->customer);
    dataset_text(run, row->currency);
    put_ages(run, row->currency, &nothing);
    return dataset_offer(run, error);
}

static const struct dataset aging_rest = {
    .name = "aging",
    .columns = aging_columns,
    .column_count = COUNT(aging_columns),
    .month_column = DATASET_NO_MONTH,
    .question = "balance",
    .fill = fill_no_aging,
};

/* ---- lots ---- */

static const struct column lots_columns[] = {
    ACCOUNT,
    {"lot", COLUMN_TEXT, REQUIRED, N_("its id")},
    {"sequence", COLUMN_WHOLE, REQUIRED, N_("the event that made it")},
    {"received_on", COLUMN_DATE, REQUIRED, N_("the business date of the deposit")},
    {"funding", COLUMN_TEXT, REQUIRED, N_("paid or promotional")},
    {"scope", COLUMN_TEXT, NULLABLE, N_("categories of charges that it may pay, as a JSON array; null = any")},
    {"priority", COLUMN_WHOLE, REQUIRED, N_("0 to 100, lower first")},
    {"effective_from", COLUMN_DATE, NULLABLE, N_("first day it can pay a charge")},
    {"expires_on", COLUMN_DATE, NULLABLE, N_("first day it no longer can; null = never")},
    {"on_expiry", COLUMN_TEXT, NULLABLE, N_("dormant or forfeit")},
    {"memo", COLUMN_TEXT, NULLABLE, N_("free text")},
    AMOUNT("received", REQUIRED, N_("what it was")),
    AMOUNT("consumed", REQUIRED, N_("used less restored")),
    AMOUNT("refunded", REQUIRED, N_("paid back")),
    AMOUNT("dormant", REQUIRED, N_("expired, and still the customer's")),
    AMOUNT("forfeited", REQUIRED, N_("expired, and no longer")),
    AMOUNT("remaining", REQUIRED, N_("received - consumed - refunded - dormant - forfeited")),
    AMOUNT("held", REQUIRED, N_("of what is left: held")),
    AMOUNT("available", REQUIRED, N_("left and not held, where the as-of date is one on which it can pay")),
};

static enum daybook_status fill_lot(struct dataset_run *run, const ProtobufCMessage *message,
                                    struct daybook_error *error) {
    const Pb__Lot *row = (const Pb__Lot *)message;
    dataset_text(run, row->customer);
    dataset_text(run, row->currency);
    dataset_text(run, row->lot);
    dataset_whole(run, (int64_t)row->sequence);
    dataset_date(run, row->received_on);
    dataset_choice(run, &pb__funding__descriptor, (int)row->funding);
    dataset_list(run, row->scope, row->n_scope);
    dataset_whole(run, row->priority);
    dataset_date(run, row->effective_from);
    dataset_date(run, row->expires_on);
    dataset_choice(run, &pb__on_expiry__descriptor, (int)row->on_expiry);
    dataset_text_if(run, row->memo);
    dataset_amount(run, row->received_minor, row->currency);
    dataset_amount(run, row->consumed_minor, row->currency);
    dataset_amount(run, row->refunded_minor, row->currency);
    dataset_amount(run, row->dormant_minor, row->currency);
    dataset_amount(run, row->forfeited_minor, row->currency);
    dataset_amount(run, row->left_minor, row->currency);
    dataset_amount(run, row->held_minor, row->currency);
    dataset_amount(run, row->available_minor, row->currency);
    return dataset_offer(run, error);
}

/* ---- customers ---- */

static const struct column customers_columns[] = {
    {"customer", COLUMN_TEXT, REQUIRED, N_("the customer's id")},
    {"name", COLUMN_TEXT, NULLABLE, N_("how they are called; see personal")},
    {"tags", COLUMN_TEXT, NULLABLE, N_("as a JSON array; null = none")},
    {"terms_days", COLUMN_WHOLE, NULLABLE, N_("payment terms; null: due on the posting date")},
    {"terms_end_of_month", COLUMN_FLAG, NULLABLE, N_("the days count from the end of the charge's month")},
    {"settlement", COLUMN_TEXT, NULLABLE, N_("deposits-first, receivable or deposits-only")},
    {"opened_on", COLUMN_DATE, NULLABLE, N_("the business date of the opening")},
    {"closed_on", COLUMN_DATE, NULLABLE, N_("null = open")},
    {"personal", COLUMN_TEXT, NULLABLE,
     N_("of what is sealed: opened, erased, key-missing or damaged; null = nothing is")},
};

static enum daybook_status fill_customer(struct dataset_run *run, const ProtobufCMessage *message,
                                         struct daybook_error *error) {
    static const Pb__CustomerProfile nothing = PB__CUSTOMER_PROFILE__INIT;
    const Pb__Customer *row = (const Pb__Customer *)message;
    const Pb__CustomerProfile *profile = row->profile == NULL ? &nothing : row->profile;
    dataset_text(run, row->customer);
    dataset_text_if(run, profile->name);
    dataset_list(run, profile->tags, profile->n_tags);
    if (profile->terms != NULL) {
        dataset_whole(run, profile->terms->days);
        dataset_flag(run, profile->terms->end_of_month);
    } else {
        dataset_null(run);
        dataset_null(run);
    }
    dataset_choice(run, &pb__settlement__descriptor, (int)profile->settlement);
    dataset_date(run, row->opened_on);
    dataset_date(run, row->closed_on);
    dataset_choice(run, &pb__personal_state__descriptor, (int)row->personal);
    return dataset_offer(run, error);
}

/* ---- all of them ---- */

/* Name, columns, month, question; see struct dataset. */
#define TABLE(table) .columns = table##_columns, .column_count = COUNT(table##_columns)

_Static_assert(COUNT(daily_columns) <= DATASET_COLUMNS_MAX, "a row's cells have their place in struct dataset_run");

const struct dataset datasets[] = {
    {
        .name = "events",
        .meaning = N_("the journal: one event a row"),
        .key = "sequence",
        TABLE(events),
        .month_column = 2,
        .is_of_events = true,
        .fill = dataset_fill_event,
    },
    {
        .name = "postings",
        .meaning = N_("the books: one line of double entry a row"),
        .key = "sequence,line",
        TABLE(postings),
        .month_column = 3,
        .question = "postings",
        .is_of_events = true,
        .fill = dataset_fill_posting,
    },
    {
        .name = "balances",
        .meaning = N_("what each customer has and owes, per currency"),
        .key = "customer,currency",
        TABLE(balances),
        .month_column = DATASET_NO_MONTH,
        .question = "balance",
        .fill = fill_balance,
    },
    {
        .name = "open-items",
        .meaning = N_("what is open on charges and debit notes, and unapplied of payments and credits; with --since "
                      "also what has been settled, with 0 open"),
        .key = "customer,currency,kind,document,instalment",
        TABLE(items),
        .month_column = 5,
        .question = "open_items",
        .also_since = "include_closed",
        .fill = fill_item,
    },
    {
        .name = "aging",
        .meaning = N_("what is open by how long it is overdue; with --since also accounts with nothing open, as zeros"),
        .key = "customer,currency",
        TABLE(aging),
        .month_column = DATASET_NO_MONTH,
        .question = "aging",
        .fill = fill_aging,
        .rest = &aging_rest,
    },
    {
        .name = "lots",
        .meaning = N_("deposits, lot by lot, those that are used up included"),
        .key = "customer,lot",
        TABLE(lots),
        .month_column = 4,
        .question = "lots",
        .also = "include_spent",
        .fill = fill_lot,
    },
    {
        .name = "allocations",
        .meaning = N_("what paid what: payments and credits put against charges, and lots used for them"),
        .key = "sequence,line",
        TABLE(allocations),
        .month_column = 3,
        .is_of_events = true,
        .fill = dataset_fill_allocation,
    },
    {
        .name = "customers",
        .meaning = N_("who has an account"),
        .key = "customer",
        TABLE(customers),
        .month_column = DATASET_NO_MONTH,
        .question = "customers",
        .fill = fill_customer,
    },
    {
        .name = "daily-balances",
        .meaning = N_("what each customer had and owed at the end of each day on which something counted; between "
                      "two of an account's days nothing changes"),
        .key = "customer,currency,balance_on",
        TABLE(daily),
        .month_column = 2,
        .question = "daily_balances",
        .fill = fill_daily,
    },
    {.name = NULL},
};
