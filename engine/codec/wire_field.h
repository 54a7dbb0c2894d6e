/* What a field's type means on the wire and in memory; for the decoders and wire_encode.c alone. */
#ifndef DAYBOOK_CODEC_WIRE_FIELD_H
#define DAYBOOK_CODEC_WIRE_FIELD_H

#include <assert.h>
#include <protobuf-c/protobuf-c.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

#define VARINT_MAX_SIZE 10

#define HIGH_BITS UINT64_C(0x8080808080808080)
#define EACH_BYTE UINT64_C(0x0101010101010101)

#define LIKELY(condition)   __builtin_expect((condition), 1)
#define UNLIKELY(condition) __builtin_expect((condition), 0)

/* Where branches are counted, one copy of a function, so that each of its branches is counted once. */
#ifdef DAYBOOK_COVERAGE
#define ALWAYS_INLINE static inline
#else
#define ALWAYS_INLINE __attribute__((always_inline)) static inline
#endif

/* What the schema does not use (floats, sfixed, proto2's labels) is no type of a message of ours. */
static inline ProtobufCWireType wire_type_of(const ProtobufCFieldDescriptor *field) {
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
        return PROTOBUF_C_WIRE_TYPE_VARINT;
    case PROTOBUF_C_TYPE_FIXED64:
        return PROTOBUF_C_WIRE_TYPE_64BIT;
    case PROTOBUF_C_TYPE_FIXED32:
        return PROTOBUF_C_WIRE_TYPE_32BIT;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        break;
    }
    assert(!"a field type that the schema does not use");
    return PROTOBUF_C_WIRE_TYPE_VARINT;
}

/* Of one element of a repeated field. */
static inline size_t element_size(const ProtobufCFieldDescriptor *field) {
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_ENUM:
        return 4;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        break;
    }
    return 8;
}

/* The place of `value` in what a descriptor's ranges list, or -1. */
static inline int wire_range_index(const ProtobufCIntRange *ranges, unsigned count, int64_t value) {
    for (unsigned i = 0; i < count; i++) {
        uint64_t distance = (uint64_t)value - (uint64_t)ranges[i].start_value; /* Below the range: very large. */
        if (distance < ranges[i + 1].orig_index - ranges[i].orig_index) {
            return (int)(ranges[i].orig_index + distance);
        }
    }
    return -1;
}

static inline bool wire_is_enum_value(const ProtobufCEnumDescriptor *descriptor, int64_t value) {
    return wire_range_index(descriptor->value_ranges, descriptor->n_value_ranges, value) >= 0;
}

/* No NUL, and UTF-8. Eight bytes can be loaded from the last one of `text`. */
static inline bool wire_is_text(const uint8_t *text, size_t size) {
    size_t i = 0;
    uint64_t suspects = 0;
    for (; i + 8 <= size; i += 8) {
        uint64_t eight = load_le64(text + i);
        suspects |= eight | (eight - EACH_BYTE);
    }
    if (i < size) {
        uint64_t mask = ~UINT64_C(0) >> (64 - 8 * (size - i));
        uint64_t rest = (load_le64(text + i) & mask) | (EACH_BYTE & ~mask);
        suspects |= rest | (rest - EACH_BYTE);
    }
    if (LIKELY((suspects & HIGH_BITS) == 0)) {
        return true; /* Every byte is from 1 to 127. */
    }
    return memchr(text, 0, size) == NULL && text_is_utf8((const char *)text, size);
}

#endif
