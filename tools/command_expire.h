/* Expiry for one customer or for all of them. */
#ifndef DAYBOOK_TOOLS_COMMAND_EXPIRE_H
#define DAYBOOK_TOOLS_COMMAND_EXPIRE_H

#include "tools/command.h"

/* With a customer: one request. Without: one for each customer that is open, in batches; what
 * was stopped in the middle is simply run again, for nothing expires twice. */
int command_expire_run(struct invocation *invocation);

#endif
