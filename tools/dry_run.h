/* What a dry run would have appended, for people and as messages. */
#ifndef DAYBOOK_TOOLS_DRY_RUN_H
#define DAYBOOK_TOOLS_DRY_RUN_H

#include "base/arena.h"
#include "daybook.h"

/* Decodes the events of a dry run into the message's would_append; leaves it alone for any other answer. */
DAYBOOK_MUST_USE enum daybook_status dry_run_fill(const struct daybook_answer *answer, struct arena *arena,
                                                  Pb__Answer *message, struct daybook_error *error);

/* One line an event: "  2024-01-10  charge posted  INV-1  1,000.00 CNY". */
void dry_run_print(const Pb__Answer *message, struct arena *arena);

#endif
