/* Deciding a recorded request once more: each reading in turn, until one makes the same events. */
#include "domain/redecide.h"

#include <string.h>

#include "domain/fold.h"

static size_t first_difference(const struct recorded *recorded, const struct event_batch *batch, size_t from) {
    size_t count = batch->count - from;
    size_t at = 0;
    for (; at < count && at < recorded->events.count; at++) {
        const struct batch_event *event = &batch->events[from + at];
        if (event->size_bytes != recorded->bytes[at].size ||
            memcmp(batch->bytes.data + event->offset_bytes, recorded->bytes[at].data, event->size_bytes) != 0) {
            break;
        }
    }
    return at;
}

/* Leaves the state as the events leave it when they follow, and untouched when not. */
static enum daybook_status try_reading(struct decider *decider, struct state *state, const struct recorded *recorded,
                                       const Pb__Request *request, struct event_batch *batch, struct arena *arena,
                                       struct redecision *made, struct daybook_error *error) {
    const Pb__Event *first = recorded->events.items[0];
    struct decide_input input = {.now_us = first->recorded_at_us,
                                 .last_recorded_at_us = recorded->last_recorded_at_us,
                                 .next_sequence = first->sequence,
                                 .group = first->group,
                                 .request_digest = first->request_digest};
    struct decide_result result;
    size_t from = batch->count;
    state_begin(state);
    enum daybook_status status = decide_request(decider, state, request, &input, arena, batch, &result, error);
    size_t same = status == DAYBOOK_OK ? first_difference(recorded, batch, from) : 0;
    bool is_same = same == recorded->events.count && batch->count - from == same;
    if (status == DAYBOOK_OK && result.refusal == NULL && is_same) {
        made->outcome = REDECIDED_SAME;
        state_commit(state);
    } else {
        made->outcome = REDECIDED_OTHERWISE;
        made->refusal = result.refusal;
        made->differs_at = same;
        state_rollback(state);
    }
    event_batch_cut(batch, from);
    return status;
}

static enum daybook_status fold_all(struct state *state, const struct recorded *recorded, struct daybook_error *error) {
    for (size_t i = 0; i < recorded->events.count; i++) {
        DAYBOOK_TRY(state_fold(state, recorded->events.items[i], error));
    }
    return DAYBOOK_OK;
}

enum daybook_status redecide(struct decider *decider, struct state *state, const struct recorded *recorded,
                             struct event_batch *batch, struct arena *arena, struct redecision *redecision,
                             struct daybook_error *error) {
    size_t variants = request_variants(recorded->events);
    *redecision = (struct redecision){.outcome = REDECIDED_UNKNOWN};
    for (size_t i = 0; i < variants; i++) {
        struct redecision tried = {.request = request_of(recorded->events, i, arena)};
        if (tried.request == NULL) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "telling a request back from event %llu: memory was refused",
                                (unsigned long long)recorded->events.items[0]->sequence);
        }
        DAYBOOK_TRY(try_reading(decider, state, recorded, tried.request, batch, arena, &tried, error));
        if (i == 0 || tried.outcome == REDECIDED_SAME) {
            *redecision = tried;
        }
        if (tried.outcome == REDECIDED_SAME) {
            return DAYBOOK_OK;
        }
    }
    return fold_all(state, recorded, error);
}
