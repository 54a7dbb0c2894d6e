/* Figures of a period: how fast a customer, or all of them, paid, and what is at risk. */
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "projections/balance.h"
#include "projections/kpi_figures.h"
#include "projections/query_aging.h"

enum { READ_BALANCE, READ_AGING };

struct kpis {
    struct aging_policy policy;
    int32_t from_on;
    struct pointers sums; /* struct kpi_sums, by currency. */
    int32_t month_ends[COUNTBACK_AT_ONCE];
};

static enum daybook_status too_large(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_LIMIT, "while adding up a period: a sum does not fit 64 bits");
}

/* NULL: nothing in the currency was visible. */
static struct kpi_sums *known_sums(const struct kpis *kpis, const char *currency) {
    for (size_t i = 0; i < kpis->sums.count; i++) {
        struct kpi_sums *sums = kpis->sums.items[i];
        if (strcmp(sums->currency, currency) == 0) {
            return sums;
        }
    }
    return NULL;
}

/* NULL: memory was refused. */
static struct kpi_sums *find_sums(struct book *book, struct kpis *kpis, const char *currency) {
    struct kpi_sums *sums = book_total(book, &kpis->sums, currency, sizeof *sums);
    if (sums != NULL) {
        sums->flow.column_count = kpis->policy.edge_count + 3;
    }
    return sums;
}

/* ---- the period ---- */

/* Adds what a column gained between two dates. */
static bool add_gain(int64_t *sum, const struct series_totals *before, const struct series_totals *after,
                     enum effect_column column) {
    int64_t gain;
    return !__builtin_sub_overflow(after->columns[column], before->columns[column], &gain) && money_add(sum, gain);
}

static bool add_on_credit(int64_t *sum, const struct series_totals *totals) {
    return money_add(sum, totals->columns[EFFECT_CHARGED]) && money_add(sum, -totals->columns[EFFECT_CONSUMED]);
}

static bool add_balances(struct kpi_sums *sums, const struct series_totals *before, const struct series_totals *after) {
    return money_add(&sums->opening_minor, before->columns[EFFECT_RECEIVABLE]) &&
           money_add(&sums->ending_minor, after->columns[EFFECT_RECEIVABLE]) &&
           money_add(&sums->unapplied_minor, after->columns[EFFECT_UNAPPLIED]) &&
           add_gain(&sums->charged_minor, before, after, EFFECT_CHARGED) &&
           add_gain(&sums->consumed_minor, before, after, EFFECT_CONSUMED) &&
           add_gain(&sums->received_minor, before, after, EFFECT_PAID) &&
           add_gain(&sums->written_off_minor, before, after, EFFECT_WRITTEN_OFF) &&
           add_on_credit(&sums->through_minor, after);
}

static bool add_paid(struct kpi_sums *sums, const struct aging_paid *before, const struct aging_paid *after) {
    sums->to_pay += after->to_pay - before->to_pay;
    sums->delay += after->delay - before->delay;
    sums->early += after->early - before->early;
    int64_t allocated;
    int64_t late;
    return !__builtin_sub_overflow(after->paid_minor, before->paid_minor, &allocated) &&
           !__builtin_sub_overflow(after->late_minor, before->late_minor, &late) &&
           money_add(&sums->allocated_minor, allocated) && money_add(&sums->late_minor, late);
}

static enum daybook_status add_items(struct kpis *kpis, struct book *book, const struct account_row *account,
                                     struct kpi_sums *sums, struct daybook_error *error) {
    struct store_txn *txn = book->reads[READ_AGING].txn;
    struct account_row found;
    bool is_found;
    DAYBOOK_TRY(account_find(txn, AGING_ACCOUNTS, account->customer, account->currency, &found, &is_found, error));
    if (!is_found) {
        return DAYBOOK_OK;
    }
    struct aging_question opening = {found.number, kpis->from_on, book->at.known_at, false, NULL};
    struct aging_question closing = {found.number, book->at.as_of, book->at.known_at, false, NULL};
    struct aging_paid before;
    struct aging_paid after;
    DAYBOOK_TRY(aging_ask_paid(txn, &opening, &before, error));
    DAYBOOK_TRY(aging_ask_paid(txn, &closing, &after, error));
    if (!add_paid(sums, &before, &after)) {
        return too_large(error);
    }
    return kpi_flow_add(&sums->flow, txn, found.number, kpis->from_on, book->at.as_of, book->at.known_at, &kpis->policy,
                        error);
}

static enum daybook_status visit(void *context, struct book *book, const struct account_row *account,
                                 struct daybook_error *error) {
    struct kpis *kpis = context;
    struct store_txn *txn = book->reads[READ_BALANCE].txn;
    struct series_totals before;
    struct series_totals after;
    enum daybook_status status = balance_ask(txn, account->number, book->at.as_of, book->at.known_at, &after, error);
    if (status == DAYBOOK_OK) {
        status = balance_ask(txn, account->number, kpis->from_on, book->at.known_at, &before, error);
    }
    if (status != DAYBOOK_OK || after.count == 0) {
        return book_check(book, READ_BALANCE, status, error);
    }
    struct kpi_sums *sums = find_sums(book, kpis, account->currency);
    if (sums == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    if (!add_balances(sums, &before, &after)) {
        return too_large(error);
    }
    return book_check(book, READ_AGING, add_items(kpis, book, account, sums, error), error);
}

/* ---- counting back ---- */

static enum daybook_status visit_months(void *context, struct book *book, const struct account_row *account,
                                        struct daybook_error *error) {
    struct kpis *kpis = context;
    struct kpi_sums *sums = known_sums(kpis, account->currency);
    bool goes_on = sums != NULL && sums->countback.state == COUNTBACK_GOES_ON;
    for (size_t i = 0; goes_on && i < COUNTBACK_AT_ONCE; i++) {
        struct series_totals totals;
        enum daybook_status status = balance_ask(book->reads[READ_BALANCE].txn, account->number, kpis->month_ends[i],
                                                 book->at.known_at, &totals, error);
        if (status != DAYBOOK_OK || totals.count == 0) {
            return book_check(book, READ_BALANCE, status, error);
        }
        sums->before_count[i] += totals.count;
        if (!add_on_credit(&sums->before_minor[i], &totals)) {
            return too_large(error);
        }
    }
    return DAYBOOK_OK;
}

/* `end`: the last day of the first month of the round. */
static enum daybook_status take_months(const struct kpis *kpis, struct kpi_sums *sums, int32_t end,
                                       struct daybook_error *error) {
    for (size_t i = 0; i < COUNTBACK_AT_ONCE && sums->countback.state == COUNTBACK_GOES_ON; i++) {
        struct countback_month month = {.from_on = kpis->month_ends[i], .to_on = end};
        if (__builtin_sub_overflow(sums->through_minor, sums->before_minor[i], &month.on_credit_minor) ||
            !countback_take(&sums->countback, sums->ending_minor, month, sums->before_count[i] == 0)) {
            return too_large(error);
        }
        sums->through_minor = sums->before_minor[i];
        end = month.from_on;
    }
    memset(sums->before_minor, 0, sizeof sums->before_minor);
    memset(sums->before_count, 0, sizeof sums->before_count);
    return DAYBOOK_OK;
}

static bool is_counting(const struct kpis *kpis) {
    for (size_t i = 0; i < kpis->sums.count; i++) {
        const struct kpi_sums *sums = kpis->sums.items[i];
        if (sums->countback.state == COUNTBACK_GOES_ON) {
            return true;
        }
    }
    return false;
}

static enum daybook_status count_back(struct kpis *kpis, struct book *book, struct daybook_error *error) {
    int32_t end = book->at.as_of;
    while (is_counting(kpis)) {
        int32_t month_end = end;
        for (size_t i = 0; i < COUNTBACK_AT_ONCE; i++) {
            month_end = countback_month_before(month_end);
            kpis->month_ends[i] = month_end;
        }
        DAYBOOK_TRY(book_walk(book, visit_months, kpis, error));
        for (size_t i = 0; i < kpis->sums.count; i++) {
            DAYBOOK_TRY(take_months(kpis, kpis->sums.items[i], end, error));
        }
        end = month_end;
    }
    return DAYBOOK_OK;
}

/* ---- the answer ---- */

static enum daybook_status add_policies(struct book *book, const struct aging_policy *policy) {
    DAYBOOK_TRY(book_add_policy(book, "receivable", "open items; unapplied money is not deducted"));
    DAYBOOK_TRY(book_add_policy(book, "charges on credit", "posted less reversed, less what deposits paid"));
    DAYBOOK_TRY(book_add_policy(book, "due", "by due date; what is disputed is neither not due nor overdue"));
    DAYBOOK_TRY(book_add_policy(book, "countback", "calendar months, at most 60"));
    DAYBOOK_TRY(query_add_aging_policies(book, policy));
    return book_add_policy(book, "rounding", "hundredths, half away from zero");
}

static enum daybook_status make_rows(struct kpis *kpis, struct book *book, struct pointers *buckets,
                                     Pb__KpiAnswer *made) {
    struct pointers rows = {0};
    struct kpi_period period = {kpis->from_on, book->at.as_of, &kpis->policy, (char **)buckets->items};
    for (size_t i = 0; i < kpis->sums.count; i++) {
        Pb__KpiRow *row = NULL;
        DAYBOOK_TRY(kpi_make_row(kpis->sums.items[i], &period, book->arena, &row));
        DAYBOOK_TRY(pointers_add(&rows, book->arena, row));
    }
    made->n_rows = rows.count;
    made->rows = (Pb__KpiRow **)rows.items;
    return DAYBOOK_OK;
}

static enum daybook_status make_answer(struct kpis *kpis, struct book *book, ProtobufCMessage **answer) {
    struct pointers buckets = {0};
    Pb__KpiAnswer *made = arena_alloc(book->arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__kpi_answer__init(made);
    DAYBOOK_TRY(pointers_add(&buckets, book->arena, book_text(book, "not due")));
    DAYBOOK_TRY(query_add_aging_labels(book, &kpis->policy, &buckets));
    DAYBOOK_TRY(pointers_add(&buckets, book->arena, book_text(book, "disputed")));
    DAYBOOK_TRY(add_policies(book, &kpis->policy));
    DAYBOOK_TRY(make_rows(kpis, book, &buckets, made));
    made->position = book_position(book);
    made->from = book_date(book, kpis->from_on);
    made->to = book_date(book, book->at.as_of);
    made->days = book->at.as_of - kpis->from_on;
    made->customer = book_text(book, book->customer);
    made->tag = book_text(book, book->tag);
    made->n_buckets = buckets.count;
    made->buckets = (char **)buckets.items;
    *answer = &made->base;
    return made->position == NULL || made->from == NULL || made->to == NULL || made->customer == NULL ||
                   made->tag == NULL
               ? DAYBOOK_NO_MEMORY
               : DAYBOOK_OK;
}

/* ---- the question ---- */

static enum daybook_status read_from(const Pb__KpiQuery *asked, const struct book *book, struct kpis *kpis,
                                     struct daybook_error *error) {
    char to[DATE_TEXT_SIZE];
    if (asked->from[0] == '\0') {
        return daybook_fail(error, DAYBOOK_INVALID, "figures are of a period: name the day before its first");
    }
    if (!date_parse(asked->from, strlen(asked->from), &kpis->from_on)) {
        return daybook_fail(error, DAYBOOK_INVALID, "\"%.32s\" is no date; write it like 2024-02-29", asked->from);
    }
    if (kpis->from_on >= book->at.as_of) {
        return daybook_fail(error, DAYBOOK_INVALID, "the period after %s ends before it begins, on %s", asked->from,
                            date_format(book->at.as_of, to));
    }
    struct aging_wish wish = {.basis = asked->basis, .edges = asked->edges, .edge_count = asked->n_edges};
    return query_read_aging_policy(&wish, &kpis->policy, error);
}

enum daybook_status query_kpi(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                              ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__KpiQuery *asked = query->kpi;
    struct kpis kpis = {0};
    struct book book;
    Pb__At at;
    DAYBOOK_TRY(query_read_at(asked->at, asked->to, &at, error));
    struct book_question question = {&at, asked->customer, asked->currency, asked->tag, NULL, {"balance", "aging"}};
    enum daybook_status status = book_open(&book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        status = read_from(asked, &book, &kpis, error);
    }
    if (status == DAYBOOK_OK) {
        book.accounts_table = BALANCE_ACCOUNTS;
        book_add_view(&book, "balance");
        book_add_view(&book, "aging");
        status = book_walk(&book, visit, &kpis, error);
    }
    if (status == DAYBOOK_OK && kpis.sums.count == 0 && asked->customer[0] != '\0' && asked->tag[0] == '\0') {
        /* A customer who is named always has a row. */
        status = find_sums(&book, &kpis, book_default_currency(&book)) == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
    }
    if (status == DAYBOOK_OK) {
        status = count_back(&kpis, &book, error);
    }
    if (status == DAYBOOK_OK) {
        status = make_answer(&kpis, &book, answer);
    }
    book_close(&book);
    return status;
}
