/* daybook status, rebuild and digest: the engine's own views of itself. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "engine/ledger.h"
#include "tools/command.h"
#include "tools/console.h"
#include "tools/message_field.h"
#include "tools/progress.h"
#include "tools/text.h"
#include "tools/word_text.h"
#include "tools/wound_text.h"

#define COLUMN_COUNT(columns) (sizeof(columns) / sizeof(columns)[0])

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("printing the answer: memory was refused"));
}

/* ---- status ---- */

static const struct table_column status_columns[] = {
    {"view", N_("VIEW"), false},
    {"version", N_("VERSION"), true},
    {"state", N_("STATE"), false},
    {"position", N_("POSITION"), true},
    {"lag_events", N_("LAG EVENTS"), true},
    {"lag_seconds", N_("LAG SECONDS"), true},
    {"events_per_second", N_("EVENTS/S"), true},
    {"size_bytes", N_("BYTES"), true},
    {"detail", N_("DETAIL"), false},
};

/* What a rebuild still needs, why and where a view stopped, or that one that is missing is not lost. */
static const char *describe_view(const Pb__ViewStatus *view, struct arena *arena) {
    const char *text = "";
    if (view->state == PB__VIEW_STATE__VIEW_STATE_REBUILDING && view->eta_us >= 0) {
        text = arena_format(arena, _("%" PRIu32 " %%, %" PRId64 " s left"), view->percent, view->eta_us / 1000000);
    } else if (view->state == PB__VIEW_STATE__VIEW_STATE_REBUILDING) {
        text = arena_format(arena, "%" PRIu32 " %%", view->percent);
    } else if (view->state == PB__VIEW_STATE__VIEW_STATE_STOPPED) {
        text = arena_format(arena, _("at event %" PRIu64 ": %s"), view->stopped_at, view->reason);
    } else if (view->reason[0] != '\0') {
        text = view->reason;
    } else if (view->state == PB__VIEW_STATE__VIEW_STATE_MISSING) {
        text = _("is built when first asked");
    }
    return text == NULL ? "" : text;
}

/* Nothing for a view that was never built: the age of the first event says nothing about it. */
static const char *describe_lag(const Pb__ViewStatus *view, struct arena *arena) {
    if (view->state == PB__VIEW_STATE__VIEW_STATE_MISSING) {
        return "";
    }
    return arena_format(arena, "%" PRId64 ".%03" PRId64, view->lag_us / 1000000, view->lag_us / 1000 % 1000);
}

static void add_view(struct table *table, const Pb__ViewStatus *view, struct arena *arena) {
    char state[64];
    bool is_stopped = view->state == PB__VIEW_STATE__VIEW_STATE_STOPPED;
    enum table_tone tone = is_stopped ? TONE_ALARM : TONE_PLAIN;
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, view->view, TONE_PLAIN);
    table_add_count(table, view->version, TONE_PLAIN);
    table_add_text(table, word_of(enum_short_name(&pb__view_state__descriptor, (int)view->state, state, sizeof state)),
                   tone);
    table_add_count(table, (int64_t)view->position, TONE_PLAIN);
    table_add_count(table, (int64_t)view->lag_events, TONE_PLAIN);
    table_add_text(table, describe_lag(view, arena), TONE_PLAIN);
    table_add_count(table, view->events_per_second, TONE_PLAIN);
    table_add_count(table, (int64_t)view->size_bytes, TONE_PLAIN);
    table_add_text(table, describe_view(view, arena), tone);
}

/* Control accounts against what the customers owe and have. */
static void print_books(const Pb__StatusAnswer *answer) {
    char checked[32];
    if (answer->books_doubt[0] != '\0') {
        (void)printf(_("books: IN DOUBT, %s\n\n"), answer->books_doubt);
    } else if (answer->books_checked_through == 0) {
        (void)printf(_("books: not checked yet; the next writer does\n\n"));
    } else {
        (void)printf(_("books: agree with the customers' accounts, checked through event %s\n\n"),
                     count_grouped(answer->books_checked_through, checked));
    }
}

/* The scrub in the background, of a server that runs or ran. */
static void print_scrub(const Pb__ScrubStatus *scrub) {
    char at[INSTANT_TEXT_SIZE];
    char count[32];
    if (scrub == NULL) {
        (void)printf(_("scrub: none has run; \"daybook serve\" does it in the background\n"));
        return;
    }
    for (size_t i = 0; i < scrub->n_wounds; i++) {
        char which[WOUND_TEXT_SIZE];
        (void)printf(_("scrub: DAMAGED, %s cannot be read since %s: %s; \"daybook doctor\" says what to do\n"),
                     wound_text(scrub->wounds[i], which), instant_format(scrub->wounds[i]->found_at_us, at),
                     scrub->wounds[i]->reason);
    }
    if (scrub->trouble[0] != '\0') {
        (void)printf(_("scrub: it cannot go on: %s\n"), scrub->trouble);
    }
    if (scrub->rounds == 0) {
        (void)printf(_("scrub: the first round has come to event %s\n"), count_grouped(scrub->position, count));
    } else {
        (void)printf(_("scrub: all of the journal was looked at by %s\n"),
                     instant_format(scrub->round_ended_at_us, at));
    }
}

static void print_journal(const Pb__StatusAnswer *answer) {
    char head[32];
    char bytes[32];
    char frames[32];
    char recorded[INSTANT_TEXT_SIZE];
    (void)printf(_("daybook %s, %s\n"), answer->version, answer->lmdb_version);
    if (answer->config != NULL) {
        (void)printf(_("ledger: business dates of %s, amounts in %s%s%s\n"), answer->config->timezone,
                     answer->config->currency,
                     answer->config->allow_import_clock ? _(", requests may bring their own clock") : "",
                     answer->config->refuse_unassessed ? _(", the unassessed are refused") : "");
    }
    (void)printf(_("journal: %s events in %s frames, %s bytes"), count_grouped(answer->journal_head, head),
                 count_grouped(answer->frames, frames), count_grouped(answer->journal_bytes, bytes));
    if (answer->journal_head > 0) {
        (void)printf(_(", the last recorded at %s"), instant_format(answer->head_recorded_at_us, recorded));
    }
    (void)printf(_("\nwriter: %s\n"), answer->writer[0] == '\0' ? _("none") : answer->writer);
    print_scrub(answer->scrub);
    print_books(answer);
}

static enum daybook_status print_status(const struct invocation *invocation, const Pb__StatusAnswer *answer,
                                        struct daybook_error *error) {
    struct table *table = table_open(status_columns, COLUMN_COUNT(status_columns), invocation->arena);
    if (table == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < answer->n_views; i++) {
        add_view(table, answer->views[i], invocation->arena);
    }
    print_journal(answer);
    return table_print(table, stdout, error);
}

static int run_status(struct invocation *invocation) {
    struct daybook_error error;
    struct daybook *ledger = NULL;
    Pb__StatusQuery question = PB__STATUS_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    query.question_case = PB__QUERY__QUESTION_STATUS;
    query.status = &question;
    ProtobufCMessage *answer;
    enum daybook_status status = command_open_reader(invocation, &ledger, &error);
    if (status == DAYBOOK_OK) {
        status = command_ask(invocation, ledger, &query, &answer, &error);
    }
    if (status == DAYBOOK_OK) {
        status = options_has(&invocation->options, "json")
                     ? command_print_json(answer, &error)
                     : print_status(invocation, (const Pb__StatusAnswer *)answer, &error);
    }
    daybook_close(ledger);
    return status == DAYBOOK_OK ? EXIT_DONE : command_fail(&error);
}

/* ---- rebuild and digest ---- */

static const struct table_column digest_columns[] = {
    {"view", N_("VIEW"), false}, {"version", N_("VERSION"), true}, {"position", N_("POSITION"), true},
    {"rows", N_("ROWS"), true},  {"sha256", N_("SHA-256"), false},
};

static const char *hex_of(ProtobufCBinaryData bytes, struct arena *arena) {
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(arena, bytes.len * 2 + 1);
    if (text == NULL) {
        return "";
    }
    for (size_t i = 0; i < bytes.len; i++) {
        text[i * 2] = digits[bytes.data[i] >> 4];
        text[i * 2 + 1] = digits[bytes.data[i] & 15];
    }
    text[bytes.len * 2] = '\0';
    return text;
}

static enum daybook_status print_digests(const struct invocation *invocation, const Pb__DigestAnswer *answer,
                                         struct daybook_error *error) {
    struct table *table = table_open(digest_columns, COLUMN_COUNT(digest_columns), invocation->arena);
    if (table == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < answer->n_views; i++) {
        const Pb__ViewDigest *view = answer->views[i];
        table_begin_row(table, ROW_PLAIN);
        table_add_text(table, view->view, TONE_PLAIN);
        table_add_count(table, view->version, TONE_PLAIN);
        table_add_count(table, (int64_t)view->position, TONE_PLAIN);
        table_add_count(table, (int64_t)view->rows, TONE_PLAIN);
        table_add_text(table, hex_of(view->sha256, invocation->arena), TONE_PLAIN);
    }
    return table_print(table, stdout, error);
}

/* What this rebuild did not build: it went on with another. */
static void say_built_before(const Pb__DigestAnswer *answer) {
    size_t count = 0;
    for (size_t i = 0; i < answer->n_views; i++) {
        count += answer->views[i]->was_built_before ? 1 : 0;
    }
    if (count > 0) {
        (void)fprintf(
            stderr,
            _("daybook: went on with a rebuild that was broken off after %zu of its %zu views; the same again "
              "builds all of them\n"),
            count, answer->n_views);
    }
}

static int run_views(struct invocation *invocation, const Pb__Query *query) {
    struct daybook_error error;
    struct daybook *ledger = NULL;
    ProtobufCMessage *answer;
    progress_watch_interrupt();
    enum daybook_status status = command_open_reader(invocation, &ledger, &error);
    if (status == DAYBOOK_OK) {
        status = command_ask(invocation, ledger, query, &answer, &error);
    }
    if (status == DAYBOOK_OK) {
        say_built_before((const Pb__DigestAnswer *)answer);
        status = options_has(&invocation->options, "json")
                     ? command_print_json(answer, &error)
                     : print_digests(invocation, (const Pb__DigestAnswer *)answer, &error);
    }
    daybook_close(ledger);
    return status == DAYBOOK_OK ? EXIT_DONE : command_fail(&error);
}

static int run_digest(struct invocation *invocation) {
    Pb__DigestQuery question = PB__DIGEST_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    question.views = (char **)(uintptr_t)invocation->options.arguments;
    question.n_views = invocation->options.argument_count;
    query.question_case = PB__QUERY__QUESTION_DIGEST;
    query.digest = &question;
    return run_views(invocation, &query);
}

static int run_rebuild(struct invocation *invocation) {
    Pb__RebuildQuery question = PB__REBUILD_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    question.views = (char **)(uintptr_t)invocation->options.arguments;
    question.n_views = invocation->options.argument_count;
    query.question_case = PB__QUERY__QUESTION_REBUILD;
    query.rebuild = &question;
    return run_views(invocation, &query);
}

const struct command admin_commands[] = {
    {
        .name = "status",
        .arguments = "",
        .uses = USES_LEDGER,
        .run = run_status,
        .summary = N_("the journal, who writes it, and how far each view has followed it"),
        .detail =
            N_("A view that is behind is no error: it catches up when it is asked. EVENTS/S is how fast the process "
               "that answers, this one or a server, has folded what it folded itself."),
        .example = "daybook status",
    },
    {
        .name = "rebuild",
        .arguments = "[VIEW...]",
        .argument_max = 64,
        .uses = USES_LEDGER,
        .run = run_rebuild,
        .summary = N_("build views again from the first event, beside those that answer"),
        .detail =
            N_("Without a name, all of them. Prints their digests, which do not change. What was broken off is gone "
               "on with by the same command again."),
        .example = "daybook rebuild balance aging",
    },
    {
        .name = "digest",
        .arguments = "[VIEW...]",
        .argument_max = 64,
        .uses = USES_LEDGER,
        .run = run_digest,
        .summary = N_("a digest of each view's rows, equal after any rebuild"),
        .detail = NULL,
        .example = "daybook digest balance",
    },
    {.name = NULL},
};
