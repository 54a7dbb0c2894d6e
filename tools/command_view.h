/* Commands that ask a view: the question built from their table, every page fetched, the answer printed. */
#ifndef DAYBOOK_TOOLS_COMMAND_VIEW_H
#define DAYBOOK_TOOLS_COMMAND_VIEW_H

#include "tools/command.h"

/* The run of every command whose `message` is an arm of Query.question that has a page. */
int command_view_run(struct invocation *invocation);

#endif
