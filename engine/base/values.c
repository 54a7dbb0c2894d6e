/* Growing buffers, and comparisons of bytes. */
#include "base/values.h"

#include <stdlib.h>
#include <string.h>

#define BUFFER_FIRST_CAPACITY 64

void daybook_buffer_release(struct daybook_buffer *buffer) {
    if (buffer == NULL) {
        return;
    }
    free(buffer->data);
    *buffer = (struct daybook_buffer){0};
}

void daybook_buffer_reset(struct daybook_buffer *buffer) {
    buffer->size = 0;
}

uint8_t *daybook_buffer_reserve(struct daybook_buffer *buffer, size_t size) {
    if (buffer->data != NULL && size <= buffer->capacity - buffer->size) {
        return buffer->data + buffer->size;
    }
    if (size > SIZE_MAX / 2 - buffer->size) {
        return NULL;
    }
    size_t needed = buffer->size + size;
    size_t capacity = buffer->capacity < BUFFER_FIRST_CAPACITY ? BUFFER_FIRST_CAPACITY : buffer->capacity;
    while (capacity < needed) {
        capacity *= 2; /* Below SIZE_MAX: needed is at most half of it. */
    }
    uint8_t *data = realloc(buffer->data, capacity);
    if (data == NULL) {
        return NULL;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return data + buffer->size;
}

enum daybook_status daybook_buffer_append(struct daybook_buffer *buffer, const void *data, size_t size) {
    uint8_t *to = daybook_buffer_reserve(buffer, size);
    if (to == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    if (size > 0) { /* memcpy takes no NULL, not even for nothing. */
        memcpy(to, data, size);
        buffer->size += size;
    }
    return DAYBOOK_OK;
}

struct daybook_bytes daybook_bytes_of_text(const char *text) {
    return (struct daybook_bytes){(const uint8_t *)text, strlen(text)};
}

bool daybook_bytes_equal(struct daybook_bytes a, struct daybook_bytes b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

int daybook_bytes_compare(struct daybook_bytes a, struct daybook_bytes b) {
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    if (order != 0) {
        return order;
    }
    return (a.size > b.size) - (a.size < b.size);
}
