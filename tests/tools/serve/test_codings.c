/* Content codings as RFC 9110 has them: what a caller takes, and what it refuses. */
#include "tools/serve/codings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *first;
    const char *second; /* Another header of the request; NULL = there is none. */
    bool takes_gzip;
    bool refuses_identity;
} rows[] = {
    {"gzip", NULL, true, false},
    {"GZIP", NULL, true, false},
    {"x-gzip", NULL, true, false},
    {"deflate, gzip;q=1.0, *;q=0.5", NULL, true, false},
    {"compress, gzip", NULL, true, false},
    {"", NULL, false, false},
    {"br", NULL, false, false},
    {"gzipped", NULL, false, false},
    {"xgzip, gzi", NULL, false, false},
    /* A weight of zero refuses. */
    {"gzip;q=0", NULL, false, false},
    {"gzip;q=0.000", NULL, false, false},
    {"gzip ; Q=0 , br", NULL, false, false},
    {"gzip;q=0.001", NULL, true, false},
    /* "*" is what is not named. */
    {"*", NULL, true, false},
    {"*;q=0", NULL, false, true},
    {"*, gzip;q=0", NULL, false, false},
    {"gzip, *;q=0", NULL, true, true},
    {"br;q=1.0, gzip;q=0.2, *;q=0.1", NULL, true, false},
    /* Identity. */
    {"identity", NULL, false, false},
    {"gzip, identity", NULL, true, false},
    {"gzip;q=0.5, identity;q=0.8", NULL, false, false},
    {"gzip;q=0.8, identity;q=0.5", NULL, true, false},
    {"identity;q=0", NULL, false, true},
    {"identity;q=0, gzip;q=0.1", NULL, true, true},
    {"*;q=0, identity;q=0.5", NULL, false, false},
    /* What cannot be read is passed over, and nothing else. */
    {"gzip;q=2", NULL, false, false},
    {"gzip;q=1.001", NULL, false, false},
    {"gzip;q=", NULL, false, false},
    {"gzip;q=0.1234", NULL, false, false},
    {"gzip;level=9", NULL, false, false},
    {"gzip q=0", NULL, false, false},
    {"gzip;q=x, identity;q=0", NULL, false, true},
    {",, ,gzip,", NULL, true, false},
    {";q=0", NULL, false, false},
    /* Several headers are one list. */
    {"br", "gzip", true, false},
    {"gzip", "identity;q=0", true, true},
};

static void headers_say_what_is_taken(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct codings codings = {0};
        codings_add(&codings, rows[i].first);
        if (rows[i].second != NULL) {
            codings_add(&codings, rows[i].second);
        }
        if (codings_take_gzip(&codings) != rows[i].takes_gzip ||
            codings_refuse_identity(&codings) != rows[i].refuses_identity) {
            fail_msg("\"%s\": gzip %d, no identity %d", rows[i].first, codings_take_gzip(&codings),
                     codings_refuse_identity(&codings));
        }
    }
}

static void without_a_header_nothing_is_packed(void **state) {
    struct codings codings = {0};
    (void)state;
    assert_false(codings_take_gzip(&codings));
    assert_false(codings_refuse_identity(&codings));
}

static void a_coding_has_no_case(void **state) {
    (void)state;
    assert_true(codings_is_gzip("GZip"));
    assert_true(codings_is_gzip("x-gzip"));
    assert_false(codings_is_gzip("gzip, gzip"));
    assert_true(codings_is_identity("Identity"));
    assert_true(codings_is_identity(""));
    assert_false(codings_is_identity("deflate"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_say_what_is_taken),
        cmocka_unit_test(without_a_header_nothing_is_packed),
        cmocka_unit_test(a_coding_has_no_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
