/* Commands that ask a view: the question built from their table, every page fetched, the answer printed. */
#include "tools/command_view.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/aging_bar.h"
#include "tools/console.h"
#include "tools/field_form.h"
#include "tools/message_field.h"
#include "tools/progress.h"
#include "tools/text.h"
#include "tools/view_table.h"
#include "tools/view_table_books.h"
#include "tools/view_table_credit.h"
#include "tools/view_table_kpi.h"
#include "tools/word_text.h"

static const struct option_spec balance_options[] = {
    {"currency", 0, OPTION_VALUE, false, "CODE", N_("only this currency"), {FORM_TEXT, "currency", NULL}},
    {"tag", 0, OPTION_VALUE, false, "TAG", N_("only customers with this tag"), {FORM_TEXT, "tag", NULL}},
    OPTIONS_END,
};

static const struct option_spec items_options[] = {
    {"currency", 0, OPTION_VALUE, false, "CODE", N_("only this currency"), {FORM_TEXT, "currency", NULL}},
    {"tag", 0, OPTION_VALUE, false, "TAG", N_("only customers with this tag"), {FORM_TEXT, "tag", NULL}},
    {"closed",
     0,
     OPTION_FLAG,
     false,
     NULL,
     N_("also items with nothing left"),
     {FORM_SET, NULL, "include_closed=true"}},
    OPTIONS_END,
};

static const struct option_spec aging_options[] = {
    {"currency", 0, OPTION_VALUE, false, "CODE", N_("only this currency"), {FORM_TEXT, "currency", NULL}},
    {"tag", 0, OPTION_VALUE, false, "TAG", N_("only customers with this tag"), {FORM_TEXT, "tag", NULL}},
    {"basis",
     0,
     OPTION_VALUE,
     false,
     "BASIS",
     N_("count days from the due date (due, default) or from posting"),
     {FORM_ENUM, "basis", NULL}},
    {"edges",
     0,
     OPTION_VALUE,
     false,
     "DAYS,...",
     N_("upper edges of the buckets (default: 30,60,90,120)"),
     {FORM_WHOLES, "edges", NULL}},
    {"unapplied",
     0,
     OPTION_VALUE,
     false,
     "WHERE",
     N_("unapplied money: column (default), bucket or netted"),
     {FORM_ENUM, "unapplied", NULL}},
    OPTIONS_END,
};

static const struct option_spec history_options[] = {
    {"currency", 0, OPTION_VALUE, false, "CODE", N_("only this currency"), {FORM_TEXT, "currency", NULL}},
    {"tag", 0, OPTION_VALUE, false, "TAG", N_("only customers with this tag"), {FORM_TEXT, "tag", NULL}},
    OPTIONS_END,
};

const struct command view_commands[] = {
    {
        .name = "balance",
        .arguments = "[CUSTOMER]",
        .argument_max = 1,
        .uses = USES_LEDGER | USES_AT | USES_PAGE | USES_ORDER,
        .run = command_view_run,
        .summary = N_("what a customer, or every customer, owes and has deposited"),
        .detail = N_("NET is receivable less unapplied less deposit. AVAILABLE is neither held nor\n"
                     "for a later day; a lot past its day is in it until its expiry is recorded\n"
                     "(daybook expire)."),
        .example = "daybook balance ACME --as-of 2024-02-29 \\\n    --known-at 2024-03-01T00:00:00Z",
        .options = balance_options,
        .message = "balance",
        .fields = {{FORM_TEXT, "customer", NULL}},
    },
    {
        .name = "aging",
        .arguments = "[CUSTOMER]",
        .argument_max = 1,
        .uses = USES_LEDGER | USES_AT | USES_PAGE | USES_ORDER,
        .run = command_view_run,
        .summary = N_("what is not due yet, and what is overdue by how many days"),
        .detail = NULL,
        .example = "daybook aging --as-of 2024-03-31 --edges 30,60,90",
        .options = aging_options,
        .message = "aging",
        .fields = {{FORM_TEXT, "customer", NULL}},
    },
    {
        .name = "open-items",
        .arguments = "[CUSTOMER]",
        .argument_max = 1,
        .uses = USES_LEDGER | USES_AT | USES_PAGE | USES_ORDER,
        .run = command_view_run,
        .summary = N_("charges that are not paid yet, and money that is not applied yet"),
        .detail = NULL,
        .example = "daybook open-items ACME --as-of 2024-03-31",
        .options = items_options,
        .message = "open_items",
        .fields = {{FORM_TEXT, "customer", NULL}},
    },
    {
        .name = "history",
        .arguments = "[CUSTOMER]",
        .argument_max = 1,
        .uses = USES_LEDGER | USES_AT | USES_PAGE,
        .run = command_view_run,
        .summary = N_("every event of a customer, or of the whole book, with the balance after it"),
        .detail = N_("The balance is that of the event's customer in its currency. A page with --tag looks at every "
                     "customer once; other pages cost what is on them."),
        .example = "daybook history ACME --known-at 1200",
        .options = history_options,
        .message = "history",
        .fields = {{FORM_TEXT, "customer", NULL}},
    },
    {.name = NULL},
};

/* The pages of one answer: asked one after the other at the coordinates of the first, then joined. */
struct page_link {
    struct page_link *next;
    ProtobufCMessage *answer;
};

struct pages {
    const struct invocation *invocation;
    struct daybook *ledger;
    Pb__Query query;
    ProtobufCMessage *question;
    struct page_link *first;
    struct page_link *last;
};

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s",
                        _("joining the pages of the answer: memory was refused; ask for one page with --limit"));
}

static void *member_named(const ProtobufCMessage *message, const char *name) {
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
    assert(field != NULL);
    return field_member(message, field);
}

/* "" where the answer is never divided into pages. */
static char *next_cursor_of(const ProtobufCMessage *answer) {
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(answer->descriptor, "next_cursor");
    return field == NULL ? "" : *(char **)field_member(answer, field);
}

static enum daybook_status ask_page(struct pages *pages, struct daybook_error *error) {
    struct page_link *link = arena_zalloc(pages->invocation->arena, sizeof *link);
    if (link == NULL) {
        return no_memory(error);
    }
    enum daybook_status status = command_ask(pages->invocation, pages->ledger, &pages->query, &link->answer, error);
    if (status == DAYBOOK_OK) {
        *(pages->last == NULL ? &pages->first : &pages->last->next) = link;
        pages->last = link;
    }
    return status;
}

/* The next page is asked at the coordinates that the first answer states, so that all are one answer. */
static enum daybook_status aim_at_next(struct pages *pages, char *cursor, struct daybook_error *error) {
    const Pb__Position *position = answer_position(pages->first->answer);
    struct arena *arena = pages->invocation->arena;
    Pb__At *at = (Pb__At *)message_new(&pb__at__descriptor, arena);
    Pb__Page *page = (Pb__Page *)message_new(&pb__page__descriptor, arena);
    char *known_at = position == NULL ? NULL : arena_format(arena, "%" PRIu64, position->known_at);
    if (at == NULL || page == NULL || known_at == NULL) {
        return no_memory(error);
    }
    at->as_of = position->as_of;
    at->known_at = known_at;
    page->cursor = cursor;
    memcpy(member_named(pages->question, "at"), &at, sizeof(Pb__At *));
    memcpy(member_named(pages->question, "page"), &page, sizeof(Pb__Page *));
    return DAYBOOK_OK;
}

/* All rows into the first answer, which then has no next page. */
static enum daybook_status join(struct pages *pages, struct daybook_error *error) {
    ProtobufCMessage *whole = pages->first->answer;
    const ProtobufCFieldDescriptor *rows = protobuf_c_message_descriptor_get_field_by_name(whole->descriptor, "rows");
    size_t count = 0;
    for (const struct page_link *link = pages->first; link != NULL; link = link->next) {
        count += *field_count(link->answer, rows);
    }
    ProtobufCMessage **joined = arena_alloc(pages->invocation->arena, (count + 1) * sizeof *joined);
    if (joined == NULL) {
        return no_memory(error);
    }
    size_t used = 0;
    for (const struct page_link *link = pages->first; link != NULL; link = link->next) {
        size_t page_count = *field_count(link->answer, rows);
        ProtobufCMessage **page_rows = *(ProtobufCMessage ***)field_member(link->answer, rows);
        if (page_count > 0) {
            memcpy(joined + used, page_rows, page_count * sizeof *joined);
        }
        used += page_count;
    }
    memcpy(field_member(whole, rows), &joined, sizeof(ProtobufCMessage **));
    *field_count(whole, rows) = count;
    *(const char **)member_named(whole, "next_cursor") = "";
    return DAYBOOK_OK;
}

static enum daybook_status ask_all(struct pages *pages, struct daybook_error *error) {
    enum daybook_status status = ask_page(pages, error);
    if (status != DAYBOOK_OK || options_has(&pages->invocation->options, "limit") ||
        options_has(&pages->invocation->options, "top")) {
        return status;
    }
    char *cursor = next_cursor_of(pages->last->answer);
    while (status == DAYBOOK_OK && *cursor != '\0') {
        status = aim_at_next(pages, cursor, error);
        if (status == DAYBOOK_OK) {
            status = ask_page(pages, error);
        }
        if (status == DAYBOOK_OK) {
            cursor = next_cursor_of(pages->last->answer);
        }
    }
    return status == DAYBOOK_OK && pages->first != pages->last ? join(pages, error) : status;
}

/* How many events there are by now is not said: the same coordinates print the same bytes for ever. Policies follow
 * each other until the line is full; without a terminal they stand in one. */
static enum daybook_status print_position(const Pb__Position *position, struct arena *arena,
                                          struct daybook_error *error) {
    size_t width = console_width(stdout);
    bool has_time = position->known_at_time[0] != '\0';
    const char *text =
        arena_format(arena, _("As of %s, known at %" PRIu64 "%s%s%s."), position->as_of, position->known_at,
                     has_time ? " (" : "", position->known_at_time, has_time ? ")" : "");
    if (text != NULL) {
        console_wrap(stdout, text, width, 0, 0);
    }
    for (size_t i = 0; text != NULL && i < position->n_policies; i++) {
        const Pb__Policy *policy = position->policies[i];
        text = arena_format(arena, "%s%s%s = %s", i == 0 ? _("Policies: ") : text, i == 0 ? "" : _("; "),
                            word_of(policy->name), word_text(policy->value, arena));
    }
    if (text != NULL && position->n_policies > 0) {
        text = arena_format(arena, "%s%s", text, _("."));
    }
    if (text == NULL) {
        return no_memory(error);
    }
    if (position->n_policies > 0) {
        console_wrap(stdout, text, width, 2, 0);
    }
    (void)printf("\n");
    return DAYBOOK_OK;
}

static enum daybook_status print_table(const struct invocation *invocation, const ProtobufCMessage *answer,
                                       struct daybook_error *error) {
    struct table *table = view_table_of(answer, invocation->arena);
    if (table == NULL) {
        return no_memory(error);
    }
    if (options_has(&invocation->options, "csv")) {
        return table_print_csv(table, stdout, error);
    }
    const Pb__Position *position = answer_position(answer);
    if (position != NULL) {
        DAYBOOK_TRY(print_position(position, invocation->arena, error));
    }
    if (table_is_empty(table)) {
        (void)printf("%s", _("Nothing to show.\n"));
    }
    enum daybook_status status = table_print(table, stdout, error);
    if (isatty(STDOUT_FILENO)) {
        aging_bar_print(answer, invocation->arena, stdout);
    }
    books_print_notes(answer, stdout);
    if (status == DAYBOOK_OK) {
        status = kpi_print_notes(answer, invocation->arena, stdout, error);
    }
    if (status == DAYBOOK_OK) {
        status = credit_print_notes(answer, invocation->arena, stdout, error);
    }
    const char *cursor = next_cursor_of(answer);
    if (status == DAYBOOK_OK && *cursor != '\0' && !options_has(&invocation->options, "top")) {
        (void)printf(_("\nMore: --cursor '%s'\n"), cursor);
    }
    return status;
}

/* A command whose question names no currency of its own has no amounts among its options. */
static enum daybook_status build(struct pages *pages, struct daybook_error *error) {
    const struct invocation *invocation = pages->invocation;
    const ProtobufCFieldDescriptor *arm = message_find_field(&pb__query__descriptor, invocation->command->message);
    assert(arm != NULL);
    pb__query__init(&pages->query);
    pages->question = field_submessage(&pages->query.base, arm, invocation->arena);
    if (pages->question == NULL) {
        return no_memory(error);
    }
    /* A person wants to read when "known at" was. */
    const ProtobufCFieldDescriptor *at = message_find_field(pages->question->descriptor, "at");
    Pb__At *coordinates = (Pb__At *)field_submessage(pages->question, at, invocation->arena);
    if (coordinates == NULL) {
        return no_memory(error);
    }
    coordinates->with_time = true;
    if (options_has(&invocation->options, "top") && !options_has(&invocation->options, "sort")) {
        *(int *)member_named(pages->question, "order") = PB__ORDER__ORDER_AMOUNT;
    }
    struct field_target target = {&pages->query.base, pages->question, NULL, invocation->arena};
    return field_form_apply_all(&target, invocation, error);
}

static size_t row_count(const ProtobufCMessage *answer) {
    return *field_count(answer, protobuf_c_message_descriptor_get_field_by_name(answer->descriptor, "rows"));
}

/* Nothing to show of a customer who is there is an answer; of one who is not, it is an error. */
static enum daybook_status check_customer(const struct pages *pages, struct daybook_error *error) {
    const struct invocation *invocation = pages->invocation;
    const ProtobufCFieldDescriptor *field = message_find_field(pages->question->descriptor, "customer");
    const char *customer = field == NULL ? "" : *(char **)field_member(pages->question, field);
    if (*customer == '\0' || row_count(pages->first->answer) > 0) {
        return DAYBOOK_OK;
    }
    Pb__CustomersQuery customers = PB__CUSTOMERS_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    customers.customer = (char *)(uintptr_t)customer;
    customers.at = *(Pb__At **)member_named(pages->question, "at");
    query.question_case = PB__QUERY__QUESTION_CUSTOMERS;
    query.customers = &customers;
    ProtobufCMessage *answer;
    enum daybook_status status = command_ask(invocation, pages->ledger, &query, &answer, error);
    if (status == DAYBOOK_OK && row_count(answer) == 0) {
        status =
            daybook_fail(error, DAYBOOK_NOT_FOUND,
                         _("no customer \"%.64s\" was opened at these coordinates; \"daybook customer list\" lists "
                           "those who were"),
                         customer);
    }
    return status;
}

int command_view_run(struct invocation *invocation) {
    struct daybook_error error;
    struct pages pages = {.invocation = invocation};
    if (options_has(&invocation->options, "json") && options_has(&invocation->options, "csv")) {
        return command_usage(invocation, "%s", _("--json and --csv exclude each other"));
    }
    if (options_has(&invocation->options, "top") && options_has(&invocation->options, "limit")) {
        return command_usage(invocation, "%s", _("--top and --limit exclude each other"));
    }
    progress_watch_interrupt();
    enum daybook_status status = build(&pages, &error);
    if (status == DAYBOOK_OK) {
        status = command_open_reader(invocation, &pages.ledger, &error);
    }
    if (status == DAYBOOK_OK) {
        status = ask_all(&pages, &error);
    }
    if (status == DAYBOOK_OK) {
        status = check_customer(&pages, &error);
    }
    if (status == DAYBOOK_OK) {
        status = options_has(&invocation->options, "json") ? command_print_json(pages.first->answer, &error)
                                                           : print_table(invocation, pages.first->answer, &error);
    }
    daybook_close(pages.ledger);
    return status == DAYBOOK_OK ? EXIT_DONE : command_fail(&error);
}
