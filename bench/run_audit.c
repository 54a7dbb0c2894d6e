/* Auditing: the history and all its views, decided and folded again from nothing. */
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit.h"
#include "bench/bench.h"

/* Every view at the head, so that an audit has a live one to compare with. Not measured; nor is the disk's work on what
 * was written so far, which an audit's own few syncs would wait for. */
static bool fold_all(struct bench *bench, struct daybook **ledger) {
    char path[PATH_MAX];
    struct daybook_error error;
    struct daybook_open_options how = {
        .directory = bench_path(bench, "ledger", path), .views = daybook_standard_views, .clock = bench_clock(bench)};
    bool is_done = daybook_open(&how, ledger, &error) == DAYBOOK_OK || bench_failed("opening to audit", &error);
    for (size_t i = 0; is_done && daybook_standard_views[i] != NULL; i++) {
        is_done = view_catch_up(ledger_view_at(*ledger, i), bench->head, NULL, &error) == DAYBOOK_OK ||
                  bench_failed("folding a view", &error);
    }
    sync();
    return is_done;
}

bool bench_audit(struct bench *bench) {
    char scratch[PATH_MAX];
    struct daybook_error error;
    struct daybook *ledger = NULL;
    struct audit_report *report = calloc(1, sizeof *report);
    struct audit_options options = {.scratch_directory = bench_path(bench, "audit", scratch), .query = daybook_query};
    bool is_done = report != NULL && fold_all(bench, &ledger);
    uint64_t used_ns = bench_processor_ns(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t start = clock_monotonic_ns();
    is_done =
        is_done && (audit_run(ledger, &options, report, &error) == DAYBOOK_OK || bench_failed("auditing", &error));
    double seconds = bench_seconds_since(start);
    if (is_done && report->finding_count > 0) {
        (void)fprintf(stderr, "daybook-bench: auditing: %s\n", report->findings[0]);
        is_done = false;
    }
    if (is_done) {
        double events = (double)bench->head;
        figure_limit(figures_add(&bench->figures, "audit verify, all requests and views", events / seconds, "events/s"),
                     "appending them in batches", bench->append->value);
        used_ns = bench_processor_ns(CLOCK_PROCESS_CPUTIME_ID) - used_ns;
        figures_add(&bench->figures, "audit verify, processor time", (double)used_ns / 1e3 / events, "us/event");
    }
    daybook_close(ledger);
    free(report);
    return is_done;
}
