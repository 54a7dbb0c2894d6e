/*
 * One column of one row group of a Parquet file: its pages, compressed as they
 * fill, and its statistics. The format is drawn in parquet_chunk.c.
 *
 *   PC1  min and max are bounds of every value; of text longer than STATISTIC_BYTES they
 *        are cut, downwards and upwards, and marked as not exact.
 *   PC2  The memory held is that of the compressed pages and of one page that is being filled.
 */
#ifndef DAYBOOK_TOOLS_PARQUET_CHUNK_H
#define DAYBOOK_TOOLS_PARQUET_CHUNK_H

#include "codec/compress.h"
#include "projections/ratio.h"
#include "tools/column.h"
#include "tools/parquet_thrift.h"

/* Numbers of parquet.thrift. */
enum parquet_physical {
    PARQUET_BOOLEAN = 0,
    PARQUET_INT32 = 1,
    PARQUET_INT64 = 2,
    PARQUET_BYTE_ARRAY = 6,
    PARQUET_FIXED_LEN_BYTE_ARRAY = 7
};
enum { PARQUET_AMOUNT_BYTES = 10, STATISTIC_BYTES = 128 };

enum parquet_physical parquet_physical_of(enum column_type type);

/* All zero but for `column` is an empty chunk. */
struct parquet_chunk {
    const struct column *column; /* Borrowed. */
    /* Of the page that is being filled. */
    struct daybook_buffer levels; /* Of a nullable column: runs of definition levels. */
    struct daybook_buffer values;
    uint32_t page_rows;
    uint32_t page_values; /* Of those, not null. */
    uint32_t run_rows;    /* The last run of levels, which is not in `levels` yet. */
    bool is_run_of_values;
    /* Of the chunk. */
    struct daybook_buffer pages; /* With their headers, compressed. */
    uint64_t row_count;
    uint64_t null_count;
    uint64_t raw_bytes; /* What `pages` were before they were compressed, headers included. */
    wide min;           /* Of numbers; there where row_count > null_count. */
    wide max;
    struct daybook_buffer min_text;
    struct daybook_buffer max_text;
};

void parquet_chunk_reset(struct parquet_chunk *chunk); /* Empty, memory kept. */
void parquet_chunk_release(struct parquet_chunk *chunk);

/* NO_MEMORY only. `scratch` is anybody's, and overwritten. */
DAYBOOK_MUST_USE enum daybook_status parquet_chunk_add(struct parquet_chunk *chunk, const struct cell *cell,
                                                       struct compressor *compressor, struct daybook_buffer *scratch,
                                                       struct daybook_error *error);
/* Closes the page that is being filled. */
DAYBOOK_MUST_USE enum daybook_status parquet_chunk_end(struct parquet_chunk *chunk, struct compressor *compressor,
                                                       struct daybook_buffer *scratch, struct daybook_error *error);

size_t parquet_chunk_bytes(const struct parquet_chunk *chunk); /* Held in memory. */

/* Field `id` of the struct that is open: Statistics. */
void parquet_chunk_statistics(const struct parquet_chunk *chunk, struct thrift *thrift, int id);

#endif
