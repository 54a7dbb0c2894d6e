/* What is left of the documents that a request touched, below the line that says that it was recorded. */
#ifndef DAYBOOK_TOOLS_REMAINDER_TABLE_H
#define DAYBOOK_TOOLS_REMAINDER_TABLE_H

#include "base/arena.h"
#include "daybook.h"

/* Prints a table on standard output, or nothing where it would only say again what the line above says: one event
 * changed nothing, or made `document` (the one that the line names), which is as large as it was made. Of a payment it
 * is always told: how much of it is not allocated is what whoever took it wants to know. */
DAYBOOK_MUST_USE enum daybook_status remainder_table_print(const struct daybook_answer *answer, const char *document,
                                                           struct arena *arena, struct daybook_error *error);

#endif
