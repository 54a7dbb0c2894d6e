/*
 * Replaying a history under another policy, into a ledger of its own: what would
 * have been decided otherwise?
 *
 *   RP1  Each request is told back from its events and decided twice: on the state that history had, which must
 *        make the same events (redecide.h), and on the state that the other policy has led to.
 *   RP2  Under the ledger's own policy the scratch journal gets the same events, byte by byte.
 *   RP3  Instants, keys and digests are those of history. What names an event (an allocation by its sequence)
 *        is told by the event that took its place.
 *   RP4  The history is only read.
 *
 * A request that was refused left nothing behind, so nothing can be said of it: a milder policy shows no more than
 * that the same requests went another way. The states are kept in memory: about 500 bytes a document, twice.
 */
#ifndef DAYBOOK_REPLAY_H
#define DAYBOOK_REPLAY_H

#include "domain/redecide.h"
#include "store/journal.h"

enum replay_outcome {
    REPLAY_SAME,
    REPLAY_OTHERWISE, /* Accepted, with other events. */
    REPLAY_REFUSED,
    REPLAY_LEFT_OUT, /* No request can be told from its events: nothing was decided in its place. */
};

/* One request; borrowed during the visit. */
struct replay_change {
    enum replay_outcome outcome;
    bool is_told_back;          /* History itself follows from the rules (RP1). */
    const Pb__Request *request; /* NULL: left out. */
    struct request_events recorded;
    struct request_events made; /* Of an accepted one. */
    const Pb__Refusal *refusal; /* Of a refused one. */
};

typedef enum daybook_status replay_visit(void *context, const struct replay_change *change,
                                         struct daybook_error *error);

struct replay_options {
    struct journal *history;
    uint64_t through;                                /* The last sequence to replay; at most the head. */
    struct journal *scratch;                         /* Empty, and opened for writing. */
    const struct decide_settings *settings;          /* The history's, without a policy. */
    const struct decide_policy *policy;              /* NULL: the ledger's own. */
    replay_visit *visit;                             /* Of each request that is not decided the same; may be NULL. */
    bool (*go_on)(void *context, uint64_t sequence); /* Between requests; false stops. NULL: always. */
    void *context;
};

struct replay_counts {
    uint64_t requests;
    uint64_t same;
    uint64_t otherwise;
    uint64_t refused;
    uint64_t left_out;
    uint64_t not_told_back; /* Of all of these: history does not follow from the rules. */
    uint64_t through;       /* The last sequence that was replayed: the end of a request. */
};

/* STOPPED: go_on said so. */
DAYBOOK_MUST_USE enum daybook_status replay_run(const struct replay_options *options, struct replay_counts *counts,
                                                struct daybook_error *error);

#endif
