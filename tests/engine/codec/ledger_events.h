/* Events as a ledger writes them, byte by byte: sequence, instant, a key that is noise, a customer. */
#ifndef DAYBOOK_TESTS_LEDGER_EVENTS_H
#define DAYBOOK_TESTS_LEDGER_EVENTS_H

#include "base/bytes.h"
#include "codec/event_span.h"
#include "codec/frame.h"
#include "tests/engine/codec/random_message.h"

enum { LEDGER_EVENT_ROOM = 64 };

static inline void ledger_events_make(uint8_t (*bytes)[LEDGER_EVENT_ROOM], struct event_span *events, uint32_t count) {
    struct random random = {.state = 7};
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *at = bytes[i];
        *at++ = 1 << 3;
        at += varint_store(at, 1000 + i);
        *at++ = 2 << 3;
        at += varint_store(at, 1700000000000000u + i);
        *at++ = 5 << 3 | 2;
        *at++ = 16;
        store_le64(at, random_next(&random));
        store_le64(at + 8, random_next(&random));
        at += 16;
        *at++ = 7 << 3 | 2;
        *at++ = 8;
        (void)snprintf((char *)at, 9, "cust%04u", (unsigned)random_below(&random, 10000));
        events[i] = (struct event_span){bytes[i], (uint32_t)(at + 8 - bytes[i])};
    }
}

/* Of the first `count` of them. */
static inline struct frame_header ledger_events_header(uint32_t count) {
    return (struct frame_header){.first_sequence = 1000,
                                 .event_count = count,
                                 .first_recorded_at_us = 1700000000000000,
                                 .last_recorded_at_us = 1700000000000000 + count - 1};
}

static inline void assert_same_events(const struct event_span *a, const struct event_span *b, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(a[i].size, b[i].size);
        assert_memory_equal(a[i].data, b[i].data, a[i].size);
    }
}

#endif
