/* What each event does to documents: the reference's one table. */
#ifndef TESTS_MODEL_EFFECTS_H
#define TESTS_MODEL_EFFECTS_H

#include "tally.h"

enum { EFFECTS_MOST = 2048 };

/* Writes at most EFFECTS_MOST and returns how many. Texts are borrowed from the event. */
size_t effects_of_event(const Pb__Event *event, struct effect *effects);

#endif
