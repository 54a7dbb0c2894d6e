/*
 * Folding while the world fails: every kind of event is folded while each part of memory, each row and each name that
 * it asks for is refused, one after the other. It is told, nothing of it has happened, and then it folds as ever. Once
 * with nothing in memory, and once while a checkpoint is being packed, which must come out whole.
 */
#include "story.h"

/* What is in memory before an event is folded. */
enum memory {
    TRIMMED, /* The ledger's row. */
    OPENED,  /* Nothing: the state was opened anew. */
    PACKING, /* All; a checkpoint is begun before each event, and ended after it. */
};

/* A state that follows the story's events one by one, with a checkpoint of its own. */
struct follower {
    struct world world;
    enum memory memory;
    uint64_t refused;
};

/* True when the nth part was asked for. Without it the event is not folded, or it could be done without. */
static bool fold_failing(struct follower *follower, const Pb__Event *event, uint64_t nth) {
    struct world *world = &follower->world;
    if (follower->memory == TRIMMED) {
        state_trim(world->state, 0, SIZE_MAX);
    } else if (follower->memory == OPENED) {
        state_close(world->state);
        world->state = world_state(world);
    }
    world->error.message[0] = '\0';
    state_begin(world->state);
    fail_arm(FAIL_PART, nth, false);
    enum daybook_status status = state_fold(world->state, event, &world->error);
    bool was_met = fail_disarm() > 0;
    state_rollback(world->state);
    bool is_failure = was_met && (status == DAYBOOK_NO_MEMORY || status == DAYBOOK_IO);
    if (status != DAYBOOK_OK && (!is_failure || world->error.message[0] == '\0')) {
        fail_msg("event %" PRIu64 ", part %" PRIu64 ": %s: %s", event->sequence, nth, daybook_status_name(status),
                 world->error.message);
    }
    return was_met;
}

/* The rows of what was folded so far, as world_pack has them for all events. */
static struct daybook_buffer pack_through(struct follower *follower, uint64_t last) {
    struct world *world = &follower->world;
    size_t count = world->events.count;
    world->events.count = last;
    struct daybook_buffer packed = world_pack(world, world->state);
    world->events.count = count;
    return packed;
}

static void follow_event(struct follower *follower, const Pb__Event *event) {
    struct world *world = &follower->world;
    struct daybook_buffer before = pack_through(follower, event->sequence - 1);
    size_t names = state_new_name_count(world->state);
    if (follower->memory == PACKING) {
        state_freeze(world->state, &world->counted);
        names = 0;
    }
    world->source_fails = part_fails;
    while (fold_failing(follower, event, follower->refused + 1)) {
        follower->refused++;
        assert_true(follower->refused < FAILING_MOST);
    }
    world->source_fails = NULL;
    assert_int_equal(state_new_name_count(world->state), names);
    struct daybook_buffer after = pack_through(follower, event->sequence - 1);
    assert_same_bytes(&before, &after);
    WORLD_OK(world, state_fold(world->state, event, &world->error));
    daybook_buffer_release(&before);
    daybook_buffer_release(&after);
}

/* The checkpoint that was begun is packed row by row, each refused once; it ends as if nothing had been. */
static void end_packing(struct follower *follower) {
    struct world *world = &follower->world;
    bool is_done = false;
    for (uint64_t nth = 1; !is_done; nth++) {
        fail_arm(FAIL_PART, nth, false);
        enum daybook_status status = state_pack_some(world->state, SIZE_MAX, &is_done, &world->error);
        bool was_met = fail_disarm() > 0;
        assert_int_equal(status, was_met ? DAYBOOK_NO_MEMORY : DAYBOOK_OK);
        assert_true(was_met != is_done);
    }
    world_keep_image(world);
}

static void follow(struct world *told, enum memory memory) {
    struct follower follower = {.world = {.events = told->events}, .memory = memory};
    struct world *world = &follower.world;
    uint64_t refused = 0;
    arena_init(&world->arena, (size_t)1 << 28);
    world->state = world_state(world);
    for (uint64_t sequence = 1; sequence <= told->events.count; sequence++) {
        const Pb__Event *event = NULL;
        WORLD_OK(world, state_read_event(world->state, sequence, &world->arena, &event, &world->error));
        follower.refused = 0;
        follow_event(&follower, event);
        refused += follower.refused;
        if (memory == PACKING) {
            end_packing(&follower);
        } else {
            world_checkpoint(world);
        }
    }
    assert_true(refused > told->events.count); /* Some events change a field, which needs no memory. */
    world_checkpoint(world);
    state_close(world->state);
    world->state = world_state(world); /* From the checkpoint alone. */
    struct daybook_buffer live = world_pack(told, told->state);
    struct daybook_buffer followed = world_pack(world, world->state);
    assert_same_bytes(&live, &followed);
    daybook_buffer_release(&live);
    daybook_buffer_release(&followed);
    world->events = (struct event_batch){0};
    world_close(world);
}

static void with_nearly_nothing_in_memory(void **state) {
    (void)state;
    static struct scene scene;
    story_tell(&scene);
    follow(&scene.world, TRIMMED);
    world_close(&scene.world);
}

static void opened_anew(void **state) {
    (void)state;
    static struct scene scene;
    story_tell(&scene);
    follow(&scene.world, OPENED);
    world_close(&scene.world);
}

static void while_a_checkpoint_is_packed(void **state) {
    (void)state;
    static struct scene scene;
    story_tell(&scene);
    follow(&scene.world, PACKING);
    world_close(&scene.world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_nearly_nothing_in_memory),
        cmocka_unit_test(opened_anew),
        cmocka_unit_test(while_a_checkpoint_is_packed),
    };
    return cmocka_run_group_tests_name("fold_fails", tests, NULL, NULL);
}
