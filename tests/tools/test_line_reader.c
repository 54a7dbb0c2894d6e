/* Lines of a pipe: what is a line, and what is not there yet. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/rows.h"

#include "tools/line_reader.h"

enum { LINE_LIMIT = 8 };

/* Lines as "NUMBER:text;", too long ones as "NUMBER!;". */
struct reading {
    const char *name;
    const char *text;
    const char *read;
};

static const struct reading readings[] = {
    {"nothing", "", ""},
    {"one line", "a\n", "1:a;"},
    {"no newline at the end", "a\nb", "1:a;2:b;"},
    {"empty lines are lines", "\n\na\n", "1:;2:;3:a;"},
    {"CRLF", "a\r\nb\r\n", "1:a;2:b;"},
    {"a line as long as may be", "12345678\nx\n", "1:12345678;2:x;"},
    {"a line that is too long", "123456789\nx\n", "1!;2:x;"},
    {"a long line at the end", "x\n1234567890123456", "1:x;2!;"},
    {"a very long line between others", "a\n1234567890123456789012345678901234567890\nb\n", "1:a;2!;3:b;"},
};

static void append_line(char *read, const struct line_reader *reader, struct daybook_bytes line,
                        enum line_result result) {
    char text[64];
    (void)snprintf(text, sizeof text, "%d%s%.*s;", (int)reader->line_number, result == LINE_READ ? ":" : "!",
                   result == LINE_READ ? (int)line.size : 0, (const char *)line.data);
    strcat(read, text);
}

static struct line_reader over_pipe(int ends[2]) {
    assert_int_equal(pipe(ends), 0);
    return (struct line_reader){.fd = ends[0], .wake_fd = -1, .name = "pipe", .line_limit = LINE_LIMIT};
}

static void reads(void **state) {
    const struct reading *row = *state;
    int ends[2];
    char read[512] = "";
    struct line_reader reader = over_pipe(ends);
    assert_int_equal(write(ends[1], row->text, strlen(row->text)), strlen(row->text));
    assert_int_equal(close(ends[1]), 0);
    for (;;) {
        struct daybook_bytes line;
        enum line_result result;
        struct daybook_error error;
        assert_int_equal(line_reader_next(&reader, true, &line, &result, &error), DAYBOOK_OK);
        if (result == LINE_END) {
            break;
        }
        append_line(read, &reader, line, result);
    }
    assert_string_equal(read, row->read);
    line_reader_close(&reader);
}

static void says_when_it_would_wait(void **state) {
    (void)state;
    int ends[2];
    struct daybook_bytes line;
    enum line_result result;
    struct daybook_error error;
    struct line_reader reader = over_pipe(ends);
    assert_int_equal(line_reader_next(&reader, false, &line, &result, &error), DAYBOOK_OK);
    assert_int_equal(result, LINE_NOT_READY);
    assert_int_equal(write(ends[1], "a\nb", 3), 3);
    assert_int_equal(line_reader_next(&reader, false, &line, &result, &error), DAYBOOK_OK);
    assert_int_equal(result, LINE_READ);
    assert_int_equal(line_reader_next(&reader, false, &line, &result, &error), DAYBOOK_OK);
    assert_int_equal(result, LINE_NOT_READY);
    assert_int_equal(write(ends[1], "c\n", 2), 2);
    assert_int_equal(line_reader_next(&reader, false, &line, &result, &error), DAYBOOK_OK);
    assert_int_equal(result, LINE_READ);
    assert_int_equal(line.size, 2);
    assert_memory_equal(line.data, "bc", 2);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(line_reader_next(&reader, false, &line, &result, &error), DAYBOOK_OK);
    assert_int_equal(result, LINE_END);
    line_reader_close(&reader);
}

static void is_woken(void **state) {
    (void)state;
    int ends[2];
    int wake[2];
    struct daybook_bytes line;
    enum line_result result;
    struct daybook_error error;
    struct line_reader reader = over_pipe(ends);
    assert_int_equal(pipe(wake), 0);
    reader.wake_fd = wake[0];
    assert_int_equal(write(wake[1], "", 1), 1);
    assert_int_equal(line_reader_next(&reader, true, &line, &result, &error), DAYBOOK_OK);
    assert_int_equal(result, LINE_NOT_READY);
    assert_int_equal(write(ends[1], "a\n", 2), 2);
    assert_int_equal(line_reader_next(&reader, true, &line, &result, &error), DAYBOOK_OK);
    assert_int_equal(result, LINE_READ);
    assert_int_equal(close(ends[1]) + close(wake[0]) + close(wake[1]), 0);
    line_reader_close(&reader);
}

static void says_what_it_cannot_open(void **state) {
    (void)state;
    struct line_reader reader;
    struct daybook_error error;
    assert_int_equal(line_reader_open(&reader, "/nowhere/at/all", LINE_LIMIT, &error), DAYBOOK_NOT_FOUND);
    assert_non_null(strstr(error.message, "/nowhere/at/all"));
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, readings, reads);
    rows_add(&rows, "what is not there yet", says_when_it_would_wait, NULL);
    rows_add(&rows, "waiting is ended from outside", is_woken, NULL);
    rows_add(&rows, "no such file", says_what_it_cannot_open, NULL);
    return rows_run("line_reader", &rows);
}
