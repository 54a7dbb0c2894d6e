/* Refused requests, newest first, out of the log beside the journal. */
#include "engine/refusal_log.h"
#include "projections/query_book.h"

enum { REFUSALS_DEFAULT = 100, REFUSALS_MAX = 10000 };

enum daybook_status query_refusals(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                   ProtobufCMessage **answer, struct daybook_error *error) {
    const Pb__RefusalsQuery *asked = query->refusals;
    size_t limit = asked->limit == 0 ? REFUSALS_DEFAULT : asked->limit < REFUSALS_MAX ? asked->limit : REFUSALS_MAX;
    Pb__RefusalsAnswer *made = arena_alloc(arena, sizeof *made);
    if (made == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    pb__refusals_answer__init(made);
    DAYBOOK_TRY(refusal_log_read(ledger_directory(ledger), asked->actor, limit, arena, made, error));
    *answer = &made->base;
    return DAYBOOK_OK;
}
