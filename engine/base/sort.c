/* Radix sort, from the lowest digit up: each pass is stable, and one that would move nothing is left out. */
#include "base/sort.h"

#include <stdbool.h>
#include <string.h>

enum { DIGIT_BITS = 11, DIGITS = 6, DIGIT_VALUES = 1 << DIGIT_BITS };

static inline size_t digit_of(uint64_t key, unsigned digit) {
    return (size_t)(key >> (digit * DIGIT_BITS)) & (DIGIT_VALUES - 1);
}

/* Turns counts into the places where each value's pairs begin; false: all pairs have one value. */
static bool counts_to_places(size_t counts[DIGIT_VALUES], size_t count) {
    size_t place = 0;
    for (size_t value = 0; value < DIGIT_VALUES; value++) {
        size_t here = counts[value];
        if (here == count) {
            return false;
        }
        counts[value] = place;
        place += here;
    }
    return true;
}

void pairs_sort(struct pair *pairs, struct pair *spare, size_t count) {
    struct pair *from = pairs;
    struct pair *to = spare;
    for (unsigned digit = 0; digit < DIGITS && count > 1; digit++) {
        size_t places[DIGIT_VALUES] = {0};
        for (size_t i = 0; i < count; i++) {
            places[digit_of(from[i].key, digit)]++;
        }
        if (!counts_to_places(places, count)) {
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            to[places[digit_of(from[i].key, digit)]++] = from[i];
        }
        struct pair *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != pairs) {
        memcpy(pairs, from, count * sizeof *pairs);
    }
}
