/* Files of any encoding as UTF-8. GB18030 bytes by iconv -t GB18030. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/rows.h"

#include "tools/charset.h"

struct conversion {
    const char *name;
    const char *charset;
    const char *given;
    const char *text;   /* NULL = refused. */
    const char *reason; /* Part of the sentence. */
};

static const struct conversion conversions[] = {
    {"UTF-8", "utf-8", "\xE5\xAE\xA2,\xC3\xA9", "\xE5\xAE\xA2,\xC3\xA9", NULL},
    {"UTF-8 with a byte order mark", "utf-8",
     "\xEF\xBB\xBF"
     "a,b",
     "a,b", NULL},
    {"a byte order mark alone", "auto", "\xEF\xBB\xBF", "", NULL},
    {"GB18030", "gb18030", "\xBF\xCD\xBB\xA7,1", "\xE5\xAE\xA2\xE6\x88\xB7,1", NULL},
    {"GB18030 of four bytes", "gb18030", "\x95\x32\x82\x36", "\xF0\xA0\x80\x80", NULL},
    {"auto finds UTF-8", "AUTO", "\xE5\xAE\xA2", "\xE5\xAE\xA2", NULL},
    {"auto finds GB18030", "auto", "\xBF\xCD\xBB\xA7", "\xE5\xAE\xA2\xE6\x88\xB7", NULL},
    {"GB18030 with a byte order mark", "gb18030",
     "\x84\x31\x95\x33"
     "a",
     "a", NULL},
    {"ASCII is both", "gb18030", "a,b\n", "a,b\n", NULL},
    {"GB18030 taken for UTF-8", "utf-8", "a\nb\n\xBF\xCD\n", NULL, "file, line 3: not UTF-8"},
    {"neither", "auto", "a\n\xFF\xFF\n", NULL, "file, line 2: neither UTF-8 nor GB18030"},
    {"no GB18030", "gb18030", "a\n\xFF\xFF\n", NULL, "file, line 2: not GB18030"},
    /* Each of these would pass as GB18030, with other names. */
    {"UTF-8 with a broken character", "auto",
     "a\n\xE5\xBC\xA0\xE4\xB8\x89\n\xE5\xBC\xA0\xE4\xB8\xC9\n\xE6\x9D\x8E\xE5\x9B\x9B\n", NULL,
     "file, line 3: not UTF-8"},
    {"UTF-8 that was cut off", "auto", "\xE5\xBC\xA0\xE4\xB8\x89\n\xE6\x9D", NULL, "file, line 2: not UTF-8"},
    {"a byte order mark, and no UTF-8", "auto", "\xEF\xBB\xBF\n\xBF\xCD", NULL, "file, line 2: not UTF-8"},
    {"GB18030 with characters that UTF-8 might have", "auto", "\xE0\xA1\xB0\xA1,\xBF\xCD\xBB\xA7",
     "\xE5\x94\xB7\xE5\x95\x8A,\xE5\xAE\xA2\xE6\x88\xB7", NULL},
    {"Windows-1252", "windows-1252", "M\xFCller,5 \x80", "M\xC3\xBCller,5 \xE2\x82\xAC", NULL},
    {"Windows-1252 is not taken for GB18030", "auto", "a\nM\xFCller\n", NULL,
     "file, line 2: not UTF-8, and not by its looks GB18030"},
    {"an accent at the end", "auto", "caf\xE9", NULL, "not by its looks GB18030"},
    {"a byte that Windows-1252 lacks", "windows-1252", "a\n\x81\n", NULL, "file, line 2: not WINDOWS-1252"},
    {"UTF-16 with its mark", "auto",
     "\xFF\xFE"
     "a",
     NULL, "file is UTF-16; save it as UTF-8"},
    {"UTF-16 of the other order", "gb18030", "\xFE\xFF", NULL, "file is UTF-16"},
};

static void converts(void **state) {
    const struct conversion *row = *state;
    struct daybook_buffer bytes = {0};
    struct daybook_error error;
    enum charset charset;
    assert_true(charset_find(row->charset, &charset));
    assert_int_equal(daybook_buffer_append(&bytes, row->given, strlen(row->given)), DAYBOOK_OK);
    enum daybook_status status = charset_to_utf8("file", charset, &bytes, &error);
    if (row->text == NULL) {
        assert_int_equal(status, DAYBOOK_INVALID);
        assert_non_null(strstr(error.message, row->reason));
    } else {
        assert_int_equal(status, DAYBOOK_OK);
        assert_int_equal(bytes.size, strlen(row->text));
        assert_memory_equal(bytes.data, row->text, bytes.size);
    }
    daybook_buffer_release(&bytes);
}

static void converts_a_large_file(void **state) {
    (void)state;
    enum { COUNT = 3000000 };
    struct daybook_buffer bytes = {0};
    struct daybook_error error;
    uint8_t *to = daybook_buffer_reserve(&bytes, (size_t)COUNT * 2);
    assert_non_null(to);
    for (size_t i = 0; i < COUNT; i++) {
        to[i * 2] = 0xBF; /* U+5BA2, three bytes of UTF-8: the converter's room ends inside one. */
        to[i * 2 + 1] = 0xCD;
    }
    bytes.size = (size_t)COUNT * 2;
    assert_int_equal(charset_to_utf8("file", CHARSET_AUTO, &bytes, &error), DAYBOOK_OK);
    assert_int_equal(bytes.size, (size_t)COUNT * 3);
    for (size_t i = 0; i < COUNT; i++) {
        assert_memory_equal(bytes.data + i * 3, "\xE5\xAE\xA2", 3);
    }
    daybook_buffer_release(&bytes);
}

static void knows_no_other(void **state) {
    (void)state;
    enum charset charset;
    assert_false(charset_find("latin1", &charset));
    assert_false(charset_find("", &charset));
}

static void reads_files(void **state) {
    (void)state;
    struct daybook_buffer bytes = {0};
    struct daybook_error error;
    char path[] = "/tmp/daybook-charset.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a,b\n", 4), 4);
    assert_int_equal(close(fd), 0);
    assert_int_equal(file_read(path, &bytes, &error), DAYBOOK_OK);
    assert_int_equal(bytes.size, 4);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(file_read(path, &bytes, &error), DAYBOOK_NOT_FOUND);
    assert_int_equal(file_read("/", &bytes, &error), DAYBOOK_IO);
    daybook_buffer_release(&bytes);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, conversions, converts);
    rows_add(&rows, "a large file", converts_a_large_file, NULL);
    rows_add(&rows, "no other charset", knows_no_other, NULL);
    rows_add(&rows, "files", reads_files, NULL);
    return rows_run("charset", &rows);
}
