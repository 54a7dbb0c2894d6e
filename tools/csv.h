/*
 * CSV by RFC 4180, strictly: what would have to be guessed is a complaint
 * about that record, and the reader goes on with the next line.
 *
 * Quotes around a field, doubled inside it; line breaks inside quotes; CRLF or
 * LF; empty lines between records are passed over. A quote in the middle of a
 * bare field, text after a closing quote, a quote that is never closed and a
 * NUL are complaints. One thing more than the RFC: ="00123" is a quoted field, as
 * whoever writes for spreadsheets marks a text.
 */
#ifndef DAYBOOK_TOOLS_CSV_H
#define DAYBOOK_TOOLS_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { CSV_FIELDS_MAX = 1024 };

struct csv_reader {
    const char *text; /* UTF-8, borrowed. */
    size_t size;
    size_t at;
    uint64_t line; /* Of `at`, from 1. */
    char delimiter;
};

struct csv_record {
    uint64_t line; /* On which it begins. */
    size_t offset; /* Where it begins: the plan of an import reads it again. */
    const char **fields;
    size_t field_count;
    bool is_open_ended; /* The text ends within its last field, which has no quotes: nothing tells that it is whole. */
};

enum csv_result { CSV_RECORD, CSV_COMPLAINT, CSV_END };

/* Fields are NUL-terminated and live in `arena`. *complaint is a sentence without a full stop. */
enum csv_result csv_next(struct csv_reader *reader, struct arena *arena, struct csv_record *record,
                         const char **complaint);

#endif
