/* What answering about statements and issuing them share. */
#ifndef DAYBOOK_PROJECTIONS_QUERY_STATEMENT_H
#define DAYBOOK_PROJECTIONS_QUERY_STATEMENT_H

#include "base/hash.h"
#include "daybook.h"
#include "projections/statements.h"

DAYBOOK_MUST_USE enum daybook_status statement_digest(struct daybook_bytes content, uint8_t digest[SHA256_SIZE],
                                                      struct daybook_error *error);

void statement_set_figures(Pb__StatementFigures *figures, const Pb__StatementAmounts *amounts);

/* For answers; `row` was read into the same arena. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status statement_copy_issued(const struct account_row *account,
                                                           const struct statement_row *row, struct arena *arena,
                                                           Pb__IssuedStatement **made);

/* Balance forward where none is named. */
Pb__StatementKind statement_kind_or_default(Pb__StatementKind kind);

#endif
