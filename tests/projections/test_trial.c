/* The books at any (A, K): every account against plain sums, and postings listed from the events. */
#include "projections/asking.h"

#include "projections/trial.h"

#define D1    day("2024-01-10")
#define PAID  PB__FUNDING__FUNDING_PAID
#define PROMO PB__FUNDING__FUNDING_PROMOTIONAL
#define NOTE  PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_CREDIT_NOTE
#define DEBIT PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE
#define OFF   PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_WRITE_OFF
#define BACK  PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY
#define CENT  PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_ROUNDING

static void lot_expired(struct events *e, int32_t on, int64_t amount, Pb__OnExpiry to) {
    EVENT_BODY(e, on, LOT_EXPIRED, lot_expired, LotExpired, lot_expired__init, {
        body_->lot = events_text(e, "L");
        body_->amount_minor = amount;
        body_->to = to;
    });
}

/* What an event says in the books, written down by hand from what each event means. */
struct written {
    const char *debit;
    const char *credit;
};

static struct written write_adjustment(struct events *e, int kind, int32_t on, int64_t amount) {
    static const struct {
        Pb__AdjustmentKind kind;
        const char *target;
        struct written written;
    } rows[] = {
        {NOTE, "c", {"Adjustments", "Receivable"}},  {NOTE, NULL, {"Adjustments", "Unapplied"}},
        {DEBIT, "c", {"Receivable", "Adjustments"}}, {OFF, "c", {"BadDebt", "Receivable"}},
        {BACK, "c", {"Receivable", "BadDebt"}},      {CENT, "c", {"Rounding", "Receivable"}},
    };
    adjusted(e, on, "a", rows[kind].kind, amount, rows[kind].target);
    return rows[kind].written;
}

static struct written write_one(struct events *e, int kind, int32_t on, int64_t amount) {
    switch (kind) {
    case 0:
        deposit(e, on, "L", amount, PAID, on);
        return (struct written){"Cash", "Deposits"};
    case 1:
        deposit(e, on, "L", amount, PROMO, on);
        return (struct written){"PromotionCost", "Deposits"};
    case 2:
        charge(e, on, "c", amount, on);
        return (struct written){"Receivable", "Revenue"};
    case 3:
        consumed(e, on, "c", "L", amount);
        return (struct written){"Deposits", "Receivable"};
    case 4:
        payment(e, on, "p", amount, false);
        return (struct written){"Cash", "Unapplied"};
    case 5:
        allocated(e, on, PAYMENT, "p", CHARGE, "c", 0, amount);
        return (struct written){"Unapplied", "Receivable"};
    case 6:
        unallocated(e, on, PAYMENT, "p", CHARGE, "c", amount, 1);
        return (struct written){"Receivable", "Unapplied"};
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
    case 12:
        return write_adjustment(e, kind - 7, on, amount);
    case 13:
        refunded(e, on, LOT, "L", amount);
        return (struct written){"Deposits", "Cash"};
    case 14:
        refunded(e, on, PAYMENT, "p", amount);
        return (struct written){"Unapplied", "Cash"};
    case 15:
        lot_expired(e, on, amount, PB__ON_EXPIRY__ON_EXPIRY_DORMANT);
        return (struct written){"Deposits", "Dormant"};
    case 16:
        lot_expired(e, on, amount, PB__ON_EXPIRY__ON_EXPIRY_FORFEIT);
        return (struct written){"Deposits", "Breakage"};
    case 17:
        payment(e, on, "p", amount, true); /* Pending: shown, never counted. */
        return (struct written){NULL, NULL};
    default:
        charge_reversed(e, on, "c", amount);
        return (struct written){"Revenue", "Receivable"};
    }
}

enum { KINDS = 19, STEPS = 12000, CURRENCIES = 3 };
static const char *const currencies[CURRENCIES] = {"CNY", "EUR", "JPY"};

struct step {
    struct written written;
    const char *currency;
    int32_t on;
    int64_t amount;
};

static void make_steps(struct events *e, struct step *steps, struct chance *chance, int style) {
    for (int i = 0; i < STEPS; i++) {
        int32_t on = style == 0 ? 1000 + i / 10 : (int32_t)chance_between(chance, 1000, 2200);
        if (style == 1 && chance_between(chance, 0, 9) > 0) {
            on = 1000 + i / 10;
        }
        e->currency = currencies[chance_between(chance, 0, CURRENCIES - 1)];
        steps[i] = (struct step){.currency = e->currency, .on = on, .amount = chance_between(chance, 1, 100000)};
        steps[i].written = write_one(e, (int)chance_between(chance, 0, KINDS - 1), on, steps[i].amount);
    }
}

static int64_t expected(const struct step *steps, const char *currency, const char *account, int32_t as_of,
                        uint64_t known_at) {
    int64_t sum = 0;
    for (uint64_t i = 0; i < STEPS && i < known_at; i++) {
        if (steps[i].written.debit == NULL || steps[i].on > as_of || strcmp(steps[i].currency, currency) != 0) {
            continue;
        }
        sum += strcmp(steps[i].written.debit, account) == 0 ? steps[i].amount : 0;
        sum -= strcmp(steps[i].written.credit, account) == 0 ? steps[i].amount : 0;
    }
    return sum;
}

/* The events that are no whole block, as whoever asks reads them. */
static struct trial_late late_of(struct folding *f, const struct events *e, int32_t as_of, uint64_t known_at) {
    struct trial_late late = {0};
    for (size_t i = 0; i < e->count; i++) {
        uint64_t sequence = e->list[i]->sequence;
        if (sequence > trial_whole(known_at < e->count ? known_at : e->count) && sequence <= known_at) {
            FOLDING_OK(f, trial_late_add(&late, as_of, e->list[i], &f->error));
        }
    }
    return late;
}

static void check_books(struct folding *f, const struct events *e, const struct step *steps, int32_t as_of,
                        uint64_t known_at) {
    struct trial_late late = late_of(f, e, as_of, known_at);
    struct store_txn *txn = folding_read(f);
    struct trial_walk walk;
    struct trial_row row;
    bool is_found = false;
    FOLDING_OK(f, trial_walk_open(txn, as_of, known_at < e->count ? known_at : e->count, &late, &walk, &f->error));
    for (int i = 0; i < CURRENCIES; i++) {
        FOLDING_OK(f, trial_walk_next(&walk, &row, &is_found, &f->error));
        assert_true(is_found);
        assert_string_equal(row.currency, currencies[i]);
        for (int account = 0; account < POSTING_ACCOUNT_COUNT; account++) {
            const char *name = posting_account_name((enum posting_account)account);
            assert_int_equal(row.totals[account], expected(steps, currencies[i], name, as_of, known_at));
        }
    }
    FOLDING_OK(f, trial_walk_next(&walk, &row, &is_found, &f->error));
    assert_false(is_found);
    trial_walk_close(&walk);
    trial_late_release(&late);
    store_abort(txn);
}

/* The sequences of one day, asked for in pieces. */
static void check_day(struct folding *f, const struct step *steps, int32_t on, uint64_t to) {
    struct store_txn *txn = folding_read(f);
    uint64_t sequences[7];
    uint64_t from = 1;
    size_t count = 0;
    size_t at = 7;
    for (uint64_t i = 0; i < to; i++) {
        if (steps[i].on != on || steps[i].written.debit == NULL) {
            continue;
        }
        if (at == 7) {
            FOLDING_OK(f, trial_ask_day(txn, on, from, to, sequences, 7, &count, &f->error));
            at = 0;
        }
        assert_true(at < count);
        assert_int_equal(sequences[at++], i + 1);
        from = i + 2;
    }
    FOLDING_OK(f, trial_ask_day(txn, on, from, to, sequences, 7, &count, &f->error));
    assert_int_equal(count, 0);
    store_abort(txn);
}

static void check_style(int style) {
    struct chance chance = {chance_seed(77 + (uint64_t)style)};
    print_message("seed %llu\n", (unsigned long long)chance.state);
    struct step *steps = calloc(STEPS, sizeof *steps);
    struct events e;
    struct folding whole;
    struct folding pieces;
    events_init(&e);
    make_steps(&e, steps, &chance, style);
    folding_open_both(&whole, &pieces, &trial_projection, e.list, e.count);
    for (int i = 0; i < 60; i++) {
        int32_t on = (int32_t)chance_between(&chance, 990, 2210);
        check_books(&whole, &e, steps, on, (uint64_t)chance_between(&chance, 0, STEPS + 5));
        check_day(&whole, steps, on, (uint64_t)chance_between(&chance, 1, STEPS));
    }
    check_books(&whole, &e, steps, DATE_MAX, UINT64_MAX);
    folding_close(&whole);
    folding_close(&pieces);
    events_release(&e);
    free(steps);
}

static void books_in_order(void **state) {
    (void)state;
    check_style(0);
}

static void books_with_late_and_early_dates(void **state) {
    (void)state;
    check_style(1);
}

static void books_with_any_dates(void **state) {
    (void)state;
    check_style(2);
}

static void check_past_64_bits(size_t idle_count) {
    struct events e;
    struct folding f;
    struct trial_walk walk;
    struct trial_row row;
    bool is_found;
    events_init(&e);
    charge(&e, D1, "a", INT64_MAX, D1);          /* 1 */
    charge(&e, D1, "b", INT64_MAX - 5, D1);      /* 2 */
    charge_reversed(&e, D1 + 1, "a", INT64_MAX); /* 3 */
    charge(&e, D1 + 2, "c", 4, D1);              /* 4 */
    for (size_t i = 0; i < idle_count; i++) {
        customer_opened(&e, D1, "alice", "");
    }
    folding_open(&f, &trial_projection);
    folding_take(&f, e.list, e.count, 1, true);
    struct store_txn *txn = folding_read(&f);
    struct trial_late late = late_of(&f, &e, D1 + 2, e.count);
    FOLDING_OK(&f, trial_walk_open(txn, D1 + 2, e.count, &late, &walk, &f.error));
    FOLDING_OK(&f, trial_walk_next(&walk, &row, &is_found, &f.error));
    assert_int_equal(row.totals[POSTING_RECEIVABLE], INT64_MAX - 1);
    assert_int_equal(row.totals[POSTING_REVENUE], -(INT64_MAX - 1));
    assert_true(row.is_visible);
    FOLDING_OK(&f, trial_walk_next(&walk, &row, &is_found, &f.error));
    assert_false(is_found);
    trial_walk_close(&walk);
    trial_late_release(&late);
    late = late_of(&f, &e, D1, e.count);
    FOLDING_OK(&f, trial_walk_open(txn, D1, e.count, &late, &walk, &f.error));
    assert_int_equal(trial_walk_next(&walk, &row, &is_found, &f.error), DAYBOOK_LIMIT);
    assert_non_null(strstr(f.error.message, "Receivable in EUR"));
    trial_walk_close(&walk);
    trial_late_release(&late);
    store_abort(txn);
    folding_close(&f);
    events_release(&e);
}

/* Totals may pass 64 bits on the way to one that fits; where they do not come back, the answer says so. In a block that
 * is begun, and in one that is whole. */
static void totals_past_64_bits(void **state) {
    (void)state;
    check_past_64_bits(0);
    check_past_64_bits(TRIAL_BLOCK);
}

/* The block that is begun is read back by a fold that has forgotten it. */
static void a_block_that_is_damaged_is_found(void **state) {
    (void)state;
    struct events e;
    struct folding f;
    uint8_t key[1] = {0};
    uint8_t value[64];
    struct daybook_bytes row;
    bool is_found = false;
    events_init(&e);
    charge(&e, D1, "a", 5, D1);
    charge(&e, D1, "b", 6, D1);
    folding_open(&f, &trial_projection);
    folding_take(&f, e.list, 1, 1, true);
    folding_begin(&f);
    FOLDING_OK(&f, table_get(f.txn, TRIAL_TAIL, (struct daybook_bytes){key, 1}, &row, &is_found, &f.error));
    assert_true(is_found && row.size <= sizeof value);
    size_t size = row.size;
    memcpy(value, row.data, size);
    value[size - 1] ^= 2;
    FOLDING_OK(&f, table_put(f.txn, TRIAL_TAIL, (struct daybook_bytes){key, 1}, (struct daybook_bytes){value, size},
                             &f.error));
    assert_int_equal(folding_try(&f, e.list[1]), DAYBOOK_DAMAGED);
    store_abort(f.txn);
    folding_close(&f);
    events_release(&e);
}

static void what_cannot_be_posted_stops_the_view(void **state) {
    (void)state;
    struct events e;
    struct folding f;
    events_init(&e);
    charge(&e, D1, "c", 5, D1);
    charge(&e, 0, "c", 5, D1);
    e.currency = "";
    charge(&e, D1, "c", 5, D1);
    folding_open(&f, &trial_projection);
    folding_begin(&f);
    FOLDING_OK(&f, folding_try(&f, e.list[0]));
    assert_int_equal(folding_try(&f, e.list[0]), DAYBOOK_INVALID); /* A second time. */
    assert_int_equal(folding_try(&f, e.list[1]), DAYBOOK_INVALID);
    assert_int_equal(folding_try(&f, e.list[2]), DAYBOOK_INVALID);
    assert_non_null(strstr(f.error.message, "event 3"));
    folding_commit(&f);
    struct store_txn *txn = folding_read(&f);
    struct trial_walk walk;
    struct trial_row row;
    bool is_found;
    struct trial_late late = {0};
    FOLDING_OK(&f, trial_late_add(&late, D1, e.list[0], &f.error));
    FOLDING_OK(&f, trial_walk_open(txn, D1, 9, &late, &walk, &f.error));
    FOLDING_OK(&f, trial_walk_next(&walk, &row, &is_found, &f.error));
    assert_int_equal(row.totals[POSTING_RECEIVABLE], 5);
    trial_walk_close(&walk);
    trial_late_release(&late);
    store_abort(txn);
    folding_close(&f);
    events_release(&e);
}

/* ---- asked of a ledger ---- */

static void make_book(struct events *e) {
    events_init(e);
    customer_opened(e, day("2024-01-01"), "alice", "north");          /* 1 */
    charge(e, day("2024-01-10"), "inv-1", 100000, day("2024-02-09")); /* 2 */
    customer_opened(e, day("2024-01-05"), "bob", "south");            /* 3 */
    charge(e, day("2024-03-01"), "inv-1", 5000, day("2024-03-31"));   /* 4 */
    e->customer = "alice";
    payment(e, day("2024-02-20"), "pay-1", 40000, false);                         /* 5 */
    allocated(e, day("2024-02-20"), PAYMENT, "pay-1", CHARGE, "inv-1", 0, 30000); /* 6 */
    deposit(e, day("2024-02-20"), "lot-1", 700, PAID, day("2024-02-20"));         /* 7 */
    deposit(e, day("2024-02-21"), "lot-2", 50, PROMO, day("2024-02-21"));         /* 8 */
    e->currency = "USD";
    payment(e, day("2024-02-20"), "pay-u", 9, false); /* 9 */
    e->currency = "EUR";
    charge(e, day("2024-02-20"), "late", 1, day("2024-02-20")); /* 10 */
}

static int open_book(void **state) {
    return asking_setup(state, make_book);
}

static void expect_row(const Pb__TrialBalanceRow *row, const char *account, int64_t debit, int64_t credit) {
    assert_string_equal(row->account, account);
    assert_int_equal(row->debit_minor, debit);
    assert_int_equal(row->credit_minor, credit);
}

/* Hers alone are in the books in EUR until the first of March. */
static void expect_alices_books(const Pb__TrialBalanceAnswer *answer) {
    expect_row(answer->rows[0], "Cash", 40700, 0);
    expect_row(answer->rows[1], "PromotionCost", 50, 0);
    expect_row(answer->rows[2], "Deposits", 0, 750);
    expect_row(answer->rows[3], "Receivable", 70000, 0);
    expect_row(answer->rows[4], "Revenue", 0, 100000);
    expect_row(answer->rows[5], "Unapplied", 0, 10000);
}

static void a_trial_balance_agrees_with_the_customers(void **state) {
    struct asking *a = *state;
    Pb__TrialBalanceAnswer *answer;
    ASK(a, TRIAL_BALANCE, trial_balance, TrialBalanceQuery, trial_balance_query__init, answer,
        q_->at = at(a, "2024-02-29", "9"));
    assert_int_equal(answer->n_totals, 2);
    assert_int_equal(answer->n_rows, 2 * POSTING_ACCOUNT_COUNT);
    expect_alices_books(answer);
    expect_row(answer->rows[6], "Adjustments", 0, 0);
    const Pb__TrialBalanceTotal *total = answer->totals[0];
    assert_string_equal(total->currency, "EUR");
    assert_int_equal(total->debit_minor, 110750);
    assert_int_equal(total->credit_minor, 110750);
    assert_int_equal(total->accounts_net_minor, 60000);
    assert_int_equal(total->customers_net_minor, 60000);
    assert_int_equal(total->customers_deposit_minor, 750);
    assert_int_equal(total->agrees, PB__AGREEMENT__AGREEMENT_YES);
    assert_string_equal(answer->totals[1]->currency, "USD");
    assert_int_equal(answer->totals[1]->debit_minor, 9);
    assert_int_equal(answer->totals[1]->agrees, PB__AGREEMENT__AGREEMENT_YES);
    assert_int_equal(answer->position->known_at, 9);
}

static void one_currency_without_the_check(void **state) {
    struct asking *a = *state;
    Pb__TrialBalanceAnswer *answer;
    ASK(a, TRIAL_BALANCE, trial_balance, TrialBalanceQuery, trial_balance_query__init, answer, {
        q_->at = at(a, "2024-06-30", "");
        q_->currency = "USD";
        q_->without_check = true;
    });
    assert_int_equal(answer->n_totals, 1);
    assert_int_equal(answer->n_rows, POSTING_ACCOUNT_COUNT);
    assert_int_equal(answer->totals[0]->agrees, PB__AGREEMENT__AGREEMENT_UNSPECIFIED);
    ASK(a, TRIAL_BALANCE, trial_balance, TrialBalanceQuery, trial_balance_query__init, answer,
        q_->at = at(a, "2024-01-09", ""));
    assert_int_equal(answer->n_totals, 0);
}

/* Alice is in the north, bob in the south. */
static void some_customers_books(void **state) {
    struct asking *a = *state;
    Pb__TrialBalanceAnswer *answer;
    ASK(a, TRIAL_BALANCE, trial_balance, TrialBalanceQuery, trial_balance_query__init, answer, {
        q_->at = at(a, "2024-02-29", "9");
        q_->customer = "alice";
    });
    assert_string_equal(answer->customer, "alice");
    assert_int_equal(answer->n_totals, 2);
    expect_alices_books(answer);
    assert_int_equal(answer->totals[0]->customers_net_minor, 60000);
    assert_int_equal(answer->totals[0]->customers_deposit_minor, 750);
    assert_int_equal(answer->totals[0]->agrees, PB__AGREEMENT__AGREEMENT_YES);
    ASK(a, TRIAL_BALANCE, trial_balance, TrialBalanceQuery, trial_balance_query__init, answer, {
        q_->at = at(a, "2024-03-01", "");
        q_->tag = "south";
        q_->without_check = true;
    });
    assert_string_equal(answer->tag, "south");
    assert_int_equal(answer->n_totals, 1);
    assert_int_equal(answer->totals[0]->debit_minor, 5000);
    assert_int_equal(answer->totals[0]->agrees, PB__AGREEMENT__AGREEMENT_UNSPECIFIED);
    expect_row(answer->rows[4], "Revenue", 0, 5000);
    ASK(a, TRIAL_BALANCE, trial_balance, TrialBalanceQuery, trial_balance_query__init, answer, {
        q_->at = at(a, "2024-02-29", "");
        q_->customer = "bob";
    });
    assert_int_equal(answer->n_rows, POSTING_ACCOUNT_COUNT); /* A customer who is named has books: zero. */
    assert_int_equal(answer->totals[0]->debit_minor, 0);
    ASK(a, TRIAL_BALANCE, trial_balance, TrialBalanceQuery, trial_balance_query__init, answer, {
        q_->customer = "bob";
        q_->tag = "north";
    });
    assert_int_equal(answer->n_rows, 0);
    ASK_IN_VAIN(a, TRIAL_BALANCE, trial_balance, TrialBalanceQuery, trial_balance_query__init, "no customer",
                q_->customer = "eve");
}

/* "5 6 7": the sequences of the rows. */
static const char *listed(const Pb__PostingsAnswer *answer) {
    static char text[128];
    text[0] = '\0';
    for (size_t i = 0; i < answer->n_rows; i++) {
        size_t size = strlen(text);
        (void)snprintf(text + size, sizeof text - size, "%s%llu", i == 0 ? "" : " ",
                       (unsigned long long)answer->rows[i]->event->sequence);
    }
    return text;
}

struct postings_case {
    const char *as_of, *known_at, *customer, *currency, *on;
    uint64_t from, to;
    const char *listed;
};

static void postings_by_customer_day_and_range(void **state) {
    struct asking *a = *state;
    static const struct postings_case cases[] = {
        {"2024-06-30", "", "", "", "", 0, 0, "2 4 5 6 7 8 9 10"},
        {"2024-02-20", "", "", "", "", 0, 0, "2 5 6 7 9 10"},
        {"2024-06-30", "7", "", "", "", 0, 0, "2 4 5 6 7"},
        {"2024-06-30", "", "", "", "", 4, 6, "4 5 6"},
        {"2024-06-30", "", "bob", "", "", 0, 0, "4"},
        {"2024-06-30", "", "alice", "", "", 0, 0, "2 5 6 7 8 9 10"},
        {"2024-06-30", "", "alice", "USD", "", 0, 0, "9"},
        {"2024-06-30", "", "", "USD", "", 0, 0, "9"},
        {"2024-06-30", "", "", "", "2024-02-20", 0, 0, "5 6 7 9 10"},
        {"2024-06-30", "", "", "EUR", "2024-02-20", 6, 0, "6 7 10"},
        {"2024-06-30", "9", "alice", "", "2024-02-20", 0, 0, "5 6 7 9"},
        {"2024-06-30", "", "alice", "", "2024-02-20", 0, 7, "5 6 7"},
        {"2024-02-19", "", "", "", "2024-02-20", 0, 0, ""},
        {"2024-06-30", "", "", "", "2024-02-19", 0, 0, ""},
        {"2024-06-30", "", "", "", "", 11, 0, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct postings_case *c = &cases[i];
        Pb__PostingsAnswer *answer;
        ASK(a, POSTINGS, postings, PostingsQuery, postings_query__init, answer, {
            q_->at = at(a, c->as_of, c->known_at);
            q_->customer = (char *)(uintptr_t)c->customer;
            q_->currency = (char *)(uintptr_t)c->currency;
            q_->on = (char *)(uintptr_t)c->on;
            q_->from_sequence = c->from;
            q_->to_sequence = c->to;
        });
        if (strcmp(listed(answer), c->listed) != 0) {
            fail_msg("case %zu: \"%s\", not \"%s\"", i, listed(answer), c->listed);
        }
        for (size_t r = 0; r < answer->n_rows; r++) {
            const Pb__PostingsRow *row = answer->rows[r];
            assert_int_equal(row->n_lines, 2);
            assert_int_equal(row->lines[0]->debit_minor + row->lines[1]->debit_minor,
                             row->lines[0]->credit_minor + row->lines[1]->credit_minor);
        }
        assert_string_equal(answer->next_cursor, "");
    }
}

static void lines_and_pages_of_postings(void **state) {
    struct asking *a = *state;
    Pb__PostingsAnswer *answer;
    const char *cursor = "";
    const char *const pages[] = {"2 4", "5 6", "7 8", "9 10"};
    for (size_t i = 0; i < 4; i++) {
        ASK(a, POSTINGS, postings, PostingsQuery, postings_query__init, answer, q_->page = page(a, 2, cursor));
        assert_string_equal(listed(answer), pages[i]);
        cursor = answer->next_cursor;
    }
    assert_string_equal(cursor, "");
    ASK(a, POSTINGS, postings, PostingsQuery, postings_query__init, answer, q_->to_sequence = 4);
    assert_int_equal(answer->rows[0]->n_lines, 2);
    assert_string_equal(answer->rows[0]->lines[0]->account, "Receivable");
    assert_int_equal(answer->rows[0]->lines[0]->debit_minor, 100000);
    assert_int_equal(answer->rows[0]->lines[0]->credit_minor, 0);
    assert_string_equal(answer->rows[0]->lines[1]->account, "Revenue");
    assert_int_equal(answer->rows[0]->lines[1]->credit_minor, 100000);
    ASK_WRONGLY(a, POSTINGS, postings, PostingsQuery, postings_query__init, "no date", q_->on = "yesterday");
    ASK_WRONGLY(a, POSTINGS, postings, PostingsQuery, postings_query__init, "cursor", q_->page = page(a, 1, "00"));
    ASK_IN_VAIN(a, POSTINGS, postings, PostingsQuery, postings_query__init, "no customer", q_->customer = "eve");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(books_in_order),
        cmocka_unit_test(books_with_late_and_early_dates),
        cmocka_unit_test(books_with_any_dates),
        cmocka_unit_test(totals_past_64_bits),
        cmocka_unit_test(a_block_that_is_damaged_is_found),
        cmocka_unit_test(what_cannot_be_posted_stops_the_view),
        cmocka_unit_test_setup_teardown(a_trial_balance_agrees_with_the_customers, open_book, asking_teardown),
        cmocka_unit_test_setup_teardown(one_currency_without_the_check, open_book, asking_teardown),
        cmocka_unit_test_setup_teardown(some_customers_books, open_book, asking_teardown),
        cmocka_unit_test_setup_teardown(postings_by_customer_day_and_range, open_book, asking_teardown),
        cmocka_unit_test_setup_teardown(lines_and_pages_of_postings, open_book, asking_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
