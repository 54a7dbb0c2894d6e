/*
 * The server: loops that speak HTTP and answer short questions; submissions
 * through the gatherer's lanes; everything else on the crew's threads.
 *
 *   SV1  What was acknowledged is durable.
 *   SV2  After SIGTERM nothing new is begun, everything begun is answered, and
 *        then the ledger is closed. What takes longer than the drain's limit is
 *        answered "unavailable".
 *   SV3  Every queue, body, header, connection and wait has a bound, and it is
 *        one bound for all loops together.
 */
#ifndef DAYBOOK_TOOLS_SERVE_SERVER_H
#define DAYBOOK_TOOLS_SERVE_SERVER_H

#include <stdatomic.h>
#include <uv.h>

#include "daybook.h"
#include "tools/serve/call.h"
#include "tools/serve/certificate.h"
#include "tools/serve/crew.h"
#include "tools/serve/door.h"
#include "tools/serve/gate.h"
#include "tools/serve/gather.h"
#include "tools/serve/log.h"
#include "tools/serve/loop.h"
#include "tools/serve/method.h"
#include "tools/serve/metrics.h"

enum { SERVER_LOOPS_MAX = 64 };

struct server_options {
    const char *listen;   /* "127.0.0.1:7420", "[::1]:7420"; port 0 = any free one. */
    const char *tls_cert; /* Files of PEM; both or none. */
    const char *tls_key;
    bool is_open;        /* Any address may be listened on without TLS. */
    bool trusts_machine; /* Callers on this machine need no token, and are the owner. */
    unsigned loop_count; /* 1 to SERVER_LOOPS_MAX. */
    unsigned connection_limit;
    size_t body_limit_bytes;
    uint64_t call_timeout_ms; /* Of calls that bring no time limit, and the most that one may bring. */
    uint64_t idle_timeout_ms; /* Of a connection without a whole request. */
    uint64_t drain_timeout_ms;
    bool logs_calls;
};

/* What all threads share. Nothing but what has a lock or is atomic changes while they run. */
struct server {
    struct daybook *ledger;
    struct server_options options;
    struct methods methods;
    struct metrics metrics;
    struct log log;
    struct gate gate;
    struct daybook_buffer openapi; /* The document, made when the server starts. */
    struct certificates certificates;
    struct crew crew;
    struct gather gather;
    struct loop *loops;
    size_t loop_count;
    _Atomic size_t follower_count;
    _Atomic size_t job_count;
    _Atomic bool is_draining;
    uint64_t drain_until_ns; /* Set before is_draining. */

    /* The first loop's. */
    struct door door;
    uv_signal_t terminate;
    uv_signal_t interrupt;
    uv_signal_t hang_up;
    uint64_t wounds_told; /* Of ledger_count_wounds: what is in the log. */
    bool is_refusing;     /* Nothing can be recorded, and that is in the log. */
};

/* Serves until SIGTERM or SIGINT; SIGHUP reads the certificate anew. `ledger` is open for writing and follows. */
DAYBOOK_MUST_USE enum daybook_status server_run(struct daybook *ledger, const struct server_options *options,
                                                struct daybook_error *error);

/* Any thread. */
bool server_is_draining(const struct server *server);

#endif
