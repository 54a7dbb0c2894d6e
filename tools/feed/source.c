/* Where a feed's events come from: a ledger's directory, or a server. */
#include "tools/feed/source.h"

#include <poll.h>

#include "base/clock.h"
#include "codec/wire.h"
#include "engine/ledger.h"
#include "tools/progress.h"
#include "tools/remote.h"
#include "tools/text.h"

enum {
    HEAD_ARENA_BYTES = 16 << 20,
    LOOK_MS = 100, /* Between two looks at a ledger with nothing new. */
};

static enum daybook_status head_there(const struct feed_source *source, uint64_t *head, struct daybook_error *error) {
    Pb__StatusQuery asked = PB__STATUS_QUERY__INIT;
    ProtobufCMessage *answer;
    struct arena arena;
    arena_init(&arena, HEAD_ARENA_BYTES);
    enum daybook_status status = remote_call(source->remote, &asked.base, &arena, &answer, error);
    if (status == DAYBOOK_OK) {
        *head = ((const Pb__StatusAnswer *)answer)->journal_head;
    }
    arena_release(&arena);
    return status;
}

enum daybook_status feed_source_head(const struct feed_source *source, uint64_t *head, struct daybook_error *error) {
    if (source->ledger == NULL) {
        return head_there(source, head, error);
    }
    DAYBOOK_TRY(daybook_head(source->ledger, head, error));
    if (source->is_read_only && *head > follow_position(source->ledger)) {
        *head = follow_position(source->ledger);
    }
    return DAYBOOK_OK;
}

bool feed_source_is_away(const struct feed_source *source) {
    return source->remote != NULL && remote_is_away(source->remote);
}

int64_t feed_source_now_us(const struct feed_source *source) {
    struct daybook_clock clock = clock_system();
    return source->ledger != NULL ? ledger_now_us(source->ledger) : clock.now_us(clock.context);
}

/* ---- from a server ---- */

struct taking {
    struct arena *arena;
    struct follow_slice *slice;
    size_t limit;
    uint64_t to;
    bool is_done;
};

/* Ends the stream when enough has come. */
static enum daybook_status take(void *context, struct daybook_bytes bytes, struct daybook_error *error) {
    struct taking *taking = context;
    struct follow_slice *slice = taking->slice;
    ProtobufCMessage *message;
    char *kept = arena_copy_text(taking->arena, (const char *)bytes.data, bytes.size);
    if (kept == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("reading events for a feed: memory was refused"));
    }
    struct daybook_bytes whole = {(const uint8_t *)kept, bytes.size};
    DAYBOOK_TRY(wire_decode(&pb__follow_item__descriptor, whole, taking->arena, &message, error));
    Pb__FollowItem *item = (Pb__FollowItem *)message;
    if (item->event == NULL) {
        return DAYBOOK_OK; /* A heartbeat: its view is catching up. */
    }
    if (item->sequence > taking->to) {
        taking->is_done = true;
        return daybook_fail(error, DAYBOOK_STOPPED, "enough");
    }
    item->journal_head = 0; /* When it was read is no part of it. */
    slice->items[slice->count++] = item;
    slice->reached = item->sequence;
    taking->is_done = slice->count == taking->limit || item->sequence == taking->to;
    return taking->is_done ? daybook_fail(error, DAYBOOK_STOPPED, "enough") : DAYBOOK_OK;
}

enum daybook_status feed_source_read(const struct feed_source *source, uint64_t from, uint64_t to, size_t limit,
                                     struct arena *arena, struct follow_slice *slice, struct daybook_error *error) {
    struct follow_wish all = {"", "", NULL, 0};
    struct taking taking = {.arena = arena, .slice = slice, .limit = limit, .to = to};
    Pb__FollowRequest asked = PB__FOLLOW_REQUEST__INIT;
    if (source->ledger != NULL) {
        return follow_read(source->ledger, &all, from, to, limit, arena, slice, error);
    }
    *slice = (struct follow_slice){.items = arena_alloc(arena, limit * sizeof(Pb__FollowItem *)), .reached = from - 1};
    if (slice->items == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("reading events for a feed: memory was refused"));
    }
    asked.from_sequence = from;
    enum daybook_status status = remote_stream(source->remote, &asked.base, take, &taking, error);
    return status == DAYBOOK_STOPPED && (taking.is_done || progress_is_interrupted()) ? DAYBOOK_OK : status;
}

/* ---- waiting ---- */

/* The event, or a heartbeat after the time: either ends the stream. */
static enum daybook_status end_wait(void *context, struct daybook_bytes bytes, struct daybook_error *error) {
    bool *is_told = context;
    (void)bytes;
    *is_told = true;
    return daybook_fail(error, DAYBOOK_STOPPED, "enough");
}

enum daybook_status feed_source_wait(const struct feed_source *source, uint64_t next, uint64_t limit_ms,
                                     struct daybook_error *error) {
    Pb__FollowRequest asked = PB__FOLLOW_REQUEST__INIT;
    bool is_told = false;
    if (source->ledger != NULL) {
        struct pollfd interrupt = {.fd = progress_interrupt_fd(), .events = POLLIN};
        (void)poll(&interrupt, 1, (int)(limit_ms < LOOK_MS ? limit_ms : LOOK_MS));
        return DAYBOOK_OK;
    }
    asked.from_sequence = next;
    asked.heartbeat_ms = limit_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)limit_ms;
    enum daybook_status status = remote_stream(source->remote, &asked.base, end_wait, &is_told, error);
    return status == DAYBOOK_STOPPED && (is_told || progress_is_interrupted()) ? DAYBOOK_OK : status;
}
