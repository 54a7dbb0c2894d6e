/*
 * Hints change nothing, whatever is in memory and in whichever order they come; and the names that are foreseen for a
 * request are those that deciding it looks for.
 */
#include "story.h"

enum { NAMES_MOST = 4096 };

/* The world's source, with a note of the names that it was told of and asked for. */
struct noting {
    struct world *world;
    uint64_t foreseen[NAMES_MOST];
    uint64_t asked[NAMES_MOST];
    size_t foreseen_count;
    size_t asked_count;
    uint64_t head; /* Before the request that is decided. */
};

static void note_foreseen(void *context, uint64_t hash) {
    struct noting *noting = context;
    assert_true(noting->foreseen_count < NAMES_MOST);
    noting->foreseen[noting->foreseen_count++] = hash;
}

static enum daybook_status note_asked(void *context, uint64_t hash, size_t skip, uint64_t *numbers, size_t capacity,
                                      size_t *count, struct daybook_error *error) {
    struct noting *noting = context;
    assert_true(noting->asked_count < NAMES_MOST);
    noting->asked[noting->asked_count++] = hash;
    return world_find_names(noting->world, hash, skip, numbers, capacity, count, error);
}

static enum daybook_status load_row(void *context, uint64_t number, struct daybook_bytes *bytes, bool *is_found,
                                    struct daybook_error *error) {
    return world_load_row(((struct noting *)context)->world, number, bytes, is_found, error);
}

static enum daybook_status read_event(void *context, uint64_t sequence, struct daybook_bytes *bytes,
                                      struct daybook_error *error) {
    return world_read_event(((struct noting *)context)->world, sequence, bytes, error);
}

/* The story's world, opened anew from its checkpoint, with a source that notes. */
static void open_noting(struct scene *scene, struct noting *noting) {
    struct world *world = &scene->world;
    story_tell(scene);
    world_checkpoint(world);
    state_close(world->state);
    memset(noting, 0, sizeof *noting);
    noting->world = world;
    struct state_source source = {noting, load_row, note_asked, read_event, note_foreseen};
    world->state = state_open(&source);
    assert_non_null(world->state);
}

static const char *const lines[] = {
    "charge new 5 goods",
    "charge g 5 goods",
    "pay new 5",
    "deposit new 5",
    "refund new 5 payment p",
    "charge new 5 goods cust=bob",
    "charge new 5 goods cust=cid",
    "charge new 5 goods cust=dan",
    "charge new 5 goods cust=eve",
    "close-period 2024-01-31",
};

static void foresee_all(struct world *world, struct state_hint *hint) {
    for (unsigned step = 0; step < STATE_HINT_STEPS; step++) {
        state_foresee(world->state, step, hint);
    }
    for (unsigned step = STATE_HINT_STEPS; step > 0; step--) {
        state_foresee(world->state, step - 1, hint);
    }
}

/* Everything that a hint is given about: requests, and the events of the story. */
static void foresee_everything(struct world *world) {
    for (size_t i = 0; i < ROW_COUNT(lines); i++) {
        struct state_hint hint;
        state_prepare_hint(script_request(&world->arena, lines[i], "key"), &hint);
        foresee_all(world, &hint);
    }
    for (uint64_t sequence = 1; sequence <= world->events.count; sequence++) {
        const Pb__Event *event = NULL;
        WORLD_OK(world, state_read_event(world->state, sequence, &world->arena, &event, &world->error));
        struct state_hint hint;
        state_prepare_hint_of_event(event, &hint);
        foresee_all(world, &hint);
        state_foresee_event(world->state, event);
        state_foresee_row(world->state, sequence);
    }
}

static void hints_change_nothing(void **state) {
    (void)state;
    static struct scene scene;
    static struct noting noting;
    struct world *world = &scene.world;
    open_noting(&scene, &noting);
    size_t used_bytes = state_used_bytes(world->state);
    foresee_everything(world); /* Nothing is in memory yet, and hints bring nothing there. */
    assert_int_equal(state_used_bytes(world->state), used_bytes);
    assert_int_equal(noting.asked_count, 0);
    struct daybook_buffer before = world_pack(world, world->state);
    noting.foreseen_count = 0;
    foresee_everything(world);
    struct rendered rendered;
    scene_request(&scene, "2024-03-14 charge fresh 5 goods", &rendered); /* Its rows are found by name from now on. */
    scene_line(&scene, "2024-03-14 open cid");                           /* One lot, and nothing else. */
    scene_line(&scene, "2024-03-14 deposit L 5 cust=cid");
    scene_line(&scene, "2024-03-14 open dan"); /* No account. */
    struct daybook_buffer warm = world_pack(world, world->state);
    foresee_everything(world);
    state_freeze(world->state, &world->counted);
    foresee_everything(world);
    struct daybook_buffer after = world_pack(world, world->state);
    assert_true(before.size < warm.size);
    assert_same_bytes(&warm, &after);
    daybook_buffer_release(&before);
    daybook_buffer_release(&warm);
    daybook_buffer_release(&after);
    world_close(world);
}

static bool is_among(const uint64_t *hashes, size_t count, uint64_t hash) {
    for (size_t i = 0; i < count; i++) {
        if (hashes[i] == hash) {
            return true;
        }
    }
    return false;
}

/* The first event that came of a request hints at the same. */
static void check_hint_of_event(struct world *world, uint64_t sequence, const struct state_hint *expected) {
    const Pb__Event *event = NULL;
    struct state_hint hint;
    WORLD_OK(world, state_read_event(world->state, sequence, &world->arena, &event, &world->error));
    state_prepare_hint_of_event(event, &hint);
    assert_int_equal(hint.customer_hash, expected->customer_hash);
    assert_int_equal(hint.key_hash, expected->key_hash);
    assert_int_equal(hint.kind, expected->kind);
    assert_string_equal(hint.document, expected->document);
}

/* A hint that tells a wrong hash shows that it is believed, of the very text and of no other. */
static void what_a_hint_tells_is_not_hashed_again(void **state) {
    (void)state;
    static struct scene scene;
    static struct noting noting;
    struct world *world = &scene.world;
    struct customer *customer = NULL;
    open_noting(&scene, &noting);
    scene_line(&scene, "2024-03-14 charge warm 5 goods");
    const Pb__Request *request = script_request(&world->arena, "charge c1 5 goods", "key");
    const char *copy = arena_copy_text(&world->arena, request->customer, strlen(request->customer));
    struct state_hint hint;
    state_prepare_hint(request, &hint);
    state_know_names(world->state, &hint);
    WORLD_OK(world, state_find_customer(world->state, request->customer, &customer, &world->error));
    assert_non_null(customer);
    hint.customer_hash ^= 1;
    WORLD_OK(world, state_find_customer(world->state, request->customer, &customer, &world->error));
    assert_null(customer);
    WORLD_OK(world, state_find_customer(world->state, copy, &customer, &world->error));
    assert_non_null(customer);
    state_know_names(world->state, NULL);
    WORLD_OK(world, state_find_customer(world->state, request->customer, &customer, &world->error));
    assert_non_null(customer);
    world_close(world);
}

static void what_is_foreseen_is_asked_for(void **state) {
    (void)state;
    static struct scene scene;
    static struct noting noting;
    struct world *world = &scene.world;
    struct rendered rendered;
    static const char *const decided[] = {"2024-03-15 charge c1 5 goods", "2024-03-15 pay p1 5",
                                          "2024-03-15 deposit l1 5"};
    open_noting(&scene, &noting);
    scene_line(&scene, "2024-03-14 charge warm 5 goods"); /* The customer is in memory. */
    for (size_t i = 0; i < ROW_COUNT(decided); i++) {
        const char *key = arena_format(&world->arena, "line-%u", scene.line_count + 1);
        noting.foreseen_count = noting.asked_count = 0;
        struct state_hint hint;
        const Pb__Request *request = script_request(&world->arena, decided[i], key);
        state_prepare_hint(request, &hint);
        for (unsigned step = 0; step < STATE_HINT_STEPS; step++) {
            state_foresee(world->state, step, &hint);
        }
        assert_int_equal(noting.foreseen_count, 2); /* Its key, and the document that it makes. */
        noting.asked_count = 0;
        noting.head = world->events.count;
        scene_request(&scene, decided[i], &rendered);
        for (size_t at = 0; at < noting.foreseen_count; at++) {
            assert_true(is_among(noting.asked, noting.asked_count, noting.foreseen[at]));
        }
        check_hint_of_event(world, noting.head + 1, &hint);
    }
    world_close(world);
}

/* Two that are asked for in turn would push each other out, if each name had one place. */
static void customers_found_lately_are_not_looked_for_again(void **state) {
    (void)state;
    enum { CUSTOMERS = 400 };
    static struct scene scene;
    static struct noting noting;
    struct world *world = &scene.world;
    open_noting(&scene, &noting);
    for (int i = 0; i < CUSTOMERS; i++) {
        scene_line(&scene, arena_format(&world->arena, "2024-03-14 open many-%d", i));
    }
    for (int round = 0; round < 2; round++) {
        noting.asked_count = 0;
        for (int i = 0; i < CUSTOMERS; i++) {
            struct customer *customer = NULL;
            const char *id = arena_format(&world->arena, "many-%d", i);
            WORLD_OK(world, state_find_customer(world->state, id, &customer, &world->error));
            assert_non_null(customer);
            assert_string_equal(customer->id, id);
        }
    }
    assert_int_equal(noting.asked_count, 0);
    world_close(world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hints_change_nothing),
        cmocka_unit_test(what_is_foreseen_is_asked_for),
        cmocka_unit_test(what_a_hint_tells_is_not_hashed_again),
        cmocka_unit_test(customers_found_lately_are_not_looked_for_again),
    };
    return cmocka_run_group_tests_name("state_foresee", tests, NULL, NULL);
}
