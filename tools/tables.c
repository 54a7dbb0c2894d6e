/* All commands: those of daybook-whole. */
#include <stddef.h>

#include "tools/command.h"

/* clang-format off: one a line, so that two people can add one. */
const struct command *const command_tables[] = {
    init_commands,   customer_commands, document_commands, hold_commands,      policy_commands,   view_commands,
    books_commands,  kpi_commands,      bridge_commands,   statement_commands, replay_commands,   submit_commands,
    import_commands, export_commands,   backup_commands,   doctor_commands,    audit_commands,    admin_commands,
    serve_commands,  feed_commands,     token_commands,    proposal_commands,  refusals_commands, NULL,
};
/* clang-format on */
