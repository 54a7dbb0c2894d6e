/* The totals of an aging drawn as bars: how much of what is open is of which age. */
#ifndef DAYBOOK_TOOLS_AGING_BAR_H
#define DAYBOOK_TOOLS_AGING_BAR_H

#include <stdio.h>

#include "base/arena.h"
#include "daybook.h"

/* One group of bars for each currency; nothing where `answer` is no aging. Shares are of the sum of
 * all columns that are above zero, in tenths of a percent, half rounded up; so is the length of a bar. */
void aging_bar_print(const ProtobufCMessage *answer, struct arena *arena, FILE *stream);

#endif
