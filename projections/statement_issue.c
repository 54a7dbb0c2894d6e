/* Issuing: which statements are missing, computed at the head, submitted in one batch for all accounts of a page. */
#include "projections/statement_issue.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "codec/wire.h"
#include "projections/balance.h"
#include "projections/query_book.h"
#include "projections/query_statement.h"
#include "projections/statement.h"

enum { ACCOUNTS_DEFAULT = 256, ACCOUNTS_MAX = 4096, REQUEST_ARENA_BYTES = 1 << 20 };

#define WORK_ARENA_BYTES ((size_t)512 << 20)

/* An account of the page. */
struct billed {
    struct account_row account;
    bool has_statements;
    int32_t from_on;   /* Where its next one begins. */
    int32_t tried_on;  /* The last day up to which nothing was to be told; else from_on. */
    uint64_t sequence; /* Of what was issued in this round. */
    bool is_done;
    bool is_issued; /* In this call. */
};

struct issuing {
    struct daybook *ledger;
    const Pb__IssueStatementsRequest *request;
    struct arena *arena; /* The answer's. */
    struct arena work;   /* Of one statement. */
    Pb__IssueStatementsAnswer *made;
    int32_t from_on;
    int32_t to_on;
    Pb__StatementKind kind;
    struct billed *accounts;
    size_t account_count;
    struct pointers issued;
    /* The batch of a round. */
    struct daybook_buffer encoded;
    size_t *ends;   /* Of each request in `encoded`. */
    size_t *billed; /* Which account each is of; ACCOUNTS_MAX at most. */
    size_t count;
    uint64_t known_at; /* Of the round. */
};

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "while issuing statements: memory was refused");
}

/* ---- the request ---- */

static enum daybook_status read_terms(struct issuing *issuing, struct daybook_error *error) {
    const Pb__IssueStatementsRequest *request = issuing->request;
    if (!date_parse(request->to_on, strlen(request->to_on), &issuing->to_on)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "statements end on a day: to_on \"%.32s\" is none; write it like 2024-02-29",
                            request->to_on);
    }
    if (request->from_on[0] != '\0' && !date_parse(request->from_on, strlen(request->from_on), &issuing->from_on)) {
        return daybook_fail(error, DAYBOOK_INVALID, "from_on \"%.32s\" is no date; write it like 2024-02-29",
                            request->from_on);
    }
    if (issuing->to_on > ledger_today(issuing->ledger)) {
        char today[DATE_TEXT_SIZE];
        return daybook_fail(error, DAYBOOK_INVALID, "statements through %s: that day has not come; today is %s",
                            request->to_on, date_format(ledger_today(issuing->ledger), today));
    }
    if (issuing->from_on >= issuing->to_on) {
        return daybook_fail(error, DAYBOOK_INVALID, "statements after %s through %s have no day", request->from_on,
                            request->to_on);
    }
    if (request->statement[0] != '\0' && (request->customer[0] == '\0' || request->by_month)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "an id names one statement; give a customer, and do not ask for months");
    }
    issuing->kind = statement_kind_or_default(request->kind);
    return DAYBOOK_OK;
}

/* ---- the page ---- */

/* Behind the account that the page before ended with. */
static enum daybook_status continue_after(struct book *book, struct daybook_error *error) {
    const struct page *page = &book->page;
    struct account_row *last = &book->begin_after;
    if (page->after_size == 0) {
        return DAYBOOK_OK;
    }
    const uint8_t *end = memchr(page->after, 0, page->after_size);
    size_t customer_size = end == NULL ? 0 : (size_t)(end - page->after);
    size_t currency_size = page->after_size - customer_size - 1;
    if (customer_size == 0 || customer_size >= sizeof last->customer || currency_size >= sizeof last->currency) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "the page's cursor is none that issuing statements gave; begin without one");
    }
    memcpy(last->customer, page->after, customer_size);
    memcpy(last->currency, end + 1, currency_size);
    return DAYBOOK_OK;
}

static enum daybook_status take_account(void *context, struct book *book, const struct account_row *account,
                                        struct daybook_error *error) {
    struct issuing *issuing = context;
    uint8_t key[PAGE_KEY_MAX];
    (void)error;
    if (page_take(&book->page, key, page_account_key(account, key))) {
        issuing->accounts[issuing->account_count++] = (struct billed){.account = *account};
    }
    book->is_enough = book->page.has_more;
    return DAYBOOK_OK;
}

/* A customer who was named gets a statement even where no money ever moved. */
static enum daybook_status add_named(struct issuing *issuing, struct daybook_error *error) {
    const Pb__IssueStatementsRequest *request = issuing->request;
    const char *currency = request->currency[0] != '\0' ? request->currency : ledger_config(issuing->ledger)->currency;
    struct billed *billed = &issuing->accounts[0];
    if (strlen(request->customer) > LIMIT_ID_BYTES || strlen(currency) >= sizeof billed->account.currency) {
        return daybook_fail(error, DAYBOOK_INVALID, "no customer has such an id, or no account such a currency");
    }
    *billed = (struct billed){0};
    (void)snprintf(billed->account.customer, sizeof billed->account.customer, "%s", request->customer);
    (void)snprintf(billed->account.currency, sizeof billed->account.currency, "%s", currency);
    issuing->account_count = 1;
    return DAYBOOK_OK;
}

static enum daybook_status reserve(struct issuing *issuing, size_t count, struct daybook_error *error) {
    issuing->accounts = arena_alloc(issuing->arena, count * sizeof *issuing->accounts);
    issuing->ends = arena_alloc(issuing->arena, count * sizeof *issuing->ends);
    issuing->billed = arena_alloc(issuing->arena, count * sizeof *issuing->billed);
    return issuing->accounts == NULL || issuing->ends == NULL || issuing->billed == NULL ? no_memory(error)
                                                                                         : DAYBOOK_OK;
}

static enum daybook_status walk_page(struct issuing *issuing, struct book *book, struct daybook_error *error) {
    const Pb__IssueStatementsRequest *request = issuing->request;
    struct page *page = &book->page;
    page->limit = request->page == NULL || request->page->limit == 0 ? ACCOUNTS_DEFAULT
                  : page->limit < ACCOUNTS_MAX                       ? page->limit
                                                                     : ACCOUNTS_MAX;
    DAYBOOK_TRY(reserve(issuing, page->limit, error));
    DAYBOOK_TRY(continue_after(book, error));
    book->accounts_table = BALANCE_ACCOUNTS;
    book_add_view(book, "balance");
    DAYBOOK_TRY(book_walk(book, take_account, issuing, error));
    issuing->made->next_cursor = page_next_cursor(page, issuing->arena);
    if (issuing->made->next_cursor == NULL) {
        return no_memory(error);
    }
    bool is_nobody = issuing->account_count == 0 && page->after_size == 0;
    return is_nobody && request->customer[0] != '\0' && request->tag[0] == '\0' ? add_named(issuing, error)
                                                                                : DAYBOOK_OK;
}

/* Tags are those of the last day that is told: whoever asks again on another day gets the same customers. */
static enum daybook_status find_accounts(struct issuing *issuing, struct daybook_error *error) {
    const Pb__IssueStatementsRequest *request = issuing->request;
    Pb__At at = PB__AT__INIT;
    struct book book;
    at.as_of = request->to_on;
    struct book_question question = {&at,          request->customer, request->currency,
                                     request->tag, request->page,     {"balance", "statements", "aging", "lots"}};
    enum daybook_status status = book_open_unchecked(&book, issuing->ledger, issuing->arena, &question, error);
    if (status == DAYBOOK_OK) {
        status = walk_page(issuing, &book, error);
    }
    book_close(&book);
    return status;
}

/* ---- requests ---- */

/* SI1: of what a request is for, so that it is the same whenever it is asked. */
static enum daybook_status make_key(const char *what, const struct account_row *account, uint64_t number,
                                    uint8_t key[SHA256_SIZE], struct daybook_error *error) {
    char text[2 * LIMIT_ID_BYTES + 64];
    int size = snprintf(text, sizeof text, "%s\n%s\n%s\n%" PRIu64, what, account->customer, account->currency, number);
    return statement_digest((struct daybook_bytes){(const uint8_t *)text, (size_t)size}, key, error);
}

static enum daybook_status add_request(struct issuing *issuing, Pb__Request *request, size_t billed,
                                       const uint8_t key[SHA256_SIZE], struct daybook_error *error) {
    request->key = (ProtobufCBinaryData){SHA256_SIZE, (uint8_t *)(uintptr_t)key};
    request->actor = issuing->request->actor;
    request->role = issuing->request->role;
    request->customer = issuing->accounts[billed].account.customer;
    if (wire_encode(&request->base, &issuing->encoded) != DAYBOOK_OK) {
        return no_memory(error);
    }
    issuing->billed[issuing->count] = billed;
    issuing->ends[issuing->count++] = issuing->encoded.size;
    return DAYBOOK_OK;
}

static enum daybook_status submit(struct issuing *issuing, struct daybook_answers *answers,
                                  struct daybook_error *error) {
    struct daybook_buffer list = {0};
    enum daybook_status status = DAYBOOK_OK;
    for (size_t i = 0; status == DAYBOOK_OK && i < issuing->count; i++) {
        size_t begin = i == 0 ? 0 : issuing->ends[i - 1];
        struct daybook_bytes one = {issuing->encoded.data + begin, issuing->ends[i] - begin};
        status = daybook_buffer_append(&list, &one, sizeof one);
    }
    status = status != DAYBOOK_OK ? no_memory(error)
                                  : daybook_submit(issuing->ledger, (const void *)list.data, issuing->count,
                                                   DAYBOOK_SUBMIT_EACH, answers, error);
    daybook_buffer_release(&list);
    return status;
}

static void begin_batch(struct issuing *issuing) {
    daybook_buffer_reset(&issuing->encoded);
    issuing->count = 0;
}

/* SI2. A customer who was closed has nothing that could expire, and the refusal says so. */
static enum daybook_status expire(struct issuing *issuing, struct daybook_error *error) {
    struct coordinates at;
    struct daybook_answers answers = {0};
    DAYBOOK_TRY(ledger_resolve(issuing->ledger, NULL, &at, error));
    begin_batch(issuing);
    for (size_t i = 0; i < issuing->account_count; i++) {
        Pb__Request request = PB__REQUEST__INIT;
        Pb__ExpireDue command = PB__EXPIRE_DUE__INIT;
        uint8_t key[SHA256_SIZE];
        if (i > 0 && strcmp(issuing->accounts[i].account.customer, issuing->accounts[i - 1].account.customer) == 0) {
            continue; /* All currencies of a customer expire at once. */
        }
        DAYBOOK_TRY(make_key("expire before statements", &issuing->accounts[i].account, at.head, key, error));
        request.command_case = PB__REQUEST__COMMAND_EXPIRE_DUE;
        request.expire_due = &command;
        DAYBOOK_TRY(add_request(issuing, &request, i, key, error));
    }
    if (issuing->count == 0) {
        return DAYBOOK_OK;
    }
    enum daybook_status status = submit(issuing, &answers, error);
    daybook_answers_release(&answers);
    return status;
}

/* ---- what is missing ---- */

/* Where the account's next statement begins. */
static enum daybook_status find_last(struct issuing *issuing, struct store_txn *txn, struct billed *billed,
                                     struct daybook_error *error) {
    struct account_row account;
    struct statement_row row;
    bool is_found = false;
    billed->from_on = issuing->from_on;
    DAYBOOK_TRY(account_find(txn, STATEMENTS_ACCOUNTS, billed->account.customer, billed->account.currency, &account,
                             &is_found, error));
    if (is_found) {
        DAYBOOK_TRY(
            statements_last(txn, account.number, DATE_MAX, issuing->known_at, &issuing->work, &row, &is_found, error));
    }
    billed->has_statements = is_found;
    if (is_found) {
        billed->from_on = row.body->to_on;
        billed->sequence = row.sequence;
    }
    if (billed->tried_on < billed->from_on) {
        billed->tried_on = billed->from_on;
    }
    return DAYBOOK_OK;
}

/* Fills where each account's next statement begins, at the head, which is the round's K. */
static enum daybook_status begin_round(struct issuing *issuing, struct daybook_error *error) {
    struct coordinates at;
    struct view_read read;
    DAYBOOK_TRY(ledger_resolve(issuing->ledger, NULL, &at, error));
    issuing->known_at = at.head;
    begin_batch(issuing);
    DAYBOOK_TRY(ledger_begin_read(issuing->ledger, "statements", issuing->known_at, &read, error));
    enum daybook_status status = DAYBOOK_OK;
    for (size_t i = 0; i < issuing->account_count && status == DAYBOOK_OK; i++) {
        arena_reset(&issuing->work);
        status = find_last(issuing, read.txn, &issuing->accounts[i], error);
    }
    if (status == DAYBOOK_DAMAGED) {
        view_mark_damaged(read.view, "issuing statements met damaged rows");
    }
    view_end_read(&read);
    return status;
}

/* The end of the next period after `tried_on`; by month only where a beginning is known. */
static int32_t next_end(const struct issuing *issuing, const struct billed *billed) {
    if (!issuing->request->by_month || billed->tried_on == DATE_NONE) {
        return issuing->to_on;
    }
    int32_t end = date_end_of_month(billed->tried_on + 1);
    return end < issuing->to_on ? end : issuing->to_on;
}

/* Nothing to tell: nothing happened, and nothing is left. Of a customer who was named all is told. */
static bool is_idle(const struct issuing *issuing, const Pb__Statement *statement) {
    static const Pb__StatementAmounts zero = PB__STATEMENT_AMOUNTS__INIT;
    bool is_blank = statement->n_sums == 0 && statement->n_change_rows == 0;
    if (!is_blank) {
        return false;
    }
    if (statement_amounts_equal(statement->closing, &zero)) {
        return issuing->request->customer[0] == '\0' || issuing->request->moved_only;
    }
    const Pb__StatementAmounts *closing = statement->closing;
    return issuing->request->moved_only && closing->owed_minor == 0 && closing->receivable_minor == 0 &&
           closing->deposit_minor == 0 && closing->dormant_minor == 0 && closing->pending_minor == 0;
}

static enum daybook_status add_statement(struct issuing *issuing, size_t index, const Pb__Statement *statement,
                                         struct daybook_error *error) {
    Pb__Request request = PB__REQUEST__INIT;
    Pb__IssueStatement command = PB__ISSUE_STATEMENT__INIT;
    Pb__StatementFigures opening;
    Pb__StatementFigures changes;
    Pb__StatementFigures closing;
    struct daybook_buffer content = {0};
    uint8_t digest[SHA256_SIZE];
    uint8_t key[SHA256_SIZE];
    int32_t to_on = DATE_NONE;
    (void)date_parse(statement->to_on, strlen(statement->to_on), &to_on);
    statement_set_figures(&opening, statement->opening);
    statement_set_figures(&changes, statement->changes);
    statement_set_figures(&closing, statement->closing);
    enum daybook_status status = statement_write(statement, STATEMENT_FORMAT, &content, error);
    if (status == DAYBOOK_OK) {
        status = statement_digest(daybook_buffer_view(&content), digest, error);
    }
    if (status == DAYBOOK_OK) {
        status = make_key("statement", &issuing->accounts[index].account, (uint64_t)to_on, key, error);
    }
    command.statement = statement->statement;
    command.kind = statement->kind;
    command.from_on = statement->from_on;
    command.to_on = statement->to_on;
    command.known_at = statement->known_at;
    command.format = STATEMENT_FORMAT;
    command.content_sha256 = (ProtobufCBinaryData){sizeof digest, digest};
    command.content_bytes = content.size;
    command.n_policies = statement->n_policies;
    command.policies = statement->policies;
    command.opening = &opening;
    command.changes = &changes;
    command.closing = &closing;
    request.currency = issuing->accounts[index].account.currency;
    request.command_case = PB__REQUEST__COMMAND_ISSUE_STATEMENT;
    request.issue_statement = &command;
    daybook_buffer_release(&content);
    return status == DAYBOOK_OK ? add_request(issuing, &request, index, key, error) : status;
}

/* Computes the account's next statement; passes over periods of which there is nothing to tell. */
static enum daybook_status add_next(struct issuing *issuing, size_t index, struct daybook_error *error) {
    struct billed *billed = &issuing->accounts[index];
    while (!billed->is_done) {
        char to[DATE_TEXT_SIZE];
        char id[LIMIT_ID_BYTES + 1];
        Pb__Statement *statement = NULL;
        int32_t end = next_end(issuing, billed);
        if (billed->tried_on >= issuing->to_on) {
            billed->is_done = true;
            break;
        }
        const char *named = issuing->request->statement;
        (void)snprintf(id, sizeof id, "%s-%s", date_format(end, to), billed->account.currency);
        struct statement_terms terms = {
            .statement = named[0] != '\0' ? named : id,
            .customer = billed->account.customer,
            .currency = billed->account.currency,
            .kind = issuing->kind,
            .from_on = billed->from_on,
            .to_on = end,
            .known_at = issuing->known_at,
        };
        arena_reset(&issuing->work);
        DAYBOOK_TRY(statement_compute(issuing->ledger, &terms, &issuing->work, &statement, error));
        billed->tried_on = end;
        if (!is_idle(issuing, statement)) {
            return add_statement(issuing, index, statement, error);
        }
        if (!billed->has_statements) {
            billed->from_on = end; /* Nothing was told before, so nothing has to join on. */
        }
    }
    return DAYBOOK_OK;
}

/* ---- a round ---- */

/* Another caller may have issued the same meanwhile: then the next round finds that. */
static bool is_overtaken(const Pb__Refusal *refusal) {
    return refusal->code == PB__REFUSAL_CODE__REFUSAL_CODE_STATEMENT_NOT_NEXT ||
           refusal->code == PB__REFUSAL_CODE__REFUSAL_CODE_KEY_REUSED;
}

static enum daybook_status keep_refusal(struct issuing *issuing, const Pb__Refusal *refusal) {
    Pb__Refusal *copy = arena_alloc(issuing->arena, sizeof *copy);
    if (copy == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    *copy = *refusal;
    copy->message = arena_copy_text(issuing->arena, refusal->message, strlen(refusal->message));
    copy->document = arena_copy_text(issuing->arena, refusal->document, strlen(refusal->document));
    copy->currency = arena_copy_text(issuing->arena, refusal->currency, strlen(refusal->currency));
    copy->date = arena_copy_text(issuing->arena, refusal->date, strlen(refusal->date));
    issuing->made->refusal = copy;
    return copy->message == NULL || copy->document == NULL || copy->currency == NULL || copy->date == NULL
               ? DAYBOOK_NO_MEMORY
               : DAYBOOK_OK;
}

static enum daybook_status take_answers(struct issuing *issuing, const struct daybook_answers *answers) {
    for (size_t i = 0; i < answers->count; i++) {
        const struct daybook_answer *answer = &answers->items[i];
        struct billed *billed = &issuing->accounts[issuing->billed[i]];
        if (answer->refusal == NULL) {
            billed->sequence = answer->last_sequence;
            billed->is_issued = billed->is_issued || !answer->is_repeated;
            issuing->made->issued_count += !answer->is_repeated;
            continue;
        }
        if (!is_overtaken(answer->refusal) && issuing->made->refusal == NULL) {
            DAYBOOK_TRY(keep_refusal(issuing, answer->refusal));
        }
        billed->sequence = 0;
        billed->is_done = true; /* This call says what it found; the next one goes on. */
    }
    return DAYBOOK_OK;
}

/* What the round issued, as the view has it. */
static enum daybook_status list_issued(struct issuing *issuing, struct daybook_error *error) {
    struct coordinates at;
    struct view_read read;
    DAYBOOK_TRY(ledger_resolve(issuing->ledger, NULL, &at, error));
    DAYBOOK_TRY(ledger_begin_read(issuing->ledger, "statements", at.head, &read, error));
    enum daybook_status status = DAYBOOK_OK;
    for (size_t i = 0; i < issuing->count && status == DAYBOOK_OK; i++) {
        struct billed *billed = &issuing->accounts[issuing->billed[i]];
        struct account_row account;
        struct statement_row row;
        Pb__IssuedStatement *issued = NULL;
        bool is_found = false;
        if (billed->sequence == 0) {
            continue;
        }
        status = account_find(read.txn, STATEMENTS_ACCOUNTS, billed->account.customer, billed->account.currency,
                              &account, &is_found, error);
        if (status == DAYBOOK_OK && is_found) {
            status = statements_last(read.txn, account.number, DATE_MAX, billed->sequence, issuing->arena, &row,
                                     &is_found, error);
        }
        if (status == DAYBOOK_OK && is_found) {
            status = statement_copy_issued(&account, &row, issuing->arena, &issued);
        }
        if (status == DAYBOOK_OK && issued != NULL) {
            status = pointers_add(&issuing->issued, issuing->arena, issued);
        }
    }
    view_end_read(&read);
    return status;
}

static enum daybook_status run_round(struct issuing *issuing, bool *has_more, struct daybook_error *error) {
    struct daybook_answers answers = {0};
    DAYBOOK_TRY(begin_round(issuing, error));
    for (size_t i = 0; i < issuing->account_count; i++) {
        DAYBOOK_TRY(add_next(issuing, i, error));
    }
    *has_more = issuing->count > 0;
    if (!*has_more) {
        return DAYBOOK_OK;
    }
    enum daybook_status status = submit(issuing, &answers, error);
    if (status == DAYBOOK_OK) {
        status = take_answers(issuing, &answers);
    }
    daybook_answers_release(&answers);
    if (status == DAYBOOK_OK) {
        status = list_issued(issuing, error);
    }
    *has_more = issuing->made->refusal == NULL;
    return status;
}

static enum daybook_status run(struct issuing *issuing, struct daybook_error *error) {
    bool has_more = true;
    DAYBOOK_TRY(read_terms(issuing, error));
    DAYBOOK_TRY(find_accounts(issuing, error));
    DAYBOOK_TRY(expire(issuing, error));
    while (has_more) {
        DAYBOOK_TRY(run_round(issuing, &has_more, error));
    }
    for (size_t i = 0; i < issuing->account_count; i++) {
        issuing->made->known_count += !issuing->accounts[i].is_issued;
    }
    issuing->made->account_count = issuing->account_count;
    issuing->made->n_issued = issuing->issued.count;
    issuing->made->issued = (Pb__IssuedStatement **)issuing->issued.items;
    return DAYBOOK_OK;
}

enum daybook_status statement_issue(struct daybook *ledger, const Pb__IssueStatementsRequest *request,
                                    struct arena *arena, Pb__IssueStatementsAnswer **answer,
                                    struct daybook_error *error) {
    struct issuing issuing = {.ledger = ledger, .request = request, .arena = arena};
    issuing.made = arena_alloc(arena, sizeof *issuing.made);
    if (issuing.made == NULL) {
        return no_memory(error);
    }
    pb__issue_statements_answer__init(issuing.made);
    arena_init(&issuing.work, WORK_ARENA_BYTES);
    enum daybook_status status = run(&issuing, error);
    arena_release(&issuing.work);
    daybook_buffer_release(&issuing.encoded);
    *answer = issuing.made;
    return status == DAYBOOK_NO_MEMORY ? no_memory(error) : status;
}

enum daybook_status daybook_issue_statements(struct daybook *ledger, struct daybook_bytes request,
                                             struct daybook_buffer *answer, struct daybook_error *error) {
    struct arena request_arena;
    struct arena answer_arena;
    ProtobufCMessage *asked = NULL;
    Pb__IssueStatementsAnswer *made = NULL;
    arena_init(&request_arena, REQUEST_ARENA_BYTES);
    arena_init(&answer_arena, WORK_ARENA_BYTES);
    enum daybook_status status =
        wire_decode(&pb__issue_statements_request__descriptor, request, &request_arena, &asked, error);
    if (status != DAYBOOK_OK) {
        status = daybook_fail(error, DAYBOOK_INVALID, "the request to issue statements cannot be read as one");
        goto out;
    }
    status = statement_issue(ledger, (const Pb__IssueStatementsRequest *)asked, &answer_arena, &made, error);
    if (status != DAYBOOK_OK) {
        goto out;
    }
    daybook_buffer_reset(answer);
    if (wire_encode(&made->base, answer) != DAYBOOK_OK) {
        status = no_memory(error);
    }
out:
    arena_release(&answer_arena);
    arena_release(&request_arena);
    return status;
}
