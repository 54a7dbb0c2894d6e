/* Lots at any (A, K): against plain lists, and the worked cases asked of a ledger. */
#include "projections/submitting.h"

#include "projections/lots_model.h"

/* ---- the model against the view ---- */

static void check_lot(struct folding *f, struct store_txn *txn, const struct model *m, size_t lot, int32_t as_of,
                      uint64_t known_at) {
    int64_t expected[LOT_COLUMN_COUNT] = {0};
    int64_t found[LOT_COLUMN_COUNT];
    int64_t ending = 0;
    int64_t found_ending;
    int32_t expires_on = m->lots[lot].expires_on;
    int32_t found_expires_on = expires_on;
    int32_t since = INT32_MIN;
    for (size_t i = 0; i < m->change_count; i++) {
        const struct model_change *change = &m->changes[i];
        if (change->lot != lot || change->sequence > known_at || change->on > as_of) {
            continue;
        }
        expected[change->column] += change->amount;
        if (change->column == LOT_RENEWED && change->on >= since) {
            since = change->on;
            expires_on = change->expires_on;
        }
        if (change->hold != SIZE_MAX && m->holds[change->hold].expires_on != 0 &&
            m->holds[change->hold].expires_on <= as_of) {
            ending += change->amount;
        }
    }
    FOLDING_OK(f, lots_ask(txn, (uint32_t)lot, as_of, known_at, found, &found_expires_on, &f->error));
    FOLDING_OK(f, lots_ask_ending_holds(txn, (uint32_t)lot, as_of, known_at, &found_ending, &f->error));
    for (int column = 0; column < LOT_COLUMN_COUNT; column++) {
        assert_int_equal(found[column], expected[column]);
    }
    assert_int_equal(found_expires_on, expires_on);
    assert_int_equal(found_ending, ending);
}

static void check_walk(struct folding *f, const struct model *m, size_t account) {
    struct store_txn *txn = folding_read(f);
    struct account_row row;
    struct lots_walk walk;
    struct lot_row lot;
    bool is_found;
    FOLDING_OK(f, account_find(txn, LOTS_ACCOUNTS, customers[account], "EUR", &row, &is_found, &f->error));
    assert_true(is_found);
    FOLDING_OK(f, lots_walk_open(txn, row.number, LOTS_ALL, 5000, UINT64_MAX, &walk, &f->error));
    for (size_t i = 0; i < m->lot_count; i++) {
        if (m->lots[i].account != account) {
            continue;
        }
        FOLDING_OK(f, lots_walk_next(&walk, &lot, &is_found, &f->error));
        assert_true(is_found);
        assert_int_equal(lot.number, i);
        assert_int_equal(lot.sequence, m->lots[i].sequence);
        assert_int_equal(lot.received_on, m->lots[i].on);
        Pb__DepositReceived *body = pb__deposit_received__unpack(NULL, lot.body.size, lot.body.data);
        assert_string_equal(body->lot, m->lots[i].id);
        assert_int_equal(body->amount_minor, m->lots[i].amount);
        pb__deposit_received__free_unpacked(body, NULL);
    }
    FOLDING_OK(f, lots_walk_next(&walk, &lot, &is_found, &f->error));
    assert_false(is_found);
    lots_walk_close(&walk);
    store_abort(txn);
}

/* Those that are not spent come in order, and no other that is visible has anything. How many were passed over. */
static size_t check_walk_of_rest(struct folding *f, const struct model *m, size_t account, int32_t as_of,
                                 uint64_t known_at) {
    struct store_txn *txn = folding_read(f);
    struct account_row row;
    struct lots_walk walk;
    struct lot_row lot;
    bool is_found;
    size_t passed_over = 0;
    FOLDING_OK(f, account_find(txn, LOTS_ACCOUNTS, customers[account], "EUR", &row, &is_found, &f->error));
    assert_true(is_found);
    FOLDING_OK(f, lots_walk_open(txn, row.number, LOTS_NOT_SPENT, as_of, known_at, &walk, &f->error));
    FOLDING_OK(f, lots_walk_next(&walk, &lot, &is_found, &f->error));
    for (size_t i = 0; i < m->lot_count; i++) {
        const struct model_lot *known = &m->lots[i];
        if (known->account != account || known->sequence > known_at || known->on > as_of) {
            continue;
        }
        struct model_end end = end_of(m, i, as_of, known_at);
        if (is_found && lot.number == i) {
            assert_int_equal(lot.sequence, known->sequence);
            FOLDING_OK(f, lots_walk_next(&walk, &lot, &is_found, &f->error));
            /* Everything seen, a lot comes only where it has something. */
            assert_true(known_at != UINT64_MAX || as_of != 5000 || end.left != 0 || end.held != 0 || end.dormant != 0);
            continue;
        }
        assert_true(end.left == 0 && end.held == 0 && end.dormant == 0);
        passed_over++;
    }
    assert_false(is_found);
    lots_walk_close(&walk);
    store_abort(txn);
    return passed_over;
}

static void check_rests(struct folding *f, const struct model *m, struct chance *chance, uint64_t head) {
    size_t passed_over = 0;
    for (size_t account = 0; account < ACCOUNTS; account++) {
        passed_over += check_walk_of_rest(f, m, account, 5000, UINT64_MAX);
        for (int i = 0; i < 100; i++) {
            passed_over += check_walk_of_rest(f, m, account, (int32_t)chance_between(chance, 950, 1350),
                                              (uint64_t)chance_between(chance, 0, (int64_t)head));
        }
    }
    assert_true(passed_over > 100);
}

static void lots_against_plain_lists(void **state) {
    (void)state;
    struct chance chance = {chance_seed(41)};
    print_message("seed %llu\n", (unsigned long long)chance.state);
    struct model *m = calloc(1, sizeof *m);
    struct events e;
    struct folding whole;
    struct folding pieces;
    events_init(&e);
    make_history(m, &e, &chance);
    folding_open_both(&whole, &pieces, &lots_projection, e.list, e.count);
    struct store_txn *txn = folding_read(&whole);
    for (int i = 0; i < 400; i++) {
        size_t lot = (size_t)chance_between(&chance, 0, (int64_t)m->lot_count - 1);
        check_lot(&whole, txn, m, lot, (int32_t)chance_between(&chance, 950, 1350),
                  (uint64_t)chance_between(&chance, 0, (int64_t)e.count));
        check_lot(&whole, txn, m, lot, 5000, UINT64_MAX);
    }
    store_abort(txn);
    for (size_t account = 0; account < ACCOUNTS; account++) {
        check_walk(&whole, m, account);
    }
    check_rests(&whole, m, &chance, e.count);
    check_rests(&pieces, m, &chance, e.count);
    folding_close(&whole);
    folding_close(&pieces);
    events_release(&e);
    free(m);
}

static void what_cannot_be_of_lots_stops_the_view(void **state) {
    (void)state;
    struct events e;
    struct folding f;
    events_init(&e);
    deposit(&e, 1000, "L", 5, PB__FUNDING__FUNDING_PAID, 0); /* 1 */
    deposit(&e, 1000, "L", 5, PB__FUNDING__FUNDING_PAID, 0); /* 2: that name again */
    deposit(&e, 1000, "M", 0, PB__FUNDING__FUNDING_PAID, 0); /* 3 */
    consumed(&e, 1000, "c", "none", 5);                      /* 4 */
    consumed(&e, 1000, "c", "L", 0);                         /* 5 */
    refunded(&e, 1000, LOT, "none", 5);                      /* 6 */
    event_on(&e, 1000, PB__EVENT__BODY__NOT_SET);            /* 7 */
    folding_open(&f, &lots_projection);
    folding_begin(&f);
    FOLDING_OK(&f, folding_try(&f, e.list[0]));
    for (size_t i = 1; i < e.count; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "event %zu", i + 1);
        assert_int_equal(folding_try(&f, e.list[i]), DAYBOOK_INVALID);
        assert_non_null(strstr(f.error.message, name));
    }
    folding_commit(&f);
    folding_close(&f);
    events_release(&e);
}

/* ---- asked of a ledger ---- */

static Pb__LotsAnswer *lots_at(struct asking *a, const char *as_of, const char *known_at, const char *through,
                               bool with_spent) {
    Pb__LotsAnswer *answer;
    ASK(a, LOTS, lots, LotsQuery, lots_query__init, answer, {
        q_->at = at(a, as_of, known_at);
        q_->customer = "ann";
        q_->expiring_through = (char *)(uintptr_t)through;
        q_->include_spent = with_spent;
    });
    return answer;
}

/* "B 90 0 110": each lot with what is left, dormant and expiring. */
static void expect_lots(const Pb__LotsAnswer *answer, const char *expected) {
    char text[512] = "";
    for (size_t i = 0; i < answer->n_rows; i++) {
        const Pb__Lot *lot = answer->rows[i];
        size_t size = strlen(text);
        (void)snprintf(text + size, sizeof text - size, "%s%s %lld %lld %lld", i == 0 ? "" : ", ", lot->lot,
                       (long long)lot->left_minor, (long long)lot->dormant_minor, (long long)lot->expiring_minor);
    }
    assert_string_equal(text, expected);
}

/* Lots, balances and the books are three views: what they say of deposits is one figure. */
static void expect_one_figure(struct asking *a, const char *as_of, int64_t deposit_minor, int64_t dormant_minor) {
    Pb__BalanceAnswer *balance;
    Pb__TrialBalanceAnswer *trial;
    Pb__LotsAnswer *lots = lots_at(a, as_of, "", "", true);
    ASK(a, BALANCE, balance, BalanceQuery, balance_query__init, balance, q_->at = at(a, as_of, ""));
    ASK(a, TRIAL_BALANCE, trial_balance, TrialBalanceQuery, trial_balance_query__init, trial,
        q_->at = at(a, as_of, ""));
    assert_int_equal(lots->totals[0]->left_minor, deposit_minor);
    assert_int_equal(lots->totals[0]->dormant_minor, dormant_minor);
    assert_int_equal(balance->totals[0]->deposit_minor, deposit_minor);
    assert_int_equal(balance->totals[0]->dormant_minor, dormant_minor);
    assert_int_equal(trial->totals[0]->accounts_deposit_minor, deposit_minor);
    assert_int_equal(trial->totals[0]->agrees, PB__AGREEMENT__AGREEMENT_YES);
}

static void lot1_of_the_domain(void **state) {
    (void)state;
    static const struct lot_plan plans[] = {
        {"A", 100, true, 1, "2024-06-30", NULL},
        {"B", 200, false, 1, "2024-06-30", NULL},
        {"C", 300, false, 1, "", NULL},
        {"D", 50, false, 0, "2024-12-31", "meals"},
    };
    struct asking a;
    submitting_open(&a);
    submit_customer(&a, "2024-05-01");
    for (size_t i = 0; i < 4; i++) {
        submit_lot(&a, "2024-05-01", &plans[i]);
    }
    submit_charge(&a, "2024-06-01", "2024-06-01", "goods-1", 180, "goods");
    expect_lots(lots_at(&a, "2024-06-01", "", "", false), "B 120 0 0, C 300 0 0, D 50 0 0");
    submit_charge(&a, "2024-06-02", "2024-06-02", "meals-1", 60, "meals");
    expect_lots(lots_at(&a, "2024-06-29", "", "", false), "B 110 0 0, C 300 0 0");
    expect_lots(lots_at(&a, "2024-06-29", "", "", true), "A 0 0 0, B 110 0 0, C 300 0 0, D 0 0 0");
    /* Planned: expires_on is exclusive, so nothing on the day before. */
    expect_lots(lots_at(&a, "2024-06-02", "", "2024-06-29", false), "");
    expect_lots(lots_at(&a, "2024-06-02", "", "2024-06-30", false), "B 110 0 110");
    Pb__LotsAnswer *answer = lots_at(&a, "2024-05-15", "", "2024-12-31", false);
    expect_lots(answer, "B 200 0 110"); /* What is recorded for later days counts in the forecast. */
    assert_int_equal(answer->totals[0]->expiring_minor, 110);
    submit_expiry(&a, "2024-06-30");
    expect_lots(lots_at(&a, "2024-06-30", "", "", false), "B 0 110 0, C 300 0 0");
    SUBMIT(&a, "2024-07-05", "2024-07-05", REVERSE_CHARGE, reverse_charge, ReverseCharge, reverse_charge__init, {
        c_->charge = "goods-1";
        c_->amount_minor = 50;
        c_->reading = PB__READING__READING_REVERSAL;
        c_->reason = "returned";
    });
    answer = lots_at(&a, "2024-07-05", "", "", true);
    expect_lots(answer, "A 0 0 0, B 0 160 0, C 300 0 0, D 0 0 0");
    assert_int_equal(answer->rows[0]->funding, PB__FUNDING__FUNDING_PROMOTIONAL);
    assert_int_equal(answer->rows[1]->consumed_minor, 40);
    assert_string_equal(answer->rows[3]->scope[0], "meals");
    assert_string_equal(answer->rows[3]->expires_on, "2024-12-31");
    assert_int_equal(answer->totals[0]->received_minor, 650);
    assert_int_equal(answer->totals[0]->left_minor, 300);
    assert_int_equal(answer->totals[0]->dormant_minor, 160);
    expect_one_figure(&a, "2024-05-01", 650, 0);
    expect_one_figure(&a, "2024-06-29", 410, 0);
    expect_one_figure(&a, "2024-06-30", 300, 110);
    expect_one_figure(&a, "2024-07-05", 300, 160);
    asking_close(&a);
}

static void lot2_of_the_domain(void **state) {
    (void)state;
    static const struct lot_plan plans[] = {
        {"L1", 90, false, 1, "2025-03-01", NULL},
        {"L2", 50, false, 1, "", NULL},
    };
    struct asking a;
    submitting_open(&a);
    submit_customer(&a, "2025-01-01");
    submit_lot(&a, "2025-01-01", &plans[0]);
    submit_lot(&a, "2025-01-01", &plans[1]);
    expect_lots(lots_at(&a, "2025-02-01", "", "2025-03-01", false), "L1 90 0 90");
    submit_expiry(&a, "2025-03-01");
    submit_charge(&a, "2025-03-05", "2025-02-20", "late", 60, "goods");
    expect_lots(lots_at(&a, "2025-02-25", "", "", false), "L1 30 0 0, L2 50 0 0");
    expect_lots(lots_at(&a, "2025-02-25", "2025-03-04T00:00:00Z", "", false), "L1 90 0 0, L2 50 0 0");
    expect_lots(lots_at(&a, "2025-03-02", "", "", false), "L1 0 30 0, L2 50 0 0");
    expect_lots(lots_at(&a, "2025-03-02", "2025-03-04T00:00:00Z", "", false), "L1 0 90 0, L2 50 0 0");
    asking_close(&a);
}

/* What a hold keeps is spared; a hold that ends before gives it back to expire. */
static void a_forecast_knows_when_holds_end(void **state) {
    (void)state;
    static const struct lot_plan plan = {"L", 100, false, 1, "2024-03-01", NULL};
    struct asking a;
    submitting_open(&a);
    submit_customer(&a, "2024-01-01");
    submit_lot(&a, "2024-01-01", &plan);
    SUBMIT(&a, "2024-01-02", "2024-01-02", PLACE_HOLD, place_hold, PlaceHold, place_hold__init, {
        c_->hold = "for-ever";
        c_->amount_minor = 30;
        c_->category = "goods";
    });
    SUBMIT(&a, "2024-01-02", "2024-01-02", PLACE_HOLD, place_hold, PlaceHold, place_hold__init, {
        c_->hold = "a-month";
        c_->amount_minor = 20;
        c_->category = "goods";
        c_->expires_on = "2024-04-01";
    });
    expect_lots(lots_at(&a, "2024-01-10", "", "2024-03-31", false), "L 100 0 50");
    expect_lots(lots_at(&a, "2024-01-10", "", "2024-04-01", false), "L 100 0 70");
    Pb__LotsAnswer *answer = lots_at(&a, "2024-01-10", "", "", false);
    assert_int_equal(answer->rows[0]->held_minor, 50);
    assert_int_equal(answer->rows[0]->available_minor, 50);
    /* And so it comes about. */
    submit_expiry(&a, "2024-04-01");
    expect_lots(lots_at(&a, "2024-04-01", "", "", false), "L 30 70 0");
    asking_close(&a);
}

static void a_reactivated_lot_has_its_new_day(void **state) {
    (void)state;
    static const struct lot_plan plan = {"L", 100, false, 1, "2024-03-01", NULL};
    struct asking a;
    submitting_open(&a);
    submit_customer(&a, "2024-01-01");
    submit_lot(&a, "2024-01-01", &plan);
    submit_expiry(&a, "2024-03-01");
    SUBMIT(&a, "2024-03-10", "2024-03-10", REACTIVATE_LOT, reactivate_lot, ReactivateLot, reactivate_lot__init, {
        c_->lot = "L";
        c_->amount_minor = 100;
        c_->expires_on = "2024-09-01";
        c_->reason = "asked for";
    });
    Pb__LotsAnswer *answer = lots_at(&a, "2024-03-10", "", "", false);
    expect_lots(answer, "L 100 0 0");
    assert_string_equal(answer->rows[0]->expires_on, "2024-09-01");
    assert_int_equal(answer->rows[0]->available_minor, 100);
    answer = lots_at(&a, "2024-03-09", "", "", false);
    expect_lots(answer, "L 0 100 0");
    assert_string_equal(answer->rows[0]->expires_on, "2024-03-01");
    assert_int_equal(answer->rows[0]->available_minor, 0);
    expect_lots(lots_at(&a, "2024-03-10", "", "2024-08-31", false), "");
    expect_lots(lots_at(&a, "2024-03-10", "", "2024-09-01", false), "L 100 0 100");
    asking_close(&a);
}

static void pages_of_lots(void **state) {
    (void)state;
    struct asking a;
    const char *cursor = "";
    const char *const lots[] = {"L0", "L1", "L2", "L3", "L4"};
    submitting_open(&a);
    submit_customer(&a, "2024-01-01");
    for (int i = 0; i < 5; i++) {
        struct lot_plan plan = {lots[i], 10 + i, false, 50, "", NULL};
        submit_lot(&a, "2024-01-01", &plan);
    }
    for (int i = 0; i < 5; i++) {
        Pb__LotsAnswer *answer;
        ASK(&a, LOTS, lots, LotsQuery, lots_query__init, answer, q_->page = page(&a, 1, cursor));
        assert_int_equal(answer->n_rows, 1);
        assert_string_equal(answer->rows[0]->lot, lots[i]);
        assert_string_equal(answer->rows[0]->customer, "ann");
        assert_int_equal(answer->totals[0]->left_minor, 60);
        cursor = answer->next_cursor;
    }
    assert_string_equal(cursor, "");
    ASK_WRONGLY(&a, LOTS, lots, LotsQuery, lots_query__init, "no date", q_->expiring_through = "soon");
    asking_close(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lots_against_plain_lists),
        cmocka_unit_test(what_cannot_be_of_lots_stops_the_view),
        cmocka_unit_test(lot1_of_the_domain),
        cmocka_unit_test(lot2_of_the_domain),
        cmocka_unit_test(a_forecast_knows_when_holds_end),
        cmocka_unit_test(a_reactivated_lot_has_its_new_day),
        cmocka_unit_test(pages_of_lots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
