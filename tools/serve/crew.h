/*
 * Threads for what may take longer than a moment: questions, and reading for
 * followers. The queue is bounded; what does not fit is refused at once.
 */
#ifndef DAYBOOK_TOOLS_SERVE_CREW_H
#define DAYBOOK_TOOLS_SERVE_CREW_H

#include <uv.h>

#include "base/arena.h"
#include "tools/serve/inbox.h"

enum { CREW_THREADS = 4 };

struct crew {
    uv_mutex_t lock;
    uv_cond_t work;
    struct call *first;
    struct call **last;
    size_t count;
    size_t limit;
    bool is_closing;
    bool is_open;
    uv_thread_t threads[CREW_THREADS];
    size_t thread_count;
};

DAYBOOK_MUST_USE enum daybook_status crew_open(struct crew *crew, size_t limit, struct daybook_error *error);
void crew_close(struct crew *crew); /* Finishes what is queued. Accepts one that was never opened (all zero). */

/* Runs call->work on a worker with an arena that is empty; then the call goes back to its loop.
 * False: the queue is full. `must_take`: it is taken all the same (what was begun goes on). */
bool crew_push(struct crew *crew, struct call *call, bool must_take);

#endif
