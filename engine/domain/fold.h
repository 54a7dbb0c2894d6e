/*
 * The fold of the state: what each event changes. Deciding emits an event by
 * folding it, and opening a ledger folds the journal's tail: one route.
 *
 *   F1  Folding looks at the event and the state alone: no clock, no randomness.
 *   F2  An event that does not fit the state (an unknown document, a level below
 *       zero) is INVALID: the journal was not written by these rules.
 */
#ifndef DAYBOOK_DOMAIN_FOLD_H
#define DAYBOOK_DOMAIN_FOLD_H

#include "domain/state.h"

/* LIMIT: a sum would pass int64 (M1); nothing was changed by this event if the
 * caller rolls back. Others: the world failed. */
DAYBOOK_MUST_USE enum daybook_status state_fold(struct state *state, const Pb__Event *event,
                                                struct daybook_error *error);

#endif
