/*
 * What the server counts of itself, and its page for Prometheus. Counted by
 * any thread without a lock; a page shows each count as it was when it was read.
 */
#ifndef DAYBOOK_TOOLS_SERVE_METRICS_H
#define DAYBOOK_TOOLS_SERVE_METRICS_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "tools/serve/connect.h"
#include "tools/serve/method.h"

struct server;

enum { METRICS_METHODS_MAX = 128, METRICS_REFUSALS_MAX = 128, METRICS_TIME_BUCKETS = 12 };

/* Of one loop, which alone counts; the page adds up those of all. */
struct call_counts {
    _Atomic uint64_t calls[METRICS_METHODS_MAX + 1][CONNECT_CODE_COUNT]; /* The last row: no call of the schema. */
    _Atomic uint64_t times[METRICS_TIME_BUCKETS];                        /* Of all calls but streams. */
    _Atomic uint64_t time_us;
};

struct metrics {
    _Atomic uint64_t refusals[METRICS_REFUSALS_MAX];
    _Atomic uint64_t connections; /* Accepted since the start. */
    _Atomic uint64_t followed_events;
};

void metrics_count_call(struct call_counts *counts, const struct method *method, enum connect_code code,
                        uint64_t time_us);
void metrics_count_refusal(struct metrics *metrics, const Pb__Refusal *refusal); /* Accepts NULL. */

/* Appends the page in Prometheus' text format. A worker's: it reads the ledger. */
DAYBOOK_MUST_USE enum daybook_status metrics_write(struct server *server, struct arena *arena,
                                                   struct daybook_buffer *out, struct daybook_error *error);

#endif
