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
#include "tests/engine/codec/pile.h"
#include "tests/engine/codec/random_message.h"

static uint64_t seed;

struct both {
    struct column_splitter *splitter;
    struct column_joiner *joiner;
    struct daybook_buffer raw;
    struct event_span *joined;
};

static int set_up(void **state) {
    struct both *both = calloc(1, sizeof *both);
    if (both != NULL) {
        both->splitter = column_splitter_open(&pb__event__descriptor);
        both->joiner = column_joiner_open();
        both->joined = calloc(LIMIT_FRAME_EVENTS, sizeof *both->joined);
    }
    *state = both;
    return both == NULL || both->splitter == NULL || both->joiner == NULL || both->joined == NULL;
}

static int tear_down(void **state) {
    struct both *both = *state;
    column_splitter_close(both->splitter);
    column_joiner_close(both->joiner);
    daybook_buffer_release(&both->raw);
    free(both->joined);
    free(both);
    return 0;
}

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

/* ---- past the limits of the format ---- */

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

/* `count` events of requests that make one or two each, as a shop makes them. */
static void shop_add(struct pile *pile, uint32_t count) {
    struct random random = {.state = 7};
    struct daybook_buffer encoded = {0};
    Pb__Event event = PB__EVENT__INIT;
    uint8_t key[16];
    char customer[16];
    char payment[16];
    Pb__PaymentReceived received = PB__PAYMENT_RECEIVED__INIT;
    Pb__Allocated allocated = PB__ALLOCATED__INIT;
    for (uint32_t i = 0; i < count; i++) {
        event.sequence = 1000 + i;
        event.recorded_at_us = 1700000000000000 + i;
        event.effective_on = (int32_t)(19600 + i / 100);
        event.actor = i % 3 == 0 ? "shop-1" : "office";
        event.currency = "USD";
        if (i % 2 == 0) {
            store_le64(key, random_next(&random));
            store_le64(key + 8, random_next(&random));
            event.request_key = (ProtobufCBinaryData){sizeof key, key};
            event.request_digest = random_next(&random);
            (void)snprintf(customer, sizeof customer, "cust%06u", (unsigned)random_below(&random, 10000));
            (void)snprintf(payment, sizeof payment, "P%u", (unsigned)random_below(&random, 1000));
            event.customer = customer;
            received.payment = payment;
            received.amount_minor = (int64_t)random_below(&random, 1000000);
            event.body_case = PB__EVENT__BODY_PAYMENT_RECEIVED;
            event.payment_received = &received;
        } else {
            event.actor = (i - 1) % 3 == 0 ? "shop-1" : "office";
            event.request_digest = 0;
            allocated.source = payment;
            allocated.target = "INV1";
            allocated.amount_minor = received.amount_minor;
            event.body_case = PB__EVENT__BODY_ALLOCATED;
            event.allocated = &allocated;
        }
        daybook_buffer_reset(&encoded);
        assert_int_equal(wire_encode(&event.base, &encoded), DAYBOOK_OK);
        pile_add(pile, encoded.data, encoded.size);
    }
    daybook_buffer_release(&encoded);
}

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

/* ---- hostile columns ---- */

/* In memory of just their size: what reads or writes past it is found by a sanitizer. */
static enum daybook_status join_copy(struct both *both, const uint8_t *table, size_t table_size, size_t noise_size,
                                     uint32_t count, size_t raw_size) {
    uint8_t *copy = malloc(table_size + 1);
    uint8_t *noise = calloc(1, noise_size + 1);
    assert_non_null(copy);
    assert_non_null(noise);
    memcpy(copy + 1, table, table_size);
    const struct columns columns = {{copy + 1, table_size}, {noise + 1, noise_size}};
    enum daybook_status status =
        columns_join(both->joiner, columns, count, (uint32_t)raw_size, &both->raw, both->joined);
    if (status == DAYBOOK_OK) {
        uint64_t total = 0;
        for (uint32_t i = 0; i < count; i++) {
            total += both->joined[i].size;
        }
        assert_int_equal(total, raw_size);
    }
    free(copy);
    free(noise);
    return status;
}

static void test_hostile(void **state) {
    struct both *both = *state;
    struct pile *pile = pile_new();
    struct columns columns;
    shop_add(pile, 40);
    pile_add(pile, "\xFF\xFF", 2);
    assert_int_equal(columns_split(both->splitter, pile_events(pile), pile->count, &columns), DAYBOOK_OK);
    const size_t size = columns.table.size;
    const size_t noise_size = columns.noise.size;
    const size_t raw_size = pile->bytes.size;
    uint8_t *table = malloc(size + 1);
    assert_non_null(table);
    memcpy(table, columns.table.data, size);
    table[size] = 0;
    for (size_t i = 0; i < size; i++) {
        const uint8_t was = table[i];
        for (unsigned value = 0; value < 256; value++) {
            table[i] = (uint8_t)value;
            enum daybook_status status = join_copy(both, table, size, noise_size, pile->count, raw_size);
            assert_true(status == DAYBOOK_OK || status == DAYBOOK_DAMAGED);
        }
        table[i] = was;
        assert_int_equal(join_copy(both, table, i, noise_size, pile->count, raw_size), DAYBOOK_DAMAGED);
    }
    assert_int_equal(join_copy(both, table, size, noise_size, pile->count, raw_size), DAYBOOK_OK);
    assert_int_equal(join_copy(both, table, size + 1, noise_size, pile->count, raw_size), DAYBOOK_DAMAGED);
    assert_int_equal(join_copy(both, table, size, noise_size - 1, pile->count, raw_size), DAYBOOK_DAMAGED);
    assert_int_equal(join_copy(both, table, size, noise_size + 1, pile->count, raw_size), DAYBOOK_DAMAGED);
    assert_int_equal(join_copy(both, table, size, noise_size, pile->count - 1, raw_size), DAYBOOK_DAMAGED);
    assert_int_equal(join_copy(both, table, size, noise_size, pile->count + 1, raw_size), DAYBOOK_DAMAGED);
    assert_int_equal(join_copy(both, table, size, noise_size, pile->count, raw_size - 1), DAYBOOK_DAMAGED);
    assert_int_equal(join_copy(both, table, size, noise_size, pile->count, raw_size + 1), DAYBOOK_DAMAGED);
    assert_int_equal(join_copy(both, table, size, noise_size, 0, raw_size), DAYBOOK_DAMAGED);
    assert_int_equal(join_copy(both, table, size, noise_size, LIMIT_FRAME_EVENTS + 1, raw_size), DAYBOOK_DAMAGED);
    assert_int_equal(join_copy(both, table, size, noise_size, pile->count, COLUMNS_RAW_MOST + 1), DAYBOOK_DAMAGED);
    free(table);
    pile_free(pile);
}

struct forgery {
    const char *name;
    const char *table;
    size_t size;
    uint32_t count;
    uint32_t raw_size;
};

static const struct forgery forgeries[] = {
    {"nothing", BYTES(""), 1, 2},
    {"a form that ends what it did not begin", BYTES("\x01\x01\x18\x00\x00"), 1, 0},
    {"a form whose message has no end", BYTES("\x01\x01\xF0\x02\x00\x00"), 1, 2},
    {"field 0", BYTES("\x01\x01\x00\x00\x00\x02\x05"), 1, 2},
    {"kind 7", BYTES("\x01\x01\x3C\x00\x00\x02\x05"), 1, 2},
    {"source 3", BYTES("\x01\x01\x23\x00\x00\x02\x05"), 1, 2},
    {"the same as nothing", BYTES("\x01\x01\x21\x00\x00"), 1, 2},
    {"the next of nothing", BYTES("\x01\x01\x22\x00\x00"), 1, 2},
    {"the next of a text", BYTES("\x01\x02\x28\x2A\x00\x00\x02\x00\x02\x01\x61"), 1, 6},
    {"the same in a message", BYTES("\x01\x03\xF0\x02\x21\x18\x00\x00"), 1, 4},
    {"a form that is not there", BYTES("\x01\x00\x01\x00"), 1, 0},
    {"a body of an event that is kept whole", BYTES("\x01\x00\xFF\x01\x02\x01\x61"), 1, 1},
    {"256 forms", BYTES("\x80\x02"), 1, 0},
    {"a form of more steps than there may be", BYTES("\x01\x81\x40"), 1, 0},
    {"numbers written in a fourth way", BYTES("\x02\x01\x20\x00\x00\x01\x03\x05"), 1, 2},
    {"a known text where none is", BYTES("\x02\x01\x28\x00\x00\x01\x02\x03"), 1, 3},
    {"a known text by a number too large", BYTES("\x02\x01\x28\x00\x00\x01\x02\x0B"), 1, 3},
    {"a padded text behind nothing", BYTES("\x02\x01\x28\x00\x00\x01\x02\x01\x02\x05"), 1, 3},
    {"more values than bytes", BYTES("\x02\x01\x20\x00\x00\x01\x02\x05"), 1, 1},
    {"noise of more bytes than there are", BYTES("\x02\x01\x2C\x00\x00\x01\x02\x05"), 1, 7},
};

static void test_forgeries(void **state) {
    for (size_t r = 0; r < ROW_COUNT(forgeries); r++) {
        const struct forgery *row = &forgeries[r];
        print_message("  %s\n", row->name);
        assert_int_equal(join_copy(*state, (const uint8_t *)row->table, row->size, 0, row->count, row->raw_size),
                         DAYBOOK_DAMAGED);
    }
}

/* What is nested as deeply as a message may be, and what is nested more deeply. */
static void test_depth(void **state) {
    for (uint32_t depth = 1; depth < 12; depth++) {
        uint8_t table[64];
        uint8_t *at = table;
        *at++ = 2;
        at += varint_store(at, (uint64_t)depth * 2);
        for (uint32_t i = 0; i < depth; i++) {
            *at++ = 1 << 5 | COLUMN_MESSAGE << 2;
        }
        for (uint32_t i = 0; i < depth; i++) {
            *at++ = COLUMN_END << 2;
        }
        *at++ = 0; /* The second form is empty. */
        *at++ = 0;
        *at++ = 1;
        assert_int_equal(join_copy(*state, table, (size_t)(at - table), 0, 1, (size_t)depth * 2),
                         depth < LIMIT_WIRE_DEPTH ? DAYBOOK_OK : DAYBOOK_DAMAGED);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_more_texts_than_are_remembered),
        cmocka_unit_test(test_long_messages),
        cmocka_unit_test(test_more_forms_than_there_may_be),
        cmocka_unit_test(test_more_columns_than_there_may_be),
        cmocka_unit_test(test_more_fields_than_a_form_has),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_it_pays),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_forgeries),
        cmocka_unit_test(test_depth),
    };
    const char *given = getenv("DAYBOOK_TEST_SEED");
    seed = given == NULL ? 1 : strtoull(given, NULL, 10);
    if (given == NULL) {
        FILE *source = fopen("/dev/urandom", "rb");
        if (source != NULL) {
            if (fread(&seed, sizeof seed, 1, source) != 1) {
                seed = 1;
            }
            (void)fclose(source);
        }
    }
    printf("DAYBOOK_TEST_SEED=%llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
