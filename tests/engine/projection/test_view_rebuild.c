/* Rebuilding beside what answers: comparing, resuming, failing. */
#include "toy.h"

static struct view *built_view(struct toy_ledger *ledger, uint64_t position, size_t batch_events) {
    struct view *view = toy_view(ledger, &toy, batch_events);
    assert_ok(ledger, view_catch_up(view, position, NULL, &ledger->error));
    return view;
}

static void an_equal_one_replaces_it(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, 300);
    struct view *view = built_view(ledger, 200, 70);
    struct view_digest digest;
    assert_ok(ledger, view_rebuild(view, NULL, &ledger->error));
    assert_string_equal(toy_status(view).reason, "");
    assert_int_equal(toy_status(view).state, VIEW_FOLLOWING);
    assert_int_equal(toy_status(view).position, 300);
    assert_true(toy_has(ledger, "toy.g2"));
    assert_false(toy_has(ledger, "toy.g1"));
    digest = toy_digest(ledger, view);
    assert_ok(ledger, view_rebuild(view, NULL, NULL));
    struct view_digest again = toy_digest(ledger, view);
    assert_same_digest(&digest, &again);
    assert_true(toy_has(ledger, "toy.g3"));
    view_close(view);
}

static void a_missing_one_is_built(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, 30);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, view_rebuild(view, NULL, &ledger->error));
    assert_int_equal(toy_count(ledger, view, "c9", 30), 1);
    view_close(view);
}

/* Changes a row behind the view's back, as a fault of the disk would. */
static void damage_a_row(struct toy_ledger *ledger) {
    static const char *const tables[] = {"customers"};
    struct store_options options = {.tables = tables, .table_count = 1, .map_size_bytes = TOY_MAP_BYTES};
    struct store *store;
    struct store_txn *txn;
    char path[128];
    snprintf(path, sizeof path, "%s/views/toy.g1", ledger->directory);
    assert_ok(ledger, store_open(path, &options, &store, &ledger->error));
    assert_ok(ledger, store_begin_write(store, &txn, &ledger->error));
    assert_ok(ledger, table_put(txn, 0, daybook_bytes_of_text("c9"),
                                (struct daybook_bytes){(const uint8_t *)"\x63\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0", 16},
                                &ledger->error));
    assert_ok(ledger, store_commit(txn, &ledger->error));
    store_close(store);
}

static void a_different_one_replaces_it_and_says_so(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, 30);
    view_close(built_view(ledger, 30, 0));
    damage_a_row(ledger);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_int_equal(toy_count(ledger, view, "c9", 30), 99);
    assert_ok(ledger, view_rebuild(view, NULL, &ledger->error));
    assert_int_equal(toy_count(ledger, view, "c9", 30), 1);
    assert_non_null(strstr(toy_status(view).reason, "its digest differed"));
    assert_int_equal(toy_status(view).state, VIEW_FOLLOWING);
    view_close(view);
}

static void a_stopped_one_is_built_anew(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, 30);
    struct view *view = built_view(ledger, 20, 0);
    toy_append_one(ledger, "refused", "");
    assert_int_equal(view_catch_up(view, 31, NULL, &ledger->error), DAYBOOK_DAMAGED);
    assert_int_equal(view_rebuild(view, NULL, &ledger->error), DAYBOOK_DAMAGED);
    assert_non_null(strstr(ledger->error.message, "event 31"));
    /* What could be folded goes on answering. */
    assert_int_equal(toy_count(ledger, view, "c9", 30), 1);
    assert_int_equal(toy_status(view).state, VIEW_STOPPED);
    assert_int_equal(toy_status(view).stopped_at, 31);
    /* However often it is asked for: what answers, and what stopped last. */
    for (int i = 0; i < 5; i++) {
        assert_int_equal(view_rebuild(view, NULL, &ledger->error), DAYBOOK_DAMAGED);
    }
    assert_true(toy_has(ledger, "toy.g1") && toy_has(ledger, "toy.g7"));
    for (unsigned number = 2; number < 7; number++) {
        char name[16];
        snprintf(name, sizeof name, "toy.g%u", number);
        assert_false(toy_has(ledger, name));
    }
    view_close(view);
}

static bool stop_at_once(void *context, const char *name, uint64_t position, uint64_t target) {
    unsigned *left = context;
    (void)name;
    (void)position;
    (void)target;
    return --*left > 0;
}

static void one_left_half_built_is_gone_on_with(void **state) {
    struct toy_ledger *ledger = *state;
    unsigned left = 4;
    struct view_progress progress = {.report = stop_at_once, .context = &left};
    toy_append(ledger, 100);
    struct view *view = built_view(ledger, 100, 10);
    assert_int_equal(view_rebuild(view, &progress, &ledger->error), DAYBOOK_STOPPED);
    assert_int_equal(toy_status(view).rebuild_position, 40);
    view_close(view);
    view = toy_view(ledger, &toy, 10);
    assert_int_equal(toy_status(view).state, VIEW_REBUILDING);
    assert_int_equal(toy_status(view).rebuild_position, 40);
    /* Meanwhile the old one follows, and the half-built one stays where it is. */
    toy_append(ledger, 10);
    assert_ok(ledger, view_catch_up(view, 110, NULL, &ledger->error));
    assert_int_equal(toy_status(view).position, 110);
    assert_int_equal(toy_status(view).rebuild_position, 40);
    left = 100;
    assert_ok(ledger, view_rebuild(view, &progress, &ledger->error));
    /* 41 to 110 in tens, two digests of two tables, and the completion: nothing was folded twice. */
    assert_int_equal(left, 100 - 7 - 2 * 2 - 1);
    assert_string_equal(toy_status(view).reason, "");
    assert_true(toy_has(ledger, "toy.g2"));
    assert_false(toy_has(ledger, "toy.g3"));
    view_close(view);
}

static void a_damaged_half_built_one_is_begun_again(void **state) {
    struct toy_ledger *ledger = *state;
    unsigned left = 4;
    struct view_progress progress = {.report = stop_at_once, .context = &left};
    toy_append(ledger, 100);
    struct view *view = built_view(ledger, 100, 10);
    assert_int_equal(view_rebuild(view, &progress, &ledger->error), DAYBOOK_STOPPED);
    toy_damaged_at = 55;
    assert_ok(ledger, view_rebuild(view, NULL, &ledger->error));
    assert_int_equal(toy_damaged_at, 0);
    assert_true(toy_has(ledger, "toy.g3"));
    assert_false(toy_has(ledger, "toy.g2"));
    assert_int_equal(toy_count(ledger, view, "c9", 100), 2);
    view_close(view);
}

static void an_old_one_with_damaged_rows_is_replaced(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, 100);
    struct view *view = built_view(ledger, 50, 10);
    unsigned left = 1;
    struct view_progress progress = {.report = stop_at_once, .context = &left};
    assert_int_equal(view_rebuild(view, &progress, &ledger->error), DAYBOOK_STOPPED);
    left = 9; /* Up to event 100 in tens; then the old one folds, and event 60 finds its rows damaged. */
    assert_int_equal(view_rebuild(view, &progress, &ledger->error), DAYBOOK_STOPPED);
    toy_damaged_at = 60;
    assert_ok(ledger, view_rebuild(view, NULL, &ledger->error));
    assert_int_equal(toy_damaged_at, 0);
    assert_int_equal(toy_count(ledger, view, "c10", 100), 2);
    view_close(view);
}

/* A file system soon gives the number of a deleted directory's inode to a new one. */
static void rebuilds_do_not_disturb_a_long_read(void **state) {
    struct toy_ledger *ledger = *state;
    struct view_read reads[6];
    uint64_t values[2];
    toy_append(ledger, 60);
    struct view *view = built_view(ledger, 10, 0);
    for (size_t i = 0; i < 6; i++) {
        assert_ok(ledger, view_catch_up(view, (i + 1) * 10, NULL, &ledger->error));
        assert_ok(ledger, view_begin_read(view, 0, &reads[i], &ledger->error));
        view_mark_damaged(view, "a test");
    }
    assert_ok(ledger, view_rebuild(view, NULL, &ledger->error));
    assert_true(toy_has(ledger, "toy.g7"));
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(reads[i].position, (i + 1) * 10);
        assert_ok(ledger, toy_load(reads[i].txn, TOY_CUSTOMERS, "c10", values, 2, &ledger->error));
        assert_int_equal(values[0], i < 5 ? 1 : 2);
        view_end_read(&reads[i]);
    }
    view_close(view);
}

static void a_deletion_beneath_it_is_healed_by_the_next_fold(void **state) {
    struct toy_ledger *ledger = *state;
    char views[128];
    toy_append(ledger, 30);
    struct view *view = built_view(ledger, 20, 0);
    snprintf(views, sizeof views, "%s/views", ledger->directory);
    toy_remove(views);
    assert_int_equal(toy_count(ledger, view, "c9", 20), 1);
    assert_ok(ledger, view_catch_up(view, 30, NULL, &ledger->error));
    assert_true(toy_has(ledger, "toy.g1"));
    assert_int_equal(toy_events(ledger, view, 30), 30);
    view_close(view);
}

static uint64_t blocks_of(const struct toy_ledger *ledger, const char *name) {
    char path[128];
    struct stat facts;
    snprintf(path, sizeof path, "%s/views/%s/data.mdb", ledger->directory, name);
    return stat(path, &facts) == 0 ? (uint64_t)facts.st_blocks : 0;
}

static void one_that_finds_no_room_keeps_none(void **state) {
    struct toy_ledger *ledger = *state;
    struct view_options options = {.map_size_bytes = (size_t)8 * 4096, .batch_events = 10};
    struct view *view;
    toy_append(ledger, 200);
    view_close(built_view(ledger, 200, 0));
    uint64_t blocks = blocks_of(ledger, "toy.g1");
    for (int i = 0; i < 3; i++) {
        assert_ok(ledger, view_open(ledger->directory, &toy, ledger->journal, &options, &view, &ledger->error));
        assert_int_equal(view_rebuild(view, NULL, &ledger->error), DAYBOOK_LIMIT);
        assert_non_null(strstr(ledger->error.message, "for want of room"));
        assert_int_equal(toy_events(ledger, view, 200), 200);
        view_close(view);
    }
    /* Only its number is left, so that no process takes another one for it. */
    assert_true(toy_has(ledger, "toy.g1") && toy_has(ledger, "toy.g4/damaged"));
    assert_false(toy_has(ledger, "toy.g2") || toy_has(ledger, "toy.g3") || toy_has(ledger, "toy.g4/data.mdb"));
    assert_int_equal(blocks_of(ledger, "toy.g1"), blocks);
    view = toy_view(ledger, &toy, 0);
    assert_int_equal(toy_status(view).state, VIEW_FOLLOWING);
    assert_ok(ledger, view_rebuild(view, NULL, &ledger->error));
    assert_int_equal(toy_events(ledger, view, 200), 200);
    assert_string_equal(toy_status(view).reason, "");
    assert_true(toy_has(ledger, "toy.g5"));
    assert_false(toy_has(ledger, "toy.g1") || toy_has(ledger, "toy.g4"));
    view_close(view);
}

static void a_missing_one_that_finds_no_room_says_so(void **state) {
    struct toy_ledger *ledger = *state;
    struct view_options options = {.map_size_bytes = (size_t)8 * 4096, .batch_events = 10};
    struct view *view;
    toy_append(ledger, 200);
    assert_ok(ledger, view_open(ledger->directory, &toy, ledger->journal, &options, &view, &ledger->error));
    assert_int_equal(view_rebuild(view, NULL, &ledger->error), DAYBOOK_LIMIT);
    view_close(view);
    assert_false(toy_has(ledger, "toy.g1/data.mdb"));
    view = toy_view(ledger, &toy, 0);
    assert_int_equal(toy_status(view).state, VIEW_MISSING);
    assert_non_null(strstr(toy_status(view).reason, "there was no room"));
    assert_ok(ledger, view_catch_up(view, 200, NULL, &ledger->error));
    assert_int_equal(toy_events(ledger, view, 200), 200);
    assert_false(toy_has(ledger, "toy.g1"));
    view_close(view);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_equal_one_replaces_it, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_missing_one_is_built, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_different_one_replaces_it_and_says_so, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_stopped_one_is_built_anew, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(one_left_half_built_is_gone_on_with, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(one_that_finds_no_room_keeps_none, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_missing_one_that_finds_no_room_says_so, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_damaged_half_built_one_is_begun_again, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(an_old_one_with_damaged_rows_is_replaced, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(rebuilds_do_not_disturb_a_long_read, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_deletion_beneath_it_is_healed_by_the_next_fold, toy_setup, toy_teardown),
    };
    return cmocka_run_group_tests_name("view_rebuild", tests, NULL, NULL);
}
