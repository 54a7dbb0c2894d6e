/* Limits, grades over time and decisions on credit as tables, and the rules of a grade below them. */
#ifndef DAYBOOK_TOOLS_VIEW_TABLE_CREDIT_H
#define DAYBOOK_TOOLS_VIEW_TABLE_CREDIT_H

#include "daybook.h"
#include "tools/console.h"

/* False: the answer is none of these. *table NULL: the arena refused. */
bool credit_table_of(const ProtobufCMessage *answer, struct arena *arena, struct table **table);

/* The rules of each grade that has them; nothing for other answers. */
DAYBOOK_MUST_USE enum daybook_status credit_print_notes(const ProtobufCMessage *answer, struct arena *arena,
                                                        FILE *stream, struct daybook_error *error);

#endif
