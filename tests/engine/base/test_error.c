/* Statuses have names and exit codes; messages are cut whole. */
#include "base/error.h"

#include <string.h>

#include "tests/rows.h"

struct status_row {
    const char *name;
    enum daybook_status status;
    int exit_code;
};

/* From the user's point of view: 2 his own input, 3 the world, 4 data. */
static const struct status_row status_rows[] = {
    {"OK", DAYBOOK_OK, 0},           {"INVALID", DAYBOOK_INVALID, 2},     {"NOT_FOUND", DAYBOOK_NOT_FOUND, 3},
    {"EXISTS", DAYBOOK_EXISTS, 3},   {"LIMIT", DAYBOOK_LIMIT, 3},         {"IO", DAYBOOK_IO, 3},
    {"BUSY", DAYBOOK_BUSY, 3},       {"READ_ONLY", DAYBOOK_READ_ONLY, 3}, {"NO_MEMORY", DAYBOOK_NO_MEMORY, 3},
    {"VERSION", DAYBOOK_VERSION, 3}, {"BEHIND", DAYBOOK_BEHIND, 3},       {"STOPPED", DAYBOOK_STOPPED, 3},
    {"DAMAGED", DAYBOOK_DAMAGED, 4},
};

static void has_name_and_exit_code(void **state) {
    const struct status_row *row = *state;
    assert_string_equal(daybook_status_name(row->status), row->name);
    assert_int_equal(daybook_status_exit_code(row->status), row->exit_code);
}

static void fail_writes_status_and_message(void **state) {
    (void)state;
    struct daybook_error error = {0};
    assert_int_equal(daybook_fail(&error, DAYBOOK_IO, "reading %s: %d", "x.mdb", 5), DAYBOOK_IO);
    assert_int_equal(error.status, DAYBOOK_IO);
    assert_string_equal(error.message, "reading x.mdb: 5");
}

static void fail_without_an_error_passes_the_status_on(void **state) {
    (void)state;
    assert_int_equal(daybook_fail(NULL, DAYBOOK_BUSY, "opening"), DAYBOOK_BUSY);
    assert_int_equal(daybook_fail_in(NULL, "opening"), DAYBOOK_STOPPED);
}

static void fail_may_quote_the_message_it_replaces(void **state) {
    (void)state;
    struct daybook_error error = {.status = DAYBOOK_IO, .message = "first"};
    (void)daybook_fail(&error, DAYBOOK_DAMAGED, "second after %s", error.message);
    assert_string_equal(error.message, "second after first");
}

/* A file of garbage must not move the cursor of whoever reads what is wrong with it. */
static void what_is_quoted_controls_no_terminal(void **state) {
    (void)state;
    struct daybook_error error = {0};
    (void)daybook_fail(&error, DAYBOOK_INVALID, "expected near '%s'", "\033[2Jx\n\t\x7F\xC2\x9B\xC2\xA7\xE5\xBC\xA0");
    assert_string_equal(error.message, "expected near '?[2Jx?????\xC2\xA7\xE5\xBC\xA0'");
    (void)daybook_fail_in(&error, "%s", "a\033b");
    assert_int_equal(strncmp(error.message, "a?b: expected", 13), 0);
}

static void context_goes_before_the_message(void **state) {
    (void)state;
    struct daybook_error error = {0};
    (void)daybook_fail(&error, DAYBOOK_DAMAGED, "frame 7: checksum");
    assert_int_equal(daybook_fail_in(&error, "verifying %s", "ledger"), DAYBOOK_DAMAGED);
    assert_string_equal(error.message, "verifying ledger: frame 7: checksum");
}

/* Stands for a catalogue; it has two sentences. */
static const char *in_latin(const char *format) __attribute__((format_arg(1)));
static const char *in_latin(const char *format) {
    return strcmp(format, "reading %s: %d") == 0 ? "legere %s: %d" : strcmp(format, "page") == 0 ? "pagina" : format;
}

static void a_translation_stands_beside_the_message(void **state) {
    (void)state;
    struct daybook_error error = {0};
    struct daybook_error other = {0};
    struct daybook_error reason = {0};
    daybook_error_translate_with(in_latin);
    (void)daybook_fail(&error, DAYBOOK_IO, "reading %s: %d", "x.mdb", 5);
    (void)daybook_fail_in(&error, "page");
    (void)daybook_fail_in(&error, "no word of it");
    (void)daybook_fail(&reason, DAYBOOK_IO, "%s", "page"); /* Whole already. */
    daybook_error_translate_with(NULL);
    assert_string_equal(reason.message, "page");
    assert_string_equal(reason.translated, "pagina");
    assert_string_equal(error.message, "no word of it: page: reading x.mdb: 5");
    assert_string_equal(daybook_error_shown(&error), "no word of it: pagina: legere x.mdb: 5");
    assert_int_equal(daybook_fail_as(&other, &error), DAYBOOK_IO);
    assert_string_equal(daybook_error_shown(&other), "no word of it: pagina: legere x.mdb: 5");
    assert_int_equal(daybook_fail_as(NULL, &error), DAYBOOK_IO);

    (void)daybook_fail(&error, DAYBOOK_IO, "page");
    assert_string_equal(error.translated, "");
    assert_string_equal(daybook_error_shown(&error), "page");
}

struct cut_row {
    const char *name;
    const char *character;
    size_t lead_bytes; /* ASCII before the run of characters. */
    size_t expected_size;
};

/* The buffer holds 511 bytes before its NUL. */
static const struct cut_row cut_rows[] = {
    {"ascii fills the buffer", "x", 0, 511},
    {"two-byte characters, the last would be cut", "\xC3\xA9", 0, 510},
    {"two-byte characters that fit", "\xC3\xA9", 1, 511},
    {"three-byte characters, one byte over", "\xE2\x82\xAC", 0, 510},
    {"three-byte characters, two bytes over", "\xE2\x82\xAC", 2, 509},
    {"three-byte characters that fit", "\xE2\x82\xAC", 1, 511},
    {"four-byte characters, three bytes over", "\xF0\x9F\x92\xB6", 0, 508},
    {"four-byte characters that fit", "\xF0\x9F\x92\xB6", 3, 511},
};

static void fill(const struct cut_row *row, char text[1024]) {
    size_t size = 0;
    while (size < row->lead_bytes) {
        text[size++] = 'a';
    }
    while (size + 4 < 1000) {
        size_t step = strlen(row->character);
        memcpy(text + size, row->character, step);
        size += step;
    }
    text[size] = '\0';
}

static void long_message_is_cut_between_characters(void **state) {
    const struct cut_row *row = *state;
    char text[1024];
    fill(row, text);
    struct daybook_error error = {0};
    (void)daybook_fail(&error, DAYBOOK_IO, "%s", text);
    assert_int_equal(strlen(error.message), row->expected_size);
    assert_memory_equal(error.message, text, row->expected_size);
}

static void long_context_is_cut_between_characters(void **state) {
    const struct cut_row *row = *state;
    char text[1024];
    fill(row, text);
    text[row->lead_bytes + strlen(row->character) * 10] = '\0';
    struct daybook_error error = {0};
    char long_text[1024];
    fill(row, long_text);
    (void)daybook_fail(&error, DAYBOOK_IO, "%s", long_text);
    (void)daybook_fail_in(&error, "%s", text);
    size_t size = strlen(error.message);
    assert_in_range(size, DAYBOOK_ERROR_SIZE - 4, DAYBOOK_ERROR_SIZE - 1);
    assert_memory_equal(error.message, text, strlen(text));
    assert_memory_equal(error.message + strlen(text), ": ", 2);
    const char *rest = error.message + strlen(text) + 2;
    assert_memory_equal(rest, long_text, strlen(rest));
    assert_int_equal((strlen(rest) - row->lead_bytes) % strlen(row->character), 0);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, status_rows, has_name_and_exit_code);
    rows_add(&rows, "fail writes status and message", fail_writes_status_and_message, NULL);
    rows_add(&rows, "fail without an error", fail_without_an_error_passes_the_status_on, NULL);
    rows_add(&rows, "fail quotes what it replaces", fail_may_quote_the_message_it_replaces, NULL);
    rows_add(&rows, "what is quoted controls no terminal", what_is_quoted_controls_no_terminal, NULL);
    rows_add(&rows, "context goes before", context_goes_before_the_message, NULL);
    rows_add(&rows, "a translation stands beside the message", a_translation_stands_beside_the_message, NULL);
    ROWS_ADD_TABLE(&rows, cut_rows, long_message_is_cut_between_characters);
    ROWS_ADD_TABLE(&rows, cut_rows, long_context_is_cut_between_characters);
    return rows_run("error", &rows);
}
