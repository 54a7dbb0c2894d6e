/*
 * One thread of the server: a libuv loop with a libmicrohttpd of its own
 * inside it, and all that belongs to its connections.
 *
 *   LP1  A connection stays with the loop that it was handed to. What hangs on
 *        it (peer, calls, follower) is touched by that loop's thread alone; a
 *        call's worker has what call.h says (CL1).
 *   LP2  From outside, a loop is reached through its inbox and by nothing else;
 *        its counts may be read by anybody.
 */
#ifndef DAYBOOK_TOOLS_SERVE_LOOP_H
#define DAYBOOK_TOOLS_SERVE_LOOP_H

#include <microhttpd.h>
#include <stdatomic.h>
#include <uv.h>

#include "base/arena.h"
#include "base/hash.h"
#include "tools/serve/call_pool.h"
#include "tools/serve/gather.h"
#include "tools/serve/inbox.h"
#include "tools/serve/metrics.h"
#include "tools/serve/peer.h"

struct loop {
    struct server *server;
    size_t index;
    uv_thread_t thread; /* Not the first's: that is the thread that runs the server. */
    uv_loop_t uv;
    bool is_open;
    uv_poll_t http;      /* libmicrohttpd's epoll descriptor. */
    uv_timer_t http_due; /* What libmicrohttpd wants to do later. */
    uv_idle_t http_more; /* What it wants to do at once, when everything else has had its turn. */
    uv_timer_t tick;     /* Time limits, and idle followers. */
    struct MHD_Daemon *daemon;
    struct inbox inbox;
    struct arena arena;         /* Of a question that is answered on the loop. */
    struct sha256 *sha256;      /* For the gate. */
    struct gather_turn arrived; /* Submissions of this turn. */

    struct call *calls; /* Open ones. */
    size_t held_count;  /* Of hold.h. */
    uint64_t tick_count;
    uint64_t complaint_second; /* In which libmicrohttpd complained last, and how often in it. */
    uint64_t complaint_count;
    bool has_more; /* libmicrohttpd was given something that it will do in its next turn. */
    struct call_pool spare_calls;
    struct peers peers;
    struct follower *followers;
    struct job_stream *job_streams;

    _Atomic size_t call_count;       /* Of `calls`: written by the loop. */
    _Atomic size_t connection_count; /* Handed over, and not closed. */
    struct call_counts counts;
};

/* NO_MEMORY, IO. */
DAYBOOK_MUST_USE enum daybook_status loop_open(struct loop *loop, struct server *server, size_t index,
                                               struct daybook_error *error);
/* After its thread has ended, and all workers. Accepts one that was never opened (all zero). */
void loop_close(struct loop *loop);

/* Runs until the server drains and its calls are answered. */
void loop_run(struct loop *loop);

/* Lets libmicrohttpd do what is ready. The loop's thread. */
void loop_turn(struct loop *loop);

/* Takes a connection, or closes it. The loop's thread. */
void loop_add_connection(struct loop *loop, const struct accepted *accepted);

#endif
