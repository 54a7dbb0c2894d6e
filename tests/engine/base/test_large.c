/* Large memory is zeroed, aligned and its caller's alone, on both sides of the size where mappings begin. */
#include "base/large.h"

#include <stdint.h>
#include <string.h>

#include "tests/rows.h"

struct large_row {
    const char *name;
    size_t size;
};

static const struct large_row large_rows[] = {
    {"one byte", 1},
    {"the most that calloc gives", LARGE_BYTES - 1},
    {"the least that is mapped", LARGE_BYTES},
    {"no whole number of pages", LARGE_BYTES + 12345},
};

static void memory_is_zeroed_and_apart(void **state) {
    const struct large_row *row = *state;
    uint8_t *first = large_alloc(row->size);
    uint8_t *second = large_alloc(row->size);
    assert_non_null(first);
    assert_non_null(second);
    assert_int_equal((uintptr_t)first % 16, 0);
    memset(first, 0xFF, row->size);
    for (size_t i = 0; i < row->size; i++) {
        assert_int_equal(second[i], 0);
    }
    large_free(first, row->size);
    second[row->size - 1] = 1;
    large_free(second, row->size);
}

static void what_cannot_be_there_is_refused(void **state) {
    (void)state;
    assert_null(large_alloc(SIZE_MAX));
    assert_null(large_alloc(SIZE_MAX / 4));
    large_free(NULL, 1);
    large_free(NULL, LARGE_BYTES);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, large_rows, memory_is_zeroed_and_apart);
    rows_add(&rows, "what cannot be there", what_cannot_be_there_is_refused, NULL);
    return rows_run("large", &rows);
}
