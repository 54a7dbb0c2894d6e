/*
 * The feed: events of the journal, unpacked and decoded once for all views that
 * fold at about the same place.
 *
 * It keeps some runs of decoded events. Who asks for one that is there borrows it;
 * who asks for another reads it from the journal, for the others, too.
 *
 *   F1  What is borrowed stays as it is until it is given back, and is never written to.
 *   F2  What a follower close behind still needs is kept for it: who gets ahead by all
 *       runs waits until some are free again; but never for one that makes no progress,
 *       or is far away. The hindmost waits for no one.
 *
 * Any thread. What F2 says is a matter of speed alone: what is taken depends on the
 * sequence asked for and on nothing else.
 */
#ifndef DAYBOOK_PROJECTION_FEED_H
#define DAYBOOK_PROJECTION_FEED_H

#include "projection/projection.h"
#include "store/journal.h"

/* What those who share can be apart: long enough for the others while one of them writes what it has folded. */
enum { FEED_RUNS_SHARED = 64, FEED_RUNS_ALONE = 1 };

struct feed;

/* `run_count` is at least the number of threads that take at once. */
DAYBOOK_MUST_USE enum daybook_status feed_open(struct journal *journal, size_t run_count, struct feed **feed,
                                               struct daybook_error *error);
/* Events come with the hashes of leaves and of small subtrees, computed once for all who want them. Before anything is
 * taken. */
void feed_hash_leaves(struct feed *feed);
void feed_close(struct feed *feed); /* Nothing is borrowed, no one follows. Accepts NULL. */

/* A reader that goes on from event to event; its owner's, all zero before feed_join. */
struct feed_follower {
    uint64_t position; /* The last sequence that it asked for. */
    bool is_waited_for;
    bool wants_room;     /* It waits until some runs are free. */
    bool looks_at_bytes; /* It took with feed_take_bytes last. */
    struct feed_follower *next;
};
void feed_join(struct feed *feed, struct feed_follower *follower, uint64_t position);
void feed_leave(struct feed *feed, struct feed_follower *follower);

/* Consecutive events, borrowed. */
struct feed_run {
    uint64_t first_sequence;
    const struct fold_event *events;
    size_t count; /* 0: nothing is committed from there on. */
    void *kept;   /* The feed's. */
};

/* Events from `sequence` on. `follower` may be NULL: no one waits for whoever asks. DAMAGED: that
 * very event cannot be read or decoded. */
DAYBOOK_MUST_USE enum daybook_status feed_take(struct feed *feed, struct feed_follower *follower, uint64_t sequence,
                                               struct feed_run *run, struct daybook_error *error);
/* The same for whoever looks at sequences, bytes and hashes alone. Where no follower near needs more, events have no
 * party, and those that this process has encoded itself are not decoded: their `event` is NULL, their kind NOT_SET. */
DAYBOOK_MUST_USE enum daybook_status feed_take_bytes(struct feed *feed, struct feed_follower *follower,
                                                     uint64_t sequence, struct feed_run *run,
                                                     struct daybook_error *error);
/* A hint that an event of the run will be read soon: another thread has decoded it, so it is in no cache of this one.
 */
void feed_run_foresee(const struct feed_run *run, size_t index);
void feed_give_back(struct feed *feed, struct feed_run *run); /* Accepts one of which nothing was taken. */

#endif
