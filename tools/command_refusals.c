/* daybook refusals: what was asked for lately, and refused. */
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "tools/command.h"
#include "tools/text.h"
#include "tools/view_table_access.h"

static enum daybook_status read_limit(const struct invocation *invocation, Pb__RefusalsQuery *asked,
                                      struct daybook_error *error) {
    const char *text = options_value(&invocation->options, "limit");
    int64_t limit = 0;
    if (text != NULL &&
        (decimal_parse(text, strlen(text), 0, '.', &limit) != DECIMAL_OK || limit < 1 || limit > 10000)) {
        return daybook_fail(error, DAYBOOK_INVALID, _("--limit \"%.20s\": a whole number from 1 to 10000"), text);
    }
    asked->limit = (uint32_t)limit;
    return DAYBOOK_OK;
}

static enum daybook_status print(const struct invocation *invocation, const Pb__RefusalsAnswer *answer,
                                 struct daybook_error *error) {
    if (options_has(&invocation->options, "json")) {
        return command_print_json(&answer->base, error);
    }
    if (answer->n_rows == 0 && !options_has(&invocation->options, "csv")) {
        (void)printf("%s", _("Nothing was refused.\n"));
        return DAYBOOK_OK;
    }
    struct table *table = refusals_table_of(answer, invocation->arena);
    if (table == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("printing: memory was refused"));
    }
    return options_has(&invocation->options, "csv") ? table_print_csv(table, stdout, error)
                                                    : table_print(table, stdout, error);
}

static int run(struct invocation *invocation) {
    struct daybook_error error;
    struct daybook *ledger = NULL;
    Pb__RefusalsQuery asked = PB__REFUSALS_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    ProtobufCMessage *answer = NULL;
    const char *actor = options_value(&invocation->options, "by");
    asked.actor = (char *)(uintptr_t)(actor == NULL ? "" : actor);
    query.question_case = PB__QUERY__QUESTION_REFUSALS;
    query.refusals = &asked;
    enum daybook_status status = read_limit(invocation, &asked, &error);
    if (status == DAYBOOK_OK) {
        status = command_open_reader(invocation, &ledger, &error);
    }
    if (status == DAYBOOK_OK) {
        status = command_ask(invocation, ledger, &query, &answer, &error);
    }
    if (status == DAYBOOK_OK) {
        status = print(invocation, (const Pb__RefusalsAnswer *)answer, &error);
    }
    daybook_close(ledger);
    return status == DAYBOOK_OK ? EXIT_DONE : command_fail(&error);
}

static const struct option_spec options[] = {
    {"by", 0, OPTION_VALUE, false, "NAME", N_("only what this actor asked for"), FIELD_NONE},
    {"limit", 0, OPTION_VALUE, false, "ROWS", N_("so many, the newest (default: 100)"), FIELD_NONE},
    {"csv", 0, OPTION_FLAG, false, NULL, N_("print CSV instead of a table"), FIELD_NONE},
    OPTIONS_END,
};

const struct command refusals_commands[] = {
    {
        .name = "refusals",
        .arguments = "",
        .uses = USES_LEDGER,
        .run = run,
        .summary = N_("what was asked for lately and refused, newest first"),
        .detail = N_("The latest 16384 are kept in a file beside the journal, which is no part of the books."),
        .example = "daybook refusals --by anna --limit 20",
        .options = options,
    },
    {.name = NULL},
};
