/* Buffers grow and keep what they hold; bytes compare as memcmp does. */
#include "base/values.h"

#include "tests/rows.h"

static void buffer_starts_empty_and_grows(void **state) {
    (void)state;
    struct daybook_buffer buffer = {0};
    for (int i = 0; i < 10000; i++) {
        uint8_t byte = (uint8_t)(i * 7);
        assert_int_equal(daybook_buffer_append(&buffer, &byte, 1), DAYBOOK_OK);
    }
    assert_int_equal(buffer.size, 10000);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(buffer.data[i], (uint8_t)(i * 7));
    }
    daybook_buffer_release(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer.size, 0);
    assert_int_equal(buffer.capacity, 0);
}

static void reserve_does_not_advance(void **state) {
    (void)state;
    struct daybook_buffer buffer = {0};
    assert_int_equal(daybook_buffer_append(&buffer, "ab", 2), DAYBOOK_OK);
    uint8_t *to = daybook_buffer_reserve(&buffer, 1000);
    assert_non_null(to);
    assert_ptr_equal(to, buffer.data + 2);
    assert_int_equal(buffer.size, 2);
    assert_true(buffer.capacity >= 1002);
    daybook_buffer_release(&buffer);
}

static void nothing_is_appended_from_nowhere(void **state) {
    (void)state;
    struct daybook_buffer buffer = {0};
    assert_int_equal(daybook_buffer_append(&buffer, NULL, 0), DAYBOOK_OK);
    assert_int_equal(buffer.size, 0);
    daybook_buffer_release(&buffer);
    daybook_buffer_release(NULL);
}

static void too_much_is_refused_and_nothing_lost(void **state) {
    (void)state;
    struct daybook_buffer buffer = {0};
    assert_int_equal(daybook_buffer_append(&buffer, "keep", 4), DAYBOOK_OK);
    assert_null(daybook_buffer_reserve(&buffer, SIZE_MAX));
    assert_null(daybook_buffer_reserve(&buffer, SIZE_MAX / 2));
    assert_int_equal(buffer.size, 4);
    assert_memory_equal(buffer.data, "keep", 4);
    daybook_buffer_release(&buffer);
}

static void reset_keeps_the_memory(void **state) {
    (void)state;
    struct daybook_buffer buffer = {0};
    assert_int_equal(daybook_buffer_append(&buffer, "0123456789", 10), DAYBOOK_OK);
    const uint8_t *data = buffer.data;
    daybook_buffer_reset(&buffer);
    assert_int_equal(daybook_buffer_view(&buffer).size, 0);
    assert_int_equal(daybook_buffer_append(&buffer, "x", 1), DAYBOOK_OK);
    assert_ptr_equal(buffer.data, data);
    daybook_buffer_release(&buffer);
}

struct compare_row {
    const char *name;
    const char *a;
    const char *b;
    int order;
};

static const struct compare_row compare_rows[] = {
    {"both empty", "", "", 0},
    {"empty before anything", "", "a", -1},
    {"equal", "abc", "abc", 0},
    {"prefix first", "ab", "abc", -1},
    {"longer last", "abc", "ab", 1},
    {"first difference", "abd", "abc", 1},
    {"bytes are unsigned", "\x7F", "\x80", -1},
};

static void bytes_compare(void **state) {
    const struct compare_row *row = *state;
    struct daybook_bytes a = daybook_bytes_of_text(row->a);
    struct daybook_bytes b = daybook_bytes_of_text(row->b);
    int order = daybook_bytes_compare(a, b);
    assert_int_equal((order > 0) - (order < 0), row->order);
    int opposite = daybook_bytes_compare(b, a);
    assert_int_equal((opposite > 0) - (opposite < 0), -row->order);
    assert_int_equal(daybook_bytes_equal(a, b), row->order == 0);
}

static void bytes_from_nowhere_compare(void **state) {
    (void)state;
    struct daybook_bytes nothing = {0};
    assert_true(daybook_bytes_equal(nothing, daybook_bytes_of_text("")));
    assert_int_equal(daybook_bytes_compare(nothing, nothing), 0);
    assert_true(daybook_bytes_compare(nothing, daybook_bytes_of_text("a")) < 0);
}

int main(void) {
    static struct rows rows;
    rows_add(&rows, "buffer grows", buffer_starts_empty_and_grows, NULL);
    rows_add(&rows, "reserve does not advance", reserve_does_not_advance, NULL);
    rows_add(&rows, "nothing from nowhere", nothing_is_appended_from_nowhere, NULL);
    rows_add(&rows, "too much is refused", too_much_is_refused_and_nothing_lost, NULL);
    rows_add(&rows, "reset keeps memory", reset_keeps_the_memory, NULL);
    ROWS_ADD_TABLE(&rows, compare_rows, bytes_compare);
    rows_add(&rows, "bytes from nowhere", bytes_from_nowhere_compare, NULL);
    return rows_run("values", &rows);
}
