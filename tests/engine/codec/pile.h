/* Events end to end, while a test makes them. */
#ifndef DAYBOOK_TESTS_PILE_H
#define DAYBOOK_TESTS_PILE_H

#include <stdlib.h>

#include "base/bytes.h"
#include "codec/event_span.h"
#include "limits.h"
#include "tests/rows.h"

struct pile {
    struct daybook_buffer bytes;
    uint32_t sizes[LIMIT_FRAME_EVENTS];
    uint32_t count;
    struct event_span events[LIMIT_FRAME_EVENTS];
};

static inline struct pile *pile_new(void) {
    struct pile *pile = calloc(1, sizeof *pile);
    assert_non_null(pile);
    return pile;
}

static inline void pile_free(struct pile *pile) {
    daybook_buffer_release(&pile->bytes);
    free(pile);
}

static inline void pile_add(struct pile *pile, const void *data, size_t size) {
    assert_true(pile->count < LIMIT_FRAME_EVENTS);
    assert_int_equal(daybook_buffer_append(&pile->bytes, data, size), DAYBOOK_OK);
    pile->sizes[pile->count++] = (uint32_t)size;
}

/* Borrowed until the next is added. */
static inline const struct event_span *pile_events(struct pile *pile) {
    const uint8_t *at = pile->bytes.data;
    for (uint32_t i = 0; i < pile->count; i++) {
        pile->events[i] = (struct event_span){at, pile->sizes[i]};
        at += at != NULL ? pile->sizes[i] : 0;
    }
    return pile->events;
}

#endif
