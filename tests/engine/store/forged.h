/* Frames under a checksum that is right, whose events or header say what is not so. */
#ifndef DAYBOOK_TESTS_STORE_FORGED_H
#define DAYBOOK_TESTS_STORE_FORGED_H

#include "codec/frame.h"
#include "tests/engine/store/events.h"

/* What is changed of a sound frame. */
struct lie {
    uint32_t index;          /* The event that lies. */
    bool is_empty;           /* It has no bytes. */
    int64_t sequence_by;     /* What it says is so much more. */
    int64_t instant_by;      /* The same. */
    int64_t all_instants_by; /* Of every event, and of the header. */
    int64_t first_by;        /* Of the header's instants. */
    int64_t last_by;
};

static inline struct daybook_buffer forged_frame(uint64_t first_sequence, uint32_t count, struct lie lie) {
    struct events events = events_make(first_sequence, count);
    struct frame_codec *codec = frame_codec_open();
    struct daybook_buffer frame = {0};
    uint8_t *bytes = malloc((size_t)count * EVENT_ROOM);
    const struct frame_header header = {
        .first_sequence = first_sequence,
        .event_count = count,
        .first_recorded_at_us = event_instant(first_sequence) + lie.all_instants_by + lie.first_by,
        .last_recorded_at_us = event_instant(first_sequence + count - 1) + lie.all_instants_by + lie.last_by};
    assert_non_null(codec);
    assert_non_null(bytes);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *to = bytes + (size_t)i * EVENT_ROOM;
        const uint64_t sequence = first_sequence + i + (uint64_t)(i == lie.index ? lie.sequence_by : 0);
        const int64_t instant_us =
            event_instant(first_sequence + i) + lie.all_instants_by + (i == lie.index ? lie.instant_by : 0);
        events.spans[i] = (struct event_span){to, event_write(sequence, instant_us, to)};
    }
    events.spans[lie.index].size = lie.is_empty ? 0 : events.spans[lie.index].size;
    assert_int_equal(frame_pack(codec, header, events.spans, &frame, NULL), DAYBOOK_OK);
    frame_codec_close(codec);
    events_release(&events);
    free(bytes);
    return frame;
}

#endif
