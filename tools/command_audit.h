/* What the audit commands share. */
#ifndef DAYBOOK_TOOLS_COMMAND_AUDIT_H
#define DAYBOOK_TOOLS_COMMAND_AUDIT_H

#include "tools/command.h"

/* To -o, or to standard output. */
DAYBOOK_MUST_USE enum daybook_status audit_write_output(const struct invocation *invocation, struct daybook_bytes bytes,
                                                        struct daybook_error *error);

/* A number of events, from 1. INVALID. */
DAYBOOK_MUST_USE enum daybook_status audit_parse_count(const char *name, const char *text, uint64_t *count,
                                                       struct daybook_error *error);

/* daybook audit tiles: of the newest checkpoint's events, into the directory of the first argument. */
DAYBOOK_MUST_USE enum daybook_status audit_write_tiles(struct invocation *invocation, struct daybook *ledger,
                                                       struct daybook_error *error);

int audit_finish(enum daybook_status status, const struct daybook_error *error); /* The exit code. */

int audit_run_key_new(struct invocation *invocation);  /* daybook audit key new */
int audit_run_key_show(struct invocation *invocation); /* daybook audit key show */
int audit_run_bundle(struct invocation *invocation);   /* daybook audit bundle */
int audit_run_verify(struct invocation *invocation);   /* daybook audit verify */

#endif
