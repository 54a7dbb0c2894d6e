/* The trial balance: every account of the books, of all customers or of some, and whether other views agree. */
#include <string.h>

#include "base/decimal.h"
#include "projections/balance.h"
#include "projections/query_book.h"
#include "projections/trial.h"
#include "projections/trial_part.h"

struct trial {
    struct book book;
    struct pointers rows;
    struct pointers totals;
    struct trial_late late;
};

static enum daybook_status too_much(const char *currency, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_LIMIT, "while adding up the books in %s: a total does not fit 64 bits",
                        currency);
}

static enum daybook_status add_account(struct trial *trial, Pb__TrialBalanceTotal *total, enum posting_account account,
                                       int64_t amount, struct daybook_error *error) {
    struct book *book = &trial->book;
    Pb__TrialBalanceRow *row = arena_alloc(book->arena, sizeof *row);
    DAYBOOK_TRY(pointers_add(&trial->rows, book->arena, row));
    pb__trial_balance_row__init(row);
    row->currency = total->currency;
    row->account = book_text(book, posting_account_name(account));
    row->debit_minor = amount > 0 ? amount : 0;
    row->credit_minor = amount < 0 ? -amount : 0;
    if (!money_add(&total->debit_minor, row->debit_minor) || !money_add(&total->credit_minor, row->credit_minor)) {
        return too_much(total->currency, error);
    }
    return row->account == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

/* All accounts of a currency, those at zero, too: a trial balance of today lines up with yesterday's. */
static enum daybook_status add_currency(struct trial *trial, const struct trial_row *found,
                                        struct daybook_error *error) {
    struct book *book = &trial->book;
    Pb__TrialBalanceTotal *total = arena_alloc(book->arena, sizeof *total);
    DAYBOOK_TRY(pointers_add(&trial->totals, book->arena, total));
    pb__trial_balance_total__init(total);
    total->currency = book_text(book, found->currency);
    if (total->currency == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    for (int account = 0; account < POSTING_ACCOUNT_COUNT; account++) {
        DAYBOOK_TRY(add_account(trial, total, (enum posting_account)account, found->totals[account], error));
    }
    total->accounts_net_minor = found->totals[POSTING_RECEIVABLE];
    total->accounts_deposit_minor = -found->totals[POSTING_DEPOSITS];
    return money_add(&total->accounts_net_minor, found->totals[POSTING_UNAPPLIED]) ? DAYBOOK_OK
                                                                                   : too_much(found->currency, error);
}

/* The few events up to K that the books do not hold as a block. */
static enum daybook_status read_late(struct trial *trial, struct daybook_error *error) {
    struct book *book = &trial->book;
    struct journal_reader *reader = NULL;
    uint64_t known_at = book->at.known_at;
    enum daybook_status status = journal_reader_open(ledger_journal(book->ledger), &reader, error);
    for (uint64_t sequence = trial_whole(known_at) + 1; sequence <= known_at && status == DAYBOOK_OK; sequence++) {
        Pb__Event *event = NULL;
        arena_reset(&book->scratch);
        status = query_read_event(reader, sequence, &book->scratch, &event, error);
        if (status == DAYBOOK_OK) {
            status = trial_late_add(&trial->late, book->at.as_of, event, error);
        }
    }
    journal_reader_close(reader);
    return status;
}

static enum daybook_status walk_currencies(struct trial *trial, struct daybook_error *error) {
    struct book *book = &trial->book;
    struct trial_walk walk;
    struct trial_row row;
    bool is_found = true;
    DAYBOOK_TRY(trial_walk_open(book->reads[0].txn, book->at.as_of, book->at.known_at, &trial->late, &walk, error));
    enum daybook_status status = DAYBOOK_OK;
    while (status == DAYBOOK_OK) {
        status = trial_walk_next(&walk, &row, &is_found, error);
        if (status != DAYBOOK_OK || !is_found) {
            break;
        }
        if (row.is_visible && (book->currency[0] == '\0' || strcmp(book->currency, row.currency) == 0)) {
            status = add_currency(trial, &row, error);
        }
    }
    trial_walk_close(&walk);
    return status;
}

/* ---- against the customers ---- */

static enum daybook_status add_customer(void *context, struct book *book, const struct account_row *account,
                                        struct daybook_error *error) {
    struct trial *trial = context;
    struct series_totals sums;
    enum daybook_status status =
        balance_ask(book->reads[0].txn, account->number, book->at.as_of, book->at.known_at, &sums, error);
    if (status != DAYBOOK_OK || sums.count == 0) {
        return book_check(book, 0, status, error);
    }
    for (size_t i = 0; i < trial->totals.count; i++) {
        Pb__TrialBalanceTotal *total = trial->totals.items[i];
        if (strcmp(total->currency, account->currency) != 0) {
            continue;
        }
        if (!money_add(&total->customers_net_minor, sums.columns[EFFECT_RECEIVABLE]) ||
            !money_add(&total->customers_net_minor, -sums.columns[EFFECT_UNAPPLIED]) ||
            !money_add(&total->customers_deposit_minor, sums.columns[EFFECT_DEPOSIT])) {
            return too_much(total->currency, error);
        }
    }
    return DAYBOOK_OK;
}

static void set_agreement(Pb__TrialBalanceTotal *total) {
    bool agrees = total->accounts_net_minor == total->customers_net_minor &&
                  total->accounts_deposit_minor == total->customers_deposit_minor;
    total->agrees = agrees ? PB__AGREEMENT__AGREEMENT_YES : PB__AGREEMENT__AGREEMENT_NO;
}

static enum daybook_status compare(struct trial *trial, struct daybook_error *error) {
    struct book *book = &trial->book;
    book->view_count = 0;
    book->accounts_table = BALANCE_ACCOUNTS;
    book_add_view(book, "balance");
    DAYBOOK_TRY(book_walk(book, add_customer, trial, error));
    for (size_t i = 0; i < trial->totals.count; i++) {
        set_agreement(trial->totals.items[i]);
    }
    return DAYBOOK_OK;
}

static enum daybook_status ask_whole(struct trial *trial, bool with_check, struct daybook_error *error) {
    struct book *book = &trial->book;
    DAYBOOK_TRY(read_late(trial, error));
    book_add_view(book, "trial");
    DAYBOOK_TRY(book_begin(book, error));
    enum daybook_status status = book_check(book, 0, walk_currencies(trial, error), error);
    book_end(book);
    return status == DAYBOOK_OK && with_check ? compare(trial, error) : status;
}

/* ---- of some customers ---- */

static enum daybook_status compare_part(const struct trial_part *part, Pb__TrialBalanceTotal *total,
                                        struct daybook_error *error) {
    if (part->items_minor > INT64_MAX || part->items_minor < INT64_MIN || part->lots_minor > INT64_MAX ||
        part->lots_minor < INT64_MIN) {
        return too_much(part->currency, error);
    }
    total->customers_net_minor = (int64_t)part->items_minor;
    total->customers_deposit_minor = (int64_t)part->lots_minor;
    set_agreement(total);
    return DAYBOOK_OK;
}

static enum daybook_status ask_part(struct trial *trial, bool with_check, struct daybook_error *error) {
    struct pointers parts = {0};
    DAYBOOK_TRY(trial_part_ask(&trial->book, with_check, &parts, error));
    for (size_t i = 0; i < parts.count; i++) {
        const struct trial_part *part = parts.items[i];
        struct trial_row row;
        DAYBOOK_TRY(trial_fill_row(part->currency, part->totals, &row, error));
        DAYBOOK_TRY(add_currency(trial, &row, error));
        if (with_check) {
            DAYBOOK_TRY(compare_part(part, trial->totals.items[i], error));
        }
    }
    return DAYBOOK_OK;
}

/* ---- the question ---- */

static enum daybook_status make_answer(struct trial *trial, ProtobufCMessage **answer) {
    Pb__TrialBalanceAnswer *made = arena_alloc(trial->book.arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__trial_balance_answer__init(made);
    made->customer = book_text(&trial->book, trial->book.customer);
    made->tag = book_text(&trial->book, trial->book.tag);
    made->position = book_position(&trial->book);
    made->n_rows = trial->rows.count;
    made->rows = (Pb__TrialBalanceRow **)trial->rows.items;
    made->n_totals = trial->totals.count;
    made->totals = (Pb__TrialBalanceTotal **)trial->totals.items;
    *answer = &made->base;
    return made->position == NULL || made->customer == NULL || made->tag == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

enum daybook_status query_trial(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__TrialBalanceQuery *asked = query->trial_balance;
    bool is_whole = asked->customer[0] == '\0' && asked->tag[0] == '\0';
    struct book_question question = {
        asked->at, asked->customer, asked->currency, asked->tag, NULL, {is_whole ? "trial" : "lots", "balance"}};
    if (is_whole && asked->without_check) {
        question.views[1] = NULL;
    }
    struct trial trial = {0};
    enum daybook_status status = book_open(&trial.book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        status = (is_whole ? ask_whole : ask_part)(&trial, !asked->without_check, error);
    }
    if (status == DAYBOOK_OK) {
        status = make_answer(&trial, answer);
    }
    trial_late_release(&trial.late);
    book_close(&trial.book);
    return status;
}
