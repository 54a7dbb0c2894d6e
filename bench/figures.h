/*
 * What was measured: named figures, each beside the limit of its parts, as a
 * table for people and as JSON for comparison. Percentiles come from all
 * samples, sorted: nothing is estimated.
 *
 *   F1  A name stands once in a run: figures of two runs are compared by name.
 */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { FIGURES_MAX = 160 };

/* What counts as better, by the unit: more of what happens a second, less of what one thing takes. */
enum figure_sense { FIGURE_NEUTRAL, FIGURE_HIGHER, FIGURE_LOWER };
enum figure_sense figure_sense_of(const char *unit);

struct percentiles {
    double p50, p95, p99, p999, max;
};

struct figure {
    const char *name;
    const char *unit;
    double value;
    const char *limit_name; /* NULL: nothing bounds it that was measured. */
    double limit;
    bool has_percentiles;
    struct percentiles us;
};

struct figures {
    struct figure items[FIGURES_MAX];
    size_t count;
};

/* Latencies of one thing, in nanoseconds. */
struct samples {
    uint64_t *ns;
    size_t count;
    size_t capacity;
};

bool samples_init(struct samples *samples, size_t capacity); /* False when memory is refused. */
void samples_release(struct samples *samples);
void samples_add(struct samples *samples, uint64_t ns); /* There must be room. */
double samples_sum_s(const struct samples *samples);
struct percentiles samples_percentiles(struct samples *samples); /* Sorts them. */

/* Each returns the figure, for the limit to be put beside it; a figure is said on standard error as it comes. */
struct figure *figures_add(struct figures *figures, const char *name, double value, const char *unit);
struct figure *figures_add_latency(struct figures *figures, const char *name, struct samples *samples);
void figure_limit(struct figure *figure, const char *limit_name, double limit);
const struct figure *figures_find(const struct figures *figures, const char *name); /* NULL: it was not measured. */

void figures_print(const struct figures *figures, FILE *out);

/* What the figures were measured with, for the JSON: "key", "value", ..., NULL. Targets stand beside them. */
bool figures_write_json(const struct figures *figures, const char *const *facts, const char *path);

#endif
