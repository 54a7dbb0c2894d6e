/* Lines of a file or a pipe, and whether the next one is there already. */
#include "tools/line_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "tools/text.h"

enum { READ_SIZE = 1 << 18 };

enum daybook_status line_reader_open(struct line_reader *reader, const char *path, size_t line_limit,
                                     struct daybook_error *error) {
    *reader =
        (struct line_reader){.fd = STDIN_FILENO, .wake_fd = -1, .name = _("standard input"), .line_limit = line_limit};
    if (strcmp(path, "-") == 0) {
        return DAYBOOK_OK;
    }
    reader->name = path;
    reader->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (reader->fd < 0) {
        return daybook_fail(error, errno == ENOENT ? DAYBOOK_NOT_FOUND : DAYBOOK_IO, _("opening %s: %s"), path,
                            strerror(errno));
    }
    return DAYBOOK_OK;
}

void line_reader_close(struct line_reader *reader) {
    if (reader->fd > STDERR_FILENO) {
        (void)close(reader->fd);
    }
    daybook_buffer_release(&reader->buffer);
}

/* What was handed out makes room for what comes. */
static void drop_handed_out(struct line_reader *reader) {
    if (reader->start > 0) {
        reader->buffer.size -= reader->start;
        memmove(reader->buffer.data, reader->buffer.data + reader->start, reader->buffer.size);
        reader->start = 0;
    }
}

/* Reads some more. *is_ready is false when that would wait and may not, or when something else ended the waiting. */
static enum daybook_status fill(struct line_reader *reader, bool may_wait, bool *is_ready,
                                struct daybook_error *error) {
    struct pollfd ready[] = {{.fd = reader->fd, .events = POLLIN}, {.fd = reader->wake_fd, .events = POLLIN}};
    *is_ready = false;
    if (poll(ready, 2, may_wait ? -1 : 0) <= 0 || ready[0].revents == 0) {
        return DAYBOOK_OK;
    }
    drop_handed_out(reader);
    uint8_t *to = daybook_buffer_reserve(&reader->buffer, READ_SIZE);
    if (to == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, _("reading %s: memory was refused"), reader->name);
    }
    ssize_t got = read(reader->fd, to, READ_SIZE);
    if (got < 0 && errno == EINTR) {
        return DAYBOOK_OK;
    }
    if (got < 0) {
        return daybook_fail(error, DAYBOOK_IO, _("reading %s: %s"), reader->name, strerror(errno));
    }
    *is_ready = true;
    reader->is_at_end = got == 0;
    reader->buffer.size += (size_t)got;
    return DAYBOOK_OK;
}

/* Hands out `size` bytes as a line; `taken` of the buffer go with it. */
static enum line_result hand_out(struct line_reader *reader, size_t size, size_t taken, struct daybook_bytes *line) {
    const uint8_t *data = reader->buffer.data + reader->start;
    bool is_too_long = reader->is_skipping || size > reader->line_limit;
    if (size > 0 && data[size - 1] == '\r') {
        size--;
    }
    *line = (struct daybook_bytes){data, size};
    reader->start += taken;
    reader->searched = 0;
    reader->is_skipping = false;
    reader->line_number++;
    return is_too_long ? LINE_TOO_LONG : LINE_READ;
}

/* Forgets the beginning of a line that has grown past the limit. */
static void skip_too_long(struct line_reader *reader) {
    if (reader->buffer.size - reader->start > reader->line_limit) {
        reader->is_skipping = true;
        reader->start = reader->buffer.size;
        reader->searched = 0;
    }
}

enum daybook_status line_reader_next(struct line_reader *reader, bool may_wait, struct daybook_bytes *line,
                                     enum line_result *result, struct daybook_error *error) {
    for (;;) {
        const uint8_t *data = reader->buffer.data + reader->start;
        size_t size = reader->buffer.size - reader->start;
        const uint8_t *newline =
            size == reader->searched ? NULL : memchr(data + reader->searched, '\n', size - reader->searched);
        if (newline != NULL) {
            *result = hand_out(reader, (size_t)(newline - data), (size_t)(newline - data) + 1, line);
            return DAYBOOK_OK;
        }
        reader->searched = size;
        if (reader->is_at_end) {
            *result = size == 0 && !reader->is_skipping ? LINE_END : hand_out(reader, size, size, line);
            return DAYBOOK_OK;
        }
        skip_too_long(reader);
        bool is_ready;
        enum daybook_status status = fill(reader, may_wait, &is_ready, error);
        if (status != DAYBOOK_OK || !is_ready) {
            *result = LINE_NOT_READY;
            return status;
        }
    }
}
