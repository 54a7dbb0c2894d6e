/* Events with their debit and credit lines, in the order in which they were recorded. */
#include <string.h>

#include "projections/history.h"
#include "projections/query_book.h"
#include "projections/trial.h"

enum { BATCH_SEQUENCES = 1024 };

struct posted {
    struct book book;
    int32_t on;    /* DATE_NONE: every business date. */
    uint64_t next; /* The first sequence that was not looked at. */
    uint64_t last;
    uint64_t sequences[BATCH_SEQUENCES];
    size_t count;
    struct pointers rows;
};

/* ---- which events ---- */

static enum daybook_status find_of_customer(struct posted *posted, struct daybook_error *error) {
    struct book *book = &posted->book;
    struct history_question question = {
        .customer = book->customer,
        .currency = book->currency,
        .as_of = posted->on == DATE_NONE ? book->at.as_of : posted->on,
        .known_at = posted->last,
        .after = posted->next - 1,
        .not_before = posted->on,
    };
    return history_ask(book->reads[0].txn, &question, posted->sequences, BATCH_SEQUENCES, &posted->count, error);
}

/* The next sequences that may be postings of the question; none: there are no more. */
static enum daybook_status find_batch(struct posted *posted, struct daybook_error *error) {
    struct book *book = &posted->book;
    bool is_of_customer = book->customer[0] != '\0';
    posted->count = 0;
    if (posted->next > posted->last || (posted->on != DATE_NONE && posted->on > book->at.as_of)) {
        return DAYBOOK_OK;
    }
    if (!is_of_customer && posted->on == DATE_NONE) {
        while (posted->count < BATCH_SEQUENCES && posted->next + posted->count <= posted->last) {
            posted->sequences[posted->count] = posted->next + posted->count;
            posted->count++;
        }
    } else {
        DAYBOOK_TRY(book_begin(book, error));
        enum daybook_status status = is_of_customer
                                         ? find_of_customer(posted, error)
                                         : trial_ask_day(book->reads[0].txn, posted->on, posted->next, posted->last,
                                                         posted->sequences, BATCH_SEQUENCES, &posted->count, error);
        status = book_check(book, 0, status, error);
        book_end(book);
        DAYBOOK_TRY(status);
    }
    if (posted->count > 0) {
        posted->next = posted->sequences[posted->count - 1] + 1;
    }
    return DAYBOOK_OK;
}

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

/* Decoded beside the answer first: of the events that are looked at, few may be in it. */
static enum daybook_status look_at(struct posted *posted, struct journal_reader *reader, uint64_t sequence,
                                   struct daybook_error *error) {
    struct book *book = &posted->book;
    struct postings postings;
    Pb__Event *event = NULL;
    uint8_t key[8];
    arena_reset(&book->scratch);
    DAYBOOK_TRY(query_read_event(reader, sequence, &book->scratch, &event, error));
    DAYBOOK_TRY(postings_of(event, &postings, error));
    store_be64(key, sequence);
    if (postings.count == 0 || event->effective_on > book->at.as_of ||
        (book->currency[0] != '\0' && strcmp(book->currency, event->currency) != 0) ||
        !page_take(&book->page, key, sizeof key)) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(query_read_event(reader, sequence, book->arena, &event, error));
    return add_row(posted, event, &postings);
}

static enum daybook_status walk(struct posted *posted, struct daybook_error *error) {
    struct journal_reader *reader = NULL;
    DAYBOOK_TRY(journal_reader_open(ledger_journal(posted->book.ledger), &reader, error));
    enum daybook_status status = DAYBOOK_OK;
    do {
        status = find_batch(posted, error);
        for (size_t i = 0; i < posted->count && status == DAYBOOK_OK && !posted->book.page.has_more; i++) {
            status = look_at(posted, reader, posted->sequences[i], error);
        }
    } while (status == DAYBOOK_OK && posted->count > 0 && !posted->book.page.has_more);
    journal_reader_close(reader);
    return status;
}

/* ---- the question ---- */

static enum daybook_status begin(struct posted *posted, const Pb__PostingsQuery *asked, struct daybook_error *error) {
    const struct book *book = &posted->book;
    const struct page *page = &book->page;
    if (asked->on[0] != '\0' && !date_parse(asked->on, strlen(asked->on), &posted->on)) {
        return daybook_fail(error, DAYBOOK_INVALID, "\"%.32s\" is no date; write it like 2024-02-29", asked->on);
    }
    if (page->after_size != 0 && page->after_size != 8) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "the page's cursor is none that a list of postings gave; begin without one");
    }
    posted->next = asked->from_sequence == 0 ? 1 : asked->from_sequence;
    if (page->after_size == 8 && load_be64(page->after) >= posted->next) {
        posted->next = load_be64(page->after) + 1;
    }
    posted->last =
        asked->to_sequence == 0 || asked->to_sequence > book->at.known_at ? book->at.known_at : asked->to_sequence;
    book_add_view(&posted->book, book->customer[0] != '\0' ? "history" : "trial");
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
    struct book_question question = {asked->at, asked->customer, asked->currency, "", asked->page};
    struct posted posted = {0};
    enum daybook_status status = book_open(&posted.book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        status = begin(&posted, asked, error);
    }
    if (status == DAYBOOK_OK) {
        status = walk(&posted, error);
    }
    if (status == DAYBOOK_OK) {
        status = make_answer(&posted, answer);
    }
    book_close(&posted.book);
    return status;
}
