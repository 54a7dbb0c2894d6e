/* Sorting pairs against qsort with the order of coming as the second key. */
#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

#include "tests/engine/codec/random_message.h"
#include "tests/rows.h"

struct count_row {
    const char *name;
    size_t count;
    unsigned shift; /* Of random keys: the higher, the more equal ones. */
};

static const struct count_row count_rows[] = {
    {"none", 0, 0},
    {"one", 1, 0},
    {"two", 2, 0},
    {"two alike", 2, 63},
    {"many", 50000, 0},
    {"many alike", 50000, 54},
    {"all the same", 3000, 63},
    {"small numbers", 20000, 44},
};

static int compare(const void *a, const void *b) {
    const struct pair *left = a;
    const struct pair *right = b;
    if (left->key != right->key) {
        return left->key < right->key ? -1 : 1;
    }
    return (left->value > right->value) - (left->value < right->value);
}

static void sorts_and_keeps_the_order_of_equals(void **state) {
    const struct count_row *row = *state;
    struct random random = {.state = 20240801};
    struct pair *pairs = calloc(row->count + 1, sizeof *pairs);
    struct pair *spare = calloc(row->count + 1, sizeof *spare);
    struct pair *wanted = calloc(row->count + 1, sizeof *wanted);
    assert_true(pairs != NULL && spare != NULL && wanted != NULL);
    for (size_t i = 0; i < row->count; i++) {
        pairs[i] = (struct pair){row->shift == 63 ? 5 : random_next(&random) >> row->shift, i};
    }
    memcpy(wanted, pairs, row->count * sizeof *pairs);
    qsort(wanted, row->count, sizeof *wanted, compare);
    pairs_sort(pairs, spare, row->count);
    assert_memory_equal(pairs, wanted, row->count * sizeof *pairs);
    free(pairs);
    free(spare);
    free(wanted);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, count_rows, sorts_and_keeps_the_order_of_equals);
    return rows_run("sort", &rows);
}
