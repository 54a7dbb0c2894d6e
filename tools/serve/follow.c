/* Followers: streams of events from a sequence on. */
#include "tools/serve/follow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/ledger.h"
#include "limits.h"
#include "projections/follow.h"
#include "tools/json_message.h"
#include "tools/serve/call_headers.h"
#include "tools/serve/server.h"

#define MS_NS UINT64_C(1000000)

enum {
    ITEMS_PER_READING = 256,
    BLOCK_BYTES = 32 << 10,
    HEARTBEAT_DEFAULT_MS = 15000,
    HEARTBEAT_MIN_MS = 100,
    HEARTBEAT_MAX_MS = 3600000,
    KINDS_MAX = 64,
    FOLLOWERS_MAX = 1024,
};

struct follower {
    struct follower *previous; /* In the loop's list. */
    struct follower *next;
    struct call *call;
    bool is_listed;
    bool is_sse;
    bool is_suspended; /* Its connection waits for something to send. */
    bool is_ended;     /* What is ready is the last. */
    struct follow_wish wish;
    char customer[LIMIT_ID_BYTES + 1];
    char currency[8];
    uint32_t kinds[KINDS_MAX];
    uint64_t next_sequence; /* The first that was not looked at. */
    uint64_t read_to;       /* Of the reading under way. */
    uint64_t heartbeat_ns;
    uint64_t last_sent_ns;
    struct daybook_buffer ready; /* The worker's while it reads. */
    size_t sent;
};

/* ---- what is sent ---- */

static enum daybook_status append_text(struct daybook_buffer *out, const char *text) {
    return daybook_buffer_append(out, text, strlen(text));
}

static const char *kind_of(const Pb__Event *event) {
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(&pb__event__descriptor, (unsigned)event->body_case);
    return field == NULL ? "message" : field->name;
}

/* "id: 12\nevent: charge_posted\ndata: {...}\n\n". A block with an id alone moves a browser's Last-Event-ID on. */
static enum daybook_status write_sse(const Pb__FollowItem *item, struct daybook_buffer *out) {
    char head[128];
    if (item->event == NULL) {
        (void)snprintf(head, sizeof head, ": heartbeat\nid: %" PRIu64 "\n\n", item->sequence);
        return append_text(out, head);
    }
    (void)snprintf(head, sizeof head, "id: %" PRIu64 "\nevent: %s\ndata: ", item->sequence, kind_of(item->event));
    DAYBOOK_TRY(append_text(out, head));
    DAYBOOK_TRY(json_write_message(&item->base, out));
    return append_text(out, "\n\n");
}

static enum daybook_status write_item(struct follower *follower, const Pb__FollowItem *item) {
    return follower->is_sse ? write_sse(item, &follower->ready)
                            : connect_write_envelope(follower->call->content.codec, &item->base, &follower->ready);
}

/* What is ready is the last; where even that cannot be written, the connection just ends. */
static void end(struct follower *follower, enum connect_code code, const char *message) {
    follower->is_ended = true;
    if (follower->is_sse) {
        return;
    }
    if (connect_write_end(code, message, &follower->ready) != DAYBOOK_OK) {
        daybook_buffer_reset(&follower->ready);
    }
}

/* A worker's. */
static void read_work(struct call *call, struct arena *arena) {
    struct follower *follower = call->follower;
    struct follow_slice slice;
    struct daybook_error error;
    enum daybook_status status = follow_read(call->server->ledger, &follower->wish, follower->next_sequence,
                                             follower->read_to, ITEMS_PER_READING, arena, &slice, &error);
    for (size_t i = 0; status == DAYBOOK_OK && i < slice.count; i++) {
        slice.items[i]->journal_head = follower->read_to;
        status = write_item(follower, slice.items[i]);
        (void)daybook_fail(&error, status, "writing the feed: memory was refused");
    }
    if (status != DAYBOOK_OK) {
        end(follower, connect_code_of_status(status), error.message);
        return;
    }
    atomic_fetch_add_explicit(&call->server->metrics.followed_events, slice.count, memory_order_relaxed);
    follower->next_sequence = slice.reached + 1;
}

/* ---- the stream ---- */

static bool has_bytes(const struct follower *follower) {
    return follower->sent < follower->ready.size;
}

/* Hands the follower to a worker if there is something to read. */
static bool start_reading(struct follower *follower) {
    struct call *call = follower->call;
    uint64_t position = follow_position(call->server->ledger);
    if (position < follower->next_sequence) {
        return false;
    }
    follower->read_to = position;
    call->work = read_work;
    call->is_with_worker = crew_push(&call->server->crew, call, true);
    return true;
}

static void wake(struct follower *follower) {
    if (follower->is_suspended) {
        follower->is_suspended = false;
        MHD_resume_connection(follower->call->connection);
    }
}

/* libmicrohttpd asks for bytes. */
static ssize_t read_stream(void *context, uint64_t position, char *to, size_t size) {
    struct call *call = context;
    struct follower *follower = call->follower;
    (void)position;
    if (has_bytes(follower)) {
        size_t left = follower->ready.size - follower->sent;
        size_t taken = left < size ? left : size;
        memcpy(to, follower->ready.data + follower->sent, taken);
        follower->sent += taken;
        follower->last_sent_ns = clock_monotonic_ns();
        if (!has_bytes(follower)) {
            daybook_buffer_reset(&follower->ready);
            follower->sent = 0;
        }
        return (ssize_t)taken;
    }
    if (follower->is_ended) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    (void)start_reading(follower);
    follower->is_suspended = true;
    MHD_suspend_connection(call->connection);
    return 0;
}

struct MHD_Response *follow_response(struct call *call) {
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream, call, NULL);
}

void follow_resume(struct call *call) {
    struct follower *follower = call->follower;
    if (has_bytes(follower) || follower->is_ended) {
        wake(follower);
    } else if (!start_reading(follower)) {
        return; /* Nothing that was wanted: the next tick looks again. */
    }
}

static void beat(struct follower *follower) {
    Pb__FollowItem item = PB__FOLLOW_ITEM__INIT;
    item.sequence = follower->next_sequence - 1;
    item.journal_head = follow_position(follower->call->server->ledger);
    if (write_item(follower, &item) != DAYBOOK_OK) {
        daybook_buffer_reset(&follower->ready);
    }
    wake(follower);
}

void follow_tick(struct loop *loop) {
    struct server *server = loop->server;
    bool is_draining = server_is_draining(server);
    uint64_t now_ns = clock_monotonic_ns();
    for (struct follower *follower = loop->followers; follower != NULL; follower = follower->next) {
        if (!follower->is_suspended || follower->call->is_with_worker) {
            continue;
        }
        if (is_draining) {
            end(follower, CONNECT_UNAVAILABLE, "the server is stopping; go on from the last sequence");
            wake(follower);
        } else if (!gate_is_good(&server->gate, &follower->call->identity, ledger_now_us(server->ledger))) {
            end(follower, CONNECT_UNAUTHENTICATED, "the token has expired, or was revoked");
            wake(follower);
        } else if (follower->call->deadline_ns != 0 && now_ns >= follower->call->deadline_ns) {
            end(follower, CONNECT_DEADLINE_EXCEEDED,
                "the time limit of the call has passed; go on from the last sequence");
            wake(follower);
        } else if (!start_reading(follower) && now_ns - follower->last_sent_ns >= follower->heartbeat_ns) {
            beat(follower);
        }
    }
}

/* ---- beginning and leaving ---- */

static bool take_text(struct call *call, const char *name, const char *text, char *to, size_t size) {
    if (strlen(text) >= size) {
        call_fail(call, CONNECT_INVALID_ARGUMENT, "%s: longer than %zu bytes", name, size - 1);
        return false;
    }
    (void)strcpy(to, text);
    return true;
}

static bool take_kinds(struct call *call, struct follower *follower, char *const *names, size_t count) {
    if (count > KINDS_MAX) {
        call_fail(call, CONNECT_INVALID_ARGUMENT, "kinds: at most %d", KINDS_MAX);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        follower->kinds[i] = follow_kind(names[i]);
        if (follower->kinds[i] == 0) {
            call_fail(call, CONNECT_INVALID_ARGUMENT, "kinds: there is no event \"%.64s\"; one is \"charge_posted\"",
                      names[i]);
            return false;
        }
    }
    follower->wish.kinds = follower->kinds;
    follower->wish.kind_count = count;
    return true;
}

static void list(struct loop *loop, struct follower *follower) {
    follower->next = loop->followers;
    if (loop->followers != NULL) {
        loop->followers->previous = follower;
    }
    loop->followers = follower;
    follower->is_listed = true;
}

static uint64_t heartbeat_ms(uint32_t asked_ms) {
    uint64_t ms = asked_ms == 0 ? HEARTBEAT_DEFAULT_MS : asked_ms;
    ms = ms < HEARTBEAT_MIN_MS ? HEARTBEAT_MIN_MS : ms;
    return ms > HEARTBEAT_MAX_MS ? HEARTBEAT_MAX_MS : ms;
}

/* Those of all loops have one bound. False: there are as many as there may be. */
static bool enter(struct server *server) {
    if (atomic_fetch_add_explicit(&server->follower_count, 1, memory_order_relaxed) < FOLLOWERS_MAX) {
        return true;
    }
    (void)atomic_fetch_sub_explicit(&server->follower_count, 1, memory_order_relaxed);
    return false;
}

static void leave(struct server *server) {
    (void)atomic_fetch_sub_explicit(&server->follower_count, 1, memory_order_relaxed);
}

/* Nobody was sent what is past the journal's end: whoever comes from there saw another ledger, or this one before it
 * was restored from an older backup, and would miss what is recorded up to that place. */
static bool is_within(struct call *call, uint64_t from_sequence) {
    struct daybook_error error;
    uint64_t head;
    if (daybook_head(call->server->ledger, &head, &error) != DAYBOOK_OK) {
        call_fail_with(call, &error);
        return false;
    }
    if (from_sequence > head + 1) {
        call_fail(call, CONNECT_OUT_OF_RANGE,
                  "the journal ends at %" PRIu64 ", and %" PRIu64 " is past its next event: was it restored from an "
                  "older backup, or is it another ledger?",
                  head, from_sequence);
        return false;
    }
    return true;
}

static void begin(struct call *call, const Pb__FollowRequest *asked, bool is_sse) {
    if (!is_within(call, asked->from_sequence)) {
        return;
    }
    if (!enter(call->server)) {
        call_fail(call, CONNECT_RESOURCE_EXHAUSTED, "%d followers are the most", FOLLOWERS_MAX);
        return;
    }
    struct follower *follower = calloc(1, sizeof *follower);
    if (follower == NULL) {
        leave(call->server);
        call_fail(call, CONNECT_RESOURCE_EXHAUSTED, "memory for a follower was refused");
        return;
    }
    call->follower = follower;
    follower->call = call;
    follower->is_sse = is_sse;
    follower->wish = (struct follow_wish){.customer = follower->customer, .currency = follower->currency};
    follower->next_sequence = asked->from_sequence == 0 ? 1 : asked->from_sequence;
    follower->heartbeat_ns = heartbeat_ms(asked->heartbeat_ms) * MS_NS;
    follower->last_sent_ns = clock_monotonic_ns();
    bool is_taken = take_text(call, "customer", asked->customer, follower->customer, sizeof follower->customer) &&
                    take_text(call, "currency", asked->currency, follower->currency, sizeof follower->currency) &&
                    take_kinds(call, follower, asked->kinds, asked->n_kinds);
    if (!is_taken) {
        follow_close(call);
        return;
    }
    list(call->loop, follower);
    call->stage = CALL_STREAMING;
    call->deadline_ns = is_sse ? 0 : call->deadline_ns; /* A browser says none. */
    call->reply.type = is_sse ? "text/event-stream" : connect_content_type(call->content);
}

void follow_begin(struct call *call) {
    struct daybook_error error;
    ProtobufCMessage *message;
    struct arena *arena = &call->loop->arena;
    if (connect_read_message(call->content.codec, call->message, call->method->input, arena, &message, &error) !=
        DAYBOOK_OK) {
        call_fail_with(call, &error);
    } else {
        begin(call, (const Pb__FollowRequest *)message, false);
    }
    arena_reset(arena);
}

/* Digits alone; false: something else. Empty text leaves `value` alone. */
static bool read_number(const char *text, uint64_t *value) {
    size_t size = strlen(text);
    if (size == 0) {
        return true;
    }
    if (size > 19 || strspn(text, "0123456789") != size) {
        return false;
    }
    *value = strtoull(text, NULL, 10);
    return true;
}

static const char *const parameters[] = {"from_sequence", "customer", "currency", "kind", "heartbeat_ms"};
enum { PARAMETER_COUNT = sizeof parameters / sizeof *parameters };

/* The first parameter that the feed does not have, or that is there again. */
struct wrong_parameter {
    const char *name; /* NULL = there is none. */
    bool is_known;
    bool is_seen[PARAMETER_COUNT];
};

static enum MHD_Result find_wrong(void *context, enum MHD_ValueKind kind, const char *name, const char *value) {
    struct wrong_parameter *wrong = context;
    (void)kind;
    (void)value;
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        if (strcmp(parameters[i], name) == 0) {
            wrong->is_known = true;
            wrong->name = wrong->is_seen[i] ? name : NULL;
            wrong->is_seen[i] = true;
            return wrong->name == NULL ? MHD_YES : MHD_NO;
        }
    }
    wrong->is_known = false;
    wrong->name = name;
    return MHD_NO;
}

void follow_begin_sse(struct call *call) {
    Pb__FollowRequest asked = PB__FOLLOW_REQUEST__INIT;
    const char *last = MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "Last-Event-ID");
    uint64_t heartbeat = 0;
    uint64_t seen = 0;
    struct wrong_parameter wrong = {.name = NULL};
    char *kind = (char *)(uintptr_t)call_parameter(call, "kind");
    (void)MHD_get_connection_values(call->connection, MHD_GET_ARGUMENT_KIND, find_wrong, &wrong);
    if (wrong.name != NULL) {
        call_fail(call, CONNECT_INVALID_ARGUMENT,
                  wrong.is_known
                      ? "\"%.40s\" is there more than once; several kinds are for Events/Follow"
                      : "the feed has no \"%.40s\"; it has from_sequence, customer, currency, kind and heartbeat_ms",
                  wrong.name);
        return;
    }
    if (!read_number(call_parameter(call, "from_sequence"), &asked.from_sequence) ||
        !read_number(call_parameter(call, "heartbeat_ms"), &heartbeat) || heartbeat > UINT32_MAX ||
        (last != NULL && !read_number(last, &seen))) {
        call_fail(call, CONNECT_INVALID_ARGUMENT, "from_sequence, heartbeat_ms and Last-Event-ID are whole numbers");
        return;
    }
    if (last != NULL && *last != '\0') {
        asked.from_sequence = seen + 1;
    }
    asked.heartbeat_ms = (uint32_t)heartbeat;
    asked.customer = (char *)(uintptr_t)call_parameter(call, "customer");
    asked.currency = (char *)(uintptr_t)call_parameter(call, "currency");
    asked.kinds = &kind;
    asked.n_kinds = *kind == '\0' ? 0 : 1;
    begin(call, &asked, true);
}

void follow_leave(struct call *call) {
    struct follower *follower = call->follower;
    if (follower == NULL || !follower->is_listed) {
        return;
    }
    if (follower->previous == NULL) {
        call->loop->followers = follower->next;
    } else {
        follower->previous->next = follower->next;
    }
    if (follower->next != NULL) {
        follower->next->previous = follower->previous;
    }
    follower->is_listed = false;
}

void follow_close(struct call *call) {
    if (call->follower != NULL) {
        leave(call->server);
        daybook_buffer_release(&call->follower->ready);
        free(call->follower);
        call->follower = NULL;
    }
}
