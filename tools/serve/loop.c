/* One thread of the server: a libuv loop with a libmicrohttpd of its own inside it. */
#include "tools/serve/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "tools/serve/certificate.h"
#include "tools/serve/damage.h"
#include "tools/serve/follow.h"
#include "tools/serve/job_stream.h"
#include "tools/serve/recording.h"
#include "tools/serve/server.h"

#define MS_NS UINT64_C(1000000)

enum {
    CONNECTION_MEMORY_BYTES = 16 << 10, /* Request line and headers: more is answered 431 or 414. */
    LOOP_ARENA_BYTES = 16 << 20,
    TICK_MS = 10,
    TURNS_MAX = 8,
    HELD_TURN_MS = 1,
    STUCK_TURN_MS = 1,
    STALLED_TICKS = 100,
    COMPLAINTS_PER_S = 10,
};

/* ---- turning ---- */

static void http_due(uv_timer_t *timer) {
    loop_turn(timer->data);
}

static void http_goes_on(uv_idle_t *idle) {
    loop_turn(idle->data);
}

/* Not by a timer of 0 ms: libuv 1.44 asks for timers until none is due, and one that starts itself again always is, so
 * nothing else would have its turn. */
static void turn_later(struct loop *loop, unsigned long long timeout_ms) {
    if (timeout_ms == 0) {
        (void)uv_timer_stop(&loop->http_due);
        (void)uv_idle_start(&loop->http_more, http_goes_on);
    } else {
        (void)uv_idle_stop(&loop->http_more);
        (void)uv_timer_start(&loop->http_due, http_due, timeout_ms, 0);
    }
}

/* libmicrohttpd says when it wants to be called without an event. */
void loop_turn(struct loop *loop) {
    bool has_moved = false;
    for (int i = 0; i < TURNS_MAX; i++) {
        unsigned long long timeout_ms;
        loop->has_more = false;
        (void)MHD_run(loop->daemon);
        gather_flush(&loop->server->gather, &loop->arrived);
        has_moved |= loop->has_more;
        if (MHD_get_timeout(loop->daemon, &timeout_ms) != MHD_YES) {
            (void)uv_timer_stop(&loop->http_due);
            (void)uv_idle_stop(&loop->http_more);
            return;
        }
        if (timeout_ms == 0 && loop->held_count > 0 && !loop->has_more) {
            timeout_ms = HELD_TURN_MS; /* It wants to ask for those that are held. Not at once: they will be told of. */
        }
        if (timeout_ms > 0) {
            turn_later(loop, timeout_ms);
            return;
        }
    }
    turn_later(loop, has_moved ? 0 : STUCK_TURN_MS);
}

static void http_ready(uv_poll_t *poll, int status, int events) {
    (void)status;
    (void)events;
    loop_turn(poll->data);
}

void loop_add_connection(struct loop *loop, const struct accepted *accepted) {
    uint64_t opened_count = loop->peers.opened_count;
    bool is_added = MHD_add_connection(loop->daemon, accepted->fd, (const struct sockaddr *)&accepted->address,
                                       accepted->size) == MHD_YES;
    if (!is_added && loop->peers.opened_count == opened_count) {
        /* It was closed before it was told of, so its end will not be told of either. */
        atomic_fetch_sub_explicit(&loop->connection_count, 1, memory_order_relaxed);
    }
}

static void empty_inbox(struct loop *loop) {
    struct accepted *accepted;
    struct call *call = inbox_take(&loop->inbox, &accepted);
    while (accepted != NULL) {
        struct accepted *next = accepted->next;
        loop_add_connection(loop, accepted);
        free(accepted);
        accepted = next;
    }
    while (call != NULL) {
        struct call *next = call->next;
        call->next = NULL;
        call_return(call);
        call = next;
    }
}

static void inbox_arrived(uv_poll_t *wake, int status, int events) {
    (void)status;
    (void)events;
    empty_inbox(wake->data);
    loop_turn(wake->data);
}

/* ---- the tick ---- */

/* libmicrohttpd 0.9.75 waits without an end for that of a chunk's first line (its size, and what may stand behind it)
 * where that is longer than the memory of the connection: it reads no more, and asks to be called all the time. */
static bool is_stalled(const struct loop *loop, const struct call *call) {
    return loop->tick_count - call->heard_at_tick >= STALLED_TICKS && peer_has_more(call->connection);
}

static void give_up_late(struct loop *loop, uint64_t now_ns) {
    for (struct call *call = loop->calls; call != NULL; call = call->next_open) {
        bool is_late = call->deadline_ns != 0 && now_ns >= call->deadline_ns;
        /* Ready before the whole body has come: it is only read away. */
        bool is_reading = call->stage == CALL_READING || call->stage == CALL_READY;
        if (call->stage == CALL_WORKING && is_late) {
            call_give_up(call, CONNECT_DEADLINE_EXCEEDED,
                         "the time limit of the call has passed; what it asked for may still be done: ask again with "
                         "the same keys");
        } else if (is_reading && (is_late || is_stalled(loop, call))) {
            peer_end(call->connection); /* A body that drips, or does not end. */
        } else if (is_reading) {
            peer_end_if_gone(call->connection);
        }
    }
}

static void finish_drain(struct loop *loop, uint64_t now_ns) {
    if (atomic_load_explicit(&loop->call_count, memory_order_relaxed) == 0) {
        uv_stop(&loop->uv);
    } else if (now_ns >= loop->server->drain_until_ns) {
        for (struct call *call = loop->calls; call != NULL; call = call->next_open) {
            if (call->stage == CALL_WORKING) {
                call_give_up(call, CONNECT_UNAVAILABLE,
                             "the server is stopping; what was asked for may still be done: ask again with the same "
                             "keys");
            }
        }
        loop_turn(loop);
        uv_stop(&loop->uv);
    }
}

static void tick(uv_timer_t *timer) {
    struct loop *loop = timer->data;
    struct server *server = loop->server;
    bool is_draining = server_is_draining(server);
    uint64_t now_ns = clock_monotonic_ns();
    loop->tick_count++;
    give_up_late(loop, now_ns);
    follow_tick(loop);
    job_stream_tick(loop);
    peers_look_for_gone(&loop->peers, now_ns);
    peers_close_idle(&loop->peers, now_ns, is_draining ? 0 : server->options.idle_timeout_ms * MS_NS);
    if (loop->index == 0) {
        damage_tick(server);
        recording_tick(server);
        door_tick(&server->door);
    }
    loop_turn(loop);
    if (is_draining) {
        finish_drain(loop, now_ns);
    }
}

void loop_run(struct loop *loop) {
    loop_turn(loop);
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
}

/* ---- opening and closing ---- */

/* What strangers send must not fill the disk: of one second, the first few complaints, and how many there were. */
static bool may_complain(struct loop *loop) {
    uint64_t second = loop->tick_count * TICK_MS / 1000;
    if (second != loop->complaint_second) {
        if (loop->complaint_count > COMPLAINTS_PER_S) {
            log_event(&loop->server->log, "warning", "http", "%llu complaints more were left out",
                      (unsigned long long)(loop->complaint_count - COMPLAINTS_PER_S));
        }
        loop->complaint_second = second;
        loop->complaint_count = 0;
    }
    return ++loop->complaint_count <= COMPLAINTS_PER_S;
}

static void http_complains(void *context, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
static void http_complains(void *context, const char *format, va_list arguments) {
    struct loop *loop = context;
    char text[256];
    if (may_complain(loop)) {
        (void)vsnprintf(text, sizeof text, format, arguments);
        text[strcspn(text, "\n")] = '\0';
        log_event(&loop->server->log, "warning", "http", "%s", text);
    }
}

static enum daybook_status open_http(struct loop *loop, struct daybook_error *error) {
    struct server *server = loop->server;
    bool has_tls = server->options.tls_cert != NULL;
    unsigned flags = MHD_USE_NO_LISTEN_SOCKET | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     (has_tls ? MHD_USE_TLS : 0);
    loop->daemon =
        MHD_start_daemon(flags, 0, NULL, NULL, call_handle, loop, MHD_OPTION_EXTERNAL_LOGGER, http_complains, loop,
                         MHD_OPTION_NOTIFY_COMPLETED, call_completed, loop, MHD_OPTION_NOTIFY_CONNECTION, peer_changed,
                         loop, MHD_OPTION_CONNECTION_LIMIT, server->options.connection_limit,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,
                         MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(server->options.idle_timeout_ms / 1000),
                         has_tls ? MHD_OPTION_HTTPS_CERT_CALLBACK : MHD_OPTION_END, certificate_none, MHD_OPTION_END);
    if (loop->daemon == NULL) {
        return daybook_fail(error, DAYBOOK_IO,
                            "starting to listen on %.80s: the HTTP library refused; the log says more",
                            server->options.listen);
    }
    return DAYBOOK_OK;
}

static int start_handles(struct loop *loop) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    int code = uv_poll_init(&loop->uv, &loop->http, info->epoll_fd);
    code = code != 0 ? code : uv_poll_start(&loop->http, UV_READABLE, http_ready);
    code = code != 0 ? code : uv_timer_init(&loop->uv, &loop->http_due);
    code = code != 0 ? code : uv_idle_init(&loop->uv, &loop->http_more);
    code = code != 0 ? code : uv_timer_init(&loop->uv, &loop->tick);
    code = code != 0 ? code : uv_timer_start(&loop->tick, tick, TICK_MS, TICK_MS);
    loop->http.data = loop;
    loop->http_due.data = loop;
    loop->http_more.data = loop;
    loop->tick.data = loop;
    return code;
}

enum daybook_status loop_open(struct loop *loop, struct server *server, size_t index, struct daybook_error *error) {
    loop->server = server;
    loop->index = index;
    gather_turn_init(&loop->arrived);
    arena_init(&loop->arena, LOOP_ARENA_BYTES);
    if (uv_loop_init(&loop->uv) != 0) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "starting the server: memory was refused");
    }
    enum daybook_status status = inbox_open(&loop->inbox, &loop->uv, inbox_arrived, loop, error);
    if (status != DAYBOOK_OK) {
        (void)uv_loop_close(&loop->uv);
        return status;
    }
    loop->is_open = true;
    loop->sha256 = sha256_open();
    if (loop->sha256 == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "starting the server: memory was refused");
    }
    DAYBOOK_TRY(open_http(loop, error));
    int code = start_handles(loop);
    return code == 0 ? DAYBOOK_OK
                     : daybook_fail(error, DAYBOOK_IO, "starting the server's loop: %s", uv_strerror(code));
}

static void close_handle(uv_handle_t *handle, void *context) {
    (void)context;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

/* What workers gave back comes before the connections that it belongs to. */
void loop_close(struct loop *loop) {
    if (!loop->is_open) {
        return;
    }
    if (loop->daemon != NULL) {
        job_stream_abort_all(loop);
        empty_inbox(loop);
        MHD_stop_daemon(loop->daemon);
    }
    uv_walk(&loop->uv, close_handle, NULL);
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    inbox_release(&loop->inbox);
    (void)uv_loop_close(&loop->uv);
    call_pool_release(&loop->spare_calls);
    sha256_close(loop->sha256);
    arena_release(&loop->arena);
}
