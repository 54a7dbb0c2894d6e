/* The answers of views as tables: which columns, in what order. */
#ifndef DAYBOOK_TOOLS_VIEW_TABLE_H
#define DAYBOOK_TOOLS_VIEW_TABLE_H

#include "daybook.h"
#include "tools/console.h"

/* A table of any answer that has rows. NULL: the arena refused. */
struct table *view_table_of(const ProtobufCMessage *answer, struct arena *arena);

/* Of every answer that has one; NULL = it has none. */
const Pb__Position *answer_position(const ProtobufCMessage *answer);

#endif
