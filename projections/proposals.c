/* The proposals view: its fold, and its events in their order. */
#include "projections/proposals.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/hash.h"
#include "codec/wire.h"

struct proposals_fold {
    struct daybook_buffer row;
};

static void close_fold(void *memory) {
    struct proposals_fold *fold = memory;
    if (fold != NULL) {
        daybook_buffer_release(&fold->row);
        free(fold);
    }
}

static enum daybook_status open_fold(void **memory, struct daybook_error *error) {
    *memory = calloc(1, sizeof(struct proposals_fold));
    return *memory != NULL
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_NO_MEMORY, "while opening the proposals view: memory was refused");
}

/* Nothing is remembered from one event to the next. */
static void forget_fold(void *memory) {
    struct proposals_fold *fold = memory;
    daybook_buffer_reset(&fold->row);
}

static bool takes_kind(Pb__Event__BodyCase kind) {
    return kind == PB__EVENT__BODY_REQUEST_PROPOSED || kind == PB__EVENT__BODY_REQUEST_APPROVED ||
           kind == PB__EVENT__BODY_REQUEST_REJECTED || kind == PB__EVENT__BODY_APPROVAL_POLICY_SET;
}

static enum daybook_status fold_event(void *memory, struct store_txn *txn, const struct fold_event *folded,
                                      struct daybook_error *error) {
    struct proposals_fold *fold = memory;
    struct daybook_buffer *row = &fold->row;
    uint8_t head[PROPOSALS_ROW_HEAD];
    uint8_t key[PROPOSALS_KEY_SIZE];
    if (!takes_kind(folded->event->body_case)) {
        return DAYBOOK_OK;
    }
    store_le32(head, (uint32_t)hash64(folded->bytes.data, folded->bytes.size, 0));
    daybook_buffer_reset(row);
    if (daybook_buffer_append(row, head, sizeof head) != DAYBOOK_OK ||
        daybook_buffer_append(row, folded->bytes.data, folded->bytes.size) != DAYBOOK_OK) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY,
                            "while folding event %" PRIu64 " into proposals: memory was refused",
                            folded->event->sequence);
    }
    store_be64(key, folded->event->sequence);
    return table_put(txn, PROPOSALS_ROWS, (struct daybook_bytes){key, sizeof key}, daybook_buffer_view(row), error);
}

static const char *const tables[PROPOSALS_TABLE_COUNT] = {
    [PROPOSALS_ROWS] = "rows",
};

const struct projection proposals_projection = {
    .name = "proposals",
    .version = 1,
    .readable_from = 1,
    .tables = tables,
    .table_count = PROPOSALS_TABLE_COUNT,
    .open = open_fold,
    .close = close_fold,
    .forget = forget_fold,
    .takes = takes_kind,
    .fold = fold_event,
};

/* ---- questions ---- */

enum daybook_status proposals_walk_open(struct store_txn *txn, struct proposals_walk *walk,
                                        struct daybook_error *error) {
    *walk = (struct proposals_walk){0};
    return cursor_open(txn, PROPOSALS_ROWS, &walk->cursor, error);
}

enum daybook_status proposals_walk_next(struct proposals_walk *walk, struct arena *arena, Pb__Event **event,
                                        struct daybook_error *error) {
    static const uint8_t first[PROPOSALS_KEY_SIZE];
    struct table_row row = {0};
    ProtobufCMessage *message = NULL;
    *event = NULL;
    DAYBOOK_TRY(walk->has_begun ? cursor_next(walk->cursor, &row, error)
                                : cursor_seek(walk->cursor, (struct daybook_bytes){first, sizeof first}, &row, error));
    walk->has_begun = true;
    if (!row.is_valid) {
        return DAYBOOK_OK;
    }
    if (row.value.size < PROPOSALS_ROW_HEAD ||
        load_le32(row.value.data) !=
            (uint32_t)hash64(row.value.data + PROPOSALS_ROW_HEAD, row.value.size - PROPOSALS_ROW_HEAD, 0)) {
        return daybook_fail(
            error, DAYBOOK_DAMAGED,
            "while reading proposals: a row is not what was written; rebuild the view from the journal");
    }
    struct daybook_bytes bytes = {row.value.data + PROPOSALS_ROW_HEAD, row.value.size - PROPOSALS_ROW_HEAD};
    DAYBOOK_TRY(wire_decode(&pb__event__descriptor, bytes, arena, &message, error));
    *event = (Pb__Event *)message;
    return DAYBOOK_OK;
}

void proposals_walk_close(struct proposals_walk *walk) {
    cursor_close(walk->cursor);
    walk->cursor = NULL;
}
