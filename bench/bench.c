/*
 * daybook-bench: the figures of one run, each beside the limit of its parts.
 *
 *     daybook-bench [--events N] [--customers N] [--seed S] [--spread WORD] [--json FILE] DIRECTORY
 *
 * The method is in bench/README.md.
 */
#include "bench/bench.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

static const char usage[] = "usage: daybook-bench [options] DIRECTORY (which must not exist)\n"
                            "  --events N      events of the history (1000000)\n"
                            "  --customers N   (10000)\n"
                            "  --seed S        (1)\n"
                            "  --spread WORD   zipf, uniform or hot (zipf)\n"
                            "  --open-first    open every customer before anything else\n"
                            "  --commit HASH   of the build, for the JSON\n"
                            "  --json FILE     write the figures there, too\n"
                            "  --open-items N  whose ages are asked for (1000000)\n"
                            "  --parts LIST    of append, single, views, query, aging (all; append runs for all but\n"
                            "                  aging)\n";

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

static bool parse_options(int argc, char **argv, struct bench *bench, const char **parts) {
    static const struct option options[] = {
        {"events", required_argument, NULL, 'e'},     {"customers", required_argument, NULL, 'c'},
        {"seed", required_argument, NULL, 's'},       {"spread", required_argument, NULL, 'd'},
        {"open-first", no_argument, NULL, 'o'},       {"commit", required_argument, NULL, 'h'},
        {"json", required_argument, NULL, 'j'},       {"parts", required_argument, NULL, 'p'},
        {"open-items", required_argument, NULL, 'i'}, {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'e':
            bench->events = strtoull(optarg, NULL, 10);
            break;
        case 'c':
            bench->customers = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 's':
            bench->seed = strtoull(optarg, NULL, 10);
            break;
        case 'd':
            if (!spread_parse(optarg, &bench->spread)) {
                return false;
            }
            break;
        case 'o':
            bench->opens_first = true;
            break;
        case 'h':
            bench->commit = optarg;
            break;
        case 'j':
            bench->json_path = optarg;
            break;
        case 'i':
            bench->open_items = strtoull(optarg, NULL, 10);
            break;
        case 'p':
            *parts = optarg;
            break;
        default:
            return false;
        }
    }
    bench->directory = optind + 1 == argc ? argv[optind] : NULL;
    return bench->directory != NULL && bench->events > 0 && bench->customers > 0 && bench->open_items >= 10 &&
           bench->customers <= UINT32_C(1) << 22;
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

static bool write_json(const struct bench *bench) {
    char machine[128];
    char events[24];
    char customers[24];
    char seed[24];
    read_machine(machine, sizeof machine);
    (void)snprintf(events, sizeof events, "%" PRIu64, bench->head);
    (void)snprintf(customers, sizeof customers, "%u", (unsigned)bench->customers);
    (void)snprintf(seed, sizeof seed, "%" PRIu64, bench->seed);
    static const char *const spreads[] = {"zipf", "uniform", "hot"};
    const char *const facts[] = {"machine",   machine,   "commit", bench->commit, "events", events,
                                 "customers", customers, "seed",   seed,          "spread", spreads[bench->spread],
                                 NULL};
    return figures_write_json(&bench->figures, facts, bench->json_path);
}

static bool run(struct bench *bench, const char *parts) {
    if (strcmp(parts, "aging") == 0) {
        return bench_aging(bench);
    }
    if (!bench_append(bench) || !bench_parts(bench)) {
        return false;
    }
    if (strstr(parts, "single") != NULL && !bench_single(bench)) {
        return false;
    }
    if (strstr(parts, "views") != NULL && !bench_replay(bench)) {
        return false;
    }
    if (strstr(parts, "query") != NULL && !bench_point_in_time(bench)) {
        return false;
    }
    return strstr(parts, "aging") == NULL || bench_aging(bench);
}

int main(int argc, char **argv) {
    const char *parts = "append,single,views,query,aging";
    struct bench bench = {.events = 1000000, .customers = 10000, .open_items = 1000000, .seed = 1, .commit = "unknown"};
    if (!parse_options(argc, argv, &bench, &parts)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    if (mkdir(bench.directory, 0777) != 0) {
        (void)fprintf(stderr, "daybook-bench: making %s: %s\n", bench.directory, strerror(errno));
        return 3;
    }
    (void)fprintf(stderr, "daybook-bench: %" PRIu64 " events of %u customers\n", bench.events,
                  (unsigned)bench.customers);
    bool is_done = run(&bench, parts);
    if (is_done) {
        figures_print(&bench.figures, stdout);
        is_done = bench.json_path == NULL || write_json(&bench);
    }
    daybook_buffer_release(&bench.event_bytes);
    free(bench.event_spans);
    return is_done ? EXIT_SUCCESS : 3;
}
