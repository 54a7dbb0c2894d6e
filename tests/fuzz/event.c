/* Bytes as an event: what is read is written as bytes that are read the same, and every reader of events copes. */
#include "tests/fuzz/fuzz.h"

#include "codec/event_decode.h"
#include "codec/wire.h"
#include "daybook/v1/event.pb-c.h"
#include "domain/postings.h"
#include "store/journal.h"
#include "tools/event_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    ProtobufCMessage *message = NULL;
    ProtobufCMessage *again = NULL;
    Pb__Event *fast = NULL;
    struct daybook_buffer first = {0};
    struct daybook_buffer second = {0};
    arena_init(&arena, (size_t)1 << 26);
    enum daybook_status status =
        wire_decode(&pb__event__descriptor, (struct daybook_bytes){data, size}, &arena, &message, NULL);
    FUZZ_CHECK(event_decode((struct daybook_bytes){data, size}, &arena, &fast, NULL) == status);
    if (status == DAYBOOK_OK) {
        const Pb__Event *event = (const Pb__Event *)message;
        struct postings postings;
        int64_t amount_minor;
        FUZZ_CHECK(wire_encode(message, &first) == DAYBOOK_OK);
        FUZZ_CHECK(wire_decode(&pb__event__descriptor, daybook_buffer_view(&first), &arena, &again, NULL) ==
                   DAYBOOK_OK);
        FUZZ_CHECK(wire_encode(again, &second) == DAYBOOK_OK);
        FUZZ_CHECK(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
        daybook_buffer_reset(&second);
        FUZZ_CHECK(wire_encode(&fast->base, &second) == DAYBOOK_OK);
        FUZZ_CHECK(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
        (void)event_kind_text(event, &arena);
        (void)event_document_text(event, &arena);
        (void)event_amount(event, &amount_minor);
        if (postings_of(event, &postings, NULL) == DAYBOOK_OK && postings.count == 2) {
            FUZZ_CHECK(postings.lines[0].amount_minor == -postings.lines[1].amount_minor); /* PO1 */
        }
    }
    daybook_buffer_release(&first);
    daybook_buffer_release(&second);
    arena_release(&arena);
    return 0;
}
