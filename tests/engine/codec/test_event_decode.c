/* The fast decoder of events against wire_decode: over random events of every body, cut, changed and out of order. */
#include "codec/event_decode.h"

#include <stdlib.h>

#include "codec/wire.h"
#include "tests/engine/codec/random_event.h"
#include "tests/rows.h"

enum { ARENA_BYTES = 64 << 20, ROUNDS = 2000, CUT_ROUNDS = 20, CHANGES = 24 };

static uint64_t seed;

struct bench {
    struct random random;
    struct arena events;
    struct arena decoded;
    struct daybook_buffer bytes;
    struct daybook_buffer ours;
    struct daybook_buffer theirs;
};

static void init(struct bench *bench) {
    *bench = (struct bench){.random = {.state = seed, .max_depth = 8}};
    arena_init(&bench->events, ARENA_BYTES);
    arena_init(&bench->decoded, ARENA_BYTES);
}

static void release(struct bench *bench) {
    arena_release(&bench->events);
    arena_release(&bench->decoded);
    daybook_buffer_release(&bench->bytes);
    daybook_buffer_release(&bench->ours);
    daybook_buffer_release(&bench->theirs);
}

/* Both refuse, in the same words, or both give what encodes to the same bytes. Copies of the very size, so that a
 * sanitizer finds who reads past the end. */
static void assert_as_wire(struct bench *bench, const uint8_t *data, size_t size) {
    struct daybook_error our_error = {0};
    struct daybook_error their_error = {0};
    Pb__Event *event = NULL;
    ProtobufCMessage *message = NULL;
    uint8_t *exact = malloc(size > 0 ? size : 1);
    assert_non_null(exact);
    memcpy(exact, data, size);
    arena_reset(&bench->decoded);
    enum daybook_status our_status =
        event_decode((struct daybook_bytes){exact, size}, &bench->decoded, &event, &our_error);
    enum daybook_status their_status = wire_decode(&pb__event__descriptor, (struct daybook_bytes){exact, size},
                                                   &bench->decoded, &message, &their_error);
    free(exact); /* Nothing of it is kept. */
    assert_int_equal(our_status, their_status);
    if (their_status != DAYBOOK_OK) {
        assert_string_equal(our_error.message, their_error.message);
        return;
    }
    daybook_buffer_reset(&bench->ours);
    daybook_buffer_reset(&bench->theirs);
    assert_int_equal(wire_encode(&event->base, &bench->ours), DAYBOOK_OK);
    assert_int_equal(wire_encode(message, &bench->theirs), DAYBOOK_OK);
    assert_int_equal(bench->ours.size, bench->theirs.size);
    assert_memory_equal(bench->ours.data, bench->theirs.data, bench->theirs.size);
}

static void draw(struct bench *bench, const struct body_row *row) {
    arena_reset(&bench->events);
    daybook_buffer_reset(&bench->bytes);
    Pb__Event *event = random_event(&bench->random, &bench->events, row);
    assert_int_equal(wire_encode(&event->base, &bench->bytes), DAYBOOK_OK);
}

static void decodes_as_wire(void **state) {
    struct bench bench;
    init(&bench);
    for (int i = 0; i < ROUNDS; i++) {
        draw(&bench, *state);
        assert_as_wire(&bench, bench.bytes.data, bench.bytes.size);
    }
    release(&bench);
}

static void refuses_as_wire(void **state) {
    struct bench bench;
    init(&bench);
    for (int i = 0; i < CUT_ROUNDS; i++) {
        draw(&bench, *state);
        uint8_t *data = bench.bytes.data;
        size_t size = bench.bytes.size < 600 ? bench.bytes.size : 600;
        for (size_t at = 0; at < size; at++) {
            assert_as_wire(&bench, data, at);
        }
        size = bench.bytes.size;
        for (size_t at = 0; at < size; at += 1 + size / 600) {
            for (int change = 0; change < CHANGES; change++) {
                uint8_t was = data[at];
                data[at] = (uint8_t)(change < 8 ? was ^ (UINT64_C(1) << change) : random_next(&bench.random));
                assert_as_wire(&bench, data, size);
                data[at] = was;
            }
        }
    }
    release(&bench);
}

/* Written by hand: what no encoder of ours writes, and what ends where something else could begin. */
struct bytes_row {
    const char *name;
    size_t size;
    const char *bytes;
};

#define BYTES(text) (sizeof(text) - 1), text

static const struct bytes_row bytes_rows[] = {
    {"nothing at all", BYTES("")},
    {"a header alone", BYTES("\x08\x01\x10\x02")},
    {"a header behind the body", BYTES("\x6a\x03\x0a\x01P\x08\x01")},
    {"a body's next field behind the body", BYTES("\x6a\x03\x0a\x01P\x10\x05")},
    {"a role behind the body", BYTES("\x6a\x03\x0a\x01P\x80\x01\x02")},
    {"a role that there is not", BYTES("\x6a\x03\x0a\x01P\x80\x01\x09")},
    {"a role past 32 bits", BYTES("\x6a\x03\x0a\x01P\x80\x01\x81\x80\x80\x80\x10")},
    {"a customer twice", BYTES("\x3a\x01"
                               "a\x3a\x01"
                               "b\x6a\x00")},
    {"a body twice", BYTES("\x6a\x03\x0a\x01P\x6a\x03\x0a\x01P")},
    {"two bodies", BYTES("\x6a\x03\x0a\x01P\x72\x00")},
    {"zeros that were written", BYTES("\x08\x00\x22\x00\x2a\x00\x6a\x06\x0a\x00\x10\x00\x20\x00")},
    {"numbers longer than they need be", BYTES("\x08\x81\x00\x10\x81\x80\x00\x18\x81\x80\x80\x80\x00\x6a\x00")},
    {"a number of ten bytes", BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x6a\x00")},
    {"a number of eleven bytes", BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x6a\x00")},
    {"a date past 32 bits", BYTES("\x18\x80\x80\x80\x80\x10\x6a\x00")},
    {"a text in UTF-8", BYTES("\x3a\x06\xe5\xae\xa2\xe6\x88\xb7\x6a\x00")},
    {"a text that is not UTF-8", BYTES("\x3a\x02\xe5\xae\x6a\x00")},
    {"a NUL in a text", BYTES("\x3a\x03"
                              "a\0b\x6a\x00")},
    {"a digest that is cut", BYTES("\x31\x01\x02\x03")},
    {"a slice that runs into the next", BYTES("\x62\x08\x12\x02\x0a\x02LL\x12\x00")},
    {"five slices", BYTES("\x62\x0a\x12\x00\x12\x00\x12\x00\x12\x00\x12\x00")},
    {"five scopes, empty ones among them", BYTES("\x7a\x0b\x22\x00\x22\x01"
                                                 "a\x22\x00\x22\x00\x22\x00")},
    {"instalments apart", BYTES("\x5a\x0a\x2a\x02\x08\x01\x30\x01\x2a\x02\x08\x02")},
    {"credit that is neither over nor under", BYTES("\x5a\x04\x3a\x02\x48\x02")},
};

static void reads_by_hand_as_wire(void **state) {
    const struct bytes_row *row = *state;
    struct bench bench;
    init(&bench);
    assert_as_wire(&bench, (const uint8_t *)row->bytes, row->size);
    release(&bench);
}

static void says_when_the_arena_is_full(void **state) {
    struct bench bench;
    Pb__Event *event = NULL;
    struct arena small;
    (void)state;
    init(&bench);
    draw(&bench, &body_rows[0]);
    arena_init(&small, 64);
    assert_int_equal(event_decode(daybook_buffer_view(&bench.bytes), &small, &event, NULL), DAYBOOK_NO_MEMORY);
    arena_release(&small);
    release(&bench);
}

int main(void) {
    seed = random_message_seed();
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, body_rows, decodes_as_wire);
    ROWS_ADD_TABLE(&rows, body_rows, refuses_as_wire);
    ROWS_ADD_TABLE(&rows, bytes_rows, reads_by_hand_as_wire);
    rows_add(&rows, "a full arena", says_when_the_arena_is_full, NULL);
    return rows_run("event_decode", &rows);
}
