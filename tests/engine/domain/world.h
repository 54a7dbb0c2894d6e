/*
 * A world for deciding without a disk: the state over events kept in memory, a
 * fixed clock, and a checkpoint of rows and names that the state may be made to
 * live from. Every refusal is checked to leave no trace, on the way.
 */
#ifndef DAYBOOK_TESTS_DOMAIN_WORLD_H
#define DAYBOOK_TESTS_DOMAIN_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "codec/wire.h"
#include "domain/control.h"
#include "domain/decide.h"
#include "domain/fold.h"
#include "domain/redecide.h"
#include "tests/engine/domain/lefts.h"
#include "tests/rows.h"

struct world {
    struct state *state;
    struct decider *decider;
    struct timezone_rules *timezone;
    struct decide_settings settings;
    struct event_batch events; /* All of them: event 1 is events.events[0]. */
    struct arena arena;        /* Requests and answers, until the world ends. */
    int64_t now_us;
    int64_t last_recorded_at_us;
    bool forgets;                /* After every request, all is written down and dropped from memory. */
    bool (*source_fails)(void);  /* Asked at each use of the source; NULL: it never does. */
    struct daybook_buffer *rows; /* The checkpoint: packed rows by number. */
    size_t row_count;
    struct name_entry *names;
    size_t name_count;
    struct control counted; /* What the rows of all checkpoints were counted into. */
    struct lefts lefts;     /* What was told to be left. */
    struct daybook_error error;
};

#define WORLD_OK(world, call)                                                                                          \
    do {                                                                                                               \
        enum daybook_status status_ = (call);                                                                          \
        if (status_ != DAYBOOK_OK) {                                                                                   \
            fail_msg("%s: %s: %s", #call, daybook_status_name(status_), (world)->error.message);                       \
        }                                                                                                              \
    } while (0)

/* ---- the source ---- */

static inline enum daybook_status world_use_source(const struct world *world, struct daybook_error *error) {
    return world->source_fails != NULL && world->source_fails()
               ? daybook_fail(error, DAYBOOK_IO, "reading what was kept: the disk is broken")
               : DAYBOOK_OK;
}

static inline enum daybook_status world_load_row(void *context, uint64_t number, struct daybook_bytes *bytes,
                                                 bool *is_found, struct daybook_error *error) {
    struct world *world = context;
    DAYBOOK_TRY(world_use_source(world, error));
    *is_found = number < world->row_count && world->rows[number].size > 0;
    if (*is_found) {
        *bytes = daybook_buffer_view(&world->rows[number]);
    }
    return DAYBOOK_OK;
}

static inline enum daybook_status world_find_names(void *context, uint64_t hash, size_t skip, uint64_t *numbers,
                                                   size_t capacity, size_t *count, struct daybook_error *error) {
    struct world *world = context;
    DAYBOOK_TRY(world_use_source(world, error));
    *count = 0;
    for (size_t i = 0; i < world->name_count && *count < capacity; i++) {
        if (world->names[i].hash == hash && skip > 0) {
            skip--;
        } else if (world->names[i].hash == hash) {
            numbers[(*count)++] = world->names[i].number;
        }
    }
    return DAYBOOK_OK;
}

static inline enum daybook_status world_read_event(void *context, uint64_t sequence, struct daybook_bytes *bytes,
                                                   struct daybook_error *error) {
    struct world *world = context;
    DAYBOOK_TRY(world_use_source(world, error));
    if (sequence == 0 || sequence > world->events.count) {
        return daybook_fail(error, DAYBOOK_NOT_FOUND, "no event %llu", (unsigned long long)sequence);
    }
    const struct batch_event *event = &world->events.events[sequence - 1];
    *bytes = (struct daybook_bytes){world->events.bytes.data + event->offset_bytes, event->size_bytes};
    return DAYBOOK_OK;
}

static inline struct state *world_state(struct world *world) {
    struct state_source source = {world, world_load_row, world_find_names, world_read_event, NULL};
    struct state *state = state_open(&source);
    assert_non_null(state);
    return state;
}

/* ---- its life ---- */

static inline void world_open(struct world *world, const char *timezone, struct decide_settings settings) {
    memset(world, 0, sizeof *world);
    arena_init(&world->arena, (size_t)1 << 28);
    WORLD_OK(world, timezone_open(timezone, &world->timezone, &world->error));
    world->settings = settings;
    world->settings.timezone = world->timezone;
    world->decider = decider_open(&world->settings);
    assert_non_null(world->decider);
    world->state = world_state(world);
}

static inline void world_close(struct world *world) {
    state_close(world->state);
    decider_close(world->decider);
    timezone_close(world->timezone);
    event_batch_release(&world->events);
    for (size_t i = 0; i < world->row_count; i++) {
        daybook_buffer_release(&world->rows[i]);
    }
    free(world->rows);
    free(world->names);
    free(world->lefts.items);
    control_release(&world->counted);
    arena_release(&world->arena);
}

/* ---- the checkpoint ---- */

static inline void world_keep_row(struct world *world, uint64_t number, struct daybook_bytes packed) {
    if (number >= world->row_count) {
        size_t grown = (size_t)number * 2 + 16;
        world->rows = realloc(world->rows, grown * sizeof *world->rows);
        assert_non_null(world->rows);
        memset(world->rows + world->row_count, 0, (grown - world->row_count) * sizeof *world->rows);
        world->row_count = grown;
    }
    daybook_buffer_reset(&world->rows[number]);
    WORLD_OK(world, daybook_buffer_append(&world->rows[number], packed.data, packed.size));
}

/* What the state froze is now kept outside of it, as a checkpoint does. */
static inline void world_keep_image(struct world *world) {
    struct state_image image = state_view_image(world->state);
    const uint8_t *at = image.rows.data;
    for (size_t i = 0; i < image.row_count; i++) {
        size_t size = load_le32(at + 8);
        world_keep_row(world, load_le64(at), (struct daybook_bytes){at + 12, size});
        at += 12 + size;
    }
    assert_ptr_equal(at, image.rows.data + image.rows.size);
    if (image.name_count > 0) {
        world->names = realloc(world->names, (world->name_count + image.name_count) * sizeof *image.names);
        assert_non_null(world->names);
        memcpy(world->names + world->name_count, image.names, image.name_count * sizeof *image.names);
        world->name_count += image.name_count;
    }
    state_thaw(world->state);
}

static inline void world_checkpoint(struct world *world) {
    bool is_done = false;
    state_freeze(world->state, &world->counted);
    while (!is_done) {
        WORLD_OK(world, state_pack_some(world->state, 3, &is_done, &world->error));
    }
    world_keep_image(world);
}

/* Files 40 strangers under every hash, before the one whose name it is. */
static inline void world_crowd_names(struct world *world) {
    enum { STRANGERS = 40 };
    struct name_entry *crowd = malloc(world->name_count * (STRANGERS + 1) * sizeof *crowd);
    size_t count = 0;
    assert_non_null(crowd);
    for (size_t i = 0; i < world->name_count; i++) {
        for (size_t stranger = 0; stranger < STRANGERS; stranger++) {
            uint64_t number = 1 + (world->names[i].number + stranger) % world->events.count;
            crowd[count++] = (struct name_entry){world->names[i].hash, number};
        }
        crowd[count++] = world->names[i];
    }
    free(world->names);
    world->names = crowd;
    world->name_count = count;
}

/* Every row that there is, packed, one after the other with its number. */
static inline struct daybook_buffer world_pack(struct world *world, struct state *state) {
    struct daybook_buffer packed = {0};
    struct ledger_row *ledger = NULL;
    WORLD_OK(world, state_ledger(state, &ledger, &world->error));
    WORLD_OK(world, row_pack(&ledger->row, &packed));
    for (uint64_t number = 1; number <= world->events.count; number++) {
        struct customer *customer = NULL;
        struct document *document = NULL;
        WORLD_OK(world, state_customer(state, number, &customer, &world->error));
        WORLD_OK(world, state_document(state, number, &document, &world->error));
        if (customer != NULL || document != NULL) {
            uint8_t head[8];
            store_le64(head, number);
            WORLD_OK(world, daybook_buffer_append(&packed, head, sizeof head));
            WORLD_OK(world, row_pack(customer != NULL ? &customer->row : &document->row, &packed));
        }
    }
    return packed;
}

static inline void assert_same_bytes(const struct daybook_buffer *a, const struct daybook_buffer *b) {
    assert_int_equal(a->size, b->size);
    assert_memory_equal(a->data, b->data, a->size);
}

/* Replay is the truth: a fresh state, folded from the events, has the same rows. */
static inline void world_check_replay(struct world *world) {
    struct world fresh = {.events = world->events};
    struct state *state = world_state(&fresh);
    struct arena arena;
    arena_init(&arena, 1 << 24);
    for (uint64_t sequence = 1; sequence <= world->events.count; sequence++) {
        const Pb__Event *event = NULL;
        arena_reset(&arena);
        WORLD_OK(&fresh, state_read_event(state, sequence, &arena, &event, &fresh.error));
        assert_int_equal(event->sequence, sequence);
        WORLD_OK(&fresh, state_fold(state, event, &fresh.error));
    }
    struct daybook_buffer live = world_pack(world, world->state);
    struct daybook_buffer replayed = world_pack(&fresh, state);
    assert_same_bytes(&live, &replayed);
    daybook_buffer_release(&live);
    daybook_buffer_release(&replayed);
    arena_release(&arena);
    state_close(state);
}

/* The events of the request that begins at `first`, an index, and their bytes. */
static inline struct recorded world_recorded(struct world *world, struct state *state, size_t first,
                                             struct arena *arena) {
    size_t count = 0;
    const Pb__Event **items = arena_alloc(arena, world->events.count * sizeof(Pb__Event *));
    struct daybook_bytes *bytes = arena_alloc(arena, world->events.count * sizeof *bytes);
    assert_true(items != NULL && bytes != NULL);
    for (; first + count < world->events.count; count++) {
        const struct batch_event *event = &world->events.events[first + count];
        WORLD_OK(world, state_read_event(state, first + count + 1, arena, &items[count], &world->error));
        if (count > 0 && items[count]->request_digest != 0) {
            break; /* The next request. */
        }
        bytes[count] = (struct daybook_bytes){world->events.bytes.data + event->offset_bytes, event->size_bytes};
    }
    return (struct recorded){{items, count}, bytes, first == 0 ? 0 : world->events.events[first - 1].recorded_at_us};
}

/* The rules make the same events again of what the events tell of their requests (RO1). */
static inline void world_check_redecide(struct world *world) {
    struct world fresh = {.events = world->events};
    struct state *state = world_state(&fresh);
    struct decider *decider = decider_open(&world->settings);
    struct event_batch batch = {0};
    struct arena arena;
    arena_init(&arena, 1 << 26);
    assert_non_null(decider);
    for (size_t first = 0; first < world->events.count;) {
        struct redecision made;
        arena_reset(&arena);
        struct recorded recorded = world_recorded(&fresh, state, first, &arena);
        WORLD_OK(&fresh, redecide(decider, state, &recorded, &batch, &arena, &made, &fresh.error));
        if (made.outcome != REDECIDED_SAME) {
            fail_msg("event %zu is decided otherwise (%d), from the %zu-th event of its request on: %s", first + 1,
                     (int)made.outcome, made.differs_at, made.refusal != NULL ? made.refusal->message : "");
        }
        first += recorded.events.count;
    }
    event_batch_release(&batch);
    arena_release(&arena);
    decider_close(decider);
    state_close(state);
}

/* ---- deciding ---- */

static inline struct decide_input world_input(const struct world *world) {
    return (struct decide_input){.now_us = world->now_us,
                                 .last_recorded_at_us = world->last_recorded_at_us,
                                 .next_sequence = world->events.count + 1};
}

/* What an accepted request tells to be left follows from what the ones before told. */
static inline void world_check_left(struct world *world, const struct decide_result *result) {
    Pb__Remainder **remainders = NULL;
    size_t count = 0;
    const char *customer = "";
    for (uint64_t at = result->first_sequence; at <= result->last_sequence && customer[0] == '\0'; at++) {
        const Pb__Event *event = NULL;
        WORLD_OK(world, state_read_event(world->state, at, &world->arena, &event, &world->error));
        customer = event->customer;
    }
    WORLD_OK(world, remainders_tell(world->state, result->first_sequence, result->last_sequence, &world->arena,
                                    &remainders, &count, &world->error));
    lefts_check(&world->lefts, customer, result->is_repeated, remainders, count);
}

/* Decides one request as the writer does; a refusal is taken back, and must leave what was there. */
static inline void world_decide(struct world *world, const Pb__Request *request, struct decide_result *result) {
    struct decide_input input = world_input(world);
    struct daybook_buffer before = world_pack(world, world->state);
    size_t event_count = world->events.count;
    size_t names_before = state_new_name_count(world->state);
    state_begin(world->state);
    WORLD_OK(world, decide_request(world->decider, world->state, request, &input, &world->arena, &world->events, result,
                                   &world->error));
    if (result->refusal == NULL) {
        world_check_left(world, result);
        state_commit(world->state);
        world->last_recorded_at_us = result->last_recorded_at_us;
    } else {
        state_rollback(world->state);
        event_batch_cut(&world->events, event_count);
        assert_int_equal(names_before, state_new_name_count(world->state));
    }
    if (result->refusal != NULL || result->is_repeated) {
        assert_int_equal(world->events.count, event_count);
        struct daybook_buffer after = world_pack(world, world->state);
        assert_same_bytes(&before, &after);
        daybook_buffer_release(&after);
    }
    daybook_buffer_release(&before);
    if (world->forgets) {
        world_checkpoint(world);
        state_trim(world->state, 0, SIZE_MAX);
    }
}

#endif
