/* Bytes as an import mapping, applied to a small file of fixed columns. */
#include "tests/fuzz/fuzz.h"

#include "tools/import_map.h"

static const char table[] = "customer,date,amount,due,note\nann,2024-01-02,10.50,2/29/2024,\"a, b\"\nbob,,-3,,\n";

static void use(struct import_map *map, struct arena *arena) {
    struct csv_reader reader = {table, sizeof table - 1, 0, 1, ','};
    struct csv_record header;
    struct csv_record row;
    const char *complaint = NULL;
    FUZZ_CHECK(csv_next(&reader, arena, &header, &complaint) == CSV_RECORD);
    if (import_map_bind(map, &header, NULL) != DAYBOOK_OK) {
        return;
    }
    while (csv_next(&reader, arena, &row, &complaint) == CSV_RECORD) {
        for (size_t i = 0; i < map->request_count; i++) {
            bool applies = false;
            Pb__Request *request = NULL;
            if (import_map_applies(map, &map->requests[i], &row, &applies, NULL) == DAYBOOK_OK && applies &&
                import_map_build(map, &map->requests[i], &row, "CNY", arena, &request, NULL) == DAYBOOK_OK) {
                FUZZ_CHECK(request != NULL && request->command_case != PB__REQUEST__COMMAND__NOT_SET);
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    struct import_map map;
    struct daybook_error error = {0};
    arena_init(&arena, (size_t)1 << 26);
    if (import_map_read("fuzz", (struct daybook_bytes){data, size}, &arena, &map, &error) == DAYBOOK_OK) {
        use(&map, &arena);
    } else {
        FUZZ_CHECK(error.message[0] != '\0');
    }
    arena_release(&arena);
    return 0;
}
