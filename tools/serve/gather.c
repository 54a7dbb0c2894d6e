/* The gatherer: requests of many connections become one submission. */
#include "tools/serve/gather.h"

#include <stdlib.h>

#include "codec/wire.h"
#include "daybook/v1/service.pb-c.h"
#include "engine/ledger.h"
#include "limits.h"
#include "tools/serve/server.h"

enum {
    QUEUE_CALLS = 16384,
    LANE_ARENA_BYTES = 256 << 20,
    KEPT_BYTES = 8 << 20,
};
#define QUEUE_BYTES ((size_t)128 << 20)

/* A call on its way through a lane: what it asks, as the engine wants it. */
struct parcel {
    struct call *call;
    struct daybook_bytes *requests; /* In the call's body, or encoded into the lane's arena. */
    size_t count;
};

/* What was taken from the queue at once. Its memory is used again for each batch. */
struct load {
    struct call *list;
    struct parcel *parcels; /* Of those that could be read. */
    struct daybook_submission *submissions;
    size_t count;
    size_t capacity;
};

struct lane {
    struct gather *gather;
    struct arena batch_arena;
    struct load load;
    struct load late; /* What came while that waited for the commit before. */
};

/* ---- reading ---- */

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading the requests: they are larger than the memory set aside");
}

/* A message inside another: the length that follows a tag. False: the bytes are cut off. */
static bool take_bytes(const uint8_t **at, const uint8_t *end, struct daybook_bytes *bytes) {
    uint64_t size;
    size_t used = varint_load(*at, end, &size);
    if (used == 0 || size > (uint64_t)(end - *at) - used) {
        return false;
    }
    *bytes = (struct daybook_bytes){*at + used, (size_t)size};
    *at += used + size;
    return true;
}

static enum daybook_submit_mode mode_of(bool is_atomic, bool is_dry) {
    return is_dry ? DAYBOOK_SUBMIT_DRY : is_atomic ? DAYBOOK_SUBMIT_GROUP : DAYBOOK_SUBMIT_EACH;
}

/* A SubmitRequest's requests are not decoded here: the engine takes their bytes as they came. Two passes: the
 * first (`requests` NULL) counts. */
static bool scan_submit(struct daybook_bytes bytes, struct daybook_bytes *requests, size_t *count,
                        struct daybook_submission *asked) {
    enum { TAG_REQUESTS = 1 << 3 | 2, TAG_ATOMIC = 2 << 3, TAG_DRY_RUN = 3 << 3, TAG_REMAINDERS = 4 << 3 };
    const uint8_t *at = bytes.data;
    const uint8_t *end = bytes.data + bytes.size;
    bool is_atomic = false;
    bool is_dry = false;
    bool tells = false;
    *count = 0;
    while (at < end) {
        uint64_t value;
        struct daybook_bytes request;
        uint8_t tag = *at++;
        if (tag == TAG_REQUESTS) {
            if (!take_bytes(&at, end, &request)) {
                return false;
            }
            if (requests != NULL) {
                requests[*count] = request;
            }
            (*count)++;
            continue;
        }
        size_t used = varint_load(at, end, &value);
        if (used == 0 || (tag != TAG_ATOMIC && tag != TAG_DRY_RUN && tag != TAG_REMAINDERS)) {
            return false;
        }
        at += used;
        *(tag == TAG_ATOMIC ? &is_atomic : tag == TAG_DRY_RUN ? &is_dry : &tells) = value != 0;
    }
    asked->mode = mode_of(is_atomic, is_dry);
    asked->tells_remainders = tells;
    return !(is_dry && is_atomic);
}

static enum daybook_status read_submit_proto(struct lane *lane, struct parcel *parcel, struct daybook_submission *asked,
                                             struct daybook_error *error) {
    struct daybook_bytes message = parcel->call->message;
    if (!scan_submit(message, NULL, &parcel->count, asked)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "the bytes are no SubmitRequest that this server knows; atomic and dry_run exclude "
                            "each other");
    }
    parcel->requests = arena_alloc(&lane->batch_arena, parcel->count * sizeof *parcel->requests + 1);
    if (parcel->requests == NULL) {
        return no_memory(error);
    }
    bool is_read = scan_submit(message, parcel->requests, &parcel->count, asked);
    return is_read ? DAYBOOK_OK : daybook_fail(error, DAYBOOK_INVALID, "the bytes are no SubmitRequest");
}

/* Encodes a message that JSON brought. The engine reads bytes, whoever wrote them. */
static enum daybook_status encode(struct lane *lane, const Pb__Request *request, struct daybook_bytes *bytes,
                                  struct daybook_error *error) {
    struct daybook_buffer buffer = {0};
    char *copy = NULL;
    if (wire_encode(&request->base, &buffer) == DAYBOOK_OK) {
        copy = arena_copy_text(&lane->batch_arena, (const char *)buffer.data, buffer.size);
    }
    *bytes = (struct daybook_bytes){(const uint8_t *)copy, buffer.size};
    daybook_buffer_release(&buffer);
    return copy == NULL ? no_memory(error) : DAYBOOK_OK;
}

static enum daybook_status read_submit_json(struct lane *lane, struct parcel *parcel,
                                            struct daybook_submission *submission, struct daybook_error *error) {
    ProtobufCMessage *message;
    DAYBOOK_TRY(connect_read_message(CODEC_JSON, parcel->call->message, &pb__submit_request__descriptor,
                                     &lane->batch_arena, &message, error));
    const Pb__SubmitRequest *asked = (const Pb__SubmitRequest *)message;
    if (asked->atomic && asked->dry_run) {
        return daybook_fail(error, DAYBOOK_INVALID, "atomic and dryRun exclude each other");
    }
    submission->mode = mode_of(asked->atomic, asked->dry_run);
    submission->tells_remainders = asked->tell_remainders;
    parcel->count = asked->n_requests;
    parcel->requests = arena_alloc(&lane->batch_arena, parcel->count * sizeof *parcel->requests + 1);
    if (parcel->requests == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < parcel->count; i++) {
        DAYBOOK_TRY(encode(lane, asked->requests[i], &parcel->requests[i], error));
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_post(struct lane *lane, struct parcel *parcel, struct daybook_error *error) {
    parcel->count = 1;
    parcel->requests = arena_alloc(&lane->batch_arena, sizeof *parcel->requests);
    if (parcel->requests == NULL) {
        return no_memory(error);
    }
    parcel->requests[0] = parcel->call->message;
    if (parcel->call->content.codec == CODEC_PROTO) {
        return DAYBOOK_OK;
    }
    ProtobufCMessage *message;
    DAYBOOK_TRY(connect_read_message(CODEC_JSON, parcel->call->message, &pb__request__descriptor, &lane->batch_arena,
                                     &message, error));
    return encode(lane, (const Pb__Request *)message, &parcel->requests[0], error);
}

static enum daybook_status read_parcel(struct lane *lane, struct parcel *parcel, struct daybook_submission *asked,
                                       struct daybook_error *error) {
    asked->mode = DAYBOOK_SUBMIT_EACH;
    asked->tells_remainders = false;
    if (parcel->call->method->route == ROUTE_POST) {
        return read_post(lane, parcel, error);
    }
    return parcel->call->content.codec == CODEC_JSON ? read_submit_json(lane, parcel, asked, error)
                                                     : read_submit_proto(lane, parcel, asked, error);
}

/* ---- answering ---- */

/* The key of an encoded request, which encoders write first; empty where it is not there. */
static ProtobufCBinaryData key_of(struct daybook_bytes request) {
    enum { TAG_KEY = 1 << 3 | 2 };
    const uint8_t *at = request.data;
    struct daybook_bytes key;
    if (request.size == 0 || *at++ != TAG_KEY || !take_bytes(&at, request.data + request.size, &key)) {
        return (ProtobufCBinaryData){0};
    }
    return (ProtobufCBinaryData){key.size, (uint8_t *)(uintptr_t)key.data};
}

static enum daybook_status fill_events(const struct daybook_answer *answer, struct arena *arena, Pb__Answer *message) {
    if (answer->event_count == 0) {
        return DAYBOOK_OK;
    }
    message->would_append = arena_alloc(arena, answer->event_count * sizeof(Pb__Event *));
    if (message->would_append == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    for (size_t i = 0; i < answer->event_count; i++) {
        ProtobufCMessage *event = NULL;
        DAYBOOK_TRY(wire_decode(&pb__event__descriptor, answer->events[i], arena, &event, NULL));
        message->would_append[i] = (Pb__Event *)event;
    }
    message->n_would_append = answer->event_count;
    return DAYBOOK_OK;
}

/* NULL: memory was refused. */
static Pb__Answer *make_answer(const struct daybook_answer *answer, struct daybook_bytes request, struct arena *arena) {
    Pb__Answer *message = arena_alloc(arena, sizeof *message);
    char **warnings = arena_alloc(arena, sizeof *warnings);
    if (message == NULL || warnings == NULL) {
        return NULL;
    }
    pb__answer__init(message);
    *warnings = (char *)(uintptr_t)answer->warning;
    message->key = key_of(request);
    message->first_sequence = answer->first_sequence;
    message->last_sequence = answer->last_sequence;
    message->recorded_at_us = answer->recorded_at_us;
    message->repeated = answer->is_repeated;
    message->refusal = (Pb__Refusal *)(uintptr_t)answer->refusal;
    message->warnings = warnings;
    message->n_warnings = *warnings == NULL ? 0 : 1;
    message->remainders = (Pb__Remainder **)(uintptr_t)answer->remainders;
    message->n_remainders = answer->remainder_count;
    return fill_events(answer, arena, message) == DAYBOOK_OK ? message : NULL;
}

static void answer_submit(struct lane *lane, const struct parcel *parcel, const struct daybook_answers *answers,
                          bool is_dry) {
    Pb__SubmitResponse response = PB__SUBMIT_RESPONSE__INIT;
    response.answers = arena_alloc(&lane->batch_arena, answers->count * sizeof *response.answers + 1);
    for (size_t i = 0; response.answers != NULL && i < answers->count; i++) {
        const struct daybook_answer *answer = &answers->items[i];
        response.answers[i] = make_answer(answer, parcel->requests[i], &lane->batch_arena);
        if (response.answers[i] == NULL) {
            response.answers = NULL;
            break;
        }
        metrics_count_refusal(&parcel->call->server->metrics, answer->refusal);
        if (answer->refusal == NULL && !is_dry && answer->last_sequence > response.position) {
            response.position = answer->last_sequence;
        }
    }
    if (response.answers == NULL) {
        call_fail(parcel->call, CONNECT_RESOURCE_EXHAUSTED,
                  "it is recorded, and the answer is larger than the memory set aside: ask again with fewer requests");
        return;
    }
    response.n_answers = answers->count;
    call_answer(parcel->call, &response.base);
}

static void answer_post(struct lane *lane, const struct parcel *parcel, const struct daybook_answer *answer) {
    metrics_count_refusal(&parcel->call->server->metrics, answer->refusal);
    if (answer->refusal != NULL) {
        call_refuse(parcel->call, answer->refusal);
        return;
    }
    const Pb__Answer *message = make_answer(answer, parcel->requests[0], &lane->batch_arena);
    if (message == NULL) {
        call_fail(parcel->call, CONNECT_RESOURCE_EXHAUSTED, "it is recorded, and memory for the answer was refused");
        return;
    }
    call_answer(parcel->call, &message->base);
}

static void answer(struct lane *lane, const struct parcel *parcel, struct daybook_submission *submission) {
    if (submission->status != DAYBOOK_OK) {
        call_fail_with(parcel->call, &submission->error);
    } else if (parcel->call->method->route == ROUTE_POST) {
        answer_post(lane, parcel, &submission->answers.items[0]);
    } else {
        answer_submit(lane, parcel, &submission->answers, submission->mode == DAYBOOK_SUBMIT_DRY);
    }
    daybook_answers_release(&submission->answers);
}

/* ---- lanes ---- */

/* Room for so much more; false: there is none. Counted first, so that loops that push at once stay below the bound. */
static bool enter_queue(struct gather *gather, size_t call_count, size_t byte_count) {
    size_t calls = atomic_fetch_add_explicit(&gather->call_count, call_count, memory_order_relaxed);
    size_t bytes = atomic_fetch_add_explicit(&gather->byte_count, byte_count, memory_order_relaxed);
    return calls + call_count <= gather->call_limit && bytes + byte_count <= gather->byte_limit;
}

static void leave_queue(struct gather *gather, size_t call_count, size_t byte_count) {
    atomic_fetch_sub_explicit(&gather->call_count, call_count, memory_order_relaxed);
    atomic_fetch_sub_explicit(&gather->byte_count, byte_count, memory_order_relaxed);
}

/* Everything that is queued. `lock` is held. */
static struct call *cut_queue(struct gather *gather) {
    struct call *list = gather->first;
    gather->first = NULL;
    gather->last = &gather->first;
    return list;
}

static bool make_room(struct load *load, size_t count) {
    if (count <= load->capacity) {
        return true;
    }
    free(load->parcels);
    free(load->submissions);
    load->parcels = calloc(count * 2, sizeof *load->parcels);
    load->submissions = calloc(count * 2, sizeof *load->submissions);
    load->capacity = load->parcels == NULL || load->submissions == NULL ? 0 : count * 2;
    return load->capacity > 0;
}

/* What cannot be read is answered at once. */
static void read_calls(struct lane *lane, struct load *load) {
    struct daybook_error error;
    for (struct call *call = load->list; call != NULL; call = call->next) {
        struct parcel *parcel = &load->parcels[load->count];
        struct daybook_submission *submission = &load->submissions[load->count];
        *parcel = (struct parcel){.call = call};
        if (read_parcel(lane, parcel, submission, &error) != DAYBOOK_OK) {
            call_fail_with(call, &error);
            continue;
        }
        submission->requests = parcel->requests;
        submission->count = parcel->count;
        submission->submitter = &call->identity.submitter;
        load->count++;
    }
}

/* What was taken from the queue becomes submissions. */
static void fill(struct lane *lane, struct load *load, struct call *list) {
    size_t call_count = 0;
    size_t byte_count = 0;
    for (const struct call *call = list; call != NULL; call = call->next) {
        call_count++;
        byte_count += call->message.size;
    }
    leave_queue(lane->gather, call_count, byte_count);
    load->list = list;
    load->count = 0;
    if (make_room(load, call_count)) {
        read_calls(lane, load);
        return;
    }
    for (struct call *call = list; call != NULL; call = call->next) {
        call_fail(call, CONNECT_RESOURCE_EXHAUSTED, "memory for the batch was refused: nothing was recorded");
    }
}

/* For the engine: who has come by now. */
static size_t take_late(void *context, struct daybook_submission **submissions) {
    struct lane *lane = context;
    uv_mutex_lock(&lane->gather->lock);
    struct call *list = cut_queue(lane->gather);
    uv_mutex_unlock(&lane->gather->lock);
    fill(lane, &lane->late, list);
    *submissions = lane->late.submissions;
    return lane->late.count;
}

static void answer_load(struct lane *lane, struct load *load, enum daybook_status status,
                        const struct daybook_error *error) {
    for (size_t i = 0; i < load->count; i++) {
        if (status != DAYBOOK_OK) {
            call_fail_with(load->parcels[i].call, error);
        } else {
            answer(lane, &load->parcels[i], &load->submissions[i]);
        }
    }
    inbox_return(load->list);
    load->list = NULL;
    load->count = 0;
}

static void run_batch(struct lane *lane, struct call *list) {
    struct ledger_latecomers late = {take_late, lane};
    struct daybook_error error;
    fill(lane, &lane->load, list);
    enum daybook_status status =
        ledger_submit_many(lane->gather->ledger, lane->load.submissions, lane->load.count, &late, &error);
    answer_load(lane, &lane->load, status, &error);
    answer_load(lane, &lane->late, DAYBOOK_OK, NULL);
    if (lane->batch_arena.used_bytes > KEPT_BYTES) {
        arena_release(&lane->batch_arena);
    } else {
        arena_reset(&lane->batch_arena);
    }
}

/* Everything that is queued; NULL when the gatherer closes. */
static struct call *take(struct gather *gather) {
    uv_mutex_lock(&gather->lock);
    while (gather->first == NULL && !gather->is_closing) {
        uv_cond_wait(&gather->work, &gather->lock);
    }
    struct call *list = cut_queue(gather);
    uv_mutex_unlock(&gather->lock);
    return list;
}

static void release(struct load *load) {
    free(load->parcels);
    free(load->submissions);
}

static void run(void *context) {
    struct lane lane = {.gather = context};
    arena_init(&lane.batch_arena, LANE_ARENA_BYTES);
    for (struct call *list = take(context); list != NULL; list = take(context)) {
        run_batch(&lane, list);
    }
    arena_release(&lane.batch_arena);
    release(&lane.load);
    release(&lane.late);
}

enum daybook_status gather_open(struct gather *gather, struct daybook *ledger, struct daybook_error *error) {
    *gather = (struct gather){.ledger = ledger, .call_limit = QUEUE_CALLS, .byte_limit = QUEUE_BYTES};
    gather->last = &gather->first;
    if (uv_mutex_init(&gather->lock) != 0) {
        return daybook_fail(error, DAYBOOK_IO, "starting the server's threads: no lock could be made");
    }
    if (uv_cond_init(&gather->work) != 0) {
        uv_mutex_destroy(&gather->lock);
        return daybook_fail(error, DAYBOOK_IO, "starting the server's threads: no lock could be made");
    }
    gather->is_open = true;
    while (gather->lane_count < GATHER_LANES) {
        int code = uv_thread_create(&gather->lanes[gather->lane_count], run, gather);
        if (code != 0) {
            gather_close(gather);
            return daybook_fail(error, DAYBOOK_IO, "starting the server's threads: %s", uv_strerror(code));
        }
        gather->lane_count++;
    }
    return DAYBOOK_OK;
}

void gather_close(struct gather *gather) {
    if (!gather->is_open) {
        return;
    }
    uv_mutex_lock(&gather->lock);
    gather->is_closing = true;
    uv_cond_broadcast(&gather->work);
    uv_mutex_unlock(&gather->lock);
    for (size_t i = 0; i < gather->lane_count; i++) {
        uv_thread_join(&gather->lanes[i]);
    }
    uv_cond_destroy(&gather->work);
    uv_mutex_destroy(&gather->lock);
    gather->is_open = false;
}

void gather_turn_init(struct gather_turn *turn) {
    turn->first = NULL;
    turn->last = &turn->first;
}

bool gather_push(struct gather *gather, struct call *call) {
    struct gather_turn *turn = &call->loop->arrived;
    if (!enter_queue(gather, 1, call->message.size)) {
        leave_queue(gather, 1, call->message.size);
        return false;
    }
    call->next = NULL;
    *turn->last = call;
    turn->last = &call->next;
    return true;
}

void gather_flush(struct gather *gather, struct gather_turn *turn) {
    if (turn->first == NULL) {
        return;
    }
    uv_mutex_lock(&gather->lock);
    *gather->last = turn->first;
    gather->last = turn->last;
    uv_cond_signal(&gather->work);
    uv_mutex_unlock(&gather->lock);
    gather_turn_init(turn);
}
