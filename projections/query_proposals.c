/* Proposals: what was proposed, what became of it, and the approval policy in force. */
#include <string.h>

#include "codec/wire.h"
#include "projections/links.h"
#include "projections/proposals.h"
#include "projections/query_book.h"

struct proposals_question {
    const Pb__ProposalsQuery *asked;
    struct book *book;
    struct pointers all; /* Pb__Proposal, by sequence. */
    Pb__ProposalsAnswer *made;
};

static enum daybook_status add_proposed(struct proposals_question *question, const Pb__Event *event,
                                        struct daybook_error *error) {
    struct arena *arena = question->book->arena;
    const Pb__RequestProposed *body = event->request_proposed;
    Pb__Proposal *proposal = arena_alloc(arena, sizeof *proposal);
    ProtobufCMessage *request = NULL;
    struct daybook_bytes bytes = {body->request.data, body->request.len};
    if (proposal == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    DAYBOOK_TRY(wire_decode(&pb__request__descriptor, bytes, arena, &request, error));
    pb__proposal__init(proposal);
    proposal->proposal = body->proposal;
    proposal->state = PB__PROPOSAL_STATE__PROPOSAL_STATE_OPEN;
    proposal->proposed_by = event->actor;
    proposal->role = event->role;
    proposal->sequence = event->sequence;
    proposal->proposed_at_us = event->recorded_at_us;
    proposal->expires_at_us = body->expires_at_us;
    proposal->request_sha256 = body->request_sha256;
    proposal->request = (Pb__Request *)request;
    return pointers_add(&question->all, arena, proposal);
}

/* The newest first: what is decided was mostly proposed lately. A name is used once, so there is one at most. */
static Pb__Proposal *find_proposal(const struct proposals_question *question, const char *id) {
    for (size_t i = question->all.count; i > 0; i--) {
        Pb__Proposal *proposal = question->all.items[i - 1];
        if (strcmp(proposal->proposal, id) == 0) {
            return proposal;
        }
    }
    return NULL;
}

static void mark_decided(const struct proposals_question *question, const Pb__Event *event, const char *id,
                         Pb__ProposalState state, char *reason) {
    Pb__Proposal *proposal = find_proposal(question, id);
    if (proposal == NULL) {
        return; /* Entered for a later day than as_of. */
    }
    proposal->state = state;
    proposal->decided_by = event->actor;
    proposal->decided_role = event->role;
    proposal->decided_sequence = event->sequence;
    proposal->decided_at_us = event->recorded_at_us;
    proposal->reason = reason;
}

static enum daybook_status take_event(struct proposals_question *question, const Pb__Event *event,
                                      struct daybook_error *error) {
    char *none = (char *)(uintptr_t) "";
    if (event->body_case == PB__EVENT__BODY_REQUEST_PROPOSED) {
        return add_proposed(question, event, error);
    }
    if (event->body_case == PB__EVENT__BODY_REQUEST_APPROVED) {
        mark_decided(question, event, event->request_approved->proposal, PB__PROPOSAL_STATE__PROPOSAL_STATE_APPROVED,
                     none);
    } else if (event->body_case == PB__EVENT__BODY_REQUEST_REJECTED) {
        mark_decided(question, event, event->request_rejected->proposal, PB__PROPOSAL_STATE__PROPOSAL_STATE_REJECTED,
                     event->request_rejected->reason);
    } else {
        question->made->n_thresholds = event->approval_policy_set->n_thresholds;
        question->made->thresholds = event->approval_policy_set->thresholds;
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_view(struct proposals_question *question, struct daybook_error *error) {
    struct book *book = question->book;
    struct proposals_walk walk;
    Pb__Event *event = NULL;
    DAYBOOK_TRY(proposals_walk_open(book->reads[0].txn, &walk, error));
    enum daybook_status status = proposals_walk_next(&walk, book->arena, &event, error);
    while (status == DAYBOOK_OK && event != NULL && event->sequence <= book->at.known_at) {
        if (event->effective_on <= book->at.as_of) {
            status = take_event(question, event, error);
        }
        if (status == DAYBOOK_OK) {
            status = proposals_walk_next(&walk, book->arena, &event, error);
        }
    }
    proposals_walk_close(&walk);
    return status;
}

/* What was asked for, page by page. */
static enum daybook_status choose(struct proposals_question *question) {
    const Pb__ProposalsQuery *asked = question->asked;
    struct book *book = question->book;
    struct pointers rows = {0};
    for (size_t i = 0; i < question->all.count; i++) {
        Pb__Proposal *proposal = question->all.items[i];
        uint8_t key[PROPOSALS_KEY_SIZE];
        store_be64(key, proposal->sequence);
        bool is_asked =
            (asked->proposal[0] == '\0' || strcmp(asked->proposal, proposal->proposal) == 0) &&
            (asked->state == PB__PROPOSAL_STATE__PROPOSAL_STATE_UNSPECIFIED || asked->state == proposal->state);
        if (is_asked && page_take(&book->page, key, sizeof key)) {
            DAYBOOK_TRY(pointers_add(&rows, book->arena, proposal));
        }
    }
    question->made->n_rows = rows.count;
    question->made->rows = (Pb__Proposal **)rows.items;
    question->made->next_cursor = page_next_cursor(&book->page, book->arena);
    return question->made->next_cursor == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
}

/* ---- currencies ---- */

/* The document whose currency a request without one is in; "" = none. */
static const char *document_of(const Pb__Request *request, Pb__DocumentKind *kind) {
    if (request->command_case == PB__REQUEST__COMMAND_POST_ADJUSTMENT) {
        const Pb__PostAdjustment *command = request->post_adjustment;
        bool is_named = command->target_kind != PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED;
        *kind = is_named ? command->target_kind : PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE;
        return command->target;
    }
    if (request->command_case == PB__REQUEST__COMMAND_REFUND) {
        *kind = request->refund->source_kind;
        return request->refund->source;
    }
    if (request->command_case == PB__REQUEST__COMMAND_REVERSE_PAYMENT) {
        *kind = PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT;
        return request->reverse_payment->payment;
    }
    if (request->command_case == PB__REQUEST__COMMAND_REVERSE_CHARGE) {
        *kind = PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE;
        return request->reverse_charge->charge;
    }
    return "";
}

/* A row's document, and the events that may have made it: a part of the candidates of all rows. */
struct proposal_document {
    struct query_document document;
    size_t begin; /* In bytes. */
    size_t count;
};

/* Of each row of the page, into documents and candidates (u64); a row that names none has no candidates. */
static enum daybook_status find_documents(struct proposals_question *question, struct proposal_document *documents,
                                          struct daybook_buffer *candidates, struct daybook_error *error) {
    struct store_txn *txn = question->book->reads[1].txn;
    struct links_found found = {0};
    enum daybook_status status = DAYBOOK_OK;
    for (size_t i = 0; i < question->made->n_rows && status == DAYBOOK_OK; i++) {
        const Pb__Request *request = question->made->rows[i]->request;
        Pb__DocumentKind kind = PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED;
        const char *id = request->currency[0] == '\0' ? document_of(request, &kind) : "";
        documents[i] = (struct proposal_document){
            .document = {request->customer, kind, id},
            .begin = candidates->size,
        };
        if (id[0] == '\0') {
            continue;
        }
        struct links_question asked = {.name = links_name(request->customer, kind, id), .known_at = UINT64_MAX};
        status = links_ask(txn, &asked, &found, error);
        if (status == DAYBOOK_OK && found.made.size > 0) {
            documents[i].count = found.made.size / sizeof(uint64_t);
            status = daybook_buffer_append(candidates, found.made.data, found.made.size);
        }
    }
    links_found_release(&found);
    return status;
}

static enum daybook_status fill_currencies(struct proposals_question *question,
                                           const struct proposal_document *documents,
                                           const struct daybook_buffer *candidates, struct daybook_error *error) {
    struct book *book = question->book;
    struct journal_reader *reader = NULL;
    DAYBOOK_TRY(journal_reader_open(ledger_journal(book->ledger), &reader, error));
    enum daybook_status status = DAYBOOK_OK;
    for (size_t i = 0; i < question->made->n_rows && status == DAYBOOK_OK; i++) {
        Pb__Proposal *row = question->made->rows[i];
        const char *currency = row->request->currency[0] != '\0' ? row->request->currency : book_default_currency(book);
        Pb__Event *event = NULL;
        const struct proposal_document *named = &documents[i];
        const uint64_t *made = named->count == 0 ? NULL : (const void *)(candidates->data + named->begin);
        status = query_find_made(reader, &named->document, made, named->count, &book->scratch, &event, error);
        row->currency = book_text(book, event != NULL ? event->currency : currency);
        status = status == DAYBOOK_OK && row->currency == NULL ? DAYBOOK_NO_MEMORY : status;
    }
    journal_reader_close(reader);
    return status;
}

static enum daybook_status answer_question(struct proposals_question *question, struct daybook_error *error) {
    struct book *book = question->book;
    struct proposal_document *documents = NULL;
    struct daybook_buffer candidates = {0};
    book_add_view(book, "proposals");
    book_add_view(book, "links");
    DAYBOOK_TRY(book_begin(book, error));
    enum daybook_status status = book_check(book, 0, read_view(question, error), error);
    if (status == DAYBOOK_OK) {
        status = choose(question);
    }
    if (status == DAYBOOK_OK) {
        documents = arena_alloc(book->arena, question->made->n_rows * sizeof *documents + 1);
        status = documents == NULL ? DAYBOOK_NO_MEMORY : find_documents(question, documents, &candidates, error);
        status = book_check(book, 1, status, error);
    }
    book_end(book);
    if (status == DAYBOOK_OK) {
        status = fill_currencies(question, documents, &candidates, error);
    }
    daybook_buffer_release(&candidates);
    if (status == DAYBOOK_OK) {
        question->made->position = book_position(book);
        status = question->made->position == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
    }
    return status;
}

enum daybook_status query_proposals(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                    ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__ProposalsQuery *asked = query->proposals;
    struct book_question of_book = {asked->at, "", "", NULL, asked->page, {NULL}};
    struct book book;
    Pb__ProposalsAnswer *made = arena_alloc(arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__proposals_answer__init(made);
    struct proposals_question question = {.asked = asked, .book = &book, .made = made};
    enum daybook_status status = book_open(&book, ledger, arena, &of_book, error);
    if (status == DAYBOOK_OK) {
        status = answer_question(&question, error);
    }
    if (status == DAYBOOK_OK) {
        *answer = &made->base;
    }
    book_close(&book);
    return status;
}
