/*
 * The events of a bundle, hashed as they stream by: their leaves are kept, 32 bytes an event, until the edge that they
 * are to be added to has been read; and what they say as JSON is hashed, to compare it with events.jsonl.
 */
#ifndef DAYBOOK_TOOLS_VERIFY_EVENTS_H
#define DAYBOOK_TOOLS_VERIFY_EVENTS_H

#include "base/arena.h"
#include "proof/merkle.h"

struct verify_events {
    struct sha256 *sha256;
    struct sha256 *json;
    uint8_t json_sha256[SHA256_SIZE]; /* After the end. */
    struct daybook_buffer pending;    /* Of an event that is not whole yet. */
    struct daybook_buffer leaves;     /* struct merkle_hash */
    struct daybook_buffer line;
    struct arena arena;
    uint64_t first_sequence;
    int64_t last_recorded_at_us;
};

DAYBOOK_MUST_USE enum daybook_status verify_events_open(struct verify_events *events, struct daybook_error *error);
void verify_events_close(struct verify_events *events);

/* The next bytes of events.pb. DAMAGED: they are no events, or not one after the other. */
DAYBOOK_MUST_USE enum daybook_status verify_events_add(struct verify_events *events, struct daybook_bytes bytes,
                                                       struct daybook_error *error);
/* The root of everything before `from`, by its edge, and of the events, which must be `from` to `to`. */
DAYBOOK_MUST_USE enum daybook_status verify_events_end(struct verify_events *events, const struct merkle_proof *edge,
                                                       uint64_t from, uint64_t to, struct merkle_hash *root,
                                                       struct daybook_error *error);
/* False: no event of the bundle has this index. */
bool verify_events_leaf(const struct verify_events *events, uint64_t from, uint64_t index, struct merkle_hash *leaf);

#endif
