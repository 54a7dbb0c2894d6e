/*
 * Fields of a message put one after the other, for the encoders that go without descriptors (event_encode.c,
 * answer_encode.c). Room is made before: FIELD_BYTES_MOST for each field, and the texts. Defaults are left out.
 */
#ifndef DAYBOOK_CODEC_WIRE_PUT_H
#define DAYBOOK_CODEC_WIRE_PUT_H

#include <string.h>

#include "base/bytes.h"

enum { FIELD_BYTES_MOST = 20 }; /* A tag and a number, or a tag and a length. */

/* A field's tag: its number and its wire type, one byte to number 15. */
#define TAG_NUMBER(field)  ((field) << 3)
#define TAG_FIXED64(field) ((field) << 3 | 1)
#define TAG_BYTES(field)   ((field) << 3 | 2)

static inline uint8_t *put_unsigned(uint8_t *at, uint8_t tag, uint64_t value) {
    if (value == 0) {
        return at;
    }
    *at = tag;
    return varint_put(at + 1, value);
}

/* int32, int64 and enums: a negative one is as long as int64. */
static inline uint8_t *put_signed(uint8_t *at, uint8_t tag, int64_t value) {
    return put_unsigned(at, tag, (uint64_t)value);
}

static inline uint8_t *put_bytes(uint8_t *at, uint8_t tag, const void *data, size_t size) {
    if (size == 0) {
        return at;
    }
    *at = tag;
    at = varint_put(at + 1, size);
    copy_short(at, data, size);
    return at + size;
}

static inline size_t text_size(const char *text) {
    return text == NULL ? 0 : strlen(text);
}

/* What is nested between `start` and `at` gets its length in the byte before it, or in more. */
static inline uint8_t *put_length_before(uint8_t *start, uint8_t *at) {
    size_t size = (size_t)(at - start);
    if (size < 0x80) {
        start[-1] = (uint8_t)size;
        return at;
    }
    uint8_t length[10];
    size_t length_size = varint_store(length, size);
    memmove(start + length_size - 1, start, size);
    memcpy(start - 1, length, length_size);
    return at + length_size - 1;
}

#endif
