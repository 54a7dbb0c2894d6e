/* Totals of balances for each currency; for every answer that has them. */
#ifndef DAYBOOK_PROJECTIONS_QUERY_BALANCE_H
#define DAYBOOK_PROJECTIONS_QUERY_BALANCE_H

#include "projections/query_book.h"

/* Adds a row to the total of its currency. LIMIT: a total does not fit 64 bits. */
DAYBOOK_MUST_USE enum daybook_status query_add_to_totals(struct book *book, struct pointers *totals,
                                                         const Pb__Balance *row, struct daybook_error *error);

/* What they came to, for the answer. NULL when memory is refused. */
Pb__Balance **query_list_totals(struct book *book, const struct pointers *totals);

/* Copies a row and its texts into the answer. NULL when memory is refused. */
Pb__Balance *query_copy_balance(struct book *book, const Pb__Balance *row);

#endif
