/* Exposures under each policy: which money of the customer's own makes them smaller, at any date. */
#include "projections/asking.h"

/* Open 50 000, unapplied 7 000, a limit of 100 000; four lots, of which one is held in part. */
static void make_book(struct events *e) {
    events_init(e);
    customer_opened(e, day("2024-01-01"), "alice", "north");
    charge(e, day("2024-01-10"), "inv-1", 50000, day("2024-02-09"));
    payment(e, day("2024-01-11"), "pay-1", 7000, false);
    policy_set(e, day("2024-01-01"), PB__LIMIT_STATE__LIMIT_STATE_AMOUNT, 100000, 0);
    deposit(e, day("2024-01-02"), "any", 30000, PB__FUNDING__FUNDING_PAID, day("2024-01-02"));
    deposit(e, day("2024-01-02"), "meals", 20000, PB__FUNDING__FUNDING_PAID, day("2024-01-02"));
    static char *scope[] = {"travel", "meals"};
    e->list[e->count - 1]->deposit_received->n_scope = 2;
    e->list[e->count - 1]->deposit_received->scope = scope;
    deposit(e, day("2024-01-02"), "later", 1000, PB__FUNDING__FUNDING_PROMOTIONAL, day("2024-04-01"));
    deposit(e, day("2024-01-02"), "soon", 4000, PB__FUNDING__FUNDING_PAID, day("2024-01-02"));
    e->list[e->count - 1]->deposit_received->expires_on = day("2024-03-01");
    EVENT_BODY(e, day("2024-02-01"), HOLD_PLACED, hold_placed, HoldPlaced, hold_placed__init, {
        body_->hold = events_text(e, "h");
        body_->n_slices = 1;
        body_->slices = one_slice(e, "any", 5000);
        body_->credit_minor = 300;
    });
}

static int open_book(void **state) {
    return asking_setup(state, make_book);
}

#define DEDUCTED PB__EXPOSURE_MONEY__EXPOSURE_MONEY_DEDUCTED
#define IGNORED  PB__EXPOSURE_MONEY__EXPOSURE_MONEY_IGNORED
#define UNSAID   PB__EXPOSURE_MONEY__EXPOSURE_MONEY_UNSPECIFIED

struct exposure_case {
    const char *as_of;
    Pb__ExposureMoney unapplied;
    Pb__ExposureMoney deposits;
    const char *category;
    int64_t deposit;
    int64_t exposure;
    const char *policies[3]; /* exposure, unapplied, deposits */
};

static const struct exposure_case cases[] = {
    {"2024-03-31",
     UNSAID,
     UNSAID,
     "",
     0,
     43300,
     {"open + held against the limit - unapplied", "deducted", "not deducted"}},
    {"2024-03-31",
     DEDUCTED,
     IGNORED,
     "",
     0,
     43300,
     {"open + held against the limit - unapplied", "deducted", "not deducted"}},
    {"2024-03-31", IGNORED, UNSAID, "", 0, 50300, {"open + held against the limit", "not deducted", "not deducted"}},
    /* 30 000 less 5 000 held; "soon" is past its day, "later" has not come. */
    {"2024-03-31",
     DEDUCTED,
     DEDUCTED,
     "",
     25000,
     18300,
     {"open + held against the limit - unapplied - available deposits in scope", "deducted",
      "deducted, of lots that are good for any charge"}},
    {"2024-03-31",
     IGNORED,
     DEDUCTED,
     "meals",
     45000,
     5300,
     {"open + held against the limit - available deposits in scope", "not deducted",
      "deducted, of lots that are good for charges of category meals"}},
    {"2024-03-31",
     IGNORED,
     DEDUCTED,
     "goods",
     25000,
     25300,
     {"open + held against the limit - available deposits in scope", "not deducted",
      "deducted, of lots that are good for charges of category goods"}},
    /* The last day of "soon"; and before the hold. */
    {"2024-02-29", IGNORED, DEDUCTED, "", 29000, 21300, {NULL}},
    {"2024-01-31", IGNORED, DEDUCTED, "", 34000, 16000, {NULL}},
    /* The first day of "later". */
    {"2024-04-01", IGNORED, DEDUCTED, "", 26000, 24300, {NULL}},
};

static void an_exposure_follows_its_policy(void **state) {
    struct asking *a = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct exposure_case *c = &cases[i];
        Pb__ExposurePolicy policy = PB__EXPOSURE_POLICY__INIT;
        Pb__CreditAnswer *answer;
        Pb__CreditHistoryAnswer *past;
        policy.unapplied = c->unapplied;
        policy.deposits = c->deposits;
        policy.category = (char *)(uintptr_t)c->category;
        ASK(a, CREDIT, credit, CreditQuery, credit_query__init, answer, {
            q_->customer = "alice";
            q_->at = at(a, c->as_of, "");
            q_->exposure = &policy;
        });
        assert_int_equal(answer->n_rows, 1);
        assert_int_equal(answer->rows[0]->deposit_minor, c->deposit);
        assert_int_equal(answer->rows[0]->exposure_minor, c->exposure);
        assert_int_equal(answer->rows[0]->available_minor, 100000 - c->exposure);
        for (size_t p = 0; p < 3 && c->policies[0] != NULL; p++) {
            assert_string_equal(answer->position->policies[p]->value, c->policies[p]);
        }
        ASK(a, CREDIT_HISTORY, credit_history, CreditHistoryQuery, credit_history_query__init, past, {
            q_->customer = "alice";
            q_->from = (char *)(uintptr_t)c->as_of;
            q_->to = (char *)(uintptr_t)c->as_of;
            q_->exposure = &policy;
        });
        assert_int_equal(past->n_rows, 1);
        assert_int_equal(past->rows[0]->credit->exposure_minor, c->exposure);
    }
}

static void an_exposure_is_of_what_was_known(void **state) {
    struct asking *a = *state;
    Pb__ExposurePolicy policy = PB__EXPOSURE_POLICY__INIT;
    Pb__CreditAnswer *answer;
    policy.deposits = DEDUCTED;
    ASK(a, CREDIT, credit, CreditQuery, credit_query__init, answer, {
        q_->customer = "alice";
        q_->tag = "north";
        q_->at = at(a, "2024-03-31", "5"); /* The lot "any" alone, and no hold. */
        q_->exposure = &policy;
    });
    assert_int_equal(answer->n_rows, 1);
    assert_int_equal(answer->rows[0]->deposit_minor, 30000);
    assert_int_equal(answer->rows[0]->exposure_minor, 50000 - 7000 - 30000);
}

static void a_policy_that_says_nothing_is_refused(void **state) {
    struct asking *a = *state;
    static const struct {
        int unapplied;
        int deposits;
        const char *category;
    } refused[] = {{3, 0, ""}, {0, -1, ""}, {0, 0, "meals"}, {0, IGNORED, "meals"}};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        Pb__ExposurePolicy policy = PB__EXPOSURE_POLICY__INIT;
        Pb__CreditQuery credit = PB__CREDIT_QUERY__INIT;
        Pb__Query query = PB__QUERY__INIT;
        ProtobufCMessage *answer = NULL;
        policy.unapplied = (Pb__ExposureMoney)refused[i].unapplied;
        policy.deposits = (Pb__ExposureMoney)refused[i].deposits;
        policy.category = (char *)(uintptr_t)refused[i].category;
        credit.exposure = &policy;
        query.question_case = PB__QUERY__QUESTION_CREDIT;
        query.credit = &credit;
        assert_int_equal(ask(a, &query, &answer), DAYBOOK_INVALID);
        assert_string_not_equal(a->error.message, "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exposure_follows_its_policy),
        cmocka_unit_test(an_exposure_is_of_what_was_known),
        cmocka_unit_test(a_policy_that_says_nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, open_book, asking_teardown);
}
