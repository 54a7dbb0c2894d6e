/* The server: its parts put together, run, and taken down. */
#include "tools/serve/server.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/calendar.h"
#include "base/clock.h"
#include "engine/ledger.h"
#include "tools/serve/listen.h"
#include "tools/serve/openapi.h"
#include "tools/serve/supervisor.h"

#define MS_NS UINT64_C(1000000)

enum {
    QUESTION_QUEUE = 1024,
    DESCRIPTORS_SPARE = 256, /* Files and stores, beside the connections. */
    DESCRIPTORS_PER_LOOP = 8,
};

/* ---- stopping ---- */

bool server_is_draining(const struct server *server) {
    return atomic_load_explicit(&server->is_draining, memory_order_acquire);
}

static size_t count_calls(const struct server *server) {
    size_t count = 0;
    for (size_t i = 0; i < server->loop_count; i++) {
        count += atomic_load_explicit(&server->loops[i].call_count, memory_order_relaxed);
    }
    return count;
}

/* Each loop sees it with its next tick. */
static void drain(struct server *server) {
    server->drain_until_ns = clock_monotonic_ns() + server->options.drain_timeout_ms * MS_NS;
    atomic_store_explicit(&server->is_draining, true, memory_order_release);
    door_close(&server->door);
}

static void stop_asked(uv_signal_t *handle, int number) {
    struct server *server = handle->data;
    (void)number;
    if (server_is_draining(server)) {
        return;
    }
    supervisor_tell("STOPPING=1");
    log_event(&server->log, "info", "draining", "no new calls; %zu are being answered", count_calls(server));
    drain(server);
}

/* ---- reading anew ---- */

static void tell_certificate(struct server *server) {
    int64_t end_us = certificates_end_us(&server->certificates);
    bool is_over = end_us <= ledger_now_us(server->ledger);
    char text[INSTANT_TEXT_SIZE];
    log_event(&server->log, is_over ? "warning" : "info", "certificate", "%s is valid until %s",
              server->options.tls_cert, instant_format(end_us, text));
}

/* The certificate is all that is read from files and may change while the server runs. Tokens do not: whoever changes
 * them does it here, and one whose revocation could not be written would be good again. */
static void reload_asked(uv_signal_t *handle, int number) {
    struct server *server = handle->data;
    struct daybook_error error;
    (void)number;
    if (server_is_draining(server)) {
        return;
    }
    supervisor_tell_reloading();
    if (server->options.tls_cert == NULL) {
        log_event(&server->log, "info", "reload", "there is no certificate, and nothing else to be read anew");
    } else if (certificates_read(&server->certificates, &error) == DAYBOOK_OK) {
        tell_certificate(server);
    } else {
        log_event(&server->log, "error", "certificate", "%s; the one before it stays in use", error.message);
    }
    supervisor_tell("READY=1");
}

/* ---- opening and closing ---- */

/* As many descriptors as the connections need, where the system lets us; as many connections as it does. */
static enum daybook_status raise_descriptor_limit(struct server *server, struct daybook_error *error) {
    struct rlimit limit;
    rlim_t spare = DESCRIPTORS_SPARE + DESCRIPTORS_PER_LOOP * server->options.loop_count;
    rlim_t wanted = server->options.connection_limit + spare;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) {
        return DAYBOOK_OK;
    }
    rlim_t now = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > wanted ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        limit.rlim_cur = now;
    }
    if (limit.rlim_cur <= spare) {
        return daybook_fail(error, DAYBOOK_LIMIT,
                            "starting the server: it may open %llu files, and needs %llu beside its connections; "
                            "raise the limit (ulimit -n, LimitNOFILE)",
                            (unsigned long long)limit.rlim_cur, (unsigned long long)spare);
    }
    if (limit.rlim_cur < wanted) {
        server->options.connection_limit = (unsigned)(limit.rlim_cur - spare);
    }
    return DAYBOOK_OK;
}

static enum daybook_status open_loops(struct server *server, struct daybook_error *error) {
    server->loops = calloc(server->options.loop_count, sizeof *server->loops);
    if (server->loops == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "starting the server: memory was refused");
    }
    server->loop_count = server->options.loop_count;
    for (size_t i = 0; i < server->loop_count; i++) {
        DAYBOOK_TRY(loop_open(&server->loops[i], server, i, error));
    }
    return DAYBOOK_OK;
}

static enum daybook_status watch_signals(struct server *server, struct daybook_error *error) {
    uv_loop_t *first = &server->loops->uv;
    int code = uv_signal_init(first, &server->terminate);
    code = code != 0 ? code : uv_signal_start(&server->terminate, stop_asked, SIGTERM);
    code = code != 0 ? code : uv_signal_init(first, &server->interrupt);
    code = code != 0 ? code : uv_signal_start(&server->interrupt, stop_asked, SIGINT);
    code = code != 0 ? code : uv_signal_init(first, &server->hang_up);
    code = code != 0 ? code : uv_signal_start(&server->hang_up, reload_asked, SIGHUP);
    server->terminate.data = server;
    server->interrupt.data = server;
    server->hang_up.data = server;
    return code == 0 ? DAYBOOK_OK
                     : daybook_fail(error, DAYBOOK_IO, "starting the server's loop: %s", uv_strerror(code));
}

static enum daybook_status open_server(struct server *server, struct daybook_error *error) {
    DAYBOOK_TRY(raise_descriptor_limit(server, error));
    DAYBOOK_TRY(gate_open(&server->gate, ledger_directory(server->ledger), server->options.trusts_machine, error));
    DAYBOOK_TRY(methods_open(&server->methods, error));
    DAYBOOK_TRY(openapi_write(&server->methods, &server->openapi, error));
    if (server->options.tls_cert != NULL) {
        DAYBOOK_TRY(certificates_open(&server->certificates, server->options.tls_cert, server->options.tls_key, error));
    }
    DAYBOOK_TRY(open_loops(server, error));
    DAYBOOK_TRY(crew_open(&server->crew, QUESTION_QUEUE, error));
    DAYBOOK_TRY(gather_open(&server->gather, server->ledger, error));
    DAYBOOK_TRY(watch_signals(server, error));
    return door_open(&server->door, server, error);
}

/* Workers first: they finish what is queued. Then the loops, with what the workers gave back. */
static void close_server(struct server *server) {
    door_close(&server->door);
    gather_close(&server->gather);
    crew_close(&server->crew);
    for (size_t i = 0; i < server->loop_count; i++) {
        loop_close(&server->loops[i]);
    }
    free(server->loops);
    methods_close(&server->methods);
    gate_close(&server->gate);
    daybook_buffer_release(&server->openapi);
    certificates_close(&server->certificates);
}

static void run_loop(void *context) {
    loop_run(context);
}

/* The first loop runs on this thread; where another's cannot be started, those that were end again. */
static enum daybook_status run_loops(struct server *server, struct daybook_error *error) {
    size_t started = 1;
    int code = 0;
    while (started < server->loop_count && code == 0) {
        code = uv_thread_create(&server->loops[started].thread, run_loop, &server->loops[started]);
        started += code == 0;
    }
    if (code == 0) {
        char text[LISTEN_TEXT_SIZE];
        log_event(&server->log, "info", "listening", "%s://%s", server->options.tls_cert != NULL ? "https" : "http",
                  listen_text(server->door.fd, text));
        if (server->options.tls_cert != NULL) {
            tell_certificate(server);
        }
        supervisor_tell("READY=1");
        loop_run(server->loops);
    } else {
        drain(server);
    }
    for (size_t i = 1; i < started; i++) {
        (void)uv_thread_join(&server->loops[i].thread);
    }
    return code == 0 ? DAYBOOK_OK
                     : daybook_fail(error, DAYBOOK_IO, "starting the server's threads: %s", uv_strerror(code));
}

/* A deleted ledger has nothing that is durable. A writer that is latched has everything that it acknowledged. */
static void tell_stopped(struct server *server) {
    struct daybook_error error;
    bool is_latched;
    enum daybook_status status = ledger_check_recording(server->ledger, &is_latched, &error);
    if (status == DAYBOOK_DAMAGED) {
        log_event(&server->log, "error", "stopped", "%s", error.message);
    } else {
        log_event(&server->log, "info", "stopped", "everything that was acknowledged is durable");
    }
}

enum daybook_status server_run(struct daybook *ledger, const struct server_options *options,
                               struct daybook_error *error) {
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "starting the server: memory was refused");
    }
    server->ledger = ledger;
    server->options = *options;
    server->log.fd = STDERR_FILENO;
    (void)signal(SIGPIPE, SIG_IGN);
    enum daybook_status status = open_server(server, error);
    if (status == DAYBOOK_OK) {
        status = run_loops(server, error);
    }
    if (status == DAYBOOK_OK) {
        tell_stopped(server);
    }
    close_server(server);
    free(server);
    return status;
}
