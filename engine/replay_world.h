/* A state with a decider over a journal, for replaying: what it makes waits in a batch until it is appended. */
#ifndef DAYBOOK_REPLAY_WORLD_H
#define DAYBOOK_REPLAY_WORLD_H

#include "domain/decide.h"
#include "store/journal.h"

struct replay_world {
    struct journal *journal;
    struct journal_reader *reader;
    struct state *state; /* All of it in memory. */
    struct decider *decider;
    struct event_batch batch; /* Not appended yet. */
    uint64_t next_sequence;
    int64_t last_recorded_at_us;
};

/* At the journal's beginning. `world` may not move until it is closed. */
DAYBOOK_MUST_USE enum daybook_status replay_world_open(struct replay_world *world, struct journal *journal,
                                                       const struct decide_settings *settings,
                                                       struct daybook_error *error);
void replay_world_close(struct replay_world *world); /* Accepts one that is all zero. */

/* The encoded event at that place of the batch; borrowed until the batch changes. */
struct daybook_bytes replay_world_event(const struct replay_world *world, size_t index);

DAYBOOK_MUST_USE enum daybook_status replay_world_append(struct replay_world *world, struct daybook_error *error);

#endif
