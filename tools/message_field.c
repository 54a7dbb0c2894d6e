/* Fields of any protobuf-c message, found by name and reached through the descriptors. */
#include "tools/message_field.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

ProtobufCMessage *message_new(const ProtobufCMessageDescriptor *descriptor, struct arena *arena) {
    ProtobufCMessage *message = arena_alloc(arena, descriptor->sizeof_message);
    if (message != NULL) {
        protobuf_c_message_init(descriptor, message);
    }
    return message;
}

const char *field_json_name(const ProtobufCFieldDescriptor *field, char name[FIELD_JSON_NAME_SIZE]) {
    size_t length = 0;
    bool is_upper_next = false;
    for (const char *from = field->name; *from != '\0'; from++) {
        if (*from == '_') {
            is_upper_next = true;
            continue;
        }
        assert(length + 1 < FIELD_JSON_NAME_SIZE);
        name[length++] = is_upper_next && *from >= 'a' && *from <= 'z' ? (char)(*from - 'a' + 'A') : *from;
        is_upper_next = false;
    }
    name[length] = '\0';
    return name;
}

/* Whether `name` is the lowerCamelCase of `original`, without writing it down. */
static bool is_json_name_of(const char *original, const char *name) {
    while (*original != '\0') {
        char wanted = *original++;
        if (wanted == '_') {
            wanted = *original == '\0' ? '\0' : (char)toupper((unsigned char)*original++);
        }
        if (*name++ != wanted) {
            return false;
        }
    }
    return *name == '\0';
}

const ProtobufCFieldDescriptor *message_find_field(const ProtobufCMessageDescriptor *descriptor, const char *name) {
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(descriptor, name);
    for (unsigned i = 0; field == NULL && i < descriptor->n_fields; i++) {
        if (is_json_name_of(descriptor->fields[i].name, name)) {
            field = &descriptor->fields[i];
        }
    }
    return field;
}

size_t field_element_size(ProtobufCType type) {
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_ENUM:
        return 4;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
        return sizeof(char *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(ProtobufCMessage *);
    }
    assert(!"a protobuf type that descriptors cannot hold");
    return 0;
}

bool field_is_present(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
    if (field_is_repeated(field)) {
        return *field_count(message, field) > 0;
    }
    if (field_is_oneof(field)) {
        return *field_case(message, field) == field->id;
    }
    const void *member = field_member(message, field);
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = *(char *const *)member;
        return text != NULL && *text != '\0';
    }
    if (field->type == PROTOBUF_C_TYPE_BYTES) {
        return ((const ProtobufCBinaryData *)member)->len > 0;
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        return *(ProtobufCMessage *const *)member != NULL;
    }
    static const uint8_t zero[8];
    return memcmp(member, zero, field_element_size(field->type)) != 0;
}

void field_mark(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
    if (field_is_oneof(field)) {
        *field_case(message, field) = field->id;
    }
}

ProtobufCMessage *field_submessage(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                                   struct arena *arena) {
    assert(field->type == PROTOBUF_C_TYPE_MESSAGE && !field_is_repeated(field));
    ProtobufCMessage **member = field_member(message, field);
    bool is_there = field_is_present(message, field) && *member != NULL;
    if (!is_there) {
        *member = message_new(field->descriptor, arena);
        if (*member != NULL) {
            field_mark(message, field);
        }
    }
    return *member;
}

void *field_append(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, struct arena *arena) {
    assert(field_is_repeated(field));
    size_t size = field_element_size(field->type);
    size_t *count = field_count(message, field);
    uint8_t **elements = field_member(message, field);
    /* The capacity is not kept anywhere: it is the power of two at or above the count. */
    if ((*count & (*count - 1)) == 0) {
        size_t capacity = *count == 0 ? 1 : *count * 2;
        uint8_t *grown = arena_zalloc(arena, capacity * size);
        if (grown == NULL) {
            return NULL;
        }
        if (*count > 0) {
            memcpy(grown, *elements, *count * size);
        }
        *elements = grown;
    }
    void *slot = *elements + *count * size;
    memset(slot, 0, size);
    *count += 1;
    return slot;
}

/* How many characters of every value's name are its type's: "ADJUSTMENT_KIND_UNSPECIFIED" less its last word. */
static size_t enum_prefix_size(const ProtobufCEnumDescriptor *descriptor) {
    const char *zero = descriptor->values[0].name;
    size_t size = strlen(zero);
    const char *ending = "UNSPECIFIED";
    assert(size > strlen(ending));
    return size - strlen(ending);
}

static bool short_name_equal(const char *name, const char *text) {
    while (*name != '\0' && *text != '\0') {
        char folded = *text == '-' || *text == ' ' ? '_' : (char)toupper((unsigned char)*text);
        if (*name != folded) {
            return false;
        }
        name++;
        text++;
    }
    return *name == *text;
}

bool enum_find_short(const ProtobufCEnumDescriptor *descriptor, const char *text, int *value) {
    size_t prefix = enum_prefix_size(descriptor);
    for (unsigned i = 0; i < descriptor->n_values; i++) {
        const ProtobufCEnumValue *candidate = &descriptor->values[i];
        if (candidate->value != 0 &&
            (short_name_equal(candidate->name + prefix, text) || strcmp(candidate->name, text) == 0)) {
            *value = candidate->value;
            return true;
        }
    }
    return false;
}

const char *enum_short_name(const ProtobufCEnumDescriptor *descriptor, int value, char *text, size_t size) {
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(descriptor, value);
    text[0] = '\0';
    if (found == NULL || value == 0) {
        return text;
    }
    (void)snprintf(text, size, "%s", found->name + enum_prefix_size(descriptor));
    for (char *c = text; *c != '\0'; c++) {
        *c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
    }
    return text;
}

const char *enum_list_short(const ProtobufCEnumDescriptor *descriptor, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < descriptor->n_values; i++) {
        char name[64];
        if (descriptor->values[i].value == 0) {
            continue;
        }
        enum_short_name(descriptor, descriptor->values[i].value, name, sizeof name);
        int written = snprintf(text + used, size - used, "%s%s", used == 0 ? "" : ", ", name);
        if (written < 0 || (size_t)written >= size - used) {
            break;
        }
        used += (size_t)written;
    }
    return text;
}
