/* The events of a bundle, hashed as they stream by. */
#include "tools/verify_events.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/wire.h"
#include "daybook/v1/event.pb-c.h"
#include "limits.h"
#include "tools/json_message.h"
#include "tools/text.h"

enum { EVENT_BATCH_TAG = 0x0A };

enum daybook_status verify_events_open(struct verify_events *events, struct daybook_error *error) {
    events->sha256 = sha256_open();
    events->json = sha256_open();
    arena_init(&events->arena, (size_t)64 * LIMIT_EVENT_BYTES);
    if (events->sha256 == NULL || events->json == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, _("reading events: memory was refused"));
    }
    sha256_begin(events->json);
    return DAYBOOK_OK;
}

void verify_events_close(struct verify_events *events) {
    sha256_close(events->sha256);
    sha256_close(events->json);
    daybook_buffer_release(&events->pending);
    daybook_buffer_release(&events->leaves);
    daybook_buffer_release(&events->line);
    arena_release(&events->arena);
}

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, _("reading events: memory was refused"));
}

static enum daybook_status check_place(struct verify_events *events, const Pb__Event *event,
                                       struct daybook_error *error) {
    uint64_t count = events->leaves.size / sizeof(struct merkle_hash);
    if (count == 0) {
        events->first_sequence = event->sequence;
    } else if (event->sequence != events->first_sequence + count) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("events.pb: event %" PRIu64 " stands where %" PRIu64 " should"),
                            event->sequence, events->first_sequence + count);
    } else if (event->recorded_at_us <= events->last_recorded_at_us) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            _("events.pb: event %" PRIu64 " was not recorded after the one before it"),
                            event->sequence);
    }
    events->last_recorded_at_us = event->recorded_at_us;
    return DAYBOOK_OK;
}

static enum daybook_status add_event(struct verify_events *events, struct daybook_bytes bytes,
                                     struct daybook_error *error) {
    ProtobufCMessage *message = NULL;
    struct merkle_hash leaf;
    arena_reset(&events->arena);
    daybook_buffer_reset(&events->line);
    enum daybook_status status = wire_decode(&pb__event__descriptor, bytes, &events->arena, &message, error);
    if (status != DAYBOOK_OK) {
        return daybook_fail_in(error, _("events.pb"));
    }
    DAYBOOK_TRY(check_place(events, (const Pb__Event *)message, error));
    merkle_leaf(events->sha256, bytes, &leaf);
    if (daybook_buffer_append(&events->leaves, &leaf, sizeof leaf) != DAYBOOK_OK ||
        json_write_message(message, &events->line) != DAYBOOK_OK ||
        daybook_buffer_append(&events->line, "\n", 1) != DAYBOOK_OK) {
        return no_memory(error);
    }
    sha256_update(events->json, events->line.data, events->line.size);
    return DAYBOOK_OK;
}

/* One element of EventBatch: its tag, its length, its bytes. *used is 0 while it is not whole. */
static enum daybook_status take_event(struct verify_events *events, struct daybook_bytes bytes, size_t *used,
                                      struct daybook_error *error) {
    uint64_t size = 0;
    *used = 0;
    if (bytes.size == 0) {
        return DAYBOOK_OK;
    }
    size_t length_size = varint_load(bytes.data + 1, bytes.data + bytes.size, &size);
    if (bytes.data[0] != EVENT_BATCH_TAG || (length_size == 0 && bytes.size > 11) || size > LIMIT_EVENT_BYTES) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("events.pb is no EventBatch"));
    }
    if (length_size == 0 || bytes.size - 1 - length_size < size) {
        return DAYBOOK_OK;
    }
    *used = 1 + length_size + (size_t)size;
    return add_event(events, (struct daybook_bytes){bytes.data + 1 + length_size, (size_t)size}, error);
}

enum daybook_status verify_events_add(struct verify_events *events, struct daybook_bytes bytes,
                                      struct daybook_error *error) {
    size_t at = 0;
    size_t used = 0;
    if (daybook_buffer_append(&events->pending, bytes.data, bytes.size) != DAYBOOK_OK) {
        return no_memory(error);
    }
    do {
        struct daybook_bytes rest = {events->pending.data + at, events->pending.size - at};
        DAYBOOK_TRY(take_event(events, rest, &used, error));
        at += used;
    } while (used > 0);
    memmove(events->pending.data, events->pending.data + at, events->pending.size - at);
    events->pending.size -= at;
    return DAYBOOK_OK;
}

enum daybook_status verify_events_end(struct verify_events *events, const struct merkle_proof *before, uint64_t from,
                                      uint64_t to, struct merkle_hash *root, struct daybook_error *error) {
    struct merkle_edge edge = {.size = from - 1};
    uint64_t count = events->leaves.size / sizeof(struct merkle_hash);
    if (events->pending.size > 0 || count != to - from + 1 || events->first_sequence != from) {
        return daybook_fail(
            error, DAYBOOK_DAMAGED,
            _("events.pb has %" PRIu64 " events from %" PRIu64 ", and should have %" PRIu64 " to %" PRIu64), count,
            events->first_sequence, from, to);
    }
    if (before->count != merkle_edge_count(&edge)) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("the edge has %zu hashes, and %" PRIu64 " events need %u"),
                            before->count, edge.size, merkle_edge_count(&edge));
    }
    memcpy(edge.roots, before->hashes, before->count * sizeof before->hashes[0]);
    for (uint64_t i = 0; i < count; i++) {
        struct merkle_hash leaf;
        memcpy(&leaf, events->leaves.data + i * sizeof leaf, sizeof leaf);
        DAYBOOK_TRY(merkle_edge_add(&edge, events->sha256, &leaf, NULL, NULL, error));
    }
    merkle_edge_root(&edge, events->sha256, root);
    sha256_end(events->json, events->json_sha256);
    return DAYBOOK_OK;
}

bool verify_events_leaf(const struct verify_events *events, uint64_t from, uint64_t index, struct merkle_hash *leaf) {
    uint64_t count = events->leaves.size / sizeof *leaf;
    if (index < from - 1 || index - (from - 1) >= count) {
        return false;
    }
    memcpy(leaf, events->leaves.data + (index - (from - 1)) * sizeof *leaf, sizeof *leaf);
    return true;
}
