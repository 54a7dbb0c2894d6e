/*
 * How a feed is getting on: a line that is rewritten on a terminal, and one JSON
 * object an interval where standard error is no terminal.
 */
#ifndef DAYBOOK_TOOLS_FEED_REPORT_H
#define DAYBOOK_TOOLS_FEED_REPORT_H

#include "tools/progress.h"
#include "tools/serve/log.h"

struct feed_report {
    const char *target; /* "postgres" */
    bool is_terminal;
    uint64_t interval_ns;
    uint64_t written_ns; /* When the last line was. */
    struct log log;
    struct progress progress;
};

void feed_report_begin(struct feed_report *report, const char *target, uint64_t interval_ms);

/* Every event up to `position` is there, and `head` is the ledger's last one; `waiting_us` is the age of the oldest
 * event that is not there, 0 where there is none. Writes when it is time, or `now`. */
void feed_report_lag(struct feed_report *report, uint64_t position, uint64_t head, int64_t waiting_us, bool now);

/* Whether it is time to write a line again; then the next one waits for its interval. Never on a terminal, where the
 * last line stands. */
bool feed_report_is_due(struct feed_report *report);

/* Something happened: "connected", "away". */
void feed_report_event(struct feed_report *report, const char *level, const char *event, const char *message);

void feed_report_end(struct feed_report *report);

#endif
