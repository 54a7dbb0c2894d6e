/*
 * A statement's text on a terminal that is narrower than it.
 *
 * The text itself has fixed columns and one form for ever, because its hash is
 * recorded (projections/statement_text.c). Where lines of it would wrap, its
 * tables are laid out anew, as every table is: without the blanks, in parts
 * below each other. Every word and figure is there; what goes into a pipe or a
 * file is the text as it is.
 */
#ifndef DAYBOOK_TOOLS_STATEMENT_LAYOUT_H
#define DAYBOOK_TOOLS_STATEMENT_LAYOUT_H

#include "tools/console.h"

/* For a terminal of so many cells; 0 = the text as it is. NO_MEMORY; IO: the stream took no more. */
DAYBOOK_MUST_USE enum daybook_status statement_print_within(const char *content, FILE *stream, size_t width,
                                                            struct arena *arena, struct daybook_error *error);

#endif
