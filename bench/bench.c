/* What the parts of the benchmarks share: places, failures, time, memory. */
#include "bench/bench.h"

#include <limits.h>
#include <sys/resource.h>

const char *bench_path(const struct bench *bench, const char *name, char *path) {
    (void)snprintf(path, PATH_MAX, "%s/%s", bench->directory, name);
    return path;
}

bool bench_failed(const char *what, const struct daybook_error *error) {
    (void)fprintf(stderr, "daybook-bench: %s: %s\n", what, error->message);
    return false;
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
