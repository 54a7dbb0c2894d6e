/* Ages of what is open, of one customer or all, with totals for each currency. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "projections/aging.h"
#include "projections/balance.h"
#include "projections/query_aging.h"
#include "projections/query_book.h"
#include "projections/query_rank.h"

/* The sums of all rows in one currency. */
/* For book_total: the currency comes first. */
struct aging_total {
    char currency[ACCOUNT_CURRENCY_SIZE];
    struct aging_sums sums;
};

struct ages {
    struct aging_policy policy;
    struct ranking ranking;
    struct pointers totals; /* struct aging_total, by currency. */
    size_t row_count;
};

struct aging_policy query_default_aging_policy(void) {
    return (struct aging_policy){.edges = {30, 60, 90, 120}, .edge_count = 4};
}

enum daybook_status query_read_aging_policy(const struct aging_wish *wish, struct aging_policy *policy,
                                            struct daybook_error *error) {
    *policy = query_default_aging_policy();
    policy->is_by_posting = wish->basis == PB__AGING_BASIS__AGING_BASIS_POSTING;
    policy->unapplied = wish->unapplied == PB__UNAPPLIED_DISPLAY__UNAPPLIED_DISPLAY_BUCKET   ? AGING_UNAPPLIED_BUCKET
                        : wish->unapplied == PB__UNAPPLIED_DISPLAY__UNAPPLIED_DISPLAY_NETTED ? AGING_UNAPPLIED_NETTED
                                                                                             : AGING_UNAPPLIED_COLUMN;
    if (wish->edge_count == 0) {
        return DAYBOOK_OK;
    }
    if (wish->edge_count > AGING_EDGES_MAX) {
        return daybook_fail(error, DAYBOOK_INVALID, "ages have at most %d edges, not %zu", AGING_EDGES_MAX,
                            wish->edge_count);
    }
    policy->edge_count = wish->edge_count;
    for (size_t i = 0; i < wish->edge_count; i++) {
        int32_t least = i == 0 ? 1 : wish->edges[i - 1] + 1;
        if (wish->edges[i] < least || wish->edges[i] == INT32_MAX) {
            return daybook_fail(error, DAYBOOK_INVALID,
                                "the edges of ages are days above 0 in ascending order; %" PRId32 " is not",
                                wish->edges[i]);
        }
        policy->edges[i] = wish->edges[i];
    }
    return DAYBOOK_OK;
}

enum daybook_status query_add_aging_policies(struct book *book, const struct aging_policy *policy) {
    static const char *const displays[] = {"own column", "bucket of its own date", "netted against the oldest"};
    char edges[AGING_EDGES_MAX * 12] = "";
    size_t size = 0;
    for (size_t i = 0; i < policy->edge_count; i++) {
        size += (size_t)snprintf(edges + size, sizeof edges - size, "%s%" PRId32, i == 0 ? "" : " ", policy->edges[i]);
    }
    DAYBOOK_TRY(book_add_policy(book, "basis", policy->is_by_posting ? "posting date" : "due date"));
    DAYBOOK_TRY(book_add_policy(book, "edges", edges));
    DAYBOOK_TRY(book_add_policy(book, "unapplied", displays[policy->unapplied]));
    return book_add_policy(book, "disputed", "own column");
}

static Pb__AgingRow *make_row(struct book *book, const struct aging_policy *policy, const char *customer,
                              const char *currency, const struct aging_sums *sums) {
    Pb__AgingRow *row = arena_alloc(book->arena, sizeof *row);
    if (row == NULL) {
        return NULL;
    }
    pb__aging_row__init(row);
    row->customer = book_text(book, customer);
    row->currency = book_text(book, currency);
    row->not_due_minor = sums->not_due_minor;
    row->n_bucket_minor = policy->edge_count + 1;
    row->bucket_minor = arena_alloc(book->arena, row->n_bucket_minor * sizeof *row->bucket_minor);
    row->disputed_minor = sums->disputed_minor;
    row->unapplied_minor = sums->unapplied_minor;
    row->total_minor = sums->total_minor;
    if (row->customer == NULL || row->currency == NULL || row->bucket_minor == NULL) {
        return NULL;
    }
    memcpy(row->bucket_minor, sums->buckets, row->n_bucket_minor * sizeof *row->bucket_minor);
    return row;
}

static enum daybook_status add_buckets(const struct aging_sums *sums, size_t count, int64_t *sum_minor,
                                       struct daybook_error *error) {
    *sum_minor = 0;
    for (size_t i = 0; i < count; i++) {
        if (!money_add(sum_minor, sums->buckets[i])) {
            return daybook_fail(error, DAYBOOK_LIMIT, "while adding up what is overdue: it does not fit 64 bits");
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status add_row(struct ages *ages, struct book *book, const struct account_row *account,
                                   const struct aging_sums *sums, struct daybook_error *error) {
    uint8_t key[PAGE_KEY_MAX];
    struct aging_total *total = book_total(book, &ages->totals, account->currency, sizeof *total);
    ages->row_count++;
    if (total == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    if (!aging_add(&total->sums, sums, ages->policy.edge_count)) {
        return daybook_fail(error, DAYBOOK_LIMIT, "while adding up ages in %s: a total does not fit 64 bits",
                            account->currency);
    }
    int64_t amount = sums->total_minor;
    if (ages->ranking.order == PB__ORDER__ORDER_OVERDUE) {
        DAYBOOK_TRY(add_buckets(sums, ages->policy.edge_count + 1, &amount, error));
    }
    bool is_taken;
    DAYBOOK_TRY(
        rank_offer(&ages->ranking, book, account, amount, key, page_account_key(account, key), &is_taken, error));
    return is_taken ? rank_put(&ages->ranking, book,
                               make_row(book, &ages->policy, account->customer, account->currency, sums))
                    : DAYBOOK_OK;
}

void query_add_left(struct book *book, const Pb__At *at) {
    bool is_past = at != NULL && (at->as_of[0] != '\0' || at->known_at[0] != '\0');
    if (is_past && book->customer[0] != '\0' && ledger_view(book->ledger, "balance") != NULL) {
        book->left_index = book->view_count;
        book_add_view(book, "balance");
    }
}

enum daybook_status query_ask_left(struct book *book, const struct account_row *account, struct aging_left *room,
                                   const struct aging_left **left, struct daybook_error *error) {
    size_t index = book->left_index;
    struct account_row found;
    bool is_found;
    struct series_totals totals = {0};
    *left = NULL;
    if (index == 0) {
        return DAYBOOK_OK;
    }
    struct store_txn *txn = book->reads[index].txn;
    enum daybook_status status =
        account_find(txn, BALANCE_ACCOUNTS, account->customer, account->currency, &found, &is_found, error);
    if (status == DAYBOOK_OK && is_found) {
        status = balance_ask(txn, found.number, book->at.as_of, book->at.known_at, &totals, error);
    }
    *room = (struct aging_left){totals.columns[EFFECT_RECEIVABLE], totals.columns[EFFECT_UNAPPLIED]};
    *left = room;
    return book_check(book, index, status, error);
}

static enum daybook_status visit(void *context, struct book *book, const struct account_row *account,
                                 struct daybook_error *error) {
    struct ages *ages = context;
    struct aging_sums sums;
    struct aging_left left;
    struct aging_question question = {account->number, book->at.as_of, book_known_at(book, 0), false, NULL};
    DAYBOOK_TRY(query_ask_left(book, account, &left, &question.left, error));
    enum daybook_status status = aging_ask(book->reads[0].txn, &question, &ages->policy, &sums, error);
    if (status != DAYBOOK_OK || sums.item_count == 0) {
        return book_check(book, 0, status, error);
    }
    return add_row(ages, book, account, &sums, error);
}

static enum daybook_status add_zero(struct ages *ages, struct book *book, struct daybook_error *error) {
    struct aging_sums sums = {0};
    struct account_row account = {0};
    (void)strncpy(account.customer, book->customer, sizeof account.customer - 1);
    (void)strncpy(account.currency, book_default_currency(book), sizeof account.currency - 1);
    return add_row(ages, book, &account, &sums, error);
}

enum daybook_status query_add_aging_labels(struct book *book, const struct aging_policy *policy,
                                           struct pointers *labels) {
    int32_t from = policy->is_by_posting ? 0 : 1;
    for (size_t i = 0; i < policy->edge_count; i++) {
        char *label = arena_format(book->arena, "%" PRId32 "-%" PRId32, from, policy->edges[i]);
        DAYBOOK_TRY(pointers_add(labels, book->arena, label));
        from = policy->edges[i] + 1;
    }
    return pointers_add(labels, book->arena, arena_format(book->arena, "over %" PRId32, from - 1));
}

static enum daybook_status make_answer(struct book *book, const struct ages *ages, ProtobufCMessage **answer) {
    struct pointers labels = {0};
    struct pointers totals = {0};
    Pb__AgingAnswer *made = arena_alloc(book->arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__aging_answer__init(made);
    DAYBOOK_TRY(query_add_aging_policies(book, &ages->policy));
    DAYBOOK_TRY(query_add_aging_labels(book, &ages->policy, &labels));
    for (size_t i = 0; i < ages->totals.count; i++) {
        const struct aging_total *total = ages->totals.items[i];
        DAYBOOK_TRY(
            pointers_add(&totals, book->arena, make_row(book, &ages->policy, "", total->currency, &total->sums)));
    }
    made->position = book_position(book);
    made->n_buckets = labels.count;
    made->buckets = (char **)labels.items;
    made->n_rows = ages->ranking.rows.count;
    made->rows = (Pb__AgingRow **)ages->ranking.rows.items;
    made->n_totals = totals.count;
    made->totals = (Pb__AgingRow **)totals.items;
    made->next_cursor = page_next_cursor(&book->page, book->arena);
    *answer = &made->base;
    return made->position == NULL || made->next_cursor == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

enum daybook_status query_aging(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__AgingQuery *asked = query->aging;
    struct book_question question = {asked->at, asked->customer, asked->currency, asked->tag, asked->page, {"aging"}};
    struct ages ages = {0};
    struct book book;
    enum daybook_status status = book_open(&book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        struct aging_wish wish = {asked->basis, asked->unapplied, asked->edges, asked->n_edges};
        status = query_read_aging_policy(&wish, &ages.policy, error);
    }
    if (status == DAYBOOK_OK) {
        status =
            rank_init(&ages.ranking, &book, asked->order, "total, greatest first", "overdue, greatest first", error);
    }
    if (status == DAYBOOK_OK) {
        book.accounts_table = AGING_ACCOUNTS;
        book_add_view(&book, "aging");
        query_add_left(&book, asked->at);
        status = book_walk(&book, visit, &ages, error);
    }
    if (status == DAYBOOK_OK && ages.row_count == 0 && asked->customer[0] != '\0' && asked->tag[0] == '\0') {
        status = add_zero(&ages, &book, error);
    }
    if (status == DAYBOOK_OK) {
        status = rank_finish(&ages.ranking, &book);
    }
    if (status == DAYBOOK_OK) {
        status = make_answer(&book, &ages, answer);
    }
    book_close(&book);
    return status;
}
