/* daybook serve: the ledger over the network. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "engine/ledger.h"
#include "tools/command.h"
#include "tools/serve/server.h"
#include "tools/text.h"

enum { VIEW_WAIT_MS = 10000, DEFAULT_LOOPS_MAX = 8 };

/* A whole number from `least` to `most`, or the default where the option is absent. */
static enum daybook_status read_count(const struct options *options, const char *name, uint64_t least, uint64_t most,
                                      uint64_t otherwise, uint64_t *value, struct daybook_error *error) {
    const char *text = options_value(options, name);
    char *end = NULL;
    *value = otherwise;
    if (text == NULL) {
        return DAYBOOK_OK;
    }
    errno = 0;
    *value = strtoull(text, &end, 10);
    if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' || *value < least || *value > most) {
        return daybook_fail(error, DAYBOOK_INVALID, _("--%s \"%.32s\": a whole number from %llu to %llu"), name, text,
                            (unsigned long long)least, (unsigned long long)most);
    }
    return DAYBOOK_OK;
}

/* One a core; more than a few have more to do with each other than with their connections. */
static uint64_t default_loops(void) {
    unsigned cores = uv_available_parallelism();
    return cores < DEFAULT_LOOPS_MAX ? cores : DEFAULT_LOOPS_MAX;
}

static enum daybook_status read_options(const struct options *options, struct server_options *how, uint64_t *scrub_kib,
                                        struct daybook_error *error) {
    uint64_t loops;
    uint64_t connections;
    uint64_t body_kib;
    uint64_t call_s;
    uint64_t idle_s;
    uint64_t drain_s;
    const char *listen = options_value(options, "listen");
    DAYBOOK_TRY(read_count(options, "loops", 1, SERVER_LOOPS_MAX, default_loops(), &loops, error));
    DAYBOOK_TRY(read_count(options, "max-connections", 1, 100000, 16000, &connections, error));
    DAYBOOK_TRY(read_count(options, "max-body", 1, 1 << 20, 16 << 10, &body_kib, error));
    DAYBOOK_TRY(read_count(options, "call-timeout", 1, 3600, 60, &call_s, error));
    DAYBOOK_TRY(read_count(options, "idle-timeout", 1, 86400, 300, &idle_s, error));
    DAYBOOK_TRY(read_count(options, "drain-timeout", 1, 3600, 30, &drain_s, error));
    DAYBOOK_TRY(read_count(options, "scrub-rate", 0, 1 << 20, 1024, scrub_kib, error));
    *how = (struct server_options){
        .listen = listen == NULL ? "127.0.0.1:7420" : listen,
        .tls_cert = options_value(options, "tls-cert"),
        .tls_key = options_value(options, "tls-key"),
        .is_open = options_has(options, "insecure-listen"),
        .trusts_machine = options_has(options, "trust-local"),
        .loop_count = (unsigned)loops,
        .connection_limit = (unsigned)connections,
        .body_limit_bytes = (size_t)body_kib << 10,
        .call_timeout_ms = call_s * 1000,
        .idle_timeout_ms = idle_s * 1000,
        .drain_timeout_ms = drain_s * 1000,
        .logs_calls = options_has(options, "log-calls"),
    };
    if ((how->tls_cert == NULL) != (how->tls_key == NULL)) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s", _("--tls-cert and --tls-key belong together: give both"));
    }
    return DAYBOOK_OK;
}

static int run(struct invocation *invocation) {
    struct daybook_error error;
    struct server_options how;
    uint64_t scrub_kib;
    struct daybook *ledger = NULL;
    struct daybook_open_options open = {
        .is_writer = true, .follows = true, .views = daybook_standard_views, .wait_ms = VIEW_WAIT_MS};
    if (read_options(&invocation->options, &how, &scrub_kib, &error) != DAYBOOK_OK) {
        return command_usage(invocation, "%s", error.message);
    }
    open.scrub_bytes_per_s = scrub_kib << 10;
    (void)signal(SIGHUP, SIG_IGN); /* Until the server listens to it: what it would read anew is still to be read. */
    enum daybook_status status = command_directory(invocation, &open.directory, &error);
    if (status == DAYBOOK_OK) {
        status = daybook_open(&open, &ledger, &error);
    }
    if (status == DAYBOOK_OK) {
        status = server_run(ledger, &how, &error);
    }
    daybook_close(ledger);
    return status == DAYBOOK_OK ? EXIT_DONE : command_fail(&error);
}

static const struct option_spec serve_options[] = {
    {"ledger", 'L', OPTION_VALUE, false, "DIR", N_("the ledger (default: $DAYBOOK_LEDGER)"), FIELD_NONE},
    {"listen", 0, OPTION_VALUE, false, "ADDRESS:PORT", N_("where (default: 127.0.0.1:7420; port 0 = any free one)"),
     FIELD_NONE},
    {"tls-cert", 0, OPTION_VALUE, false, "FILE", N_("speak TLS, with this certificate (PEM, its chain behind it)"),
     FIELD_NONE},
    {"tls-key", 0, OPTION_VALUE, false, "FILE", N_("the certificate's private key (PEM)"), FIELD_NONE},
    {"insecure-listen", 0, OPTION_FLAG, false, NULL,
     N_("answer other machines although nothing is encrypted, tokens neither"), FIELD_NONE},
    {"trust-local", 0, OPTION_FLAG, false, NULL,
     N_("callers on this machine need no token and are the owner: for trying things out"), FIELD_NONE},
    {"loops", 0, OPTION_VALUE, false, "COUNT",
     N_("threads that speak HTTP, which share the connections evenly (default: one a core, at most 8)"), FIELD_NONE},
    {"max-connections", 0, OPTION_VALUE, false, "COUNT", N_("open at once (default: 16000)"), FIELD_NONE},
    {"max-body", 0, OPTION_VALUE, false, "KIB", N_("of one call (default: 16384)"), FIELD_NONE},
    {"call-timeout", 0, OPTION_VALUE, false, "SECONDS", N_("the longest that a call may take (default: 60)"),
     FIELD_NONE},
    {"idle-timeout", 0, OPTION_VALUE, false, "SECONDS",
     N_("close a connection that brings no whole request (default: 300)"), FIELD_NONE},
    {"drain-timeout", 0, OPTION_VALUE, false, "SECONDS", N_("finish calls this long after SIGTERM (default: 30)"),
     FIELD_NONE},
    {"scrub-rate", 0, OPTION_VALUE, false, "KIB",
     N_("look through the journal for damage at so many KiB a second, again and again; 0 = not (default: 1024)"),
     FIELD_NONE},
    {"log-calls", 0, OPTION_FLAG, false, NULL, N_("log every call, not only those that failed here"), FIELD_NONE},
    OPTIONS_END,
};

const struct command serve_commands[] = {
    {
        .name = "serve",
        .arguments = "",
        .run = run,
        .is_for_programs = true,
        .summary = N_("answer every call of the schema over HTTP, by the Connect protocol"),
        .detail = N_(
            "Takes the writer's lock until SIGTERM or SIGINT, which let the calls under way finish. SIGHUP reads the "
            "certificate and its key anew, for connections that begin from then on. "
            "application/json and application/proto; GET for questions; /openapi.json describes every call, "
            "/events is the change feed for browsers, /metrics is for Prometheus, /healthz and /readyz are "
            "for supervisors. The log is one JSON object a line on standard error."),
        .here = N_("answers for a directory of this machine"),
        .example = "daybook serve -L books --listen 127.0.0.1:7420",
        .options = serve_options,
    },
    {.name = NULL},
};
