/* Rows by an amount, page by page, against the same rows sorted whole. */
#include "projections/asking.h"

enum { CUSTOMERS = 120, PAGE_ROWS = 7 };

/* Amounts are few, so that many rows are of equal rank; the dates differ. */
static int64_t amount_of(int customer) {
    return 100 + (int64_t)(customer * 37 % 23) * 10;
}

static int32_t due_of(int customer) {
    return day("2024-01-01") + customer * 53 % 90;
}

static void name_of(int customer, char name[16]) {
    (void)snprintf(name, 16, "c%03d", customer);
}

static void make_book(struct events *e) {
    events_init(e);
    for (int i = 0; i < CUSTOMERS; i++) {
        char name[16];
        name_of(i, name);
        e->customer = events_text(e, name);
        customer_opened(e, day("2024-01-01"), e->customer, i % 2 == 0 ? "even" : "odd");
        charge(e, day("2024-01-01"), "inv", amount_of(i), due_of(i));
    }
}

static int open_book(void **state) {
    return asking_setup(state, make_book);
}

struct expected {
    int64_t rank;
    char name[16];
};

static int compare(const void *x, const void *y) {
    const struct expected *a = x;
    const struct expected *b = y;
    return a->rank != b->rank ? (a->rank < b->rank) - (a->rank > b->rank) : strcmp(a->name, b->name);
}

static void sort_expected(struct expected expected[CUSTOMERS], bool is_by_days) {
    for (int i = 0; i < CUSTOMERS; i++) {
        expected[i].rank = is_by_days ? -due_of(i) : amount_of(i);
        name_of(i, expected[i].name);
    }
    qsort(expected, CUSTOMERS, sizeof *expected, compare);
}

static void pages_by_amount_are_the_sorted_rows(void **state) {
    struct asking *a = *state;
    struct expected expected[CUSTOMERS];
    const char *cursor = "";
    sort_expected(expected, false);
    for (int seen = 0; seen < CUSTOMERS;) {
        Pb__BalanceAnswer *answer;
        ASK(a, BALANCE, balance, BalanceQuery, balance_query__init, answer, {
            q_->order = PB__ORDER__ORDER_AMOUNT;
            q_->page = page(a, PAGE_ROWS, cursor);
        });
        int rest = CUSTOMERS - seen;
        assert_int_equal(answer->n_rows, rest < PAGE_ROWS ? rest : PAGE_ROWS);
        assert_int_equal(answer->n_totals, 1);
        for (size_t i = 0; i < answer->n_rows; i++, seen++) {
            assert_string_equal(answer->rows[i]->customer, expected[seen].name);
            assert_int_equal(answer->rows[i]->net_minor, expected[seen].rank);
        }
        cursor = answer->next_cursor;
    }
    assert_string_equal(cursor, "");
}

static void open_items_by_days_overdue(void **state) {
    struct asking *a = *state;
    struct expected expected[CUSTOMERS];
    Pb__OpenItemsAnswer *answer;
    sort_expected(expected, true);
    ASK(a, OPEN_ITEMS, open_items, OpenItemsQuery, open_items_query__init, answer, {
        q_->order = PB__ORDER__ORDER_OVERDUE;
        q_->page = page(a, PAGE_ROWS, "");
    });
    assert_int_equal(answer->n_rows, PAGE_ROWS);
    for (int i = 0; i < PAGE_ROWS; i++) {
        assert_string_equal(answer->rows[i]->customer, expected[i].name);
    }
    assert_string_equal(answer->position->policies[0]->name, "order");
    assert_string_not_equal(answer->next_cursor, "");
}

/* On 2024-01-31 the items due before it are overdue: the greatest of those come first. */
static void ages_by_what_is_overdue(void **state) {
    struct asking *a = *state;
    Pb__AgingAnswer *answer;
    ASK(a, AGING, aging, AgingQuery, aging_query__init, answer, {
        q_->at = at(a, "2024-01-31", "");
        q_->order = PB__ORDER__ORDER_OVERDUE;
    });
    assert_int_equal(answer->n_rows, CUSTOMERS);
    int64_t before = INT64_MAX;
    size_t overdue_count = 0;
    for (size_t i = 0; i < answer->n_rows; i++) {
        int64_t overdue = answer->rows[i]->total_minor - answer->rows[i]->not_due_minor;
        assert_true(overdue <= before);
        before = overdue;
        overdue_count += overdue > 0;
    }
    size_t wanted = 0;
    for (int i = 0; i < CUSTOMERS; i++) {
        wanted += due_of(i) < day("2024-01-31");
    }
    assert_int_equal(overdue_count, wanted);
}

static void credit_and_a_tag_together(void **state) {
    struct asking *a = *state;
    Pb__CreditAnswer *answer;
    ASK(a, CREDIT, credit, CreditQuery, credit_query__init, answer, {
        q_->order = PB__ORDER__ORDER_AMOUNT;
        q_->tag = "odd";
        q_->page = page(a, 3, "");
    });
    assert_int_equal(answer->n_rows, 3);
    int64_t greatest = 0;
    for (int i = 1; i < CUSTOMERS; i += 2) {
        greatest = amount_of(i) > greatest ? amount_of(i) : greatest;
    }
    assert_int_equal(answer->rows[0]->exposure_minor, greatest);
    assert_true(answer->rows[1]->exposure_minor >= answer->rows[2]->exposure_minor);
}

static void orders_that_a_question_does_not_have(void **state) {
    struct asking *a = *state;
    ASK_WRONGLY(a, BALANCE, balance, BalanceQuery, balance_query__init,
                "nothing of these rows is overdue; order them by amount", q_->order = PB__ORDER__ORDER_OVERDUE);
    ASK_WRONGLY(a, LOTS, lots, LotsQuery, lots_query__init, "there is no order 9", q_->order = (Pb__Order)9);
}

/* A cursor of one order is refused in the others: there it would point anywhere. */
static void a_cursor_is_of_one_order(void **state) {
    struct asking *a = *state;
    static const Pb__Order orders[] = {PB__ORDER__ORDER_UNSPECIFIED, PB__ORDER__ORDER_AMOUNT, PB__ORDER__ORDER_OVERDUE};
    for (size_t given = 0; given < 3; given++) {
        Pb__AgingAnswer *first;
        ASK(a, AGING, aging, AgingQuery, aging_query__init, first, {
            q_->order = orders[given];
            q_->page = page(a, 2, "");
        });
        assert_string_not_equal(first->next_cursor, "");
        for (size_t asked = 0; asked < 3; asked++) {
            if (asked == given) {
                Pb__AgingAnswer *next;
                ASK(a, AGING, aging, AgingQuery, aging_query__init, next, {
                    q_->order = orders[asked];
                    q_->page = page(a, 2, first->next_cursor);
                });
                assert_int_equal(next->n_rows, 2);
                continue;
            }
            ASK_WRONGLY(a, AGING, aging, AgingQuery, aging_query__init, "of rows in another order", {
                q_->order = orders[asked];
                q_->page = page(a, 2, first->next_cursor);
            });
        }
    }
}

static void two_currencies_have_no_order(void **state) {
    (void)state;
    struct asking a;
    struct events e;
    events_init(&e);
    customer_opened(&e, day("2024-01-01"), "alice", "x");
    charge(&e, day("2024-01-01"), "inv-1", 5, day("2024-01-01"));
    e.currency = "USD";
    charge(&e, day("2024-01-01"), "inv-2", 6, day("2024-01-01"));
    asking_open(&a, &e);
    events_release(&e);
    ASK_WRONGLY(&a, BALANCE, balance, BalanceQuery, balance_query__init, "EUR and USD have no order",
                q_->order = PB__ORDER__ORDER_AMOUNT);
    Pb__BalanceAnswer *answer;
    ASK(&a, BALANCE, balance, BalanceQuery, balance_query__init, answer, {
        q_->order = PB__ORDER__ORDER_AMOUNT;
        q_->currency = "USD";
    });
    assert_int_equal(answer->n_rows, 1);
    asking_close(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_by_amount_are_the_sorted_rows),
        cmocka_unit_test(open_items_by_days_overdue),
        cmocka_unit_test(ages_by_what_is_overdue),
        cmocka_unit_test(credit_and_a_tag_together),
        cmocka_unit_test(orders_that_a_question_does_not_have),
        cmocka_unit_test(a_cursor_is_of_one_order),
        cmocka_unit_test(two_currencies_have_no_order),
    };
    return cmocka_run_group_tests(tests, open_book, asking_teardown);
}
