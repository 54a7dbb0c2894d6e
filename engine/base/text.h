/* UTF-8 at the edge. */
#ifndef DAYBOOK_BASE_TEXT_H
#define DAYBOOK_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Well-formed (Unicode 15 table 3-7): no surrogates, no overlong forms. */
bool text_is_utf8(const char *text, size_t size);

/* 1 to `max_size` bytes of UTF-8 without C0, DEL and C1 control characters. */
bool text_is_identifier(const char *text, size_t size, size_t max_size);

/* Like an identifier, but may be empty. */
bool text_is_line(const char *text, size_t size, size_t max_size);

/* ---- deciding looks at several texts a request ---- */

/* A few bytes in one number, in any order: some may stand there twice, and what is left over is spaces. */
static inline uint64_t text_few(const char *text, size_t size) {
    uint64_t few = UINT64_C(0x2020202020202020);
    if (size >= 4) {
        uint32_t first;
        uint32_t last;
        __builtin_memcpy(&first, text, 4);
        __builtin_memcpy(&last, text + size - 4, 4);
        return (uint64_t)first << 32 | last;
    }
    if (size > 0) {
        __builtin_memcpy(&few, text, size);
    }
    return few;
}

/* None of the eight bytes is past ASCII, below a space or DEL. Borrows and carries go past such a byte only, so what
 * is said of the lowest is right, and one is enough. */
static inline bool text_are_plain(uint64_t eight) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t is_del = (eight ^ 0x7F * ones) - ones;
    return ((eight | (eight - 0x20 * ones) | is_del) & UINT64_C(0x8080808080808080)) == 0;
}

/* A line of ASCII, as most are: true says that it is one, false that text_is_line has to look. */
static inline bool text_is_plain(const char *text, size_t size) {
    size_t i = 0;
    for (; size - i >= 8; i += 8) {
        uint64_t eight;
        __builtin_memcpy(&eight, text + i, 8);
        if (!text_are_plain(eight)) {
            return false;
        }
    }
    return text_are_plain(text_few(text + i, size - i));
}

#endif
