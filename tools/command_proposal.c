/* The second person: proposals, approvals, and the policy that asks for them. */
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "base/hash.h"
#include "tools/command_view.h"
#include "tools/command_write.h"
#include "tools/message_field.h"
#include "tools/text.h"
#include "tools/view_table_access.h"
#include "tools/word_text.h"

/* ---- approve and reject ---- */

static int digit_of(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 64 hexadecimal digits, which say that whoever decides has seen what it is about. */
static enum daybook_status read_sha256(const struct invocation *invocation, ProtobufCBinaryData *sha256,
                                       struct daybook_error *error) {
    const char *text = options_value(&invocation->options, "sha256");
    uint8_t *bytes = arena_alloc(invocation->arena, SHA256_SIZE);
    if (bytes == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("reading --sha256: memory was refused"));
    }
    bool is_read = strlen(text) == (size_t)SHA256_SIZE * 2;
    for (size_t i = 0; is_read && i < SHA256_SIZE; i++) {
        int high = digit_of(text[2 * i]);
        int low = digit_of(text[2 * i + 1]);
        is_read = high >= 0 && low >= 0;
        bytes[i] = (uint8_t)(is_read ? high << 4 | low : 0);
    }
    *sha256 = (ProtobufCBinaryData){SHA256_SIZE, bytes};
    return is_read ? DAYBOOK_OK
                   : daybook_fail(error, DAYBOOK_INVALID, "%s",
                                  _("--sha256: 64 hexadecimal digits, as \"daybook proposal show\" prints them"));
}

static enum daybook_status complete_approval(const struct invocation *invocation, const Pb__LedgerConfig *config,
                                             Pb__Request *request, struct daybook_error *error) {
    (void)config;
    return read_sha256(invocation, &request->approve_request->request_sha256, error);
}

static enum daybook_status complete_rejection(const struct invocation *invocation, const Pb__LedgerConfig *config,
                                              Pb__Request *request, struct daybook_error *error) {
    (void)config;
    return read_sha256(invocation, &request->reject_request->request_sha256, error);
}

static int run_approve(struct invocation *invocation) {
    return command_write_run_with(invocation, complete_approval);
}

static int run_reject(struct invocation *invocation) {
    return command_write_run_with(invocation, complete_rejection);
}

/* ---- the policy ---- */

/* "write-off=1000" or "refund=USD:500". */
static enum daybook_status read_threshold(const char *text, const char *otherwise, struct arena *arena,
                                          Pb__ApprovalThreshold *threshold, struct daybook_error *error) {
    char kind[32];
    int value = 0;
    size_t size = strcspn(text, "=");
    const char *amount = text[size] == '=' ? text + size + 1 : "";
    const char *colon = strchr(amount, ':');
    pb__approval_threshold__init(threshold);
    (void)snprintf(kind, sizeof kind, "%.*s", (int)(size < sizeof kind ? size : sizeof kind - 1), text);
    const char *currency = colon == NULL ? otherwise : arena_copy_text(arena, amount, (size_t)(colon - amount));
    amount = colon == NULL ? amount : colon + 1;
    if (currency == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("reading the policy: memory was refused"));
    }
    int decimals = currency_decimals(currency);
    if (!enum_find_short(&pb__approval_kind__descriptor, kind, &value) || decimals < 0 ||
        decimal_parse(amount, strlen(amount), decimals, '.', &threshold->above_minor) != DECIMAL_OK) {
        char kinds[160];
        return daybook_fail(error, DAYBOOK_INVALID,
                            _("\"%.60s\": a threshold is like write-off=1000 or refund=USD:500; the kinds are %s"),
                            text, enum_list_short(&pb__approval_kind__descriptor, kinds, sizeof kinds));
    }
    threshold->kind = (Pb__ApprovalKind)value;
    threshold->currency = (char *)(uintptr_t)currency;
    return DAYBOOK_OK;
}

static enum daybook_status complete_policy(const struct invocation *invocation, const Pb__LedgerConfig *config,
                                           Pb__Request *request, struct daybook_error *error) {
    const struct options *options = &invocation->options;
    const char *currency = options_value(options, "currency");
    size_t count = options->argument_count;
    Pb__ApprovalThreshold *items = arena_alloc(invocation->arena, count * sizeof *items + 1);
    Pb__ApprovalThreshold **pointers = arena_alloc(invocation->arena, count * sizeof(Pb__ApprovalThreshold *) + 1);
    if (items == NULL || pointers == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("reading the policy: memory was refused"));
    }
    for (size_t i = 0; i < count; i++) {
        DAYBOOK_TRY(read_threshold(options->arguments[i], currency == NULL ? config->currency : currency,
                                   invocation->arena, &items[i], error));
        pointers[i] = &items[i];
    }
    request->set_approval_policy->n_thresholds = count;
    request->set_approval_policy->thresholds = pointers;
    return DAYBOOK_OK;
}

static int run_set(struct invocation *invocation) {
    if (invocation->options.argument_count == 0 && !options_has(&invocation->options, "nothing")) {
        return command_usage(invocation, "%s",
                             _("name what needs a second person, as write-off=1000; or --nothing, to lift the policy"));
    }
    return command_write_run_with(invocation, complete_policy);
}

/* ---- show ---- */

static enum daybook_status ask(const struct invocation *invocation, const char *proposal,
                               const Pb__ProposalsAnswer **found, struct daybook_error *error) {
    Pb__ProposalsQuery asked = PB__PROPOSALS_QUERY__INIT;
    Pb__At at = PB__AT__INIT;
    Pb__Query query = PB__QUERY__INIT;
    ProtobufCMessage *answer = NULL;
    struct daybook *ledger = NULL;
    const char *as_of = options_value(&invocation->options, "as-of");
    const char *known_at = options_value(&invocation->options, "known-at");
    at.as_of = (char *)(uintptr_t)(as_of == NULL ? "" : as_of);
    at.known_at = (char *)(uintptr_t)(known_at == NULL ? "" : known_at);
    asked.at = &at;
    asked.proposal = (char *)(uintptr_t)proposal;
    query.question_case = PB__QUERY__QUESTION_PROPOSALS;
    query.proposals = &asked;
    enum daybook_status status = command_open_reader(invocation, &ledger, error);
    if (status == DAYBOOK_OK) {
        status = command_ask(invocation, ledger, &query, &answer, error);
    }
    daybook_close(ledger);
    *found = (const Pb__ProposalsAnswer *)answer;
    return status;
}

static enum daybook_status print_proposal(const Pb__Proposal *row, struct daybook_error *error) {
    char state[32];
    char role[32];
    char instant[INSTANT_TEXT_SIZE];
    (void)printf(_("proposal  %s (%s)\n"), row->proposal,
                 word_of(enum_short_name(&pb__proposal_state__descriptor, (int)row->state, state, sizeof state)));
    (void)printf(_("proposed  by %s (%s), event %llu, %s\n"), row->proposed_by,
                 row->role == 0 ? _("owner")
                                : word_of(enum_short_name(&pb__role__descriptor, (int)row->role, role, sizeof role)),
                 (unsigned long long)row->sequence, instant_format(row->proposed_at_us, instant));
    (void)printf(_("expires   %s\n"), instant_format(row->expires_at_us, instant));
    if (row->decided_by[0] != '\0') {
        (void)printf(_("decided   by %s, event %llu, %s%s%s\n"), row->decided_by,
                     (unsigned long long)row->decided_sequence, instant_format(row->decided_at_us, instant),
                     row->reason[0] == '\0' ? "" : ": ", row->reason);
    }
    (void)fputs(_("sha256    "), stdout);
    for (size_t i = 0; i < row->request_sha256.len; i++) {
        (void)printf("%02x", row->request_sha256.data[i]);
    }
    (void)fputs(_("\nrequest   "), stdout);
    return command_print_json(&row->request->base, error);
}

static int run_show(struct invocation *invocation) {
    struct daybook_error error;
    const Pb__ProposalsAnswer *found = NULL;
    const char *id = invocation->options.arguments[0];
    enum daybook_status status = ask(invocation, id, &found, &error);
    if (status == DAYBOOK_OK && found->n_rows == 0) {
        status = daybook_fail(&error, DAYBOOK_NOT_FOUND, _("there is no proposal \"%.64s\" at these coordinates"), id);
    }
    if (status == DAYBOOK_OK) {
        status = options_has(&invocation->options, "json") ? command_print_json(&found->base, &error)
                                                           : print_proposal(found->rows[0], &error);
    }
    return status == DAYBOOK_OK ? EXIT_DONE : command_fail(&error);
}

static int run_policy_show(struct invocation *invocation) {
    struct daybook_error error;
    const Pb__ProposalsAnswer *found = NULL;
    enum daybook_status status = ask(invocation, "", &found, &error);
    if (status == DAYBOOK_OK && options_has(&invocation->options, "json")) {
        status = command_print_json(&found->base, &error);
    } else if (status == DAYBOOK_OK && found->n_thresholds == 0) {
        (void)puts(_("nothing needs a second person"));
    } else if (status == DAYBOOK_OK) {
        struct table *table = thresholds_table_of(found, invocation->arena);
        status = table == NULL ? daybook_fail(&error, DAYBOOK_NO_MEMORY, "%s", _("printing: memory was refused"))
                               : table_print(table, stdout, &error);
    }
    return status == DAYBOOK_OK ? EXIT_DONE : command_fail(&error);
}

/* ---- the commands ---- */

static const struct option_spec list_options[] = {
    {"state", 0, OPTION_VALUE, false, "STATE", N_("only open, approved or rejected ones"), {FORM_ENUM, "state", NULL}},
    OPTIONS_END,
};

static const struct option_spec approve_options[] = {
    {"sha256", 0, OPTION_VALUE, true, "HEX", N_("of the request that was looked at"), FIELD_NONE},
    OPTIONS_END,
};

static const struct option_spec reject_options[] = {
    {"sha256", 0, OPTION_VALUE, true, "HEX", N_("of the request that was looked at"), FIELD_NONE},
    {"reason", 0, OPTION_VALUE, true, "REASON", N_("why"), {FORM_TEXT, "reason", NULL}},
    OPTIONS_END,
};

static const struct option_spec set_options[] = {
    {"nothing", 0, OPTION_FLAG, false, NULL, N_("nothing needs a second person any more"), FIELD_NONE},
    OPTIONS_END,
};

enum { THRESHOLD_ARGUMENTS_MAX = 256 };

const struct command proposal_commands[] = {
    {
        .name = "proposal list",
        .arguments = "",
        .uses = USES_LEDGER | USES_AT | USES_PAGE,
        .run = command_view_run,
        .summary = N_("what was proposed, and what became of it"),
        .detail = NULL,
        .example = "daybook proposal list --state open",
        .options = list_options,
        .message = "proposals",
    },
    {
        .name = "proposal show",
        .arguments = "PROPOSAL",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER | USES_AT,
        .run = run_show,
        .summary = N_("the proposed request, word for word, and its hash"),
        .detail = NULL,
        .example = "daybook proposal show WO-7",
    },
    {
        .name = "proposal approve",
        .arguments = "PROPOSAL",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER | USES_WRITE,
        .run = run_approve,
        .summary = N_("let a proposed request count: by another person than its proposer"),
        .detail = N_("The approval and what the request becomes are recorded together. Where the request is refused by "
                     "now, so is the approval, and the proposal stays open."),
        .example = "daybook proposal approve WO-7 --sha256 \"$HASH\" --actor beth",
        .options = approve_options,
        .message = "approve_request",
        .fields = {{FORM_TEXT, "proposal", NULL}},
    },
    {
        .name = "proposal reject",
        .arguments = "PROPOSAL",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER | USES_WRITE,
        .run = run_reject,
        .summary = N_("refuse a proposed request for good"),
        .detail = NULL,
        .example = "daybook proposal reject WO-7 --sha256 \"$HASH\" --reason paid",
        .options = reject_options,
        .message = "reject_request",
        .fields = {{FORM_TEXT, "proposal", NULL}},
    },
    {
        .name = "approval set",
        .arguments = "[KIND=AMOUNT...]",
        .argument_max = THRESHOLD_ARGUMENTS_MAX,
        .uses = USES_LEDGER | USES_WRITE,
        .run = run_set,
        .summary = N_("say above which amounts a request needs a second person"),
        .detail = N_("The kinds are write-off, refund, credit-policy (its limit) and reversal. KIND=USD:AMOUNT is of "
                     "that currency. The whole policy is replaced, and binds everyone; \"daybook help access\" has "
                     "more."),
        .example = "daybook approval set write-off=1000 refund=500 refund=USD:100",
        .options = set_options,
        .message = "set_approval_policy",
    },
    {
        .name = "approval show",
        .arguments = "",
        .uses = USES_LEDGER | USES_AT,
        .run = run_policy_show,
        .summary = N_("what needs a second person"),
        .detail = NULL,
        .example = "daybook approval show",
    },
    {.name = NULL},
};
