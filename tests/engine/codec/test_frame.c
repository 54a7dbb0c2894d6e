/* engine/codec/frame.c: what is packed comes back, and what was damaged never does. */
#include "tests/rows.h"

#include <xxhash.h>

#include "codec/frame.h"
#include "limits.h"
#include "tests/engine/codec/ledger_events.h"
#include "tests/engine/codec/shop.h"

enum { AT_CHECKSUM = 8, COLUMN_EVENTS_MOST = 500 };

struct given {
    uint8_t *bytes;
    struct event_span *events;
    struct frame_header header;
};

static uint32_t noise_next(uint32_t *noise) {
    *noise = *noise * 1664525u + 1013904223u;
    return *noise >> 24;
}

/* `count` events of `size` bytes; of each, the first `noisy` bytes do not compress. */
static struct given given_events(uint32_t count, uint32_t size, uint32_t noisy) {
    struct given given = {
        .bytes = malloc((size_t)count * size + 1),
        .events = calloc(count + 1, sizeof(struct event_span)),
        .header = {.first_sequence = 1000,
                   .event_count = count,
                   .first_recorded_at_us = 1700000000000000,
                   .last_recorded_at_us = 1700000000000000 + count},
    };
    assert_non_null(given.bytes);
    assert_non_null(given.events);
    uint32_t noise = 42;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *event = given.bytes + (size_t)i * size;
        for (uint32_t k = 0; k < size; k++) {
            event[k] = (uint8_t)(k < noisy ? noise_next(&noise) : k);
        }
        given.events[i] = (struct event_span){event, size};
    }
    return given;
}

static void given_release(struct given *given) {
    free(given->bytes);
    free(given->events);
}

static struct frame_codec *codec_of(void **state) {
    return *state;
}

static int set_up(void **state) {
    *state = frame_codec_open();
    return *state == NULL;
}

static int tear_down(void **state) {
    frame_codec_close(*state);
    return 0;
}

/* ---- there and back ---- */

struct round_trip {
    const char *name;
    uint32_t count;
    uint32_t size;
    uint32_t noisy;
    bool is_zstd;
};

static const struct round_trip round_trips[] = {
    {"one small event is stored", 1, 100, 16, false},
    {"one empty event", 1, 0, 0, false},
    {"one long event that compresses", 1, 4000, 0, true},
    {"one long event of noise is stored", 1, 4000, 4000, false},
    {"the longest event", 1, LIMIT_EVENT_BYTES, 10, true},
    {"sizes of one byte, of two bytes", 3, 128, 16, true},
    {"many events that are alike", 1024, 90, 0, true},
    {"many events of noise are stored", 1024, 40, 40, false},
    {"as many as there may be", LIMIT_FRAME_EVENTS, 110, 16, true},
    {"as many as there may be, all empty", LIMIT_FRAME_EVENTS, 0, 0, true},
    {"more bytes than are split into columns", 60, 20000, 100, true},
};

static void test_round_trip(void **state) {
    struct event_span *events = calloc(LIMIT_FRAME_EVENTS, sizeof *events);
    for (size_t r = 0; r < ROW_COUNT(round_trips); r++) {
        const struct round_trip *row = &round_trips[r];
        print_message("  %s\n", row->name);
        struct given given = given_events(row->count, row->size, row->noisy);
        struct daybook_buffer out = {0};
        struct daybook_buffer raw = {0};
        struct frame_header header;
        assert_int_equal(frame_pack(codec_of(state), given.header, given.events, &out, NULL), DAYBOOK_OK);
        assert_int_equal(out.data[6], row->is_zstd);
        assert_int_equal(frame_unpack(codec_of(state), daybook_buffer_view(&out), &header, &raw, events, NULL),
                         DAYBOOK_OK);
        assert_int_equal(header.first_sequence, 1000);
        assert_int_equal(header.event_count, row->count);
        assert_int_equal(header.first_recorded_at_us, 1700000000000000);
        assert_int_equal(header.last_recorded_at_us, 1700000000000000 + row->count);
        assert_same_events(events, given.events, row->count);
        daybook_buffer_release(&out);
        daybook_buffer_release(&raw);
        given_release(&given);
    }
    free(events);
}

/* ---- frames that end within a room ---- */

/* All of the pile as frames within the room: gives how many there are, and their headers. Each but the last fills nine
 * tenths of its room at least. */
static uint32_t pack_within(struct frame_codec *codec, struct pile *pile, size_t room, struct frame_header *headers) {
    static int64_t instants[LIMIT_FRAME_EVENTS];
    static struct event_span unpacked[LIMIT_FRAME_EVENTS];
    const struct event_span *events = pile_events(pile);
    struct daybook_buffer raw = {0};
    uint32_t frames = 0;
    for (uint32_t i = 0; i < pile->count; i++) {
        instants[i] = 5000 + 3 * i;
    }
    for (uint32_t at = 0; at < pile->count; frames++) {
        struct daybook_buffer out = {0};
        struct frame_header *header = &headers[frames];
        const struct frame_header given = {
            .first_sequence = 1000 + at, .event_count = pile->count - at, .first_recorded_at_us = instants[at]};
        assert_int_equal(frame_pack_within(codec, given, events + at, instants + at, room, &out, NULL), DAYBOOK_OK);
        assert_true(out.size <= room);
        assert_int_equal(frame_unpack(codec, daybook_buffer_view(&out), header, &raw, unpacked, NULL), DAYBOOK_OK);
        assert_int_equal(header->first_sequence, 1000 + at);
        assert_int_equal(header->first_recorded_at_us, instants[at]);
        assert_int_equal(header->last_recorded_at_us, instants[at + header->event_count - 1]);
        assert_same_events(unpacked, events + at, header->event_count);
        at += header->event_count;
        assert_true(at == pile->count || out.size > room - room / 10);
        daybook_buffer_release(&out);
    }
    daybook_buffer_release(&raw);
    return frames;
}

static void test_within_a_room(void **state) {
    struct frame_header headers[100];
    struct pile *pile = pile_new();
    shop_add(pile, 4000);
    const uint32_t frames = pack_within(codec_of(state), pile, 8176, headers);
    assert_in_range(frames, 8, 14);
    assert_int_equal(pack_within(codec_of(state), pile, 1 << 20, headers), 1);
    assert_int_equal(headers[0].event_count, 4000);
    pile_free(pile);
}

/* A text that is new in each event takes more than any number before: such frames are packed again, with fewer. */
static void test_within_a_room_what_packs_worse(void **state) {
    struct frame_header headers[100];
    struct pile *shop = pile_new();
    struct pile *texts = pile_new();
    struct random random = {.state = 7};
    shop_add(shop, 1000);
    (void)pack_within(codec_of(state), shop, 4080, headers);
    for (uint32_t i = 0; i < 1000; i++) {
        uint8_t event[24] = "\x22\x04shop\x3A\x10"; /* The actor is the same, the customer is not. */
        for (uint32_t k = 8; k < sizeof event; k++) {
            event[k] = (uint8_t)('a' + random_below(&random, 26));
        }
        pile_add(texts, event, sizeof event);
    }
    assert_in_range(pack_within(codec_of(state), texts, 4080, headers), 3, 6);
    pile_free(shop);
    pile_free(texts);
}

/* What is to be quick is neither split nor compressed, however well it would pack. */
static void test_stored(void **state) {
    static struct event_span events[LIMIT_FRAME_EVENTS];
    struct given given = given_events(63, 100, 16);
    struct daybook_buffer out = {0};
    struct daybook_buffer raw = {0};
    struct frame_header header;
    assert_int_equal(frame_pack_stored(codec_of(state), given.header, given.events, &out, NULL), DAYBOOK_OK);
    assert_int_equal(out.data[4], 1);
    assert_int_equal(out.data[6], 0);
    assert_int_equal(out.size, 52 + 63 * 101); /* The header, and each event behind its size. */
    assert_int_equal(frame_unpack(codec_of(state), daybook_buffer_view(&out), &header, &raw, events, NULL), DAYBOOK_OK);
    assert_int_equal(header.event_count, 63);
    assert_same_events(events, given.events, 63);
    daybook_buffer_release(&out);
    daybook_buffer_release(&raw);
    given_release(&given);
}

/* The bytes of format version 1, for ever. The checksum was taken outside this program: the bytes laid out by Python's
 * struct with zeros in its place, hashed in one call of libxxhash's XXH3_64bits through ctypes. */
static void test_format(void **state) {
    static const uint8_t expected[] = {
        'D',  'B',  'F',  'R',                          /* magic */
        1,    0,                                        /* format version */
        0,    0,                                        /* stored; zero */
        0x21, 0xe7, 0xd1, 0x8e, 0x0b, 0x4f, 0xc1, 0xf5, /* checksum */
        7,    0,    0,    0,    0,    0,    0,    0,    /* first sequence */
        2,    0,    0,    0,                            /* events */
        7,    0,    0,    0,                            /* raw size */
        0x10, 0x27, 0,    0,    0,    0,    0,    0,    /* first recorded_at: 10000 */
        0x11, 0x27, 0,    0,    0,    0,    0,    0,    /* last: 10001 */
        7,    0,    0,    0,                            /* payload size */
        3,    'a',  'b',  'c',  2,    'd',  'e',
    };
    const struct event_span events[] = {{(const uint8_t *)"abc", 3}, {(const uint8_t *)"de", 2}};
    const struct frame_header header = {
        .first_sequence = 7, .event_count = 2, .first_recorded_at_us = 10000, .last_recorded_at_us = 10001};
    struct daybook_buffer out = {0};
    assert_int_equal(daybook_buffer_append(&out, "before", 6), DAYBOOK_OK);
    assert_int_equal(frame_pack(codec_of(state), header, events, &out, NULL), DAYBOOK_OK);
    assert_int_equal(out.size, 6 + sizeof expected);
    assert_memory_equal(out.data, "before", 6);
    assert_memory_equal(out.data + 6, expected, sizeof expected);
    daybook_buffer_release(&out);
}

/* ---- frames that were written once ---- */

static size_t golden_read(const char *name, uint8_t *to, size_t room) {
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", GOLDEN_DIRECTORY, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t size = fread(to, 1, room, file);
    assert_true(size > 0 && size < room);
    (void)fclose(file);
    return size;
}

/* What programs have written stays readable: the same 24 events in each version of the format. */
static void test_golden(void **state) {
    static uint8_t expected[1 << 14];
    static uint8_t frame[1 << 14];
    static struct event_span events[LIMIT_FRAME_EVENTS];
    static const char *const names[] = {"frame_1.bin", "frame_2.bin"};
    const size_t expected_size = golden_read("frame_events.bin", expected, sizeof expected);
    for (unsigned version = 1; version <= 2; version++) {
        struct daybook_buffer raw = {0};
        struct frame_header header;
        const size_t size = golden_read(names[version - 1], frame, sizeof frame);
        assert_int_equal(frame[4], version);
        assert_int_equal(
            frame_unpack(codec_of(state), (struct daybook_bytes){frame, size}, &header, &raw, events, NULL),
            DAYBOOK_OK);
        assert_int_equal(header.first_sequence, 1);
        assert_int_equal(header.event_count, 24);
        const uint8_t *at = expected;
        for (uint32_t i = 0; i < header.event_count; i++) {
            assert_int_equal(events[i].size, load_le32(at));
            assert_memory_equal(events[i].data, at + 4, events[i].size);
            at += 4 + events[i].size;
        }
        assert_ptr_equal(at, expected + expected_size);
        daybook_buffer_release(&raw);
    }
}

/* ---- what is refused ---- */

struct refusal {
    const char *name;
    uint64_t first_sequence;
    uint32_t count;
    uint32_t size;
    int64_t last_recorded_at_us;
};

static const struct refusal refusals[] = {
    {"no event", 1, 0, 10, 5},
    {"too many events", 1, LIMIT_FRAME_EVENTS + 1, 1, 5},
    {"an event that is too long", 1, 2, LIMIT_EVENT_BYTES + 1, 5},
    {"sequence zero", 0, 1, 10, 5},
    {"past the last sequence", UINT64_MAX - 1, 2, 10, 5},
    {"time running backwards", 1, 2, 10, -1},
    {"more bytes than a frame holds", 1, 1100, 65000, 5},
};

static void test_refusals(void **state) {
    for (size_t r = 0; r < ROW_COUNT(refusals); r++) {
        const struct refusal *row = &refusals[r];
        print_message("  %s\n", row->name);
        struct given given = given_events(row->count, row->size, 0);
        struct daybook_buffer out = {0};
        struct daybook_error error = {0};
        given.header.first_sequence = row->first_sequence;
        given.header.first_recorded_at_us = 0;
        given.header.last_recorded_at_us = row->last_recorded_at_us;
        assert_int_equal(frame_pack(codec_of(state), given.header, given.events, &out, &error), DAYBOOK_INVALID);
        assert_true(strlen(error.message) > 0);
        assert_int_equal(out.size, 0);
        daybook_buffer_release(&out);
        given_release(&given);
    }
}

/* ---- damage ---- */

static enum daybook_status unpack(struct frame_codec *codec, const uint8_t *frame, size_t size,
                                  struct daybook_error *error) {
    static struct event_span events[LIMIT_FRAME_EVENTS];
    struct frame_header header;
    struct daybook_buffer raw = {0};
    /* A copy of just this size, so that a sanitizer sees a read past its end. */
    uint8_t *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, frame, size);
    enum daybook_status status = frame_unpack(codec, (struct daybook_bytes){copy, size}, &header, &raw, events, error);
    free(copy);
    daybook_buffer_release(&raw);
    return status;
}

static struct daybook_buffer packed(struct frame_codec *codec, uint32_t count, uint32_t size, uint32_t noisy) {
    struct given given = given_events(count, size, noisy);
    struct daybook_buffer out = {0};
    assert_int_equal(frame_pack(codec, given.header, given.events, &out, NULL), DAYBOOK_OK);
    given_release(&given);
    return out;
}

static void flip_each(struct frame_codec *codec, struct daybook_buffer *frame) {
    for (size_t bit = 0; bit < frame->size * 8; bit++) {
        const uint8_t mask = (uint8_t)(1u << (bit % 8));
        frame->data[bit / 8] ^= mask;
        enum daybook_status status = unpack(codec, frame->data, frame->size, NULL);
        if (status != DAYBOOK_DAMAGED && !(status == DAYBOOK_VERSION && (bit / 8 == 4 || bit / 8 == 5))) {
            fail_msg("bit %zu flipped: %s", bit, daybook_status_name(status));
        }
        frame->data[bit / 8] ^= mask;
    }
    assert_int_equal(unpack(codec, frame->data, frame->size, NULL), DAYBOOK_OK);
}

static void flip_each_bit(struct frame_codec *codec, uint32_t count, bool is_zstd) {
    struct daybook_buffer frame = packed(codec, count, 60, 16);
    assert_int_equal(frame.data[6], is_zstd);
    flip_each(codec, &frame);
    daybook_buffer_release(&frame);
}

static void test_flip_stored(void **state) {
    flip_each_bit(codec_of(state), 2, false);
}

static void test_flip_zstd(void **state) {
    flip_each_bit(codec_of(state), 20, true);
}

static void assert_cut_is_found(struct frame_codec *codec, const struct daybook_buffer *frame) {
    for (size_t size = 0; size < frame->size; size++) {
        assert_int_equal(unpack(codec, frame->data, size, NULL), DAYBOOK_DAMAGED);
    }
}

static void test_cut(void **state) {
    struct daybook_buffer frame = packed(codec_of(state), 20, 60, 16);
    assert_cut_is_found(codec_of(state), &frame);
    assert_int_equal(daybook_buffer_append(&frame, "x", 1), DAYBOOK_OK);
    assert_int_equal(unpack(codec_of(state), frame.data, frame.size, NULL), DAYBOOK_DAMAGED);
    daybook_buffer_release(&frame);
}

static void test_names_sequences(void **state) {
    struct daybook_buffer frame = packed(codec_of(state), 20, 60, 16);
    struct daybook_error error = {0};
    frame.data[frame.size - 1] ^= 1;
    assert_int_equal(unpack(codec_of(state), frame.data, frame.size, &error), DAYBOOK_DAMAGED);
    assert_non_null(strstr(error.message, "1000 to 1019"));
    daybook_buffer_release(&frame);
}

/* Headers that lie under a checksum that is right: what a clever or an unlucky writer could leave. */
struct forgery {
    const char *name;
    uint32_t count; /* Events of the honest frame: 2 are stored, 20 are zstd. */
    size_t offset;
    uint8_t size;
    uint64_t value;
    enum daybook_status expected;
};

static const struct forgery forgeries[] = {
    {"a newer format", 2, 4, 2, 3, DAYBOOK_VERSION},
    {"few events that say they are columns", 2, 4, 2, 2, DAYBOOK_DAMAGED},
    {"zstd that says it is columns", 20, 4, 2, 2, DAYBOOK_DAMAGED},
    {"format zero", 2, 4, 2, 0, DAYBOOK_DAMAGED},
    {"an unknown codec", 2, 6, 1, 2, DAYBOOK_DAMAGED},
    {"stored that says zstd", 2, 6, 1, 1, DAYBOOK_DAMAGED},
    {"zstd that says stored", 20, 6, 1, 0, DAYBOOK_DAMAGED},
    {"a byte that must be zero", 2, 7, 1, 1, DAYBOOK_DAMAGED},
    {"sequence zero", 2, 16, 8, 0, DAYBOOK_DAMAGED},
    {"the last sequence of all", 2, 16, 8, UINT64_MAX, DAYBOOK_DAMAGED},
    {"no event", 2, 24, 4, 0, DAYBOOK_DAMAGED},
    {"one event less", 20, 24, 4, 19, DAYBOOK_DAMAGED},
    {"one event more", 20, 24, 4, 21, DAYBOOK_DAMAGED},
    {"too many events", 20, 24, 4, LIMIT_FRAME_EVENTS + 1, DAYBOOK_DAMAGED},
    {"four thousand million events", 20, 24, 4, UINT32_MAX, DAYBOOK_DAMAGED},
    {"a raw size that is too small", 20, 28, 4, 1219, DAYBOOK_DAMAGED},
    {"a raw size that is too large", 20, 28, 4, 1221, DAYBOOK_DAMAGED},
    {"a raw size past the limit", 20, 28, 4, LIMIT_FRAME_BYTES + 1, DAYBOOK_DAMAGED},
    {"a raw size of 4 GiB", 20, 28, 4, UINT32_MAX, DAYBOOK_DAMAGED},
    {"time running backwards", 2, 32, 8, INT64_MAX, DAYBOOK_DAMAGED},
    {"a payload size that is too large", 20, 48, 4, UINT32_MAX, DAYBOOK_DAMAGED},
    {"an event longer than the payload", 2, 52, 1, 127, DAYBOOK_DAMAGED},
    {"a size without end", 2, 52, 8, UINT64_MAX, DAYBOOK_DAMAGED},
    {"zstd bytes that are none", 20, 52, 8, UINT64_MAX, DAYBOOK_DAMAGED},
};

/* The header's bytes as the row has them, under a checksum that is right. */
static void assert_forgery(struct frame_codec *codec, struct daybook_buffer frame, const struct forgery *row) {
    print_message("  %s\n", row->name);
    memcpy(frame.data + row->offset, &row->value, row->size);
    memset(frame.data + AT_CHECKSUM, 0, 8);
    store_le64(frame.data + AT_CHECKSUM, XXH3_64bits(frame.data, frame.size));
    assert_int_equal(unpack(codec, frame.data, frame.size, NULL), row->expected);
    daybook_buffer_release(&frame);
}

static void test_forgeries(void **state) {
    for (size_t r = 0; r < ROW_COUNT(forgeries); r++) {
        struct daybook_buffer frame = packed(codec_of(state), forgeries[r].count, 60, 16);
        assert_forgery(codec_of(state), frame, &forgeries[r]);
    }
}

/* ---- columns ---- */

static struct daybook_buffer packed_columns(struct frame_codec *codec, uint32_t count) {
    static uint8_t bytes[COLUMN_EVENTS_MOST][LEDGER_EVENT_ROOM];
    static struct event_span events[COLUMN_EVENTS_MOST];
    struct daybook_buffer out = {0};
    assert_true(count <= COLUMN_EVENTS_MOST);
    ledger_events_make(bytes, events, count);
    assert_int_equal(frame_pack(codec, ledger_events_header(count), events, &out, NULL), DAYBOOK_OK);
    return out;
}

/* From eight events on; fewer are smaller as they are. A table of few is stored. */
static void test_columns_are_used(void **state) {
    static const struct {
        uint32_t count;
        uint8_t version;
        uint8_t codec;
    } rows[] = {{1, 1, 0}, {7, 1, 1}, {8, 2, 0}, {500, 2, 1}};
    for (size_t r = 0; r < ROW_COUNT(rows); r++) {
        struct daybook_buffer frame = packed_columns(codec_of(state), rows[r].count);
        assert_int_equal(frame.data[4], rows[r].version);
        assert_int_equal(frame.data[6], rows[r].codec);
        assert_int_equal(unpack(codec_of(state), frame.data, frame.size, NULL), DAYBOOK_OK);
        daybook_buffer_release(&frame);
    }
}

/* Events of two bytes, of a key and nothing else, and of one long text; the last is empty. What columns cost and gain.
 */
static void test_columns_where_they_are_smaller(void **state) {
    static const struct {
        const char *name;
        uint8_t start[2];
        uint32_t size; /* Of an event. */
        bool is_noise;
        uint8_t version;
    } rows[] = {
        {"a number", {1 << 3, 5}, 2, false, 1}, /* Of 14 bytes together. */
        {"a key", {5 << 3 | 2, 18}, 20, true, 1},
        {"a text", {7 << 3 | 2, 38}, 40, false, 2},
    };
    for (size_t r = 0; r < ROW_COUNT(rows); r++) {
        struct given given = given_events(8, rows[r].size, rows[r].is_noise ? rows[r].size : 0);
        struct daybook_buffer out = {0};
        print_message("  %s\n", rows[r].name);
        for (uint32_t i = 0; i < 8; i++) {
            memcpy(given.bytes + (size_t)i * rows[r].size, rows[r].start, sizeof rows[r].start);
        }
        given.events[7].size = 0;
        assert_int_equal(frame_pack(codec_of(state), given.header, given.events, &out, NULL), DAYBOOK_OK);
        assert_int_equal(out.data[4], rows[r].version);
        assert_int_equal(unpack(codec_of(state), out.data, out.size, NULL), DAYBOOK_OK);
        daybook_buffer_release(&out);
        given_release(&given);
    }
}

static void test_flip_columns(void **state) {
    struct daybook_buffer frame = packed_columns(codec_of(state), 60);
    assert_int_equal(frame.data[4], 2);
    flip_each(codec_of(state), &frame);
    daybook_buffer_release(&frame);
}

static void test_cut_columns(void **state) {
    struct daybook_buffer frame = packed_columns(codec_of(state), 60);
    assert_cut_is_found(codec_of(state), &frame);
    daybook_buffer_release(&frame);
}

/* As above, of columns: 8 events have a table that is stored, 500 one that is zstd. */
static const struct forgery column_forgeries[] = {
    {"columns that say they are plain", 8, 4, 2, 1, DAYBOOK_DAMAGED},
    {"zstd columns that say they are plain", 500, 4, 2, 1, DAYBOOK_DAMAGED},
    {"stored columns that say zstd", 8, 6, 1, 1, DAYBOOK_DAMAGED},
    {"zstd columns that say stored", 500, 6, 1, 0, DAYBOOK_DAMAGED},
    {"one event less", 500, 24, 4, 499, DAYBOOK_DAMAGED},
    {"one event more", 500, 24, 4, 501, DAYBOOK_DAMAGED},
    {"no raw size", 500, 28, 4, 0, DAYBOOK_DAMAGED},
    {"another raw size", 8, 28, 4, 8 * 41, DAYBOOK_DAMAGED},
    {"a raw size past what is split", 500, 28, 4, (1 << 20) + 1, DAYBOOK_DAMAGED},
    {"a table size of nothing", 500, 52, 4, 0, DAYBOOK_DAMAGED},
    {"a table size of 4 GiB", 500, 52, 4, UINT32_MAX, DAYBOOK_DAMAGED},
    {"a noise size of nothing", 500, 56, 4, 0, DAYBOOK_DAMAGED},
    {"a noise size of 4 GiB", 500, 56, 4, UINT32_MAX, DAYBOOK_DAMAGED},
    {"a byte of noise less", 8, 56, 4, 8 * 16 - 1, DAYBOOK_DAMAGED},
    {"zstd bytes that are none", 500, 60, 8, UINT64_MAX, DAYBOOK_DAMAGED},
    {"forms that are none", 8, 60, 8, UINT64_MAX, DAYBOOK_DAMAGED},
};

static void test_column_forgeries(void **state) {
    for (size_t r = 0; r < ROW_COUNT(column_forgeries); r++) {
        struct daybook_buffer frame = packed_columns(codec_of(state), column_forgeries[r].count);
        assert_forgery(codec_of(state), frame, &column_forgeries[r]);
    }
}

static void test_peek(void **state) {
    struct daybook_buffer frame = packed(codec_of(state), 20, 60, 16);
    struct frame_header header;
    frame.data[frame.size - 1] ^= 1; /* Not seen: the checksum is not looked at. */
    assert_int_equal(frame_peek(daybook_buffer_view(&frame), &header, NULL), DAYBOOK_OK);
    assert_int_equal(header.first_sequence, 1000);
    assert_int_equal(header.event_count, 20);
    assert_int_equal(header.raw_size_bytes, 20 * 61);
    daybook_buffer_release(&frame);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),       cmocka_unit_test(test_stored),
        cmocka_unit_test(test_within_a_room),    cmocka_unit_test(test_within_a_room_what_packs_worse),
        cmocka_unit_test(test_format),           cmocka_unit_test(test_golden),
        cmocka_unit_test(test_refusals),         cmocka_unit_test(test_flip_stored),
        cmocka_unit_test(test_flip_zstd),        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_names_sequences),  cmocka_unit_test(test_forgeries),
        cmocka_unit_test(test_columns_are_used), cmocka_unit_test(test_columns_where_they_are_smaller),
        cmocka_unit_test(test_flip_columns),     cmocka_unit_test(test_cut_columns),
        cmocka_unit_test(test_column_forgeries), cmocka_unit_test(test_peek),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
