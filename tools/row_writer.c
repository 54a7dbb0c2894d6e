/* Rows as CSV, as JSON lines or as Parquet. */
#include "tools/row_writer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "tools/json_message.h"

enum { LINE_FLUSH_BYTES = 64 << 10, VALUE_TEXT_SIZE = 64 };

static const char *const format_names[] = {[ROWS_CSV] = "csv", [ROWS_JSONL] = "jsonl", [ROWS_PARQUET] = "parquet"};

bool row_format_named(const char *name, enum row_format *format) {
    for (size_t i = 0; i < sizeof format_names / sizeof *format_names; i++) {
        if (strcmp(name, format_names[i]) == 0) {
            *format = (enum row_format)i;
            return true;
        }
    }
    return false;
}

const char *row_format_name(enum row_format format) {
    return format_names[format];
}

static enum daybook_status append(struct row_writer *writer, const char *text) {
    return daybook_buffer_append(&writer->line, text, strlen(text));
}

/* A date past what text can hold stands as its number of days: no ledger has one. */
static const char *value_text(const struct column *column, const struct cell *cell, char text[VALUE_TEXT_SIZE]) {
    switch (column->type) {
    case COLUMN_AMOUNT:
        return decimal_format(cell->number, cell->decimals, text);
    case COLUMN_FLAG:
        return cell->number != 0 ? "true" : "false";
    case COLUMN_INSTANT:
        return instant_format(cell->number, text);
    case COLUMN_DATE: {
        struct civil civil = date_to_civil((int32_t)cell->number);
        (void)snprintf(text, VALUE_TEXT_SIZE, "%04" PRId32 "-%02" PRId32 "-%02" PRId32, civil.year, civil.month,
                       civil.day);
        return text;
    }
    case COLUMN_WHOLE:
        (void)snprintf(text, VALUE_TEXT_SIZE, "%" PRId64, cell->number);
        return text;
    case COLUMN_TEXT:
        break;
    }
    return cell->text;
}

/* ---- CSV ---- */

/* Quoted where it must be, and where it would be read as null. */
static enum daybook_status append_csv(struct row_writer *writer, const char *text) {
    if (*text != '\0' && *text != ' ' && strpbrk(text, ",\"\r\n") == NULL) {
        return append(writer, text);
    }
    DAYBOOK_TRY(append(writer, "\""));
    for (const char *quote; (quote = strchr(text, '"')) != NULL; text = quote + 1) {
        DAYBOOK_TRY(daybook_buffer_append(&writer->line, text, (size_t)(quote - text)));
        DAYBOOK_TRY(append(writer, "\"\""));
    }
    DAYBOOK_TRY(append(writer, text));
    return append(writer, "\"");
}

static enum daybook_status append_csv_header(struct row_writer *writer) {
    for (size_t i = 0; i < writer->column_count; i++) {
        DAYBOOK_TRY(append(writer, i == 0 ? "" : ","));
        DAYBOOK_TRY(append_csv(writer, writer->columns[i].name));
    }
    return append(writer, "\r\n");
}

static enum daybook_status append_csv_row(struct row_writer *writer, const struct cell *cells) {
    char text[VALUE_TEXT_SIZE];
    for (size_t i = 0; i < writer->column_count; i++) {
        DAYBOOK_TRY(append(writer, i == 0 ? "" : ","));
        if (!cells[i].is_null) {
            DAYBOOK_TRY(append_csv(writer, value_text(&writer->columns[i], &cells[i], text)));
        }
    }
    return append(writer, "\r\n");
}

/* ---- JSON lines ---- */

static enum daybook_status append_json_value(struct row_writer *writer, const struct column *column,
                                             const struct cell *cell) {
    char text[VALUE_TEXT_SIZE];
    if (cell->is_null) {
        return append(writer, "null");
    }
    const char *value = value_text(column, cell, text);
    bool is_bare = column->type == COLUMN_WHOLE || column->type == COLUMN_FLAG;
    return is_bare ? append(writer, value) : json_write_text(&writer->line, value);
}

static enum daybook_status append_json_row(struct row_writer *writer, const struct cell *cells) {
    for (size_t i = 0; i < writer->column_count; i++) {
        DAYBOOK_TRY(append(writer, i == 0 ? "{\"" : ",\""));
        DAYBOOK_TRY(append(writer, writer->columns[i].name)); /* ASCII: it needs no escape. */
        DAYBOOK_TRY(append(writer, "\":"));
        DAYBOOK_TRY(append_json_value(writer, &writer->columns[i], &cells[i]));
    }
    return append(writer, "}\n");
}

/* ---- the door ---- */

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "writing a row: memory was refused");
}

enum daybook_status row_writer_open(struct row_writer *writer, enum row_format format, const struct column *columns,
                                    size_t column_count, struct compressor *compressor, struct byte_sink sink,
                                    struct daybook_error *error) {
    *writer = (struct row_writer){.format = format, .columns = columns, .column_count = column_count, .sink = sink};
    if (format == ROWS_PARQUET) {
        return parquet_file_open(columns, column_count, compressor, sink, &writer->parquet, error);
    }
    bool is_short = format == ROWS_CSV && append_csv_header(writer) != DAYBOOK_OK;
    return is_short ? no_memory(error) : DAYBOOK_OK;
}

void row_writer_release(struct row_writer *writer) {
    parquet_file_close(writer->parquet);
    daybook_buffer_release(&writer->line);
    writer->parquet = NULL;
}

size_t row_writer_bytes(const struct row_writer *writer) {
    return writer->parquet != NULL ? parquet_file_bytes(writer->parquet) : writer->line.size;
}

enum daybook_status row_writer_flush(struct row_writer *writer, struct daybook_error *error) {
    if (writer->parquet != NULL) {
        return parquet_file_flush(writer->parquet, error);
    }
    enum daybook_status status = writer->sink.write(writer->sink.context, daybook_buffer_view(&writer->line), error);
    daybook_buffer_reset(&writer->line);
    return status;
}

enum daybook_status row_writer_add(struct row_writer *writer, const struct cell *cells, struct daybook_error *error) {
    writer->row_count++;
    if (writer->parquet != NULL) {
        return parquet_file_add(writer->parquet, cells, error);
    }
    if ((writer->format == ROWS_CSV ? append_csv_row(writer, cells) : append_json_row(writer, cells)) != DAYBOOK_OK) {
        return no_memory(error);
    }
    return writer->line.size >= LINE_FLUSH_BYTES ? row_writer_flush(writer, error) : DAYBOOK_OK;
}

enum daybook_status row_writer_end(struct row_writer *writer, const struct parquet_note *notes, size_t note_count,
                                   struct daybook_error *error) {
    return writer->parquet != NULL ? parquet_file_end(writer->parquet, notes, note_count, error)
                                   : row_writer_flush(writer, error);
}
