/* Bridges: what each event changed, where effects do not simply add up. */
#include "projections/asking.h"

/* Columns of ages by the edges of the tests: 30 and 60. */
enum { NOT_DUE, TO_30, TO_60, OVER_60, DISPUTED, UNAPPLIED, TOTAL, AGES };

struct expected {
    uint64_t sequence; /* 0: before; UINT64_MAX: after. */
    int64_t columns[AGES];
};

#define BEFORE 0
#define AFTER  UINT64_MAX

static void make_book(struct events *e) {
    static const int64_t amounts[] = {1000, 2000};
    const int32_t dues[] = {day("2024-02-10"), day("2024-04-10")};
    events_init(e);
    customer_opened(e, day("2024-01-01"), "alice", "north");                  /* 1 */
    charge_in_parts(e, day("2024-01-10"), "plan", amounts, dues, 2);          /* 2: 1000 and 2000 */
    charge(e, day("2024-02-01"), "inv", 500, day("2024-03-01"));              /* 3 */
    payment(e, day("2024-03-05"), "pay", 1500, false);                        /* 4 */
    allocated(e, day("2024-03-05"), PAYMENT, "pay", CHARGE, "plan", 0, 1200); /* 5: fills the first, 200 of the next */
    disputed(e, day("2024-03-06"), "plan", 2500);                             /* 6: 1800 are open */
    allocated(e, day("2024-03-07"), PAYMENT, "pay", CHARGE, "plan", 2, 300);  /* 7: takes from the dispute, too */
    payment(e, day("2024-05-01"), "late", 100, false);                        /* 8: after A */
    unallocated(e, day("2024-03-08"), PAYMENT, "pay", CHARGE, "plan", 1200, 5); /* 9 */
    customer_opened(e, day("2024-01-01"), "bob", "south");                      /* 10 */
    charge(e, day("2024-03-10"), "inv", 70, day("2024-03-20"));                 /* 11 */
}

static int open_book(void **state) {
    return asking_setup(state, make_book);
}

static Pb__BridgeAnswer *ask_aging(struct asking *a, const char *customer, const char *from, const char *to,
                                   Pb__UnappliedDisplay display) {
    static int32_t edges[] = {30, 60};
    Pb__BridgeAnswer *answer;
    ASK(a, BRIDGE, bridge, BridgeQuery, bridge_query__init, answer, {
        q_->at = at(a, "2024-03-31", to);
        q_->from_known_at = (char *)(uintptr_t)from;
        q_->customer = (char *)(uintptr_t)customer;
        q_->n_edges = 2;
        q_->edges = edges;
        q_->unapplied = display;
    });
    return answer;
}

static void check_rows(const Pb__BridgeAnswer *answer, const struct expected *expected, size_t count) {
    assert_int_equal(answer->n_rows, count);
    for (size_t i = 0; i < count; i++) {
        const Pb__BridgeRow *row = answer->rows[i];
        assert_int_equal(row->n_amount_minor, AGES);
        uint64_t sequence = row->kind == PB__BRIDGE_ROW_KIND__BRIDGE_ROW_KIND_BEFORE  ? BEFORE
                            : row->kind == PB__BRIDGE_ROW_KIND__BRIDGE_ROW_KIND_AFTER ? AFTER
                                                                                      : row->event->sequence;
        assert_int_equal(sequence, expected[i].sequence);
        for (size_t j = 0; j < AGES; j++) {
            if (row->amount_minor[j] != expected[i].columns[j]) {
                fail_msg("row %zu, column %zu: %lld, expected %lld", i, j, (long long)row->amount_minor[j],
                         (long long)expected[i].columns[j]);
            }
        }
    }
}

/* On 03-31: the first part of "plan" is 50 days overdue, the second not due, "inv" 30 days. */
static void effects_that_depend_on_what_was_there(void **state) {
    const struct expected expected[] = {
        {BEFORE, {2000, 500, 1000, 0, 0, 0, 3500}},
        {4, {0, 0, 0, 0, 0, -1500, -1500}},
        {5, {-200, 0, -1000, 0, 0, 1200, 0}},
        {6, {-1800, 0, 0, 0, 1800, 0, 0}},
        {7, {0, 0, 0, 0, -300, 300, 0}},
        {9, {200, 0, 0, 0, 1000, -1200, 0}},
        {AFTER, {200, 500, 0, 0, 2500, -1200, 2000}},
    };
    Pb__BridgeAnswer *answer = ask_aging(*state, "alice", "3", "9", PB__UNAPPLIED_DISPLAY__UNAPPLIED_DISPLAY_COLUMN);
    check_rows(answer, expected, sizeof expected / sizeof *expected);
    assert_int_equal(answer->from_known_at, 3);
    assert_string_equal(answer->columns[NOT_DUE], "not due");
    assert_string_equal(answer->columns[OVER_60], "over 60");
    assert_string_equal(answer->columns[TOTAL], "total");
    assert_int_equal(answer->totals[0]->events, 5);
}

/* Netted for display: the 1500 cover the oldest 1000, then the 500; putting them against "plan" moves what is shown. */
static void netting_is_told_event_by_event(void **state) {
    const struct expected expected[] = {
        {BEFORE, {2000, 500, 1000, 0, 0, 0, 3500}},
        {4, {0, -500, -1000, 0, 0, 0, -1500}},
        {5, {-200, 200, 0, 0, 0, 0, 0}},
        {AFTER, {1800, 200, 0, 0, 0, 0, 2000}},
    };
    check_rows(ask_aging(*state, "alice", "3", "5", PB__UNAPPLIED_DISPLAY__UNAPPLIED_DISPLAY_NETTED), expected,
               sizeof expected / sizeof *expected);
}

static void a_making_is_a_step_from_nothing(void **state) {
    const struct expected expected[] = {
        {BEFORE, {0, 0, 0, 0, 0, 0, 0}},
        {2, {2000, 0, 1000, 0, 0, 0, 3000}},
        {3, {0, 500, 0, 0, 0, 0, 500}},
        {AFTER, {2000, 500, 1000, 0, 0, 0, 3500}},
    };
    check_rows(ask_aging(*state, "alice", "0", "3", PB__UNAPPLIED_DISPLAY__UNAPPLIED_DISPLAY_COLUMN), expected,
               sizeof expected / sizeof *expected);
}

/* Of the whole book only bob changed after 9; the totals have alice's, too. */
static void totals_are_of_the_whole_book(void **state) {
    struct asking *a = *state;
    const struct expected expected[] = {
        {BEFORE, {0, 0, 0, 0, 0, 0, 0}},
        {11, {0, 70, 0, 0, 0, 0, 70}},
        {AFTER, {0, 70, 0, 0, 0, 0, 70}},
    };
    Pb__BridgeAnswer *answer = ask_aging(a, "", "9", "", PB__UNAPPLIED_DISPLAY__UNAPPLIED_DISPLAY_COLUMN);
    check_rows(answer, expected, sizeof expected / sizeof *expected);
    assert_int_equal(answer->n_totals, 1);
    assert_int_equal(answer->totals[0]->before_minor[TOTAL], 2000);
    assert_int_equal(answer->totals[0]->change_minor[TOTAL], 70);
    assert_int_equal(answer->totals[0]->after_minor[TOTAL], 2070);
    ASK(a, BRIDGE, bridge, BridgeQuery, bridge_query__init, answer, {
        q_->at = at(a, "2024-03-31", "");
        q_->from_known_at = "9";
        q_->changes_only = true;
    });
    assert_int_equal(answer->totals[0]->after_minor[answer->n_columns - 1], 70);
    ASK(a, BRIDGE, bridge, BridgeQuery, bridge_query__init, answer, {
        q_->at = at(a, "2024-03-31", "");
        q_->from_known_at = "9";
        q_->tag = "north";
    });
    assert_int_equal(answer->n_rows, 0);
    assert_int_equal(answer->totals[0]->after_minor[answer->n_columns - 1], 2000);
}

static void pages_together_are_the_whole(void **state) {
    struct asking *a = *state;
    Pb__BridgeAnswer *whole;
    Pb__BridgeAnswer *one;
    const char *cursor = "";
    ASK(a, BRIDGE, bridge, BridgeQuery, bridge_query__init, whole, {
        q_->at = at(a, "2024-03-31", "");
        q_->from_known_at = "2";
        q_->figure = PB__BRIDGE_FIGURE__BRIDGE_FIGURE_BALANCE;
    });
    assert_true(whole->n_rows > 6);
    for (size_t i = 0; i < whole->n_rows; i++) {
        ASK(a, BRIDGE, bridge, BridgeQuery, bridge_query__init, one, {
            q_->at = at(a, "2024-03-31", "");
            q_->from_known_at = "2";
            q_->figure = PB__BRIDGE_FIGURE__BRIDGE_FIGURE_BALANCE;
            q_->page = page(a, 1, cursor);
        });
        assert_int_equal(one->n_rows, 1);
        assert_string_equal(one->rows[0]->customer, whole->rows[i]->customer);
        assert_int_equal(one->rows[0]->kind, whole->rows[i]->kind);
        assert_memory_equal(one->rows[0]->amount_minor, whole->rows[i]->amount_minor,
                            whole->n_columns * sizeof(int64_t));
        cursor = one->next_cursor;
    }
    assert_string_equal(cursor, "");
}

/* receivable, unapplied and net; a dispute moves no balance. */
static void balances_move_by_their_events(void **state) {
    struct asking *a = *state;
    Pb__BridgeAnswer *answer;
    ASK(a, BRIDGE, bridge, BridgeQuery, bridge_query__init, answer, {
        q_->at = at(a, "2024-03-31", "7");
        q_->from_known_at = "3";
        q_->customer = "alice";
        q_->figure = PB__BRIDGE_FIGURE__BRIDGE_FIGURE_BALANCE;
    });
    assert_int_equal(answer->n_rows, 5);
    assert_string_equal(answer->columns[0], "receivable");
    assert_string_equal(answer->columns[8], "net");
    assert_int_equal(answer->rows[0]->amount_minor[0], 3500);
    assert_int_equal(answer->rows[1]->amount_minor[1], 1500);
    assert_int_equal(answer->rows[1]->amount_minor[8], -1500);
    assert_int_equal(answer->rows[2]->amount_minor[0], -1200);
    assert_int_equal(answer->rows[2]->amount_minor[8], 0);
    assert_int_equal(answer->rows[4]->amount_minor[0], 2000);
    assert_int_equal(answer->rows[4]->amount_minor[8], 2000);
}

static void what_cannot_be_bridged_is_said(void **state) {
    struct asking *a = *state;
    ASK_WRONGLY(a, BRIDGE, bridge, BridgeQuery, bridge_query__init, "say from which",
                { q_->at = at(a, "2024-03-31", "5"); });
    ASK_WRONGLY(a, BRIDGE, bridge, BridgeQuery, bridge_query__init, "5 is after 3", {
        q_->at = at(a, "2024-03-31", "3");
        q_->from_known_at = "5";
    });
    ASK_WRONGLY(a, BRIDGE, bridge, BridgeQuery, bridge_query__init, "past the head", {
        q_->at = at(a, "2024-03-31", "3");
        q_->from_known_at = "99";
    });
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(effects_that_depend_on_what_was_there), cmocka_unit_test(netting_is_told_event_by_event),
        cmocka_unit_test(a_making_is_a_step_from_nothing),       cmocka_unit_test(totals_are_of_the_whole_book),
        cmocka_unit_test(pages_together_are_the_whole),          cmocka_unit_test(balances_move_by_their_events),
        cmocka_unit_test(what_cannot_be_bridged_is_said),
    };
    return cmocka_run_group_tests(tests, open_book, asking_teardown);
}
