/*
 * Names: every kind of name is found behind any number of others with its hash, in the checkpoint, in memory, and while
 * a checkpoint is being packed; and while it is looked for, everything that can fails once.
 */
#include "story.h"

struct named {
    const char *name;
    const char *when;
    const char *then;
};

/* What the story has; asked for by somebody who would use the name again, or the thing. */
static const struct named named[] = {
    {"a customer", "2024-03-14 open bob", "DUPLICATE_CUSTOMER"},
    {"no customer", "2024-03-14 charge new 5 goods cust=eve", "UNKNOWN_CUSTOMER"},
    {"a charge", "2024-03-14 charge g 5 goods", "DUPLICATE_DOCUMENT"},
    {"a charge of another customer", "2024-03-14 charge g 5 goods cust=cem", "UNKNOWN_CUSTOMER"},
    {"a lot", "2024-03-14 deposit A 5", "DUPLICATE_DOCUMENT"},
    {"a payment", "2024-03-14 pay p 5", "DUPLICATE_DOCUMENT"},
    {"a hold", "2024-03-14 place-hold h 5 goods", "DUPLICATE_DOCUMENT"},
    {"a dispute", "2024-03-14 dispute d 1 w why", "DUPLICATE_DOCUMENT"},
    {"a refund", "2024-03-14 refund f1 1 payment p", "DUPLICATE_DOCUMENT"},
    {"a refund's id is no adjustment's", "2024-03-14 credit-note f1 1 why", "2024-03-14 credit-note f1 1"},
    {"an adjustment", "2024-03-14 credit-note n1 1 why", "DUPLICATE_DOCUMENT"},
    {"an adjustment on account", "2024-03-14 credit-note n3 1 why", "DUPLICATE_DOCUMENT"},
    {"an adjustment's id is no refund's", "2024-03-14 refund n1 1 payment p", "2024-03-14 refund n1 1 payment p"},
    {"an allocation", "2024-03-14 allocate p to=w:1@x", "DUPLICATE_DOCUMENT"},
    {"an allocation that comes off", "2024-03-14 unallocate x 1", "2024-03-14 unallocate p i 1 #23 @x part=1"},
    {"a statement", "statement s forward 2024-03-10 2024-03-11 known=40", "DUPLICATE_DOCUMENT"},
};

static void ask(struct scene *scene, const struct named *row) {
    struct rendered rendered;
    scene->fails = true;
    scene_request(scene, row->when, &rendered);
    if (!scene_is(&rendered, row->then)) {
        fail_msg("%s: got \"%s\"", row->when, rendered.text);
    }
}

static void in_a_crowded_checkpoint(void **state) {
    static struct scene scene;
    story_tell(&scene);
    scene.world.forgets = true;
    world_checkpoint(&scene.world);
    state_trim(scene.world.state, 0, SIZE_MAX);
    world_crowd_names(&scene.world);
    ask(&scene, *state);
    world_close(&scene.world);
}

static void in_memory(void **state) {
    static struct scene scene;
    story_tell(&scene);
    ask(&scene, *state);
    world_close(&scene.world);
}

static void while_a_checkpoint_is_packed(void **state) {
    static struct scene scene;
    story_tell(&scene);
    state_freeze(scene.world.state, &scene.world.counted);
    ask(&scene, *state);
    world_close(&scene.world);
}

/* A proposal's name, too; and one that has another's hash is not taken for it. */
static void proposals_are_found(void **state) {
    (void)state;
    static struct scene scene;
    struct world *world = &scene.world;
    struct decide_result result;
    story_tell(&scene);
    world->forgets = true;
    world_checkpoint(world);
    state_trim(world->state, 0, SIZE_MAX);
    world_crowd_names(world);
    Pb__Request *again = request_proposal(world, "V", "hold why", "kate", CREDIT);
    fail_deciding(world, again);
    world_decide(world, again, &result);
    assert_non_null(result.refusal);
    assert_int_equal(result.refusal->code, PB__REFUSAL_CODE__REFUSAL_CODE_DUPLICATE_DOCUMENT);
    assert_string_equal(result.refusal->document, "V");
    again->propose_request->proposal = (char *)(uintptr_t) "U";
    world_decide(world, again, &result);
    assert_null(result.refusal);
    world_close(world);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, named, in_a_crowded_checkpoint);
    ROWS_ADD_TABLE(&rows, named, in_memory);
    ROWS_ADD_TABLE(&rows, named, while_a_checkpoint_is_packed);
    rows_add(&rows, "proposals are found", proposals_are_found, NULL);
    return rows_run("state_names", &rows);
}
