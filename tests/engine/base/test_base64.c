/* Base64 by the vectors of RFC 4648. */
#include <string.h>

#include "tests/rows.h"

#include "base/base64.h"

struct vector {
    const char *name; /* The plain bytes. */
    const char *text;
};

static const struct vector vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xFB\xFF\xBF", "+/+/"},
};

static void encodes_and_decodes(void **state) {
    const struct vector *row = *state;
    struct daybook_buffer out = {0};
    assert_int_equal(base64_append(&out, daybook_bytes_of_text(row->name)), DAYBOOK_OK);
    assert_int_equal(out.size, strlen(row->text));
    if (out.size > 0) {
        assert_memory_equal(out.data, row->text, out.size);
    }
    uint8_t plain[32];
    size_t size;
    assert_true(base64_decode(row->text, strlen(row->text), plain, &size));
    assert_int_equal(size, strlen(row->name));
    assert_memory_equal(plain, row->name, size);
    daybook_buffer_release(&out);
}

struct refused {
    const char *name;
    const char *text;
};

static const struct refused refused_rows[] = {
    {"one character", "Z"},
    {"one character and padding", "Z==="},
    {"too much padding", "Zm9v===="},
    {"too little padding", "Zg="},
    {"padding in the middle", "Zg==Zg=="},
    {"only padding", "===="},
    {"a space", "Zm 9"},
    {"a newline", "Zm9v\n"},
    {"both alphabets", "+_+_"},
    {"bits left over", "Zh=="},
    {"bits left over of two bytes", "Zm9="},
    {"a byte past ASCII", "\xC3\xA9gg"},
};

static void refuses(void **state) {
    const struct refused *row = *state;
    uint8_t plain[32];
    size_t size;
    assert_false(base64_decode(row->text, strlen(row->text), plain, &size));
}

static const struct refused inexact_rows[] = {
    {"exact: padding left out", "Zg"},
    {"exact: the other alphabet", "-_-_"},
    {"exact: bits left over", "Zh=="},
};

static void exact_refuses_other_spellings(void **state) {
    const struct refused *row = *state;
    uint8_t plain[32];
    size_t size;
    assert_false(base64_decode_exact(row->text, strlen(row->text), plain, &size));
}

static void exact_takes_the_one_spelling(void **state) {
    (void)state;
    uint8_t plain[32];
    size_t size;
    assert_true(base64_decode_exact("+/+/", 4, plain, &size));
    assert_int_equal(size, 3);
    assert_memory_equal(plain, "\xFB\xFF\xBF", 3);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, vectors, encodes_and_decodes);
    ROWS_ADD_TABLE(&rows, refused_rows, refuses);
    ROWS_ADD_TABLE(&rows, inexact_rows, exact_refuses_other_spellings);
    rows_add(&rows, "exact: the one spelling", exact_takes_the_one_spelling, NULL);
    return rows_run("base64", &rows);
}
