/* The answers about the books, lots and lineage as tables, and what is said below them. */
#ifndef DAYBOOK_TOOLS_VIEW_TABLE_BOOKS_H
#define DAYBOOK_TOOLS_VIEW_TABLE_BOOKS_H

#include <protobuf-c/protobuf-c.h>

#include "tools/console.h"

/* NULL: the arena refused. */
struct table *books_table_of(const ProtobufCMessage *answer, struct arena *arena);

/* Sentences below the table; nothing for the answers that have none. */
void books_print_notes(const ProtobufCMessage *answer, FILE *stream);

#endif
