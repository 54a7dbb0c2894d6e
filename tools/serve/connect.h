/*
 * The Connect protocol, as far as it is pure: codes, content types, envelopes,
 * the shape of an error. What speaks HTTP is in call.c.
 *
 *   CN1  A unary error is HTTP's status of its code, and one JSON object:
 *        {"code","message","details":[{"type","value","debug"}]}.
 *   CN2  A stream is always HTTP 200; its last envelope has flag 2 and says how it ended.
 *   CN3  A refusal that is an error carries daybook.v1.Refusal as its only detail.
 *
 * An envelope is 1 byte of flags, 4 bytes of size (big endian), the message.
 */
#ifndef DAYBOOK_TOOLS_SERVE_CONNECT_H
#define DAYBOOK_TOOLS_SERVE_CONNECT_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "daybook/v1/request.pb-c.h"

/* name, as written, HTTP status */
#define CONNECT_CODE_LIST(X)                                                                                           \
    X(OK, "ok", 200)                                                                                                   \
    X(CANCELED, "canceled", 499)                                                                                       \
    X(UNKNOWN, "unknown", 500)                                                                                         \
    X(INVALID_ARGUMENT, "invalid_argument", 400)                                                                       \
    X(DEADLINE_EXCEEDED, "deadline_exceeded", 504)                                                                     \
    X(NOT_FOUND, "not_found", 404)                                                                                     \
    X(ALREADY_EXISTS, "already_exists", 409)                                                                           \
    X(PERMISSION_DENIED, "permission_denied", 403)                                                                     \
    X(RESOURCE_EXHAUSTED, "resource_exhausted", 429)                                                                   \
    X(FAILED_PRECONDITION, "failed_precondition", 400)                                                                 \
    X(ABORTED, "aborted", 409)                                                                                         \
    X(OUT_OF_RANGE, "out_of_range", 400)                                                                               \
    X(UNIMPLEMENTED, "unimplemented", 501)                                                                             \
    X(INTERNAL, "internal", 500)                                                                                       \
    X(UNAVAILABLE, "unavailable", 503)                                                                                 \
    X(DATA_LOSS, "data_loss", 500)                                                                                     \
    X(UNAUTHENTICATED, "unauthenticated", 401)

enum connect_code {
#define CONNECT_CODE_ENUM(name, text, http) CONNECT_##name,
    CONNECT_CODE_LIST(CONNECT_CODE_ENUM)
#undef CONNECT_CODE_ENUM
        CONNECT_CODE_COUNT
};

const char *connect_code_name(enum connect_code code);
unsigned connect_code_http(enum connect_code code);

/* What a failing world is over the wire; what a refusal is. */
enum connect_code connect_code_of_status(enum daybook_status status);
enum connect_code connect_code_of_refusal(Pb__RefusalCode code);

/* The code by its name; false: there is no such code. For clients. */
bool connect_code_find(const char *name, enum connect_code *code);

enum connect_codec { CODEC_PROTO, CODEC_JSON };

struct connect_content {
    enum connect_codec codec;
    bool is_stream;
};

/* Of a Content-Type, whatever its parameters and case. False: none that Connect has. */
bool connect_read_content_type(const char *text, struct connect_content *content);
const char *connect_content_type(struct connect_content content);

/* 1 to 10 digits of Connect-Timeout-Ms. */
bool connect_read_timeout(const char *text, uint64_t *timeout_ms);

/* Appends a message in its codec. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status connect_write_message(enum connect_codec codec, const ProtobufCMessage *message,
                                                           struct daybook_buffer *out);

/* Reads one. INVALID: it is none; NO_MEMORY: the arena refused. */
DAYBOOK_MUST_USE enum daybook_status connect_read_message(enum connect_codec codec, struct daybook_bytes bytes,
                                                          const ProtobufCMessageDescriptor *descriptor,
                                                          struct arena *arena, ProtobufCMessage **message,
                                                          struct daybook_error *error);

/* Appends the JSON of an error; `refusal` may be NULL. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status connect_write_error(enum connect_code code, const char *message,
                                                         const Pb__Refusal *refusal, struct daybook_buffer *out);

enum { ENVELOPE_HEAD_BYTES = 5, ENVELOPE_COMPRESSED = 1, ENVELOPE_END = 2 };

/* Appends one enveloped message. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status connect_write_envelope(enum connect_codec codec, const ProtobufCMessage *message,
                                                            struct daybook_buffer *out);
/* Appends the last one: CONNECT_OK, or an error. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status connect_write_end(enum connect_code code, const char *message,
                                                       struct daybook_buffer *out);
/* The same around the JSON of an error. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status connect_wrap_end(struct daybook_bytes error, struct daybook_buffer *out);
/* The one message of a request to a stream: its flags and bytes. False: it is not exactly one whole envelope. */
bool connect_read_envelope(struct daybook_bytes body, uint8_t *flags, struct daybook_bytes *message);

#endif
