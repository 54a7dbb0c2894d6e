/* The calls about tokens: create, list, revoke. */
#ifndef DAYBOOK_TOOLS_SERVE_TOKENS_H
#define DAYBOOK_TOOLS_SERVE_TOKENS_H

#include "tools/serve/call.h"

/* Run by the crew. */
void tokens_work(struct call *call, struct arena *arena);

#endif
