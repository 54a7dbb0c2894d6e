/* Lots of one customer or all: what is left of each, and what will expire through a date. */
#include <stddef.h>
#include <string.h>

#include "base/decimal.h"
#include "codec/wire.h"
#include "projections/lots.h"
#include "projections/query_book.h"
#include "projections/query_rank.h"

struct lot_list {
    bool includes_spent;
    int32_t expiring_through; /* DATE_NONE: not asked. */
    struct ranking ranking;
    struct pointers totals;
};

struct lots_total {
    char currency[ACCOUNT_CURRENCY_SIZE];
    Pb__Lot lot;
};

/* A lot in work; body and texts are in the book's scratch arena. */
struct lot_found {
    const struct account_row *account;
    const Pb__DepositReceived *body;
    Pb__Lot lot;
    int32_t expires_on;
    struct lot_row row;
};

/* What a total adds up. */
static const size_t amounts[] = {
    offsetof(Pb__Lot, received_minor), offsetof(Pb__Lot, consumed_minor),  offsetof(Pb__Lot, refunded_minor),
    offsetof(Pb__Lot, dormant_minor),  offsetof(Pb__Lot, forfeited_minor), offsetof(Pb__Lot, left_minor),
    offsetof(Pb__Lot, held_minor),     offsetof(Pb__Lot, available_minor), offsetof(Pb__Lot, expiring_minor),
};

static enum daybook_status too_much(const struct lot_found *found, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_LIMIT, "while adding up lots of \"%.64s\" in %s: a sum does not fit 64 bits",
                        found->account->customer, found->account->currency);
}

/* What is left on the last day of the forecast, by all that is recorded up to K, with the holds
 * that end until then released: the part of it that no hold spares expires. */
static enum daybook_status forecast(const struct lot_list *list, struct book *book, struct lot_found *found,
                                    struct daybook_error *error) {
    struct store_txn *txn = book->reads[0].txn;
    int32_t through = list->expiring_through > book->at.as_of ? list->expiring_through : book->at.as_of;
    int64_t columns[LOT_COLUMN_COUNT];
    int64_t expiring_minor;
    int32_t expires_on = found->body->expires_on;
    DAYBOOK_TRY(lots_ask(txn, found->row.number, through, book->at.known_at, columns, &expires_on, error));
    if (expires_on == DATE_NONE || expires_on > list->expiring_through) {
        return DAYBOOK_OK;
    }
    if (!lots_left(found->body->amount_minor, columns, &expiring_minor) ||
        __builtin_sub_overflow(expiring_minor, columns[LOT_HELD], &expiring_minor)) {
        return too_much(found, error);
    }
    if (columns[LOT_HELD] != 0) {
        int64_t ending_minor;
        DAYBOOK_TRY(lots_ask_ending_holds(txn, found->row.number, through, book->at.known_at, &ending_minor, error));
        if (!money_add(&expiring_minor, ending_minor)) {
            return too_much(found, error);
        }
    }
    found->lot.expiring_minor = expiring_minor > 0 ? expiring_minor : 0;
    return DAYBOOK_OK;
}

/* Fills the amounts of a lot that is visible. */
static enum daybook_status weigh(const struct lot_list *list, struct book *book, struct lot_found *found,
                                 struct daybook_error *error) {
    const Pb__DepositReceived *body = found->body;
    int64_t columns[LOT_COLUMN_COUNT];
    Pb__Lot *lot = &found->lot;
    found->expires_on = body->expires_on;
    DAYBOOK_TRY(lots_ask(book->reads[0].txn, found->row.number, book->at.as_of, book->at.known_at, columns,
                         &found->expires_on, error));
    lot->received_minor = body->amount_minor;
    lot->consumed_minor = columns[LOT_CONSUMED];
    lot->refunded_minor = columns[LOT_REFUNDED];
    lot->dormant_minor = columns[LOT_DORMANT];
    lot->forfeited_minor = columns[LOT_FORFEITED];
    lot->held_minor = columns[LOT_HELD];
    if (!lots_left(body->amount_minor, columns, &lot->left_minor) ||
        !lots_available(body, columns, found->expires_on, book->at.as_of, lot->left_minor, &lot->available_minor)) {
        return too_much(found, error);
    }
    return list->expiring_through == DATE_NONE ? DAYBOOK_OK : forecast(list, book, found, error);
}

static bool is_asked_for(const struct lot_list *list, const Pb__Lot *lot) {
    if (list->expiring_through != DATE_NONE) {
        return lot->expiring_minor > 0;
    }
    return list->includes_spent || lot->left_minor != 0 || lot->held_minor != 0 || lot->dormant_minor != 0;
}

/* ---- rows and totals ---- */

static enum daybook_status add_to_totals(struct lot_list *list, struct book *book, const struct lot_found *found,
                                         struct daybook_error *error) {
    struct lots_total *total = book_total(book, &list->totals, found->account->currency, sizeof *total);
    if (total == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    if (total->lot.base.descriptor == NULL) {
        pb__lot__init(&total->lot);
        total->lot.currency = total->currency;
    }
    return book_add_amounts(&total->lot, &found->lot, amounts, sizeof amounts / sizeof *amounts)
               ? DAYBOOK_OK
               : too_much(found, error);
}

static enum daybook_status copy_scope(struct book *book, const Pb__DepositReceived *body, Pb__Lot *row) {
    row->n_scope = body->n_scope;
    row->scope = arena_alloc(book->arena, (body->n_scope + 1) * sizeof *row->scope);
    for (size_t i = 0; row->scope != NULL && i < body->n_scope; i++) {
        row->scope[i] = book_text(book, body->scope[i]);
        if (row->scope[i] == NULL) {
            return DAYBOOK_NO_MEMORY;
        }
    }
    return row->scope == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

static enum daybook_status copy_row(struct lot_list *list, struct book *book, const struct lot_found *found) {
    const Pb__DepositReceived *body = found->body;
    Pb__Lot *row = arena_alloc(book->arena, sizeof *row);
    DAYBOOK_TRY(rank_put(&list->ranking, book, row));
    *row = found->lot;
    row->customer = book_text(book, found->account->customer);
    row->currency = book_text(book, found->account->currency);
    row->lot = book_text(book, body->lot);
    row->sequence = found->row.sequence;
    row->received_on = book_date(book, found->row.received_on);
    row->funding = body->funding;
    row->priority = body->priority;
    row->effective_from = book_date(book, body->effective_from);
    row->expires_on = book_date(book, found->expires_on);
    row->on_expiry = body->on_expiry;
    row->memo = book_text(book, body->memo);
    if (row->customer == NULL || row->currency == NULL || row->lot == NULL || row->received_on == NULL ||
        row->effective_from == NULL || row->expires_on == NULL || row->memo == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    return copy_scope(book, body, row);
}

/* A lot's key on a page: the account's, 0x00, sequence u64 big-endian. */
static enum daybook_status add_lot(struct lot_list *list, struct book *book, struct lot_found *found,
                                   struct daybook_error *error) {
    ProtobufCMessage *body = NULL;
    uint8_t key[PAGE_KEY_MAX];
    arena_reset(&book->scratch);
    DAYBOOK_TRY(wire_decode(&pb__deposit_received__descriptor, found->row.body, &book->scratch, &body, error));
    found->body = (const Pb__DepositReceived *)body;
    DAYBOOK_TRY(weigh(list, book, found, error));
    if (!is_asked_for(list, &found->lot)) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(add_to_totals(list, book, found, error));
    size_t size = page_account_key(found->account, key);
    key[size++] = 0;
    store_be64(key + size, found->row.sequence);
    int64_t amount = list->expiring_through == DATE_NONE ? found->lot.left_minor : found->lot.expiring_minor;
    bool is_taken;
    DAYBOOK_TRY(rank_offer(&list->ranking, book, found->account, amount, key, size + 8, &is_taken, error));
    return is_taken ? copy_row(list, book, found) : DAYBOOK_OK;
}

static enum daybook_status visit(void *context, struct book *book, const struct account_row *account,
                                 struct daybook_error *error) {
    struct lot_list *list = context;
    struct lots_walk walk;
    bool is_found = true;
    /* What is not spent at (A, K) alone can expire through a later date. */
    enum daybook_status status =
        lots_walk_open(book->reads[0].txn, account->number, list->includes_spent ? LOTS_ALL : LOTS_NOT_SPENT,
                       book->at.as_of, book->at.known_at, &walk, error);
    if (status != DAYBOOK_OK) {
        return book_check(book, 0, status, error);
    }
    while (status == DAYBOOK_OK) {
        struct lot_found found = {.account = account, .lot = PB__LOT__INIT};
        status = lots_walk_next(&walk, &found.row, &is_found, error);
        if (status != DAYBOOK_OK || !is_found) {
            break;
        }
        status = add_lot(list, book, &found, error);
    }
    lots_walk_close(&walk);
    return book_check(book, 0, status, error);
}

/* ---- the question ---- */

static enum daybook_status read_question(struct lot_list *list, struct book *book, const Pb__LotsQuery *asked,
                                         struct daybook_error *error) {
    const char *through = asked->expiring_through;
    list->includes_spent = asked->include_spent;
    if (through[0] == '\0') {
        return DAYBOOK_OK;
    }
    if (!date_parse(through, strlen(through), &list->expiring_through)) {
        return daybook_fail(error, DAYBOOK_INVALID, "\"%.32s\" is no date; write it like 2024-02-29", through);
    }
    return book_add_policy(book, "expiring through", through);
}

static enum daybook_status make_answer(struct book *book, const struct lot_list *list, ProtobufCMessage **answer) {
    Pb__LotsAnswer *made = arena_alloc(book->arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__lots_answer__init(made);
    made->position = book_position(book);
    made->n_rows = list->ranking.rows.count;
    made->rows = (Pb__Lot **)list->ranking.rows.items;
    made->n_totals = list->totals.count;
    made->totals = (Pb__Lot **)book_list_totals(book, &list->totals, offsetof(struct lots_total, lot));
    made->next_cursor = page_next_cursor(&book->page, book->arena);
    *answer = &made->base;
    return made->position == NULL || made->totals == NULL || made->next_cursor == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

enum daybook_status query_lots(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                               ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__LotsQuery *asked = query->lots;
    struct book_question question = {asked->at, asked->customer, asked->currency, asked->tag, asked->page, {"lots"}};
    struct lot_list list = {0};
    struct book book;
    enum daybook_status status = book_open(&book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        status = read_question(&list, &book, asked, error);
    }
    if (status == DAYBOOK_OK) {
        status = rank_init(&list.ranking, &book, asked->order,
                           list.expiring_through == DATE_NONE ? "left, greatest first" : "expiring, greatest first",
                           NULL, error);
    }
    if (status == DAYBOOK_OK) {
        book.accounts_table = LOTS_ACCOUNTS;
        book_add_view(&book, "lots");
        status = book_walk(&book, visit, &list, error);
    }
    if (status == DAYBOOK_OK) {
        status = rank_finish(&list.ranking, &book);
    }
    if (status == DAYBOOK_OK) {
        status = make_answer(&book, &list, answer);
    }
    book_close(&book);
    return status;
}
