/* engine/codec/columns_*.c: what is joined is what was split, byte for byte, and no bytes are too bad to be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/columns.h"
#include "codec/columns_inside.h"
#include "codec/wire.h"
#include "daybook/v1/event.pb-c.h"
#include "tests/engine/codec/both.h"
#include "tests/engine/codec/every_type.h"
#include "tests/engine/codec/pile.h"
#include "tests/engine/codec/random_message.h"
#include "tests/engine/codec/shop.h"

static uint64_t seed;

/* C1. Gives the size of the table. The columns lie in memory of just their size, so that a sanitizer sees their ends.
 */
static size_t there_and_back(struct both *both, struct pile *pile) {
    struct columns columns;
    assert_int_equal(columns_split(both->splitter, pile_events(pile), pile->count, &columns), DAYBOOK_OK);
    uint8_t *table = malloc(columns.table.size);
    uint8_t *noise = malloc(columns.noise.size + 1);
    assert_non_null(table);
    assert_non_null(noise);
    memcpy(table, columns.table.data, columns.table.size);
    if (columns.noise.size > 0) {
        memcpy(noise + 1, columns.noise.data, columns.noise.size);
    }
    columns = (struct columns){{table, columns.table.size}, {noise + 1, columns.noise.size}};
    assert_int_equal(
        columns_join(both->joiner, columns, pile->count, (uint32_t)pile->bytes.size, &both->raw, both->joined),
        DAYBOOK_OK);
    for (uint32_t i = 0; i < pile->count; i++) {
        assert_int_equal(both->joined[i].size, pile->sizes[i]);
        if (pile->sizes[i] > 0) {
            assert_memory_equal(both->joined[i].data, pile->events[i].data, pile->sizes[i]);
        }
    }
    free(table);
    free(noise);
    return columns.table.size;
}

/* ---- events by hand ---- */

/* `size` of `bytes`; each is split behind an ordinary event and before itself again. */
struct by_hand {
    const char *name;
    const char *bytes;
    size_t size;
};

#define BYTES(text) text, sizeof(text) - 1

static const struct by_hand by_hands[] = {
    {"nothing", BYTES("")},
    {"a number", BYTES("\x08\x01")},
    {"the largest number", BYTES("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01")},
    {"a number of eight bytes, one of nine",
     BYTES("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F\x10\x80\x80\x80\x80\x80\x80\x80\x80\x01")},
    {"a number longer than it need be", BYTES("\x08\x81\x00")},
    {"zero in two bytes", BYTES("\x08\x80\x00")},
    {"a number without end", BYTES("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01")},
    {"a number of 65 bits", BYTES("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02")},
    {"a tag longer than it need be", BYTES("\x88\x00\x01")},
    {"a tag and no value", BYTES("\x08")},
    {"field 0", BYTES("\x00\x01")},
    {"the last field, one past it", BYTES("\xF8\x7F\x01")},
    {"a field of three bytes", BYTES("\x80\x80\x01\x01")},
    {"a group", BYTES("\x0B\x0C")},
    {"wire type 7", BYTES("\x0F\x01")},
    {"fixed values", BYTES("\x31\x01\x02\x03\x04\x05\x06\x07\x08\x35\x01\x02\x03\x04")},
    {"a fixed value cut off", BYTES("\x31\x01\x02\x03\x04\x05\x06\x07")},
    {"a text", BYTES("\x22\x03\x61\x62\x63")},
    {"an empty text", BYTES("\x22\x00")},
    {"a text longer than the event", BYTES("\x22\x04\x61\x62\x63")},
    {"a length longer than it need be", BYTES("\x22\x83\x00\x61\x62\x63")},
    {"a text where a number is expected", BYTES("\x0A\x01\x61")},
    {"a number where a text is expected", BYTES("\x20\x05")},
    {"a field again and again", BYTES("\x08\x01\x08\x02\x08\x02\x08\x01\x08\x02")},
    {"one short text right behind itself", BYTES("\x22\x01\x41\x22\x01\x41\x3A\x01\x41\x42\x01\x41")},
    {"noise of no, of one, of sixteen bytes", BYTES("\x2A\x00\x2A\x01\x61\x2A\x10"
                                                    "0123456789abcdef")},
    {"an empty message", BYTES("\x5A\x00")},
    {"a charge", BYTES("\x5A\x08\x0A\x04INV1\x10\x63")},
    {"a message that is none", BYTES("\x5A\x01\x0A")},
    {"a message longer than the event", BYTES("\x5A\x09\x0A\x04INV1\x10\x63")},
    {"a text longer than its message", BYTES("\x5A\x06\x0A\x08INV1\x10\x63")},
    {"a message in a message", BYTES("\x5A\x09\x0A\x04INV1\x3A\x01\x08")},
    {"slices", BYTES("\x62\x14\x0A\x02I1\x12\x06\x0A\x02L1\x10\x05\x12\x06\x0A\x02L2\x10\x06")},
    {"a field behind the message", BYTES("\x08\x07\x5A\x02\x10\x63\x80\x01\x02")},
    {"two messages", BYTES("\x5A\x02\x10\x63\x62\x02\x20\x01\x08\x05")},
    {"no message at all", BYTES("{\"sequence\":1}")},
};

static const char ordinary[] = "\x08\x05\x10\x80\x01\x22\x02me\x2A\x02kk\x5A\x08\x0A\x04INV7\x10\x63";

static void test_by_hand(void **state) {
    struct pile *all = pile_new();
    for (size_t r = 0; r < ROW_COUNT(by_hands); r++) {
        const struct by_hand *row = &by_hands[r];
        print_message("  %s\n", row->name);
        struct pile *pile = pile_new();
        pile_add(pile, row->bytes, row->size);
        (void)there_and_back(*state, pile);
        pile_add(pile, ordinary, sizeof ordinary - 1);
        pile_add(pile, row->bytes, row->size);
        pile_add(pile, row->bytes, row->size);
        (void)there_and_back(*state, pile);
        pile_add(all, row->bytes, row->size);
        pile_add(all, ordinary, sizeof ordinary - 1);
        pile_free(pile);
    }
    (void)there_and_back(*state, all);
    pile_free(all);
}

/* ---- texts ---- */

struct texts {
    const char *name;
    const char *texts[8];
};

/* Each row is what a customer, and in another column an actor, is called in one event after the other. */
static const struct texts texts[] = {
    {"numbers that count up", {"INV9", "INV10", "INV11", "INV99", "INV100"}},
    {"numbers behind zeros", {"cust0001", "cust0002", "cust0100", "cust9999", "cust0000"}},
    {"more zeros, fewer, none", {"A01", "A001", "A1", "A0", "A00", "A10", "A010"}},
    {"digits alone", {"1", "2", "10", "02", "002", "0"}},
    {"no digits", {"A", "B", "A", "C", "A"}},
    {"digits come and go", {"A", "A1", "A", "A2", "A1", "A3"}},
    {"another stem", {"A1", "B1", "A2", "B2"}},
    {"a stem with digits", {"2024-06-001", "2024-06-002", "2024-07-001"}},
    {"18 digits", {"X100000000000000000", "X999999999999999999", "X000000000000000000"}},
    {"19 digits and more", {"X1000000000000000000", "X1000000000000000001", "X18446744073709551616"}},
    {"8 digits, 9 digits", {"X99999999", "X100000000", "X00000001", "X000000001", "X99999999"}},
    {"7, 8, 9 digits and no stem", {"1234567", "12345678", "12345679", "123456789", "02345678", "9999999"}},
    {"what is nearly a digit",
     {"X1/2", "X1:3",
      "X1\xB0"
      "4",
      "X1\xB9"
      "5",
      "X1/3", "X1:4"}},
    {"empty", {"A1", "", "A2", "", "1"}},
    {"longer than a short copy",
     {"a customer whose name takes more than thirty-two bytes 1",
      "a customer whose name takes more than thirty-two bytes 2", "A",
      "a customer whose name takes more than thirty-two bytes 1"}},
};

static size_t event_put(uint8_t *to, const char *actor, const char *customer) {
    uint8_t *at = to;
    *at++ = 4 << 3 | 2;
    *at++ = (uint8_t)strlen(actor);
    memcpy(at, actor, strlen(actor));
    at += strlen(actor);
    *at++ = 7 << 3 | 2;
    *at++ = (uint8_t)strlen(customer);
    memcpy(at, customer, strlen(customer));
    return (size_t)(at - to) + strlen(customer);
}

static void test_texts(void **state) {
    for (size_t r = 0; r < ROW_COUNT(texts); r++) {
        print_message("  %s\n", texts[r].name);
        struct pile *pile = pile_new();
        for (size_t round = 0; round < 2; round++) { /* The second finds them all known. */
            for (size_t i = 0; i < 8 && texts[r].texts[i] != NULL; i++) {
                uint8_t event[256];
                pile_add(pile, event, event_put(event, texts[r].texts[0], texts[r].texts[i]));
            }
        }
        (void)there_and_back(*state, pile);
        pile_free(pile);
    }
}

/* Past what is remembered, and referred to from both sides of it. */
static void test_more_texts_than_are_remembered(void **state) {
    struct pile *pile = pile_new();
    for (uint32_t i = 0; i < LIMIT_FRAME_EVENTS; i++) {
        char actor[32];
        char customer[32];
        uint8_t event[128];
        (void)snprintf(actor, sizeof actor, "a%u-%c", i * 7919 % 4999, 'a' + (int)(i % 26));
        (void)snprintf(customer, sizeof customer, "c%u-%c", i * 104729 % 3001, 'a' + (int)(i % 26));
        pile_add(pile, event, event_put(event, actor, customer));
    }
    (void)there_and_back(*state, pile);
    pile_free(pile);
}

/* A message of 128 bytes and more moves when its length is known, and with it the texts in it that are named again. */
static void test_long_messages(void **state) {
    struct pile *pile = pile_new();
    for (uint32_t size = 100; size < 160; size++) {
        uint8_t event[256] = {11 << 3 | 2}; /* A charge: its name, its category, its memo, one of them twice. */
        uint8_t *at = event + 1 + (size >= 128 ? 2 : 1);
        char charge[8];
        (void)varint_store(event + 1, size);
        (void)snprintf(charge, sizeof charge, "C%03u", size);
        *at++ = 1 << 3 | 2;
        *at++ = 4;
        memcpy(at, charge, 4);
        *at++ = 'C';
        at += 3;
        *at++ = 3 << 3 | 2;
        *at++ = 4;
        memcpy(at, charge, 4);
        at += 4;
        *at++ = 8 << 3 | 2;
        *at++ = (uint8_t)(size - 14);
        memset(at, 'm', size - 14);
        at += size - 14;
        pile_add(pile, event, (size_t)(at - event));
        pile_add(pile, event, (size_t)(at - event));
    }
    (void)there_and_back(*state, pile);
    pile_free(pile);
}

/* Texts are found by hashes; each two of these have the same. All are known when they come again. */
static void test_texts_of_one_hash(void **state) {
    static const char *const customers[] = {"c1292463", "c1954156", "c264568", "c2191048"};
    struct pile *pile = pile_new();
    for (size_t i = 0; i < 3 * ROW_COUNT(customers); i++) {
        uint8_t event[64];
        pile_add(pile, event, event_put(event, "x", customers[i % ROW_COUNT(customers)]));
    }
    (void)there_and_back(*state, pile);
    pile_free(pile);
}

/* Forms are found by hashes, too: 200 of one shape, since each of five numbers is given, the same or the next. Some of
 * them meet in their slots, and all are known when they come again. */
static void test_many_forms_of_one_shape(void **state) {
    enum { FORMS = 200, FIELDS = 5 };
    struct both *both = *state;
    struct pile *pile = pile_new();
    struct columns columns;
    uint32_t numbers[FIELDS] = {0};
    for (uint32_t i = 0; i < 2 * FORMS; i++) {
        uint8_t event[64];
        uint8_t *at = event;
        uint32_t rest = i % FORMS;
        for (uint32_t field = 0; field < FIELDS; field++, rest /= 3) {
            numbers[field] += rest % 3 == 0 ? 100 : rest % 3 - 1;
            *at++ = (uint8_t)((field + 1) << 3);
            at += varint_store(at, numbers[field]);
        }
        pile_add(pile, event, (size_t)(at - event));
    }
    (void)there_and_back(both, pile);
    assert_int_equal(columns_split(both->splitter, pile_events(pile), pile->count, &columns), DAYBOOK_OK);
    assert_int_equal(columns.table.data[0], ((FORMS + 1) & 0x7F) | 0x80); /* And the body of no field. */
    assert_int_equal(columns.table.data[1], (FORMS + 1) >> 7);
    pile_free(pile);
}

/* A number that comes twice, where the event before the last began with it and then was no message: no form made its
 * column there, the last event did, and only the first of the two may be given as the last event's again. */
static void test_twice_behind_what_was_kept_whole(void **state) {
    static const uint8_t no_message[] = {2 << 3, 7, 0};
    static const uint8_t has_column[] = {1 << 3, 5, 2 << 3, 9};
    static const uint8_t twice[] = {2 << 3, 3, 2 << 3, 9};
    struct pile *pile = pile_new();
    pile_add(pile, no_message, sizeof no_message);
    pile_add(pile, has_column, sizeof has_column);
    pile_add(pile, twice, sizeof twice);
    (void)there_and_back(*state, pile);
    pile_free(pile);
}

/* ---- past the limits of the format ---- */

/* Of the fields in no message the first 32 are compared with the event before; behind a message they count anew. */
static void test_more_fields_than_are_compared(void **state) {
    struct pile *pile = pile_new();
    for (uint32_t i = 0; i < 8; i++) {
        uint8_t event[512];
        uint8_t *at = event;
        for (uint32_t field = 16; field < 56; field++) {
            at += varint_store(at, field << 3);
            *at++ = (uint8_t)(field + (i % 3 == 0 ? i : 0));
        }
        *at++ = 11 << 3 | 2;
        *at++ = 0;
        for (uint32_t field = 56; field < 96; field++) {
            at += varint_store(at, field << 3);
            *at++ = (uint8_t)(field + i / 2 - 32);
        }
        pile_add(pile, event, (size_t)(at - event));
    }
    (void)there_and_back(*state, pile);
    pile_free(pile);
}

/* Every event another form: bits say which of 12 fields it has. */
static void test_more_forms_than_there_may_be(void **state) {
    struct pile *pile = pile_new();
    for (uint32_t i = 0; i < LIMIT_FRAME_EVENTS; i++) {
        uint8_t event[64];
        size_t size = 0;
        for (uint32_t bit = 0; bit < 12; bit++) {
            if (i >> bit & 1) {
                event[size++] = (uint8_t)((bit + 1) << 3);
                event[size++] = (uint8_t)(i & 0x7F);
            }
        }
        pile_add(pile, event, size);
    }
    (void)there_and_back(*state, pile);
    pile_free(pile);
}

/* A million columns are asked for: every event has other fields, and messages other fields in them. */
static void test_more_columns_than_there_may_be(void **state) {
    struct pile *pile = pile_new();
    for (uint32_t i = 0; i < 200; i++) {
        uint8_t event[256];
        uint8_t *at = event;
        for (uint32_t field = 0; field < 40; field++) {
            at += varint_store(at, (16 + (i * 40 + field) % 2000) << 3);
            *at++ = (uint8_t)field;
        }
        pile_add(pile, event, (size_t)(at - event));
    }
    (void)there_and_back(*state, pile);
    pile_free(pile);
}

static void test_more_fields_than_a_form_has(void **state) {
    struct pile *pile = pile_new();
    static uint8_t event[LIMIT_EVENT_BYTES];
    for (uint32_t size = 2; size < LIMIT_EVENT_BYTES; size = size * 3 / 2 & ~1u) {
        for (uint32_t i = 0; i < size; i += 2) {
            event[i] = 3 << 3;
            event[i + 1] = (uint8_t)(i & 0x7F);
        }
        pile_add(pile, event, size);
        size += size == 2;
    }
    (void)there_and_back(*state, pile);
    pile_free(pile);
}

/* `count` times a field of the message at hand, of one byte each. */
static uint8_t *fields_put(uint8_t *at, uint8_t field, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        *at++ = (uint8_t)(field << 3);
        *at++ = (uint8_t)(i & 0x7F);
    }
    return at;
}

static uint8_t *message_put(uint8_t *at, uint8_t field, uint32_t count) {
    *at++ = (uint8_t)(field << 3 | 2);
    at += varint_store(at, 2 * count);
    return fields_put(at, 1, count);
}

/* The forms are full when a body comes that would be one more: its event is kept whole, though its head is a form. The
 * next event has that head, too, and a body that is known: its head is given, since no event was split that had it. */
static void test_a_body_that_is_no_form(void **state) {
    static uint8_t event[LIMIT_EVENT_BYTES];
    struct pile *pile = pile_new();
    for (uint32_t i = 0; i < 9; i++) {
        pile_add(pile, event, (size_t)(fields_put(event, 3, 1000 - i) - event));
    }
    pile_add(pile, event, (size_t)(message_put(event, 11, 10) - event));
    for (uint32_t i = 0; i < 2; i++) {
        pile_add(pile, event, (size_t)(message_put(fields_put(event, 5, 1), 12, 900) - event));
        pile_add(pile, event, (size_t)(message_put(fields_put(event, 5, 1), 11, 10) - event));
    }
    (void)there_and_back(*state, pile);
    pile_free(pile);
}

/* The end of a message is a field more than there may be. */
static void test_more_fields_than_are_parsed(void **state) {
    static uint8_t event[LIMIT_EVENT_BYTES];
    struct pile *pile = pile_new();
    for (uint32_t count = STEPS_MOST - 4; count < STEPS_MOST + 4; count++) {
        pile_add(pile, event, (size_t)(message_put(event, 11, count) - event));
        pile_add(pile, event, (size_t)(fields_put(event, 3, count) - event));
    }
    (void)there_and_back(*state, pile);
    pile_free(pile);
}

/* Messages that hold each other more deeply than may be are kept whole. Fields of high numbers are texts. */
static void test_events_of_any_depth(void **state) {
    struct both both = *(struct both *)*state;
    struct pile *pile = pile_new();
    both.splitter = column_splitter_open(&every_type_descriptor);
    assert_non_null(both.splitter);
    for (uint32_t depth = 1; depth < 12; depth++) {
        uint8_t event[64];
        uint8_t *at = event;
        for (uint32_t i = depth; i > 0; i--) {
            *at++ = 13 << 3 | 2;
            *at++ = (uint8_t)(2 * i + 2);
        }
        at += varint_store(at, 1000 << 3 | 2);
        *at++ = 1;
        *at++ = (uint8_t)depth;
        pile_add(pile, event, (size_t)(at - event));
        pile_add(pile, event, (size_t)(at - event));
    }
    (void)there_and_back(&both, pile);
    column_splitter_close(both.splitter);
    pile_free(pile);
}

/* A root with 60 fields, each a message of a type of its own with one more in it: of 121 kinds and 60 more than are
 * told apart. */
static void test_more_messages_than_are_told_apart(void **state) {
    enum { KINDS = 60, LEVELS = 3 };
    static ProtobufCMessageDescriptor messages[LEVELS][KINDS];
    static ProtobufCFieldDescriptor fields[LEVELS][KINDS];
    static ProtobufCFieldDescriptor root_fields[KINDS];
    static ProtobufCMessageDescriptor root = {.n_fields = KINDS, .fields = root_fields};
    struct both both = *(struct both *)*state;
    struct pile *pile = pile_new();
    for (uint32_t i = 0; i < KINDS; i++) {
        for (uint32_t level = 0; level + 1 < LEVELS; level++) {
            fields[level][i] = (ProtobufCFieldDescriptor){
                .id = 1, .type = PROTOBUF_C_TYPE_MESSAGE, .descriptor = &messages[level + 1][i]};
            messages[level][i] = (ProtobufCMessageDescriptor){.n_fields = 1, .fields = &fields[level][i]};
        }
        root_fields[i] =
            (ProtobufCFieldDescriptor){.id = i + 1, .type = PROTOBUF_C_TYPE_MESSAGE, .descriptor = &messages[0][i]};
    }
    both.splitter = column_splitter_open(&root);
    assert_non_null(both.splitter);
    for (uint32_t i = 0; i < KINDS; i++) {
        uint8_t event[16] = {0};
        uint8_t *at = event;
        at += varint_store(at, (i + 1) << 3 | 2);
        const uint8_t rest[] = {6, 1 << 3 | 2, 4, 1 << 3 | 2, 2, 2 << 3, (uint8_t)i};
        memcpy(at, rest, sizeof rest);
        pile_add(pile, event, (size_t)(at - event) + sizeof rest);
    }
    (void)there_and_back(&both, pile);
    column_splitter_close(both.splitter);
    pile_free(pile);
}

/* ---- random events ---- */

/* Batches of random events of every body; in every fourth batch some bytes of some events are changed. */
static void test_random(void **state) {
    struct random random = {.state = seed, .max_depth = 8};
    struct arena arena;
    arena_init(&arena, 1 << 26);
    struct daybook_buffer encoded = {0};
    for (uint32_t batch = 0; batch < 200; batch++) {
        struct pile *pile = pile_new();
        const uint32_t count = 1 + (uint32_t)random_below(&random, 300);
        for (uint32_t i = 0; i < count; i++) {
            arena_reset(&arena);
            daybook_buffer_reset(&encoded);
            const ProtobufCMessage *event = random_message(&random, &arena, &pb__event__descriptor);
            assert_int_equal(wire_encode(event, &encoded), DAYBOOK_OK);
            if (encoded.size > LIMIT_EVENT_BYTES || pile->bytes.size + encoded.size > COLUMNS_RAW_MOST) {
                continue;
            }
            if (batch % 4 == 3 && encoded.size > 0 && random_below(&random, 4) == 0) {
                encoded.data[random_below(&random, encoded.size)] = (uint8_t)random_next(&random);
            }
            pile_add(pile, encoded.data, encoded.size);
        }
        if (pile->count > 0) {
            (void)there_and_back(*state, pile);
        }
        pile_free(pile);
    }
    daybook_buffer_release(&encoded);
    arena_release(&arena);
}

/* ---- what a ledger writes ---- */

/* 24 bytes of noise a request are 12 an event; of the other 65 few are left even before a compressor sees them. */
static void test_it_pays(void **state) {
    struct pile *pile = pile_new();
    shop_add(pile, 512);
    assert_true(pile->bytes.size / 512 > 70);
    assert_true(there_and_back(*state, pile) / 512 < 14);
    pile_free(pile);
}

/* ---- the bytes of the format, for ever ---- */

static void test_format(void **state) {
    struct both *both = *state;
    /* Three events: sequence 5 and 6 of the same key, an amount each; and one that is none. */
    static const char *const events[] = {"\x08\x05\x22\x02me\x2A\x02kk\x5A\x07\x0A\x02I7\x10\xAC\x02",
                                         "\x08\x06\x22\x02me\x2A\x02kk\x5A\x07\x0A\x02I8\x10\xAD\x02", "\xFF"};
    static const uint8_t table[] = {
        3,                                 /* forms */
        3,   0x20, 0x88, 1,    0xAC, 1,    /* the first head: number 1, text 4, noise 5 */
        4,   0xF0, 2,    0x28, 0x40, 0x18, /* the body: message 11 of text 1, number 2; the end */
        3,   0x22, 0x89, 1,    0xAD, 1,    /* the second head: the next, the same, the same */
        0,   2,    255,                    /* heads */
        1,   1,    0,                      /* bodies */
        2,   5,                            /* sequence: all of the one are 5 */
        2,   0,                            /* actor: plain */
        2,   2,                            /* key: two bytes */
        0,   0,    2,                      /* charge: plain, the last with another number */
        2,   8,                            /* which is 8 */
        1,   0xD8, 4,    2,                /* amount: 300, and one more */
        0,   2,    2,    1,                /* lengths: of "me", of "I7", of the event kept whole */
        'm', 'e',  'I',  '7',  0xFF,       /* text */
    };
    struct pile *pile = pile_new();
    for (size_t i = 0; i < ROW_COUNT(events); i++) {
        pile_add(pile, events[i], strlen(events[i]));
    }
    struct columns columns;
    assert_int_equal(columns_split(both->splitter, pile_events(pile), pile->count, &columns), DAYBOOK_OK);
    assert_int_equal(columns.table.size, sizeof table);
    assert_memory_equal(columns.table.data, table, sizeof table);
    assert_int_equal(columns.noise.size, 2);
    assert_memory_equal(columns.noise.data, "kk", 2);
    (void)there_and_back(both, pile);
    pile_free(pile);
}

int main(void) {
    seed = random_message_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_more_texts_than_are_remembered),
        cmocka_unit_test(test_texts_of_one_hash),
        cmocka_unit_test(test_many_forms_of_one_shape),
        cmocka_unit_test(test_twice_behind_what_was_kept_whole),
        cmocka_unit_test(test_long_messages),
        cmocka_unit_test(test_more_fields_than_are_compared),
        cmocka_unit_test(test_more_forms_than_there_may_be),
        cmocka_unit_test(test_more_columns_than_there_may_be),
        cmocka_unit_test(test_more_fields_than_a_form_has),
        cmocka_unit_test(test_a_body_that_is_no_form),
        cmocka_unit_test(test_more_fields_than_are_parsed),
        cmocka_unit_test(test_events_of_any_depth),
        cmocka_unit_test(test_more_messages_than_are_told_apart),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_it_pays),
        cmocka_unit_test(test_format),
    };
    return cmocka_run_group_tests(tests, both_set_up, both_tear_down);
}
