/*
 * What always adds up, in every report of random histories at random (A, K):
 * ages against open items and balances, the books, histories, statements, bridges.
 */
#include "domain/postings.h"
#include "projections/random_ledger.h"

enum { HISTORIES = 5, ROUNDS = 5, REQUESTS_A_ROUND = 50, POINTS_A_ROUND = 12 };

/* What was checked: a test that finds nothing to add up is seen. */
struct coverage {
    uint64_t age_rows;
    uint64_t bridge_events;
    uint64_t daily_rows;
    uint64_t history_rows;
    uint64_t statement_sums;
    uint64_t tagged_rows;
    uint64_t part_sums;
    unsigned part_accounts; /* A bit for each account of the books that some customers' books had money in. */
};

struct point {
    struct random_ledger *r;
    struct coverage *coverage;
    char *as_of;
    uint64_t known_at;
    uint64_t before; /* <= known_at */
};

static const char *const customers[] = {"ann", "bob", "cem"};

#define ASK_POINT(r_, arm, case_, question_, answer_type, answer_)                                                     \
    Pb__Query query_ = PB__QUERY__INIT;                                                                                \
    ProtobufCMessage *message_ = NULL;                                                                                 \
    query_.question_case = PB__QUERY__QUESTION_##case_;                                                                \
    query_.arm = &(question_);                                                                                         \
    LEDGER_OK(&(r_)->c, query_run((r_)->c.ledger, &query_, &(r_)->arena, &message_, &(r_)->c.error));                  \
    const answer_type *answer_ = (const answer_type *)message_

static bool is_known(const struct point *p, const char *customer, uint64_t known_at) {
    Pb__CustomersQuery question = PB__CUSTOMERS_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    ProtobufCMessage *message = NULL;
    question.at = at_of(p->r, p->as_of, known_at);
    question.customer = random_text(p->r, customer);
    query.question_case = PB__QUERY__QUESTION_CUSTOMERS;
    query.customers = &question;
    return query_run(p->r->c.ledger, &query, &p->r->arena, &message, &p->r->c.error) == DAYBOOK_OK;
}

static const Pb__BalanceAnswer *ask_balance(const struct point *p, uint64_t known_at) {
    Pb__BalanceQuery question = PB__BALANCE_QUERY__INIT;
    question.at = at_of(p->r, p->as_of, known_at);
    ASK_POINT(p->r, balance, BALANCE, question, Pb__BalanceAnswer, answer);
    return answer;
}

static const Pb__AgingAnswer *ask_aging(const struct point *p, uint64_t known_at, Pb__AgingBasis basis,
                                        Pb__UnappliedDisplay unapplied) {
    Pb__AgingQuery question = PB__AGING_QUERY__INIT;
    question.at = at_of(p->r, p->as_of, known_at);
    question.basis = basis;
    question.unapplied = unapplied;
    ASK_POINT(p->r, aging, AGING, question, Pb__AgingAnswer, answer);
    return answer;
}

/* ---- ages, items and balances ---- */

static void check_age_row(const Pb__AgingRow *row) {
    int64_t sum = row->not_due_minor + row->disputed_minor + row->unapplied_minor;
    for (size_t i = 0; i < row->n_bucket_minor; i++) {
        sum += row->bucket_minor[i];
    }
    assert_int_equal(sum, row->total_minor);
}

static const Pb__Balance *balance_of(const Pb__BalanceAnswer *answer, const char *customer, const char *currency) {
    static const Pb__Balance zero = PB__BALANCE__INIT;
    for (size_t i = 0; i < answer->n_rows; i++) {
        if (strcmp(answer->rows[i]->customer, customer) == 0 && strcmp(answer->rows[i]->currency, currency) == 0) {
            return answer->rows[i];
        }
    }
    return &zero;
}

static void check_items(const struct point *p, const Pb__AgingRow *row) {
    Pb__OpenItemsQuery question = PB__OPEN_ITEMS_QUERY__INIT;
    question.at = at_of(p->r, p->as_of, p->known_at);
    question.customer = row->customer;
    question.currency = row->currency;
    ASK_POINT(p->r, open_items, OPEN_ITEMS, question, Pb__OpenItemsAnswer, answer);
    int64_t open = 0;
    int64_t disputed = 0;
    for (size_t i = 0; i < answer->n_rows; i++) {
        open += answer->rows[i]->open_minor;
        disputed += answer->rows[i]->disputed_minor;
    }
    assert_int_equal(open, row->total_minor);
    assert_int_equal(disputed, row->disputed_minor);
}

/* Buckets add up to open less unapplied, however they are told; the balance view says the same of both. */
static void check_ages(const struct point *p) {
    const Pb__BalanceAnswer *balances = ask_balance(p, p->known_at);
    for (int basis = 1; basis <= 2; basis++) {
        for (int display = 1; display <= 3; display++) {
            const Pb__AgingAnswer *ages =
                ask_aging(p, p->known_at, (Pb__AgingBasis)basis, (Pb__UnappliedDisplay)display);
            for (size_t i = 0; i < ages->n_rows; i++) {
                const Pb__AgingRow *row = ages->rows[i];
                const Pb__Balance *balance = balance_of(balances, row->customer, row->currency);
                check_age_row(row);
                assert_int_equal(row->total_minor, balance->receivable_minor - balance->unapplied_minor);
                check_items(p, row);
                p->coverage->age_rows++;
            }
            for (size_t i = 0; i < ages->n_totals; i++) {
                check_age_row(ages->totals[i]);
            }
        }
    }
}

/* ---- the books ---- */

/* ---- day by day ---- */

/* One page of three rows; what is on it is what the balance question says of the end of that day. */
static const Pb__DailyBalancesAnswer *check_days(const struct point *p, const char *cursor, char last[256]) {
    Pb__DailyBalancesQuery question = PB__DAILY_BALANCES_QUERY__INIT;
    Pb__Page page = PB__PAGE__INIT;
    page.limit = 3;
    page.cursor = random_text(p->r, cursor);
    question.at = at_of(p->r, p->as_of, p->known_at);
    question.page = &page;
    ASK_POINT(p->r, daily_balances, DAILY_BALANCES, question, Pb__DailyBalancesAnswer, answer);
    for (size_t i = 0; i < answer->n_rows; i++) {
        const Pb__DailyBalance *row = answer->rows[i];
        const struct point day = {p->r, p->coverage, row->on, p->known_at, 0};
        const Pb__Balance *balance =
            balance_of(ask_balance(&day, p->known_at), row->balance->customer, row->balance->currency);
        struct daybook_buffer ours = {0};
        struct daybook_buffer theirs = {0};
        char key[256];
        assert_int_equal(wire_encode(&row->balance->base, &ours), DAYBOOK_OK);
        assert_int_equal(wire_encode(&balance->base, &theirs), DAYBOOK_OK);
        assert_true(daybook_bytes_equal(daybook_buffer_view(&ours), daybook_buffer_view(&theirs)));
        (void)snprintf(key, sizeof key, "%s %s %s", row->balance->customer, row->balance->currency, row->on);
        assert_true(strcmp(last, key) < 0);
        assert_true(strcmp(row->on, p->as_of) <= 0);
        (void)snprintf(last, 256, "%s", key);
        daybook_buffer_release(&ours);
        daybook_buffer_release(&theirs);
        p->coverage->daily_rows++;
    }
    return answer;
}

/* And the last day of each account is how it stands. */
static void check_daily(const struct point *p) {
    const char *cursor = "";
    char last[256] = "";
    int64_t net = 0;
    do {
        const Pb__DailyBalancesAnswer *answer = check_days(p, cursor, last);
        cursor = answer->next_cursor;
        assert_true(*cursor == '\0' || answer->n_rows == 3);
    } while (*cursor != '\0');
    Pb__DailyBalancesQuery question = PB__DAILY_BALANCES_QUERY__INIT;
    question.at = at_of(p->r, p->as_of, p->known_at);
    ASK_POINT(p->r, daily_balances, DAILY_BALANCES, question, Pb__DailyBalancesAnswer, all);
    for (size_t i = 0; i < all->n_rows; i++) {
        const Pb__Balance *row = all->rows[i]->balance;
        const Pb__Balance *next = i + 1 < all->n_rows ? all->rows[i + 1]->balance : NULL;
        bool is_last =
            next == NULL || strcmp(next->customer, row->customer) != 0 || strcmp(next->currency, row->currency) != 0;
        net += is_last ? row->net_minor : 0;
    }
    const Pb__BalanceAnswer *balances = ask_balance(p, p->known_at);
    for (size_t i = 0; i < balances->n_totals; i++) {
        net -= balances->totals[i]->net_minor;
    }
    assert_int_equal(net, 0);
}

static const Pb__TrialBalanceAnswer *ask_trial(const struct point *p, const char *customer, const char *tag) {
    Pb__TrialBalanceQuery question = PB__TRIAL_BALANCE_QUERY__INIT;
    question.at = at_of(p->r, p->as_of, p->known_at);
    question.customer = random_text(p->r, customer);
    question.tag = random_text(p->r, tag);
    ASK_POINT(p->r, trial_balance, TRIAL_BALANCE, question, Pb__TrialBalanceAnswer, answer);
    for (size_t i = 0; i < answer->n_totals; i++) {
        assert_int_equal(answer->totals[i]->debit_minor, answer->totals[i]->credit_minor);
        assert_int_equal(answer->totals[i]->agrees, PB__AGREEMENT__AGREEMENT_YES);
    }
    return answer;
}

/* The two currencies' accounts. */
struct booked {
    int64_t minor[2][POSTING_ACCOUNT_COUNT];
};

/* Rows stand in the order of currencies, and within one in that of the accounts. */
static void add_booked(struct booked *sums, const Pb__TrialBalanceAnswer *answer) {
    for (size_t i = 0; i < answer->n_rows; i++) {
        const Pb__TrialBalanceRow *row = answer->rows[i];
        size_t account = i % POSTING_ACCOUNT_COUNT;
        assert_string_equal(row->account, posting_account_name((enum posting_account)account));
        sums->minor[strcmp(row->currency, "USD") == 0][account] += row->debit_minor - row->credit_minor;
    }
}

static bool has_tag(const struct point *p, const char *customer, const char *tag) {
    Pb__CustomersQuery question = PB__CUSTOMERS_QUERY__INIT;
    question.at = at_of(p->r, p->as_of, p->known_at);
    question.tag = random_text(p->r, tag);
    ASK_POINT(p->r, customers, CUSTOMERS, question, Pb__CustomersAnswer, answer);
    for (size_t i = 0; i < answer->n_rows; i++) {
        if (strcmp(answer->rows[i]->customer, customer) == 0) {
            return true;
        }
    }
    return false;
}

/* The customers' books add up to the whole, and those of the customers with a tag to the tag's. */
static void check_books(const struct point *p) {
    static const char *const tags[] = {"north", "big"};
    struct booked parts = {0};
    struct booked whole = {0};
    add_booked(&whole, ask_trial(p, "", ""));
    for (size_t i = 0; i < ROW_COUNT(tags); i++) {
        struct booked tagged = {0};
        struct booked having = {0};
        add_booked(&tagged, ask_trial(p, "", tags[i]));
        for (size_t j = 0; j < ROW_COUNT(customers); j++) {
            if (has_tag(p, customers[j], tags[i])) {
                add_booked(&having, ask_trial(p, customers[j], ""));
            }
        }
        assert_memory_equal(&tagged, &having, sizeof tagged);
    }
    for (size_t i = 0; i < ROW_COUNT(customers); i++) {
        if (is_known(p, customers[i], p->known_at)) {
            const Pb__TrialBalanceAnswer *part = ask_trial(p, customers[i], "");
            add_booked(&parts, part);
            p->coverage->part_sums += part->n_totals;
        }
    }
    assert_memory_equal(&parts, &whole, sizeof parts);
    for (unsigned account = 0; account < POSTING_ACCOUNT_COUNT; account++) {
        p->coverage->part_accounts |= (unsigned)(parts.minor[0][account] != 0) << account;
    }
}

/* ---- histories and statements ---- */

static const Pb__HistoryAnswer *ask_history(const struct point *p, const char *customer, const char *tag,
                                            Pb__Page *page) {
    Pb__HistoryQuery question = PB__HISTORY_QUERY__INIT;
    question.at = at_of(p->r, p->as_of, p->known_at);
    question.customer = random_text(p->r, customer);
    question.tag = random_text(p->r, tag);
    question.page = page;
    ASK_POINT(p->r, history, HISTORY, question, Pb__HistoryAnswer, answer);
    return answer;
}

static void assert_same_row(const Pb__HistoryRow *row, const Pb__HistoryRow *should) {
    struct daybook_buffer ours = {0};
    struct daybook_buffer theirs = {0};
    assert_int_equal(wire_encode(&row->base, &ours), DAYBOOK_OK);
    assert_int_equal(wire_encode(&should->base, &theirs), DAYBOOK_OK);
    assert_true(daybook_bytes_equal(daybook_buffer_view(&ours), daybook_buffer_view(&theirs)));
    daybook_buffer_release(&ours);
    daybook_buffer_release(&theirs);
}

/* What of the customer's is among `rows` is all of their own, in its order. Returns how many. */
static size_t check_share(const Pb__HistoryAnswer *all, const char *customer, const Pb__HistoryAnswer *own) {
    size_t at = 0;
    for (size_t i = 0; i < all->n_rows; i++) {
        if (strcmp(all->rows[i]->event->customer, customer) == 0) {
            assert_true(at < own->n_rows);
            assert_same_row(all->rows[i], own->rows[at++]);
        }
    }
    return at;
}

/* The whole book's history is its customers', and a tag's that of those who have it; page by page it is the same. */
static void check_histories(const struct point *p) {
    Pb__Page page = PB__PAGE__INIT;
    const Pb__HistoryAnswer *all = ask_history(p, "", "", NULL);
    const Pb__HistoryAnswer *tagged = ask_history(p, "", "north", NULL);
    size_t having = 0;
    size_t paged = 0;
    for (size_t i = 0; i < ROW_COUNT(customers); i++) {
        if (!is_known(p, customers[i], p->known_at)) {
            continue;
        }
        const Pb__HistoryAnswer *own = ask_history(p, customers[i], "", NULL);
        bool is_tagged = has_tag(p, customers[i], "north");
        assert_int_equal(check_share(all, customers[i], own), own->n_rows);
        assert_int_equal(check_share(tagged, customers[i], own), is_tagged ? own->n_rows : 0);
        having += is_tagged ? own->n_rows : 0;
    }
    assert_int_equal(tagged->n_rows, having);
    page.limit = 7;
    do {
        const Pb__HistoryAnswer *some = ask_history(p, "", "north", &page);
        for (size_t i = 0; i < some->n_rows; i++) {
            assert_same_row(some->rows[i], tagged->rows[paged++]);
        }
        page.cursor = some->next_cursor;
    } while (*page.cursor != '\0');
    assert_int_equal(paged, having);
    p->coverage->tagged_rows += having;
}

/* The balance after the last visible event of a currency is the balance. */
static void check_history(const struct point *p, const char *customer) {
    const Pb__BalanceAnswer *balances = ask_balance(p, p->known_at);
    const Pb__Balance *last[2] = {NULL, NULL};
    const Pb__HistoryAnswer *answer = ask_history(p, customer, "", NULL);
    p->coverage->history_rows += answer->n_rows;
    for (size_t i = 0; i < answer->n_rows; i++) {
        if (answer->rows[i]->after != NULL) {
            last[strcmp(answer->rows[i]->after->currency, "USD") == 0] = answer->rows[i]->after;
        }
    }
    for (size_t i = 0; i < 2; i++) {
        if (last[i] != NULL) {
            const Pb__Balance *balance = balance_of(balances, customer, last[i]->currency);
            assert_int_equal(last[i]->receivable_minor, balance->receivable_minor);
            assert_int_equal(last[i]->unapplied_minor, balance->unapplied_minor);
            assert_int_equal(last[i]->deposit_minor, balance->deposit_minor);
            assert_int_equal(last[i]->net_minor, balance->net_minor);
        }
    }
}

/* Every field of the columns is a number of 64 bits. */
static int64_t column(const Pb__StatementAmounts *amounts, unsigned i) {
    int64_t value;
    memcpy(&value, (const uint8_t *)amounts + pb__statement_amounts__descriptor.fields[i].offset, sizeof value);
    return value;
}

static void check_statement_sums(const Pb__Statement *statement) {
    static const Pb__StatementAmounts zero = PB__STATEMENT_AMOUNTS__INIT;
    const Pb__StatementAmounts *opening = statement->opening != NULL ? statement->opening : &zero;
    const Pb__StatementAmounts *movements = statement->movements != NULL ? statement->movements : &zero;
    const Pb__StatementAmounts *closing = statement->closing != NULL ? statement->closing : &zero;
    for (unsigned i = 0; i < pb__statement_amounts__descriptor.n_fields; i++) {
        int64_t sums = 0;
        for (size_t j = 0; j < statement->n_sums; j++) {
            sums += column(statement->sums[j]->amounts, i);
        }
        assert_int_equal(sums, column(movements, i));
        assert_int_equal(column(opening, i) + column(movements, i), column(closing, i));
    }
}

static void check_statement(const struct point *p, const char *customer, const char *from, Pb__StatementKind kind) {
    const Pb__Balance *balance = balance_of(ask_balance(p, p->known_at), customer, "CNY");
    Pb__StatementQuery question = PB__STATEMENT_QUERY__INIT;
    question.at = at_of(p->r, p->as_of, p->known_at);
    question.customer = random_text(p->r, customer);
    question.currency = random_text(p->r, "CNY");
    question.kind = kind;
    question.from_on = random_text(p->r, from);
    ASK_POINT(p->r, statement, STATEMENT, question, Pb__StatementAnswer, answer);
    const Pb__Statement *statement = answer->statement;
    int64_t ages = 0;
    int64_t items = 0;
    check_statement_sums(statement);
    p->coverage->statement_sums += statement->n_sums;
    assert_int_equal(statement->closing->receivable_minor, balance->receivable_minor);
    assert_int_equal(statement->closing->unapplied_minor, balance->unapplied_minor);
    assert_int_equal(statement->closing->deposit_minor, balance->deposit_minor);
    for (size_t i = 0; i < statement->n_ages; i++) {
        ages += statement->ages[i]->amount_minor;
    }
    assert_int_equal(ages, statement->closing->owed_minor);
    for (size_t i = 0; i < statement->n_items; i++) {
        items += statement->items[i]->open_minor;
    }
    if (kind == PB__STATEMENT_KIND__STATEMENT_KIND_OPEN_ITEM) {
        assert_int_equal(items, statement->closing->owed_minor);
    }
}

/* ---- bridges ---- */

/* The columns of a row of ages, as a bridge has them. */
static size_t age_columns(const Pb__AgingRow *row, int64_t columns[16]) {
    size_t count = 0;
    columns[count++] = row->not_due_minor;
    for (size_t i = 0; i < row->n_bucket_minor; i++) {
        columns[count++] = row->bucket_minor[i];
    }
    columns[count++] = row->disputed_minor;
    columns[count++] = row->unapplied_minor;
    columns[count++] = row->total_minor;
    return count;
}

static void check_ages_are(const Pb__AgingAnswer *ages, const Pb__BridgeRow *bridge) {
    static const int64_t zero[16];
    for (size_t i = 0; i < ages->n_rows; i++) {
        int64_t columns[16];
        const Pb__AgingRow *row = ages->rows[i];
        if (strcmp(row->customer, bridge->customer) == 0 && strcmp(row->currency, bridge->currency) == 0) {
            assert_int_equal(age_columns(row, columns), bridge->n_amount_minor);
            assert_memory_equal(columns, bridge->amount_minor, bridge->n_amount_minor * sizeof *columns);
            return;
        }
    }
    assert_memory_equal(zero, bridge->amount_minor, bridge->n_amount_minor * sizeof *zero);
}

/* before + events = after for each account, and in each total. Returns how many events. */
static uint64_t check_bridge_sums(const Pb__BridgeAnswer *bridge) {
    int64_t sum[16] = {0};
    size_t columns = bridge->n_columns;
    uint64_t events = 0;
    uint64_t total_events = 0;
    assert_true(columns <= 16);
    for (size_t i = 0; i < bridge->n_rows; i++) {
        const Pb__BridgeRow *row = bridge->rows[i];
        if (row->kind == PB__BRIDGE_ROW_KIND__BRIDGE_ROW_KIND_AFTER) {
            assert_memory_equal(sum, row->amount_minor, columns * sizeof *sum);
            continue;
        }
        bool is_event = row->kind == PB__BRIDGE_ROW_KIND__BRIDGE_ROW_KIND_EVENT;
        for (size_t j = 0; j < columns; j++) {
            sum[j] = (is_event ? sum[j] : 0) + row->amount_minor[j];
        }
        events += is_event;
        if (is_event) {
            assert_true(row->event->sequence > bridge->from_known_at);
            assert_true(row->event->sequence <= bridge->position->known_at);
        }
    }
    for (size_t i = 0; i < bridge->n_totals; i++) {
        const Pb__BridgeTotal *total = bridge->totals[i];
        for (size_t j = 0; j < columns; j++) {
            assert_int_equal(total->before_minor[j] + total->change_minor[j], total->after_minor[j]);
        }
        total_events += total->events;
    }
    assert_int_equal(events, total_events);
    return events;
}

static const Pb__BridgeAnswer *ask_bridge(const struct point *p, Pb__BridgeFigure figure,
                                          Pb__UnappliedDisplay unapplied) {
    Pb__BridgeQuery question = PB__BRIDGE_QUERY__INIT;
    question.at = at_of(p->r, p->as_of, p->known_at);
    question.from_known_at = sequence_text(p->r, p->before);
    question.figure = figure;
    if (figure == PB__BRIDGE_FIGURE__BRIDGE_FIGURE_AGING) {
        question.unapplied = unapplied;
    }
    ASK_POINT(p->r, bridge, BRIDGE, question, Pb__BridgeAnswer, answer);
    p->coverage->bridge_events += check_bridge_sums(answer);
    return answer;
}

/* Of a statement from the beginning: it opens with nothing, and closes with the balance. */
static void check_statement_bridge(const struct point *p) {
    const Pb__BridgeAnswer *bridge =
        ask_bridge(p, PB__BRIDGE_FIGURE__BRIDGE_FIGURE_STATEMENT, PB__UNAPPLIED_DISPLAY__UNAPPLIED_DISPLAY_UNSPECIFIED);
    const Pb__BalanceAnswer *after = ask_balance(p, p->known_at);
    for (size_t i = 0; i < bridge->n_rows; i++) {
        const Pb__BridgeRow *row = bridge->rows[i];
        assert_int_equal(row->amount_minor[0] + row->amount_minor[1], row->amount_minor[2]);
        assert_int_equal(row->amount_minor[3] + row->amount_minor[4], row->amount_minor[5]);
        assert_int_equal(row->amount_minor[0], 0);
        if (row->kind == PB__BRIDGE_ROW_KIND__BRIDGE_ROW_KIND_AFTER) {
            const Pb__Balance *balance = balance_of(after, row->customer, row->currency);
            assert_int_equal(row->amount_minor[2], balance->receivable_minor - balance->unapplied_minor);
            assert_int_equal(row->amount_minor[5], balance->deposit_minor);
        }
    }
}

/* Its ends are what is answered at either point of knowledge. */
static void check_bridges(const struct point *p) {
    for (int display = 1; display <= 3; display++) {
        const Pb__BridgeAnswer *bridge =
            ask_bridge(p, PB__BRIDGE_FIGURE__BRIDGE_FIGURE_AGING, (Pb__UnappliedDisplay)display);
        const Pb__AgingAnswer *before =
            ask_aging(p, p->before, PB__AGING_BASIS__AGING_BASIS_DUE, (Pb__UnappliedDisplay)display);
        const Pb__AgingAnswer *after =
            ask_aging(p, p->known_at, PB__AGING_BASIS__AGING_BASIS_DUE, (Pb__UnappliedDisplay)display);
        for (size_t i = 0; i < bridge->n_rows; i++) {
            if (bridge->rows[i]->event == NULL) {
                bool is_before = bridge->rows[i]->kind == PB__BRIDGE_ROW_KIND__BRIDGE_ROW_KIND_BEFORE;
                check_ages_are(is_before ? before : after, bridge->rows[i]);
            }
        }
    }
    check_statement_bridge(p);
    const Pb__BridgeAnswer *bridge =
        ask_bridge(p, PB__BRIDGE_FIGURE__BRIDGE_FIGURE_BALANCE, PB__UNAPPLIED_DISPLAY__UNAPPLIED_DISPLAY_UNSPECIFIED);
    const Pb__BalanceAnswer *after = ask_balance(p, p->known_at);
    for (size_t i = 0; i < bridge->n_rows; i++) {
        const Pb__BridgeRow *row = bridge->rows[i];
        if (row->kind == PB__BRIDGE_ROW_KIND__BRIDGE_ROW_KIND_AFTER) {
            const Pb__Balance *balance = balance_of(after, row->customer, row->currency);
            assert_int_equal(row->amount_minor[0], balance->receivable_minor);
            assert_int_equal(row->amount_minor[4], balance->deposit_available_minor);
            assert_int_equal(row->amount_minor[8], balance->net_minor);
        }
    }
}

/* ---- all of them ---- */

static void check_point(struct random_ledger *r, struct coverage *coverage) {
    struct point p = {.r = r, .coverage = coverage};
    arena_reset(&r->arena);
    p.as_of = random_day(r);
    p.known_at = random_sequence(r);
    p.before = (uint64_t)chance_between(&r->chance, 0, (int64_t)p.known_at);
    check_ages(&p);
    check_books(&p);
    check_histories(&p);
    check_daily(&p);
    check_bridges(&p);
    for (size_t i = 0; i < ROW_COUNT(customers); i++) {
        if (!is_known(&p, customers[i], p.known_at)) {
            continue;
        }
        check_history(&p, customers[i]);
        for (int kind = 1; kind <= 3; kind++) {
            check_statement(&p, customers[i], "", (Pb__StatementKind)kind);
            check_statement(&p, customers[i], "2024-02-01", (Pb__StatementKind)kind);
        }
    }
}

static void everything_adds_up(void **state) {
    (void)state;
    struct coverage coverage = {0};
    uint64_t seed = chance_seed(1);
    for (uint64_t i = 0; i < HISTORIES; i++) {
        struct random_ledger r;
        printf("seed %" PRIu64 "\n", seed + i);
        random_ledger_open(&r, seed + i);
        for (int round = 0; round < ROUNDS; round++) {
            random_ledger_write(&r, REQUESTS_A_ROUND);
            for (int j = 0; j < POINTS_A_ROUND; j++) {
                check_point(&r, &coverage);
            }
        }
        random_ledger_close(&r);
    }
    assert_true(coverage.age_rows > 1000);
    assert_true(coverage.bridge_events > 1000);
    assert_true(coverage.daily_rows > 1000);
    assert_true(coverage.history_rows > 1000);
    assert_true(coverage.statement_sums > 1000);
    assert_true(coverage.tagged_rows > 1000);
    assert_true(coverage.part_sums > 500);
    assert_int_equal(coverage.part_accounts, (1u << POSTING_ACCOUNT_COUNT) - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_adds_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
