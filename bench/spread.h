/*
 * How requests spread over customers: by Zipf's law with exponent 1, evenly, or
 * half of them on one customer. A draw takes one step (Vose's alias method);
 * weights are integers, so a seed gives the same draws on every machine.
 */
#ifndef BENCH_SPREAD_H
#define BENCH_SPREAD_H

#include <stdbool.h>

#include "bench/random.h"

enum spread_kind { SPREAD_ZIPF, SPREAD_UNIFORM, SPREAD_HOT };

struct spread {
    uint32_t count;
    uint64_t total_weight; /* What each column holds. */
    uint64_t *own_weight;  /* The part of column i that is i's own; the rest is alias[i]'s. */
    uint32_t *alias;
};

/* False when memory is refused. `count` from 1 to 2^22. */
bool spread_init(struct spread *spread, enum spread_kind kind, uint32_t count);
void spread_release(struct spread *spread); /* Accepts one that is all zero. */

/* A rank, 0 (the most frequent) to count - 1. */
uint32_t spread_draw(const struct spread *spread, struct random_source *random);

/* "zipf", "uniform", "hot"; false for another word. */
bool spread_parse(const char *word, enum spread_kind *kind);

#endif
