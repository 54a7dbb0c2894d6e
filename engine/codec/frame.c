/*
 * Packs a run of events into one frame and unpacks it again.
 *
 * A frame, byte by byte; integers are little-endian:
 *
 *    0  4  magic, "DBFR"
 *    4  2  format version, 1
 *    6  1  codec of the payload: 0 stored, 1 zstd
 *    7  1  zero
 *    8  8  checksum: XXH3-64, seed 0, of the whole frame with these 8 bytes zero
 *   16  8  first sequence, from 1
 *   24  4  event count, 1 to LIMIT_FRAME_EVENTS
 *   28  4  raw size: of the payload before its codec, to LIMIT_FRAME_BYTES
 *   32  8  recorded_at of the first event, microseconds since 1970-01-01 UTC, signed
 *   40  8  recorded_at of the last event
 *   48  4  payload size; the frame ends with its payload
 *   52     payload: for each event its size as a varint, then its bytes
 *
 * A frame may come from a damaged disk, so every size is checked against its
 * limit before it is used, and the checksum before the payload is unpacked.
 */
#include "codec/frame.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>
#include <zstd.h>

#include "limits.h"

enum {
    AT_VERSION = 4,
    AT_CODEC = 6,
    AT_ZERO = 7,
    AT_CHECKSUM = 8,
    AT_FIRST_SEQUENCE = 16,
    AT_EVENT_COUNT = 24,
    AT_RAW_SIZE = 28,
    AT_FIRST_RECORDED_AT = 32,
    AT_LAST_RECORDED_AT = 40,
    AT_PAYLOAD_SIZE = 48,
    HEADER_SIZE = 52,
    CHECKSUM_SIZE = 8,
};

enum { FORMAT_VERSION = 1, CODEC_STORED = 0, CODEC_ZSTD = 1 };

/* Level 3 packs events no smaller and takes half as long again (engine/store/README.md has the table). A payload below
 * the least size gains a few bytes at most, and the commit of a single event should not wait for them. */
enum { ZSTD_LEVEL = 1, ZSTD_LEAST_SIZE = 256 };

static const uint8_t frame_magic[4] = {'D', 'B', 'F', 'R'};

_Static_assert(LIMIT_FRAME_BYTES < INT32_MAX, "a raw size fits its field");
_Static_assert(LIMIT_EVENT_BYTES + 3 <= LIMIT_FRAME_BYTES, "one event fits a frame");

struct frame_codec {
    ZSTD_CCtx *compressor;
    ZSTD_DCtx *decompressor;
    XXH3_state_t *hasher;
    struct daybook_buffer raw; /* The payload being packed. */
};

struct frame_codec *frame_codec_open(void) {
    struct frame_codec *codec = calloc(1, sizeof *codec);
    if (codec == NULL) {
        return NULL;
    }
    codec->compressor = ZSTD_createCCtx();
    codec->decompressor = ZSTD_createDCtx();
    codec->hasher = XXH3_createState();
    if (codec->compressor == NULL || codec->decompressor == NULL || codec->hasher == NULL ||
        ZSTD_isError(ZSTD_CCtx_setParameter(codec->compressor, ZSTD_c_compressionLevel, ZSTD_LEVEL))) {
        frame_codec_close(codec);
        return NULL;
    }
    return codec;
}

void frame_codec_close(struct frame_codec *codec) {
    if (codec == NULL) {
        return;
    }
    ZSTD_freeCCtx(codec->compressor);
    ZSTD_freeDCtx(codec->decompressor);
    XXH3_freeState(codec->hasher);
    daybook_buffer_release(&codec->raw);
    free(codec);
}

/* Lays the events end to end behind their sizes. */
static enum daybook_status raw_gather(struct frame_codec *codec, const struct frame_header *header,
                                      const struct event_span *events, struct daybook_error *error) {
    size_t bound = 0;
    for (uint32_t i = 0; i < header->event_count; i++) {
        if (events[i].size > LIMIT_EVENT_BYTES) {
            return daybook_fail(error, DAYBOOK_INVALID,
                                "packing event %" PRIu64 ": it has %" PRIu32 " bytes and the limit is %d",
                                header->first_sequence + i, events[i].size, LIMIT_EVENT_BYTES);
        }
        bound += events[i].size + (size_t)10;
    }
    daybook_buffer_reset(&codec->raw);
    uint8_t *start = daybook_buffer_reserve(&codec->raw, bound);
    if (start == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "packing %" PRIu32 " events: no memory for %zu bytes",
                            header->event_count, bound);
    }
    uint8_t *to = start;
    for (uint32_t i = 0; i < header->event_count; i++) {
        to += varint_store(to, events[i].size);
        if (events[i].size > 0) {
            memcpy(to, events[i].data, events[i].size);
        }
        to += events[i].size;
    }
    codec->raw.size = (size_t)(to - start);
    if (codec->raw.size > LIMIT_FRAME_BYTES) {
        return daybook_fail(error, DAYBOOK_INVALID, "packing %" PRIu32 " events: %zu bytes are more than a frame holds",
                            header->event_count, codec->raw.size);
    }
    return DAYBOOK_OK;
}

static enum daybook_status header_check_input(const struct frame_header *header, struct daybook_error *error) {
    if (header->event_count == 0 || header->event_count > LIMIT_FRAME_EVENTS) {
        return daybook_fail(error, DAYBOOK_INVALID, "packing a frame of %" PRIu32 " events: 1 to %d are allowed",
                            header->event_count, LIMIT_FRAME_EVENTS);
    }
    if (header->first_sequence == 0 || header->first_sequence > UINT64_MAX - header->event_count) {
        return daybook_fail(error, DAYBOOK_INVALID, "packing a frame: %" PRIu64 " is no first sequence",
                            header->first_sequence);
    }
    if (header->first_recorded_at_us > header->last_recorded_at_us) {
        return daybook_fail(error, DAYBOOK_INVALID, "packing a frame: its last event is recorded before its first");
    }
    return DAYBOOK_OK;
}

static void header_store(uint8_t *frame, const struct frame_header *header, uint8_t codec, size_t payload_size) {
    memcpy(frame, frame_magic, sizeof frame_magic);
    store_le16(frame + AT_VERSION, FORMAT_VERSION);
    frame[AT_CODEC] = codec;
    frame[AT_ZERO] = 0;
    store_le64(frame + AT_CHECKSUM, 0);
    store_le64(frame + AT_FIRST_SEQUENCE, header->first_sequence);
    store_le32(frame + AT_EVENT_COUNT, header->event_count);
    store_le32(frame + AT_RAW_SIZE, header->raw_size_bytes);
    store_le64(frame + AT_FIRST_RECORDED_AT, (uint64_t)header->first_recorded_at_us);
    store_le64(frame + AT_LAST_RECORDED_AT, (uint64_t)header->last_recorded_at_us);
    store_le32(frame + AT_PAYLOAD_SIZE, (uint32_t)payload_size);
}

enum daybook_status frame_pack(struct frame_codec *codec, struct frame_header header, const struct event_span *events,
                               struct daybook_buffer *out, struct daybook_error *error) {
    enum daybook_status status = header_check_input(&header, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    status = raw_gather(codec, &header, events, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    const size_t raw_size = codec->raw.size;
    header.raw_size_bytes = (uint32_t)raw_size;

    const size_t room = ZSTD_compressBound(raw_size); /* Never less than raw_size. */
    uint8_t *frame = daybook_buffer_reserve(out, HEADER_SIZE + room);
    if (frame == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "packing %" PRIu32 " events: no memory for %zu bytes",
                            header.event_count, HEADER_SIZE + room);
    }
    size_t payload_size = raw_size;
    uint8_t payload_codec = CODEC_STORED;
    if (raw_size >= ZSTD_LEAST_SIZE) {
        size_t packed_size = ZSTD_compress2(codec->compressor, frame + HEADER_SIZE, room, codec->raw.data, raw_size);
        /* An error here can only be refused memory; stored is always right, so it is no failure. */
        if (!ZSTD_isError(packed_size) && packed_size < raw_size) {
            payload_size = packed_size;
            payload_codec = CODEC_ZSTD;
        }
    }
    if (payload_codec == CODEC_STORED) {
        memcpy(frame + HEADER_SIZE, codec->raw.data, raw_size);
    }
    header_store(frame, &header, payload_codec, payload_size);
    store_le64(frame + AT_CHECKSUM, XXH3_64bits(frame, HEADER_SIZE + payload_size));
    out->size += HEADER_SIZE + payload_size;
    return DAYBOOK_OK;
}

static enum daybook_status damaged(const struct frame_header *header, const char *what, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "reading the frame of sequences %" PRIu64 " to %" PRIu64 ": %s; restore it from a backup",
                        header->first_sequence, header->first_sequence + header->event_count - 1, what);
}

enum daybook_status frame_peek(struct daybook_bytes frame, struct frame_header *header, struct daybook_error *error) {
    if (frame.size < HEADER_SIZE || memcmp(frame.data, frame_magic, sizeof frame_magic) != 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "reading a frame: %zu bytes that do not start as a frame does",
                            frame.size);
    }
    const uint8_t *at = frame.data;
    const unsigned version = load_le16(at + AT_VERSION);
    if (version > FORMAT_VERSION) {
        return daybook_fail(error, DAYBOOK_VERSION,
                            "reading a frame: its format is version %u and this program knows %d; use a newer program",
                            version, FORMAT_VERSION);
    }
    struct frame_header read = {
        .first_sequence = load_le64(at + AT_FIRST_SEQUENCE),
        .event_count = load_le32(at + AT_EVENT_COUNT),
        .first_recorded_at_us = (int64_t)load_le64(at + AT_FIRST_RECORDED_AT),
        .last_recorded_at_us = (int64_t)load_le64(at + AT_LAST_RECORDED_AT),
        .raw_size_bytes = load_le32(at + AT_RAW_SIZE),
    };
    if (read.event_count == 0 || read.event_count > LIMIT_FRAME_EVENTS || read.first_sequence == 0 ||
        read.first_sequence > UINT64_MAX - read.event_count) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "reading a frame: its header says %" PRIu32 " events from sequence %" PRIu64,
                            read.event_count, read.first_sequence);
    }
    const uint8_t codec = at[AT_CODEC];
    const size_t payload_size = load_le32(at + AT_PAYLOAD_SIZE);
    if (version != FORMAT_VERSION || at[AT_ZERO] != 0 || (codec != CODEC_STORED && codec != CODEC_ZSTD)) {
        return damaged(&read, "its version or its codec is none that was ever written", error);
    }
    if (payload_size != frame.size - HEADER_SIZE || read.raw_size_bytes > LIMIT_FRAME_BYTES ||
        read.raw_size_bytes < read.event_count ||
        (codec == CODEC_STORED ? payload_size != read.raw_size_bytes : payload_size >= read.raw_size_bytes)) {
        return damaged(&read, "its sizes do not fit each other", error);
    }
    if (read.first_recorded_at_us > read.last_recorded_at_us) {
        return damaged(&read, "its last event is recorded before its first", error);
    }
    *header = read;
    return DAYBOOK_OK;
}

static uint64_t checksum_of(struct frame_codec *codec, struct daybook_bytes frame) {
    static const uint8_t zero[CHECKSUM_SIZE];
    const size_t after = AT_CHECKSUM + CHECKSUM_SIZE;
    XXH3_64bits_reset(codec->hasher);
    XXH3_64bits_update(codec->hasher, frame.data, AT_CHECKSUM);
    XXH3_64bits_update(codec->hasher, zero, sizeof zero);
    XXH3_64bits_update(codec->hasher, frame.data + after, frame.size - after);
    return XXH3_64bits_digest(codec->hasher);
}

/* Points each event into the raw bytes; false when they are not exactly `count` events. */
static bool raw_split(const uint8_t *raw, size_t size, uint32_t count, struct event_span *events) {
    const uint8_t *at = raw;
    const uint8_t *end = raw + size;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t event_size = 0;
        size_t read = varint_load(at, end, &event_size);
        if (read == 0 || event_size > LIMIT_EVENT_BYTES || event_size > (size_t)(end - at) - read) {
            return false;
        }
        events[i] = (struct event_span){at + read, (uint32_t)event_size};
        at += read + event_size;
    }
    return at == end;
}

enum daybook_status frame_unpack(struct frame_codec *codec, struct daybook_bytes frame, struct frame_header *header,
                                 struct daybook_buffer *raw, struct event_span *events, struct daybook_error *error) {
    enum daybook_status status = frame_peek(frame, header, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (checksum_of(codec, frame) != load_le64(frame.data + AT_CHECKSUM)) {
        return damaged(header, "its checksum does not match its bytes", error);
    }
    daybook_buffer_reset(raw);
    uint8_t *to = daybook_buffer_reserve(raw, header->raw_size_bytes);
    if (to == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "unpacking a frame: no memory for %" PRIu32 " bytes",
                            header->raw_size_bytes);
    }
    const uint8_t *payload = frame.data + HEADER_SIZE;
    const size_t payload_size = frame.size - HEADER_SIZE;
    if (frame.data[AT_CODEC] == CODEC_STORED) {
        memcpy(to, payload, payload_size);
    } else if (ZSTD_decompressDCtx(codec->decompressor, to, header->raw_size_bytes, payload, payload_size) !=
               header->raw_size_bytes) {
        return damaged(header, "its payload does not unpack to the size that it states", error);
    }
    raw->size = header->raw_size_bytes;
    if (!raw_split(raw->data, raw->size, header->event_count, events)) {
        return damaged(header, "its payload is not the events that it states", error);
    }
    return DAYBOOK_OK;
}
