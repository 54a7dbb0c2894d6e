/* Statements: a preview, an issued one word for word, and the list of those that were issued. */
#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "projections/query_book.h"
#include "projections/query_statement.h"
#include "projections/statement.h"

/* ---- content and digest ---- */

enum daybook_status statement_digest(struct daybook_bytes content, uint8_t digest[SHA256_SIZE],
                                     struct daybook_error *error) {
    struct sha256 *sha256 = sha256_open();
    if (sha256 == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while digesting a statement: memory was refused");
    }
    sha256_begin(sha256);
    sha256_update(sha256, content.data, content.size);
    sha256_end(sha256, digest);
    sha256_close(sha256);
    return DAYBOOK_OK;
}

/* The answer's content and digest. */
static enum daybook_status write_content(Pb__StatementAnswer *made, uint32_t format, struct arena *arena,
                                         struct daybook_error *error) {
    struct daybook_buffer content = {0};
    uint8_t *digest = arena_alloc(arena, SHA256_SIZE);
    enum daybook_status status = digest == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
    if (status == DAYBOOK_OK) {
        status = statement_write(made->statement, format, &content, error);
    }
    if (status == DAYBOOK_OK) {
        status = statement_digest(daybook_buffer_view(&content), digest, error);
    }
    if (status == DAYBOOK_OK) {
        made->content = arena_copy_text(arena, (const char *)content.data, content.size);
        made->content_sha256 = (ProtobufCBinaryData){SHA256_SIZE, digest};
        status = made->content == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
    }
    daybook_buffer_release(&content);
    return status;
}

void statement_set_figures(Pb__StatementFigures *figures, const Pb__StatementAmounts *amounts) {
    pb__statement_figures__init(figures);
    figures->receivable_minor = amounts->receivable_minor;
    figures->unapplied_minor = amounts->unapplied_minor;
    figures->deposit_minor = amounts->deposit_minor;
    figures->dormant_minor = amounts->dormant_minor;
}

static bool figures_match(const Pb__StatementFigures *figures, const Pb__StatementAmounts *amounts) {
    return figures != NULL && figures->receivable_minor == amounts->receivable_minor &&
           figures->unapplied_minor == amounts->unapplied_minor && figures->deposit_minor == amounts->deposit_minor &&
           figures->dormant_minor == amounts->dormant_minor;
}

/* What was computed now against what was recorded then. */
static enum daybook_status compare(const Pb__StatementAnswer *made, const struct statement_row *row,
                                   struct daybook_error *error) {
    const Pb__StatementIssued *body = row->body;
    bool is_same = body->content_sha256.len == SHA256_SIZE &&
                   memcmp(body->content_sha256.data, made->content_sha256.data, SHA256_SIZE) == 0 &&
                   body->content_bytes == strlen(made->content);
    bool is_true = figures_match(body->opening, made->statement->opening) &&
                   figures_match(body->changes, made->statement->changes) &&
                   figures_match(body->closing, made->statement->closing);
    if (!is_same || !is_true) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "statement \"%.64s\" of customer \"%.64s\" is not what event %" PRIu64
                            " recorded: its %s differ; verify the journal, then rebuild the views",
                            body->statement, made->statement->customer, row->sequence,
                            is_same ? "figures" : "content and its SHA-256");
    }
    return DAYBOOK_OK;
}

/* ---- one that was issued ---- */

enum daybook_status statement_copy_issued(const struct account_row *account, const struct statement_row *row,
                                          struct arena *arena, Pb__IssuedStatement **made) {
    const Pb__StatementIssued *body = row->body;
    Pb__IssuedStatement *issued = arena_alloc(arena, sizeof *issued);
    char from[DATE_TEXT_SIZE];
    char to[DATE_TEXT_SIZE];
    char on[DATE_TEXT_SIZE];
    if (issued == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    (void)date_format(body->from_on, from);
    (void)date_format(body->to_on, to);
    (void)date_format(row->issued_on, on);
    pb__issued_statement__init(issued);
    issued->customer = arena_copy_text(arena, account->customer, strlen(account->customer));
    issued->currency = arena_copy_text(arena, account->currency, strlen(account->currency));
    issued->from_on = arena_copy_text(arena, from, strlen(from));
    issued->to_on = arena_copy_text(arena, to, strlen(to));
    issued->issued_on = arena_copy_text(arena, on, strlen(on));
    issued->statement = body->statement; /* The body is in the same arena. */
    issued->kind = body->kind;
    issued->known_at = body->known_at;
    issued->sequence = row->sequence;
    issued->format = body->format;
    issued->content_bytes = body->content_bytes;
    issued->content_sha256 = body->content_sha256;
    issued->previous = body->previous;
    issued->opening = body->opening;
    issued->changes = body->changes;
    issued->closing = body->closing;
    *made = issued;
    return issued->customer == NULL || issued->currency == NULL || issued->from_on == NULL || issued->to_on == NULL ||
                   issued->issued_on == NULL
               ? DAYBOOK_NO_MEMORY
               : DAYBOOK_OK;
}

/* In whichever currency it is: ids are the customer's. */
static enum daybook_status find_by_id(struct book *book, const char *id, struct account_row *account,
                                      struct statement_row *row, bool *is_found, struct daybook_error *error) {
    struct store_txn *txn = book->reads[0].txn;
    struct account_walk walk;
    bool has_account = true;
    *is_found = false;
    DAYBOOK_TRY(account_walk_open(txn, STATEMENTS_ACCOUNTS, book->customer, &walk, error));
    enum daybook_status status = DAYBOOK_OK;
    while (status == DAYBOOK_OK && !*is_found) {
        status = account_walk_next(&walk, account, &has_account, error);
        if (status != DAYBOOK_OK || !has_account) {
            break;
        }
        if (book->currency[0] == '\0' || strcmp(book->currency, account->currency) == 0) {
            status = statements_find(txn, account->number, id, book->arena, row, is_found, error);
        }
    }
    account_walk_close(&walk);
    return status;
}

static enum daybook_status find_issued(struct book *book, const char *id, struct account_row *account,
                                       struct statement_row *row, struct daybook_error *error) {
    bool is_found = false;
    book_add_view(book, "statements");
    DAYBOOK_TRY(book_begin(book, error));
    enum daybook_status status = book_check(book, 0, find_by_id(book, id, account, row, &is_found, error), error);
    book_end(book);
    if (status == DAYBOOK_OK && (!is_found || row->sequence > book->at.known_at || row->issued_on > book->at.as_of)) {
        return daybook_fail(error, DAYBOOK_NOT_FOUND,
                            "no statement \"%.64s\" of customer \"%.64s\" had been issued at these coordinates; "
                            "\"daybook statement list\" lists those that were",
                            id, book->customer);
    }
    return status;
}

static enum daybook_status show_issued(struct book *book, const Pb__StatementQuery *asked, Pb__StatementAnswer *made,
                                       struct daybook_error *error) {
    struct account_row account;
    struct statement_row row;
    if (asked->from_on[0] != '\0' || asked->kind != PB__STATEMENT_KIND__STATEMENT_KIND_UNSPECIFIED) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "an issued statement has its own period and kind; name it alone, or ask for a preview");
    }
    DAYBOOK_TRY(find_issued(book, asked->statement, &account, &row, error));
    struct statement_terms terms = {
        .statement = row.body->statement,
        .customer = account.customer,
        .currency = account.currency,
        .kind = row.body->kind,
        .from_on = row.body->from_on,
        .to_on = row.body->to_on,
        .known_at = row.body->known_at,
    };
    DAYBOOK_TRY(statement_copy_issued(&account, &row, book->arena, &made->issued));
    DAYBOOK_TRY(statement_compute(book->ledger, &terms, book->arena, &made->statement, error));
    made->statement->format = row.body->format;
    DAYBOOK_TRY(write_content(made, row.body->format, book->arena, error));
    return compare(made, &row, error);
}

/* ---- a preview ---- */

static enum daybook_status preview(struct book *book, const Pb__StatementQuery *asked, Pb__StatementAnswer *made,
                                   struct daybook_error *error) {
    struct statement_terms terms = {
        .statement = "",
        .customer = asked->customer,
        .currency = asked->currency,
        .kind = statement_kind_or_default(asked->kind),
        .follows = asked->from_on[0] == '\0',
        .to_on = book->at.as_of,
        .known_at = book->at.known_at,
    };
    if (!terms.follows && !date_parse(asked->from_on, strlen(asked->from_on), &terms.from_on)) {
        return daybook_fail(error, DAYBOOK_INVALID, "\"%.32s\" is no date; write it like 2024-02-29", asked->from_on);
    }
    DAYBOOK_TRY(statement_compute(book->ledger, &terms, book->arena, &made->statement, error));
    return write_content(made, STATEMENT_FORMAT, book->arena, error);
}

Pb__StatementKind statement_kind_or_default(Pb__StatementKind kind) {
    return kind == PB__STATEMENT_KIND__STATEMENT_KIND_UNSPECIFIED ? PB__STATEMENT_KIND__STATEMENT_KIND_BALANCE_FORWARD
                                                                  : kind;
}

enum daybook_status query_statement(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                    ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__StatementQuery *asked = query->statement;
    struct book_question question = {
        asked->at, asked->customer, asked->currency, NULL, NULL, {"statements", "balance", "aging", "lots"}};
    struct book book;
    Pb__StatementAnswer *made = arena_alloc(arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    if (asked->customer[0] == '\0') {
        return daybook_fail(error, DAYBOOK_INVALID, "a statement is of one customer: name it");
    }
    pb__statement_answer__init(made);
    enum daybook_status status = book_open(&book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        status =
            asked->statement[0] != '\0' ? show_issued(&book, asked, made, error) : preview(&book, asked, made, error);
    }
    if (status == DAYBOOK_OK) {
        made->position = book_position(&book);
        status = made->position == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
    }
    if (status == DAYBOOK_OK) {
        made->position->n_policies = made->statement->n_policies;
        made->position->policies = made->statement->policies;
        *answer = &made->base;
    }
    book_close(&book);
    return status;
}

/* ---- the list ---- */

/* A statement's key on a page: the account's, 0x00, sequence u64 big-endian. */
static enum daybook_status visit(void *context, struct book *book, const struct account_row *account,
                                 struct daybook_error *error) {
    struct pointers *rows = context;
    struct statements_walk walk;
    uint8_t key[PAGE_KEY_MAX];
    size_t size = page_account_key(account, key);
    bool is_found = true;
    key[size++] = 0;
    DAYBOOK_TRY(book_check(book, 0, statements_walk_open(book->reads[0].txn, account->number, 0, &walk, error), error));
    enum daybook_status status = DAYBOOK_OK;
    while (status == DAYBOOK_OK) {
        struct statement_row row;
        Pb__IssuedStatement *issued = NULL;
        arena_reset(&book->scratch);
        status = statements_walk_next(&walk, &book->scratch, &row, &is_found, error);
        if (status != DAYBOOK_OK || !is_found || row.sequence > book->at.known_at) {
            break;
        }
        store_be64(key + size, row.sequence);
        if (row.issued_on > book->at.as_of || !page_take(&book->page, key, size + 8)) {
            continue;
        }
        bool is_there = false;
        status = statements_find(book->reads[0].txn, account->number, row.body->statement, book->arena, &row, &is_there,
                                 error);
        if (status == DAYBOOK_OK) {
            status = statement_copy_issued(account, &row, book->arena, &issued);
        }
        if (status == DAYBOOK_OK) {
            status = pointers_add(rows, book->arena, issued);
        }
    }
    statements_walk_close(&walk);
    return book_check(book, 0, status, error);
}

enum daybook_status query_statements(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                     ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__StatementsQuery *asked = query->statements;
    struct book_question question = {asked->at,  asked->customer, asked->currency,
                                     asked->tag, asked->page,     {"statements"}};
    struct pointers rows = {0};
    struct book book;
    Pb__StatementsAnswer *made = arena_alloc(arena, sizeof *made);
    enum daybook_status status = book_open(&book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        book.accounts_table = STATEMENTS_ACCOUNTS;
        book_add_view(&book, "statements");
        status = book_walk(&book, visit, &rows, error);
    }
    if (status == DAYBOOK_OK && made == NULL) {
        status = DAYBOOK_NO_MEMORY;
    }
    if (status == DAYBOOK_OK) {
        pb__statements_answer__init(made);
        made->position = book_position(&book);
        made->n_rows = rows.count;
        made->rows = (Pb__IssuedStatement **)rows.items;
        made->next_cursor = page_next_cursor(&book.page, arena);
        *answer = &made->base;
        status = made->position == NULL || made->next_cursor == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
    }
    book_close(&book);
    return status;
}
