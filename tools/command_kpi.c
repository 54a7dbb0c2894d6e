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

const struct command kpi_commands[] = {
    {
        .name = "kpi",
        .arguments = "",
        .uses = USES_LEDGER | USES_AT,
        .run = command_view_run,
        .summary = N_("how fast a customer, or all of them, paid in a period, and what is at risk"),
        .detail = N_("Days sales outstanding, collection effectiveness and the like, each with the amounts that it is "
                     "made of. A figure that divides by nothing says \"undefined\", never 0."),
        .example = "daybook kpi --from 2024-02-29 --to 2024-03-31",
        .options = kpi_options,
        .message = "kpi",
    },
    {.name = NULL},
};
