/*
 * SQLite: the same tables and indexes as PostgreSQL's, in this process; WAL,
 * synchronous=full, so a commit is on the disk. It has one writer at a time, so
 * one caller is all that there is to measure.
 */
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "bench/peers/peers.h"

static const char settings[] = "PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                               "PRAGMA cache_size=-1048576; PRAGMA mmap_size=8589934592; PRAGMA temp_store=MEMORY;"
                               "PRAGMA wal_autocheckpoint=10000; PRAGMA locking_mode=EXCLUSIVE";
static const char tables[] =
    "CREATE TABLE event (sequence INTEGER PRIMARY KEY, recorded_at INT NOT NULL, effective_on INT NOT NULL,"
    " customer INT NOT NULL, kind INT NOT NULL, request_key BLOB, receivable INT NOT NULL, unapplied INT NOT NULL,"
    " deposit INT NOT NULL);"
    "CREATE TABLE balance (customer INTEGER PRIMARY KEY, receivable INT NOT NULL, unapplied INT NOT NULL,"
    " deposit INT NOT NULL)";
static const char indexes[] =
    "CREATE UNIQUE INDEX event_by_key ON event (request_key) WHERE request_key IS NOT NULL;"
    "CREATE INDEX event_by_customer ON event (customer, effective_on, sequence, receivable, unapplied, deposit)";
static const char add_event[] = "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
static const char add_balance[] = "INSERT INTO balance VALUES (?1, ?2, ?3, ?4)"
                                  " ON CONFLICT (customer) DO UPDATE SET receivable = receivable + excluded.receivable,"
                                  " unapplied = unapplied + excluded.unapplied, deposit = deposit + excluded.deposit";
static const char ask_balance[] =
    "SELECT coalesce(sum(receivable), 0), coalesce(sum(unapplied), 0), coalesce(sum(deposit), 0)"
    " FROM event WHERE customer = ?1 AND effective_on <= ?2 AND sequence <= ?3";

struct base {
    sqlite3 *handle;
    sqlite3_stmt *begin, *commit, *event, *balance, *ask;
    char path[PATH_MAX];
};

static bool failed(const struct base *base, const char *what) {
    (void)fprintf(stderr, "daybook-peers: SQLite: %s: %s\n", what, sqlite3_errmsg(base->handle));
    return false;
}

static bool execute(struct base *base, const char *sql) {
    return sqlite3_exec(base->handle, sql, NULL, NULL, NULL) == SQLITE_OK || failed(base, sql);
}

static bool prepare(struct base *base, const char *sql, sqlite3_stmt **statement) {
    return sqlite3_prepare_v2(base->handle, sql, -1, statement, NULL) == SQLITE_OK || failed(base, sql);
}

static bool step(struct base *base, sqlite3_stmt *statement) {
    bool is_done = sqlite3_step(statement) == SQLITE_DONE;
    return (sqlite3_reset(statement) == SQLITE_OK && is_done) || failed(base, sqlite3_sql(statement));
}

static void base_close(struct base *base) {
    sqlite3_stmt *const statements[] = {base->begin, base->commit, base->event, base->balance, base->ask};
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        (void)sqlite3_finalize(statements[i]);
    }
    (void)sqlite3_close(base->handle);
    *base = (struct base){0};
}

static bool base_open(const struct peers *peers, const char *name, bool has_indexes, struct base *base) {
    *base = (struct base){0};
    if (sqlite3_open(bench_path(&peers->bench, name, base->path), &base->handle) != SQLITE_OK) {
        return failed(base, base->path);
    }
    return execute(base, settings) && execute(base, tables) && (!has_indexes || execute(base, indexes)) &&
           prepare(base, "BEGIN IMMEDIATE", &base->begin) && prepare(base, "COMMIT", &base->commit) &&
           prepare(base, add_event, &base->event) && prepare(base, add_balance, &base->balance) &&
           prepare(base, ask_balance, &base->ask);
}

static bool put_event(struct base *base, const struct peer_event *event) {
    sqlite3_stmt *statement = base->event;
    (void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)event->sequence);
    (void)sqlite3_bind_int64(statement, 2, event->recorded_at_us);
    (void)sqlite3_bind_int(statement, 3, event->effective_on);
    (void)sqlite3_bind_int64(statement, 4, event->customer);
    (void)sqlite3_bind_int(statement, 5, event->kind);
    if (event->has_key) {
        (void)sqlite3_bind_blob(statement, 6, event->key, sizeof event->key, SQLITE_STATIC);
    } else {
        (void)sqlite3_bind_null(statement, 6);
    }
    for (int i = 0; i < PEER_COLUMNS; i++) {
        (void)sqlite3_bind_int64(statement, 7 + i, event->moved.minor[i]);
    }
    return step(base, statement);
}

static bool put_balance(struct base *base, uint32_t customer, const struct peer_balance *moved) {
    (void)sqlite3_bind_int64(base->balance, 1, customer);
    for (int i = 0; i < PEER_COLUMNS; i++) {
        (void)sqlite3_bind_int64(base->balance, 2 + i, moved->minor[i]);
    }
    return step(base, base->balance);
}

static bool put_one(struct base *base, const struct peer_event *event) {
    return step(base, base->begin) && put_event(base, event) && put_balance(base, event->customer, &event->moved) &&
           step(base, base->commit);
}

/* Events from..to-1 in one transaction; each customer's balance is written once. `sums` is all zero, and left so. */
static bool put_batch(const struct peers *peers, struct base *base, size_t from, size_t to, struct peer_balance *sums) {
    bool is_done = step(base, base->begin);
    for (size_t i = from; is_done && i < to; i++) {
        const struct peer_event *event = &peers->events[i];
        is_done = put_event(base, event);
        for (int j = 0; j < PEER_COLUMNS; j++) {
            sums[event->customer].minor[j] += event->moved.minor[j];
        }
    }
    static const struct peer_balance zero;
    for (size_t i = from; is_done && i < to; i++) {
        struct peer_balance *sum = &sums[peers->events[i].customer];
        if (memcmp(sum, &zero, sizeof zero) != 0) {
            is_done = put_balance(base, peers->events[i].customer, sum);
            *sum = zero;
        }
    }
    return is_done && step(base, base->commit);
}

static bool check(struct peers *peers, struct base *base, uint64_t known_at) {
    struct peer_balance *balances = calloc((size_t)peers->bench.customers + 1, sizeof *balances);
    sqlite3_stmt *statement = NULL;
    bool is_done =
        balances != NULL && prepare(base, "SELECT customer, receivable, unapplied, deposit FROM balance", &statement);
    while (is_done && sqlite3_step(statement) == SQLITE_ROW) {
        sqlite3_int64 customer = sqlite3_column_int64(statement, 0);
        for (int i = 0; i < PEER_COLUMNS && customer <= (sqlite3_int64)peers->bench.customers; i++) {
            balances[customer].minor[i] = sqlite3_column_int64(statement, i + 1);
        }
    }
    is_done = sqlite3_finalize(statement) == SQLITE_OK && is_done &&
              peers_check_balances(peers, "SQLite", known_at, balances);
    free(balances);
    return is_done;
}

static bool bulk(struct peers *peers, struct base *base, const char *file, const char *name, size_t batch_events,
                 bool has_indexes) {
    struct peer_balance *sums = calloc((size_t)peers->bench.customers + 1, sizeof *sums);
    bool is_done = sums != NULL && base_open(peers, file, has_indexes, base);
    uint64_t start = clock_monotonic_ns();
    for (size_t at = 0; is_done && at < peers->event_count;) {
        size_t end = at + batch_events < peers->event_count ? at + batch_events : peers->event_count;
        is_done = put_batch(peers, base, at, end, sums);
        at = end;
    }
    is_done = is_done && (has_indexes || execute(base, indexes));
    double seconds = bench_seconds_since(start);
    free(sums);
    if (is_done) {
        figures_add(&peers->bench.figures, name, (double)peers->event_count / seconds, "events/s");
    }
    return is_done && check(peers, base, peers->event_count);
}

static bool add_size(struct peers *peers, struct base *base) {
    sqlite3_stmt *statement = NULL;
    bool is_done =
        execute(base, "PRAGMA wal_checkpoint(TRUNCATE)") &&
        prepare(base, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", &statement) &&
        sqlite3_step(statement) == SQLITE_ROW;
    if (is_done) {
        figures_add(&peers->bench.figures, "SQLite, size of an event",
                    (double)sqlite3_column_int64(statement, 0) / (double)peers->event_count, "bytes");
    }
    (void)sqlite3_finalize(statement);
    return is_done && execute(base, "ANALYZE");
}

/* All questions, as far as the time goes. */
static bool ask_each(struct peers *peers, struct base *base, struct samples *samples) {
    bool is_done = true;
    uint64_t until_ns = clock_monotonic_ns() + peers->seconds * UINT64_C(1000000000);
    for (size_t i = 0; is_done && i < peers->question_count && clock_monotonic_ns() < until_ns; i++) {
        const struct peer_question *question = &peers->questions[i];
        struct peer_balance answer = {{0}};
        uint64_t start = clock_monotonic_ns();
        (void)sqlite3_bind_int64(base->ask, 1, question->customer);
        (void)sqlite3_bind_int(base->ask, 2, question->as_of);
        (void)sqlite3_bind_int64(base->ask, 3, (sqlite3_int64)question->known_at);
        is_done = sqlite3_step(base->ask) == SQLITE_ROW;
        for (int j = 0; is_done && j < PEER_COLUMNS; j++) {
            answer.minor[j] = sqlite3_column_int64(base->ask, j);
        }
        (void)sqlite3_reset(base->ask);
        samples_add(samples, clock_monotonic_ns() - start);
        is_done = is_done ? peers_check_answer("SQLite", question, &answer) : failed(base, "asking");
    }
    return is_done;
}

/* Once before it is timed, as everybody. */
static bool ask_questions(struct peers *peers, struct base *base) {
    struct samples samples = {0};
    bool is_done = samples_init(&samples, peers->question_count) && ask_each(peers, base, &samples);
    samples.count = 0;
    is_done = is_done && ask_each(peers, base, &samples);
    if (is_done) {
        double seconds = samples_sum_s(&samples);
        figures_add(&peers->bench.figures, "SQLite, point in time, 1 caller", (double)samples.count / seconds,
                    "questions/s");
        figures_add_latency(&peers->bench.figures, "SQLite, point in time, 1 caller, latency", &samples);
    }
    samples_release(&samples);
    return is_done;
}

static bool single(struct peers *peers, struct base *base) {
    struct samples samples = {0};
    bool is_done = samples_init(&samples, peers->event_count) && base_open(peers, "sqlite-single", true, base);
    uint64_t start = clock_monotonic_ns();
    uint64_t until_ns = start + peers->seconds * UINT64_C(1000000000);
    for (size_t i = 0; is_done && i < peers->event_count && clock_monotonic_ns() < until_ns; i++) {
        uint64_t before = clock_monotonic_ns();
        is_done = put_one(base, &peers->events[i]);
        samples_add(&samples, clock_monotonic_ns() - before);
    }
    double seconds = bench_seconds_since(start);
    size_t count = samples.count;
    if (is_done) {
        figures_add(&peers->bench.figures, "SQLite, single, 1 caller", (double)count / seconds, "transactions/s");
        figures_add_latency(&peers->bench.figures, "SQLite, single, 1 caller, latency", &samples);
    }
    samples_release(&samples);
    return is_done && check(peers, base, count);
}

bool peers_sqlite(struct peers *peers) {
    struct base base = {0};
    bool is_done = bulk(peers, &base, "sqlite-batches", "SQLite, bulk in batches", peers->batch_events, true) &&
                   add_size(peers, &base) && ask_questions(peers, &base);
    base_close(&base);
    is_done = is_done && bulk(peers, &base, "sqlite-once", "SQLite, bulk in one transaction, indexes afterwards",
                              peers->event_count, false);
    base_close(&base);
    is_done = is_done && single(peers, &base);
    base_close(&base);
    return is_done;
}
