/*
 * daybook-peers: the same work by Daybook and by others, in one run.
 *
 *     daybook-peers [--events N] [--postgres WHERE] [--daybook PROGRAM] [--json FILE] DIRECTORY
 *
 * bench/peers/run starts it with a PostgreSQL of its own. The method is in bench/README.md.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/peers/peers.h"
#include "bench/targets.h"

static const char usage[] = "usage: daybook-peers [options] DIRECTORY (which must not exist)\n"
                            "  --events N       events of the history (1000000)\n"
                            "  --customers N    (10000)\n"
                            "  --seed S         (1)\n"
                            "  --spread WORD    zipf, uniform or hot (zipf)\n"
                            "  --questions N    balances at a random (A, K) (20000)\n"
                            "  --seconds S      of each measurement with one event a transaction (5)\n"
                            "  --singles N      requests of each caller with one a call (8000)\n"
                            "  --plain-events N of the history that ledger and hledger are given (all)\n"
                            "  --peers LIST     of postgres, sqlite, plain (all)\n"
                            "  --postgres WHERE a connection string; without it PostgreSQL is left out\n"
                            "  --daybook FILE   the program, for exports and commands\n"
                            "  --commit HASH    of the build, for the JSON\n"
                            "  --json FILE      write the figures there, too\n";

static bool parse_options(int argc, char **argv, struct peers *peers) {
    static const struct option words[] = {
        {"events", required_argument, NULL, 'e'},    {"customers", required_argument, NULL, 'c'},
        {"seed", required_argument, NULL, 's'},      {"spread", required_argument, NULL, 'd'},
        {"questions", required_argument, NULL, 'q'}, {"seconds", required_argument, NULL, 't'},
        {"singles", required_argument, NULL, '1'},   {"plain-events", required_argument, NULL, 'n'},
        {"peers", required_argument, NULL, 'p'},     {"postgres", required_argument, NULL, 'w'},
        {"daybook", required_argument, NULL, 'b'},   {"commit", required_argument, NULL, 'h'},
        {"json", required_argument, NULL, 'j'},      {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", words, NULL)) != -1) {
        switch (option) {
        case 'e':
            peers->bench.events = strtoull(optarg, NULL, 10);
            break;
        case 'c':
            peers->bench.customers = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 's':
            peers->bench.seed = strtoull(optarg, NULL, 10);
            break;
        case 'd':
            if (!spread_parse(optarg, &peers->bench.spread)) {
                return false;
            }
            break;
        case 'q':
            peers->question_count = (size_t)strtoull(optarg, NULL, 10);
            break;
        case 't':
            peers->seconds = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case '1':
            peers->bench.singles = (size_t)strtoull(optarg, NULL, 10);
            break;
        case 'n':
            peers->plain_events = (size_t)strtoull(optarg, NULL, 10);
            break;
        case 'p':
            peers->chosen = optarg;
            break;
        case 'w':
            peers->postgres = optarg;
            break;
        case 'b':
            peers->daybook = optarg;
            break;
        case 'h':
            peers->bench.commit = optarg;
            break;
        case 'j':
            peers->bench.json_path = optarg;
            break;
        default:
            return false;
        }
    }
    return true;
}

static bool is_sound(const struct peers *peers) {
    const struct bench *bench = &peers->bench;
    return bench->directory != NULL && bench->events >= 64 && bench->customers > 0 &&
           bench->customers <= UINT32_C(1) << 22 && bench->singles > 0 && peers->question_count > 0 &&
           peers->seconds > 0;
}

/* Daybook first; then each peer on the events that came out. */
static bool run(struct peers *peers) {
    static const struct {
        const char *name;
        bool (*measure)(struct peers *peers);
    } all[] = {{"postgres", peers_postgres}, {"sqlite", peers_sqlite}, {"plain", peers_plain}};
    struct bench *bench = &peers->bench;
    bool is_done = bench_append(bench) && bench_single_from(bench, 1) && bench_single_from(bench, 16) &&
                   bench_follow(bench) && peers_read_events(peers) && peers_ask_daybook(peers);
    if (peers->plain_events == 0 || peers->plain_events > peers->event_count) {
        peers->plain_events = peers->event_count;
    }
    for (size_t i = 0; is_done && i < sizeof all / sizeof *all; i++) {
        is_done = strstr(peers->chosen, all[i].name) == NULL || all[i].measure(peers);
    }
    return is_done;
}

int main(int argc, char **argv) {
    struct peers peers = {
        .bench = {.events = 1000000, .customers = 10000, .seed = 1, .singles = 8000, .commit = "unknown"},
        .question_count = 20000,
        .seconds = 5,
        .daybook = "daybook",
        .chosen = "postgres,sqlite,plain"};
    bool is_parsed = parse_options(argc, argv, &peers);
    peers.bench.directory = optind + 1 == argc ? argv[optind] : NULL;
    if (!is_parsed || !is_sound(&peers)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    if (mkdir(peers.bench.directory, 0777) != 0) {
        (void)fprintf(stderr, "daybook-peers: making %s: %s\n", peers.bench.directory, strerror(errno));
        return 3;
    }
    (void)fprintf(stderr, "daybook-peers: %" PRIu64 " events of %u customers\n", peers.bench.events,
                  (unsigned)peers.bench.customers);
    bool is_done = run(&peers);
    if (is_done) {
        peers_add_published(&peers);
        peers_add_ratios(&peers);
        figures_print(&peers.bench.figures, stdout);
        peers_print_ratios(&peers, stdout);
        targets_print(&peers.bench.figures, stdout);
        is_done = peers.bench.json_path == NULL || bench_write_json(&peers.bench);
    }
    peers_release(&peers);
    return is_done ? EXIT_SUCCESS : 3;
}
