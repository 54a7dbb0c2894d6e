/*
 * The server: one libuv loop with libmicrohttpd inside it. HTTP and short
 * questions on the loop's thread; submissions through the gatherer's lanes;
 * everything else on the crew's threads.
 *
 *   SV1  What was acknowledged is durable.
 *   SV2  After SIGTERM nothing new is begun, everything begun is answered, and
 *        then the ledger is closed. What takes longer than the drain's limit is
 *        answered "unavailable".
 *   SV3  Every queue, body, header, connection and wait has a bound.
 */
#ifndef DAYBOOK_TOOLS_SERVE_SERVER_H
#define DAYBOOK_TOOLS_SERVE_SERVER_H

#include <microhttpd.h>
#include <uv.h>

#include "daybook.h"
#include "tools/serve/call.h"
#include "tools/serve/crew.h"
#include "tools/serve/gate.h"
#include "tools/serve/gather.h"
#include "tools/serve/inbox.h"
#include "tools/serve/log.h"
#include "tools/serve/method.h"
#include "tools/serve/metrics.h"

struct server_options {
    const char *listen;   /* "127.0.0.1:7420", "[::1]:7420"; port 0 = any free one. */
    const char *tls_cert; /* Files of PEM; both or none. */
    const char *tls_key;
    bool is_open;        /* Any address may be listened on without TLS. */
    bool trusts_machine; /* Callers on this machine need no token, and are the owner. */
    unsigned connection_limit;
    size_t body_limit_bytes;
    uint64_t call_timeout_ms; /* Of calls that bring no time limit, and the most that one may bring. */
    uint64_t idle_timeout_ms; /* Of a connection without a whole request. */
    uint64_t drain_timeout_ms;
    bool logs_calls;
};

struct server {
    struct daybook *ledger;
    struct server_options options;
    struct methods methods;
    struct metrics metrics;
    struct log log;
    struct gate gate;
    struct daybook_buffer openapi; /* The document, made when the server starts. */
    char *cert;
    char *key;

    uv_loop_t loop;
    uv_poll_t http;      /* libmicrohttpd's epoll descriptor. */
    uv_timer_t http_due; /* What libmicrohttpd wants to do later. */
    uv_timer_t tick;     /* Time limits, and idle followers. */
    uv_signal_t terminate;
    uv_signal_t interrupt;
    struct MHD_Daemon *daemon;
    struct inbox inbox;
    struct crew crew;
    struct gather gather;
    struct arena loop_arena; /* Of a question that is answered on the loop. */

    struct call *calls; /* Open ones. */
    size_t call_count;
    struct call *spare_calls; /* Done with, kept for the next ones (call_pool.h). */
    size_t spare_count;
    struct peer *idle_first; /* Longest idle first. */
    struct peer *idle_last;
    struct peer *idle_next; /* The one to be looked at next for a client that has gone. */
    size_t peer_count;
    struct follower *followers;
    size_t follower_count;
    struct job_stream *job_streams;
    _Atomic size_t job_count;
    uint64_t wounds_told; /* Of ledger_count_wounds: what is in the log. */
    bool is_draining;
    uint64_t drain_until_ns;
};

/* Serves until SIGTERM or SIGINT. `ledger` is open for writing and follows. */
DAYBOOK_MUST_USE enum daybook_status server_run(struct daybook *ledger, const struct server_options *options,
                                                struct daybook_error *error);

/* A connection that is not being answered is idle from now on; and no longer. */
void server_mark_idle(struct server *server, struct peer *peer);
void server_mark_busy(struct server *server, struct peer *peer);

#endif
