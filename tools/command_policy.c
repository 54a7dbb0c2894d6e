/* The commands that set what is allowed: credit limits and closed periods. */
#include <stddef.h>

#include "tools/command_view.h"
#include "tools/command_write.h"
#include "tools/text.h"

static const struct option_spec credit_set_options[] = {
    {"mode", 0, OPTION_VALUE, false, "MODE", N_("over the limit: block (default) or warn"), {FORM_ENUM, "mode", NULL}},
    {"until",
     0,
     OPTION_VALUE,
     false,
     "DATE",
     N_("the first day it no longer holds (default: open-ended)"),
     {FORM_DATE, "until_on", NULL}},
    {"reason", 0, OPTION_VALUE, false, "REASON", N_("why"), {FORM_TEXT, "reason", NULL}},
    OPTIONS_END,
};

static const struct option_spec credit_list_options[] = {
    {"currency", 0, OPTION_VALUE, false, "CODE", N_("only this currency"), {FORM_TEXT, "currency", NULL}},
    {"tag", 0, OPTION_VALUE, false, "TAG", N_("only customers with this tag"), {FORM_TEXT, "tag", NULL}},
    EXPOSURE_OPTIONS,
    OPTIONS_END,
};

static const struct option_spec reason_options[] = {
    {"reason", 0, OPTION_VALUE, false, "REASON", N_("why"), {FORM_TEXT, "reason", NULL}},
    OPTIONS_END,
};

static const struct option_spec reason_required_options[] = {
    {"reason", 0, OPTION_VALUE, true, "REASON", N_("why"), {FORM_TEXT, "reason", NULL}},
    OPTIONS_END,
};

const struct command policy_commands[] = {
    {
        .name = "credit set",
        .arguments = "CUSTOMER LIMIT",
        .argument_min = 2,
        .argument_max = 2,
        .uses = USES_LEDGER | USES_WRITE,
        .run = command_write_run,
        .summary = N_("set how much a customer may owe"),
        .detail = N_("LIMIT is an amount (0 included), \"unlimited\" or \"unassessed\": three different states."),
        .example = "daybook credit set ACME 5000.00 --mode block",
        .options = credit_set_options,
        .message = "set_credit_policy",
        .fields = {{FORM_TEXT, "/customer", NULL}, {FORM_LIMIT, NULL, NULL}},
    },
    {
        .name = "credit show",
        .arguments = "CUSTOMER",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER | USES_AT | USES_PAGE,
        .run = command_view_run,
        .summary = N_("show a customer's limit, exposure, habits of paying and grade"),
        .detail = N_("Below it stands each rule of the grade with its limits and what was measured; \"daybook help "
                     "grades\" explains them."),
        .example = "daybook credit show ACME",
        .options = credit_list_options,
        .message = "credit",
        .fields = {{FORM_TEXT, "customer", NULL}},
    },
    {
        .name = "credit list",
        .arguments = "",
        .uses = USES_LEDGER | USES_AT | USES_PAGE | USES_ORDER,
        .run = command_view_run,
        .summary = N_("list the customers' limits and exposures"),
        .detail = NULL,
        .example = "daybook credit list --as-of 2024-03-31",
        .options = credit_list_options,
        .message = "credit",
    },
    {
        .name = "credit hold",
        .arguments = "CUSTOMER",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER | USES_WRITE,
        .run = command_write_run,
        .summary = N_("let no new charge go on credit, whatever the limit"),
        .detail = NULL,
        .example = "daybook credit hold ACME --reason unpaid-for-90-days",
        .options = reason_required_options,
        .message = "place_credit_hold",
        .fields = {{FORM_TEXT, "/customer", NULL}},
    },
    {
        .name = "credit lift",
        .arguments = "CUSTOMER",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER | USES_WRITE,
        .run = command_write_run,
        .summary = N_("lift a credit hold"),
        .detail = NULL,
        .example = "daybook credit lift ACME --reason paid",
        .options = reason_required_options,
        .message = "lift_credit_hold",
        .fields = {{FORM_TEXT, "/customer", NULL}},
    },
    {
        .name = "period close",
        .arguments = "DATE",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER | USES_WRITE,
        .run = command_write_run,
        .summary = N_("close the books through a date: nothing more may count for a day up to it"),
        .detail = NULL,
        .example = "daybook period close 2024-01-31",
        .options = reason_options,
        .message = "close_period",
        .fields = {{FORM_DATE, "through_on", NULL}},
    },
    {
        .name = "period reopen",
        .arguments = "[DATE]",
        .argument_min = 0,
        .argument_max = 1,
        .uses = USES_LEDGER | USES_WRITE,
        .run = command_write_run,
        .summary = N_("open the books again after a date; without one, all of them"),
        .detail = NULL,
        .example = "daybook period reopen 2023-12-31 --reason late-invoices",
        .options = reason_required_options,
        .message = "reopen_period",
        .fields = {{FORM_DATE, "through_on", NULL}},
    },
    {.name = NULL},
};
