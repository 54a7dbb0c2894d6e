/* Tokens: who may speak to the server, as whom. */
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/clock.h"
#include "base/decimal.h"
#include "engine/ledger.h"
#include "tools/command.h"
#include "tools/message_field.h"
#include "tools/remote.h"
#include "tools/text.h"
#include "tools/token_change.h"
#include "tools/view_table_access.h"

#define DAY_US INT64_C(86400000000)
enum { DAYS_MAX = 3650 };

/* By this machine's clock: for what people see and say. What counts is the ledger's. */
static int64_t now_us(void) {
    struct daybook_clock clock = clock_system();
    return clock.now_us(clock.context);
}

/* "90d", "2027-01-01" (its beginning in UTC) or an instant. */
static enum daybook_status read_expiry(const char *text, int64_t *expires_at_us, struct daybook_error *error) {
    size_t size = strlen(text);
    int64_t days;
    int32_t date;
    if (size > 1 && text[size - 1] == 'd' && decimal_parse(text, size - 1, 0, '.', &days) == DECIMAL_OK && days > 0 &&
        days <= DAYS_MAX) {
        *expires_at_us = now_us() + days * DAY_US;
        return DAYBOOK_OK;
    }
    if (date_parse(text, size, &date)) {
        *expires_at_us = (int64_t)date * DAY_US;
        return DAYBOOK_OK;
    }
    return instant_parse(text, size, expires_at_us)
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_INVALID,
                              _("--expires \"%.40s\": give days (90d), a date (2027-01-01) or an instant"), text);
}

static enum daybook_status read_wanted(const struct invocation *invocation, Pb__CreateTokenRequest *wanted,
                                       struct daybook_error *error) {
    const struct options *options = &invocation->options;
    const char *role = options_value(options, "role");
    int value = 0;
    if (!enum_find_short(&pb__role__descriptor, role, &value)) {
        char roles[96];
        return daybook_fail(error, DAYBOOK_INVALID, _("--role \"%.32s\": one of %s"), role,
                            enum_list_short(&pb__role__descriptor, roles, sizeof roles));
    }
    wanted->name = (char *)(uintptr_t)options_value(options, "name");
    wanted->role = (Pb__Role)value;
    return read_expiry(options_value(options, "expires"), &wanted->expires_at_us, error);
}

static enum daybook_status begin_change(const struct invocation *invocation, struct token_change *change,
                                        struct daybook_error *error) {
    DAYBOOK_TRY(command_directory(invocation, &change->directory, error));
    DAYBOOK_TRY(command_open_writer(invocation, false, &change->ledger, error));
    change->submitter = (struct daybook_submitter){command_actor(invocation), PB__ROLE__ROLE_UNSPECIFIED};
    change->now_us = ledger_now_us(change->ledger);
    return DAYBOOK_OK;
}

static int end_change(struct token_change *change, enum daybook_status status, const struct daybook_error *error) {
    int code = status != DAYBOOK_OK      ? command_fail(error)
               : change->refusal != NULL ? command_refused(change->refusal)
                                         : EXIT_DONE;
    daybook_close(change->ledger);
    token_change_release(change);
    return code;
}

/* The secret alone on standard output, so that a script can keep it. */
static void print_secret(const char *name, const char *secret) {
    (void)printf("%s\n", secret);
    (void)fprintf(stderr, _("this is %s's token; it is said once, and only its hash is kept\n"), name);
}

/* ---- create ---- */

static int create_over_server(struct invocation *invocation, const Pb__CreateTokenRequest *wanted) {
    struct daybook_error error;
    ProtobufCMessage *answer;
    if (remote_call(invocation->remote, &wanted->base, invocation->arena, &answer, &error) != DAYBOOK_OK) {
        return command_fail(&error);
    }
    print_secret(wanted->name, ((const Pb__CreateTokenAnswer *)answer)->secret);
    return EXIT_DONE;
}

static int run_create(struct invocation *invocation) {
    struct daybook_error error;
    struct token_change change = {0};
    char secret[TOKEN_SECRET_SIZE];
    Pb__CreateTokenRequest wanted = PB__CREATE_TOKEN_REQUEST__INIT;
    if (read_wanted(invocation, &wanted, &error) != DAYBOOK_OK) {
        return command_usage(invocation, "%s", daybook_error_shown(&error));
    }
    if (invocation->remote != NULL) {
        return create_over_server(invocation, &wanted);
    }
    enum daybook_status status = begin_change(invocation, &change, &error);
    if (status == DAYBOOK_OK) {
        status = token_change_create(&change, &wanted, secret, &error);
    }
    if (status == DAYBOOK_OK && change.refusal == NULL) {
        print_secret(wanted.name, secret);
    }
    return end_change(&change, status, &error);
}

/* ---- revoke ---- */

static int run_revoke(struct invocation *invocation) {
    struct daybook_error error;
    struct token_change change = {0};
    const struct token *revoked = NULL;
    const char *name = invocation->options.arguments[0];
    Pb__RevokeTokenRequest wanted = PB__REVOKE_TOKEN_REQUEST__INIT;
    ProtobufCMessage *answer;
    enum daybook_status status;
    wanted.name = (char *)(uintptr_t)name;
    if (invocation->remote != NULL) {
        status = remote_call(invocation->remote, &wanted.base, invocation->arena, &answer, &error);
    } else {
        status = begin_change(invocation, &change, &error);
        status = status == DAYBOOK_OK ? token_change_revoke(&change, name, &revoked, &error) : status;
    }
    if (status == DAYBOOK_OK && change.refusal == NULL) {
        (void)printf(_("revoked the token of %s\n"), name);
    }
    return end_change(&change, status, &error);
}

/* ---- list ---- */

/* Of a ledger's own files: nothing is opened but the tokens. */
static enum daybook_status read_tokens(const struct invocation *invocation, Pb__ListTokensAnswer **answer,
                                       struct daybook_error *error) {
    const char *directory;
    struct token_store store = {0};
    enum daybook_status status = command_directory(invocation, &directory, error);
    if (status == DAYBOOK_OK) {
        status = token_store_read(directory, &store, error);
    }
    Pb__ListTokensAnswer *made = arena_alloc(invocation->arena, sizeof *made);
    struct token *kept = arena_alloc(invocation->arena, store.count * sizeof *kept + 1);
    Pb__Token *tokens = arena_alloc(invocation->arena, store.count * sizeof *tokens + 1);
    Pb__Token **rows = arena_alloc(invocation->arena, store.count * sizeof(Pb__Token *) + 1);
    if (status == DAYBOOK_OK && (made == NULL || kept == NULL || tokens == NULL || rows == NULL)) {
        status = daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("listing the tokens: memory was refused"));
    }
    if (status == DAYBOOK_OK) {
        pb__list_tokens_answer__init(made);
        for (size_t i = 0; i < store.count; i++) {
            kept[i] = store.items[i];
            token_fill(&kept[i], &tokens[i]);
            rows[i] = &tokens[i];
        }
        made->n_rows = store.count;
        made->rows = rows;
        *answer = made;
    }
    token_store_release(&store);
    return status;
}

static enum daybook_status print_tokens(const struct invocation *invocation, const Pb__ListTokensAnswer *answer,
                                        struct daybook_error *error) {
    if (options_has(&invocation->options, "json")) {
        return command_print_json(&answer->base, error);
    }
    if (answer->n_rows == 0) {
        (void)printf("%s", _("No token was made.\n"));
        return DAYBOOK_OK;
    }
    struct table *table = tokens_table_of(answer->rows, answer->n_rows, now_us(), invocation->arena);
    return table == NULL ? daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("printing: memory was refused"))
                         : table_print(table, stdout, error);
}

static int run_list(struct invocation *invocation) {
    struct daybook_error error;
    Pb__ListTokensAnswer *answer = NULL;
    Pb__ListTokensRequest asked = PB__LIST_TOKENS_REQUEST__INIT;
    enum daybook_status status;
    if (invocation->remote != NULL) {
        ProtobufCMessage *message = NULL;
        status = remote_call(invocation->remote, &asked.base, invocation->arena, &message, &error);
        answer = (Pb__ListTokensAnswer *)message;
    } else {
        status = read_tokens(invocation, &answer, &error);
    }
    if (status == DAYBOOK_OK) {
        status = print_tokens(invocation, answer, &error);
    }
    return status == DAYBOOK_OK ? EXIT_DONE : command_fail(&error);
}

/* ---- the commands ---- */

static const struct option_spec create_options[] = {
    {"name", 0, OPTION_VALUE, true, "NAME", N_("whose it is: the actor of all that is done with it"), FIELD_NONE},
    {"role", 0, OPTION_VALUE, true, "ROLE", N_("cashier, accountant, credit, auditor or admin"), FIELD_NONE},
    {"expires", 0, OPTION_VALUE, true, "WHEN", N_("days from now (90d), a date or an instant"), FIELD_NONE},
    {"actor", 0, OPTION_VALUE, false, "NAME", N_("who makes it (default: you)"), FIELD_NONE},
    OPTIONS_END,
};

static const struct option_spec revoke_options[] = {
    {"actor", 0, OPTION_VALUE, false, "NAME", N_("who revokes it (default: you)"), FIELD_NONE},
    OPTIONS_END,
};

const struct command token_commands[] = {
    {
        .name = "token create",
        .arguments = "",
        .uses = USES_LEDGER,
        .run = run_create,
        .summary = N_("make a token for one person or program to speak to the server with"),
        .detail = N_("It is printed once. \"daybook help access\" says what each role may do. While a server has the "
                     "ledger, ask it with --server and an admin's token; the first one is made before it starts."),
        .example = "daybook token create --name anna --role accountant --expires 90d",
        .options = create_options,
    },
    {
        .name = "token list",
        .arguments = "",
        .uses = USES_LEDGER,
        .run = run_list,
        .summary = N_("the tokens that were made, and whether they are good"),
        .detail = NULL,
        .example = "daybook token list",
    },
    {
        .name = "token revoke",
        .arguments = "NAME",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER,
        .run = run_revoke,
        .summary = N_("end a token now; calls and feeds that use it are refused from then on"),
        .detail = NULL,
        .example = "daybook token revoke anna",
        .options = revoke_options,
    },
    {.name = NULL},
};
