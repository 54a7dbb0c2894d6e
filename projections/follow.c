/* The change feed: events in the order of their sequences, each with its customer's balance after it. */
#include "projections/follow.h"

#include <inttypes.h>
#include <string.h>

#include "codec/wire.h"
#include "ledger.h"
#include "projections/account.h"
#include "projections/balance.h"
#include "projections/effects.h"

enum { LOOK_MAX = 65536, EVENT_ARENA_BYTES = 8 << 20 };

/* One reading under way. */
struct reading {
    const struct follow_wish *wish;
    struct arena *arena;
    struct arena event_arena; /* Of an event that may not be wanted. */
    struct view_read balance;
    struct follow_slice *slice;
    size_t limit;
};

uint32_t follow_kind(const char *name) {
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(&pb__event__descriptor, name);
    bool is_body = field != NULL && (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
    return is_body ? field->id : 0;
}

uint64_t follow_position(struct daybook *ledger) {
    struct view *balance = ledger_view(ledger, balance_projection.name);
    return balance == NULL ? 0 : view_position(balance);
}

static bool is_wanted(const struct follow_wish *wish, const Pb__Event *event) {
    bool has_kind = wish->kind_count == 0;
    for (size_t i = 0; i < wish->kind_count; i++) {
        has_kind = has_kind || wish->kinds[i] == (uint32_t)event->body_case;
    }
    return has_kind && (wish->customer[0] == '\0' || strcmp(wish->customer, event->customer) == 0) &&
           (wish->currency[0] == '\0' || strcmp(wish->currency, event->currency) == 0);
}

/* An event without a currency moves no money: no balance goes with it. */
static enum daybook_status add_balance(struct reading *reading, Pb__FollowItem *item, struct daybook_error *error) {
    const Pb__Event *event = item->event;
    struct account_row account;
    struct series_totals totals = {0};
    bool is_found = false;
    if (event->customer[0] == '\0' || event->currency[0] == '\0') {
        return DAYBOOK_OK;
    }
    item->after = arena_alloc(reading->arena, sizeof *item->after);
    if (item->after == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading the feed: memory was refused");
    }
    pb__balance__init(item->after);
    item->after->customer = event->customer;
    item->after->currency = event->currency;
    DAYBOOK_TRY(account_find(reading->balance.txn, BALANCE_ACCOUNTS, event->customer, event->currency, &account,
                             &is_found, error));
    if (is_found) {
        DAYBOOK_TRY(balance_ask(reading->balance.txn, account.number, DATE_MAX, event->sequence, &totals, error));
    }
    return effects_to_balance(totals.columns, item->after, error);
}

static enum daybook_status add_item(struct reading *reading, struct daybook_bytes bytes, struct daybook_error *error) {
    ProtobufCMessage *event;
    Pb__FollowItem *item = arena_alloc(reading->arena, sizeof *item);
    if (item == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading the feed: memory was refused");
    }
    DAYBOOK_TRY(wire_decode(&pb__event__descriptor, bytes, reading->arena, &event, error));
    pb__follow_item__init(item);
    item->event = (Pb__Event *)event;
    item->sequence = item->event->sequence;
    DAYBOOK_TRY(add_balance(reading, item, error));
    reading->slice->items[reading->slice->count++] = item;
    return DAYBOOK_OK;
}

/* Events of one frame, up to `to` or until there are enough. */
static enum daybook_status look_at(struct reading *reading, const struct journal_slice *frame, uint64_t to,
                                   struct daybook_error *error) {
    const struct follow_wish *wish = reading->wish;
    bool takes_all = wish->customer[0] == '\0' && wish->currency[0] == '\0' && wish->kind_count == 0;
    for (size_t i = 0; i < frame->count; i++) {
        uint64_t sequence = frame->first_sequence + i;
        if (sequence > to || reading->slice->count == reading->limit) {
            break;
        }
        struct daybook_bytes bytes = {frame->events[i].data, frame->events[i].size};
        ProtobufCMessage *event = NULL;
        bool takes_it = takes_all;
        if (!takes_all) {
            arena_reset(&reading->event_arena);
            DAYBOOK_TRY(wire_decode(&pb__event__descriptor, bytes, &reading->event_arena, &event, error));
            takes_it = is_wanted(wish, (const Pb__Event *)event);
        }
        if (takes_it) {
            DAYBOOK_TRY(add_item(reading, bytes, error));
        }
        reading->slice->reached = sequence;
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_frames(struct reading *reading, struct journal_reader *journal, uint64_t from,
                                       uint64_t to, struct daybook_error *error) {
    struct follow_slice *slice = reading->slice;
    uint64_t next = from;
    while (next <= to && slice->count < reading->limit && next - from < LOOK_MAX) {
        struct journal_slice frame;
        DAYBOOK_TRY(journal_read(journal, next, &frame, error));
        if (frame.count == 0) {
            break;
        }
        DAYBOOK_TRY(look_at(reading, &frame, to, error));
        next = slice->reached + 1;
    }
    return DAYBOOK_OK;
}

enum daybook_status follow_read(struct daybook *ledger, const struct follow_wish *wish, uint64_t from, uint64_t to,
                                size_t limit, struct arena *arena, struct follow_slice *slice,
                                struct daybook_error *error) {
    struct journal_reader *journal = NULL;
    struct reading reading = {.wish = wish, .arena = arena, .slice = slice, .limit = limit};
    *slice = (struct follow_slice){.reached = from - 1};
    arena_init(&reading.event_arena, EVENT_ARENA_BYTES);
    slice->items = arena_alloc(arena, limit * sizeof *slice->items);
    enum daybook_status status = slice->items == NULL
                                     ? daybook_fail(error, DAYBOOK_NO_MEMORY, "reading the feed: memory was refused")
                                     : ledger_begin_read(ledger, balance_projection.name, to, &reading.balance, error);
    if (status == DAYBOOK_OK) {
        status = journal_reader_open(ledger_journal(ledger), &journal, error);
    }
    if (status == DAYBOOK_OK) {
        status = read_frames(&reading, journal, from, to, error);
    }
    journal_reader_close(journal);
    view_end_read(&reading.balance);
    arena_release(&reading.event_arena);
    return status == DAYBOOK_OK ? status : daybook_fail_in(error, "reading the feed from %" PRIu64, from);
}
