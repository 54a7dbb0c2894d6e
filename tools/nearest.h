/*
 * The word that was probably meant: of those that are offered, the one that the fewest slips of the fingers lead to (a
 * letter too many, left out, or another one; two that changed places).
 *
 *   NW1  What is not near is not named: at most two slips, and one in three letters; or the one begins with the other.
 *   NW2  Of words that are as near, the first that was offered.
 */
#ifndef DAYBOOK_TOOLS_NEAREST_H
#define DAYBOOK_TOOLS_NEAREST_H

#include <stddef.h>

/* Begins as zeros. */
struct nearest {
    const char *word; /* The nearest so far, which the caller offered; NULL: none is near. */
    size_t word_size;
    size_t slips;
};

/* Sizes in bytes; no NUL is looked for. */
void nearest_offer(struct nearest *nearest, const char *written, size_t size, const char *word, size_t word_size);

#endif
