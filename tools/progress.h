/*
 * Progress on a terminal, and stopping cleanly.
 *
 * A line on standard error, rewritten a few times a second, only where standard
 * error is a terminal. After progress_watch_interrupt, SIGINT and SIGTERM are
 * noted instead of obeyed: whoever works in batches looks between two of them.
 */
#ifndef DAYBOOK_TOOLS_PROGRESS_H
#define DAYBOOK_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "projection/view.h"

struct progress {
    const char *what; /* "importing" */
    const char *unit; /* "rows" */
    uint64_t total;   /* 0 = not known */
    uint64_t started_ns;
    uint64_t shown_ns;
    uint64_t first; /* What was done before it started. */
};

void progress_begin(struct progress *progress, const char *what, const char *unit, uint64_t first, uint64_t total);
void progress_update(struct progress *progress, uint64_t done);
void progress_clear(void); /* Takes the line away, if one is shown. */

/* "importing: 12,000 of 46,997 rows (25 %), 310,000 a second, 0:07 left"; pure, for the tests. */
const char *progress_line(const struct progress *progress, uint64_t done, uint64_t now_ns, char *text, size_t size);

/* "1,234,567" */
const char *count_grouped(uint64_t count, char text[32]);

void progress_watch_interrupt(void);
bool progress_is_interrupted(void);
int progress_interrupt_fd(void); /* Readable from then on, for those who wait in poll; -1 = nobody watches. */

/* For ledger_set_progress and view_rebuild: shows the folding, stops it on SIGINT. */
struct view_progress progress_of_views(void);

#endif
