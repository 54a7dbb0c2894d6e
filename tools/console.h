/*
 * Tables for people (libsmartcols) and for programs (CSV).
 *
 * Amounts are right-aligned and grouped for people, plain for programs. Colour
 * and bold only on a terminal, and not with NO_COLOR. Columns are measured in
 * terminal cells, so Chinese, Japanese and Korean line up. On a terminal that is
 * too narrow a table stands in parts, below each other: its first columns again
 * in each, then as many of the others as there is room for; a text that ends it
 * is broken between words. Elsewhere it is as wide as it is.
 */
#ifndef DAYBOOK_TOOLS_CONSOLE_H
#define DAYBOOK_TOOLS_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"

/* Sets the kinds of characters, and nothing else, from the locale; C.UTF-8 where it knows no UTF-8. Once, at start. */
void console_init(void);

struct table_column {
    const char *name;  /* Of CSV: "open"; stable. */
    const char *title; /* For people. */
    bool is_number;    /* Right-aligned. */
};

enum table_tone { TONE_PLAIN, TONE_ALARM };

enum table_row_kind { ROW_PLAIN, ROW_TOTAL };

struct table;

/* `columns` is borrowed. NULL: the arena refused. Rows live in the arena. */
struct table *table_open(const struct table_column *columns, size_t column_count, struct arena *arena);

/* Begins a row; cells follow from the left. False, here and below: the arena refused (table_print says so, too). */
void table_begin_row(struct table *table, enum table_row_kind kind);
void table_add_text(struct table *table, const char *text, enum table_tone tone);
void table_add_count(struct table *table, int64_t count, enum table_tone tone);
/* Negative amounts are alarms. */
void table_add_amount(struct table *table, int64_t minor, const char *currency, enum table_tone tone);
bool table_is_empty(const struct table *table); /* It has no row, and no total. */

/* A text, and spaces up to so many cells. */
void console_pad(FILE *stream, const char *text, size_t cells);

/* A terminal, and NO_COLOR is not set. */
bool console_has_colour(FILE *stream);
/* In cells; 0: no terminal, or it does not tell. */
size_t console_width(FILE *stream);
/* A paragraph and the end of its last line. Lines break before `width` cells (0: never), where cells.h allows it; those
 * after the first begin with `indent` spaces. `column` is where the first one stands. */
void console_wrap(FILE *stream, const char *text, size_t width, size_t indent, size_t column);

/* NO_MEMORY; IO: the stream took no more. */
DAYBOOK_MUST_USE enum daybook_status table_print(const struct table *table, FILE *stream, struct daybook_error *error);
/* The same for a terminal of so many cells; 0 = as wide as it is. */
DAYBOOK_MUST_USE enum daybook_status table_print_within(const struct table *table, FILE *stream, size_t width,
                                                        struct daybook_error *error);
/* RFC 4180, with a header of the columns' names; totals are left out. */
DAYBOOK_MUST_USE enum daybook_status table_print_csv(const struct table *table, FILE *stream,
                                                     struct daybook_error *error);

/* One field of CSV, quoted where it must be. */
void csv_write_field(FILE *stream, const char *text);

#endif
