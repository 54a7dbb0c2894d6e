/* The route from a question to its answer. */
#include "projections/query.h"

#include "codec/answer_encode.h"
#include "codec/question_decode.h"
#include "projections/query_book.h"

/* One answer with all its rows; more than that is asked for page by page. */
#define ANSWER_LIMIT_BYTES   ((size_t)512 << 20)
#define QUESTION_LIMIT_BYTES ((size_t)1 << 20)

/* On the stack: enough for a question about one customer and its answer. */
enum { QUESTION_LENT_BYTES = 2048, ANSWER_LENT_BYTES = 6144 };

/* One row a question: every arm of Query.question. */
static const struct {
    Pb__Query__QuestionCase question;
    query_route *answer;
} routes[] = {
    {PB__QUERY__QUESTION_BALANCE, query_balance},
    {PB__QUERY__QUESTION_OPEN_ITEMS, query_items},
    {PB__QUERY__QUESTION_AGING, query_aging},
    {PB__QUERY__QUESTION_CREDIT, query_credit},
    {PB__QUERY__QUESTION_HISTORY, query_history},
    {PB__QUERY__QUESTION_CUSTOMERS, query_customers},
    {PB__QUERY__QUESTION_EVENTS, query_events},
    {PB__QUERY__QUESTION_STATUS, query_status},
    {PB__QUERY__QUESTION_DIGEST, query_digest},
    {PB__QUERY__QUESTION_REBUILD, query_rebuild},
    {PB__QUERY__QUESTION_TRIAL_BALANCE, query_trial},
    {PB__QUERY__QUESTION_POSTINGS, query_postings},
    {PB__QUERY__QUESTION_LOTS, query_lots},
    {PB__QUERY__QUESTION_LINEAGE, query_lineage},
    {PB__QUERY__QUESTION_BRIDGE, query_bridge},
    {PB__QUERY__QUESTION_KPI, query_kpi},
    {PB__QUERY__QUESTION_CREDIT_HISTORY, query_credit_history},
    {PB__QUERY__QUESTION_CREDIT_DECISIONS, query_credit_decisions},
    {PB__QUERY__QUESTION_CHECKPOINT, query_checkpoint},
    {PB__QUERY__QUESTION_INCLUSION, query_inclusion},
    {PB__QUERY__QUESTION_CONSISTENCY, query_consistency},
    {PB__QUERY__QUESTION_STATEMENT, query_statement},
    {PB__QUERY__QUESTION_STATEMENTS, query_statements},
    {PB__QUERY__QUESTION_DAILY_BALANCES, query_daily},
    {PB__QUERY__QUESTION_PROPOSALS, query_proposals},
    {PB__QUERY__QUESTION_REFUSALS, query_refusals},
};

static enum daybook_status route(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                 ProtobufCMessage **answer, struct daybook_error *error) {
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (routes[i].question == query->question_case) {
            return routes[i].answer(ledger, query, arena, answer, error);
        }
    }
    return daybook_fail(error, DAYBOOK_INVALID, "the query asks nothing; set one of its questions");
}

enum daybook_status query_run(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                              ProtobufCMessage **answer, struct daybook_error *error) {
    *answer = NULL;
    enum daybook_status status = route(ledger, query, arena, answer, error);
    if (status == DAYBOOK_DAMAGED && query->question_case != PB__QUERY__QUESTION_REBUILD) {
        /* Rows that were damaged have been given up: once more, from a view that is built anew. A rebuild was that. */
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
    _Alignas(16) uint8_t question_memory[QUESTION_LENT_BYTES];
    _Alignas(16) uint8_t answer_memory[ANSWER_LENT_BYTES];
    struct arena question_arena;
    struct arena answer_arena;
    ProtobufCMessage *question = NULL;
    ProtobufCMessage *made = NULL;
    arena_init(&question_arena, QUESTION_LIMIT_BYTES);
    arena_init(&answer_arena, ANSWER_LIMIT_BYTES);
    arena_lend(&question_arena, question_memory, sizeof question_memory);
    arena_lend(&answer_arena, answer_memory, sizeof answer_memory);
    enum daybook_status status = question_decode(query, &question_arena, &question, error);
    if (status != DAYBOOK_OK) {
        status = daybook_fail(error, DAYBOOK_INVALID, "the query cannot be read as one, or is larger than 1 MiB");
        goto out;
    }
    status = query_run(ledger, (const Pb__Query *)question, &answer_arena, &made, error);
    if (status != DAYBOOK_OK) {
        goto out;
    }
    daybook_buffer_reset(answer);
    if (answer_encode(made, answer) != DAYBOOK_OK) {
        status = daybook_fail(error, DAYBOOK_NO_MEMORY, "while encoding an answer: memory was refused");
    }
out:
    arena_release(&answer_arena);
    arena_release(&question_arena);
    return status;
}
