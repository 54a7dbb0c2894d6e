/* The replay certificate: what an audit found, as a message, as text for people, and signed as a note. */
#ifndef DAYBOOK_TOOLS_CERTIFICATE_H
#define DAYBOOK_TOOLS_CERTIFICATE_H

#include "base/arena.h"
#include "engine/audit.h"
#include "proof/note.h"

/* In the arena; NULL when it refused. */
Pb__Certificate *certificate_make(const struct audit_report *report, const Pb__LedgerConfig *config, int64_t made_at_us,
                                  struct arena *arena);

/* Appends the text: "daybook replay certificate", then "name: value" lines. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status certificate_write(const Pb__Certificate *certificate, const char *origin,
                                                       struct daybook_buffer *out);

#endif
