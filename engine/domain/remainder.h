/*
 * Remainders: what a request's events changed, and what is left of each document that they touched.
 *
 *   RM1  What was left of a document before, and the change, are what is left of it now.
 *   RM2  Each document stands there once (each instalment of a charge once), in the order in which they were touched.
 *
 * Told to whoever asks, once the request was decided: deciding itself knows nothing of it.
 */
#ifndef DAYBOOK_DOMAIN_REMAINDER_H
#define DAYBOOK_DOMAIN_REMAINDER_H

#include "domain/state.h"

/* Of the events from `first` to `last`, which the state has folded. Rows and texts live in the arena. */
DAYBOOK_MUST_USE enum daybook_status remainders_tell(struct state *state, uint64_t first, uint64_t last,
                                                     struct arena *arena, Pb__Remainder ***remainders, size_t *count,
                                                     struct daybook_error *error);

#endif
