/* daybook export --format hledger|ledger|beancount: the books for programs that are not ours. */
#ifndef DAYBOOK_TOOLS_COMMAND_PLAIN_H
#define DAYBOOK_TOOLS_COMMAND_PLAIN_H

#include "tools/command.h"
#include "tools/plain_books.h"

/* The run of the command, once its format is known. Returns the exit code. */
int command_plain_run(struct invocation *invocation, enum plain_format format);

#endif
