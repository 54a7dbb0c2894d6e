/* daybook init: make an empty ledger. */
#include <stdio.h>

#include "engine/ledger.h"
#include "tools/command.h"
#include "tools/text.h"

static int run(struct invocation *invocation) {
    const struct options *options = &invocation->options;
    struct daybook_error error;
    struct daybook_create_options how = {
        .timezone = options_value(options, "timezone"),
        .currency = options_value(options, "currency"),
        .allow_import_clock = options_has(options, "allow-import-clock"),
        .refuse_unassessed = options_has(options, "refuse-unassessed"),
        .keeps_plain_names = options_has(options, "plain-names"),
    };
    const char *directory = options->arguments[0];
    if (daybook_create(directory, &how, &error) != DAYBOOK_OK) {
        return command_fail(&error);
    }
    if (options_has(options, "json")) {
        struct daybook *ledger;
        struct daybook_open_options open = {.directory = directory};
        if (daybook_open(&open, &ledger, &error) != DAYBOOK_OK) {
            return command_fail(&error);
        }
        enum daybook_status status = command_print_json(&ledger_config(ledger)->base, &error);
        daybook_close(ledger);
        return status == DAYBOOK_OK ? EXIT_DONE : command_fail(&error);
    }
    (void)printf(_("made a ledger in %s: business dates of %s, amounts in %s\n"), directory, how.timezone,
                 how.currency);
    return EXIT_DONE;
}

static const struct option_spec init_options[] = {
    {"timezone", 0, OPTION_VALUE, true, "ZONE", N_("IANA name: business dates are calendar dates there, for ever"),
     FIELD_NONE},
    {"currency", 0, OPTION_VALUE, true, "CODE", N_("ISO 4217: of requests that name none"), FIELD_NONE},
    {"allow-import-clock", 0, OPTION_FLAG, false, NULL,
     N_("requests may say when they were recorded: for rebuilding histories"), FIELD_NONE},
    {"refuse-unassessed", 0, OPTION_FLAG, false, NULL, N_("no charge on credit before a credit policy is set"),
     FIELD_NONE},
    {"plain-names", 0, OPTION_FLAG, false, NULL,
     N_("keep customers' names in the journal as they are: nothing can erase them then"), FIELD_NONE},
    {"json", 0, OPTION_FLAG, false, NULL, N_("answer with one line of proto3 JSON"), FIELD_NONE},
    OPTIONS_END,
};

const struct command init_commands[] = {
    {
        .name = "init",
        .arguments = "DIR",
        .argument_min = 1,
        .argument_max = 1,
        .run = run,
        .summary = N_("make an empty ledger in a directory"),
        .detail = N_("The time zone and the currency are fixed for the life of the ledger. What is personal of a "
                     "customer (name, contact, address) is kept sealed, each customer's under a key of its own in "
                     "DIR/keys; \"customer erase\" destroys that key. Back up DIR/keys apart from the ledger: without "
                     "it names cannot be read, and everything else can."),
        .here = N_("makes a ledger in a directory of this machine"),
        .example = "daybook init books --timezone Asia/Shanghai --currency CNY",
        .options = init_options,
    },
    {.name = NULL},
};
