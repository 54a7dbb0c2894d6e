/* What is UTF-8, what is an identifier and what is a line. */
#include "base/text.h"

#include <string.h>

#include "tests/rows.h"

struct text_row {
    const char *name;
    const char *text;
    size_t size;
    bool is_utf8;
    bool is_identifier; /* Of up to 16 bytes. */
    bool is_line;
};

#define TEXT(literal) literal, sizeof(literal) - 1

static const struct text_row text_rows[] = {
    {"empty", TEXT(""), true, false, true},
    {"ascii", TEXT("INV-2024/001"), true, true, true},
    {"space inside", TEXT("a b"), true, true, true},
    {"sixteen bytes", TEXT("0123456789abcdef"), true, true, true},
    {"seventeen bytes", TEXT("0123456789abcdefg"), true, false, false},
    {"two bytes", TEXT("caf\xC3\xA9"), true, true, true},
    {"three bytes", TEXT("\xE2\x82\xAC"), true, true, true},
    {"four bytes", TEXT("\xF0\x9F\x92\xB6"), true, true, true},
    {"U+07FF", TEXT("\xDF\xBF"), true, true, true},
    {"U+0800, the first of three", TEXT("\xE0\xA0\x80"), true, true, true},
    {"U+D7FF, before the surrogates", TEXT("\xED\x9F\xBF"), true, true, true},
    {"U+E000, after the surrogates", TEXT("\xEE\x80\x80"), true, true, true},
    {"U+10FFFF, the last", TEXT("\xF4\x8F\xBF\xBF"), true, true, true},
    {"U+00A0, after C1", TEXT("\xC2\xA0"), true, true, true},
    {"NUL", TEXT("a\0b"), true, false, false},
    {"line feed", TEXT("a\nb"), true, false, false},
    {"U+001F", TEXT("\x1F"), true, false, false},
    {"DEL", TEXT("a\x7F"), true, false, false},
    {"C1 U+0080", TEXT("\xC2\x80"), true, false, false},
    {"C1 U+009F", TEXT("\xC2\x9F"), true, false, false},
    {"lone continuation", TEXT("\x80"), false, false, false},
    {"overlong NUL", TEXT("\xC0\x80"), false, false, false},
    {"overlong slash in two", TEXT("\xC1\xAF"), false, false, false},
    {"overlong in three", TEXT("\xE0\x9F\xBF"), false, false, false},
    {"overlong in four", TEXT("\xF0\x8F\xBF\xBF"), false, false, false},
    {"surrogate U+D800", TEXT("\xED\xA0\x80"), false, false, false},
    {"surrogate U+DFFF", TEXT("\xED\xBF\xBF"), false, false, false},
    {"U+110000", TEXT("\xF4\x90\x80\x80"), false, false, false},
    {"lead F5", TEXT("\xF5\x80\x80\x80"), false, false, false},
    {"byte FF", TEXT("\xFF"), false, false, false},
    {"two bytes cut", TEXT("a\xC3"), false, false, false},
    {"three bytes cut", TEXT("\xE2\x82"), false, false, false},
    {"four bytes cut", TEXT("\xF0\x9F\x92"), false, false, false},
    {"bad third byte", TEXT("\xE2\x82\x41"), false, false, false},
    {"bad fourth byte", TEXT("\xF0\x9F\x92\x41"), false, false, false},
    {"bad second byte", TEXT("\xC3\x41"), false, false, false},
};

static void text_is_judged(void **state) {
    const struct text_row *row = *state;
    assert_int_equal(text_is_utf8(row->text, row->size), row->is_utf8);
    assert_int_equal(text_is_identifier(row->text, row->size, 16), row->is_identifier);
    assert_int_equal(text_is_line(row->text, row->size, 16), row->is_line);
}

/* The fast path takes eight bytes at once: the row's text at every place in an ASCII text. */
static void text_is_judged_the_same_anywhere(void **state) {
    const struct text_row *row = *state;
    for (size_t before = 0; before <= 17; before++) {
        char text[64];
        memset(text, 'x', sizeof text);
        memcpy(text + before, row->text, row->size);
        size_t size = before + row->size + 9;
        assert_int_equal(text_is_utf8(text, size), row->is_utf8);
        bool is_free_of_controls = row->is_line || strcmp(row->name, "seventeen bytes") == 0;
        assert_int_equal(text_is_line(text, size, sizeof text), is_free_of_controls);
    }
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, text_rows, text_is_judged);
    ROWS_ADD_TABLE(&rows, text_rows, text_is_judged_the_same_anywhere);
    return rows_run("text", &rows);
}
