/* Which marks make a generation trusted. */
#include "projection/mark.h"

#include "toy.h"

struct row {
    const char *name;
    const char *mark; /* The file's text; NULL = no file. */
    bool is_given_up;
    enum mark expected;
};

static const struct row rows[] = {
    {"no mark", NULL, false, MARK_NONE},
    {"clean", "clean\n", false, MARK_CLEAN},
    {"dirty in this boot", "dirty this-boot\n", false, MARK_DIRTY},
    {"dirty in another boot", "dirty 00000000-0000-0000-0000-000000000000\n", false, MARK_SUSPECT},
    {"an empty mark", "", false, MARK_SUSPECT},
    {"dirty a second time", "again this-boot\n", false, MARK_AGAIN},
    {"a second time, of another boot", "again other-boot\n", false, MARK_SUSPECT},
    {"a mark cut short", "dirty this-bo", false, MARK_SUSPECT},
    {"nonsense", "cleanish\n", false, MARK_SUSPECT},
    {"given up though clean", "clean\n", true, MARK_DAMAGED},
    {"given up without a mark", NULL, true, MARK_DAMAGED},
};

static void write_file(const char *directory, const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void check_row(void **state) {
    const struct row *row = *state;
    char directory[] = "/tmp/daybook-mark-XXXXXX";
    struct mark_boot boot = {"this-boot"};
    assert_non_null(mkdtemp(directory));
    if (row->mark != NULL) {
        write_file(directory, "mark", row->mark);
    }
    if (row->is_given_up) {
        mark_write_damaged(directory, "a test");
    }
    assert_int_equal(mark_read(directory, &boot), row->expected);
    toy_remove(directory);
}

static void what_is_written_is_read(void **state) {
    char directory[] = "/tmp/daybook-mark-XXXXXX";
    struct mark_boot boot;
    struct daybook_error error;
    (void)state;
    mark_boot_read(&boot);
    assert_non_null(mkdtemp(directory));
    assert_int_equal(mark_write_dirty(directory, &boot, &error), DAYBOOK_OK);
    assert_int_equal(mark_read(directory, &boot), MARK_DIRTY);
    assert_int_equal(mark_write_clean(directory, &error), DAYBOOK_OK);
    assert_int_equal(mark_read(directory, &boot), MARK_CLEAN);
    mark_write_damaged(directory, "a test");
    assert_int_equal(mark_write_clean(directory, &error), DAYBOOK_OK);
    assert_int_equal(mark_read(directory, &boot), MARK_DAMAGED);
    toy_remove(directory);
    assert_int_equal(mark_write_dirty(directory, &boot, &error), DAYBOOK_NOT_FOUND);
    assert_non_null(strstr(error.message, directory));
}

static void an_unknown_boot_is_no_boot(void **state) {
    char directory[] = "/tmp/daybook-mark-XXXXXX";
    struct mark_boot boot = {""};
    (void)state;
    assert_non_null(mkdtemp(directory));
    assert_int_equal(mark_write_dirty(directory, &boot, NULL), DAYBOOK_OK);
    assert_int_equal(mark_read(directory, &boot), MARK_SUSPECT);
    toy_remove(directory);
}

int main(void) {
    enum { ROW_COUNT = sizeof rows / sizeof rows[0] };
    struct CMUnitTest tests[ROW_COUNT + 2];
    for (size_t i = 0; i < ROW_COUNT; i++) {
        tests[i] = (struct CMUnitTest){rows[i].name, check_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    }
    tests[ROW_COUNT] = (struct CMUnitTest)cmocka_unit_test(what_is_written_is_read);
    tests[ROW_COUNT + 1] = (struct CMUnitTest)cmocka_unit_test(an_unknown_boot_is_no_boot);
    return cmocka_run_group_tests_name("mark", tests, NULL, NULL);
}
