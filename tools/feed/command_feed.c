/* daybook feed: the events in another system, each once, for as long as it runs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/ledger.h"
#include "projections/balance.h"
#include "tools/command.h"
#include "tools/feed/feed.h"
#include "tools/feed/parting.h"
#include "tools/feed/report.h"
#include "tools/feed/source.h"
#include "tools/progress.h"
#include "tools/text.h"

enum { FIRST_WAIT_S = 60, INTERVAL_S = 10, SECONDS_MAX = 86400 };

/* A feed reads balances and nothing else. */
static const struct projection *const feed_views[] = {&balance_projection, NULL};

static enum daybook_status read_count(const struct options *options, const char *name, uint64_t least, uint64_t most,
                                      uint64_t *value, struct daybook_error *error) {
    const char *text = options_value(options, name);
    if (text == NULL) {
        return DAYBOOK_OK;
    }
    if (!feed_read_number(text, strlen(text), value) || *value < least || *value > most) {
        return daybook_fail(error, DAYBOOK_INVALID, _("--%s \"%.32s\": a whole number from %" PRIu64 " to %" PRIu64),
                            name, text, least, most);
    }
    return DAYBOOK_OK;
}

static const char *value_or(const struct options *options, const char *name, const char *otherwise) {
    const char *value = options_value(options, name);
    return value == NULL ? otherwise : value;
}

static enum daybook_status read_settings(const struct options *options, struct feed_settings *settings,
                                         struct daybook_error *error) {
    const char *format = value_or(options, "format", "json");
    uint64_t interval_s = INTERVAL_S;
    *settings = (struct feed_settings){
        .url = options_value(options, "url"),
        .topic = value_or(options, "topic", "daybook"),
        .properties = options_value(options, "properties"),
        .stream = value_or(options, "stream", "daybook"),
        .credentials = options_value(options, "credentials"),
        .schema = value_or(options, "schema", "public"),
        .is_binary = strcmp(format, "protobuf") == 0,
        .is_once = options_has(options, "once"),
    };
    uint64_t wait_s = UINT64_MAX; /* Not given. */
    if (!settings->is_binary && strcmp(format, "json") != 0) {
        return daybook_fail(error, DAYBOOK_INVALID, _("--format: \"%.40s\" is neither json nor protobuf"), format);
    }
    DAYBOOK_TRY(read_count(options, "from", 1, INT64_MAX, &settings->from, error));
    DAYBOOK_TRY(read_count(options, "wait", 0, SECONDS_MAX, &wait_s, error));
    DAYBOOK_TRY(read_count(options, "interval", 0, SECONDS_MAX, &interval_s, error));
    settings->first_wait_ms = (wait_s == UINT64_MAX ? FIRST_WAIT_S : wait_s) * 1000;
    settings->wait_ms = wait_s == UINT64_MAX && !settings->is_once ? 0 : settings->first_wait_ms;
    settings->interval_ms = interval_s * 1000;
    return DAYBOOK_OK;
}

static void write_ledger_id(const Pb__LedgerConfig *config, char text[FEED_LEDGER_SIZE]) {
    const ProtobufCBinaryData *id = &config->ledger_id;
    for (size_t i = 0; i < (FEED_LEDGER_SIZE - 1) / 2; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", i < id->len ? id->data[i] : 0);
    }
}

static enum daybook_status open_directory(const struct invocation *invocation, struct feed_source *source,
                                          struct daybook_error *error) {
    struct daybook_open_options how = {.views = feed_views};
    DAYBOOK_TRY(command_directory(invocation, &how.directory, error));
    enum daybook_status status = daybook_open(&how, &source->ledger, error);
    if (status == DAYBOOK_READ_ONLY) {
        how.is_read_only = true;
        source->is_read_only = true;
        status = daybook_open(&how, &source->ledger, error);
    }
    if (status == DAYBOOK_OK) {
        ledger_set_progress(source->ledger, progress_of_views());
    }
    return status;
}

static enum daybook_status open_source(const struct invocation *invocation, struct feed_source *source,
                                       struct feed_settings *settings, struct daybook_error *error) {
    const Pb__LedgerConfig *config;
    *source = (struct feed_source){.remote = invocation->remote};
    if (invocation->remote == NULL) {
        DAYBOOK_TRY(open_directory(invocation, source, error));
    }
    DAYBOOK_TRY(command_config(invocation, source->ledger, &config, error));
    write_ledger_id(config, settings->ledger);
    return DAYBOOK_OK;
}

static void print_summary(const struct invocation *invocation, const struct feed_driver *driver,
                          const struct feed_summary *summary) {
    char fed[32];
    char position[32];
    if (!summary->is_known) {
        (void)printf(options_has(&invocation->options, "json") ? "{\"target\":\"%s\",\"fed\":\"0\"}\n"
                                                               : _("%s: it was never reached; nothing was fed\n"),
                     driver->name);
        return;
    }
    if (options_has(&invocation->options, "json")) {
        (void)printf("{\"target\":\"%s\",\"fed\":\"%" PRIu64 "\",\"position\":\"%" PRIu64 "\",\"head\":\"%" PRIu64
                     "\"}\n",
                     driver->name, summary->fed, summary->position, summary->head);
        return;
    }
    (void)printf(_("%s: %s events fed; it has every event up to %s\n"), driver->name, count_grouped(summary->fed, fed),
                 count_grouped(summary->position, position));
}

struct leaving {
    const struct invocation *invocation;
    const struct feed_driver *driver;
    const struct feed_settings *settings;
};

static void leave(const void *context, const struct feed_summary *summary) {
    const struct leaving *leaving = context;
    struct feed_report report;
    struct daybook_error error;
    int code = EXIT_DONE;
    feed_report_begin(&report, leaving->driver->name, leaving->settings->interval_ms);
    feed_report_event(&report, "warning", "left",
                      _("it did not answer within a second; the next run looks for what was on its way"));
    feed_report_end(&report);
    if (leaving->settings->is_once) {
        (void)feed_say_stopped(summary->position + 1, &error);
        code = command_fail(&error);
    } else {
        print_summary(leaving->invocation, leaving->driver, summary);
    }
    (void)fflush(stdout);
    _exit(code);
}

static int run_feed(struct invocation *invocation, const struct feed_driver *driver) {
    struct daybook_error error;
    struct feed_settings settings;
    struct feed_summary summary = {0};
    struct feed_source source;
    if (read_settings(&invocation->options, &settings, &error) != DAYBOOK_OK) {
        return command_usage(invocation, "%s", error.message);
    }
    settings.url = settings.url == NULL ? driver->default_url : settings.url;
    progress_watch_interrupt();
    enum daybook_status status = open_source(invocation, &source, &settings, &error);
    if (status == DAYBOOK_OK) {
        struct leaving leaving = {invocation, driver, &settings};
        struct feed_parting parting;
        status = feed_parting_begin(&parting, leave, &leaving, &error);
        if (status == DAYBOOK_OK) {
            status = feed_run(&source, driver, &settings, &parting, &summary, &error);
            feed_parting_end(&parting);
        }
    }
    daybook_close(source.ledger);
    if (status != DAYBOOK_OK) {
        return command_fail(&error);
    }
    print_summary(invocation, driver, &summary);
    return EXIT_DONE;
}

static int run_postgres(struct invocation *invocation) {
    return run_feed(invocation, &feed_postgres);
}

static int run_nats(struct invocation *invocation) {
    return run_feed(invocation, &feed_nats);
}

static int run_kafka(struct invocation *invocation) {
    return run_feed(invocation, &feed_kafka);
}

/* Rows of every kind of target. */
/* clang-format off */
#define FEED_OPTIONS                                                                                                   \
    {"from", 0, OPTION_VALUE, false, "SEQ",                                                                            \
     N_("begin with this event where nothing was fed yet (default: 1)"), FIELD_NONE},                                  \
    {"once", 0, OPTION_FLAG, false, NULL,                                                                              \
     N_("end when the target has every event (default: follow until SIGTERM)"), FIELD_NONE},                           \
    {"wait", 0, OPTION_VALUE, false, "SECONDS",                                                                        \
     N_("give a target up that is away for so long; 0 = never (default: 60 until it was reached once, then never; "    \
        "60 with --once)"),                                                                                            \
     FIELD_NONE},                                                                                                      \
    {"interval", 0, OPTION_VALUE, false, "SECONDS",                                                                    \
     N_("between two lines of the log that say how far it is (default: 10; 0: after every batch)"), FIELD_NONE},                             \
    OPTIONS_END
#define FEED_FORMAT                                                                                                    \
    {"format", 0, OPTION_VALUE, false, "FORMAT",                                                                       \
     N_("of a message: json (default) or protobuf, of daybook.v1.FollowItem"), FIELD_NONE}
/* clang-format on */

static const struct option_spec postgres_options[] = {
    {"url", 0, OPTION_VALUE, false, "URL",
     N_("the database, postgresql://USER@HOST/NAME (default: what PGHOST, PGDATABASE, ... say); no password"),
     FIELD_NONE},
    {"schema", 0, OPTION_VALUE, false, "SCHEMA", N_("where the tables are (default: public)"), FIELD_NONE},
    FEED_OPTIONS,
};

static const struct option_spec nats_options[] = {
    {"url", 0, OPTION_VALUE, false, "URL", N_("the server (default: nats://127.0.0.1:4222); no password"), FIELD_NONE},
    {"stream", 0, OPTION_VALUE, false, "STREAM",
     N_("the stream, which is the feed's own; its subjects are STREAM.KIND (default: daybook)"), FIELD_NONE},
    {"credentials", 0, OPTION_VALUE, false, "FILE", N_("who we are: a NATS credentials file"), FIELD_NONE},
    FEED_FORMAT,
    FEED_OPTIONS,
};

static const struct option_spec kafka_options[] = {
    {"url", 0, OPTION_VALUE, false, "BROKERS", N_("HOST:PORT, more with commas (default: 127.0.0.1:9092)"), FIELD_NONE},
    {"topic", 0, OPTION_VALUE, false, "TOPIC", N_("the topic, which is the feed's own (default: daybook)"), FIELD_NONE},
    {"properties", 0, OPTION_VALUE, false, "FILE",
     N_("key=value lines for librdkafka: security.protocol, sasl.username, compression.type, ..."), FIELD_NONE},
    FEED_FORMAT,
    FEED_OPTIONS,
};

const struct command feed_commands[] = {
    {
        .name = "feed postgres",
        .arguments = "",
        .uses = USES_LEDGER,
        .run = run_postgres,
        .is_for_programs = true,
        .summary = N_("keep tables in PostgreSQL up with the ledger, each event exactly once"),
        .detail = N_("Makes the tables and brings older ones up to date. daybook_events has a row an event: sequence, "
                     "recorded_at, effective_on, actor, customer, currency, kind, document, amount (in major units) "
                     "and payload, the FollowItem as jsonb. daybook_balances has the latest balance of each customer "
                     "and currency, and the event that it is from. daybook_feed_position moves in the same "
                     "transaction. A password comes from ~/.pgpass, PGPASSFILE or PGPASSWORD. "
                     "A database that is away is waited for; before it was reached once, for 60 seconds. One that "
                     "refuses an event stops the feed with exit code "
                     "3 and the event's sequence; start it again when that is mended. The log is one JSON object a "
                     "line on standard error, or a line of progress on a terminal."),
        .example =
            "daybook feed postgres -L books \\\n    --url postgresql://analyst@db.example/finance --schema ledger",
        .options = postgres_options,
    },
    {
        .name = "feed nats",
        .arguments = "",
        .uses = USES_LEDGER,
        .run = run_nats,
        .is_for_programs = true,
        .summary = N_("publish every event to a NATS JetStream stream, exactly once and in order"),
        .detail = N_("Makes the stream where it is missing. A message is the FollowItem: the event and the customer's "
                     "balance after it. Its subject is STREAM.KIND (daybook.charge_posted), its Nats-Msg-Id the "
                     "event's sequence, and it is stored only behind the event before it, so nothing comes in twice, "
                     "however late. The position is what the stream's last message says. "
                     "A server that is away is waited for; before it was reached once, for 60 seconds. One that "
                     "refuses an event stops the feed with exit code 3 "
                     "and the event's sequence. The log is one JSON object a line on standard error, or a line of "
                     "progress on a terminal."),
        .example = "daybook feed nats -L books --url nats://broker.example:4222 \\\n    --stream ledger --credentials "
                   "feed.creds",
        .options = nats_options,
    },
    {
        .name = "feed kafka",
        .arguments = "",
        .uses = USES_LEDGER,
        .run = run_kafka,
        .is_for_programs = true,
        .summary = N_("publish every event to a Kafka topic, once and in each customer's order"),
        .detail = N_("A message is the FollowItem: the event and the customer's balance after it. Its key is the "
                     "customer, so that a customer's events are in one partition (the one that Java's client would "
                     "choose), in their order; its timestamp is when the event was recorded. The topic must exist. "
                     "The producer is idempotent, and how far the feed is stands in the headers of the messages: it "
                     "goes on by what the topic holds. Feed a topic from one place at a time. "
                     "Brokers that are away are waited for; before they were reached once, for 60 seconds. An event "
                     "that is refused stops the feed with exit code 3 "
                     "and its sequence. The log is one JSON object a line on standard error, or a line of progress "
                     "on a terminal."),
        .example = "daybook feed kafka -L books --url kafka.example:9092 --topic ledger \\\n    --properties "
                   "client.properties",
        .options = kafka_options,
    },
    {.name = NULL},
};
