/* Balances of one customer or all, with totals for each currency. */
#include <stddef.h>
#include <string.h>

#include "base/decimal.h"
#include "projections/balance.h"
#include "projections/query_balance.h"
#include "projections/query_book.h"
#include "projections/query_rank.h"

/* Every amount of a balance: what a total adds up. */
static const size_t amounts[] = {
    offsetof(Pb__Balance, receivable_minor),
    offsetof(Pb__Balance, unapplied_minor),
    offsetof(Pb__Balance, deposit_minor),
    offsetof(Pb__Balance, deposit_held_minor),
    offsetof(Pb__Balance, deposit_available_minor),
    offsetof(Pb__Balance, dormant_minor),
    offsetof(Pb__Balance, pending_minor),
    offsetof(Pb__Balance, net_minor),
    offsetof(Pb__Balance, lifetime_deposited_minor),
    offsetof(Pb__Balance, lifetime_charged_minor),
    offsetof(Pb__Balance, lifetime_paid_minor),
    offsetof(Pb__Balance, lifetime_adjusted_minor),
    offsetof(Pb__Balance, lifetime_refunded_minor),
    offsetof(Pb__Balance, credit_held_minor),
    offsetof(Pb__Balance, lifetime_consumed_minor),
    offsetof(Pb__Balance, lifetime_written_off_minor),
};

struct balance_total {
    char currency[ACCOUNT_CURRENCY_SIZE];
    Pb__Balance balance;
};

enum daybook_status query_add_to_totals(struct book *book, struct pointers *totals, const Pb__Balance *row,
                                        struct daybook_error *error) {
    struct balance_total *total = book_total(book, totals, row->currency, sizeof *total);
    if (total == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    if (total->balance.base.descriptor == NULL) { /* The first of its currency: so far its amounts are the total. */
        total->balance = *row;
        total->balance.customer = (char *)(uintptr_t)protobuf_c_empty_string;
        total->balance.currency = total->currency;
        return DAYBOOK_OK;
    }
    return book_add_amounts(&total->balance, row, amounts, sizeof amounts / sizeof *amounts)
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_LIMIT, "while adding up balances in %s: a total does not fit 64 bits",
                              row->currency);
}

Pb__Balance **query_list_totals(struct book *book, const struct pointers *totals) {
    return (Pb__Balance **)book_list_totals(book, totals, offsetof(struct balance_total, balance));
}

Pb__Balance *query_copy_balance(struct book *book, const Pb__Balance *row) {
    Pb__Balance *copy = arena_alloc(book->arena, sizeof *copy);
    if (copy == NULL) {
        return NULL;
    }
    *copy = *row;
    copy->customer = book_text(book, row->customer);
    copy->currency = book_text(book, row->currency);
    return copy->customer == NULL || copy->currency == NULL ? NULL : copy;
}

struct balances {
    struct ranking ranking;
    struct pointers totals;
    size_t row_count;
};

static enum daybook_status add_row(struct balances *balances, struct book *book, const struct account_row *account,
                                   const struct series_totals *totals, struct daybook_error *error) {
    uint8_t key[PAGE_KEY_MAX];
    struct account_row named = *account;
    Pb__Balance row = PB__BALANCE__INIT;
    row.customer = named.customer;
    row.currency = named.currency;
    enum daybook_status status = effects_to_balance(totals->columns, &row, error);
    if (status == DAYBOOK_OK) {
        status = query_add_to_totals(book, &balances->totals, &row, error);
    }
    balances->row_count++;
    bool is_taken = false;
    if (status == DAYBOOK_OK) {
        status = rank_offer(&balances->ranking, book, account, row.net_minor, key, page_account_key(account, key),
                            &is_taken, error);
    }
    if (status == DAYBOOK_OK && is_taken) {
        status = rank_put(&balances->ranking, book, query_copy_balance(book, &row));
    }
    return status;
}

static enum daybook_status visit(void *context, struct book *book, const struct account_row *account,
                                 struct daybook_error *error) {
    struct series_totals totals;
    enum daybook_status status =
        balance_ask_again(&book->reads[0], account->number, book->at.as_of, book_known_at(book, 0), &totals, error);
    if (status != DAYBOOK_OK || totals.count == 0) {
        return book_check(book, 0, status, error);
    }
    return add_row(context, book, account, &totals, error);
}

/* A customer without a visible movement has a balance, too: zero. */
static enum daybook_status add_zero(struct balances *balances, struct book *book, struct daybook_error *error) {
    struct series_totals totals = {0};
    struct account_row account = {0};
    (void)strncpy(account.customer, book->customer, sizeof account.customer - 1);
    (void)strncpy(account.currency, book_default_currency(book), sizeof account.currency - 1);
    return add_row(balances, book, &account, &totals, error);
}

static enum daybook_status make_answer(struct book *book, const struct balances *balances, ProtobufCMessage **answer) {
    Pb__BalanceAnswer *made = arena_alloc(book->arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__balance_answer__init(made);
    made->position = book_position(book);
    made->n_rows = balances->ranking.rows.count;
    made->rows = (Pb__Balance **)balances->ranking.rows.items;
    made->n_totals = balances->totals.count;
    made->totals = query_list_totals(book, &balances->totals);
    made->next_cursor = page_next_cursor(&book->page, book->arena);
    *answer = &made->base;
    return made->position == NULL || made->totals == NULL || made->next_cursor == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

enum daybook_status query_balance(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                  ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__BalanceQuery *asked = query->balance;
    struct book_question question = {asked->at, asked->customer, asked->currency, asked->tag, asked->page, {NULL}};
    struct balances balances = {0};
    struct book book;
    enum daybook_status status = book_open_unchecked(&book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        status = rank_init(&balances.ranking, &book, asked->order, "net, greatest first", NULL, error);
    }
    if (status == DAYBOOK_OK) {
        book.accounts_table = BALANCE_ACCOUNTS;
        book_add_view(&book, "balance");
        status = book_walk(&book, visit, &balances, error);
    }
    if (status == DAYBOOK_OK && balances.row_count == 0 && asked->customer[0] != '\0') {
        status = book_check_customer(&book, error);
        if (status == DAYBOOK_OK && asked->tag[0] == '\0') {
            status = add_zero(&balances, &book, error);
        }
    }
    if (status == DAYBOOK_OK) {
        status = rank_finish(&balances.ranking, &book);
    }
    if (status == DAYBOOK_OK) {
        status = make_answer(&book, &balances, answer);
    }
    book_close(&book);
    return status;
}
