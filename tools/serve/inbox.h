/* What worker threads hand back to the loop: calls, in the order in which they were done. */
#ifndef DAYBOOK_TOOLS_SERVE_INBOX_H
#define DAYBOOK_TOOLS_SERVE_INBOX_H

#include <uv.h>

#include "base/error.h"
#include "tools/serve/call.h"

struct inbox {
    uv_mutex_t lock;
    struct call *first;
    struct call **last;
    uv_async_t wake;
};

/* `arrived` is called on the loop's thread when there is something. `context` is in wake.data.
 * Closed with the loop's handles. */
DAYBOOK_MUST_USE enum daybook_status inbox_open(struct inbox *inbox, uv_loop_t *loop, uv_async_cb arrived,
                                                void *context, struct daybook_error *error);

void inbox_push(struct inbox *inbox, struct call *list); /* A list by `next`; any thread. */
struct call *inbox_take(struct inbox *inbox);            /* All of it. */

#endif
