/* A Parquet file as a whole: its ends, its memory, its bytes. That it can be read is for readers to say (tests/tables).
 */
#include <stdlib.h>
#include <string.h>

#include "tests/rows.h"

#include "base/bytes.h"
#include "tools/parquet_file.h"

static const struct column columns[] = {
    {"number", COLUMN_WHOLE, false, ""},
    {"text", COLUMN_TEXT, true, ""},
};

struct output {
    struct daybook_buffer bytes;
    size_t limit_bytes; /* Writing past it fails; 0 = never. */
};

static enum daybook_status take(void *context, struct daybook_bytes bytes, struct daybook_error *error) {
    struct output *output = context;
    if (output->limit_bytes > 0 && output->bytes.size + bytes.size > output->limit_bytes) {
        return daybook_fail(error, DAYBOOK_IO, "the disk is full");
    }
    return daybook_buffer_append(&output->bytes, bytes.data, bytes.size);
}

static enum daybook_status write_file(struct output *output, int rows, size_t text_size, size_t *most) {
    struct compressor *compressor = compressor_open();
    struct byte_sink sink = {take, output};
    struct parquet_file *file = NULL;
    char *text = calloc(1, text_size + 1);
    uint32_t x = 7;
    assert_non_null(compressor);
    assert_non_null(text);
    enum daybook_status status = parquet_file_open(columns, ROW_COUNT(columns), compressor, sink, &file, NULL);
    for (int i = 0; i < rows && status == DAYBOOK_OK; i++) {
        for (size_t at = 0; at < text_size; at++) {
            x = x * 1664525 + 1013904223;
            text[at] = (char)('!' + (x >> 24) % 90);
        }
        struct cell cells[] = {{.number = i}, {.text = text, .is_null = i % 3 == 0}};
        status = parquet_file_add(file, cells, NULL);
        size_t held = parquet_file_bytes(file);
        *most = held > *most ? held : *most;
    }
    if (status == DAYBOOK_OK) {
        status = parquet_file_end(file, NULL, 0, NULL);
    }
    parquet_file_close(file);
    compressor_close(compressor);
    free(text);
    return status;
}

static void has_both_ends(const struct output *output) {
    const uint8_t *end = output->bytes.data + output->bytes.size;
    assert_true(output->bytes.size > 12);
    assert_memory_equal(output->bytes.data, "PAR1", 4);
    assert_memory_equal(end - 4, "PAR1", 4);
    assert_true(load_le32(end - 8) + 12 <= output->bytes.size);
    assert_int_equal(*(end - 8 - load_le32(end - 8)), 0x15); /* FileMetaData begins with its version, an i32. */
    assert_int_equal(*(end - 9), 0);                         /* And ends as a struct does. */
}

static void no_rows(void **state) {
    (void)state;
    struct output output = {0};
    size_t most = 0;
    assert_int_equal(write_file(&output, 0, 0, &most), DAYBOOK_OK);
    has_both_ends(&output);
    assert_int_equal(load_le32(output.bytes.data + output.bytes.size - 8) + 12, output.bytes.size);
    daybook_buffer_release(&output.bytes);
}

static void same_rows_same_bytes(void **state) {
    (void)state;
    struct output a = {0};
    struct output b = {0};
    size_t most = 0;
    assert_int_equal(write_file(&a, 5000, 20, &most), DAYBOOK_OK);
    assert_int_equal(write_file(&b, 5000, 20, &most), DAYBOOK_OK);
    has_both_ends(&a);
    assert_true(daybook_bytes_equal(daybook_buffer_view(&a.bytes), daybook_buffer_view(&b.bytes)));
    daybook_buffer_release(&a.bytes);
    daybook_buffer_release(&b.bytes);
}

/* 100 MB that hardly become smaller: a row group at a time is held, and no more. */
static void memory_has_a_bound(void **state) {
    (void)state;
    struct output output = {0};
    size_t most = 0;
    assert_int_equal(write_file(&output, 10000, 15000, &most), DAYBOOK_OK);
    has_both_ends(&output);
    assert_true(output.bytes.size > (size_t)60 << 20);
    assert_true(most < ROW_GROUP_BYTES + ((size_t)6 << 20));
    daybook_buffer_release(&output.bytes);
}

static void a_full_disk_is_said(void **state) {
    (void)state;
    for (size_t limit = 1; limit < 1500; limit += 13) {
        struct output output = {.limit_bytes = limit};
        size_t most = 0;
        assert_int_equal(write_file(&output, 100, 20, &most), DAYBOOK_IO);
        daybook_buffer_release(&output.bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_rows),
        cmocka_unit_test(same_rows_same_bytes),
        cmocka_unit_test(memory_has_a_bound),
        cmocka_unit_test(a_full_disk_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
