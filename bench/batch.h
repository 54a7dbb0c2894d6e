/* Requests that are submitted together, and what became of them. */
#ifndef BENCH_BATCH_H
#define BENCH_BATCH_H

#include "bench/bench.h"

/* Encoded requests, one after the other. */
struct batch {
    struct daybook_buffer bytes;
    size_t *ends;
    struct daybook_bytes *requests; /* Filled by batch_finish: the buffer moves while it grows. */
    size_t count;
    size_t capacity;
};

bool batch_init(struct batch *batch, size_t capacity); /* False when memory is refused. */
void batch_release(struct batch *batch);
void batch_reset(struct batch *batch);
bool batch_add(struct batch *batch, const Pb__Request *request); /* There must be room. */
void batch_finish(struct batch *batch);                          /* Before it is submitted. */

struct tally {
    uint64_t requests;
    uint64_t events;
    uint64_t refused;
    uint64_t cpu_ns; /* Of the calling thread, inside the calls. */
    bool says_why;   /* Prints the first few refusals. */
};

/* Submits the batch and adds to the tally; the time of the call alone is a sample. Says what went wrong. */
bool batch_submit(struct daybook *ledger, struct batch *batch, struct samples *samples, struct tally *tally);

/* A new ledger, open for writing. Says what went wrong. */
bool bench_make_ledger(struct bench *bench, const char *directory, struct daybook **ledger);

#endif
