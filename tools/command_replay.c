/* daybook replay: a history under another policy, in a directory of its own that is gone afterwards. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "engine/ledger.h"
#include "engine/replay.h"
#include "tools/command.h"
#include "tools/progress.h"
#include "tools/replay_policy.h"
#include "tools/replay_print.h"
#include "tools/replay_report.h"
#include "tools/text.h"

enum { SHOWN_DEFAULT = 100, SHOWN_MAX = 1000000 };

struct replaying {
    struct invocation *invocation;
    struct daybook *history;
    struct daybook *replayed;
    char *scratch; /* The directory that is gone afterwards; NULL: none was made. */
    Pb__ReplayReport report;
    size_t shown_max;
    struct progress progress;
};

static const struct option_spec replay_options[] = {
    {"policy", 0, OPTION_VALUE, true, "FILE", N_("the other policy, as JSON"), FIELD_NONE},
    {"as-of", 0, OPTION_VALUE, false, "DATE", N_("compare balances and ages as of this business date (default: today)"),
     FIELD_NONE},
    {"known-at", 0, OPTION_VALUE, false, "SEQ|TIMESTAMP", N_("replay what was known then (default: all)"), FIELD_NONE},
    {"limit", 0, OPTION_VALUE, false, "ROWS", N_("show so many differences (default: 100)"), FIELD_NONE},
    {"csv", 0, OPTION_FLAG, false, NULL, N_("print the differences as CSV"), FIELD_NONE},
    OPTIONS_END,
};

/* ---- the scratch ledger ---- */

static enum daybook_status make_scratch(struct replaying *replaying, struct daybook_error *error) {
    const char *place = getenv("TMPDIR");
    char *path = arena_format(replaying->invocation->arena, "%s/daybook-replay-XXXXXX",
                              place == NULL || *place == '\0' ? "/tmp" : place);
    if (path == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("replaying: memory was refused"));
    }
    if (mkdtemp(path) == NULL) {
        return daybook_fail(error, DAYBOOK_IO, _("making %s to replay in: %s; TMPDIR says where"), path,
                            strerror(errno));
    }
    replaying->scratch = path;
    const Pb__LedgerConfig *config = ledger_config(replaying->history);
    struct daybook_create_options made = {.timezone = config->timezone,
                                          .currency = config->currency,
                                          .allow_import_clock = config->allow_import_clock,
                                          .refuse_unassessed = config->refuse_unassessed,
                                          .keeps_plain_names = !config->seals_personal};
    return daybook_create(path, &made, error);
}

static void remove_scratch(struct replaying *replaying) {
    if (replaying->scratch == NULL) {
        return;
    }
    files_remove_tree(replaying->scratch);
    if (files_exists(replaying->scratch)) {
        (void)fprintf(stderr, _("daybook: %s could not be removed; it can be deleted\n"), replaying->scratch);
    }
}

/* ---- replaying ---- */

static enum daybook_status note(void *context, const struct replay_change *change, struct daybook_error *error) {
    struct replaying *replaying = context;
    return replaying->report.n_differences < replaying->shown_max
               ? replay_report_add(&replaying->report, change, replaying->invocation->arena, error)
               : DAYBOOK_OK;
}

static bool go_on(void *context, uint64_t sequence) {
    struct replaying *replaying = context;
    progress_update(&replaying->progress, sequence);
    return !progress_is_interrupted();
}

static void count(Pb__ReplayReport *report, const struct replay_counts *counts) {
    report->through = counts->through;
    report->requests = counts->requests;
    report->same = counts->same;
    report->otherwise = counts->otherwise;
    report->refused = counts->refused;
    report->left_out = counts->left_out;
    report->not_told_back = counts->not_told_back;
}

static enum daybook_status run_replay(struct replaying *replaying, uint64_t through, struct daybook_error *error) {
    const Pb__LedgerConfig *config = ledger_config(replaying->history);
    struct decide_policy policy = replay_policy_decide(replaying->report.policy);
    struct decide_settings settings = {.currency = config->currency,
                                       .timezone = ledger_timezone(replaying->history),
                                       .allow_import_clock = config->allow_import_clock,
                                       .refuse_unassessed = config->refuse_unassessed,
                                       .seals_personal = config->seals_personal};
    struct journal_options open = {.is_writer = true};
    struct replay_options options = {.history = ledger_journal(replaying->history),
                                     .through = through,
                                     .settings = &settings,
                                     .policy = &policy,
                                     .visit = note,
                                     .go_on = go_on,
                                     .context = replaying};
    struct replay_counts counts;
    DAYBOOK_TRY(journal_open(replaying->scratch, &open, &options.scratch, error));
    progress_begin(&replaying->progress, _("replaying"), _("events"), 0, through);
    enum daybook_status status = replay_run(&options, &counts, error);
    progress_clear();
    journal_close(options.scratch);
    count(&replaying->report, &counts);
    return status;
}

static enum daybook_status compare(struct replaying *replaying, const char *as_of, struct daybook_error *error) {
    struct daybook_open_options how = {.directory = replaying->scratch, .views = daybook_standard_views};
    DAYBOOK_TRY(daybook_open(&how, &replaying->replayed, error));
    ledger_set_progress(replaying->replayed, progress_of_views());
    return replay_report_compare(replaying->invocation, replaying->history, replaying->replayed, as_of,
                                 &replaying->report, error);
}

/* A customer whom nobody knows is a misspelt one. */
static enum daybook_status check_customers(struct replaying *replaying, const struct coordinates *at,
                                           struct daybook_error *error) {
    const Pb__ReplayPolicy *policy = replaying->report.policy;
    for (size_t i = 0; i < policy->n_credit; i++) {
        Pb__At known = PB__AT__INIT;
        Pb__CustomersQuery customers = PB__CUSTOMERS_QUERY__INIT;
        Pb__Query query = PB__QUERY__INIT;
        ProtobufCMessage *answer = NULL;
        char last_day[DATE_TEXT_SIZE];
        if (policy->credit[i]->customer[0] == '\0') {
            continue;
        }
        known.as_of = (char *)(uintptr_t)date_format(DATE_MAX, last_day);
        known.known_at = arena_format(replaying->invocation->arena, "%" PRIu64, at->known_at);
        customers.at = &known;
        customers.customer = policy->credit[i]->customer;
        query.question_case = PB__QUERY__QUESTION_CUSTOMERS;
        query.customers = &customers;
        DAYBOOK_TRY(command_ask(replaying->invocation, replaying->history, &query, &answer, error));
    }
    return DAYBOOK_OK;
}

static enum daybook_status replay_and_compare(struct replaying *replaying, struct daybook_error *error) {
    const struct options *options = &replaying->invocation->options;
    const char *as_of = options_value(options, "as-of");
    const char *known_at = options_value(options, "known-at");
    Pb__At asked = PB__AT__INIT;
    struct coordinates at;
    char date[DATE_TEXT_SIZE];
    asked.as_of = (char *)(uintptr_t)(as_of == NULL ? "" : as_of);
    asked.known_at = (char *)(uintptr_t)(known_at == NULL ? "" : known_at);
    DAYBOOK_TRY(replay_policy_read(options_value(options, "policy"), replaying->invocation->arena,
                                   &replaying->report.policy, error));
    DAYBOOK_TRY(command_open_reader(replaying->invocation, &replaying->history, error));
    DAYBOOK_TRY(ledger_resolve(replaying->history, &asked, &at, error));
    DAYBOOK_TRY(check_customers(replaying, &at, error));
    DAYBOOK_TRY(make_scratch(replaying, error));
    DAYBOOK_TRY(run_replay(replaying, at.known_at, error));
    return compare(replaying, date_format(at.as_of, date), error);
}

static enum daybook_status print(struct replaying *replaying, struct daybook_error *error) {
    struct invocation *invocation = replaying->invocation;
    if (options_has(&invocation->options, "json")) {
        return command_print_json(&replaying->report.base, error);
    }
    if (!options_has(&invocation->options, "csv")) {
        return replay_print(&replaying->report, invocation->arena, error);
    }
    struct table *table = replay_table_of(&replaying->report, invocation->arena);
    return table != NULL ? table_print_csv(table, stdout, error)
                         : daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("printing the report: memory was refused"));
}

static int run(struct invocation *invocation) {
    struct replaying replaying = {.invocation = invocation, .shown_max = SHOWN_DEFAULT};
    struct daybook_error error;
    const char *limit = options_value(&invocation->options, "limit");
    pb__replay_report__init(&replaying.report);
    if (options_has(&invocation->options, "json") && options_has(&invocation->options, "csv")) {
        return command_usage(invocation, "%s", _("--json and --csv exclude each other"));
    }
    if (limit != NULL) {
        char *end = NULL;
        unsigned long shown = strtoul(limit, &end, 10);
        if (*limit < '0' || *limit > '9' || *end != '\0' || shown > SHOWN_MAX) {
            return command_usage(invocation, _("--limit: \"%.80s\" is no whole number from 0 to %d"), limit, SHOWN_MAX);
        }
        replaying.shown_max = (size_t)shown;
    }
    progress_watch_interrupt();
    enum daybook_status status = replay_and_compare(&replaying, &error);
    if (status == DAYBOOK_OK) {
        status = print(&replaying, &error);
    }
    progress_clear();
    daybook_close(replaying.replayed);
    daybook_close(replaying.history);
    remove_scratch(&replaying);
    return status == DAYBOOK_OK ? EXIT_DONE : command_fail(&error);
}

const struct command replay_commands[] = {
    {
        .name = "replay",
        .arguments = "",
        .uses = USES_LEDGER,
        .run = run,
        .summary = N_("what would have been different under another policy"),
        .detail = N_("Decides every recorded request again under the policy of FILE, in a directory of its own below "
                     "TMPDIR that is removed afterwards, and says which would have been refused or settled otherwise, "
                     "and which balances and ages differ. The ledger itself is only read. What was refused then left "
                     "nothing behind, so it cannot be tried again."),
        .example = "daybook replay --policy lower-limits.json --as-of 2024-03-31",
        .options = replay_options,
    },
    {.name = NULL},
};
