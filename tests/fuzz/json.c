/* A line of JSON as a request, an event and a question: what is read is written so that it is read the same. */
#include "tests/fuzz/fuzz.h"

#include "codec/wire.h"
#include "daybook/v1/query.pb-c.h"
#include "daybook/v1/request.pb-c.h"
#include "tools/json_message.h"

static void check(const uint8_t *data, size_t size, const ProtobufCMessageDescriptor *descriptor) {
    struct arena arena;
    ProtobufCMessage *message = NULL;
    ProtobufCMessage *again = NULL;
    struct daybook_buffer text = {0};
    struct daybook_buffer first = {0};
    struct daybook_buffer second = {0};
    arena_init(&arena, (size_t)1 << 26);
    if (json_read_message((struct daybook_bytes){data, size}, descriptor, &arena, &message, NULL) == DAYBOOK_OK) {
        FUZZ_CHECK(json_write_message(message, &text) == DAYBOOK_OK);
        FUZZ_CHECK(json_read_message(daybook_buffer_view(&text), descriptor, &arena, &again, NULL) == DAYBOOK_OK);
        FUZZ_CHECK(wire_encode(message, &first) == DAYBOOK_OK);
        FUZZ_CHECK(wire_encode(again, &second) == DAYBOOK_OK);
        FUZZ_CHECK(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
    }
    daybook_buffer_release(&text);
    daybook_buffer_release(&first);
    daybook_buffer_release(&second);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check(data, size, &pb__request__descriptor);
    check(data, size, &pb__event__descriptor);
    check(data, size, &pb__query__descriptor);
    return 0;
}
