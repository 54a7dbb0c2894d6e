/*
 * Whether two requests came to the same, and which event took whose place.
 *
 * Sequences, instants and what follows from them (an allocation's name by its
 * sequence) differ after the first difference; so does what a credit check saw,
 * and the name of the rule that chose an allocation.
 * None of that is a difference of its own: only what counts in the books is, and
 * whether a limit was passed.
 */
#ifndef DAYBOOK_REPLAY_COMPARE_H
#define DAYBOOK_REPLAY_COMPARE_H

#include "base/bytes.h"
#include "domain/request_of.h"

DAYBOOK_MUST_USE enum daybook_status replay_compare(struct request_events recorded, struct request_events made,
                                                    bool *is_same, struct daybook_error *error);

/* For each sequence of history the one that took its place; eight bytes an event. */
struct replay_map {
    uint64_t *places;
    uint64_t through;
};

DAYBOOK_MUST_USE enum daybook_status replay_map_init(struct replay_map *map, uint64_t through,
                                                     struct daybook_error *error);
void replay_map_release(struct replay_map *map);

/* Notes what was made in place of `recorded`; `head` is the last sequence there is. */
void replay_map_events(struct replay_map *map, struct request_events recorded, struct request_events made,
                       uint64_t head);

/* The request as it is told where it is replayed: a copy where it names an event by its sequence.
 * NULL when memory is refused. */
Pb__Request *replay_map_request(const struct replay_map *map, Pb__Request *request, struct arena *arena);

#endif
