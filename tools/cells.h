/*
 * How wide texts are on a terminal, in cells, and where their lines may be broken: at spaces, and, in writing without
 * spaces, beside characters that take two cells.
 */
#ifndef DAYBOOK_TOOLS_CELLS_H
#define DAYBOOK_TOOLS_CELLS_H

#include <stddef.h>

/* A byte that begins no character is counted as one cell. */
size_t cells_of(const char *text);
/* Of its first `size` bytes. */
size_t cells_of_bytes(const char *text, size_t size);

/* The bytes of the longest beginning that fits so many cells; never a part of a character. */
size_t cells_fit(const char *text, size_t cells);

/* The bytes of the first piece that stays in one line: a word up to a space, a wide character with the punctuation that
 * must not be parted from it. 0 only at a space and at the end. */
size_t cells_piece(const char *text);

#endif
