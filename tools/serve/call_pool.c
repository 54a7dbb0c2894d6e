/* Calls that are done with, kept for the next ones. */
#include "tools/serve/call_pool.h"

#include <stdlib.h>

#include "tools/serve/follow.h"
#include "tools/serve/job_stream.h"

enum { KEPT_CALLS = 256, KEPT_BYTES = 4096 /* Of one buffer. */ };

static void free_call(struct call *call) {
    daybook_buffer_release(&call->body);
    daybook_buffer_release(&call->reply.bytes);
    free(call);
}

static struct daybook_buffer keep(struct daybook_buffer buffer) {
    if (buffer.capacity > KEPT_BYTES) {
        daybook_buffer_release(&buffer);
    }
    daybook_buffer_reset(&buffer);
    return buffer;
}

struct call *call_pool_take(struct call_pool *pool) {
    struct call *call = pool->first;
    if (call == NULL) {
        return calloc(1, sizeof *call);
    }
    pool->first = call->next;
    pool->count--;
    call->next = NULL;
    return call;
}

void call_pool_give(struct call_pool *pool, struct call *call) {
    follow_close(call);
    job_stream_close(call);
    daybook_buffer_release(&call->late.bytes);
    if (pool->count >= KEPT_CALLS) {
        free_call(call);
        return;
    }
    *call = (struct call){.next = pool->first, .body = keep(call->body), .reply = {.bytes = keep(call->reply.bytes)}};
    pool->first = call;
    pool->count++;
}

void call_pool_release(struct call_pool *pool) {
    while (pool->first != NULL) {
        free_call(call_pool_take(pool));
    }
}
