/*
 * The events of a question, in the order of their sequences: of one customer, of those who have a tag, or of all.
 *
 *   EW1  Exactly those that the question sees: sequence <= K and effective_on <= A, of the currency and the day that
 *        it names.
 *
 * A customer's are found in the history view. So are a tag's: once for each batch, every customer is looked at, slice
 * by slice. All are read one after the other. No transaction is held while events are read.
 */
#ifndef DAYBOOK_PROJECTIONS_EVENT_WALK_H
#define DAYBOOK_PROJECTIONS_EVENT_WALK_H

#include "projections/query_book.h"

/* Which events, beside what the book's question says. */
struct event_range {
    uint64_t from; /* 0: from the first. */
    uint64_t to;   /* 0: to the last that was known. */
    int32_t on;    /* Of this business date alone, and such as move money; DATE_NONE: all. */
};

struct event_walk {
    struct book *book;
    struct journal_reader *reader;
    struct event_range range;
    uint64_t next; /* The first sequence that was not looked for. */
    uint64_t *sequences;
    size_t count;
    size_t at;
    size_t capacity;
    /* Of a tag: a customer's own, the two together, and who was looked at last. */
    uint64_t *own;
    uint64_t *merged;
    char customer[LIMIT_ID_BYTES + 1];
};

/* Begins behind the page's cursor, a sequence. INVALID: the cursor is none of these. After any result: close. */
DAYBOOK_MUST_USE enum daybook_status event_walk_open(struct event_walk *walk, struct book *book,
                                                     struct event_range range, struct daybook_error *error);
void event_walk_close(struct event_walk *walk);

/* *event NULL: there are no more; else it is in the book's scratch arena until the next call. */
DAYBOOK_MUST_USE enum daybook_status event_walk_next(struct event_walk *walk, Pb__Event **event,
                                                     struct daybook_error *error);

/* Takes the event onto the book's page, into the answer's arena. *kept NULL: the page is full, and has a next one. */
DAYBOOK_MUST_USE enum daybook_status event_walk_keep(struct event_walk *walk, const Pb__Event *event, Pb__Event **kept,
                                                     struct daybook_error *error);

#endif
