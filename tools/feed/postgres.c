/*
 * PostgreSQL as a feed's target: three tables, filled by COPY, and the position
 * in the same transaction.
 *
 * Whoever writes holds the row of the position: two feeds of one ledger take
 * turns, and the second finds that its batch is there already.
 */
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/calendar.h"
#include "base/decimal.h"
#include "tools/event_text.h"
#include "tools/feed/feed.h"
#include "tools/text.h"

enum { ROW_ARENA_BYTES = 1 << 20, REACH_MS = 20000 };

struct postgres {
    const struct feed_settings *settings;
    PGconn *connection;
    struct daybook_buffer rows;
    struct arena row_arena;
};

/* Each is applied once, in its order, and never changed afterwards: a new shape of the tables is a new row here. */
static const char *const migrations[] = {
    "CREATE TABLE daybook_events ("
    " sequence bigint PRIMARY KEY,"
    " recorded_at timestamptz NOT NULL,"
    " effective_on date,"
    " actor text NOT NULL,"
    " customer text,"
    " currency text,"
    " kind text NOT NULL,"
    " document text,"
    " amount numeric,"
    " payload jsonb NOT NULL);"
    "CREATE INDEX daybook_events_of_customer ON daybook_events (customer, sequence);"
    "CREATE TABLE daybook_balances ("
    " customer text NOT NULL,"
    " currency text NOT NULL,"
    " sequence bigint NOT NULL,"
    " receivable numeric NOT NULL,"
    " unapplied numeric NOT NULL,"
    " deposit numeric NOT NULL,"
    " deposit_held numeric NOT NULL,"
    " deposit_available numeric NOT NULL,"
    " dormant numeric NOT NULL,"
    " pending numeric NOT NULL,"
    " net numeric NOT NULL,"
    " PRIMARY KEY (customer, currency));"
    "CREATE TABLE daybook_feed_position ("
    " is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),"
    " ledger text NOT NULL,"
    " sequence bigint NOT NULL,"
    " updated_at timestamptz NOT NULL DEFAULT now());",
};

enum { MIGRATION_COUNT = sizeof migrations / sizeof migrations[0] };

/* ---- what the server says ---- */

/* Classes of SQLSTATE that pass: no connection, short of resources, stopping, a conflict with another transaction, a
 * lock, a standby that cannot be written to yet. */
static bool is_passing(const char *state) {
    static const char *const passing[] = {"08", "53", "57P", "40", "55P03", "25006"};
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
        if (strncmp(state, passing[i], strlen(passing[i])) == 0) {
            return true;
        }
    }
    return false;
}

static enum feed_result say_failed(struct postgres *postgres, const PGresult *result, struct daybook_error *error) {
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    bool is_away = PQstatus(postgres->connection) == CONNECTION_BAD || state == NULL || is_passing(state);
    return feed_say(error, is_away ? FEED_AWAY : FEED_REFUSED, "%s (SQLSTATE %s)",
                    message != NULL ? message : PQerrorMessage(postgres->connection), state == NULL ? "none" : state);
}

/* One statement or several; what it returns is thrown away. */
static enum feed_result execute(struct postgres *postgres, const char *sql, struct daybook_error *error) {
    PGresult *result = PQexec(postgres->connection, sql);
    ExecStatusType status = PQresultStatus(result);
    enum feed_result done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN
                                ? FEED_DONE
                                : say_failed(postgres, result, error);
    PQclear(result);
    return done;
}

/* A statement that returns rows; the caller clears *rows, which is NULL unless DONE. */
static enum feed_result ask(struct postgres *postgres, const char *sql, const char *parameter, PGresult **rows,
                            struct daybook_error *error) {
    PGresult *result =
        PQexecParams(postgres->connection, sql, parameter == NULL ? 0 : 1, NULL, &parameter, NULL, NULL, 0);
    *rows = NULL;
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        *rows = result;
        return FEED_DONE;
    }
    enum feed_result failed = say_failed(postgres, result, error);
    PQclear(result);
    return failed;
}

static uint64_t number_at(const PGresult *rows, int row, int column) {
    uint64_t value = 0;
    const char *text = PQgetvalue(rows, row, column);
    return feed_read_number(text, strlen(text), &value) ? value : 0;
}

/* Tries each step while the one before it is DONE. */
#define TRY_STEP(call)                                                                                                 \
    do {                                                                                                               \
        enum feed_result step_ = (call);                                                                               \
        if (step_ != FEED_DONE) {                                                                                      \
            return step_;                                                                                              \
        }                                                                                                              \
    } while (0)

/* ---- the connection ---- */

/* A password on a command line can be read by everybody on the machine. */
static enum daybook_status check_url(const char *url, struct daybook_error *error) {
    char *sentence = NULL;
    bool has_password = false;
    PQconninfoOption *options = PQconninfoParse(url, &sentence);
    if (options == NULL) {
        (void)daybook_fail(error, DAYBOOK_INVALID, _("--url: %s"), sentence == NULL ? "" : sentence);
        PQfreemem(sentence);
        return DAYBOOK_INVALID;
    }
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++) {
        has_password = has_password || (strcmp(option->keyword, "password") == 0 && option->val != NULL);
    }
    PQconninfoFree(options);
    return has_password ? daybook_fail(error, DAYBOOK_INVALID, "%s",
                                       _("--url: a password does not belong on a command line; put it in ~/.pgpass, "
                                         "PGPASSFILE or PGPASSWORD"))
                        : DAYBOOK_OK;
}

static void close_target(void *target) {
    struct postgres *postgres = target;
    if (postgres != NULL) {
        PQfinish(postgres->connection);
        daybook_buffer_release(&postgres->rows);
        arena_release(&postgres->row_arena);
        free(postgres);
    }
}

static enum daybook_status open_target(const struct feed_settings *settings, void **target,
                                       struct daybook_error *error) {
    *target = NULL;
    if (settings->url != NULL) {
        DAYBOOK_TRY(check_url(settings->url, error));
    }
    struct postgres *postgres = calloc(1, sizeof *postgres);
    if (postgres == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("feeding PostgreSQL: memory was refused"));
    }
    postgres->settings = settings;
    arena_init(&postgres->row_arena, ROW_ARENA_BYTES);
    *target = postgres;
    return DAYBOOK_OK;
}

static void disconnect(void *target) {
    struct postgres *postgres = target;
    PQfinish(postgres->connection);
    postgres->connection = NULL;
}

/* A server that answers a ping and lets us in no sooner the second time refuses us. */
static enum feed_result reach(struct postgres *postgres, struct daybook_error *error) {
    const char *url = postgres->settings->url == NULL ? "" : postgres->settings->url;
    const char *const names[] = {"connect_timeout", "tcp_user_timeout",          "dbname",
                                 "client_encoding", "fallback_application_name", NULL};
    char connect_s[24];
    const char *const values[] = {connect_s, "30000", url, "UTF8", "daybook feed", NULL};
    /* Half for the connection, half for the ping; libpq takes 1 for 2, and 0 for ever. */
    (void)snprintf(connect_s, sizeof connect_s, "%" PRIu64, 1 + feed_patience_ms(postgres->settings, REACH_MS) / 2001);
    for (int attempt = 0; attempt < 2; attempt++) {
        PQfinish(postgres->connection);
        postgres->connection = PQconnectdbParams(names, values, 1);
        if (PQstatus(postgres->connection) == CONNECTION_OK) {
            return FEED_DONE;
        }
        if (PQpingParams(names, values, 1) != PQPING_OK) {
            return feed_say(error, FEED_AWAY, "%s", PQerrorMessage(postgres->connection));
        }
    }
    return feed_say(error, FEED_REFUSED, "%s", PQerrorMessage(postgres->connection));
}

/* The schema is made where it is missing; every name that follows is looked up in it. */
static enum feed_result use_schema(struct postgres *postgres, struct daybook_error *error) {
    char sql[512];
    PGresult *rows;
    const char *schema = postgres->settings->schema;
    TRY_STEP(ask(postgres, "SELECT 1 FROM pg_namespace WHERE nspname = $1", schema, &rows, error));
    bool is_there = PQntuples(rows) > 0;
    PQclear(rows);
    char *name = PQescapeIdentifier(postgres->connection, schema, strlen(schema));
    if (name == NULL) {
        return feed_say(error, FEED_REFUSED, "--schema: %s", PQerrorMessage(postgres->connection));
    }
    int size = snprintf(sql, sizeof sql, "%s%s%sSET search_path TO %s", is_there ? "" : "CREATE SCHEMA IF NOT EXISTS ",
                        is_there ? "" : name, is_there ? "" : "; ", name);
    PQfreemem(name);
    if (size < 0 || (size_t)size >= sizeof sql) {
        return feed_say(error, FEED_REFUSED, "%s", _("--schema: the name is too long"));
    }
    return execute(postgres, sql, error);
}

static enum feed_result migrate_from(struct postgres *postgres, uint64_t version, struct daybook_error *error) {
    if (version > MIGRATION_COUNT) {
        return feed_say(error, FEED_REFUSED,
                        _("its tables have the version %" PRIu64 ", and this program knows %d: take a newer daybook"),
                        version, MIGRATION_COUNT);
    }
    for (uint64_t i = version; i < MIGRATION_COUNT; i++) {
        char note[128];
        (void)snprintf(note, sizeof note, "INSERT INTO daybook_feed_version (version) VALUES (%" PRIu64 ")", i + 1);
        TRY_STEP(execute(postgres, migrations[i], error));
        TRY_STEP(execute(postgres, note, error));
    }
    return FEED_DONE;
}

/* All in one transaction, and two feeds that start at once one after the other. */
static enum feed_result migrate(struct postgres *postgres, struct daybook_error *error) {
    PGresult *rows;
    TRY_STEP(execute(postgres, "BEGIN; SELECT pg_advisory_xact_lock(hashtext('daybook feed'))", error));
    TRY_STEP(use_schema(postgres, error));
    TRY_STEP(ask(postgres, "SELECT to_regclass('daybook_feed_version') IS NOT NULL", NULL, &rows, error));
    bool is_there = strcmp(PQgetvalue(rows, 0, 0), "t") == 0;
    PQclear(rows);
    if (!is_there) {
        TRY_STEP(execute(postgres,
                         "CREATE TABLE daybook_feed_version ("
                         " version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())",
                         error));
    }
    TRY_STEP(ask(postgres, "SELECT coalesce(max(version), 0) FROM daybook_feed_version", NULL, &rows, error));
    uint64_t version = number_at(rows, 0, 0);
    PQclear(rows);
    TRY_STEP(migrate_from(postgres, version, error));
    return execute(postgres, "COMMIT", error);
}

static enum feed_result find_position(struct postgres *postgres, struct feed_position *position,
                                      struct daybook_error *error) {
    PGresult *rows;
    TRY_STEP(ask(postgres,
                 "SELECT p.sequence, p.ledger, coalesce((extract(epoch FROM e.recorded_at) * 1000000)::bigint, 0)"
                 " FROM daybook_feed_position p LEFT JOIN daybook_events e ON e.sequence = p.sequence",
                 NULL, &rows, error));
    position->is_known = PQntuples(rows) > 0;
    if (position->is_known) {
        position->sequence = number_at(rows, 0, 0);
        position->last_sequence = position->sequence;
        position->last_recorded_at_us = (int64_t)number_at(rows, 0, 2);
        (void)snprintf(position->ledger, sizeof position->ledger, "%s", PQgetvalue(rows, 0, 1));
    }
    PQclear(rows);
    return FEED_DONE;
}

static enum feed_result connect_target(void *target, struct feed_position *position, struct daybook_error *error) {
    struct postgres *postgres = target;
    TRY_STEP(reach(postgres, error));
    TRY_STEP(execute(postgres, "SET client_min_messages TO warning", error));
    TRY_STEP(migrate(postgres, error));
    /* Dropped with the session: the balances of a batch on their way into the table. */
    TRY_STEP(execute(postgres, "CREATE TEMPORARY TABLE daybook_feed_new (LIKE daybook_balances) ON COMMIT DELETE ROWS",
                     error));
    TRY_STEP(find_position(postgres, position, error));
    return FEED_DONE;
}

/* ---- rows, in the text form of COPY ---- */

static enum daybook_status add(struct postgres *postgres, const char *text) {
    return daybook_buffer_append(&postgres->rows, text, strlen(text));
}

/* What COPY would take for its own is escaped; nothing for NULL. */
static enum daybook_status add_escaped(struct postgres *postgres, struct daybook_bytes text) {
    uint8_t *to = daybook_buffer_reserve(&postgres->rows, text.size * 2);
    size_t size = 0;
    if (to == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    for (size_t i = 0; i < text.size; i++) {
        const char *special = "\\\\\tt\nn\rr";
        const char *found = text.data[i] == '\0' ? NULL : strchr(special, text.data[i]);
        bool is_special = found != NULL && (found - special) % 2 == 0;
        if (is_special) {
            to[size++] = '\\';
        }
        to[size++] = is_special ? (uint8_t)found[1] : text.data[i];
    }
    postgres->rows.size += size;
    return DAYBOOK_OK;
}

/* One value and what ends it; an empty text is NULL. */
static enum daybook_status add_value(struct postgres *postgres, const char *text, const char *end) {
    if (*text == '\0') {
        DAYBOOK_TRY(add(postgres, "\\N"));
    } else {
        DAYBOOK_TRY(add_escaped(postgres, daybook_bytes_of_text(text)));
    }
    return add(postgres, end);
}

static enum daybook_status add_minor(struct postgres *postgres, int64_t minor, const char *currency, const char *end) {
    char text[DECIMAL_TEXT_SIZE];
    int decimals = currency_decimals(currency);
    return add_value(postgres, decimal_format(minor, decimals < 0 ? 0 : decimals, text), end);
}

static enum daybook_status add_event(struct postgres *postgres, const struct feed_event *fed) {
    const Pb__Event *event = fed->item->event;
    char sequence[32];
    char recorded_at[INSTANT_TEXT_SIZE];
    char date[DATE_TEXT_SIZE];
    int64_t minor;
    arena_reset(&postgres->row_arena);
    (void)snprintf(sequence, sizeof sequence, "%" PRIu64, event->sequence);
    DAYBOOK_TRY(add_value(postgres, sequence, "\t"));
    DAYBOOK_TRY(add_value(postgres, instant_format(event->recorded_at_us, recorded_at), "\t"));
    DAYBOOK_TRY(add_value(postgres, date_format(event->effective_on, date), "\t"));
    DAYBOOK_TRY(add_escaped(postgres, daybook_bytes_of_text(event->actor)));
    DAYBOOK_TRY(add(postgres, "\t"));
    DAYBOOK_TRY(add_value(postgres, event->customer, "\t"));
    DAYBOOK_TRY(add_value(postgres, event->currency, "\t"));
    DAYBOOK_TRY(add_value(postgres, fed->kind, "\t"));
    DAYBOOK_TRY(add_value(postgres, event_document_text(event, &postgres->row_arena), "\t"));
    if (event->currency[0] != '\0' && event_amount(event, &minor)) {
        DAYBOOK_TRY(add_minor(postgres, minor, event->currency, "\t"));
    } else {
        DAYBOOK_TRY(add(postgres, "\\N\t"));
    }
    DAYBOOK_TRY(add_escaped(postgres, fed->payload));
    return add(postgres, "\n");
}

static enum daybook_status add_balance(struct postgres *postgres, const struct feed_event *fed) {
    const Pb__Balance *after = fed->item->after;
    char sequence[32];
    if (after == NULL) {
        return DAYBOOK_OK;
    }
    const int64_t amounts[] = {
        after->receivable_minor,        after->unapplied_minor, after->deposit_minor, after->deposit_held_minor,
        after->deposit_available_minor, after->dormant_minor,   after->pending_minor, after->net_minor};
    const size_t count = sizeof amounts / sizeof amounts[0];
    (void)snprintf(sequence, sizeof sequence, "%" PRIu64, fed->item->sequence);
    DAYBOOK_TRY(add_value(postgres, after->customer, "\t"));
    DAYBOOK_TRY(add_value(postgres, after->currency, "\t"));
    DAYBOOK_TRY(add_value(postgres, sequence, "\t"));
    for (size_t i = 0; i < count; i++) {
        DAYBOOK_TRY(add_minor(postgres, amounts[i], after->currency, i + 1 == count ? "\n" : "\t"));
    }
    return DAYBOOK_OK;
}

/* ---- sending ---- */

/* Sends the rows that were added, and waits for what the server says to all of them. */
static enum feed_result copy(struct postgres *postgres, const char *sql, struct daybook_error *error) {
    PGconn *connection = postgres->connection;
    TRY_STEP(execute(postgres, sql, error));
    const char *rows = (const char *)postgres->rows.data;
    enum feed_result done = FEED_DONE;
    for (size_t sent = 0; sent < postgres->rows.size;) {
        size_t left = postgres->rows.size - sent;
        size_t part = left > 1 << 20 ? 1 << 20 : left;
        if (PQputCopyData(connection, rows + sent, (int)part) != 1) {
            return feed_say(error, FEED_AWAY, "%s", PQerrorMessage(connection));
        }
        sent += part;
    }
    if (PQputCopyEnd(connection, NULL) != 1) {
        return feed_say(error, FEED_AWAY, "%s", PQerrorMessage(connection));
    }
    for (PGresult *result; (result = PQgetResult(connection)) != NULL;) {
        if (done == FEED_DONE && PQresultStatus(result) != PGRES_COMMAND_OK) {
            done = say_failed(postgres, result, error);
        }
        PQclear(result);
    }
    return done;
}

static enum feed_result copy_rows(struct postgres *postgres, const char *sql,
                                  enum daybook_status (*add_row)(struct postgres *, const struct feed_event *),
                                  const struct feed_event *events, size_t count, struct daybook_error *error) {
    daybook_buffer_reset(&postgres->rows);
    for (size_t i = 0; i < count; i++) {
        if (add_row(postgres, &events[i]) != DAYBOOK_OK) {
            return feed_say(error, FEED_REFUSED, "%s", _("memory for the rows was refused here"));
        }
    }
    return copy(postgres, sql, error);
}

/* Takes the row of the position, or makes it. Another feed that was faster has moved it: AWAY makes the frame look
 * again where to go on. */
static enum feed_result take_position(struct postgres *postgres, uint64_t before, struct daybook_error *error) {
    PGresult *rows;
    char sql[192];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO daybook_feed_position (ledger, sequence) VALUES ('%s', %" PRIu64
                   ") ON CONFLICT (is_only) DO NOTHING",
                   postgres->settings->ledger, before);
    TRY_STEP(execute(postgres, sql, error));
    TRY_STEP(ask(postgres, "SELECT sequence, ledger FROM daybook_feed_position FOR UPDATE", NULL, &rows, error));
    bool is_ours = PQntuples(rows) == 1 && number_at(rows, 0, 0) == before &&
                   strcmp(PQgetvalue(rows, 0, 1), postgres->settings->ledger) == 0;
    PQclear(rows);
    return is_ours ? FEED_DONE : feed_say(error, FEED_AWAY, "%s", _("another feed has moved its position"));
}

static enum feed_result send_events(void *target, const struct feed_event *events, size_t count, size_t *stored,
                                    struct daybook_error *error) {
    struct postgres *postgres = target;
    uint64_t first = events[0].item->sequence;
    uint64_t last = events[count - 1].item->sequence;
    char move[128];
    TRY_STEP(execute(postgres, "BEGIN", error));
    TRY_STEP(take_position(postgres, first - 1, error));
    TRY_STEP(copy_rows(postgres, "COPY daybook_events FROM STDIN", add_event, events, count, error));
    TRY_STEP(copy_rows(postgres, "COPY daybook_feed_new FROM STDIN", add_balance, events, count, error));
    TRY_STEP(execute(postgres,
                     "INSERT INTO daybook_balances SELECT DISTINCT ON (customer, currency) * FROM daybook_feed_new"
                     " ORDER BY customer, currency, sequence DESC ON CONFLICT (customer, currency) DO UPDATE SET"
                     " (sequence, receivable, unapplied, deposit, deposit_held, deposit_available, dormant, pending,"
                     " net) = (excluded.sequence, excluded.receivable, excluded.unapplied, excluded.deposit,"
                     " excluded.deposit_held, excluded.deposit_available, excluded.dormant, excluded.pending,"
                     " excluded.net)",
                     error));
    (void)snprintf(move, sizeof move, "UPDATE daybook_feed_position SET sequence = %" PRIu64 ", updated_at = now()",
                   last);
    TRY_STEP(execute(postgres, move, error));
    TRY_STEP(execute(postgres, "COMMIT", error));
    *stored = count;
    return FEED_DONE;
}

const struct feed_driver feed_postgres = {
    .name = "postgres",
    .open = open_target,
    .connect = connect_target,
    .send = send_events,
    .disconnect = disconnect,
    .close = close_target,
};
