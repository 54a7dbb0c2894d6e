/* The figures of a period as tables: the figures, what rolled where, and the months counted back. */
#ifndef DAYBOOK_TOOLS_VIEW_TABLE_KPI_H
#define DAYBOOK_TOOLS_VIEW_TABLE_KPI_H

#include "daybook.h"
#include "tools/console.h"

/* NULL: the arena refused. */
struct table *kpi_table_of(const Pb__KpiAnswer *answer, struct arena *arena);

/* Below the figures: the period, where money moved, and the countback. Nothing for other answers. */
DAYBOOK_MUST_USE enum daybook_status kpi_print_notes(const ProtobufCMessage *answer, struct arena *arena, FILE *stream,
                                                     struct daybook_error *error);

#endif
