/* Replaying a history: each group is told back on history's state, then decided on the other policy's. */
#include "replay.h"

#include <stdlib.h>
#include <string.h>

#include "codec/wire.h"
#include "replay_compare.h"
#include "replay_world.h"
#include "request_feed.h"

enum { BATCH_EVENTS = 8192, GROUP_ARENA_BYTES = 1 << 30 };

/* One request of the group in work. */
struct replayed {
    const struct recorded *recorded;
    struct redecision told;
    size_t first; /* Of the events that it made, in the batch. */
    size_t count;
    Pb__Refusal *refusal;
    bool is_left_out;
};

struct replay {
    const struct replay_options *options;
    struct replay_counts *counts;
    struct replay_world history;
    struct replay_world other;
    struct event_batch told; /* Scratch of redecide. */
    struct arena arena;      /* Of a group. */
    struct replay_map map;
    struct replayed *group;
    size_t group_count;
};

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "replaying: memory was refused");
}

/* ---- history ---- */

static enum daybook_status tell_back(struct replay *replay, const struct recorded_group *group,
                                     struct daybook_error *error) {
    replay->group = arena_zalloc(&replay->arena, group->count * sizeof *replay->group);
    replay->group_count = group->count;
    if (replay->group == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < group->count; i++) {
        struct replayed *replayed = &replay->group[i];
        replayed->recorded = &group->requests[i];
        DAYBOOK_TRY(redecide(replay->history.decider, replay->history.state, replayed->recorded, &replay->told,
                             &replay->arena, &replayed->told, error));
        replay->counts->not_told_back += replayed->told.outcome != REDECIDED_SAME;
    }
    return DAYBOOK_OK;
}

/* ---- the other policy ---- */

static enum daybook_status decide_one(struct replay *replay, struct replayed *replayed, uint64_t group,
                                      struct daybook_error *error) {
    struct replay_world *other = &replay->other;
    const Pb__Event *first = replayed->recorded->events.items[0];
    struct decide_result result;
    replayed->first = other->batch.count;
    if (replayed->told.request == NULL) {
        replayed->is_left_out = true;
        return DAYBOOK_OK;
    }
    struct decide_input input = {.now_us = first->recorded_at_us,
                                 .last_recorded_at_us = other->last_recorded_at_us,
                                 .next_sequence = other->next_sequence,
                                 .group = group,
                                 .request_digest = first->request_digest};
    Pb__Request *request = replay_map_request(&replay->map, replayed->told.request, &replay->arena);
    if (request == NULL) {
        return no_memory(error);
    }
    DAYBOOK_TRY(
        decide_request(other->decider, other->state, request, &input, &replay->arena, &other->batch, &result, error));
    replayed->refusal = result.refusal;
    replayed->count = other->batch.count - replayed->first;
    if (result.refusal == NULL) {
        other->next_sequence += replayed->count;
        other->last_recorded_at_us = result.last_recorded_at_us;
    }
    return DAYBOOK_OK;
}

/* All of the group or none. */
static enum daybook_status decide_group(struct replay *replay, struct daybook_error *error) {
    struct replay_world *other = &replay->other;
    uint64_t first_sequence = other->next_sequence;
    int64_t last_recorded_at_us = other->last_recorded_at_us;
    size_t batch_count = other->batch.count;
    uint64_t group = replay->group[0].recorded->events.items[0]->group != 0 ? first_sequence : 0;
    state_begin(other->state);
    size_t culprit = 0;
    for (; culprit < replay->group_count; culprit++) {
        DAYBOOK_TRY(decide_one(replay, &replay->group[culprit], group, error));
        if (replay->group[culprit].refusal != NULL) {
            break;
        }
    }
    if (culprit == replay->group_count) {
        state_commit(other->state);
        return DAYBOOK_OK;
    }
    state_rollback(other->state);
    event_batch_cut(&other->batch, batch_count);
    other->next_sequence = first_sequence;
    other->last_recorded_at_us = last_recorded_at_us;
    for (size_t i = 0; i < replay->group_count; i++) {
        struct replayed *replayed = &replay->group[i];
        replayed->count = 0;
        if (i != culprit) {
            replayed->refusal = refusal_group(&replay->arena, culprit, replay->group[culprit].refusal);
        }
    }
    return DAYBOOK_OK;
}

/* ---- what became of it ---- */

/* The events that were made, decoded; none where they are the recorded bytes. */
static enum daybook_status decode_made(struct replay *replay, const struct replayed *replayed,
                                       struct request_events *made, struct daybook_error *error) {
    const Pb__Event **items = arena_alloc(&replay->arena, replayed->count * sizeof *items + 1);
    if (items == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < replayed->count; i++) {
        ProtobufCMessage *message = NULL;
        DAYBOOK_TRY(wire_decode(&pb__event__descriptor, replay_world_event(&replay->other, replayed->first + i),
                                &replay->arena, &message, error));
        items[i] = (const Pb__Event *)message;
    }
    *made = (struct request_events){items, replayed->count};
    return DAYBOOK_OK;
}

static enum daybook_status compare_one(struct replay *replay, const struct replayed *replayed,
                                       struct daybook_error *error) {
    struct replay_counts *counts = replay->counts;
    struct replay_change change = {.is_told_back = replayed->told.outcome == REDECIDED_SAME,
                                   .request = replayed->told.request,
                                   .recorded = replayed->recorded->events,
                                   .refusal = replayed->refusal};
    bool is_same = false;
    DAYBOOK_TRY(decode_made(replay, replayed, &change.made, error));
    DAYBOOK_TRY(replay_compare(change.recorded, change.made, &is_same, error));
    change.outcome = replayed->is_left_out       ? REPLAY_LEFT_OUT
                     : replayed->refusal != NULL ? REPLAY_REFUSED
                     : is_same                   ? REPLAY_SAME
                                                 : REPLAY_OTHERWISE;
    counts->requests++;
    counts->same += change.outcome == REPLAY_SAME;
    counts->otherwise += change.outcome == REPLAY_OTHERWISE;
    counts->refused += change.outcome == REPLAY_REFUSED;
    counts->left_out += change.outcome == REPLAY_LEFT_OUT;
    counts->through = change.recorded.items[change.recorded.count - 1]->sequence;
    replay_map_events(&replay->map, change.recorded, change.made, replay->other.next_sequence - 1);
    return change.outcome == REPLAY_SAME || replay->options->visit == NULL
               ? DAYBOOK_OK
               : replay->options->visit(replay->options->context, &change, error);
}

static enum daybook_status replay_group(struct replay *replay, const struct recorded_group *group,
                                        struct daybook_error *error) {
    arena_reset(&replay->arena);
    DAYBOOK_TRY(tell_back(replay, group, error));
    DAYBOOK_TRY(decide_group(replay, error));
    for (size_t i = 0; i < replay->group_count; i++) {
        DAYBOOK_TRY(compare_one(replay, &replay->group[i], error));
    }
    return replay->other.batch.count < BATCH_EVENTS ? DAYBOOK_OK : replay_world_append(&replay->other, error);
}

static enum daybook_status replay_all(struct replay *replay, struct request_feed *feed, struct daybook_error *error) {
    const struct replay_options *options = replay->options;
    for (;;) {
        struct recorded_group group;
        DAYBOOK_TRY(request_feed_next(feed, &group, error));
        if (group.count == 0) {
            return replay_world_append(&replay->other, error);
        }
        DAYBOOK_TRY(replay_group(replay, &group, error));
        if (options->go_on != NULL && !options->go_on(options->context, replay->counts->through)) {
            return daybook_fail(error, DAYBOOK_STOPPED, "replaying: stopped after event %llu",
                                (unsigned long long)replay->counts->through);
        }
    }
}

enum daybook_status replay_run(const struct replay_options *options, struct replay_counts *counts,
                               struct daybook_error *error) {
    struct replay replay = {.options = options, .counts = counts};
    struct request_feed *feed = NULL;
    struct decide_settings other = *options->settings;
    *counts = (struct replay_counts){0};
    other.policy = options->policy;
    arena_init(&replay.arena, GROUP_ARENA_BYTES);
    enum daybook_status status = replay_map_init(&replay.map, options->through, error);
    if (status == DAYBOOK_OK) {
        status = replay_world_open(&replay.history, options->history, options->settings, error);
    }
    if (status == DAYBOOK_OK) {
        status = replay_world_open(&replay.other, options->scratch, &other, error);
    }
    if (status == DAYBOOK_OK) {
        status = request_feed_open(options->history, NULL, options->through, &feed, error);
    }
    if (status == DAYBOOK_OK) {
        status = replay_all(&replay, feed, error);
    }
    request_feed_close(feed);
    replay_world_close(&replay.other);
    replay_world_close(&replay.history);
    replay_map_release(&replay.map);
    event_batch_release(&replay.told);
    arena_release(&replay.arena);
    return status;
}
