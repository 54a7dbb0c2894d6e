/* What the server counts of itself, and its page for Prometheus. */
#include "tools/serve/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include "engine/ledger.h"
#include "engine/writer.h"
#include "projections/query.h"
#include "tools/serve/server.h"

static const uint64_t time_edges_us[] = {50, 100, 250, 500, 1000, 2500, 5000, 10000, 50000, 250000, 1000000};
_Static_assert(sizeof time_edges_us / sizeof *time_edges_us == METRICS_TIME_BUCKETS - 1, "one is over the last");

static void count(_Atomic uint64_t *counter, uint64_t amount) {
    atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

/* Where nobody else counts, an exchange between processors is spared. */
static void count_alone(_Atomic uint64_t *counter, uint64_t amount) {
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + amount, memory_order_relaxed);
}

static uint64_t read_count(const _Atomic uint64_t *counter) {
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void metrics_count_call(struct call_counts *counts, const struct method *method, enum connect_code code,
                        uint64_t time_us) {
    size_t row = method == NULL || method->index >= METRICS_METHODS_MAX ? METRICS_METHODS_MAX : method->index;
    size_t bucket = 0;
    count_alone(&counts->calls[row][code], 1);
    if (method == NULL || method->is_stream) {
        return;
    }
    while (bucket < METRICS_TIME_BUCKETS - 1 && time_us > time_edges_us[bucket]) {
        bucket++;
    }
    count_alone(&counts->times[bucket], 1);
    count_alone(&counts->time_us, time_us);
}

void metrics_count_refusal(struct metrics *metrics, const Pb__Refusal *refusal) {
    if (refusal != NULL && (unsigned)refusal->code < METRICS_REFUSALS_MAX) {
        count(&metrics->refusals[refusal->code], 1);
    }
}

/* ---- the page ---- */

/* Once memory is refused, the page has an end that does not parse: it is thrown away whole. */
struct writing {
    struct daybook_buffer *out;
    enum daybook_status status;
};

static void put(struct writing *writing, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct writing *writing, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (writing->status == DAYBOOK_OK && size > 0 && (size_t)size < sizeof text) {
        writing->status = daybook_buffer_append(writing->out, text, (size_t)size);
    }
}

static void put_head(struct writing *writing, const char *name, const char *type, const char *help) {
    put(writing, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_one(struct writing *writing, const char *name, const char *type, const char *help, uint64_t value) {
    put_head(writing, name, type, help);
    put(writing, "%s %" PRIu64 "\n", name, value);
}

/* A histogram; edges and sum are divided by `unit` for the page (1 000 000: microseconds as seconds). */
static void put_histogram(struct writing *writing, const char *name, const char *help, const uint64_t *edges,
                          const uint64_t *buckets, size_t bucket_count, uint64_t sum, uint64_t unit) {
    uint64_t total = 0;
    put_head(writing, name, "histogram", help);
    for (size_t i = 0; i < bucket_count; i++) {
        total += buckets[i];
        if (i == bucket_count - 1) {
            put(writing, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, total);
        } else if (unit == 1) {
            put(writing, "%s_bucket{le=\"%" PRIu64 "\"} %" PRIu64 "\n", name, edges[i], total);
        } else {
            put(writing, "%s_bucket{le=\"%" PRIu64 ".%06" PRIu64 "\"} %" PRIu64 "\n", name, edges[i] / unit,
                edges[i] % unit, total);
        }
    }
    put(writing, "%s_sum %" PRIu64 ".%06" PRIu64 "\n", name, sum / unit, unit == 1 ? 0 : sum % unit);
    put(writing, "%s_count %" PRIu64 "\n", name, total);
}

static uint64_t sum_calls(const struct server *server, size_t row, int code) {
    uint64_t sum = 0;
    for (size_t i = 0; i < server->loop_count; i++) {
        sum += read_count(&server->loops[i].counts.calls[row][code]);
    }
    return sum;
}

static void put_times(struct writing *writing, const struct server *server) {
    uint64_t buckets[METRICS_TIME_BUCKETS] = {0};
    uint64_t time_us = 0;
    for (size_t i = 0; i < server->loop_count; i++) {
        const struct call_counts *counts = &server->loops[i].counts;
        for (int j = 0; j < METRICS_TIME_BUCKETS; j++) {
            buckets[j] += read_count(&counts->times[j]);
        }
        time_us += read_count(&counts->time_us);
    }
    put_histogram(writing, "daybook_call_seconds", "From the headers of a call to its answer; streams left out.",
                  time_edges_us, buckets, METRICS_TIME_BUCKETS, time_us, 1000000);
}

static void put_calls(struct writing *writing, const struct server *server) {
    put_head(writing, "daybook_calls_total", "counter", "Calls answered, by call and code.");
    for (size_t row = 0; row <= METRICS_METHODS_MAX; row++) {
        const char *name = row < server->methods.count ? server->methods.items[row].name : "other";
        for (int code = 0; code < CONNECT_CODE_COUNT; code++) {
            uint64_t value = sum_calls(server, row, code);
            if (value > 0) {
                put(writing, "daybook_calls_total{call=\"%s\",code=\"%s\"} %" PRIu64 "\n", name,
                    connect_code_name((enum connect_code)code), value);
            }
        }
    }
    put_times(writing, server);
}

static void put_refusals(struct writing *writing, struct server *server) {
    put_head(writing, "daybook_refusals_total", "counter", "Requests refused, by code.");
    for (int i = 0; i < METRICS_REFUSALS_MAX; i++) {
        uint64_t value = read_count(&server->metrics.refusals[i]);
        const ProtobufCEnumValue *known =
            value == 0 ? NULL : protobuf_c_enum_descriptor_get_value(&pb__refusal_code__descriptor, i);
        if (known != NULL) {
            put(writing, "daybook_refusals_total{code=\"%s\"} %" PRIu64 "\n", known->name, value);
        }
    }
}

static void put_commits(struct writing *writing, struct server *server) {
    static const uint64_t time_edges[] = {COMMIT_TIME_EDGES_US};
    static const uint64_t event_edges[] = {COMMIT_EVENT_EDGES};
    struct commit_figures figures;
    ledger_get_commits(server->ledger, &figures);
    put_one(writing, "daybook_appended_events_total", "counter", "Events appended since the start.",
            figures.event_count);
    put_one(writing, "daybook_commits_total", "counter", "Commits since the start.", figures.commit_count);
    put_histogram(writing, "daybook_commit_seconds", "Packing, writing and syncing one commit.", time_edges,
                  figures.time_buckets, COMMIT_TIME_BUCKETS, figures.time_us, 1000000);
    put_histogram(writing, "daybook_commit_events", "Events in one commit.", event_edges, figures.event_buckets,
                  COMMIT_EVENT_BUCKETS, figures.event_count, 1);
}

static void put_views(struct writing *writing, const Pb__StatusAnswer *status) {
    put_one(writing, "daybook_journal_head", "gauge", "The last committed sequence.", status->journal_head);
    put_one(writing, "daybook_journal_bytes", "gauge", "Size of the journal.", status->journal_bytes);
    put_head(writing, "daybook_view_position", "gauge", "The last sequence that the view has folded.");
    for (size_t i = 0; i < status->n_views; i++) {
        put(writing, "daybook_view_position{view=\"%s\"} %" PRIu64 "\n", status->views[i]->view,
            status->views[i]->position);
    }
    put_head(writing, "daybook_view_lag_events", "gauge", "Events that the view has not folded.");
    for (size_t i = 0; i < status->n_views; i++) {
        put(writing, "daybook_view_lag_events{view=\"%s\"} %" PRIu64 "\n", status->views[i]->view,
            status->views[i]->lag_events);
    }
    put_head(writing, "daybook_view_lag_seconds", "gauge", "Since the oldest event that is not folded was recorded.");
    for (size_t i = 0; i < status->n_views; i++) {
        put(writing, "daybook_view_lag_seconds{view=\"%s\"} %" PRId64 ".%06" PRId64 "\n", status->views[i]->view,
            status->views[i]->lag_us / 1000000, status->views[i]->lag_us % 1000000);
    }
    put_head(writing, "daybook_view_alive", "gauge", "1 = the view follows or rebuilds; 0 = it has stopped.");
    for (size_t i = 0; i < status->n_views; i++) {
        put(writing, "daybook_view_alive{view=\"%s\"} %d\n", status->views[i]->view,
            status->views[i]->state != PB__VIEW_STATE__VIEW_STATE_STOPPED);
    }
}

static void put_scrub(struct writing *writing, const Pb__ScrubStatus *scrub) {
    if (scrub == NULL) {
        return;
    }
    put_one(writing, "daybook_scrub_frames_total", "counter", "Frames of the journal looked at since the start.",
            scrub->frames);
    put_one(writing, "daybook_scrub_position", "gauge", "The last sequence looked at in this round.", scrub->position);
    put_one(writing, "daybook_scrub_rounds_total", "counter", "Rounds through the whole journal, of all processes.",
            scrub->rounds);
    put_one(writing, "daybook_scrub_damaged", "gauge", "Runs of events that cannot be read.", scrub->n_wounds);
}

static void put_server(struct writing *writing, struct server *server) {
    struct statvfs place;
    put_head(writing, "daybook_connections_open", "gauge", "Connections that are open now, by loop.");
    for (size_t i = 0; i < server->loop_count; i++) {
        put(writing, "daybook_connections_open{loop=\"%zu\"} %zu\n", i,
            atomic_load_explicit(&server->loops[i].connection_count, memory_order_relaxed));
    }
    put_one(writing, "daybook_connections_total", "counter", "Connections accepted since the start.",
            read_count(&server->metrics.connections));
    put_one(writing, "daybook_followed_events_total", "counter", "Events sent to followers.",
            read_count(&server->metrics.followed_events));
    if (statvfs(ledger_directory(server->ledger), &place) == 0) {
        put_one(writing, "daybook_free_bytes", "gauge", "Free space where the ledger is.",
                (uint64_t)place.f_bavail * place.f_frsize);
    }
}

enum daybook_status metrics_write(struct server *server, struct arena *arena, struct daybook_buffer *out,
                                  struct daybook_error *error) {
    struct writing writing = {.out = out};
    Pb__StatusQuery question = PB__STATUS_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    ProtobufCMessage *status;
    query.question_case = PB__QUERY__QUESTION_STATUS;
    query.status = &question;
    DAYBOOK_TRY(query_run(server->ledger, &query, arena, &status, error));
    put_views(&writing, (const Pb__StatusAnswer *)status);
    put_scrub(&writing, ((const Pb__StatusAnswer *)status)->scrub);
    put_commits(&writing, server);
    put_refusals(&writing, server);
    put_calls(&writing, server);
    put_server(&writing, server);
    if (writing.status != DAYBOOK_OK) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "writing the metrics: memory was refused");
    }
    return DAYBOOK_OK;
}
