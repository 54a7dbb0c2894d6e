/* One HTTP request while it lasts: read, dispatched, answered. */
#include "tools/serve/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tools/serve/ask.h"
#include "tools/serve/call_headers.h"
#include "tools/serve/call_pool.h"
#include "tools/serve/follow.h"
#include "tools/serve/gzip.h"
#include "tools/serve/hold.h"
#include "tools/serve/job_stream.h"
#include "tools/serve/page.h"
#include "tools/serve/server.h"
#include "tools/serve/tokens.h"

#define MS_NS UINT64_C(1000000)

enum {
    GZIP_MIN_BYTES = 1024,
    LARGE_PIECE_BYTES = 1024, /* Of a body: behind it there may be more that has come. */
};

/* ---- replies ---- */

static void set_error(struct reply *reply, enum connect_code code, const char *message, const Pb__Refusal *refusal) {
    daybook_buffer_reset(&reply->bytes);
    reply->code = code;
    reply->type = "application/json";
    reply->is_gzip = false;
    if (connect_write_error(code, message, refusal, &reply->bytes) != DAYBOOK_OK) {
        daybook_buffer_reset(&reply->bytes); /* The status says enough. */
    }
    bool is_passing = code == CONNECT_RESOURCE_EXHAUSTED || code == CONNECT_UNAVAILABLE;
    reply->retry_after_s = is_passing && reply->http == 0 ? 1 : 0;
}

static struct reply *reply_of(struct call *call) {
    return call->is_given_up ? &call->late : &call->reply;
}

void call_fail(struct call *call, enum connect_code code, const char *format, ...) {
    char message[DAYBOOK_ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    set_error(&call->reply, code, message, NULL);
}

void call_fail_with(struct call *call, const struct daybook_error *error) {
    set_error(&call->reply, connect_code_of_status(error->status), error->message, NULL);
}

void call_refuse(struct call *call, const Pb__Refusal *refusal) {
    set_error(&call->reply, connect_code_of_refusal(refusal->code), refusal->message, refusal);
}

void call_answer(struct call *call, const ProtobufCMessage *message) {
    struct reply *reply = &call->reply;
    daybook_buffer_reset(&reply->bytes);
    reply->code = CONNECT_OK;
    reply->type = connect_content_type(call->content);
    if (connect_write_message(call->content.codec, message, &reply->bytes) != DAYBOOK_OK) {
        call_fail(call, CONNECT_RESOURCE_EXHAUSTED, "memory for the answer was refused; ask for fewer rows a page");
        return;
    }
    if (call->accepts_gzip && (call->needs_gzip || reply->bytes.size >= GZIP_MIN_BYTES)) {
        struct daybook_buffer packed = {0};
        if (gzip_pack(daybook_buffer_view(&reply->bytes), &packed) == DAYBOOK_OK) {
            daybook_buffer_release(&reply->bytes);
            reply->bytes = packed;
            reply->is_gzip = true;
        }
    }
}

static void add_header(struct MHD_Response *response, const char *name, const char *value) {
    /* Refused memory loses a header, not the answer. */
    (void)MHD_add_response_header(response, name, value);
}

static void add_headers(struct call *call, struct MHD_Response *response) {
    const struct reply *reply = reply_of(call);
    if (reply->type != NULL) {
        add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
    }
    if (reply->is_gzip) {
        add_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    }
    if (call->is_get && call->method != NULL) {
        add_header(response, MHD_HTTP_HEADER_VARY, "Accept-Encoding");
        add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"); /* The next event makes it another answer. */
    }
    if (reply->header_name != NULL) {
        add_header(response, reply->header_name, reply->header_value);
    }
    if (reply->retry_after_s > 0) {
        char seconds[16];
        (void)snprintf(seconds, sizeof seconds, "%u", reply->retry_after_s);
        add_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    if (reply->closes || server_is_draining(call->server)) {
        add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    }
}

static unsigned http_of(const struct reply *reply) {
    return reply->http != 0 ? reply->http : connect_code_http(reply->code);
}

static void note(struct call *call) {
    struct server *server = call->server;
    const struct reply *reply = reply_of(call);
    uint64_t time_us = (clock_monotonic_ns() - call->start_ns) / 1000;
    const char *name = call->method != NULL ? call->method->name : call->page != NULL ? page_name(call->page) : "none";
    metrics_count_call(&call->loop->counts, call->method, reply->code, time_us);
    if (server->options.logs_calls || http_of(reply) >= 500) {
        log_call(&server->log, name, connect_code_name(reply->code), http_of(reply), time_us, reply->bytes.size);
    }
}

/* The response borrows the reply's bytes: libmicrohttpd has done with them when it says that the call is completed. */
static enum MHD_Result send_reply(struct call *call) {
    struct reply *reply = reply_of(call);
    note(call);
    struct MHD_Response *response =
        reply->bytes.data == NULL
            ? MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT)
            : MHD_create_response_from_buffer(reply->bytes.size, reply->bytes.data, MHD_RESPMEM_PERSISTENT);
    if (response == NULL) {
        return MHD_NO;
    }
    add_headers(call, response);
    enum MHD_Result result = MHD_queue_response(call->connection, http_of(reply), response);
    MHD_destroy_response(response);
    call->stage = CALL_SENT;
    return result;
}

static enum MHD_Result send_stream(struct call *call) {
    struct MHD_Response *response = call->job != NULL ? job_stream_response(call) : follow_response(call);
    if (response == NULL) {
        return MHD_NO;
    }
    note(call);
    add_headers(call, response);
    add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    enum MHD_Result result = MHD_queue_response(call->connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    call->stage = CALL_STREAMING;
    return result;
}

/* ---- the body ---- */

static void refuse_size(struct call *call) {
    call->reply.http = MHD_HTTP_CONTENT_TOO_LARGE;
    call_fail(call, CONNECT_RESOURCE_EXHAUSTED, "the body is larger than %zu bytes; send fewer requests at once",
              call->server->options.body_limit_bytes);
    call->reply.closes = true;
}

static void take_body(struct call *call, const char *upload, size_t size) {
    if (call->stage != CALL_READING) {
        return; /* The answer is known; the rest is only read away. */
    }
    if (size > call->server->options.body_limit_bytes - call->body.size) {
        refuse_size(call);
        call->stage = CALL_READY;
    } else if (daybook_buffer_append(&call->body, upload, size) != DAYBOOK_OK) {
        call_fail(call, CONNECT_RESOURCE_EXHAUSTED, "memory for the body was refused");
        call->stage = CALL_READY;
    }
}

/* Only the loop's thread changes the count, so this is no exchange. */
static void set_call_count(struct loop *loop, size_t count) {
    atomic_store_explicit(&loop->call_count, count, memory_order_relaxed);
}

static size_t get_call_count(const struct loop *loop) {
    return atomic_load_explicit(&loop->call_count, memory_order_relaxed);
}

static struct call *open_call(struct loop *loop, struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct call *call = info->socket_context == NULL ? NULL : call_pool_take(&loop->spare_calls);
    if (call == NULL) {
        return NULL;
    }
    call->server = loop->server;
    call->loop = loop;
    call->connection = connection;
    call->peer = info->socket_context;
    call->identity.is_local = call->peer->is_loopback;
    call->start_ns = clock_monotonic_ns();
    call->heard_at_tick = loop->tick_count;
    call->deadline_ns = call->start_ns + loop->server->options.call_timeout_ms * MS_NS;
    call->next_open = loop->calls;
    if (loop->calls != NULL) {
        loop->calls->previous_open = call;
    }
    loop->calls = call;
    set_call_count(loop, get_call_count(loop) + 1);
    peer_mark_busy(&loop->peers, call->peer);
    return call;
}

/* ---- dispatching ---- */

/* The message of a body as it came: unpacked, out of its envelope. False: the reply says why not. */
static bool find_message(struct call *call) {
    uint8_t flags = 0;
    struct daybook_error error;
    if (call->is_gzip_body) {
        struct daybook_buffer unpacked = {0};
        enum daybook_status status =
            gzip_unpack(daybook_buffer_view(&call->body), call->server->options.body_limit_bytes, &unpacked, &error);
        daybook_buffer_release(&call->body);
        call->body = unpacked;
        if (status != DAYBOOK_OK) {
            call->reply.http = status == DAYBOOK_LIMIT ? MHD_HTTP_CONTENT_TOO_LARGE : 0; /* Never worth a retry. */
            call_fail_with(call, &error);
            return false;
        }
    }
    call->message = daybook_buffer_view(&call->body);
    if (call->content.is_stream && (!connect_read_envelope(call->message, &flags, &call->message) || flags != 0)) {
        call_fail(call, CONNECT_INVALID_ARGUMENT, "the body is not one uncompressed message in its envelope");
        return false;
    }
    return true;
}

static void hand_over(struct call *call, bool is_taken) {
    if (is_taken) {
        call->is_with_worker = true;
        call->stage = CALL_WORKING;
        return;
    }
    call_fail(call, CONNECT_RESOURCE_EXHAUSTED, "too much is asked at once; nothing of this call was done, ask again");
    call->stage = CALL_READY;
}

static void dispatch(struct call *call) {
    struct server *server = call->server;
    call->stage = CALL_READY;
    if (call->page != NULL) {
        page_answer(call);
        return;
    }
    if (!find_message(call)) {
        return;
    }
    switch (call->method->route) {
    case ROUTE_SUBMIT:
    case ROUTE_POST:
        hand_over(call, gather_push(&server->gather, call));
        return;
    case ROUTE_QUESTION:
        if (!ask_at_once(call)) {
            call->work = ask_work;
            hand_over(call, crew_push(&server->crew, call, false));
        }
        return;
    case ROUTE_ISSUE:
        call->work = ask_issue_work;
        hand_over(call, crew_push(&server->crew, call, false));
        return;
    case ROUTE_TOKENS:
        call->work = tokens_work;
        hand_over(call, crew_push(&server->crew, call, false));
        return;
    case ROUTE_FOLLOW:
        follow_begin(call);
        return;
    case ROUTE_JOB:
        if (call->method->is_stream) {
            job_stream_begin(call);
        } else {
            call->work = job_answer_work;
            hand_over(call, crew_push(&server->crew, call, false));
        }
        return;
    case ROUTE_NONE:
        break;
    }
    call_fail(call, CONNECT_UNIMPLEMENTED, "there is no such call here");
}

/* A stream's error is said in its last envelope: HTTP's status is 200 whatever happens (CN2). */
static void wrap_stream_error(struct call *call) {
    struct reply *reply = &call->reply;
    struct daybook_buffer end = {0};
    if (!call->content.is_stream || call->stage != CALL_READY || reply->http != 0 || reply->code == CONNECT_OK) {
        return;
    }
    if (connect_wrap_end(daybook_buffer_view(&reply->bytes), &end) == DAYBOOK_OK) {
        daybook_buffer_release(&reply->bytes);
        reply->bytes = end;
        reply->http = MHD_HTTP_OK;
        reply->type = connect_content_type(call->content);
    }
}

static enum MHD_Result begin_call(struct loop *loop, struct MHD_Connection *connection, const char *url,
                                  const char *verb, const char *version, void **state) {
    struct call *call = open_call(loop, connection);
    if (call == NULL) {
        return MHD_NO;
    }
    *state = call;
    if (!call_read_headers(call, url, verb, version)) {
        call->stage = CALL_READY; /* Answered when the body, if it is not too large, has been read away. */
    }
    if (call->announced_bytes > call->server->options.body_limit_bytes) {
        refuse_size(call);
        return send_reply(call);
    }
    if (call->has_no_end) {
        return send_reply(call);
    }
    return MHD_YES;
}

enum MHD_Result call_handle(void *context, struct MHD_Connection *connection, const char *url, const char *verb,
                            const char *version, const char *upload, size_t *upload_size, void **state) {
    struct call *call = *state;
    if (call == NULL) {
        return begin_call(context, connection, url, verb, version, state);
    }
    if (call->stage == CALL_WORKING) {
        hold_wait(call);
        return MHD_YES;
    }
    if (*upload_size > 0) {
        call->heard_at_tick = call->loop->tick_count;
        call->loop->has_more |= *upload_size >= LARGE_PIECE_BYTES;
        take_body(call, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    if (call->stage == CALL_READING) {
        dispatch(call);
    }
    wrap_stream_error(call);
    call->loop->has_more |= call->stage != CALL_WORKING;
    switch (call->stage) {
    case CALL_WORKING:
        hold_wait(call);
        return MHD_YES;
    case CALL_READY:
        return send_reply(call);
    case CALL_STREAMING:
        return send_stream(call);
    case CALL_READING:
    case CALL_SENT:
        break;
    }
    return MHD_YES;
}

void call_completed(void *context, struct MHD_Connection *connection, void **state,
                    enum MHD_RequestTerminationCode why) {
    struct loop *loop = context;
    struct call *call = *state;
    (void)connection;
    (void)why;
    if (call == NULL) {
        return;
    }
    *state = NULL;
    if (call->previous_open == NULL) {
        loop->calls = call->next_open;
    } else {
        call->previous_open->next_open = call->next_open;
    }
    if (call->next_open != NULL) {
        call->next_open->previous_open = call->previous_open;
    }
    set_call_count(loop, get_call_count(loop) - 1);
    hold_end(call);
    loop->has_more = true; /* What came behind it on the same connection. */
    peer_mark_idle(&loop->peers, call->peer);
    follow_leave(call);
    job_stream_leave(call);
    if (call->is_with_worker) {
        call->is_abandoned = true;
    } else {
        call_pool_give(&loop->spare_calls, call);
    }
}

void call_return(struct call *call) {
    call->is_with_worker = false;
    if (call->is_abandoned) {
        if (!job_stream_unwind(call)) {
            call_pool_give(&call->loop->spare_calls, call);
        }
        return;
    }
    if (call->job != NULL) {
        job_stream_resume(call);
        return;
    }
    if (call->follower != NULL) {
        follow_resume(call);
        return;
    }
    if (!call->is_given_up) {
        hold_resume(call);
    }
}

void call_give_up(struct call *call, enum connect_code code, const char *message) {
    call->is_given_up = true;
    set_error(&call->late, code, message, NULL);
    hold_resume(call);
}
