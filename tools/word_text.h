/*
 * Words that come in an answer, for people: kinds, states, accounts, rules,
 * figures. An answer has them in English, for programs; whoever reads a table
 * reads them in his language. They are listed in tools/po/words and taken from the
 * schema (tools/messages), because no literal here names them.
 */
#ifndef DAYBOOK_TOOLS_WORD_TEXT_H
#define DAYBOOK_TOOLS_WORD_TEXT_H

#include "base/arena.h"

/* A word that may be of several ("deposits first", deposits-first, deposits_first). What is not known stays as it is.
 */
const char *word_of(const char *text);

/* A word, or a list of them, each perhaps with a figure behind it: "late share 2, over 120". Where memory is
 * refused it stays as it is. Borrowed from `text`, the catalogue or the arena. */
const char *word_text(const char *text, struct arena *arena);

/* The same as the heading of a column: capitals where there are any. NULL: the arena refused. */
const char *word_heading(const char *text, struct arena *arena);

#endif
