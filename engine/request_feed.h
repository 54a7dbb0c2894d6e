/*
 * The journal request by request, from the first on: for who decides it again.
 *
 *   RF1  A request is given whole, and with all of its group, or not at all: what goes on after `through` is left out.
 *
 * One thread.
 */
#ifndef DAYBOOK_REQUEST_FEED_H
#define DAYBOOK_REQUEST_FEED_H

#include "domain/redecide.h"
#include "projection/feed.h"
#include "store/journal.h"

struct request_feed;

/* `through`: the last sequence to look at; at most the head. Events come from `shared`, which others follow, too; NULL:
 * from `journal`, read for this alone. Borrows either. */
DAYBOOK_MUST_USE enum daybook_status request_feed_open(struct journal *journal, struct feed *shared, uint64_t through,
                                                       struct request_feed **feed, struct daybook_error *error);
void request_feed_close(struct request_feed *feed); /* Accepts NULL. */

/* Requests that were accepted together; one, where it came alone. */
struct recorded_group {
    const struct recorded *requests;
    size_t count; /* 0: there are no more. */
};

/* The next request or group, borrowed until the next call. DAMAGED names the sequence. */
DAYBOOK_MUST_USE enum daybook_status request_feed_next(struct request_feed *feed, struct recorded_group *group,
                                                       struct daybook_error *error);

/* The event that is so many behind those that were given, for hints; NULL: it has not been read yet. Borrowed until the
 * next call of request_feed_next. */
const Pb__Event *request_feed_peek(const struct request_feed *feed, size_t ahead);

#endif
