/* A blocked Bloom filter of hashes. */
#include "store/names_filter.h"

#include "base/large.h"

enum {
    FILTER_BITS_PER_NAME = 12,
    FILTER_PROBES = 6,
    FILTER_SMALLEST = 1 << 16, /* Names. */
};

void filter_release(struct filter *filter) {
    large_free((void *)filter->words, (size_t)filter->line_count * FILTER_LINE_BYTES);
    *filter = (struct filter){0};
}

enum daybook_status filter_make(struct filter *filter, uint64_t capacity, struct daybook_error *error) {
    *filter = (struct filter){.capacity = capacity < FILTER_SMALLEST ? FILTER_SMALLEST : capacity};
    filter->line_count = filter->capacity * FILTER_BITS_PER_NAME / 8 / FILTER_LINE_BYTES + 1;
    size_t bytes = (size_t)filter->line_count * FILTER_LINE_BYTES;
    filter->words = large_alloc(bytes);
    if (filter->words == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "keeping names: memory was refused");
    }
    return DAYBOOK_OK;
}

/* The high bits choose the line, the low ones the bits in it. */
static _Atomic uint64_t *filter_line(const struct filter *filter, uint64_t hash) {
    uint64_t line = (uint64_t)(((hash >> 32) * filter->line_count) >> 32);
    return filter->words + line * (FILTER_LINE_BYTES / 8);
}

static uint32_t filter_bit(uint64_t *bits) {
    uint32_t bit = (uint32_t)*bits & 511;
    *bits = (*bits >> 9) | (*bits << 55);
    return bit;
}

/* One thread adds at a time, so a load and a store do. */
void filter_add(struct filter *filter, uint64_t hash) {
    _Atomic uint64_t *line = filter_line(filter, hash);
    uint64_t bits = hash * 0x9E3779B97F4A7C15ULL;
    for (int i = 0; i < FILTER_PROBES; i++) {
        uint32_t bit = filter_bit(&bits);
        _Atomic uint64_t *word = &line[bit >> 6];
        uint64_t value = atomic_load_explicit(word, memory_order_relaxed);
        atomic_store_explicit(word, value | UINT64_C(1) << (bit & 63), memory_order_relaxed);
    }
    filter->count++;
}

bool filter_may_have(const struct filter *filter, uint64_t hash) {
    _Atomic uint64_t *line = filter_line(filter, hash);
    uint64_t bits = hash * 0x9E3779B97F4A7C15ULL;
    for (int i = 0; i < FILTER_PROBES; i++) {
        uint32_t bit = filter_bit(&bits);
        if ((atomic_load_explicit(&line[bit >> 6], memory_order_relaxed) >> (bit & 63) & 1) == 0) {
            return false;
        }
    }
    return true;
}

void filter_foresee(const struct filter *filter, uint64_t hash) {
    __builtin_prefetch((const void *)filter_line(filter, hash));
}
