/* Base64 as proto3 JSON wants it: standard and padded on output; standard or URL-safe, padded or not, on input. */
#ifndef DAYBOOK_BASE_BASE64_H
#define DAYBOOK_BASE_BASE64_H

#include "base/bytes.h"

/* NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status base64_append(struct daybook_buffer *out, struct daybook_bytes bytes);

/* The room that decoding `size` characters may need. */
static inline size_t base64_decoded_max(size_t size) {
    return size / 4 * 3 + 3;
}

/* False: not base64 (a character of neither alphabet, both alphabets mixed, a
 * wrong length or padding, or bits left over that are not zero). */
bool base64_decode(const char *text, size_t size, uint8_t *to, size_t *decoded_size);

/* The same, of the standard alphabet with its padding alone: one spelling for each value, as signed formats need. */
bool base64_decode_exact(const char *text, size_t size, uint8_t *to, size_t *decoded_size);

#endif
