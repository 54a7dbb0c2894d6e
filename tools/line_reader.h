/*
 * Lines of a file or a pipe, and whether the next one is there already.
 *
 * A line is bounded; a longer one is passed over whole, so the lines after it
 * keep their numbers. The last line needs no newline.
 */
#ifndef DAYBOOK_TOOLS_LINE_READER_H
#define DAYBOOK_TOOLS_LINE_READER_H

#include "base/bytes.h"

struct line_reader {
    int fd;
    int wake_fd;      /* Waiting ends when this becomes readable, too; -1 = none. */
    const char *name; /* For sentences. */
    size_t line_limit;
    uint64_t line_number; /* Of the line that was read last; from 1. */
    bool is_at_end;
    bool is_skipping; /* Inside a line that is too long. */
    size_t start;     /* Of what was not handed out yet. */
    size_t searched;  /* From `start`: no newline before here. */
    struct daybook_buffer buffer;
};

enum line_result {
    LINE_READ,
    LINE_TOO_LONG,  /* It was passed over. */
    LINE_NOT_READY, /* Waiting would be needed, and was not allowed or was ended by `wake_fd`. */
    LINE_END,
};

/* `path` "-" is standard input. NOT_FOUND, IO. */
DAYBOOK_MUST_USE enum daybook_status line_reader_open(struct line_reader *reader, const char *path, size_t line_limit,
                                                      struct daybook_error *error);
void line_reader_close(struct line_reader *reader);

/* The line without its newline (nor a carriage return before it); borrowed until the next call. */
DAYBOOK_MUST_USE enum daybook_status line_reader_next(struct line_reader *reader, bool may_wait,
                                                      struct daybook_bytes *line, enum line_result *result,
                                                      struct daybook_error *error);

#endif
