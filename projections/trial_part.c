/* The books of a part of the customers, and what their items and lots say of the same. */
#include "projections/trial_part.h"

#include "codec/wire.h"
#include "projections/balance.h"
#include "projections/lots.h"
#include "projections/query_aging.h"

enum { READ_BALANCE, READ_LOTS, READ_AGING };

struct parting {
    bool with_check;
    struct pointers *parts;
};

/* ---- lots ---- */

/* Of all lots what was given away; of those not spent what is left. */
static enum daybook_status add_lot(struct book *book, enum lots_which which, const struct lot_row *lot,
                                   const Pb__DepositReceived *body, wide *sum_minor, struct daybook_error *error) {
    int64_t columns[LOT_COLUMN_COUNT];
    int64_t left_minor;
    int32_t expires_on = body->expires_on;
    if (which == LOTS_ALL) {
        *sum_minor += body->funding == PB__FUNDING__FUNDING_PROMOTIONAL ? body->amount_minor : 0;
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(lots_ask(book->reads[READ_LOTS].txn, lot->number, book->at.as_of, book->at.known_at, columns,
                         &expires_on, error));
    if (!lots_left(body->amount_minor, columns, &left_minor)) {
        return daybook_fail(error, DAYBOOK_LIMIT,
                            "while adding up lots: what is left of \"%.64s\" does not fit 64 bits", body->lot);
    }
    *sum_minor += left_minor;
    return DAYBOOK_OK;
}

static enum daybook_status add_lots(struct book *book, const struct account_row *account, enum lots_which which,
                                    wide *sum_minor, struct daybook_error *error) {
    struct store_txn *txn = book->reads[READ_LOTS].txn;
    struct account_row found;
    struct lots_walk walk;
    bool is_found;
    DAYBOOK_TRY(account_find(txn, LOTS_ACCOUNTS, account->customer, account->currency, &found, &is_found, error));
    if (!is_found) {
        return DAYBOOK_OK;
    }
    enum daybook_status status =
        lots_walk_open(txn, found.number, which, book->at.as_of, book->at.known_at, &walk, error);
    while (status == DAYBOOK_OK) {
        struct lot_row lot;
        ProtobufCMessage *body = NULL;
        status = lots_walk_next(&walk, &lot, &is_found, error);
        if (status != DAYBOOK_OK || !is_found) {
            break;
        }
        arena_reset(&book->scratch);
        status = wire_decode(&pb__deposit_received__descriptor, lot.body, &book->scratch, &body, error);
        if (status == DAYBOOK_OK) {
            status = add_lot(book, which, &lot, (const Pb__DepositReceived *)body, sum_minor, error);
        }
    }
    lots_walk_close(&walk);
    return book_check(book, READ_LOTS, status, error);
}

/* ---- items ---- */

/* By the items alone: the balance, which this is compared with, does not end the search. */
static enum daybook_status add_items(struct book *book, const struct account_row *account, wide *sum_minor,
                                     struct daybook_error *error) {
    struct store_txn *txn = book->reads[READ_AGING].txn;
    struct aging_policy policy = query_default_aging_policy();
    struct account_row found;
    struct aging_sums sums;
    bool is_found;
    DAYBOOK_TRY(account_find(txn, AGING_ACCOUNTS, account->customer, account->currency, &found, &is_found, error));
    if (!is_found) {
        return DAYBOOK_OK;
    }
    struct aging_question question = {found.number, book->at.as_of, book_known_at(book, READ_AGING), false, NULL};
    DAYBOOK_TRY(aging_ask(txn, &question, &policy, &sums, error));
    *sum_minor += sums.total_minor;
    return DAYBOOK_OK;
}

/* ---- the part ---- */

static enum daybook_status compare(struct book *book, const struct account_row *account, struct trial_part *part,
                                   struct daybook_error *error) {
    DAYBOOK_TRY(book_check(book, READ_AGING, add_items(book, account, &part->items_minor, error), error));
    return add_lots(book, account, LOTS_NOT_SPENT, &part->lots_minor, error);
}

static enum daybook_status visit(void *context, struct book *book, const struct account_row *account,
                                 struct daybook_error *error) {
    struct parting *parting = context;
    struct series_totals sums;
    wide totals[POSTING_ACCOUNT_COUNT];
    wide gifts_minor = 0;
    enum daybook_status status =
        balance_ask(book->reads[READ_BALANCE].txn, account->number, book->at.as_of, book->at.known_at, &sums, error);
    if (status != DAYBOOK_OK || sums.count == 0) {
        return book_check(book, READ_BALANCE, status, error);
    }
    struct trial_part *part = book_total(book, parting->parts, account->currency, sizeof *part);
    if (part == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    if (sums.columns[EFFECT_DEPOSITED] != 0) {
        DAYBOOK_TRY(add_lots(book, account, LOTS_ALL, &gifts_minor, error));
    }
    effects_to_books(sums.columns, gifts_minor, totals);
    for (int i = 0; i < POSTING_ACCOUNT_COUNT; i++) {
        part->totals[i] += totals[i];
    }
    return parting->with_check ? compare(book, account, part, error) : DAYBOOK_OK;
}

enum daybook_status trial_part_ask(struct book *book, bool with_check, struct pointers *parts,
                                   struct daybook_error *error) {
    struct parting parting = {with_check, parts};
    book->accounts_table = BALANCE_ACCOUNTS;
    book_add_view(book, "balance");
    book_add_view(book, "lots");
    if (with_check) {
        book_add_view(book, "aging");
    }
    DAYBOOK_TRY(book_walk(book, visit, &parting, error));
    bool is_named = book->customer[0] != '\0' && book->tag[0] == '\0';
    if (parts->count == 0 && is_named) {
        /* A customer who is named has books, too: zero. */
        void *zero = book_total(book, parts, book_default_currency(book), sizeof(struct trial_part));
        return zero == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
    }
    return DAYBOOK_OK;
}
