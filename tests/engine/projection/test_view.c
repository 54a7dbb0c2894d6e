/* A view opened, read, settled, and found again after what can happen to its files. */
#include "projection/view.h"

#include <dirent.h>

#include "projection/mark.h"
#include "toy.h"

static void it_opens_with_nothing_there(void **state) {
    struct toy_ledger *ledger = *state;
    struct view_read read;
    struct view *view = toy_view(ledger, &toy, 0);
    struct view_status status = toy_status(view);
    assert_int_equal(status.state, VIEW_MISSING);
    assert_int_equal(status.position, 0);
    assert_string_equal(status.name, "toy");
    assert_int_equal(status.version, 1);
    assert_int_equal(view_begin_read(view, 0, &read, &ledger->error), DAYBOOK_BEHIND);
    view_end_read(&read);
    assert_false(view_covers(view, 0));
    assert_false(toy_has(ledger, "")); /* Opening makes nothing. */
    view_close(view);
    view_close(NULL);
}

static void an_empty_journal_gives_an_empty_view(void **state) {
    struct toy_ledger *ledger = *state;
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, view_catch_up(view, 0, NULL, &ledger->error));
    assert_true(view_covers(view, 0));
    assert_int_equal(toy_status(view).state, VIEW_FOLLOWING);
    assert_int_equal(toy_digest(ledger, view).row_count, 0);
    view_close(view);
}

static void a_read_sees_one_position(void **state) {
    struct toy_ledger *ledger = *state;
    struct view_read old_read;
    uint64_t values[2];
    toy_append(ledger, 100);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, view_catch_up(view, 100, NULL, &ledger->error));
    assert_ok(ledger, view_begin_read(view, 100, &old_read, &ledger->error));
    assert_int_equal(old_read.position, 100);
    assert_int_equal(old_read.version, 1);
    toy_append(ledger, 50);
    assert_ok(ledger, view_catch_up(view, 150, NULL, &ledger->error));
    assert_ok(ledger, toy_load(old_read.txn, TOY_CUSTOMERS, "c7", values, 2, &ledger->error));
    assert_int_equal(values[0], 2);
    assert_int_equal(values[1], 57);
    assert_int_equal(toy_count(ledger, view, "c7", 150), 3);
    view_end_read(&old_read);
    view_close(view);
}

static void a_read_too_far_ahead_is_behind(void **state) {
    struct toy_ledger *ledger = *state;
    struct view_read read;
    toy_append(ledger, 10);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, view_catch_up(view, 9, NULL, &ledger->error));
    assert_int_equal(view_begin_read(view, 10, &read, &ledger->error), DAYBOOK_BEHIND);
    assert_non_null(strstr(ledger->error.message, "9 of 10"));
    assert_null(read.txn);
    view_end_read(&read);
    assert_int_equal(view_begin_read(view, 10, &read, NULL), DAYBOOK_BEHIND);
    view_close(view);
}

static void its_status_says_how_far_it_is(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, 10);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, view_catch_up(view, 10, NULL, &ledger->error));
    struct view_status status = toy_status(view);
    assert_int_equal(status.state, VIEW_FOLLOWING);
    assert_int_equal(status.position, 10);
    assert_int_equal(status.position_recorded_at_us, 10000);
    assert_int_equal(status.rebuild_position, 0);
    assert_int_equal(status.stopped_at, 0);
    assert_string_equal(status.reason, "");
    assert_true(status.events_per_second > 0);
    assert_true(status.size_bytes >= 4096);
    assert_int_equal(view_position(view), 10);
    view_close(view);
}

static void read_only_it_answers_what_is_there(void **state) {
    struct toy_ledger *ledger = *state;
    struct view_options options = {.is_read_only = true, .map_size_bytes = TOY_MAP_BYTES};
    toy_append(ledger, 10);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, view_catch_up(view, 6, NULL, &ledger->error));
    view_close(view);
    assert_ok(ledger, view_open(ledger->directory, &toy, ledger->journal, &options, &view, &ledger->error));
    assert_int_equal(toy_count(ledger, view, "c6", 6), 1);
    assert_ok(ledger, view_catch_up(view, 6, NULL, &ledger->error));
    assert_int_equal(view_catch_up(view, 7, NULL, &ledger->error), DAYBOOK_BEHIND);
    assert_int_equal(view_rebuild(view, NULL, &ledger->error), DAYBOOK_READ_ONLY);
    assert_int_equal(toy_status(view).position, 6);
    view_close(view);
}

/* ---- what can happen to the files between two openings ---- */

enum { EVENTS = 120 };

static void leave_it(struct toy_ledger *ledger) {
    (void)ledger;
}

static void delete_all_views(struct toy_ledger *ledger) {
    char path[128];
    snprintf(path, sizeof path, "%s/views", ledger->directory);
    toy_remove(path);
}

static void cut_power(struct toy_ledger *ledger) {
    toy_write(ledger, "toy.g1/mark", "dirty 00000000-0000-0000-0000-000000000000\n");
}

static void lose_the_mark(struct toy_ledger *ledger) {
    char path[128];
    snprintf(path, sizeof path, "%s/views/toy.g1/mark", ledger->directory);
    assert_int_equal(unlink(path), 0);
}

static void give_it_up(struct toy_ledger *ledger) {
    toy_write(ledger, "toy.g1/damaged", "a test\n");
}

static void overwrite_the_data(struct toy_ledger *ledger) {
    toy_write(ledger, "toy.g1/data.mdb", "this is no store");
}

static void empty_the_data(struct toy_ledger *ledger) {
    toy_write(ledger, "toy.g1/data.mdb", "");
}

static void cut_the_data(struct toy_ledger *ledger) {
    char path[128];
    snprintf(path, sizeof path, "%s/views/toy.g1/data.mdb", ledger->directory);
    assert_int_equal(truncate(path, 3 * 4096), 0);
}

/* As if only the first two pages, which say where the tables are, had reached the disk. */
static void lose_the_pages_of_the_data(struct toy_ledger *ledger) {
    char path[128];
    static const uint8_t page[4096];
    struct stat facts;
    snprintf(path, sizeof path, "%s/views/toy.g1/data.mdb", ledger->directory);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(fstat(file, &facts), 0);
    for (off_t at = 2 * 4096; at < facts.st_size; at += 4096) {
        assert_int_equal(pwrite(file, page, sizeof page, at), sizeof page);
    }
    close(file);
}

static void die_before_the_store_was_made(struct toy_ledger *ledger) {
    char path[128];
    delete_all_views(ledger);
    snprintf(path, sizeof path, "%s/views", ledger->directory);
    assert_int_equal(mkdir(path, 0777), 0);
    snprintf(path, sizeof path, "%s/views/toy.g1", ledger->directory);
    assert_int_equal(mkdir(path, 0777), 0);
}

struct row {
    const char *name;
    void (*happens)(struct toy_ledger *ledger);
    enum view_state state_after;
    const char *generation_after; /* That answers once it has caught up; the only one left. */
};

static const struct row rows[] = {
    {"nothing happened", leave_it, VIEW_FOLLOWING, "toy.g1"},
    {"the views were deleted", delete_all_views, VIEW_MISSING, "toy.g1"},
    {"the power was cut", cut_power, VIEW_MISSING, "toy.g2"},
    {"the mark is gone", lose_the_mark, VIEW_MISSING, "toy.g2"},
    {"it had been given up", give_it_up, VIEW_MISSING, "toy.g2"},
    {"the data is something else", overwrite_the_data, VIEW_MISSING, "toy.g2"},
    {"the data is empty", empty_the_data, VIEW_MISSING, "toy.g2"},
    {"the data was cut off", cut_the_data, VIEW_MISSING, "toy.g2"},
    {"the data's pages are lost", lose_the_pages_of_the_data, VIEW_MISSING, "toy.g2"},
    {"killed before the store was made", die_before_the_store_was_made, VIEW_MISSING, "toy.g1"},
};

static size_t count_generations(struct toy_ledger *ledger) {
    char path[128];
    size_t count = 0;
    snprintf(path, sizeof path, "%s/views", ledger->directory);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    closedir(directory);
    return count;
}

static const struct row *current_row; /* cmocka hands one state to the setup and the test. */

static void check_row(void **state) {
    struct toy_ledger *ledger = *state;
    const struct row *row = current_row++;
    toy_append(ledger, EVENTS);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, view_catch_up(view, EVENTS, NULL, &ledger->error));
    struct view_digest before = toy_digest(ledger, view);
    view_close(view);

    row->happens(ledger);

    view = toy_view(ledger, &toy, 0);
    assert_int_equal(toy_status(view).state, row->state_after);
    assert_ok(ledger, view_catch_up(view, EVENTS, NULL, &ledger->error));
    struct view_digest after = toy_digest(ledger, view);
    assert_same_digest(&before, &after);
    assert_int_equal(toy_status(view).state, VIEW_FOLLOWING);
    assert_true(toy_has(ledger, row->generation_after));
    assert_int_equal(count_generations(ledger), 1);
    view_close(view);
}

/* ---- marks ---- */

static enum mark mark_of(struct toy_ledger *ledger, const char *generation) {
    char path[128];
    struct mark_boot boot;
    mark_boot_read(&boot);
    snprintf(path, sizeof path, "%s/views/%s", ledger->directory, generation);
    return mark_read(path, &boot);
}

static void it_is_dirty_while_written_and_clean_when_settled(void **state) {
    struct toy_ledger *ledger = *state;
    toy_append(ledger, 20);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, view_catch_up(view, 10, NULL, &ledger->error));
    assert_int_equal(mark_of(ledger, "toy.g1"), MARK_DIRTY);
    assert_ok(ledger, view_settle(view, &ledger->error));
    assert_int_equal(mark_of(ledger, "toy.g1"), MARK_CLEAN);
    assert_ok(ledger, view_catch_up(view, 20, NULL, &ledger->error));
    assert_int_equal(mark_of(ledger, "toy.g1"), MARK_DIRTY);
    view_close(view);
    assert_int_equal(mark_of(ledger, "toy.g1"), MARK_CLEAN);
    /* One that only looks leaves it so. */
    view = toy_view(ledger, &toy, 0);
    assert_int_equal(toy_count(ledger, view, "c3", 20), 1);
    assert_ok(ledger, view_catch_up(view, 20, NULL, &ledger->error));
    assert_int_equal(mark_of(ledger, "toy.g1"), MARK_CLEAN);
    view_close(view);
}

/* What says "dirty" is not trusted after a power cut, so nothing has to be synced. */
static void one_that_is_scratch_is_never_called_clean(void **state) {
    struct toy_ledger *ledger = *state;
    struct view_options options = {.map_size_bytes = TOY_MAP_BYTES, .is_scratch = true};
    struct view *view = NULL;
    toy_append(ledger, 20);
    assert_ok(ledger, view_open(ledger->directory, &toy, ledger->journal, &options, &view, &ledger->error));
    assert_ok(ledger, view_catch_up(view, 20, NULL, &ledger->error));
    assert_int_equal(toy_count(ledger, view, "c3", 20), 1);
    assert_int_equal(mark_of(ledger, "toy.g1"), MARK_DIRTY);
    view_close(view);
    assert_int_equal(mark_of(ledger, "toy.g1"), MARK_DIRTY);
}

static void a_query_that_meets_damage_has_it_rebuilt(void **state) {
    struct toy_ledger *ledger = *state;
    struct view_read open_read;
    struct view_read read;
    uint64_t values[2];
    toy_append(ledger, 50);
    struct view *view = toy_view(ledger, &toy, 0);
    assert_ok(ledger, view_catch_up(view, 50, NULL, &ledger->error));
    assert_ok(ledger, view_begin_read(view, 50, &open_read, &ledger->error));
    view_mark_damaged(view, "the row of c3 has a wrong checksum");
    assert_int_equal(view_begin_read(view, 0, &read, &ledger->error), DAYBOOK_BEHIND);
    assert_int_equal(toy_status(view).state, VIEW_MISSING);
    assert_string_equal(toy_status(view).reason, "the row of c3 has a wrong checksum");
    assert_int_equal(mark_of(ledger, "toy.g1"), MARK_DAMAGED);
    assert_ok(ledger, view_catch_up(view, 50, NULL, &ledger->error));
    assert_int_equal(toy_count(ledger, view, "c3", 50), 1);
    assert_true(toy_has(ledger, "toy.g2"));
    assert_false(toy_has(ledger, "toy.g1"));
    /* What was being read is still there for its reader. */
    assert_ok(ledger, toy_load(open_read.txn, TOY_CUSTOMERS, "c3", values, 2, &ledger->error));
    assert_int_equal(values[0], 1);
    view_end_read(&open_read);
    view_close(view);
}

int main(void) {
    enum { ROW_COUNT = sizeof rows / sizeof rows[0] };
    const struct CMUnitTest plain[] = {
        cmocka_unit_test_setup_teardown(it_opens_with_nothing_there, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(an_empty_journal_gives_an_empty_view, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_read_sees_one_position, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_read_too_far_ahead_is_behind, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(its_status_says_how_far_it_is, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(read_only_it_answers_what_is_there, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(it_is_dirty_while_written_and_clean_when_settled, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(one_that_is_scratch_is_never_called_clean, toy_setup, toy_teardown),
        cmocka_unit_test_setup_teardown(a_query_that_meets_damage_has_it_rebuilt, toy_setup, toy_teardown),
    };
    struct CMUnitTest tests[ROW_COUNT];
    for (size_t i = 0; i < ROW_COUNT; i++) {
        tests[i] = (struct CMUnitTest){rows[i].name, check_row, toy_setup, toy_teardown, NULL};
    }
    current_row = rows;
    int failures = cmocka_run_group_tests_name("view", plain, NULL, NULL);
    return failures + cmocka_run_group_tests_name("view, reopened after", tests, NULL, NULL);
}
