/*
 * The numbers of a frame's columns, gathered in the order of the events and stored row by row; for the splitter.
 */
#ifndef DAYBOOK_CODEC_COLUMNS_ROWS_H
#define DAYBOOK_CODEC_COLUMNS_ROWS_H

#include <assert.h>

#include "codec/columns_inside.h"

/* Every column has two rows, texts' second for their numbers; the lengths have the last. */
enum { ROWS_MOST = 2 * COLUMNS_MOST + 1, ROW_LENGTHS = 2 * COLUMNS_MOST };

struct column_rows {
    uint64_t *values;
    uint16_t *rows;   /* Of each value. */
    uint64_t *sorted; /* The values by row. */
    size_t count;
    size_t capacity;
    uint32_t counts[ROWS_MOST];
};

void column_rows_release(struct column_rows *rows);

/* Empty, with room for `capacity` values. NO_MEMORY. */
DAYBOOK_MUST_USE enum daybook_status column_rows_reset(struct column_rows *rows, size_t capacity);

static inline void column_rows_put(struct column_rows *rows, uint32_t row, uint64_t value) {
    rows->values[rows->count] = value;
    rows->rows[rows->count++] = (uint16_t)row;
    rows->counts[row]++;
}

/* What all rows may take. */
static inline size_t column_rows_bound(const struct column_rows *rows, uint32_t column_count) {
    enum { NUMBER_BYTES_MOST = 10 };
    return 2 * column_count + 1 + rows->count * NUMBER_BYTES_MOST;
}

/* The rows of the columns, then the lengths; returns what is behind them. */
uint8_t *column_rows_store(struct column_rows *rows, uint32_t column_count, uint8_t *to);

#endif
