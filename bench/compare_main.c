/* daybook-compare: bench/compare's program. Exit codes: 0 fine, 1 worse, 2 usage or other workloads, 3 unreadable. */
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>

#include "bench/compare.h"

static const char usage[] =
    "usage: bench/compare OLD NEW [--tolerance PERCENT]\n"
    "\n"
    "Compares two JSON files of bench/run (or of bench/peers/run) figure by figure. Where a figure has a limit,\n"
    "measured in the same run, the ratios to it are compared. Exit code 1 when a figure is worse by more than\n"
    "PERCENT (25), 2 when the workloads differ.\n"
    "\n"
    "Example:\n"
    "  bench/compare yesterday.json build/bench.json --tolerance 10\n";

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"tolerance", required_argument, NULL, 't'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    double tolerance_percent = 25;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        char *end = NULL;
        if (option == 'h') {
            (void)fputs(usage, stdout);
            return EXIT_SUCCESS;
        }
        tolerance_percent = option == 't' ? strtod(optarg, &end) : -1;
        if (!(tolerance_percent >= 0 && tolerance_percent < 100) || end == optarg || *end != '\0') {
            (void)fputs(usage, stderr);
            return 2;
        }
    }
    if (optind + 2 != argc) {
        (void)fputs(usage, stderr);
        return 2;
    }
    json_t *files[2] = {NULL, NULL};
    bool is_read = true;
    for (int i = 0; i < 2; i++) {
        json_error_t error;
        files[i] = json_load_file(argv[optind + i], 0, &error);
        if (files[i] == NULL) {
            (void)fprintf(stderr, "bench/compare: reading %s: %s\n", argv[optind + i], error.text);
            is_read = false;
        }
    }
    enum compare_result result =
        is_read ? compare_files(files[0], files[1], tolerance_percent, stdout) : COMPARE_REFUSED;
    json_decref(files[0]);
    json_decref(files[1]);
    if (!is_read) {
        return 3;
    }
    return result == COMPARE_FINE ? EXIT_SUCCESS : result == COMPARE_WORSE ? 1 : 2;
}
