/* Checkpoints in steps between batches, and the rows that leave memory. */
#include "state_keeper.h"

enum {
    ROWS_AN_EVENT = 4,    /* Packed for each event since the last step: an event changes about one row for the first
                           * time, so the image is whole before a quarter of the time to the next one is over. */
    PLACES_AN_EVENT = 16, /* Looked at for rows to drop: most are empty or in use. */
    STEP_LEAST = 64,
};

/* From three quarters of the limit on rows are dropped; a quarter past it there is no more room for waiting. */
static size_t comfortable_bytes(const struct state_keeper *keeper) {
    return keeper->limit_bytes / 4 * 3;
}

bool state_keeper_must_wait(const struct state_keeper *keeper) {
    return state_used_bytes(keeper->state) > keeper->limit_bytes + keeper->limit_bytes / 4;
}

static bool is_due(const struct state_keeper *keeper, uint64_t head) {
    uint64_t since = head - state_store_position(keeper->store);
    bool is_full = state_used_bytes(keeper->state) > keeper->limit_bytes;
    return since >= keeper->every_events || (is_full && since > 0);
}

enum daybook_status state_keeper_open(struct state_keeper *keeper, struct daybook_error *error) {
    keeper->checked_through = state_store_position(keeper->store);
    keeper->stepped_at = keeper->checked_through;
    return state_store_load_control(keeper->store, &keeper->counted, error);
}

void state_keeper_release(struct state_keeper *keeper) {
    control_release(&keeper->counted);
}

static enum daybook_status freeze(struct state_keeper *keeper, uint64_t head, struct daybook_error *error) {
    DAYBOOK_TRY(control_take_books(&keeper->counted, keeper->books, error));
    state_freeze(keeper->state, &keeper->counted);
    keeper->frozen_at = head;
    keeper->is_packed = false;
    return DAYBOOK_OK;
}

/* Goes on with the image that is there; `rows` at most are packed. */
static enum daybook_status advance(struct state_keeper *keeper, size_t rows, uint64_t durable, bool waits,
                                   struct daybook_error *error) {
    if (!keeper->is_packed) {
        DAYBOOK_TRY(state_pack_some(keeper->state, rows, &keeper->is_packed, error));
    }
    if (keeper->is_packed && !state_store_is_writing(keeper->store) && durable >= keeper->frozen_at) {
        struct state_image image = state_view_image(keeper->state);
        DAYBOOK_TRY(state_store_begin_write(keeper->store, image, &keeper->counted, keeper->frozen_at, error));
        keeper->checked_through = keeper->frozen_at;
    }
    if (state_store_is_writing(keeper->store) && (waits || state_store_is_written(keeper->store))) {
        DAYBOOK_TRY(state_store_end_write(keeper->store, error));
        state_thaw(keeper->state);
        if (!waits) {
            state_store_trust(keeper->store);
        }
    }
    return DAYBOOK_OK;
}

enum daybook_status state_keeper_finish(struct state_keeper *keeper, uint64_t head, struct daybook_error *error) {
    if (state_is_frozen(keeper->state)) {
        DAYBOOK_TRY(advance(keeper, SIZE_MAX, head, true, error));
    }
    if (state_store_position(keeper->store) == head) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(freeze(keeper, head, error));
    return advance(keeper, SIZE_MAX, head, true, error);
}

enum daybook_status state_keeper_step(struct state_keeper *keeper, uint64_t head, uint64_t durable,
                                      struct daybook_error *error) {
    uint64_t events = head - keeper->stepped_at;
    keeper->stepped_at = head;
    if (state_keeper_must_wait(keeper)) {
        DAYBOOK_TRY(state_keeper_finish(keeper, head, error));
        state_trim(keeper->state, comfortable_bytes(keeper), SIZE_MAX);
        return DAYBOOK_OK;
    }
    if (!state_is_frozen(keeper->state) && is_due(keeper, head)) {
        DAYBOOK_TRY(freeze(keeper, head, error));
    }
    if (state_is_frozen(keeper->state)) {
        DAYBOOK_TRY(advance(keeper, STEP_LEAST + (size_t)events * ROWS_AN_EVENT, durable, false, error));
    }
    state_trim(keeper->state, comfortable_bytes(keeper), STEP_LEAST + (size_t)events * PLACES_AN_EVENT);
    return DAYBOOK_OK;
}
