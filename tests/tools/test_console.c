/* Tables for people and for programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/rows.h"

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
    char *text = NULL;
    size_t size = 0;
    arena_init(&arena, 1 << 20);
    FILE *stream = tmpfile();
    assert_non_null(stream);
    assert_int_equal(print(make_table(&arena), stream, &error), DAYBOOK_OK);
    size = (size_t)ftell(stream);
    rewind(stream);
    text = calloc(size + 1, 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, size, stream), size);
    assert_string_equal(text, expected);
    free(text);
    (void)fclose(stream);
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
    rows_add(&rows, "short of memory", says_when_memory_is_short, NULL);
    ROWS_ADD_TABLE(&rows, progress_rows, tells_progress);
    return rows_run("console", &rows);
}
