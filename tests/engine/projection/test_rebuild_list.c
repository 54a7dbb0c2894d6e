/* What a rebuild finds of one that was broken off: its own list, and no other. */
#include "projection/rebuild_list.h"

#include "base/small_file.h"
#include "tests/engine/store/place.h"
#include "tests/rows.h"

struct row {
    const char *name;
    const char *text; /* Of the file; NULL: there is none. */
    bool is_built[3];
};

static const char *const names[] = {"aging", "balance", "lots"};

static const struct row rows[] = {
    {"no list", NULL, {false, false, false}},
    {"the first is built", "built aging\nleft  balance\nleft  lots\n", {true, false, false}},
    {"two are built", "built aging\nbuilt balance\nleft  lots\n", {true, true, false}},
    {"of fewer views", "built aging\nleft  balance\n", {false, false, false}},
    {"of more views", "built aging\nleft  balance\nleft  lots\nleft  trial\n", {false, false, false}},
    {"of others", "built aging\nbuilt balances\nleft  lots\n", {false, false, false}},
    {"in another order", "built balance\nleft  aging\nleft  lots\n", {false, false, false}},
    {"cut short", "built aging\nbuilt balance\nleft  lo", {false, false, false}},
    {"cut before the end of its last line", "built aging\nbuilt balance\nleft  lots", {false, false, false}},
    {"empty", "", {false, false, false}},
    {"nonsense", "\n\n\n", {false, false, false}},
};

static void begin(char directory[PLACE_SIZE], char path[PLACE_SIZE + 32]) {
    strcpy(directory, "/tmp/daybook-test-XXXXXX");
    assert_non_null(mkdtemp(directory));
    snprintf(path, PLACE_SIZE + 32, "%s/views", directory);
    assert_int_equal(mkdir(path, 0777), 0);
    snprintf(path, PLACE_SIZE + 32, "%s/views/rebuilding", directory);
}

static void check_row(void **state) {
    const struct row *row = *state;
    char directory[PLACE_SIZE];
    char path[PLACE_SIZE + 32];
    bool is_built[] = {true, true, true};
    begin(directory, path);
    if (row->text != NULL) {
        struct daybook_bytes text = {(const uint8_t *)row->text, strlen(row->text)};
        assert_int_equal(small_file_write(path, text, SMALL_FILE_PUBLIC, SMALL_FILE_NEW, NULL), DAYBOOK_OK);
    }
    assert_int_equal(rebuild_list_read(directory, names, 3, is_built, NULL), DAYBOOK_OK);
    assert_memory_equal(is_built, row->is_built, sizeof is_built);
    place_remove(directory);
}

static void what_is_written_is_read(void **state) {
    (void)state;
    char directory[PLACE_SIZE];
    char path[PLACE_SIZE + 32];
    begin(directory, path);
    for (unsigned bits = 0; bits < 8; bits++) {
        const bool written[] = {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
        bool is_built[] = {true, true, true};
        const bool none[] = {false, false, false};
        assert_int_equal(rebuild_list_write(directory, names, 3, written, NULL), DAYBOOK_OK);
        assert_int_equal(rebuild_list_read(directory, names, 3, is_built, NULL), DAYBOOK_OK);
        assert_memory_equal(is_built, bits == 7 ? none : written, sizeof is_built);
        assert_int_equal(access(path, F_OK) == 0, bits != 7);
    }
    /* All are built, and nothing was kept: nothing to take away. */
    assert_int_equal(rebuild_list_write(directory, names, 3, (const bool[]){true, true, true}, NULL), DAYBOOK_OK);
    place_remove(directory);
    struct daybook_error error;
    assert_int_not_equal(rebuild_list_write(directory, names, 3, (const bool[]){true, false, false}, &error),
                         DAYBOOK_OK);
    assert_non_null(strstr(error.message, "rebuilding"));
}

int main(void) {
    static struct rows tests;
    ROWS_ADD_TABLE(&tests, rows, check_row);
    rows_add(&tests, "what is written is read", what_is_written_is_read, NULL);
    return rows_run("rebuild list", &tests);
}
