/* daybook replay: a history under another policy. */
#include <stdlib.h>
#include <string.h>

#include "tools/command_job.h"
#include "tools/progress.h"
#include "tools/replay_policy.h"
#include "tools/replay_print.h"
#include "tools/text.h"

enum { SHOWN_DEFAULT = 100, SHOWN_MAX = 1000000 };

static const struct option_spec replay_options[] = {
    {"policy", 0, OPTION_VALUE, true, "FILE", N_("the other policy, as JSON"), FIELD_NONE},
    {"as-of", 0, OPTION_VALUE, false, "DATE", N_("compare balances and ages as of this business date (default: today)"),
     FIELD_NONE},
    {"known-at", 0, OPTION_VALUE, false, "SEQ|TIMESTAMP", N_("replay what was known then (default: all)"), FIELD_NONE},
    {"limit", 0, OPTION_VALUE, false, "ROWS",
     N_("show so many requests, and so many customers, that differ (default: 100)"), FIELD_NONE},
    {"csv", 0, OPTION_FLAG, false, NULL, N_("print the differences as CSV"), FIELD_NONE},
    OPTIONS_END,
};

static enum daybook_status replay(struct invocation *invocation, Pb__ReplayRequest *asked, ProtobufCMessage **report,
                                  struct daybook_error *error) {
    struct command_job how = {.invocation = invocation};
    struct daybook *ledger = NULL;
    Pb__At at = PB__AT__INIT;
    const char *as_of = options_value(&invocation->options, "as-of");
    const char *known_at = options_value(&invocation->options, "known-at");
    at.as_of = (char *)(uintptr_t)(as_of == NULL ? "" : as_of);
    at.known_at = (char *)(uintptr_t)(known_at == NULL ? "" : known_at);
    asked->at = &at;
    DAYBOOK_TRY(
        replay_policy_read(options_value(&invocation->options, "policy"), invocation->arena, &asked->policy, error));
    DAYBOOK_TRY(command_open_reader(invocation, &ledger, error));
    how.ledger = ledger;
    enum daybook_status status = command_job_run(&how, &asked->base, report, error);
    daybook_close(ledger);
    return status;
}

static enum daybook_status print(struct invocation *invocation, const ProtobufCMessage *report, size_t shown,
                                 struct daybook_error *error) {
    if (options_has(&invocation->options, "json")) {
        return command_print_json(report, error);
    }
    if (!options_has(&invocation->options, "csv")) {
        return replay_print((const Pb__ReplayReport *)report, shown, invocation->arena, error);
    }
    struct table *table = replay_table_of((const Pb__ReplayReport *)report, invocation->arena);
    return table != NULL ? table_print_csv(table, stdout, error)
                         : daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("printing the report: memory was refused"));
}

static int run(struct invocation *invocation) {
    struct daybook_error error;
    Pb__ReplayRequest asked = PB__REPLAY_REQUEST__INIT;
    ProtobufCMessage *report;
    const char *limit = options_value(&invocation->options, "limit");
    unsigned long shown = SHOWN_DEFAULT;
    if (options_has(&invocation->options, "json") && options_has(&invocation->options, "csv")) {
        return command_usage(invocation, "%s", _("--json and --csv exclude each other"));
    }
    if (limit != NULL) {
        char *end = NULL;
        shown = strtoul(limit, &end, 10);
        if (*limit < '0' || *limit > '9' || *end != '\0' || shown > SHOWN_MAX) {
            return command_usage(invocation, _("--limit: \"%.80s\" is no whole number from 0 to %d"), limit, SHOWN_MAX);
        }
        asked.differences = shown == 0 ? -1 : (int64_t)shown;
    }
    progress_watch_interrupt();
    enum daybook_status status = replay(invocation, &asked, &report, &error);
    if (status == DAYBOOK_OK) {
        status = print(invocation, report, shown, &error);
    }
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
                     "TMPDIR (with --server, of the server) that is removed afterwards, and says which would have been "
                     "refused or settled otherwise, "
                     "and which balances and ages differ. The ledger itself is only read. What was refused then left "
                     "nothing behind, so it cannot be tried again."),
        .example = "daybook replay --policy lower-limits.json --as-of 2024-03-31",
        .options = replay_options,
    },
    {.name = NULL},
};
