/* The Connect protocol, as far as it is pure: codes, content types, envelopes, the shape of an error. */
#include "tools/serve/connect.h"

#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "codec/answer_encode.h"
#include "codec/wire.h"
#include "tools/json_message.h"

struct code_row {
    const char *name;
    unsigned http;
};

static const struct code_row code_rows[] = {
#define CONNECT_CODE_ROW(name, text, http) {text, http},
    CONNECT_CODE_LIST(CONNECT_CODE_ROW)
#undef CONNECT_CODE_ROW
};

const char *connect_code_name(enum connect_code code) {
    return code_rows[code].name;
}

unsigned connect_code_http(enum connect_code code) {
    return code_rows[code].http;
}

bool connect_code_find(const char *name, enum connect_code *code) {
    for (int i = 0; i < CONNECT_CODE_COUNT; i++) {
        if (strcmp(code_rows[i].name, name) == 0) {
            *code = (enum connect_code)i;
            return true;
        }
    }
    return false;
}

enum connect_code connect_code_of_status(enum daybook_status status) {
    switch (status) {
    case DAYBOOK_OK:
        return CONNECT_OK;
    case DAYBOOK_INVALID:
        return CONNECT_INVALID_ARGUMENT;
    case DAYBOOK_NOT_FOUND:
        return CONNECT_NOT_FOUND;
    case DAYBOOK_EXISTS:
        return CONNECT_ALREADY_EXISTS;
    case DAYBOOK_LIMIT:
    case DAYBOOK_NO_MEMORY:
        return CONNECT_RESOURCE_EXHAUSTED;
    case DAYBOOK_BUSY:
    case DAYBOOK_BEHIND:
    case DAYBOOK_STOPPED:
    case DAYBOOK_IO:
        return CONNECT_UNAVAILABLE;
    case DAYBOOK_READ_ONLY:
        return CONNECT_FAILED_PRECONDITION;
    case DAYBOOK_VERSION:
        return CONNECT_INTERNAL;
    case DAYBOOK_DAMAGED:
        return CONNECT_DATA_LOSS;
    }
    return CONNECT_UNKNOWN;
}

/* What is wrong with the request itself, what is not there, what is there already; all else is the ledger's state. */
enum connect_code connect_code_of_refusal(Pb__RefusalCode code) {
    if (code == PB__REFUSAL_CODE__REFUSAL_CODE_UNKNOWN_CUSTOMER ||
        code == PB__REFUSAL_CODE__REFUSAL_CODE_UNKNOWN_DOCUMENT) {
        return CONNECT_NOT_FOUND;
    }
    if (code == PB__REFUSAL_CODE__REFUSAL_CODE_DUPLICATE_CUSTOMER ||
        code == PB__REFUSAL_CODE__REFUSAL_CODE_DUPLICATE_DOCUMENT ||
        code == PB__REFUSAL_CODE__REFUSAL_CODE_KEY_REUSED) {
        return CONNECT_ALREADY_EXISTS;
    }
    if (code == PB__REFUSAL_CODE__REFUSAL_CODE_MALFORMED || code == PB__REFUSAL_CODE__REFUSAL_CODE_DATE_INVALID ||
        code == PB__REFUSAL_CODE__REFUSAL_CODE_AMOUNT_NOT_POSITIVE ||
        code == PB__REFUSAL_CODE__REFUSAL_CODE_CURRENCY_UNKNOWN ||
        code == PB__REFUSAL_CODE__REFUSAL_CODE_REASON_REQUIRED) {
        return CONNECT_INVALID_ARGUMENT;
    }
    if (code == PB__REFUSAL_CODE__REFUSAL_CODE_ROLE_NOT_ALLOWED || code == PB__REFUSAL_CODE__REFUSAL_CODE_SAME_PERSON) {
        return CONNECT_PERMISSION_DENIED;
    }
    if (code == PB__REFUSAL_CODE__REFUSAL_CODE_UNSUPPORTED) {
        return CONNECT_UNIMPLEMENTED;
    }
    return CONNECT_FAILED_PRECONDITION;
}

/* ---- content types ---- */

static const struct content_row {
    const char *name;
    struct connect_content content;
} content_rows[] = {
    {"application/proto", {CODEC_PROTO, false}},
    {"application/json", {CODEC_JSON, false}},
    {"application/connect+proto", {CODEC_PROTO, true}},
    {"application/connect+json", {CODEC_JSON, true}},
};
enum { CONTENT_ROWS = sizeof content_rows / sizeof *content_rows };

bool connect_read_content_type(const char *text, struct connect_content *content) {
    size_t size = strcspn(text, "; \t");
    for (int i = 0; i < CONTENT_ROWS; i++) {
        if (strlen(content_rows[i].name) == size && strncasecmp(content_rows[i].name, text, size) == 0) {
            *content = content_rows[i].content;
            return true;
        }
    }
    return false;
}

const char *connect_content_type(struct connect_content content) {
    return content_rows[(content.is_stream ? 2 : 0) + (content.codec == CODEC_JSON ? 1 : 0)].name;
}

bool connect_read_timeout(const char *text, uint64_t *timeout_ms) {
    size_t size = strlen(text);
    if (size == 0 || size > 10 || strspn(text, "0123456789") != size) {
        return false;
    }
    *timeout_ms = 0;
    for (size_t i = 0; i < size; i++) {
        *timeout_ms = *timeout_ms * 10 + (uint64_t)(text[i] - '0');
    }
    return true;
}

/* ---- messages ---- */

enum daybook_status connect_write_message(enum connect_codec codec, const ProtobufCMessage *message,
                                          struct daybook_buffer *out) {
    return codec == CODEC_JSON ? json_write_message(message, out) : answer_encode(message, out);
}

enum daybook_status connect_read_message(enum connect_codec codec, struct daybook_bytes bytes,
                                         const ProtobufCMessageDescriptor *descriptor, struct arena *arena,
                                         ProtobufCMessage **message, struct daybook_error *error) {
    if (codec == CODEC_JSON) {
        static const uint8_t empty[] = "{}";
        bool is_empty = bytes.size == 0; /* "curl -d ''" asks for the message without fields. */
        return json_read_message(is_empty ? (struct daybook_bytes){empty, 2} : bytes, descriptor, arena, message,
                                 error);
    }
    enum daybook_status status = wire_decode(descriptor, bytes, arena, message, error);
    if (status == DAYBOOK_DAMAGED) {
        status = daybook_fail_in(error, "reading a %s", descriptor->short_name);
        if (error != NULL) {
            error->status = DAYBOOK_INVALID;
        }
        status = DAYBOOK_INVALID; /* Nothing that is stored is damaged: a caller sent it. */
    }
    return status;
}

/* ---- errors ---- */

static enum daybook_status append_text(struct daybook_buffer *out, const char *text) {
    return daybook_buffer_append(out, text, strlen(text));
}

/* The value is base64 without padding, as Connect writes it. */
static enum daybook_status write_detail(const Pb__Refusal *refusal, struct daybook_buffer *out) {
    struct daybook_buffer bytes = {0};
    enum daybook_status status = wire_encode(&refusal->base, &bytes);
    if (status == DAYBOOK_OK) {
        status = append_text(out, ",\"details\":[{\"type\":\"daybook.v1.Refusal\",\"value\":\"");
    }
    if (status == DAYBOOK_OK) {
        status = base64_append(out, daybook_buffer_view(&bytes));
    }
    while (status == DAYBOOK_OK && out->data[out->size - 1] == '=') {
        out->size--;
    }
    daybook_buffer_release(&bytes);
    if (status == DAYBOOK_OK) {
        status = append_text(out, "\",\"debug\":");
    }
    if (status == DAYBOOK_OK) {
        status = json_write_message(&refusal->base, out);
    }
    return status == DAYBOOK_OK ? append_text(out, "}]") : status;
}

enum daybook_status connect_write_error(enum connect_code code, const char *message, const Pb__Refusal *refusal,
                                        struct daybook_buffer *out) {
    DAYBOOK_TRY(append_text(out, "{\"code\":\""));
    DAYBOOK_TRY(append_text(out, connect_code_name(code)));
    DAYBOOK_TRY(append_text(out, "\",\"message\":"));
    DAYBOOK_TRY(json_write_text(out, message));
    if (refusal != NULL) {
        DAYBOOK_TRY(write_detail(refusal, out));
    }
    return append_text(out, "}");
}

/* ---- envelopes ---- */

/* Room for the head of an envelope, filled by close_envelope. */
static enum daybook_status open_envelope(struct daybook_buffer *out, size_t *start) {
    static const uint8_t head[ENVELOPE_HEAD_BYTES];
    *start = out->size;
    return daybook_buffer_append(out, head, sizeof head);
}

static void close_envelope(struct daybook_buffer *out, size_t start, uint8_t flags) {
    out->data[start] = flags;
    store_be32(out->data + start + 1, (uint32_t)(out->size - start - ENVELOPE_HEAD_BYTES));
}

enum daybook_status connect_write_envelope(enum connect_codec codec, const ProtobufCMessage *message,
                                           struct daybook_buffer *out) {
    size_t start;
    DAYBOOK_TRY(open_envelope(out, &start));
    enum daybook_status status = connect_write_message(codec, message, out);
    if (status == DAYBOOK_OK) {
        close_envelope(out, start, 0);
    }
    return status;
}

enum daybook_status connect_wrap_end(struct daybook_bytes error, struct daybook_buffer *out) {
    size_t start;
    DAYBOOK_TRY(open_envelope(out, &start));
    enum daybook_status status = append_text(out, error.size == 0 ? "{" : "{\"error\":");
    if (status == DAYBOOK_OK) {
        status = daybook_buffer_append(out, error.data, error.size);
    }
    if (status == DAYBOOK_OK) {
        status = append_text(out, "}");
    }
    if (status == DAYBOOK_OK) {
        close_envelope(out, start, ENVELOPE_END);
    }
    return status;
}

enum daybook_status connect_write_end(enum connect_code code, const char *message, struct daybook_buffer *out) {
    struct daybook_buffer error = {0};
    enum daybook_status status = code == CONNECT_OK ? DAYBOOK_OK : connect_write_error(code, message, NULL, &error);
    if (status == DAYBOOK_OK) {
        status = connect_wrap_end(daybook_buffer_view(&error), out);
    }
    daybook_buffer_release(&error);
    return status;
}

bool connect_read_envelope(struct daybook_bytes body, uint8_t *flags, struct daybook_bytes *message) {
    if (body.size < ENVELOPE_HEAD_BYTES || load_be32(body.data + 1) != body.size - ENVELOPE_HEAD_BYTES) {
        return false;
    }
    *flags = body.data[0];
    *message = (struct daybook_bytes){body.data + ENVELOPE_HEAD_BYTES, body.size - ENVELOPE_HEAD_BYTES};
    return true;
}
