/* The Connect protocol as its specification has it: codes, content types, envelopes, the shape of an error. */
#include "tools/serve/connect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* ---- codes: the protocol's table of HTTP statuses ---- */

static void codes_have_their_http_status(void **state) {
    static const struct {
        const char *name;
        unsigned http;
    } rows[] = {
        {"canceled", 499},           {"unknown", 500},        {"invalid_argument", 400},  {"deadline_exceeded", 504},
        {"not_found", 404},          {"already_exists", 409}, {"permission_denied", 403}, {"aborted", 409},
        {"resource_exhausted", 429}, {"out_of_range", 400},   {"unimplemented", 501},     {"failed_precondition", 400},
        {"internal", 500},           {"unavailable", 503},    {"data_loss", 500},         {"unauthenticated", 401},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum connect_code code;
        assert_true(connect_code_find(rows[i].name, &code));
        assert_string_equal(connect_code_name(code), rows[i].name);
        assert_int_equal(connect_code_http(code), rows[i].http);
    }
    enum connect_code code;
    assert_false(connect_code_find("cancelled", &code));
    assert_false(connect_code_find("", &code));
}

static void no_status_and_no_refusal_is_ok(void **state) {
    (void)state;
    for (int status = DAYBOOK_OK + 1; status <= DAYBOOK_DAMAGED; status++) {
        enum connect_code code = connect_code_of_status((enum daybook_status)status);
        assert_true(code != CONNECT_OK && code != CONNECT_UNKNOWN);
    }
    for (unsigned i = 0; i < pb__refusal_code__descriptor.n_values; i++) {
        Pb__RefusalCode code = (Pb__RefusalCode)pb__refusal_code__descriptor.values[i].value;
        assert_int_not_equal(connect_code_of_refusal(code), CONNECT_OK);
    }
    assert_int_equal(connect_code_of_refusal(PB__REFUSAL_CODE__REFUSAL_CODE_UNKNOWN_CUSTOMER), CONNECT_NOT_FOUND);
    assert_int_equal(connect_code_of_refusal(PB__REFUSAL_CODE__REFUSAL_CODE_EXCEEDS_OPEN), CONNECT_FAILED_PRECONDITION);
}

/* ---- content types and time limits ---- */

static void content_types_are_read(void **state) {
    static const struct {
        const char *text;
        bool is_known;
        struct connect_content content;
    } rows[] = {
        {"application/json", true, {CODEC_JSON, false}},
        {"application/json; charset=utf-8", true, {CODEC_JSON, false}},
        {"Application/JSON", true, {CODEC_JSON, false}},
        {"application/proto", true, {CODEC_PROTO, false}},
        {"application/connect+proto", true, {CODEC_PROTO, true}},
        {"application/connect+json;x", true, {CODEC_JSON, true}},
        {"application/grpc", false, {CODEC_PROTO, false}},
        {"application/jsonp", false, {CODEC_PROTO, false}},
        {"application/jso", false, {CODEC_PROTO, false}},
        {"", false, {CODEC_PROTO, false}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct connect_content content;
        assert_int_equal(connect_read_content_type(rows[i].text, &content), rows[i].is_known);
        if (rows[i].is_known) {
            assert_int_equal(content.codec, rows[i].content.codec);
            assert_int_equal(content.is_stream, rows[i].content.is_stream);
        }
    }
}

static void time_limits_are_one_to_ten_digits(void **state) {
    static const char *const bad[] = {"", "12345678901", "-1", "1.5", "0x10", " 1", "1 "};
    uint64_t timeout_ms;
    (void)state;
    assert_true(connect_read_timeout("9999999999", &timeout_ms));
    assert_int_equal(timeout_ms, 9999999999u);
    assert_true(connect_read_timeout("0", &timeout_ms));
    assert_int_equal(timeout_ms, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(connect_read_timeout(bad[i], &timeout_ms));
    }
}

/* ---- errors and envelopes ---- */

static void assert_text(struct daybook_buffer *buffer, const char *expected) {
    assert_int_equal(buffer->size, strlen(expected));
    assert_memory_equal(buffer->data, expected, buffer->size);
    daybook_buffer_release(buffer);
}

static void an_error_is_one_object(void **state) {
    struct daybook_buffer out = {0};
    (void)state;
    assert_int_equal(connect_write_error(CONNECT_NOT_FOUND, "no \"x\"\n", NULL, &out), DAYBOOK_OK);
    assert_text(&out, "{\"code\":\"not_found\",\"message\":\"no \\\"x\\\"\\n\"}");
}

/* code 4 is field 1, varint: 08 04; message "m" is field 2: 12 01 6d; in base64 without padding CAQSAW0. */
static void a_refusal_is_the_detail(void **state) {
    struct daybook_buffer out = {0};
    Pb__Refusal refusal = PB__REFUSAL__INIT;
    (void)state;
    refusal.code = PB__REFUSAL_CODE__REFUSAL_CODE_REQUEST_EXPIRED;
    refusal.message = (char *)(uintptr_t) "m";
    assert_int_equal(connect_write_error(CONNECT_FAILED_PRECONDITION, "m", &refusal, &out), DAYBOOK_OK);
    assert_text(&out,
                "{\"code\":\"failed_precondition\",\"message\":\"m\",\"details\":[{\"type\":\"daybook.v1.Refusal\","
                "\"value\":\"CAQSAW0\",\"debug\":{\"code\":\"REFUSAL_CODE_REQUEST_EXPIRED\",\"message\":\"m\"}}]}");
}

static void an_envelope_says_its_size(void **state) {
    struct daybook_buffer out = {0};
    Pb__Refusal refusal = PB__REFUSAL__INIT;
    (void)state;
    refusal.message = (char *)(uintptr_t) "m";
    assert_int_equal(connect_write_envelope(CODEC_PROTO, &refusal.base, &out), DAYBOOK_OK);
    assert_int_equal(out.size, 8);
    assert_memory_equal(out.data, "\0\0\0\0\3\x12\1m", 8);
    uint8_t flags;
    struct daybook_bytes message;
    assert_true(connect_read_envelope(daybook_buffer_view(&out), &flags, &message));
    assert_int_equal(flags, 0);
    assert_int_equal(message.size, 3);
    daybook_buffer_release(&out);
    assert_int_equal(connect_write_end(CONNECT_OK, "", &out), DAYBOOK_OK);
    assert_int_equal(out.size, 7);
    assert_memory_equal(out.data, "\2\0\0\0\2{}", 7);
    daybook_buffer_release(&out);
    assert_int_equal(connect_write_end(CONNECT_UNAVAILABLE, "x", &out), DAYBOOK_OK);
    assert_memory_equal(out.data + 5, "{\"error\":{\"code\":\"unavailable\",\"message\":\"x\"}}", out.size - 5);
    daybook_buffer_release(&out);
}

static void half_an_envelope_is_none(void **state) {
    static const struct {
        const char *bytes;
        size_t size;
    } rows[] = {{"", 0}, {"\0\0\0\0", 4}, {"\0\0\0\0\1", 5}, {"\0\0\0\0\0x", 6}, {"\0\xff\xff\xff\xff", 5}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t flags;
        struct daybook_bytes message;
        struct daybook_bytes body = {(const uint8_t *)rows[i].bytes, rows[i].size};
        assert_false(connect_read_envelope(body, &flags, &message));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_have_their_http_status), cmocka_unit_test(no_status_and_no_refusal_is_ok),
        cmocka_unit_test(content_types_are_read),       cmocka_unit_test(time_limits_are_one_to_ten_digits),
        cmocka_unit_test(an_error_is_one_object),       cmocka_unit_test(a_refusal_is_the_detail),
        cmocka_unit_test(an_envelope_says_its_size),    cmocka_unit_test(half_an_envelope_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
