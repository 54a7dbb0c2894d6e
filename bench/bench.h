/* What the parts of daybook-bench share. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <time.h>

#include "base/clock.h"
#include "bench/figures.h"
#include "bench/workload.h"
#include "codec/frame.h"
#include "engine/ledger.h"

enum { BENCH_BATCH_REQUESTS = 8192, BENCH_THREADS = 64 };

struct bench {
    uint64_t events;
    uint32_t customers;
    uint64_t seed;
    enum spread_kind spread;
    bool opens_first;
    uint64_t open_items; /* Of the book whose ages are asked for. */
    size_t singles;      /* Requests that each submitter may come to send, one a call; syncs are counted by it, too. */
    const char *directory; /* Of this run; on the disk that is to be measured. */
    const char *json_path;
    const char *beside_path; /* The JSON of a run to be set beside this one; NULL: none. */
    const char *commit;
    struct figures figures;

    /* Learned on the way. */
    struct figure *append;  /* Of the figures: events appended a second. */
    struct figure *journal; /* Of the figures: its bytes an event. */
    uint64_t head;
    uint64_t requests;
    int64_t end_us;
    int64_t clock_us; /* What the ledger's clock says. */
    uint64_t journal_bytes;
    double append_limit; /* Raw LMDB append of the same events, a second. */
    double commit_limit; /* Raw LMDB commits of one event, a second. */
    double read_limit;   /* One event at random from raw LMDB, microseconds. */
    double open_ms;      /* Opening as a writer, after a close. */
    double unpack_rate;  /* Frames unpacked, events a second. */
    double decode_rate;  /* Events decoded, a second. */

    /* Events as they are stored, for the limits of the parts. */
    struct daybook_buffer event_bytes;
    struct event_span *event_spans;
    size_t event_count;
};

/* Each says what went wrong on standard error and returns false. */
bool bench_append(struct bench *bench);        /* run_append.c: the history that the others ask. */
bool bench_single(struct bench *bench);        /* run_append.c */
bool bench_parts(struct bench *bench);         /* run_parts.c: reads the events that were appended. */
bool bench_replay(struct bench *bench);        /* run_views.c */
bool bench_point_in_time(struct bench *bench); /* run_views.c */
bool bench_read_words(struct bench *bench);    /* run_reads.c: of the file that such questions read */
bool bench_aging(struct bench *bench);         /* run_aging.c */
bool bench_follow(struct bench *bench);        /* run_follow.c */
bool bench_proof(struct bench *bench);         /* run_follow.c */
bool bench_audit(struct bench *bench);         /* run_audit.c */
bool bench_recover(struct bench *bench);       /* run_recover.c: appends to the history, so it comes last. */
bool bench_beside(struct bench *bench);        /* beside.c */

/* One request a call from so many threads; the figures are "single appends, N submitters" and their like. */
bool bench_single_from(struct bench *bench, size_t threads); /* run_append.c */

/* The one of the standard views that has this name; says so when there is none. */
const struct projection *bench_view_named(const char *name);

/* Until the view has folded up to `head`, in this thread. */
bool bench_wait_for(struct daybook *ledger, const char *view, uint64_t head);

/* Requests in one call: 8192, or all of a history that is shorter. */
size_t bench_batch_requests(const struct bench *bench);

/* DIRECTORY/name, into a buffer of PATH_MAX. */
const char *bench_path(const struct bench *bench, const char *name, char *path);
bool bench_failed(const char *what, const struct daybook_error *error); /* Says it; always false. */
double bench_seconds_since(uint64_t start_ns);
uint64_t bench_processor_ns(
    clockid_t whose); /* Time on a processor: CLOCK_PROCESS_CPUTIME_ID, all threads, or _THREAD_. */
double bench_peak_rss_mib(void);
bool bench_write_json(const struct bench *bench);      /* To json_path: the machine, the workload, the figures. */
struct daybook_clock bench_clock(struct bench *bench); /* Says clock_us. */

#endif
