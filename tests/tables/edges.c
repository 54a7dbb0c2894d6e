/*
 * Rows at the edges of every type, in every format, for readers that nobody here wrote:
 *
 *   edges DIR     writes DIR/edges.FORMAT (what tables.test.js lists again) and DIR/many.FORMAT: 300 000 rows,
 *                 of which more than one row group is made
 */
#include <stdio.h>
#include <stdlib.h>

#include "tools/row_writer.h"

static const struct column columns[] = {
    {"text", COLUMN_TEXT, false, ""},       {"text_or_null", COLUMN_TEXT, true, ""},
    {"whole", COLUMN_WHOLE, false, ""},     {"whole_or_null", COLUMN_WHOLE, true, ""},
    {"amount", COLUMN_AMOUNT, false, ""},   {"amount_or_null", COLUMN_AMOUNT, true, ""},
    {"flag", COLUMN_FLAG, false, ""},       {"flag_or_null", COLUMN_FLAG, true, ""},
    {"day", COLUMN_DATE, false, ""},        {"day_or_null", COLUMN_DATE, true, ""},
    {"instant", COLUMN_INSTANT, false, ""}, {"instant_or_null", COLUMN_INSTANT, true, ""},
};

enum { COLUMN_COUNT = sizeof columns / sizeof *columns, MANY_ROWS = 300000 };

struct edge {
    const char *text;
    int64_t whole;
    int64_t minor;
    uint8_t decimals;
    bool flag;
    int32_t day;
    int64_t instant_us;
    bool is_null; /* Of every column that can be. */
};

static const struct edge edges[] = {
    {"", 0, 0, 0, false, 0, 0, false},
    {"余额 有限公司", INT64_MAX, INT64_MAX, 0, true, 2932896, 253402300799999999, false},
    {"say \"hi\", and\r\n\tthen \\ 'go'", INT64_MIN, INT64_MIN, 4, false, 1, 1, true},
    {" both ends ", -1, -1, 2, true, 19782, 1709229599123456, false},
    {"null", 1, INT64_MIN, 0, false, 19783, -1, false},
    {"😀\xC2\x80\xEF\xBF\xBF", 9007199254740993, 9007199254740993, 3, true, 20000, 1709229600000000, true},
};

static enum daybook_status write_bytes(void *context, struct daybook_bytes bytes, struct daybook_error *error) {
    FILE *stream = context;
    return fwrite(bytes.data, 1, bytes.size, stream) == bytes.size
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_IO, "the file takes no more");
}

static enum daybook_status add(struct row_writer *writer, const struct edge *edge, struct daybook_error *error) {
    const struct cell values[] = {
        {.text = edge->text},   {.number = edge->whole}, {.number = edge->minor, .decimals = edge->decimals},
        {.number = edge->flag}, {.number = edge->day},   {.number = edge->instant_us},
    };
    struct cell cells[COLUMN_COUNT];
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        cells[i] = values[i / 2];
        cells[i].is_null = i % 2 == 1 && edge->is_null;
    }
    return row_writer_add(writer, cells, error);
}

static enum daybook_status add_edges(struct row_writer *writer, struct daybook_error *error) {
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        DAYBOOK_TRY(add(writer, &edges[i], error));
    }
    return DAYBOOK_OK;
}

static enum daybook_status add_many(struct row_writer *writer, struct daybook_error *error) {
    for (int32_t i = 0; i < MANY_ROWS; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "row %d", (int)i);
        struct edge edge = {text, i, (int64_t)i * 100 - 1, 2, i % 2 == 1, i % 20000, (int64_t)i * 1000003, i % 7 == 0};
        DAYBOOK_TRY(add(writer, &edge, error));
    }
    return DAYBOOK_OK;
}

static void write_file(const char *directory, const char *name, enum row_format format,
                       enum daybook_status (*rows)(struct row_writer *, struct daybook_error *)) {
    struct daybook_error error = {0};
    struct row_writer writer = {0};
    struct compressor *compressor = compressor_open();
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s.%s", directory, name, row_format_name(format));
    FILE *stream = fopen(path, "wb");
    struct byte_sink sink = {write_bytes, stream};
    enum daybook_status status =
        stream == NULL || compressor == NULL
            ? daybook_fail(&error, DAYBOOK_IO, "%s cannot be opened", path)
            : row_writer_open(&writer, format, columns, COLUMN_COUNT, compressor, sink, &error);
    if (status == DAYBOOK_OK) {
        status = rows(&writer, &error);
    }
    if (status == DAYBOOK_OK) {
        const struct parquet_note notes[] = {{"daybook.table", "边缘"}};
        status = row_writer_end(&writer, notes, 1, &error);
    }
    row_writer_release(&writer);
    compressor_close(compressor);
    if (status != DAYBOOK_OK || fclose(stream) != 0) {
        (void)fprintf(stderr, "edges: %s\n", error.message);
        exit(1);
    }
}

int main(int argc, char **argv) {
    if (argc != 2) {
        (void)fputs("usage: edges DIR\n", stderr);
        return 2;
    }
    for (int format = ROWS_CSV; format <= ROWS_PARQUET; format++) {
        write_file(argv[1], "edges", (enum row_format)format, add_edges);
        write_file(argv[1], "many", (enum row_format)format, add_many);
    }
    return 0;
}
