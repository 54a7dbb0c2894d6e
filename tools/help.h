/* Help, written from the tables of commands, so that it cannot disagree with them. */
#ifndef DAYBOOK_TOOLS_HELP_H
#define DAYBOOK_TOOLS_HELP_H

#include <stdio.h>

#include "tools/command.h"

void help_overview(FILE *stream);
void help_command(FILE *stream, const struct command *command);

/* The commands whose name begins with `word` ("credit"); returns how many there are. */
size_t help_group(FILE *stream, const char *word);

/* Every refusal code, what it means and what can be done: the engine's own words. */
void help_refusals(FILE *stream);

/* The manual page, in roff: tools/daybook.1 is this. */
void help_man(FILE *stream);

/* A longer page of its own ("import"); NULL = none. */
const char *help_page(const char *name);
/* Of the first, second, ... of these; NULL: there are no more. */
const char *help_page_name(size_t index);

#endif
