/* What the credit check saw whenever something of a customer went on credit: read from the events, in their order. */
#include <string.h>

#include "base/wide.h"
#include "projections/history.h"
#include "projections/query_book.h"

enum { SEQUENCES_AT_ONCE = 512 };

struct decisions {
    struct book book;
    uint64_t after; /* The last sequence that was looked at. */
    struct pointers rows;
};

static const Pb__CreditDecision *decision_of(const Pb__Event *event) {
    if (event->body_case == PB__EVENT__BODY_CHARGE_POSTED) {
        return event->charge_posted->credit;
    }
    return event->body_case == PB__EVENT__BODY_HOLD_PLACED ? event->hold_placed->credit : NULL;
}

static enum daybook_status fill_amounts(Pb__CreditDecisionRow *row, struct daybook_error *error) {
    const Pb__CreditDecision *seen = row->decision;
    int64_t exposure;
    wide left = 0;
    bool fits = !__builtin_add_overflow(seen->open_minor, seen->held_minor, &exposure) &&
                !__builtin_sub_overflow(exposure, seen->unapplied_minor, &exposure) &&
                !__builtin_sub_overflow(exposure, seen->deposit_minor, &exposure);
    if (fits && seen->state == PB__LIMIT_STATE__LIMIT_STATE_AMOUNT) {
        left = (wide)seen->limit_minor - exposure - seen->charge_minor;
        left = left > INT64_MAX ? INT64_MAX : left; /* A limit near 2^63, and money of the customer's own. */
        fits = left >= INT64_MIN;
    }
    if (!fits) {
        return daybook_fail(error, DAYBOOK_LIMIT, "while adding up an exposure: it does not fit 64 bits");
    }
    row->exposure_minor = exposure;
    row->left_minor = (int64_t)left;
    return DAYBOOK_OK;
}

/* `event` lives in the answer's arena. */
static enum daybook_status add_row(struct decisions *decisions, const Pb__Event *event, struct daybook_error *error) {
    struct book *book = &decisions->book;
    Pb__CreditDecisionRow *row = arena_alloc(book->arena, sizeof *row);
    DAYBOOK_TRY(pointers_add(&decisions->rows, book->arena, row));
    pb__credit_decision_row__init(row);
    bool is_charge = event->body_case == PB__EVENT__BODY_CHARGE_POSTED;
    row->sequence = event->sequence;
    row->recorded_at_us = event->recorded_at_us;
    row->effective_on = book_date(book, event->effective_on);
    row->currency = event->currency;
    row->kind = is_charge ? PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE : PB__DOCUMENT_KIND__DOCUMENT_KIND_HOLD;
    row->document = is_charge ? event->charge_posted->charge : event->hold_placed->hold;
    row->amount_minor = is_charge ? event->charge_posted->amount_minor : event->hold_placed->amount_minor;
    row->decision = (Pb__CreditDecision *)(uintptr_t)decision_of(event);
    return row->effective_on == NULL ? DAYBOOK_NO_MEMORY : fill_amounts(row, error);
}

/* An event is decoded beside the answer first: few of them are decisions. */
static enum daybook_status look_at(struct decisions *decisions, struct journal_reader *reader, uint64_t sequence,
                                   struct daybook_error *error) {
    struct book *book = &decisions->book;
    Pb__Event *event = NULL;
    uint8_t key[8];
    arena_reset(&book->scratch);
    DAYBOOK_TRY(query_read_event(reader, sequence, &book->scratch, &event, error));
    store_be64(key, sequence);
    if (decision_of(event) == NULL || !page_take(&book->page, key, sizeof key)) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(query_read_event(reader, sequence, book->arena, &event, error));
    return add_row(decisions, event, error);
}

/* No transaction is held while the events are read. */
static enum daybook_status find_some(struct decisions *decisions, uint64_t sequences[SEQUENCES_AT_ONCE], size_t *count,
                                     struct daybook_error *error) {
    struct book *book = &decisions->book;
    struct history_question question = {book->customer,    book->currency,   book->at.as_of,
                                        book->at.known_at, decisions->after, DATE_NONE};
    DAYBOOK_TRY(book_begin(book, error));
    enum daybook_status status = book_check(
        book, 0, history_ask(book->reads[0].txn, &question, sequences, SEQUENCES_AT_ONCE, count, error), error);
    book_end(book);
    return status;
}

static enum daybook_status read_all(struct decisions *decisions, struct daybook_error *error) {
    uint64_t sequences[SEQUENCES_AT_ONCE];
    struct journal_reader *reader = NULL;
    size_t count = SEQUENCES_AT_ONCE;
    DAYBOOK_TRY(journal_reader_open(ledger_journal(decisions->book.ledger), &reader, error));
    enum daybook_status status = DAYBOOK_OK;
    while (status == DAYBOOK_OK && count == SEQUENCES_AT_ONCE && !decisions->book.page.has_more) {
        status = find_some(decisions, sequences, &count, error);
        for (size_t i = 0; i < count && status == DAYBOOK_OK; i++) {
            status = look_at(decisions, reader, sequences[i], error);
            decisions->after = sequences[i];
        }
    }
    journal_reader_close(reader);
    return status;
}

static enum daybook_status make_answer(struct decisions *decisions, ProtobufCMessage **answer) {
    struct book *book = &decisions->book;
    Pb__CreditDecisionsAnswer *made = arena_alloc(book->arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__credit_decisions_answer__init(made);
    DAYBOOK_TRY(book_add_policy(book, "exposure", "as each decision saw it: open + held - unapplied - deposits"));
    made->position = book_position(book);
    made->n_rows = decisions->rows.count;
    made->rows = (Pb__CreditDecisionRow **)decisions->rows.items;
    made->next_cursor = page_next_cursor(&book->page, book->arena);
    *answer = &made->base;
    return made->position == NULL || made->next_cursor == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

static enum daybook_status check_question(struct decisions *decisions, struct daybook_error *error) {
    const struct page *page = &decisions->book.page;
    if (decisions->book.customer[0] == '\0') {
        return daybook_fail(error, DAYBOOK_INVALID, "decisions are of one customer: name it");
    }
    if (page->after_size != 0 && page->after_size != 8) {
        return daybook_fail(error, DAYBOOK_INVALID, "the page's cursor is none that decisions gave; begin without one");
    }
    decisions->after = page->after_size == 8 ? load_be64(page->after) : 0;
    return DAYBOOK_OK;
}

enum daybook_status query_credit_decisions(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                           ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__CreditDecisionsQuery *asked = query->credit_decisions;
    struct book_question question = {asked->at, asked->customer, asked->currency, "", asked->page, {"history"}};
    struct decisions decisions = {0};
    enum daybook_status status = book_open(&decisions.book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        status = check_question(&decisions, error);
    }
    if (status == DAYBOOK_OK) {
        book_add_view(&decisions.book, "history");
        status = read_all(&decisions, error);
    }
    if (status == DAYBOOK_OK) {
        status = make_answer(&decisions, answer);
    }
    book_close(&decisions.book);
    return status;
}
