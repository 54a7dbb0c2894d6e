/*
 * The image of the state as of one moment, put together while the state goes on changing.
 *
 * An epoch ends with state_freeze. A row carries the epoch of its last change, so
 * whether it has still its form of that moment is one comparison, and a row is
 * packed at the latest before its first change in the new epoch. Nothing walks
 * over all rows: what changed is listed as it changes.
 */
#include <assert.h>
#include <stdlib.h>

#include "domain/control.h"
#include "domain/state_internal.h"

enum { HEAD_BYTES = 12 };

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "keeping what a checkpoint needs: memory was refused");
}

static enum daybook_status pack(struct state *state, struct row *row, struct daybook_error *error) {
    struct daybook_buffer *image = &state->image;
    size_t start = image->size;
    uint8_t *head = daybook_buffer_reserve(image, HEAD_BYTES);
    if (head == NULL) {
        return no_memory(error);
    }
    image->size += HEAD_BYTES;
    if (row_pack(row, image) != DAYBOOK_OK) {
        image->size = start;
        return no_memory(error);
    }
    enum daybook_status status = control_count(state->counted, row, error);
    if (status != DAYBOOK_OK) {
        image->size = start; /* Its turn comes again, and then it stands there once. */
        return status;
    }
    store_le64(image->data + start, row->number);
    store_le32(image->data + start + 8, (uint32_t)(image->size - start - HEAD_BYTES));
    row->is_packed = true;
    state->image_count++;
    return DAYBOOK_OK;
}

/* It changed in the epoch that was frozen, not since, and its turn has not come. */
static bool must_be_packed(const struct state *state, const struct row *row) {
    return state_is_frozen(state) && row->changed_in + 1 == state->epoch && !row->is_packed;
}

enum daybook_status state_note_first_change(struct state *state, struct row *row, struct daybook_error *error) {
    struct changed_rows *changed = &state->changed;
    if (must_be_packed(state, row)) {
        DAYBOOK_TRY(pack(state, row, error));
    }
    if (changed->count == changed->capacity) {
        size_t capacity = changed->capacity == 0 ? 1024 : changed->capacity * 2;
        uint64_t *numbers = realloc(changed->numbers, capacity * sizeof *numbers);
        if (numbers == NULL) {
            return no_memory(error);
        }
        changed->numbers = numbers;
        changed->capacity = capacity;
    }
    changed->numbers[changed->count++] = row->number;
    row->changed_in = state->epoch;
    row->is_packed = false;
    return DAYBOOK_OK;
}

/* What was there before is as it was, but stays noted: its epoch says that it changed. */
void state_forget_changed(struct state *state) {
    struct changed_rows *changed = &state->changed;
    size_t kept = changed->count_at_begin;
    for (size_t i = kept; i < changed->count; i++) {
        if (rows_get(&state->rows, changed->numbers[i]) != NULL) {
            changed->numbers[kept++] = changed->numbers[i];
        }
    }
    changed->count = kept;
}

bool state_is_frozen(const struct state *state) {
    return state->saved_epoch + 1 < state->epoch;
}

/* In the order of their slots, which is that of no row: each is fetched some slots before its turn. */
enum daybook_status state_count_rows(struct state *state, struct control *counted, struct daybook_error *error) {
    enum { ROWS_AHEAD = 8 };
    const struct row_table *rows = &state->rows;
    for (uint32_t i = 0; i < rows->capacity; i++) {
        if (i + ROWS_AHEAD < rows->capacity) {
            __builtin_prefetch(rows->slots[i + ROWS_AHEAD].row);
        }
        if (rows->slots[i].row != NULL) {
            DAYBOOK_TRY(control_count(counted, rows->slots[i].row, error));
        }
    }
    return DAYBOOK_OK;
}

void state_freeze(struct state *state, struct control *counted) {
    assert(!state->is_recording && !state_is_frozen(state));
    struct changed_rows changed = state->frozen;
    state->frozen = state->changed;
    state->changed = changed;
    state->changed.count = 0;
    struct name_table names = state->frozen_names;
    state->frozen_names = state->names;
    state->names = names;
    state->epoch++;
    state->counted = counted;
    state->frozen_next = 0;
    state->image_count = 0;
    daybook_buffer_reset(&state->image);
}

enum daybook_status state_pack_some(struct state *state, size_t most, bool *is_done, struct daybook_error *error) {
    assert(state_is_frozen(state));
    const struct changed_rows *frozen = &state->frozen;
    for (; most > 0 && state->frozen_next < frozen->count; most--) {
        state_foresee_packing(state);
        /* A row that was taken back is not there, or is another one with its number. */
        struct row *row = rows_get(&state->rows, frozen->numbers[state->frozen_next]);
        if (row != NULL && must_be_packed(state, row)) {
            DAYBOOK_TRY(pack(state, row, error));
        }
        state->frozen_next++;
    }
    *is_done = state->frozen_next == frozen->count;
    return DAYBOOK_OK;
}

struct state_image state_view_image(const struct state *state) {
    assert(state_is_frozen(state) && state->frozen_next == state->frozen.count);
    return (struct state_image){{state->image.data, state->image.size},
                                state->image_count,
                                state->frozen_names.entries,
                                state->frozen_names.count};
}

void state_thaw(struct state *state) {
    assert(state_is_frozen(state));
    names_reset(&state->frozen_names);
    state->saved_epoch = state->epoch - 1;
}

size_t state_new_name_count(const struct state *state) {
    return state->names.count;
}
