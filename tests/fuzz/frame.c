/* Bytes as a frame, with their checksum made right, so that what lies behind it is reached. */
#include "tests/fuzz/fuzz.h"

#include "base/hash.h"
#include "codec/frame.h"
#include "limits.h"

enum { AT_CHECKSUM = 8, CHECKSUM_SIZE = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct frame_codec *codec;
    static struct event_span events[LIMIT_FRAME_EVENTS];
    static struct daybook_buffer raw;
    static struct daybook_buffer packed;
    struct frame_header header;
    struct frame_header again;
    uint8_t *frame = malloc(size + 1);
    codec = codec != NULL ? codec : frame_codec_open();
    FUZZ_CHECK(codec != NULL && frame != NULL);
    memcpy(frame, data, size);
    if (size >= AT_CHECKSUM + CHECKSUM_SIZE) {
        memset(frame + AT_CHECKSUM, 0, CHECKSUM_SIZE);
        store_le64(frame + AT_CHECKSUM, hash64(frame, size, 0));
    }
    struct daybook_bytes bytes = {frame, size};
    enum daybook_status peeked = frame_peek(bytes, &header, NULL);
    FUZZ_CHECK(peeked == DAYBOOK_OK || peeked == DAYBOOK_DAMAGED || peeked == DAYBOOK_VERSION);
    if (frame_unpack(codec, bytes, &header, &raw, events, NULL) == DAYBOOK_OK) {
        uint64_t total = 0;
        FUZZ_CHECK(header.event_count > 0 && header.event_count <= LIMIT_FRAME_EVENTS);
        for (uint32_t i = 0; i < header.event_count; i++) {
            FUZZ_CHECK(events[i].size <= LIMIT_EVENT_BYTES);
            for (uint32_t b = 0; b < events[i].size; b++) {
                total += events[i].data[b]; /* Every byte is there to be read. */
            }
        }
        FUZZ_CHECK(total < UINT64_MAX);
        /* F1: packed again and unpacked, the same header. */
        daybook_buffer_reset(&packed);
        if (frame_pack(codec, header, events, &packed, NULL) == DAYBOOK_OK) {
            FUZZ_CHECK(frame_peek(daybook_buffer_view(&packed), &again, NULL) == DAYBOOK_OK);
            FUZZ_CHECK(again.first_sequence == header.first_sequence && again.event_count == header.event_count);
        }
    }
    free(frame);
    return 0;
}
