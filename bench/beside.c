/* Another run's JSON beside this one: what more customers or a longer history cost. */
#include <jansson.h>
#include <string.h>

#include "bench/bench.h"

static const json_t *find(const json_t *root, const char *name) {
    const json_t *list = json_object_get(root, "figures");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *figure = json_array_get(list, i);
        const char *is_named = json_string_value(json_object_get(figure, "name"));
        if (is_named != NULL && strcmp(is_named, name) == 0) {
            return figure;
        }
    }
    return NULL;
}

/* This run's over the other's. */
static void set_beside(struct bench *bench, const json_t *root, const char *name, bool is_p99, const char *as,
                       const char *unit) {
    const struct figure *ours = figures_find(&bench->figures, name);
    const json_t *other = find(root, name);
    if (ours == NULL || other == NULL) {
        return;
    }
    double value = json_number_value(is_p99 ? json_object_get(json_object_get(other, "us"), "p99")
                                            : json_object_get(other, "value"));
    if (value > 0) {
        figures_add(&bench->figures, as, (is_p99 ? ours->us.p99 : ours->value) / value, unit);
    }
}

bool bench_beside(struct bench *bench) {
    json_error_t error;
    json_t *root = json_load_file(bench->beside_path, 0, &error);
    if (root == NULL) {
        (void)fprintf(stderr, "daybook-bench: reading %s: %s\n", bench->beside_path, error.text);
        return false;
    }
    set_beside(bench, root, "append, batches of 8192 requests", false, "append, of the run beside", "x");
    set_beside(bench, root, "append, the last tenth of the events", false,
               "append, the last tenth of the events, of the run beside", "x");
    set_beside(bench, root, "append with balance, aging, credit and proof folds", false,
               "append with folds, of the run beside", "x");
    set_beside(bench, root, "rebuild of all views", false, "rebuild of all views, of the run beside", "x");
    set_beside(bench, root, "balance at a random (A, K)", false, "balance at a random (A, K), p50, of the run beside",
               "times");
    set_beside(bench, root, "balance at a random (A, K)", true, "balance at a random (A, K), p99, of the run beside",
               "times");
    json_decref(root);
    return true;
}
