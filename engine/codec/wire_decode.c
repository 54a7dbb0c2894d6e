/*
 * protobuf bytes to messages, by protobuf-c's descriptors.
 *
 * The input is copied once into the arena. Strings and bytes of the message
 * point into that copy; the NUL after a string is written over the byte that
 * follows it there, which is always the tag of the next field or the end, and
 * which is read from the input, never from the copy.
 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "codec/wire.h"
#include "codec/wire_field.h"
#include "limits.h"

#define COPY_SLACK     8 /* So that eight bytes can be loaded wherever a string starts. */
#define FIRST_CAPACITY 4 /* Of a repeated field; always 4 or the power of two that holds its count. */

struct reader {
    const uint8_t *start;
    const uint8_t *fast_end; /* Eight bytes can be loaded from anywhere before it; NULL when nowhere. */
    uint8_t *copy;
    struct arena *arena;
    struct daybook_error *error;
    bool *is_canonical; /* So far: what was read is as wire_encode would write it. */
};

/* What is being read: a message's bytes from `at` to `end`. */
struct span {
    const uint8_t *at;
    const uint8_t *end;
};

__attribute__((cold, noinline)) static enum daybook_status refuse(const struct reader *reader,
                                                                  const ProtobufCMessageDescriptor *descriptor,
                                                                  const ProtobufCFieldDescriptor *field,
                                                                  const uint8_t *at, const char *why) {
    (void)daybook_fail(reader->error, DAYBOOK_DAMAGED, "%s", why);
    (void)daybook_fail_in(reader->error, "decoding %s at byte %zu, field %s", descriptor->name,
                          (size_t)(at - reader->start), field == NULL ? "tag" : field->name);
    return DAYBOOK_DAMAGED;
}

__attribute__((cold, noinline)) static enum daybook_status refuse_memory(const struct reader *reader,
                                                                         const ProtobufCMessageDescriptor *descriptor) {
    return daybook_fail(reader->error, DAYBOOK_NO_MEMORY, "decoding %s: its arena of %zu bytes is full",
                        descriptor->name, reader->arena->limit_bytes);
}

static inline bool read_varint(const struct reader *reader, struct span *span, uint64_t *value) {
    const uint8_t *at = span->at;
    if (LIKELY(at < span->end) && *at < 0x80) {
        *value = *at;
        span->at = at + 1;
        return true;
    }
    if (LIKELY(at < reader->fast_end)) {
        uint64_t eight = load_le64(at);
        uint64_t stops = ~eight & HIGH_BITS;
        if (LIKELY(stops != 0)) {
            unsigned bits = (unsigned)__builtin_ctzll(stops) + 1; /* Of whole bytes: a multiple of 8. */
            const uint8_t *next = at + bits / 8;
            if (UNLIKELY(next > span->end)) {
                return false;
            }
            *value = varint_squeeze(eight & (~UINT64_C(0) >> (64 - bits)));
            span->at = next;
            *reader->is_canonical &= next[-1] != 0; /* Else it is longer than it need be. */
            return true;
        }
    }
    size_t size = varint_load(at, span->end, value);
    span->at = at + size;
    *reader->is_canonical &= size < 2 || at[size - 1] != 0;
    return size > 0;
}

/* A default stands only where there must be something: as an element, or as an arm of a oneof. */
static inline bool may_be_default(const ProtobufCFieldDescriptor *field) {
    return field->label == PROTOBUF_C_LABEL_REPEATED || (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

/* Cuts a length-prefixed span off the front of `span`. */
static inline bool read_span(const struct reader *reader, struct span *span, struct span *part) {
    uint64_t size;
    if (!read_varint(reader, span, &size) || size > (uint64_t)(span->end - span->at)) {
        return false;
    }
    part->at = span->at;
    part->end = span->at + size;
    span->at = part->end;
    return true;
}

static enum daybook_status decode_message(const struct reader *reader, const ProtobufCMessageDescriptor *descriptor,
                                          struct span span, unsigned depth, ProtobufCMessage **message);

/* The reason why a varint is no value of the field's type; NULL when it was put into `slot`. */
static inline const char *put_varint(const ProtobufCFieldDescriptor *field, uint64_t value, void *slot) {
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
        *(uint64_t *)slot = value;
        return NULL;
    case PROTOBUF_C_TYPE_SINT64:
        *(int64_t *)slot = zigzag_decode(value);
        return NULL;
    case PROTOBUF_C_TYPE_INT32:
        *(int32_t *)slot = (int32_t)value;
        return (int64_t)value == (int32_t)value ? NULL : "out of the range of int32";
    case PROTOBUF_C_TYPE_SINT32:
        *(int32_t *)slot = (int32_t)zigzag_decode(value);
        return value <= UINT32_MAX ? NULL : "out of the range of sint32";
    case PROTOBUF_C_TYPE_UINT32:
        *(uint32_t *)slot = (uint32_t)value;
        return value <= UINT32_MAX ? NULL : "out of the range of uint32";
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)slot = (protobuf_c_boolean)value;
        return value <= 1 ? NULL : "neither false nor true";
    case PROTOBUF_C_TYPE_ENUM:
        *(int32_t *)slot = (int32_t)value;
        return wire_is_enum_value(field->descriptor, (int64_t)value) ? NULL : "a value that its enum does not have";
    default:
        assert(!"a varint field");
        return NULL;
    }
}

/* A string, bytes or a message: a length, and that many bytes. */
ALWAYS_INLINE enum daybook_status decode_prefixed(const struct reader *reader,
                                                  const ProtobufCMessageDescriptor *descriptor,
                                                  const ProtobufCFieldDescriptor *field, struct span *span,
                                                  unsigned depth, void *slot) {
    struct span part;
    if (UNLIKELY(!read_span(reader, span, &part))) {
        return refuse(reader, descriptor, field, span->at, "its length runs past the end");
    }
    size_t size = (size_t)(part.end - part.at);
    uint8_t *copy = reader->copy + (part.at - reader->start);
    if (UNLIKELY(size == 0) && field->type != PROTOBUF_C_TYPE_MESSAGE) {
        *reader->is_canonical &= may_be_default(field);
    }
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        if (UNLIKELY(!wire_is_text(copy, size))) {
            return refuse(reader, descriptor, field, part.at, "not UTF-8, or with a NUL inside");
        }
        copy[size] = '\0';
        *(char **)slot = (char *)copy;
        return DAYBOOK_OK;
    }
    if (field->type == PROTOBUF_C_TYPE_BYTES) {
        *(ProtobufCBinaryData *)slot = (ProtobufCBinaryData){.len = size, .data = size == 0 ? NULL : copy};
        return DAYBOOK_OK;
    }
    if (UNLIKELY(*(ProtobufCMessage **)slot != NULL)) {
        return refuse(reader, descriptor, field, part.at, "there twice");
    }
    if (UNLIKELY(depth + 1 > LIMIT_WIRE_DEPTH)) {
        return refuse(reader, descriptor, field, part.at, "nested too deeply");
    }
    return decode_message(reader, field->descriptor, part, depth + 1, slot);
}

/* One value of the field's type into `slot`; a message's slot holds NULL. */
ALWAYS_INLINE enum daybook_status decode_value(const struct reader *reader,
                                               const ProtobufCMessageDescriptor *descriptor,
                                               const ProtobufCFieldDescriptor *field, ProtobufCWireType wire_type,
                                               struct span *span, unsigned depth, void *slot) {
    if (LIKELY(wire_type == PROTOBUF_C_WIRE_TYPE_VARINT)) {
        uint64_t value;
        if (UNLIKELY(!read_varint(reader, span, &value))) {
            return refuse(reader, descriptor, field, span->at, "cut off, or longer than a number can be");
        }
        if (UNLIKELY(value == 0)) {
            *reader->is_canonical &= may_be_default(field);
        }
        const char *why = put_varint(field, value, slot);
        return LIKELY(why == NULL) ? DAYBOOK_OK : refuse(reader, descriptor, field, span->at, why);
    }
    if (wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) {
        return decode_prefixed(reader, descriptor, field, span, depth, slot);
    }
    size_t size = wire_type == PROTOBUF_C_WIRE_TYPE_64BIT ? 8 : 4;
    if (UNLIKELY((size_t)(span->end - span->at) < size)) {
        return refuse(reader, descriptor, field, span->at, "cut off");
    }
    static const uint8_t zeros[8];
    memcpy(slot, span->at, size);
    *reader->is_canonical &= memcmp(slot, zeros, size) != 0 || may_be_default(field);
    span->at += size;
    return DAYBOOK_OK;
}

/* The slot of the next element. The capacity follows from the count, see FIRST_CAPACITY. */
static void *next_slot(const struct reader *reader, const ProtobufCFieldDescriptor *field, ProtobufCMessage *message) {
    size_t *count = (void *)((uint8_t *)message + field->quantifier_offset);
    void **elements = (void *)((uint8_t *)message + field->offset);
    size_t size = element_size(field);
    bool is_full = *count == 0 || (*count >= FIRST_CAPACITY && (*count & (*count - 1)) == 0);
    if (is_full) {
        size_t capacity = *count == 0 ? FIRST_CAPACITY : *count * 2;
        void *grown = arena_alloc(reader->arena, capacity * size);
        if (grown == NULL) {
            return NULL;
        }
        if (*count > 0) {
            memcpy(grown, *elements, *count * size);
        }
        *elements = grown;
    }
    void *slot = (uint8_t *)*elements + *count * size;
    memset(slot, 0, size);
    ++*count;
    return slot;
}

/* One element, or a packed run of numbers. */
__attribute__((noinline)) static enum daybook_status decode_repeated(const struct reader *reader,
                                                                     const ProtobufCMessageDescriptor *descriptor,
                                                                     const ProtobufCFieldDescriptor *field,
                                                                     ProtobufCWireType wire_type, struct span *span,
                                                                     unsigned depth, ProtobufCMessage *message) {
    ProtobufCWireType wanted = wire_type_of(field);
    bool is_packed = (field->flags & PROTOBUF_C_FIELD_FLAG_PACKED) != 0;
    *reader->is_canonical &= is_packed == (wire_type != wanted);
    if (wire_type == wanted) {
        void *slot = next_slot(reader, field, message);
        if (UNLIKELY(slot == NULL)) {
            return refuse_memory(reader, descriptor);
        }
        return decode_value(reader, descriptor, field, wire_type, span, depth, slot);
    }
    if (wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) {
        return refuse(reader, descriptor, field, span->at, "of another wire type");
    }
    struct span run;
    if (!read_span(reader, span, &run)) {
        return refuse(reader, descriptor, field, span->at, "its length runs past the end");
    }
    *reader->is_canonical &= run.at < run.end;
    while (run.at < run.end) {
        void *slot = next_slot(reader, field, message);
        if (UNLIKELY(slot == NULL)) {
            return refuse_memory(reader, descriptor);
        }
        enum daybook_status status = decode_value(reader, descriptor, field, wanted, &run, depth, slot);
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
    return DAYBOOK_OK;
}

static inline enum daybook_status decode_field(const struct reader *reader,
                                               const ProtobufCMessageDescriptor *descriptor,
                                               const ProtobufCFieldDescriptor *field, ProtobufCWireType wire_type,
                                               struct span *span, unsigned depth, ProtobufCMessage *message) {
    if (UNLIKELY(field->label == PROTOBUF_C_LABEL_REPEATED)) {
        return decode_repeated(reader, descriptor, field, wire_type, span, depth, message);
    }
    if (UNLIKELY(wire_type != wire_type_of(field))) {
        return refuse(reader, descriptor, field, span->at, "of another wire type");
    }
    void *slot = (uint8_t *)message + field->offset;
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        uint32_t *arm = (void *)((uint8_t *)message + field->quantifier_offset);
        if (UNLIKELY(*arm != 0)) {
            return refuse(reader, descriptor, field, span->at, "a second arm of a oneof");
        }
        *arm = field->id;
    }
    return decode_value(reader, descriptor, field, wire_type, span, depth, slot);
}

static enum daybook_status decode_message(const struct reader *reader, const ProtobufCMessageDescriptor *descriptor,
                                          struct span span, unsigned depth, ProtobufCMessage **message) {
    ProtobufCMessage *result = arena_alloc(reader->arena, descriptor->sizeof_message);
    if (UNLIKELY(result == NULL)) {
        return refuse_memory(reader, descriptor);
    }
    descriptor->message_init(result);
    int last = -1; /* The field before, by its index. */
    while (span.at < span.end) {
        const uint8_t *start = span.at;
        uint64_t tag;
        if (UNLIKELY(!read_varint(reader, &span, &tag) || tag > UINT32_MAX)) {
            return refuse(reader, descriptor, NULL, start, "cut off, or longer than a tag can be");
        }
        int index = wire_range_index(descriptor->field_ranges, descriptor->n_field_ranges, (int64_t)(tag >> 3));
        if (UNLIKELY(index < 0)) {
            return daybook_fail(reader->error, DAYBOOK_DAMAGED,
                                "decoding %s at byte %zu: field number %" PRIu64 " is unknown; written by a newer "
                                "program?",
                                descriptor->name, (size_t)(start - reader->start), tag >> 3);
        }
        const ProtobufCFieldDescriptor *field = &descriptor->fields[index];
        if (UNLIKELY(index <= last)) { /* Elements come one after the other, what is packed but once. */
            bool is_element =
                field->label == PROTOBUF_C_LABEL_REPEATED && (field->flags & PROTOBUF_C_FIELD_FLAG_PACKED) == 0;
            *reader->is_canonical &= index == last && is_element;
        }
        last = index;
        enum daybook_status status =
            decode_field(reader, descriptor, field, (ProtobufCWireType)(tag & 7), &span, depth, result);
        if (UNLIKELY(status != DAYBOOK_OK)) {
            return status;
        }
    }
    *message = result;
    return DAYBOOK_OK;
}

enum daybook_status wire_decode(const ProtobufCMessageDescriptor *descriptor, struct daybook_bytes bytes,
                                struct arena *arena, ProtobufCMessage **message, struct daybook_error *error) {
    bool ignored;
    return wire_decode_telling(descriptor, bytes, arena, message, &ignored, error);
}

enum daybook_status wire_decode_telling(const ProtobufCMessageDescriptor *descriptor, struct daybook_bytes bytes,
                                        struct arena *arena, ProtobufCMessage **message, bool *is_canonical,
                                        struct daybook_error *error) {
    *is_canonical = true;
    struct reader reader = {
        .start = bytes.data,
        .fast_end = bytes.size < 8 ? NULL : bytes.data + bytes.size - 7,
        .arena = arena,
        .error = error,
        .is_canonical = is_canonical,
    };
    *message = NULL;
    reader.copy = arena_alloc(arena, bytes.size + COPY_SLACK);
    if (reader.copy == NULL) {
        return refuse_memory(&reader, descriptor);
    }
    if (bytes.size > 0) {
        memcpy(reader.copy, bytes.data, bytes.size);
    }
    memset(reader.copy + bytes.size, 0, COPY_SLACK);
    const uint8_t *data = bytes.size > 0 ? bytes.data : reader.copy; /* No bytes may be at NULL. */
    return decode_message(&reader, descriptor, (struct span){data, data + bytes.size}, 1, message);
}
