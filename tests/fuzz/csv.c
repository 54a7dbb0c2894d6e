/* Bytes as CSV, in whichever encoding: records end, lines count up, and reading one again gives it again. */
#include "tests/fuzz/fuzz.h"

#include "tools/charset.h"
#include "tools/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct daybook_buffer text = {0};
    struct arena arena;
    struct arena again_arena;
    arena_init(&arena, (size_t)1 << 26);
    arena_init(&again_arena, (size_t)1 << 26);
    FUZZ_CHECK(daybook_buffer_append(&text, data, size) == DAYBOOK_OK);
    if (charset_to_utf8("fuzz", CHARSET_AUTO, &text, NULL) == DAYBOOK_OK) {
        struct csv_reader reader = {(const char *)text.data, text.size, 0, 1, ','};
        struct csv_record record;
        const char *complaint = NULL;
        enum csv_result result;
        uint64_t line = 0;
        size_t steps = 0;
        while ((result = csv_next(&reader, &arena, &record, &complaint)) != CSV_END) {
            FUZZ_CHECK(++steps <= text.size + 1);
            FUZZ_CHECK(reader.line >= line && reader.at <= text.size);
            line = reader.line;
            if (result == CSV_COMPLAINT) {
                FUZZ_CHECK(complaint != NULL && complaint[0] != '\0');
                continue;
            }
            FUZZ_CHECK(record.field_count <= CSV_FIELDS_MAX);
            struct csv_reader back = {(const char *)text.data, text.size, record.offset, record.line, ','};
            struct csv_record same;
            FUZZ_CHECK(csv_next(&back, &again_arena, &same, &complaint) == CSV_RECORD);
            FUZZ_CHECK(same.field_count == record.field_count && back.at == reader.at);
            for (size_t i = 0; i < record.field_count; i++) {
                FUZZ_CHECK(strcmp(record.fields[i], same.fields[i]) == 0);
            }
            arena_reset(&arena);
            arena_reset(&again_arena);
        }
    }
    daybook_buffer_release(&text);
    arena_release(&arena);
    arena_release(&again_arena);
    return 0;
}
