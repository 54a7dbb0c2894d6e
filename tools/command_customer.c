/* The commands that change customers. */
#include <stddef.h>

#include "tools/command_view.h"
#include "tools/command_write.h"
#include "tools/text.h"

static const struct option_spec open_options[] = {
    {"name", 0, OPTION_VALUE, false, "NAME", N_("what people call it"), {FORM_TEXT, "profile.name", NULL}},
    {"contact", 0, OPTION_VALUE, false, "PERSON", N_("whom to talk to"), {FORM_TEXT, "profile.contact.person", NULL}},
    {"email", 0, OPTION_VALUE, false, "ADDRESS", N_("email address"), {FORM_TEXT, "profile.contact.email", NULL}},
    {"phone", 0, OPTION_VALUE, false, "NUMBER", N_("phone number"), {FORM_TEXT, "profile.contact.phone", NULL}},
    {"address", 0, OPTION_VALUE, false, "TEXT", N_("postal address"), {FORM_TEXT, "profile.contact.address", NULL}},
    {"tag", 0, OPTION_LIST, false, "TAG", N_("a tag; give it again for more"), {FORM_TEXT, "profile.tags", NULL}},
    {"terms",
     0,
     OPTION_VALUE,
     false,
     "DAYS",
     N_("charges fall due so many days after they are posted"),
     {FORM_WHOLE, "profile.terms.days", NULL}},
    {"end-of-month",
     0,
     OPTION_FLAG,
     false,
     NULL,
     N_("count those days from the end of the month"),
     {FORM_SET, NULL, "profile.terms.end_of_month=true"}},
    {"settlement",
     0,
     OPTION_VALUE,
     false,
     "HOW",
     N_("deposits-first (default), receivable or deposits-only"),
     {FORM_ENUM, "profile.settlement", NULL}},
    OPTIONS_END,
};

static const struct option_spec change_options[] = {
    {"name", 0, OPTION_VALUE, false, "NAME", N_("what people call it"), {FORM_TEXT, "profile.name", NULL}},
    {"contact", 0, OPTION_VALUE, false, "PERSON", N_("whom to talk to"), {FORM_TEXT, "profile.contact.person", NULL}},
    {"email", 0, OPTION_VALUE, false, "ADDRESS", N_("email address"), {FORM_TEXT, "profile.contact.email", NULL}},
    {"phone", 0, OPTION_VALUE, false, "NUMBER", N_("phone number"), {FORM_TEXT, "profile.contact.phone", NULL}},
    {"address", 0, OPTION_VALUE, false, "TEXT", N_("postal address"), {FORM_TEXT, "profile.contact.address", NULL}},
    {"tag",
     0,
     OPTION_LIST,
     false,
     "TAG",
     N_("the tags from now on, instead of those before"),
     {FORM_TEXT, "profile.tags", NULL}},
    {"no-tags", 0, OPTION_FLAG, false, NULL, N_("take all tags off"), FIELD_NONE},
    {"terms",
     0,
     OPTION_VALUE,
     false,
     "DAYS",
     N_("charges fall due so many days after they are posted"),
     {FORM_WHOLE, "profile.terms.days", NULL}},
    {"end-of-month",
     0,
     OPTION_FLAG,
     false,
     NULL,
     N_("count those days from the end of the month"),
     {FORM_SET, NULL, "profile.terms.end_of_month=true"}},
    {"settlement",
     0,
     OPTION_VALUE,
     false,
     "HOW",
     N_("deposits-first, receivable or deposits-only"),
     {FORM_ENUM, "profile.settlement", NULL}},
    OPTIONS_END,
};

static const struct option_spec close_options[] = {
    {"reason", 0, OPTION_VALUE, false, "REASON", N_("why"), {FORM_TEXT, "reason", NULL}},
    OPTIONS_END,
};

static const struct option_spec erase_options[] = {
    {"reason", 0, OPTION_VALUE, true, "REASON", N_("why; it stays in the ledger"), {FORM_TEXT, "reason", NULL}},
    {"force",
     0,
     OPTION_FLAG,
     false,
     NULL,
     N_("although balances are not zero: nobody will know who owes them"),
     {FORM_SET, NULL, "force=true"}},
    OPTIONS_END,
};

static const struct option_spec list_options[] = {
    {"tag", 0, OPTION_VALUE, false, "TAG", N_("only customers with this tag"), {FORM_TEXT, "tag", NULL}},
    OPTIONS_END,
};

const struct command customer_commands[] = {
    {
        .name = "customer open",
        .arguments = "CUSTOMER",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER | USES_WRITE,
        .run = command_write_run,
        .summary = N_("open an account for a customer"),
        .detail = N_(
            "CUSTOMER is an id of your own, 1 to 64 bytes of UTF-8. Charges settle from the customer's deposits "
            "first unless --settlement says otherwise; without --terms they are due on the day they are posted. Name, "
            "contact and address are sealed and can be erased; the id and the tags stay for ever, so put nothing "
            "personal there."),
        .example = "daybook customer open ACME --name \"Acme Ltd\" --terms 30 \\\n    --on 2024-01-02",
        .options = open_options,
        .message = "open_customer",
        .fields = {{FORM_TEXT, "/customer", NULL}},
    },
    {
        .name = "customer change",
        .arguments = "CUSTOMER",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER | USES_WRITE,
        .run = command_write_run,
        .summary = N_("change a customer's name, tags, terms or settlement"),
        .detail = N_("What is not named stays as it is. Where the customer's data cannot be read (erased, or the key "
                     "is missing), naming a part of it begins anew with that part."),
        .example = "daybook customer change ACME --terms 45 --tag wholesale",
        .options = change_options,
        .message = "change_customer",
        .fields = {{FORM_TEXT, "/customer", NULL}},
    },
    {
        .name = "customer close",
        .arguments = "CUSTOMER",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER | USES_WRITE,
        .run = command_write_run,
        .summary = N_("close a customer's account, when every balance of it is zero"),
        .detail = NULL,
        .example = "daybook customer close ACME --reason moved-away",
        .options = close_options,
        .message = "close_customer",
        .fields = {{FORM_TEXT, "/customer", NULL}},
    },
    {
        .name = "customer erase",
        .arguments = "CUSTOMER",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER | USES_WRITE,
        .run = command_write_run,
        .summary = N_("destroy the key of what is personal of a customer: name, contact, address"),
        .detail =
            N_("They are gone then, also from the events and from every backup of the ledger, for as long as no "
               "copy of DIR/keys brings the key back: erase there, too. Amounts, documents, proofs and tags stay. "
               "Refused while a balance is not zero, for whoever owes must be known; --force does it "
               "nevertheless. Erasing again does no harm."),
        .example = "daybook customer erase ACME --reason art-17-request",
        .options = erase_options,
        .message = "erase_customer",
        .fields = {{FORM_TEXT, "/customer", NULL}},
    },
    {
        .name = "customer show",
        .arguments = "CUSTOMER",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER | USES_AT | USES_PAGE,
        .run = command_view_run,
        .summary = N_("show one customer's profile"),
        .detail = NULL,
        .example = "daybook customer show ACME",
        .options = NULL,
        .message = "customers",
        .fields = {{FORM_TEXT, "customer", NULL}},
    },
    {
        .name = "customer list",
        .arguments = "",
        .uses = USES_LEDGER | USES_AT | USES_PAGE,
        .run = command_view_run,
        .summary = N_("list the customers"),
        .detail = NULL,
        .example = "daybook customer list --tag wholesale",
        .options = list_options,
        .message = "customers",
    },
    {.name = NULL},
};
