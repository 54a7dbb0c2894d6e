/* Bridges of one customer or all, with totals for each currency. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "projections/bridge.h"
#include "projections/query_aging.h"
#include "projections/query_book.h"

/* For book_total: the currency comes first. */
struct bridge_total {
    char currency[ACCOUNT_CURRENCY_SIZE];
    struct bridge_columns before;
    struct bridge_columns change;
    struct bridge_columns after;
    uint64_t events;
};

/* A row of the page whose event is still to be read. */
struct unread {
    Pb__BridgeRow *row;
    uint64_t sequence;
};

struct bridges {
    struct coordinates from;
    struct aging_policy policy;
    struct bridge_question question; /* But for the account. */
    struct bridge bridge;            /* Of the account in work. */
    struct pointers rows;
    struct pointers unread; /* struct unread */
    struct pointers totals; /* struct bridge_total, by currency */
};

/* ---- rows ---- */

static enum daybook_status copy_columns(struct book *book, const struct bridges *bridges,
                                        const struct bridge_columns *columns, size_t *count, int64_t **amounts) {
    size_t size = bridges->question.column_count * sizeof **amounts;
    *amounts = arena_alloc(book->arena, size);
    if (*amounts == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    memcpy(*amounts, columns->minor, size);
    *count = bridges->question.column_count;
    return DAYBOOK_OK;
}

/* Rows of an account are in the order of sequences, between 0 (before) and the greatest number (after). */
static enum daybook_status add_row(struct bridges *bridges, struct book *book, const struct account_row *account,
                                   Pb__BridgeRowKind kind, uint64_t sequence, const struct bridge_columns *columns) {
    uint8_t key[PAGE_KEY_MAX];
    size_t size = page_account_key(account, key);
    key[size++] = 0;
    store_be64(key + size, sequence);
    if (!page_take(&book->page, key, size + 8)) {
        return DAYBOOK_OK;
    }
    Pb__BridgeRow *row = arena_alloc(book->arena, sizeof *row);
    DAYBOOK_TRY(pointers_add(&bridges->rows, book->arena, row));
    pb__bridge_row__init(row);
    row->customer = book_text(book, account->customer);
    row->currency = book_text(book, account->currency);
    row->kind = kind;
    if (row->customer == NULL || row->currency == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    DAYBOOK_TRY(copy_columns(book, bridges, columns, &row->n_amount_minor, &row->amount_minor));
    if (kind != PB__BRIDGE_ROW_KIND__BRIDGE_ROW_KIND_EVENT) {
        return DAYBOOK_OK;
    }
    struct unread *unread = arena_alloc(book->arena, sizeof *unread);
    DAYBOOK_TRY(pointers_add(&bridges->unread, book->arena, unread));
    *unread = (struct unread){row, sequence};
    return DAYBOOK_OK;
}

static enum daybook_status add_rows(struct bridges *bridges, struct book *book, const struct account_row *account) {
    size_t count;
    const struct bridge_step *steps = bridge_steps(&bridges->bridge, &count);
    DAYBOOK_TRY(
        add_row(bridges, book, account, PB__BRIDGE_ROW_KIND__BRIDGE_ROW_KIND_BEFORE, 0, &bridges->bridge.before));
    for (size_t i = 0; i < count; i++) {
        DAYBOOK_TRY(add_row(bridges, book, account, PB__BRIDGE_ROW_KIND__BRIDGE_ROW_KIND_EVENT, steps[i].sequence,
                            &steps[i].change));
    }
    return add_row(bridges, book, account, PB__BRIDGE_ROW_KIND__BRIDGE_ROW_KIND_AFTER, UINT64_MAX,
                   &bridges->bridge.after);
}

/* ---- totals ---- */

static enum daybook_status add_to_total(struct bridges *bridges, struct book *book, const char *currency,
                                        struct daybook_error *error) {
    const struct bridge *bridge = &bridges->bridge;
    size_t columns = bridges->question.column_count;
    struct bridge_total *total = book_total(book, &bridges->totals, currency, sizeof *total);
    size_t count;
    const struct bridge_step *steps = bridge_steps(bridge, &count);
    if (total == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    bool fits =
        bridge_add(&total->before, &bridge->before, columns) && bridge_add(&total->after, &bridge->after, columns);
    for (size_t i = 0; i < count; i++) {
        fits = fits && bridge_add(&total->change, &steps[i].change, columns);
    }
    total->events += count;
    return fits ? DAYBOOK_OK
                : daybook_fail(error, DAYBOOK_LIMIT, "while adding up bridges in %s: a total does not fit 64 bits",
                               currency);
}

static enum daybook_status visit(void *context, struct book *book, const struct account_row *account,
                                 struct daybook_error *error) {
    struct bridges *bridges = context;
    bridges->question.account = account->number;
    enum daybook_status status = bridge_ask(book->reads[0].txn, &bridges->question, &bridges->bridge, error);
    if (status != DAYBOOK_OK) {
        return book_check(book, 0, status, error);
    }
    bool is_moved = bridges->bridge.steps.size > 0;
    if (!is_moved && !bridges->bridge.is_visible) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(add_to_total(bridges, book, account->currency, error));
    return is_moved || book->customer[0] != '\0' ? add_rows(bridges, book, account) : DAYBOOK_OK;
}

/* No transaction of a view is held while the events are read. */
static enum daybook_status read_events(struct bridges *bridges, struct book *book, struct daybook_error *error) {
    struct journal_reader *reader = NULL;
    if (bridges->unread.count == 0) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(journal_reader_open(ledger_journal(book->ledger), &reader, error));
    enum daybook_status status = DAYBOOK_OK;
    for (size_t i = 0; i < bridges->unread.count && status == DAYBOOK_OK; i++) {
        struct unread *unread = bridges->unread.items[i];
        status = query_read_event(reader, unread->sequence, book->arena, &unread->row->event, error);
    }
    journal_reader_close(reader);
    return status;
}

/* ---- the question ---- */

static enum daybook_status resolve_from(struct bridges *bridges, const struct book *book, const Pb__BridgeQuery *asked,
                                        struct daybook_error *error) {
    Pb__At from = PB__AT__INIT;
    if (asked->from_known_at[0] == '\0') {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "a bridge leads from one point of knowledge to another: say from which, as a sequence or "
                            "an instant");
    }
    from.known_at = asked->from_known_at;
    from.with_time = asked->at != NULL && asked->at->with_time;
    DAYBOOK_TRY(ledger_resolve(book->ledger, &from, &bridges->from, error));
    return bridges->from.known_at <= book->at.known_at ? DAYBOOK_OK
                                                       : daybook_fail(error, DAYBOOK_INVALID,
                                                                      "a bridge leads to what was known later: %" PRIu64
                                                                      " is after %" PRIu64 "; exchange the two",
                                                                      bridges->from.known_at, book->at.known_at);
}

static enum daybook_status read_from_on(struct bridges *bridges, struct book *book, const char *from_on,
                                        struct daybook_error *error) {
    if (from_on[0] != '\0' && !date_parse(from_on, strlen(from_on), &bridges->question.from_on)) {
        return daybook_fail(error, DAYBOOK_INVALID, "\"%.32s\" is no date; write it like 2024-02-29", from_on);
    }
    if (bridges->question.from_on >= book->at.as_of) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "a statement's period ends after it begins: %.32s is not before as-of", from_on);
    }
    return book_add_policy(book, "period after", from_on[0] != '\0' ? from_on : "the beginning");
}

static bool is_aged(const Pb__BridgeQuery *asked) {
    return asked->figure != PB__BRIDGE_FIGURE__BRIDGE_FIGURE_STATEMENT &&
           asked->figure != PB__BRIDGE_FIGURE__BRIDGE_FIGURE_BALANCE;
}

/* What is of one figure alone is refused with the others, where it would say nothing. */
static enum daybook_status check_figure(const Pb__BridgeQuery *asked, struct daybook_error *error) {
    bool is_statement = asked->figure == PB__BRIDGE_FIGURE__BRIDGE_FIGURE_STATEMENT;
    if (asked->from_on[0] != '\0' && !is_statement) {
        return daybook_fail(error, DAYBOOK_INVALID, "from_on is the beginning of a statement's period; this is none");
    }
    if (!is_aged(asked) && (asked->basis != PB__AGING_BASIS__AGING_BASIS_UNSPECIFIED || asked->n_edges > 0 ||
                            asked->unapplied != PB__UNAPPLIED_DISPLAY__UNAPPLIED_DISPLAY_UNSPECIFIED)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "basis, edges and unapplied are of a bridge of ages; leave them out, or ask for aging");
    }
    return DAYBOOK_OK;
}

static enum daybook_status begin(struct bridges *bridges, struct book *book, const Pb__BridgeQuery *asked,
                                 struct daybook_error *error) {
    DAYBOOK_TRY(resolve_from(bridges, book, asked, error));
    bridges->question = (struct bridge_question){.as_of = book->at.as_of,
                                                 .from = bridges->from.known_at,
                                                 .to = book->at.known_at,
                                                 .column_count = BRIDGE_BALANCE_COLUMNS,
                                                 .changes_only = asked->changes_only};
    bool is_statement = asked->figure == PB__BRIDGE_FIGURE__BRIDGE_FIGURE_STATEMENT;
    DAYBOOK_TRY(check_figure(asked, error));
    if (is_statement) {
        bridges->question.figure = BRIDGE_STATEMENT;
        bridges->question.column_count = BRIDGE_STATEMENT_COLUMNS;
        DAYBOOK_TRY(read_from_on(bridges, book, asked->from_on, error));
    }
    if (!is_aged(asked)) {
        book->accounts_table = BALANCE_ACCOUNTS;
        book_add_view(book, "balance");
        return DAYBOOK_OK;
    }
    struct aging_wish wish = {asked->basis, asked->unapplied, asked->edges, asked->n_edges};
    DAYBOOK_TRY(query_read_aging_policy(&wish, &bridges->policy, error));
    bridges->question.figure = BRIDGE_AGING;
    bridges->question.policy = &bridges->policy;
    bridges->question.column_count = bridge_aging_column_count(&bridges->policy);
    book->accounts_table = AGING_ACCOUNTS;
    book_add_view(book, "aging");
    return DAYBOOK_OK;
}

/* ---- the answer ---- */

static enum daybook_status add_columns(struct book *book, const struct bridges *bridges, struct pointers *columns) {
    static const char *const last[] = {"disputed", "unapplied", "total"};
    if (bridges->question.figure != BRIDGE_AGING) {
        for (size_t i = 0; i < bridges->question.column_count; i++) {
            const char *name =
                bridges->question.figure == BRIDGE_STATEMENT ? bridge_statement_column(i) : bridge_balance_column(i);
            DAYBOOK_TRY(pointers_add(columns, book->arena, book_text(book, name)));
        }
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(query_add_aging_policies(book, &bridges->policy));
    DAYBOOK_TRY(pointers_add(columns, book->arena, book_text(book, "not due")));
    DAYBOOK_TRY(query_add_aging_labels(book, &bridges->policy, columns));
    for (size_t i = 0; i < sizeof last / sizeof *last; i++) {
        DAYBOOK_TRY(pointers_add(columns, book->arena, book_text(book, last[i])));
    }
    return DAYBOOK_OK;
}

static enum daybook_status add_totals(struct book *book, const struct bridges *bridges, struct pointers *totals) {
    for (size_t i = 0; i < bridges->totals.count; i++) {
        const struct bridge_total *total = bridges->totals.items[i];
        Pb__BridgeTotal *made = arena_alloc(book->arena, sizeof *made);
        DAYBOOK_TRY(pointers_add(totals, book->arena, made));
        pb__bridge_total__init(made);
        made->currency = book_text(book, total->currency);
        made->events = total->events;
        DAYBOOK_TRY(copy_columns(book, bridges, &total->before, &made->n_before_minor, &made->before_minor));
        DAYBOOK_TRY(copy_columns(book, bridges, &total->change, &made->n_change_minor, &made->change_minor));
        DAYBOOK_TRY(copy_columns(book, bridges, &total->after, &made->n_after_minor, &made->after_minor));
        if (made->currency == NULL) {
            return DAYBOOK_NO_MEMORY;
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status make_answer(struct book *book, const struct bridges *bridges, ProtobufCMessage **answer) {
    struct pointers columns = {0};
    struct pointers totals = {0};
    char instant[INSTANT_TEXT_SIZE] = "";
    Pb__BridgeAnswer *made = arena_alloc(book->arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__bridge_answer__init(made);
    DAYBOOK_TRY(add_columns(book, bridges, &columns));
    DAYBOOK_TRY(add_totals(book, bridges, &totals));
    if (bridges->from.known_at_us != 0) {
        (void)instant_format(bridges->from.known_at_us, instant);
    }
    made->position = book_position(book);
    made->from_known_at = bridges->from.known_at;
    made->from_known_at_time = book_text(book, instant);
    made->n_columns = columns.count;
    made->columns = (char **)columns.items;
    made->n_rows = bridges->rows.count;
    made->rows = (Pb__BridgeRow **)bridges->rows.items;
    made->n_totals = totals.count;
    made->totals = (Pb__BridgeTotal **)totals.items;
    made->next_cursor = page_next_cursor(&book->page, book->arena);
    *answer = &made->base;
    return made->position == NULL || made->from_known_at_time == NULL || made->next_cursor == NULL ? DAYBOOK_NO_MEMORY
                                                                                                   : DAYBOOK_OK;
}

enum daybook_status query_bridge(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                 ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__BridgeQuery *asked = query->bridge;
    struct book_question question = {asked->at,  asked->customer, asked->currency,
                                     asked->tag, asked->page,     {is_aged(asked) ? "aging" : "balance"}};
    struct bridges bridges = {0};
    struct book book;
    enum daybook_status status = book_open(&book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        status = begin(&bridges, &book, asked, error);
    }
    if (status == DAYBOOK_OK) {
        status = book_walk(&book, visit, &bridges, error);
    }
    if (status == DAYBOOK_OK) {
        status = read_events(&bridges, &book, error);
    }
    if (status == DAYBOOK_OK) {
        status = make_answer(&book, &bridges, answer);
    }
    daybook_buffer_release(&bridges.bridge.steps);
    book_close(&book);
    return status;
}
