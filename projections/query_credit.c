/* Limits, exposure and how customers pay: the credit view beside the balances and ages at the same (A, K). */
#include <string.h>

#include "projections/aging.h"
#include "projections/balance.h"
#include "projections/credit.h"
#include "projections/query_aging.h"
#include "projections/query_book.h"
#include "projections/query_rank.h"

enum { READ_CREDIT, READ_BALANCE, READ_AGING };

struct credits {
    struct ranking ranking;
    size_t row_count;
};

/* What the three views say of one account. */
struct facts {
    struct credit_row credit;
    struct series_totals totals;
    struct aging_sums ages;
    struct aging_paid paid;
};

static enum daybook_status ask_balance(struct book *book, const struct account_row *account, struct facts *facts,
                                       struct daybook_error *error) {
    struct account_row found;
    bool is_found;
    struct store_txn *txn = book->reads[READ_BALANCE].txn;
    DAYBOOK_TRY(account_find(txn, BALANCE_ACCOUNTS, account->customer, account->currency, &found, &is_found, error));
    return is_found ? balance_ask(txn, found.number, book->at.as_of, book->at.known_at, &facts->totals, error)
                    : DAYBOOK_OK;
}

static enum daybook_status ask_ages(struct book *book, const struct account_row *account, struct facts *facts,
                                    struct daybook_error *error) {
    struct account_row found;
    bool is_found;
    struct store_txn *txn = book->reads[READ_AGING].txn;
    struct aging_policy policy = query_default_aging_policy();
    DAYBOOK_TRY(account_find(txn, AGING_ACCOUNTS, account->customer, account->currency, &found, &is_found, error));
    struct aging_question question = {found.number, book->at.as_of, book->at.known_at, false};
    if (!is_found) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(aging_ask_paid(txn, &question, &facts->paid, error));
    return aging_ask(txn, &question, &policy, &facts->ages, error);
}

static enum daybook_status too_large(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_LIMIT, "while adding up an exposure: it does not fit 64 bits");
}

static enum daybook_status fill_row(const struct facts *facts, Pb__Credit *row, struct daybook_error *error) {
    const struct credit_row *credit = &facts->credit;
    const int64_t *columns = facts->totals.columns;
    row->state = credit->policy.is_set ? credit->policy.state : PB__LIMIT_STATE__LIMIT_STATE_UNASSESSED;
    row->mode = credit->policy.mode;
    row->limit_minor = credit->policy.limit_minor;
    row->open_minor = columns[EFFECT_RECEIVABLE];
    row->held_minor = columns[EFFECT_CREDIT_HELD];
    row->unapplied_minor = columns[EFFECT_UNAPPLIED];
    row->on_hold = credit->on_hold;
    row->oldest_overdue_days = facts->ages.oldest_overdue_days;
    row->overdue_minor = facts->ages.overdue_minor;
    row->times_over_limit = credit->times_over_limit;
    row->paid_minor = facts->paid.paid_minor;
    (void)ratio_hundredths(facts->paid.to_pay, facts->paid.paid_minor, &row->days_to_pay_hundredths);
    (void)ratio_hundredths(facts->paid.delay - facts->paid.early, facts->paid.paid_minor,
                           &row->days_beyond_terms_hundredths);
    if (__builtin_add_overflow(row->open_minor, row->held_minor, &row->exposure_minor) ||
        __builtin_sub_overflow(row->exposure_minor, row->unapplied_minor, &row->exposure_minor)) {
        return too_large(error);
    }
    if (row->state == PB__LIMIT_STATE__LIMIT_STATE_AMOUNT &&
        __builtin_sub_overflow(row->limit_minor, row->exposure_minor, &row->available_minor)) {
        return too_large(error);
    }
    return DAYBOOK_OK;
}

static enum daybook_status add_row(struct credits *credits, struct book *book, const struct account_row *account,
                                   const struct facts *facts, struct daybook_error *error) {
    uint8_t key[PAGE_KEY_MAX];
    Pb__Credit filled = PB__CREDIT__INIT;
    bool is_taken;
    credits->row_count++;
    DAYBOOK_TRY(fill_row(facts, &filled, error));
    bool is_by_overdue = credits->ranking.order == PB__ORDER__ORDER_OVERDUE;
    DAYBOOK_TRY(rank_offer(&credits->ranking, book, account,
                           is_by_overdue ? filled.overdue_minor : filled.exposure_minor, key,
                           page_account_key(account, key), &is_taken, error));
    if (!is_taken) {
        return DAYBOOK_OK;
    }
    Pb__Credit *row = arena_alloc(book->arena, sizeof *row);
    if (row == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    *row = filled;
    row->customer = book_text(book, account->customer);
    row->currency = book_text(book, account->currency);
    row->policy_since = book_date(book, facts->credit.policy.since_on);
    row->policy_until = book_date(book, facts->credit.policy.until_on);
    if (row->customer == NULL || row->currency == NULL || row->policy_since == NULL || row->policy_until == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    return rank_put(&credits->ranking, book, row);
}

static enum daybook_status visit(void *context, struct book *book, const struct account_row *account,
                                 struct daybook_error *error) {
    struct facts facts = {0};
    DAYBOOK_TRY(book_check(
        book, READ_CREDIT,
        credit_ask(book->reads[READ_CREDIT].txn, account, book->at.as_of, book->at.known_at, &facts.credit, error),
        error));
    DAYBOOK_TRY(book_check(book, READ_BALANCE, ask_balance(book, account, &facts, error), error));
    if (!facts.credit.is_visible && facts.totals.count == 0) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(book_check(book, READ_AGING, ask_ages(book, account, &facts, error), error));
    return add_row(context, book, account, &facts, error);
}

/* A customer without anything visible is unassessed, and may be on hold all the same. */
static enum daybook_status add_zero(struct credits *credits, struct book *book, struct daybook_error *error) {
    struct facts facts = {0};
    struct account_row account = {0};
    struct account_row whole;
    bool is_found = false;
    DAYBOOK_TRY(book_begin(book, error));
    struct store_txn *txn = book->reads[READ_CREDIT].txn;
    enum daybook_status status = account_find(txn, CREDIT_ACCOUNTS, book->customer, "", &whole, &is_found, error);
    if (status == DAYBOOK_OK && is_found) {
        status = credit_ask(txn, &whole, book->at.as_of, book->at.known_at, &facts.credit, error);
    }
    status = book_check(book, READ_CREDIT, status, error);
    book_end(book);
    if (status != DAYBOOK_OK) {
        return status;
    }
    (void)strncpy(account.customer, book->customer, sizeof account.customer - 1);
    (void)strncpy(account.currency, book_default_currency(book), sizeof account.currency - 1);
    return add_row(credits, book, &account, &facts, error);
}

static enum daybook_status make_answer(struct book *book, const struct credits *credits, ProtobufCMessage **answer) {
    Pb__CreditAnswer *made = arena_alloc(book->arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__credit_answer__init(made);
    DAYBOOK_TRY(book_add_policy(book, "exposure", "open + held against the limit - unapplied"));
    DAYBOOK_TRY(book_add_policy(book, "unapplied", "deducted"));
    DAYBOOK_TRY(book_add_policy(book, "deposits", "not deducted"));
    DAYBOOK_TRY(book_add_policy(book, "overdue", "by due date, without what is disputed"));
    made->position = book_position(book);
    made->n_rows = credits->ranking.rows.count;
    made->rows = (Pb__Credit **)credits->ranking.rows.items;
    made->next_cursor = page_next_cursor(&book->page, book->arena);
    *answer = &made->base;
    return made->position == NULL || made->next_cursor == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

enum daybook_status query_credit(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                 ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__CreditQuery *asked = query->credit;
    struct book_question question = {asked->at, asked->customer, asked->currency, asked->tag, asked->page};
    struct credits credits = {0};
    struct book book;
    enum daybook_status status = book_open(&book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        status = rank_init(&credits.ranking, &book, asked->order, "exposure, greatest first", "overdue, greatest first",
                           error);
    }
    if (status == DAYBOOK_OK) {
        book.accounts_table = CREDIT_ACCOUNTS;
        book_add_view(&book, "credit");
        book_add_view(&book, "balance");
        book_add_view(&book, "aging");
        status = book_walk(&book, visit, &credits, error);
    }
    if (status == DAYBOOK_OK && credits.row_count == 0 && asked->customer[0] != '\0' && asked->tag[0] == '\0') {
        status = add_zero(&credits, &book, error);
    }
    if (status == DAYBOOK_OK) {
        status = rank_finish(&credits.ranking, &book);
    }
    if (status == DAYBOOK_OK) {
        status = make_answer(&book, &credits, answer);
    }
    book_close(&book);
    return status;
}
