/* Proposals, approval policies, refused requests and tokens as tables. */
#ifndef DAYBOOK_TOOLS_VIEW_TABLE_ACCESS_H
#define DAYBOOK_TOOLS_VIEW_TABLE_ACCESS_H

#include "daybook/v1/access.pb-c.h"
#include "tools/console.h"

/* NULL: the arena refused. */
struct table *proposals_table_of(const Pb__ProposalsAnswer *answer, struct arena *arena);
struct table *thresholds_table_of(const Pb__ProposalsAnswer *answer, struct arena *arena);
struct table *refusals_table_of(const Pb__RefusalsAnswer *answer, struct arena *arena);
struct table *tokens_table_of(Pb__Token *const *rows, size_t count, int64_t now_us, struct arena *arena);

/* "write-off": the command of a request as its words say it; the adjustment's kind where it is one. */
enum { REQUEST_NAME_SIZE = 64 };
const char *request_name(const Pb__Request *request, char text[REQUEST_NAME_SIZE]);
/* The amount in the request, where its command has one; false: it has none. */
bool request_amount(const Pb__Request *request, int64_t *minor);

#endif
