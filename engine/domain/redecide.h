/*
 * Deciding a recorded request once more, on the state before it: do the same
 * events follow from the rules?
 *
 *   RE1  Nothing is appended, and the state ends as the recorded events leave it, whether they follow or not.
 *
 * One thread; the decider and the state are the caller's.
 */
#ifndef DAYBOOK_DOMAIN_REDECIDE_H
#define DAYBOOK_DOMAIN_REDECIDE_H

#include "domain/decide.h"
#include "domain/request_of.h"

/* One request as it was recorded: its events, and the bytes of each. */
struct recorded {
    struct request_events events;
    const struct daybook_bytes *bytes;
    int64_t last_recorded_at_us; /* Of the event before; 0 = there is none. */
};

enum redecided {
    REDECIDED_SAME,
    REDECIDED_OTHERWISE, /* The rules make other events of it, or refuse it. */
    REDECIDED_UNKNOWN,   /* No command makes such events. */
};

struct redecision {
    enum redecided outcome;
    Pb__Request *request;       /* The reading that made the same events, or the first; NULL: unknown. In the arena. */
    const Pb__Refusal *refusal; /* Of the first reading, where that was refused. In the arena. */
    size_t differs_at;          /* OTHERWISE, not refused: the first event that differs, from 0. */
};

/* `batch` is scratch: what it holds is cut off again. A status other than OK is a failing world. */
DAYBOOK_MUST_USE enum daybook_status redecide(struct decider *decider, struct state *state,
                                              const struct recorded *recorded, struct event_batch *batch,
                                              struct arena *arena, struct redecision *redecision,
                                              struct daybook_error *error);

#endif
