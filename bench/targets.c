/* The table of targets, and how a run stands to it. */
#include "bench/targets.h"

enum { RESULTS_MAX = 64 };

static const struct target targets[] = {
    {"append, batches of 8192 requests", TARGET_VALUE, FIGURE_HIGHER, 1000000, 0, 0},
    {"append, batches of 8192 requests", TARGET_OF_LIMIT, FIGURE_HIGHER, 0.6, 0, 0},
    {"append with balance, aging, credit and proof folds", TARGET_VALUE, FIGURE_HIGHER, 500000, 20000000, 0},
    {"append with the proof fold, of the rate without", TARGET_VALUE, FIGURE_HIGHER, 0.9, 0, 0},
    {"audit verify, all requests and views", TARGET_VALUE, FIGURE_HIGHER, 1000000, 0, 0},
    {"append, of the run beside", TARGET_VALUE, FIGURE_HIGHER, 0.8, 0, 1000000},
    {"append, the last tenth of the events, of the first's rate", TARGET_VALUE, FIGURE_HIGHER, 0.8, 100000000, 0},
    {"single appends, 1 submitter", TARGET_OF_LIMIT, FIGURE_HIGHER, 0.9, 0, 0},
    {"single appends, 64 submitters, in events", TARGET_VALUE, FIGURE_HIGHER, 200000, 0, 0},
    {"rebuild of all views", TARGET_VALUE, FIGURE_HIGHER, 5000000, 0, 0},
    {"open after SIGKILL, to the first balance", TARGET_VALUE, FIGURE_LOWER, 1000, 100000000, 0},
    {"balance at a random (A, K)", TARGET_P99, FIGURE_LOWER, 5, 100000000, 0},
    {"balance at a random (A, K), p99, of the run beside", TARGET_VALUE, FIGURE_LOWER, 1.5, 100000000, 0},
    {"aging of the open items at the head", TARGET_VALUE, FIGURE_LOWER, 200, 0, 0},
    {"journal, size of an event", TARGET_VALUE, FIGURE_LOWER, 32, 0, 0},
    {"all views, size of an event", TARGET_VALUE, FIGURE_LOWER, 64, 0, 0},
    {"memory, peak while appending", TARGET_VALUE, FIGURE_LOWER, 1536, 0, 1000000},
    {"against PostgreSQL, bulk in batches", TARGET_VALUE, FIGURE_HIGHER, 15, 0, 0},
    {"against PostgreSQL, bulk in one transaction, indexes afterwards", TARGET_VALUE, FIGURE_HIGHER, 15, 0, 0},
    {"against PostgreSQL, single, 1 caller", TARGET_VALUE, FIGURE_HIGHER, 6, 0, 0},
    {"against PostgreSQL, single, 16 callers", TARGET_VALUE, FIGURE_HIGHER, 6, 0, 0},
    {"against PostgreSQL, point in time, 1 caller", TARGET_VALUE, FIGURE_HIGHER, 20, 0, 0},
    {"against PostgreSQL, point in time, 8 callers", TARGET_VALUE, FIGURE_HIGHER, 20, 0, 0},
    {"against ledger, one balance at a date", TARGET_VALUE, FIGURE_HIGHER, 1000, 1000000, 0},
    {"against hledger, one balance at a date", TARGET_VALUE, FIGURE_HIGHER, 1000, 1000000, 0},
    {"against ledger, one balance at a date, in process", TARGET_VALUE, FIGURE_HIGHER, 1000, 1000000, 0},
    {"against hledger, one balance at a date, in process", TARGET_VALUE, FIGURE_HIGHER, 1000, 1000000, 0},
    {"against TigerBeetle, 10 million in batches, decide and commit", TARGET_VALUE, FIGURE_HIGHER, 4, 10000000, 0},
    {"against TigerBeetle, 10 million in batches, all folds", TARGET_VALUE, FIGURE_HIGHER, 2, 10000000, 0},
    {"against TigerBeetle, random ids", TARGET_VALUE, FIGURE_HIGHER, 15, 0, 0},
    {"against TigerBeetle, one a request, 16 callers", TARGET_VALUE, FIGURE_HIGHER, 30, 0, 0},
    {"against TigerBeetle, growth of the files", TARGET_VALUE, FIGURE_HIGHER, 10, 0, 0},
};

static double measured_of(const struct target *target, const struct figure *figure) {
    switch (target->measure) {
    case TARGET_OF_LIMIT:
        return figure->limit > 0 ? figure->value / figure->limit : 0;
    case TARGET_P99:
        return figure->us.p99;
    case TARGET_VALUE:
        break;
    }
    return figure->value;
}

static bool is_at_least(const struct figures *figures, const char *name, uint64_t wanted) {
    const struct figure *figure = figures_find(figures, name);
    return wanted == 0 || (figure != NULL && figure->value >= (double)wanted);
}

size_t targets_judge(const struct figures *figures, struct target_result *results, size_t capacity) {
    size_t count = 0;
    for (size_t i = 0; i < sizeof targets / sizeof *targets && count < capacity; i++) {
        const struct target *target = &targets[i];
        const struct figure *figure = figures_find(figures, target->figure);
        if (figure == NULL || (target->measure == TARGET_OF_LIMIT && figure->limit_name == NULL)) {
            continue;
        }
        double measured = measured_of(target, figure);
        results[count++] = (struct target_result){
            .target = target,
            .measured = measured,
            .is_reached = target->sense == FIGURE_HIGHER ? measured >= target->wanted : measured <= target->wanted,
            .is_at_size = is_at_least(figures, "history, events", target->wanted_events) &&
                          is_at_least(figures, "history, customers", target->wanted_customers)};
    }
    return count;
}

static const char *const measure_words[] = {
    [TARGET_VALUE] = "", [TARGET_OF_LIMIT] = ", of its limit", [TARGET_P99] = ", p99"};

void targets_print(const struct figures *figures, FILE *out) {
    struct target_result results[RESULTS_MAX];
    size_t count = targets_judge(figures, results, RESULTS_MAX);
    if (count == 0) {
        return;
    }
    (void)fprintf(out, "\n%-74s %14s %14s\n", "target", "wanted", "measured");
    for (size_t i = 0; i < count; i++) {
        const struct target *target = results[i].target;
        char name[128];
        (void)snprintf(name, sizeof name, "%s%s", target->figure, measure_words[target->measure]);
        (void)fprintf(out, "%-74s %s %11.10g %14.2f  %s", name,
                      target->sense == FIGURE_HIGHER ? ">=" : "<=", target->wanted, results[i].measured,
                      results[i].is_reached ? "reached" : "not reached");
        if (!results[i].is_at_size && target->wanted_events > 0) {
            (void)fprintf(out, ", here: the target is of %.0f million events", (double)target->wanted_events / 1e6);
        }
        if (!results[i].is_at_size && target->wanted_customers > 0) {
            (void)fprintf(out, ", here: the target is of %.0f customers", (double)target->wanted_customers);
        }
        (void)fputc('\n', out);
    }
}

json_t *targets_json(const struct figures *figures) {
    struct target_result results[RESULTS_MAX];
    size_t count = targets_judge(figures, results, RESULTS_MAX);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct target *target = results[i].target;
        (void)json_array_append_new(list, json_pack("{s:s+, s:s, s:f, s:f, s:b, s:b}", "figure", target->figure,
                                                    measure_words[target->measure], "sense",
                                                    target->sense == FIGURE_HIGHER ? "at least" : "at most", "wanted",
                                                    target->wanted, "measured", results[i].measured, "reached",
                                                    results[i].is_reached, "at_size", results[i].is_at_size));
    }
    return list;
}
