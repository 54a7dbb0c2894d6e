/*
 * A message type made by hand, with every field type that the reader and
 * writer know (the schema of the day uses fewer), alone, repeated and in a
 * oneof, and with itself inside, so that it can be nested at will.
 */
#ifndef DAYBOOK_TESTS_EVERY_TYPE_H
#define DAYBOOK_TESTS_EVERY_TYPE_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

enum colour { COLOUR_NONE = 0, COLOUR_RED = 1, COLOUR_BLUE = 7, COLOUR_BLACK = -3 };

struct every_type {
    ProtobufCMessage base;
    int32_t i32;
    int32_t s32;
    uint32_t u32;
    int64_t i64;
    int64_t s64;
    uint64_t u64;
    protobuf_c_boolean flag;
    int colour;
    uint64_t f64;
    uint32_t f32;
    char *text;
    ProtobufCBinaryData bytes;
    struct every_type *child;
    size_t n_i32s, n_s64s, n_flags, n_colours, n_f64s, n_f32s, n_texts, n_blobs, n_children;
    int32_t *i32s;
    int64_t *s64s;
    protobuf_c_boolean *flags;
    int *colours;
    uint64_t *f64s;
    uint32_t *f32s;
    char **texts;
    ProtobufCBinaryData *blobs;
    struct every_type **children;
    size_t n_u64s;
    uint64_t *u64s; /* Repeated, and not packed. */
    uint32_t arm;
    union {
        int64_t arm_i64;
        uint32_t arm_f32;
        ProtobufCBinaryData arm_bytes;
        int arm_colour;
    };
    uint32_t side;
    union {
        uint64_t side_f64;
        struct every_type *side_child;
    };
};

static const ProtobufCEnumValue colour_values[] = {
    {"COLOUR_BLACK", "COLOUR_BLACK", -3},
    {"COLOUR_NONE", "COLOUR_NONE", 0},
    {"COLOUR_RED", "COLOUR_RED", 1},
    {"COLOUR_BLUE", "COLOUR_BLUE", 7},
};
static const ProtobufCIntRange colour_ranges[] = {{-3, 0}, {0, 1}, {7, 3}, {0, 4}};
static const ProtobufCEnumDescriptor colour_descriptor = {
    .magic = PROTOBUF_C__ENUM_DESCRIPTOR_MAGIC,
    .name = "test.Colour",
    .n_values = 4,
    .values = colour_values,
    .n_value_ranges = 3,
    .value_ranges = colour_ranges,
};

static const ProtobufCMessageDescriptor every_type_descriptor;

#define ONE(number, member, wire, of)                                                                                  \
    {                                                                                                                  \
        .name = #member, .id = number, .label = PROTOBUF_C_LABEL_NONE, .type = PROTOBUF_C_TYPE_##wire,                 \
        .offset = offsetof(struct every_type, member), .descriptor = of                                                \
    }
#define MANY(number, member, wire, of, is_packed)                                                                      \
    {                                                                                                                  \
        .name = #member, .id = number, .label = PROTOBUF_C_LABEL_REPEATED, .type = PROTOBUF_C_TYPE_##wire,             \
        .quantifier_offset = offsetof(struct every_type, n_##member), .offset = offsetof(struct every_type, member),   \
        .descriptor = of, .flags = (is_packed) ? PROTOBUF_C_FIELD_FLAG_PACKED : 0                                      \
    }
#define ARM_OF(oneof, number, member, wire, of)                                                                        \
    {                                                                                                                  \
        .name = #member, .id = number, .label = PROTOBUF_C_LABEL_NONE, .type = PROTOBUF_C_TYPE_##wire,                 \
        .quantifier_offset = offsetof(struct every_type, oneof), .offset = offsetof(struct every_type, member),        \
        .descriptor = of, .flags = PROTOBUF_C_FIELD_FLAG_ONEOF                                                         \
    }
#define ARM(number, member, wire, of) ARM_OF(arm, number, member, wire, of)

static const ProtobufCFieldDescriptor every_type_fields[] = {
    ONE(1, i32, INT32, NULL),
    ONE(2, s32, SINT32, NULL),
    ONE(3, u32, UINT32, NULL),
    ONE(4, i64, INT64, NULL),
    ONE(5, s64, SINT64, NULL),
    ONE(6, u64, UINT64, NULL),
    ONE(7, flag, BOOL, NULL),
    ONE(8, colour, ENUM, &colour_descriptor),
    ONE(9, f64, FIXED64, NULL),
    ONE(10, f32, FIXED32, NULL),
    {.name = "text",
     .id = 11,
     .label = PROTOBUF_C_LABEL_NONE,
     .type = PROTOBUF_C_TYPE_STRING,
     .offset = offsetof(struct every_type, text),
     .default_value = &protobuf_c_empty_string}, /* What the library must not free. */
    ONE(12, bytes, BYTES, NULL),
    ONE(13, child, MESSAGE, &every_type_descriptor),
    ARM(14, arm_i64, INT64, NULL),
    ARM(15, arm_f32, FIXED32, NULL),
    MANY(20, i32s, INT32, NULL, 1), /* Between the arms, so that they are no single run. */
    MANY(21, s64s, SINT64, NULL, 1),
    MANY(22, flags, BOOL, NULL, 1),
    MANY(23, colours, ENUM, &colour_descriptor, 1),
    MANY(24, f64s, FIXED64, NULL, 1),
    MANY(25, f32s, FIXED32, NULL, 1),
    ARM(30, arm_bytes, BYTES, NULL),
    ARM(31, arm_colour, ENUM, &colour_descriptor),
    ARM_OF(side, 32, side_f64, FIXED64, NULL), /* Another oneof, right behind. */
    ARM_OF(side, 33, side_child, MESSAGE, &every_type_descriptor),
    MANY(1000, texts, STRING, NULL, 0),
    MANY(1001, blobs, BYTES, NULL, 0),
    MANY(1002, children, MESSAGE, &every_type_descriptor, 0),
    MANY(536870911, u64s, UINT64, NULL, 0), /* The largest field number there is. */
};
static const ProtobufCIntRange every_type_ranges[] = {{1, 0}, {20, 15}, {30, 21}, {1000, 25}, {536870911, 28}, {0, 29}};

static void every_type_init(ProtobufCMessage *message) {
    struct every_type *every = (struct every_type *)message;
    *every = (struct every_type){.base = {.descriptor = &every_type_descriptor}};
    every->text = (char *)(uintptr_t)protobuf_c_empty_string; /* Not const in generated structs either. */
}

static const ProtobufCMessageDescriptor every_type_descriptor = {
    .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
    .name = "test.EveryType",
    .sizeof_message = sizeof(struct every_type),
    .n_fields = sizeof every_type_fields / sizeof every_type_fields[0],
    .fields = every_type_fields,
    .n_field_ranges = 5,
    .field_ranges = every_type_ranges,
    .message_init = every_type_init,
};

#endif
