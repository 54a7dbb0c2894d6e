/* Events without what must differ, and the map between sequences. */
#include "replay_compare.h"

#include <stdlib.h>
#include <string.h>

#include "codec/wire.h"

#define NOT_MADE (UINT64_C(1) << 63) /* No event took its place; the rest is the last sequence there was. */

/* ---- comparing ---- */

static Pb__CreditDecision plain_credit(const Pb__CreditDecision *credit) {
    Pb__CreditDecision plain = PB__CREDIT_DECISION__INIT;
    plain.over_limit = credit != NULL && credit->over_limit;
    return plain;
}

/* Appends the event as it is compared: copies of what is changed are on the stack. */
static enum daybook_status encode_plain(const Pb__Event *event, struct daybook_buffer *out) {
    Pb__Event plain = *event;
    Pb__CreditDecision credit = PB__CREDIT_DECISION__INIT;
    plain.sequence = 0;
    plain.recorded_at_us = 0;
    plain.group = event->group != 0;
    if (event->body_case == PB__EVENT__BODY_CHARGE_POSTED) {
        Pb__ChargePosted body = *event->charge_posted;
        credit = plain_credit(body.credit);
        body.credit = &credit;
        plain.charge_posted = &body;
        return wire_encode(&plain.base, out);
    }
    if (event->body_case == PB__EVENT__BODY_HOLD_PLACED) {
        Pb__HoldPlaced body = *event->hold_placed;
        credit = plain_credit(body.credit);
        body.credit = &credit;
        plain.hold_placed = &body;
        return wire_encode(&plain.base, out);
    }
    if (event->body_case == PB__EVENT__BODY_ALLOCATED) {
        Pb__Allocated body = *event->allocated;
        body.rule = PB__ALLOCATION_RULE__ALLOCATION_RULE_UNSPECIFIED;
        plain.allocated = &body;
        return wire_encode(&plain.base, out);
    }
    if (event->body_case == PB__EVENT__BODY_UNALLOCATED) {
        Pb__Unallocated body = *event->unallocated;
        body.allocation_sequence = 0;
        plain.unallocated = &body;
        return wire_encode(&plain.base, out);
    }
    if (event->body_case == PB__EVENT__BODY_ADJUSTMENT_POSTED && event->adjustment_posted->adjustment[0] == '#') {
        Pb__AdjustmentPosted body = *event->adjustment_posted;
        body.adjustment = (char *)(uintptr_t) "#";
        plain.adjustment_posted = &body;
        return wire_encode(&plain.base, out);
    }
    if (event->body_case == PB__EVENT__BODY_STATEMENT_ISSUED) {
        Pb__StatementIssued body = *event->statement_issued;
        body.known_at = 0;
        body.previous = 0;
        plain.statement_issued = &body;
        return wire_encode(&plain.base, out);
    }
    return wire_encode(&plain.base, out);
}

enum daybook_status replay_compare(struct request_events recorded, struct request_events made, bool *is_same,
                                   struct daybook_error *error) {
    struct daybook_buffer left = {0};
    struct daybook_buffer right = {0};
    enum daybook_status status = DAYBOOK_OK;
    *is_same = recorded.count == made.count;
    for (size_t i = 0; i < recorded.count && *is_same && status == DAYBOOK_OK; i++) {
        daybook_buffer_reset(&left);
        daybook_buffer_reset(&right);
        status = encode_plain(recorded.items[i], &left);
        if (status == DAYBOOK_OK) {
            status = encode_plain(made.items[i], &right);
        }
        *is_same = left.size == right.size && memcmp(left.data, right.data, left.size) == 0;
    }
    daybook_buffer_release(&left);
    daybook_buffer_release(&right);
    return status == DAYBOOK_OK ? status
                                : daybook_fail(error, status, "comparing what was decided: memory was refused");
}

/* ---- sequences ---- */

enum daybook_status replay_map_init(struct replay_map *map, uint64_t through, struct daybook_error *error) {
    map->through = through;
    map->places = calloc((size_t)through + 1, sizeof *map->places);
    return map->places != NULL ? DAYBOOK_OK : daybook_fail(error, DAYBOOK_NO_MEMORY, "replaying: memory was refused");
}

void replay_map_release(struct replay_map *map) {
    free(map->places);
    *map = (struct replay_map){0};
}

/* The same source against the same item: they are told apart by their order. */
static bool is_alike(const Pb__Event *a, const Pb__Event *b) {
    return a->body_case == PB__EVENT__BODY_ALLOCATED && b->body_case == PB__EVENT__BODY_ALLOCATED &&
           a->allocated->target_kind == b->allocated->target_kind &&
           strcmp(a->allocated->target, b->allocated->target) == 0 &&
           a->allocated->instalment == b->allocated->instalment;
}

static uint64_t place_of(const Pb__Event *event, struct request_events recorded, struct request_events made) {
    size_t nth = 0;
    for (size_t i = 0; recorded.items[i] != event; i++) {
        nth += is_alike(recorded.items[i], event);
    }
    for (size_t i = 0; i < made.count; i++) {
        if (is_alike(made.items[i], event) && nth-- == 0) {
            return made.items[i]->sequence;
        }
    }
    return 0;
}

void replay_map_events(struct replay_map *map, struct request_events recorded, struct request_events made,
                       uint64_t head) {
    for (size_t i = 0; i < recorded.count; i++) {
        const Pb__Event *event = recorded.items[i];
        bool is_named = event->body_case == PB__EVENT__BODY_ALLOCATED;
        uint64_t place = is_named ? place_of(event, recorded, made) : head;
        map->places[event->sequence] = place != 0 ? place : head | NOT_MADE;
    }
}

static Pb__Request *copy_request(const Pb__Request *request, struct arena *arena) {
    Pb__Request *copy = arena_alloc(arena, sizeof *copy);
    if (copy != NULL) {
        *copy = *request;
    }
    return copy;
}

static Pb__Request *map_unallocate(const struct replay_map *map, const Pb__Request *request, struct arena *arena) {
    uint64_t sequence = strtoull(request->unallocate->allocation + 1, NULL, 10);
    uint64_t place = sequence <= map->through ? map->places[sequence] : NOT_MADE;
    Pb__Request *copy = copy_request(request, arena);
    Pb__Unallocate *command = arena_alloc(arena, sizeof *command);
    if (copy == NULL || command == NULL) {
        return NULL;
    }
    *command = *request->unallocate;
    command->allocation = (place & NOT_MADE) != 0 ? arena_format(arena, "#%llu of history, which is not made here",
                                                                 (unsigned long long)sequence)
                                                  : arena_format(arena, "#%llu", (unsigned long long)place);
    copy->unallocate = command;
    return command->allocation == NULL ? NULL : copy;
}

static Pb__Request *map_statement(const struct replay_map *map, const Pb__Request *request, struct arena *arena) {
    uint64_t known_at = request->issue_statement->known_at;
    Pb__Request *copy = copy_request(request, arena);
    Pb__IssueStatement *command = arena_alloc(arena, sizeof *command);
    if (copy == NULL || command == NULL) {
        return NULL;
    }
    *command = *request->issue_statement;
    command->known_at = known_at <= map->through ? map->places[known_at] & ~NOT_MADE : known_at;
    copy->issue_statement = command;
    return copy;
}

Pb__Request *replay_map_request(const struct replay_map *map, Pb__Request *request, struct arena *arena) {
    if (request->command_case == PB__REQUEST__COMMAND_UNALLOCATE && request->unallocate->allocation[0] == '#') {
        return map_unallocate(map, request, arena);
    }
    if (request->command_case == PB__REQUEST__COMMAND_ISSUE_STATEMENT) {
        return map_statement(map, request, arena);
    }
    return request;
}
