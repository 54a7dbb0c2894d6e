/* Bytes as a frame, with their checksum made right, so that what lies behind it is reached. */
#include "tests/fuzz/fuzz.h"

#include "base/hash.h"
#include "codec/frame.h"
#include "limits.h"

enum { AT_CHECKSUM = 8, CHECKSUM_SIZE = 8 };

static struct frame_codec *codec;

/* F1: packed again and unpacked, the same events under the same header. */
static void pack_again(struct frame_header header, const struct event_span *events) {
    static struct event_span unpacked[LIMIT_FRAME_EVENTS];
    static struct daybook_buffer packed;
    static struct daybook_buffer raw;
    struct frame_header again;
    daybook_buffer_reset(&packed);
    FUZZ_CHECK(frame_pack(codec, header, events, &packed, NULL) == DAYBOOK_OK);
    FUZZ_CHECK(frame_unpack(codec, daybook_buffer_view(&packed), &again, &raw, unpacked, NULL) == DAYBOOK_OK);
    FUZZ_CHECK(again.first_sequence == header.first_sequence && again.event_count == header.event_count &&
               again.first_recorded_at_us == header.first_recorded_at_us &&
               again.last_recorded_at_us == header.last_recorded_at_us);
    for (uint32_t i = 0; i < header.event_count; i++) {
        FUZZ_CHECK(unpacked[i].size == events[i].size);
        FUZZ_CHECK(events[i].size == 0 || memcmp(unpacked[i].data, events[i].data, events[i].size) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct event_span events[LIMIT_FRAME_EVENTS];
    static struct daybook_buffer raw;
    struct frame_header header;
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
    enum daybook_status status = frame_unpack(codec, bytes, &header, &raw, events, NULL);
    FUZZ_CHECK(peeked == DAYBOOK_OK ? status == DAYBOOK_OK || status == DAYBOOK_DAMAGED : status == peeked);
    if (status == DAYBOOK_OK) {
        FUZZ_CHECK(header.event_count > 0 && header.event_count <= LIMIT_FRAME_EVENTS);
        for (uint32_t i = 0; i < header.event_count; i++) {
            FUZZ_CHECK(events[i].size <= LIMIT_EVENT_BYTES);
        }
        pack_again(header, events); /* Which reads every byte. */
    }
    free(frame);
    return 0;
}
