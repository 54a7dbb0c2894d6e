/* A timeline says the same as an array with a place for every day. */
#include "domain/timeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/projections/folding.h"
#include "tests/rows.h"

enum { DAYS = 60, FIRST_DAY = 19000, ROUNDS = 400, STEPS = 120 };

/* The level on each day; day 0 is the day before FIRST_DAY. */
struct days {
    int64_t level[DAYS];
};

static void add(struct days *days, int day, int64_t delta) {
    for (int i = day; i < DAYS; i++) {
        days->level[i] += delta;
    }
}

static int64_t lowest_from(const struct days *days, int day) {
    int64_t lowest = days->level[day];
    for (int i = day; i < DAYS; i++) {
        lowest = days->level[i] < lowest ? days->level[i] : lowest;
    }
    return lowest;
}

/* The most that can be taken from `day` on when what was put aside after it may come back, each part once. */
static int64_t lowest_with(const struct days *left, const struct days *aside, int day) {
    int64_t lowest = INT64_MAX;
    for (int i = day; i < DAYS; i++) {
        int64_t back = lowest_from(aside, i) - aside->level[day];
        int64_t sum = left->level[i] + (back > 0 ? back : 0);
        lowest = sum < lowest ? sum : lowest;
    }
    return lowest;
}

/* T1, T2: in order of their dates, and each changes the level. */
static void check_points(const struct timeline *timeline) {
    int64_t before = 0;
    for (uint32_t i = 0; i < timeline->points.count; i++) {
        const struct timeline_point *point = VECTOR_AT(const struct timeline_point, &timeline->points, i);
        assert_true(i == 0 || (point - 1)->date < point->date);
        assert_true(point->level_minor != before);
        before = point->level_minor;
    }
}

static int64_t lowest_between(const struct days *days, int from, int until) {
    int64_t lowest = days->level[from];
    for (int i = from; i < until; i++) {
        lowest = days->level[i] < lowest ? days->level[i] : lowest;
    }
    return lowest;
}

static void check_days(const struct timeline *timeline, const struct days *days) {
    bool is_zero = true;
    for (int day = 0; day < DAYS; day++) {
        assert_int_equal(timeline_level(timeline, FIRST_DAY + day), days->level[day]);
        assert_int_equal(timeline_lowest_from(timeline, FIRST_DAY + day), lowest_from(days, day));
        for (int until = day + 1; until <= DAYS; until += 7) {
            assert_int_equal(timeline_lowest_between(timeline, FIRST_DAY + day, FIRST_DAY + until),
                             lowest_between(days, day, until));
        }
        is_zero = is_zero && days->level[day] == 0;
        int next_day = day + 1;
        while (next_day < DAYS && days->level[next_day] == days->level[next_day - 1]) {
            next_day++;
        }
        int32_t next = 0;
        bool has_next = timeline_next_date(timeline, FIRST_DAY + day, &next);
        assert_int_equal(has_next, next_day < DAYS);
        assert_true(!has_next || next == FIRST_DAY + next_day);
    }
    assert_int_equal(timeline_last(timeline), days->level[DAYS - 1]);
    assert_int_equal(timeline_is_zero(timeline), is_zero);
}

static void says_what_an_array_of_days_says(void **state) {
    (void)state;
    uint64_t seed = chance_seed(20240601);
    printf("seed %" PRIu64 "\n", seed);
    struct chance chance = {seed};
    struct pool pool;
    pool_init(&pool);
    for (int round = 0; round < ROUNDS; round++) {
        struct timeline left = {0};
        struct timeline aside = {0};
        struct days left_days = {0};
        struct days aside_days = {0};
        int64_t steps = chance_between(&chance, 1, STEPS);
        for (int64_t step = 0; step < steps; step++) {
            int day = (int)chance_between(&chance, 1, DAYS - 1);
            int64_t delta = chance_between(&chance, -3, 3);
            bool is_left = chance_between(&chance, 0, 1) == 0;
            add(is_left ? &left_days : &aside_days, day, delta);
            assert_true(timeline_add(is_left ? &left : &aside, FIRST_DAY + day, delta, &pool));
        }
        check_points(&left);
        check_points(&aside);
        check_days(&left, &left_days);
        for (int day = 0; day < DAYS; day++) {
            assert_int_equal(timeline_lowest_with(&left, &aside, FIRST_DAY + day),
                             lowest_with(&left_days, &aside_days, day));
        }
        timeline_release(&left, &pool);
        timeline_release(&aside, &pool);
    }
    assert_int_equal(pool.used_bytes, 0);
    pool_release(&pool);
}

static void taking_away_leaves_the_same_points(void **state) {
    (void)state;
    struct chance chance = {chance_seed(20240602)};
    struct pool pool;
    struct timeline timeline = {0};
    pool_init(&pool);
    for (int i = 0; i < 40; i++) {
        assert_true(timeline_add(&timeline, FIRST_DAY + (int)chance_between(&chance, 0, 30), i % 5 - 2, &pool));
    }
    struct timeline_point before[64];
    uint32_t count = timeline.points.count;
    assert_true(count > 0 && count <= 64);
    memcpy(before, timeline.points.items, count * sizeof before[0]);
    for (int i = 0; i < 2000; i++) {
        int32_t date = FIRST_DAY + (int)chance_between(&chance, 0, 30);
        int64_t delta = chance_between(&chance, -4, 4);
        assert_true(timeline_add(&timeline, date, delta, &pool));
        timeline_take_back(&timeline, date, delta);
    }
    assert_int_equal(timeline.points.count, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct timeline_point *point = VECTOR_AT(const struct timeline_point, &timeline.points, i);
        assert_int_equal(point->date, before[i].date);
        assert_int_equal(point->level_minor, before[i].level_minor);
    }
    timeline_release(&timeline, &pool);
    pool_release(&pool);
}

static void an_empty_one_is_zero_on_every_day(void **state) {
    (void)state;
    struct timeline timeline = {0};
    struct timeline aside = {0};
    int32_t next = 7;
    assert_int_equal(timeline_level(&timeline, FIRST_DAY), 0);
    assert_int_equal(timeline_lowest_from(&timeline, FIRST_DAY), 0);
    assert_int_equal(timeline_lowest_with(&timeline, &aside, FIRST_DAY), 0);
    assert_int_equal(timeline_last(&timeline), 0);
    assert_true(timeline_is_zero(&timeline));
    assert_false(timeline_next_date(&timeline, 0, &next));
}

static void holds_the_greatest_amounts(void **state) {
    (void)state;
    struct pool pool;
    struct timeline timeline = {0};
    pool_init(&pool);
    assert_true(timeline_add(&timeline, FIRST_DAY, INT64_MAX, &pool));
    assert_true(timeline_add(&timeline, FIRST_DAY + 1, -INT64_MAX, &pool));
    assert_int_equal(timeline_level(&timeline, FIRST_DAY), INT64_MAX);
    assert_int_equal(timeline_lowest_from(&timeline, FIRST_DAY), 0);
    timeline_release(&timeline, &pool);
    pool_release(&pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_an_array_of_days_says),
        cmocka_unit_test(taking_away_leaves_the_same_points),
        cmocka_unit_test(an_empty_one_is_zero_on_every_day),
        cmocka_unit_test(holds_the_greatest_amounts),
    };
    return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
