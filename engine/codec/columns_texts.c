/* The texts that a frame has had, and the numbers at their ends. */
#include "codec/columns_texts.h"

#include <string.h>

_Static_assert((TEXTS_MOST & (TEXTS_MOST - 1)) == 0, "slots are found by a mask");

/* A text is two bytes of an event at least, so there are more slots than texts. */
void column_texts_reset(struct column_texts *texts, size_t raw_size) {
    size_t slots = 64;
    while (slots < 2 * TEXTS_MOST && slots <= raw_size / 2) {
        slots *= 2;
    }
    memset(texts->slots, 0, slots * sizeof *texts->slots);
    texts->slot_mask = (uint32_t)slots - 1;
    texts->count = 0;
}

/* Each eight bytes are multiplied in; the high bits of a product depend on all that is below them. */
static inline uint32_t hash_of(const uint8_t *data, uint32_t size) {
    const uint64_t factor = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t hash = size * factor;
    for (; size >= 8; size -= 8, data += 8) {
        hash = (hash ^ load_le64(data)) * factor;
        hash ^= hash >> 32;
    }
    hash = (hash ^ (load_le64(data) & ((UINT64_C(1) << 8 * size) - 1))) * factor;
    return (uint32_t)(hash >> 32);
}

/* How many of eight characters, the last first, are digits. */
static inline uint32_t digits_at_end(uint64_t eight) {
    const uint64_t low = UINT64_C(0x7F7F7F7F7F7F7F7F);
    const uint64_t from_zero = eight ^ UINT64_C(0x3030303030303030);
    const uint64_t others = (((from_zero & low) + UINT64_C(0x7676767676767676)) | from_zero) & ~low;
    return others == 0 ? 8 : (uint32_t)__builtin_clzll(others) / 8;
}

static inline uint32_t stem_of(const uint8_t *data, uint32_t size) {
    const uint32_t digits = digits_at_end(load_le64(data + size - 8));
    if (digits == 8 && size > 8) {
        return text_stem(data, size);
    }
    return digits < size ? size - digits : 0;
}

/* The number of 1 to 18 digits that end before `end`. */
static inline uint64_t number_of(const uint8_t *end, uint32_t digits) {
    uint64_t number = 0;
    if (digits <= 8) { /* Pairs, fours, all eight, side by side; what is before them is zeros. */
        const uint64_t before = ~UINT64_C(0) << (64 - 8 * digits);
        uint64_t ones = (load_le64(end - 8) ^ UINT64_C(0x3030303030303030)) & before;
        const uint64_t twos = (ones * 10 + (ones >> 8)) & UINT64_C(0x00FF00FF00FF00FF);
        const uint64_t fours = (twos * 100 + (twos >> 16)) & UINT64_C(0x0000FFFF0000FFFF);
        return (uint32_t)(fours * 10000 + (fours >> 32));
    }
    for (const uint8_t *at = end - digits; at < end; at++) {
        number = number * 10 + (uint64_t)(*at - '0');
    }
    return number;
}

const struct known_text *column_texts_find(struct column_texts *texts, const uint8_t *data, uint32_t size,
                                           struct known_text *text) {
    const uint32_t hash = hash_of(data, size);
    uint32_t slot = hash & texts->slot_mask;
    for (; texts->slots[slot] != 0; slot = (slot + 1) & texts->slot_mask) {
        const struct known_text *known = &texts->texts[texts->slots[slot] - 1];
        if (known->hash == hash && known->size == size && texts_equal(known->data, data, size)) {
            return known;
        }
    }
    *text = (struct known_text){data, size, stem_of(data, size), hash};
    if (texts->count < TEXTS_MOST) {
        texts->texts[texts->count] = *text;
        texts->slots[slot] = (uint16_t)++texts->count;
    }
    return NULL;
}

uint32_t text_code(const struct known_text *last, const struct known_text *text, uint64_t *number) {
    const uint32_t stem = text->stem;
    const uint32_t digits = text->size - stem;
    if (digits == 0 || last->data == NULL || last->stem != stem || !texts_equal(last->data, text->data, stem)) {
        return TEXT_PLAIN;
    }
    *number = number_of(text->data + text->size, digits);
    if (last->size == text->size && (text->data[stem] == '0' || last->data[stem] == '0')) {
        return TEXT_PADDED;
    }
    return text->data[stem] != '0' || digits == 1 ? TEXT_NUMBERED : TEXT_PLAIN;
}
