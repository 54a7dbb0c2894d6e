/* Sorting many pairs of 64-bit numbers, in linear time. */
#ifndef DAYBOOK_BASE_SORT_H
#define DAYBOOK_BASE_SORT_H

#include <stddef.h>
#include <stdint.h>

struct pair {
    uint64_t key;
    uint64_t value;
};

/* By key; pairs of one key stay in their order. `spare` is room for `count` pairs, written over. */
void pairs_sort(struct pair *pairs, struct pair *spare, size_t count);

#endif
