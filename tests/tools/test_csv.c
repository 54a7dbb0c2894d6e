/* CSV by RFC 4180. */
#include <stdio.h>
#include <string.h>

#include "tests/rows.h"

#include "tools/csv.h"

/* Records as "LINE:field|field;" and complaints as "LINE!sentence;". */
struct reading {
    const char *name;
    const char *text;
    const char *read;
    char delimiter; /* '\0' = a comma */
};

static const struct reading readings[] = {
    {"nothing", "", "", 0},
    {"one record", "a,b\n", "1:a|b;", 0},
    {"no newline at the end", "a,b\nc,d", "1:a|b;2:c|d;", 0},
    {"CRLF", "a,b\r\nc,d\r\n", "1:a|b;2:c|d;", 0},
    {"empty fields", ",,\n", "1:||;", 0},
    {"an empty last field at the end", "a,", "1:a|;", 0},
    {"empty lines are passed over", "a\n\n\r\nb\n", "1:a;4:b;", 0},
    {"a quoted empty field alone", "\"\"\n", "1:;", 0},
    {"quotes", "\"a,b\",\"c\"\n", "1:a,b|c;", 0},
    {"doubled quotes", "\"say \"\"hi\"\"\",\"\"\"\"\n", "1:say \"hi\"|\";", 0},
    {"a newline in quotes counts as a line", "\"a\nb\",c\nd,e\n", "1:a\nb|c;3:d|e;", 0},
    {"a CRLF in quotes is kept", "\"a\r\nb\"\r\nc\n", "1:a\r\nb;3:c;", 0},
    {"spaces are kept", " a , b \n", "1: a | b ;", 0},
    {"a semicolon between fields", "a;b,c\n", "1:a|b,c;", ';'},
    {"a tab between fields", "a\tb\n", "1:a|b;", '\t'},
    {"UTF-8", "\xE4\xBD\x99,\xC3\xA9\n", "1:\xE4\xBD\x99|\xC3\xA9;", 0},
    {"a quote in a bare field", "5\" pipe,b\nc,d\n",
     "1!a quote is in the middle of a field that does not begin with one;2:c|d;", 0},
    {"text after a closing quote", "\"a\"b,c\nd,e\n", "1!text follows a closing quote;2:d|e;", 0},
    {"a quote that is never closed", "a,b\nc,\"d\ne,f\n", "1:a|b;2!a quote is never closed;3:e|f;", 0},
    {"a text for spreadsheets", "=\"00123\",a,=\"1,2\"\n", "1:00123|a|1,2;", 0},
    {"a formula", "=A1,b\n", "1:=A1|b;", 0},
    {"more behind a text for spreadsheets", "=\"a\"&\"b\",c\nd\n", "1!text follows a closing quote;2:d;", 0},
    {"a lone carriage return", "a\rb\nc\n", "1!a carriage return stands alone;2:c;", 0},
};

static void reads(void **state) {
    const struct reading *row = *state;
    struct arena arena;
    struct csv_record record;
    const char *complaint;
    char read[512] = "";
    arena_init(&arena, 1 << 20);
    struct csv_reader reader = {.text = row->text,
                                .size = strlen(row->text),
                                .line = 1,
                                .delimiter = row->delimiter == '\0' ? ',' : row->delimiter};
    enum csv_result result;
    while ((result = csv_next(&reader, &arena, &record, &complaint)) != CSV_END) {
        char number[24];
        (void)snprintf(number, sizeof number, "%d", (int)record.line);
        strcat(read, number);
        if (result == CSV_COMPLAINT) {
            strcat(strcat(strcat(read, "!"), complaint), ";");
            continue;
        }
        for (size_t i = 0; i < record.field_count; i++) {
            strcat(strcat(read, i == 0 ? ":" : "|"), record.fields[i]);
        }
        strcat(read, ";");
    }
    assert_string_equal(read, row->read);
    arena_release(&arena);
}

static void reads_a_record_again(void **state) {
    (void)state;
    static const char text[] = "a,b\n\n\"c\nd\",e\nf,g\n";
    struct arena arena;
    struct csv_record first;
    struct csv_record again;
    const char *complaint;
    arena_init(&arena, 1 << 20);
    struct csv_reader reader = {.text = text, .size = strlen(text), .line = 1, .delimiter = ','};
    assert_int_equal(csv_next(&reader, &arena, &first, &complaint), CSV_RECORD);
    assert_int_equal(csv_next(&reader, &arena, &first, &complaint), CSV_RECORD);
    struct csv_reader back = {
        .text = text, .size = strlen(text), .at = first.offset, .line = first.line, .delimiter = ','};
    assert_int_equal(csv_next(&back, &arena, &again, &complaint), CSV_RECORD);
    assert_int_equal(again.line, 3);
    assert_int_equal(again.field_count, 2);
    assert_string_equal(again.fields[0], "c\nd");
    arena_release(&arena);
}

static void complains_of_a_nul(void **state) {
    (void)state;
    static const char text[] = "a,b\0c\nd,e\n\"x\0y\"\n";
    struct arena arena;
    struct csv_record record;
    const char *complaint;
    arena_init(&arena, 1 << 20);
    struct csv_reader reader = {.text = text, .size = sizeof text - 1, .line = 1, .delimiter = ','};
    assert_int_equal(csv_next(&reader, &arena, &record, &complaint), CSV_COMPLAINT);
    assert_string_equal(complaint, "it holds a NUL");
    assert_int_equal(csv_next(&reader, &arena, &record, &complaint), CSV_RECORD);
    assert_int_equal(record.line, 2);
    assert_int_equal(csv_next(&reader, &arena, &record, &complaint), CSV_COMPLAINT);
    assert_int_equal(csv_next(&reader, &arena, &record, &complaint), CSV_END);
    arena_release(&arena);
}

static void complains_of_too_many_fields(void **state) {
    (void)state;
    char text[CSV_FIELDS_MAX + 8];
    memset(text, ',', CSV_FIELDS_MAX);
    memcpy(text + CSV_FIELDS_MAX, "\nx\n", 4);
    struct arena arena;
    struct csv_record record;
    const char *complaint;
    arena_init(&arena, 1 << 20);
    struct csv_reader reader = {.text = text, .size = strlen(text), .line = 1, .delimiter = ','};
    assert_int_equal(csv_next(&reader, &arena, &record, &complaint), CSV_COMPLAINT);
    assert_int_equal(csv_next(&reader, &arena, &record, &complaint), CSV_RECORD);
    assert_string_equal(record.fields[0], "x");
    arena_release(&arena);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, readings, reads);
    rows_add(&rows, "a record is read again from its offset", reads_a_record_again, NULL);
    rows_add(&rows, "a NUL", complains_of_a_nul, NULL);
    rows_add(&rows, "too many fields", complains_of_too_many_fields, NULL);
    return rows_run("csv", &rows);
}
