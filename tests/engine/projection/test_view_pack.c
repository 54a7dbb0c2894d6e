/* What is built of many events, or has grown, answers from a packed copy; the rows are the same. */
#include "toy.h"

enum { EVENTS = 3000, PACKED_FROM = 1000 };

static struct view *open_view(struct toy_ledger *ledger, uint64_t pack_events) {
    struct view *view = NULL;
    struct view_options options = {.map_size_bytes = TOY_MAP_BYTES, .batch_events = 100, .pack_events = pack_events};
    assert_ok(ledger, view_open(ledger->directory, &toy, ledger->journal, &options, &view, &ledger->error));
    return view;
}

static struct view_digest build(struct toy_ledger *ledger, struct view *view) {
    assert_ok(ledger, view_catch_up(view, EVENTS, NULL, &ledger->error));
    return toy_digest(ledger, view);
}

static void remove_views(struct toy_ledger *ledger) {
    char views[128];
    snprintf(views, sizeof views, "%s/views", ledger->directory);
    toy_remove(views);
}

/* "c0" to "c49" in turn. */
static void assert_follows(struct toy_ledger *ledger, struct view *view) {
    assert_int_equal(toy_count(ledger, view, "c9", EVENTS), EVENTS / 50);
    toy_append(ledger, 100);
    assert_ok(ledger, view_catch_up(view, EVENTS + 100, NULL, &ledger->error));
    assert_int_equal(toy_count(ledger, view, "c9", EVENTS + 100), EVENTS / 50 + 2);
    assert_int_equal(toy_events(ledger, view, EVENTS + 100), EVENTS + 100);
}

static void a_large_build_is_packed_and_its_rows_are_the_same(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, EVENTS);
    struct view *view = open_view(ledger, UINT64_MAX);
    struct view_digest plain = build(ledger, view);
    uint64_t plain_bytes = toy_status(view).size_bytes;
    assert_true(toy_has(ledger, "toy.g1"));
    view_close(view);
    remove_views(ledger);

    view = open_view(ledger, PACKED_FROM);
    struct view_digest packed = build(ledger, view);
    assert_same_digest(&plain, &packed);
    assert_true(toy_has(ledger, "toy.g2"));
    assert_false(toy_has(ledger, "toy.g1"));
    assert_false(toy_has(ledger, "toy.p2"));
    assert_true(toy_status(view).size_bytes < plain_bytes);
    assert_int_equal(toy_status(view).state, VIEW_FOLLOWING);
    assert_follows(ledger, view);
    view_close(view);

    view = open_view(ledger, PACKED_FROM);
    assert_int_equal(toy_count(ledger, view, "c9", EVENTS + 100), EVENTS / 50 + 2);
    view_close(view);
}

static bool stop_at_the_end(void *context, const char *name, uint64_t position, uint64_t target) {
    (void)context;
    (void)name;
    return position < target;
}

static void one_that_is_stopped_while_it_is_packed_is_gone_on_with(void **state) {
    struct toy_ledger *ledger = *state;
    struct view_progress progress = {.report = stop_at_the_end};
    toy_append(ledger, EVENTS);
    struct view *view = open_view(ledger, PACKED_FROM);
    assert_int_equal(view_catch_up(view, EVENTS, &progress, &ledger->error), DAYBOOK_STOPPED);
    assert_int_equal(toy_status(view).state, VIEW_REBUILDING);
    assert_int_equal(toy_status(view).rebuild_position, EVENTS);
    assert_false(toy_has(ledger, "toy.g2") || toy_has(ledger, "toy.p2"));
    view_close(view);
    view = open_view(ledger, PACKED_FROM);
    build(ledger, view);
    assert_true(toy_has(ledger, "toy.g2"));
    assert_false(toy_has(ledger, "toy.g1"));
    assert_follows(ledger, view);
    view_close(view);
}

static void a_small_build_is_left_as_it_is(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, PACKED_FROM - 1);
    struct view *view = open_view(ledger, PACKED_FROM);
    assert_ok(ledger, view_catch_up(view, PACKED_FROM - 1, NULL, &ledger->error));
    assert_true(toy_has(ledger, "toy.g1"));
    assert_false(toy_has(ledger, "toy.g2"));
    view_close(view);
}

static void what_a_killed_process_had_copied_is_not_used(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, EVENTS);
    char path[160];
    snprintf(path, sizeof path, "%s/views", ledger->directory);
    assert_int_equal(mkdir(path, 0777), 0);
    snprintf(path, sizeof path, "%s/views/toy.p2", ledger->directory);
    assert_int_equal(mkdir(path, 0777), 0);
    toy_write(ledger, "toy.p2/data.mdb", "half of a store");
    struct view *view = open_view(ledger, PACKED_FROM);
    (void)build(ledger, view);
    assert_true(toy_has(ledger, "toy.g2"));
    assert_false(toy_has(ledger, "toy.p2"));
    assert_follows(ledger, view);
    view_close(view);
}

/* A file stands where the copy would be made. */
static void a_build_that_cannot_be_packed_answers_as_it_is(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, EVENTS);
    char path[160];
    snprintf(path, sizeof path, "%s/views", ledger->directory);
    assert_int_equal(mkdir(path, 0777), 0);
    toy_write(ledger, "toy.p2", "");
    struct view *view = open_view(ledger, PACKED_FROM);
    (void)build(ledger, view);
    assert_true(toy_has(ledger, "toy.g1"));
    assert_false(toy_has(ledger, "toy.g2"));
    assert_int_equal(toy_status(view).state, VIEW_FOLLOWING);
    assert_follows(ledger, view);
    view_close(view);
}

static void a_rebuild_compares_before_it_packs(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, EVENTS);
    struct view *view = open_view(ledger, PACKED_FROM);
    struct view_digest before = build(ledger, view);
    assert_ok(ledger, view_rebuild(view, NULL, &ledger->error));
    struct view_digest after = toy_digest(ledger, view);
    assert_same_digest(&before, &after);
    assert_string_equal(toy_status(view).reason, "");
    assert_true(toy_has(ledger, "toy.g4")); /* Built as the third, packed as the fourth. */
    assert_false(toy_has(ledger, "toy.g2"));
    assert_false(toy_has(ledger, "toy.g3"));
    assert_follows(ledger, view);
    view_close(view);
}

/* ---- what answers, and has grown ---- */

/* Folded in batches, as a view is that follows; then opened by a process that packs. */
static struct view *open_grown(struct toy_ledger *ledger, struct view_digest *digest) {
    toy_append(ledger, EVENTS);
    struct view *view = open_view(ledger, UINT64_MAX);
    *digest = build(ledger, view);
    assert_false(view_tidy(view, NULL)); /* Too small for it. */
    view_close(view);
    return open_view(ledger, PACKED_FROM);
}

static void what_has_grown_is_packed_in_a_quiet_time(void **state) {
    struct toy_ledger *ledger = *state;
    struct view_digest before;
    struct view_read read;
    struct view *view = open_grown(ledger, &before);
    uint64_t grown_bytes = toy_status(view).size_bytes;
    assert_ok(ledger, view_begin_read(view, EVENTS, &read, &ledger->error));
    assert_true(view_tidy(view, NULL));
    struct view_digest after = toy_digest(ledger, view);
    assert_same_digest(&before, &after);
    assert_true(toy_has(ledger, "toy.g2"));
    assert_false(toy_has(ledger, "toy.g1"));
    assert_true(toy_status(view).size_bytes < grown_bytes);
    uint64_t rows = 0;
    assert_ok(ledger, table_count(read.txn, 0, &rows, &ledger->error)); /* Who reads the old one goes on. */
    assert_true(rows > 0);
    view_end_read(&read);

    assert_false(view_tidy(view, NULL)); /* There is nothing left to save. */
    assert_true(toy_has(ledger, "toy.g2"));
    assert_follows(ledger, view);
    view_close(view);

    /* It was settled on closing, so it is opened and not built again. */
    view = open_view(ledger, PACKED_FROM);
    assert_int_equal(toy_count(ledger, view, "c9", EVENTS + 100), EVENTS / 50 + 2);
    assert_true(toy_has(ledger, "toy.g2"));
    view_close(view);
}

static bool stop(void *context, const char *view, uint64_t position, uint64_t target) {
    size_t *looks = context;
    (void)view;
    assert_int_equal(position, target);
    return (*looks)-- != 0;
}

static void whoever_waits_ends_the_packing(void **state) {
    struct toy_ledger *ledger = *state;
    struct view_digest before;
    struct view *view = open_grown(ledger, &before);
    size_t ended = 0;
    for (size_t looks = 0;; looks++) {
        size_t left = looks;
        struct view_progress progress = {.report = stop, .context = &left};
        if (view_tidy(view, &progress)) {
            break;
        }
        ended++;
        assert_true(toy_has(ledger, "toy.g1"));
        assert_false(toy_has(ledger, "toy.p2"));
        assert_int_equal(toy_events(ledger, view, EVENTS), EVENTS);
    }
    assert_true(ended >= 2); /* While it was measured, and while it was copied. */
    struct view_digest after = toy_digest(ledger, view);
    assert_same_digest(&before, &after);
    assert_follows(ledger, view);
    view_close(view);
}

static void what_was_given_up_is_not_packed(void **state) {
    struct toy_ledger *ledger = *state;
    struct view_digest before;
    struct view *view = open_grown(ledger, &before);
    toy_write(ledger, "toy.g1/damaged", "somebody found it so");
    assert_false(view_tidy(view, NULL));
    assert_false(toy_has(ledger, "toy.g2"));
    view_close(view);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_large_build_is_packed_and_its_rows_are_the_same, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(one_that_is_stopped_while_it_is_packed_is_gone_on_with, toy_setup,
                                        toy_teardown),
        cmocka_unit_test_setup_teardown(a_small_build_is_left_as_it_is, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(what_a_killed_process_had_copied_is_not_used, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_build_that_cannot_be_packed_answers_as_it_is, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_rebuild_compares_before_it_packs, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(what_has_grown_is_packed_in_a_quiet_time, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(whoever_waits_ends_the_packing, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(what_was_given_up_is_not_packed, toy_setup, toy_teardown),
    };
    return cmocka_run_group_tests_name("view_pack", tests, NULL, NULL);
}
