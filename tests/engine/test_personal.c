/* Personal data through the whole ledger: what is sealed when, and when a key goes. */
#include "tests/engine/ledger_case.h"

#include "keyring.h"
#include "personal.h"

#define CODE(name) PB__REFUSAL_CODE__REFUSAL_CODE_##name

/* "ann" is opened with a name. */
static void begin(struct ledger_case *c) {
    ledger_case_begin(c);
    ledger_must(c, "open ann name=Geheim key=open-ann");
}

/* Whether ann's first key is there, which lies in the first slot. A dry run gives what is there, or one in no slot. */
static bool has_first_key(struct ledger_case *c) {
    struct keyring *keyring = NULL;
    struct keyring_key key;
    LEDGER_OK(c, keyring_open(c->directory, ledger_config(c->ledger)->ledger_id.data, true, &keyring, &c->error));
    LEDGER_OK(c, keyring_take(keyring, "ann", true, &key, &c->error));
    keyring_close(keyring);
    return key.slot == 1;
}

static void a_repetition_is_recognised(void **state) {
    (void)state;
    struct ledger_case c;
    begin(&c);
    for (int round = 0; round < 2; round++) {
        struct daybook_answers answers = LEDGER_SUBMIT(&c, DAYBOOK_SUBMIT_EACH, "open ann name=Geheim key=open-ann",
                                                       "open ann name=Anders key=open-ann", "open ann key=open-ann");
        assert_true(answers.items[0].is_repeated);
        assert_int_equal(answers.items[0].first_sequence, 1);
        assert_int_equal(answers.items[1].refusal->code, CODE(KEY_REUSED));
        assert_null(strstr(answers.items[1].refusal->message, "Anders"));
        assert_int_equal(answers.items[2].refusal->code, CODE(KEY_REUSED));
        daybook_answers_release(&answers);
        ledger_case_reopen(&c);
    }
    ledger_case_end(&c);
}

static void only_an_erasure_that_is_taken_destroys(void **state) {
    (void)state;
    struct ledger_case c;
    begin(&c);
    struct daybook_answers answers = LEDGER_SUBMIT(&c, DAYBOOK_SUBMIT_GROUP, "erase reason=r", "charge g 0");
    assert_int_equal(answers.items[1].refusal->code, CODE(AMOUNT_NOT_POSITIVE));
    daybook_answers_release(&answers);
    assert_true(has_first_key(&c));
    answers = LEDGER_SUBMIT(&c, DAYBOOK_SUBMIT_DRY, "erase reason=r");
    assert_null(answers.items[0].refusal);
    daybook_answers_release(&answers);
    assert_true(has_first_key(&c));
    answers = LEDGER_SUBMIT(&c, DAYBOOK_SUBMIT_EACH, "erase");
    assert_int_equal(answers.items[0].refusal->code, CODE(REASON_REQUIRED));
    daybook_answers_release(&answers);
    assert_true(has_first_key(&c));
    ledger_must(&c, "erase reason=r");
    assert_false(has_first_key(&c));
    ledger_case_end(&c);
}

static void what_came_before_in_the_batch_is_erased_too(void **state) {
    (void)state;
    struct ledger_case c;
    begin(&c);
    struct daybook_answers answers =
        LEDGER_SUBMIT(&c, DAYBOOK_SUBMIT_EACH, "change name=Neu", "erase reason=r", "open bob name=Bob");
    for (size_t i = 0; i < answers.count; i++) {
        assert_null(answers.items[i].refusal);
    }
    daybook_answers_release(&answers);
    assert_false(has_first_key(&c));
    ledger_case_end(&c);
}

/* What is given after an erasure, in the same call or the same group, is not erased with what was there before. */
static void what_comes_after_it_stays(void **state) {
    (void)state;
    for (int mode = DAYBOOK_SUBMIT_EACH; mode <= DAYBOOK_SUBMIT_GROUP; mode++) {
        struct ledger_case c;
        begin(&c);
        struct daybook_answers answers = LEDGER_SUBMIT(&c, mode, "erase reason=r", "change name=Neu", "erase reason=s",
                                                       "change name=Neuer key=newest");
        for (size_t i = 0; i < answers.count; i++) {
            assert_null(answers.items[i].refusal);
        }
        daybook_answers_release(&answers);
        struct keyring *keyring = NULL;
        struct keyring_key key;
        LEDGER_OK(&c, keyring_open(c.directory, ledger_config(c.ledger)->ledger_id.data, true, &keyring, &c.error));
        LEDGER_OK(&c, keyring_take(keyring, "ann", true, &key, &c.error));
        assert_int_equal(key.slot, 3);
        keyring_close(keyring);
        ledger_case_reopen(&c);
        answers = LEDGER_SUBMIT(&c, DAYBOOK_SUBMIT_EACH, "change name=Neuer key=newest");
        assert_true(answers.items[0].is_repeated);
        daybook_answers_release(&answers);
        ledger_case_end(&c);
    }
}

/* After the erasure: no repetition is recognised, and none is taken for a new request. */
static void a_late_duplicate_brings_nothing_back(void **state) {
    (void)state;
    struct ledger_case c;
    begin(&c);
    ledger_must(&c, "change name=Neu key=change-ann");
    ledger_must(&c, "erase reason=r");
    struct daybook_answers answers = LEDGER_SUBMIT(&c, DAYBOOK_SUBMIT_EACH, "open ann name=Geheim key=open-ann",
                                                   "change name=Neu key=change-ann", "change name=Wieder");
    assert_int_equal(answers.items[0].refusal->code, CODE(KEY_REUSED));
    assert_int_equal(answers.items[1].refusal->code, CODE(KEY_REUSED));
    assert_null(answers.items[2].refusal);
    daybook_answers_release(&answers);
    ledger_case_end(&c);
}

static void nothing_in_clear_is_appended(void **state) {
    (void)state;
    struct ledger_case c;
    begin(&c);
    ledger_must(&c, "change name=Geheimer email=geheim@example.com");
    struct daybook_answers answers = LEDGER_SUBMIT(&c, DAYBOOK_SUBMIT_DRY, "change name=Geheimster");
    for (size_t i = 0; i < answers.items[0].event_count; i++) {
        assert_null(memmem(answers.items[0].events[i].data, answers.items[0].events[i].size, "eheim", 5));
    }
    daybook_answers_release(&answers);
    struct event_batch events = ledger_events(&c);
    assert_int_equal(events.count, 2);
    assert_null(memmem(events.bytes.data, events.bytes.size, "eheim", 5));
    event_batch_release(&events);
    ledger_case_end(&c);
}

static const struct form_row {
    const char *name;
    const char *line;
    const char *says;
} forms[] = {
    {"a name too long", "change name=n*257", "the name must be at most 256 bytes"},
    {"an address of mail too long", "change email=e*257", "the email address must be at most 256 bytes"},
    {"sealed bytes of another's", "change sealed=0123456789", NULL},
    {"nobody's id", "open nobody cust= name=N", "the customer's id"},
};

static void what_is_malformed_is_refused(void **state) {
    (void)state;
    struct ledger_case c;
    begin(&c);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct daybook_answers answers = LEDGER_SUBMIT(&c, DAYBOOK_SUBMIT_EACH, forms[i].line);
        if (forms[i].says != NULL) {
            assert_non_null(answers.items[0].refusal);
            assert_int_equal(answers.items[0].refusal->code, CODE(MALFORMED));
            assert_non_null(strstr(answers.items[0].refusal->message, forms[i].says));
        }
        daybook_answers_release(&answers);
    }
    ledger_case_end(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repetition_is_recognised),
        cmocka_unit_test(only_an_erasure_that_is_taken_destroys),
        cmocka_unit_test(what_came_before_in_the_batch_is_erased_too),
        cmocka_unit_test(what_comes_after_it_stays),
        cmocka_unit_test(a_late_duplicate_brings_nothing_back),
        cmocka_unit_test(nothing_in_clear_is_appended),
        cmocka_unit_test(what_is_malformed_is_refused),
    };
    return cmocka_run_group_tests_name("personal", tests, NULL, NULL);
}
