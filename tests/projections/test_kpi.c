/* Figures of a period: worked cases to the digit, and what must add up in any history. */
#include "projections/aging_model.h"
#include "projections/asking.h"
#include "projections/kpi_countback.h"
#include "projections/ratio.h"

static const Pb__KpiAnswer *ask_kpi(struct asking *a, const char *customer, const char *from, const char *to,
                                    const char *known_at) {
    Pb__KpiAnswer *answer;
    ASK(a, KPI, kpi, KpiQuery, kpi_query__init, answer, {
        q_->customer = (char *)(uintptr_t)customer;
        q_->from = (char *)(uintptr_t)from;
        q_->at = at(a, to, known_at);
    });
    return answer;
}

static const Pb__Kpi *figure_of(const Pb__KpiRow *row, const char *name) {
    for (size_t i = 0; i < row->n_figures; i++) {
        if (strcmp(row->figures[i]->name, name) == 0) {
            return row->figures[i];
        }
    }
    fail_msg("there is no figure \"%s\"", name);
    return NULL;
}

static void has_value(const Pb__KpiRow *row, const char *name, int64_t hundredths) {
    const Pb__Kpi *figure = figure_of(row, name);
    if (figure->is_undefined || figure->value_hundredths != hundredths) {
        fail_msg("%s is %lld %s, expected %lld", name, (long long)figure->value_hundredths, figure->reason,
                 (long long)hundredths);
    }
}

static void is_undefined(const Pb__KpiRow *row, const char *name, const char *reason) {
    const Pb__Kpi *figure = figure_of(row, name);
    assert_true(figure->is_undefined);
    assert_int_equal(figure->value_hundredths, 0);
    assert_string_equal(figure->reason, reason);
}

/* ---- worked cases ---- */

/* KPI-1: opening 500 000, charges 300 000, ending 450 000 of which 350 000 are not due, 30 days. */
static void kpi1_to_the_digit(void **state) {
    (void)state;
    struct events e;
    struct asking a;
    events_init(&e);
    customer_opened(&e, day("2024-01-01"), "alice", "north");
    charge(&e, day("2024-01-10"), "paid", 35000000, day("2024-02-20"));
    charge(&e, day("2024-01-20"), "late", 10000000, day("2024-02-20"));
    charge(&e, day("2024-02-20"), "ahead", 5000000, day("2024-05-01"));
    charge(&e, day("2024-03-10"), "new", 30000000, day("2024-04-09"));
    payment(&e, day("2024-03-20"), "pay", 35000000, false);
    allocated(&e, day("2024-03-20"), PAYMENT, "pay", CHARGE, "paid", 0, 35000000);
    asking_open(&a, &e);
    const Pb__KpiAnswer *answer = ask_kpi(&a, "", "2024-02-29", "2024-03-30", "");
    assert_int_equal(answer->days, 30);
    assert_int_equal(answer->n_rows, 1);
    const Pb__KpiRow *row = answer->rows[0];
    assert_int_equal(row->amounts->opening_minor, 50000000);
    assert_int_equal(row->amounts->on_credit_minor, 30000000);
    assert_int_equal(row->amounts->ending_minor, 45000000);
    assert_int_equal(row->amounts->not_due_minor, 35000000);
    has_value(row, "dso", 4500);
    has_value(row, "best_possible_dso", 3500);
    has_value(row, "average_days_delinquent", 1000);
    has_value(row, "collection_effectiveness", 7778);
    const Pb__Kpi *effectiveness = figure_of(row, "collection_effectiveness");
    assert_int_equal(effectiveness->numerator_minor, 35000000);
    assert_int_equal(effectiveness->denominator_minor, 45000000);
    assert_int_equal(effectiveness->factor, 100);
    has_value(row, "collection_rate", 4375);   /* 350 of 800 */
    has_value(row, "overdue_rate", 2222);      /* 100 of 450 */
    has_value(row, "days_to_pay", 7000);       /* 10 January to 20 March */
    has_value(row, "average_days_late", 2900); /* 20 February to 20 March */
    has_value(row, "late_share", 10000);
    has_value(row, "roll 1-30", 2222); /* 100 of the 450 that were 9 days late are 39 days late */
    has_value(row, "roll not due", 0);
    is_undefined(row, "roll 31-60", "nothing to divide by: open in it at the start = 0");
    /* March has 300 of the 450; February 50; the 100 that are left are of January's 450: 30 + 29 + 100 * 31 / 450. */
    has_value(row, "countback_dso", 6589);
    assert_int_equal(row->n_countback, 3);
    assert_int_equal(figure_of(row, "countback_dso")->whole, 59);

    /* A day before anything, and a customer without anything: nothing is 0 that divides by nothing. */
    row = ask_kpi(&a, "alice", "2023-11-30", "2023-12-31", "")->rows[0];
    is_undefined(row, "dso", "nothing to divide by: charges on credit = 0");
    is_undefined(row, "overdue_rate", "nothing to divide by: ending receivable = 0");
    is_undefined(row, "countback_dso", "nothing is owed, and nothing was charged in the last month");
    asking_close(&a);
    events_release(&e);
}

/* Deposits, write-offs and disputes, each in the figure that it belongs to and in no other. */
static void deposits_write_offs_and_disputes_have_their_places(void **state) {
    (void)state;
    struct events e;
    struct asking a;
    events_init(&e);
    customer_opened(&e, day("2024-01-01"), "alice", "north");
    deposit(&e, day("2024-03-01"), "lot", 1000, PB__FUNDING__FUNDING_PAID, 0);
    charge(&e, day("2024-03-02"), "prepaid", 600, day("2024-03-02"));
    consumed(&e, day("2024-03-02"), "prepaid", "lot", 600);
    restored(&e, day("2024-03-03"), "prepaid", "lot", 100);
    charge(&e, day("2024-03-04"), "bad", 1500, day("2024-03-10"));
    adjusted(&e, day("2024-03-20"), "off", PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_WRITE_OFF, 400, "bad");
    adjusted(&e, day("2024-03-21"), "back", PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY, 100, "bad");
    disputed(&e, day("2024-03-22"), "bad", 200);
    asking_open(&a, &e);
    const Pb__KpiRow *row = ask_kpi(&a, "alice", "2024-02-29", "2024-03-31", "")->rows[0];
    assert_int_equal(row->amounts->charged_minor, 2100);
    assert_int_equal(row->amounts->consumed_minor, 500);
    assert_int_equal(row->amounts->on_credit_minor, 1600);
    assert_int_equal(row->amounts->written_off_minor, 300);
    assert_int_equal(row->amounts->ending_minor, 1300);
    assert_int_equal(row->amounts->overdue_minor, 1100);
    assert_int_equal(row->amounts->disputed_minor, 200);
    has_value(row, "bad_debt_rate", 1875); /* 300 of 1600 */
    has_value(row, "overdue_rate", 8462);  /* 1100 of 1300 */
    has_value(row, "dso", 2519);           /* 1300 * 31 / 1600 = 25.1875 */
    asking_close(&a);
    events_release(&e);
}

/* What was put against an item and taken off again leaves no trace in the means; early money counts as 0 days late. */
static void days_late_are_of_what_stands(void **state) {
    (void)state;
    struct events e;
    struct asking a;
    events_init(&e);
    customer_opened(&e, day("2024-01-01"), "alice", "north");
    charge(&e, day("2024-01-01"), "one", 300, day("2024-01-31"));             /* 2 */
    payment(&e, day("2024-01-21"), "pay", 1000, false);                       /* 3 */
    allocated(&e, day("2024-01-21"), PAYMENT, "pay", CHARGE, "one", 0, 100);  /* 4: 10 days early */
    allocated(&e, day("2024-02-05"), PAYMENT, "pay", CHARGE, "one", 0, 200);  /* 5: 5 days late */
    unallocated(&e, day("2024-02-10"), PAYMENT, "pay", CHARGE, "one", 50, 5); /* 6 */
    asking_open(&a, &e);
    /* 100 after 20 days, 150 after 35; 100 ten days early, 150 five days late. */
    const Pb__KpiRow *row = ask_kpi(&a, "alice", "2023-12-31", "2024-02-29", "")->rows[0];
    has_value(row, "days_to_pay", 2900);
    has_value(row, "days_beyond_terms", -100);
    has_value(row, "average_days_late", 300);
    has_value(row, "late_share", 6000);
    row = ask_kpi(&a, "alice", "2023-12-31", "2024-02-29", "5")->rows[0]; /* before it was taken off */
    has_value(row, "average_days_late", 333);
    row = ask_kpi(&a, "alice", "2023-12-31", "2024-01-31", "")->rows[0];
    has_value(row, "average_days_late", 0);
    has_value(row, "days_beyond_terms", -1000);
    is_undefined(ask_kpi(&a, "alice", "2024-02-10", "2024-02-29", "")->rows[0], "average_days_late",
                 "nothing to divide by: allocated in the period = 0");
    asking_close(&a);
    events_release(&e);
}

struct wrong_case {
    const char *from;
    const char *to;
    const char *as_of;
    const char *text;
};

static void what_is_no_period_is_refused(void **state) {
    (void)state;
    static const struct wrong_case cases[] = {
        {"", "2024-03-31", "", "name the day before its first"},
        {"2024-02-30", "2024-03-31", "", "is no date"},
        {"2024-03-31", "2024-03-31", "", "ends before it begins"},
        {"2024-02-29", "2024-03-31", "2024-03-30", "give one of them"},
    };
    struct events e;
    struct asking a;
    events_init(&e);
    customer_opened(&e, day("2024-01-01"), "alice", "north");
    asking_open(&a, &e);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ASK_WRONGLY(&a, KPI, kpi, KpiQuery, kpi_query__init, cases[i].text, {
            q_->from = (char *)(uintptr_t)cases[i].from;
            q_->to = (char *)(uintptr_t)cases[i].to;
            q_->at = at(&a, cases[i].as_of, "");
        });
    }
    asking_close(&a);
    events_release(&e);
}

/* A receivable of 2 100 000 at the end of March 2023, when 900 000, 800 000 and 700 000 were charged in three months.
 */
static void counting_back_takes_whole_months_and_a_part(void **state) {
    (void)state;
    static const int64_t charged[] = {900000, 800000, 700000};
    struct countback countback = {0};
    int32_t end = day("2023-03-31");
    for (size_t i = 0; i < 3; i++) {
        struct countback_month month = {countback_month_before(end), end, charged[i], 0};
        assert_int_equal(countback.state, COUNTBACK_GOES_ON);
        assert_true(countback_take(&countback, 2100000, month, false));
        end = month.from_on;
    }
    assert_int_equal(end, day("2022-12-31"));
    assert_int_equal(countback.state, COUNTBACK_DONE);
    assert_int_equal(countback.whole_days, 31 + 28);
    assert_int_equal(countback.months[2].left_minor, 400000); /* of 700 000 in 31 days */
    countback = (struct countback){0};
    assert_true(countback_take(&countback, 5, (struct countback_month){0, 31, 4, 0}, true));
    assert_int_equal(countback.state, COUNTBACK_TOO_OLD);
}

struct ratio_case {
    int64_t numerator;
    int64_t denominator;
    int64_t hundredths;
};

static void ratios_are_rounded_half_away_from_zero(void **state) {
    (void)state;
    static const struct ratio_case cases[] = {
        {1, 3, 33},  {2, 3, 67},   {1, 200, 1}, {-1, 200, -1},
        {1, 201, 0}, {-1, 3, -33}, {0, 7, 0},   {INT64_MAX, INT64_MAX, 100},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t found = 0;
        assert_true(ratio_hundredths(cases[i].numerator, cases[i].denominator, &found));
        assert_int_equal(found, cases[i].hundredths);
    }
    int64_t unchanged = 5;
    assert_false(ratio_hundredths(1, 0, &unchanged));
    assert_false(ratio_hundredths(1, -1, &unchanged));
    assert_false(ratio_hundredths(INT64_MAX, 1, &unchanged));
    assert_int_equal(unchanged, 5);
}

/* ---- random histories ---- */

static const Pb__AgingRow *ask_total(struct asking *a, const char *customer, const char *as_of, const char *known_at,
                                     Pb__AgingBasis basis) {
    Pb__AgingAnswer *answer;
    ASK(a, AGING, aging, AgingQuery, aging_query__init, answer, {
        q_->customer = (char *)(uintptr_t)customer;
        q_->basis = basis;
        q_->at = at(a, as_of, known_at);
    });
    return answer->n_totals == 0 ? NULL : answer->totals[0];
}

/* The columns of an aging as those of a roll: not due, the buckets, disputed. */
static int64_t column_of(const Pb__AgingRow *row, size_t column) {
    return row == NULL                     ? 0
           : column == 0                   ? row->not_due_minor
           : column <= row->n_bucket_minor ? row->bucket_minor[column - 1]
                                           : row->disputed_minor;
}

/* KF1, KF2: rows are the opening aging, columns the closing one. */
static void rolls_are_two_agings(const Pb__KpiRow *row, const Pb__AgingRow *opening, const Pb__AgingRow *closing) {
    size_t columns = row->n_rolls - 1;
    for (size_t i = 0; i < columns; i++) {
        int64_t left = row->rolls[i]->settled_minor;
        int64_t arrived = 0;
        for (size_t j = 0; j < columns; j++) {
            left += row->rolls[i]->moved_minor[j];
        }
        for (size_t j = 0; j <= columns; j++) {
            arrived += row->rolls[j]->moved_minor[i];
        }
        assert_int_equal(left, column_of(opening, i));
        assert_int_equal(row->rolls[i]->opening_minor, left);
        assert_int_equal(arrived, column_of(closing, i));
    }
    assert_int_equal(row->rolls[columns]->settled_minor, 0);
}

static void amounts_add_up(const Pb__KpiAmounts *amounts) {
    assert_int_equal(amounts->ending_minor, amounts->not_due_minor + amounts->overdue_minor + amounts->disputed_minor);
    assert_int_equal(amounts->on_credit_minor, amounts->charged_minor - amounts->consumed_minor);
}

/* A figure is what its own amounts say: whole + numerator * factor / denominator, by another road to the rounding. */
static void figures_are_their_fractions(const Pb__KpiRow *row) {
    for (size_t i = 0; i < row->n_figures; i++) {
        const Pb__Kpi *figure = row->figures[i];
        assert_int_equal(figure->is_undefined, figure->reason[0] != '\0');
        if (figure->is_undefined) {
            continue;
        }
        int64_t exact = figure->numerator_minor * figure->factor * 100;
        int64_t off = (figure->value_hundredths - figure->whole * 100) * figure->denominator_minor - exact;
        assert_true(figure->denominator_minor > 0);
        assert_true(2 * off <= figure->denominator_minor && 2 * off >= -figure->denominator_minor);
    }
}

static void ask_at_random(struct asking *a, struct chance *chance, uint64_t head) {
    char from[DATE_TEXT_SIZE];
    char to[DATE_TEXT_SIZE];
    char known_at[24];
    int32_t first = (int32_t)chance_between(chance, 900, 1500);
    (void)date_format(first, from);
    (void)date_format(first + (int32_t)chance_between(chance, 1, 90), to);
    (void)snprintf(known_at, sizeof known_at, "%llu",
                   (unsigned long long)(MODEL_ACCOUNTS + chance_next(chance) % (head - MODEL_ACCOUNTS + 1)));
    Pb__AgingBasis basis =
        chance_next(chance) % 2 == 0 ? PB__AGING_BASIS__AGING_BASIS_DUE : PB__AGING_BASIS__AGING_BASIS_POSTING;
    int64_t parts[3] = {0};
    for (int i = 0; i <= MODEL_ACCOUNTS; i++) {
        const char *customer = i == MODEL_ACCOUNTS ? "" : model_customers[i];
        Pb__KpiAnswer *answer;
        ASK(a, KPI, kpi, KpiQuery, kpi_query__init, answer, {
            q_->customer = (char *)(uintptr_t)customer;
            q_->from = from;
            q_->basis = basis;
            q_->at = at(a, to, known_at);
        });
        if (answer->n_rows == 0) {
            continue;
        }
        const Pb__KpiRow *row = answer->rows[0];
        amounts_add_up(row->amounts);
        figures_are_their_fractions(row);
        rolls_are_two_agings(row, ask_total(a, customer, from, known_at, basis),
                             ask_total(a, customer, to, known_at, basis));
        int64_t sign = i == MODEL_ACCOUNTS ? -1 : 1;
        parts[0] += sign * row->amounts->ending_minor;
        parts[1] += sign * row->amounts->late_minor;
        parts[2] += sign * figure_of(row, "days_to_pay")->numerator_minor;
    }
    assert_true(parts[0] == 0 && parts[1] == 0 && parts[2] == 0); /* The customers are the book. */
}

static void dispute_some(const struct model *model, struct events *e, struct chance *chance) {
    for (int i = 0; i < 60; i++) {
        const struct model_item *item = &model->items[chance_next(chance) % model->item_count];
        e->customer = model_customers[item->account];
        if (item->kind == CHARGE) {
            int32_t on = (int32_t)chance_between(chance, 900, 1400);
            int64_t amount = chance_between(chance, 1, 300);
            disputed(e, on, item->id, amount);
            resolved(e, on + (int32_t)chance_between(chance, 1, 200), item->id, amount);
        }
    }
}

static void what_must_add_up_does_in_any_history(void **state) {
    (void)state;
    uint64_t seed = chance_seed(20240601);
    print_message("seed %llu\n", (unsigned long long)seed);
    struct chance chance = {seed};
    for (int round = 0; round < 3; round++) {
        struct events e;
        struct model model;
        struct asking a;
        events_init(&e);
        for (int i = 0; i < MODEL_ACCOUNTS; i++) {
            customer_opened(&e, 400, model_customers[i], "north");
        }
        model_make(&model, &e, &chance, 800, round);
        dispute_some(&model, &e, &chance);
        asking_open(&a, &e);
        for (int i = 0; i < 40; i++) {
            ask_at_random(&a, &chance, e.count);
        }
        asking_close(&a);
        model_release(&model);
        events_release(&e);
    }
}

/* Laws 1 and 2: what was answered is answered again when there is more, and when there are no views. */
static void an_answer_stays(void **state) {
    (void)state;
    struct chance chance = {chance_seed(77)};
    struct events e;
    struct model model;
    struct asking a;
    struct daybook_buffer bytes[3] = {0};
    events_init(&e);
    for (int i = 0; i < MODEL_ACCOUNTS; i++) {
        customer_opened(&e, 400, model_customers[i], "north");
    }
    model_make(&model, &e, &chance, 600, 1);
    size_t count = e.count;
    e.count = count / 2;
    asking_open(&a, &e);
    for (int i = 0; i < 3; i++) {
        char known_at[24];
        (void)snprintf(known_at, sizeof known_at, "%zu", count / 3);
        Pb__KpiAnswer *answer = (Pb__KpiAnswer *)(uintptr_t)ask_kpi(&a, "", "1972-10-01", "1972-12-31", known_at);
        answer->position->journal_head = 0;
        assert_int_equal(wire_encode(&answer->base, &bytes[i]), DAYBOOK_OK);
        assert_true(answer->n_rows == 1 && answer->rows[0]->amounts->ending_minor != 0);
        if (i == 0) {
            daybook_close(a.ledger);
            a.ledger = NULL;
            e.count = count;
            asking_append(&a, &e, count / 2);
        } else {
            char command[128];
            daybook_close(a.ledger);
            a.ledger = NULL;
            (void)snprintf(command, sizeof command, "rm -r %s/views", a.directory);
            assert_int_equal(system(command), 0);
        }
        asking_reopen(&a);
    }
    for (int i = 1; i < 3; i++) {
        assert_int_equal(bytes[0].size, bytes[i].size);
        assert_memory_equal(bytes[0].data, bytes[i].data, bytes[0].size);
    }
    for (int i = 0; i < 3; i++) {
        daybook_buffer_release(&bytes[i]);
    }
    asking_close(&a);
    model_release(&model);
    events_release(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kpi1_to_the_digit),
        cmocka_unit_test(deposits_write_offs_and_disputes_have_their_places),
        cmocka_unit_test(days_late_are_of_what_stands),
        cmocka_unit_test(what_is_no_period_is_refused),
        cmocka_unit_test(counting_back_takes_whole_months_and_a_part),
        cmocka_unit_test(ratios_are_rounded_half_away_from_zero),
        cmocka_unit_test(what_must_add_up_does_in_any_history),
        cmocka_unit_test(an_answer_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
