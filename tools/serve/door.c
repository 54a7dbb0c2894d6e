/* Where connections come in. */
#include "tools/serve/door.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/serve/listen.h"
#include "tools/serve/server.h"

enum { ACCEPTED_PER_TURN = 64 };

/* The loop with the fewest connections; NULL: all there may be are open. */
static struct loop *choose_loop(struct server *server) {
    struct loop *best = NULL;
    size_t least = SIZE_MAX;
    size_t total = 0;
    for (size_t i = 0; i < server->loop_count; i++) {
        size_t count = atomic_load_explicit(&server->loops[i].connection_count, memory_order_relaxed);
        total += count;
        if (count < least) {
            least = count;
            best = &server->loops[i];
        }
    }
    return total < server->options.connection_limit ? best : NULL;
}

static void pause_until_tick(struct door *door) {
    (void)uv_poll_stop(&door->poll);
    door->is_polled = false;
}

/* False: no more for now. */
static bool accept_one(struct door *door) {
    struct accepted accepted = {.size = sizeof accepted.address};
    struct loop *loop = choose_loop(door->server);
    if (loop == NULL) {
        pause_until_tick(door);
        return false;
    }
    accepted.fd = accept4(door->fd, (struct sockaddr *)&accepted.address, &accepted.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted.fd >= 0) {
        door->has_complained = false;
        atomic_fetch_add_explicit(&loop->connection_count, 1, memory_order_relaxed);
        if (loop->index == 0) {
            loop_add_connection(loop, &accepted);
        } else if (!inbox_push_connection(&loop->inbox, &accepted)) {
            atomic_fetch_sub_explicit(&loop->connection_count, 1, memory_order_relaxed);
            (void)close(accepted.fd);
        }
        return true;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return false;
    }
    if (errno != ECONNABORTED && errno != EINTR) {
        if (!door->has_complained) {
            log_event(&door->server->log, "warning", "http", "accepting a connection: %s", strerror(errno));
        }
        door->has_complained = true;
        pause_until_tick(door);
        return false;
    }
    return true;
}

static void knocked(uv_poll_t *poll, int status, int events) {
    struct door *door = poll->data;
    (void)status;
    (void)events;
    for (int i = 0; i < ACCEPTED_PER_TURN && accept_one(door); i++) {
    }
    loop_turn(door->server->loops);
}

enum daybook_status door_open(struct door *door, struct server *server, struct daybook_error *error) {
    const struct server_options *options = &server->options;
    door->server = server;
    DAYBOOK_TRY(listen_open(options->listen, options->tls_cert != NULL || options->is_open, &door->fd, error));
    int code = uv_poll_init(&server->loops->uv, &door->poll, door->fd);
    door->poll.data = door;
    code = code != 0 ? code : uv_poll_start(&door->poll, UV_READABLE, knocked);
    if (code != 0) {
        return daybook_fail(error, DAYBOOK_IO, "starting to listen on %.80s: %s", options->listen, uv_strerror(code));
    }
    door->is_polled = true;
    return DAYBOOK_OK;
}

void door_close(struct door *door) {
    if (door->server == NULL || door->fd < 0) {
        return;
    }
    if (door->is_polled) {
        pause_until_tick(door);
    }
    (void)close(door->fd);
    door->fd = -1;
}

void door_tick(struct door *door) {
    if (door->fd >= 0 && !door->is_polled && choose_loop(door->server) != NULL) {
        door->is_polled = uv_poll_start(&door->poll, UV_READABLE, knocked) == 0;
    }
}
