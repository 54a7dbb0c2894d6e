/* The server: one libuv loop with libmicrohttpd inside it. */
#include "tools/serve/server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/ledger.h"
#include "tools/charset.h"
#include "tools/serve/call_pool.h"
#include "tools/serve/damage.h"
#include "tools/serve/follow.h"
#include "tools/serve/job_stream.h"
#include "tools/serve/listen.h"
#include "tools/serve/openapi.h"
#include "tools/serve/supervisor.h"

#define MS_NS UINT64_C(1000000)

enum {
    CONNECTION_MEMORY_BYTES = 16 << 10, /* Request line and headers: more is answered 431 or 414. */
    LOOP_ARENA_BYTES = 16 << 20,
    QUESTION_QUEUE = 1024,
    TICK_MS = 10,
    TURNS_MAX = 8,
    LOOKS_PER_TICK = 64,     /* Idle connections: 10 000 in two seconds. */
    DESCRIPTORS_SPARE = 256, /* Files and stores, beside the connections. */
};

/* ---- peers ---- */

static void unlink_peer(struct server *server, struct peer *peer) {
    if (peer->idle_since_ns == 0) {
        return;
    }
    if (server->idle_next == peer) {
        server->idle_next = peer->next;
    }
    if (peer->previous == NULL) {
        server->idle_first = peer->next;
    } else {
        peer->previous->next = peer->next;
    }
    if (peer->next == NULL) {
        server->idle_last = peer->previous;
    } else {
        peer->next->previous = peer->previous;
    }
    peer->previous = NULL;
    peer->next = NULL;
    peer->idle_since_ns = 0;
}

void server_mark_busy(struct server *server, struct peer *peer) {
    unlink_peer(server, peer);
}

void server_mark_idle(struct server *server, struct peer *peer) {
    unlink_peer(server, peer);
    peer->idle_since_ns = clock_monotonic_ns();
    peer->previous = server->idle_last;
    if (server->idle_last == NULL) {
        server->idle_first = peer;
    } else {
        server->idle_last->next = peer;
    }
    server->idle_last = peer;
}

static void connection_changed(void *context, struct MHD_Connection *connection, void **state,
                               enum MHD_ConnectionNotificationCode what) {
    struct server *server = context;
    struct peer *peer = *state;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        peer = calloc(1, sizeof *peer);
        *state = peer;
        if (peer == NULL) {
            return;
        }
        peer->connection = connection;
        peer->is_loopback = listen_is_loopback(info->client_addr);
        peer->address = listen_address_hash(info->client_addr);
        server->peer_count++;
        atomic_fetch_add_explicit(&server->metrics.connections, 1, memory_order_relaxed);
        server_mark_idle(server, peer);
    } else if (peer != NULL) {
        unlink_peer(server, peer);
        server->peer_count--;
        free(peer);
        *state = NULL;
    }
}

/* Shut down rather than closed: libmicrohttpd owns the descriptor, and sees the end of it. */
static void end_reading(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    (void)shutdown(info->connect_fd, SHUT_RD);
}

/* libmicrohttpd takes a short read for the last one, and may have missed the end behind it: epoll told of both at
 * once, and tells of it no more. Shutting down tells again. */
static void end_if_gone(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    char byte;
    if (recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
        end_reading(connection);
    }
}

static void look_for_gone(struct server *server) {
    for (int i = 0; i < LOOKS_PER_TICK && server->idle_next != NULL; i++) {
        end_if_gone(server->idle_next->connection);
        server->idle_next = server->idle_next->next;
    }
    if (server->idle_next == NULL) {
        server->idle_next = server->idle_first;
    }
}

static void close_idle(struct server *server, uint64_t now_ns) {
    uint64_t limit_ns = server->options.idle_timeout_ms * MS_NS;
    while (server->idle_first != NULL &&
           (server->is_draining || now_ns - server->idle_first->idle_since_ns >= limit_ns)) {
        struct peer *peer = server->idle_first;
        unlink_peer(server, peer);
        end_reading(peer->connection);
    }
}

/* ---- the loop ---- */

static void turn(struct server *server);

static void http_due(uv_timer_t *timer) {
    turn(timer->data);
}

/* Lets libmicrohttpd do what is ready. It says when it wants to be called without an event. */
static void turn(struct server *server) {
    for (int i = 0; i < TURNS_MAX; i++) {
        unsigned long long timeout_ms;
        (void)MHD_run(server->daemon);
        gather_flush(&server->gather);
        if (MHD_get_timeout(server->daemon, &timeout_ms) != MHD_YES) {
            (void)uv_timer_stop(&server->http_due);
            return;
        }
        if (timeout_ms > 0) {
            (void)uv_timer_start(&server->http_due, http_due, timeout_ms, 0);
            return;
        }
    }
    (void)uv_timer_start(&server->http_due, http_due, 0, 0);
}

static void http_ready(uv_poll_t *poll, int status, int events) {
    (void)status;
    (void)events;
    turn(poll->data);
}

static void calls_returned(uv_async_t *wake) {
    struct server *server = wake->data;
    struct call *call = inbox_take(&server->inbox);
    while (call != NULL) {
        struct call *next = call->next;
        call->next = NULL;
        call_return(call);
        call = next;
    }
    turn(server);
}

static void give_up_late(struct server *server, uint64_t now_ns) {
    for (struct call *call = server->calls; call != NULL; call = call->next_open) {
        bool is_late = call->deadline_ns != 0 && now_ns >= call->deadline_ns;
        /* Ready before the whole body has come: it is only read away. */
        bool is_reading = call->stage == CALL_READING || call->stage == CALL_READY;
        if (call->stage == CALL_WORKING && is_late) {
            call_give_up(call, CONNECT_DEADLINE_EXCEEDED,
                         "the time limit of the call has passed; what it asked for may still be done: ask again with "
                         "the same keys");
        } else if (is_reading && is_late) {
            end_reading(call->connection); /* A body that drips. */
        } else if (is_reading) {
            end_if_gone(call->connection);
        }
    }
}

static void finish_drain(struct server *server, uint64_t now_ns) {
    if (server->call_count == 0) {
        uv_stop(&server->loop);
    } else if (now_ns >= server->drain_until_ns) {
        for (struct call *call = server->calls; call != NULL; call = call->next_open) {
            if (call->stage == CALL_WORKING) {
                call_give_up(call, CONNECT_UNAVAILABLE,
                             "the server is stopping; what was asked for may still be done: ask again with the same "
                             "keys");
            }
        }
        turn(server);
        uv_stop(&server->loop);
    }
}

static void tick(uv_timer_t *timer) {
    struct server *server = timer->data;
    uint64_t now_ns = clock_monotonic_ns();
    give_up_late(server, now_ns);
    follow_tick(server);
    job_stream_tick(server);
    damage_tick(server);
    look_for_gone(server);
    close_idle(server, now_ns);
    turn(server);
    if (server->is_draining) {
        finish_drain(server, now_ns);
    }
}

static void begin_drain(uv_signal_t *handle, int number) {
    struct server *server = handle->data;
    if (server->is_draining) {
        return;
    }
    (void)number;
    supervisor_tell("STOPPING=1");
    log_event(&server->log, "info", "draining", "no new calls; %zu are being answered", server->call_count);
    server->is_draining = true;
    server->drain_until_ns = clock_monotonic_ns() + server->options.drain_timeout_ms * MS_NS;
    MHD_socket listener = MHD_quiesce_daemon(server->daemon);
    if (listener != MHD_INVALID_SOCKET) {
        (void)close(listener);
    }
}

/* ---- opening and closing ---- */

/* As many descriptors as the connections need, where the system lets us. */
static void raise_descriptor_limit(struct server *server) {
    struct rlimit limit;
    rlim_t wanted = server->options.connection_limit + DESCRIPTORS_SPARE;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) {
        return;
    }
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > wanted ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
        server->options.connection_limit = (unsigned)(limit.rlim_cur - DESCRIPTORS_SPARE);
        log_event(&server->log, "warning", "limit", "the system allows %llu descriptors: at most %u connections",
                  (unsigned long long)limit.rlim_cur, server->options.connection_limit);
    }
}

static enum daybook_status read_tls(struct server *server, struct daybook_error *error) {
    struct daybook_buffer cert = {0};
    struct daybook_buffer key = {0};
    enum daybook_status status = file_read(server->options.tls_cert, &cert, error);
    if (status == DAYBOOK_OK) {
        status = file_read(server->options.tls_key, &key, error);
    }
    if (status == DAYBOOK_OK &&
        (daybook_buffer_append(&cert, "", 1) != DAYBOOK_OK || daybook_buffer_append(&key, "", 1) != DAYBOOK_OK)) {
        status = daybook_fail(error, DAYBOOK_NO_MEMORY, "reading the certificate: memory was refused");
    }
    server->cert = (char *)cert.data;
    server->key = (char *)key.data;
    return status;
}

static void http_complains(void *context, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
static void http_complains(void *context, const char *format, va_list arguments) {
    const struct server *server = context;
    char text[256];
    (void)vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\n")] = '\0';
    log_event(&server->log, "warning", "http", "%s", text);
}

static enum daybook_status open_http(struct server *server, struct daybook_error *error) {
    bool has_tls = server->options.tls_cert != NULL;
    int fd;
    raise_descriptor_limit(server);
    if (has_tls) {
        DAYBOOK_TRY(read_tls(server, error));
    }
    DAYBOOK_TRY(listen_open(server->options.listen, has_tls || server->options.is_open, &fd, error));
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, server->cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, server->key},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (has_tls ? MHD_USE_TLS : 0);
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, call_handle, server, MHD_OPTION_EXTERNAL_LOGGER, http_complains, server,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, call_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        connection_changed, server, MHD_OPTION_CONNECTION_LIMIT, server->options.connection_limit,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)(server->options.idle_timeout_ms / 1000), MHD_OPTION_ARRAY, has_tls ? tls : &tls[2], MHD_OPTION_END);
    if (server->daemon == NULL) {
        (void)close(fd);
        return daybook_fail(error, has_tls ? DAYBOOK_INVALID : DAYBOOK_IO,
                            "starting to listen on %.80s: %s; the log says more", server->options.listen,
                            has_tls ? "the certificate or its key cannot be used" : "the HTTP library refused");
    }
    char text[LISTEN_TEXT_SIZE];
    log_event(&server->log, "info", "listening", "%s://%s", has_tls ? "https" : "http", listen_text(fd, text));
    return DAYBOOK_OK;
}

static int start_handles(struct server *server) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    int code = uv_poll_init(&server->loop, &server->http, info->epoll_fd);
    code = code != 0 ? code : uv_poll_start(&server->http, UV_READABLE, http_ready);
    code = code != 0 ? code : uv_timer_init(&server->loop, &server->http_due);
    code = code != 0 ? code : uv_timer_init(&server->loop, &server->tick);
    code = code != 0 ? code : uv_timer_start(&server->tick, tick, TICK_MS, TICK_MS);
    code = code != 0 ? code : uv_signal_init(&server->loop, &server->terminate);
    code = code != 0 ? code : uv_signal_start(&server->terminate, begin_drain, SIGTERM);
    code = code != 0 ? code : uv_signal_init(&server->loop, &server->interrupt);
    code = code != 0 ? code : uv_signal_start(&server->interrupt, begin_drain, SIGINT);
    server->http.data = server;
    server->http_due.data = server;
    server->tick.data = server;
    server->terminate.data = server;
    server->interrupt.data = server;
    return code;
}

static enum daybook_status open_server(struct server *server, struct daybook_error *error) {
    DAYBOOK_TRY(gate_open(&server->gate, ledger_directory(server->ledger), server->options.trusts_machine, error));
    DAYBOOK_TRY(methods_open(&server->methods, error));
    DAYBOOK_TRY(openapi_write(&server->methods, &server->openapi, error));
    DAYBOOK_TRY(crew_open(&server->crew, QUESTION_QUEUE, &server->inbox, error));
    DAYBOOK_TRY(gather_open(&server->gather, server->ledger, &server->inbox, error));
    DAYBOOK_TRY(open_http(server, error));
    int code = start_handles(server);
    return code == 0 ? DAYBOOK_OK
                     : daybook_fail(error, DAYBOOK_IO, "starting the server's loop: %s", uv_strerror(code));
}

static void close_handle(uv_handle_t *handle, void *context) {
    (void)context;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

/* Workers first: they finish what is queued. Then what they gave back, then the connections. */
static void close_server(struct server *server) {
    gather_close(&server->gather);
    crew_close(&server->crew);
    job_stream_abort_all(server);
    if (server->daemon != NULL) {
        calls_returned(&server->inbox.wake);
        MHD_stop_daemon(server->daemon);
    }
    uv_walk(&server->loop, close_handle, NULL);
    (void)uv_run(&server->loop, UV_RUN_DEFAULT);
    uv_mutex_destroy(&server->inbox.lock);
    (void)uv_loop_close(&server->loop);
    call_pool_release(server);
    methods_close(&server->methods);
    gate_close(&server->gate);
    daybook_buffer_release(&server->openapi);
    arena_release(&server->loop_arena);
    free(server->cert);
    free(server->key);
}

enum daybook_status server_run(struct daybook *ledger, const struct server_options *options,
                               struct daybook_error *error) {
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL || uv_loop_init(&server->loop) != 0) {
        free(server);
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "starting the server: memory was refused");
    }
    server->ledger = ledger;
    server->options = *options;
    server->log.fd = STDERR_FILENO;
    arena_init(&server->loop_arena, LOOP_ARENA_BYTES);
    (void)signal(SIGPIPE, SIG_IGN);
    enum daybook_status status = inbox_open(&server->inbox, &server->loop, calls_returned, server, error);
    if (status == DAYBOOK_OK) {
        status = open_server(server, error);
    }
    if (status == DAYBOOK_OK) {
        supervisor_tell("READY=1");
        turn(server);
        (void)uv_run(&server->loop, UV_RUN_DEFAULT);
        log_event(&server->log, "info", "stopped", "everything that was acknowledged is durable");
    }
    close_server(server);
    free(server);
    return status;
}
