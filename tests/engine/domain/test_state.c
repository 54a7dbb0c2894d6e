/*
 * The state over random histories: what is taken back leaves no trace (M3), what
 * is dropped from memory changes no answer (M4), rows survive being packed, and
 * damaged ones are refused. DAYBOOK_TEST_SEED repeats a run.
 */
#include "domain/state.h"

#include "model.h"
#include "random.h"
#include "rules.h"

enum { HISTORIES = 6, REQUESTS = 700 };

static void open_scene(struct scene *scene, bool forgets) {
    scene_open(scene, NULL);
    scene->world.forgets = forgets;
    scene_line(scene, "2024-01-01 open ann");
    scene_line(scene, "2024-01-01 open bob terms=10");
    scene_line(scene, "2024-01-01 open cem terms=5 eom");
}

static void advance(struct world *world, struct chance *chance) {
    world->now_us += chance_between(chance, 0, 3) * 3600 * 1000000;
}

/* Decides the line, takes it back, and says whether everything is as it was. */
static void try_and_take_back(struct scene *scene, const char *line, unsigned number) {
    struct world *world = &scene->world;
    struct decide_input input = world_input(world);
    struct decide_result result;
    const Pb__Request *request = script_request(&world->arena, line, arena_format(&world->arena, "try-%u", number));
    struct daybook_buffer before = world_pack(world, world->state);
    size_t names_before = state_new_name_count(world->state);
    state_begin(world->state);
    WORLD_OK(world, decide_request(world->decider, world->state, request, &input, &world->arena, &world->events,
                                   &result, &world->error));
    state_rollback(world->state);
    event_batch_cut(&world->events, input.next_sequence - 1);
    struct daybook_buffer after = world_pack(world, world->state);
    assert_same_bytes(&before, &after);
    assert_int_equal(names_before, state_new_name_count(world->state));
    daybook_buffer_release(&before);
    daybook_buffer_release(&after);
}

static void fold_model(struct model *model, struct world *world, uint64_t from_sequence) {
    struct arena arena;
    arena_init(&arena, 1 << 22);
    for (uint64_t sequence = from_sequence; sequence <= world->events.count; sequence++) {
        const Pb__Event *event = NULL;
        arena_reset(&arena);
        WORLD_OK(world, state_read_event(world->state, sequence, &arena, &event, &world->error));
        model_fold(model, event);
    }
    arena_release(&arena);
}

static void check_same_events(struct world *a, struct world *b) {
    assert_int_equal(a->events.count, b->events.count);
    assert_int_equal(a->events.bytes.size, b->events.bytes.size);
    assert_memory_equal(a->events.bytes.data, b->events.bytes.data, a->events.bytes.size);
}

/* One history in two worlds, one of which remembers nothing between requests. */
static size_t run_history(uint64_t seed) {
    struct chance chance = {seed};
    struct chance clocks[2] = {{seed ^ 1}, {seed ^ 1}};
    static struct scene warm;
    static struct scene cold;
    struct model model = {0};
    open_scene(&warm, false);
    open_scene(&cold, true);
    size_t accepted = 0;
    for (unsigned i = 0; i < REQUESTS; i++) {
        char line[RANDOM_LINE + 64];
        struct rendered rendered;
        struct rendered forgotten;
        uint64_t head = warm.world.events.count;
        random_line(&chance, head, line);
        advance(&warm.world, &clocks[0]);
        advance(&cold.world, &clocks[1]);
        try_and_take_back(&warm, line, i);
        scene_request(&warm, line, &rendered);
        scene_request(&cold, line, &forgotten);
        assert_string_equal(rendered.text, forgotten.text);
        fold_model(&model, &warm.world, head + 1);
        accepted += warm.world.events.count > head;
    }
    check_same_events(&warm.world, &cold.world);
    world_check_replay(&warm.world);
    world_check_replay(&cold.world);
    model_release(&model);
    world_close(&warm.world);
    world_close(&cold.world);
    return accepted;
}

static void memory_is_a_matter_of_speed_alone(void **state) {
    (void)state;
    uint64_t seed = chance_seed(1);
    for (uint64_t i = 0; i < HISTORIES; i++) {
        printf("seed %" PRIu64 "\n", seed + i);
        size_t accepted = run_history(seed + i);
        printf("%zu of %d requests accepted\n", accepted, REQUESTS);
        assert_true(accepted > REQUESTS / 5);
    }
}

/* ---- packed rows ---- */

static void fill_scene(struct scene *scene) {
    struct chance chance = {chance_seed(42)};
    open_scene(scene, true); /* Its checkpoint holds every row, packed. */
    for (unsigned i = 0; i < 300; i++) {
        char line[RANDOM_LINE + 64];
        struct rendered rendered;
        random_line(&chance, scene->world.events.count, line);
        scene_request(scene, line, &rendered);
    }
}

static void a_packed_row_comes_back_as_it_was(void **state) {
    (void)state;
    static struct scene scene;
    struct pool pool;
    size_t rows = 0;
    fill_scene(&scene);
    pool_init(&pool);
    for (size_t number = 0; number < scene.world.row_count; number++) {
        struct daybook_buffer *packed = &scene.world.rows[number];
        struct daybook_buffer again = {0};
        struct row *row = NULL;
        if (packed->size == 0) {
            continue;
        }
        assert_int_equal(row_unpack(&pool, number, daybook_buffer_view(packed), &row, NULL), DAYBOOK_OK);
        assert_int_equal(row->number, number);
        assert_int_equal(row_pack(row, &again), DAYBOOK_OK);
        assert_same_bytes(packed, &again);
        row_release(&pool, row);
        daybook_buffer_release(&again);
        rows++;
    }
    assert_true(rows > 50);
    assert_int_equal(pool.used_bytes, 0);
    pool_release(&pool);
    world_close(&scene.world);
}

static void unpack_copy(struct pool *pool, const uint8_t *bytes, size_t size, bool must_fail) {
    /* A copy of its own size, so that a read past it is seen. */
    uint8_t *copy = malloc(size + 1);
    struct daybook_error error;
    struct row *row = NULL;
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    enum daybook_status status = row_unpack(pool, 5, (struct daybook_bytes){copy, size}, &row, &error);
    if (status == DAYBOOK_OK) {
        assert_false(must_fail);
        row_release(pool, row);
    } else {
        assert_int_equal(status, DAYBOOK_DAMAGED);
        assert_true(error.message[0] != '\0');
    }
    free(copy);
    assert_int_equal(pool->used_bytes, 0);
}

static void a_cut_or_flipped_row_is_refused_or_harmless(void **state) {
    (void)state;
    static struct scene scene;
    struct pool pool;
    struct chance chance = {chance_seed(43)};
    fill_scene(&scene);
    pool_init(&pool);
    for (size_t number = 0; number < scene.world.row_count; number++) {
        struct daybook_buffer *packed = &scene.world.rows[number];
        for (size_t size = 0; size < packed->size; size++) {
            unpack_copy(&pool, packed->data, size, true);
        }
        for (int i = 0; i < 40 && packed->size > 0; i++) {
            size_t at = chance_next(&chance) % packed->size;
            uint8_t was = packed->data[at];
            packed->data[at] = (uint8_t)(was ^ (1U << (chance_next(&chance) % 8)));
            unpack_copy(&pool, packed->data, packed->size, false);
            packed->data[at] = was;
        }
        if (packed->size > 0) {
            assert_int_equal(daybook_buffer_append(packed, "", 1), DAYBOOK_OK);
            unpack_copy(&pool, packed->data, packed->size, true);
        }
    }
    pool_release(&pool);
    world_close(&scene.world);
}

/* A page of the checkpoint that went bad may hide a row: then nobody is told that there is no such customer. */
static void a_row_that_was_lost_is_no_refusal(void **state) {
    (void)state;
    static struct scene scene;
    static const char *const lines[] = {"2024-06-02 deposit M 5", "2024-06-02 refund r 5 lot L",
                                        "2024-06-02 reverse-charge g 0 reversal error",
                                        "2024-06-02 reverse-payment p reversal bounced"};
    static const uint64_t lost[] = {1, 2, 3, 5}; /* The row that each line needs: its customer, and its document. */
    for (size_t i = 0; i < ROW_COUNT(lines); i++) {
        struct decide_result result;
        scene_open(&scene, NULL);
        struct world *world = &scene.world;
        world->forgets = true;
        scene_line(&scene, "2024-06-01 open ann");
        scene_line(&scene, "2024-06-01 deposit L 100");
        scene_line(&scene, "2024-06-01 charge g 30 goods");
        scene_line(&scene, "2024-06-01 pay p 20 none");
        assert_true(world->rows[lost[i]].size > 0);
        daybook_buffer_reset(&world->rows[lost[i]]);
        const Pb__Request *request = script_request(&world->arena, lines[i], "lost");
        struct decide_input input = world_input(world);
        state_begin(world->state);
        assert_int_equal(decide_request(world->decider, world->state, request, &input, &world->arena, &world->events,
                                        &result, &world->error),
                         DAYBOOK_DAMAGED);
        assert_non_null(strstr(world->error.message, "it is not there"));
        state_rollback(world->state);
        world_close(world);
    }
}

static void random_bytes_are_no_row(void **state) {
    (void)state;
    struct pool pool;
    struct chance chance = {chance_seed(44)};
    uint8_t bytes[200];
    pool_init(&pool);
    for (int i = 0; i < 20000; i++) {
        size_t size = chance_next(&chance) % sizeof bytes;
        for (size_t at = 0; at < size; at++) {
            bytes[at] = (uint8_t)chance_next(&chance);
        }
        bytes[0] = (uint8_t)(chance_next(&chance) % 4);
        unpack_copy(&pool, bytes, size, false);
    }
    pool_release(&pool);
}

/* ---- trimming ---- */

static void trimming_gives_the_memory_back(void **state) {
    (void)state;
    static struct scene scene;
    struct world *world = &scene.world;
    open_scene(&scene, false);
    for (int i = 0; i < 2000; i++) {
        char line[100];
        struct rendered rendered;
        snprintf(line, sizeof line, "2024-05-01 open c%d", i);
        struct decide_result result;
        struct decide_input input = world_input(world);
        state_begin(world->state);
        WORLD_OK(world, decide_request(world->decider, world->state,
                                       script_request(&world->arena, line, arena_format(&world->arena, "open-%d", i)),
                                       &input, &world->arena, &world->events, &result, &world->error));
        assert_null(result.refusal);
        state_commit(world->state);
        world->last_recorded_at_us = result.last_recorded_at_us;
        (void)rendered;
    }
    size_t full = state_pool(world->state)->used_bytes;
    state_trim(world->state, 0, SIZE_MAX); /* Nothing is clean yet, so nothing goes. */
    assert_int_equal(state_pool(world->state)->used_bytes, full);
    world_checkpoint(world);
    size_t half = state_pool(world->state)->used_bytes / 2;
    state_trim(world->state, half, SIZE_MAX);
    assert_true(state_pool(world->state)->used_bytes <= half);
    state_trim(world->state, 0, SIZE_MAX);
    assert_true(state_pool(world->state)->used_bytes < 4096);
    for (int i = 0; i < 2000; i += 7) {
        struct customer *customer = NULL;
        char id[16];
        snprintf(id, sizeof id, "c%d", i);
        WORLD_OK(world, state_find_customer(world->state, id, &customer, &world->error));
        assert_non_null(customer);
        assert_string_equal(customer->id, id);
    }
    world_check_replay(world);
    world_close(world);
}

/* ---- names ---- */

static void a_name_is_found_behind_any_number_of_collisions(void **state) {
    (void)state;
    static struct scene scene;
    struct rendered rendered;
    const char *charge = "2024-05-02 charge C1 300";
    open_scene(&scene, true);
    for (int i = 0; i < 60; i++) {
        scene_line(&scene, arena_format(&scene.world.arena, "2024-05-01 deposit L%d 10", i));
    }
    scene_line(&scene, charge);
    unsigned charge_line = scene.line_count;
    world_crowd_names(&scene.world);
    scene_request(&scene, "2024-05-01 deposit L7 10", &rendered);
    assert_true(scene_is(&rendered, "DUPLICATE_DOCUMENT"));
    scene_request(&scene, "2024-05-03 open bob", &rendered);
    assert_true(scene_is(&rendered, "DUPLICATE_CUSTOMER"));
    scene.line_count = charge_line - 1; /* The same key and content again. */
    scene_request(&scene, charge, &rendered);
    assert_memory_equal(rendered.text, "repeated ", strlen("repeated "));
    world_close(&scene.world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_a_matter_of_speed_alone),
        cmocka_unit_test(a_packed_row_comes_back_as_it_was),
        cmocka_unit_test(a_cut_or_flipped_row_is_refused_or_harmless),
        cmocka_unit_test(a_row_that_was_lost_is_no_refusal),
        cmocka_unit_test(random_bytes_are_no_row),
        cmocka_unit_test(a_name_is_found_behind_any_number_of_collisions),
        cmocka_unit_test(trimming_gives_the_memory_back),
    };
    return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
