/* Well-formed UTF-8, and texts without control characters. */
#include "base/text.h"

#include <stdint.h>
#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* The size of the character at `at`, 0 when it is none. Table 3-7 of the Unicode standard. */
static size_t character_size(const uint8_t *at, size_t available) {
    uint8_t lead = at[0];
    if (lead < 0x80) {
        return 1;
    }
    uint8_t second_min = 0x80;
    uint8_t second_max = 0xBF;
    size_t size;
    if (lead >= 0xC2 && lead <= 0xDF) {
        size = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        size = 3;
        second_min = lead == 0xE0 ? 0xA0 : 0x80; /* No overlong forms. */
        second_max = lead == 0xED ? 0x9F : 0xBF; /* No surrogates. */
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        size = 4;
        second_min = lead == 0xF0 ? 0x90 : 0x80;
        second_max = lead == 0xF4 ? 0x8F : 0xBF; /* Nothing past U+10FFFF. */
    } else {
        return 0;
    }
    if (available < size || at[1] < second_min || at[1] > second_max) {
        return 0;
    }
    for (size_t i = 2; i < size; i++) {
        if ((at[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return size;
}

bool text_is_utf8(const char *text, size_t size) {
    const uint8_t *at = (const uint8_t *)text;
    size_t i = 0;
    while (i < size) {
        if (size - i >= 8) {
            uint64_t eight;
            memcpy(&eight, at + i, 8);
            if ((eight & HIGH_BITS) == 0) {
                i += 8;
                continue;
            }
        }
        size_t step = character_size(at + i, size - i);
        if (step == 0) {
            return false;
        }
        i += step;
    }
    return true;
}

bool text_is_line(const char *text, size_t size, size_t max_size) {
    if (size > max_size) {
        return false;
    }
    if (text_is_plain(text, size)) {
        return true;
    }
    const uint8_t *at = (const uint8_t *)text;
    size_t i = 0;
    while (i < size) {
        size_t step = character_size(at + i, size - i);
        bool is_control =
            at[i] < 0x20 || at[i] == 0x7F || (step == 2 && at[i] == 0xC2 && at[i + 1] < 0xA0); /* C0, DEL, C1 */
        if (step == 0 || is_control) {
            return false;
        }
        i += step;
    }
    return true;
}

bool text_is_identifier(const char *text, size_t size, size_t max_size) {
    return size > 0 && text_is_line(text, size, max_size);
}
