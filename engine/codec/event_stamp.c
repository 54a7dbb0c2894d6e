/* The first two fields of an event, read from the wire. */
#include "codec/event_stamp.h"

#include "base/bytes.h"

bool event_stamp_read(struct event_span event, struct event_stamp *stamp) {
    enum { TAG_SEQUENCE = 1 << 3, TAG_RECORDED_AT = 2 << 3 }; /* Field numbers, wire type varint. */
    const uint8_t *at = event.data;
    const uint8_t *end = at + event.size;
    uint64_t recorded_at = 0;
    if (event.size == 0 || *at++ != TAG_SEQUENCE) {
        return false;
    }
    if (!varint_take(&at, end, &stamp->sequence) || at == end || *at++ != TAG_RECORDED_AT ||
        !varint_take(&at, end, &recorded_at)) {
        return false;
    }
    stamp->recorded_at_us = (int64_t)recorded_at;
    return true;
}
