/*
 * Calls that are done with, kept for the next ones with the memory of their
 * body and reply: they come and go by the ten thousand a second. Bounded in
 * number and in what each may keep. The loop's thread.
 */
#ifndef DAYBOOK_TOOLS_SERVE_CALL_POOL_H
#define DAYBOOK_TOOLS_SERVE_CALL_POOL_H

#include "tools/serve/call.h"

struct call_pool {
    struct call *first;
    size_t count;
};

/* All zero, but for the memory that its buffers may have. NULL: memory was refused. */
struct call *call_pool_take(struct call_pool *pool);
void call_pool_give(struct call_pool *pool, struct call *call); /* Takes it back, whatever it holds. */
void call_pool_release(struct call_pool *pool);                 /* Frees all that are kept. */

#endif
