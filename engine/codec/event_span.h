/* One encoded event, borrowed. */
#ifndef DAYBOOK_CODEC_EVENT_SPAN_H
#define DAYBOOK_CODEC_EVENT_SPAN_H

#include <stdint.h>

struct event_span {
    const uint8_t *data;
    uint32_t size;
};

#endif
