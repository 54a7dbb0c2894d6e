/* Limits, exposure, how customers pay and their grades, at one (A, K). */
#include <stddef.h>
#include <string.h>

#include "base/wide.h"
#include "projections/credit_facts.h"
#include "projections/query_rank.h"

struct credits {
    struct ranking ranking;
    struct pointers totals; /* struct credit_total, by currency. */
    struct exposure_policy policy;
    bool with_rules;
    size_t row_count;
};

struct credit_total {
    char currency[ACCOUNT_CURRENCY_SIZE];
    struct credit_facts facts;
    wide limit_minor; /* Of the rows that have an amount. */
    wide available_minor;
    Pb__Credit row;
};

static enum daybook_status add_to_total(struct credits *credits, struct book *book, const char *currency,
                                        const struct credit_facts *facts, const Pb__Credit *row,
                                        struct daybook_error *error) {
    struct credit_total *total = book_total(book, &credits->totals, currency, sizeof *total);
    if (total == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    if (row->state == PB__LIMIT_STATE__LIMIT_STATE_AMOUNT) {
        total->limit_minor += row->limit_minor;
        total->available_minor += row->available_minor;
    }
    return credit_facts_add(&total->facts, facts)
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_LIMIT, "while adding up exposures in %s: a total does not fit 64 bits",
                              currency);
}

static enum daybook_status add_row(struct credits *credits, struct book *book, const struct account_row *account,
                                   const struct credit_facts *facts, struct daybook_error *error) {
    uint8_t key[PAGE_KEY_MAX];
    Pb__Credit filled = PB__CREDIT__INIT;
    bool is_taken;
    credits->row_count++;
    DAYBOOK_TRY(credit_facts_fill(facts, &credits->policy, &filled, error));
    DAYBOOK_TRY(add_to_total(credits, book, account->currency, facts, &filled, error));
    bool is_by_overdue = credits->ranking.order == PB__ORDER__ORDER_OVERDUE;
    DAYBOOK_TRY(rank_offer(&credits->ranking, book, account,
                           is_by_overdue ? filled.overdue_minor : filled.exposure_minor, key,
                           page_account_key(account, key), &is_taken, error));
    if (!is_taken) {
        return DAYBOOK_OK;
    }
    Pb__Credit *row = credit_facts_row(book, account, facts, &filled, credits->with_rules);
    return row == NULL ? DAYBOOK_NO_MEMORY : rank_put(&credits->ranking, book, row);
}

static enum daybook_status visit(void *context, struct book *book, const struct account_row *account,
                                 struct daybook_error *error) {
    struct credits *credits = context;
    struct credit_facts facts;
    bool is_visible;
    DAYBOOK_TRY(credit_facts_ask(book, &credits->policy, account, book->at.as_of, book->at.known_at, &facts,
                                 &is_visible, error));
    return is_visible ? add_row(credits, book, account, &facts, error) : DAYBOOK_OK;
}

/* A customer without anything visible is unassessed, and may be on hold all the same. */
static enum daybook_status add_zero(struct credits *credits, struct book *book, struct daybook_error *error) {
    struct credit_facts facts = {0};
    struct account_row account = {0};
    struct account_row whole;
    bool is_found = false;
    DAYBOOK_TRY(book_begin(book, error));
    struct store_txn *txn = book->reads[0].txn;
    enum daybook_status status = account_find(txn, CREDIT_ACCOUNTS, book->customer, "", &whole, &is_found, error);
    if (status == DAYBOOK_OK && is_found) {
        status = credit_ask(txn, &whole, book->at.as_of, book->at.known_at, &facts.credit, error);
    }
    status = book_check(book, 0, status, error);
    book_end(book);
    if (status != DAYBOOK_OK) {
        return status;
    }
    (void)strncpy(account.customer, book->customer, sizeof account.customer - 1);
    (void)strncpy(account.currency, book_default_currency(book), sizeof account.currency - 1);
    return add_row(credits, book, &account, &facts, error);
}

/* Limits may be as large as a number can be; together they are no larger. */
static int64_t at_most(wide sum_minor) {
    return sum_minor > INT64_MAX ? INT64_MAX : sum_minor < INT64_MIN ? INT64_MIN : (int64_t)sum_minor;
}

static enum daybook_status fill_totals(const struct credits *credits, struct daybook_error *error) {
    for (size_t i = 0; i < credits->totals.count; i++) {
        struct credit_total *total = credits->totals.items[i];
        pb__credit__init(&total->row);
        DAYBOOK_TRY(credit_facts_fill(&total->facts, &credits->policy, &total->row, error));
        total->row.currency = total->currency;
        total->row.state = PB__LIMIT_STATE__LIMIT_STATE_UNSPECIFIED;
        total->row.limit_minor = at_most(total->limit_minor);
        total->row.available_minor = at_most(total->available_minor);
    }
    return DAYBOOK_OK;
}

static enum daybook_status make_answer(struct book *book, const struct credits *credits, ProtobufCMessage **answer) {
    Pb__CreditAnswer *made = arena_alloc(book->arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__credit_answer__init(made);
    DAYBOOK_TRY(credit_facts_add_policies(book, &credits->policy));
    made->position = book_position(book);
    made->n_rows = credits->ranking.rows.count;
    made->rows = (Pb__Credit **)credits->ranking.rows.items;
    made->n_totals = credits->totals.count;
    made->totals = (Pb__Credit **)book_list_totals(book, &credits->totals, offsetof(struct credit_total, row));
    made->next_cursor = page_next_cursor(&book->page, book->arena);
    *answer = &made->base;
    return made->position == NULL || made->totals == NULL || made->next_cursor == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

enum daybook_status query_credit(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                 ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__CreditQuery *asked = query->credit;
    struct book_question question = {asked->at,  asked->customer, asked->currency,
                                     asked->tag, asked->page,     {"credit", "balance", "aging"}};
    struct credits credits = {.with_rules = asked->with_rules || asked->customer[0] != '\0'};
    struct book book;
    enum daybook_status status = book_open(&book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        status = exposure_policy_read(asked->exposure, &credits.policy, error);
    }
    if (status == DAYBOOK_OK) {
        status = rank_init(&credits.ranking, &book, asked->order, "exposure, greatest first", "overdue, greatest first",
                           error);
    }
    if (status == DAYBOOK_OK) {
        credit_facts_add_views(&book, &credits.policy);
        status = book_walk(&book, visit, &credits, error);
    }
    if (status == DAYBOOK_OK && credits.row_count == 0 && asked->customer[0] != '\0' && asked->tag[0] == '\0') {
        status = add_zero(&credits, &book, error);
    }
    if (status == DAYBOOK_OK) {
        status = rank_finish(&credits.ranking, &book);
    }
    if (status == DAYBOOK_OK) {
        status = fill_totals(&credits, error);
    }
    if (status == DAYBOOK_OK) {
        status = make_answer(&book, &credits, answer);
    }
    book_close(&book);
    return status;
}
