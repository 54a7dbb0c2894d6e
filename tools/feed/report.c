/* How a feed is getting on, for a person or for a log. */
#include "tools/feed/report.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "tools/text.h"

#define MS_NS UINT64_C(1000000)

void feed_report_begin(struct feed_report *report, const char *target, uint64_t interval_ms) {
    *report = (struct feed_report){.target = target,
                                   .is_terminal = isatty(STDERR_FILENO) != 0,
                                   .interval_ns = interval_ms * MS_NS,
                                   .written_ns = clock_monotonic_ns(),
                                   .log = {STDERR_FILENO}};
}

/* A rate is shown only of what this run did. */
static void show(struct feed_report *report, uint64_t position, uint64_t head) {
    if (report->progress.what == NULL || position < report->progress.first) {
        progress_begin(&report->progress, _("feeding"), _("events"), position, head);
    }
    report->progress.total = head;
    progress_update(&report->progress, position);
}

bool feed_report_is_due(struct feed_report *report) {
    uint64_t now_ns = clock_monotonic_ns();
    bool is_due = !report->is_terminal && now_ns - report->written_ns >= report->interval_ns;
    report->written_ns = is_due ? now_ns : report->written_ns;
    return is_due;
}

void feed_report_lag(struct feed_report *report, uint64_t position, uint64_t head, int64_t waiting_us, bool now) {
    if (report->is_terminal) {
        show(report, position, head);
        return;
    }
    if (feed_report_is_due(report) || now) {
        log_lag(&report->log, report->target, position, head, waiting_us);
    }
}

void feed_report_event(struct feed_report *report, const char *level, const char *event, const char *message) {
    if (report->is_terminal) {
        progress_clear();
        (void)fprintf(stderr, "%s: %s\n", report->target, message);
        return;
    }
    log_event(&report->log, level, event, "%s: %s", report->target, message);
}

void feed_report_end(struct feed_report *report) {
    if (report->is_terminal) {
        progress_clear();
    }
}
