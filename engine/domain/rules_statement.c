/* Statements: one follows the other in each account, so that what they say adds up. */
#include <string.h>

#include "domain/decide_internal.h"

enum { SHA256_BYTES = 32, POLICIES_MAX = 16 };

/* What was computed is taken as it comes: asking for its content again is what shows whether it was right. */
static bool check_content(struct decision *decision, const Pb__IssueStatement *command) {
    if (command->kind == PB__STATEMENT_KIND__STATEMENT_KIND_UNSPECIFIED) {
        return REFUSE(decision, MALFORMED, NO_FACTS,
                      "a statement is balance-forward, open-item or transaction; the request says none of them");
    }
    if (command->format == 0 || command->content_bytes == 0 || command->content_sha256.len != SHA256_BYTES) {
        return REFUSE(decision, MALFORMED, NO_FACTS,
                      "a statement comes with the format, the size and the SHA-256 of its content");
    }
    if (command->opening == NULL || command->changes == NULL || command->closing == NULL) {
        return REFUSE(
            decision, MALFORMED, NO_FACTS,
            "a statement comes with what it opens with, the changes to earlier periods and what it closes with");
    }
    if (command->n_policies > POLICIES_MAX) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "%zu policies; %d are the most", command->n_policies,
                      POLICIES_MAX);
    }
    for (size_t i = 0; i < command->n_policies; i++) {
        if (!check_identifier(decision, "a policy's name", command->policies[i]->name) ||
            !check_line(decision, "a policy's value", command->policies[i]->value, LIMIT_NAME_BYTES)) {
            return false;
        }
    }
    if (command->known_at == 0 || command->known_at >= decision->input.next_sequence) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "known_at %llu is no event that was there; the last is %llu",
                      (unsigned long long)command->known_at, (unsigned long long)decision->input.next_sequence - 1);
    }
    return true;
}

static bool check_span(struct decision *decision, const Pb__IssueStatement *command, Pb__StatementIssued *body) {
    if (!check_date(decision, "from_on", command->from_on, &body->from_on) ||
        !check_date(decision, "to_on", command->to_on, &body->to_on)) {
        return false;
    }
    if (body->to_on == DATE_NONE || body->to_on > decision->today) {
        return REFUSE(decision, DATE_INVALID, ((struct refusal_facts){.date = body->to_on}),
                      "a statement ends on a day that has come; today is %s", date_text(decision, decision->today));
    }
    if (body->to_on <= body->from_on) {
        return REFUSE(decision, DATE_INVALID, ((struct refusal_facts){.date = body->to_on}),
                      "the statement would end on %s, not after %s", date_text(decision, body->to_on),
                      date_text(decision, body->from_on));
    }
    return true;
}

/* closing(n) + changes = opening(n + 1) needs that the next begins where this one ended, and knows it. */
static bool check_is_next(struct decision *decision, Pb__StatementIssued *body) {
    const struct account *account = customer_account(decision->customer, decision->currency);
    if (account == NULL || account->statement_sequence == 0) {
        return true;
    }
    body->previous = account->statement_sequence;
    if (body->from_on != account->statement_to_on) {
        return REFUSE(decision, STATEMENT_NOT_NEXT,
                      ((struct refusal_facts){.document = body->statement, .date = account->statement_to_on}),
                      "the last statement in %s ended on %s; the next one begins there, not after %s",
                      decision->currency, date_text(decision, account->statement_to_on),
                      body->from_on == DATE_NONE ? "no day at all" : date_text(decision, body->from_on));
    }
    if (body->known_at < account->statement_sequence) {
        return REFUSE(decision, STATEMENT_NOT_NEXT, ((struct refusal_facts){.document = body->statement}),
                      "the last statement in %s was issued as event %llu, and this one knows only %llu",
                      decision->currency, (unsigned long long)account->statement_sequence,
                      (unsigned long long)body->known_at);
    }
    return true;
}

bool decide_issue_statement(struct decision *decision) {
    const Pb__IssueStatement *command = decision->request->issue_statement;
    Pb__Event event = PB__EVENT__INIT;
    Pb__StatementIssued body = PB__STATEMENT_ISSUED__INIT;
    body.statement = command->statement;
    body.known_at = command->known_at;
    if (!check_identifier(decision, "the statement's id", command->statement) || !check_content(decision, command) ||
        !check_span(decision, command, &body) ||
        !check_is_new(decision, PB__DOCUMENT_KIND__DOCUMENT_KIND_STATEMENT, command->statement) ||
        !check_is_next(decision, &body)) {
        return false;
    }
    body.kind = command->kind;
    body.format = command->format;
    body.content_sha256 = command->content_sha256;
    body.content_bytes = command->content_bytes;
    body.n_policies = command->n_policies;
    body.policies = command->policies;
    body.opening = command->opening;
    body.changes = command->changes;
    body.closing = command->closing;
    event.body_case = PB__EVENT__BODY_STATEMENT_ISSUED;
    event.statement_issued = &body;
    event.currency = decision->currency;
    return emit(decision, &event, decision->effective_on);
}
