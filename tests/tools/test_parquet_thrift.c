/* Thrift's compact protocol: the bytes that its specification gives. */
#include <stdio.h>
#include <string.h>

#include "tests/rows.h"

#include "tools/parquet_thrift.h"

static void bytes_are(const struct daybook_buffer *out, const char *hex) {
    char text[256] = "";
    assert_true(out->size < 100);
    for (size_t i = 0; i < out->size; i++) {
        (void)snprintf(text + i * 2, 3, "%02x", out->data[i]);
    }
    assert_string_equal(text, hex);
}

/* Zigzag: 0 -1 1 -2 are 0 1 2 3; varints have the low seven bits first. */
static void numbers(void **state) {
    (void)state;
    struct daybook_buffer out = {0};
    struct thrift thrift;
    thrift_begin(&thrift, &out);
    thrift_i32(&thrift, 1, 0);
    thrift_i32(&thrift, 2, -1);
    thrift_i32(&thrift, 5, 300);
    thrift_i64(&thrift, 6, INT64_MIN);
    thrift_i64(&thrift, 7, INT64_MAX);
    thrift_end(&thrift);
    assert_true(thrift_ok(&thrift));
    bytes_are(&out, "1500"
                    "1501"
                    "35d804"
                    "16ffffffffffffffffff01"
                    "16feffffffffffffffff01"
                    "00");
    daybook_buffer_release(&out);
}

/* A difference above 15 does not fit beside the type: the id follows in full. */
static void ids_far_apart(void **state) {
    (void)state;
    struct daybook_buffer out = {0};
    struct thrift thrift;
    thrift_begin(&thrift, &out);
    thrift_i32(&thrift, 15, 1);
    thrift_i32(&thrift, 31, 1);
    thrift_bool(&thrift, 32, true);
    thrift_bool(&thrift, 33, false);
    thrift_end(&thrift);
    bytes_are(&out, "f502"
                    "053e02"
                    "11"
                    "12"
                    "00");
    daybook_buffer_release(&out);
}

/* Inside a struct ids count from 0 again, and go on outside where they were. */
static void structs_and_lists(void **state) {
    (void)state;
    struct daybook_buffer out = {0};
    struct thrift thrift;
    thrift_begin(&thrift, &out);
    thrift_text(&thrift, 1, "ab");
    thrift_struct(&thrift, 3);
    thrift_i32(&thrift, 1, 1);
    thrift_end(&thrift);
    thrift_list(&thrift, 4, THRIFT_STRUCT, 2);
    for (int i = 0; i < 2; i++) {
        thrift_item_struct(&thrift);
        thrift_i32(&thrift, 1, i);
        thrift_end(&thrift);
    }
    thrift_list(&thrift, 5, THRIFT_I32, 15);
    for (int i = 0; i < 15; i++) {
        thrift_item_i32(&thrift, 0);
    }
    thrift_list(&thrift, 6, THRIFT_BINARY, 1);
    thrift_item_text(&thrift, "");
    thrift_end(&thrift);
    bytes_are(&out, "18026162"
                    "2c150200"
                    "192c150000150200"
                    "19f50f000000000000000000000000000000"
                    "191800"
                    "00");
    daybook_buffer_release(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(ids_far_apart),
        cmocka_unit_test(structs_and_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
