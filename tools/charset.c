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

static const uint8_t utf8_mark[] = {0xEF, 0xBB, 0xBF};

bool charset_find(const char *name, enum charset *charset) {
    static const char *const names[] = {"auto", "utf-8", "gb18030", "windows-1252"};
    static const enum charset values[] = {CHARSET_AUTO, CHARSET_UTF_8, CHARSET_GB18030, CHARSET_WINDOWS_1252};
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

/* How many bytes at `offset` are a character of UTF-8 past ASCII; 0 = they are none. */
static size_t wide_character(const struct daybook_buffer *bytes, size_t offset) {
    uint8_t lead = bytes->data[offset];
    size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    bool is_there = lead >= 0xC2 && size <= bytes->size - offset;
    return is_there && text_is_utf8((const char *)bytes->data + offset, size) ? size : 0;
}

/* Of bytes that are not UTF-8 as a whole: UTF-8 that was damaged or cut off, and not another encoding? Converted from
 * GB18030 it might pass, with every name wrong. A mark says it; else more characters of three and four bytes than
 * broken places, which in text of GB18030 are there by chance only, and few. */
static bool is_damaged_utf8(const struct daybook_buffer *bytes) {
    if (bytes->size >= sizeof utf8_mark && memcmp(bytes->data, utf8_mark, sizeof utf8_mark) == 0) {
        return true;
    }
    size_t wide_count = 0;
    size_t broken_count = 0;
    for (size_t at = 0; at < bytes->size;) {
        size_t size = bytes->data[at] < 0x80 ? 1 : wide_character(bytes, at);
        wide_count += size > 2 ? 1 : 0;
        broken_count += size == 0 ? 1 : 0;
        at += size == 0 ? 1 : size;
        while (size == 0 && at < bytes->size && (bytes->data[at] & 0xC0) == 0x80) { /* What is left of the same one. */
            at++;
        }
    }
    return wide_count > broken_count;
}

/* Of bytes that are not UTF-8: text of one byte a character, such as Windows-1252? There an accented letter stands
 * among letters of ASCII, and the two together are a character of GB18030, but a rare one: in Chinese text most
 * characters have two bytes past ASCII. Converted it would pass, with "M\xFCller" another name. */
static bool is_western(const struct daybook_buffer *bytes) {
    size_t alone_count = 0;
    size_t pair_count = 0;
    for (size_t at = 0; at < bytes->size; at++) {
        if (bytes->data[at] < 0x80) {
            continue;
        }
        bool is_pair = at + 1 < bytes->size && bytes->data[at + 1] >= 0x80;
        alone_count += is_pair ? 0 : 1;
        pair_count += is_pair ? 1 : 0;
        at++;
    }
    return alone_count >= pair_count;
}

/* A mark, or a first character of ASCII: a CSV file begins with neither by chance. */
static bool is_utf16(const struct daybook_buffer *bytes) {
    const uint8_t *data = bytes->data;
    return bytes->size >= 2 && ((data[0] == 0xFF && data[1] == 0xFE) || (data[0] == 0xFE && data[1] == 0xFF) ||
                                (data[0] == 0) != (data[1] == 0));
}

static enum daybook_status convert(const char *name, enum charset charset, struct daybook_buffer *bytes,
                                   struct daybook_error *error) {
    const char *from_name = charset == CHARSET_WINDOWS_1252 ? "WINDOWS-1252" : "GB18030";
    iconv_t converter = iconv_open("UTF-8", from_name);
    if (converter == (iconv_t)-1) {
        return daybook_fail(error, DAYBOOK_IO, _("reading %s as %s: this system's iconv does not know it"), name,
                            from_name);
    }
    struct daybook_buffer converted = {0};
    char *from = (char *)bytes->data;
    size_t left = bytes->size;
    enum daybook_status status = DAYBOOK_OK;
    while (status == DAYBOOK_OK && left > 0) {
        char *to = (char *)daybook_buffer_reserve(&converted, READ_SIZE);
        size_t room = READ_SIZE;
        if (to == NULL) {
            status = daybook_fail(error, DAYBOOK_NO_MEMORY, _("reading %s as %s: memory was refused"), name, from_name);
            break;
        }
        size_t result = iconv(converter, &from, &left, &to, &room);
        converted.size += READ_SIZE - room;
        if (result == (size_t)-1 && errno != E2BIG) {
            status = daybook_fail(error, DAYBOOK_INVALID,
                                  charset == CHARSET_AUTO ? _("%s, line %" PRIu64 ": neither UTF-8 nor %s")
                                                          : _("%s, line %" PRIu64 ": not %s"),
                                  name, line_of(bytes, bytes->size - left), from_name);
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
    if (is_utf16(bytes)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            _("%s is UTF-16; save it as UTF-8, or convert it (iconv -f UTF-16)"), name);
    }
    bool may_be_utf8 = charset == CHARSET_AUTO || charset == CHARSET_UTF_8;
    bool is_utf8 = may_be_utf8 && text_is_utf8((const char *)bytes->data, bytes->size);
    if (!is_utf8 && charset == CHARSET_UTF_8) {
        return daybook_fail(error, DAYBOOK_INVALID, _("%s, line %" PRIu64 ": not UTF-8"), name,
                            find_broken_line(bytes));
    }
    if (!is_utf8 && charset == CHARSET_AUTO && is_damaged_utf8(bytes)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            _("%s, line %" PRIu64
                              ": not UTF-8, as the rest of the file is; where it is GB18030, let the "
                              "map say so (\"encoding\": \"gb18030\")"),
                            name, find_broken_line(bytes));
    }
    if (!is_utf8 && charset == CHARSET_AUTO && is_western(bytes)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            _("%s, line %" PRIu64 ": not UTF-8, and not by its looks GB18030; let the map say what it "
                              "is (\"encoding\": \"windows-1252\", \"gb18030\")"),
                            name, find_broken_line(bytes));
    }
    if (!is_utf8) {
        enum daybook_status status = convert(name, charset, bytes, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
    if (bytes->size >= sizeof utf8_mark && memcmp(bytes->data, utf8_mark, sizeof utf8_mark) == 0) {
        bytes->size -= sizeof utf8_mark;
        memmove(bytes->data, bytes->data + sizeof utf8_mark, bytes->size);
    }
    return DAYBOOK_OK;
}
