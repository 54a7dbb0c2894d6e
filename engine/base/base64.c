/* Base64, in both alphabets. */
#include "base/base64.h"

#include <string.h>

static const char standard_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum daybook_status base64_append(struct daybook_buffer *out, struct daybook_bytes bytes) {
    size_t size = (bytes.size + 2) / 3 * 4;
    char *to = (char *)daybook_buffer_reserve(out, size);
    if (to == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        uint32_t triple = (uint32_t)bytes.data[i] << 16;
        triple |= left > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0;
        triple |= left > 2 ? (uint32_t)bytes.data[i + 2] : 0;
        *to++ = standard_digits[triple >> 18];
        *to++ = standard_digits[triple >> 12 & 63];
        *to++ = '=';
        *to++ = '=';
        if (left > 1) {
            to[-2] = standard_digits[triple >> 6 & 63];
        }
        if (left > 2) {
            to[-1] = standard_digits[triple & 63];
        }
    }
    out->size += size;
    return DAYBOOK_OK;
}

/* The six bits of a digit, or -1. `dialect` is set by the first digit that only one alphabet has. */
static int digit_value(char digit, char *dialect) {
    if (digit >= 'A' && digit <= 'Z') {
        return digit - 'A';
    }
    if (digit >= 'a' && digit <= 'z') {
        return digit - 'a' + 26;
    }
    if (digit >= '0' && digit <= '9') {
        return digit - '0' + 52;
    }
    char found = digit == '+' || digit == '/' ? 's' : digit == '-' || digit == '_' ? 'u' : '\0';
    if (found == '\0' || (*dialect != '\0' && *dialect != found)) {
        return -1;
    }
    *dialect = found;
    return digit == '+' || digit == '-' ? 62 : 63;
}

bool base64_decode(const char *text, size_t size, uint8_t *to, size_t *decoded_size) {
    size_t digits = size;
    while (digits > 0 && size - digits < 2 && text[digits - 1] == '=') {
        digits--;
    }
    bool is_padded = digits != size;
    if ((is_padded && size % 4 != 0) || digits % 4 == 1) {
        return false;
    }
    uint32_t bits = 0;
    unsigned bit_count = 0;
    size_t written = 0;
    char dialect = '\0';
    for (size_t i = 0; i < digits; i++) {
        int value = digit_value(text[i], &dialect);
        if (value < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)value;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            to[written++] = (uint8_t)(bits >> bit_count);
            bits &= (1U << bit_count) - 1;
        }
    }
    *decoded_size = written;
    return bits == 0;
}

bool base64_decode_exact(const char *text, size_t size, uint8_t *to, size_t *decoded_size) {
    if (size % 4 != 0 || memchr(text, '-', size) != NULL || memchr(text, '_', size) != NULL) {
        return false;
    }
    return base64_decode(text, size, to, decoded_size);
}
