/* What a stored event says of itself first, without decoding it. Any thread. */
#ifndef DAYBOOK_CODEC_EVENT_STAMP_H
#define DAYBOOK_CODEC_EVENT_STAMP_H

#include <stdbool.h>

#include "codec/frame.h"

/* Its first two fields, which its encoder writes first. */
struct event_stamp {
    uint64_t sequence;
    int64_t recorded_at_us; /* Microseconds since 1970-01-01. */
};

/* False: the event does not begin with them. */
bool event_stamp_read(struct event_span event, struct event_stamp *stamp);

#endif
