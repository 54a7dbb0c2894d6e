/* Commands that ask about the books, lots and lineage, as data. */
#include <string.h>

#include "tools/command_view.h"
#include "tools/text.h"

static const struct option_spec trial_options[] = {
    {"currency", 0, OPTION_VALUE, false, "CODE", N_("only this currency"), {FORM_TEXT, "currency", NULL}},
    {"tag", 0, OPTION_VALUE, false, "TAG", N_("only customers with this tag"), {FORM_TEXT, "tag", NULL}},
    {"no-check",
     0,
     OPTION_FLAG,
     false,
     NULL,
     N_("do not compare with what other views add up"),
     {FORM_SET, NULL, "without_check=true"}},
    {"csv", 0, OPTION_FLAG, false, NULL, N_("print CSV instead of a table"), FIELD_NONE},
    OPTIONS_END,
};

static const struct option_spec postings_options[] = {
    {"from", 0, OPTION_VALUE, false, "SEQ", N_("only this event and later ones"), {FORM_WHOLE, "from_sequence", NULL}},
    {"to", 0, OPTION_VALUE, false, "SEQ", N_("only this event and earlier ones"), {FORM_WHOLE, "to_sequence", NULL}},
    {"on", 0, OPTION_VALUE, false, "DATE", N_("only what counts for this business date"), {FORM_DATE, "on", NULL}},
    {"currency", 0, OPTION_VALUE, false, "CODE", N_("only this currency"), {FORM_TEXT, "currency", NULL}},
    {"tag", 0, OPTION_VALUE, false, "TAG", N_("only customers with this tag"), {FORM_TEXT, "tag", NULL}},
    OPTIONS_END,
};

static const struct option_spec deposits_options[] = {
    {"expiring",
     0,
     OPTION_VALUE,
     false,
     "DATE",
     N_("only lots of which something will expire by this date"),
     {FORM_DATE, "expiring_through", NULL}},
    {"all",
     0,
     OPTION_FLAG,
     false,
     NULL,
     N_("also lots with nothing left, held or dormant"),
     {FORM_SET, NULL, "include_spent=true"}},
    {"currency", 0, OPTION_VALUE, false, "CODE", N_("only this currency"), {FORM_TEXT, "currency", NULL}},
    {"tag", 0, OPTION_VALUE, false, "TAG", N_("only customers with this tag"), {FORM_TEXT, "tag", NULL}},
    OPTIONS_END,
};

static const struct option_spec lineage_options[] = {
    {"customer",
     0,
     OPTION_VALUE,
     false,
     "CUSTOMER",
     N_("whose document it is, where KIND and DOCUMENT stand alone"),
     {FORM_TEXT, "customer", NULL}},
    OPTIONS_END,
};

/* "lineage KIND DOCUMENT --customer CUSTOMER", as it was first, beside "lineage CUSTOMER KIND DOCUMENT". */
static int run_lineage(struct invocation *invocation) {
    struct options *options = &invocation->options;
    const char *customer = options_value(options, "customer");
    if (options->argument_count == 3) {
        return command_view_run(invocation);
    }
    if (customer == NULL) {
        return command_usage(invocation, "%s", _("name the customer first: daybook lineage CUSTOMER KIND DOCUMENT"));
    }
    const char *arguments[] = {customer, options->arguments[0], options->arguments[1]};
    for (size_t i = 0; i < options->given_count; i++) {
        if (strcmp(options->given[i].spec->name, "customer") == 0) {
            options->given[i] = options->given[--options->given_count];
            break;
        }
    }
    options->arguments = arguments;
    options->argument_count = 3;
    return command_view_run(invocation);
}

const struct command books_commands[] = {
    {
        .name = "trial-balance",
        .arguments = "[CUSTOMER]",
        .argument_max = 1,
        .uses = USES_LEDGER | USES_AT,
        .run = command_view_run,
        .summary = N_("every account of the books, which add up to zero in each currency"),
        .detail = N_("Of the whole book, of one customer, or of those with a tag; the books of all customers add up to "
                     "the whole. Below it stands whether receivable and unapplied, and deposits, are what the balances "
                     "of all customers add up to; of some customers, what their open items and lots add up to. A "
                     "customer costs about as much as their balance and the lots that they ever received, a tag as "
                     "much for each customer who has it."),
        .example = "daybook trial-balance --tag north --as-of 2024-03-31",
        .options = trial_options,
        .message = "trial_balance",
        .fields = {{FORM_TEXT, "customer", NULL}},
    },
    {
        .name = "postings",
        .arguments = "[CUSTOMER]",
        .argument_max = 1,
        .uses = USES_LEDGER | USES_AT | USES_PAGE,
        .run = command_view_run,
        .summary = N_("events with their debit and credit lines"),
        .detail = N_("A page with --tag looks at every customer once."),
        .example = "daybook postings --on 2024-03-31",
        .options = postings_options,
        .message = "postings",
        .fields = {{FORM_TEXT, "customer", NULL}},
    },
    {
        .name = "deposits",
        .arguments = "[CUSTOMER]",
        .argument_max = 1,
        .uses = USES_LEDGER | USES_AT | USES_PAGE | USES_ORDER,
        .run = command_view_run,
        .summary = N_("the lots of deposits, what is left of each, and what will expire"),
        .detail = N_("EXPIRING is what will expire by the date of --expiring if nothing else is recorded: what is held "
                     "is spared, unless its hold ends by then, too."),
        .example = "daybook deposits ACME --expiring 2024-12-31",
        .options = deposits_options,
        .message = "lots",
        .fields = {{FORM_TEXT, "customer", NULL}},
    },
    {
        .name = "lineage",
        .arguments = "CUSTOMER KIND DOCUMENT",
        .argument_min = 2,
        .argument_max = 3,
        .uses = USES_LEDGER | USES_AT | USES_PAGE,
        .run = run_lineage,
        .summary = N_("what settled a charge, or what a lot, payment or adjustment settled"),
        .detail = N_("KIND is charge, lot, payment or adjustment. Slice by slice and dated; negative amounts were "
                     "taken off or restored again."),
        .example = "daybook lineage ACME charge INV-1",
        .options = lineage_options,
        .message = "lineage",
        .fields = {{FORM_TEXT, "customer", NULL}, {FORM_ENUM, "kind", NULL}, {FORM_TEXT, "document", NULL}},
    },
    {.name = NULL},
};
