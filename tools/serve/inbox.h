/* What other threads hand to a loop: calls that workers have done with, in that order, and new connections. */
#ifndef DAYBOOK_TOOLS_SERVE_INBOX_H
#define DAYBOOK_TOOLS_SERVE_INBOX_H

#include <sys/socket.h>
#include <uv.h>

#include "base/error.h"
#include "tools/serve/call.h"

/* A connection that nobody has read from. */
struct accepted {
    struct accepted *next;
    int fd;
    socklen_t size;
    struct sockaddr_storage address;
};

struct inbox {
    uv_mutex_t lock;
    struct call *first;
    struct call **last;
    struct accepted *connections;
    int wake_fd; /* An eventfd. With uv_async a loop that is woken before the waker has run on spins and yields. */
    uv_poll_t wake;
};

/* `arrived` is called on the loop's thread when there is something. `context` is in wake.data.
 * Its handle is closed with the loop's. */
DAYBOOK_MUST_USE enum daybook_status inbox_open(struct inbox *inbox, uv_loop_t *loop, uv_poll_cb arrived, void *context,
                                                struct daybook_error *error);
void inbox_release(struct inbox *inbox); /* When it is empty, and nobody can push. */

/* Gives calls (a list by `next`) back, each to its loop; a loop is woken once for all of its own. Any thread. */
void inbox_return(struct call *list);
/* Copies it. False: memory was refused. Any thread. */
bool inbox_push_connection(struct inbox *inbox, const struct accepted *accepted);

/* All of it; the connections are the caller's, to be freed. */
struct call *inbox_take(struct inbox *inbox, struct accepted **connections);

#endif
