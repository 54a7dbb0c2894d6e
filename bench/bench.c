/* What the parts of the benchmarks share: places, failures, time, memory. */
#include "bench/bench.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>

const char *bench_path(const struct bench *bench, const char *name, char *path) {
    (void)snprintf(path, PATH_MAX, "%s/%s", bench->directory, name);
    return path;
}

size_t bench_batch_requests(const struct bench *bench) {
    uint64_t all = bench->events * 10 / 16 + 1; /* A request makes about 1.6 events. */
    return all < BENCH_BATCH_REQUESTS ? (size_t)all : BENCH_BATCH_REQUESTS;
}

bool bench_failed(const char *what, const struct daybook_error *error) {
    (void)fprintf(stderr, "daybook-bench: %s: %s\n", what, error->message);
    return false;
}

uint64_t bench_processor_ns(clockid_t whose) {
    struct timespec used;
    (void)clock_gettime(whose, &used);
    return (uint64_t)used.tv_sec * 1000000000U + (uint64_t)used.tv_nsec;
}

double bench_seconds_since(uint64_t start_ns) {
    return (double)(clock_monotonic_ns() - start_ns) / 1e9;
}

double bench_peak_rss_mib(void) {
    struct rusage usage_now;
    (void)getrusage(RUSAGE_SELF, &usage_now);
    return (double)usage_now.ru_maxrss / 1024;
}

/* Submitters read it while nobody moves it: bench->clock_us is set between calls. */
static int64_t read_clock(void *context) {
    return ((const struct bench *)context)->clock_us;
}

struct daybook_clock bench_clock(struct bench *bench) {
    return (struct daybook_clock){.now_us = read_clock, .context = bench};
}

/* The first "model name" of /proc/cpuinfo. */
static void read_machine(char *text, size_t size) {
    char line[256];
    (void)snprintf(text, size, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (file == NULL) {
        return;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (colon != NULL && strncmp(line, "model name", strlen("model name")) == 0) {
            (void)snprintf(text, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
            break;
        }
    }
    (void)fclose(file);
}

bool bench_write_json(const struct bench *bench) {
    char machine[128];
    char events[24];
    char customers[24];
    char seed[24];
    char open_items[24];
    char singles[24];
    char asked[24];
    read_machine(machine, sizeof machine);
    (void)snprintf(events, sizeof events, "%" PRIu64, bench->head);
    (void)snprintf(customers, sizeof customers, "%u", (unsigned)bench->customers);
    (void)snprintf(seed, sizeof seed, "%" PRIu64, bench->seed);
    (void)snprintf(open_items, sizeof open_items, "%" PRIu64, bench->open_items);
    (void)snprintf(singles, sizeof singles, "%zu", bench->singles);
    (void)snprintf(asked, sizeof asked, "%" PRIu64, bench->events);
    static const char *const spreads[] = {"zipf", "uniform", "hot"};
    const char *const facts[] = {"machine",
                                 machine,
                                 "commit",
                                 bench->commit,
                                 "events",
                                 events,
                                 "customers",
                                 customers,
                                 "seed",
                                 seed,
                                 "spread",
                                 spreads[bench->spread],
                                 "open_first",
                                 bench->opens_first ? "yes" : "no",
                                 "open_items",
                                 open_items,
                                 "asked_events",
                                 asked,
                                 "singles",
                                 singles,
                                 NULL};
    return figures_write_json(&bench->figures, facts, bench->json_path);
}
