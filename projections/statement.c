/* Computing a statement: its figures from the balance view, its rows from the events of the journal. */
#include "projections/statement.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "projections/aging.h"
#include "projections/balance.h"
#include "projections/lots.h"
#include "projections/query_book.h"
#include "projections/series_window.h"
#include "projections/statement_inside.h"
#include "projections/statements.h"

/* An entry of the balance with the event that made it. */
struct told {
    struct window_entry entry;
    Pb__StatementMovement *row; /* Filled when the event is read. */
    int body_case;
};

static enum daybook_status too_large(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_LIMIT, "while adding up a statement: a sum does not fit 64 bits");
}

/* ---- the period ---- */

/* The statement that ends where this one begins; or, where it follows, the last one, and from there on. */
static enum daybook_status find_previous(struct stating *stating, struct daybook_error *error) {
    struct book *book = &stating->book;
    struct store_txn *txn = book->reads[READ_STATEMENTS].txn;
    struct account_row account;
    struct statement_row row;
    bool is_found = false;
    int32_t through_on = stating->follows ? book->at.as_of - 1 : stating->from_on;
    if (through_on <= DATE_NONE) {
        return DAYBOOK_OK; /* From the beginning: nothing can end there. */
    }
    DAYBOOK_TRY(account_find(txn, STATEMENTS_ACCOUNTS, book->customer, book->currency, &account, &is_found, error));
    if (is_found) {
        DAYBOOK_TRY(
            statements_last(txn, account.number, through_on, book->at.known_at, book->arena, &row, &is_found, error));
    }
    if (!is_found || (!stating->follows && row.body->to_on != stating->from_on)) {
        return DAYBOOK_OK;
    }
    stating->from_on = row.body->to_on;
    stating->has_previous = true;
    stating->made->previous = row.body->statement;
    stating->made->previous_known_at = row.body->known_at;
    return DAYBOOK_OK;
}

static enum daybook_status check_period(const struct stating *stating, struct daybook_error *error) {
    if (stating->from_on != DATE_NONE && stating->from_on >= stating->book.at.as_of) {
        char from[DATE_TEXT_SIZE];
        char to[DATE_TEXT_SIZE];
        return daybook_fail(error, DAYBOOK_INVALID, "a statement after %s through %s has no day; choose a later end",
                            date_format(stating->from_on, from), date_format(stating->book.at.as_of, to));
    }
    return DAYBOOK_OK;
}

/* ---- figures ---- */

static Pb__StatementAmounts *ask_amounts(struct stating *stating, int32_t as_of, uint64_t known_at,
                                         int64_t columns[SERIES_COLUMNS_MAX], enum daybook_status *status,
                                         struct daybook_error *error) {
    struct series_totals totals = {0};
    Pb__StatementAmounts *amounts = arena_alloc(stating->book.arena, sizeof *amounts);
    if (amounts == NULL) {
        *status = DAYBOOK_NO_MEMORY;
        return NULL;
    }
    if (stating->has_account && as_of != DATE_NONE) {
        *status = balance_ask(stating->book.reads[READ_BALANCE].txn, stating->account, as_of, known_at, &totals, error);
    }
    if (*status == DAYBOOK_OK && !statement_amounts_set(amounts, totals.columns)) {
        *status = too_large(error);
    }
    memcpy(columns, totals.columns, sizeof totals.columns);
    return amounts;
}

static int64_t available_of(const int64_t columns[SERIES_COLUMNS_MAX]) {
    int64_t available = columns[EFFECT_DEPOSIT] - columns[EFFECT_HELD] - columns[EFFECT_NOT_YET_AVAILABLE];
    return available > 0 ? available : 0;
}

static enum daybook_status ask_figures(struct stating *stating, struct daybook_error *error) {
    struct book *book = &stating->book;
    Pb__Statement *made = stating->made;
    struct account_row account;
    int64_t columns[SERIES_COLUMNS_MAX];
    enum daybook_status status = account_find(book->reads[READ_BALANCE].txn, BALANCE_ACCOUNTS, book->customer,
                                              book->currency, &account, &stating->has_account, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    stating->account = stating->has_account ? account.number : 0;
    uint64_t previous_known_at = stating->has_previous ? made->previous_known_at : book->at.known_at;
    made->previous_closing = ask_amounts(stating, stating->from_on, previous_known_at, columns, &status, error);
    if (status == DAYBOOK_OK) {
        made->opening = ask_amounts(stating, stating->from_on, book->at.known_at, columns, &status, error);
        made->opening_available_minor = available_of(columns);
    }
    if (status == DAYBOOK_OK) {
        made->closing = ask_amounts(stating, book->at.as_of, book->at.known_at, columns, &status, error);
        made->closing_available_minor = available_of(columns);
    }
    return status;
}

/* ---- entries ---- */

static enum daybook_status find_entries(struct stating *stating, struct daybook_error *error) {
    struct book *book = &stating->book;
    struct store_txn *txn = book->reads[READ_BALANCE].txn;
    struct series_window period = {stating->from_on, book->at.as_of, 0, book->at.known_at};
    struct series_window late = {DATE_NONE, stating->from_on, stating->made->previous_known_at, book->at.known_at};
    if (!stating->has_account) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(balance_find_window(txn, stating->account, &period, &stating->entries, error));
    return stating->has_previous ? balance_find_window(txn, stating->account, &late, &stating->late_entries, error)
                                 : DAYBOOK_OK;
}

/* All that is read of the views, at one position each. */
static enum daybook_status ask_views(struct stating *stating, struct daybook_error *error) {
    struct book *book = &stating->book;
    DAYBOOK_TRY(book_begin(book, error));
    enum daybook_status status = book_check(book, READ_STATEMENTS, find_previous(stating, error), error);
    if (status == DAYBOOK_OK) {
        status = check_period(stating, error);
    }
    if (status == DAYBOOK_OK) {
        status = ask_figures(stating, error);
        status = book_check(book, READ_BALANCE, status == DAYBOOK_OK ? find_entries(stating, error) : status, error);
    }
    if (status == DAYBOOK_OK) {
        status = book_check(book, READ_AGING, statement_ask_ages(stating, error), error);
    }
    if (status == DAYBOOK_OK) {
        status = book_check(book, READ_LOTS, statement_ask_lots(stating, error), error);
    }
    book_end(book);
    return status;
}

/* ---- rows ---- */

static enum daybook_status set_due_date(struct book *book, const Pb__Event *event, Pb__StatementMovement *row) {
    int32_t due_on = DATE_NONE;
    if (event->body_case == PB__EVENT__BODY_CHARGE_POSTED) {
        due_on = event->charge_posted->due_on;
    } else if (event->body_case == PB__EVENT__BODY_ADJUSTMENT_POSTED) {
        due_on = event->adjustment_posted->due_on;
    }
    row->due_on = book_date(book, due_on);
    return row->due_on == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

/* A deposit that becomes available on a later day counts there, too: the same event, another row. */
static enum daybook_status tell(struct stating *stating, struct journal_reader *reader, struct told *told,
                                struct daybook_error *error) {
    struct book *book = &stating->book;
    Pb__Event *event = NULL;
    Pb__StatementMovement *row = arena_alloc(book->arena, sizeof *row);
    Pb__StatementAmounts *amounts = arena_alloc(book->arena, sizeof *amounts);
    if (row == NULL || amounts == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    DAYBOOK_TRY(query_read_event(reader, told->entry.sequence, book->arena, &event, error));
    pb__statement_movement__init(row);
    statement_describe(event, row);
    if (told->entry.entry.effective_on != event->effective_on) {
        row->detail = (char *)(uintptr_t) "available";
    }
    row->sequence = told->entry.sequence;
    row->effective_on = book_date(book, told->entry.entry.effective_on);
    row->amounts = amounts;
    told->row = row;
    told->body_case = (int)event->body_case;
    if (!statement_amounts_set(amounts, told->entry.entry.columns)) {
        return too_large(error);
    }
    return row->effective_on == NULL ? DAYBOOK_NO_MEMORY : set_due_date(book, event, row);
}

static bool is_raise(const struct told *told) {
    return told->row->amounts->deposit_minor > 0 || told->row->amounts->owed_minor > 0;
}

/* By day, and on one day what raises before what lowers, or the running balance would be below zero between
 * two rows of a day that ends above it; then in the order in which they were recorded. */
static int compare_told(const void *a, const void *b) {
    const struct told *x = a;
    const struct told *y = b;
    if (x->entry.entry.effective_on != y->entry.entry.effective_on) {
        return x->entry.entry.effective_on < y->entry.entry.effective_on ? -1 : 1;
    }
    if (is_raise(x) != is_raise(y)) {
        return is_raise(x) ? -1 : 1;
    }
    return (x->entry.sequence > y->entry.sequence) - (x->entry.sequence < y->entry.sequence);
}

/* Reads the events of the entries and adds them up; the rows are then in the order of days. */
static enum daybook_status tell_all(struct stating *stating, struct journal_reader *reader,
                                    const struct daybook_buffer *entries, struct told **all, size_t *count,
                                    Pb__StatementAmounts **sum, struct daybook_error *error) {
    struct arena *arena = stating->book.arena;
    const struct window_entry *found = (const void *)entries->data;
    *count = entries->size / sizeof *found;
    *all = arena_zalloc(arena, (*count + 1) * sizeof **all);
    *sum = arena_alloc(arena, sizeof **sum);
    if (*all == NULL || *sum == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__statement_amounts__init(*sum);
    for (size_t i = 0; i < *count; i++) {
        (*all)[i].entry = found[i];
        DAYBOOK_TRY(tell(stating, reader, &(*all)[i], error));
        if (!statement_amounts_add(*sum, (*all)[i].row->amounts)) {
            return too_large(error);
        }
    }
    if (*count > 1) {
        qsort(*all, *count, sizeof **all, compare_told);
    }
    return DAYBOOK_OK;
}

/* ---- sums by kind ---- */

struct kind_sum {
    int body_case;
    Pb__StatementSum *sum;
};

/* The sum of the row's kind, made in its place: in the order of the events' numbers, then of details. */
static Pb__StatementSum *find_sum(struct arena *arena, struct kind_sum *sums, size_t *count, const struct told *told) {
    size_t at = 0;
    for (; at < *count; at++) {
        int order = sums[at].body_case != told->body_case ? sums[at].body_case - told->body_case
                                                          : strcmp(sums[at].sum->detail, told->row->detail);
        if (order == 0) {
            return sums[at].sum;
        }
        if (order > 0) {
            break;
        }
    }
    Pb__StatementSum *sum = arena_alloc(arena, sizeof *sum);
    Pb__StatementAmounts *amounts = arena_alloc(arena, sizeof *amounts);
    if (sum == NULL || amounts == NULL) {
        return NULL;
    }
    pb__statement_sum__init(sum);
    pb__statement_amounts__init(amounts);
    sum->event = told->row->event;
    sum->detail = told->row->detail;
    sum->amounts = amounts;
    memmove(sums + at + 1, sums + at, (*count - at) * sizeof *sums);
    sums[at] = (struct kind_sum){told->body_case, sum};
    (*count)++;
    return sum;
}

static enum daybook_status sum_kinds(struct stating *stating, const struct told *all, size_t count,
                                     struct daybook_error *error) {
    enum { KINDS_MAX = 128 }; /* Of events, times their details: far fewer are there. */
    struct kind_sum sums[KINDS_MAX + 1];
    size_t sum_count = 0;
    struct pointers kept = {0};
    for (size_t i = 0; i < count; i++) {
        Pb__StatementSum *sum = find_sum(stating->book.arena, sums, &sum_count, &all[i]);
        if (sum == NULL || sum_count > KINDS_MAX) {
            return DAYBOOK_NO_MEMORY;
        }
        sum->count++;
        if (!statement_amounts_add(sum->amounts, all[i].row->amounts)) {
            return too_large(error);
        }
    }
    for (size_t i = 0; i < sum_count; i++) {
        DAYBOOK_TRY(pointers_add(&kept, stating->book.arena, sums[i].sum));
    }
    stating->made->n_sums = kept.count;
    stating->made->sums = (Pb__StatementSum **)kept.items;
    return DAYBOOK_OK;
}

/* ---- which rows are shown ---- */

static bool is_shown(const struct stating *stating, const Pb__StatementAmounts *amounts) {
    switch (stating->made->kind) {
    case PB__STATEMENT_KIND__STATEMENT_KIND_TRANSACTION:
        return true;
    case PB__STATEMENT_KIND__STATEMENT_KIND_OPEN_ITEM:
        return statement_moves_deposit(amounts);
    case PB__STATEMENT_KIND__STATEMENT_KIND_UNSPECIFIED:
    case PB__STATEMENT_KIND__STATEMENT_KIND_BALANCE_FORWARD:
    case _PB__STATEMENT_KIND_IS_INT_SIZE:
        break;
    }
    return amounts->owed_minor != 0 || statement_moves_deposit(amounts);
}

/* Every row counts for what stands after it, shown or not. */
static enum daybook_status keep_rows(struct stating *stating, const struct told *all, size_t count,
                                     const Pb__StatementAmounts *before, bool is_late, struct pointers *rows,
                                     struct daybook_error *error) {
    int64_t owed_minor = before->owed_minor;
    int64_t deposit_minor = before->deposit_minor;
    for (size_t i = 0; i < count; i++) {
        Pb__StatementMovement *row = all[i].row;
        if (!money_add(&owed_minor, row->amounts->owed_minor) ||
            !money_add(&deposit_minor, row->amounts->deposit_minor)) {
            return too_large(error);
        }
        row->owed_after_minor = owed_minor;
        row->deposit_after_minor = deposit_minor;
        if (is_late || is_shown(stating, row->amounts)) {
            DAYBOOK_TRY(pointers_add(rows, stating->book.arena, row));
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status show_rows(struct stating *stating, const struct told *all, size_t count,
                                     struct daybook_error *error) {
    struct pointers rows = {0};
    DAYBOOK_TRY(keep_rows(stating, all, count, stating->made->opening, false, &rows, error));
    stating->made->n_rows = rows.count;
    stating->made->rows = (Pb__StatementMovement **)rows.items;
    return sum_kinds(stating, all, count, error);
}

static enum daybook_status show_changes(struct stating *stating, const struct told *all, size_t count,
                                        struct daybook_error *error) {
    struct pointers rows = {0};
    DAYBOOK_TRY(keep_rows(stating, all, count, stating->made->previous_closing, true, &rows, error));
    stating->made->n_change_rows = rows.count;
    stating->made->change_rows = (Pb__StatementMovement **)rows.items;
    return DAYBOOK_OK;
}

/* SM1, SM2: figures and entries come from the view by different ways. */
static enum daybook_status check_sums(const struct stating *stating, struct daybook_error *error) {
    const Pb__Statement *made = stating->made;
    Pb__StatementAmounts opening = *made->previous_closing;
    Pb__StatementAmounts closing = *made->opening;
    if (!statement_amounts_add(&opening, made->changes) || !statement_amounts_add(&closing, made->movements)) {
        return too_large(error);
    }
    if (!statement_amounts_equal(&opening, made->opening) || !statement_amounts_equal(&closing, made->closing)) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "the balance view contradicts itself about customer \"%.64s\" in %s through %s; rebuild "
                            "the view from the journal",
                            made->customer, made->currency, made->to_on);
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_rows(struct stating *stating, struct daybook_error *error) {
    struct journal_reader *reader = NULL;
    struct told *late = NULL;
    struct told *all = NULL;
    size_t late_count = 0;
    size_t count = 0;
    DAYBOOK_TRY(journal_reader_open(ledger_journal(stating->book.ledger), &reader, error));
    enum daybook_status status =
        tell_all(stating, reader, &stating->late_entries, &late, &late_count, &stating->made->changes, error);
    if (status == DAYBOOK_OK) {
        status = tell_all(stating, reader, &stating->entries, &all, &count, &stating->made->movements, error);
    }
    journal_reader_close(reader);
    if (status == DAYBOOK_OK) {
        status = check_sums(stating, error);
    }
    if (status == DAYBOOK_OK) {
        status = show_changes(stating, late, late_count, error);
    }
    return status == DAYBOOK_OK ? show_rows(stating, all, count, error) : status;
}

/* ---- the whole ---- */

static enum daybook_status fill_terms(struct stating *stating, const struct statement_terms *terms) {
    struct book *book = &stating->book;
    Pb__Statement *made = stating->made;
    made->statement = book_text(book, terms->statement);
    made->customer = book_text(book, terms->customer);
    made->currency = book_text(book, book->currency);
    made->from_on = book_date(book, stating->from_on);
    made->to_on = book_date(book, book->at.as_of);
    made->known_at = book->at.known_at;
    made->format = STATEMENT_FORMAT;
    return made->statement == NULL || made->customer == NULL || made->currency == NULL || made->from_on == NULL ||
                   made->to_on == NULL
               ? DAYBOOK_NO_MEMORY
               : statement_add_policies(made, book->arena);
}

static enum daybook_status open_book(struct stating *stating, struct daybook *ledger,
                                     const struct statement_terms *terms, struct arena *arena,
                                     struct daybook_error *error) {
    char as_of[DATE_TEXT_SIZE];
    char known_at[24];
    Pb__At at = PB__AT__INIT;
    at.as_of = (char *)(uintptr_t)date_format(terms->to_on, as_of);
    at.known_at = known_at;
    (void)snprintf(known_at, sizeof known_at, "%" PRIu64, terms->known_at);
    struct book_question question = {
        &at, terms->customer, terms->currency, NULL, NULL, {"statements", "balance", "aging", "lots"}};
    DAYBOOK_TRY(book_open(&stating->book, ledger, arena, &question, error));
    stating->book.currency = book_default_currency(&stating->book);
    book_add_view(&stating->book, "statements");
    book_add_view(&stating->book, "balance");
    book_add_view(&stating->book, "aging");
    book_add_view(&stating->book, "lots");
    return DAYBOOK_OK;
}

enum daybook_status statement_compute(struct daybook *ledger, const struct statement_terms *terms, struct arena *arena,
                                      Pb__Statement **made, struct daybook_error *error) {
    struct stating stating = {.follows = terms->follows, .from_on = terms->follows ? DATE_NONE : terms->from_on};
    stating.made = arena_alloc(arena, sizeof *stating.made);
    if (stating.made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__statement__init(stating.made);
    stating.made->kind = terms->kind;
    enum daybook_status status = open_book(&stating, ledger, terms, arena, error);
    if (status == DAYBOOK_OK) {
        status = ask_views(&stating, error);
    }
    if (status == DAYBOOK_OK) {
        status = fill_terms(&stating, terms);
    }
    if (status == DAYBOOK_OK) {
        status = read_rows(&stating, error);
    }
    book_close(&stating.book);
    daybook_buffer_release(&stating.entries);
    daybook_buffer_release(&stating.late_entries);
    *made = stating.made;
    return status;
}
