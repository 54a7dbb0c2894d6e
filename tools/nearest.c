/* The word that was probably meant. */
#include "tools/nearest.h"

#include <stdint.h>
#include <string.h>

/* No command and no option is longer. A word that begins as what was written is farther than any with slips. */
enum { WORD_MAX = 40, SLIPS_MOST = 2, BEGINNING_MIN = 3, BEGINNING_SLIPS = SLIPS_MOST + 1 };

static uint8_t least(uint8_t a, uint8_t b) {
    return a < b ? a : b;
}

/* Optimal string alignment, row by row: each row is that much of `a` against every beginning of `b`. */
static size_t count_slips(const char *a, size_t a_size, const char *b, size_t b_size) {
    uint8_t rows[3][WORD_MAX + 1];
    uint8_t *before = rows[0];
    uint8_t *last = rows[1];
    uint8_t *row = rows[2];
    for (size_t j = 0; j <= b_size; j++) {
        before[j] = last[j] = (uint8_t)j;
    }
    for (size_t i = 1; i <= a_size; i++) {
        row[0] = (uint8_t)i;
        for (size_t j = 1; j <= b_size; j++) {
            uint8_t other = (uint8_t)(last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
            row[j] = least(other, (uint8_t)(least(last[j], row[j - 1]) + 1));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = least(row[j], (uint8_t)(before[j - 2] + 1));
            }
        }
        uint8_t *free_row = before;
        before = last;
        last = row;
        row = free_row;
    }
    return last[b_size];
}

void nearest_offer(struct nearest *nearest, const char *written, size_t size, const char *word, size_t word_size) {
    size_t shorter = size < word_size ? size : word_size;
    if (size > WORD_MAX || word_size > WORD_MAX) {
        return;
    }
    size_t slips = count_slips(written, size, word, word_size);
    if (slips > SLIPS_MOST || slips * 3 > size) {
        if (shorter < BEGINNING_MIN || memcmp(written, word, shorter) != 0) {
            return;
        }
        slips = BEGINNING_SLIPS;
    }
    if (nearest->word == NULL || slips < nearest->slips) {
        *nearest = (struct nearest){word, word_size, slips};
    }
}
