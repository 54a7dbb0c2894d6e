/*
 * Rows as CSV, as JSON lines or as Parquet, behind one door (column.h says how
 * each writes a type).
 *
 * CSV is RFC 4180 with a header: null is an empty field, an empty text is "".
 * JSON lines: one object a row with every column, null as null; amounts are
 * strings, so that no reader makes floating point of them.
 */
#ifndef DAYBOOK_TOOLS_ROW_WRITER_H
#define DAYBOOK_TOOLS_ROW_WRITER_H

#include "tools/parquet_file.h"

enum row_format { ROWS_CSV, ROWS_JSONL, ROWS_PARQUET };

/* False: there is no such format. */
bool row_format_named(const char *name, enum row_format *format);
const char *row_format_name(enum row_format format); /* "parquet"; also how a file's name ends. */

struct row_writer {
    enum row_format format;
    const struct column *columns; /* Borrowed. */
    size_t column_count;
    struct byte_sink sink;
    struct parquet_file *parquet;
    struct daybook_buffer line;
    uint64_t row_count;
};

/* `compressor` is Parquet's, borrowed. After any result: row_writer_release. */
DAYBOOK_MUST_USE enum daybook_status row_writer_open(struct row_writer *writer, enum row_format format,
                                                     const struct column *columns, size_t column_count,
                                                     struct compressor *compressor, struct byte_sink sink,
                                                     struct daybook_error *error);
void row_writer_release(struct row_writer *writer);

/* One cell a column. */
DAYBOOK_MUST_USE enum daybook_status row_writer_add(struct row_writer *writer, const struct cell *cells,
                                                    struct daybook_error *error);

/* What is held in memory, and writing it out. */
size_t row_writer_bytes(const struct row_writer *writer);
DAYBOOK_MUST_USE enum daybook_status row_writer_flush(struct row_writer *writer, struct daybook_error *error);

/* Nothing may follow. `notes` stand in a Parquet file's footer; the other formats have no place for them. */
DAYBOOK_MUST_USE enum daybook_status row_writer_end(struct row_writer *writer, const struct parquet_note *notes,
                                                    size_t note_count, struct daybook_error *error);

#endif
