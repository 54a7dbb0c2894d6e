/*
 * Every part of memory, and every function of zstd and xxhash, that the codec asks for fails, one after the other: it
 * is said, nothing has happened, and what is asked again is done. And a packer whose columns are not the events.
 */
#include "tests/rows.h"

#include "codec/columns.h"
#include "codec/compress.h"
#include "codec/event_decode.h"
#include "codec/event_encode.h"
#include "codec/frame.h"
#include "codec/wire.h"
#include "limits.h"
#include "tests/engine/codec/every_type.h"
#include "tests/engine/codec/ledger_events.h"
#include "tests/fault/fail.h"

enum { FEW = 3, MANY = 500, ARENA_BYTES = 64 << 20, FAILING_MOST = 5000 };

static const char before[] = "before";

static uint64_t seed;

/* ---- what is packed ---- */

struct bench {
    struct frame_codec *codec;
    struct compressor *compressor;
    struct daybook_buffer out;
    struct daybook_buffer raw;
    struct daybook_error error;
    bool was_met;
};

static struct event_span events[MANY];
static uint8_t events_bytes[MANY][LEDGER_EVENT_ROOM];
static struct event_span unpacked[LIMIT_FRAME_EVENTS];
static struct daybook_buffer frames[3]; /* Of few events; of many; of many whose table is stored. */
static const uint32_t frame_counts[3] = {FEW, MANY, 8};

static void assert_unpacks(struct daybook_bytes frame, uint32_t count) {
    struct frame_codec *codec = frame_codec_open();
    struct daybook_buffer raw = {0};
    struct frame_header header;
    assert_non_null(codec);
    assert_int_equal(frame_unpack(codec, frame, &header, &raw, unpacked, NULL), DAYBOOK_OK);
    assert_int_equal(header.event_count, count);
    assert_same_events(unpacked, events, count);
    daybook_buffer_release(&raw);
    frame_codec_close(codec);
}

static void frames_make(void) {
    struct frame_codec *codec = frame_codec_open();
    assert_non_null(codec);
    for (size_t i = 0; i < ROW_COUNT(frames); i++) {
        assert_int_equal(frame_pack(codec, ledger_events_header(frame_counts[i]), events, &frames[i], NULL),
                         DAYBOOK_OK);
        assert_unpacks(daybook_buffer_view(&frames[i]), frame_counts[i]);
    }
    frame_codec_close(codec);
}

static void frames_release(void) {
    for (size_t i = 0; i < ROW_COUNT(frames); i++) {
        daybook_buffer_release(&frames[i]);
    }
}

/* Every bench is fresh, so that what is kept is asked for again. */
static struct bench begin(void) {
    struct bench bench = {.codec = frame_codec_open(), .compressor = compressor_open()};
    assert_non_null(bench.codec);
    assert_non_null(bench.compressor);
    assert_int_equal(daybook_buffer_append(&bench.out, before, strlen(before)), DAYBOOK_OK);
    return bench;
}

static void end(struct bench *bench) {
    frame_codec_close(bench->codec);
    compressor_close(bench->compressor);
    daybook_buffer_release(&bench->out);
    daybook_buffer_release(&bench->raw);
}

/* Nothing fails from here on. True: it went through. Else memory was refused, and that was said. */
static bool went_through(struct bench *bench, enum daybook_status status) {
    bench->was_met = fail_disarm() > 0;
    if (status == DAYBOOK_OK) {
        return true;
    }
    assert_true(bench->was_met);
    assert_int_equal(status, DAYBOOK_NO_MEMORY);
    assert_int_equal(bench->error.status, DAYBOOK_NO_MEMORY);
    assert_true(strlen(bench->error.message) > 0);
    return false;
}

/* ---- what fails ---- */

static bool open_codec(struct bench *bench) {
    struct frame_codec *codec = frame_codec_open();
    bench->was_met = fail_disarm() > 0;
    assert_true(codec != NULL || bench->was_met);
    frame_codec_close(codec);
    return codec != NULL;
}

static bool open_compressor(struct bench *bench) {
    struct compressor *compressor = compressor_open();
    bench->was_met = fail_disarm() > 0;
    assert_true(compressor != NULL || bench->was_met);
    compressor_close(compressor);
    return compressor != NULL;
}

/* What is refused on the way to smaller bytes costs bytes: the frame that comes is right in any case. */
static bool pack(struct bench *bench, uint32_t count) {
    size_t size = strlen(before);
    bool is_done =
        went_through(bench, frame_pack(bench->codec, ledger_events_header(count), events, &bench->out, &bench->error));
    assert_memory_equal(bench->out.data, before, size);
    if (is_done) {
        assert_unpacks((struct daybook_bytes){bench->out.data + size, bench->out.size - size}, count);
    } else {
        assert_int_equal(bench->out.size, size);
    }
    bench->out.size = size;
    return is_done;
}

static bool pack_few(struct bench *bench) {
    return pack(bench, FEW);
}

static bool pack_many(struct bench *bench) {
    return pack(bench, MANY);
}

static bool unpack(struct bench *bench, size_t which) {
    struct frame_header header;
    bool is_done = went_through(bench, frame_unpack(bench->codec, daybook_buffer_view(&frames[which]), &header,
                                                    &bench->raw, unpacked, &bench->error));
    assert_same_events(unpacked, events, is_done ? frame_counts[which] : 0);
    return is_done;
}

static bool unpack_few(struct bench *bench) {
    return unpack(bench, 0);
}

static bool unpack_many(struct bench *bench) {
    return unpack(bench, 1);
}

static bool unpack_stored(struct bench *bench) {
    return unpack(bench, 2);
}

static bool compress(struct bench *bench) {
    const struct daybook_bytes raw = {events_bytes[0], sizeof events_bytes};
    bool is_done = went_through(bench, compressor_pack(bench->compressor, raw, &bench->out, &bench->error));
    assert_memory_equal(bench->out.data, before, strlen(before));
    assert_true(is_done ? bench->out.size > strlen(before) : bench->out.size == strlen(before));
    return is_done;
}

struct work_row {
    const char *name;
    enum fail_call call;
    bool (*work)(struct bench *bench);
    uint64_t least; /* That it asks for. */
};

static const struct work_row work_rows[] = {
    {"memory: a codec is opened", FAIL_PART, open_codec, 4},
    {"zstd: a codec is opened", FAIL_LIBRARY, open_codec, 4},
    {"memory: a compressor is opened", FAIL_PART, open_compressor, 1},
    {"zstd: a compressor is opened", FAIL_LIBRARY, open_compressor, 2},
    {"memory: few events are packed", FAIL_PART, pack_few, 2},
    {"memory: many events are packed", FAIL_PART, pack_many, 8},
    {"zstd: many events are packed", FAIL_LIBRARY, pack_many, 1},
    {"memory: few events are unpacked", FAIL_PART, unpack_few, 1},
    {"memory: many events are unpacked", FAIL_PART, unpack_many, 3},
    {"memory: columns that are stored are unpacked", FAIL_PART, unpack_stored, 2},
    {"memory: bytes are compressed", FAIL_PART, compress, 1},
    {"zstd: bytes are compressed", FAIL_LIBRARY, compress, 1},
};

static void each_failure_is_said(void **state) {
    const struct work_row *row = *state;
    bool was_met = true;
    uint64_t nth = 0;
    while (was_met) {
        struct bench bench = begin();
        assert_true(++nth < FAILING_MOST);
        fail_arm(row->call, nth, false);
        bool is_done = row->work(&bench);
        was_met = bench.was_met;
        assert_true(is_done || was_met);
        assert_true(row->work(&bench)); /* The same again, with what is left of it. */
        end(&bench);
    }
    assert_true(nth > row->least);
}

/* ---- messages ---- */

/* The writer grows its buffer where it finds no room, and each message has room in a buffer of its size: so from every
 * room it grows at another place, or needs not. */
static void encoding_grows_from_any_room(void **state) {
    (void)state;
    struct arena arena;
    struct random random = {.state = 11, .max_depth = 3};
    size_t refused = 0;
    static int64_t numbers[300];
    for (size_t i = 0; i < ROW_COUNT(numbers); i++) {
        numbers[i] = (int64_t)random_next(&random);
    }
    arena_init(&arena, ARENA_BYTES);
    for (int round = 0; round < 12; round++) {
        ProtobufCMessage *message = random_message(&random, &arena, &every_type_descriptor);
        struct daybook_buffer whole = {0};
        ((struct every_type *)message)->n_s64s = ROW_COUNT(numbers); /* More than there is room for with the rest. */
        ((struct every_type *)message)->s64s = numbers;
        assert_int_equal(wire_encode(message, &whole), DAYBOOK_OK);
        for (size_t room = 0; room < whole.size + 2000; room += 1 + room / 200) {
            struct daybook_buffer buffer = {.data = malloc(room + 1), .capacity = room};
            assert_non_null(buffer.data);
            fail_arm(FAIL_PART, 1, false);
            enum daybook_status status = wire_encode(message, &buffer);
            const bool was_met = fail_disarm() > 0;
            assert_int_equal(status, was_met ? DAYBOOK_NO_MEMORY : DAYBOOK_OK);
            assert_int_equal(buffer.size, was_met ? 0 : whole.size);
            refused += was_met;
            buffer.size = 0;
            assert_int_equal(wire_encode(message, &buffer), DAYBOOK_OK);
            assert_int_equal(buffer.size, whole.size);
            assert_memory_equal(buffer.data, whole.data, whole.size);
            daybook_buffer_release(&buffer);
        }
        daybook_buffer_release(&whole);
    }
    assert_true(refused > 500);
    arena_release(&arena);
}

struct body_row {
    const char *name;
    Pb__Event__BodyCase body_case;
    const ProtobufCMessageDescriptor *descriptor;
};

static const struct body_row body_rows[] = {
    {"memory: a charge", PB__EVENT__BODY_CHARGE_POSTED, &pb__charge_posted__descriptor},
    {"memory: a consumed deposit", PB__EVENT__BODY_DEPOSIT_CONSUMED, &pb__deposit_consumed__descriptor},
    {"memory: a payment", PB__EVENT__BODY_PAYMENT_RECEIVED, &pb__payment_received__descriptor},
    {"memory: an allocation", PB__EVENT__BODY_ALLOCATED, &pb__allocated__descriptor},
    {"memory: a deposit", PB__EVENT__BODY_DEPOSIT_RECEIVED, &pb__deposit_received__descriptor},
};

/* The nth part is refused once, and from then on; the quick decoder gives up and the other says why. */
static bool decode_failing(struct daybook_bytes bytes, uint64_t nth, bool is_for_good) {
    struct daybook_buffer again = {0};
    struct daybook_error error = {0};
    struct arena arena;
    Pb__Event *event = NULL;
    arena_init(&arena, ARENA_BYTES);
    fail_arm(FAIL_PART, nth, is_for_good);
    enum daybook_status status = event_decode(bytes, &arena, &event, &error);
    const bool was_met = fail_disarm() > 0;
    assert_true(status == DAYBOOK_OK || (was_met && status == DAYBOOK_NO_MEMORY));
    assert_true(status == DAYBOOK_NO_MEMORY || !was_met || !is_for_good);
    if (status == DAYBOOK_OK) {
        assert_int_equal(event_encode(event, &again), DAYBOOK_OK);
        assert_true(daybook_bytes_equal(daybook_buffer_view(&again), bytes));
        daybook_buffer_release(&again);
    } else {
        assert_null(event);
        assert_true(strlen(error.message) > 0);
    }
    arena_release(&arena);
    return was_met;
}

static void events_are_decoded_or_memory_was_refused(void **state) {
    const struct body_row *row = *state;
    struct random random = {.state = seed, .max_depth = 8};
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    for (int round = 0; round < 200; round++) {
        struct daybook_buffer bytes = {0};
        arena_reset(&arena);
        Pb__Event *event = (Pb__Event *)random_message(&random, &arena, &pb__event__descriptor);
        event->body_case = row->body_case;
        event->charge_posted = (Pb__ChargePosted *)random_message(&random, &arena, row->descriptor);
        assert_int_equal(daybook_buffer_append(&bytes, before, strlen(before)), DAYBOOK_OK);
        fail_arm(FAIL_PART, 1, false);
        assert_int_equal(event_encode(event, &bytes), DAYBOOK_NO_MEMORY);
        assert_int_equal(fail_disarm(), 1);
        assert_int_equal(bytes.size, strlen(before));
        daybook_buffer_reset(&bytes);
        assert_int_equal(event_encode(event, &bytes), DAYBOOK_OK);
        for (int is_for_good = 0; is_for_good <= 1; is_for_good++) {
            uint64_t nth = 1;
            while (decode_failing(daybook_buffer_view(&bytes), nth, is_for_good != 0)) {
                nth++;
            }
            assert_true(nth > 2);
        }
        daybook_buffer_release(&bytes);
    }
    arena_release(&arena);
}

/* ---- columns that are not the events ---- */

enum lie { HONEST, REFUSES, SHORTENS, ALTERS, EMPTIES };

static int joiner_lies = HONEST;

enum daybook_status __real_columns_join(struct column_joiner *joiner, struct columns columns, uint32_t count,
                                        uint32_t raw_size, struct daybook_buffer *raw, struct event_span *joined);
enum daybook_status __wrap_columns_join(struct column_joiner *joiner, struct columns columns, uint32_t count,
                                        uint32_t raw_size, struct daybook_buffer *raw, struct event_span *joined);

enum daybook_status __wrap_columns_join(struct column_joiner *joiner, struct columns columns, uint32_t count,
                                        uint32_t raw_size, struct daybook_buffer *raw, struct event_span *joined) {
    enum daybook_status status = __real_columns_join(joiner, columns, count, raw_size, raw, joined);
    switch ((enum lie)joiner_lies) {
    case HONEST:
        break;
    case REFUSES:
        return DAYBOOK_DAMAGED;
    case SHORTENS:
        joined[count - 1].size--;
        break;
    case ALTERS:
        raw->data[joined[count - 1].data - raw->data] ^= 1;
        break;
    case EMPTIES:
        joined[0].size = 0;
        break;
    }
    return status;
}

/* Were columns ever joined to anything else than what was split, the events would be kept as they are. */
static void what_does_not_come_back_is_not_packed(void **state) {
    (void)state;
    for (int lie = HONEST; lie <= EMPTIES; lie++) {
        struct bench bench = begin();
        joiner_lies = lie;
        assert_int_equal(frame_pack(bench.codec, ledger_events_header(MANY), events, &bench.raw, NULL), DAYBOOK_OK);
        joiner_lies = HONEST;
        assert_int_equal(bench.raw.data[4], lie == HONEST ? 2 : 1);
        assert_unpacks(daybook_buffer_view(&bench.raw), MANY);
        end(&bench);
    }
}

int main(void) {
    static struct rows rows;
    seed = random_message_seed();
    ledger_events_make(events_bytes, events, MANY);
    frames_make();
    ROWS_ADD_TABLE(&rows, work_rows, each_failure_is_said);
    ROWS_ADD_TABLE(&rows, body_rows, events_are_decoded_or_memory_was_refused);
    rows_add(&rows, "encoding grows from any room", encoding_grows_from_any_room, NULL);
    rows_add(&rows, "what does not come back is not packed", what_does_not_come_back_is_not_packed, NULL);
    int failed = rows_run("codec_fails", &rows);
    frames_release();
    return failed;
}
