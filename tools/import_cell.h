/* A cell of a row, as spreadsheets and other programs leave it, without what is around its text. */
#ifndef DAYBOOK_TOOLS_IMPORT_CELL_H
#define DAYBOOK_TOOLS_IMPORT_CELL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* Without spaces and tabs around it (the ideographic space U+3000, those that do not break lines, U+00A0 and U+202F,
 * and those without a width, U+200B and U+FEFF, too), and out of ="..." where a spreadsheet was to take it for text.
 * Borrowed from `text`. */
struct daybook_bytes cell_trim(const char *text);

/* What a spreadsheet writes in place of what it cannot show: an error (#REF!), a column too narrow (####), or a long
 * number without its last digits (1.23457E+11). It names nobody: two accounts may look the same. */
bool cell_is_wreck(struct daybook_bytes text);

/* The first character of which nothing is seen, or only what another one shows, too: U+00A0, U+00AD, U+200B, U+200E,
 * ... Two ids that look the same would be two; 0 = there is none. */
uint32_t cell_find_unseen(struct daybook_bytes text);

#endif
