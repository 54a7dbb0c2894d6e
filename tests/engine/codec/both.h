/* A splitter, a joiner, and what is joined; cmocka's state. */
#ifndef DAYBOOK_TESTS_BOTH_H
#define DAYBOOK_TESTS_BOTH_H

#include "codec/columns.h"
#include "daybook/v1/event.pb-c.h"
#include "limits.h"
#include "tests/rows.h"

struct both {
    struct column_splitter *splitter;
    struct column_joiner *joiner;
    struct daybook_buffer raw;
    struct event_span *joined;
};

static inline int both_set_up(void **state) {
    struct both *both = calloc(1, sizeof *both);
    if (both != NULL) {
        both->splitter = column_splitter_open(&pb__event__descriptor);
        both->joiner = column_joiner_open();
        both->joined = calloc(LIMIT_FRAME_EVENTS, sizeof *both->joined);
    }
    *state = both;
    return both == NULL || both->splitter == NULL || both->joiner == NULL || both->joined == NULL;
}

static inline int both_tear_down(void **state) {
    struct both *both = *state;
    column_splitter_close(both->splitter);
    column_joiner_close(both->joiner);
    daybook_buffer_release(&both->raw);
    free(both->joined);
    free(both);
    return 0;
}

#endif
