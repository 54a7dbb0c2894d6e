/* The fast decoder of questions against the general one: the same message, or the same refusal. */
#include "codec/question_decode.h"

#include <stdlib.h>

#include "codec/wire.h"
#include "daybook/v1/query.pb-c.h"
#include "tests/engine/codec/random_message.h"

enum { ARENA_BYTES = 16 << 20, ROUNDS = 3000 };

static uint64_t seed;

static void assert_encodes_to(const ProtobufCMessage *message, const struct daybook_buffer *wanted) {
    struct daybook_buffer encoded = {0};
    assert_int_equal(wire_encode(message, &encoded), DAYBOOK_OK);
    assert_int_equal(encoded.size, wanted->size);
    assert_memory_equal(encoded.data, wanted->data, wanted->size);
    daybook_buffer_release(&encoded);
}

static void assert_as_the_general(struct daybook_bytes bytes, struct arena *arena) {
    struct daybook_error error = {0};
    struct daybook_error wanted_error = {0};
    ProtobufCMessage *found = NULL;
    ProtobufCMessage *wanted = NULL;
    struct daybook_buffer encoded = {0};
    uint8_t *exact = malloc(bytes.size); /* So that a byte read past the end is found. */
    assert_true(exact != NULL || bytes.size == 0);
    for (size_t i = 0; i < bytes.size; i++) {
        exact[i] = bytes.data[i];
    }
    struct daybook_bytes input = {exact, bytes.size};
    enum daybook_status status = wire_decode(&pb__query__descriptor, input, arena, &wanted, &wanted_error);
    assert_int_equal(question_decode(input, arena, &found, &error), status);
    assert_string_equal(error.message, wanted_error.message);
    free(exact);
    if (status == DAYBOOK_OK) {
        assert_int_equal(wire_encode(wanted, &encoded), DAYBOOK_OK);
        assert_encodes_to(found, &encoded);
        daybook_buffer_release(&encoded);
    }
}

static void decodes_random_questions_as_the_general(void **state) {
    struct random random = {.state = seed, .max_depth = 4};
    struct arena arena;
    struct daybook_buffer buffer = {0};
    (void)state;
    arena_init(&arena, ARENA_BYTES);
    for (int i = 0; i < ROUNDS; i++) {
        arena_reset(&arena);
        daybook_buffer_reset(&buffer);
        assert_int_equal(wire_encode(random_message(&random, &arena, &pb__query__descriptor), &buffer), DAYBOOK_OK);
        assert_as_the_general(daybook_buffer_view(&buffer), &arena);
    }
    daybook_buffer_release(&buffer);
    arena_release(&arena);
}

/* A balance's question with such fields. */
struct question_row {
    const char *name;
    bool has_at;
    char *as_of, *known_at, *customer, *currency;
};

static const struct question_row question_rows[] = {
    {"all of it", true, "2024-02-29", "12345", "ACME", "CNY"},
    {"a date alone", true, "2024-02-29", "", "ACME", ""},
    {"a sequence alone", true, "", "7", "ACME", ""},
    {"at the head", false, "", "", "ACME", ""},
    {"with an empty place", true, "", "", "ACME", "EUR"},
    {"of everybody", true, "2024-02-29", "12345", "", ""},
    {"of nothing at all", false, "", "", "", ""},
    {"beyond ASCII", true, "2024-02-29", "12345", "caf\xC3\xA9-\xE5\xAE\xA2", "CNY"},
    {"as long as one byte tells", true, "2024-02-29", "9223372036854775807",
     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901", "CNY"},
    {"longer", true, "2024-02-29", "9223372036854775807",
     "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567",
     ""},
};

/* It, every beginning of it, every other byte at every place, and something behind it. */
static void decodes_what_is_odd_as_the_general(void **state) {
    const struct question_row *row = *state;
    struct arena arena;
    struct daybook_buffer buffer = {0};
    Pb__Query query = PB__QUERY__INIT;
    Pb__BalanceQuery balance = PB__BALANCE_QUERY__INIT;
    Pb__At at = PB__AT__INIT;
    at.as_of = row->as_of;
    at.known_at = row->known_at;
    balance.at = row->has_at ? &at : NULL;
    balance.customer = row->customer;
    balance.currency = row->currency;
    query.question_case = PB__QUERY__QUESTION_BALANCE;
    query.balance = &balance;
    arena_init(&arena, ARENA_BYTES);
    assert_int_equal(wire_encode(&query.base, &buffer), DAYBOOK_OK);
    uint8_t bytes[256] = {0};
    size_t size = buffer.size;
    assert_true(size < sizeof bytes);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = buffer.data[i];
    }
    ProtobufCMessage *found = NULL;
    assert_int_equal(question_decode((struct daybook_bytes){bytes, size}, &arena, &found, NULL), DAYBOOK_OK);
    assert_encodes_to(found, &buffer);
    for (size_t shorter = 0; shorter <= size + 2; shorter++) {
        assert_as_the_general((struct daybook_bytes){bytes, shorter}, &arena);
    }
    for (size_t i = 0; i < size; i++) {
        arena_reset(&arena);
        for (unsigned other = 0; other < 256; other++) {
            bytes[i] = (uint8_t)other;
            assert_as_the_general((struct daybook_bytes){bytes, size}, &arena);
        }
        bytes[i] = buffer.data[i];
    }
    daybook_buffer_release(&buffer);
    arena_release(&arena);
}

int main(void) {
    seed = random_message_seed();
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, question_rows, decodes_what_is_odd_as_the_general);
    rows_add(&rows, "random questions", decodes_random_questions_as_the_general, NULL);
    return rows_run("question_decode", &rows);
}
