/* Questions: on the loop where that takes microseconds, on a worker where it may take longer. */
#ifndef DAYBOOK_TOOLS_SERVE_ASK_H
#define DAYBOOK_TOOLS_SERVE_ASK_H

#include <stdbool.h>

#include "base/arena.h"
#include "tools/serve/call.h"

/* Answers the call if that needs no waiting and no walk: one customer's balance, from a view that is there. */
bool ask_at_once(struct call *call);

/* Answers it wherever it runs; waits for views. */
void ask_work(struct call *call, struct arena *arena);

/* Issues a page of statements: computes them, and submits. */
void ask_issue_work(struct call *call, struct arena *arena);

#endif
