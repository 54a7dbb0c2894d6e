/* What the headers of a request decide: which call it is, in which form it comes, and who asks. */
#include "tools/serve/call_headers.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "engine/ledger.h"
#include "tools/serve/codings.h"
#include "tools/serve/framing.h"
#include "tools/serve/loop.h"
#include "tools/serve/page.h"
#include "tools/serve/peer.h"
#include "tools/serve/server.h"

#define MS_NS UINT64_C(1000000)

enum { TARGET_HOST_BYTES = 256 };

static const char accept_post[] =
    "application/json, application/proto, application/connect+json, application/connect+proto";

/* Headers that decide something. */
enum known_header {
    HEADER_AUTHORIZATION,
    HEADER_CONNECT_ENCODING,
    HEADER_CONNECT_TIMEOUT,
    HEADER_CONNECT_VERSION,
    HEADER_CONTENT_ENCODING,
    HEADER_CONTENT_LENGTH,
    HEADER_CONTENT_TYPE,
    HEADER_HOST,
    HEADER_COUNT
};

/* What came of them, out of one pass over all headers. */
struct headers {
    const char *values[HEADER_COUNT]; /* NULL: absent; of several the first. Borrowed until the call ends. */
    struct codings codings;
    struct framing framing;
};

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                   const char *value, size_t value_size) {
    static const struct {
        const char *name;
        size_t size;
    } known[HEADER_COUNT] = {
#define KNOWN(name) {name, sizeof(name) - 1}
        [HEADER_AUTHORIZATION] = KNOWN(MHD_HTTP_HEADER_AUTHORIZATION),
        [HEADER_CONNECT_ENCODING] = KNOWN("Connect-Content-Encoding"),
        [HEADER_CONNECT_TIMEOUT] = KNOWN("Connect-Timeout-Ms"),
        [HEADER_CONNECT_VERSION] = KNOWN("Connect-Protocol-Version"),
        [HEADER_CONTENT_ENCODING] = KNOWN(MHD_HTTP_HEADER_CONTENT_ENCODING),
        [HEADER_CONTENT_LENGTH] = KNOWN(MHD_HTTP_HEADER_CONTENT_LENGTH),
        [HEADER_CONTENT_TYPE] = KNOWN(MHD_HTTP_HEADER_CONTENT_TYPE),
        [HEADER_HOST] = KNOWN(MHD_HTTP_HEADER_HOST),
#undef KNOWN
    };
    static const char accept_encoding[] = MHD_HTTP_HEADER_ACCEPT_ENCODING;
    struct headers *headers = context;
    (void)kind;
    framing_add(&headers->framing, name, name_size, value, value_size);
    if (name_size == sizeof accept_encoding - 1 && strncasecmp(accept_encoding, name, name_size) == 0) {
        codings_add(&headers->codings, value);
        return MHD_YES;
    }
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        if (known[i].size == name_size && strncasecmp(known[i].name, name, name_size) == 0) {
            headers->values[i] = headers->values[i] == NULL ? value : headers->values[i];
            break;
        }
    }
    return MHD_YES;
}

const char *call_parameter(const struct call *call, const char *name) {
    const char *value = MHD_lookup_connection_value(call->connection, MHD_GET_ARGUMENT_KIND, name);
    return value == NULL ? "" : value;
}

/* An answer that is no result of the call: its HTTP status is said apart from the code. */
static void refuse_http(struct call *call, enum connect_code code, unsigned http, const char *name, const char *value,
                        const char *message) {
    call->reply.http = http;
    call_fail(call, code, "%s", message);
    call->reply.header_name = name;
    call->reply.header_value = value;
}

static void choose_coding(struct call *call, const struct codings *codings) {
    call->accepts_gzip = codings_take_gzip(codings);
    call->needs_gzip = call->accepts_gzip && codings_refuse_identity(codings);
}

static bool read_encoding(struct call *call, const char *encoding) {
    if (encoding == NULL || codings_is_identity(encoding)) {
        return true;
    }
    call->is_gzip_body = codings_is_gzip(encoding);
    if (!call->is_gzip_body || call->content.is_stream) {
        call_fail(call, CONNECT_UNIMPLEMENTED, "the compression \"%.32s\" is unknown here; %s", encoding,
                  call->content.is_stream ? "a stream takes identity" : "identity and gzip are known");
        return false;
    }
    return true;
}

/* A stream goes on until its client has enough; a question that changes something (Rebuild) takes as long as the ledger
 * is large, and goes on whether or not it is answered. */
static bool is_without_limit(const struct call *call) {
    return call->content.is_stream || (call->method->route == ROUTE_QUESTION && !call->method->is_safe);
}

static bool read_time_limit(struct call *call, const struct headers *headers) {
    const char *text = headers->values[HEADER_CONNECT_TIMEOUT];
    uint64_t timeout_ms = call->server->options.call_timeout_ms;
    uint64_t asked_ms;
    if (text != NULL) {
        if (!connect_read_timeout(text, &asked_ms)) {
            call_fail(call, CONNECT_INVALID_ARGUMENT, "Connect-Timeout-Ms is not 1 to 10 digits");
            return false;
        }
        timeout_ms = asked_ms < timeout_ms || is_without_limit(call) ? asked_ms : timeout_ms;
    } else if (is_without_limit(call)) {
        return true;
    }
    call->deadline_ns = call->start_ns + timeout_ms * MS_NS;
    return true;
}

static bool check_protocol(struct call *call, const char *version, const char *expected) {
    if (version != NULL && *version != '\0' && strcmp(version, expected) != 0) {
        call_fail(call, CONNECT_INVALID_ARGUMENT, "the version of the Connect protocol is \"%.16s\"; this is version 1",
                  version);
        return false;
    }
    return true;
}

/* POST: everything is in the headers. False: the reply says why not. */
static bool read_post(struct call *call, const struct headers *headers) {
    const char *type = headers->values[HEADER_CONTENT_TYPE];
    if (type == NULL || !connect_read_content_type(type, &call->content) ||
        call->content.is_stream != call->method->is_stream) {
        refuse_http(call, CONNECT_INVALID_ARGUMENT, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "Accept-Post", accept_post,
                    call->method->is_stream ? "this call takes application/connect+proto or application/connect+json"
                                            : "this call takes application/json or application/proto");
        return false;
    }
    bool is_stream = call->content.is_stream;
    if (!is_stream) {
        choose_coding(call, &headers->codings);
    }
    return check_protocol(call, headers->values[HEADER_CONNECT_VERSION], "1") &&
           read_encoding(call, headers->values[is_stream ? HEADER_CONNECT_ENCODING : HEADER_CONTENT_ENCODING]) &&
           read_time_limit(call, headers);
}

/* What a GET says in its query; what else is there is for others. */
static const char *const get_parameters[] = {"base64", "compression", "connect", "encoding", "message"};
enum { GET_PARAMETERS = sizeof get_parameters / sizeof *get_parameters };

struct given {
    bool is_seen[GET_PARAMETERS];
    const char *twice; /* NULL: none is. */
};

static enum MHD_Result note_given(void *context, enum MHD_ValueKind kind, const char *name, const char *value) {
    struct given *given = context;
    (void)kind;
    (void)value;
    for (size_t i = 0; i < GET_PARAMETERS; i++) {
        if (strcmp(get_parameters[i], name) == 0) {
            given->twice = given->is_seen[i] ? name : given->twice;
            given->is_seen[i] = true;
        }
    }
    return MHD_YES;
}

/* Of two messages neither is what was asked. False: the reply says so. */
static bool check_given_once(struct call *call) {
    struct given given = {0};
    (void)MHD_get_connection_values(call->connection, MHD_GET_ARGUMENT_KIND, note_given, &given);
    if (given.twice != NULL) {
        call_fail(call, CONNECT_INVALID_ARGUMENT, "\"%s\" is there more than once", given.twice);
    }
    return given.twice == NULL;
}

/* GET: everything is in the query, the message too. */
static bool read_get(struct call *call, const struct headers *headers) {
    const char *encoding = call_parameter(call, "encoding");
    const char *message = NULL;
    size_t size = 0;
    bool is_json = strcmp(encoding, "json") == 0;
    if (!is_json && strcmp(encoding, "proto") != 0) {
        refuse_http(call, CONNECT_INVALID_ARGUMENT, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, NULL, NULL,
                    "a GET names its encoding: ?encoding=json&message={...} or ?encoding=proto&base64=1&message=...");
        return false;
    }
    if (!check_given_once(call)) {
        return false;
    }
    call->content = (struct connect_content){is_json ? CODEC_JSON : CODEC_PROTO, false};
    choose_coding(call, &headers->codings);
    /* With its length: percent-encoded protobuf may hold NULs. */
    if (MHD_lookup_connection_value_n(call->connection, MHD_GET_ARGUMENT_KIND, "message", strlen("message"), &message,
                                      &size) != MHD_YES ||
        message == NULL) {
        message = "";
        size = 0;
    }
    uint8_t *room = daybook_buffer_reserve(&call->body, size + base64_decoded_max(size));
    if (room == NULL) {
        call_fail(call, CONNECT_RESOURCE_EXHAUSTED, "memory for the message was refused");
        return false;
    }
    if (strcmp(call_parameter(call, "base64"), "1") != 0) {
        memcpy(room, message, size);
        call->body.size = size;
    } else if (!base64_decode(message, size, room, &call->body.size)) {
        call_fail(call, CONNECT_INVALID_ARGUMENT, "message: not base64");
        return false;
    }
    return check_protocol(call, call_parameter(call, "connect"), "v1") &&
           read_encoding(call, call_parameter(call, "compression")) && read_time_limit(call, headers);
}

static bool read_method(struct call *call, const struct headers *headers, const char *verb) {
    bool may_get = call->method->is_safe && !call->method->is_stream;
    if (call->is_get && may_get) {
        return read_get(call, headers);
    }
    if (strcmp(verb, MHD_HTTP_METHOD_POST) == 0) {
        return read_post(call, headers);
    }
    refuse_http(call, CONNECT_UNIMPLEMENTED, MHD_HTTP_METHOD_NOT_ALLOWED, MHD_HTTP_HEADER_ALLOW,
                may_get ? "GET, HEAD, POST" : "POST",
                may_get ? "this call is asked with GET or POST" : "this call is asked with POST");
    return false;
}

/* False: the reply says why not, and what comes behind is not read. */
static bool check_framing(struct call *call, const struct framing *framing) {
    const char *fault = framing_end(framing, call->connection);
    if (fault != NULL) {
        call->reply.closes = true;
        call->has_no_end = true;
        call_fail(call, CONNECT_INVALID_ARGUMENT, "%s", fault);
    }
    return fault == NULL;
}

/* Who calls, and whether they may. False: the reply says why not. A false token ends its connection. */
static bool admit(struct call *call, const struct headers *headers) {
    const char *reason;
    const char *authorization = headers->values[HEADER_AUTHORIZATION];
    bool is_for_anybody = false;
    call->identity.names_machine = true;
    if (call->page != NULL || call->server->gate.trusts_machine) { /* Else it makes no difference. */
        call->identity.names_machine = authorise_names_machine(headers->values[HEADER_HOST]);
        is_for_anybody = call->page != NULL && page_is_for_anybody(call->page, call->identity.names_machine);
    }
    enum connect_code code =
        gate_identify(&call->server->gate, call->loop->sha256, &call->peer->pass, authorization, call->peer->address,
                      ledger_now_us(call->server->ledger), &call->identity, &reason);
    call->reply.closes = code != CONNECT_OK;
    if (code == CONNECT_OK) {
        code = authorise_call(&call->identity, call->method, is_for_anybody, &reason);
    }
    if (code == CONNECT_OK) {
        return true;
    }
    call_fail(call, code, "%s", reason);
    if (code == CONNECT_UNAUTHENTICATED) {
        call->reply.header_name = MHD_HTTP_HEADER_WWW_AUTHENTICATE;
        call->reply.header_value = "Bearer";
    }
    return false;
}

/* What stands behind the scheme of a whole URI; NULL: it is a path. */
static const char *find_authority(const char *target) {
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t size = strlen(schemes[i]);
        if (strncasecmp(target, schemes[i], size) == 0) {
            return target + size;
        }
    }
    return NULL;
}

/* A whole URI may stand for its path, as a proxy is asked (RFC 9112, 3.2.2); its host then counts for the header's, and
 * is copied to `host`. False: the reply says why not. */
static bool read_target(struct call *call, struct headers *headers, const char **target, char host[TARGET_HOST_BYTES]) {
    const char *authority = find_authority(*target);
    if (authority == NULL) {
        return true;
    }
    size_t size = strcspn(authority, "/");
    if (size == 0 || size >= TARGET_HOST_BYTES || memchr(authority, '@', size) != NULL) {
        call->reply.closes = true;
        call_fail(call, CONNECT_INVALID_ARGUMENT,
                  "the URI that is asked for has no host, or more than a host and port");
        return false;
    }
    memcpy(host, authority, size);
    host[size] = '\0';
    headers->values[HEADER_HOST] = host;
    *target = authority + size;
    return true;
}

bool call_read_headers(struct call *call, const char *url, const char *verb, const char *version) {
    char host[TARGET_HOST_BYTES];
    struct server *server = call->server;
    struct headers headers = {0};
    framing_begin(&headers.framing, verb, version);
    (void)MHD_get_connection_values_n(call->connection, MHD_HEADER_KIND, take_header, &headers);
    const char *length = headers.values[HEADER_CONTENT_LENGTH];
    call->announced_bytes = length == NULL ? 0 : strtoull(length, NULL, 10);
    call->is_head = strcmp(verb, MHD_HTTP_METHOD_HEAD) == 0;
    call->is_get = call->is_head || strcmp(verb, MHD_HTTP_METHOD_GET) == 0;
    if (!check_framing(call, &headers.framing) || !read_target(call, &headers, &url, host)) {
        return false;
    }
    call->method = methods_find(&server->methods, url);
    call->page = call->method == NULL ? page_find(url) : NULL;
    if (!admit(call, &headers)) {
        return false;
    }
    if (call->page == NULL && server_is_draining(server)) {
        call_fail(call, CONNECT_UNAVAILABLE, "the server is stopping; nothing of this call was done");
        return false;
    }
    if (call->page != NULL) {
        return true;
    }
    if (call->method == NULL || call->method->route == ROUTE_NONE) {
        refuse_http(call, CONNECT_UNIMPLEMENTED, MHD_HTTP_NOT_FOUND, NULL, NULL,
                    "there is no such call here; /openapi.json lists those that there are");
        return false;
    }
    return read_method(call, &headers, verb);
}
