/*
 * What a command line could go on with, for shells: "daybook --complete WORD...", where the last WORD is the one being
 * written and may be empty. Candidates are written one a line, each begins with that word; out of the tables of
 * commands, so that they cannot disagree with what is taken.
 *
 *   CP1  The single line "/" says that a file is wanted: no candidate is that.
 *   CP2  Nothing is opened and nobody is asked. Where anything may be written (an id, a date, an amount), nothing is.
 */
#ifndef DAYBOOK_TOOLS_COMPLETE_H
#define DAYBOOK_TOOLS_COMPLETE_H

#include <stdio.h>

/* `words` are those behind "daybook", `count` at least 1. */
void complete(FILE *stream, int count, char **words);

#endif
