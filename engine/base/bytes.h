/* Integers in bytes: fixed width and varints. With the bytes themselves (base/values.h). */
#ifndef DAYBOOK_BASE_BYTES_H
#define DAYBOOK_BASE_BYTES_H

#include "base/values.h"

/* Fixed-width integers in the byte orders that formats use. */
static inline void store_be32(uint8_t *to, uint32_t v) {
    v = __builtin_bswap32(v);
    __builtin_memcpy(to, &v, 4);
}
static inline void store_be64(uint8_t *to, uint64_t v) {
    v = __builtin_bswap64(v);
    __builtin_memcpy(to, &v, 8);
}
static inline uint32_t load_be32(const uint8_t *from) {
    uint32_t v;
    __builtin_memcpy(&v, from, 4);
    return __builtin_bswap32(v);
}
static inline uint64_t load_be64(const uint8_t *from) {
    uint64_t v;
    __builtin_memcpy(&v, from, 8);
    return __builtin_bswap64(v);
}
static inline void store_le16(uint8_t *to, uint16_t v) {
    __builtin_memcpy(to, &v, 2);
}
static inline void store_le32(uint8_t *to, uint32_t v) {
    __builtin_memcpy(to, &v, 4);
}
static inline void store_le64(uint8_t *to, uint64_t v) {
    __builtin_memcpy(to, &v, 8);
}
static inline uint16_t load_le16(const uint8_t *from) {
    uint16_t v;
    __builtin_memcpy(&v, from, 2);
    return v;
}
static inline uint32_t load_le32(const uint8_t *from) {
    uint32_t v;
    __builtin_memcpy(&v, from, 4);
    return v;
}
static inline uint64_t load_le64(const uint8_t *from) {
    uint64_t v;
    __builtin_memcpy(&v, from, 8);
    return v;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the le helpers copy; a big-endian build must swap here");

/* As memcpy, for texts and keys that mostly have at most 16 bytes: those are copied by two loads and stores. Behind
 * `size` bytes nothing is read or written. */
static inline void copy_short(uint8_t *to, const void *from, size_t size) {
    const uint8_t *bytes = (const uint8_t *)from;
    if (size - 8 <= 8) {
        uint64_t last = load_le64(bytes + size - 8);
        store_le64(to, load_le64(bytes));
        store_le64(to + size - 8, last);
    } else if (size - 4 < 4) {
        uint32_t last = load_le32(bytes + size - 4);
        store_le32(to, load_le32(bytes));
        store_le32(to + size - 4, last);
    } else {
        __builtin_memcpy(to, bytes, size);
    }
}

/* LEB128, as protobuf writes it. `varint_store` writes at most 10 bytes and
 * returns how many; `varint_load` returns how many were read, 0 when cut off
 * or longer than 10 bytes. */
size_t varint_store(uint8_t *to, uint64_t value);
size_t varint_load(const uint8_t *from, const uint8_t *end, uint64_t *value);

/* The inverse of the squeeze below: 56 bits, seven to a byte. */
static inline uint64_t varint_spread(uint64_t value) {
    value = (value & UINT64_C(0x000000000FFFFFFF)) | ((value & UINT64_C(0x00FFFFFFF0000000)) << 4);
    value = (value & UINT64_C(0x00003FFF00003FFF)) | ((value & UINT64_C(0x0FFFC0000FFFC000)) << 2);
    return (value & UINT64_C(0x007F007F007F007F)) | ((value & UINT64_C(0x3F803F803F803F80)) << 1);
}

/* As varint_store, for where many are written: returns what is behind it. Two to eight bytes are written at once, so
 * there must be room for ten whatever the value. */
static inline uint8_t *varint_put(uint8_t *at, uint64_t value) {
    if (value < 0x80) {
        *at = (uint8_t)value;
        return at + 1;
    }
    if (value >> 56 == 0) {
        unsigned size = (unsigned)(64 - __builtin_clzll(value) + 6) / 7; /* 2 to 8 */
        store_le64(at, varint_spread(value) | (UINT64_C(0x8080808080808080) >> (72 - 8 * size)));
        return at + size;
    }
    return at + varint_store(at, value);
}

/* The seven low bits of each of eight bytes, side by side. */
static inline uint64_t varint_squeeze(uint64_t eight) {
    eight = (eight & UINT64_C(0x007F007F007F007F)) | ((eight & UINT64_C(0x7F007F007F007F00)) >> 1);
    eight = (eight & UINT64_C(0x00003FFF00003FFF)) | ((eight & UINT64_C(0x3FFF00003FFF0000)) >> 2);
    return (eight & UINT64_C(0x000000000FFFFFFF)) | ((eight & UINT64_C(0x0FFFFFFF00000000)) >> 4);
}

/* As varint_load, for where many are read: moves *at behind the one that it read. False: there is none. */
static inline bool varint_take(const uint8_t **at, const uint8_t *end, uint64_t *value) {
    const uint64_t high_bits = UINT64_C(0x8080808080808080);
    const uint8_t *from = *at;
    if (from < end && *from < 0x80) {
        *value = *from;
        *at = from + 1;
        return true;
    }
    uint64_t eight = end - from >= 8 ? load_le64(from) : high_bits;
    uint64_t stops = ~eight & high_bits;
    if (stops != 0) {
        unsigned bits = (unsigned)__builtin_ctzll(stops) + 1; /* Of whole bytes: a multiple of 8. */
        *value = varint_squeeze(eight & (~UINT64_C(0) >> (64 - bits)));
        *at = from + bits / 8;
        return true;
    }
    size_t size = varint_load(from, end, value);
    *at = from + size;
    return size > 0;
}

static inline uint64_t zigzag_encode(int64_t v) {
    return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}
static inline int64_t zigzag_decode(uint64_t v) {
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

#endif
