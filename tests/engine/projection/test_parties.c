/* Parties: one number for one pair of customer and currency, whatever the runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "projection/parties.h"

enum { NAMES = 40000, RUN = 37 };

static char names[NAMES][16];

static Pb__Event event_of(const char *customer, const char *currency) {
    Pb__Event event = PB__EVENT__INIT;
    event.customer = (char *)(uintptr_t)customer;
    event.currency = (char *)(uintptr_t)currency;
    return event;
}

static uint64_t number_one(struct parties *parties, const char *customer, const char *currency) {
    Pb__Event event = event_of(customer, currency);
    struct fold_event folded = {.event = &event};
    parties_number(parties, &folded, 1);
    return folded.party;
}

static struct parties *opened(void) {
    struct parties *parties = NULL;
    assert_int_equal(parties_open(&parties, NULL), DAYBOOK_OK);
    return parties;
}

static void pairs_that_differ_have_numbers_that_differ(void **state) {
    (void)state;
    struct parties *parties = opened();
    uint64_t numbers[] = {
        number_one(parties, "a", "CNY"), number_one(parties, "a", "USD"), number_one(parties, "a", ""),
        number_one(parties, "aC", "NY"), number_one(parties, "b", "CNY"), number_one(parties, "aCNY", ""),
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        assert_true(numbers[i] != 0);
        for (size_t j = 0; j < i; j++) {
            assert_true(numbers[i] != numbers[j]);
        }
    }
    assert_true(number_one(parties, "a", "CNY") == numbers[0]);
    parties_close(parties);
}

static void an_event_without_a_customer_has_none(void **state) {
    (void)state;
    struct parties *parties = opened();
    Pb__Event events[] = {event_of("a", "CNY"), event_of("", ""), event_of("", "CNY"), event_of("a", "CNY")};
    struct fold_event folded[] = {
        {.event = &events[0]}, {.event = &events[1], .party = 7}, {.event = &events[2]}, {.event = &events[3]}};
    parties_number(parties, folded, 4);
    assert_true(folded[0].party != 0);
    assert_true(folded[1].party == 0);
    assert_true(folded[2].party == 0);
    assert_true(folded[3].party == folded[0].party);
    parties_close(parties);
}

/* In runs, each name twice in a row, as a request makes events; then all of them again. */
static void many_names_keep_their_numbers(void **state) {
    (void)state;
    static uint64_t numbers[NAMES];
    struct parties *parties = opened();
    for (size_t i = 0; i < NAMES; i++) {
        (void)snprintf(names[i], sizeof names[i], "C%zu", i);
    }
    for (size_t first = 0; first < NAMES; first += RUN) {
        Pb__Event events[2 * RUN];
        struct fold_event folded[2 * RUN];
        size_t count = NAMES - first < RUN ? NAMES - first : RUN;
        for (size_t i = 0; i < 2 * count; i++) {
            events[i] = event_of(names[first + i / 2], "CNY");
            folded[i] = (struct fold_event){.event = &events[i]};
        }
        parties_number(parties, folded, 2 * count);
        for (size_t i = 0; i < count; i++) {
            assert_true(folded[2 * i].party == folded[2 * i + 1].party);
            numbers[first + i] = folded[2 * i].party;
            assert_true(i == 0 || numbers[first + i] != numbers[first + i - 1]);
        }
    }
    for (size_t i = 0; i < NAMES; i++) {
        assert_true(number_one(parties, names[i], "CNY") == numbers[i]);
    }
    parties_close(parties);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_that_differ_have_numbers_that_differ),
        cmocka_unit_test(an_event_without_a_customer_has_none),
        cmocka_unit_test(many_names_keep_their_numbers),
    };
    return cmocka_run_group_tests_name("parties", tests, NULL, NULL);
}
