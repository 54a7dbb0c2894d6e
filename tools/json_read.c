/* proto3 JSON to messages. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/base64.h"
#include "tools/json_message.h"
#include "tools/message_field.h"
#include "tools/text.h"

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s",
                        _("reading JSON: its message is larger than the memory set aside"));
}

/* "[-]digits" and nothing else: a quoted integer. */
static bool parse_magnitude(const char *text, size_t size, bool *is_negative, uint64_t *magnitude) {
    size_t at = 0;
    *is_negative = size > 0 && text[0] == '-';
    at += *is_negative ? 1 : 0;
    if (at == size) {
        return false;
    }
    uint64_t value = 0;
    for (; at < size; at++) {
        if (text[at] < '0' || text[at] > '9' || __builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[at] - '0'), &value)) {
            return false;
        }
    }
    *magnitude = value;
    return true;
}

/* A whole number, quoted or not, as sign and magnitude. */
static bool read_whole(const json_t *json, bool *is_negative, uint64_t *magnitude) {
    if (json_is_integer(json)) {
        json_int_t value = json_integer_value(json);
        *is_negative = value < 0;
        *magnitude = value < 0 ? ~(uint64_t)value + 1 : (uint64_t)value;
        return true;
    }
    return json_is_string(json) &&
           parse_magnitude(json_string_value(json), json_string_length(json), is_negative, magnitude);
}

static enum daybook_status read_signed(const json_t *json, int64_t minimum, int64_t maximum, int64_t *value,
                                       struct daybook_error *error) {
    bool is_negative;
    uint64_t magnitude;
    if (!read_whole(json, &is_negative, &magnitude)) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s", _("not a whole number"));
    }
    uint64_t limit = is_negative ? ~(uint64_t)minimum + 1 : (uint64_t)maximum;
    if (magnitude > limit) {
        return daybook_fail(error, DAYBOOK_INVALID, _("the number is not between %" PRId64 " and %" PRId64), minimum,
                            maximum);
    }
    *value = is_negative ? (int64_t)(~magnitude + 1) : (int64_t)magnitude;
    return DAYBOOK_OK;
}

static enum daybook_status read_unsigned(const json_t *json, uint64_t maximum, uint64_t *value,
                                         struct daybook_error *error) {
    bool is_negative;
    if (!read_whole(json, &is_negative, value)) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s", _("not a whole number"));
    }
    if ((is_negative && *value != 0) || *value > maximum) {
        return daybook_fail(error, DAYBOOK_INVALID, _("the number is not between 0 and %" PRIu64), maximum);
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_enum(const json_t *json, const ProtobufCEnumDescriptor *descriptor, void *member,
                                     struct daybook_error *error) {
    const ProtobufCEnumValue *found = NULL;
    if (json_is_string(json)) {
        found = protobuf_c_enum_descriptor_get_value_by_name(descriptor, json_string_value(json));
    } else if (json_is_integer(json)) {
        json_int_t number = json_integer_value(json);
        found = number < INT32_MIN || number > INT32_MAX
                    ? NULL
                    : protobuf_c_enum_descriptor_get_value(descriptor, (int)number);
    }
    if (found == NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, _("not a value of %s (one is \"%s\")"), descriptor->short_name,
                            descriptor->values[descriptor->n_values - 1].name);
    }
    memcpy(member, &(int){found->value}, sizeof(int));
    return DAYBOOK_OK;
}

static enum daybook_status read_bytes(const json_t *json, struct arena *arena, ProtobufCBinaryData *bytes,
                                      struct daybook_error *error) {
    if (!json_is_string(json)) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s", _("not a string of base64"));
    }
    size_t size = json_string_length(json);
    uint8_t *data = arena_alloc(arena, base64_decoded_max(size));
    if (data == NULL) {
        return no_memory(error);
    }
    if (!base64_decode(json_string_value(json), size, data, &bytes->len)) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s", _("not base64"));
    }
    bytes->data = data;
    return DAYBOOK_OK;
}

static enum daybook_status read_text(const json_t *json, struct arena *arena, char **text,
                                     struct daybook_error *error) {
    if (!json_is_string(json)) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s", _("not a string"));
    }
    *text = arena_copy_text(arena, json_string_value(json), json_string_length(json));
    return *text == NULL ? no_memory(error) : DAYBOOK_OK;
}

static enum daybook_status read_integer(const json_t *json, ProtobufCType type, void *member,
                                        struct daybook_error *error) {
    int64_t i64 = 0;
    uint64_t u64 = 0;
    enum daybook_status status;
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        status = read_signed(json, INT32_MIN, INT32_MAX, &i64, error);
        memcpy(member, &(int32_t){(int32_t)i64}, sizeof(int32_t));
        return status;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        status = read_signed(json, INT64_MIN, INT64_MAX, &i64, error);
        memcpy(member, &i64, sizeof i64);
        return status;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        status = read_unsigned(json, UINT32_MAX, &u64, error);
        memcpy(member, &(uint32_t){(uint32_t)u64}, sizeof(uint32_t));
        return status;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        status = read_unsigned(json, UINT64_MAX, &u64, error);
        memcpy(member, &u64, sizeof u64);
        return status;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        break;
    }
    assert(!"not an integer: the schema has no floating point");
    return DAYBOOK_INVALID;
}

static enum daybook_status read_object(const json_t *json, ProtobufCMessage *message, struct arena *arena,
                                       struct daybook_error *error);

/* The schema has no message within itself, so the depth is bounded by the schema. */
static enum daybook_status read_submessage(const json_t *json, const ProtobufCMessageDescriptor *descriptor,
                                           struct arena *arena, ProtobufCMessage **member,
                                           struct daybook_error *error) {
    if (!json_is_object(json)) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s", _("not an object"));
    }
    *member = message_new(descriptor, arena);
    return *member == NULL ? no_memory(error) : read_object(json, *member, arena, error);
}

static enum daybook_status read_value(const json_t *json, const ProtobufCFieldDescriptor *field, void *member,
                                      struct arena *arena, struct daybook_error *error) {
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        if (!json_is_boolean(json)) {
            return daybook_fail(error, DAYBOOK_INVALID, "%s", _("neither true nor false"));
        }
        *(protobuf_c_boolean *)member = json_is_true(json);
        return DAYBOOK_OK;
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum(json, field->descriptor, member, error);
    case PROTOBUF_C_TYPE_STRING:
        return read_text(json, arena, member, error);
    case PROTOBUF_C_TYPE_BYTES:
        return read_bytes(json, arena, member, error);
    case PROTOBUF_C_TYPE_MESSAGE:
        return read_submessage(json, field->descriptor, arena, member, error);
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
        break;
    }
    return read_integer(json, field->type, member, error);
}

static enum daybook_status read_list(const json_t *json, ProtobufCMessage *message,
                                     const ProtobufCFieldDescriptor *field, struct arena *arena,
                                     struct daybook_error *error) {
    if (!json_is_array(json)) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s", _("not an array"));
    }
    for (size_t i = 0; i < json_array_size(json); i++) {
        void *slot = field_append(message, field, arena);
        if (slot == NULL) {
            return no_memory(error);
        }
        if (read_value(json_array_get(json, i), field, slot, arena, error) != DAYBOOK_OK) {
            return daybook_fail_in(error, "[%zu]", i);
        }
    }
    return DAYBOOK_OK;
}

/* The parser has refused a name that is spelt the same twice; the other spelling is found here. */
static enum daybook_status check_single(const json_t *json, const ProtobufCMessage *message,
                                        const ProtobufCFieldDescriptor *field, struct daybook_error *error) {
    char json_name[FIELD_JSON_NAME_SIZE];
    field_json_name(field, json_name);
    if (strcmp(json_name, field->name) != 0 && json_object_get(json, json_name) != NULL &&
        json_object_get(json, field->name) != NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, _("\"%s\" and \"%s\" are one field, given twice"), json_name,
                            field->name);
    }
    if (field_is_oneof(field) && *field_case(message, field) != 0) {
        const ProtobufCFieldDescriptor *other =
            protobuf_c_message_descriptor_get_field(message->descriptor, *field_case(message, field));
        return daybook_fail(error, DAYBOOK_INVALID, _("\"%s\" beside \"%s\": only one of them may be given"),
                            field->name, other == NULL ? "" : other->name);
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_member(const json_t *json, const char *name, const json_t *value,
                                       ProtobufCMessage *message, struct arena *arena, struct daybook_error *error) {
    const ProtobufCFieldDescriptor *field = message_find_field(message->descriptor, name);
    if (field == NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, _("%s has no field \"%.80s\""), message->descriptor->short_name,
                            name);
    }
    enum daybook_status status;
    if (json_is_null(value)) {
        return DAYBOOK_OK;
    }
    status = check_single(json, message, field, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (field_is_repeated(field)) {
        status = read_list(value, message, field, arena, error);
    } else {
        status = read_value(value, field, field_member(message, field), arena, error);
        field_mark(message, field);
    }
    return status == DAYBOOK_OK ? status : daybook_fail_in(error, "%.80s", name);
}

static enum daybook_status read_object(const json_t *json, ProtobufCMessage *message, struct arena *arena,
                                       struct daybook_error *error) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)json, name, value) {
        enum daybook_status status = read_member(json, name, value, message, arena, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
    return DAYBOOK_OK;
}

enum daybook_status json_read_message(struct daybook_bytes text, const ProtobufCMessageDescriptor *descriptor,
                                      struct arena *arena, ProtobufCMessage **message, struct daybook_error *error) {
    json_error_t syntax;
    json_t *json = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &syntax);
    if (json == NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, _("not JSON: %s at character %d"), syntax.text, syntax.column);
    }
    /* A caller that passes no error still needs the paths put together somewhere. */
    struct daybook_error local;
    enum daybook_status status = read_submessage(json, descriptor, arena, message, error == NULL ? &local : error);
    json_decref(json);
    return status;
}
