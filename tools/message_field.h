/*
 * Fields of any protobuf-c message, found by name and reached through the
 * descriptors. Messages live in an arena and are never freed one by one.
 */
#ifndef DAYBOOK_TOOLS_MESSAGE_FIELD_H
#define DAYBOOK_TOOLS_MESSAGE_FIELD_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define FIELD_JSON_NAME_SIZE 64 /* Room for the longest lowerCamelCase name of the schema and its NUL. */

/* All defaults. NULL: the arena refused. */
ProtobufCMessage *message_new(const ProtobufCMessageDescriptor *descriptor, struct arena *arena);

/* By its original name or by its lowerCamelCase one; NULL = no such field. */
const ProtobufCFieldDescriptor *message_find_field(const ProtobufCMessageDescriptor *descriptor, const char *name);

/* "amount_minor" as "amountMinor", the name that proto3 JSON writes. Returns `name`. */
const char *field_json_name(const ProtobufCFieldDescriptor *field, char name[FIELD_JSON_NAME_SIZE]);

static inline bool field_is_repeated(const ProtobufCFieldDescriptor *field) {
    return field->label == PROTOBUF_C_LABEL_REPEATED;
}
static inline bool field_is_oneof(const ProtobufCFieldDescriptor *field) {
    return (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

/* Where the member is; of a repeated field, where the pointer to its elements is. */
static inline void *field_member(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
    return (uint8_t *)(uintptr_t)message + field->offset;
}
static inline size_t *field_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
    return (size_t *)(void *)((uint8_t *)(uintptr_t)message + field->quantifier_offset);
}
/* The number of the arm that a oneof holds; 0 = none. */
static inline uint32_t *field_case(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
    return (uint32_t *)(void *)((uint8_t *)(uintptr_t)message + field->quantifier_offset);
}

/* Whether proto3 writes it: present, or not its type's default. */
bool field_is_present(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* Size of one element in memory. */
size_t field_element_size(ProtobufCType type);

/* Marks the arm of a oneof as the one that is set; nothing for other fields. */
void field_mark(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* The submessage of a singular message field, made when it is absent. NULL: the arena refused. */
ProtobufCMessage *field_submessage(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                                   struct arena *arena);

/* Room for one more element of a repeated field that is empty or was grown by this function, all zero.
 * NULL: the arena refused. Grows by doubling. */
void *field_append(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, struct arena *arena);

/*
 * An enum's value by a short name: what is left of "ADJUSTMENT_KIND_CREDIT_NOTE"
 * after its type's prefix, in any case, "-" or " " as "_": "credit-note". The
 * full name is taken too. The zero value ("unspecified") has no short name.
 */
bool enum_find_short(const ProtobufCEnumDescriptor *descriptor, const char *text, int *value);

/* "credit-note"; "" for the unspecified and for an unknown number. Written to `text` of `size`. Returns `text`. */
const char *enum_short_name(const ProtobufCEnumDescriptor *descriptor, int value, char *text, size_t size);

/* "credit-note, debit-note, ...", for a sentence about what would have been taken. */
const char *enum_list_short(const ProtobufCEnumDescriptor *descriptor, char *text, size_t size);

#endif
