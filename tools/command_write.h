/* Commands that are one request: built from their table, submitted, and answered in one line. */
#ifndef DAYBOOK_TOOLS_COMMAND_WRITE_H
#define DAYBOOK_TOOLS_COMMAND_WRITE_H

#include "tools/command.h"

/* The run of every command whose `message` is an arm of Request.command. The
 * first argument is the customer where the first rule says "/customer"; the
 * second, where it is a string, is the document that the answer's line names. */
int command_write_run(struct invocation *invocation);

/* Fills what no rule of the table can, once the rest of the request stands. */
typedef enum daybook_status command_complete(const struct invocation *invocation, const Pb__LedgerConfig *config,
                                             Pb__Request *request, struct daybook_error *error);
int command_write_run_with(struct invocation *invocation, command_complete *complete);

/* A line of proto3 JSON: the Answer. */
DAYBOOK_MUST_USE enum daybook_status command_write_print_json(const Pb__Request *request,
                                                              const struct daybook_answer *answer,
                                                              struct daybook_error *error);

#endif
