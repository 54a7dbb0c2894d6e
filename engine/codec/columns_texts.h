/*
 * The texts that a frame has had, and the numbers at their ends; for the splitter.
 *
 * What is compared lies where eight bytes before and behind it may be read.
 */
#ifndef DAYBOOK_CODEC_COLUMNS_TEXTS_H
#define DAYBOOK_CODEC_COLUMNS_TEXTS_H

#include "codec/columns_inside.h"

struct known_text {
    const uint8_t *data; /* In the events that are being split. */
    uint32_t size;
    uint32_t stem; /* How many bytes of it are not the number at its end. */
    uint32_t hash;
};

struct column_texts {
    uint32_t count;
    uint32_t slot_mask;
    struct known_text texts[TEXTS_MOST];
    uint16_t slots[2 * TEXTS_MOST]; /* Texts by what they are: their number + 1. */
};

/* Forgets all, for events of `raw_size` bytes. */
void column_texts_reset(struct column_texts *texts, size_t raw_size);

/* The text, if it is known: its number is its place among the texts. NULL: it is not; *text is then made of it, and
 * remembered if there is room. */
const struct known_text *column_texts_find(struct column_texts *texts, const uint8_t *data, uint32_t size,
                                           struct known_text *text);

/* How a text that is not known is given: as the column's last with another number at its end, or plain. */
uint32_t text_code(const struct known_text *last, const struct known_text *text, uint64_t *number);

/* Are they the same? */
static inline bool texts_equal(const uint8_t *a, const uint8_t *b, uint32_t size) {
    for (; size >= 8; size -= 8, a += 8, b += 8) {
        if (load_le64(a) != load_le64(b)) {
            return false;
        }
    }
    return ((load_le64(a) ^ load_le64(b)) & ((UINT64_C(1) << 8 * size) - 1)) == 0;
}

#endif
