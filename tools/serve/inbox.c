/* What other threads hand to a loop. */
#include "tools/serve/inbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tools/serve/loop.h"

enum daybook_status inbox_open(struct inbox *inbox, uv_loop_t *loop, uv_poll_cb arrived, void *context,
                               struct daybook_error *error) {
    inbox->first = NULL;
    inbox->last = &inbox->first;
    inbox->connections = NULL;
    inbox->wake.data = context;
    inbox->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (inbox->wake_fd < 0) {
        return daybook_fail(error, DAYBOOK_IO, "starting the server's loop: %s", strerror(errno));
    }
    int code = uv_mutex_init(&inbox->lock);
    if (code != 0) {
        (void)close(inbox->wake_fd);
        return daybook_fail(error, DAYBOOK_IO, "starting the server's loop: %s", uv_strerror(code));
    }
    code = uv_poll_init(loop, &inbox->wake, inbox->wake_fd);
    if (code == 0) {
        code = uv_poll_start(&inbox->wake, UV_READABLE, arrived);
    }
    if (code != 0) {
        inbox_release(inbox);
        return daybook_fail(error, DAYBOOK_IO, "starting the server's loop: %s", uv_strerror(code));
    }
    return DAYBOOK_OK;
}

void inbox_release(struct inbox *inbox) {
    uv_mutex_destroy(&inbox->lock);
    (void)close(inbox->wake_fd);
}

/* A full counter (no writer comes so far) would be refused, and is readable. */
static void wake(struct inbox *inbox) {
    uint64_t one = 1;
    ssize_t written = write(inbox->wake_fd, &one, sizeof one);
    (void)written;
}

static bool is_empty(const struct inbox *inbox) {
    return inbox->first == NULL && inbox->connections == NULL;
}

static void push(struct inbox *inbox, struct call *first, struct call **last) {
    uv_mutex_lock(&inbox->lock);
    bool was_empty = is_empty(inbox);
    *inbox->last = first;
    inbox->last = last;
    uv_mutex_unlock(&inbox->lock);
    if (was_empty) {
        wake(inbox);
    }
}

void inbox_return(struct call *list) {
    while (list != NULL) {
        struct loop *loop = list->loop;
        struct call *own = NULL;
        struct call **own_last = &own;
        struct call *others = NULL;
        struct call **others_last = &others;
        for (struct call *call = list; call != NULL; call = call->next) {
            struct call ***last = call->loop == loop ? &own_last : &others_last;
            **last = call;
            *last = &call->next;
        }
        *own_last = NULL;
        *others_last = NULL;
        push(&loop->inbox, own, own_last);
        list = others;
    }
}

bool inbox_push_connection(struct inbox *inbox, const struct accepted *accepted) {
    struct accepted *copy = malloc(sizeof *copy);
    if (copy == NULL) {
        return false;
    }
    *copy = *accepted;
    uv_mutex_lock(&inbox->lock);
    bool was_empty = is_empty(inbox);
    copy->next = inbox->connections;
    inbox->connections = copy;
    uv_mutex_unlock(&inbox->lock);
    if (was_empty) {
        wake(inbox);
    }
    return true;
}

struct call *inbox_take(struct inbox *inbox, struct accepted **connections) {
    uint64_t count;
    ssize_t taken = read(inbox->wake_fd, &count, sizeof count); /* Before the list: what comes later wakes again. */
    (void)taken;
    uv_mutex_lock(&inbox->lock);
    struct call *list = inbox->first;
    *connections = inbox->connections;
    inbox->first = NULL;
    inbox->last = &inbox->first;
    inbox->connections = NULL;
    uv_mutex_unlock(&inbox->lock);
    return list;
}
