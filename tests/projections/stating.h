/* A ledger with all views, written in lines of script.h, and its statements. */
#ifndef TESTS_PROJECTIONS_STATING_H
#define TESTS_PROJECTIONS_STATING_H

#include "engine/ledger_case.h"
#include "projections/query.h"
#include "projections/statement_issue.h"

struct stating_case {
    struct ledger_case c;
    struct arena arena; /* Of answers. */
};

static inline void stating_reopen(struct stating_case *s) {
    s->c.how.views = daybook_standard_views;
    s->c.how.map_size_bytes = (size_t)1 << 32;
    ledger_case_reopen(&s->c);
}

static inline void stating_begin(struct stating_case *s) {
    ledger_case_begin(&s->c);
    arena_init(&s->arena, (size_t)1 << 30);
    stating_reopen(s);
}

static inline void stating_end(struct stating_case *s) {
    ledger_case_end(&s->c);
    arena_release(&s->arena);
}

/* Noon in UTC. */
static inline void stating_now(struct stating_case *s, const char *day) {
    char noon[64];
    (void)snprintf(noon, sizeof noon, "%sT04:00:00Z", day);
    s->c.now_us = script_instant(noon);
}

static inline char *stating_text(struct stating_case *s, const char *text) {
    return arena_copy_text(&s->arena, text, strlen(text));
}

static inline enum daybook_status stating_ask(struct stating_case *s, const Pb__Query *query, void *answer) {
    ProtobufCMessage *made = NULL;
    enum daybook_status status = query_run(s->c.ledger, query, &s->arena, &made, &s->c.error);
    memcpy(answer, &made, sizeof(ProtobufCMessage *));
    return status;
}

/* Of "ann"; a known_at of 0 is the head. */
static inline enum daybook_status stating_preview(struct stating_case *s, Pb__StatementKind kind, const char *currency,
                                                  const char *from, const char *to, uint64_t known_at,
                                                  Pb__StatementAnswer **answer) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__StatementQuery question = PB__STATEMENT_QUERY__INIT;
    Pb__At at = PB__AT__INIT;
    char known[24] = "";
    if (known_at != 0) {
        (void)snprintf(known, sizeof known, "%" PRIu64, known_at);
    }
    at.as_of = stating_text(s, to);
    at.known_at = known;
    question.at = &at;
    question.customer = stating_text(s, "ann");
    question.currency = stating_text(s, currency);
    question.kind = kind;
    question.from_on = stating_text(s, from);
    query.question_case = PB__QUERY__QUESTION_STATEMENT;
    query.statement = &question;
    return stating_ask(s, &query, answer);
}

static inline enum daybook_status stating_show(struct stating_case *s, const char *statement, uint64_t known_at,
                                               Pb__StatementAnswer **answer) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__StatementQuery question = PB__STATEMENT_QUERY__INIT;
    Pb__At at = PB__AT__INIT;
    char known[24] = "";
    if (known_at != 0) {
        (void)snprintf(known, sizeof known, "%" PRIu64, known_at);
    }
    at.known_at = known;
    question.at = &at;
    question.customer = stating_text(s, "ann");
    question.statement = stating_text(s, statement);
    query.question_case = PB__QUERY__QUESTION_STATEMENT;
    query.statement = &question;
    return stating_ask(s, &query, answer);
}

static inline Pb__StatementsAnswer *stating_list(struct stating_case *s, const char *customer, const char *as_of,
                                                 uint64_t known_at, uint32_t limit, const char *cursor) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__StatementsQuery question = PB__STATEMENTS_QUERY__INIT;
    Pb__StatementsAnswer *answer = NULL;
    Pb__At at = PB__AT__INIT;
    Pb__Page page = PB__PAGE__INIT;
    char known[24] = "";
    if (known_at != 0) {
        (void)snprintf(known, sizeof known, "%" PRIu64, known_at);
    }
    at.as_of = stating_text(s, as_of);
    at.known_at = known;
    page.limit = limit;
    page.cursor = stating_text(s, cursor);
    question.at = &at;
    question.page = &page;
    question.customer = stating_text(s, customer);
    query.question_case = PB__QUERY__QUESTION_STATEMENTS;
    query.statements = &question;
    LEDGER_OK(&s->c, stating_ask(s, &query, &answer));
    return answer;
}

static inline Pb__IssueStatementsRequest stating_request(struct stating_case *s, const char *customer, const char *from,
                                                         const char *to) {
    Pb__IssueStatementsRequest request = PB__ISSUE_STATEMENTS_REQUEST__INIT;
    request.actor = stating_text(s, "clerk");
    request.customer = stating_text(s, customer);
    request.from_on = stating_text(s, from);
    request.to_on = stating_text(s, to);
    return request;
}

/* Through the public face: bytes in, bytes out. */
static inline enum daybook_status stating_issue(struct stating_case *s, const Pb__IssueStatementsRequest *request,
                                                Pb__IssueStatementsAnswer **answer) {
    struct daybook_buffer encoded = {0};
    struct daybook_buffer made = {0};
    ProtobufCMessage *message = NULL;
    assert_int_equal(wire_encode(&request->base, &encoded), DAYBOOK_OK);
    enum daybook_status status =
        daybook_issue_statements(s->c.ledger, daybook_buffer_view(&encoded), &made, &s->c.error);
    if (status == DAYBOOK_OK) {
        status = wire_decode(&pb__issue_statements_answer__descriptor, daybook_buffer_view(&made), &s->arena, &message,
                             &s->c.error);
    }
    *answer = (Pb__IssueStatementsAnswer *)message;
    daybook_buffer_release(&encoded);
    daybook_buffer_release(&made);
    return status;
}

#endif
