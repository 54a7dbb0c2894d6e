/* What is asked often is answered from memory (memo.h): the same answers, whatever is recorded meanwhile. */
#include "projections/submitting.h"

enum { OFTEN = 200 };

static Pb__BalanceAnswer *asked_often(struct asking *a, const char *known_at) {
    Pb__BalanceAnswer *answer = NULL;
    struct daybook_buffer first = {0};
    struct daybook_buffer again = {0};
    for (int i = 0; i < OFTEN; i++) {
        ASK(a, BALANCE, balance, BalanceQuery, balance_query__init, answer, {
            q_->customer = "ann";
            q_->at = at(a, "2024-06-30", known_at);
        });
        daybook_buffer_reset(&again);
        assert_int_equal(wire_encode(&answer->base, i == 0 ? &first : &again), DAYBOOK_OK);
        if (i > 0) {
            assert_int_equal(again.size, first.size);
            assert_memory_equal(again.data, first.data, first.size);
        }
    }
    daybook_buffer_release(&first);
    daybook_buffer_release(&again);
    return answer;
}

static void charge_in(struct asking *a, const char *charge, const char *currency, int64_t amount) {
    SUBMIT(a, "2024-03-01", "2024-03-01", POST_CHARGE, post_charge, PostCharge, post_charge__init, {
        c_->charge = (char *)(uintptr_t)charge;
        c_->amount_minor = amount;
        request_.currency = (char *)(uintptr_t)currency;
    });
}

static void a_second_currency_appears(void **state) {
    struct asking *a = *state;
    submit_customer(a, "2024-01-01");
    charge_in(a, "inv-1", "EUR", 100);
    Pb__BalanceAnswer *answer = asked_often(a, "");
    assert_int_equal(answer->n_rows, 1);
    assert_int_equal(answer->rows[0]->receivable_minor, 100);
    charge_in(a, "inv-2", "EUR", 20);
    answer = asked_often(a, "");
    assert_int_equal(answer->n_rows, 1);
    assert_int_equal(answer->rows[0]->receivable_minor, 120);
    charge_in(a, "inv-3", "USD", 7);
    answer = asked_often(a, "");
    assert_int_equal(answer->n_rows, 2);
    assert_string_equal(answer->rows[0]->currency, "EUR");
    assert_int_equal(answer->rows[0]->receivable_minor, 120);
    assert_string_equal(answer->rows[1]->currency, "USD");
    assert_int_equal(answer->rows[1]->receivable_minor, 7);
    answer = asked_often(a, "2");
    assert_int_equal(answer->n_rows, 1);
    assert_int_equal(answer->rows[0]->receivable_minor, 100);
}

static void one_currency_of_two_is_asked_for(void **state) {
    struct asking *a = *state;
    Pb__BalanceAnswer *answer = NULL;
    for (int i = 0; i < OFTEN; i++) {
        ASK(a, BALANCE, balance, BalanceQuery, balance_query__init, answer, {
            q_->customer = "ann";
            q_->currency = i % 2 == 0 ? "USD" : "EUR";
        });
        assert_int_equal(answer->n_rows, 1);
        assert_int_equal(answer->rows[0]->receivable_minor, i % 2 == 0 ? 7 : 120);
    }
}

static void open_customer(struct asking *a, const char *customer) {
    Pb__Request request = PB__REQUEST__INIT;
    Pb__OpenCustomer command = PB__OPEN_CUSTOMER__INIT;
    Pb__CustomerProfile profile = PB__CUSTOMER_PROFILE__INIT;
    struct daybook_buffer encoded = {0};
    struct daybook_answers answers = {0};
    profile.name = (char *)(uintptr_t)customer;
    command.profile = &profile;
    request.key.data = (uint8_t *)(uintptr_t)customer;
    request.key.len = strlen(customer);
    request.actor = "test";
    request.customer = (char *)(uintptr_t)customer;
    request.command_case = PB__REQUEST__COMMAND_OPEN_CUSTOMER;
    request.open_customer = &command;
    assert_int_equal(wire_encode(&request.base, &encoded), DAYBOOK_OK);
    struct daybook_bytes bytes = daybook_buffer_view(&encoded);
    ASKING_OK(a, daybook_submit(a->ledger, &bytes, 1, DAYBOOK_SUBMIT_EACH, &answers, &a->error));
    assert_null(answers.items[0].refusal);
    daybook_answers_release(&answers);
    daybook_buffer_release(&encoded);
}

static enum daybook_status known(struct asking *a, const char *customer, const char *known_at) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__BalanceQuery question = PB__BALANCE_QUERY__INIT;
    ProtobufCMessage *answer = NULL;
    question.customer = (char *)(uintptr_t)customer;
    question.at = at(a, "2024-06-30", known_at);
    query.question_case = PB__QUERY__QUESTION_BALANCE;
    query.balance = &question;
    return ask(a, &query, &answer);
}

/* A customer of no movement, who is looked for among the customers: known from the opening on, and not before. */
static void a_customer_is_known_from_the_opening_on(void **state) {
    struct asking *a = *state;
    for (int i = 0; i < OFTEN; i++) {
        assert_int_equal(known(a, "ann", "0"), DAYBOOK_NOT_FOUND);
        assert_int_equal(known(a, "ann", "1"), DAYBOOK_OK);
        assert_int_equal(known(a, "ben", ""), DAYBOOK_NOT_FOUND);
    }
    open_customer(a, "ben");
    for (int i = 0; i < OFTEN; i++) {
        assert_int_equal(known(a, "ben", "4"), DAYBOOK_NOT_FOUND);
        assert_int_equal(known(a, "ben", ""), DAYBOOK_OK);
    }
}

static void a_view_built_anew_answers_the_same(void **state) {
    struct asking *a = *state;
    Pb__DigestAnswer *rebuilt = NULL;
    char *views[] = {"balance"};
    ASK(a, REBUILD, rebuild, RebuildQuery, rebuild_query__init, rebuilt, {
        q_->n_views = 1;
        q_->views = views;
    });
    assert_int_equal(rebuilt->n_views, 1);
    Pb__BalanceAnswer *answer = asked_often(a, "");
    assert_int_equal(answer->n_rows, 2);
    assert_int_equal(answer->rows[0]->receivable_minor, 120);
}

static int open_ledger(void **state) {
    static struct asking a;
    submitting_open(&a);
    *state = &a;
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_currency_appears),
        cmocka_unit_test(one_currency_of_two_is_asked_for),
        cmocka_unit_test(a_customer_is_known_from_the_opening_on),
        cmocka_unit_test(a_view_built_anew_answers_the_same),
    };
    return cmocka_run_group_tests(tests, open_ledger, asking_teardown);
}
