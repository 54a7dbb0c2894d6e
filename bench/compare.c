/* Two runs, figure by figure. */
#include "bench/compare.h"

#include <stdbool.h>
#include <string.h>

#include "bench/figures.h"

/* What makes two workloads one, and what may differ but is said. */
static const char *const workload_facts[] = {"asked_events", "customers", "seed", "spread", "open_first", "open_items"};
static const char *const said_facts[] = {"machine", "events", "singles"};

struct comparison {
    FILE *out;
    double tolerance_percent;
    size_t compared;
    size_t worse;
};

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* A file with one run is a list of one. Borrowed. */
static size_t run_count(const json_t *root) {
    const json_t *runs = json_object_get(root, "runs");
    return runs != NULL ? json_array_size(runs) : json_object_get(root, "figures") != NULL;
}

static const json_t *run_at(const json_t *root, size_t index) {
    const json_t *runs = json_object_get(root, "runs");
    return runs != NULL ? json_array_get(runs, index) : root;
}

static bool is_same_workload(const json_t *a, const json_t *b) {
    for (size_t i = 0; i < sizeof workload_facts / sizeof *workload_facts; i++) {
        if (strcmp(text_of(a, workload_facts[i]), text_of(b, workload_facts[i])) != 0) {
            return false;
        }
    }
    return true;
}

static const json_t *run_like(const json_t *root, const json_t *run) {
    for (size_t i = 0; i < run_count(root); i++) {
        if (is_same_workload(run_at(root, i), run)) {
            return run_at(root, i);
        }
    }
    return NULL;
}

static void print_workload(const json_t *run, FILE *out) {
    for (size_t i = 0; i < sizeof workload_facts / sizeof *workload_facts; i++) {
        (void)fprintf(out, "%s%s %s", i > 0 ? ", " : "", workload_facts[i], text_of(run, workload_facts[i]));
    }
    (void)fputc('\n', out);
}

static const json_t *figure_named(const json_t *run, const char *name) {
    const json_t *list = json_object_get(run, "figures");
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (strcmp(text_of(json_array_get(list, i), "name"), name) == 0) {
            return json_array_get(list, i);
        }
    }
    return NULL;
}

static double number_of(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

/* Both were measured beside the same limit. */
static bool have_limits(const json_t *before, const json_t *after) {
    const json_t *a = json_object_get(before, "limit");
    const json_t *b = json_object_get(after, "limit");
    return strcmp(text_of(a, "name"), text_of(b, "name")) == 0 && number_of(a, "value") > 0 &&
           number_of(b, "value") > 0;
}

static void compare_tails(const json_t *before, const json_t *after, FILE *out) {
    double old_p99 = number_of(json_object_get(before, "us"), "p99");
    double new_p99 = number_of(json_object_get(after, "us"), "p99");
    if (old_p99 > 0 && new_p99 > 0) {
        (void)fprintf(out, "%-62s %14.2f %14.2f %7.2f  shown only\n", "  p99", old_p99, new_p99, new_p99 / old_p99);
    }
}

static void compare_figure(struct comparison *comparison, const json_t *before, const json_t *after) {
    const char *name = text_of(before, "name");
    double was = number_of(before, "value");
    double is = number_of(after, "value");
    enum figure_sense sense = figure_sense_of(text_of(before, "unit"));
    if (sense == FIGURE_NEUTRAL || was <= 0 || is <= 0 ||
        strcmp(text_of(before, "unit"), text_of(after, "unit")) != 0) {
        return;
    }
    double ratio = is / was;
    bool is_of_limit = have_limits(before, after);
    if (is_of_limit) {
        ratio *=
            number_of(json_object_get(before, "limit"), "value") / number_of(json_object_get(after, "limit"), "value");
    }
    double kept = sense == FIGURE_HIGHER ? ratio : 1 / ratio;
    bool is_judged = strncmp(name, "part: ", strlen("part: ")) != 0;
    bool is_worse = is_judged && kept < 1 - comparison->tolerance_percent / 100;
    comparison->compared += is_judged;
    comparison->worse += is_worse;
    (void)fprintf(comparison->out, "%-62s %14.2f %14.2f %7.2f%s%s\n", name, was, is, ratio,
                  is_of_limit ? "  of its limit" : "",
                  !is_judged                                       ? "  shown only"
                  : is_worse                                       ? "  WORSE"
                  : kept > 1 + comparison->tolerance_percent / 100 ? "  better"
                                                                   : "");
    compare_tails(before, after, comparison->out);
}

static void compare_run(struct comparison *comparison, const json_t *before, const json_t *after) {
    const json_t *list = json_object_get(before, "figures");
    print_workload(before, comparison->out);
    (void)fprintf(comparison->out, "commit %s, then %s\n", text_of(before, "commit"), text_of(after, "commit"));
    for (size_t i = 0; i < sizeof said_facts / sizeof *said_facts; i++) {
        const char *was = text_of(before, said_facts[i]);
        const char *is = text_of(after, said_facts[i]);
        if (strcmp(was, is) != 0) {
            (void)fprintf(comparison->out, "%s differs: \"%s\", then \"%s\"; figures without a limit say less\n",
                          said_facts[i], was, is);
        }
    }
    (void)fprintf(comparison->out, "%-62s %14s %14s %7s\n", "figure", "before", "after", "ratio");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *was = json_array_get(list, i);
        const json_t *is = figure_named(after, text_of(was, "name"));
        if (is != NULL) {
            compare_figure(comparison, was, is);
        } else {
            (void)fprintf(comparison->out, "%-62s no longer measured\n", text_of(was, "name"));
        }
    }
}

enum compare_result compare_files(const json_t *before, const json_t *after, double tolerance_percent, FILE *out) {
    struct comparison comparison = {.out = out, .tolerance_percent = tolerance_percent};
    if (run_count(before) == 0 || run_count(before) != run_count(after)) {
        (void)fprintf(out, "refused: %zu runs and %zu: these are not two files of the same kind\n", run_count(before),
                      run_count(after));
        return COMPARE_REFUSED;
    }
    for (size_t i = 0; i < run_count(before); i++) {
        if (run_like(after, run_at(before, i)) == NULL) {
            (void)fputs("refused: the workloads differ; only the first file has ", out);
            print_workload(run_at(before, i), out);
            return COMPARE_REFUSED;
        }
    }
    for (size_t i = 0; i < run_count(before); i++) {
        const json_t *run = run_at(before, i);
        (void)fputs(i > 0 ? "\n" : "", out);
        compare_run(&comparison, run, run_like(after, run));
    }
    if (comparison.compared == 0) {
        (void)fputs("refused: the files have no figure in common\n", out);
        return COMPARE_REFUSED;
    }
    (void)fprintf(out, "\n%zu of %zu figures are worse by more than %g %%\n", comparison.worse, comparison.compared,
                  tolerance_percent);
    return comparison.worse > 0 ? COMPARE_WORSE : COMPARE_FINE;
}
