/*
 * When the state is checkpointed, and how much of it stays in memory.
 *
 *   K1  A step is short: it packs some rows, or starts a write, or drops some
 *       rows. Only when memory is well past its limit does a step wait until a
 *       whole checkpoint has been written.
 *   K2  A checkpoint is started when every event up to it is durable (C2).
 *
 * The writer alone uses it, from the thread that decides, between two batches.
 */
#ifndef DAYBOOK_STATE_KEEPER_H
#define DAYBOOK_STATE_KEEPER_H

#include "state_store.h"

struct state_keeper {
    struct state *state;
    struct state_store *store;
    const struct control *books; /* Of every event that the state knows. */
    size_t limit_bytes;          /* Of rows in memory. */
    uint64_t every_events;

    uint64_t frozen_at; /* The last event of the image that is being packed or written. */
    bool is_packed;
    struct control counted;   /* The books as of then, and the rows of all images so far. */
    uint64_t checked_through; /* Books and rows agreed there (C4); 0 = not yet. */
    uint64_t stepped_at;      /* The last event at the step before. */
};

/* All but the members above the empty line starts at zero. Reads what the checkpoint was checked with. */
DAYBOOK_MUST_USE enum daybook_status state_keeper_open(struct state_keeper *keeper, struct daybook_error *error);
void state_keeper_release(struct state_keeper *keeper);

/* Rows that were saved have to make room, and those that were not must be saved first: the next step will wait. */
bool state_keeper_must_wait(const struct state_keeper *keeper);

/* `head` is the last event that the state knows, `durable` the last one that the journal has; a step that has to wait
 * needs them to be the same. */
DAYBOOK_MUST_USE enum daybook_status state_keeper_step(struct state_keeper *keeper, uint64_t head, uint64_t durable,
                                                       struct daybook_error *error);
/* Waits until everything up to `head`, which is durable, has been written. */
DAYBOOK_MUST_USE enum daybook_status state_keeper_finish(struct state_keeper *keeper, uint64_t head,
                                                         struct daybook_error *error);

#endif
