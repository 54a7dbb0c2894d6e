/* engine/store/table.c: rows and cursors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/store.h"
#include "tests/engine/store/place.h"

struct fixture {
    char *place;
    struct store *store;
    struct store_txn *txn; /* For writing. */
};

static int set_up(void **state) {
    static const char *const names[] = {"rows", "others"};
    const struct store_options options = {.tables = names, .table_count = 2, .may_create = true};
    static struct fixture fixture;
    void *place = NULL;
    int code = place_set_up(&place);
    fixture = (struct fixture){.place = place};
    *state = &fixture;
    return code != 0 || store_open(place, &options, &fixture.store, NULL) != DAYBOOK_OK ||
           store_begin_write(fixture.store, &fixture.txn, NULL) != DAYBOOK_OK;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;
    void *place = fixture->place;
    store_abort(fixture->txn);
    store_close(fixture->store);
    return place_tear_down(&place);
}

static struct daybook_bytes text(const char *text_) {
    return daybook_bytes_of_text(text_);
}

static struct store_txn *txn_of(void **state) {
    return ((struct fixture *)*state)->txn;
}

static void put(struct store_txn *txn, const char *key, const char *value) {
    assert_int_equal(table_put(txn, 0, text(key), text(value), NULL), DAYBOOK_OK);
}

/* The row's key and value as "key=value"; "-" when it is not valid. */
static const char *shown(const struct table_row *row) {
    static char shown_text[64];
    if (!row->is_valid) {
        return "-";
    }
    snprintf(shown_text, sizeof shown_text, "%.*s=%.*s", (int)row->key.size, (const char *)row->key.data,
             (int)row->value.size, (const char *)row->value.data);
    return shown_text;
}

static void test_put_get_delete(void **state) {
    struct store_txn *txn = txn_of(state);
    struct daybook_bytes value;
    bool is = true;
    assert_int_equal(table_get(txn, 0, text("a"), &value, &is, NULL), DAYBOOK_OK);
    assert_false(is);
    put(txn, "a", "1");
    put(txn, "a", "22");
    assert_int_equal(table_get(txn, 0, text("a"), &value, &is, NULL), DAYBOOK_OK);
    assert_true(is && daybook_bytes_equal(value, text("22")));
    assert_int_equal(table_get(txn, 1, text("a"), &value, &is, NULL), DAYBOOK_OK);
    assert_false(is); /* Tables do not share rows. */
    assert_int_equal(table_delete(txn, 0, text("a"), &is, NULL), DAYBOOK_OK);
    assert_true(is);
    assert_int_equal(table_delete(txn, 0, text("a"), &is, NULL), DAYBOOK_OK);
    assert_false(is);
    put(txn, "empty", "");
    assert_int_equal(table_get(txn, 0, text("empty"), &value, &is, NULL), DAYBOOK_OK);
    assert_true(is && value.size == 0);
}

static void test_append(void **state) {
    struct store_txn *txn = txn_of(state);
    struct daybook_error error = {0};
    assert_int_equal(table_append(txn, 0, text("b"), text("1"), NULL), DAYBOOK_OK);
    assert_int_equal(table_append(txn, 0, text("c"), text("2"), NULL), DAYBOOK_OK);
    assert_int_equal(table_append(txn, 0, text("c"), text("3"), &error), DAYBOOK_INVALID);
    assert_true(strlen(error.message) > 0);
}

static void test_reserve(void **state) {
    struct store_txn *txn = txn_of(state);
    uint8_t *room = NULL;
    struct daybook_bytes value;
    bool is_found = false;
    assert_int_equal(table_reserve(txn, 0, text("r"), 5, &room, NULL), DAYBOOK_OK);
    memcpy(room, "12345", 5);
    assert_int_equal(table_get(txn, 0, text("r"), &value, &is_found, NULL), DAYBOOK_OK);
    assert_true(is_found && daybook_bytes_equal(value, text("12345")));
}

static void test_key_sizes(void **state) {
    static char longest[600];
    struct store_txn *txn = txn_of(state);
    memset(longest, 'k', sizeof longest);
    longest[511] = '\0';
    put(txn, longest, "1");
    longest[511] = 'k';
    longest[512] = '\0';
    assert_int_equal(table_put(txn, 0, text(longest), text("1"), NULL), DAYBOOK_INVALID);
}

static void test_count_and_clear(void **state) {
    struct store_txn *txn = txn_of(state);
    uint64_t count = 99;
    assert_int_equal(table_count(txn, 0, &count, NULL), DAYBOOK_OK);
    assert_int_equal(count, 0);
    put(txn, "a", "1");
    put(txn, "b", "2");
    assert_int_equal(table_put(txn, 1, text("x"), text("9"), NULL), DAYBOOK_OK);
    assert_int_equal(table_count(txn, 0, &count, NULL), DAYBOOK_OK);
    assert_int_equal(count, 2);
    assert_int_equal(table_clear(txn, 0, NULL), DAYBOOK_OK);
    assert_int_equal(table_count(txn, 0, &count, NULL), DAYBOOK_OK);
    assert_int_equal(count, 0);
    assert_int_equal(table_count(txn, 1, &count, NULL), DAYBOOK_OK);
    assert_int_equal(count, 1);
}

/* Rows b, d, f. Steps of a script: a key seeks, "<" and a key seeks back, "+" is next, "p" is previous. */
struct walk {
    const char *name;
    const char *steps[6];
    const char *seen[6];
};

static const struct walk walks[] = {
    {"seek meets the key", {"d"}, {"d=4"}},
    {"seek goes to the next", {"c"}, {"d=4"}},
    {"seek before all", {"a"}, {"b=2"}},
    {"seek past all", {"g"}, {"-"}},
    {"seek with no key is the first", {""}, {"b=2"}},
    {"back meets the key", {"<d"}, {"d=4"}},
    {"back goes to the one before", {"<e"}, {"d=4"}},
    {"back before all", {"<a"}, {"-"}},
    {"back past all", {"<g"}, {"f=6"}},
    {"back to the first", {"<b"}, {"b=2"}},
    {"back to a key that another starts with", {"<dd"}, {"d=4"}},
    {"back with no key is the last", {"<"}, {"f=6"}},
    {"a new cursor starts before the first", {"+", "+"}, {"b=2", "d=4"}},
    {"there is nothing before the start", {"p", "+"}, {"-", "b=2"}},
    {"forth and back", {"b", "+", "p"}, {"b=2", "d=4", "b=2"}},
    {"over the end and back", {"f", "+", "+", "p", "p"}, {"f=6", "-", "-", "f=6", "d=4"}},
    {"over the start and back", {"b", "p", "p", "+", "+"}, {"b=2", "-", "-", "b=2", "d=4"}},
    {"past all, then back", {"g", "p"}, {"-", "f=6"}},
    {"before all, then forth", {"<a", "+"}, {"-", "b=2"}},
};

static void test_walks(void **state) {
    struct store_txn *txn = txn_of(state);
    put(txn, "b", "2");
    put(txn, "d", "4");
    put(txn, "f", "6");
    for (size_t r = 0; r < sizeof walks / sizeof *walks; r++) {
        const struct walk *walk = &walks[r];
        print_message("  %s\n", walk->name);
        struct table_cursor *cursor = NULL;
        assert_int_equal(cursor_open(txn, 0, &cursor, NULL), DAYBOOK_OK);
        for (int i = 0; i < 6 && walk->steps[i] != NULL; i++) {
            const char *step = walk->steps[i];
            struct table_row row;
            enum daybook_status status;
            if (strcmp(step, "+") == 0) {
                status = cursor_next(cursor, &row, NULL);
            } else if (strcmp(step, "p") == 0) {
                status = cursor_previous(cursor, &row, NULL);
            } else if (step[0] == '<') {
                status = cursor_seek_back(cursor, text(step + 1), &row, NULL);
            } else {
                status = cursor_seek(cursor, text(step), &row, NULL);
            }
            assert_int_equal(status, DAYBOOK_OK);
            assert_string_equal(shown(&row), walk->seen[i]);
        }
        cursor_close(cursor);
    }
}

static void test_empty_table(void **state) {
    struct table_cursor *cursor = NULL;
    struct table_row row;
    assert_int_equal(cursor_open(txn_of(state), 0, &cursor, NULL), DAYBOOK_OK);
    assert_int_equal(cursor_seek(cursor, text(""), &row, NULL), DAYBOOK_OK);
    assert_false(row.is_valid);
    assert_int_equal(cursor_seek_back(cursor, text(""), &row, NULL), DAYBOOK_OK);
    assert_false(row.is_valid);
    assert_int_equal(cursor_seek_back(cursor, text("a"), &row, NULL), DAYBOOK_OK);
    assert_false(row.is_valid);
    assert_int_equal(cursor_next(cursor, &row, NULL), DAYBOOK_OK);
    assert_false(row.is_valid);
    cursor_close(cursor);
}

/* Every third row is deleted while a cursor walks over them; all others are seen once and in order. */
static void test_delete_while_walking(void **state) {
    enum { ROWS = 3000 };
    struct store_txn *txn = txn_of(state);
    struct table_cursor *cursor = NULL;
    struct table_row row;
    char key[16];
    for (int i = 0; i < ROWS; i++) {
        snprintf(key, sizeof key, "%05d", i);
        put(txn, key, "a value of some length");
    }
    assert_int_equal(cursor_open(txn, 0, &cursor, NULL), DAYBOOK_OK);
    int seen = 0;
    assert_int_equal(cursor_seek(cursor, text(""), &row, NULL), DAYBOOK_OK);
    while (row.is_valid) {
        snprintf(key, sizeof key, "%05d", seen);
        assert_memory_equal(row.key.data, key, 5);
        if (seen % 3 == 0) {
            bool was_found = false;
            assert_int_equal(table_delete(txn, 0, text(key), &was_found, NULL), DAYBOOK_OK);
            assert_true(was_found);
        }
        seen++;
        assert_int_equal(cursor_next(cursor, &row, NULL), DAYBOOK_OK);
    }
    assert_int_equal(seen, ROWS);
    cursor_close(cursor);
    uint64_t left = 0;
    assert_int_equal(table_count(txn, 0, &left, NULL), DAYBOOK_OK);
    assert_int_equal(left, ROWS - 1000);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(test_put_get_delete),  FRESH(test_append), FRESH(test_reserve),     FRESH(test_key_sizes),
        FRESH(test_count_and_clear), FRESH(test_walks),  FRESH(test_empty_table), FRESH(test_delete_while_walking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
