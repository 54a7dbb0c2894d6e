/* Several processes at one view: killed in the middle of a fold, folding at once, swapping under another. */
#include <sys/wait.h>

#include "toy.h"

enum { EVENTS = 600 };

/* A child's own ledger: the parent's handles are not for it. */
static struct toy_ledger child_ledger(const struct toy_ledger *ledger) {
    struct toy_ledger own = *ledger;
    toy_ledger_open(&own, false);
    return own;
}

static int wait_for(pid_t child) {
    int result = 0;
    assert_int_equal(waitpid(child, &result, 0), child);
    return result;
}

static struct view_digest digest_from_nothing(struct toy_ledger *ledger) {
    char views[128];
    snprintf(views, sizeof views, "%s/views", ledger->directory);
    toy_remove(views);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, view_catch_up(view, EVENTS, NULL, &ledger->error));
    struct view_digest digest = toy_digest(ledger, view);
    view_close(view);
    return digest;
}

struct kill_row {
    const char *name;
    uint64_t at;
    uint64_t left_position; /* The last whole batch of 50 before that. */
};
static const struct kill_row kill_rows[] = {
    {"in the first batch", 7, 0},
    {"at a batch's first event", 101, 100},
    {"in the middle", 333, 300},
    {"at the last event", EVENTS, 550},
};
static const struct kill_row *current_kill;

static void check_kill(void **state) {
    struct toy_ledger *ledger = *state;
    const struct kill_row *row = current_kill++;
    toy_append(ledger, EVENTS);
    toy_ledger_close(ledger);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct toy_ledger own = child_ledger(ledger);
        struct view *view = toy_view(&own, &toy, 50);
        toy_kill_at = row->at;
        enum daybook_status ignored = view_catch_up(view, EVENTS, NULL, NULL);
        _exit((int)ignored);
    }
    int result = wait_for(child);
    assert_true(WIFSIGNALED(result) && WTERMSIG(result) == SIGKILL);

    toy_ledger_open(ledger, true);
    struct view *view = toy_view(ledger, &toy, 50);
    assert_int_equal(toy_status(view).state, VIEW_REBUILDING);
    assert_int_equal(toy_status(view).rebuild_position, row->left_position);
    assert_ok(ledger, view_catch_up(view, EVENTS, NULL, &ledger->error));
    assert_true(toy_has(ledger, "toy.g1")); /* Gone on with, not begun again. */
    assert_int_equal(toy_events(ledger, view, EVENTS), EVENTS);
    struct view_digest resumed = toy_digest(ledger, view);
    view_close(view);
    struct view_digest whole = digest_from_nothing(ledger);
    assert_same_digest(&resumed, &whole);
}

/* Each asks for the events one after the other, so that they take turns. */
static void fold_in_child(const struct toy_ledger *ledger, size_t batch_events, uint64_t step) {
    struct toy_ledger own = child_ledger(ledger);
    struct view *view = toy_view(&own, &toy, batch_events);
    for (uint64_t target = step; target <= EVENTS; target += step) {
        assert_ok(&own, view_catch_up(view, target, NULL, &own.error));
        uint64_t count = toy_count(&own, view, "c1", target);
        assert_true(count >= target / 50);
    }
    view_close(view);
    toy_ledger_close(&own);
}

static void two_at_once_fold_each_event_once(void **state) {
    struct toy_ledger *ledger = *state;
    pid_t children[2];
    toy_append(ledger, EVENTS);
    toy_ledger_close(ledger);
    for (size_t i = 0; i < 2; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            fold_in_child(ledger, i == 0 ? 7 : 3, i == 0 ? 20 : 30);
            _exit(0);
        }
    }
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(wait_for(children[i]), 0);
    }
    toy_ledger_open(ledger, true);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_int_equal(toy_status(view).position, EVENTS);
    assert_int_equal(toy_events(ledger, view, EVENTS), EVENTS);
    assert_int_equal(toy_count(ledger, view, "c3", EVENTS), EVENTS / 50);
    struct view_digest shared = toy_digest(ledger, view);
    view_close(view);
    struct view_digest whole = digest_from_nothing(ledger);
    assert_same_digest(&shared, &whole);
}

static void rebuild_in_child(const struct toy_ledger *ledger) {
    struct toy_ledger own = child_ledger(ledger);
    struct view *view = toy_view(&own, &toy, 13);
    for (int i = 0; i < 5; i++) {
        enum daybook_status status = view_rebuild(view, NULL, &own.error);
        if (status != DAYBOOK_BUSY) {
            assert_ok(&own, status);
        }
        assert_string_equal(toy_status(view).reason, ""); /* No difference was found, since there is none. */
        assert_ok(&own, view_catch_up(view, EVENTS, NULL, &own.error));
        assert_int_equal(toy_events(&own, view, EVENTS), EVENTS);
    }
    view_close(view);
    toy_ledger_close(&own);
}

static void rebuilds_at_once_do_no_harm(void **state) {
    struct toy_ledger *ledger = *state;
    pid_t children[3];
    toy_append(ledger, EVENTS);
    struct view_digest whole = digest_from_nothing(ledger);
    toy_ledger_close(ledger);
    for (size_t i = 0; i < 3; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            if (i < 2) {
                rebuild_in_child(ledger);
            } else {
                fold_in_child(ledger, 5, 20);
            }
            _exit(0);
        }
    }
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(wait_for(children[i]), 0);
    }
    toy_ledger_open(ledger, true);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, view_catch_up(view, EVENTS, NULL, &ledger->error));
    struct view_digest shared = toy_digest(ledger, view);
    assert_same_digest(&shared, &whole);
    view_close(view);
}

/* The child has the view open; the parent tells it when through a pipe. */
static void read_byte(int from) {
    char byte;
    assert_int_equal(read(from, &byte, 1), 1);
}

static void write_byte(int to) {
    assert_int_equal(write(to, "x", 1), 1);
}

static void watch_in_child(const struct toy_ledger *ledger, int from, int to) {
    struct toy_ledger own = child_ledger(ledger);
    struct view *view = toy_view(&own, &toy, 0);
    struct view_read old_read;
    uint64_t values[2];
    assert_ok(&own, view_catch_up(view, 100, NULL, &own.error));
    assert_ok(&own, view_begin_read(view, 100, &old_read, &own.error));
    write_byte(to);
    read_byte(from); /* The parent has rebuilt it, and folded on to 200. */
    assert_int_equal(toy_count(&own, view, "c9", 200), 4);
    assert_int_equal(toy_status(view).position, 200);
    assert_ok(&own, toy_load(old_read.txn, TOY_CUSTOMERS, "c9", values, 2, &own.error));
    assert_int_equal(values[0], 2);
    view_end_read(&old_read);
    assert_ok(&own, view_catch_up(view, 300, NULL, &own.error));
    view_close(view);
    toy_ledger_close(&own);
}

static void another_process_swap_is_noticed(void **state) {
    struct toy_ledger *ledger = *state;
    int to_child[2];
    int to_parent[2];
    toy_append(ledger, EVENTS);
    toy_ledger_close(ledger);
    assert_int_equal(pipe(to_child), 0);
    assert_int_equal(pipe(to_parent), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        watch_in_child(ledger, to_child[0], to_parent[1]);
        _exit(0);
    }
    read_byte(to_parent[0]);
    toy_ledger_open(ledger, true);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_int_equal(toy_status(view).position, 100);
    view_mark_damaged(view, "a test");
    assert_ok(ledger, view_catch_up(view, 200, NULL, &ledger->error));
    assert_true(toy_has(ledger, "toy.g2"));
    assert_false(toy_has(ledger, "toy.g1"));
    write_byte(to_child[1]);
    assert_int_equal(wait_for(child), 0);
    assert_int_equal(toy_status(view).position, 300);
    assert_int_equal(toy_events(ledger, view, 300), 300);
    /* The fold's caches are of event 200, where this process left: they are not used. */
    assert_ok(ledger, view_catch_up(view, EVENTS, NULL, &ledger->error));
    struct view_digest shared = toy_digest(ledger, view);
    view_close(view);
    struct view_digest whole = digest_from_nothing(ledger);
    assert_same_digest(&shared, &whole);
    for (size_t i = 0; i < 2; i++) {
        close(to_child[i]);
        close(to_parent[i]);
    }
}

int main(void) {
    enum { KILL_COUNT = sizeof kill_rows / sizeof kill_rows[0] };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_at_once_fold_each_event_once, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(rebuilds_at_once_do_no_harm, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(another_process_swap_is_noticed, toy_setup, toy_teardown),
    };
    struct CMUnitTest kills[KILL_COUNT];
    for (size_t i = 0; i < KILL_COUNT; i++) {
        kills[i] = (struct CMUnitTest){kill_rows[i].name, check_kill, toy_setup, toy_teardown, NULL};
    }
    current_kill = kill_rows;
    int failures = cmocka_run_group_tests_name("view, by several processes", tests, NULL, NULL);
    return failures + cmocka_run_group_tests_name("view, killed", kills, NULL, NULL);
}
