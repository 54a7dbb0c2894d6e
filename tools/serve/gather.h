/*
 * The gatherer: requests of many connections become one submission.
 *
 *   GA1  What arrives while a batch is being decided or synced is the next batch.
 *   GA2  A call is given back only when what it asked for is durable, or was
 *        refused, or has failed: never before.
 *   GA3  The queue is bounded in calls and in bytes; what does not fit is
 *        refused at once, before anything is decided.
 *
 * Two threads (lanes): while one waits for its sync, the other decides what
 * has arrived, waits for that sync too, and takes what has arrived meanwhile.
 */
#ifndef DAYBOOK_TOOLS_SERVE_GATHER_H
#define DAYBOOK_TOOLS_SERVE_GATHER_H

#include <stdatomic.h>
#include <uv.h>

#include "daybook.h"
#include "tools/serve/inbox.h"

enum { GATHER_LANES = 2 };

/* What arrived on one loop in one of its turns. */
struct gather_turn {
    struct call *first;
    struct call **last;
};

struct gather {
    struct daybook *ledger;
    size_t call_limit;
    size_t byte_limit;
    bool is_open;
    _Atomic size_t call_count; /* Arrived and queued, of all loops. */
    _Atomic size_t byte_count;

    uv_mutex_t lock; /* Guards what follows. */
    uv_cond_t work;
    struct call *first;
    struct call **last;
    bool is_closing;

    uv_thread_t lanes[GATHER_LANES];
    size_t lane_count;
};

DAYBOOK_MUST_USE enum daybook_status gather_open(struct gather *gather, struct daybook *ledger,
                                                 struct daybook_error *error);
void gather_close(struct gather *gather); /* Finishes what is queued. Accepts one that was never opened (all zero). */

void gather_turn_init(struct gather_turn *turn);

/* Takes a SubmitRequest or a Request into its loop's turn. False: the queue is full. The loop's thread. */
bool gather_push(struct gather *gather, struct call *call);

/* Hands what arrived in the turn to a lane. The loop's thread, once a turn. */
void gather_flush(struct gather *gather, struct gather_turn *turn);

#endif
