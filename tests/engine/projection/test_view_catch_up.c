/* Catching up: resuming, stopping at an event, giving damaged rows up, changing the version. */
#include "toy.h"

static void it_goes_on_where_it_was(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, 100);
    struct view *view = toy_view(ledger, &toy, 30);
    assert_ok(ledger, view_catch_up(view, 40, NULL, &ledger->error));
    assert_int_equal(toy_status(view).position, 40);
    view_close(view);
    view = toy_view(ledger, &toy, 30);
    assert_int_equal(toy_status(view).position, 40);
    assert_ok(ledger, view_catch_up(view, 100, NULL, &ledger->error));
    assert_int_equal(toy_count(ledger, view, "c1", 100), 2);
    assert_int_equal(toy_count(ledger, view, "c49", 100), 2);
    /* No event was folded twice: 100 in all. */
    assert_int_equal(toy_events(ledger, view, 100), 100);
    view_close(view);
}

static void a_target_behind_it_is_reached(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, 20);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, view_catch_up(view, 20, NULL, &ledger->error));
    assert_ok(ledger, view_catch_up(view, 5, NULL, NULL));
    assert_int_equal(toy_status(view).position, 20);
    assert_int_equal(view_catch_up(view, 21, NULL, &ledger->error), DAYBOOK_BEHIND);
    assert_non_null(strstr(ledger->error.message, "ends at event 20"));
    view_close(view);
}

struct seen {
    uint64_t last;
    unsigned count;
    unsigned stop_after;
};

static bool see(void *context, const char *name, uint64_t position, uint64_t target) {
    struct seen *seen = context;
    assert_string_equal(name, "toy");
    assert_int_equal(target, 100);
    assert_true(position >= seen->last);
    seen->last = position;
    seen->count++;
    return seen->count != seen->stop_after;
}

static void progress_is_told_and_can_stop_it(void **state) {
    struct toy_ledger *ledger = *state;
    struct seen seen = {.stop_after = 3};
    struct view_progress progress = {.report = see, .context = &seen};
    toy_append(ledger, 100);
    struct view *view = toy_view(ledger, &toy, 10);
    assert_int_equal(view_catch_up(view, 100, &progress, &ledger->error), DAYBOOK_STOPPED);
    assert_int_equal(seen.last, 30);
    assert_int_equal(toy_status(view).state, VIEW_REBUILDING);
    assert_int_equal(toy_status(view).rebuild_position, 30);
    view_close(view);
    view = toy_view(ledger, &toy, 10);
    assert_int_equal(toy_status(view).rebuild_position, 30);
    assert_ok(ledger, view_catch_up(view, 100, &progress, &ledger->error));
    assert_int_equal(toy_count(ledger, view, "c7", 100), 2);
    view_close(view);
}

/* All of it in one batch, and in one run: people are told within it, others are not. */
static void people_see_a_batch_go_on(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, 100);
    for (int is_for_people = 0; is_for_people < 2; is_for_people++) {
        struct seen seen = {.stop_after = 1};
        struct view_progress progress = {.report = see, .context = &seen, .is_for_people = is_for_people == 1};
        struct view *view = toy_view(ledger, is_for_people == 1 ? &toy_2 : &toy, 0);
        assert_ok(ledger, view_catch_up(view, 100, &progress, &ledger->error));
        assert_int_equal(toy_status(view).position, 100);
        assert_int_equal(seen.count > 0, is_for_people);
        assert_int_equal(seen.last, is_for_people == 1 ? 100 : 0);
        view_close(view);
    }
}

static bool stop(void *context, const char *name, uint64_t position, uint64_t target) {
    (void)context;
    (void)name;
    (void)position;
    (void)target;
    return false;
}

/* Many runs, one batch: it ends where people say stop, what was folded is kept, and gone on with. */
static void a_batch_ends_where_people_stop_it(void **state) {
    enum { MANY = 20000 };
    struct toy_ledger *ledger = *state;
    struct view_progress progress = {.report = stop, .is_for_people = true};
    toy_append(ledger, MANY);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_int_equal(view_catch_up(view, MANY, &progress, &ledger->error), DAYBOOK_STOPPED);
    uint64_t left_at = toy_status(view).rebuild_position;
    assert_true(left_at > 0 && left_at < MANY);
    view_close(view);
    view = toy_view(ledger, &toy, 0);
    assert_int_equal(toy_status(view).rebuild_position, left_at);
    assert_ok(ledger, view_catch_up(view, MANY, NULL, &ledger->error));
    assert_int_equal(toy_events(ledger, view, MANY), MANY);
    assert_true(toy_has(ledger, "toy.g1"));
    view_close(view);
}

/* ---- events that cannot be taken ---- */

struct stop_row {
    const char *name;
    const char *customer;
    const char *damage; /* Bytes behind the event. */
    enum daybook_status status;
    const char *message;
};

static const struct stop_row stop_rows[] = {
    {"the fold refuses it", "refused", "", DAYBOOK_DAMAGED, "customer refused cannot be taken"},
    {"the flush refuses it", "late", "", DAYBOOK_DAMAGED, "it is late"},
    {"it has an unknown field", "c1", "\xf8\x7c\x01", DAYBOOK_DAMAGED, ""},
    {"its last field is cut off", "c1", "\xe0\x03", DAYBOOK_DAMAGED, ""},
};
static const struct stop_row *current_stop;

static void check_stop(void **state) {
    struct toy_ledger *ledger = *state;
    const struct stop_row *row = current_stop++;
    toy_append(ledger, 70);
    toy_append_one(ledger, row->customer, row->damage);
    toy_append(ledger, 29);
    for (int opened = 0; opened < 2; opened++) { /* The second time it is met again, not remembered. */
        struct view *view = toy_view(ledger, &toy, opened == 0 ? 32 : 0);
        for (int asked = 0; asked < 2; asked++) {
            assert_int_equal(view_catch_up(view, 100, NULL, &ledger->error), row->status);
            assert_non_null(strstr(ledger->error.message, "event 71"));
            assert_non_null(strstr(ledger->error.message, row->message));
        }
        struct view_status status = toy_status(view);
        assert_int_equal(status.state, VIEW_STOPPED);
        assert_int_equal(status.stopped_at, 71);
        assert_non_null(strstr(status.reason, "event 71"));
        assert_int_equal(status.rebuild_position, 70);
        view_close(view);
    }
    /* A view that can take it goes on; one that nobody can decode stops them all. */
    struct view *calm = toy_view(ledger, &calm_toy, 0);
    bool is_decodable = row->damage[0] == '\0';
    assert_int_equal(view_catch_up(calm, 100, NULL, &ledger->error), is_decodable ? DAYBOOK_OK : DAYBOOK_DAMAGED);
    assert_int_equal(toy_status(calm).position, is_decodable ? 100 : 0);
    view_close(calm);
}

static void what_came_before_the_stop_answers(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, 50);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, view_catch_up(view, 50, NULL, &ledger->error));
    toy_append(ledger, 20);
    toy_append_one(ledger, "refused", "");
    assert_int_equal(view_catch_up(view, 71, NULL, &ledger->error), DAYBOOK_DAMAGED);
    assert_int_equal(toy_count(ledger, view, "c20", 70), 2);
    assert_ok(ledger, view_catch_up(view, 70, NULL, &ledger->error));
    assert_int_equal(toy_status(view).state, VIEW_STOPPED);
    assert_int_equal(toy_status(view).position, 70);
    view_close(view);
}

/* ---- rows that are not what a fold wrote ---- */

static void damaged_rows_are_built_anew(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, 100);
    struct view *view = toy_view(ledger, &toy, 10);
    assert_ok(ledger, view_catch_up(view, 50, NULL, &ledger->error));
    toy_damaged_at = 64;
    assert_ok(ledger, view_catch_up(view, 100, NULL, &ledger->error));
    assert_int_equal(toy_damaged_at, 0);
    assert_int_equal(toy_count(ledger, view, "c14", 100), 2);
    assert_true(toy_has(ledger, "toy.g2"));
    assert_false(toy_has(ledger, "toy.g1"));
    view_close(view);
}

static void rows_damaged_at_once_again_stop_it(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, 20);
    toy_append_one(ledger, "own rows", "");
    struct view *view = toy_view(ledger, &toy, 10);
    assert_int_equal(view_catch_up(view, 21, NULL, &ledger->error), DAYBOOK_DAMAGED);
    assert_int_equal(toy_status(view).state, VIEW_STOPPED);
    assert_int_equal(view_catch_up(view, 21, NULL, &ledger->error), DAYBOOK_DAMAGED);
    assert_false(toy_has(ledger, "toy.g2"));
    view_close(view);
}

/* ---- a failing world ---- */

static void a_full_store_is_no_damage(void **state) {
    struct toy_ledger *ledger = *state;
    unsigned refused_count = 0;
    toy_append(ledger, 200);
    for (size_t pages = 5; pages <= 24; pages++) {
        struct view_options options = {.map_size_bytes = pages * 4096, .batch_events = 40};
        struct view *view;
        assert_ok(ledger, view_open(ledger->directory, &toy, ledger->journal, &options, &view, &ledger->error));
        enum daybook_status status = view_catch_up(view, 200, NULL, &ledger->error);
        assert_true(status == DAYBOOK_OK || status == DAYBOOK_LIMIT);
        assert_int_not_equal(toy_status(view).state, VIEW_STOPPED);
        refused_count += status == DAYBOOK_LIMIT;
        view_close(view);
    }
    assert_in_range(refused_count, 1, 19); /* Some maps are too small, and the largest is not. */
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, view_catch_up(view, 200, NULL, &ledger->error));
    assert_int_equal(toy_events(ledger, view, 200), 200);
    assert_true(toy_has(ledger, "toy.g1"));
    view_close(view);
}

/* ---- versions ---- */

static void an_older_version_answers_until_the_new_one_is_built(void **state) {
    struct toy_ledger *ledger = *state;
    struct view_read old_read;
    uint64_t values[2];
    toy_append(ledger, 100);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, view_catch_up(view, 100, NULL, &ledger->error));
    view_close(view);

    view = toy_view(ledger, &toy_2, 10);
    assert_int_equal(toy_status(view).version, 1);
    assert_int_equal(toy_count(ledger, view, "c7", 100), 2);
    assert_ok(ledger, view_begin_read(view, 100, &old_read, &ledger->error));
    struct seen seen = {.stop_after = 4};
    struct view_progress progress = {.report = see, .context = &seen};
    assert_int_equal(view_catch_up(view, 100, &progress, &ledger->error), DAYBOOK_STOPPED);
    assert_int_equal(toy_status(view).state, VIEW_REBUILDING);
    assert_int_equal(toy_status(view).rebuild_position, 40);
    assert_int_equal(toy_status(view).position, 100);
    assert_int_equal(toy_count(ledger, view, "c7", 100), 2);
    assert_ok(ledger, view_catch_up(view, 100, NULL, &ledger->error));
    assert_int_equal(toy_status(view).version, 2);
    assert_int_equal(toy_status(view).state, VIEW_FOLLOWING);
    assert_int_equal(toy_count(ledger, view, "c7", 100), 20);
    assert_ok(ledger, toy_load(old_read.txn, TOY_CUSTOMERS, "c7", values, 2, &ledger->error));
    assert_int_equal(values[0], 2);
    view_end_read(&old_read);
    assert_false(toy_has(ledger, "toy.g1"));
    view_close(view);
}

static void an_unreadable_version_does_not_answer(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, 10);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, view_catch_up(view, 10, NULL, &ledger->error));
    view_close(view);
    view = toy_view(ledger, &toy_2_only, 0);
    assert_int_equal(toy_status(view).state, VIEW_MISSING);
    assert_ok(ledger, view_catch_up(view, 10, NULL, &ledger->error));
    assert_int_equal(toy_count(ledger, view, "c7", 10), 10);
    view_close(view);
}

static void a_newer_version_is_left_alone(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, 10);
    struct view *view = toy_view(ledger, &toy_2, 0);
    assert_ok(ledger, view_catch_up(view, 10, NULL, &ledger->error));
    view_close(view);
    view = toy_view(ledger, &toy, 0);
    assert_int_equal(view_catch_up(view, 10, NULL, &ledger->error), DAYBOOK_VERSION);
    assert_true(toy_has(ledger, "toy.g1"));
    assert_ok(ledger, view_rebuild(view, NULL, &ledger->error)); /* Who insists, may. */
    assert_int_equal(toy_count(ledger, view, "c7", 10), 1);
    view_close(view);
}

static bool takes_no_opening(Pb__Event__BodyCase kind) {
    return kind != PB__EVENT__BODY_CUSTOMER_OPENED;
}

static void foresee_nothing(void *memory, const struct fold_event *folded) {
    (void)memory;
    fail_msg("event %llu is foreseen, and never folded", (unsigned long long)folded->sequence);
}

/* One of them is an event that the fold would refuse. */
static void what_a_fold_does_not_take_is_passed_over(void **state) {
    struct toy_ledger *ledger = *state;
    struct projection choosy = toy;
    choosy.takes = takes_no_opening;
    choosy.foresee = foresee_nothing;
    toy_append(ledger, 40);
    toy_append_one(ledger, "refused", "");
    toy_append(ledger, 9);
    struct view *view = toy_view(ledger, &choosy, 7);
    assert_ok(ledger, view_catch_up(view, 50, NULL, &ledger->error));
    assert_int_equal(toy_status(view).position, 50);
    assert_int_equal(toy_status(view).position_recorded_at_us, 50000);
    assert_int_equal(toy_digest(ledger, view).row_count, 0);
    view_close(view);
}

int main(void) {
    enum { STOP_COUNT = sizeof stop_rows / sizeof stop_rows[0] };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_goes_on_where_it_was, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_target_behind_it_is_reached, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(progress_is_told_and_can_stop_it, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(people_see_a_batch_go_on, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_batch_ends_where_people_stop_it, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(what_came_before_the_stop_answers, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(damaged_rows_are_built_anew, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(rows_damaged_at_once_again_stop_it, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_full_store_is_no_damage, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(an_older_version_answers_until_the_new_one_is_built, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(an_unreadable_version_does_not_answer, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_newer_version_is_left_alone, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(what_a_fold_does_not_take_is_passed_over, toy_setup, toy_teardown),
    };
    struct CMUnitTest stops[STOP_COUNT];
    for (size_t i = 0; i < STOP_COUNT; i++) {
        stops[i] = (struct CMUnitTest){stop_rows[i].name, check_stop, toy_setup, toy_teardown, NULL};
    }
    current_stop = stop_rows;
    int failures = cmocka_run_group_tests_name("view_catch_up", tests, NULL, NULL);
    return failures + cmocka_run_group_tests_name("view_catch_up stops where", stops, NULL, NULL);
}
