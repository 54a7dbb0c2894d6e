/* The alias table of a spread. */
#include "bench/spread.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* 2^36 over the rank: sums stay below 2^41 and, times 2^22 columns, below 2^63. */
static uint64_t weight_of(enum spread_kind kind, uint32_t count, uint32_t rank) {
    switch (kind) {
    case SPREAD_ZIPF:
        return (UINT64_C(1) << 36) / (rank + 1);
    case SPREAD_UNIFORM:
        return 1;
    case SPREAD_HOT:
        return rank == 0 ? count : 1;
    }
    return 1;
}

/* Fills columns: one that is too small is topped up by one that is too large. */
static void fill_columns(struct spread *spread, uint64_t *scaled, uint32_t *small, uint32_t *large) {
    uint32_t small_count = 0;
    uint32_t large_count = 0;
    for (uint32_t i = 0; i < spread->count; i++) {
        if (scaled[i] < spread->total_weight) {
            small[small_count++] = i;
        } else {
            large[large_count++] = i;
        }
    }
    while (small_count > 0 && large_count > 0) {
        uint32_t poor = small[--small_count];
        uint32_t rich = large[large_count - 1];
        spread->own_weight[poor] = scaled[poor];
        spread->alias[poor] = rich;
        scaled[rich] -= spread->total_weight - scaled[poor];
        if (scaled[rich] < spread->total_weight) {
            large_count--;
            small[small_count++] = rich;
        }
    }
    /* Integer weights add up exactly: what is left over is full. */
    while (large_count > 0) {
        uint32_t full = large[--large_count];
        spread->own_weight[full] = spread->total_weight;
        spread->alias[full] = full;
    }
    assert(small_count == 0);
}

bool spread_init(struct spread *spread, enum spread_kind kind, uint32_t count) {
    assert(count >= 1 && count <= UINT32_C(1) << 22);
    *spread = (struct spread){.count = count};
    spread->own_weight = calloc(count, sizeof *spread->own_weight);
    spread->alias = calloc(count, sizeof *spread->alias);
    uint64_t *scaled = calloc(count, sizeof *scaled);
    uint32_t *small = calloc(count, sizeof *small);
    uint32_t *large = calloc(count, sizeof *large);
    bool is_made =
        spread->own_weight != NULL && spread->alias != NULL && scaled != NULL && small != NULL && large != NULL;
    if (is_made) {
        for (uint32_t i = 0; i < count; i++) {
            scaled[i] = weight_of(kind, count, i) * count;
            spread->total_weight += weight_of(kind, count, i);
        }
        fill_columns(spread, scaled, small, large);
    } else {
        spread_release(spread);
    }
    free(scaled);
    free(small);
    free(large);
    return is_made;
}

void spread_release(struct spread *spread) {
    free(spread->own_weight);
    free(spread->alias);
    *spread = (struct spread){0};
}

uint32_t spread_draw(const struct spread *spread, struct random_source *random) {
    uint32_t column = (uint32_t)random_below(random, spread->count);
    return random_below(random, spread->total_weight) < spread->own_weight[column] ? column : spread->alias[column];
}

bool spread_parse(const char *word, enum spread_kind *kind) {
    static const char *const words[] = {[SPREAD_ZIPF] = "zipf", [SPREAD_UNIFORM] = "uniform", [SPREAD_HOT] = "hot"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i]) == 0) {
            *kind = (enum spread_kind)i;
            return true;
        }
    }
    return false;
}
