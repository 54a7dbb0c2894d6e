/*
 * Deciding while the world fails: each part of memory, row, name and event that
 * it asks for is refused once, one after the other. It says so, nothing has
 * happened, and the same request is then decided as if nothing had been.
 */
#ifndef DAYBOOK_TESTS_DOMAIN_FAILING_H
#define DAYBOOK_TESTS_DOMAIN_FAILING_H

#include <inttypes.h>

#include "tests/fault/fail.h"
#include "world.h"

enum { FAILING_MOST = 20000 };

static inline bool part_fails(void) {
    return fail_meets(FAIL_PART);
}

/* What came of deciding: the refusal, or the events. */
static inline struct daybook_buffer decided_bytes(const struct event_batch *batch, size_t from,
                                                  const struct decide_result *result) {
    struct daybook_buffer bytes = {0};
    if (result->refusal != NULL) {
        assert_int_equal(daybook_buffer_append(&bytes, result->refusal->message, strlen(result->refusal->message)),
                         DAYBOOK_OK);
    } else if (batch->count > from) {
        const size_t offset = batch->events[from].offset_bytes;
        assert_int_equal(daybook_buffer_append(&bytes, batch->bytes.data + offset, batch->bytes.size - offset),
                         DAYBOOK_OK);
    }
    return bytes;
}

/* Of a world that forgets, nothing is in memory but what is read back while it decides, and there is no room. */
static inline void forget_all(struct world *world) {
    struct event_batch *events = &world->events;
    events->events = realloc(events->events, (events->count + 1) * sizeof *events->events);
    assert_non_null(events->events);
    events->capacity = events->count;
    state_close(world->state);
    decider_close(world->decider);
    world->state = world_state(world);
    world->decider = decider_open(&world->settings);
    assert_non_null(world->decider);
}

/* Decides and takes it back; true when the nth part was asked for. 0: nothing fails. */
static inline bool decide_failing(struct world *world, const Pb__Request *request, uint64_t nth,
                                  struct daybook_buffer *undisturbed) {
    struct decide_input input = world_input(world);
    struct decide_result result;
    struct arena answers;
    size_t count = world->events.count;
    arena_init(&answers, (size_t)1 << 28);
    if (world->forgets) {
        forget_all(world);
    }
    world->error.message[0] = '\0';
    if (nth > 0) {
        fail_arm(FAIL_PART, nth, false);
    }
    state_begin(world->state);
    enum daybook_status status =
        decide_request(world->decider, world->state, request, &input, &answers, &world->events, &result, &world->error);
    bool was_met = nth > 0 && fail_disarm() > 0;
    if (status == DAYBOOK_OK) { /* What was refused can be done without, or nothing was. */
        struct daybook_buffer bytes = decided_bytes(&world->events, count, &result);
        if (nth == 0) {
            *undisturbed = bytes;
        } else {
            if (!daybook_bytes_equal(daybook_buffer_view(undisturbed), daybook_buffer_view(&bytes))) {
                fail_msg("part %" PRIu64 " is refused, and the answer is another: %.*s", nth, (int)bytes.size,
                         (const char *)bytes.data);
            }
            daybook_buffer_release(&bytes);
        }
    } else {
        if (!was_met || (status != DAYBOOK_NO_MEMORY && status != DAYBOOK_IO) || world->error.message[0] == '\0') {
            fail_msg("part %" PRIu64 " is refused: %s: %s", nth, daybook_status_name(status), world->error.message);
        }
    }
    state_rollback(world->state);
    event_batch_cut(&world->events, count);
    arena_release(&answers);
    return was_met;
}

static inline void fail_deciding(struct world *world, const Pb__Request *request) {
    struct daybook_buffer before = world_pack(world, world->state);
    struct daybook_buffer undisturbed = {0};
    uint64_t nth = 0;
    (void)decide_failing(world, request, nth, &undisturbed);
    world->source_fails = part_fails;
    do {
        nth++;
        assert_true(nth < FAILING_MOST);
    } while (decide_failing(world, request, nth, &undisturbed));
    world->source_fails = NULL;
    struct daybook_buffer after = world_pack(world, world->state);
    assert_same_bytes(&before, &after);
    daybook_buffer_release(&before);
    daybook_buffer_release(&after);
    daybook_buffer_release(&undisturbed);
}

/* The last request, told back from its events: the same, or out of memory. */
static inline void fail_telling(struct world *world) {
    struct arena arena;
    size_t first = world->events.count;
    arena_init(&arena, 1 << 26);
    for (bool is_first = false; first > 0 && !is_first; first--) {
        const Pb__Event *event = NULL;
        WORLD_OK(world, state_read_event(world->state, first, &arena, &event, &world->error));
        is_first = event->request_digest != 0;
    }
    struct recorded recorded = world_recorded(world, world->state, first, &arena);
    for (size_t variant = 0; world->events.count > 0 && variant < request_variants(recorded.events); variant++) {
        bool was_met = true;
        for (uint64_t nth = 1; was_met; nth++) {
            struct arena own;
            arena_init(&own, 1 << 24);
            fail_arm(FAIL_PART, nth, false);
            const Pb__Request *told = request_of(recorded.events, variant, &own);
            was_met = fail_disarm() > 0;
            assert_true(was_met == (told == NULL));
            arena_release(&own);
        }
    }
    arena_release(&arena);
}

#endif
