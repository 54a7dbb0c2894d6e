/*
 * Bytes as requests, one after the other behind their sizes (u16), decided in
 * one small ledger. A refusal leaves no trace, and a replay of the events gives
 * the state that deciding left.
 */
#include "tests/fuzz/fuzz.h"

#include "tests/engine/domain/script.h"
#include "tests/engine/domain/world.h"

enum { REQUESTS_MAX = 64 };

static void prepare(struct world *world) {
    static const char *const lines[] = {
        "2024-01-01 open ann",
        "2024-01-02 deposit l1 100 expires=2024-09-01",
        "2024-01-03 charge c1 250 goods due=2024-02-03",
        "2024-01-05 pay p1 100",
        "2024-01-06 open bob",
    };
    world_open(world, "Asia/Shanghai", (struct decide_settings){.currency = "CNY"});
    world->now_us = script_instant("2024-06-15T04:00:00Z");
    for (size_t i = 0; i < ROW_COUNT(lines); i++) {
        char key[16];
        struct decide_result result;
        (void)snprintf(key, sizeof key, "setup-%zu", i);
        world_decide(world, script_request(&world->arena, lines[i], key), &result);
        FUZZ_CHECK(result.refusal == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct world world;
    bool is_first = true;
    size_t at = 0;
    for (int i = 0; i < REQUESTS_MAX && at + 2 <= size; i++) {
        size_t wanted = load_le16(data + at);
        size_t given = size - at - 2;
        struct daybook_bytes bytes = {data + at + 2, wanted < given ? wanted : given};
        ProtobufCMessage *message = NULL;
        if (is_first) {
            prepare(&world);
            is_first = false;
        }
        if (wire_decode(&pb__request__descriptor, bytes, &world.arena, &message, NULL) == DAYBOOK_OK) {
            struct decide_result result;
            world_decide(&world, (const Pb__Request *)message, &result);
            FUZZ_CHECK(result.refusal == NULL || result.refusal->message[0] != '\0');
        }
        at += 2 + bytes.size;
    }
    if (!is_first) {
        world_check_replay(&world);
        world_close(&world);
    }
    return 0;
}
