/* Workers that follow the journal. */
#include "projection/projector.h"

#include <sys/wait.h>
#include <uv.h>

#include "toy.h"

enum { PATIENCE_MS = 60000 };

static void it_follows_what_is_appended(void **state) {
    struct toy_ledger *ledger = *state;
    struct projector *projector;
    toy_append(ledger, 100);
    struct view *views[] = {toy_view(ledger, &toy, 30), toy_view(ledger, &calm_toy, 0)};
    assert_ok(ledger, projector_open(views, 2, ledger->journal, &projector, &ledger->error));
    for (size_t i = 0; i < 2; i++) {
        assert_ok(ledger, projector_wait(projector, views[i], 100, PATIENCE_MS, &ledger->error));
        assert_int_equal(toy_events(ledger, views[i], 100), 100);
    }
    for (uint64_t head = 101; head <= 200; head++) {
        toy_append(ledger, 1);
        projector_wake(projector, head);
        assert_ok(ledger, projector_wait(projector, views[head % 2], head, PATIENCE_MS, &ledger->error));
        assert_int_equal(toy_events(ledger, views[head % 2], head), head);
    }
    projector_close(projector);
    projector_close(NULL);
    assert_int_equal(toy_events(ledger, views[0], 200), 200);
    view_close(views[0]);
    view_close(views[1]);
}

/* Rounds of many events and, of a view that writes little, of fewer: it is at the head of all of them. It looks at
 * bytes alone, and no one else needs them decoded. */
static void more_than_a_round_is_folded(void **state) {
    enum { APPENDS = 20, EVENTS = 1000 };
    struct toy_ledger *ledger = *state;
    struct projector *projector;
    struct view *view = toy_view(ledger, &calm_toy, 0);
    journal_encodes(ledger->journal);
    assert_ok(ledger, projector_open(&view, 1, ledger->journal, &projector, &ledger->error));
    for (uint64_t i = 1; i <= APPENDS; i++) {
        toy_append(ledger, EVENTS);
        projector_wake(projector, i * EVENTS);
    }
    assert_ok(ledger, projector_wait(projector, view, APPENDS * EVENTS, PATIENCE_MS, &ledger->error));
    projector_close(projector);
    assert_int_equal(toy_events(ledger, view, APPENDS * EVENTS), APPENDS * EVENTS);
    assert_int_equal(toy_status(view).position_recorded_at_us, APPENDS * EVENTS * 1000);
    assert_int_equal(toy_undecoded, APPENDS * EVENTS);
    view_close(view);
}

static void an_empty_view_is_built_too(void **state) {
    struct toy_ledger *ledger = *state;
    struct projector *projector;
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, projector_open(&view, 1, ledger->journal, &projector, &ledger->error));
    assert_ok(ledger, projector_wait(projector, view, 0, PATIENCE_MS, &ledger->error));
    assert_int_equal(toy_events(ledger, view, 0), 0);
    projector_close(projector);
    view_close(view);
}

static void one_that_stops_does_not_stop_the_others(void **state) {
    struct toy_ledger *ledger = *state;
    struct projector *projector;
    toy_append(ledger, 10);
    toy_append_one(ledger, "refused", "");
    toy_append(ledger, 9);
    struct view *views[] = {toy_view(ledger, &toy, 0), toy_view(ledger, &calm_toy, 0)};
    assert_ok(ledger, projector_open(views, 2, ledger->journal, &projector, &ledger->error));
    assert_int_equal(projector_wait(projector, views[0], 11, PATIENCE_MS, &ledger->error), DAYBOOK_STOPPED);
    assert_non_null(strstr(ledger->error.message, "event 11"));
    assert_ok(ledger, projector_wait(projector, views[1], 20, PATIENCE_MS, &ledger->error));
    assert_int_equal(toy_status(views[0]).state, VIEW_STOPPED);
    assert_int_equal(toy_status(views[0]).stopped_at, 11);
    assert_int_equal(toy_status(views[1]).state, VIEW_FOLLOWING);
    projector_close(projector);
    view_close(views[0]);
    view_close(views[1]);
}

static void waiting_ends(void **state) {
    struct toy_ledger *ledger = *state;
    struct projector *projector;
    toy_append(ledger, 10);
    struct view *views[] = {toy_view(ledger, &toy, 0), toy_view(ledger, &calm_toy, 0)};
    assert_ok(ledger, projector_open(views, 1, ledger->journal, &projector, &ledger->error));
    assert_int_equal(projector_wait(projector, views[0], 11, 20, &ledger->error), DAYBOOK_BEHIND);
    assert_non_null(strstr(ledger->error.message, "event 11"));
    assert_int_equal(projector_wait(projector, views[1], 1, 20, &ledger->error), DAYBOOK_INVALID);
    projector_close(projector);
    view_close(views[0]);
    view_close(views[1]);
}

static void what_a_query_gave_up_is_built_anew(void **state) {
    struct toy_ledger *ledger = *state;
    struct projector *projector;
    toy_append(ledger, 100);
    struct view *view = toy_view(ledger, &toy, 30);
    assert_ok(ledger, projector_open(&view, 1, ledger->journal, &projector, &ledger->error));
    assert_ok(ledger, projector_wait(projector, view, 100, PATIENCE_MS, &ledger->error));
    view_mark_damaged(view, "a test");
    assert_ok(ledger, projector_wait(projector, view, 100, PATIENCE_MS, &ledger->error));
    assert_int_equal(toy_events(ledger, view, 100), 100);
    assert_true(toy_has(ledger, "toy.g2"));
    projector_close(projector);
    view_close(view);
}

/* The parent follows; a child process is the writer. Nobody wakes the parent. */
static void commits_of_another_process_are_seen(void **state) {
    struct toy_ledger *ledger = *state;
    struct projector *projector;
    int to_child[2];
    char byte = 'x';
    toy_ledger_close(ledger);
    assert_int_equal(pipe(to_child), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        assert_int_equal(read(to_child[0], &byte, 1), 1);
        toy_ledger_open(ledger, true);
        toy_append(ledger, 40);
        toy_ledger_close(ledger);
        _exit(0);
    }
    toy_ledger_open(ledger, false);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, projector_open(&view, 1, ledger->journal, &projector, &ledger->error));
    assert_ok(ledger, projector_wait(projector, view, 0, PATIENCE_MS, &ledger->error));
    assert_int_equal(write(to_child[1], &byte, 1), 1);
    assert_ok(ledger, projector_wait(projector, view, 40, PATIENCE_MS, &ledger->error));
    assert_int_equal(toy_events(ledger, view, 40), 40);
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    projector_close(projector);
    view_close(view);
    close(to_child[0]);
    close(to_child[1]);
}

/* ---- readers, a rebuild and the workers at once ---- */

struct reader {
    struct toy_ledger ledger; /* Its own error. */
    struct view *view;
    unsigned reads;
    unsigned torn;
};

/* Whatever it sees, the sum of the customers is the total: one position (V2). */
static void read_often(void *context) {
    struct reader *reader = context;
    for (unsigned i = 0; i < 200; i++) {
        struct view_read read;
        struct table_cursor *cursor;
        struct table_row row;
        uint64_t events = 0;
        uint64_t sum = 0;
        if (view_begin_read(reader->view, 0, &read, &reader->ledger.error) != DAYBOOK_OK) {
            continue;
        }
        bool is_read = toy_load(read.txn, TOY_TOTALS, "events", &events, 1, NULL) == DAYBOOK_OK &&
                       cursor_open(read.txn, TOY_CUSTOMERS, &cursor, NULL) == DAYBOOK_OK;
        enum daybook_status status = is_read ? cursor_seek(cursor, (struct daybook_bytes){0}, &row, NULL) : DAYBOOK_IO;
        while (status == DAYBOOK_OK && row.is_valid) {
            sum += load_le64(row.value.data);
            status = cursor_next(cursor, &row, NULL);
        }
        if (is_read) {
            cursor_close(cursor);
        }
        reader->reads++;
        reader->torn += status != DAYBOOK_OK || sum != events || events != read.position;
        view_end_read(&read);
    }
}

static void readers_see_one_position_through_a_rebuild(void **state) {
    struct toy_ledger *ledger = *state;
    struct projector *projector;
    uv_thread_t threads[2];
    struct reader readers[2];
    toy_append(ledger, 100);
    struct view *view = toy_view(ledger, &toy, 20);
    assert_ok(ledger, projector_open(&view, 1, ledger->journal, &projector, &ledger->error));
    assert_ok(ledger, projector_wait(projector, view, 100, PATIENCE_MS, &ledger->error));
    for (size_t i = 0; i < 2; i++) {
        readers[i] = (struct reader){.ledger = *ledger, .view = view};
        assert_int_equal(uv_thread_create(&threads[i], read_often, &readers[i]), 0);
    }
    for (uint64_t head = 110; head <= 200; head += 10) {
        toy_append(ledger, 10);
        projector_wake(projector, head);
        if (head == 150) {
            assert_ok(ledger, view_rebuild(view, NULL, &ledger->error));
            assert_string_equal(toy_status(view).reason, "");
        }
    }
    assert_ok(ledger, projector_wait(projector, view, 200, PATIENCE_MS, &ledger->error));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(uv_thread_join(&threads[i]), 0);
        assert_int_equal(readers[i].reads, 200);
        assert_int_equal(readers[i].torn, 0);
    }
    assert_int_equal(toy_events(ledger, view, 200), 200);
    assert_true(toy_has(ledger, "toy.g2"));
    projector_close(projector);
    view_close(view);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_follows_what_is_appended, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(more_than_a_round_is_folded, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(an_empty_view_is_built_too, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(one_that_stops_does_not_stop_the_others, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(waiting_ends, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(what_a_query_gave_up_is_built_anew, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(commits_of_another_process_are_seen, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(readers_see_one_position_through_a_rebuild, toy_setup, toy_teardown),
    };
    return cmocka_run_group_tests_name("projector", tests, NULL, NULL);
}
