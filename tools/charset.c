/* A whole file as UTF-8, whatever it was written in. */
#include "tools/charset.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/text.h"
#include "tools/text.h"

enum { READ_SIZE = 1 << 20 };
#define FILE_LIMIT_BYTES ((size_t)4 << 30)

bool charset_find(const char *name, enum charset *charset) {
    static const char *const names[] = {"auto", "utf-8", "gb18030"};
    static const enum charset values[] = {CHARSET_AUTO, CHARSET_UTF_8, CHARSET_GB18030};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcasecmp(names[i], name) == 0) {
            *charset = values[i];
            return true;
        }
    }
    return false;
}

enum daybook_status file_read(const char *path, struct daybook_buffer *bytes, struct daybook_error *error) {
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return daybook_fail(error, errno == ENOENT ? DAYBOOK_NOT_FOUND : DAYBOOK_IO, _("opening %s: %s"), path,
                            strerror(errno));
    }
    enum daybook_status status = DAYBOOK_OK;
    ssize_t got = 1;
    while (status == DAYBOOK_OK && got > 0) {
        uint8_t *to = daybook_buffer_reserve(bytes, READ_SIZE);
        got = to == NULL ? 0 : read(fd, to, READ_SIZE);
        if (to == NULL || bytes->size > FILE_LIMIT_BYTES) {
            status = daybook_fail(error, DAYBOOK_LIMIT, _("reading %s: it is too large to be taken at once; split it"),
                                  path);
        } else if (got < 0 && errno != EINTR) {
            status = daybook_fail(error, DAYBOOK_IO, _("reading %s: %s"), path, strerror(errno));
        }
        bytes->size += got > 0 ? (size_t)got : 0;
        got = got < 0 && errno == EINTR ? 1 : got;
    }
    if (!is_stdin) {
        (void)close(fd);
    }
    return status;
}

static uint64_t line_of(const struct daybook_buffer *bytes, size_t offset) {
    uint64_t line = 1;
    for (size_t i = 0; i < offset; i++) {
        line += bytes->data[i] == '\n' ? 1 : 0;
    }
    return line;
}

/* The first line that is not UTF-8. A newline is never inside a character. */
static uint64_t find_broken_line(const struct daybook_buffer *bytes) {
    size_t at = 0;
    while (at < bytes->size) {
        const uint8_t *newline = memchr(bytes->data + at, '\n', bytes->size - at);
        size_t end = newline == NULL ? bytes->size : (size_t)(newline - bytes->data) + 1;
        if (!text_is_utf8((const char *)bytes->data + at, end - at)) {
            return line_of(bytes, at);
        }
        at = end;
    }
    return 0;
}

static enum daybook_status convert(const char *name, struct daybook_buffer *bytes, struct daybook_error *error) {
    iconv_t converter = iconv_open("UTF-8", "GB18030");
    if (converter == (iconv_t)-1) {
        return daybook_fail(error, DAYBOOK_IO, _("reading %s as GB18030: this system's iconv does not know it"), name);
    }
    struct daybook_buffer converted = {0};
    char *from = (char *)bytes->data;
    size_t left = bytes->size;
    enum daybook_status status = DAYBOOK_OK;
    while (status == DAYBOOK_OK && left > 0) {
        char *to = (char *)daybook_buffer_reserve(&converted, READ_SIZE);
        size_t room = READ_SIZE;
        if (to == NULL) {
            status = daybook_fail(error, DAYBOOK_NO_MEMORY, _("reading %s as GB18030: memory was refused"), name);
            break;
        }
        size_t result = iconv(converter, &from, &left, &to, &room);
        converted.size += READ_SIZE - room;
        if (result == (size_t)-1 && errno != E2BIG) {
            status = daybook_fail(error, DAYBOOK_INVALID, _("%s, line %" PRIu64 ": not GB18030"), name,
                                  line_of(bytes, bytes->size - left));
        }
    }
    (void)iconv_close(converter);
    if (status == DAYBOOK_OK) {
        daybook_buffer_release(bytes);
        *bytes = converted;
    } else {
        daybook_buffer_release(&converted);
    }
    return status;
}

enum daybook_status charset_to_utf8(const char *name, enum charset charset, struct daybook_buffer *bytes,
                                    struct daybook_error *error) {
    static const uint8_t mark[] = {0xEF, 0xBB, 0xBF};
    bool is_utf8 = charset != CHARSET_GB18030 && text_is_utf8((const char *)bytes->data, bytes->size);
    if (!is_utf8 && charset == CHARSET_UTF_8) {
        return daybook_fail(error, DAYBOOK_INVALID, _("%s, line %" PRIu64 ": not UTF-8"), name,
                            find_broken_line(bytes));
    }
    if (!is_utf8) {
        enum daybook_status status = convert(name, bytes, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
    if (bytes->size >= sizeof mark && memcmp(bytes->data, mark, sizeof mark) == 0) {
        bytes->size -= sizeof mark;
        memmove(bytes->data, bytes->data + sizeof mark, bytes->size);
    }
    return DAYBOOK_OK;
}
