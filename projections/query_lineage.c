/* What settled a charge, and what a lot, a payment or an adjustment settled: from the events that say so. */
#include <inttypes.h>
#include <string.h>

#include "base/decimal.h"
#include "projections/links.h"
#include "projections/query_book.h"
#include "projections/tie.h"

struct lineage {
    struct book book;
    Pb__DocumentKind kind;
    const char *document;
    struct links_found found; /* Of this page, and a few more. */
    bool shares_name;         /* Another document agrees with this one in the bits that links are found by. */
    struct pointers rows;
    struct pointers totals;
    Pb__LineageAnswer *answer;
};

static enum daybook_status check_question(struct lineage *lineage, struct daybook_error *error) {
    const struct page *page = &lineage->book.page;
    if (lineage->book.customer[0] == '\0' || lineage->document[0] == '\0') {
        return daybook_fail(error, DAYBOOK_INVALID, "a lineage is of one document of one customer: name both");
    }
    if (!tie_keeps(lineage->kind)) {
        return daybook_fail(error, DAYBOOK_INVALID, "only a charge, a lot, a payment and an adjustment have a lineage");
    }
    if (page->after_size != 0 && page->after_size != 12) {
        return daybook_fail(error, DAYBOOK_INVALID, "the page's cursor is none that a lineage gave; begin without one");
    }
    return DAYBOOK_OK;
}

static enum daybook_status not_there(const struct lineage *lineage, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NOT_FOUND,
                        "customer \"%.64s\" has no such document \"%.64s\" at these coordinates",
                        lineage->book.customer, lineage->document);
}

/* Which events; no transaction is held while they are read. Where the name is not of one document alone, all of its
 * links, for what is found are other documents' links, too (LI2). */
static enum daybook_status find_links(struct lineage *lineage, struct daybook_error *error) {
    struct book *book = &lineage->book;
    struct links_question question = {
        .name = links_name(book->customer, lineage->kind, lineage->document),
        .as_of = book->at.as_of,
        .known_at = book->at.known_at,
        .from = book->page.after_size == 0 ? 0 : load_be64(book->page.after),
        .limit = book->page.limit + 2, /* The last event of the page before, and one past this page. */
    };
    DAYBOOK_TRY(book_begin(book, error));
    enum daybook_status status = links_ask(book->reads[0].txn, &question, &lineage->found, error);
    lineage->shares_name = status == DAYBOOK_OK && lineage->found.made.size > sizeof(uint64_t);
    if (lineage->shares_name) {
        question.from = 0;
        question.limit = SIZE_MAX;
        status = links_ask(book->reads[0].txn, &question, &lineage->found, error);
    }
    status = book_check(book, 0, status, error);
    book_end(book);
    return status;
}

/* ---- the document itself ---- */

static enum daybook_status describe(struct lineage *lineage, const Pb__Event *event, struct daybook_error *error) {
    struct book *book = &lineage->book;
    Pb__LineageAnswer *answer = lineage->answer;
    struct tie_side made = tie_made(event);
    if (event->effective_on > book->at.as_of) {
        return not_there(lineage, error);
    }
    answer->customer = book_text(book, event->customer);
    answer->currency = book_text(book, event->currency);
    answer->kind = made.kind;
    answer->document = book_text(book, made.id);
    answer->sequence = event->sequence;
    answer->effective_on = book_date(book, event->effective_on);
    answer->amount_minor = made.amount_minor;
    bool is_counted = event->body_case != PB__EVENT__BODY_PAYMENT_RECEIVED ||
                      event->payment_received->status != PB__PAYMENT_STATUS__PAYMENT_STATUS_PENDING ||
                      lineage->found.totals.has_settled;
    if (is_counted && __builtin_sub_overflow(made.amount_minor, lineage->found.totals.sum_minor, &answer->left_minor)) {
        return daybook_fail(error, DAYBOOK_LIMIT, "while adding up a lineage: what is left does not fit 64 bits");
    }
    return answer->customer == NULL || answer->currency == NULL || answer->document == NULL ||
                   answer->effective_on == NULL
               ? DAYBOOK_NO_MEMORY
               : DAYBOOK_OK;
}

static enum daybook_status add_totals(struct lineage *lineage) {
    struct book *book = &lineage->book;
    for (int kind = 0; kind < LINKS_KINDS; kind++) {
        if (lineage->found.totals.amounts[kind] == 0) {
            continue;
        }
        Pb__LineageTotal *total = arena_alloc(book->arena, sizeof *total);
        DAYBOOK_TRY(pointers_add(&lineage->totals, book->arena, total));
        pb__lineage_total__init(total);
        total->other_kind = (Pb__DocumentKind)kind;
        total->amount_minor = lineage->found.totals.amounts[kind];
    }
    return DAYBOOK_OK;
}

/* ---- its rows ---- */

static enum daybook_status add_row(struct lineage *lineage, const Pb__Event *event, const struct tie *tie,
                                   const struct tie_side *side, const struct tie_side *other) {
    struct book *book = &lineage->book;
    const ProtobufCFieldDescriptor *body =
        protobuf_c_message_descriptor_get_field(&pb__event__descriptor, (unsigned)event->body_case);
    Pb__LineageRow *row = arena_alloc(book->arena, sizeof *row);
    DAYBOOK_TRY(pointers_add(&lineage->rows, book->arena, row));
    pb__lineage_row__init(row);
    row->sequence = event->sequence;
    row->effective_on = book_date(book, event->effective_on);
    row->event = book_text(book, body == NULL ? "" : body->name);
    row->other_kind = other->kind;
    row->other = book_text(book, other->id);
    row->instalment = tie->instalment;
    row->amount_minor = side->amount_minor;
    row->through = book_text(book, tie->through);
    return row->effective_on == NULL || row->event == NULL || row->other == NULL || row->through == NULL
               ? DAYBOOK_NO_MEMORY
               : DAYBOOK_OK;
}

static bool is_document(const struct lineage *lineage, const struct tie_side *side) {
    return side->kind == lineage->kind && strcmp(side->id, lineage->document) == 0;
}

/* A row's key on a page: sequence u64 and the tie's index u32, big-endian. */
static enum daybook_status add_event(struct lineage *lineage, const Pb__Event *event, struct daybook_error *error) {
    (void)error;
    size_t count = tie_count(event);
    for (size_t i = 0; i < count; i++) {
        struct tie tie = tie_at(event, i);
        bool is_from = is_document(lineage, &tie.from);
        uint8_t key[12];
        store_be64(key, event->sequence);
        store_be32(key + 8, (uint32_t)i);
        if ((is_from || is_document(lineage, &tie.to)) && page_take(&lineage->book.page, key, sizeof key)) {
            DAYBOOK_TRY(add_row(lineage, event, &tie, is_from ? &tie.from : &tie.to, is_from ? &tie.to : &tie.from));
        }
    }
    return DAYBOOK_OK;
}

/* What the rows would have said of this document alone. */
static enum daybook_status add_up_event(struct lineage *lineage, const Pb__Event *event, struct daybook_error *error) {
    struct links_totals *totals = &lineage->found.totals;
    size_t count = tie_count(event);
    for (size_t i = 0; i < count; i++) {
        struct tie tie = tie_at(event, i);
        bool is_from = is_document(lineage, &tie.from);
        int64_t amount_minor = is_from ? tie.from.amount_minor : tie.to.amount_minor;
        if (!is_from && !is_document(lineage, &tie.to)) {
            continue;
        }
        totals->has_settled = totals->has_settled || tie.settles;
        if (!money_add(&totals->amounts[is_from ? tie.to.kind : tie.from.kind], amount_minor) ||
            !money_add(&totals->sum_minor, amount_minor)) {
            return daybook_fail(error, DAYBOOK_LIMIT, "while adding up a lineage: a total does not fit 64 bits");
        }
    }
    return DAYBOOK_OK;
}

/* `each` is given the events of the links, one after the other. */
static enum daybook_status read_links(struct lineage *lineage, struct journal_reader *reader,
                                      enum daybook_status (*each)(struct lineage *, const Pb__Event *,
                                                                  struct daybook_error *),
                                      struct daybook_error *error) {
    struct book *book = &lineage->book;
    const uint64_t *sequences = (const void *)lineage->found.sequences.data;
    size_t count = lineage->found.sequences.size / sizeof *sequences;
    for (size_t i = 0; i < count && !book->page.has_more; i++) {
        Pb__Event *event = NULL;
        arena_reset(&book->scratch);
        DAYBOOK_TRY(query_read_event(reader, sequences[i], &book->scratch, &event, error));
        if (strcmp(event->customer, book->customer) == 0) {
            DAYBOOK_TRY(each(lineage, event, error));
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_all(struct lineage *lineage, struct journal_reader *reader,
                                    struct daybook_error *error) {
    struct book *book = &lineage->book;
    const struct query_document document = {book->customer, lineage->kind, lineage->document};
    const struct daybook_buffer *made = &lineage->found.made;
    Pb__Event *event = NULL;
    if (lineage->shares_name) {
        lineage->found.totals = (struct links_totals){0};
        DAYBOOK_TRY(read_links(lineage, reader, add_up_event, error));
    }
    DAYBOOK_TRY(query_find_made(reader, &document, (const void *)made->data, made->size / sizeof(uint64_t),
                                &book->scratch, &event, error));
    DAYBOOK_TRY(event == NULL ? not_there(lineage, error) : describe(lineage, event, error));
    return read_links(lineage, reader, add_event, error);
}

static enum daybook_status read_events(struct lineage *lineage, struct daybook_error *error) {
    struct journal_reader *reader = NULL;
    DAYBOOK_TRY(journal_reader_open(ledger_journal(lineage->book.ledger), &reader, error));
    enum daybook_status status = read_all(lineage, reader, error);
    journal_reader_close(reader);
    return status;
}

static enum daybook_status make_answer(struct lineage *lineage, ProtobufCMessage **answer) {
    struct book *book = &lineage->book;
    Pb__LineageAnswer *made = lineage->answer;
    DAYBOOK_TRY(add_totals(lineage));
    made->position = book_position(book);
    made->n_rows = lineage->rows.count;
    made->rows = (Pb__LineageRow **)lineage->rows.items;
    made->n_totals = lineage->totals.count;
    made->totals = (Pb__LineageTotal **)lineage->totals.items;
    made->next_cursor = page_next_cursor(&book->page, book->arena);
    *answer = &made->base;
    return made->position == NULL || made->next_cursor == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

enum daybook_status query_lineage(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                  ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__LineageQuery *asked = query->lineage;
    struct book_question question = {asked->at, asked->customer, "", "", asked->page, {"links"}};
    struct lineage lineage = {.kind = asked->kind, .document = asked->document};
    enum daybook_status status = book_open(&lineage.book, ledger, arena, &question, error);
    if (status == DAYBOOK_OK) {
        status = check_question(&lineage, error);
    }
    if (status == DAYBOOK_OK) {
        lineage.answer = arena_alloc(arena, sizeof *lineage.answer);
        status = lineage.answer == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
    }
    if (status == DAYBOOK_OK) {
        pb__lineage_answer__init(lineage.answer);
        book_add_view(&lineage.book, "links");
        status = find_links(&lineage, error);
    }
    if (status == DAYBOOK_OK) {
        status = read_events(&lineage, error);
    }
    if (status == DAYBOOK_OK) {
        status = make_answer(&lineage, answer);
    }
    links_found_release(&lineage.found);
    book_close(&lineage.book);
    return status;
}
