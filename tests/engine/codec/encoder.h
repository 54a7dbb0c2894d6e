/* A fast encoder against protobuf-c's own: the same bytes, behind what was there, for one message and for many. */
#ifndef DAYBOOK_TESTS_ENCODER_H
#define DAYBOOK_TESTS_ENCODER_H

#include <stdlib.h>

#include "tests/engine/codec/random_message.h"

enum { ENCODER_ARENA_BYTES = 64 << 20, ENCODER_ROUNDS = 3000 };

typedef enum daybook_status encoder_function(const ProtobufCMessage *message, struct daybook_buffer *buffer);
typedef const ProtobufCMessage *encoder_make(struct random *random, struct arena *arena, const void *row);

static inline void encoder_agrees(encoder_function *encode, const ProtobufCMessage *message,
                                  struct daybook_buffer *buffer) {
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = malloc(size + 1);
    assert_non_null(packed);
    assert_int_equal(protobuf_c_message_pack(message, packed), size);
    size_t before = buffer->size;
    assert_int_equal(encode(message, buffer), DAYBOOK_OK);
    assert_int_equal(buffer->size - before, size);
    assert_memory_equal(buffer->data + before, packed, size);
    free(packed);
}

/* Of what `make` makes for `row`, down to `max_depth`. */
static inline void encoder_agrees_often(encoder_function *encode, encoder_make *make, const void *row, uint64_t seed,
                                        unsigned max_depth) {
    struct random random = {.state = seed, .max_depth = max_depth};
    struct arena arena;
    struct daybook_buffer buffer = {0};
    arena_init(&arena, ENCODER_ARENA_BYTES);
    for (int i = 0; i < ENCODER_ROUNDS; i++) {
        arena_reset(&arena);
        if (i % 100 == 0) {
            daybook_buffer_release(&buffer); /* Room is made anew, and exactly. */
        }
        encoder_agrees(encode, make(&random, &arena, row), &buffer);
    }
    daybook_buffer_release(&buffer);
    arena_release(&arena);
}

#endif
