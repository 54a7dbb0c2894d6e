/*
 * Columns: the events of a frame, split into the fields that they are made of.
 *
 * Events laid one after another look alike, but what is alike lies apart: a
 * frame's dates, amounts and names compress better side by side, and its random
 * keys should not be searched for repetitions at all. The format is drawn in
 * columns_split.c.
 *
 *   C1  Joining what was split gives the very bytes that were split, whatever they are.
 *   C2  Joining any other bytes gives DAMAGED or events, never a read or a write out of bounds, and
 *       needs memory in proportion to what the caller allows.
 *   C3  The format knows nothing of any message: it says itself which fields stand where.
 *
 * An event that is no regular protobuf message is kept as it is, among the others.
 */
#ifndef DAYBOOK_CODEC_COLUMNS_H
#define DAYBOOK_CODEC_COLUMNS_H

#include <protobuf-c/protobuf-c.h>

#include "base/bytes.h"
#include "codec/event_span.h"

/* Events of more bytes together are not split. */
enum { COLUMNS_RAW_MOST = 1 << 20 };

/* What events are split into; borrowed until the next split. */
struct columns {
    struct daybook_bytes table; /* For a compressor. */
    struct daybook_bytes noise; /* What no compressor makes smaller: keys, digests. */
};

/* Where columns shall have room: the noise as it is, and each number of the table at what it is expected to take once
 * it is compressed. */
struct columns_room {
    size_t size_bytes;
    size_t value_milli_bytes;
};

/* How many of the events were split, and how many numbers the table has. */
struct columns_extent {
    uint32_t event_count;
    size_t value_count;
};

struct column_splitter; /* Tables, reused. One thread at a time. */

/* `message` says which fields are messages and which are noise (type bytes). NULL when memory is refused. */
struct column_splitter *column_splitter_open(const ProtobufCMessageDescriptor *message);
void column_splitter_close(struct column_splitter *splitter); /* Accepts NULL. */

/* `count` events, 1 to LIMIT_FRAME_EVENTS, of COLUMNS_RAW_MOST bytes together at most. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status columns_split(struct column_splitter *splitter, const struct event_span *events,
                                                   uint32_t count, struct columns *columns);

/* As columns_split, of the first events: one at least, and no more than have room. */
DAYBOOK_MUST_USE enum daybook_status columns_split_within(struct column_splitter *splitter,
                                                          const struct event_span *events, uint32_t count,
                                                          struct columns_room room, struct columns *columns,
                                                          struct columns_extent *extent);

struct column_joiner;
struct column_joiner *column_joiner_open(void);         /* NULL when memory is refused. */
void column_joiner_close(struct column_joiner *joiner); /* Accepts NULL. */

/* Rebuilds `count` events of `raw_size` bytes together into `raw` (reset first); `events` point into it. DAMAGED: the
 * columns are not those of such events. NO_MEMORY. Says no more than that: the caller knows whose events they are. */
DAYBOOK_MUST_USE enum daybook_status columns_join(struct column_joiner *joiner, struct columns columns, uint32_t count,
                                                  uint32_t raw_size, struct daybook_buffer *raw,
                                                  struct event_span *events);

#endif
