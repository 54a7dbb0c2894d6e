/* Tests bench/spread.c: the alias table holds each weight exactly, and draws follow it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "bench/spread.h"

/* What the columns give to `rank`, of total_weight * count. */
static uint64_t mass_of(const struct spread *spread, uint32_t rank) {
    uint64_t mass = 0;
    for (uint32_t column = 0; column < spread->count; column++) {
        if (column == rank) {
            mass += spread->own_weight[column];
        }
        if (spread->alias[column] == rank) {
            mass += spread->total_weight - spread->own_weight[column];
        }
    }
    return mass;
}

static void test_zipf_holds_one_over_rank_exactly(void **state) {
    (void)state;
    static const uint32_t counts[] = {1, 2, 3, 7, 100, 1000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct spread spread;
        assert_true(spread_init(&spread, SPREAD_ZIPF, counts[i]));
        for (uint32_t rank = 0; rank < counts[i]; rank++) {
            assert_int_equal(mass_of(&spread, rank), UINT64_C(68719476736) / (rank + 1) * counts[i]);
        }
        spread_release(&spread);
    }
}

static void test_uniform_gives_each_the_same(void **state) {
    (void)state;
    struct spread spread;
    assert_true(spread_init(&spread, SPREAD_UNIFORM, 50));
    for (uint32_t rank = 0; rank < 50; rank++) {
        assert_int_equal(mass_of(&spread, rank), 50);
    }
    spread_release(&spread);
}

static void test_hot_gives_half_to_one(void **state) {
    (void)state;
    struct spread spread;
    assert_true(spread_init(&spread, SPREAD_HOT, 101));
    assert_int_equal(spread.total_weight, 201);
    assert_int_equal(mass_of(&spread, 0), 101 * 101);
    assert_int_equal(mass_of(&spread, 100), 101);
    spread_release(&spread);
}

/* Of four customers: 12/25, 6/25, 4/25 and 3/25. */
static void test_draws_follow_the_weights(void **state) {
    (void)state;
    enum { DRAWS = 1000000 };
    static const int expected[] = {480000, 240000, 160000, 120000};
    int drawn[4] = {0};
    struct spread spread;
    struct random_source random = random_seeded(5);
    assert_true(spread_init(&spread, SPREAD_ZIPF, 4));
    for (int i = 0; i < DRAWS; i++) {
        drawn[spread_draw(&spread, &random)]++;
    }
    for (int rank = 0; rank < 4; rank++) {
        /* Six standard deviations at most. */
        assert_in_range(drawn[rank], expected[rank] - 3000, expected[rank] + 3000);
    }
    spread_release(&spread);
}

static void test_words_are_known(void **state) {
    (void)state;
    enum spread_kind kind = SPREAD_ZIPF;
    assert_true(spread_parse("hot", &kind));
    assert_int_equal(kind, SPREAD_HOT);
    assert_true(spread_parse("uniform", &kind));
    assert_int_equal(kind, SPREAD_UNIFORM);
    assert_true(spread_parse("zipf", &kind));
    assert_int_equal(kind, SPREAD_ZIPF);
    assert_false(spread_parse("pareto", &kind));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zipf_holds_one_over_rank_exactly),
        cmocka_unit_test(test_uniform_gives_each_the_same),
        cmocka_unit_test(test_hot_gives_half_to_one),
        cmocka_unit_test(test_draws_follow_the_weights),
        cmocka_unit_test(test_words_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
