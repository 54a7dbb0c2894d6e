/* Figures: percentiles, the table, the JSON. */
#include "bench/figures.h"
#include "bench/targets.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

bool samples_init(struct samples *samples, size_t capacity) {
    *samples = (struct samples){.capacity = capacity};
    samples->ns = calloc(capacity > 0 ? capacity : 1, sizeof *samples->ns);
    return samples->ns != NULL;
}

void samples_release(struct samples *samples) {
    free(samples->ns);
    *samples = (struct samples){0};
}

void samples_add(struct samples *samples, uint64_t ns) {
    assert(samples->count < samples->capacity);
    samples->ns[samples->count++] = ns;
}

double samples_sum_s(const struct samples *samples) {
    uint64_t sum = 0;
    for (size_t i = 0; i < samples->count; i++) {
        sum += samples->ns[i];
    }
    return (double)sum / 1e9;
}

static int compare_ns(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The smallest sample that at least `in_10000` of all do not exceed (nearest rank), in microseconds. */
static double rank_us(const struct samples *sorted, uint64_t in_10000) {
    uint64_t rank = (sorted->count * in_10000 + 9999) / 10000;
    return (double)sorted->ns[rank > 0 ? rank - 1 : 0] / 1e3;
}

struct percentiles samples_percentiles(struct samples *samples) {
    if (samples->count == 0) {
        return (struct percentiles){0};
    }
    qsort(samples->ns, samples->count, sizeof *samples->ns, compare_ns);
    return (struct percentiles){.p50 = rank_us(samples, 5000),
                                .p95 = rank_us(samples, 9500),
                                .p99 = rank_us(samples, 9900),
                                .p999 = rank_us(samples, 9990),
                                .max = (double)samples->ns[samples->count - 1] / 1e3};
}

enum figure_sense figure_sense_of(const char *unit) {
    static const char *const lower[] = {"ns", "us", "us (p50)", "us/event", "us/request",
                                        "ms", "s",  "bytes",    "MiB",      "times"};
    size_t length = strlen(unit);
    if (strcmp(unit, "x") == 0 || (length > 2 && strcmp(unit + length - 2, "/s") == 0)) {
        return FIGURE_HIGHER;
    }
    for (size_t i = 0; i < sizeof lower / sizeof *lower; i++) {
        if (strcmp(unit, lower[i]) == 0) {
            return FIGURE_LOWER;
        }
    }
    return FIGURE_NEUTRAL;
}

struct figure *figures_add(struct figures *figures, const char *name, double value, const char *unit) {
    assert(figures->count < FIGURES_MAX && figures_find(figures, name) == NULL);
    struct figure *figure = &figures->items[figures->count++];
    *figure = (struct figure){.name = name, .unit = unit, .value = value};
    (void)fprintf(stderr, "  %-46s %14.1f %s\n", name, value, unit);
    return figure;
}

struct figure *figures_add_latency(struct figures *figures, const char *name, struct samples *samples) {
    struct percentiles us = samples_percentiles(samples);
    struct figure *figure = figures_add(figures, name, us.p50, "us (p50)");
    figure->has_percentiles = true;
    figure->us = us;
    return figure;
}

void figure_limit(struct figure *figure, const char *limit_name, double limit) {
    figure->limit_name = limit_name;
    figure->limit = limit;
}

const struct figure *figures_find(const struct figures *figures, const char *name) {
    for (size_t i = 0; i < figures->count; i++) {
        if (strcmp(figures->items[i].name, name) == 0) {
            return &figures->items[i];
        }
    }
    return NULL;
}

void figures_print(const struct figures *figures, FILE *out) {
    (void)fprintf(out, "%-60s %14s  %-10s %s\n", "figure", "value", "unit", "limit of its parts, same run");
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *figure = &figures->items[i];
        (void)fprintf(out, "%-60s %14.2f  %-10s", figure->name, figure->value, figure->unit);
        if (figure->limit_name != NULL) {
            (void)fprintf(out, " %.2f of %s (%.1f)", figure->limit > 0 ? figure->value / figure->limit : 0,
                          figure->limit_name, figure->limit);
        }
        (void)fputc('\n', out);
        if (figure->has_percentiles) {
            const struct percentiles *us = &figure->us;
            (void)fprintf(out, "%60s p50 %.1f  p95 %.1f  p99 %.1f  p99.9 %.1f  max %.1f us\n", "", us->p50, us->p95,
                          us->p99, us->p999, us->max);
        }
    }
}

static json_t *figure_json(const struct figure *figure) {
    json_t *object = json_pack("{s:s, s:f, s:s}", "name", figure->name, "value", figure->value, "unit", figure->unit);
    if (object != NULL && figure->limit_name != NULL) {
        (void)json_object_set_new(object, "limit",
                                  json_pack("{s:s, s:f}", "name", figure->limit_name, "value", figure->limit));
    }
    if (object != NULL && figure->has_percentiles) {
        const struct percentiles *us = &figure->us;
        (void)json_object_set_new(object, "us",
                                  json_pack("{s:f, s:f, s:f, s:f, s:f}", "p50", us->p50, "p95", us->p95, "p99", us->p99,
                                            "p99.9", us->p999, "max", us->max));
    }
    return object;
}

bool figures_write_json(const struct figures *figures, const char *const *facts, const char *path) {
    json_t *root = json_object();
    json_t *list = json_array();
    for (; *facts != NULL; facts += 2) {
        (void)json_object_set_new(root, facts[0], json_string(facts[1]));
    }
    for (size_t i = 0; i < figures->count; i++) {
        (void)json_array_append_new(list, figure_json(&figures->items[i]));
    }
    (void)json_object_set_new(root, "figures", list);
    (void)json_object_set_new(root, "targets", targets_json(figures));
    bool is_written = json_dump_file(root, path, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) == 0;
    if (!is_written) {
        (void)fprintf(stderr, "daybook-bench: writing %s: %s\n", path, strerror(errno));
    }
    json_decref(root);
    return is_written;
}
