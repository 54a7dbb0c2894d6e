/* The commands that measure collecting and the risk of customers, as data. */
#include "tools/command_view.h"
#include "tools/text.h"

static const struct option_spec kpi_options[] = {
    {"from", 0, OPTION_VALUE, true, "DATE", N_("the day before the period's first"), {FORM_DATE, "from", NULL}},
    {"to", 0, OPTION_VALUE, false, "DATE", N_("its last day (default: --as-of, or today)"), {FORM_DATE, "to", NULL}},
    {"customer", 0, OPTION_VALUE, false, "CUSTOMER", N_("only this customer"), {FORM_TEXT, "customer", NULL}},
    {"tag", 0, OPTION_VALUE, false, "TAG", N_("only customers with this tag"), {FORM_TEXT, "tag", NULL}},
    {"currency", 0, OPTION_VALUE, false, "CODE", N_("only this currency"), {FORM_TEXT, "currency", NULL}},
    {"basis",
     0,
     OPTION_VALUE,
     false,
     "BASIS",
     N_("buckets by due date (due, default) or by posting date"),
     {FORM_ENUM, "basis", NULL}},
    {"edges",
     0,
     OPTION_VALUE,
     false,
     "DAYS,...",
     N_("upper edges of the buckets (default: 30,60,90,120)"),
     {FORM_WHOLES, "edges", NULL}},
    {"csv", 0, OPTION_FLAG, false, NULL, N_("print CSV instead of a table"), FIELD_NONE},
    OPTIONS_END,
};

static const struct option_spec credit_history_options[] = {
    {"from", 0, OPTION_VALUE, true, "DATE", N_("where the dates begin"), {FORM_DATE, "from", NULL}},
    {"to", 0, OPTION_VALUE, false, "DATE", N_("the last date (default: --as-of, or today)"), {FORM_DATE, "to", NULL}},
    {"every",
     0,
     OPTION_VALUE,
     false,
     "STEP",
     N_("day, week, month (default: the end of each), quarter or year"),
     {FORM_ENUM, "every", NULL}},
    {"known-then",
     0,
     OPTION_FLAG,
     false,
     NULL,
     N_("each date as it was known at its own end"),
     {FORM_SET, NULL, "known_then=true"}},
    {"currency", 0, OPTION_VALUE, false, "CODE", N_("only this currency"), {FORM_TEXT, "currency", NULL}},
    EXPOSURE_OPTIONS,
    OPTIONS_END,
};

static const struct option_spec credit_decisions_options[] = {
    {"currency", 0, OPTION_VALUE, false, "CODE", N_("only this currency"), {FORM_TEXT, "currency", NULL}},
    OPTIONS_END,
};

const struct command kpi_commands[] = {
    {
        .name = "kpi",
        .arguments = "[CUSTOMER]",
        .argument_max = 1,
        .uses = USES_LEDGER | USES_AT,
        .run = command_view_run,
        .summary = N_("how fast a customer, or all of them, paid in a period, and what is at risk"),
        .detail = N_("Days sales outstanding, collection effectiveness and the like, each with the amounts that it is "
                     "made of. A figure that divides by nothing says \"undefined\", never 0."),
        .example = "daybook kpi --from 2024-02-29 --to 2024-03-31",
        .options = kpi_options,
        .message = "kpi",
        .fields = {{FORM_TEXT, "customer", NULL}},
    },
    {
        .name = "credit history",
        .arguments = "CUSTOMER",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER | USES_AT | USES_PAGE,
        .run = command_view_run,
        .summary = N_("a customer's grade, exposure and habits of paying at a row of dates"),
        .detail = N_("All dates are told as they are known at --known-at; with --known-then each as it was known at "
                     "its own end, which is what would have been printed then."),
        .example = "daybook credit history ACME --from 2024-01-01 --to 2024-12-31 \\\n    --every quarter",
        .options = credit_history_options,
        .message = "credit_history",
        .fields = {{FORM_TEXT, "customer", NULL}},
    },
    {
        .name = "credit decisions",
        .arguments = "CUSTOMER",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER | USES_AT | USES_PAGE,
        .run = command_view_run,
        .summary = N_("what the credit check saw whenever something of a customer went on credit"),
        .detail = N_("The inputs are kept on the event of each charge and hold, so they never change. What was paid "
                     "from deposits, or charged while the customer was unassessed, was not checked."),
        .example = "daybook credit decisions ACME",
        .options = credit_decisions_options,
        .message = "credit_decisions",
        .fields = {{FORM_TEXT, "customer", NULL}},
    },
    {.name = NULL},
};
