/* A field of a message by its path, for tables: "deposit_consumed.slices.lot" is that of an event's first slice. */
#ifndef DAYBOOK_TESTS_DOMAIN_FIELD_H
#define DAYBOOK_TESTS_DOMAIN_FIELD_H

#include "script_line.h"

static inline void *field_of(ProtobufCMessage *message, char *path, const ProtobufCFieldDescriptor **field) {
    char *rest = strchr(path, '.');
    if (rest != NULL) {
        *rest++ = '\0';
    }
    *field = protobuf_c_message_descriptor_get_field_by_name(message->descriptor, path);
    assert_non_null(*field);
    void *slot = (char *)message + (*field)->offset;
    if ((*field)->label == PROTOBUF_C_LABEL_REPEATED) {
        slot = *(void **)slot; /* The first of them. */
        assert_non_null(slot);
    }
    return rest == NULL ? slot : field_of(*(ProtobufCMessage **)slot, rest, field);
}

/* "path=value"; a message is taken away by no value. */
static inline void set_field(struct arena *arena, ProtobufCMessage *message, const char *assignment) {
    const ProtobufCFieldDescriptor *field = NULL;
    const char *equals = strchr(assignment, '=');
    char *value = script_word(arena, equals + 1);
    void *slot = field_of(message, arena_copy_text(arena, assignment, (size_t)(equals - assignment)), &field);
    switch ((int)field->type) {
    case PROTOBUF_C_TYPE_STRING:
        *(char **)slot = value;
        return;
    case PROTOBUF_C_TYPE_MESSAGE:
        assert_string_equal(value, "");
        *(ProtobufCMessage **)slot = NULL;
        return;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
        *(int64_t *)slot = strcmp(value, "min") == 0 ? INT64_MIN : amount_of(value);
        return;
    default:
        assert_true(field->type != PROTOBUF_C_TYPE_BYTES && field->type != PROTOBUF_C_TYPE_FIXED64);
        *(int32_t *)slot = (int32_t)strtol(value, NULL, 10); /* Enumerations and truth values, too. */
        return;
    }
}

/* "path=value path=value" */
static inline void set_fields(struct arena *arena, ProtobufCMessage *message, const char *assignments) {
    struct line line = line_split(arena, assignments);
    for (size_t i = 0; i < line.count; i++) {
        set_field(arena, message, line.words[i]);
    }
}

static inline bool has_field(struct arena *arena, ProtobufCMessage *message, const char *assignment) {
    const ProtobufCFieldDescriptor *field = NULL;
    const char *equals = strchr(assignment, '=');
    void *slot = field_of(message, arena_copy_text(arena, assignment, (size_t)(equals - assignment)), &field);
    return field->type == PROTOBUF_C_TYPE_STRING ? strcmp(*(char **)slot, equals + 1) == 0
                                                 : *(int32_t *)slot == strtol(equals + 1, NULL, 10);
}

#endif
