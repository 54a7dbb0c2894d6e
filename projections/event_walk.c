/* The events of a question: found batch by batch, then read. */
#include "projections/event_walk.h"

#include <string.h>

#include "projections/history.h"
#include "projections/trial.h"

enum { BATCH_MIN = 1024, CURSOR_SIZE = 8 };

static bool is_whole(const struct book *book) {
    return book->customer[0] == '\0' && book->tag[0] == '\0';
}

/* ---- which events ---- */

static enum daybook_status find_of_customer(const struct event_walk *walk, const char *customer, uint64_t last,
                                            uint64_t *sequences, size_t *count, struct daybook_error *error) {
    const struct book *book = walk->book;
    struct history_question question = {
        .customer = customer,
        .currency = book->currency,
        .as_of = walk->range.on == DATE_NONE ? book->at.as_of : walk->range.on,
        .known_at = last,
        .after = walk->next - 1,
        .not_before = walk->range.on,
    };
    return history_ask(book->reads[0].txn, &question, sequences, walk->capacity, count, error);
}

/* The first of both, in their order. */
static void merge(struct event_walk *walk, size_t own_count) {
    size_t count = 0;
    size_t known = 0;
    size_t own = 0;
    while (count < walk->capacity && (known < walk->count || own < own_count)) {
        bool is_own = known == walk->count || (own < own_count && walk->own[own] < walk->sequences[known]);
        walk->merged[count++] = is_own ? walk->own[own++] : walk->sequences[known++];
    }
    uint64_t *before = walk->sequences;
    walk->sequences = walk->merged;
    walk->merged = before;
    walk->count = count;
}

/* Accounts come in the order of their customers: all of one are asked for at once. */
static enum daybook_status look_at_account(void *context, struct book *book, const struct account_row *account,
                                           struct daybook_error *error) {
    struct event_walk *walk = context;
    size_t own_count = 0;
    bool is_full = walk->count == walk->capacity;
    uint64_t last = is_full ? walk->sequences[walk->count - 1] : walk->range.to;
    if (strcmp(walk->customer, account->customer) == 0) {
        return DAYBOOK_OK;
    }
    memcpy(walk->customer, account->customer, sizeof walk->customer);
    enum daybook_status status = find_of_customer(walk, account->customer, last, walk->own, &own_count, error);
    DAYBOOK_TRY(book_check(book, 0, status, error));
    if (own_count > 0) {
        merge(walk, own_count);
    }
    return DAYBOOK_OK;
}

static enum daybook_status find_of_tag(struct event_walk *walk, struct daybook_error *error) {
    walk->customer[0] = '\0';
    walk->book->accounts_table = HISTORY_ACCOUNTS;
    walk->book->with_no_currency = true;
    return book_walk(walk->book, look_at_account, walk, error);
}

static enum daybook_status find_in_view(struct event_walk *walk, struct daybook_error *error) {
    struct book *book = walk->book;
    DAYBOOK_TRY(book_begin(book, error));
    enum daybook_status status =
        book->customer[0] != '\0'
            ? find_of_customer(walk, book->customer, walk->range.to, walk->sequences, &walk->count, error)
            : trial_ask_day(book->reads[0].txn, walk->range.on, walk->next, walk->range.to, walk->sequences,
                            walk->capacity, &walk->count, error);
    status = book_check(book, 0, status, error);
    book_end(book);
    return status;
}

/* The next sequences that the question may see; none: there are no more. */
static enum daybook_status find_batch(struct event_walk *walk, struct daybook_error *error) {
    const struct book *book = walk->book;
    walk->count = 0;
    walk->at = 0;
    if (walk->next > walk->range.to || (walk->range.on != DATE_NONE && walk->range.on > book->at.as_of)) {
        return DAYBOOK_OK;
    }
    if (book->tag[0] != '\0') {
        DAYBOOK_TRY(find_of_tag(walk, error));
    } else if (!is_whole(book) || walk->range.on != DATE_NONE) {
        DAYBOOK_TRY(find_in_view(walk, error));
    } else {
        while (walk->count < walk->capacity && walk->next + walk->count <= walk->range.to) {
            walk->sequences[walk->count] = walk->next + walk->count;
            walk->count++;
        }
    }
    walk->next = walk->count < walk->capacity ? walk->range.to + 1 : walk->sequences[walk->count - 1] + 1;
    return DAYBOOK_OK;
}

/* ---- the walk ---- */

static enum daybook_status read_cursor(struct event_walk *walk, struct daybook_error *error) {
    const struct page *page = &walk->book->page;
    uint64_t after = page->after_size == CURSOR_SIZE ? load_be64(page->after) : 0;
    if ((page->after_size != 0 && page->after_size != CURSOR_SIZE) || after > walk->book->at.known_at) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "the page's cursor is none that such a list of events gave; begin without one");
    }
    walk->next = after >= walk->range.from ? after + 1 : walk->range.from;
    return DAYBOOK_OK;
}

enum daybook_status event_walk_open(struct event_walk *walk, struct book *book, struct event_range range,
                                    struct daybook_error *error) {
    uint64_t known_at = book->at.known_at;
    bool is_tagged = book->tag[0] != '\0';
    *walk = (struct event_walk){.book = book, .range = range};
    walk->range.to = range.to == 0 || range.to > known_at ? known_at : range.to;
    walk->capacity = book->page.limit < BATCH_MIN ? BATCH_MIN : book->page.limit + 1;
    DAYBOOK_TRY(read_cursor(walk, error));
    walk->sequences = arena_alloc(book->arena, walk->capacity * sizeof *walk->sequences);
    walk->own = is_tagged ? arena_alloc(book->arena, walk->capacity * sizeof *walk->own) : NULL;
    walk->merged = is_tagged ? arena_alloc(book->arena, walk->capacity * sizeof *walk->merged) : NULL;
    if (walk->sequences == NULL || (is_tagged && (walk->own == NULL || walk->merged == NULL))) {
        return DAYBOOK_NO_MEMORY;
    }
    book_add_view(book, is_whole(book) ? "trial" : "history");
    return journal_reader_open(ledger_journal(book->ledger), &walk->reader, error);
}

void event_walk_close(struct event_walk *walk) {
    journal_reader_close(walk->reader);
}

/* EW1 */
static bool is_seen(const struct event_walk *walk, const Pb__Event *event) {
    const struct book *book = walk->book;
    return event->effective_on <= book->at.as_of &&
           (book->currency[0] == '\0' || strcmp(book->currency, event->currency) == 0);
}

enum daybook_status event_walk_next(struct event_walk *walk, Pb__Event **event, struct daybook_error *error) {
    for (;;) {
        *event = NULL;
        if (walk->at == walk->count) {
            DAYBOOK_TRY(find_batch(walk, error));
        }
        if (walk->count == 0) {
            return DAYBOOK_OK;
        }
        arena_reset(&walk->book->scratch);
        DAYBOOK_TRY(query_read_event(walk->reader, walk->sequences[walk->at++], &walk->book->scratch, event, error));
        if (is_seen(walk, *event)) {
            return DAYBOOK_OK;
        }
    }
}

enum daybook_status event_walk_keep(struct event_walk *walk, const Pb__Event *event, Pb__Event **kept,
                                    struct daybook_error *error) {
    uint8_t key[CURSOR_SIZE];
    store_be64(key, event->sequence);
    *kept = NULL;
    return page_take(&walk->book->page, key, sizeof key)
               ? query_read_event(walk->reader, event->sequence, walk->book->arena, kept, error)
               : DAYBOOK_OK;
}
