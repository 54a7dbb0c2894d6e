/* Tables for people and for programs. */
#include "tests/tools/stream.h"
#include "tools/console.h"
#include "tools/progress.h"

static const struct table_column columns[] = {
    {"customer", "CUSTOMER", false},
    {"open", "OPEN", true},
    {"days", "DAYS", true},
};

static struct table *make_table(struct arena *arena) {
    struct table *table = table_open(columns, ROW_COUNT(columns), arena);
    assert_non_null(table);
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, "\xE4\xBD\x99\xE4\xBA\x8E, \"\xE5\xAE\xA2\"", TONE_PLAIN);
    table_add_amount(table, 123456789, "CNY", TONE_PLAIN);
    table_add_count(table, 3, TONE_ALARM);
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, "ACME", TONE_PLAIN);
    table_add_amount(table, -1500, "JPY", TONE_PLAIN);
    table_begin_row(table, ROW_TOTAL);
    table_add_text(table, "total", TONE_PLAIN);
    table_add_amount(table, 123456789, "KWD", TONE_PLAIN);
    table_add_count(table, 3, TONE_PLAIN);
    return table;
}

static void prints(enum daybook_status (*print)(const struct table *, FILE *, struct daybook_error *),
                   const char *expected) {
    struct arena arena;
    struct daybook_error error;
    arena_init(&arena, 1 << 20);
    FILE *stream = stream_begin();
    assert_int_equal(print(make_table(&arena), stream, &error), DAYBOOK_OK);
    stream_is(stream, expected);
    arena_release(&arena);
}

/* Each Chinese character takes two cells: the amounts line up on a terminal, not in this source. */
static void prints_for_people(void **state) {
    (void)state;
    prints(table_print, "CUSTOMER            OPEN  DAYS\n"
                        "\xE4\xBD\x99\xE4\xBA\x8E, \"\xE5\xAE\xA2\"  1,234,567.89     3\n"
                        "ACME              -1,500  \n"
                        "             -----------     -\n"
                        "total        123,456.789     3\n");
}

static void prints_for_programs(void **state) {
    (void)state;
    prints(table_print_csv, "customer,open,days\r\n"
                            "\"\xE4\xBD\x99\xE4\xBA\x8E, \"\"\xE5\xAE\xA2\"\"\",1234567.89,3\r\n"
                            "ACME,-1500,\r\n");
}

/* ---- narrow terminals ---- */

static const struct table_column wide_columns[] = {
    {"customer", "CUSTOMER", false}, {"currency", "CUR", false},   {"open", "OPEN", true},
    {"due", "DUE", false},           {"deposit", "DEPOSIT", true},
};

struct width_row {
    const char *name;
    size_t width;
    const char *text;
};

#define YU_YU "\xE4\xBD\x99\xE4\xBA\x8E" /* Four cells, six bytes. */

static const struct width_row width_rows[] = {
    {"no terminal", 0,
     "CUSTOMER  CUR      OPEN  DUE         DEPOSIT\n" YU_YU "      CNY    100.00  2024-02-29     5.00\n"
     "ACME      JPY    -1,500                    0\n"
     "               --------                    -\n"
     "total          1,000.00                    5\n"},
    {"as wide as the table", 44,
     "CUSTOMER  CUR      OPEN  DUE         DEPOSIT\n" YU_YU "      CNY    100.00  2024-02-29     5.00\n"
     "ACME      JPY    -1,500                    0\n"
     "               --------                    -\n"
     "total          1,000.00                    5\n"},
    {"one cell too narrow", 43,
     "CUSTOMER  CUR      OPEN  DUE\n" YU_YU "      CNY    100.00  2024-02-29\n"
     "ACME      JPY    -1,500  \n"
     "               --------  \n"
     "total          1,000.00  \n"
     "\n"
     "CUSTOMER  CUR  DEPOSIT\n" YU_YU "      CNY     5.00\n"
     "ACME      JPY        0\n"
     "                     -\n"
     "total                5\n"},
    {"room for one column, and no totals where there are none", 21,
     "CUSTOMER  CUR\n" YU_YU "      CNY\n"
     "ACME      JPY\n"
     "\n"
     "CUSTOMER      OPEN\n" YU_YU "        100.00\n"
     "ACME        -1,500\n"
     "          --------\n"
     "total     1,000.00\n"
     "\n"
     "CUSTOMER  DUE\n" YU_YU "      2024-02-29\n"
     "ACME      \n"
     "\n"
     "CUSTOMER  DEPOSIT\n" YU_YU "         5.00\n"
     "ACME            0\n"
     "                -\n"
     "total           5\n"},
};

static void fits(void **state) {
    const struct width_row *row = *state;
    struct arena arena;
    struct daybook_error error;
    arena_init(&arena, 1 << 20);
    struct table *table = table_open(wide_columns, ROW_COUNT(wide_columns), &arena);
    assert_non_null(table);
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, YU_YU, TONE_PLAIN);
    table_add_text(table, "CNY", TONE_PLAIN);
    table_add_amount(table, 10000, "CNY", TONE_PLAIN);
    table_add_text(table, "2024-02-29", TONE_PLAIN);
    table_add_amount(table, 500, "CNY", TONE_PLAIN);
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, "ACME", TONE_PLAIN);
    table_add_text(table, "JPY", TONE_PLAIN);
    table_add_amount(table, -1500, "JPY", TONE_PLAIN);
    table_add_text(table, "", TONE_PLAIN);
    table_add_amount(table, 0, "JPY", TONE_PLAIN);
    table_begin_row(table, ROW_TOTAL);
    table_add_text(table, "total", TONE_PLAIN);
    table_add_text(table, "", TONE_PLAIN);
    table_add_amount(table, 100000, "CNY", TONE_PLAIN);
    table_add_text(table, "", TONE_PLAIN);
    table_add_amount(table, 5, "JPY", TONE_PLAIN);
    FILE *stream = stream_begin();
    assert_int_equal(table_print_within(table, stream, row->width, &error), DAYBOOK_OK);
    stream_is(stream, row->text);
    arena_release(&arena);
}

/* The currency comes again beside figures that have come off it. */
static void repeats_the_currency(void **state) {
    (void)state;
    static const struct table_column far_columns[] = {
        {"customer", "CUSTOMER", false},
        {"days", "DAYS", true},
        {"currency", "CUR", false},
        {"open", "OPEN", true},
    };
    struct arena arena;
    struct daybook_error error;
    arena_init(&arena, 1 << 20);
    struct table *table = table_open(far_columns, ROW_COUNT(far_columns), &arena);
    assert_non_null(table);
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, "ACME", TONE_PLAIN);
    table_add_count(table, 12, TONE_PLAIN);
    table_add_text(table, "CNY", TONE_PLAIN);
    table_add_amount(table, 100000, "CNY", TONE_PLAIN);
    table_begin_row(table, ROW_TOTAL);
    table_add_text(table, "total", TONE_PLAIN);
    table_add_text(table, "", TONE_PLAIN);
    table_add_text(table, "CNY", TONE_PLAIN);
    table_add_amount(table, 100000, "CNY", TONE_PLAIN);
    for (size_t width = 22; width <= 23; width++) { /* In the first there is no room for it. */
        FILE *stream = stream_begin();
        assert_int_equal(table_print_within(table, stream, width, &error), DAYBOOK_OK);
        stream_is(stream, width == 22 ? "CUSTOMER  DAYS  CUR\n"
                                        "ACME        12  CNY\n"
                                        "\n"
                                        "CUSTOMER      OPEN\n"
                                        "ACME      1,000.00\n"
                                        "          --------\n"
                                        "total     1,000.00\n"
                                      : "CUSTOMER  DAYS  CUR\n"
                                        "ACME        12  CNY\n"
                                        "\n"
                                        "CUSTOMER  CUR      OPEN\n"
                                        "ACME      CNY  1,000.00\n"
                                        "               --------\n"
                                        "total     CNY  1,000.00\n");
    }
    arena_release(&arena);
}

/* Headings of a catalogue: each character takes two cells. */
static void has_chinese_headings(void **state) {
    (void)state;
    static const struct table_column chinese_columns[] = {
        {"customer", "\xE5\xAE\xA2\xE6\x88\xB7", false},
        {"open", "\xE6\x9C\xAA\xE6\xB8\x85\xE9\x87\x91\xE9\xA2\x9D", true},
    };
    struct arena arena;
    struct daybook_error error;
    arena_init(&arena, 1 << 20);
    struct table *table = table_open(chinese_columns, ROW_COUNT(chinese_columns), &arena);
    assert_non_null(table);
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, "ACME", TONE_PLAIN);
    table_add_amount(table, 500, "CNY", TONE_PLAIN);
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, YU_YU, TONE_PLAIN);
    table_add_amount(table, 123456789, "CNY", TONE_PLAIN);
    FILE *stream = stream_begin();
    assert_int_equal(table_print(table, stream, &error), DAYBOOK_OK);
    stream_is(stream, "\xE5\xAE\xA2\xE6\x88\xB7      \xE6\x9C\xAA\xE6\xB8\x85\xE9\x87\x91\xE9\xA2\x9D\n"
                      "ACME          5.00\n" YU_YU "  1,234,567.89\n");
    arena_release(&arena);
}

/* A sequence is one of the names that every part has, and a sentence at the end is broken between its words. */
static void breaks_a_sentence(void **state) {
    (void)state;
    static const struct table_column wordy_columns[] = {
        {"customer", "CUSTOMER", false}, {"sequence", "SEQ", true}, {"open", "OPEN", true},
        {"deposit", "DEPOSIT", true},    {"reason", "WHY", false},
    };
    struct arena arena;
    struct daybook_error error;
    arena_init(&arena, 1 << 20);
    struct table *table = table_open(wordy_columns, ROW_COUNT(wordy_columns), &arena);
    assert_non_null(table);
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, "ACME", TONE_PLAIN);
    table_add_count(table, 12, TONE_PLAIN);
    table_add_amount(table, 10000, "CNY", TONE_PLAIN);
    table_add_amount(table, 500, "CNY", TONE_PLAIN);
    table_add_text(table, "there is no " YU_YU " of this name in the books", TONE_PLAIN);
    table_begin_row(table, ROW_PLAIN);
    table_add_text(table, YU_YU, TONE_PLAIN);
    table_add_count(table, 13, TONE_PLAIN);
    table_add_amount(table, 0, "CNY", TONE_PLAIN);
    table_add_amount(table, 0, "CNY", TONE_PLAIN);
    table_add_text(table, "short", TONE_PLAIN);
    table_begin_row(table, ROW_TOTAL);
    table_add_text(table, "total", TONE_PLAIN);
    table_add_count(table, 13, TONE_PLAIN);
    table_add_text(table, "", TONE_PLAIN);
    table_add_text(table, "", TONE_PLAIN);
    table_add_text(table, "as it was", TONE_PLAIN);
    FILE *stream = stream_begin();
    assert_int_equal(table_print_within(table, stream, 46, &error), DAYBOOK_OK);
    stream_is(stream, "CUSTOMER  SEQ    OPEN  DEPOSIT\n"
                      "ACME       12  100.00     5.00\n" YU_YU "       13    0.00     0.00\n"
                      "           --          \n"
                      "total      13          \n"
                      "\n"
                      "CUSTOMER  SEQ  WHY\n"
                      "ACME       12  there is no " YU_YU " of this name\n"
                      "               in the books\n" YU_YU "       13  short\n"
                      "           --  \n"
                      "total      13  as it was\n");
    arena_release(&arena);
}

static void wraps_words_by_their_cells(void **state) {
    (void)state;
    FILE *stream = stream_begin();
    console_wrap(stream, YU_YU " " YU_YU " a b", 9, 2, 0); /* 4 + 1 + 4 are nine cells. */
    console_wrap(stream, "never a break", 0, 2, 0);
    console_wrap(stream, "aword-that-has-no-room and more", 10, 1, 0);
    stream_is(stream, YU_YU " " YU_YU "\n  a b\nnever a break\naword-that-has-no-room\n and more\n");
}

static void says_when_memory_is_short(void **state) {
    (void)state;
    struct arena arena;
    struct daybook_error error;
    arena_init(&arena, 4096);
    struct table *table = table_open(columns, ROW_COUNT(columns), &arena);
    assert_non_null(table);
    for (int i = 0; i < 1000; i++) {
        table_begin_row(table, ROW_PLAIN);
        table_add_text(table, "some text that takes room", TONE_PLAIN);
    }
    assert_int_equal(table_print(table, stdout, &error), DAYBOOK_NO_MEMORY);
    assert_int_equal(table_print_csv(table, stdout, &error), DAYBOOK_NO_MEMORY);
    arena_release(&arena);
}

struct progress_row {
    const char *name;
    struct progress progress;
    uint64_t done;
    uint64_t now_ns;
    const char *line;
};

static const struct progress_row progress_rows[] = {
    {"half done",
     {"importing", "rows", 46000, 0, 0, 0},
     23000,
     UINT64_C(10000000000),
     "importing: 23,000 of 46,000 rows (50 %), 2,300 a second, 0:10 left"},
    {"minutes left",
     {"balance", "events", 10000, 0, 0, 0},
     1000,
     UINT64_C(100000000000),
     "balance: 1,000 of 10,000 events (10 %), 10 a second, 15:00 left"},
    {"what was done before does not count for the rate",
     {"balance", "events", 2000, 0, 0, 1000},
     1500,
     UINT64_C(1000000000),
     "balance: 1,500 of 2,000 events (75 %), 500 a second, 0:01 left"},
    {"nothing done yet",
     {"importing", "rows", 10, 0, 0, 0},
     0,
     0,
     "importing: 0 of 10 rows (0 %), 0 a second, 0:00 left"},
    {"all done, and not yet ended",
     {"balance", "events", 2000, 0, 0, 2000},
     2000,
     UINT64_C(1000000000),
     "balance: 2,000 events, finishing"},
    {"no total", {"submitting", "lines", 0, 0, 0, 0}, 500, UINT64_C(1000000000), "submitting: 500 lines, 500 a second"},
};

static void tells_progress(void **state) {
    const struct progress_row *row = *state;
    char line[200];
    assert_string_equal(progress_line(&row->progress, row->done, row->now_ns, line, sizeof line), row->line);
}

int main(void) {
    static struct rows rows;
    console_init();
    rows_add(&rows, "a table for people", prints_for_people, NULL);
    rows_add(&rows, "CSV for programs", prints_for_programs, NULL);
    ROWS_ADD_TABLE(&rows, width_rows, fits);
    rows_add(&rows, "the currency again, beside its figures", repeats_the_currency, NULL);
    rows_add(&rows, "Chinese headings", has_chinese_headings, NULL);
    rows_add(&rows, "a sentence at the end", breaks_a_sentence, NULL);
    rows_add(&rows, "words are wrapped by their cells", wraps_words_by_their_cells, NULL);
    rows_add(&rows, "short of memory", says_when_memory_is_short, NULL);
    ROWS_ADD_TABLE(&rows, progress_rows, tells_progress);
    return rows_run("console", &rows);
}
