/*
 * An audit's statements: deciding takes a statement's content as it comes, so each is computed again at its coordinates
 * and compared with what its event recorded. Asking for an issued statement does both; here it is asked of the views
 * that the audit folded from nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit_inside.h"
#include "base/calendar.h"
#include "codec/wire.h"

enum { EVENT_ARENA_BYTES = 1 << 20 };

struct statements {
    struct audit_run *run;
    struct daybook *beside;
    struct journal_reader *reader;
    struct arena event_arena;
    struct daybook_buffer question;
    struct daybook_buffer answer;
};

static enum daybook_status encode_question(struct statements *statements, const Pb__Event *event,
                                           struct daybook_error *error) {
    Pb__At at = PB__AT__INIT;
    Pb__StatementQuery asked = PB__STATEMENT_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    char known_at[32];
    char as_of[DATE_TEXT_SIZE];
    (void)snprintf(known_at, sizeof known_at, "%" PRIu64, event->sequence);
    (void)date_format(event->effective_on, as_of);
    at.known_at = known_at;
    at.as_of = as_of;
    asked.at = &at;
    asked.customer = event->customer;
    asked.currency = event->currency;
    asked.statement = event->statement_issued->statement;
    query.question_case = PB__QUERY__QUESTION_STATEMENT;
    query.statement = &asked;
    daybook_buffer_reset(&statements->question);
    return wire_encode(&query.base, &statements->question) == DAYBOOK_OK
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_NO_MEMORY, "auditing a statement: memory was refused");
}

static enum daybook_status check_one(struct statements *statements, uint64_t sequence, struct daybook_error *error) {
    struct daybook_bytes bytes;
    ProtobufCMessage *event = NULL;
    arena_reset(&statements->event_arena);
    DAYBOOK_TRY(journal_read_one(statements->reader, sequence, &bytes, error));
    DAYBOOK_TRY(wire_decode(&pb__event__descriptor, bytes, &statements->event_arena, &event, error));
    DAYBOOK_TRY(encode_question(statements, (const Pb__Event *)event, error));
    enum daybook_status status = statements->run->options->query(
        statements->beside, daybook_buffer_view(&statements->question), &statements->answer, error);
    switch (status) {
    case DAYBOOK_OK:
        statements->run->report->statements++;
        return DAYBOOK_OK;
    case DAYBOOK_DAMAGED:
    case DAYBOOK_INVALID:
    case DAYBOOK_NOT_FOUND: /* Its customer is not there, or the view has no such statement. */
    case DAYBOOK_BEHIND:    /* A view that could not be folded that far, which is a finding already. */
    case DAYBOOK_VERSION:   /* No format that was ever issued. */
        audit_add(statements->run, "event %" PRIu64 ": %.400s", sequence, error->message);
        return DAYBOOK_OK;
    default:
        return status;
    }
}

static enum daybook_status check_all(struct statements *statements, struct daybook_error *error) {
    const struct daybook_buffer *sequences = &statements->run->statements;
    for (size_t at = 0; at < sequences->size; at += sizeof(uint64_t)) {
        uint64_t sequence;
        memcpy(&sequence, sequences->data + at, sizeof sequence);
        DAYBOOK_TRY(check_one(statements, sequence, error));
    }
    return DAYBOOK_OK;
}

enum daybook_status audit_statements(struct audit_run *run, struct view **views, struct daybook_error *error) {
    struct statements statements = {.run = run};
    bool is_asked = run->options->query != NULL && ledger_view(run->ledger, "statements") != NULL;
    if (run->statements.size == 0 || !is_asked) {
        return DAYBOOK_OK;
    }
    arena_init(&statements.event_arena, EVENT_ARENA_BYTES);
    enum daybook_status status = ledger_open_beside(run->ledger, views, &statements.beside, error);
    if (status == DAYBOOK_OK) {
        status = journal_reader_open(ledger_journal(run->ledger), &statements.reader, error);
    }
    if (status == DAYBOOK_OK) {
        status = check_all(&statements, error);
    }
    journal_reader_close(statements.reader);
    ledger_close_beside(statements.beside);
    daybook_buffer_release(&statements.answer);
    daybook_buffer_release(&statements.question);
    arena_release(&statements.event_arena);
    return status;
}
