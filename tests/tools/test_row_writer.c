/* One row as CSV and as JSON lines. */
#include <stdio.h>
#include <string.h>

#include "tests/rows.h"

#include "tools/row_writer.h"

static const struct column columns[] = {
    {"text", COLUMN_TEXT, true, ""}, {"whole", COLUMN_WHOLE, true, ""}, {"amount", COLUMN_AMOUNT, true, ""},
    {"flag", COLUMN_FLAG, true, ""}, {"day", COLUMN_DATE, true, ""},    {"at", COLUMN_INSTANT, true, ""},
};

enum { COLUMNS = ROW_COUNT(columns) };

#define NOTHING                                                                                                        \
    { .is_null = true }

struct printing {
    const char *name;
    struct cell cells[COLUMNS];
    const char *csv;
    const char *json;
};

static const struct printing printings[] = {
    {"null everywhere",
     {NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING},
     ",,,,,",
     "{\"text\":null,\"whole\":null,\"amount\":null,\"flag\":null,\"day\":null,\"at\":null}"},
    {"nothing is not null",
     {{.text = ""}, {0}, {0}, {0}, {0}, {0}},
     "\"\",0,0,false,1970-01-01,1970-01-01T00:00:00.000000Z",
     "{\"text\":\"\",\"whole\":0,\"amount\":\"0\",\"flag\":false,\"day\":\"1970-01-01\","
     "\"at\":\"1970-01-01T00:00:00.000000Z\"}"},
    {"extremes",
     {{.text = "x"},
      {.number = INT64_MIN},
      {.number = INT64_MIN, .decimals = 4},
      {.number = 1},
      {.number = 2932896},
      {.number = 1}},
     "x,-9223372036854775808,-922337203685477.5808,true,9999-12-31,1970-01-01T00:00:00.000001Z",
     "{\"text\":\"x\",\"whole\":-9223372036854775808,\"amount\":\"-922337203685477.5808\",\"flag\":true,"
     "\"day\":\"9999-12-31\",\"at\":\"1970-01-01T00:00:00.000001Z\"}"},
    {"quotes, commas and lines",
     {{.text = "say \"hi\",\nthen \\"}, NOTHING, {.number = -5, .decimals = 2}, NOTHING, NOTHING, NOTHING},
     "\"say \"\"hi\"\",\nthen \\\",,-0.05,,,",
     "{\"text\":\"say \\\"hi\\\",\\nthen \\\\\",\"whole\":null,\"amount\":\"-0.05\",\"flag\":null,\"day\":null,"
     "\"at\":null}"},
    {"a space in front, and Chinese",
     {{.text = " \xE4\xBD\x99\xE9\xA2\x9D"}, NOTHING, {.number = 7, .decimals = 0}, NOTHING, NOTHING, NOTHING},
     "\" \xE4\xBD\x99\xE9\xA2\x9D\",,7,,,",
     "{\"text\":\" \xE4\xBD\x99\xE9\xA2\x9D\",\"whole\":null,\"amount\":\"7\",\"flag\":null,\"day\":null,\"at\":null}"},
};

static enum daybook_status take(void *context, struct daybook_bytes bytes, struct daybook_error *error) {
    (void)error;
    return daybook_buffer_append(context, bytes.data, bytes.size);
}

static void printed_is(const struct printing *row, enum row_format format, const char *head, const char *line,
                       const char *end) {
    struct row_writer writer;
    struct daybook_buffer out = {0};
    char expected[512];
    struct byte_sink sink = {take, &out};
    assert_int_equal(row_writer_open(&writer, format, columns, COLUMNS, NULL, sink, NULL), DAYBOOK_OK);
    assert_int_equal(row_writer_add(&writer, row->cells, NULL), DAYBOOK_OK);
    assert_int_equal(row_writer_end(&writer, NULL, 0, NULL), DAYBOOK_OK);
    assert_int_equal(writer.row_count, 1);
    row_writer_release(&writer);
    assert_int_equal(daybook_buffer_append(&out, "", 1), DAYBOOK_OK);
    (void)snprintf(expected, sizeof expected, "%s%s%s", head, line, end);
    assert_string_equal((const char *)out.data, expected);
    daybook_buffer_release(&out);
}

static void prints(void **state) {
    const struct printing *row = *state;
    printed_is(row, ROWS_CSV, "text,whole,amount,flag,day,at\r\n", row->csv, "\r\n");
    printed_is(row, ROWS_JSONL, "", row->json, "\n");
}

static void formats_have_names(void **state) {
    (void)state;
    enum row_format format;
    assert_true(row_format_named("parquet", &format) && format == ROWS_PARQUET);
    assert_true(row_format_named("csv", &format) && format == ROWS_CSV);
    assert_true(row_format_named("jsonl", &format) && format == ROWS_JSONL);
    assert_false(row_format_named("json", &format));
    assert_false(row_format_named("", &format));
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, printings, prints);
    rows_add(&rows, "formats have names", formats_have_names, NULL);
    return rows_run("row writer", &rows);
}
