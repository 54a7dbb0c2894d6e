/* One event in a few words, for tables. */
#ifndef DAYBOOK_TOOLS_EVENT_TEXT_H
#define DAYBOOK_TOOLS_EVENT_TEXT_H

#include "base/arena.h"
#include "daybook/v1/event.pb-c.h"

/* "charge posted"; "" for an event without a body. */
const char *event_kind_text(const Pb__Event *event, struct arena *arena);

/* "INV-1", "P-1 > INV-1"; "" where the body names no document. */
const char *event_document_text(const Pb__Event *event, struct arena *arena);

/* The amount that it moves; of slices, their sum. False: it moves none. */
bool event_amount(const Pb__Event *event, int64_t *minor);

#endif
