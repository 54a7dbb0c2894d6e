/* The commands of the program that starts quickly: what needs no library that the ledger does not need. A table that is
 * not here is found in tables.c, by the program that has all of them. */
#include <stddef.h>

#include "tools/command.h"

const struct command *const command_tables[] = {
    init_commands,   customer_commands, document_commands, hold_commands,      policy_commands,   view_commands,
    books_commands,  kpi_commands,      bridge_commands,   statement_commands, submit_commands,   import_commands,
    export_commands, admin_commands,    token_commands,    proposal_commands,  refusals_commands, NULL,
};
