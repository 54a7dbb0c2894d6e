/* Messages to proto3 JSON. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "tools/json_message.h"
#include "tools/message_field.h"

static enum daybook_status append(struct daybook_buffer *out, const char *text) {
    return daybook_buffer_append(out, text, strlen(text));
}

/* The escape of a byte that a JSON string cannot hold as it is; NULL = it can. */
static const char *escape_of(unsigned char byte, char room[8]) {
    switch (byte) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        /* DEL is legal in JSON, but not on a terminal. */
        if (byte >= 0x20 && byte != 0x7F) {
            return NULL;
        }
        (void)snprintf(room, 8, "\\u%04x", byte);
        return room;
    }
}

enum daybook_status json_write_text(struct daybook_buffer *out, const char *text) {
    enum daybook_status status = append(out, "\"");
    const char *run = text;
    for (const char *at = text; status == DAYBOOK_OK; at++) {
        char room[8];
        const char *escape = *at == '\0' ? "\"" : escape_of((unsigned char)*at, room);
        if (escape == NULL) {
            continue;
        }
        status = daybook_buffer_append(out, run, (size_t)(at - run));
        if (status == DAYBOOK_OK) {
            status = append(out, escape);
        }
        run = at + 1;
        if (*at == '\0') {
            break;
        }
    }
    return status;
}

static enum daybook_status write_bytes(struct daybook_buffer *out, const ProtobufCBinaryData *bytes) {
    enum daybook_status status = append(out, "\"");
    if (status == DAYBOOK_OK) {
        status = base64_append(out, (struct daybook_bytes){bytes->data, bytes->len});
    }
    return status == DAYBOOK_OK ? append(out, "\"") : status;
}

static enum daybook_status write_enum(struct daybook_buffer *out, const ProtobufCEnumDescriptor *descriptor,
                                      int value) {
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(descriptor, value);
    char text[96];
    if (found != NULL) {
        (void)snprintf(text, sizeof text, "\"%s\"", found->name);
    } else {
        (void)snprintf(text, sizeof text, "%d", value);
    }
    return append(out, text);
}

static enum daybook_status write_number(struct daybook_buffer *out, ProtobufCType type, const void *member) {
    char text[32];
    int32_t i32;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        memcpy(&i32, member, sizeof i32);
        (void)snprintf(text, sizeof text, "%" PRId32, i32);
        break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        memcpy(&u32, member, sizeof u32);
        (void)snprintf(text, sizeof text, "%" PRIu32, u32);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        memcpy(&i64, member, sizeof i64);
        (void)snprintf(text, sizeof text, "\"%" PRId64 "\"", i64);
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        memcpy(&u64, member, sizeof u64);
        (void)snprintf(text, sizeof text, "\"%" PRIu64 "\"", u64);
        break;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        assert(!"not an integer: the schema has no floating point");
        return DAYBOOK_INVALID;
    }
    return append(out, text);
}

static enum daybook_status write_value(struct daybook_buffer *out, const ProtobufCFieldDescriptor *field,
                                       const void *member) {
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        return append(out, *(const protobuf_c_boolean *)member ? "true" : "false");
    case PROTOBUF_C_TYPE_ENUM:
        return write_enum(out, field->descriptor, *(const int *)member);
    case PROTOBUF_C_TYPE_STRING:
        return json_write_text(out, *(char *const *)member == NULL ? "" : *(char *const *)member);
    case PROTOBUF_C_TYPE_BYTES:
        return write_bytes(out, member);
    case PROTOBUF_C_TYPE_MESSAGE:
        return json_write_message(*(ProtobufCMessage *const *)member, out);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        return write_number(out, field->type, member);
    }
    return DAYBOOK_INVALID;
}

static enum daybook_status write_list(struct daybook_buffer *out, const ProtobufCMessage *message,
                                      const ProtobufCFieldDescriptor *field) {
    const uint8_t *elements = *(uint8_t *const *)field_member(message, field);
    size_t count = *field_count(message, field);
    size_t size = field_element_size(field->type);
    enum daybook_status status = append(out, "[");
    for (size_t i = 0; status == DAYBOOK_OK && i < count; i++) {
        if (i > 0) {
            status = append(out, ",");
        }
        if (status == DAYBOOK_OK) {
            status = write_value(out, field, elements + i * size);
        }
    }
    return status == DAYBOOK_OK ? append(out, "]") : status;
}

/* Names are ASCII and need no escape. */
static enum daybook_status write_name(struct daybook_buffer *out, const ProtobufCFieldDescriptor *field,
                                      bool is_first) {
    char name[FIELD_JSON_NAME_SIZE];
    char text[FIELD_JSON_NAME_SIZE + 8];
    (void)snprintf(text, sizeof text, "%s\"%s\":", is_first ? "" : ",", field_json_name(field, name));
    return append(out, text);
}

enum daybook_status json_write_message(const ProtobufCMessage *message, struct daybook_buffer *out) {
    enum daybook_status status = append(out, "{");
    bool is_first = true;
    /* protobuf-c keeps the fields in the order of their numbers. */
    for (unsigned i = 0; status == DAYBOOK_OK && i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (!field_is_present(message, field)) {
            continue;
        }
        status = write_name(out, field, is_first);
        is_first = false;
        if (status == DAYBOOK_OK) {
            status = field_is_repeated(field) ? write_list(out, message, field)
                                              : write_value(out, field, field_member(message, field));
        }
    }
    return status == DAYBOOK_OK ? append(out, "}") : status;
}
