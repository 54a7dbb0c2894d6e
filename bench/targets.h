/*
 * What Daybook is meant to reach, beside what was measured. A target that asks
 * for a longer history than was measured says so.
 */
#ifndef BENCH_TARGETS_H
#define BENCH_TARGETS_H

#include <jansson.h>

#include "bench/figures.h"

/* Of a figure: its value, its ratio to the limit of its parts, or its 99th percentile. */
enum target_measure { TARGET_VALUE, TARGET_OF_LIMIT, TARGET_P99 };

struct target {
    const char *figure;
    enum target_measure measure;
    enum figure_sense sense; /* FIGURE_HIGHER: at least; FIGURE_LOWER: at most. */
    double wanted;
    uint64_t wanted_events;    /* Of the history; 0 = any. */
    uint64_t wanted_customers; /* 0 = any. */
};

/* One target and one figure of it, judged. */
struct target_result {
    const struct target *target;
    double measured;
    bool is_reached;
    bool is_at_size; /* The history was as long, and of as many customers, as the target asks for. */
};

/* The targets whose figures were measured, in their order; at most `capacity`. The history is told by the figures
 * "history, events" and "history, customers". Returns how many. */
size_t targets_judge(const struct figures *figures, struct target_result *results, size_t capacity);

void targets_print(const struct figures *figures, FILE *out);
json_t *targets_json(const struct figures *figures); /* An array; the caller's. */

#endif
