/* proto3 JSON: what is read, what is written, what is refused. */
#include <inttypes.h>
#include <stdlib.h>

#include "tests/rows.h"

#include "codec/wire.h"
#include "daybook/v1/query.pb-c.h"
#include "daybook/v1/request.pb-c.h"
#include "tests/engine/codec/random_message.h"
#include "tools/json_message.h"

#define ARENA_BYTES ((size_t)64 << 20)

static const ProtobufCMessageDescriptor *const request = &pb__request__descriptor;
static const ProtobufCMessageDescriptor *const event = &pb__event__descriptor;
static const ProtobufCMessageDescriptor *const answer = &pb__answer__descriptor;
static const ProtobufCMessageDescriptor *const aging = &pb__aging_answer__descriptor;
static const ProtobufCMessageDescriptor *const status_of_view = &pb__view_status__descriptor;

static enum daybook_status read_text(const char *text, const ProtobufCMessageDescriptor *descriptor,
                                     struct arena *arena, ProtobufCMessage **message, struct daybook_error *error) {
    return json_read_message(daybook_bytes_of_text(text), descriptor, arena, message, error);
}

/* ---- read, and written in the one canonical way ---- */

struct canonical {
    const char *name;
    const ProtobufCMessageDescriptor *const *descriptor;
    const char *given;
    const char *written; /* By the rules of the proto3 JSON mapping. */
};

static const struct canonical canonical_rows[] = {
    {"an empty message is an empty object", &request, "{}", "{}"},
    {"defaults are left out", &request,
     "{\"key\":\"\",\"actor\":\"\",\"notAfterUs\":0,\"recordedAtUs\":\"0\",\"effectiveOn\":null}", "{}"},
    {"int64 is a string", &request, "{\"notAfterUs\":1700000000000000}", "{\"notAfterUs\":\"1700000000000000\"}"},
    {"int64 is read from a string", &request, "{\"notAfterUs\":\"-5\"}", "{\"notAfterUs\":\"-5\"}"},
    {"the largest int64", &request, "{\"notAfterUs\":9223372036854775807}", "{\"notAfterUs\":\"9223372036854775807\"}"},
    {"the smallest int64", &request, "{\"notAfterUs\":\"-9223372036854775808\"}",
     "{\"notAfterUs\":\"-9223372036854775808\"}"},
    {"the smallest int64 as a number", &request, "{\"notAfterUs\":-9223372036854775808}",
     "{\"notAfterUs\":\"-9223372036854775808\"}"},
    {"2^53 + 1 keeps its last digit", &request, "{\"notAfterUs\":9007199254740993}",
     "{\"notAfterUs\":\"9007199254740993\"}"},
    {"the largest uint64", &event, "{\"sequence\":\"18446744073709551615\"}",
     "{\"sequence\":\"18446744073709551615\"}"},
    {"the largest fixed64", &event, "{\"requestDigest\":\"18446744073709551615\"}",
     "{\"requestDigest\":\"18446744073709551615\"}"},
    {"uint32 is a number", &event, "{\"allocated\":{\"instalment\":4294967295}}",
     "{\"allocated\":{\"instalment\":4294967295}}"},
    {"int32 is a number", &event, "{\"effectiveOn\":\"-2147483648\"}", "{\"effectiveOn\":-2147483648}"},
    {"zero with a sign is zero", &event, "{\"sequence\":\"-0\"}", "{}"},
    {"original names are read", &request, "{\"not_after_us\":7,\"effective_on\":\"2024-02-29\"}",
     "{\"notAfterUs\":\"7\",\"effectiveOn\":\"2024-02-29\"}"},
    {"fields are written in the order of their numbers", &request, "{\"customer\":\"B\",\"actor\":\"a\"}",
     "{\"actor\":\"a\",\"customer\":\"B\"}"},
    {"bytes are base64", &request, "{\"key\":\"++//\"}", "{\"key\":\"++//\"}"},
    {"bytes are read from the URL-safe alphabet", &request, "{\"key\":\"--__\"}", "{\"key\":\"++//\"}"},
    {"bytes are read without padding", &request, "{\"key\":\"YQ\"}", "{\"key\":\"YQ==\"}"},
    {"an enum is written by name", &event, "{\"chargePosted\":{\"settlement\":2}}",
     "{\"chargePosted\":{\"settlement\":\"SETTLEMENT_RECEIVABLE\"}}"},
    {"an enum is read by name", &event, "{\"chargePosted\":{\"settlement\":\"SETTLEMENT_DEPOSITS_ONLY\"}}",
     "{\"chargePosted\":{\"settlement\":\"SETTLEMENT_DEPOSITS_ONLY\"}}"},
    {"an enum's zero is a default", &event, "{\"chargePosted\":{\"settlement\":\"SETTLEMENT_UNSPECIFIED\"}}",
     "{\"chargePosted\":{}}"},
    {"an empty arm of a oneof is written", &request, "{\"liftCreditHold\":{}}", "{\"liftCreditHold\":{}}"},
    {"a null arm is absent", &request, "{\"openCustomer\":null,\"closeCustomer\":{}}", "{\"closeCustomer\":{}}"},
    {"an empty submessage is written", &request, "{\"openCustomer\":{\"profile\":{\"terms\":{}}}}",
     "{\"openCustomer\":{\"profile\":{\"terms\":{}}}}"},
    {"a bool", &answer, "{\"repeated\":true}", "{\"repeated\":true}"},
    {"a false bool is a default", &answer, "{\"repeated\":false}", "{}"},
    {"a repeated string keeps empty ones", &answer, "{\"warnings\":[\"a\",\"\",\"b\"]}",
     "{\"warnings\":[\"a\",\"\",\"b\"]}"},
    {"an empty array is a default", &answer, "{\"warnings\":[]}", "{}"},
    {"repeated int64 are strings", &aging, "{\"rows\":[{\"bucketMinor\":[1,\"-2\",0]}]}",
     "{\"rows\":[{\"bucketMinor\":[\"1\",\"-2\",\"0\"]}]}"},
    {"repeated messages", &request,
     "{\"receivePayment\":{\"payment\":\"P\",\"amountMinor\":\"10\",\"allocations\":[{\"target\":\"A\"},{}]}}",
     "{\"receivePayment\":{\"payment\":\"P\",\"amountMinor\":\"10\",\"allocations\":[{\"target\":\"A\"},{}]}}"},
    {"escapes", &request, "{\"customer\":\"\\\"\\\\\\u00e9\\ud83d\\udcb6\\n\\u0001/\"}",
     "{\"customer\":\"\\\"\\\\\xC3\xA9\xF0\x9F\x92\xB6\\n\\u0001/\"}"},
    {"white space around", &request, " \t\r\n{ \"actor\" : \"a\" } \n", "{\"actor\":\"a\"}"},
    {"minus one of an int64", &status_of_view, "{\"etaUs\":\"-1\"}", "{\"etaUs\":\"-1\"}"},
};

static void reads_and_writes(void **state) {
    const struct canonical *row = *state;
    struct arena arena;
    struct daybook_error error;
    struct daybook_buffer out = {0};
    ProtobufCMessage *message;
    arena_init(&arena, ARENA_BYTES);
    if (read_text(row->given, *row->descriptor, &arena, &message, &error) != DAYBOOK_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(json_write_message(message, &out), DAYBOOK_OK);
    assert_int_equal(out.size, strlen(row->written));
    assert_memory_equal(out.data, row->written, out.size);
    daybook_buffer_release(&out);
    arena_release(&arena);
}

/* ---- refused ---- */

struct refused {
    const char *name;
    const ProtobufCMessageDescriptor *const *descriptor;
    const char *given;
    const char *reason; /* Part of the sentence. */
};

static const struct refused refused_rows[] = {
    {"nothing", &request, "", "not JSON"},
    {"garbage", &request, "\x01\x02\xFF", "not JSON"},
    {"a cut line", &request, "{\"actor\":\"a\"", "not JSON"},
    {"two objects", &request, "{}{}", "not JSON"},
    {"an array", &request, "[]", "not an object"},
    {"a number", &request, "1", "not JSON"},
    {"broken UTF-8", &request, "{\"actor\":\"\xC3\"}", "not JSON"},
    {"a lone surrogate", &request, "{\"actor\":\"\\ud800\"}", "not JSON"},
    {"a NUL", &request, "{\"actor\":\"a\\u0000b\"}", "not JSON"},
    {"an unknown field by name", &request, "{\"amount\":1}", "Request has no field \"amount\""},
    {"an unknown field inside", &request, "{\"postCharge\":{\"amout\":1}}", "postCharge: PostCharge has no field"},
    {"a name twice", &request, "{\"actor\":\"a\",\"actor\":\"b\"}", "not JSON"},
    {"both spellings of a name", &request, "{\"notAfterUs\":1,\"not_after_us\":1}", "given twice"},
    {"two arms of a oneof", &request, "{\"openCustomer\":{},\"closeCustomer\":{}}", "only one of them"},
    {"a real number", &request, "{\"notAfterUs\":1.5}", "notAfterUs: not a whole number"},
    {"a whole real number", &request, "{\"notAfterUs\":1.0}", "not a whole number"},
    {"an exponent", &request, "{\"notAfterUs\":1e3}", "not a whole number"},
    {"a real number in a string", &request, "{\"notAfterUs\":\"1.5\"}", "not a whole number"},
    {"an empty string for a number", &request, "{\"notAfterUs\":\"\"}", "not a whole number"},
    {"a lone sign", &request, "{\"notAfterUs\":\"-\"}", "not a whole number"},
    {"a space in a number", &request, "{\"notAfterUs\":\" 1\"}", "not a whole number"},
    {"more than an int64", &request, "{\"notAfterUs\":\"9223372036854775808\"}", "not between"},
    {"less than an int64", &request, "{\"notAfterUs\":\"-9223372036854775809\"}", "not between"},
    {"more than a uint64", &event, "{\"sequence\":\"18446744073709551616\"}", "not a whole number"},
    {"a negative uint64", &event, "{\"sequence\":-1}", "not between 0"},
    {"more than an int32", &event, "{\"effectiveOn\":2147483648}", "not between"},
    {"more than a uint32", &event, "{\"allocated\":{\"instalment\":4294967296}}", "not between"},
    {"a true for a number", &event, "{\"sequence\":true}", "not a whole number"},
    {"a number for a string", &request, "{\"actor\":1}", "actor: not a string"},
    {"a string for a bool", &answer, "{\"repeated\":\"true\"}", "neither true nor false"},
    {"a number for a bool", &answer, "{\"repeated\":1}", "neither true nor false"},
    {"an unknown enum name", &event, "{\"chargePosted\":{\"settlement\":\"LATER\"}}", "not a value of Settlement"},
    {"an unknown enum number", &event, "{\"chargePosted\":{\"settlement\":99}}", "not a value of Settlement"},
    {"not base64", &request, "{\"key\":\"a b\"}", "key: not base64"},
    {"a string for an array", &answer, "{\"warnings\":\"a\"}", "not an array"},
    {"a null in an array", &answer, "{\"warnings\":[\"a\",null]}", "warnings: [1]: not a string"},
    {"an array for an object", &request, "{\"openCustomer\":[]}", "openCustomer: not an object"},
};

static void refuses(void **state) {
    const struct refused *row = *state;
    struct arena arena;
    struct daybook_error error = {0};
    ProtobufCMessage *message;
    arena_init(&arena, ARENA_BYTES);
    assert_int_equal(read_text(row->given, *row->descriptor, &arena, &message, &error), DAYBOOK_INVALID);
    if (strstr(error.message, row->reason) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, row->reason);
    }
    assert_int_equal(read_text(row->given, *row->descriptor, &arena, &message, NULL), DAYBOOK_INVALID);
    arena_release(&arena);
}

static void bounds_depth(void **state) {
    (void)state;
    enum { DEPTH = 500000 };
    char *text = malloc(DEPTH + 32);
    assert_non_null(text);
    memcpy(text, "{\"warnings\":", 12);
    memset(text + 12, '[', DEPTH);
    text[12 + DEPTH] = '\0';
    struct arena arena;
    struct daybook_error error;
    ProtobufCMessage *message;
    arena_init(&arena, ARENA_BYTES);
    assert_int_equal(read_text(text, answer, &arena, &message, &error), DAYBOOK_INVALID);
    arena_release(&arena);
    free(text);
}

static void stops_at_the_arena(void **state) {
    (void)state;
    struct arena arena;
    struct daybook_error error;
    ProtobufCMessage *message;
    char text[70000];
    memset(text, 'x', sizeof text);
    memcpy(text, "{\"actor\":\"", 10);
    memcpy(text + sizeof text - 3, "\"}", 3);
    arena_init(&arena, 4096);
    assert_int_equal(read_text(text, request, &arena, &message, &error), DAYBOOK_NO_MEMORY);
    arena_release(&arena);
}

/* ---- values, as a program sees them ---- */

static void gives_the_values(void **state) {
    (void)state;
    struct arena arena;
    struct daybook_error error;
    ProtobufCMessage *message;
    arena_init(&arena, ARENA_BYTES);
    assert_int_equal(read_text("{\"key\":\"azE=\",\"customer\":\"ACME\",\"postCharge\":{\"charge\":\"INV-1\","
                               "\"amountMinor\":\"-9223372036854775808\",\"instalments\":[{\"amountMinor\":1},"
                               "{\"amountMinor\":2},{\"amountMinor\":3}]}}",
                               request, &arena, &message, &error),
                     DAYBOOK_OK);
    const Pb__Request *read = (const Pb__Request *)message;
    assert_int_equal(read->key.len, 2);
    assert_memory_equal(read->key.data, "k1", 2);
    assert_string_equal(read->customer, "ACME");
    assert_string_equal(read->actor, "");
    assert_int_equal(read->command_case, PB__REQUEST__COMMAND_POST_CHARGE);
    assert_true(read->post_charge->amount_minor == INT64_MIN);
    assert_int_equal(read->post_charge->n_instalments, 3);
    assert_int_equal(read->post_charge->instalments[2]->amount_minor, 3);
    assert_null(read->post_charge->terms);
    arena_release(&arena);
}

/* ---- any message comes back as the same bytes ---- */

static void survives_a_round_trip(void **state) {
    const ProtobufCMessageDescriptor *const *descriptor = *state;
    struct arena arena;
    struct daybook_buffer text = {0};
    struct daybook_buffer before = {0};
    struct daybook_buffer after = {0};
    arena_init(&arena, ARENA_BYTES);
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct random random = {.state = seed, .max_depth = 6};
        struct daybook_error error;
        ProtobufCMessage *back;
        arena_reset(&arena);
        daybook_buffer_reset(&text);
        daybook_buffer_reset(&before);
        daybook_buffer_reset(&after);
        ProtobufCMessage *message = random_message(&random, &arena, *descriptor);
        assert_int_equal(json_write_message(message, &text), DAYBOOK_OK);
        if (json_read_message(daybook_buffer_view(&text), *descriptor, &arena, &back, &error) != DAYBOOK_OK) {
            fail_msg("seed %" PRIu64 ": %s", seed, error.message);
        }
        assert_int_equal(wire_encode(message, &before), DAYBOOK_OK);
        assert_int_equal(wire_encode(back, &after), DAYBOOK_OK);
        assert_int_equal(before.size, after.size);
        if (before.size > 0) {
            assert_memory_equal(before.data, after.data, before.size);
        }
    }
    daybook_buffer_release(&text);
    daybook_buffer_release(&before);
    daybook_buffer_release(&after);
    arena_release(&arena);
}

int main(void) {
    static struct rows rows;
    static const ProtobufCMessageDescriptor *const round_trips[] = {
        &pb__request__descriptor,       &pb__event__descriptor,          &pb__answer__descriptor,
        &pb__query__descriptor,         &pb__balance_answer__descriptor, &pb__history_answer__descriptor,
        &pb__status_answer__descriptor, &pb__digest_answer__descriptor,
    };
    ROWS_ADD_TABLE(&rows, canonical_rows, reads_and_writes);
    ROWS_ADD_TABLE(&rows, refused_rows, refuses);
    rows_add(&rows, "depth is bounded", bounds_depth, NULL);
    rows_add(&rows, "a message larger than the arena", stops_at_the_arena, NULL);
    rows_add(&rows, "the values of a request", gives_the_values, NULL);
    for (size_t i = 0; i < ROW_COUNT(round_trips); i++) {
        rows_add(&rows, round_trips[i]->short_name, survives_a_round_trip, &round_trips[i]);
    }
    return rows_run("json_message", &rows);
}
