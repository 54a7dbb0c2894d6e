/* The commands of what stands for a while: holds, lots past their day, disputes. */
#include <stddef.h>

#include "tools/command_expire.h"
#include "tools/command_write.h"
#include "tools/text.h"

#define WRITE_COMMAND .uses = USES_LEDGER | USES_WRITE, .run = command_write_run

static const struct option_spec place_options[] = {
    {"category",
     0,
     OPTION_VALUE,
     false,
     "CATEGORY",
     N_("what it is for: decides which deposits may pay it"),
     {FORM_TEXT, "category", NULL}},
    {"expires",
     0,
     OPTION_VALUE,
     false,
     "DATE",
     N_("the first day it no longer stands (default: never)"),
     {FORM_DATE, "expires_on", NULL}},
    OPTIONS_END,
};

static const struct option_spec capture_options[] = {
    {"amount",
     0,
     OPTION_VALUE,
     false,
     "AMOUNT",
     N_("so much of it (default: all)"),
     {FORM_AMOUNT, "amount_minor", NULL}},
    {"due",
     0,
     OPTION_VALUE,
     false,
     "DATE",
     N_("when the charge falls due (default: by the terms)"),
     {FORM_DATE, "due_on", NULL}},
    {"keep-rest",
     0,
     OPTION_FLAG,
     false,
     NULL,
     N_("go on holding what is not captured (default: release it)"),
     {FORM_SET, NULL, "keep_rest=true"}},
    {"memo", 0, OPTION_VALUE, false, "TEXT", N_("a note"), {FORM_TEXT, "memo", NULL}},
    OPTIONS_END,
};

static const struct option_spec reactivate_options[] = {
    {"expires", 0, OPTION_VALUE, false, "DATE", N_("its new day (default: never)"), {FORM_DATE, "expires_on", NULL}},
    {"reason", 0, OPTION_VALUE, true, "CODE", N_("a reason code"), {FORM_TEXT, "reason", NULL}},
    OPTIONS_END,
};

static const struct option_spec expire_options[] = {
    {"through",
     0,
     OPTION_VALUE,
     false,
     "DATE",
     N_("due by this date (default: today)"),
     {FORM_DATE, "through_on", NULL}},
    OPTIONS_END,
};

static const struct option_spec dispute_options[] = {
    {"amount",
     0,
     OPTION_VALUE,
     false,
     "AMOUNT",
     N_("the part that is contested (default: all that is open)"),
     {FORM_AMOUNT, "amount_minor", NULL}},
    {"reason", 0, OPTION_VALUE, true, "CODE", N_("a reason code"), {FORM_TEXT, "reason", NULL}},
    OPTIONS_END,
};

static const struct option_spec resolve_options[] = {
    {"note", 0, OPTION_VALUE, false, "TEXT", N_("what was agreed"), {FORM_TEXT, "note", NULL}},
    OPTIONS_END,
};

const struct command hold_commands[] = {
    {
        .name = "apply",
        .arguments = "CUSTOMER CHARGE [AMOUNT]",
        .argument_min = 2,
        .argument_max = 3,
        WRITE_COMMAND,
        .summary = N_("use deposits for what is open on a charge that was posted before"),
        .example = "daybook apply ACME INV-1 50.00",
        .message = "apply_deposit",
        .fields = {{FORM_TEXT, "/customer", NULL}, {FORM_TEXT, "charge", NULL}, {FORM_AMOUNT, "amount_minor", NULL}},
    },
    {
        .name = "hold place",
        .arguments = "CUSTOMER HOLD AMOUNT",
        .argument_min = 3,
        .argument_max = 3,
        WRITE_COMMAND,
        .summary = N_("check and reserve an amount: from deposits, the rest against the credit limit"),
        .example = "daybook hold place ACME H-1 120.00 --expires 2024-03-01",
        .options = place_options,
        .message = "place_hold",
        .fields = {{FORM_TEXT, "/customer", NULL}, {FORM_TEXT, "hold", NULL}, {FORM_AMOUNT, "amount_minor", NULL}},
    },
    {
        .name = "hold capture",
        .arguments = "CUSTOMER HOLD CHARGE",
        .argument_min = 3,
        .argument_max = 3,
        WRITE_COMMAND,
        .summary = N_("turn a hold, or part of it, into a charge"),
        .example = "daybook hold capture ACME H-1 INV-7 --amount 100.00",
        .options = capture_options,
        .message = "capture_hold",
        .fields = {{FORM_TEXT, "/customer", NULL}, {FORM_TEXT, "hold", NULL}, {FORM_TEXT, "charge", NULL}},
    },
    {
        .name = "hold release",
        .arguments = "CUSTOMER HOLD [AMOUNT]",
        .argument_min = 2,
        .argument_max = 3,
        WRITE_COMMAND,
        .summary = N_("release a hold, all of it or an amount"),
        .example = "daybook hold release ACME H-1",
        .message = "release_hold",
        .fields = {{FORM_TEXT, "/customer", NULL}, {FORM_TEXT, "hold", NULL}, {FORM_AMOUNT, "amount_minor", NULL}},
    },
    {
        .name = "lot reactivate",
        .arguments = "CUSTOMER LOT [AMOUNT]",
        .argument_min = 2,
        .argument_max = 3,
        WRITE_COMMAND,
        .summary = N_("give a lot past its day a new one"),
        .example = "daybook lot reactivate ACME L1 --expires 2026-01-01 \\\n    --reason customer-came-back",
        .options = reactivate_options,
        .message = "reactivate_lot",
        .fields = {{FORM_TEXT, "/customer", NULL}, {FORM_TEXT, "lot", NULL}, {FORM_AMOUNT, "amount_minor", NULL}},
    },
    {
        .name = "expire",
        .arguments = "[CUSTOMER]",
        .argument_min = 0,
        .argument_max = 1,
        .uses = USES_LEDGER | USES_WRITE,
        .run = command_expire_run,
        .summary = N_("append the expiries of lots and holds that are due: of one customer, or of all"),
        .detail = N_("Nothing expires twice, so it can be run at any time and again; a day that was missed is caught "
                     "up. A request brings what is due for its own customer by itself. Of all customers, --json "
                     "prints the answers of those of whom something expired, a line each."),
        .example = "daybook expire --through 2024-12-31",
        .options = expire_options,
        .message = "expire_due",
        .fields = {{FORM_TEXT, "/customer", NULL}},
    },
    {
        .name = "dispute open",
        .arguments = "CUSTOMER DISPUTE CHARGE",
        .argument_min = 3,
        .argument_max = 3,
        WRITE_COMMAND,
        .summary = N_("note that a charge, or part of it, is contested"),
        .example = "daybook dispute open ACME D-1 INV-1 --amount 40.00 \\\n    --reason short-delivery",
        .options = dispute_options,
        .message = "open_dispute",
        .fields = {{FORM_TEXT, "/customer", NULL}, {FORM_TEXT, "dispute", NULL}, {FORM_TEXT, "charge", NULL}},
    },
    {
        .name = "dispute resolve",
        .arguments = "CUSTOMER DISPUTE OUTCOME",
        .argument_min = 3,
        .argument_max = 3,
        WRITE_COMMAND,
        .summary = N_("end a dispute"),
        .detail = N_("OUTCOME is upheld, rejected or withdrawn."),
        .example = "daybook dispute resolve ACME D-1 rejected",
        .options = resolve_options,
        .message = "resolve_dispute",
        .fields = {{FORM_TEXT, "/customer", NULL}, {FORM_TEXT, "dispute", NULL}, {FORM_ENUM, "outcome", NULL}},
    },
    {.name = NULL},
};
