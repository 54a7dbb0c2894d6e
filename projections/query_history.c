/* Events in the order in which they were recorded, with the balance of their account after each. */
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/hash.h"
#include "projections/balance.h"
#include "projections/event_walk.h"

enum { BUCKETS = 1024 };

/* The running sums of one account. */
struct running {
    struct running *next; /* In its bucket. */
    char customer[LIMIT_ID_BYTES + 1];
    char currency[ACCOUNT_CURRENCY_SIZE];
    int64_t columns[SERIES_COLUMNS_MAX];
};

struct story {
    struct book book;
    struct event_walk events;
    struct running **running; /* BUCKETS */
    struct pointers rows;
};

/* ---- sums ---- */

/* The sums over what came before the event. */
static enum daybook_status ask_before(const struct story *story, const Pb__Event *event, struct running *running,
                                      struct daybook_error *error) {
    const struct book *book = &story->book;
    struct view_read read;
    struct account_row account;
    struct series_totals totals = {0};
    bool is_found = false;
    DAYBOOK_TRY(ledger_begin_read(book->ledger, "balance", book->position, &read, error));
    enum daybook_status status =
        account_find(read.txn, BALANCE_ACCOUNTS, event->customer, event->currency, &account, &is_found, error);
    if (status == DAYBOOK_OK && is_found) {
        status = balance_ask(read.txn, account.number, book->at.as_of, event->sequence - 1, &totals, error);
    }
    if (status == DAYBOOK_DAMAGED) {
        view_mark_damaged(read.view, error != NULL ? error->message : "a question met damaged rows");
    }
    view_end_read(&read);
    memcpy(running->columns, totals.columns, sizeof running->columns);
    return status;
}

/* Those of the event's account; asked for where the page meets it first, and added up from there. */
static enum daybook_status find_running(struct story *story, const Pb__Event *event, struct running **running,
                                        struct daybook_error *error) {
    uint64_t seed = hash64(event->currency, strlen(event->currency), 0);
    struct running **bucket = &story->running[hash64(event->customer, strlen(event->customer), seed) % BUCKETS];
    for (*running = *bucket; *running != NULL; *running = (*running)->next) {
        if (strcmp((*running)->customer, event->customer) == 0 && strcmp((*running)->currency, event->currency) == 0) {
            return DAYBOOK_OK;
        }
    }
    *running = arena_zalloc(story->book.arena, sizeof **running);
    if (*running == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    (*running)->next = *bucket;
    *bucket = *running;
    (void)snprintf((*running)->customer, sizeof(*running)->customer, "%s", event->customer);
    (void)snprintf((*running)->currency, sizeof(*running)->currency, "%s", event->currency);
    return ask_before(story, event, *running, error);
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
    DAYBOOK_TRY(find_running(story, event, &running, error));
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

/* ---- the question ---- */

static enum daybook_status walk(struct story *story, struct daybook_error *error) {
    struct arena *arena = story->book.arena;
    struct event_range all = {0, 0, DATE_NONE};
    Pb__Event *event = NULL;
    story->running = arena_zalloc(arena, BUCKETS * sizeof *story->running);
    if (story->running == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    DAYBOOK_TRY(event_walk_open(&story->events, &story->book, all, error));
    DAYBOOK_TRY(event_walk_next(&story->events, &event, error));
    while (event != NULL) {
        Pb__Event *kept = NULL;
        DAYBOOK_TRY(event_walk_keep(&story->events, event, &kept, error));
        if (kept == NULL) {
            break;
        }
        DAYBOOK_TRY(add_row(story, kept, error));
        DAYBOOK_TRY(event_walk_next(&story->events, &event, error));
    }
    return DAYBOOK_OK;
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

enum daybook_status query_history(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                  ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__HistoryQuery *asked = query->history;
    struct book_question question = {asked->at,  asked->customer, asked->currency,
                                     asked->tag, asked->page,     {"history", "balance"}};
    struct story story = {0};
    enum daybook_status status = book_open(&story.book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        status = walk(&story, error);
    }
    if (status == DAYBOOK_OK) {
        status = make_answer(&story, answer);
    }
    event_walk_close(&story.events);
    book_close(&story.book);
    return status;
}
