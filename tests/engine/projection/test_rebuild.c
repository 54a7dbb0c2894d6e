/* Several views rebuilt at once: what each comes to, what is told, and what is gone on with. */
#include "projection/rebuild.h"

#include "projection/feed.h"
#include "toy.h"

enum { EVENTS = 300, VIEWS = 2, SOME_RUNS = 4 };

/* Two views that share a feed, as those of a ledger do. */
struct pair {
    struct view *views[VIEWS];
    struct feed *feed;
    bool were_built[VIEWS + 1];
};

static void open_pair(struct toy_ledger *ledger, struct pair *pair) {
    *pair = (struct pair){.views = {toy_view(ledger, &toy, 70), toy_view(ledger, &calm_toy, 70)}};
    assert_ok(ledger, feed_open(ledger->journal, VIEWS + SOME_RUNS, &pair->feed, &ledger->error));
    for (size_t i = 0; i < VIEWS; i++) {
        view_share(pair->views[i], pair->feed);
    }
}

static void close_pair(struct pair *pair) {
    for (size_t i = 0; i < VIEWS; i++) {
        view_close(pair->views[i]);
    }
    feed_close(pair->feed);
}

static enum daybook_status rebuild(struct toy_ledger *ledger, struct pair *pair, const struct view_progress *progress) {
    return rebuild_views(ledger->directory, pair->views, VIEWS, ledger->journal, progress, pair->were_built,
                         &ledger->error);
}

static void build_pair(struct toy_ledger *ledger, struct pair *pair) {
    for (size_t i = 0; i < VIEWS; i++) {
        assert_ok(ledger, view_catch_up(pair->views[i], EVENTS, NULL, &ledger->error));
    }
}

static void each_is_what_it_is_alone(void **state) {
    struct toy_ledger *ledger = *state;
    struct pair pair;
    toy_append(ledger, EVENTS);
    open_pair(ledger, &pair);
    build_pair(ledger, &pair);
    struct view_digest before[VIEWS] = {toy_digest(ledger, pair.views[0]), toy_digest(ledger, pair.views[1])};
    assert_ok(ledger, rebuild(ledger, &pair, NULL));
    for (size_t i = 0; i < VIEWS; i++) {
        struct view_digest after = toy_digest(ledger, pair.views[i]);
        assert_same_digest(&before[i], &after);
        assert_string_equal(toy_status(pair.views[i]).reason, "");
        assert_false(pair.were_built[i]);
    }
    assert_true(toy_has(ledger, "toy.g2") && toy_has(ledger, "calm.g2"));
    assert_false(toy_has(ledger, "toy.g1") || toy_has(ledger, "calm.g1") || toy_has(ledger, "rebuilding"));
    close_pair(&pair);
}

/* What the reports came to. */
struct told {
    uint64_t position;
    uint64_t target;
    unsigned named; /* Reports that named a view. */
    unsigned left;  /* So many reports until it says stop, once. */
};

static bool note(void *context, const char *view, uint64_t position, uint64_t target) {
    struct told *told = context;
    told->named += view != NULL;
    told->position = position > told->position ? position : told->position;
    told->target = target;
    return --told->left != 0;
}

static void sums_are_told(void **state) {
    struct toy_ledger *ledger = *state;
    struct told told = {.left = 1000};
    struct view_progress progress = {.report = note, .context = &told};
    struct pair pair;
    toy_append(ledger, EVENTS);
    open_pair(ledger, &pair);
    assert_ok(ledger, rebuild(ledger, &pair, &progress));
    assert_int_equal(told.named, 0);
    assert_int_equal(told.target, VIEWS * EVENTS);
    assert_int_equal(told.position, VIEWS * EVENTS);
    close_pair(&pair);
}

static void a_stop_ends_all_and_is_gone_on_with(void **state) {
    struct toy_ledger *ledger = *state;
    struct told told = {.left = 2};
    struct view_progress progress = {.report = note, .context = &told};
    struct pair pair;
    toy_append(ledger, EVENTS);
    open_pair(ledger, &pair);
    build_pair(ledger, &pair);
    assert_int_equal(rebuild(ledger, &pair, &progress), DAYBOOK_STOPPED);
    assert_int_equal(told.left, 0); /* It was not asked again. */
    for (size_t i = 0; i < VIEWS; i++) {
        assert_int_equal(toy_status(pair.views[i]).position, EVENTS);
        assert_true(toy_status(pair.views[i]).rebuild_position < EVENTS);
    }
    assert_ok(ledger, rebuild(ledger, &pair, NULL));
    assert_true(toy_has(ledger, "toy.g2") && toy_has(ledger, "calm.g2"));
    assert_false(toy_has(ledger, "toy.g3") || toy_has(ledger, "calm.g3"));
    close_pair(&pair);
}

static void one_that_fails_leaves_the_others_built(void **state) {
    struct toy_ledger *ledger = *state;
    struct pair pair;
    toy_append(ledger, EVENTS);
    toy_append_one(ledger, "refused", "");
    open_pair(ledger, &pair);
    assert_int_equal(rebuild(ledger, &pair, NULL), DAYBOOK_DAMAGED);
    assert_non_null(strstr(ledger->error.message, "event 301"));
    assert_int_equal(toy_events(ledger, pair.views[1], EVENTS + 1), EVENTS + 1);
    assert_true(toy_has(ledger, "rebuilding"));
    /* The same again builds only what is left. */
    assert_int_equal(rebuild(ledger, &pair, NULL), DAYBOOK_DAMAGED);
    assert_false(pair.were_built[0]);
    assert_true(pair.were_built[1]);
    assert_true(toy_has(ledger, "calm.g1"));
    close_pair(&pair);
}

static bool is_cut_short;

static enum daybook_status cut_short_once(void *memory, struct store_txn *txn, const struct fold_event *event,
                                          struct daybook_error *error) {
    if (is_cut_short) {
        is_cut_short = false;
        return daybook_fail(error, DAYBOOK_IO, "a write was cut short");
    }
    return toy.fold(memory, txn, event, error);
}

static void one_whose_write_was_cut_short_is_tried_alone(void **state) {
    struct toy_ledger *ledger = *state;
    struct projection flaky = toy;
    struct pair pair;
    flaky.fold = cut_short_once;
    toy_append(ledger, EVENTS);
    open_pair(ledger, &pair);
    view_close(pair.views[0]);
    pair.views[0] = toy_view(ledger, &flaky, 70);
    is_cut_short = true;
    assert_ok(ledger, rebuild(ledger, &pair, NULL));
    assert_false(is_cut_short);
    assert_int_equal(toy_events(ledger, pair.views[0], EVENTS), EVENTS);
    assert_false(toy_has(ledger, "rebuilding"));
    close_pair(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_is_what_it_is_alone, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(sums_are_told, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_stop_ends_all_and_is_gone_on_with, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(one_that_fails_leaves_the_others_built, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(one_whose_write_was_cut_short_is_tried_alone, toy_setup, toy_teardown),
    };
    return cmocka_run_group_tests_name("rebuild", tests, NULL, NULL);
}
