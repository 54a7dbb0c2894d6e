/* The reader and the writer against protobuf-c's own, over random messages, damage and hand-made bytes. */
#include "codec/wire.h"

#include <stdlib.h>
#include <string.h>

#include "daybook/v1/event.pb-c.h"
#include "daybook/v1/query.pb-c.h"
#include "daybook/v1/request.pb-c.h"
#include "limits.h"
#include "tests/engine/codec/every_type.h"
#include "tests/engine/codec/random_message.h"
#include "tests/rows.h"

#define ARENA_BYTES (64U << 20)

/* ---- against the library, over random messages ---- */

struct type_row {
    const char *name;
    const ProtobufCMessageDescriptor *descriptor;
    unsigned max_depth;
    int rounds;
    int damaged_rounds; /* Each of some thousand decodings. */
};

static const struct type_row type_rows[] = {
    {"Event", &pb__event__descriptor, 8, 5000, 60},
    {"Request", &pb__request__descriptor, 8, 5000, 60},
    {"BalanceAnswer", &pb__balance_answer__descriptor, 8, 1000, 3},
    {"AgingAnswer", &pb__aging_answer__descriptor, 8, 1000, 3},
    {"HistoryAnswer", &pb__history_answer__descriptor, 8, 500, 3},
    {"Query", &pb__query__descriptor, 8, 2000, 60},
    {"every type", &every_type_descriptor, 3, 2000, 3},
};

/* A fresh one each run, printed, so that a failure can be had again with DAYBOOK_TEST_SEED. */
static uint64_t seed;

struct bench {
    struct arena source_arena; /* The random message. */
    struct arena arena;        /* What is decoded. */
    struct daybook_buffer buffer;
    uint8_t *packed;
    size_t packed_size;
};

static void bench_init(struct bench *bench) {
    *bench = (struct bench){0};
    arena_init(&bench->source_arena, ARENA_BYTES);
    arena_init(&bench->arena, ARENA_BYTES);
}

static void bench_release(struct bench *bench) {
    arena_release(&bench->source_arena);
    arena_release(&bench->arena);
    daybook_buffer_release(&bench->buffer);
    free(bench->packed);
}

/* In memory of exactly its size, so that AddressSanitizer sees a byte read past it. */
static uint8_t *exact_copy(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    assert_non_null(copy);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

static void pack_by_library(struct bench *bench, const ProtobufCMessage *message) {
    free(bench->packed);
    bench->packed_size = protobuf_c_message_get_packed_size(message);
    bench->packed = malloc(bench->packed_size + 1);
    assert_non_null(bench->packed);
    assert_int_equal(protobuf_c_message_pack(message, bench->packed), bench->packed_size);
}

static ProtobufCMessage *next_message(struct bench *bench, struct random *random, const struct type_row *row) {
    arena_reset(&bench->source_arena);
    random->max_depth = row->max_depth;
    ProtobufCMessage *message = random_message(random, &bench->source_arena, row->descriptor);
    pack_by_library(bench, message);
    return message;
}

static void assert_encodes_to(struct bench *bench, const ProtobufCMessage *message, const uint8_t *data, size_t size) {
    daybook_buffer_reset(&bench->buffer);
    assert_int_equal(wire_encode(message, &bench->buffer), DAYBOOK_OK);
    assert_int_equal(bench->buffer.size, size);
    if (size > 0) {
        assert_memory_equal(bench->buffer.data, data, size);
    }
}

static void encodes_and_decodes_as_the_library(void **state) {
    const struct type_row *row = *state;
    struct random random = {.state = seed};
    struct bench bench;
    bench_init(&bench);
    for (int i = 0; i < row->rounds; i++) {
        ProtobufCMessage *message = next_message(&bench, &random, row);
        assert_encodes_to(&bench, message, bench.packed, bench.packed_size);

        arena_reset(&bench.arena);
        struct daybook_error error = {0};
        uint8_t *input = exact_copy(bench.packed, bench.packed_size);
        ProtobufCMessage *decoded = NULL;
        bool is_canonical = false;
        enum daybook_status status =
            wire_decode_telling(row->descriptor, (struct daybook_bytes){input, bench.packed_size}, &bench.arena,
                                &decoded, &is_canonical, &error);
        free(input); /* Nothing of it is kept. */
        if (status != DAYBOOK_OK) {
            fail_msg("round %d: %s", i, error.message);
        }
        assert_true(is_canonical);
        assert_encodes_to(&bench, decoded, bench.packed, bench.packed_size);
        size_t size = bench.packed_size;
        uint8_t *before = exact_copy(bench.packed, size);
        pack_by_library(&bench, decoded);
        assert_int_equal(bench.packed_size, size);
        assert_memory_equal(bench.packed, before, size);
        free(before);
    }
    bench_release(&bench);
}

/* Either refused, or read as the library reads it; canonical where the library would have written the same. */
static void decode_damaged(struct bench *bench, const ProtobufCMessageDescriptor *descriptor, const uint8_t *data,
                           size_t size) {
    arena_reset(&bench->arena);
    struct daybook_error error = {0};
    ProtobufCMessage *decoded = NULL;
    uint8_t *input = exact_copy(data, size);
    bool is_canonical = false;
    enum daybook_status status = wire_decode_telling(descriptor, (struct daybook_bytes){input, size}, &bench->arena,
                                                     &decoded, &is_canonical, &error);
    if (status != DAYBOOK_OK) {
        assert_int_equal(status, DAYBOOK_DAMAGED);
        assert_int_equal(error.status, DAYBOOK_DAMAGED);
        assert_non_null(strstr(error.message, "decoding "));
        assert_null(decoded);
    } else {
        ProtobufCMessage *expected = protobuf_c_message_unpack(descriptor, NULL, size, input);
        assert_non_null(expected);
        struct bench library = {0};
        pack_by_library(&library, expected);
        assert_encodes_to(bench, decoded, library.packed, library.packed_size);
        bool is_same = library.packed_size == size && memcmp(library.packed, input, size) == 0;
        assert_int_equal(is_canonical, is_same);
        free(library.packed);
        protobuf_c_message_free_unpacked(expected, NULL);
    }
    free(input);
}

static void damage_is_refused_or_read_as_the_library_does(void **state) {
    const struct type_row *row = *state;
    struct random random = {.state = seed ^ 1};
    struct bench bench;
    bench_init(&bench);
    for (int i = 0; i < row->damaged_rounds; i++) {
        (void)next_message(&bench, &random, row);
        size_t size = bench.packed_size > 3000 ? 3000 : bench.packed_size; /* Cut, as a larger one would be. */
        uint8_t *data = exact_copy(bench.packed, size);
        for (size_t cut = 0; cut <= size; cut++) {
            decode_damaged(&bench, row->descriptor, data, cut);
        }
        for (size_t at = 0; at < size; at++) {
            uint8_t original = data[at];
            data[at] = (uint8_t)(original ^ (1U << random_below(&random, 8)));
            decode_damaged(&bench, row->descriptor, data, size);
            data[at] = (uint8_t)random_next(&random);
            decode_damaged(&bench, row->descriptor, data, size);
            data[at] = original;
        }
        free(data);
    }
    bench_release(&bench);
}

static void a_small_arena_is_no_damage(void **state) {
    const struct type_row *row = *state;
    struct random random = {.state = seed ^ 2};
    struct bench bench;
    bench_init(&bench);
    (void)next_message(&bench, &random, row);
    size_t limit = 0;
    enum daybook_status status;
    do {
        struct arena arena;
        arena_init(&arena, limit);
        struct daybook_error error = {0};
        ProtobufCMessage *decoded;
        status = wire_decode(row->descriptor, (struct daybook_bytes){bench.packed, bench.packed_size}, &arena, &decoded,
                             &error);
        assert_int_equal(arena.is_exhausted, status == DAYBOOK_NO_MEMORY);
        if (status != DAYBOOK_OK) {
            assert_int_equal(status, DAYBOOK_NO_MEMORY);
            assert_null(decoded);
        }
        arena_release(&arena);
        limit += 16 + limit / 8;
    } while (status != DAYBOOK_OK);
    assert_true(limit > bench.packed_size);
    bench_release(&bench);
}

/* ---- bytes made by hand ---- */

struct bytes_row {
    const char *name;
    const ProtobufCMessageDescriptor *descriptor;
    const char *bytes;
    size_t size;
    const char *said; /* A refusal: what its message says. Accepted: the bytes that it is encoded to. */
    size_t said_size;
};

#define SLICE    &pb__lot_slice__descriptor
#define TERMS    &pb__payment_terms__descriptor
#define PROFILE  &pb__customer_profile__descriptor
#define DEPOSIT  &pb__deposit_received__descriptor
#define AGING    &pb__aging_row__descriptor
#define QUESTION &pb__query__descriptor
#define EVERY    &every_type_descriptor
#define B(text)  text, sizeof(text) - 1

static const struct bytes_row refused_rows[] = {
    {"unknown field", SLICE, B("\x18\x01"), B("number 3 is unknown")},
    {"field number 0", SLICE, B("\x00\x01"), B("number 0 is unknown")},
    {"unknown field of two tag bytes", SLICE, B("\xF8\x01\x01"), B("number 31 is unknown")},
    {"between two ranges of numbers", EVERY, B("\x80\x01\x01"), B("number 16 is unknown")},
    {"unknown inside", PROFILE, B("\x1A\x02\x18\x01"), B("number 3 is unknown")},
    {"unknown arm", QUESTION, B("\xFA\x06\x00"), B("number 111 is unknown")},
    {"tag past 32 bits", SLICE, B("\x80\x80\x80\x80\x10\x00"), B("tag")},
    {"tag cut", SLICE, B("\x80"), B("tag")},
    {"varint where a string is", SLICE, B("\x08\x01"), B("field lot: of another wire type")},
    {"string where a varint is", SLICE, B("\x12\x01\x01"), B("field amount_minor: of another wire type")},
    {"fixed32 where a varint is", SLICE, B("\x15\x01\x00\x00\x00"), B("field amount_minor: of another wire type")},
    {"start of a group", SLICE, B("\x0B"), B("field lot: of another wire type")},
    {"wire type 7", SLICE, B("\x17\x01"), B("field amount_minor: of another wire type")},
    {"fixed32 where a repeated varint is", AGING, B("\x25\x01\x00\x00\x00"), B("bucket_minor: of another wire type")},
    {"varint where repeated strings are", PROFILE, B("\x10\x01"), B("field tags: of another wire type")},
    {"varint cut", SLICE, B("\x10\x80\x80"), B("field amount_minor: cut off")},
    {"varint of eleven bytes", SLICE, B("\x10\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), B("longer than a number")},
    {"varint cut by its message's end", PROFILE, B("\x1A\x02\x08\x80\x01\x01\x01\x01\x01\x01\x01\x01"), B("days: cut")},
    {"fixed64 cut", EVERY, B("\x49\x01\x02\x03\x04\x05\x06\x07"), B("field f64: cut off")},
    {"fixed32 cut", EVERY, B("\x55\x01\x02\x03"), B("field f32: cut off")},
    {"string longer than the rest", SLICE,
     B("\x0A\x03"
       "ab"),
     B("field lot: its length runs past the end")},
    {"length of 2^64-1", SLICE, B("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"), B("lot: its length runs past")},
    {"message longer than its parent", PROFILE, B("\x1A\x03\x08\x01"), B("terms: its length runs past")},
    {"packed longer than the rest", AGING, B("\x22\x03\x01\x02"), B("bucket_minor: its length runs past")},
    {"packed varint cut", AGING, B("\x22\x02\x01\x80"), B("bucket_minor: cut off")},
    {"not UTF-8", SLICE, B("\x0A\x01\xFF"), B("field lot: not UTF-8")},
    {"not UTF-8 in a long text", SLICE,
     B("\x0A\x0C"
       "01234567\xC3xyz"),
     B("field lot: not UTF-8")},
    {"UTF-8 cut by the string's end", SLICE, B("\x0A\x01\xC3\x10\x01"), B("field lot: not UTF-8")},
    {"NUL in a string", SLICE,
     B("\x0A\x03"
       "a\0b"),
     B("NUL inside")},
    {"NUL in a long string", SLICE,
     B("\x0A\x0A"
       "0123\0"
       "56789"),
     B("NUL inside")},
    {"NUL after a high character", SLICE, B("\x0A\x03\xC3\xA9\0"), B("NUL inside")},
    {"not UTF-8 in a repeated string", PROFILE, B("\x12\x01\x80"), B("field tags: not UTF-8")},
    {"enum value that is not", PROFILE, B("\x20\x63"), B("field settlement: a value that its enum does not have")},
    {"enum value in a gap", EVERY, B("\x40\x02"), B("field colour: a value")},
    {"enum value past 32 bits", EVERY, B("\x40\x81\x80\x80\x80\x10"), B("field colour: a value")},
    {"repeated enum value that is not", EVERY, B("\xBA\x01\x02\x01\x02"), B("field colours: a value")},
    {"uint32 past 32 bits", TERMS, B("\x08\x80\x80\x80\x80\x10"), B("field days: out of the range of uint32")},
    {"int32 past 31 bits", EVERY, B("\x08\x80\x80\x80\x80\x08"), B("field i32: out of the range of int32")},
    {"sint32 past 32 bits", EVERY, B("\x10\x80\x80\x80\x80\x10"), B("field s32: out of the range of sint32")},
    {"bool of 2", TERMS, B("\x10\x02"), B("field end_of_month: neither false nor true")},
    {"message twice", PROFILE, B("\x1A\x00\x1A\x00"), B("field terms: there twice")},
    {"two arms", QUESTION, B("\x0A\x00\x12\x00"), B("field open_items: a second arm")},
    {"two arms of the second oneof", EVERY, B("\x8A\x02\x00\x81\x02\1\2\3\4\5\6\7\x08"),
     B("field side_f64: a second arm")},
    {"an arm twice", QUESTION, B("\x0A\x00\x0A\x00"), B("field balance: a second arm")},
};

static void is_refused(void **state) {
    const struct bytes_row *row = *state;
    struct bench bench;
    bench_init(&bench);
    struct daybook_error error = {0};
    ProtobufCMessage *message;
    uint8_t *input = exact_copy((const uint8_t *)row->bytes, row->size);
    struct daybook_bytes bytes = {input, row->size};
    assert_int_equal(wire_decode(row->descriptor, bytes, &bench.arena, &message, &error), DAYBOOK_DAMAGED);
    if (strstr(error.message, row->said) == NULL || strstr(error.message, "decoding ") == NULL) {
        fail_msg("said \"%s\"", error.message);
    }
    assert_null(message);
    assert_int_equal(wire_decode(row->descriptor, bytes, &bench.arena, &message, NULL), DAYBOOK_DAMAGED);
    free(input);
    bench_release(&bench);
}

static const struct bytes_row accepted_rows[] = {
    {"nothing", SLICE, B(""), B("")},
    {"defaults that were written", SLICE, B("\x0A\x00\x10\x00"), B("")},
    {"fields out of order", SLICE, B("\x10\x05\x0A\x01x"), B("\x0A\x01x\x10\x05")},
    {"the last number counts", SLICE, B("\x10\x05\x10\x06"), B("\x10\x06")},
    {"the last string counts", SLICE, B("\x0A\x01x\x0A\x02yz"), B("\x0A\x02yz")},
    {"a number longer than it need be", SLICE, B("\x10\x85\x80\x00"), B("\x10\x05")},
    {"a tag longer than it need be", SLICE, B("\x90\x00\x05"), B("\x10\x05")},
    {"a length longer than it need be", SLICE, B("\x0A\x81\x00x"), B("\x0A\x01x")},
    {"an amount of -1", SLICE, B("\x10\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"),
     B("\x10\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01")},
    {"strings end to end", PROFILE,
     B("\x12\x01"
       "a\x12\x00\x12\x01"
       "b"),
     B("\x12\x01"
       "a\x12\x00\x12\x01"
       "b")},
    {"repeated numbers, not packed", AGING, B("\x20\x01\x20\x02\x20\x03"), B("\x22\x03\x01\x02\x03")},
    {"repeated numbers, packed twice", AGING, B("\x22\x01\x01\x22\x02\x02\x03"), B("\x22\x03\x01\x02\x03")},
    {"repeated numbers, both", AGING, B("\x20\x01\x22\x02\x02\x03\x20\x04"), B("\x22\x04\x01\x02\x03\x04")},
    {"a packed run of nothing", AGING, B("\x22\x00"), B("")},
    {"an empty arm", QUESTION, B("\x0A\x00"), B("\x0A\x00")},
    {"an arm of 0", EVERY, B("\x70\x00"), B("\x70\x00")},
    {"an arm of eight zeros", EVERY, B("\x81\x02\0\0\0\0\0\0\0\0"), B("\x81\x02\0\0\0\0\0\0\0\0")},
    {"arms of two oneofs", EVERY, B("\xF8\x01\x07\x81\x02\1\2\3\4\5\6\7\x08"),
     B("\xF8\x01\x07\x81\x02\1\2\3\4\5\6\7\x08")},
    {"an arm of four zeros", EVERY, B("\x7D\0\0\0\0"), B("\x7D\0\0\0\0")},
    {"a negative enum value", EVERY, B("\x40\xFD\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"),
     B("\x40\xFD\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01")},
    {"the largest field number", EVERY, B("\xF8\xFF\xFF\xFF\x0F\x07"), B("\xF8\xFF\xFF\xFF\x0F\x07")},
};

static void is_accepted(void **state) {
    const struct bytes_row *row = *state;
    struct bench bench;
    bench_init(&bench);
    struct daybook_error error = {0};
    ProtobufCMessage *message;
    bool is_canonical = false;
    uint8_t *input = exact_copy((const uint8_t *)row->bytes, row->size);
    enum daybook_status status = wire_decode_telling(row->descriptor, (struct daybook_bytes){input, row->size},
                                                     &bench.arena, &message, &is_canonical, &error);
    free(input);
    if (status != DAYBOOK_OK) {
        fail_msg("%s", error.message);
    }
    assert_encodes_to(&bench, message, (const uint8_t *)row->said, row->said_size);
    assert_int_equal(is_canonical, row->size == row->said_size && memcmp(row->bytes, row->said, row->size) == 0);
    bench_release(&bench);
}

/* ---- what a message looks like in memory ---- */

static void absent_strings_are_the_librarys_empty_one(void **state) {
    (void)state;
    struct bench bench;
    bench_init(&bench);
    ProtobufCMessage *message;
    assert_int_equal(wire_decode(&pb__event__descriptor, (struct daybook_bytes){0}, &bench.arena, &message, NULL),
                     DAYBOOK_OK);
    const Pb__Event *event = (const Pb__Event *)message;
    assert_ptr_equal(event->customer, protobuf_c_empty_string);
    assert_int_equal(event->body_case, PB__EVENT__BODY__NOT_SET);
    assert_null(event->charge_posted);
    assert_int_equal(event->request_key.len, 0);
    assert_ptr_equal(event->base.descriptor, &pb__event__descriptor);
    bench_release(&bench);
}

static void fields_are_where_the_generated_struct_has_them(void **state) {
    (void)state;
    struct bench bench;
    bench_init(&bench);
    Pb__LotSlice slices[2] = {PB__LOT_SLICE__INIT, PB__LOT_SLICE__INIT};
    Pb__LotSlice *slice_pointers[2] = {&slices[0], &slices[1]};
    char lot[] = "L-1";
    char customer[] = "C\xC3\xA9sar";
    slices[0].lot = lot;
    slices[0].amount_minor = INT64_MAX;
    slices[1].amount_minor = INT64_MIN;
    Pb__DepositConsumed consumed = PB__DEPOSIT_CONSUMED__INIT;
    consumed.slices = slice_pointers;
    consumed.n_slices = 2;
    Pb__Event event = PB__EVENT__INIT;
    event.sequence = UINT64_MAX;
    event.effective_on = -1;
    event.customer = customer;
    event.body_case = PB__EVENT__BODY_DEPOSIT_CONSUMED;
    event.deposit_consumed = &consumed;
    pack_by_library(&bench, &event.base);

    ProtobufCMessage *message;
    assert_int_equal(wire_decode(&pb__event__descriptor, (struct daybook_bytes){bench.packed, bench.packed_size},
                                 &bench.arena, &message, NULL),
                     DAYBOOK_OK);
    const Pb__Event *decoded = (const Pb__Event *)message;
    assert_true(decoded->sequence == UINT64_MAX);
    assert_int_equal(decoded->effective_on, -1);
    assert_string_equal(decoded->customer, customer);
    assert_int_equal(decoded->body_case, PB__EVENT__BODY_DEPOSIT_CONSUMED);
    assert_int_equal(decoded->deposit_consumed->n_slices, 2);
    assert_string_equal(decoded->deposit_consumed->slices[0]->lot, "L-1");
    assert_true(decoded->deposit_consumed->slices[0]->amount_minor == INT64_MAX);
    assert_string_equal(decoded->deposit_consumed->slices[1]->lot, "");
    assert_true(decoded->deposit_consumed->slices[1]->amount_minor == INT64_MIN);
    bench_release(&bench);
}

/* `depth` messages inside one another. */
static size_t nest(unsigned depth, uint8_t bytes[64]) {
    size_t size = 0;
    for (unsigned i = 1; i < depth; i++) {
        memmove(bytes + 2, bytes, size);
        bytes[0] = 13 << 3 | 2;
        bytes[1] = (uint8_t)size;
        size += 2;
    }
    return size;
}

static void nesting_ends_at_the_limit(void **state) {
    (void)state;
    struct bench bench;
    bench_init(&bench);
    for (unsigned depth = 1; depth <= 12; depth++) {
        uint8_t bytes[64];
        size_t size = nest(depth, bytes);
        struct daybook_error error = {0};
        ProtobufCMessage *message;
        enum daybook_status status =
            wire_decode(&every_type_descriptor, (struct daybook_bytes){bytes, size}, &bench.arena, &message, &error);
        assert_int_equal(status, depth <= 8 ? DAYBOOK_OK : DAYBOOK_DAMAGED);
        if (depth > 8) {
            assert_non_null(strstr(error.message, "field child: nested too deeply"));
        }
    }
    bench_release(&bench);
}

static void encoding_appends(void **state) {
    (void)state;
    struct bench bench;
    bench_init(&bench);
    Pb__LotSlice slice = PB__LOT_SLICE__INIT;
    slice.amount_minor = 300;
    assert_int_equal(daybook_buffer_append(&bench.buffer, "before", 6), DAYBOOK_OK);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(wire_encode(&slice.base, &bench.buffer), DAYBOOK_OK);
    }
    assert_int_equal(bench.buffer.size, 6 + 3 * 1000);
    assert_memory_equal(bench.buffer.data, "before\x10\xAC\x02\x10\xAC\x02", 12);
    bench_release(&bench);
}

/* Lengths of 127 and 128, 16383 and 16384: where a length takes one byte more. */
static void nested_lengths_grow(void **state) {
    (void)state;
    struct bench bench;
    bench_init(&bench);
    char text[20001];
    memset(text, 'x', sizeof text - 1);
    for (size_t size = 0; size < sizeof text;
         size = size < 300 || (size > 16300 && size < 16500) ? size + 1 : size + 97) {
        text[size] = '\0';
        struct every_type inner;
        struct every_type outer;
        every_type_init(&inner.base);
        every_type_init(&outer.base);
        inner.text = text;
        outer.child = &inner;
        pack_by_library(&bench, &outer.base);
        daybook_buffer_release(&bench.buffer); /* Every size grows it anew. */
        assert_encodes_to(&bench, &outer.base, bench.packed, bench.packed_size);
        text[size] = 'x';
    }
    bench_release(&bench);
}

/* What nobody gave is empty. (The library reads through elements that are NULL, so the bytes are by hand.) */
static void what_is_null_is_empty(void **state) {
    (void)state;
    struct bench bench;
    struct every_type every;
    char text[] = "x";
    char *texts[] = {NULL, text, NULL};
    struct every_type child;
    struct every_type *children[] = {NULL, &child};
    ProtobufCBinaryData blobs[2] = {{0}};
    static const uint8_t expected[] = {0xC2, 0x3E, 0,    0xC2, 0x3E, 1,    'x', 0xC2, 0x3E, 0, 0xCA, 0x3E,
                                       0,    0xCA, 0x3E, 0,    0xD2, 0x3E, 0,   0xD2, 0x3E, 2, 0x08, 5};
    bench_init(&bench);
    every_type_init(&every.base);
    every_type_init(&child.base);
    every.text = NULL;
    child.text = NULL;
    child.i32 = 5;
    every.n_texts = ROW_COUNT(texts);
    every.texts = texts;
    every.n_children = ROW_COUNT(children);
    every.children = children;
    every.n_blobs = ROW_COUNT(blobs);
    every.blobs = blobs;
    every.side = 33; /* An arm that was chosen and not given is left out. */
    assert_encodes_to(&bench, &every.base, expected, sizeof expected);
    bench_release(&bench);
}

int main(void) {
    seed = random_message_seed();
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, type_rows, encodes_and_decodes_as_the_library);
    ROWS_ADD_TABLE(&rows, type_rows, damage_is_refused_or_read_as_the_library_does);
    ROWS_ADD_TABLE(&rows, type_rows, a_small_arena_is_no_damage);
    ROWS_ADD_TABLE(&rows, refused_rows, is_refused);
    ROWS_ADD_TABLE(&rows, accepted_rows, is_accepted);
    rows_add(&rows, "absent strings", absent_strings_are_the_librarys_empty_one, NULL);
    rows_add(&rows, "fields in memory", fields_are_where_the_generated_struct_has_them, NULL);
    rows_add(&rows, "nesting ends at the limit", nesting_ends_at_the_limit, NULL);
    rows_add(&rows, "encoding appends", encoding_appends, NULL);
    rows_add(&rows, "what is NULL is empty", what_is_null_is_empty, NULL);
    rows_add(&rows, "nested lengths grow", nested_lengths_grow, NULL);
    return rows_run("wire", &rows);
}
