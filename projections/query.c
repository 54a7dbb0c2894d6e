/* The route from a question to its answer. */
#include "projections/query.h"

#include "codec/wire.h"
#include "projections/query_book.h"

/* One answer with all its rows; more than that is asked for page by page. */
#define ANSWER_LIMIT_BYTES   ((size_t)512 << 20)
#define QUESTION_LIMIT_BYTES ((size_t)1 << 20)

static enum daybook_status route(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                 ProtobufCMessage **answer, struct daybook_error *error) {
    switch (query->question_case) {
    case PB__QUERY__QUESTION_BALANCE:
        return query_balance(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_OPEN_ITEMS:
        return query_items(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_AGING:
        return query_aging(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_CREDIT:
        return query_credit(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_HISTORY:
        return query_history(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_CUSTOMERS:
        return query_customers(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_EVENTS:
        return query_events(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_STATUS:
        return query_status(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_DIGEST:
        return query_digest(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_REBUILD:
        return query_rebuild(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_TRIAL_BALANCE:
        return query_trial(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_POSTINGS:
        return query_postings(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_LOTS:
        return query_lots(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_LINEAGE:
        return query_lineage(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_BRIDGE:
        return query_bridge(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_KPI:
        return query_kpi(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_CREDIT_HISTORY:
        return query_credit_history(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_CREDIT_DECISIONS:
        return query_credit_decisions(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_CHECKPOINT:
        return query_checkpoint(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_INCLUSION:
        return query_inclusion(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_CONSISTENCY:
        return query_consistency(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_STATEMENT:
        return query_statement(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_STATEMENTS:
        return query_statements(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION_DAILY_BALANCES:
        return query_daily(ledger, query, arena, answer, error);
    case PB__QUERY__QUESTION__NOT_SET:
    case _PB__QUERY__QUESTION__CASE_IS_INT_SIZE:
        break;
    }
    return daybook_fail(error, DAYBOOK_INVALID, "the query asks nothing; set one of its questions");
}

enum daybook_status query_run(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                              ProtobufCMessage **answer, struct daybook_error *error) {
    *answer = NULL;
    enum daybook_status status = route(ledger, query, arena, answer, error);
    if (status == DAYBOOK_DAMAGED) {
        /* Rows that were damaged have been given up: once more, from a view that is built anew. */
        status = route(ledger, query, arena, answer, error);
    }
    if (status == DAYBOOK_NO_MEMORY) {
        return daybook_fail(error, DAYBOOK_LIMIT,
                            "the answer does not fit the memory of one answer; ask for fewer rows a page");
    }
    return status;
}

enum daybook_status daybook_query(struct daybook *ledger, struct daybook_bytes query, struct daybook_buffer *answer,
                                  struct daybook_error *error) {
    struct arena question_arena;
    struct arena answer_arena;
    ProtobufCMessage *question = NULL;
    ProtobufCMessage *made = NULL;
    arena_init(&question_arena, QUESTION_LIMIT_BYTES);
    arena_init(&answer_arena, ANSWER_LIMIT_BYTES);
    enum daybook_status status = wire_decode(&pb__query__descriptor, query, &question_arena, &question, error);
    if (status != DAYBOOK_OK) {
        status = daybook_fail(error, DAYBOOK_INVALID, "the query cannot be read as one, or is larger than 1 MiB");
        goto out;
    }
    status = query_run(ledger, (const Pb__Query *)question, &answer_arena, &made, error);
    if (status != DAYBOOK_OK) {
        goto out;
    }
    daybook_buffer_reset(answer);
    if (wire_encode(made, answer) != DAYBOOK_OK) {
        status = daybook_fail(error, DAYBOOK_NO_MEMORY, "while encoding an answer: memory was refused");
    }
out:
    arena_release(&answer_arena);
    arena_release(&question_arena);
    return status;
}
