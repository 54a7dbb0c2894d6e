/* Several views that are far behind, caught up at once: what each comes to, what is told, and what is left alone. */
#include "projection/together.h"

#include <sys/wait.h>

#include "projection/feed.h"
#include "toy.h"

enum { EVENTS = TOGETHER_EVENTS_MIN + 300, BATCH = 5000, VIEWS = 2, SOME_RUNS = 4 };

/* Two views that share a feed, as those of a ledger do. */
struct pair {
    struct view *views[VIEWS];
    struct feed *feed;
};

static void open_pair(struct toy_ledger *ledger, const struct projection *first, struct pair *pair) {
    *pair = (struct pair){.views = {toy_view(ledger, first, BATCH), toy_view(ledger, &calm_toy, BATCH)}};
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

/* What the reports came to. */
struct told {
    uint64_t first;
    uint64_t position;
    uint64_t target;
    unsigned count;
    unsigned named;   /* Reports that named a view. */
    unsigned stop_at; /* The report that says stop; 0 = none. */
};

static bool note(void *context, const char *view, uint64_t position, uint64_t target) {
    struct told *told = context;
    told->first = told->count++ == 0 ? position : told->first;
    told->named += view != NULL;
    told->position = position > told->position ? position : told->position;
    told->target = target;
    return told->count != told->stop_at;
}

static enum daybook_status catch_up(struct toy_ledger *ledger, struct pair *pair, uint64_t target, struct told *told) {
    struct view_progress progress = {.report = note, .context = told, .is_for_people = true};
    return together_catch_up(ledger->directory, pair->views, VIEWS, target, &progress, &ledger->error);
}

static void each_is_what_it_is_alone(void **state) {
    struct toy_ledger *ledger = *state;
    struct told told = {0};
    struct pair pair;
    toy_append(ledger, EVENTS);
    open_pair(ledger, &toy, &pair);
    assert_ok(ledger, catch_up(ledger, &pair, EVENTS, &told));
    assert_int_equal(told.named, 0);
    assert_int_equal(told.position, VIEWS * EVENTS);
    assert_int_equal(told.target, VIEWS * EVENTS);
    struct view_digest together[VIEWS];
    for (size_t i = 0; i < VIEWS; i++) {
        assert_int_equal(view_position(pair.views[i]), EVENTS);
        together[i] = toy_digest(ledger, pair.views[i]);
        assert_ok(ledger, view_rebuild(pair.views[i], NULL, &ledger->error));
        struct view_digest alone = toy_digest(ledger, pair.views[i]);
        assert_same_digest(&together[i], &alone);
    }
    close_pair(&pair);
}

/* given: how far the first view has come; the second has folded nothing. */
struct near_case {
    const char *name;
    uint64_t first_at;
    bool are_both_folded;
};

static const struct near_case near_cases[] = {
    {"one alone is left to whoever reads it", 400, false},
    {"of two that are as far as that, both are folded", 300, true},
    {"one that is there needs nothing", EVENTS, false},
};

static void a_short_way_starts_no_threads(void **state) {
    for (size_t i = 0; i < sizeof near_cases / sizeof *near_cases; i++) {
        const struct near_case *row = &near_cases[i];
        assert_int_equal(toy_setup(state), 0);
        struct toy_ledger *ledger = *state;
        struct told told = {0};
        struct pair pair;
        print_message("%s\n", row->name);
        toy_append(ledger, EVENTS);
        open_pair(ledger, &toy, &pair);
        assert_ok(ledger, view_catch_up(pair.views[0], row->first_at, NULL, &ledger->error));
        assert_ok(ledger, catch_up(ledger, &pair, EVENTS, &told));
        assert_int_equal(told.count > 0, row->are_both_folded);
        assert_int_equal(view_position(pair.views[1]), row->are_both_folded ? EVENTS : 0);
        if (row->are_both_folded) { /* What was there before is no work of this one. */
            assert_true(told.first >= row->first_at);
        }
        close_pair(&pair);
        assert_int_equal(toy_teardown(state), 0);
    }
    assert_int_equal(toy_setup(state), 0);
}

static void fold_in_child(const struct toy_ledger *ledger, int signal_fd) {
    struct toy_ledger own = *ledger;
    struct pair others;
    char byte;
    assert_int_equal(read(signal_fd, &byte, 1), 1);
    toy_ledger_open(&own, false);
    open_pair(&own, &toy, &others);
    assert_ok(&own, view_catch_up(others.views[0], EVENTS, NULL, &own.error));
    assert_ok(&own, view_catch_up(others.views[1], EVENTS, NULL, &own.error));
    close_pair(&others);
    toy_ledger_close(&own);
}

/* They are looked at again before threads are started. */
static void what_another_process_folded_is_seen(void **state) {
    struct toy_ledger *ledger = *state;
    struct told told = {0};
    struct pair pair;
    int to_child[2];
    int code = -1;
    toy_append(ledger, EVENTS);
    toy_ledger_close(ledger);
    assert_int_equal(pipe(to_child), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        fold_in_child(ledger, to_child[0]);
        _exit(0);
    }
    toy_ledger_open(ledger, false);
    open_pair(ledger, &toy, &pair);
    for (size_t i = 0; i < VIEWS; i++) {
        assert_ok(ledger, view_catch_up(pair.views[i], 1, NULL, &ledger->error));
    }
    assert_int_equal(write(to_child[1], "x", 1), 1);
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    assert_ok(ledger, catch_up(ledger, &pair, EVENTS, &told));
    assert_int_equal(told.count, 0);
    close_pair(&pair);
    close(to_child[0]);
    close(to_child[1]);
}

static void a_stop_ends_all_and_is_gone_on_with(void **state) {
    struct toy_ledger *ledger = *state;
    struct told told = {.stop_at = 1};
    struct pair pair;
    toy_append(ledger, EVENTS);
    open_pair(ledger, &toy, &pair);
    assert_int_equal(catch_up(ledger, &pair, EVENTS, &told), DAYBOOK_STOPPED);
    assert_non_null(strstr(ledger->error.message, "the same again goes on with it"));
    assert_int_equal(told.count, 1); /* It was not asked again. */
    uint64_t left = 0;
    for (size_t i = 0; i < VIEWS; i++) {
        left += toy_status(pair.views[i]).rebuild_position;
    }
    assert_true(left > 0 && left < (uint64_t)VIEWS * EVENTS);
    assert_ok(ledger, catch_up(ledger, &pair, EVENTS, &(struct told){0}));
    assert_true(toy_has(ledger, "toy.g1") && toy_has(ledger, "calm.g1"));
    close_pair(&pair);
}

/* Whoever reads the one that stops hears what it always heard. */
static void one_that_fails_leaves_the_others_there(void **state) {
    struct toy_ledger *ledger = *state;
    struct told told = {0};
    struct pair pair;
    toy_append(ledger, EVENTS);
    toy_append_one(ledger, "refused", "");
    open_pair(ledger, &toy, &pair);
    assert_ok(ledger, catch_up(ledger, &pair, EVENTS + 1, &told));
    assert_int_equal(view_position(pair.views[1]), EVENTS + 1);
    assert_int_equal(view_catch_up(pair.views[0], EVENTS + 1, NULL, &ledger->error), DAYBOOK_DAMAGED);
    assert_non_null(strstr(ledger->error.message, "event 16685"));
    close_pair(&pair);
}

static bool is_full;

static enum daybook_status find_no_room_once(void *memory, struct store_txn *txn, const struct fold_event *event,
                                             struct daybook_error *error) {
    if (is_full) {
        is_full = false;
        return daybook_fail(error, DAYBOOK_LIMIT, "the disk is full");
    }
    return toy.fold(memory, txn, event, error);
}

static void one_that_finds_no_room_keeps_what_it_has(void **state) {
    struct toy_ledger *ledger = *state;
    struct projection flaky = toy;
    struct told told = {0};
    struct pair pair;
    flaky.fold = find_no_room_once;
    toy_append(ledger, EVENTS);
    open_pair(ledger, &flaky, &pair);
    is_full = true;
    assert_ok(ledger, catch_up(ledger, &pair, EVENTS, &told));
    assert_false(is_full);
    assert_int_equal(view_position(pair.views[0]), 0);
    assert_int_equal(view_position(pair.views[1]), EVENTS);
    assert_ok(ledger, view_catch_up(pair.views[0], EVENTS, NULL, &ledger->error));
    assert_true(toy_has(ledger, "toy.g1"));
    close_pair(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_is_what_it_is_alone, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_short_way_starts_no_threads, NULL, toy_teardown),
        cmocka_unit_test_setup_teardown(what_another_process_folded_is_seen, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_stop_ends_all_and_is_gone_on_with, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(one_that_fails_leaves_the_others_there, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(one_that_finds_no_room_keeps_what_it_has, toy_setup, toy_teardown),
    };
    return cmocka_run_group_tests_name("together", tests, NULL, NULL);
}
