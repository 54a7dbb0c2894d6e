/*
 * Every sentence that a user reads passes through here: in the reader's
 * language where a catalogue has it (GNU gettext), else as it is written.
 *
 *   X1  What programs read is English: --json, tables as files, the server, the feeds (tools/po/README.md).
 *   X2  Of the locale only LC_MESSAGES is taken here, and LC_CTYPE in console.h: figures, dates and order never change.
 */
#ifndef DAYBOOK_TOOLS_TEXT_H
#define DAYBOOK_TOOLS_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* Looks for the reader's language: LC_ALL, LC_MESSAGES and LANG, and LANGUAGE, as gettext has them. A locale that this
 * machine does not have still names its language. Once, at start, before there are threads. */
void text_begin(void);

/* From here on everything is English: what is said now is for programs, or for a log. */
void text_is_for_programs(void);

/* There is a language, and it is not English. */
bool text_is_translated(void);

/* The argument is a literal, or marked with N_(); compilers go on checking formats. */
#define _(text) text_translate(text)
const char *text_translate(const char *text) __attribute__((format_arg(1)));

/* The form that goes with a count: "%s row" of 1, "%s rows" of others. A language may have more forms, or one. */
const char *text_count(const char *one, const char *many, uint64_t count) __attribute__((format_arg(1), format_arg(2)));

/* Marks a sentence in a table, which is looked up with _() where it is printed. */
#define N_(text) text

#endif
