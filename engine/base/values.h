/* The values that pass through the public face, and are installed with it: borrowed bytes, bytes that grow, a clock. */
#ifndef DAYBOOK_BASE_VALUES_H
#define DAYBOOK_BASE_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Borrowed: whoever hands it out says until when. Not NUL-terminated. */
struct daybook_bytes {
    const uint8_t *data;
    size_t size;
};

/* Owned and growing. All zero is an empty buffer. */
struct daybook_buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

void daybook_buffer_release(struct daybook_buffer *buffer); /* Accepts NULL; leaves it empty. */
void daybook_buffer_reset(struct daybook_buffer *buffer);   /* Empty, memory kept. */

/* Makes room for `size` more bytes and returns where they go (size is not
 * advanced), or NULL when memory is refused. */
DAYBOOK_MUST_USE uint8_t *daybook_buffer_reserve(struct daybook_buffer *buffer, size_t size);

/* NO_MEMORY: nothing was appended. */
DAYBOOK_MUST_USE enum daybook_status daybook_buffer_append(struct daybook_buffer *buffer, const void *data,
                                                           size_t size);

static inline struct daybook_bytes daybook_buffer_view(const struct daybook_buffer *buffer) {
    struct daybook_bytes view = {buffer->data, buffer->size}; /* C++ knows no compound literals. */
    return view;
}

struct daybook_bytes daybook_bytes_of_text(const char *text);
bool daybook_bytes_equal(struct daybook_bytes a, struct daybook_bytes b);
int daybook_bytes_compare(struct daybook_bytes a, struct daybook_bytes b); /* memcmp, then the shorter first. */

/* The clock is an argument: only the shell reads the time. */
struct daybook_clock {
    int64_t (*now_us)(void *context); /* Microseconds since 1970-01-01 UTC. */
    void *context;
};

#ifdef __cplusplus
}
#endif

#endif
