/* What worker threads hand back to the loop. */
#include "tools/serve/inbox.h"

enum daybook_status inbox_open(struct inbox *inbox, uv_loop_t *loop, uv_async_cb arrived, void *context,
                               struct daybook_error *error) {
    inbox->first = NULL;
    inbox->last = &inbox->first;
    inbox->wake.data = context;
    int code = uv_mutex_init(&inbox->lock);
    if (code == 0) {
        code = uv_async_init(loop, &inbox->wake, arrived);
    }
    return code == 0 ? DAYBOOK_OK
                     : daybook_fail(error, DAYBOOK_IO, "starting the server's loop: %s", uv_strerror(code));
}

void inbox_push(struct inbox *inbox, struct call *list) {
    struct call **end = &list->next;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    uv_mutex_lock(&inbox->lock);
    bool was_empty = inbox->first == NULL;
    *inbox->last = list;
    inbox->last = end;
    uv_mutex_unlock(&inbox->lock);
    if (was_empty) {
        uv_async_send(&inbox->wake);
    }
}

struct call *inbox_take(struct inbox *inbox) {
    uv_mutex_lock(&inbox->lock);
    struct call *list = inbox->first;
    inbox->first = NULL;
    inbox->last = &inbox->first;
    uv_mutex_unlock(&inbox->lock);
    return list;
}
