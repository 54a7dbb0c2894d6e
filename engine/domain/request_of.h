/*
 * Back from events to the request that makes them: for checking that what was
 * decided follows from the rules, and for deciding it again under others.
 *
 *   RO1  Decided on the state before its first event, at the instant of its first event, in its group
 *        and with its digest, one of the variants makes the same events again, byte by byte.
 *   RO2  The request that was asked is not always known: what was left to a default is said in full (dates,
 *        amounts, terms), and what leaves no trace (how long the request was good) is left out. Where that leaves
 *        more than one reading, the likelier comes first.
 *
 * Two readings that RO1 is for: a payment that was put against nothing may have been told to stay unapplied, or may
 * have found nothing open; an allocation of the oldest first may have named its date or not.
 */
#ifndef DAYBOOK_DOMAIN_REQUEST_OF_H
#define DAYBOOK_DOMAIN_REQUEST_OF_H

#include "base/arena.h"
#include "daybook/v1/request.pb-c.h"

enum { REQUEST_VARIANTS_MAX = 2 };

/* The events of one request: the first has a digest and the others have none. */
struct request_events {
    const Pb__Event *const *items;
    size_t count;
};

/* How many readings there are; 0: no command of this build makes such events. */
size_t request_variants(struct request_events events);

/* The reading `variant` < request_variants. Lives in `arena`, and borrows from the events.
 * NULL when memory is refused. */
Pb__Request *request_of(struct request_events events, size_t variant, struct arena *arena);

#endif
