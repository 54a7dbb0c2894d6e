/*
 * A frame: a run of consecutive events, compressed together, with its own
 * checksum. The format is drawn in frame.c.
 *
 *   F1  Unpacking gives the very bytes that were packed, event by event.
 *   F2  A flipped bit anywhere in a frame is found by its checksum.
 *   F3  A frame of a newer format version is refused with VERSION, never guessed at.
 */
#ifndef DAYBOOK_CODEC_FRAME_H
#define DAYBOOK_CODEC_FRAME_H

#include "base/bytes.h"
#include "codec/event_span.h"

/* What the header says; checked against the body by frame_unpack. */
struct frame_header {
    uint64_t first_sequence;
    uint32_t event_count;
    int64_t first_recorded_at_us;
    int64_t last_recorded_at_us;
    uint32_t raw_size_bytes; /* Of the events; in a plain frame with the sizes before them. */
};

struct frame_codec;                         /* zstd contexts, reused. One thread at a time. */
struct frame_codec *frame_codec_open(void); /* NULL when memory is refused. */
void frame_codec_close(struct frame_codec *codec);

/* Appends one frame of all `events` to `out`. */
DAYBOOK_MUST_USE enum daybook_status frame_pack(struct frame_codec *codec, struct frame_header header,
                                                const struct event_span *events, struct daybook_buffer *out,
                                                struct daybook_error *error);

/* As frame_pack, but the events are neither split nor compressed: for a frame that will soon be packed with others. */
DAYBOOK_MUST_USE enum daybook_status frame_pack_stored(struct frame_codec *codec, struct frame_header header,
                                                       const struct event_span *events, struct daybook_buffer *out,
                                                       struct daybook_error *error);

/* As frame_pack, but columns are not joined again and compared: for whoever unpacks the frame and does. */
DAYBOOK_MUST_USE enum daybook_status frame_pack_unchecked(struct frame_codec *codec, struct frame_header header,
                                                          const struct event_span *events, struct daybook_buffer *out,
                                                          struct daybook_error *error);

/* As frame_pack, of the first of the events: as many as end within `room` bytes, and mostly just before, by how the
 * frames before were packed. The first frame of a codec takes all, and so may one that packs worse than any before.
 * `recorded_at_us` has the instant of each event; the header's last is not looked at. */
DAYBOOK_MUST_USE enum daybook_status frame_pack_within(struct frame_codec *codec, struct frame_header header,
                                                       const struct event_span *events, const int64_t *recorded_at_us,
                                                       size_t room, struct daybook_buffer *out,
                                                       struct daybook_error *error);

/* Reads the header alone; checks magic, version and sizes, not the checksum. */
DAYBOOK_MUST_USE enum daybook_status frame_peek(struct daybook_bytes frame, struct frame_header *header,
                                                struct daybook_error *error);

/* Checks the checksum and unpacks into `raw` (reset first), where other bytes may lie between the events; `events`
 * (capacity LIMIT_FRAME_EVENTS) point into it. DAMAGED names the frame's sequences. */
DAYBOOK_MUST_USE enum daybook_status frame_unpack(struct frame_codec *codec, struct daybook_bytes frame,
                                                  struct frame_header *header, struct daybook_buffer *raw,
                                                  struct event_span *events, struct daybook_error *error);

#endif
