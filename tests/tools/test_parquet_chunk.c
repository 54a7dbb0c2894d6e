/* A column chunk: what a page holds, and bounds that are bounds. Expected bytes are those of Parquet's encodings. */
#include <stdio.h>
#include <string.h>

#include "tests/rows.h"

#include "base/bytes.h"
#include "tools/parquet_chunk.h"

struct fixture {
    struct column column;
    struct parquet_chunk chunk;
    struct compressor *compressor;
    struct daybook_buffer scratch; /* After the end of a page: its bytes before they were compressed. */
};

static void begin(struct fixture *f, enum column_type type, bool is_nullable) {
    *f = (struct fixture){.column = {"c", type, is_nullable, ""}};
    f->chunk.column = &f->column;
    f->compressor = compressor_open();
    assert_non_null(f->compressor);
}

static void finish(struct fixture *f) {
    parquet_chunk_release(&f->chunk);
    compressor_close(f->compressor);
    daybook_buffer_release(&f->scratch);
}

static void add(struct fixture *f, struct cell cell) {
    assert_int_equal(parquet_chunk_add(&f->chunk, &cell, f->compressor, &f->scratch, NULL), DAYBOOK_OK);
}

static void hex_of(const uint8_t *data, size_t size, char text[1024]) {
    assert_true(size < 500);
    text[0] = '\0';
    for (size_t i = 0; i < size; i++) {
        (void)snprintf(text + i * 2, 3, "%02x", data[i]);
    }
}

static void page_is(struct fixture *f, const char *hex) {
    char text[1024];
    assert_int_equal(parquet_chunk_end(&f->chunk, f->compressor, &f->scratch, NULL), DAYBOOK_OK);
    hex_of(f->scratch.data, f->scratch.size, text);
    assert_string_equal(text, hex);
}

static void statistics_are(const struct fixture *f, const char *hex) {
    struct daybook_buffer out = {0};
    struct thrift thrift;
    char text[1024];
    thrift_begin(&thrift, &out);
    parquet_chunk_statistics(&f->chunk, &thrift, 1);
    thrift_end(&thrift);
    hex_of(out.data, out.size, text);
    assert_string_equal(text, hex);
    daybook_buffer_release(&out);
}

#define NUMBER(value)                                                                                                  \
    (struct cell) {                                                                                                    \
        .number = (value)                                                                                              \
    }
#define NOTHING                                                                                                        \
    (struct cell) {                                                                                                    \
        .is_null = true                                                                                                \
    }
#define TEXT(value)                                                                                                    \
    (struct cell) {                                                                                                    \
        .text = (value)                                                                                                \
    }

static void whole_numbers(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, COLUMN_WHOLE, false);
    add(&f, NUMBER(-1));
    add(&f, NUMBER(INT64_MIN));
    add(&f, NUMBER(INT64_MAX));
    page_is(&f, "ffffffffffffffff"
                "0000000000000080"
                "ffffffffffffff7f");
    /* 1: struct; 3: no nulls; 5: max, 8 bytes; 6: min; 7 and 8: both exact. */
    statistics_are(&f, "1c"
                       "3600"
                       "2808ffffffffffffff7f"
                       "18080000000000000080"
                       "1111"
                       "0000");
    finish(&f);
}

/* Runs of levels: 2 * length as a varint, then 1 for values or 0 for nulls, behind their size. */
static void nulls(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, COLUMN_DATE, true);
    add(&f, NOTHING);
    add(&f, NOTHING);
    add(&f, NUMBER(19782));
    add(&f, NOTHING);
    page_is(&f, "06000000"
                "0400"
                "0201"
                "0200"
                "464d0000");
    statistics_are(&f, "1c3606"
                       "2804464d0000"
                       "1804464d0000"
                       "1111"
                       "0000");
    parquet_chunk_reset(&f.chunk);
    add(&f, NOTHING);
    page_is(&f, "02000000"
                "0200");
    statistics_are(&f, "1c3602"
                       "0000");
    finish(&f);
}

/* Ten bytes, big-endian, in units of 0.0001, whatever the currency's own decimals. */
static void amounts(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, COLUMN_AMOUNT, false);
    add(&f, (struct cell){.number = 1, .decimals = 2});
    add(&f, (struct cell){.number = -1, .decimals = 4});
    add(&f, (struct cell){.number = INT64_MAX, .decimals = 0});
    add(&f, (struct cell){.number = INT64_MIN, .decimals = 0});
    page_is(&f, "00000000000000000064"
                "ffffffffffffffffffff"
                "1387ffffffffffffd8f0"
                "ec780000000000000000");
    statistics_are(&f, "1c3600"
                       "280a1387ffffffffffffd8f0"
                       "180aec780000000000000000"
                       "1111"
                       "0000");
    finish(&f);
}

static void flags(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, COLUMN_FLAG, true);
    for (int i = 0; i < 10; i++) {
        add(&f, NUMBER(i == 0 || i == 9 ? 1 : 0));
    }
    page_is(&f, "02000000"
                "1401"
                "0102");
    statistics_are(&f, "1c3600"
                       "280101"
                       "180100"
                       "1111"
                       "0000");
    finish(&f);
}

static void texts(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, COLUMN_TEXT, true);
    add(&f, TEXT("b"));
    add(&f, TEXT(""));
    add(&f, TEXT("\xE4\xBD\x99")); /* Above all ASCII: bytes are compared without a sign. */
    page_is(&f, "02000000"
                "0601"
                "0100000062"
                "00000000"
                "03000000e4bd99");
    statistics_are(&f, "1c3600"
                       "2803e4bd99"
                       "1800"
                       "1111"
                       "0000");
    finish(&f);
}

/* 130 bytes: 128 would cut a character of three bytes at 126..128, so 126 stay; the last ASCII one is raised. */
static void long_texts(void **state) {
    (void)state;
    struct fixture f;
    char text[256];
    char expected[1024];
    memset(text, 'a', sizeof text);
    (void)snprintf(text + 126, sizeof text - 126, "\xE4\xBD\x99!");
    begin(&f, COLUMN_TEXT, false);
    add(&f, TEXT(text));
    assert_int_equal(parquet_chunk_end(&f.chunk, f.compressor, &f.scratch, NULL), DAYBOOK_OK);
    size_t used = (size_t)snprintf(expected, sizeof expected, "1c3600287e");
    for (int i = 0; i < 126; i++) {
        used += (size_t)snprintf(expected + used, sizeof expected - used, i == 125 ? "62" : "61");
    }
    used += (size_t)snprintf(expected + used, sizeof expected - used, "187e");
    for (int i = 0; i < 126; i++) {
        used += (size_t)snprintf(expected + used, sizeof expected - used, "61");
    }
    (void)snprintf(expected + used, sizeof expected - used, "12120000");
    statistics_are(&f, expected);
    parquet_chunk_reset(&f.chunk);
    for (size_t i = 0; i < 129; i += 3) {
        (void)snprintf(text + i, sizeof text - i, "\xE4\xBD\x99");
    }
    add(&f, TEXT(text)); /* No ASCII to raise: there is no max, which says nothing false. */
    struct daybook_buffer out = {0};
    struct thrift thrift;
    thrift_begin(&thrift, &out);
    parquet_chunk_statistics(&f.chunk, &thrift, 1);
    assert_int_equal(out.data[3], 0x38); /* From null_count straight to min. */
    assert_int_equal(out.data[4], 126);
    daybook_buffer_release(&out);
    finish(&f);
}

/* A chunk takes many pages, and holds one open. */
static void many_pages(void **state) {
    (void)state;
    struct fixture f;
    size_t most = 0;
    begin(&f, COLUMN_TEXT, false);
    for (int i = 0; i < 100000; i++) {
        add(&f, TEXT("the same thirty bytes, each time"));
        size_t open = f.chunk.values.size + f.chunk.levels.size;
        most = open > most ? open : most;
    }
    assert_int_equal(parquet_chunk_end(&f.chunk, f.compressor, &f.scratch, NULL), DAYBOOK_OK);
    assert_int_equal(f.chunk.row_count, 100000);
    assert_true(most < 300 << 10);
    assert_true(f.chunk.raw_bytes > 36 * 100000);
    assert_true(f.chunk.pages.size < 36 * 100000 / 50);
    finish(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers), cmocka_unit_test(nulls), cmocka_unit_test(amounts),
        cmocka_unit_test(flags),         cmocka_unit_test(texts), cmocka_unit_test(long_texts),
        cmocka_unit_test(many_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
