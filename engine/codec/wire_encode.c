/*
 * Messages to protobuf bytes, by protobuf-c's descriptors.
 *
 * One byte is left for the length of what is nested, and its body is moved up
 * when the length needs more: most of ours do not. Room for all the tags and
 * numbers of a message is made at once, so that only what has a length asks.
 */
#include <assert.h>
#include <string.h>

#include "codec/wire.h"
#include "codec/wire_field.h"

#define TAG_MAX_SIZE   5
#define FIELD_MAX_SIZE (TAG_MAX_SIZE + VARINT_MAX_SIZE) /* A number's, or a tag and a length. */

/* Writes into the buffer's memory; what is reserved ends at `end`. */
struct writer {
    uint8_t *at;
    uint8_t *end;
    struct daybook_buffer *buffer;
};

/* Not "cold": gcc then takes every function that may call it for one that is seldom run, and makes it small. */
__attribute__((noinline)) static bool grow(struct writer *writer, size_t size) {
    writer->buffer->size = (size_t)(writer->at - writer->buffer->data);
    uint8_t *at = daybook_buffer_reserve(writer->buffer, size);
    if (at == NULL) {
        return false;
    }
    writer->at = at;
    writer->end = writer->buffer->data + writer->buffer->capacity;
    return true;
}

static inline bool make_room(struct writer *writer, size_t size) {
    return LIKELY((size_t)(writer->end - writer->at) >= size) || grow(writer, size);
}

static inline void put_tag(struct writer *writer, const ProtobufCFieldDescriptor *field, ProtobufCWireType wire_type) {
    writer->at = varint_put(writer->at, (uint64_t)field->id << 3 | wire_type);
}

/* A default is written only when `is_forced`: as an element, or as an arm of a oneof. */
static inline void put_varint_field(struct writer *writer, const ProtobufCFieldDescriptor *field, bool is_forced,
                                    uint64_t value) {
    if (value != 0 || is_forced) {
        put_tag(writer, field, PROTOBUF_C_WIRE_TYPE_VARINT);
        writer->at = varint_put(writer->at, value);
    }
}

/* `room` is what the rest of the message needs after it. */
ALWAYS_INLINE bool put_bytes_field(struct writer *writer, const ProtobufCFieldDescriptor *field, bool is_forced,
                                   const void *data, size_t size, size_t room) {
    if (size == 0 && !is_forced) {
        return true;
    }
    put_tag(writer, field, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED);
    writer->at = varint_put(writer->at, size);
    if (UNLIKELY(!make_room(writer, size + room))) {
        return false;
    }
    if (size > 0) {
        memcpy(writer->at, data, size);
        writer->at += size;
    }
    return true;
}

/* The length of what was written since `start` (an offset in the buffer) goes into the byte before it. */
static inline bool put_length_before(struct writer *writer, size_t start) {
    size_t size = (size_t)(writer->at - writer->buffer->data) - start;
    if (LIKELY(size < 0x80)) {
        writer->buffer->data[start - 1] = (uint8_t)size;
        return true;
    }
    uint8_t length[VARINT_MAX_SIZE];
    size_t length_size = varint_store(length, size);
    if (!make_room(writer, length_size - 1)) {
        return false;
    }
    uint8_t *body = writer->buffer->data + start;
    memmove(body + length_size - 1, body, size);
    writer->at += length_size - 1;
    memcpy(writer->buffer->data + start - 1, length, length_size);
    return true;
}

static bool encode_message(struct writer *writer, const ProtobufCMessage *message);

static bool put_message_field(struct writer *writer, const ProtobufCFieldDescriptor *field, bool is_forced,
                              const ProtobufCMessage *message, size_t room) {
    if (message == NULL && !is_forced) {
        return true;
    }
    put_tag(writer, field, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED);
    writer->at++;
    size_t start = (size_t)(writer->at - writer->buffer->data);
    if (message != NULL && !encode_message(writer, message)) {
        return false;
    }
    return put_length_before(writer, start) && make_room(writer, room);
}

/* A number as a varint has it: negative int32 and enum values are as long as int64. */
static inline uint64_t number_in(const ProtobufCFieldDescriptor *field, const void *slot) {
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
        return *(const uint64_t *)slot;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM:
        return (uint64_t)(int64_t)(*(const int32_t *)slot);
    case PROTOBUF_C_TYPE_UINT32:
        return *(const uint32_t *)slot;
    case PROTOBUF_C_TYPE_BOOL:
        return *(const protobuf_c_boolean *)slot != 0;
    case PROTOBUF_C_TYPE_SINT64:
        return zigzag_encode(*(const int64_t *)slot);
    case PROTOBUF_C_TYPE_SINT32:
        return zigzag_encode(*(const int32_t *)slot);
    default:
        assert(!"a varint field, or a type that the schema does not use");
        return 0;
    }
}

/* One value with its tag; there is room for FIELD_MAX_SIZE, and for `room` afterwards. */
ALWAYS_INLINE bool encode_value(struct writer *writer, const ProtobufCFieldDescriptor *field, bool is_forced,
                                const void *slot, size_t room) {
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = *(char *const *)slot;
        return put_bytes_field(writer, field, is_forced, text, text == NULL ? 0 : strlen(text), room);
    }
    case PROTOBUF_C_TYPE_BYTES: {
        const ProtobufCBinaryData *bytes = slot;
        return put_bytes_field(writer, field, is_forced, bytes->data, bytes->len, room);
    }
    case PROTOBUF_C_TYPE_MESSAGE:
        return put_message_field(writer, field, is_forced, *(ProtobufCMessage *const *)slot, room);
    case PROTOBUF_C_TYPE_FIXED64:
        if (*(const uint64_t *)slot != 0 || is_forced) {
            put_tag(writer, field, PROTOBUF_C_WIRE_TYPE_64BIT);
            store_le64(writer->at, *(const uint64_t *)slot);
            writer->at += 8;
        }
        return true;
    case PROTOBUF_C_TYPE_FIXED32:
        if (*(const uint32_t *)slot != 0 || is_forced) {
            put_tag(writer, field, PROTOBUF_C_WIRE_TYPE_32BIT);
            store_le32(writer->at, *(const uint32_t *)slot);
            writer->at += 4;
        }
        return true;
    default:
        put_varint_field(writer, field, is_forced, number_in(field, slot));
        return true;
    }
}

static bool put_packed(struct writer *writer, const ProtobufCFieldDescriptor *field, const uint8_t *elements,
                       size_t count, size_t room) {
    size_t size = element_size(field);
    ProtobufCWireType wire_type = wire_type_of(field);
    put_tag(writer, field, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED);
    writer->at++;
    size_t start = (size_t)(writer->at - writer->buffer->data);
    for (size_t i = 0; i < count; i++) {
        if (!make_room(writer, VARINT_MAX_SIZE)) {
            return false;
        }
        if (wire_type == PROTOBUF_C_WIRE_TYPE_VARINT) {
            writer->at = varint_put(writer->at, number_in(field, elements + i * size));
        } else {
            memcpy(writer->at, elements + i * size, size); /* fixed32 and fixed64 are in memory as on the wire. */
            writer->at += size;
        }
    }
    return put_length_before(writer, start) && make_room(writer, room);
}

__attribute__((noinline)) static bool encode_repeated(struct writer *writer, const ProtobufCFieldDescriptor *field,
                                                      const ProtobufCMessage *message, size_t room) {
    size_t count = *(const size_t *)(const void *)((const uint8_t *)message + field->quantifier_offset);
    const uint8_t *elements = *(uint8_t *const *)(const void *)((const uint8_t *)message + field->offset);
    if (count == 0) {
        return true;
    }
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_PACKED) != 0) {
        return put_packed(writer, field, elements, count, room);
    }
    size_t size = element_size(field);
    for (size_t i = 0; i < count; i++) {
        if (!encode_value(writer, field, true, elements + i * size, room) || !make_room(writer, room)) {
            return false;
        }
    }
    return true;
}

/* The last field of the run of one oneof's arms that starts at `field`, or the chosen one if it comes earlier. */
static inline const ProtobufCFieldDescriptor *skip_arms(const ProtobufCFieldDescriptor *field,
                                                        const ProtobufCFieldDescriptor *end, uint32_t chosen) {
    unsigned quantifier = field->quantifier_offset;
    while (field->id != chosen && field + 1 < end && (field[1].flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
           field[1].quantifier_offset == quantifier) {
        field++;
    }
    return field;
}

static bool encode_message(struct writer *writer, const ProtobufCMessage *message) {
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    assert(message->n_unknown_fields == 0); /* Nothing that W1 let in has any. */
    const ProtobufCFieldDescriptor *field = descriptor->fields;
    const ProtobufCFieldDescriptor *end = field + descriptor->n_fields;
    size_t room = descriptor->n_fields * (size_t)FIELD_MAX_SIZE;
    if (UNLIKELY(!make_room(writer, room))) {
        return false;
    }
    for (; field < end; field++) {
        if (UNLIKELY(field->label == PROTOBUF_C_LABEL_REPEATED)) {
            if (!encode_repeated(writer, field, message, room)) {
                return false;
            }
            continue;
        }
        bool is_arm = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
        if (is_arm) {
            uint32_t chosen = *(const uint32_t *)(const void *)((const uint8_t *)message + field->quantifier_offset);
            field = skip_arms(field, end, chosen);
            if (field->id != chosen) {
                continue;
            }
        }
        const void *slot = (const uint8_t *)message + field->offset;
        bool is_pointer = field->type == PROTOBUF_C_TYPE_MESSAGE || field->type == PROTOBUF_C_TYPE_STRING;
        if (is_arm && is_pointer && *(void *const *)slot == NULL) {
            continue; /* As the library: an arm that was chosen but not given is left out. */
        }
        if (UNLIKELY(!encode_value(writer, field, is_arm, slot, room))) {
            return false;
        }
    }
    return true;
}

enum daybook_status wire_encode(const ProtobufCMessage *message, struct daybook_buffer *buffer) {
    size_t size_before = buffer->size;
    struct writer writer = {
        .at = buffer->data == NULL ? NULL : buffer->data + buffer->size,
        .end = buffer->data == NULL ? NULL : buffer->data + buffer->capacity,
        .buffer = buffer,
    };
    if (!encode_message(&writer, message)) {
        buffer->size = size_before;
        return DAYBOOK_NO_MEMORY;
    }
    buffer->size = (size_t)(writer.at - buffer->data);
    return DAYBOOK_OK;
}
