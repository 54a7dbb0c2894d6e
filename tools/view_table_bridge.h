/* A bridge as a table: before, one row an event, after; totals and what is left unexplained. */
#ifndef DAYBOOK_TOOLS_VIEW_TABLE_BRIDGE_H
#define DAYBOOK_TOOLS_VIEW_TABLE_BRIDGE_H

#include "daybook/v1/bridge.pb-c.h"
#include "tools/console.h"

/* NULL: the arena refused. */
struct table *bridge_table_of(const Pb__BridgeAnswer *answer, struct arena *arena);

#endif
