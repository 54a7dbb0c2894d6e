/* Questions: on the loop where that takes microseconds, on a worker where it may take longer. */
#include "tools/serve/ask.h"

#include <string.h>

#include "engine/ledger.h"
#include "projections/query.h"
#include "projections/statement_issue.h"
#include "tools/message_field.h"
#include "tools/serve/server.h"

enum { QUICK_MESSAGE_BYTES = 1024, QUESTION_LIMIT_BYTES = 1 << 20 };

/* The question in its envelope, so that one route carries every one. */
static enum daybook_status read_question(const struct call *call, struct arena *arena, Pb__Query *query,
                                         struct daybook_error *error) {
    ProtobufCMessage *message;
    if (call->message.size > QUESTION_LIMIT_BYTES) {
        return daybook_fail(error, DAYBOOK_INVALID, "a question has at most %d bytes", QUESTION_LIMIT_BYTES);
    }
    DAYBOOK_TRY(connect_read_message(call->content.codec, call->message, call->method->input, arena, &message, error));
    pb__query__init(query);
    query->question_case = (Pb__Query__QuestionCase)call->method->arm->id;
    memcpy(field_member(&query->base, call->method->arm), &message, sizeof(ProtobufCMessage *));
    return DAYBOOK_OK;
}

static void ask(struct call *call, const Pb__Query *query, struct arena *arena) {
    struct daybook_error error;
    ProtobufCMessage *answer;
    if (query_run(call->server->ledger, query, arena, &answer, &error) != DAYBOOK_OK) {
        call_fail_with(call, &error);
    } else {
        call_answer(call, answer);
    }
}

void ask_work(struct call *call, struct arena *arena) {
    struct daybook_error error;
    Pb__Query query;
    if (read_question(call, arena, &query, &error) != DAYBOOK_OK) {
        call_fail_with(call, &error);
    } else {
        ask(call, &query, arena);
    }
}

void ask_issue_work(struct call *call, struct arena *arena) {
    struct daybook_error error;
    ProtobufCMessage *message;
    Pb__IssueStatementsAnswer *answer;
    enum daybook_status status =
        connect_read_message(call->content.codec, call->message, call->method->input, arena, &message, &error);
    if (status == DAYBOOK_OK) {
        Pb__IssueStatementsRequest *asked = (Pb__IssueStatementsRequest *)message;
        const struct daybook_submitter *submitter = &call->identity.submitter;
        asked->role = submitter->role;
        asked->actor = submitter->actor != NULL ? (char *)(uintptr_t)submitter->actor : asked->actor;
        status =
            statement_issue(call->server->ledger, (const Pb__IssueStatementsRequest *)message, arena, &answer, &error);
    }
    if (status != DAYBOOK_OK) {
        call_fail_with(call, &error);
    } else {
        call_answer(call, &answer->base);
    }
}

/* A commit between this look and the question makes the question wait for its folding, which is on its way: a moment.
 */
static bool is_folded(struct daybook *ledger, const char *view) {
    struct daybook_error error;
    uint64_t head;
    return daybook_head(ledger, &head, &error) == DAYBOOK_OK && view_covers(ledger_view(ledger, view), head);
}

bool ask_at_once(struct call *call) {
    struct arena *arena = &call->loop->arena;
    struct daybook_error error;
    Pb__Query query;
    bool may_be_quick = call->method->input == &pb__balance_query__descriptor &&
                        call->message.size <= QUICK_MESSAGE_BYTES && is_folded(call->server->ledger, "balance");
    if (!may_be_quick) {
        return false;
    }
    bool is_answered = true;
    if (read_question(call, arena, &query, &error) != DAYBOOK_OK) {
        call_fail_with(call, &error);
    } else if (query.balance->customer[0] == '\0' || query.balance->tag[0] != '\0') {
        is_answered = false;
    } else {
        ask(call, &query, arena);
    }
    arena_reset(arena);
    return is_answered;
}
