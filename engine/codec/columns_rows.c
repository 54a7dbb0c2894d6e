/* The numbers of a frame's columns, row by row. */
#include "codec/columns_rows.h"

#include <stdlib.h>
#include <string.h>

void column_rows_release(struct column_rows *rows) {
    free(rows->values);
    free(rows->rows);
    free(rows->sorted);
}

enum daybook_status column_rows_reset(struct column_rows *rows, size_t capacity) {
    rows->count = 0;
    memset(rows->counts, 0, sizeof rows->counts);
    if (capacity <= rows->capacity) {
        return DAYBOOK_OK;
    }
    uint64_t *values = reallocarray(rows->values, capacity, sizeof *values);
    rows->values = values != NULL ? values : rows->values;
    uint64_t *sorted = reallocarray(rows->sorted, capacity, sizeof *sorted);
    rows->sorted = sorted != NULL ? sorted : rows->sorted;
    uint16_t *numbers = reallocarray(rows->rows, capacity, sizeof *numbers);
    rows->rows = numbers != NULL ? numbers : rows->rows;
    if (values == NULL || sorted == NULL || numbers == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    rows->capacity = capacity;
    return DAYBOOK_OK;
}

/* The values by row, each row in the order of the events; `ends` gets where each row ends. */
static void values_sort(struct column_rows *rows, uint32_t row_count, uint32_t *ends) {
    uint32_t start = 0;
    for (uint32_t row = 0; row < row_count; row++) {
        ends[row] = start;
        start += rows->counts[row];
    }
    ends[ROW_LENGTHS] = start;
    for (size_t i = 0; i < rows->count; i++) {
        rows->sorted[ends[rows->rows[i]]++] = rows->values[i];
    }
}

/* How many bytes a varint has, by how many bits are before its number in 64. */
static const uint8_t varint_sizes[64] = {10, 9, 9, 9, 9, 9, 9, 9, 8, 8, 8, 8, 8, 8, 8, 7, 7, 7, 7, 7, 7, 7,
                                         6,  6, 6, 6, 6, 6, 6, 5, 5, 5, 5, 5, 5, 5, 4, 4, 4, 4, 4, 4, 4, 3,
                                         3,  3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1};

static inline size_t varint_size(uint64_t value) {
    return varint_sizes[__builtin_clzll(value | 1)];
}

static inline uint64_t step_of(uint64_t value, uint64_t previous) {
    return zigzag_encode((int64_t)(value - previous));
}

/* Are they shorter as steps? */
static bool steps_pay(const uint64_t *values, uint32_t count) {
    size_t plain = 0;
    size_t steps = 0;
    uint64_t previous = 0;
    for (uint32_t i = 0; i < count; i++) {
        plain += varint_size(values[i]);
        steps += varint_size(step_of(values[i], previous));
        previous = values[i];
    }
    return steps < plain;
}

static uint8_t *row_store(uint8_t *to, const uint64_t *values, uint32_t count) {
    uint64_t differing = 0;
    uint64_t all = 0;
    uint64_t previous = 0;
    if (count == 0) {
        return to;
    }
    for (uint32_t i = 0; i < count; i++) {
        differing |= values[i] ^ values[0];
        all |= values[i];
    }
    if (differing == 0) {
        *to++ = NUMBERS_EQUAL;
        return varint_put(to, values[0]);
    }
    if (all < 0x80) { /* No steps are shorter than a byte. */
        *to++ = NUMBERS_PLAIN;
        for (uint32_t i = 0; i < count; i++) {
            *to++ = (uint8_t)values[i];
        }
        return to;
    }
    if (!steps_pay(values, count)) {
        *to++ = NUMBERS_PLAIN;
        for (uint32_t i = 0; i < count; i++) {
            to = varint_put(to, values[i]);
        }
        return to;
    }
    *to++ = NUMBERS_STEPS;
    for (uint32_t i = 0; i < count; i++) {
        to = varint_put(to, step_of(values[i], previous));
        previous = values[i];
    }
    return to;
}

uint8_t *column_rows_store(struct column_rows *rows, uint32_t column_count, uint8_t *to) {
    uint32_t ends[ROWS_MOST];
    const uint32_t row_count = 2 * column_count;
    values_sort(rows, row_count, ends);
    for (uint32_t row = 0; row < row_count; row++) {
        to = row_store(to, rows->sorted + ends[row] - rows->counts[row], rows->counts[row]);
    }
    return row_store(to, rows->sorted + ends[ROW_LENGTHS] - rows->counts[ROW_LENGTHS], rows->counts[ROW_LENGTHS]);
}
