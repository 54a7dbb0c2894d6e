/* The end of a statement: ages, open items, lots; and the policies behind them. */
#include <string.h>

#include "codec/wire.h"
#include "projections/aging.h"
#include "projections/lots.h"
#include "projections/statement_inside.h"

/* Of format 1: they never change in it. */
static const int32_t edges[] = {30, 60, 90, 120};
static const char *const buckets[] = {"1-30", "31-60", "61-90", "91-120", "over 120"};
static const char *const policies[][2] = {
    {"basis", "due date"},
    {"edges", "30 60 90 120"},
    {"unapplied", "own column"},
    {"disputed", "own column"},
    {"previous statement", "the one that ends where this begins, issued by known at"},
};

enum { EDGE_COUNT = sizeof edges / sizeof edges[0] };

_Static_assert(sizeof buckets / sizeof buckets[0] == EDGE_COUNT + 1, "a bucket for each edge, and one over the last");

enum daybook_status statement_add_policies(Pb__Statement *statement, struct arena *arena) {
    struct pointers kept = {0};
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        Pb__Policy *policy = arena_alloc(arena, sizeof *policy);
        DAYBOOK_TRY(pointers_add(&kept, arena, policy));
        pb__policy__init(policy);
        policy->name = arena_copy_text(arena, policies[i][0], strlen(policies[i][0]));
        policy->value = arena_copy_text(arena, policies[i][1], strlen(policies[i][1]));
        if (policy->name == NULL || policy->value == NULL) {
            return DAYBOOK_NO_MEMORY;
        }
    }
    statement->n_policies = kept.count;
    statement->policies = (Pb__Policy **)kept.items;
    return DAYBOOK_OK;
}

/* ---- ages ---- */

static enum daybook_status add_age(struct stating *stating, struct pointers *ages, const char *column,
                                   int64_t amount_minor) {
    Pb__StatementAge *age = arena_alloc(stating->book.arena, sizeof *age);
    DAYBOOK_TRY(pointers_add(ages, stating->book.arena, age));
    pb__statement_age__init(age);
    age->column = book_text(&stating->book, column);
    age->amount_minor = amount_minor;
    return age->column == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

static enum daybook_status keep_ages(struct stating *stating, const struct aging_sums *sums) {
    struct pointers ages = {0};
    DAYBOOK_TRY(add_age(stating, &ages, "not due", sums->not_due_minor));
    for (size_t i = 0; i <= EDGE_COUNT; i++) {
        DAYBOOK_TRY(add_age(stating, &ages, buckets[i], sums->buckets[i]));
    }
    DAYBOOK_TRY(add_age(stating, &ages, "disputed", sums->disputed_minor));
    DAYBOOK_TRY(add_age(stating, &ages, "unapplied", sums->unapplied_minor));
    stating->made->n_ages = ages.count;
    stating->made->ages = (Pb__StatementAge **)ages.items;
    return DAYBOOK_OK;
}

/* ---- items ---- */

struct item_list {
    struct stating *stating;
    struct pointers rows;
};

static enum daybook_status add_part(struct item_list *list, const struct aging_item *item,
                                    const struct aging_part *part) {
    struct book *book = &list->stating->book;
    Pb__StatementItem *row = arena_alloc(book->arena, sizeof *row);
    DAYBOOK_TRY(pointers_add(&list->rows, book->arena, row));
    pb__statement_item__init(row);
    row->kind = (Pb__DocumentKind)item->kind;
    row->document = arena_copy_text(book->arena, item->id, item->id_size);
    row->instalment = part->instalment;
    row->posted_on = book_date(book, item->posted_on);
    row->due_on = book_date(book, item->is_source ? DATE_NONE : part->due_on);
    row->days_overdue = item->is_source ? 0 : book->at.as_of - part->due_on;
    row->amount_minor = part->amount_minor;
    row->open_minor = item->is_source ? -part->open_minor : part->open_minor;
    row->disputed_minor = part->disputed_minor;
    return row->document == NULL || row->posted_on == NULL || row->due_on == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

static enum daybook_status add_item(void *context, const struct aging_item *item, struct daybook_error *error) {
    (void)error;
    for (size_t i = 0; i < item->part_count; i++) {
        if (item->parts[i].open_minor != 0) {
            DAYBOOK_TRY(add_part(context, item, &item->parts[i]));
        }
    }
    return DAYBOOK_OK;
}

enum daybook_status statement_ask_ages(struct stating *stating, struct daybook_error *error) {
    struct book *book = &stating->book;
    struct store_txn *txn = book->reads[READ_AGING].txn;
    struct aging_policy policy = {.edge_count = EDGE_COUNT, .unapplied = AGING_UNAPPLIED_COLUMN};
    struct aging_question question = {.as_of = book->at.as_of, .known_at = book->at.known_at};
    struct item_list list = {.stating = stating};
    struct aging_sums sums = {0};
    struct account_row account;
    bool is_found = false;
    memcpy(policy.edges, edges, sizeof edges);
    DAYBOOK_TRY(account_find(txn, AGING_ACCOUNTS, book->customer, book->currency, &account, &is_found, error));
    if (is_found) {
        question.account = account.number;
        DAYBOOK_TRY(aging_ask(txn, &question, &policy, &sums, error));
    }
    if (sums.total_minor != stating->made->closing->owed_minor) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "the aging and the balance view contradict each other about customer \"%.64s\" in %s; "
                            "rebuild both from the journal",
                            book->customer, book->currency);
    }
    if (is_found && stating->made->kind == PB__STATEMENT_KIND__STATEMENT_KIND_OPEN_ITEM) {
        DAYBOOK_TRY(aging_ask_items(txn, &question, add_item, &list, error));
    }
    stating->made->n_items = list.rows.count;
    stating->made->items = (Pb__StatementItem **)list.rows.items;
    return keep_ages(stating, &sums);
}

/* ---- lots ---- */

static enum daybook_status add_lot(struct stating *stating, struct pointers *rows, const struct lot_row *lot,
                                   struct daybook_error *error) {
    struct book *book = &stating->book;
    int64_t columns[LOT_COLUMN_COUNT];
    ProtobufCMessage *message = NULL;
    arena_reset(&book->scratch);
    DAYBOOK_TRY(wire_decode(&pb__deposit_received__descriptor, lot->body, &book->scratch, &message, error));
    const Pb__DepositReceived *body = (const Pb__DepositReceived *)message;
    int32_t expires_on = body->expires_on;
    DAYBOOK_TRY(lots_ask(book->reads[READ_LOTS].txn, lot->number, book->at.as_of, book->at.known_at, columns,
                         &expires_on, error));
    int64_t left_minor = body->amount_minor - columns[LOT_CONSUMED] - columns[LOT_REFUNDED] - columns[LOT_DORMANT] -
                         columns[LOT_FORFEITED]; /* LO1; law 3 keeps each within the amount. */
    if (left_minor == 0 && columns[LOT_HELD] == 0 && columns[LOT_DORMANT] == 0) {
        return DAYBOOK_OK;
    }
    Pb__StatementLot *row = arena_alloc(book->arena, sizeof *row);
    DAYBOOK_TRY(pointers_add(rows, book->arena, row));
    pb__statement_lot__init(row);
    row->lot = book_text(book, body->lot);
    row->funding = body->funding;
    row->received_on = book_date(book, lot->received_on);
    row->effective_from = book_date(book, body->effective_from);
    row->expires_on = book_date(book, expires_on);
    row->received_minor = body->amount_minor;
    row->left_minor = left_minor;
    row->held_minor = columns[LOT_HELD];
    row->dormant_minor = columns[LOT_DORMANT];
    return row->lot == NULL || row->received_on == NULL || row->effective_from == NULL || row->expires_on == NULL
               ? DAYBOOK_NO_MEMORY
               : DAYBOOK_OK;
}

static enum daybook_status walk_lots(struct stating *stating, uint32_t account, struct pointers *rows,
                                     struct daybook_error *error) {
    struct book *book = &stating->book;
    struct lots_walk walk;
    struct lot_row lot;
    bool is_found = true;
    DAYBOOK_TRY(lots_walk_open(book->reads[READ_LOTS].txn, account, LOTS_NOT_SPENT, book->at.as_of, book->at.known_at,
                               &walk, error));
    enum daybook_status status = DAYBOOK_OK;
    while (status == DAYBOOK_OK) {
        status = lots_walk_next(&walk, &lot, &is_found, error);
        if (status != DAYBOOK_OK || !is_found) {
            break;
        }
        status = add_lot(stating, rows, &lot, error);
    }
    lots_walk_close(&walk);
    return status;
}

/* Without any deposit at the end there is no lot to show, however many there were. */
enum daybook_status statement_ask_lots(struct stating *stating, struct daybook_error *error) {
    struct book *book = &stating->book;
    const Pb__StatementAmounts *closing = stating->made->closing;
    struct pointers rows = {0};
    struct account_row account;
    bool is_found = false;
    if (closing->deposit_minor == 0 && closing->deposit_held_minor == 0 && closing->dormant_minor == 0) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(account_find(book->reads[READ_LOTS].txn, LOTS_ACCOUNTS, book->customer, book->currency, &account,
                             &is_found, error));
    if (is_found) {
        DAYBOOK_TRY(walk_lots(stating, account.number, &rows, error));
    }
    stating->made->n_lots = rows.count;
    stating->made->lots = (Pb__StatementLot **)rows.items;
    return DAYBOOK_OK;
}
