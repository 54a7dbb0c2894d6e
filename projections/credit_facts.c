/* What three views say of one account, and the row that is made of it. */
#include "projections/credit_facts.h"

#include "base/decimal.h"
#include "projections/credit_grade.h"
#include "projections/query_aging.h"

enum { READ_CREDIT, READ_BALANCE, READ_AGING, READ_LOTS };

void credit_facts_add_views(struct book *book, const struct exposure_policy *policy) {
    book->accounts_table = CREDIT_ACCOUNTS;
    book_add_view(book, "credit");
    book_add_view(book, "balance");
    book_add_view(book, "aging");
    if (policy->deducts_deposits) {
        book_add_view(book, "lots");
    }
}

static enum daybook_status ask_balance(struct book *book, const struct account_row *account, int32_t as_of,
                                       uint64_t known_at, struct credit_facts *facts, struct daybook_error *error) {
    struct account_row found;
    bool is_found;
    struct store_txn *txn = book->reads[READ_BALANCE].txn;
    DAYBOOK_TRY(account_find(txn, BALANCE_ACCOUNTS, account->customer, account->currency, &found, &is_found, error));
    return is_found ? balance_ask(txn, found.number, as_of, known_at, &facts->totals, error) : DAYBOOK_OK;
}

static enum daybook_status ask_ages(struct book *book, const struct account_row *account, int32_t as_of,
                                    uint64_t known_at, struct credit_facts *facts, struct daybook_error *error) {
    struct account_row found;
    bool is_found;
    struct store_txn *txn = book->reads[READ_AGING].txn;
    struct aging_policy policy = query_default_aging_policy();
    DAYBOOK_TRY(account_find(txn, AGING_ACCOUNTS, account->customer, account->currency, &found, &is_found, error));
    const struct aging_left left = {facts->totals.columns[EFFECT_RECEIVABLE], facts->totals.columns[EFFECT_UNAPPLIED]};
    struct aging_question question = {found.number, as_of, known_at, false, &left};
    if (!is_found) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(aging_ask_paid(txn, &question, &facts->paid, error));
    return aging_ask(txn, &question, &policy, &facts->ages, error);
}

enum daybook_status credit_facts_ask(struct book *book, const struct exposure_policy *policy,
                                     const struct account_row *account, int32_t as_of, uint64_t known_at,
                                     struct credit_facts *facts, bool *is_visible, struct daybook_error *error) {
    *facts = (struct credit_facts){0};
    struct store_txn *txn = book->reads[READ_CREDIT].txn;
    DAYBOOK_TRY(book_check(book, READ_CREDIT, credit_ask(txn, account, as_of, known_at, &facts->credit, error), error));
    DAYBOOK_TRY(book_check(book, READ_BALANCE, ask_balance(book, account, as_of, known_at, facts, error), error));
    *is_visible = facts->credit.is_visible || facts->totals.count > 0;
    if (!*is_visible) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(book_check(book, READ_AGING, ask_ages(book, account, as_of, known_at, facts, error), error));
    if (!policy->deducts_deposits) {
        return DAYBOOK_OK;
    }
    enum daybook_status status = exposure_ask_deposits(policy, book->reads[READ_LOTS].txn, account, as_of, known_at,
                                                       &book->scratch, &facts->deposit_minor, error);
    return book_check(book, READ_LOTS, status, error);
}

/* Means and shares stay 0 where there is nothing to divide by. */
static void fill_payment(const struct credit_facts *facts, Pb__Credit *row) {
    const struct aging_paid *paid = &facts->paid;
    row->paid_minor = paid->paid_minor;
    row->late_minor = paid->late_minor;
    (void)ratio_hundredths(paid->to_pay, paid->paid_minor, &row->days_to_pay_hundredths);
    (void)ratio_hundredths(paid->delay - paid->early, paid->paid_minor, &row->days_beyond_terms_hundredths);
    (void)ratio_hundredths(paid->delay, paid->paid_minor, &row->days_late_hundredths);
    (void)ratio_hundredths((wide)paid->late_minor * 100, paid->paid_minor, &row->late_share_hundredths);
    (void)ratio_hundredths((wide)row->overdue_minor * 100, row->open_minor, &row->overdue_share_hundredths);
}

enum daybook_status credit_facts_fill(const struct credit_facts *facts, const struct exposure_policy *policy,
                                      Pb__Credit *row, struct daybook_error *error) {
    const struct credit_row *credit = &facts->credit;
    const int64_t *columns = facts->totals.columns;
    row->state = credit->policy.is_set ? credit->policy.state : PB__LIMIT_STATE__LIMIT_STATE_UNASSESSED;
    row->mode = credit->policy.mode;
    row->limit_minor = credit->policy.limit_minor;
    row->open_minor = columns[EFFECT_RECEIVABLE];
    row->held_minor = columns[EFFECT_CREDIT_HELD];
    row->unapplied_minor = columns[EFFECT_UNAPPLIED];
    row->deposit_minor = facts->deposit_minor;
    row->written_off_minor = columns[EFFECT_WRITTEN_OFF];
    row->on_hold = credit->on_hold;
    row->oldest_overdue_days = facts->ages.oldest_overdue_days;
    row->overdue_minor = facts->ages.overdue_minor;
    row->times_over_limit = credit->times_over_limit;
    fill_payment(facts, row);
    return exposure_fill(policy, row, error);
}

static bool add_paid(struct aging_paid *total, const struct aging_paid *paid) {
    total->to_pay += paid->to_pay;
    total->delay += paid->delay;
    total->early += paid->early;
    return money_add(&total->paid_minor, paid->paid_minor) && money_add(&total->late_minor, paid->late_minor);
}

bool credit_facts_add(struct credit_facts *total, const struct credit_facts *facts) {
    static const enum effect_column summed[] = {EFFECT_RECEIVABLE, EFFECT_CREDIT_HELD, EFFECT_UNAPPLIED,
                                                EFFECT_WRITTEN_OFF};
    bool fits = true;
    for (size_t i = 0; i < sizeof summed / sizeof *summed; i++) {
        fits = fits && money_add(&total->totals.columns[summed[i]], facts->totals.columns[summed[i]]);
    }
    if (facts->ages.oldest_overdue_days > total->ages.oldest_overdue_days) {
        total->ages.oldest_overdue_days = facts->ages.oldest_overdue_days;
    }
    return fits && money_add(&total->ages.overdue_minor, facts->ages.overdue_minor) &&
           money_add(&total->deposit_minor, facts->deposit_minor) && add_paid(&total->paid, &facts->paid) &&
           !__builtin_add_overflow(total->credit.times_over_limit, facts->credit.times_over_limit,
                                   &total->credit.times_over_limit);
}

Pb__Credit *credit_facts_row(struct book *book, const struct account_row *account, const struct credit_facts *facts,
                             const Pb__Credit *filled, bool with_rules) {
    Pb__Credit *row = arena_alloc(book->arena, sizeof *row);
    if (row == NULL) {
        return NULL;
    }
    *row = *filled;
    row->customer = book_text(book, account->customer);
    row->currency = book_text(book, account->currency);
    row->policy_since = book_date(book, facts->credit.policy.since_on);
    row->policy_until = book_date(book, facts->credit.policy.until_on);
    bool is_whole = row->customer != NULL && row->currency != NULL && row->policy_since != NULL &&
                    row->policy_until != NULL && credit_grade(facts, with_rules, book->arena, row) == DAYBOOK_OK;
    return is_whole ? row : NULL;
}

enum daybook_status credit_facts_add_policies(struct book *book, const struct exposure_policy *policy) {
    DAYBOOK_TRY(exposure_add_policies(book, policy));
    DAYBOOK_TRY(book_add_policy(book, "overdue", "by due date, without what is disputed"));
    return credit_grade_add_policies(book);
}
