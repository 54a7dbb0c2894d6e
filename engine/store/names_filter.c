/* A blocked Bloom filter of hashes, in parts. */
#include "store/names_filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/large.h"

enum {
    FILTER_BITS_PER_NAME = 12,
    FILTER_PROBES = 6,
    FILTER_SMALLEST = 1 << 16, /* Names. */
    LINE_WORDS = FILTER_LINE_BYTES / 8,
    PART_BYTES = FILTER_PART_LINES * FILTER_LINE_BYTES,
};
#define FILTER_LARGEST (UINT64_C(1) << 37) /* Names: lines are chosen by 32 bits. */

size_t filter_part_count(const struct filter *filter) {
    return (size_t)filter->line_count / FILTER_PART_LINES;
}

void filter_release(struct filter *filter) {
    large_free((void *)filter->words, (size_t)filter->line_count * FILTER_LINE_BYTES);
    free(filter->is_made);
    *filter = (struct filter){0};
}

enum daybook_status filter_make(struct filter *filter, uint64_t capacity, struct daybook_error *error) {
    if (capacity > FILTER_LARGEST) {
        return daybook_fail(error, DAYBOOK_LIMIT, "keeping names: there are more than a filter can be made for");
    }
    *filter = (struct filter){.capacity = capacity < FILTER_SMALLEST ? FILTER_SMALLEST : capacity};
    filter->line_count = (filter->capacity * FILTER_BITS_PER_NAME / 8 / PART_BYTES + 1) * FILTER_PART_LINES;
    filter->words = large_alloc((size_t)filter->line_count * FILTER_LINE_BYTES);
    filter->is_made = calloc(filter_part_count(filter), sizeof *filter->is_made);
    if (filter->words == NULL || filter->is_made == NULL) {
        filter_release(filter);
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "keeping names: memory was refused");
    }
    return DAYBOOK_OK;
}

size_t filter_memory_bytes(const struct filter *filter) {
    return (size_t)filter->line_count * FILTER_LINE_BYTES + filter_part_count(filter) * sizeof *filter->is_made;
}

/* The high bits choose the line, the low ones the bits in it. */
static uint64_t line_of(uint64_t line_count, uint64_t hash) {
    return ((hash >> 32) * line_count) >> 32;
}

size_t filter_part_of(const struct filter *filter, uint64_t hash) {
    return (size_t)line_of(filter->line_count, hash) / FILTER_PART_LINES;
}

/* The least hash of a part; of the one behind the last, the 0 that follows on all hashes. */
static uint64_t filter_first_hash(const struct filter *filter, size_t part) {
    uint64_t line = (uint64_t)part * FILTER_PART_LINES;
    return ((line << 32) + filter->line_count - 1) / filter->line_count << 32;
}

static uint64_t bits_of(uint64_t hash) {
    return hash * 0x9E3779B97F4A7C15ULL;
}

/* The next of a name's bits, of the line's 512. */
static uint32_t next_bit(uint64_t *bits) {
    uint32_t bit = (uint32_t)*bits & 511;
    *bits = (*bits >> 9) | (*bits << 55);
    return bit;
}

void filter_add(struct filter *filter, uint64_t hash) {
    _Atomic uint64_t *line = filter->words + line_of(filter->line_count, hash) * LINE_WORDS;
    uint64_t bits = bits_of(hash);
    for (int i = 0; i < FILTER_PROBES; i++) {
        uint32_t bit = next_bit(&bits);
        atomic_fetch_or_explicit(&line[bit >> 6], UINT64_C(1) << (bit & 63), memory_order_relaxed);
    }
}

void filter_part_begin(const struct filter *filter, size_t part, struct filter_part *made) {
    made->part = part;
    made->line_count = filter->line_count;
    made->first_line = (uint64_t)part * FILTER_PART_LINES;
    made->first_hash = filter_first_hash(filter, part);
    made->last_hash = filter_first_hash(filter, part + 1) - 1;
    memset(made->words, 0, sizeof made->words);
}

void filter_part_add(struct filter_part *made, uint64_t hash) {
    uint64_t *line = made->words + (line_of(made->line_count, hash) - made->first_line) * LINE_WORDS;
    uint64_t bits = bits_of(hash);
    for (int i = 0; i < FILTER_PROBES; i++) {
        uint32_t bit = next_bit(&bits);
        line[bit >> 6] |= UINT64_C(1) << (bit & 63);
    }
}

/* Beside what a flush has added, or is adding. */
void filter_part_put(struct filter *filter, const struct filter_part *made) {
    _Atomic uint64_t *words = filter->words + made->part * FILTER_PART_WORDS;
    for (size_t i = 0; i < FILTER_PART_WORDS; i++) {
        atomic_fetch_or_explicit(&words[i], made->words[i], memory_order_relaxed);
    }
    atomic_store_explicit(&filter->is_made[made->part], true, memory_order_release);
}

void filter_part_copy(const struct filter *filter, size_t part, struct filter_part *copy) {
    filter_part_begin(filter, part, copy);
    for (size_t i = 0; i < FILTER_PART_WORDS; i++) {
        copy->words[i] = atomic_load_explicit(&filter->words[part * FILTER_PART_WORDS + i], memory_order_relaxed);
    }
}

bool filter_may_have(const struct filter *filter, uint64_t hash) {
    _Atomic uint64_t *line = filter->words + line_of(filter->line_count, hash) * LINE_WORDS;
    uint64_t bits = bits_of(hash);
    for (int i = 0; i < FILTER_PROBES; i++) {
        uint32_t bit = next_bit(&bits);
        if ((atomic_load_explicit(&line[bit >> 6], memory_order_relaxed) >> (bit & 63) & 1) == 0) {
            return false;
        }
    }
    return true;
}

void filter_foresee(const struct filter *filter, uint64_t hash) {
    __builtin_prefetch((const void *)(filter->words + line_of(filter->line_count, hash) * LINE_WORDS));
}
