/* Events that cannot be read, in a few words. */
#include "tools/wound_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "tools/text.h"

const char *wound_text(const Pb__ScrubWound *wound, char text[WOUND_TEXT_SIZE]) {
    (void)(wound->last_sequence == 0
               ? snprintf(text, WOUND_TEXT_SIZE, _("events from %" PRIu64 " on"), wound->first_sequence)
               : snprintf(text, WOUND_TEXT_SIZE, _("events %" PRIu64 " to %" PRIu64), wound->first_sequence,
                          wound->last_sequence));
    return text;
}
