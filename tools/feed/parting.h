/*
 * The end of a feed that waits for somebody else's answer.
 *
 * The libraries of the targets wait as long as they like, and in calls that
 * nobody can break off. So a thread watches for the interrupt: when the feed has
 * not ended a second later, it ends the process where it is. Whatever was on its
 * way is looked for by the next run, as after a kill (FD2).
 */
#ifndef DAYBOOK_TOOLS_FEED_PARTING_H
#define DAYBOOK_TOOLS_FEED_PARTING_H

#include <pthread.h>

#include "tools/feed/feed.h"

/* Says how far the feed is and ends the process, without exit handlers: the call that is left goes on meanwhile. */
typedef void feed_leave(const void *context, const struct feed_summary *summary);

struct feed_parting {
    feed_leave *leave;
    const void *context;
    int ended; /* An eventfd. */
    pthread_t thread;
    pthread_mutex_t lock;
    struct feed_summary summary; /* Under the lock: what the feed noted last. */
};

/* LIMIT: no thread. After OK: feed_parting_end. */
DAYBOOK_MUST_USE enum daybook_status feed_parting_begin(struct feed_parting *parting, feed_leave *leave,
                                                        const void *context, struct daybook_error *error);
void feed_parting_note(struct feed_parting *parting, const struct feed_summary *summary);

/* The feed has ended. Does not return where the process is being ended already. */
void feed_parting_end(struct feed_parting *parting);

#endif
