/* A customer's events in the order in which they were recorded, with the balance after each. */
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "projections/balance.h"
#include "projections/history.h"
#include "projections/query_book.h"

enum { READ_HISTORY, READ_BALANCE };

/* The running sums of one currency. */
struct running {
    char currency[ACCOUNT_CURRENCY_SIZE];
    int64_t columns[SERIES_COLUMNS_MAX];
};

struct story {
    struct book book;
    uint64_t after;      /* The last sequence of the page before. */
    uint64_t *sequences; /* Of this page, and of one more where there is one. */
    size_t count;
    struct pointers running;
    struct pointers rows;
};

static enum daybook_status find_running(struct story *story, const char *currency, struct running **running) {
    for (size_t i = 0; i < story->running.count; i++) {
        *running = story->running.items[i];
        if (strcmp((*running)->currency, currency) == 0) {
            return DAYBOOK_OK;
        }
    }
    *running = arena_zalloc(story->book.arena, sizeof **running);
    DAYBOOK_TRY(pointers_add(&story->running, story->book.arena, *running));
    (void)snprintf((*running)->currency, sizeof(*running)->currency, "%s", currency);
    return DAYBOOK_OK;
}

/* The sums over what came before the page. */
static enum daybook_status begin_running(struct story *story, struct daybook_error *error) {
    struct book *book = &story->book;
    struct store_txn *txn = book->reads[READ_BALANCE].txn;
    struct account_walk walk;
    struct account_row account;
    bool is_found = true;
    if (story->after == 0) {
        return DAYBOOK_OK;
    }
    enum daybook_status status = account_walk_open(txn, BALANCE_ACCOUNTS, book->customer, &walk, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    for (;;) {
        struct running *running = NULL;
        struct series_totals totals;
        status = account_walk_next(&walk, &account, &is_found, error);
        if (status != DAYBOOK_OK || !is_found) {
            break;
        }
        status = balance_ask(txn, account.number, book->at.as_of, story->after, &totals, error);
        if (status == DAYBOOK_OK) {
            status = find_running(story, account.currency, &running);
        }
        if (status != DAYBOOK_OK) {
            break;
        }
        memcpy(running->columns, totals.columns, sizeof running->columns);
    }
    account_walk_close(&walk);
    return status;
}

/* Which events, and the sums before them; no transaction is held while the events are read. */
static enum daybook_status find_events(struct story *story, struct daybook_error *error) {
    struct book *book = &story->book;
    struct history_question question = {book->customer,    book->currency, book->at.as_of,
                                        book->at.known_at, story->after,   DATE_NONE};
    size_t limit = book->page.limit + 1;
    story->sequences = arena_alloc(book->arena, limit * sizeof *story->sequences);
    if (story->sequences == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    DAYBOOK_TRY(book_begin(book, error));
    enum daybook_status status = book_check(
        book, READ_HISTORY,
        history_ask(book->reads[READ_HISTORY].txn, &question, story->sequences, limit, &story->count, error), error);
    if (status == DAYBOOK_OK) {
        status = book_check(book, READ_BALANCE, begin_running(story, error), error);
    }
    book_end(book);
    return status;
}

/* The event's own entries, where they are visible: what the balance view would add. */
static enum daybook_status add_effects(struct story *story, const Pb__Event *event, struct running *running,
                                       struct daybook_error *error) {
    struct effects effects;
    DAYBOOK_TRY(effects_of(event, &effects, error));
    for (size_t i = 0; i < effects.count; i++) {
        if (effects.entries[i].effective_on > story->book.at.as_of) {
            continue;
        }
        for (int column = 0; column < EFFECT_COLUMN_COUNT; column++) {
            if (!money_add(&running->columns[column], effects.entries[i].columns[column])) {
                return daybook_fail(error, DAYBOOK_LIMIT, "while adding up a history: a sum does not fit 64 bits");
            }
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status add_row(struct story *story, Pb__Event *event, struct daybook_error *error) {
    struct book *book = &story->book;
    struct running *running = NULL;
    Pb__HistoryRow *row = arena_alloc(book->arena, sizeof *row);
    DAYBOOK_TRY(pointers_add(&story->rows, book->arena, row));
    pb__history_row__init(row);
    row->event = event;
    if (event->currency[0] == '\0') {
        return DAYBOOK_OK; /* It moves no money. */
    }
    DAYBOOK_TRY(find_running(story, event->currency, &running));
    DAYBOOK_TRY(add_effects(story, event, running, error));
    row->after = arena_alloc(book->arena, sizeof *row->after);
    if (row->after == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__balance__init(row->after);
    row->after->customer = event->customer;
    row->after->currency = event->currency;
    return effects_to_balance(running->columns, row->after, error);
}

static enum daybook_status read_events(struct story *story, struct daybook_error *error) {
    struct journal_reader *reader = NULL;
    DAYBOOK_TRY(journal_reader_open(ledger_journal(story->book.ledger), &reader, error));
    enum daybook_status status = DAYBOOK_OK;
    for (size_t i = 0; i < story->count && status == DAYBOOK_OK; i++) {
        Pb__Event *event = NULL;
        uint8_t key[8];
        store_be64(key, story->sequences[i]);
        if (!page_take(&story->book.page, key, sizeof key)) {
            continue;
        }
        status = query_read_event(reader, story->sequences[i], story->book.arena, &event, error);
        if (status == DAYBOOK_OK) {
            status = add_row(story, event, error);
        }
    }
    journal_reader_close(reader);
    return status;
}

static enum daybook_status make_answer(struct story *story, ProtobufCMessage **answer) {
    struct book *book = &story->book;
    Pb__HistoryAnswer *made = arena_alloc(book->arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__history_answer__init(made);
    made->position = book_position(book);
    made->n_rows = story->rows.count;
    made->rows = (Pb__HistoryRow **)story->rows.items;
    made->next_cursor = page_next_cursor(&book->page, book->arena);
    *answer = &made->base;
    return made->position == NULL || made->next_cursor == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

static enum daybook_status check_question(struct story *story, struct daybook_error *error) {
    const struct page *page = &story->book.page;
    if (story->book.customer[0] == '\0') {
        return daybook_fail(error, DAYBOOK_INVALID, "a history is of one customer: name it");
    }
    if (page->after_size != 0 && page->after_size != 8) {
        return daybook_fail(error, DAYBOOK_INVALID, "the page's cursor is none that a history gave; begin without one");
    }
    story->after = page->after_size == 8 ? load_be64(page->after) : 0;
    if (story->after > story->book.at.known_at) {
        return daybook_fail(error, DAYBOOK_INVALID, "the page's cursor is past what was known; begin without one");
    }
    return DAYBOOK_OK;
}

enum daybook_status query_history(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                  ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__HistoryQuery *asked = query->history;
    struct book_question question = {asked->at, asked->customer, asked->currency, "", asked->page};
    struct story story = {0};
    enum daybook_status status = book_open(&story.book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        status = check_question(&story, error);
    }
    if (status == DAYBOOK_OK) {
        book_add_view(&story.book, "history");
        book_add_view(&story.book, "balance");
        status = find_events(&story, error);
    }
    if (status == DAYBOOK_OK) {
        status = read_events(&story, error);
    }
    if (status == DAYBOOK_OK) {
        status = make_answer(&story, answer);
    }
    book_close(&story.book);
    return status;
}
