/* Statements: shown, previewed, listed and issued. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "codec/wire.h"
#include "tools/command_view.h"
#include "tools/field_form.h"
#include "tools/message_field.h"
#include "tools/progress.h"
#include "tools/remote.h"
#include "tools/statement_layout.h"
#include "tools/text.h"
#include "tools/view_table_statement.h"

enum { PAGE_ACCOUNTS = 512, ANSWER_ARENA_BYTES = 512 << 20 };

static const struct option_spec show_options[] = {
    {"currency", 0, OPTION_VALUE, false, "CODE", N_("only in this currency"), {FORM_TEXT, "currency", NULL}},
    {"csv", 0, OPTION_FLAG, false, NULL, N_("print its changes and movements as CSV"), FIELD_NONE},
    OPTIONS_END,
};

static const struct option_spec preview_options[] = {
    {"from",
     0,
     OPTION_VALUE,
     false,
     "DATE",
     N_("begin after this day (default: where the last statement ended)"),
     {FORM_DATE, "from_on", NULL}},
    {"kind",
     0,
     OPTION_VALUE,
     false,
     "KIND",
     N_("balance-forward (default), open-item or transaction"),
     {FORM_ENUM, "kind", NULL}},
    {"currency",
     0,
     OPTION_VALUE,
     false,
     "CODE",
     N_("the account's currency (default: the ledger's)"),
     {FORM_TEXT, "currency", NULL}},
    {"csv", 0, OPTION_FLAG, false, NULL, N_("print its changes and movements as CSV"), FIELD_NONE},
    OPTIONS_END,
};

static const struct option_spec list_options[] = {
    {"currency", 0, OPTION_VALUE, false, "CODE", N_("only this currency"), {FORM_TEXT, "currency", NULL}},
    {"tag", 0, OPTION_VALUE, false, "TAG", N_("only customers with this tag"), {FORM_TEXT, "tag", NULL}},
    OPTIONS_END,
};

static const struct option_spec issue_options[] = {
    {"to", 0, OPTION_VALUE, true, "DATE", N_("the last day that is told; at most today"), {FORM_DATE, "to_on", NULL}},
    {"from",
     0,
     OPTION_VALUE,
     false,
     "DATE",
     N_("an account's first statement begins after this day (default: at the beginning)"),
     {FORM_DATE, "from_on", NULL}},
    {"monthly",
     0,
     OPTION_FLAG,
     false,
     NULL,
     N_("one for each calendar month, with those that were missed"),
     {FORM_SET, NULL, "by_month=true"}},
    {"kind",
     0,
     OPTION_VALUE,
     false,
     "KIND",
     N_("balance-forward (default), open-item or transaction"),
     {FORM_ENUM, "kind", NULL}},
    {"currency", 0, OPTION_VALUE, false, "CODE", N_("only this currency"), {FORM_TEXT, "currency", NULL}},
    {"moved-only",
     0,
     OPTION_FLAG,
     false,
     NULL,
     N_("not where nothing moved and nothing is left"),
     {FORM_SET, NULL, "moved_only=true"}},
    {"id",
     0,
     OPTION_VALUE,
     false,
     "STATEMENT",
     N_("its id (default: its last day and currency, 2024-02-29-CNY)"),
     {FORM_TEXT, "statement", NULL}},
    {"all", 0, OPTION_FLAG, false, NULL, N_("for every customer"), FIELD_NONE},
    {"tag",
     0,
     OPTION_VALUE,
     false,
     "TAG",
     N_("for every customer who has this tag on the last day that is told"),
     {FORM_TEXT, "tag", NULL}},
    {"actor", 0, OPTION_VALUE, false, "NAME", N_("who does it (default: you)"), FIELD_NONE},
    OPTIONS_END,
};

/* ---- one statement ---- */

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("showing a statement: memory was refused"));
}

static enum daybook_status build_question(struct invocation *invocation, Pb__Query *query,
                                          struct daybook_error *error) {
    pb__query__init(query);
    ProtobufCMessage *question =
        field_submessage(&query->base, message_find_field(&pb__query__descriptor, "statement"), invocation->arena);
    if (question == NULL) {
        return no_memory(error);
    }
    struct field_target target = {&query->base, question, NULL, invocation->arena};
    return field_form_apply_all(&target, invocation, error);
}

/* The content is printed as it is, because its bytes are what the SHA-256 is of; for a terminal that is too narrow it
 * is laid out. */
static enum daybook_status print_answer(const struct invocation *invocation, const Pb__StatementAnswer *answer,
                                        struct daybook_error *error) {
    if (options_has(&invocation->options, "json")) {
        return command_print_json(&answer->base, error);
    }
    if (options_has(&invocation->options, "csv")) {
        struct table *table = statement_table_of(answer->statement, invocation->arena);
        return table == NULL ? no_memory(error) : table_print_csv(table, stdout, error);
    }
    return statement_print_within(answer->content, stdout, console_width(stdout), invocation->arena, error);
}

/* The customer's statement that was issued last, in the question's currency if it names one. */
static enum daybook_status find_last(const struct invocation *invocation, struct daybook *ledger,
                                     Pb__StatementQuery *question, struct daybook_error *error) {
    Pb__StatementsQuery asked = PB__STATEMENTS_QUERY__INIT;
    Pb__Page page = PB__PAGE__INIT;
    Pb__Query query = PB__QUERY__INIT;
    uint64_t sequence = 0;
    asked.at = question->at;
    asked.customer = question->customer;
    asked.currency = question->currency;
    asked.page = &page;
    query.question_case = PB__QUERY__QUESTION_STATEMENTS;
    query.statements = &asked;
    do {
        ProtobufCMessage *message = NULL;
        DAYBOOK_TRY(command_ask(invocation, ledger, &query, &message, error));
        const Pb__StatementsAnswer *answer = (const Pb__StatementsAnswer *)message;
        for (size_t i = 0; i < answer->n_rows; i++) {
            if (answer->rows[i]->sequence > sequence) {
                sequence = answer->rows[i]->sequence;
                question->statement = answer->rows[i]->statement;
            }
        }
        page.cursor = answer->next_cursor;
    } while (page.cursor[0] != '\0');
    return sequence != 0 ? DAYBOOK_OK
                         : daybook_fail(error, DAYBOOK_NOT_FOUND,
                                        _("no statement of %s was issued; \"daybook statement preview %s\" shows what "
                                          "one would say"),
                                        question->customer, question->customer);
}

static int run_statement(struct invocation *invocation) {
    struct daybook *ledger = NULL;
    struct daybook_error error;
    Pb__Query query;
    ProtobufCMessage *answer = NULL;
    if (options_has(&invocation->options, "json") && options_has(&invocation->options, "csv")) {
        return command_usage(invocation, "%s", _("--json and --csv exclude each other"));
    }
    progress_watch_interrupt();
    enum daybook_status status = build_question(invocation, &query, &error);
    if (status == DAYBOOK_OK) {
        status = command_open_reader(invocation, &ledger, &error);
    }
    bool is_last = strcmp(invocation->command->name, "statement show") == 0 && invocation->options.argument_count == 1;
    if (status == DAYBOOK_OK && is_last) {
        status = find_last(invocation, ledger, query.statement, &error);
    }
    if (status == DAYBOOK_OK) {
        status = command_ask(invocation, ledger, &query, &answer, &error);
    }
    if (status == DAYBOOK_OK) {
        status = print_answer(invocation, (const Pb__StatementAnswer *)answer, &error);
    }
    daybook_close(ledger);
    return status == DAYBOOK_OK ? EXIT_DONE : command_fail(&error);
}

/* ---- issuing ---- */

struct issue {
    struct invocation *invocation;
    struct daybook *ledger;
    Pb__IssueStatementsRequest request;
    Pb__Page page;
    struct arena page_arena;
    uint64_t account_count;
    uint64_t issued_count;
    uint64_t known_count;
    const Pb__Refusal *refusal;
};

/* One page, wherever the ledger is. */
static enum daybook_status ask_page(struct issue *issue, ProtobufCMessage **message, struct daybook_error *error) {
    struct daybook_buffer encoded = {0};
    struct daybook_buffer answer = {0};
    if (issue->invocation->remote != NULL) {
        return remote_call(issue->invocation->remote, &issue->request.base, &issue->page_arena, message, error);
    }
    enum daybook_status status = wire_encode(&issue->request.base, &encoded);
    if (status != DAYBOOK_OK) {
        status = no_memory(error);
    } else {
        status = daybook_issue_statements(issue->ledger, daybook_buffer_view(&encoded), &answer, error);
    }
    if (status == DAYBOOK_OK) {
        status = wire_decode(&pb__issue_statements_answer__descriptor, daybook_buffer_view(&answer), &issue->page_arena,
                             message, error);
    }
    daybook_buffer_release(&encoded);
    daybook_buffer_release(&answer);
    return status;
}

static enum daybook_status issue_page(struct issue *issue, char cursor[512], struct daybook_error *error) {
    ProtobufCMessage *message = NULL;
    arena_reset(&issue->page_arena);
    enum daybook_status status = ask_page(issue, &message, error);
    if (status == DAYBOOK_OK) {
        const Pb__IssueStatementsAnswer *made = (const Pb__IssueStatementsAnswer *)message;
        issue->account_count += made->account_count;
        issue->issued_count += made->issued_count;
        issue->known_count += made->known_count;
        issue->refusal = made->refusal;
        (void)snprintf(cursor, 512, "%s", made->next_cursor);
        if (options_has(&issue->invocation->options, "json")) {
            status = command_print_json(message, error);
        }
    }
    return status;
}

static enum daybook_status issue_all(struct issue *issue, struct daybook_error *error) {
    char cursor[512] = "";
    struct progress progress;
    issue->page.limit = PAGE_ACCOUNTS;
    issue->page.cursor = cursor;
    issue->request.page = &issue->page;
    progress_begin(&progress, _("issuing"), _("accounts"), 0, 0);
    do {
        DAYBOOK_TRY(issue_page(issue, cursor, error));
        progress_update(&progress, issue->account_count);
        if (progress_is_interrupted()) {
            return daybook_fail(error, DAYBOOK_STOPPED,
                                _("issuing: stopped after %" PRIu64 " accounts and %" PRIu64
                                  " statements; run it again, it goes on with what is missing"),
                                issue->account_count, issue->issued_count);
        }
    } while (cursor[0] != '\0' && issue->refusal == NULL);
    progress_clear();
    return DAYBOOK_OK;
}

static int finish(const struct issue *issue) {
    if (issue->refusal != NULL) {
        return command_refused(issue->refusal);
    }
    if (!options_has(&issue->invocation->options, "json")) {
        (void)printf(text_count("issued %" PRIu64 " statement through %s; ",
                                "issued %" PRIu64 " statements through %s; ", issue->issued_count),
                     issue->issued_count, issue->request.to_on);
        (void)printf(text_count("%" PRIu64 " of %" PRIu64 " account needed none\n",
                                "%" PRIu64 " of %" PRIu64 " accounts needed none\n", issue->account_count),
                     issue->known_count, issue->account_count);
    }
    return EXIT_DONE;
}

static int run_issue(struct invocation *invocation) {
    struct issue issue = {.invocation = invocation};
    struct daybook_error error;
    const char *customer = invocation->options.argument_count > 0 ? invocation->options.arguments[0] : NULL;
    const char *tag = options_value(&invocation->options, "tag");
    int named = (customer != NULL) + (tag != NULL) + options_has(&invocation->options, "all");
    bool is_empty = (customer != NULL && *customer == '\0') || (tag != NULL && *tag == '\0');
    if (named != 1 || is_empty) { /* An empty name would mean every customer: in a script, an unset variable. */
        return command_usage(invocation, "%s", _("name a customer, or say --all, or --tag"));
    }
    pb__issue_statements_request__init(&issue.request);
    pb__page__init(&issue.page);
    arena_init(&issue.page_arena, ANSWER_ARENA_BYTES);
    progress_watch_interrupt();
    struct field_target target = {&issue.request.base, &issue.request.base, NULL, invocation->arena};
    enum daybook_status status = field_form_apply_all(&target, invocation, &error);
    issue.request.actor = (char *)(uintptr_t)command_actor(invocation);
    if (status == DAYBOOK_OK) {
        status = command_open_writer(invocation, true, &issue.ledger, &error);
    }
    if (status == DAYBOOK_OK) {
        status = issue_all(&issue, &error);
    }
    progress_clear();
    daybook_close(issue.ledger);
    int code = status == DAYBOOK_OK ? finish(&issue) : command_fail(&error);
    arena_release(&issue.page_arena);
    return code;
}

const struct command statement_commands[] = {
    {
        .name = "statement issue",
        .arguments = "[CUSTOMER]",
        .argument_max = 1,
        .uses = USES_LEDGER,
        .run = run_issue,
        .summary = N_("tell a customer, or many, what happened up to a day, and record that it was told"),
        .detail = N_("A statement begins where the account's last one ended. What was entered since for the time "
                     "before is told as changes, so closing + changes = the next opening. Statements that were issued "
                     "before are passed over: after a stop, or for periods that were missed, run it again. A customer "
                     "who has the tag of --tag gets all that is missing, also of the time before the tag."),
        .example = "daybook statement issue --all --monthly \\\n    --from 2023-12-31 --to 2024-03-31",
        .options = issue_options,
        .fields = {{FORM_TEXT, "customer", NULL}},
    },
    {
        .name = "statement show",
        .arguments = "CUSTOMER [STATEMENT]",
        .argument_min = 1,
        .argument_max = 2,
        .uses = USES_LEDGER | USES_AT,
        .run = run_statement,
        .summary = N_("an issued statement, word for word"),
        .detail = N_("Without STATEMENT it is the one that was issued last. It is computed again from the journal as "
                     "it was known then, and compared with the SHA-256 that "
                     "was recorded: the same bytes for ever, which \"| sha256sum\" shows. A difference is damage, "
                     "exit code 4."),
        .example = "daybook statement show ACME 2024-02-29-CNY",
        .options = show_options,
        .message = "statement",
        .fields = {{FORM_TEXT, "customer", NULL}, {FORM_TEXT, "statement", NULL}},
    },
    {
        .name = "statement preview",
        .arguments = "CUSTOMER",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER | USES_AT,
        .run = run_statement,
        .summary = N_("the statement of a customer through --as-of, without issuing it"),
        .detail = NULL,
        .example = "daybook statement preview ACME --from 2024-01-31 --as-of 2024-02-29 \\\n    --kind open-item",
        .options = preview_options,
        .message = "statement",
        .fields = {{FORM_TEXT, "customer", NULL}},
    },
    {
        .name = "statement list",
        .arguments = "[CUSTOMER]",
        .argument_max = 1,
        .uses = USES_LEDGER | USES_AT | USES_PAGE,
        .run = command_view_run,
        .summary = N_("the statements that were issued"),
        .detail = N_("OPENING, CHANGES and CLOSING are what is owed: receivable less unapplied."),
        .example = "daybook statement list ACME --known-at 1200",
        .options = list_options,
        .message = "statements",
        .fields = {{FORM_TEXT, "customer", NULL}},
    },
    {.name = NULL},
};
