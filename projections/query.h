/*
 * Questions: one daybook.v1.Query in, the answer message of its kind out.
 *
 *   QU1  The answer for (A, K) is the same whatever is appended later.
 *   QU2  No read transaction outlives a slice of 4 096 accounts.
 */
#ifndef DAYBOOK_PROJECTIONS_QUERY_H
#define DAYBOOK_PROJECTIONS_QUERY_H

#include "base/arena.h"
#include "daybook.h"

/* The answer and all that it points to live in `arena`. INVALID: the question
 * cannot be asked so. NOT_FOUND: it is about a customer or a document that was not there. LIMIT: the answer does not
 * fit the arena, or a total does not fit 64 bits. */
DAYBOOK_MUST_USE enum daybook_status query_run(struct daybook *ledger, const Pb__Query *query, struct arena *arena,
                                               ProtobufCMessage **answer, struct daybook_error *error);

#endif
