/* Varints. */
#include "base/bytes.h"

size_t varint_store(uint8_t *to, uint64_t value) {
    size_t size = 0;
    while (value >= 0x80) {
        to[size++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    to[size++] = (uint8_t)value;
    return size;
}

size_t varint_load(const uint8_t *from, const uint8_t *end, uint64_t *value) {
    uint64_t result = 0;
    size_t available = (size_t)(end - from);
    size_t limit = available < 10 ? available : 10;
    for (size_t i = 0; i < limit; i++) {
        uint64_t bits = from[i] & 0x7F;
        if (i == 9 && from[i] > 1) {
            return 0; /* Bits past the 64th: no such number. */
        }
        result |= bits << (7 * i);
        if (from[i] < 0x80) {
            *value = result;
            return i + 1;
        }
    }
    return 0;
}
