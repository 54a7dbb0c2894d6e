/*
 * From events back to their requests (RO1): what every rule's table says is decided again in rules.h; here random
 * histories, in which nearly everything may go wrong, and what is no recorded truth.
 */
#include "domain/redecide.h"

#include "random.h"
#include "story.h"

enum { HISTORIES = 12, REQUESTS = 500 };

static void random_histories_are_decided_alike(void **state) {
    (void)state;
    uint64_t seed = chance_seed(1);
    for (uint64_t i = 0; i < HISTORIES; i++) {
        static struct scene scene;
        struct chance chance = {seed + i};
        char line[RANDOM_LINE + 64];
        struct rendered rendered;
        printf("seed %" PRIu64 "\n", seed + i);
        scene_open(&scene, NULL);
        scene_line(&scene, "2024-01-01 open ann");
        scene_line(&scene, "2024-01-01 open bob terms=10");
        scene_line(&scene, "2024-01-01 open cem terms=5 eom");
        for (int j = 0; j < REQUESTS; j++) {
            random_line(&chance, scene.world.events.count, line);
            scene_request(&scene, line, &rendered);
            scene.world.now_us += chance_between(&chance, 0, 3) * 3600 * 1000000;
        }
        assert_true(scene.world.events.count > REQUESTS / 4);
        world_check_redecide(&scene.world);
        world_close(&scene.world);
    }
}

/* ---- what does not follow ---- */

/* A charge of 100 paid from a lot, and a payment: 1 open, 2 deposit, 3-4 charge, 5 payment. */
static void open_scene(struct scene *scene) {
    scene_open(scene, NULL);
    scene_line(scene, "2024-01-01 open ann");
    scene_line(scene, "2024-05-01 deposit L 100");
    scene_line(scene, "2024-05-02 charge C 100 goods");
    scene_line(scene, "2024-05-03 pay P 70 none");
}

/* Decides the request that begins at `first` once more, on the state before it; `change` may falsify its events. */
static enum daybook_status try_again(struct scene *scene, uint64_t first, size_t count,
                                     void (*change)(Pb__Event *event), struct redecision *made) {
    struct world *world = &scene->world;
    struct world fresh = {.events = world->events};
    struct state *state = world_state(&fresh);
    struct decider *decider = decider_open(&world->settings);
    struct event_batch batch = {0};
    const Pb__Event *items[4];
    struct daybook_bytes bytes[4];
    struct daybook_buffer encoded[4] = {0};
    for (uint64_t sequence = 1; sequence < first + count; sequence++) {
        const Pb__Event *event = NULL;
        WORLD_OK(&fresh, state_read_event(state, sequence, &world->arena, &event, &fresh.error));
        if (sequence < first) {
            WORLD_OK(&fresh, state_fold(state, event, &fresh.error));
            continue;
        }
        size_t at = sequence - first;
        if (change != NULL) {
            change((Pb__Event *)(uintptr_t)event);
        }
        items[at] = event;
        WORLD_OK(&fresh, wire_encode(&event->base, &encoded[at]));
        bytes[at] = daybook_buffer_view(&encoded[at]);
    }
    struct recorded recorded = {{items, count}, bytes, items[0]->recorded_at_us - 1};
    enum daybook_status status = redecide(decider, state, &recorded, &batch, &world->arena, made, &world->error);
    assert_int_equal(batch.count, 0);
    for (size_t i = 0; i < count; i++) {
        daybook_buffer_release(&encoded[i]);
    }
    event_batch_release(&batch);
    decider_close(decider);
    state_close(state);
    return status;
}

static struct redecision decide_again(struct scene *scene, uint64_t first, size_t count,
                                      void (*change)(Pb__Event *event)) {
    struct redecision made;
    WORLD_OK(&scene->world, try_again(scene, first, count, change, &made));
    return made;
}

static void take_less(Pb__Event *event) {
    if (event->body_case == PB__EVENT__BODY_DEPOSIT_CONSUMED) {
        event->deposit_consumed->slices[0]->amount_minor = 60;
    }
}

static void take_too_much(Pb__Event *event) {
    if (event->body_case == PB__EVENT__BODY_CHARGE_POSTED) {
        event->charge_posted->settlement = PB__SETTLEMENT__SETTLEMENT_DEPOSITS_ONLY;
        event->charge_posted->amount_minor = 101;
    }
}

static void true_events_follow(void **state) {
    (void)state;
    struct scene scene;
    open_scene(&scene);
    struct redecision made = decide_again(&scene, 3, 2, NULL);
    assert_int_equal(made.outcome, REDECIDED_SAME);
    assert_int_equal(made.request->command_case, PB__REQUEST__COMMAND_POST_CHARGE);
    assert_string_equal(made.request->effective_on, "2024-05-02");
    world_close(&scene.world);
}

static void a_false_slice_is_seen(void **state) {
    (void)state;
    struct scene scene;
    open_scene(&scene);
    struct redecision made = decide_again(&scene, 3, 2, take_less);
    assert_int_equal(made.outcome, REDECIDED_OTHERWISE);
    assert_null(made.refusal);
    assert_int_equal(made.differs_at, 1);
    world_close(&scene.world);
}

static void what_would_be_refused_is_seen(void **state) {
    (void)state;
    struct scene scene;
    open_scene(&scene);
    struct redecision made = decide_again(&scene, 3, 1, take_too_much);
    assert_int_equal(made.outcome, REDECIDED_OTHERWISE);
    assert_non_null(made.refusal);
    assert_int_equal(made.refusal->code, PB__REFUSAL_CODE__REFUSAL_CODE_EXCEEDS_DEPOSIT);
    world_close(&scene.world);
}

static void leave_due_date_out(Pb__Event *event) {
    if (event->body_case == PB__EVENT__BODY_CHARGE_POSTED) {
        event->charge_posted->due_on = 0;
    }
}

static void name_nobody(Pb__Event *event) {
    event->actor = (char *)(uintptr_t) "";
}

static void pay_nothing(Pb__Event *event) {
    event->payment_received->amount_minor = 0;
}

static void an_event_of_another_size_is_seen(void **state) {
    (void)state;
    struct scene scene;
    open_scene(&scene);
    struct redecision made = decide_again(&scene, 3, 2, leave_due_date_out);
    assert_int_equal(made.outcome, REDECIDED_OTHERWISE);
    assert_null(made.refusal);
    assert_int_equal(made.differs_at, 0);
    world_close(&scene.world);
}

/* Of neither reading: the first one is told. */
static void no_reading_makes_it(void **state) {
    (void)state;
    struct scene scene;
    open_scene(&scene);
    scene_line(&scene, "2024-05-04 charge D 30 goods");
    scene_line(&scene, "2024-05-05 pay Q 5 none");
    struct redecision made = decide_again(&scene, 7, 1, name_nobody);
    assert_int_equal(made.outcome, REDECIDED_OTHERWISE);
    assert_non_null(made.refusal);
    assert_int_equal(made.refusal->code, PB__REFUSAL_CODE__REFUSAL_CODE_MALFORMED);
    assert_int_equal(made.request->receive_payment->auto_, PB__AUTO_ALLOCATE__AUTO_ALLOCATE_UNSPECIFIED);
    world_close(&scene.world);
}

static void what_does_not_fold_either_is_told(void **state) {
    (void)state;
    struct scene scene;
    struct redecision made;
    open_scene(&scene);
    assert_int_equal(try_again(&scene, 5, 1, pay_nothing, &made), DAYBOOK_INVALID);
    assert_non_null(strstr(scene.world.error.message, "an amount that is not positive"));
    assert_int_equal(made.outcome, REDECIDED_OTHERWISE);
    assert_int_equal(made.refusal->code, PB__REFUSAL_CODE__REFUSAL_CODE_AMOUNT_NOT_POSITIVE);
    world_close(&scene.world);
}

static void what_no_command_makes_is_said(void **state) {
    (void)state;
    Pb__Event event = PB__EVENT__INIT;
    Pb__ExpiryReleased released = PB__EXPIRY_RELEASED__INIT;
    Pb__DepositRestored restored = PB__DEPOSIT_RESTORED__INIT;
    const Pb__Event *items[] = {&event};
    struct request_events events = {items, 1};
    event.body_case = PB__EVENT__BODY_EXPIRY_RELEASED;
    event.expiry_released = &released;
    assert_int_equal(request_variants(events), 0);
    event.body_case = PB__EVENT__BODY_DEPOSIT_RESTORED;
    event.deposit_restored = &restored;
    assert_int_equal(request_variants(events), 0);
    assert_int_equal(request_variants((struct request_events){items, 0}), 0);
}

/* Nothing was open: the likelier reading is that nobody said anything. */
static void the_likelier_reading_comes_first(void **state) {
    (void)state;
    struct scene scene;
    open_scene(&scene);
    struct redecision made = decide_again(&scene, 5, 1, NULL);
    assert_int_equal(made.outcome, REDECIDED_SAME);
    assert_int_equal(made.request->receive_payment->auto_, PB__AUTO_ALLOCATE__AUTO_ALLOCATE_UNSPECIFIED);
    scene_line(&scene, "2024-05-04 charge D 30 goods");
    scene_line(&scene, "2024-05-05 pay Q 5 none");
    made = decide_again(&scene, 7, 1, NULL);
    assert_int_equal(made.outcome, REDECIDED_SAME);
    assert_int_equal(made.request->receive_payment->auto_, PB__AUTO_ALLOCATE__AUTO_ALLOCATE_NONE);
    world_close(&scene.world);
}

/* ---- a failing world ---- */

/* The story's requests are decided again while each part, row, name and event that it takes is refused, one after the
 * other: it is told, and in the end the state is the story's. */
static void what_cannot_be_decided_again_is_told(void **state) {
    (void)state;
    static struct scene scene;
    story_tell(&scene);
    struct world fresh = {.events = scene.world.events};
    struct decider *decider = decider_open(&scene.world.settings);
    struct event_batch batch = {0};
    struct arena arena;
    uint64_t refused = 0;
    fresh.state = world_state(&fresh);
    arena_init(&arena, 1 << 26);
    assert_non_null(decider);
    for (size_t first = 0; first < fresh.events.count;) {
        struct redecision made;
        enum daybook_status status = DAYBOOK_IO;
        size_t count = 0;
        for (uint64_t nth = 1; status != DAYBOOK_OK; nth++) {
            arena_reset(&arena);
            struct recorded recorded = world_recorded(&fresh, fresh.state, first, &arena);
            count = recorded.events.count;
            fresh.error.message[0] = '\0';
            fresh.source_fails = part_fails;
            fail_arm(FAIL_PART, nth, false);
            status = redecide(decider, fresh.state, &recorded, &batch, &arena, &made, &fresh.error);
            bool was_met = fail_disarm() > 0;
            fresh.source_fails = NULL;
            refused += was_met;
            assert_true(status == DAYBOOK_OK || (was_met && fresh.error.message[0] != '\0'));
            assert_true(status == DAYBOOK_OK || status == DAYBOOK_NO_MEMORY || status == DAYBOOK_IO);
            assert_int_equal(batch.count, 0);
        }
        assert_int_equal(made.outcome, REDECIDED_SAME);
        first += count;
    }
    assert_true(refused > 500);
    struct daybook_buffer live = world_pack(&scene.world, scene.world.state);
    struct daybook_buffer again = world_pack(&fresh, fresh.state);
    assert_same_bytes(&live, &again);
    daybook_buffer_release(&live);
    daybook_buffer_release(&again);
    event_batch_release(&batch);
    arena_release(&arena);
    decider_close(decider);
    state_close(fresh.state);
    world_close(&scene.world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_histories_are_decided_alike),
        cmocka_unit_test(true_events_follow),
        cmocka_unit_test(a_false_slice_is_seen),
        cmocka_unit_test(what_would_be_refused_is_seen),
        cmocka_unit_test(an_event_of_another_size_is_seen),
        cmocka_unit_test(no_reading_makes_it),
        cmocka_unit_test(what_does_not_fold_either_is_told),
        cmocka_unit_test(what_no_command_makes_is_said),
        cmocka_unit_test(the_likelier_reading_comes_first),
        cmocka_unit_test(what_cannot_be_decided_again_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
