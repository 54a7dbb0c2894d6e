/*
 * A Parquet file, written in one stream: row groups as they fill, the footer
 * last. The format is drawn in parquet_file.c.
 *
 *   PF1  At most one row group is in memory: ROW_GROUP_ROWS rows, or ROW_GROUP_BYTES of them.
 *   PF2  The bytes depend on the rows and the notes alone: no clock, no name of a machine.
 */
#ifndef DAYBOOK_TOOLS_PARQUET_FILE_H
#define DAYBOOK_TOOLS_PARQUET_FILE_H

#include "codec/compress.h"
#include "tools/column.h"

enum { ROW_GROUP_ROWS = 122880, ROW_GROUP_BYTES = 32 << 20 };

/* Where the bytes go, in order. */
struct byte_sink {
    enum daybook_status (*write)(void *context, struct daybook_bytes bytes, struct daybook_error *error);
    void *context;
};

/* What the footer says beside the columns. */
struct parquet_note {
    const char *key;
    const char *value;
};

struct parquet_file;

/* `columns` and `compressor` are borrowed until the end; files that are written in turn may share one.
 * NO_MEMORY, or what the sink says. */
DAYBOOK_MUST_USE enum daybook_status parquet_file_open(const struct column *columns, size_t column_count,
                                                       struct compressor *compressor, struct byte_sink sink,
                                                       struct parquet_file **file, struct daybook_error *error);
void parquet_file_close(struct parquet_file *file); /* Gives back memory; accepts NULL. */

/* One cell a column. */
DAYBOOK_MUST_USE enum daybook_status parquet_file_add(struct parquet_file *file, const struct cell *cells,
                                                      struct daybook_error *error);

/* Writes the row group that is being filled, before it is full. */
DAYBOOK_MUST_USE enum daybook_status parquet_file_flush(struct parquet_file *file, struct daybook_error *error);
size_t parquet_file_bytes(const struct parquet_file *file); /* Held in memory by that row group. */

/* The last row group and the footer; nothing may follow. */
DAYBOOK_MUST_USE enum daybook_status parquet_file_end(struct parquet_file *file, const struct parquet_note *notes,
                                                      size_t note_count, struct daybook_error *error);

#endif
