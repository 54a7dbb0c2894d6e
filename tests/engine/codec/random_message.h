/* Random messages of any type, from its descriptor: the same seed gives the same message. */
#ifndef DAYBOOK_TESTS_RANDOM_MESSAGE_H
#define DAYBOOK_TESTS_RANDOM_MESSAGE_H

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "tests/rows.h"

struct random {
    uint64_t state;
    unsigned max_depth; /* Messages inside messages, the outermost counted; at least 1. */
    unsigned depth;
};

/* splitmix64 */
static inline uint64_t random_next(struct random *random) {
    random->state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = random->state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static inline uint64_t random_below(struct random *random, uint64_t limit) {
    return random_next(random) % limit;
}

/* Of every length that a varint can have. */
static inline uint64_t random_number(struct random *random) {
    return random_next(random) >> random_below(random, 64);
}

static inline size_t random_size(struct random *random) {
    uint64_t kind = random_below(random, 16);
    return kind < 4 ? 0 : (size_t)random_below(random, kind < 15 ? 24 : 400);
}

static inline char *random_text(struct random *random, struct arena *arena) {
    static const char *const characters[] = {"a", "Z", "0", "-", " ", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x92\xB6"};
    size_t count = random_size(random);
    size_t kinds = random_below(random, 2) == 0 ? 5 : ROW_COUNT(characters); /* Half of them ASCII. */
    char *text = arena_alloc(arena, count * 4 + 1);
    assert_non_null(text);
    char *to = text;
    for (size_t i = 0; i < count; i++) {
        const char *character = characters[random_below(random, kinds)];
        memcpy(to, character, strlen(character));
        to += strlen(character);
    }
    *to = '\0';
    return text;
}

static inline ProtobufCBinaryData random_bytes(struct random *random, struct arena *arena) {
    ProtobufCBinaryData bytes = {.len = random_size(random)};
    if (bytes.len > 0) {
        bytes.data = arena_alloc(arena, bytes.len);
        assert_non_null(bytes.data);
        for (size_t i = 0; i < bytes.len; i++) {
            bytes.data[i] = (uint8_t)random_next(random);
        }
    }
    return bytes;
}

static inline ProtobufCMessage *random_message(struct random *random, struct arena *arena,
                                               const ProtobufCMessageDescriptor *descriptor);

/* Never NULL where the type is a pointer. */
static inline void random_value(struct random *random, struct arena *arena, const ProtobufCFieldDescriptor *field,
                                void *slot) {
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        *(uint32_t *)slot = (uint32_t)random_number(random);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        *(uint64_t *)slot = random_number(random);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)slot = (protobuf_c_boolean)random_below(random, 2);
        break;
    case PROTOBUF_C_TYPE_ENUM: {
        const ProtobufCEnumDescriptor *values = field->descriptor;
        *(int *)slot = values->values[random_below(random, values->n_values)].value;
        break;
    }
    case PROTOBUF_C_TYPE_STRING:
        *(char **)slot = random_text(random, arena);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        *(ProtobufCBinaryData *)slot = random_bytes(random, arena);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        *(ProtobufCMessage **)slot = random_message(random, arena, field->descriptor);
        break;
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        fail_msg("%s: a type that the schema does not use", field->name);
    }
}

static inline size_t slot_size(const ProtobufCFieldDescriptor *field) {
    switch (field->type) {
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
        return 4;
    default:
        return 8;
    }
}

static inline void random_elements(struct random *random, struct arena *arena, const ProtobufCFieldDescriptor *field,
                                   ProtobufCMessage *message) {
    size_t count = (size_t)random_below(random, random_below(random, 20) == 0 ? 40 : 5);
    if (count == 0) {
        return;
    }
    size_t size = slot_size(field);
    uint8_t *elements = arena_zalloc(arena, count * size);
    assert_non_null(elements);
    for (size_t i = 0; i < count; i++) {
        random_value(random, arena, field, elements + i * size);
    }
    *(size_t *)(void *)((uint8_t *)message + field->quantifier_offset) = count;
    *(void **)(void *)((uint8_t *)message + field->offset) = elements;
}

/* How many arms the oneof of the field at `first` has, if that is its first arm; else 0. */
static inline unsigned arms_from(const ProtobufCMessageDescriptor *descriptor, unsigned first) {
    unsigned count = 0;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
            field->quantifier_offset == descriptor->fields[first].quantifier_offset) {
            if (i < first) {
                return 0;
            }
            count++;
        }
    }
    return count;
}

static inline void random_arm(struct random *random, struct arena *arena, const ProtobufCMessageDescriptor *descriptor,
                              unsigned first, ProtobufCMessage *message) {
    unsigned count = arms_from(descriptor, first);
    if (count == 0 || random_below(random, 16) == 0) {
        return;
    }
    unsigned wanted = (unsigned)random_below(random, count);
    for (unsigned i = first; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
            field->quantifier_offset == descriptor->fields[first].quantifier_offset && wanted-- == 0) {
            if (field->type == PROTOBUF_C_TYPE_MESSAGE && random->depth == random->max_depth) {
                return;
            }
            *(uint32_t *)(void *)((uint8_t *)message + field->quantifier_offset) = field->id;
            random_value(random, arena, field, (uint8_t *)message + field->offset);
            return;
        }
    }
}

static inline ProtobufCMessage *random_message(struct random *random, struct arena *arena,
                                               const ProtobufCMessageDescriptor *descriptor) {
    ProtobufCMessage *message = arena_alloc(arena, descriptor->sizeof_message);
    assert_non_null(message);
    descriptor->message_init(message);
    random->depth++;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if (field->type == PROTOBUF_C_TYPE_MESSAGE && random->depth == random->max_depth) {
            continue;
        }
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            random_elements(random, arena, field, message);
        } else if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
            random_arm(random, arena, descriptor, i, message);
        } else if (random_below(random, 3) > 0) {
            random_value(random, arena, field, (uint8_t *)message + field->offset);
        }
    }
    random->depth--;
    return message;
}

/* DAYBOOK_TEST_SEED, or another one for each run; it is printed. */
static inline uint64_t random_message_seed(void) {
    const char *given = getenv("DAYBOOK_TEST_SEED");
    FILE *source = given == NULL ? fopen("/dev/urandom", "rbe") : NULL;
    uint64_t seed = given == NULL ? 1 : strtoull(given, NULL, 10);
    if (source != NULL) {
        if (fread(&seed, sizeof seed, 1, source) != 1) {
            seed = 1;
        }
        (void)fclose(source);
    }
    printf("DAYBOOK_TEST_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

#endif
