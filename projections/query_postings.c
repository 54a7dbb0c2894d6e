/* Events with their debit and credit lines, in the order in which they were recorded. */
#include <string.h>

#include "domain/postings.h"
#include "projections/event_walk.h"

struct posted {
    struct book book;
    struct event_walk events;
    struct pointers rows;
};

/* ---- their lines ---- */

static enum daybook_status add_line(struct book *book, const struct posting *posting, struct pointers *lines) {
    Pb__PostingLine *line = arena_alloc(book->arena, sizeof *line);
    DAYBOOK_TRY(pointers_add(lines, book->arena, line));
    pb__posting_line__init(line);
    line->account = book_text(book, posting_account_name(posting->account));
    line->debit_minor = posting->amount_minor > 0 ? posting->amount_minor : 0;
    line->credit_minor = posting->amount_minor < 0 ? -posting->amount_minor : 0;
    return line->account == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

static enum daybook_status add_row(struct posted *posted, Pb__Event *event, const struct postings *postings) {
    struct book *book = &posted->book;
    struct pointers lines = {0};
    Pb__PostingsRow *row = arena_alloc(book->arena, sizeof *row);
    DAYBOOK_TRY(pointers_add(&posted->rows, book->arena, row));
    for (size_t i = 0; i < postings->count; i++) {
        DAYBOOK_TRY(add_line(book, &postings->lines[i], &lines));
    }
    pb__postings_row__init(row);
    row->event = event;
    row->n_lines = lines.count;
    row->lines = (Pb__PostingLine **)lines.items;
    return DAYBOOK_OK;
}

static enum daybook_status walk(struct posted *posted, struct daybook_error *error) {
    Pb__Event *event = NULL;
    DAYBOOK_TRY(event_walk_next(&posted->events, &event, error));
    while (event != NULL && !posted->book.page.has_more) {
        struct postings postings;
        Pb__Event *kept = NULL;
        DAYBOOK_TRY(postings_of(event, &postings, error));
        if (postings.count > 0) {
            DAYBOOK_TRY(event_walk_keep(&posted->events, event, &kept, error));
        }
        if (kept != NULL) {
            DAYBOOK_TRY(add_row(posted, kept, &postings));
        }
        DAYBOOK_TRY(event_walk_next(&posted->events, &event, error));
    }
    return DAYBOOK_OK;
}

/* ---- the question ---- */

static enum daybook_status read_range(const Pb__PostingsQuery *asked, struct event_range *range,
                                      struct daybook_error *error) {
    *range = (struct event_range){asked->from_sequence, asked->to_sequence, DATE_NONE};
    if (asked->on[0] != '\0' && !date_parse(asked->on, strlen(asked->on), &range->on)) {
        return daybook_fail(error, DAYBOOK_INVALID, "\"%.32s\" is no date; write it like 2024-02-29", asked->on);
    }
    return DAYBOOK_OK;
}

static enum daybook_status make_answer(struct posted *posted, ProtobufCMessage **answer) {
    struct book *book = &posted->book;
    Pb__PostingsAnswer *made = arena_alloc(book->arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__postings_answer__init(made);
    made->position = book_position(book);
    made->n_rows = posted->rows.count;
    made->rows = (Pb__PostingsRow **)posted->rows.items;
    made->next_cursor = page_next_cursor(&book->page, book->arena);
    *answer = &made->base;
    return made->position == NULL || made->next_cursor == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

enum daybook_status query_postings(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                   ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__PostingsQuery *asked = query->postings;
    struct book_question question = {asked->at, asked->customer, asked->currency, asked->tag, asked->page, {"history"}};
    struct posted posted = {0};
    struct event_range range;
    enum daybook_status status = book_open(&posted.book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        status = read_range(asked, &range, error);
    }
    if (status == DAYBOOK_OK) {
        status = event_walk_open(&posted.events, &posted.book, range, error);
    }
    if (status == DAYBOOK_OK) {
        status = walk(&posted, error);
    }
    if (status == DAYBOOK_OK) {
        status = make_answer(&posted, answer);
    }
    event_walk_close(&posted.events);
    book_close(&posted.book);
    return status;
}
