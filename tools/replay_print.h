/* What a what-if found, for people: counts, differences, balances and ages of both ledgers. */
#ifndef DAYBOOK_TOOLS_REPLAY_PRINT_H
#define DAYBOOK_TOOLS_REPLAY_PRINT_H

#include "daybook/v1/replay.pb-c.h"
#include "tools/console.h"

/* The differences as a table: what was decided in history and in the replay. NULL: the arena refused. */
struct table *replay_table_of(const Pb__ReplayReport *report, struct arena *arena);

/* Prints all of it; of the customers whose balances or ages differ the first `shown`. */
DAYBOOK_MUST_USE enum daybook_status replay_print(const Pb__ReplayReport *report, size_t shown, struct arena *arena,
                                                  struct daybook_error *error);

#endif
