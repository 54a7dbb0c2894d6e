/*
 * One column of one row group of a Parquet file.
 *
 * A page (parquet.thrift, DataPage V1), byte by byte:
 *
 *    PageHeader                  Thrift: type 0, sizes before and after compression, and
 *                                DataPageHeader: number of rows, encodings PLAIN (0), RLE (3), RLE (3)
 *    one zstd frame of
 *      u32 little-endian         size of the levels; nullable columns only, as are the levels
 *      runs                      varint of 2 * rows, then the byte 1 (values) or 0 (nulls)
 *      values that are not null  BOOLEAN one bit, the lowest first; INT32, INT64 little-endian;
 *                                DECIMAL 10 bytes, big-endian; text u32 little-endian size, bytes
 */
#include "tools/parquet_chunk.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"

enum { PAGE_BYTES = 256 << 10, PAGE_ROWS = 20000 };
enum { PAGE_TYPE_DATA = 0, ENCODING_PLAIN = 0, ENCODING_RLE = 3 };

enum parquet_physical parquet_physical_of(enum column_type type) {
    switch (type) {
    case COLUMN_TEXT:
        return PARQUET_BYTE_ARRAY;
    case COLUMN_WHOLE:
    case COLUMN_INSTANT:
        return PARQUET_INT64;
    case COLUMN_AMOUNT:
        return PARQUET_FIXED_LEN_BYTE_ARRAY;
    case COLUMN_FLAG:
        return PARQUET_BOOLEAN;
    case COLUMN_DATE:
        return PARQUET_INT32;
    }
    assert(!"a type that columns do not have");
    return PARQUET_INT64;
}

static void begin_page(struct parquet_chunk *chunk) {
    daybook_buffer_reset(&chunk->levels);
    daybook_buffer_reset(&chunk->values);
    chunk->page_rows = 0;
    chunk->page_values = 0;
    chunk->run_rows = 0;
}

void parquet_chunk_reset(struct parquet_chunk *chunk) {
    begin_page(chunk);
    daybook_buffer_reset(&chunk->pages);
    daybook_buffer_reset(&chunk->min_text);
    daybook_buffer_reset(&chunk->max_text);
    chunk->row_count = 0;
    chunk->null_count = 0;
    chunk->raw_bytes = 0;
}

void parquet_chunk_release(struct parquet_chunk *chunk) {
    daybook_buffer_release(&chunk->levels);
    daybook_buffer_release(&chunk->values);
    daybook_buffer_release(&chunk->pages);
    daybook_buffer_release(&chunk->min_text);
    daybook_buffer_release(&chunk->max_text);
}

size_t parquet_chunk_bytes(const struct parquet_chunk *chunk) {
    return chunk->levels.size + chunk->values.size + chunk->pages.size;
}

/* ---- levels ---- */

static enum daybook_status end_run(struct parquet_chunk *chunk) {
    uint8_t run[11];
    if (chunk->run_rows == 0) {
        return DAYBOOK_OK;
    }
    size_t size = varint_store(run, (uint64_t)chunk->run_rows << 1);
    run[size++] = chunk->is_run_of_values ? 1 : 0;
    chunk->run_rows = 0;
    return daybook_buffer_append(&chunk->levels, run, size);
}

static enum daybook_status add_level(struct parquet_chunk *chunk, bool is_value) {
    if (is_value != chunk->is_run_of_values) {
        DAYBOOK_TRY(end_run(chunk));
    }
    chunk->is_run_of_values = is_value;
    chunk->run_rows++;
    return DAYBOOK_OK;
}

/* ---- values ---- */

static wide value_of(const struct column *column, const struct cell *cell) {
    wide value = cell->number;
    if (column->type == COLUMN_AMOUNT) {
        assert(cell->decimals <= AMOUNT_DECIMALS);
        for (int i = cell->decimals; i < AMOUNT_DECIMALS; i++) {
            value *= 10;
        }
    }
    return value;
}

/* As PLAIN writes it, and as statistics do. Returns the size. */
static size_t store_value(const struct column *column, wide value, uint8_t to[PARQUET_AMOUNT_BYTES]) {
    switch (parquet_physical_of(column->type)) {
    case PARQUET_BOOLEAN:
        to[0] = value != 0 ? 1 : 0;
        return 1;
    case PARQUET_INT32:
        store_le32(to, (uint32_t)(int32_t)value);
        return 4;
    case PARQUET_INT64:
        store_le64(to, (uint64_t)(int64_t)value);
        return 8;
    case PARQUET_FIXED_LEN_BYTE_ARRAY:
        for (int i = PARQUET_AMOUNT_BYTES - 1; i >= 0; i--) {
            to[i] = (uint8_t)(value & 0xFF);
            value >>= 8;
        }
        return PARQUET_AMOUNT_BYTES;
    case PARQUET_BYTE_ARRAY:
        break;
    }
    assert(!"text is no number");
    return 0;
}

static enum daybook_status add_bit(struct parquet_chunk *chunk, bool bit) {
    uint8_t zero = 0;
    unsigned place = chunk->page_values % 8;
    if (place == 0) {
        DAYBOOK_TRY(daybook_buffer_append(&chunk->values, &zero, 1));
    }
    if (bit) {
        chunk->values.data[chunk->values.size - 1] |= (uint8_t)(1U << place);
    }
    return DAYBOOK_OK;
}

static enum daybook_status add_number(struct parquet_chunk *chunk, wide value) {
    bool is_first = chunk->row_count == chunk->null_count;
    uint8_t bytes[PARQUET_AMOUNT_BYTES];
    chunk->min = is_first || value < chunk->min ? value : chunk->min;
    chunk->max = is_first || value > chunk->max ? value : chunk->max;
    if (chunk->column->type == COLUMN_FLAG) {
        return add_bit(chunk, value != 0);
    }
    return daybook_buffer_append(&chunk->values, bytes, store_value(chunk->column, value, bytes));
}

static enum daybook_status keep_text(struct daybook_buffer *kept, struct daybook_bytes text) {
    daybook_buffer_reset(kept);
    return daybook_buffer_append(kept, text.data, text.size);
}

static enum daybook_status add_text(struct parquet_chunk *chunk, const char *text) {
    struct daybook_bytes bytes = daybook_bytes_of_text(text);
    bool is_first = chunk->row_count == chunk->null_count;
    uint8_t size[4];
    if (is_first || daybook_bytes_compare(bytes, daybook_buffer_view(&chunk->min_text)) < 0) {
        DAYBOOK_TRY(keep_text(&chunk->min_text, bytes));
    }
    if (is_first || daybook_bytes_compare(bytes, daybook_buffer_view(&chunk->max_text)) > 0) {
        DAYBOOK_TRY(keep_text(&chunk->max_text, bytes));
    }
    store_le32(size, (uint32_t)bytes.size);
    DAYBOOK_TRY(daybook_buffer_append(&chunk->values, size, sizeof size));
    return daybook_buffer_append(&chunk->values, bytes.data, bytes.size);
}

static enum daybook_status add_value(struct parquet_chunk *chunk, const struct cell *cell) {
    assert(chunk->column->is_nullable || !cell->is_null);
    if (chunk->column->is_nullable) {
        DAYBOOK_TRY(add_level(chunk, !cell->is_null));
    }
    if (cell->is_null) {
        return DAYBOOK_OK;
    }
    return chunk->column->type == COLUMN_TEXT ? add_text(chunk, cell->text)
                                              : add_number(chunk, value_of(chunk->column, cell));
}

static enum daybook_status no_memory(const struct parquet_chunk *chunk, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "writing the column %s as Parquet: memory was refused",
                        chunk->column->name);
}

enum daybook_status parquet_chunk_add(struct parquet_chunk *chunk, const struct cell *cell,
                                      struct compressor *compressor, struct daybook_buffer *scratch,
                                      struct daybook_error *error) {
    if (add_value(chunk, cell) != DAYBOOK_OK) {
        return no_memory(chunk, error);
    }
    chunk->row_count++;
    chunk->page_rows++;
    chunk->null_count += cell->is_null ? 1 : 0;
    chunk->page_values += cell->is_null ? 0 : 1;
    if (chunk->values.size >= PAGE_BYTES || chunk->page_rows >= PAGE_ROWS) {
        return parquet_chunk_end(chunk, compressor, scratch, error);
    }
    return DAYBOOK_OK;
}

/* ---- pages ---- */

static enum daybook_status gather_page(struct parquet_chunk *chunk, struct daybook_buffer *raw) {
    daybook_buffer_reset(raw);
    if (chunk->column->is_nullable) {
        uint8_t size[4];
        DAYBOOK_TRY(end_run(chunk));
        store_le32(size, (uint32_t)chunk->levels.size);
        DAYBOOK_TRY(daybook_buffer_append(raw, size, sizeof size));
        DAYBOOK_TRY(daybook_buffer_append(raw, chunk->levels.data, chunk->levels.size));
    }
    return daybook_buffer_append(raw, chunk->values.data, chunk->values.size);
}

static bool write_header(struct daybook_buffer *out, uint32_t rows, size_t raw_bytes, size_t packed_bytes) {
    struct thrift thrift;
    thrift_begin(&thrift, out);
    thrift_i32(&thrift, 1, PAGE_TYPE_DATA);
    thrift_i32(&thrift, 2, (int32_t)raw_bytes);
    thrift_i32(&thrift, 3, (int32_t)packed_bytes);
    thrift_struct(&thrift, 5); /* DataPageHeader */
    thrift_i32(&thrift, 1, (int32_t)rows);
    thrift_i32(&thrift, 2, ENCODING_PLAIN);
    thrift_i32(&thrift, 3, ENCODING_RLE);
    thrift_i32(&thrift, 4, ENCODING_RLE);
    thrift_end(&thrift);
    thrift_end(&thrift);
    return thrift_ok(&thrift);
}

enum daybook_status parquet_chunk_end(struct parquet_chunk *chunk, struct compressor *compressor,
                                      struct daybook_buffer *scratch, struct daybook_error *error) {
    struct daybook_buffer packed = {0};
    if (chunk->page_rows == 0) {
        return DAYBOOK_OK;
    }
    if (gather_page(chunk, scratch) != DAYBOOK_OK) {
        return no_memory(chunk, error);
    }
    enum daybook_status status = compressor_pack(compressor, daybook_buffer_view(scratch), &packed, error);
    size_t before = chunk->pages.size;
    if (status == DAYBOOK_OK && (!write_header(&chunk->pages, chunk->page_rows, scratch->size, packed.size))) {
        status = no_memory(chunk, error);
    }
    chunk->raw_bytes += chunk->pages.size - before + scratch->size;
    if (status == DAYBOOK_OK && daybook_buffer_append(&chunk->pages, packed.data, packed.size) != DAYBOOK_OK) {
        status = no_memory(chunk, error);
    }
    daybook_buffer_release(&packed);
    begin_page(chunk);
    return status;
}

/* ---- statistics ---- */

/* The greatest prefix of at most STATISTIC_BYTES that ends with a whole character. */
static size_t cut_text(const struct daybook_buffer *text) {
    size_t size = text->size;
    if (size <= STATISTIC_BYTES) {
        return size;
    }
    size = STATISTIC_BYTES;
    while (size > 0 && (text->data[size] & 0xC0) == 0x80) {
        size--;
    }
    return size;
}

/* A short text above all that begin as `text` does; its size, 0 = there is none that is simple to find. */
static size_t raise_text(const struct daybook_buffer *text, uint8_t to[STATISTIC_BYTES]) {
    size_t size = cut_text(text);
    memcpy(to, text->data, size);
    while (size > 0 && to[size - 1] >= 0x7E) { /* Only an ASCII character is raised, to another one. */
        size--;
    }
    if (size > 0) {
        to[size - 1]++;
    }
    return size;
}

static void text_bounds(const struct parquet_chunk *chunk, struct thrift *thrift) {
    size_t min_size = cut_text(&chunk->min_text);
    bool is_max_exact = chunk->max_text.size <= STATISTIC_BYTES;
    uint8_t raised[STATISTIC_BYTES];
    struct daybook_bytes max = daybook_buffer_view(&chunk->max_text);
    if (!is_max_exact) {
        max = (struct daybook_bytes){raised, raise_text(&chunk->max_text, raised)};
    }
    bool has_max = is_max_exact || max.size > 0;
    if (has_max) {
        thrift_binary(thrift, 5, max);
    }
    thrift_binary(thrift, 6, (struct daybook_bytes){chunk->min_text.data, min_size});
    if (has_max) {
        thrift_bool(thrift, 7, is_max_exact);
    }
    thrift_bool(thrift, 8, min_size == chunk->min_text.size);
}

static void number_bounds(const struct parquet_chunk *chunk, struct thrift *thrift) {
    uint8_t max[PARQUET_AMOUNT_BYTES];
    uint8_t min[PARQUET_AMOUNT_BYTES];
    thrift_binary(thrift, 5, (struct daybook_bytes){max, store_value(chunk->column, chunk->max, max)});
    thrift_binary(thrift, 6, (struct daybook_bytes){min, store_value(chunk->column, chunk->min, min)});
    thrift_bool(thrift, 7, true);
    thrift_bool(thrift, 8, true);
}

void parquet_chunk_statistics(const struct parquet_chunk *chunk, struct thrift *thrift, int id) {
    thrift_struct(thrift, id);
    thrift_i64(thrift, 3, (int64_t)chunk->null_count);
    if (chunk->row_count > chunk->null_count) {
        if (chunk->column->type == COLUMN_TEXT) {
            text_bounds(chunk, thrift);
        } else {
            number_bounds(chunk, thrift);
        }
    }
    thrift_end(thrift);
}
