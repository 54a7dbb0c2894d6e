/* Events that cannot be read, in a few words. */
#ifndef DAYBOOK_TOOLS_WOUND_TEXT_H
#define DAYBOOK_TOOLS_WOUND_TEXT_H

#include "daybook/v1/query.pb-c.h"

enum { WOUND_TEXT_SIZE = 80 };

/* "events 513 to 1024", or "events from 513 on". Returns `text`. */
const char *wound_text(const Pb__ScrubWound *wound, char text[WOUND_TEXT_SIZE]);

#endif
