/* What a what-if found, put together: the differences as they come, then balances and ages of both ledgers. */
#ifndef DAYBOOK_TOOLS_REPLAY_REPORT_H
#define DAYBOOK_TOOLS_REPLAY_REPORT_H

#include "daybook.h"
#include "daybook/v1/replay.pb-c.h"
#include "engine/replay.h"

/* Adds a copy of the change to the report's differences. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status replay_report_add(Pb__ReplayReport *report, const struct replay_change *change,
                                                       struct arena *arena, struct daybook_error *error);

/* Asks both ledgers at A, history as known at `through`, the other as it is, and keeps the rows that differ. */
DAYBOOK_MUST_USE enum daybook_status replay_report_compare(struct daybook *history, struct daybook *replayed,
                                                           const char *as_of, Pb__ReplayReport *report,
                                                           struct arena *arena, struct daybook_error *error);

#endif
