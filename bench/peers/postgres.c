/*
 * PostgreSQL: events in one table, balances in another; a balance at (A, K) is
 * the sum over an index that holds all it needs. Over a Unix socket, prepared,
 * binary, durable as it comes.
 */
#include <endian.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bench/peers/peers.h"

enum { FIELDS = 9, CALLERS_MAX = 16 };

static const char tables[] =
    "CREATE TABLE event (sequence bigint NOT NULL, recorded_at bigint NOT NULL, effective_on int NOT NULL,"
    " customer int NOT NULL, kind smallint NOT NULL, request_key uuid, receivable bigint NOT NULL,"
    " unapplied bigint NOT NULL, deposit bigint NOT NULL);"
    "CREATE TABLE balance (customer int PRIMARY KEY, receivable bigint NOT NULL, unapplied bigint NOT NULL,"
    " deposit bigint NOT NULL) WITH (fillfactor = 50)";
static const char indexes[] = "ALTER TABLE event ADD PRIMARY KEY (sequence);"
                              "CREATE UNIQUE INDEX event_by_key ON event (request_key);"
                              "CREATE INDEX event_by_customer ON event (customer, effective_on, sequence)"
                              " INCLUDE (receivable, unapplied, deposit)";
static const char copy[] = "COPY event FROM STDIN (FORMAT binary)";
static const char add_balances[] =
    "INSERT INTO balance SELECT customer, sum(receivable), sum(unapplied), sum(deposit) FROM event"
    " WHERE sequence BETWEEN $1 AND $2 GROUP BY customer"
    " ON CONFLICT (customer) DO UPDATE SET receivable = balance.receivable + excluded.receivable,"
    " unapplied = balance.unapplied + excluded.unapplied, deposit = balance.deposit + excluded.deposit";
/* One statement, so one trip and one transaction. */
static const char add_one[] =
    "WITH appended AS (INSERT INTO event VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9))"
    " INSERT INTO balance VALUES ($4, $7, $8, $9)"
    " ON CONFLICT (customer) DO UPDATE SET receivable = balance.receivable + excluded.receivable,"
    " unapplied = balance.unapplied + excluded.unapplied, deposit = balance.deposit + excluded.deposit";
static const char ask_one[] = "SELECT coalesce(sum(receivable), 0)::bigint, coalesce(sum(unapplied), 0)::bigint, "
                              "coalesce(sum(deposit), 0)::bigint"
                              " FROM event WHERE customer = $1 AND effective_on <= $2 AND sequence <= $3";

static bool failed(PGconn *connection, const char *what) {
    (void)fprintf(stderr, "daybook-peers: PostgreSQL: %s: %s", what, PQerrorMessage(connection));
    return false;
}

/* Takes the result. */
static bool is_fine(PGconn *connection, PGresult *result, const char *what) {
    ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN ||
           failed(connection, what);
}

static bool execute(PGconn *connection, const char *sql) {
    return is_fine(connection, PQexec(connection, sql), sql);
}

static bool prepare(PGconn *connection, const char *name, const char *sql) {
    return is_fine(connection, PQprepare(connection, name, sql, 0, NULL), sql);
}

/* With the tables of `schema` before it. */
static PGconn *open_connection(const struct peers *peers, const char *schema) {
    char path[64];
    PGconn *connection = PQconnectdb(peers->postgres);
    (void)snprintf(path, sizeof path, "SET search_path TO %s", schema);
    if (PQstatus(connection) != CONNECTION_OK) {
        (void)failed(connection, "connecting");
        PQfinish(connection);
        return NULL;
    }
    if (!execute(connection, "SET client_min_messages TO error") || !execute(connection, path)) {
        PQfinish(connection);
        return NULL;
    }
    return connection;
}

static bool make_schema(PGconn *connection, const char *schema) {
    char sql[64];
    (void)snprintf(sql, sizeof sql, "CREATE SCHEMA %s", schema);
    return execute(connection, "CHECKPOINT") && execute(connection, sql);
}

/* What PostgreSQL takes in binary: integers with the highest byte first. */
struct row {
    int64_t wide[5]; /* sequence, recorded_at, the three amounts */
    int32_t effective_on, customer;
    int16_t kind;
};

static struct row row_of(const struct peer_event *event) {
    struct row row = {.effective_on = (int32_t)htobe32((uint32_t)event->effective_on),
                      .customer = (int32_t)htobe32(event->customer),
                      .kind = (int16_t)htobe16((uint16_t)event->kind)};
    const int64_t wide[5] = {(int64_t)event->sequence, event->recorded_at_us, event->moved.minor[PEER_RECEIVABLE],
                             event->moved.minor[PEER_UNAPPLIED], event->moved.minor[PEER_DEPOSIT]};
    for (int i = 0; i < 5; i++) {
        row.wide[i] = (int64_t)htobe64((uint64_t)wide[i]);
    }
    return row;
}

/* The values of a row as the columns have them; a key that is not there is NULL. */
static void values_of(const struct row *row, const struct peer_event *event, const char *values[FIELDS],
                      int lengths[FIELDS]) {
    const char *const all[FIELDS] = {
        (const char *)&row->wide[0],  (const char *)&row->wide[1], (const char *)&row->effective_on,
        (const char *)&row->customer, (const char *)&row->kind,    event->has_key ? (const char *)event->key : NULL,
        (const char *)&row->wide[2],  (const char *)&row->wide[3], (const char *)&row->wide[4]};
    static const int sizes[FIELDS] = {8, 8, 4, 4, 2, 16, 8, 8, 8};
    memcpy(values, all, sizeof all);
    memcpy(lengths, sizes, sizeof sizes);
}

static bool append_row(struct daybook_buffer *bytes, const struct peer_event *event) {
    const char *values[FIELDS];
    int lengths[FIELDS];
    struct row row = row_of(event);
    uint16_t fields = htobe16(FIELDS);
    values_of(&row, event, values, lengths);
    bool is_done = daybook_buffer_append(bytes, &fields, sizeof fields) == DAYBOOK_OK;
    for (int i = 0; is_done && i < FIELDS; i++) {
        uint32_t length = htobe32(values[i] != NULL ? (uint32_t)lengths[i] : UINT32_MAX);
        is_done = daybook_buffer_append(bytes, &length, sizeof length) == DAYBOOK_OK &&
                  (values[i] == NULL || daybook_buffer_append(bytes, values[i], (size_t)lengths[i]) == DAYBOOK_OK);
    }
    return is_done;
}

/* Events from..to-1 as COPY wants them. */
static bool encode_copy(const struct peers *peers, size_t from, size_t to, struct daybook_buffer *bytes) {
    static const char head[19] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";
    static const char end[2] = "\377\377";
    daybook_buffer_reset(bytes);
    bool is_done = daybook_buffer_append(bytes, head, sizeof head) == DAYBOOK_OK;
    for (size_t i = from; is_done && i < to; i++) {
        is_done = append_row(bytes, &peers->events[i]);
    }
    return is_done && daybook_buffer_append(bytes, end, sizeof end) == DAYBOOK_OK;
}

static bool send_copy(PGconn *connection, const struct daybook_buffer *bytes) {
    enum { PIECE = 1 << 20 };
    if (!execute(connection, copy)) {
        return false;
    }
    for (size_t at = 0; at < bytes->size; at += PIECE) {
        size_t size = bytes->size - at < PIECE ? bytes->size - at : PIECE;
        if (PQputCopyData(connection, (const char *)bytes->data + at, (int)size) != 1) {
            return failed(connection, "copying");
        }
    }
    if (PQputCopyEnd(connection, NULL) != 1) {
        return failed(connection, "copying");
    }
    bool is_done = is_fine(connection, PQgetResult(connection), "copying");
    PQclear(PQgetResult(connection));
    return is_done;
}

static bool send_balances(PGconn *connection, uint64_t first, uint64_t last) {
    uint64_t range[2] = {htobe64(first), htobe64(last)};
    const char *values[2] = {(const char *)&range[0], (const char *)&range[1]};
    static const int lengths[2] = {8, 8};
    static const int formats[2] = {1, 1};
    return is_fine(connection, PQexecPrepared(connection, "balances", 2, values, lengths, formats, 1),
                   "adding balances");
}

/* The balances that the peer has, compared with Daybook's at `known_at`. */
static bool check(struct peers *peers, PGconn *connection, uint64_t known_at) {
    struct peer_balance *balances = calloc((size_t)peers->bench.customers + 1, sizeof *balances);
    PGresult *result = PQexec(connection, "SELECT customer, receivable, unapplied, deposit FROM balance");
    bool is_done = balances != NULL && PQresultStatus(result) == PGRES_TUPLES_OK;
    for (int i = 0; is_done && i < PQntuples(result); i++) {
        uint32_t customer = (uint32_t)strtoul(PQgetvalue(result, i, 0), NULL, 10);
        for (int j = 0; j < PEER_COLUMNS && customer <= peers->bench.customers; j++) {
            balances[customer].minor[j] = strtoll(PQgetvalue(result, i, j + 1), NULL, 10);
        }
    }
    PQclear(result);
    is_done = is_done && peers_check_balances(peers, "PostgreSQL", known_at, balances);
    free(balances);
    return is_done;
}

/* As many events a commit as Daybook had, all indexes there. */
static bool bulk_in_batches(struct peers *peers, PGconn *connection) {
    struct daybook_buffer bytes = {0};
    double seconds = 0;
    bool is_done = make_schema(connection, "batches") && execute(connection, tables) && execute(connection, indexes) &&
                   prepare(connection, "balances", add_balances);
    for (size_t at = 0; is_done && at < peers->event_count;) {
        size_t end = at + peers->batch_events < peers->event_count ? at + peers->batch_events : peers->event_count;
        is_done = encode_copy(peers, at, end, &bytes);
        uint64_t start = clock_monotonic_ns();
        is_done = is_done && execute(connection, "BEGIN") && send_copy(connection, &bytes) &&
                  send_balances(connection, at + 1, end) && execute(connection, "COMMIT");
        seconds += bench_seconds_since(start);
        at = end;
    }
    daybook_buffer_release(&bytes);
    if (is_done) {
        figures_add(&peers->bench.figures, "PostgreSQL, bulk in batches", (double)peers->event_count / seconds,
                    "events/s");
    }
    return is_done && check(peers, connection, peers->event_count);
}

/* The fastest that it can: everything at once, then the balances, then the indexes. */
static bool bulk_at_once(struct peers *peers, PGconn *connection) {
    struct daybook_buffer bytes = {0};
    bool is_done = make_schema(connection, "once") && execute(connection, "SET search_path TO once") &&
                   encode_copy(peers, 0, peers->event_count, &bytes);
    uint64_t start = clock_monotonic_ns();
    is_done = is_done && execute(connection, "BEGIN") && execute(connection, tables) && send_copy(connection, &bytes) &&
              execute(connection, "INSERT INTO balance SELECT customer, sum(receivable), sum(unapplied), sum(deposit)"
                                  " FROM event GROUP BY customer") &&
              execute(connection, indexes) && execute(connection, "COMMIT");
    double seconds = bench_seconds_since(start);
    daybook_buffer_release(&bytes);
    if (is_done) {
        figures_add(&peers->bench.figures, "PostgreSQL, bulk in one transaction, indexes afterwards",
                    (double)peers->event_count / seconds, "events/s");
    }
    return is_done && check(peers, connection, peers->event_count);
}

static bool add_size(struct peers *peers, PGconn *connection) {
    PGresult *result = PQexec(connection, "SELECT pg_total_relation_size('event') + pg_total_relation_size('balance')");
    bool is_done = PQresultStatus(result) == PGRES_TUPLES_OK;
    if (is_done) {
        figures_add(&peers->bench.figures, "PostgreSQL, size of an event",
                    strtod(PQgetvalue(result, 0, 0), NULL) / (double)peers->event_count, "bytes");
    }
    PQclear(result);
    return is_done;
}

/* Callers that take the next thing to do from one another until there is none or the time is over. */
struct caller {
    const struct peers *peers;
    PGconn *connection;
    atomic_size_t *next;
    size_t until;
    uint64_t until_ns;
    struct samples samples;
    bool (*call)(struct caller *caller, size_t index);
    pthread_t thread;
    bool is_done;
};

static bool append_one(struct caller *caller, size_t index) {
    static const int formats[FIELDS] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    const struct peer_event *event = &caller->peers->events[index];
    const char *values[FIELDS];
    int lengths[FIELDS];
    struct row row = row_of(event);
    values_of(&row, event, values, lengths);
    return is_fine(caller->connection, PQexecPrepared(caller->connection, "call", FIELDS, values, lengths, formats, 1),
                   "appending one");
}

static bool question_one(struct caller *caller, size_t index) {
    static const int lengths[3] = {4, 4, 8};
    static const int formats[3] = {1, 1, 1};
    const struct peer_question *question = &caller->peers->questions[index];
    uint32_t customer = htobe32(question->customer);
    uint32_t as_of = htobe32((uint32_t)question->as_of);
    uint64_t known_at = htobe64(question->known_at);
    const char *values[3] = {(const char *)&customer, (const char *)&as_of, (const char *)&known_at};
    struct peer_balance answer;
    PGresult *result = PQexecPrepared(caller->connection, "call", 3, values, lengths, formats, 1);
    bool is_done = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;
    for (int i = 0; is_done && i < PEER_COLUMNS; i++) {
        uint64_t wire;
        memcpy(&wire, PQgetvalue(result, 0, i), sizeof wire);
        answer.minor[i] = (int64_t)be64toh(wire);
    }
    PQclear(result);
    return is_done ? peers_check_answer("PostgreSQL", question, &answer) : failed(caller->connection, "asking");
}

static void *call_on(void *context) {
    struct caller *caller = context;
    caller->is_done = true;
    while (caller->is_done && clock_monotonic_ns() < caller->until_ns) {
        size_t index = atomic_fetch_add(caller->next, 1);
        if (index >= caller->until) {
            break;
        }
        uint64_t start = clock_monotonic_ns();
        caller->is_done = caller->call(caller, index);
        samples_add(&caller->samples, clock_monotonic_ns() - start);
    }
    return NULL;
}

/* What so many callers do together; without a name for the rate nothing is told of it. */
struct calling {
    const char *schema, *statement, *rate_name, *rate_unit, *latency_name;
    bool (*call)(struct caller *caller, size_t index);
    size_t callers, until;
};

static bool run_callers(struct peers *peers, const struct calling *calling, size_t *calls) {
    struct caller callers[CALLERS_MAX] = {{0}};
    struct samples all = {0};
    atomic_size_t next = 0;
    bool is_done = samples_init(&all, calling->until);
    for (size_t i = 0; i < calling->callers; i++) {
        callers[i] = (struct caller){.peers = peers, .next = &next, .until = calling->until, .call = calling->call};
        callers[i].connection = is_done ? open_connection(peers, calling->schema) : NULL;
        is_done = callers[i].connection != NULL && prepare(callers[i].connection, "call", calling->statement) &&
                  samples_init(&callers[i].samples, calling->until);
    }
    uint64_t start = clock_monotonic_ns();
    size_t started = 0;
    for (; is_done && started < calling->callers; started++) {
        callers[started].until_ns = start + peers->seconds * UINT64_C(1000000000);
        is_done = pthread_create(&callers[started].thread, NULL, call_on, &callers[started]) == 0;
    }
    for (size_t i = 0; i < started; i++) {
        (void)pthread_join(callers[i].thread, NULL);
        is_done = is_done && callers[i].is_done;
    }
    double seconds = bench_seconds_since(start);
    for (size_t i = 0; i < calling->callers; i++) {
        for (size_t j = 0; is_done && j < callers[i].samples.count; j++) {
            samples_add(&all, callers[i].samples.ns[j]);
        }
        samples_release(&callers[i].samples);
        PQfinish(callers[i].connection);
    }
    *calls = all.count;
    if (is_done && calling->rate_name != NULL) {
        figures_add(&peers->bench.figures, calling->rate_name, (double)all.count / seconds, calling->rate_unit);
        figures_add_latency(&peers->bench.figures, calling->latency_name, &all);
    }
    samples_release(&all);
    return is_done;
}

static bool single(struct peers *peers, PGconn *connection, const struct calling *calling) {
    char path[64];
    size_t calls = 0;
    (void)snprintf(path, sizeof path, "SET search_path TO %s", calling->schema);
    return make_schema(connection, calling->schema) && execute(connection, path) && execute(connection, tables) &&
           execute(connection, indexes) && run_callers(peers, calling, &calls) && check(peers, connection, calls);
}

bool peers_postgres(struct peers *peers) {
    size_t questions = peers->question_count;
    size_t events = peers->event_count;
    const struct calling singles[] = {
        {"single_1", add_one, "PostgreSQL, single, 1 caller", "transactions/s", "PostgreSQL, single, 1 caller, latency",
         append_one, 1, events},
        {"single_16", add_one, "PostgreSQL, single, 16 callers", "transactions/s",
         "PostgreSQL, single, 16 callers, latency", append_one, 16, events},
    };
    const struct calling asking[] = {
        {"batches", ask_one, NULL, NULL, NULL, question_one, 1, questions}, /* Once before it is timed, as everybody. */
        {"batches", ask_one, "PostgreSQL, point in time, 1 caller", "questions/s",
         "PostgreSQL, point in time, 1 caller, latency", question_one, 1, questions},
        {"batches", ask_one, "PostgreSQL, point in time, 8 callers", "questions/s",
         "PostgreSQL, point in time, 8 callers, latency", question_one, 8, questions},
    };
    size_t calls;
    if (peers->postgres == NULL) {
        return true;
    }
    PGconn *connection = open_connection(peers, "batches");
    bool is_done = connection != NULL && bulk_in_batches(peers, connection) && add_size(peers, connection) &&
                   execute(connection, "VACUUM (ANALYZE) event");
    for (size_t i = 0; is_done && i < sizeof asking / sizeof *asking; i++) {
        is_done = run_callers(peers, &asking[i], &calls);
    }
    is_done = is_done && bulk_at_once(peers, connection);
    for (size_t i = 0; is_done && i < sizeof singles / sizeof *singles; i++) {
        is_done = single(peers, connection, &singles[i]);
    }
    PQfinish(connection);
    return is_done;
}
