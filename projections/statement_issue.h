/*
 * Issuing statements: the one route of the library, the program and the server.
 *
 *   SI1  A statement that was issued is never issued again: what an account has is looked up first, and the key
 *        of the request is made of customer, currency and last day.
 *   SI2  What has expired by today is entered before anything is computed, so no statement counts it still.
 */
#ifndef DAYBOOK_PROJECTIONS_STATEMENT_ISSUE_H
#define DAYBOOK_PROJECTIONS_STATEMENT_ISSUE_H

#include "base/arena.h"
#include "daybook.h"

/* One page of accounts, as daybook_issue_statements says. The answer lives in `arena`. */
DAYBOOK_MUST_USE enum daybook_status statement_issue(struct daybook *ledger, const Pb__IssueStatementsRequest *request,
                                                     struct arena *arena, Pb__IssueStatementsAnswer **answer,
                                                     struct daybook_error *error);

#endif
