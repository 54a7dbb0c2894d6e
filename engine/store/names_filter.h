/* Which hashes were never seen: a filter in memory. */
#ifndef DAYBOOK_STORE_NAMES_FILTER_H
#define DAYBOOK_STORE_NAMES_FILTER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { FILTER_LINE_BYTES = 64 };

/* A blocked Bloom filter: all probes of a name fall into one cache line. A flush adds to it while others ask:
 * that a name of the flush is seen early or late is no matter, since nobody is to find it yet. */
struct filter {
    _Atomic uint64_t *words;
    uint64_t line_count;
    uint64_t capacity; /* Names, before a larger one is made. */
    uint64_t count;
};

/* For `capacity` names, some thousand at least. */
DAYBOOK_MUST_USE enum daybook_status filter_make(struct filter *filter, uint64_t capacity, struct daybook_error *error);
void filter_release(struct filter *filter);

/* One thread adds at a time. */
void filter_add(struct filter *filter, uint64_t hash);

/* False: it was never added. */
bool filter_may_have(const struct filter *filter, uint64_t hash);

/* A hint that the hash will be asked for. */
void filter_foresee(const struct filter *filter, uint64_t hash);

#endif
