/* Which hashes were never seen: a filter in memory, made part by part. */
#ifndef DAYBOOK_STORE_NAMES_FILTER_H
#define DAYBOOK_STORE_NAMES_FILTER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
    FILTER_LINE_BYTES = 64,
    FILTER_PART_LINES = 1023, /* What is stored of a part fills pages with what is around it. */
    FILTER_PART_WORDS = FILTER_PART_LINES * FILTER_LINE_BYTES / 8,
};

/*
 * A blocked Bloom filter: all probes of a name fall into one cache line. The
 * lines stand in the order of the hashes, so a part, 64 KiB of them, is about
 * one range of hashes: of sorted names few are read to make one.
 *
 * One thread asks, and makes parts. A flush adds to the filter meanwhile, to
 * parts that are made and to others, and may make parts, too: that a name of
 * the flush is seen early is no matter, since nobody is to find it yet.
 */
struct filter {
    _Atomic uint64_t *words; /* NULL: there is none. */
    atomic_bool *is_made;    /* Of each part. */
    uint64_t line_count;     /* Whole parts. */
    uint64_t capacity;       /* Names, before a larger one is needed. */
};

/* For `capacity` names, some ten thousand at least. No part of it is made. */
DAYBOOK_MUST_USE enum daybook_status filter_make(struct filter *filter, uint64_t capacity, struct daybook_error *error);
void filter_release(struct filter *filter);
size_t filter_memory_bytes(const struct filter *filter);

/* Any thread. */
void filter_add(struct filter *filter, uint64_t hash);

size_t filter_part_count(const struct filter *filter);
size_t filter_part_of(const struct filter *filter, uint64_t hash);
static inline bool filter_part_is_made(const struct filter *filter, size_t part) {
    return atomic_load_explicit(&filter->is_made[part], memory_order_acquire);
}

/* A part while it is being made; it is put into the filter when every name of its hashes was added to it. */
struct filter_part {
    size_t part;
    uint64_t line_count; /* Of the filter. */
    uint64_t first_line;
    uint64_t first_hash;
    uint64_t last_hash;
    uint64_t words[FILTER_PART_WORDS];
};
void filter_part_begin(const struct filter *filter, size_t part, struct filter_part *made);
void filter_part_add(struct filter_part *made, uint64_t hash);
void filter_part_put(struct filter *filter, const struct filter_part *made);

/* A part that is made. */
void filter_part_copy(const struct filter *filter, size_t part, struct filter_part *copy);

/* False: it was never added. Of a part that is made. */
bool filter_may_have(const struct filter *filter, uint64_t hash);

/* A hint that the hash will be asked for. */
void filter_foresee(const struct filter *filter, uint64_t hash);

#endif
