/*
 * daybook-bench: the figures of one run, each beside the limit of its parts.
 *
 *     daybook-bench [--events N] [--customers N] [--seed S] [--spread WORD] [--json FILE] DIRECTORY
 *
 * The method is in bench/README.md.
 */
#include "bench/bench.h"
#include "bench/targets.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char usage[] =
    "usage: daybook-bench [options] DIRECTORY (which must not exist)\n"
    "  --events N      events of the history (1000000)\n"
    "  --customers N   (10000)\n"
    "  --seed S        (1)\n"
    "  --spread WORD   zipf, uniform or hot (zipf)\n"
    "  --open-first    open every customer before anything else\n"
    "  --commit HASH   of the build, for the JSON\n"
    "  --json FILE     write the figures there, too\n"
    "  --open-items N  whose ages are asked for (1000000)\n"
    "  --parts LIST    of append, single, views, query, follow, proof, audit, recover, aging (all;\n"
    "                  append runs for all but aging)\n"
    "  --beside FILE   the JSON of another run, whose rates and times this one's are set beside\n";

static bool parse_options(int argc, char **argv, struct bench *bench, const char **parts) {
    static const struct option options[] = {
        {"events", required_argument, NULL, 'e'},     {"customers", required_argument, NULL, 'c'},
        {"seed", required_argument, NULL, 's'},       {"spread", required_argument, NULL, 'd'},
        {"open-first", no_argument, NULL, 'o'},       {"commit", required_argument, NULL, 'h'},
        {"json", required_argument, NULL, 'j'},       {"parts", required_argument, NULL, 'p'},
        {"open-items", required_argument, NULL, 'i'}, {"beside", required_argument, NULL, 'b'},
        {"singles", required_argument, NULL, '1'},    {NULL, 0, NULL, 0},
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
        case '1':
            bench->singles = (size_t)strtoull(optarg, NULL, 10);
            break;
        case 'b':
            bench->beside_path = optarg;
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
           bench->singles > 0 && bench->customers <= UINT32_C(1) << 22;
}

/* In this order: the open items are a ledger of their own, and recovering adds to the history. */
static bool run(struct bench *bench, const char *parts) {
    static const struct {
        const char *name;
        bool (*measure)(struct bench *bench);
    } steps[] = {
        {"single", bench_single}, {"views", bench_replay}, {"query", bench_point_in_time}, {"follow", bench_follow},
        {"proof", bench_proof},   {"audit", bench_audit},  {"recover", bench_recover},     {"aging", bench_aging},
    };
    bool is_done = strcmp(parts, "aging") == 0 || (bench_append(bench) && bench_parts(bench));
    for (size_t i = 0; is_done && i < sizeof steps / sizeof *steps; i++) {
        is_done = strstr(parts, steps[i].name) == NULL || steps[i].measure(bench);
    }
    return is_done && (bench->beside_path == NULL || bench_beside(bench));
}

int main(int argc, char **argv) {
    const char *parts = "append,single,views,query,follow,proof,audit,recover,aging";
    struct bench bench = {
        .events = 1000000, .customers = 10000, .open_items = 1000000, .singles = 8000, .seed = 1, .commit = "unknown"};
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
        targets_print(&bench.figures, stdout);
        is_done = bench.json_path == NULL || bench_write_json(&bench);
    }
    daybook_buffer_release(&bench.event_bytes);
    free(bench.event_spans);
    return is_done ? EXIT_SUCCESS : 3;
}
