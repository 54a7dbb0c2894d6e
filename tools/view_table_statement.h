/* The rows of a statement, and the statements that were issued, as tables. */
#ifndef DAYBOOK_TOOLS_VIEW_TABLE_STATEMENT_H
#define DAYBOOK_TOOLS_VIEW_TABLE_STATEMENT_H

#include "daybook/v1/statement.pb-c.h"
#include "tools/console.h"

/* NULL, here and below: the arena refused. */
struct table *statements_table_of(Pb__IssuedStatement *const *rows, size_t count, struct arena *arena);

/* Changes to earlier periods, then the movements: for programs. */
struct table *statement_table_of(const Pb__Statement *statement, struct arena *arena);

#endif
