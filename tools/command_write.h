/* Commands that are one request: built from their table, submitted, and answered in one line. */
#ifndef DAYBOOK_TOOLS_COMMAND_WRITE_H
#define DAYBOOK_TOOLS_COMMAND_WRITE_H

#include "tools/command.h"

/* The run of every command whose `message` is an arm of Request.command. The
 * first argument is the customer where the first rule says "/customer"; the
 * second, where it is a string, is the document that the answer's line names. */
int command_write_run(struct invocation *invocation);

#endif
