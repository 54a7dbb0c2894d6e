/* Every change of the state, and taking it back. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/state_internal.h"

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "changing the state: memory was refused");
}

/* For that many more old bytes. */
__attribute__((noinline)) static enum daybook_status grow_bytes(struct state *state, size_t size,
                                                                struct daybook_error *error) {
    size_t capacity = (state->undo_bytes_size + size) * 2 + 4096;
    uint8_t *bytes = realloc(state->undo_bytes, capacity);
    if (bytes == NULL) {
        return no_memory(error);
    }
    state->undo_bytes = bytes;
    state->undo_bytes_capacity = capacity;
    return DAYBOOK_OK;
}

/* Notes how to undo a change that is about to be made; `old` bytes are copied. Every event makes several, so it is a
 * few stores where it is used, field by field: a note that is put together first and then copied is read back wider
 * than it was written, and that waits for every store before it, those to new rows among them, which are not in any
 * cache. */
static inline enum daybook_status record(struct state *state, struct undo undo, const void *old,
                                         struct daybook_error *error) {
    if (!state->is_recording) {
        return DAYBOOK_OK;
    }
    if (state->undo_bytes_size + undo.size > state->undo_bytes_capacity) {
        DAYBOOK_TRY(grow_bytes(state, undo.size, error));
    }
    if (!vector_has_room_behind(&state->undos) && !vector_reserve(&state->undos, sizeof undo, &state->pool)) {
        return no_memory(error);
    }
    struct undo *note = VECTOR_AT(struct undo, &state->undos, state->undos.count++);
    note->kind = undo.kind;
    note->index = undo.index;
    note->size = undo.size;
    note->date = undo.date;
    note->target = undo.target;
    note->delta_minor = undo.delta_minor;
    if (old != NULL) {
        memcpy(state->undo_bytes + state->undo_bytes_size, old, undo.size);
        state->undo_bytes_size += undo.size;
    }
    return DAYBOOK_OK;
}

/* A change that failed after it was recorded was not made: forget its undo. */
static enum daybook_status unrecord(struct state *state, struct daybook_error *error) {
    if (state->is_recording) {
        state->undos.count--;
        state->undo_bytes_size -= VECTOR_AT(struct undo, &state->undos, state->undos.count)->size;
    }
    return no_memory(error);
}

enum daybook_status state_touch(struct state *state, struct row *row, void *field, size_t size,
                                struct daybook_error *error) {
    DAYBOOK_TRY(state_note_change(state, row, error));
    return record(state, (struct undo){.kind = UNDO_FIELD, .target = field, .size = (uint32_t)size}, field, error);
}

enum daybook_status state_insert(struct state *state, struct row *row, struct vector *vector, size_t item_size,
                                 uint32_t index, const void *item, struct daybook_error *error) {
    DAYBOOK_TRY(state_note_change(state, row, error));
    struct undo undo = {.kind = UNDO_INSERT, .target = vector, .index = index, .delta_minor = (int64_t)item_size};
    enum daybook_status status = record(state, undo, NULL, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (!vector_insert(vector, item_size, index, item, &state->pool)) {
        return unrecord(state, error);
    }
    return DAYBOOK_OK;
}

enum daybook_status state_remove(struct state *state, struct row *row, struct vector *vector, size_t item_size,
                                 uint32_t index, struct daybook_error *error) {
    DAYBOOK_TRY(state_note_change(state, row, error));
    struct undo undo = {.kind = UNDO_REMOVE, .target = vector, .index = index, .size = (uint32_t)item_size};
    const void *item = (const uint8_t *)vector->items + index * item_size;
    enum daybook_status status = record(state, undo, item, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    vector_remove(vector, item_size, index);
    return DAYBOOK_OK;
}

enum daybook_status state_replace(struct state *state, struct row *row, struct vector *vector, size_t item_size,
                                  uint32_t index, const void *item, struct daybook_error *error) {
    DAYBOOK_TRY(state_note_change(state, row, error));
    uint8_t *at = (uint8_t *)vector->items + index * item_size;
    struct undo undo = {.kind = UNDO_REPLACE, .target = vector, .index = index, .size = (uint32_t)item_size};
    enum daybook_status status = record(state, undo, at, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    memcpy(at, item, item_size);
    return DAYBOOK_OK;
}

enum daybook_status state_add_level(struct state *state, struct row *row, struct timeline *timeline, int32_t date,
                                    int64_t delta_minor, struct daybook_error *error) {
    DAYBOOK_TRY(state_note_change(state, row, error));
    struct undo undo = {.kind = UNDO_LEVEL, .target = timeline, .date = date, .delta_minor = delta_minor};
    enum daybook_status status = record(state, undo, NULL, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (!timeline_add(timeline, date, delta_minor, &state->pool)) {
        return unrecord(state, error);
    }
    return DAYBOOK_OK;
}

enum daybook_status state_record_new_row(struct state *state, struct row *row, struct daybook_error *error) {
    row->was_used = true;
    DAYBOOK_TRY(state_note_change(state, row, error));
    enum daybook_status status = record(state, (struct undo){.kind = UNDO_ADD_ROW, .target = row}, NULL, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (!rows_put(&state->rows, row)) {
        return unrecord(state, error);
    }
    return DAYBOOK_OK;
}

enum daybook_status state_record_new_account(struct state *state, struct customer *customer, struct account *account,
                                             struct daybook_error *error) {
    DAYBOOK_TRY(state_note_change(state, &customer->row, error));
    struct vector *accounts = &customer->accounts;
    enum daybook_status status =
        record(state, (struct undo){.kind = UNDO_ADD_ACCOUNT, .target = accounts}, NULL, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (!vector_insert(accounts, sizeof account, accounts->count, &account, &state->pool)) {
        return unrecord(state, error);
    }
    return DAYBOOK_OK;
}

enum daybook_status state_record_new_name(struct state *state, uint64_t hash, uint64_t number,
                                          struct daybook_error *error) {
    enum daybook_status status = record(state, (struct undo){.kind = UNDO_ADD_NAME}, NULL, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (!names_add(&state->names, hash, number)) {
        return unrecord(state, error);
    }
    return DAYBOOK_OK;
}

void state_begin(struct state *state) {
    assert(!state->is_recording);
    state->is_recording = true;
    state->changed.count_at_begin = state->changed.count;
}

void state_commit(struct state *state) {
    assert(state->is_recording);
    state->is_recording = false;
    state->undos.count = 0;
    state->undo_bytes_size = 0;
}

static void undo_one(struct state *state, const struct undo *undo, const uint8_t *old) {
    struct vector *vector = undo->target;
    switch (undo->kind) {
    case UNDO_FIELD:
        memcpy(undo->target, old, undo->size);
        return;
    case UNDO_INSERT:
        vector_remove(vector, (size_t)undo->delta_minor, undo->index);
        return;
    case UNDO_REMOVE:
        vector_put_back(vector, undo->size, undo->index, old);
        return;
    case UNDO_REPLACE:
        memcpy((uint8_t *)vector->items + undo->index * undo->size, old, undo->size);
        return;
    case UNDO_LEVEL:
        timeline_take_back(undo->target, undo->date, undo->delta_minor);
        return;
    case UNDO_ADD_ROW: {
        struct row *row = undo->target;
        state_forget_recent(state, row);
        rows_remove(&state->rows, row->number);
        row_release(&state->pool, row);
        return;
    }
    case UNDO_ADD_ACCOUNT:
        vector->count--;
        account_release(&state->pool, *VECTOR_AT(struct account *, vector, vector->count));
        return;
    case UNDO_ADD_NAME:
        names_drop_last(&state->names);
        return;
    }
}

void state_rollback(struct state *state) {
    assert(state->is_recording);
    while (state->undos.count > 0) {
        struct undo *undo = VECTOR_AT(struct undo, &state->undos, state->undos.count - 1);
        state->undo_bytes_size -= undo->size;
        undo_one(state, undo, state->undo_bytes + state->undo_bytes_size);
        state->undos.count--;
    }
    state_forget_changed(state);
    state->is_recording = false;
}
