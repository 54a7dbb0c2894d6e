/*
 * Packs a run of events into one frame and unpacks it again.
 *
 * A frame, byte by byte; integers are little-endian:
 *
 *    0  4  magic, "DBFR"
 *    4  2  format version: 1 or 2
 *    6  1  codec: 0 stored, 1 zstd; in version 2 of the table alone
 *    7  1  zero
 *    8  8  checksum: XXH3-64, seed 0, of the whole frame with these 8 bytes zero
 *   16  8  first sequence, from 1
 *   24  4  event count, 1 to LIMIT_FRAME_EVENTS
 *   28  4  raw size, to LIMIT_FRAME_BYTES: in version 1 of the payload before its codec,
 *          in version 2 of the events, to COLUMNS_RAW_MOST
 *   32  8  recorded_at of the first event, microseconds since 1970-01-01 UTC, signed
 *   40  8  recorded_at of the last event
 *   48  4  payload size; the frame ends with its payload
 *
 * Version 1, of few events:
 *   52     payload: for each event its size as a varint, then its bytes
 *
 * Version 2, of many:
 *   52  4  size of the table before its codec, to the raw size
 *   56  4  size of the noise, to the raw size
 *   60     payload: the table under its codec, then the noise (codec/columns.h)
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

#include "codec/columns.h"
#include "daybook/v1/event.pb-c.h"
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
    AT_TABLE_SIZE = 52,
    AT_NOISE_SIZE = 56,
    COLUMNS_HEADER_SIZE = 60,
    CHECKSUM_SIZE = 8,
};

enum { VERSION_PLAIN = 1, VERSION_COLUMNS = 2, CODEC_STORED = 0, CODEC_ZSTD = 1 };

/* Fewer make a smaller frame as they are. */
enum { COLUMNS_LEAST_EVENTS = 8 };

/* Level 3 packs events hardly smaller and takes half as long again (engine/store/README.md has the table). What is
 * below the least size gains a few bytes at most, and the commit of a single event should not wait for them. */
enum { ZSTD_LEVEL = 1, ZSTD_LEAST_SIZE = 256 };

/* Where a frame shall end, and what is left out. */
struct frame_fit {
    const int64_t *recorded_at_us; /* Of each event. */
    size_t room;                   /* SIZE_MAX: it takes all events. */
    bool is_unchecked;
    bool is_stored;
};

/* So much less than the room is aimed at: the header, and what the size of a frame differs from what was expected. */
enum { FIT_LESS = 60 + 160 };

static const uint8_t frame_magic[4] = {'D', 'B', 'F', 'R'};

_Static_assert(LIMIT_FRAME_BYTES < INT32_MAX, "a raw size fits its field");
_Static_assert(LIMIT_EVENT_BYTES + 3 <= LIMIT_FRAME_BYTES, "one event fits a frame");

struct frame_codec {
    ZSTD_CCtx *compressor;
    ZSTD_DCtx *decompressor;
    XXH3_state_t *hasher;
    struct column_splitter *splitter;
    struct column_joiner *joiner;
    size_t value_milli_bytes;     /* What a number of a table took, packed, in the last frames that had a room. */
    struct daybook_buffer raw;    /* The payload being packed. */
    struct daybook_buffer table;  /* Of columns being unpacked. */
    struct daybook_buffer joined; /* The events of a frame that was packed, to be compared. */
    struct event_span joined_events[LIMIT_FRAME_EVENTS];
};

struct frame_codec *frame_codec_open(void) {
    struct frame_codec *codec = calloc(1, sizeof *codec);
    if (codec == NULL) {
        return NULL;
    }
    codec->compressor = ZSTD_createCCtx();
    codec->decompressor = ZSTD_createDCtx();
    codec->hasher = XXH3_createState();
    codec->splitter = column_splitter_open(&pb__event__descriptor);
    codec->joiner = column_joiner_open();
    if (codec->compressor == NULL || codec->decompressor == NULL || codec->hasher == NULL || codec->splitter == NULL ||
        codec->joiner == NULL ||
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
    column_splitter_close(codec->splitter);
    column_joiner_close(codec->joiner);
    daybook_buffer_release(&codec->raw);
    daybook_buffer_release(&codec->table);
    daybook_buffer_release(&codec->joined);
    free(codec);
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

/* How many bytes the events have together; each is short enough, and a frame holds them behind their sizes. */
static enum daybook_status events_check_input(const struct frame_header *header, const struct event_span *events,
                                              size_t *size, struct daybook_error *error) {
    uint8_t length[10];
    size_t framed = 0;
    *size = 0;
    for (uint32_t i = 0; i < header->event_count; i++) {
        if (events[i].size > LIMIT_EVENT_BYTES) {
            return daybook_fail(error, DAYBOOK_INVALID,
                                "packing event %" PRIu64 ": it has %" PRIu32 " bytes and the limit is %d",
                                header->first_sequence + i, events[i].size, LIMIT_EVENT_BYTES);
        }
        *size += events[i].size;
        framed += varint_store(length, events[i].size) + events[i].size;
    }
    if (framed > LIMIT_FRAME_BYTES) {
        return daybook_fail(error, DAYBOOK_INVALID, "packing %" PRIu32 " events: %zu bytes are more than a frame holds",
                            header->event_count, framed);
    }
    return DAYBOOK_OK;
}

/* The frame is whole behind its header, which is stored here, with the checksum of all. */
static void header_store(uint8_t *frame, const struct frame_header *header, unsigned version, uint8_t codec,
                         size_t payload_size) {
    const size_t header_size = version == VERSION_COLUMNS ? COLUMNS_HEADER_SIZE : HEADER_SIZE;
    memcpy(frame, frame_magic, sizeof frame_magic);
    store_le16(frame + AT_VERSION, (uint16_t)version);
    frame[AT_CODEC] = codec;
    frame[AT_ZERO] = 0;
    store_le64(frame + AT_CHECKSUM, 0);
    store_le64(frame + AT_FIRST_SEQUENCE, header->first_sequence);
    store_le32(frame + AT_EVENT_COUNT, header->event_count);
    store_le32(frame + AT_RAW_SIZE, header->raw_size_bytes);
    store_le64(frame + AT_FIRST_RECORDED_AT, (uint64_t)header->first_recorded_at_us);
    store_le64(frame + AT_LAST_RECORDED_AT, (uint64_t)header->last_recorded_at_us);
    store_le32(frame + AT_PAYLOAD_SIZE, (uint32_t)payload_size);
    store_le64(frame + AT_CHECKSUM, XXH3_64bits(frame, header_size + payload_size));
}

/* Puts the bytes where there is room for them, smaller if they are `zstd_from` at least and zstd makes them so. */
static size_t bytes_pack(struct frame_codec *codec, struct daybook_bytes bytes, size_t zstd_from, uint8_t *to,
                         size_t room, uint8_t *codec_used) {
    if (bytes.size >= zstd_from) {
        size_t packed_size = ZSTD_compress2(codec->compressor, to, room, bytes.data, bytes.size);
        /* An error here can only be refused memory; stored is always right, so it is no failure. */
        if (!ZSTD_isError(packed_size) && packed_size < bytes.size) {
            *codec_used = CODEC_ZSTD;
            return packed_size;
        }
    }
    memcpy(to, bytes.data, bytes.size);
    *codec_used = CODEC_STORED;
    return bytes.size;
}

static enum daybook_status out_of_memory(const struct frame_header *header, size_t size, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "packing %" PRIu32 " events: no memory for %zu bytes",
                        header->event_count, size);
}

/* Version 1: the events end to end behind their sizes, stored if they are less than `zstd_from`. */
static enum daybook_status plain_pack(struct frame_codec *codec, struct frame_header header,
                                      const struct event_span *events, size_t size, size_t zstd_from,
                                      struct daybook_buffer *out, struct daybook_error *error) {
    const size_t bound = size + (size_t)header.event_count * 10;
    daybook_buffer_reset(&codec->raw);
    uint8_t *to = daybook_buffer_reserve(&codec->raw, bound);
    if (to == NULL) {
        return out_of_memory(&header, bound, error);
    }
    for (uint32_t i = 0; i < header.event_count; i++) {
        to += varint_store(to, events[i].size);
        if (events[i].size > 0) {
            memcpy(to, events[i].data, events[i].size);
        }
        to += events[i].size;
    }
    codec->raw.size = (size_t)(to - codec->raw.data);
    header.raw_size_bytes = (uint32_t)codec->raw.size;

    uint8_t codec_used = CODEC_STORED;
    const size_t room = ZSTD_compressBound(codec->raw.size); /* Never less than the size. */
    uint8_t *frame = daybook_buffer_reserve(out, HEADER_SIZE + room);
    if (frame == NULL) {
        return out_of_memory(&header, HEADER_SIZE + room, error);
    }
    const size_t payload_size =
        bytes_pack(codec, daybook_buffer_view(&codec->raw), zstd_from, frame + HEADER_SIZE, room, &codec_used);
    header_store(frame, &header, VERSION_PLAIN, codec_used, payload_size);
    out->size += HEADER_SIZE + payload_size;
    return DAYBOOK_OK;
}

/* Do the columns give back the very events? What is appended can never be taken back. */
static bool columns_are_right(struct frame_codec *codec, struct columns columns, const struct frame_header *header,
                              const struct event_span *events) {
    if (columns_join(codec->joiner, columns, header->event_count, header->raw_size_bytes, &codec->joined,
                     codec->joined_events) != DAYBOOK_OK) {
        return false;
    }
    for (uint32_t i = 0; i < header->event_count; i++) {
        const struct event_span *joined = &codec->joined_events[i];
        if (joined->size != events[i].size ||
            (joined->size > 0 && memcmp(joined->data, events[i].data, joined->size) != 0)) {
            return false;
        }
    }
    return true;
}

/* The columns as a frame at the end of `out`. */
static enum daybook_status columns_put(struct frame_codec *codec, const struct frame_header *header,
                                       struct columns columns, struct daybook_buffer *out,
                                       struct daybook_error *error) {
    const size_t room = ZSTD_compressBound(columns.table.size);
    uint8_t codec_used = CODEC_STORED;
    uint8_t *frame = daybook_buffer_reserve(out, COLUMNS_HEADER_SIZE + room + columns.noise.size);
    if (frame == NULL) {
        return out_of_memory(header, COLUMNS_HEADER_SIZE + room + columns.noise.size, error);
    }
    size_t payload_size =
        bytes_pack(codec, columns.table, ZSTD_LEAST_SIZE, frame + COLUMNS_HEADER_SIZE, room, &codec_used);
    if (columns.noise.size > 0) {
        memcpy(frame + COLUMNS_HEADER_SIZE + payload_size, columns.noise.data, columns.noise.size);
        payload_size += columns.noise.size;
    }
    store_le32(frame + AT_TABLE_SIZE, (uint32_t)columns.table.size);
    store_le32(frame + AT_NOISE_SIZE, (uint32_t)columns.noise.size);
    header_store(frame, header, VERSION_COLUMNS, codec_used, payload_size);
    out->size += COLUMNS_HEADER_SIZE + payload_size;
    return DAYBOOK_OK;
}

/* The header of the first `count` of the events that it was of. */
static struct frame_header header_cut(struct frame_header header, const struct event_span *events, uint32_t count,
                                      const int64_t *recorded_at_us) {
    if (count < header.event_count) {
        header.event_count = count;
        header.last_recorded_at_us = recorded_at_us[count - 1];
    }
    header.raw_size_bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        header.raw_size_bytes += events[i].size;
    }
    return header;
}

/* Version 2, of as many events as have room. Leaves `out` as it is where columns are not smaller than the events, or do
 * not give them back. */
static enum daybook_status columns_pack(struct frame_codec *codec, const struct frame_header *all,
                                        const struct event_span *events, const struct frame_fit *fit,
                                        struct daybook_buffer *out, struct daybook_error *error) {
    const size_t before = out->size;
    struct columns_room room = {.size_bytes = SIZE_MAX};
    struct frame_header header;
    struct columns columns;
    struct columns_extent extent;
    if (fit->room < SIZE_MAX) {
        room.size_bytes = fit->room > FIT_LESS ? fit->room - FIT_LESS : 1;
        room.value_milli_bytes = codec->value_milli_bytes;
    }
    for (unsigned attempt = 1;; attempt++) {
        if (columns_split_within(codec->splitter, events, all->event_count, room, &columns, &extent) != DAYBOOK_OK) {
            return out_of_memory(all, all->raw_size_bytes, error);
        }
        header = header_cut(*all, events, extent.event_count, fit->recorded_at_us);
        const size_t size = header.raw_size_bytes;
        if (columns.table.size > size || columns.noise.size > size - columns.table.size) {
            return DAYBOOK_OK;
        }
        const enum daybook_status status = columns_put(codec, &header, columns, out, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
        const size_t packed = out->size - before - COLUMNS_HEADER_SIZE - columns.noise.size;
        room.value_milli_bytes = packed * 1000 / (extent.value_count + 1);
        if (out->size - before <= fit->room || attempt == 2) {
            break;
        }
        out->size = before;
    }
    if (fit->room < SIZE_MAX) {
        const size_t known = codec->value_milli_bytes;
        codec->value_milli_bytes = known == 0 ? room.value_milli_bytes : (3 * known + room.value_milli_bytes) / 4;
    }
    if (!fit->is_unchecked && !columns_are_right(codec, columns, &header, events)) {
        out->size = before;
    }
    return DAYBOOK_OK;
}

static enum daybook_status any_pack(struct frame_codec *codec, struct frame_header header,
                                    const struct event_span *events, const struct frame_fit *fit,
                                    struct daybook_buffer *out, struct daybook_error *error) {
    size_t size = 0;
    const size_t before = out->size;
    enum daybook_status status = header_check_input(&header, error);
    if (status == DAYBOOK_OK) {
        status = events_check_input(&header, events, &size, error);
    }
    if (status == DAYBOOK_OK && !fit->is_stored && header.event_count >= COLUMNS_LEAST_EVENTS &&
        size <= COLUMNS_RAW_MOST) {
        status = columns_pack(codec, &header, events, fit, out, error);
    }
    if (status == DAYBOOK_OK && out->size == before) {
        status = plain_pack(codec, header, events, size, fit->is_stored ? SIZE_MAX : ZSTD_LEAST_SIZE, out, error);
    }
    return status;
}

enum daybook_status frame_pack(struct frame_codec *codec, struct frame_header header, const struct event_span *events,
                               struct daybook_buffer *out, struct daybook_error *error) {
    return any_pack(codec, header, events, &(struct frame_fit){.room = SIZE_MAX}, out, error);
}

enum daybook_status frame_pack_stored(struct frame_codec *codec, struct frame_header header,
                                      const struct event_span *events, struct daybook_buffer *out,
                                      struct daybook_error *error) {
    return any_pack(codec, header, events, &(struct frame_fit){.room = SIZE_MAX, .is_stored = true}, out, error);
}

enum daybook_status frame_pack_unchecked(struct frame_codec *codec, struct frame_header header,
                                         const struct event_span *events, struct daybook_buffer *out,
                                         struct daybook_error *error) {
    return any_pack(codec, header, events, &(struct frame_fit){.room = SIZE_MAX, .is_unchecked = true}, out, error);
}

enum daybook_status frame_pack_within(struct frame_codec *codec, struct frame_header header,
                                      const struct event_span *events, const int64_t *recorded_at_us, size_t room,
                                      struct daybook_buffer *out, struct daybook_error *error) {
    header.last_recorded_at_us = recorded_at_us[header.event_count - 1];
    return any_pack(codec, header, events, &(struct frame_fit){.recorded_at_us = recorded_at_us, .room = room}, out,
                    error);
}

static enum daybook_status damaged(const struct frame_header *header, const char *what, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "reading the frame of sequences %" PRIu64 " to %" PRIu64 ": %s; restore it from a backup",
                        header->first_sequence, header->first_sequence + header->event_count - 1, what);
}

static bool plain_sizes_fit(struct daybook_bytes frame, const struct frame_header *header) {
    const size_t payload_size = load_le32(frame.data + AT_PAYLOAD_SIZE);
    return payload_size == frame.size - HEADER_SIZE && header->raw_size_bytes <= LIMIT_FRAME_BYTES &&
           header->raw_size_bytes >= header->event_count &&
           (frame.data[AT_CODEC] == CODEC_STORED ? payload_size == header->raw_size_bytes
                                                 : payload_size < header->raw_size_bytes);
}

static bool columns_sizes_fit(struct daybook_bytes frame, const struct frame_header *header) {
    if (frame.size < COLUMNS_HEADER_SIZE) {
        return false;
    }
    const size_t payload_size = load_le32(frame.data + AT_PAYLOAD_SIZE);
    const size_t table_size = load_le32(frame.data + AT_TABLE_SIZE);
    const size_t noise_size = load_le32(frame.data + AT_NOISE_SIZE);
    return payload_size == frame.size - COLUMNS_HEADER_SIZE && header->raw_size_bytes <= COLUMNS_RAW_MOST &&
           table_size <= header->raw_size_bytes && noise_size <= header->raw_size_bytes - table_size &&
           (frame.data[AT_CODEC] == CODEC_STORED
                ? payload_size == table_size + noise_size
                : payload_size >= noise_size && payload_size < table_size + noise_size);
}

enum daybook_status frame_peek(struct daybook_bytes frame, struct frame_header *header, struct daybook_error *error) {
    if (frame.size < HEADER_SIZE || memcmp(frame.data, frame_magic, sizeof frame_magic) != 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "reading a frame: %zu bytes that do not start as a frame does",
                            frame.size);
    }
    const uint8_t *at = frame.data;
    const unsigned version = load_le16(at + AT_VERSION);
    if (version > VERSION_COLUMNS) {
        return daybook_fail(error, DAYBOOK_VERSION,
                            "reading a frame: its format is version %u and this program knows %d; use a newer program",
                            version, VERSION_COLUMNS);
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
    if (version < VERSION_PLAIN || at[AT_ZERO] != 0 || (codec != CODEC_STORED && codec != CODEC_ZSTD)) {
        return damaged(&read, "its version or its codec is none that was ever written", error);
    }
    if (!(version == VERSION_COLUMNS ? columns_sizes_fit(frame, &read) : plain_sizes_fit(frame, &read))) {
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

/* False: they do not unpack to just that size. */
static bool bytes_unpack(struct frame_codec *codec, uint8_t codec_used, struct daybook_bytes packed, uint8_t *to,
                         size_t size) {
    if (codec_used == CODEC_STORED) {
        memcpy(to, packed.data, packed.size);
        return packed.size == size;
    }
    return ZSTD_decompressDCtx(codec->decompressor, to, size, packed.data, packed.size) == size;
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

/* Version 1 behind its checksum. */
static enum daybook_status plain_unpack(struct frame_codec *codec, struct daybook_bytes frame,
                                        const struct frame_header *header, struct daybook_buffer *raw,
                                        struct event_span *events, struct daybook_error *error) {
    const struct daybook_bytes payload = {frame.data + HEADER_SIZE, frame.size - HEADER_SIZE};
    daybook_buffer_reset(raw);
    uint8_t *to = daybook_buffer_reserve(raw, header->raw_size_bytes);
    if (to == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "unpacking a frame: no memory for %" PRIu32 " bytes",
                            header->raw_size_bytes);
    }
    if (!bytes_unpack(codec, frame.data[AT_CODEC], payload, to, header->raw_size_bytes)) {
        return damaged(header, "its payload does not unpack to the size that it states", error);
    }
    raw->size = header->raw_size_bytes;
    if (!raw_split(raw->data, raw->size, header->event_count, events)) {
        return damaged(header, "its payload is not the events that it states", error);
    }
    return DAYBOOK_OK;
}

/* Version 2 behind its checksum. A table that is stored is read where it lies. */
static enum daybook_status columns_unpack(struct frame_codec *codec, struct daybook_bytes frame,
                                          const struct frame_header *header, struct daybook_buffer *raw,
                                          struct event_span *events, struct daybook_error *error) {
    const size_t table_size = load_le32(frame.data + AT_TABLE_SIZE);
    const size_t noise_size = load_le32(frame.data + AT_NOISE_SIZE);
    const struct daybook_bytes packed = {frame.data + COLUMNS_HEADER_SIZE,
                                         frame.size - COLUMNS_HEADER_SIZE - noise_size};
    struct columns columns = {.table = packed, .noise = {packed.data + packed.size, noise_size}};
    if (frame.data[AT_CODEC] == CODEC_ZSTD) {
        daybook_buffer_reset(&codec->table);
        uint8_t *to = daybook_buffer_reserve(&codec->table, table_size);
        if (to == NULL) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "unpacking a frame: no memory for %zu bytes", table_size);
        }
        if (!bytes_unpack(codec, CODEC_ZSTD, packed, to, table_size)) {
            return damaged(header, "its table does not unpack to the size that it states", error);
        }
        columns.table = (struct daybook_bytes){to, table_size};
    }
    switch (columns_join(codec->joiner, columns, header->event_count, header->raw_size_bytes, raw, events)) {
    case DAYBOOK_OK:
        return DAYBOOK_OK;
    case DAYBOOK_NO_MEMORY:
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "unpacking a frame: no memory for %" PRIu32 " bytes",
                            header->raw_size_bytes);
    default:
        return damaged(header, "its columns are not the events that it states", error);
    }
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
    return load_le16(frame.data + AT_VERSION) == VERSION_COLUMNS
               ? columns_unpack(codec, frame, header, raw, events, error)
               : plain_unpack(codec, frame, header, raw, events, error);
}
