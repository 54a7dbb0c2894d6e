/* A ledger behind a server. */
#include "tools/remote.h"

#include <curl/curl.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "codec/wire.h"
#include "daybook/v1/service.pb-c.h"
#include "engine/ledger.h"
#include "tools/message_field.h"
#include "tools/progress.h"
#include "tools/serve/connect.h"
#include "tools/serve/method.h"
#include "tools/text.h"

enum {
    CONNECT_TIMEOUT_S = 10,
    SUBMIT_BYTES = 8 << 20, /* In one call: below what servers take by default. */
    CONFIG_ARENA_BYTES = 1 << 20,
    URL_BYTES = 1024,
    TOKEN_LINE_BYTES = 256,
    STREAM_MESSAGE_BYTES = 512 << 20, /* The largest in a stream: what an answer may have at a server. */
    TOLD_BYTES = 64 << 10,            /* Of an error. */
};

struct remote {
    struct remote_base base;
    char url[URL_BYTES];
    CURL *curl;
    struct curl_slist *headers;
    struct curl_slist *stream_headers;
    struct methods methods;
    struct daybook_buffer body;   /* Of the call under way. */
    struct daybook_buffer answer; /* Likewise. */
    char failure[CURL_ERROR_SIZE];
    bool is_away; /* The last call failed because of that. */
    struct arena config_arena;
    const Pb__LedgerConfig *config; /* NULL: not asked yet. */
};

/* ---- HTTP ---- */

static size_t take_answer(char *data, size_t size, size_t count, void *context) {
    struct remote *remote = context;
    return daybook_buffer_append(&remote->answer, data, size * count) == DAYBOOK_OK ? size * count : 0;
}

static enum daybook_status status_of_code(enum connect_code code) {
    switch (code) {
    case CONNECT_INVALID_ARGUMENT:
    case CONNECT_OUT_OF_RANGE:
        return DAYBOOK_INVALID;
    case CONNECT_NOT_FOUND:
        return DAYBOOK_NOT_FOUND;
    case CONNECT_ALREADY_EXISTS:
        return DAYBOOK_EXISTS;
    case CONNECT_RESOURCE_EXHAUSTED:
        return DAYBOOK_LIMIT;
    case CONNECT_FAILED_PRECONDITION:
        return DAYBOOK_READ_ONLY;
    case CONNECT_DATA_LOSS:
        return DAYBOOK_DAMAGED;
    case CONNECT_OK:
    case CONNECT_CANCELED:
    case CONNECT_UNKNOWN:
    case CONNECT_DEADLINE_EXCEEDED:
    case CONNECT_PERMISSION_DENIED:
    case CONNECT_ABORTED:
    case CONNECT_UNIMPLEMENTED:
    case CONNECT_INTERNAL:
    case CONNECT_UNAVAILABLE:
    case CONNECT_UNAUTHENTICATED:
    case CONNECT_CODE_COUNT:
        break;
    }
    return DAYBOOK_IO;
}

/* The server's own sentence, as the ledger would have said it here. Takes `told` in; NULL: it was no JSON. */
static enum daybook_status fail_as_told(struct remote *remote, json_t *told, long http, struct daybook_error *error) {
    const char *name = json_string_value(json_object_get(told, "code"));
    const char *message = json_string_value(json_object_get(told, "message"));
    enum connect_code code;
    enum daybook_status status;
    if (name == NULL || message == NULL || !connect_code_find(name, &code)) {
        status = daybook_fail(error, DAYBOOK_IO, _("asking %s: it answered HTTP %ld, and not as a daybook server does"),
                              remote->url, http);
    } else {
        status = daybook_fail(error, status_of_code(code), "%s", message);
        remote->is_away = code == CONNECT_UNAVAILABLE || code == CONNECT_RESOURCE_EXHAUSTED;
    }
    json_decref(told);
    return status;
}

static json_t *read_answer_json(const struct remote *remote) {
    return json_loadb((const char *)remote->answer.data, remote->answer.size, 0, NULL);
}

static CURLcode perform(struct remote *remote, const char *path, struct curl_slist *headers, long *http) {
    char url[URL_BYTES + 128];
    (void)snprintf(url, sizeof url, "%s%s", remote->url, path);
    daybook_buffer_reset(&remote->answer);
    remote->failure[0] = '\0';
    remote->is_away = false;
    (void)curl_easy_setopt(remote->curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(remote->curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(remote->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)remote->body.size);
    (void)curl_easy_setopt(remote->curl, CURLOPT_POSTFIELDS, remote->body.size == 0 ? "" : (char *)remote->body.data);
    CURLcode code = curl_easy_perform(remote->curl);
    (void)curl_easy_getinfo(remote->curl, CURLINFO_RESPONSE_CODE, http);
    return code;
}

/* Once a second, and whenever something comes. */
static int look_for_interrupt(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                              curl_off_t up) {
    (void)context;
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    return progress_is_interrupted() ? 1 : 0;
}

static void watch_interrupt(struct remote *remote, bool is_watched) {
    (void)curl_easy_setopt(remote->curl, CURLOPT_XFERINFOFUNCTION, look_for_interrupt);
    (void)curl_easy_setopt(remote->curl, CURLOPT_NOPROGRESS, is_watched ? 0L : 1L);
}

/* What to look at: a port that speaks TLS hangs up on who does not, and one that does not answers with other words. */
static const char *advise(const struct remote *remote, CURLcode code) {
    bool is_https = strncmp(remote->url, "https:", 6) == 0;
    if (is_https && code == CURLE_SSL_CONNECT_ERROR) {
        return _("does it speak TLS? one that does not is asked by http://");
    }
    if (is_https && code == CURLE_PEER_FAILED_VERIFICATION) {
        return _("$DAYBOOK_SERVER_CA names a file of certificates to know it by");
    }
    if (!is_https && (code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_UNSUPPORTED_PROTOCOL)) {
        return _("is the server running, and does it speak TLS? then it is asked by https://");
    }
    return _("is the server running?");
}

static enum daybook_status fail_to_reach(struct remote *remote, CURLcode code, struct daybook_error *error) {
    remote->is_away = true;
    return daybook_fail(error, DAYBOOK_IO, _("asking %s: %s; %s"), remote->url,
                        remote->failure[0] == '\0' ? curl_easy_strerror(code) : remote->failure, advise(remote, code));
}

static enum daybook_status post(struct remote *remote, const char *path, struct daybook_error *error) {
    long http = 0;
    CURLcode code = perform(remote, path, remote->headers, &http);
    if (code == CURLE_ABORTED_BY_CALLBACK) {
        return daybook_fail(error, DAYBOOK_STOPPED, _("stopped while %s had not answered"), remote->url);
    }
    if (code != CURLE_OK) {
        return fail_to_reach(remote, code, error);
    }
    return http == 200 ? DAYBOOK_OK : fail_as_told(remote, read_answer_json(remote), http, error);
}

/* ---- opening ---- */

/* "Authorization: Bearer TOKEN" behind the other headers; NULL: memory was refused. */
static struct curl_slist *add_token(struct curl_slist *headers, const char *token) {
    char line[TOKEN_LINE_BYTES];
    if (headers == NULL || token == NULL || *token == '\0') {
        return headers;
    }
    (void)snprintf(line, sizeof line, "Authorization: Bearer %s", token);
    struct curl_slist *longer = curl_slist_append(headers, line);
    OPENSSL_cleanse(line, sizeof line);
    return longer;
}

/* NULL: memory was refused. */
static struct curl_slist *make_headers(const char *type, const char *token) {
    struct curl_slist *headers = curl_slist_append(NULL, type);
    struct curl_slist *more = headers == NULL ? NULL : curl_slist_append(headers, "Connect-Protocol-Version: 1");
    more = more == NULL ? NULL : curl_slist_append(more, "Expect:"); /* No question before the question. */
    if (add_token(more, token) == NULL) {
        curl_slist_free_all(headers);
        return NULL;
    }
    return headers;
}

static enum daybook_status make_handle(struct remote *remote, const char *token, struct daybook_error *error) {
    remote->curl = curl_easy_init();
    remote->headers = make_headers("Content-Type: application/proto", token);
    remote->stream_headers = make_headers("Content-Type: application/connect+proto", token);
    if (remote->curl == NULL || remote->headers == NULL || remote->stream_headers == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, _("asking %s: memory was refused"), remote->url);
    }
    const char *authority = getenv("DAYBOOK_SERVER_CA");
    if (authority != NULL && *authority != '\0') {
        (void)curl_easy_setopt(remote->curl, CURLOPT_CAINFO, authority);
    }
    (void)curl_easy_setopt(remote->curl, CURLOPT_ACCEPT_ENCODING, "gzip");
    (void)curl_easy_setopt(remote->curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    (void)curl_easy_setopt(remote->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(remote->curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(remote->curl, CURLOPT_TCP_KEEPALIVE, 1L); /* Who waits for a stream notices that it died. */
    (void)curl_easy_setopt(remote->curl, CURLOPT_ERRORBUFFER, remote->failure);
    (void)curl_easy_setopt(remote->curl, CURLOPT_WRITEFUNCTION, take_answer);
    (void)curl_easy_setopt(remote->curl, CURLOPT_WRITEDATA, remote);
    return DAYBOOK_OK;
}

static void close_http(struct remote *remote) {
    curl_easy_cleanup(remote->curl);
    curl_slist_free_all(remote->headers);
    curl_slist_free_all(remote->stream_headers);
    methods_close(&remote->methods);
    daybook_buffer_release(&remote->body);
    daybook_buffer_release(&remote->answer);
    arena_release(&remote->config_arena);
    free(remote);
}

static enum daybook_status open_http(const char *url, const char *token, struct remote **remote,
                                     struct daybook_error *error) {
    *remote = NULL;
    if ((strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) || strlen(url) >= URL_BYTES) {
        return daybook_fail(error, DAYBOOK_INVALID, _("\"%.80s\" is no server; one is http://127.0.0.1:7420"), url);
    }
    if (token != NULL && (strlen(token) > 128 || strpbrk(token, "\r\n") != NULL)) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s", _("the token is none that \"daybook token create\" made"));
    }
    struct remote *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, _("asking %.80s: memory was refused"), url);
    }
    fresh->base.way = &remote_http;
    (void)strcpy(fresh->url, url);
    for (size_t size = strlen(fresh->url); size > 0 && fresh->url[size - 1] == '/'; size--) {
        fresh->url[size - 1] = '\0';
    }
    arena_init(&fresh->config_arena, CONFIG_ARENA_BYTES);
    enum daybook_status status = methods_open(&fresh->methods, error);
    if (status == DAYBOOK_OK) {
        status = make_handle(fresh, token, error);
    }
    if (status != DAYBOOK_OK) {
        close_http(fresh);
        return status;
    }
    *remote = fresh;
    return DAYBOOK_OK;
}

/* ---- questions ---- */

static enum daybook_status call_http(struct remote *remote, const ProtobufCMessage *message, struct arena *arena,
                                     ProtobufCMessage **answer, struct daybook_error *error) {
    const struct method *method = methods_find_input(&remote->methods, message->descriptor);
    if (method == NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, _("no call of a server takes a %s"),
                            message->descriptor->short_name);
    }
    daybook_buffer_reset(&remote->body);
    if (wire_encode(message, &remote->body) != DAYBOOK_OK) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, _("asking %s: memory was refused"), remote->url);
    }
    /* A question may be dropped. What was submitted may be recorded: its answer is waited for. */
    watch_interrupt(remote, true);
    enum daybook_status status = post(remote, method->path, error);
    watch_interrupt(remote, false);
    if (status != DAYBOOK_OK) {
        return status;
    }
    status = wire_decode(method->output, daybook_buffer_view(&remote->answer), arena, answer, error);
    if (status == DAYBOOK_DAMAGED) {
        return daybook_fail_in(error, _("reading the answer of %s, which may be of another version"), remote->url);
    }
    return status == DAYBOOK_OK
               ? status
               : daybook_fail(error, status, _("reading the answer of %s: memory was refused"), remote->url);
}

static enum daybook_status ask_http(struct remote *remote, const Pb__Query *query, struct arena *arena,
                                    ProtobufCMessage **answer, struct daybook_error *error) {
    const ProtobufCFieldDescriptor *arm =
        protobuf_c_message_descriptor_get_field(&pb__query__descriptor, (unsigned)query->question_case);
    if (arm == NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s", _("the query asks nothing; set one of its questions"));
    }
    return call_http(remote, *(ProtobufCMessage *const *)field_member(&query->base, arm), arena, answer, error);
}

static enum daybook_status config_http(struct remote *remote, const Pb__LedgerConfig **config,
                                       struct daybook_error *error) {
    Pb__StatusQuery asked = PB__STATUS_QUERY__INIT;
    ProtobufCMessage *answer;
    if (remote->config == NULL) {
        enum daybook_status status = call_http(remote, &asked.base, &remote->config_arena, &answer, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
        remote->config = ((const Pb__StatusAnswer *)answer)->config;
    }
    *config = remote->config;
    return remote->config != NULL
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_IO, _("%s does not say how its ledger was made"), remote->url);
}

/* ---- streams ---- */

/* Envelopes as they come out of HTTP's pieces: at most one of them is held, in remote->answer. */
struct stream {
    struct remote *remote;
    remote_take *take;
    void *context;
    struct daybook_error *error;
    enum daybook_status status;
    bool is_ended; /* Its last envelope has come. */
};

static uint32_t size_of_envelope(const uint8_t *head) {
    return (uint32_t)head[1] << 24 | (uint32_t)head[2] << 16 | (uint32_t)head[3] << 8 | head[4];
}

/* {} or {"error":{"code","message"}} */
static enum daybook_status take_end(struct stream *stream, struct daybook_bytes bytes) {
    json_t *end = json_loadb((const char *)bytes.data, bytes.size, 0, NULL);
    json_t *told = json_object_get(end, "error");
    stream->is_ended = json_is_object(end);
    if (told != NULL || !stream->is_ended) {
        stream->status = fail_as_told(stream->remote, json_incref(told), 200, stream->error);
    }
    json_decref(end);
    return stream->status;
}

/* The envelopes that have come whole. */
static enum daybook_status take_envelopes(struct stream *stream) {
    struct daybook_buffer *held = &stream->remote->answer;
    size_t at = 0;
    while (stream->status == DAYBOOK_OK && held->size - at >= ENVELOPE_HEAD_BYTES) {
        uint32_t size = size_of_envelope(held->data + at);
        if (size > STREAM_MESSAGE_BYTES || (held->data[at] & ~ENVELOPE_END) != 0) {
            stream->status =
                daybook_fail(stream->error, DAYBOOK_IO, _("asking %s: its answer is no stream of a daybook server's"),
                             stream->remote->url);
            break;
        }
        if (held->size - at - ENVELOPE_HEAD_BYTES < size) {
            break;
        }
        struct daybook_bytes message = {held->data + at + ENVELOPE_HEAD_BYTES, size};
        stream->status = held->data[at] == ENVELOPE_END ? take_end(stream, message)
                                                        : stream->take(stream->context, message, stream->error);
        at += ENVELOPE_HEAD_BYTES + size;
    }
    if (at > 0) {
        memmove(held->data, held->data + at, held->size - at);
        held->size -= at;
    }
    return stream->status;
}

static size_t take_stream(char *data, size_t size, size_t count, void *context) {
    struct stream *stream = context;
    struct daybook_buffer *held = &stream->remote->answer;
    long http = 0;
    (void)curl_easy_getinfo(stream->remote->curl, CURLINFO_RESPONSE_CODE, &http);
    if (http != 200 && held->size > TOLD_BYTES) {
        return size * count; /* A long complaint; its beginning is enough. */
    }
    if (daybook_buffer_append(held, data, size * count) != DAYBOOK_OK) {
        stream->status =
            daybook_fail(stream->error, DAYBOOK_NO_MEMORY, _("asking %s: memory was refused"), stream->remote->url);
        return 0;
    }
    return http != 200 || take_envelopes(stream) == DAYBOOK_OK ? size * count : 0;
}

static enum daybook_status finish_stream(const struct stream *stream, CURLcode code, long http) {
    struct remote *remote = stream->remote;
    if (stream->status != DAYBOOK_OK) {
        return stream->status;
    }
    if (code == CURLE_ABORTED_BY_CALLBACK) {
        return daybook_fail(stream->error, DAYBOOK_STOPPED, "%s", _("stopped; nothing is left behind"));
    }
    if (code != CURLE_OK) {
        return fail_to_reach(remote, code, stream->error);
    }
    if (http != 200) {
        return fail_as_told(remote, read_answer_json(remote), http, stream->error);
    }
    if (!stream->is_ended) {
        remote->is_away = true;
        return daybook_fail(stream->error, DAYBOOK_IO, _("asking %s: its answer broke off"), remote->url);
    }
    return DAYBOOK_OK;
}

static bool is_away_http(const struct remote *remote) {
    return remote->is_away;
}

static bool is_stream_http(const struct remote *remote, const ProtobufCMessage *message) {
    const struct method *method = methods_find_input(&remote->methods, message->descriptor);
    return method != NULL && method->is_stream;
}

/* The one message of the request, in its envelope. */
static enum daybook_status wrap_request(struct remote *remote, const ProtobufCMessage *message,
                                        struct daybook_error *error) {
    daybook_buffer_reset(&remote->body);
    return connect_write_envelope(CODEC_PROTO, message, &remote->body) == DAYBOOK_OK
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_NO_MEMORY, _("asking %s: memory was refused"), remote->url);
}

static enum daybook_status stream_http(struct remote *remote, const ProtobufCMessage *message, remote_take *take,
                                       void *context, struct daybook_error *error) {
    const struct method *method = methods_find_input(&remote->methods, message->descriptor);
    struct stream stream = {.remote = remote, .take = take, .context = context, .error = error};
    long http = 0;
    if (method == NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, _("no call of a server takes a %s"),
                            message->descriptor->short_name);
    }
    DAYBOOK_TRY(wrap_request(remote, message, error));
    (void)curl_easy_setopt(remote->curl, CURLOPT_WRITEFUNCTION, take_stream);
    (void)curl_easy_setopt(remote->curl, CURLOPT_WRITEDATA, &stream);
    watch_interrupt(remote, true);
    CURLcode code = perform(remote, method->path, remote->stream_headers, &http);
    watch_interrupt(remote, false);
    (void)curl_easy_setopt(remote->curl, CURLOPT_WRITEFUNCTION, take_answer);
    (void)curl_easy_setopt(remote->curl, CURLOPT_WRITEDATA, remote);
    return finish_stream(&stream, code, http);
}

/* ---- submissions ---- */

/* Events of a dry run, encoded again: the same bytes, because encoding has one form. */
static enum daybook_status take_events(const Pb__Answer *told, struct arena *arena, struct daybook_answer *answer) {
    struct daybook_bytes *events = arena_alloc(arena, told->n_would_append * sizeof *events + 1);
    struct daybook_buffer encoded = {0};
    enum daybook_status status = events == NULL ? DAYBOOK_NO_MEMORY : DAYBOOK_OK;
    for (size_t i = 0; status == DAYBOOK_OK && i < told->n_would_append; i++) {
        daybook_buffer_reset(&encoded);
        status = wire_encode(&told->would_append[i]->base, &encoded);
        char *copy = status == DAYBOOK_OK ? arena_copy_text(arena, (const char *)encoded.data, encoded.size) : NULL;
        events[i] = (struct daybook_bytes){(const uint8_t *)copy, encoded.size};
        status = copy == NULL ? DAYBOOK_NO_MEMORY : status;
    }
    daybook_buffer_release(&encoded);
    answer->events = told->n_would_append == 0 ? NULL : events;
    answer->event_count = told->n_would_append;
    return status;
}

static enum daybook_status take_answers(const Pb__SubmitResponse *response, struct arena *arena,
                                        struct daybook_answer *items, struct daybook_error *error) {
    for (size_t i = 0; i < response->n_answers; i++) {
        const Pb__Answer *told = response->answers[i];
        items[i] = (struct daybook_answer){
            .first_sequence = told->first_sequence,
            .last_sequence = told->last_sequence,
            .recorded_at_us = told->recorded_at_us,
            .is_repeated = told->repeated,
            .refusal = told->refusal,
            .warning = told->n_warnings == 0 ? NULL : told->warnings[0],
            .remainders = told->remainders,
            .remainder_count = told->n_remainders,
        };
        if (take_events(told, arena, &items[i]) != DAYBOOK_OK) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("reading the answers: memory was refused"));
        }
    }
    return DAYBOOK_OK;
}

/* The requests are bytes already: the message around them is put together here. */
static enum daybook_status put_requests(struct remote *remote, const struct daybook_submission *submission,
                                        const struct daybook_bytes *requests, size_t count) {
    enum { TAG_REQUESTS = 1 << 3 | 2, TAG_ATOMIC = 2 << 3, TAG_DRY_RUN = 3 << 3, TAG_REMAINDERS = 4 << 3 };
    uint8_t head[16] = {TAG_REQUESTS};
    enum daybook_status status = DAYBOOK_OK;
    daybook_buffer_reset(&remote->body);
    for (size_t i = 0; status == DAYBOOK_OK && i < count; i++) {
        size_t size = 1 + varint_store(head + 1, requests[i].size);
        status = daybook_buffer_append(&remote->body, head, size);
        if (status == DAYBOOK_OK) {
            status = daybook_buffer_append(&remote->body, requests[i].data, requests[i].size);
        }
    }
    if (status == DAYBOOK_OK && submission->mode != DAYBOOK_SUBMIT_EACH) {
        const uint8_t flag[] = {submission->mode == DAYBOOK_SUBMIT_GROUP ? TAG_ATOMIC : TAG_DRY_RUN, 1};
        status = daybook_buffer_append(&remote->body, flag, sizeof flag);
    }
    if (status == DAYBOOK_OK && submission->tells_remainders) {
        const uint8_t flag[] = {TAG_REMAINDERS, 1};
        status = daybook_buffer_append(&remote->body, flag, sizeof flag);
    }
    return status;
}

/* As many as fit one call; a group is never cut. */
static size_t count_for_call(const struct daybook_bytes *requests, size_t count, enum daybook_submit_mode mode) {
    size_t bytes = 0;
    for (size_t i = 0; i < count && mode != DAYBOOK_SUBMIT_GROUP; i++) {
        bytes += requests[i].size;
        if (i > 0 && bytes > SUBMIT_BYTES) {
            return i;
        }
    }
    return count;
}

static enum daybook_status submit_some(struct remote *remote, const struct daybook_submission *submission,
                                       const struct daybook_bytes *requests, size_t count, struct arena *arena,
                                       struct daybook_answer *items, struct daybook_error *error) {
    ProtobufCMessage *message;
    const struct method *method = methods_find_input(&remote->methods, &pb__submit_request__descriptor);
    if (put_requests(remote, submission, requests, count) != DAYBOOK_OK) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("submitting: memory was refused"));
    }
    enum daybook_status status = post(remote, method->path, error);
    if (status == DAYBOOK_OK) {
        status = wire_decode(method->output, daybook_buffer_view(&remote->answer), arena, &message, error);
    }
    if (status != DAYBOOK_OK) {
        return status;
    }
    const Pb__SubmitResponse *response = (const Pb__SubmitResponse *)message;
    if (response->n_answers != count) {
        return daybook_fail(error, DAYBOOK_IO, _("%s answered %zu of %zu requests"), remote->url, response->n_answers,
                            count);
    }
    return take_answers(response, arena, items, error);
}

static enum daybook_status submit_http(struct remote *remote, struct daybook_submission *submission,
                                       struct daybook_error *error) {
    struct arena *arena;
    struct daybook_answers *answers = &submission->answers;
    enum daybook_status status = ledger_make_answers(submission->count, answers, &arena, error);
    for (size_t done = 0; status == DAYBOOK_OK && done < submission->count;) {
        const struct daybook_bytes *rest = submission->requests + done;
        size_t some = count_for_call(rest, submission->count - done, submission->mode);
        status = submit_some(remote, submission, rest, some, arena, answers->items + done, error);
        done += some;
    }
    if (status != DAYBOOK_OK) {
        daybook_answers_release(answers);
    }
    return status;
}

const struct remote_way remote_http = {
    .open = open_http,
    .close = close_http,
    .config = config_http,
    .ask = ask_http,
    .call = call_http,
    .is_away = is_away_http,
    .is_stream = is_stream_http,
    .stream = stream_http,
    .submit = submit_http,
};
