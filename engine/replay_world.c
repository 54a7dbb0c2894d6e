/* A state with a decider over a journal, for replaying. */
#include "replay_world.h"

#include <stdlib.h>

/* No row is ever dropped from memory, so none comes back. */
static enum daybook_status load_row(void *context, uint64_t number, struct daybook_bytes *bytes, bool *is_found,
                                    struct daybook_error *error) {
    (void)context;
    (void)number;
    (void)bytes;
    (void)error;
    *is_found = false;
    return DAYBOOK_OK;
}

static enum daybook_status find_names(void *context, uint64_t hash, size_t skip, uint64_t *numbers, size_t capacity,
                                      size_t *count, struct daybook_error *error) {
    (void)context;
    (void)hash;
    (void)skip;
    (void)numbers;
    (void)capacity;
    (void)error;
    *count = 0;
    return DAYBOOK_OK;
}

static enum daybook_status read_event(void *context, uint64_t sequence, struct daybook_bytes *bytes,
                                      struct daybook_error *error) {
    const struct replay_world *world = context;
    const struct event_batch *batch = &world->batch;
    if (batch->count > 0 && sequence >= batch->first_sequence) {
        if (sequence - batch->first_sequence >= batch->count) {
            return daybook_fail(error, DAYBOOK_NOT_FOUND, "reading event %llu: it is past the head",
                                (unsigned long long)sequence);
        }
        *bytes = replay_world_event(world, sequence - batch->first_sequence);
        return DAYBOOK_OK;
    }
    return journal_read_one(world->reader, sequence, bytes, error);
}

enum daybook_status replay_world_open(struct replay_world *world, struct journal *journal,
                                      const struct decide_settings *settings, struct daybook_error *error) {
    struct state_source source = {world, load_row, find_names, read_event, NULL};
    world->journal = journal;
    world->next_sequence = 1;
    DAYBOOK_TRY(journal_reader_open(journal, &world->reader, error));
    world->state = state_open(&source);
    world->decider = decider_open(settings);
    return world->state != NULL && world->decider != NULL
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_NO_MEMORY, "replaying: memory was refused");
}

void replay_world_close(struct replay_world *world) {
    state_close(world->state);
    decider_close(world->decider);
    journal_reader_close(world->reader);
    event_batch_release(&world->batch);
    *world = (struct replay_world){0};
}

struct daybook_bytes replay_world_event(const struct replay_world *world, size_t index) {
    const struct batch_event *event = &world->batch.events[index];
    return (struct daybook_bytes){world->batch.bytes.data + event->offset_bytes, event->size_bytes};
}

enum daybook_status replay_world_append(struct replay_world *world, struct daybook_error *error) {
    size_t count = world->batch.count;
    if (count == 0) {
        return DAYBOOK_OK;
    }
    struct event_span *spans = malloc(count * sizeof *spans);
    int64_t *instants = malloc(count * sizeof *instants);
    enum daybook_status status = spans == NULL || instants == NULL
                                     ? daybook_fail(error, DAYBOOK_NO_MEMORY, "replaying: memory was refused")
                                     : DAYBOOK_OK;
    for (size_t i = 0; i < count && status == DAYBOOK_OK; i++) {
        struct daybook_bytes bytes = replay_world_event(world, i);
        spans[i] = (struct event_span){bytes.data, (uint32_t)bytes.size};
        instants[i] = world->batch.events[i].recorded_at_us;
    }
    if (status == DAYBOOK_OK) {
        struct journal_batch batch = {spans, instants, count};
        status = journal_append(world->journal, &batch, error);
    }
    if (status == DAYBOOK_OK) {
        event_batch_cut(&world->batch, 0);
    }
    free(spans);
    free(instants);
    return status;
}
