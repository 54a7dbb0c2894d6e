/*
 * A Parquet file (format version 1, parquet.thrift), byte by byte:
 *
 *    "PAR1"
 *    row groups    of each column its pages (parquet_chunk.c), in the order of the columns
 *    FileMetaData  Thrift: the schema; of each row group where its columns are, and their statistics
 *    u32           size of FileMetaData, little-endian
 *    "PAR1"
 *
 * FileMetaData holds what every row group left behind, so it is gathered as they
 * are written: a few hundred bytes a column, once in ROW_GROUP_ROWS rows.
 */
#include "tools/parquet_file.h"

#include <assert.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "tools/parquet_chunk.h"

static const uint8_t magic[] = {'P', 'A', 'R', '1'};

enum { FORMAT_VERSION = 1, CODEC_ZSTD = 6, ENCODING_PLAIN = 0, ENCODING_RLE = 3 };
enum { REPETITION_REQUIRED = 0, REPETITION_OPTIONAL = 1 };
enum { CONVERTED_UTF8 = 0, CONVERTED_DECIMAL = 5, CONVERTED_DATE = 6, CONVERTED_TIMESTAMP_MICROS = 10 };
enum { LOGICAL_STRING = 1, LOGICAL_DECIMAL = 5, LOGICAL_DATE = 6, LOGICAL_TIMESTAMP = 8, UNIT_MICROS = 2 };

struct parquet_file {
    const struct column *columns;
    size_t column_count;
    struct byte_sink sink;
    struct compressor *compressor;
    struct parquet_chunk *chunks; /* One a column. */
    struct daybook_buffer scratch;
    struct daybook_buffer groups; /* The RowGroups that were written, as they stand in the footer. */
    size_t group_count;
    uint64_t offset; /* In the file. */
    uint64_t row_count;
    uint64_t group_rows; /* Of the row group that is being filled. */
};

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "writing a Parquet file: memory was refused");
}

static enum daybook_status put(struct parquet_file *file, struct daybook_bytes bytes, struct daybook_error *error) {
    file->offset += bytes.size;
    return file->sink.write(file->sink.context, bytes, error);
}

enum daybook_status parquet_file_open(const struct column *columns, size_t column_count, struct compressor *compressor,
                                      struct byte_sink sink, struct parquet_file **file, struct daybook_error *error) {
    struct parquet_file *made = calloc(1, sizeof *made);
    *file = made;
    if (made == NULL) {
        return no_memory(error);
    }
    made->columns = columns;
    made->column_count = column_count;
    made->sink = sink;
    made->compressor = compressor;
    made->chunks = calloc(column_count, sizeof *made->chunks);
    if (made->chunks == NULL) {
        parquet_file_close(made);
        *file = NULL;
        return no_memory(error);
    }
    for (size_t i = 0; i < column_count; i++) {
        made->chunks[i].column = &columns[i];
    }
    return put(made, (struct daybook_bytes){magic, sizeof magic}, error);
}

void parquet_file_close(struct parquet_file *file) {
    if (file == NULL) {
        return;
    }
    for (size_t i = 0; file->chunks != NULL && i < file->column_count; i++) {
        parquet_chunk_release(&file->chunks[i]);
    }
    free(file->chunks);
    daybook_buffer_release(&file->scratch);
    daybook_buffer_release(&file->groups);
    free(file);
}

size_t parquet_file_bytes(const struct parquet_file *file) {
    size_t bytes = 0;
    for (size_t i = 0; i < file->column_count; i++) {
        bytes += parquet_chunk_bytes(&file->chunks[i]);
    }
    return bytes;
}

/* Looking at what is held costs a walk over the columns, so not after every row. */
enum { ROWS_BETWEEN_LOOKS = 256 };

enum daybook_status parquet_file_add(struct parquet_file *file, const struct cell *cells, struct daybook_error *error) {
    for (size_t i = 0; i < file->column_count; i++) {
        DAYBOOK_TRY(parquet_chunk_add(&file->chunks[i], &cells[i], file->compressor, &file->scratch, error));
    }
    file->row_count++;
    file->group_rows++;
    bool is_full = file->group_rows >= ROW_GROUP_ROWS ||
                   (file->group_rows % ROWS_BETWEEN_LOOKS == 0 && parquet_file_bytes(file) >= ROW_GROUP_BYTES);
    return is_full ? parquet_file_flush(file, error) : DAYBOOK_OK;
}

/* ---- row groups ---- */

static void describe_chunk(struct thrift *thrift, const struct parquet_chunk *chunk, uint64_t offset) {
    thrift_item_struct(thrift);
    thrift_i64(thrift, 2, (int64_t)offset);
    thrift_struct(thrift, 3); /* ColumnMetaData */
    thrift_i32(thrift, 1, (int32_t)parquet_physical_of(chunk->column->type));
    thrift_list(thrift, 2, THRIFT_I32, 2);
    thrift_item_i32(thrift, ENCODING_PLAIN);
    thrift_item_i32(thrift, ENCODING_RLE);
    thrift_list(thrift, 3, THRIFT_BINARY, 1);
    thrift_item_text(thrift, chunk->column->name);
    thrift_i32(thrift, 4, CODEC_ZSTD);
    thrift_i64(thrift, 5, (int64_t)chunk->row_count);
    thrift_i64(thrift, 6, (int64_t)chunk->raw_bytes);
    thrift_i64(thrift, 7, (int64_t)chunk->pages.size);
    thrift_i64(thrift, 9, (int64_t)offset);
    parquet_chunk_statistics(chunk, thrift, 12);
    thrift_end(thrift);
    thrift_end(thrift);
}

static bool describe_group(struct parquet_file *file, uint64_t raw_bytes, uint64_t packed_bytes) {
    struct thrift thrift;
    uint64_t offset = file->offset;
    thrift_begin(&thrift, &file->groups);
    thrift_list(&thrift, 1, THRIFT_STRUCT, file->column_count);
    for (size_t i = 0; i < file->column_count; i++) {
        describe_chunk(&thrift, &file->chunks[i], offset);
        offset += file->chunks[i].pages.size;
    }
    thrift_i64(&thrift, 2, (int64_t)raw_bytes);
    thrift_i64(&thrift, 3, (int64_t)file->group_rows);
    thrift_i64(&thrift, 5, (int64_t)file->offset);
    thrift_i64(&thrift, 6, (int64_t)packed_bytes);
    thrift_end(&thrift);
    return thrift_ok(&thrift);
}

enum daybook_status parquet_file_flush(struct parquet_file *file, struct daybook_error *error) {
    uint64_t raw_bytes = 0;
    uint64_t packed_bytes = 0;
    if (file->group_rows == 0) {
        return DAYBOOK_OK;
    }
    for (size_t i = 0; i < file->column_count; i++) {
        DAYBOOK_TRY(parquet_chunk_end(&file->chunks[i], file->compressor, &file->scratch, error));
        raw_bytes += file->chunks[i].raw_bytes;
        packed_bytes += file->chunks[i].pages.size;
    }
    if (!describe_group(file, raw_bytes, packed_bytes)) {
        return no_memory(error);
    }
    for (size_t i = 0; i < file->column_count; i++) {
        DAYBOOK_TRY(put(file, daybook_buffer_view(&file->chunks[i].pages), error));
        parquet_chunk_reset(&file->chunks[i]);
    }
    file->group_count++;
    file->group_rows = 0;
    return DAYBOOK_OK;
}

/* ---- the footer ---- */

/* SchemaElement's fields 6 to 8 and 10: the same twice, for readers from before and after logical types. */
static void describe_type(struct thrift *thrift, enum column_type type) {
    switch (type) {
    case COLUMN_TEXT:
        thrift_i32(thrift, 6, CONVERTED_UTF8);
        thrift_struct(thrift, 10);
        thrift_struct(thrift, LOGICAL_STRING);
        break;
    case COLUMN_AMOUNT:
        thrift_i32(thrift, 6, CONVERTED_DECIMAL);
        thrift_i32(thrift, 7, AMOUNT_DECIMALS);
        thrift_i32(thrift, 8, AMOUNT_DIGITS);
        thrift_struct(thrift, 10);
        thrift_struct(thrift, LOGICAL_DECIMAL);
        thrift_i32(thrift, 1, AMOUNT_DECIMALS);
        thrift_i32(thrift, 2, AMOUNT_DIGITS);
        break;
    case COLUMN_DATE:
        thrift_i32(thrift, 6, CONVERTED_DATE);
        thrift_struct(thrift, 10);
        thrift_struct(thrift, LOGICAL_DATE);
        break;
    case COLUMN_INSTANT:
        thrift_i32(thrift, 6, CONVERTED_TIMESTAMP_MICROS);
        thrift_struct(thrift, 10);
        thrift_struct(thrift, LOGICAL_TIMESTAMP);
        thrift_bool(thrift, 1, true); /* isAdjustedToUTC */
        thrift_struct(thrift, 2);
        thrift_struct(thrift, UNIT_MICROS);
        thrift_end(thrift);
        thrift_end(thrift);
        break;
    case COLUMN_WHOLE:
    case COLUMN_FLAG:
        return;
    }
    thrift_end(thrift);
    thrift_end(thrift);
}

static void describe_column(struct thrift *thrift, const struct column *column) {
    enum parquet_physical physical = parquet_physical_of(column->type);
    thrift_item_struct(thrift);
    thrift_i32(thrift, 1, (int32_t)physical);
    if (physical == PARQUET_FIXED_LEN_BYTE_ARRAY) {
        thrift_i32(thrift, 2, PARQUET_AMOUNT_BYTES);
    }
    thrift_i32(thrift, 3, column->is_nullable ? REPETITION_OPTIONAL : REPETITION_REQUIRED);
    thrift_text(thrift, 4, column->name);
    describe_type(thrift, column->type);
    thrift_end(thrift);
}

static void describe_schema(struct thrift *thrift, const struct parquet_file *file) {
    thrift_list(thrift, 2, THRIFT_STRUCT, file->column_count + 1);
    thrift_item_struct(thrift);
    thrift_text(thrift, 4, "schema");
    thrift_i32(thrift, 5, (int32_t)file->column_count);
    thrift_end(thrift);
    for (size_t i = 0; i < file->column_count; i++) {
        describe_column(thrift, &file->columns[i]);
    }
}

/* Without an order readers ignore min_value and max_value: each column's is that of its type. */
static void describe_orders(struct thrift *thrift, const struct parquet_file *file) {
    thrift_list(thrift, 7, THRIFT_STRUCT, file->column_count);
    for (size_t i = 0; i < file->column_count; i++) {
        thrift_item_struct(thrift);
        thrift_struct(thrift, 1);
        thrift_end(thrift);
        thrift_end(thrift);
    }
}

static bool describe_file(struct parquet_file *file, const struct parquet_note *notes, size_t note_count,
                          struct daybook_buffer *footer) {
    struct thrift thrift;
    thrift_begin(&thrift, footer);
    thrift_i32(&thrift, 1, FORMAT_VERSION);
    describe_schema(&thrift, file);
    thrift_i64(&thrift, 3, (int64_t)file->row_count);
    thrift_list(&thrift, 4, THRIFT_STRUCT, file->group_count);
    if (daybook_buffer_append(footer, file->groups.data, file->groups.size) != DAYBOOK_OK) {
        return false;
    }
    thrift_list(&thrift, 5, THRIFT_STRUCT, note_count);
    for (size_t i = 0; i < note_count; i++) {
        thrift_item_struct(&thrift);
        thrift_text(&thrift, 1, notes[i].key);
        thrift_text(&thrift, 2, notes[i].value);
        thrift_end(&thrift);
    }
    thrift_text(&thrift, 6, "daybook");
    describe_orders(&thrift, file);
    thrift_end(&thrift);
    return thrift_ok(&thrift);
}

enum daybook_status parquet_file_end(struct parquet_file *file, const struct parquet_note *notes, size_t note_count,
                                     struct daybook_error *error) {
    uint8_t tail[4 + sizeof magic] = {[4] = 'P', 'A', 'R', '1'};
    DAYBOOK_TRY(parquet_file_flush(file, error));
    daybook_buffer_reset(&file->scratch);
    if (!describe_file(file, notes, note_count, &file->scratch)) {
        return no_memory(error);
    }
    if (file->scratch.size > INT32_MAX) {
        return daybook_fail(error, DAYBOOK_LIMIT, "writing a Parquet file: its footer is past 2 GiB");
    }
    store_le32(tail, (uint32_t)file->scratch.size);
    DAYBOOK_TRY(put(file, daybook_buffer_view(&file->scratch), error));
    return put(file, (struct daybook_bytes){tail, sizeof tail}, error);
}
