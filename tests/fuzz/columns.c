/* Bytes as columns, which are joined or refused; and as events, which come back whatever they are. */
#include "tests/fuzz/fuzz.h"

#include "codec/columns.h"
#include "daybook/v1/event.pb-c.h"
#include "limits.h"

static struct column_splitter *splitter;
static struct column_joiner *joiner;
static struct daybook_buffer raw;
static struct event_span joined[LIMIT_FRAME_EVENTS];

/* C1: each event behind a byte of its size. */
static void split_and_join(const uint8_t *data, size_t size) {
    struct event_span events[64];
    struct columns columns;
    uint32_t count = 0;
    uint32_t raw_size = 0;
    for (size_t at = 0; at < size && count < 64;) {
        const size_t left = size - at - 1;
        const uint32_t event_size = data[at] < left ? data[at] : (uint32_t)left;
        events[count++] = (struct event_span){data + at + 1, event_size};
        raw_size += event_size;
        at += 1 + event_size;
    }
    if (count == 0) {
        return;
    }
    FUZZ_CHECK(columns_split(splitter, events, count, &columns) == DAYBOOK_OK);
    FUZZ_CHECK(columns_join(joiner, columns, count, raw_size, &raw, joined) == DAYBOOK_OK);
    for (uint32_t i = 0; i < count; i++) {
        FUZZ_CHECK(joined[i].size == events[i].size);
        FUZZ_CHECK(events[i].size == 0 || memcmp(joined[i].data, events[i].data, events[i].size) == 0);
    }
}

/* C2: how many events, of how many bytes, and how much of the rest is noise; then the columns. */
static void join(const uint8_t *data, size_t size) {
    enum { SIZES = 6 };
    if (size < SIZES) {
        return;
    }
    const uint32_t count = load_le16(data) % (LIMIT_FRAME_EVENTS + 1);
    const uint32_t raw_size = load_le16(data + 2);
    const size_t noise_size = load_le16(data + 4) % (size - SIZES + 1);
    uint8_t *table = malloc(size);
    uint8_t *noise = malloc(size);
    FUZZ_CHECK(table != NULL && noise != NULL);
    memcpy(table + noise_size + SIZES, data + SIZES, size - SIZES - noise_size);
    memcpy(noise + size - noise_size, data + size - noise_size, noise_size);
    const struct columns columns = {{table + noise_size + SIZES, size - SIZES - noise_size},
                                    {noise + size - noise_size, noise_size}};
    if (columns_join(joiner, columns, count, raw_size, &raw, joined) == DAYBOOK_OK) {
        uint64_t total = 0;
        uint64_t sum = 0;
        for (uint32_t i = 0; i < count; i++) {
            FUZZ_CHECK(joined[i].size <= LIMIT_EVENT_BYTES);
            total += joined[i].size;
            for (uint32_t b = 0; b < joined[i].size; b++) {
                sum += joined[i].data[b]; /* Every byte is there to be read. */
            }
        }
        FUZZ_CHECK(total == raw_size && sum < UINT64_MAX);
    }
    free(table);
    free(noise);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    splitter = splitter != NULL ? splitter : column_splitter_open(&pb__event__descriptor);
    joiner = joiner != NULL ? joiner : column_joiner_open();
    FUZZ_CHECK(splitter != NULL && joiner != NULL);
    if (size > 0 && data[0] % 2 == 0) {
        split_and_join(data + 1, size - 1);
    } else if (size > 0) {
        join(data + 1, size - 1);
    }
    return 0;
}
