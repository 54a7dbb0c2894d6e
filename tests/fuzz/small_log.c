/* A signed log of a few events. */
#include "tests/fuzz/small_log.h"

#include "codec/wire.h"
#include "daybook/v1/event.pb-c.h"
#include "tests/engine/store/place.h"
#include "tests/fuzz/fuzz.h"

enum { FIRST_INSTANT_US = 1704067200 };

void small_log_make(struct small_log *log, size_t count) {
    static const uint8_t seed[NOTE_SEED_SIZE] = {4, 5, 6};
    *log = (struct small_log){.count = count, .events = calloc(count, sizeof *log->events)};
    FUZZ_CHECK(log->events != NULL);
    FUZZ_CHECK(note_signer_of_seed("example.com/fuzz", NOTE_ED25519, seed, &log->signer, NULL) == DAYBOOK_OK);
    log->trust.log = log->signer.key;
    for (size_t i = 0; i < count; i++) {
        Pb__Event event = PB__EVENT__INIT;
        Pb__CustomerOpened opened = PB__CUSTOMER_OPENED__INIT;
        char customer[32];
        (void)snprintf(customer, sizeof customer, "c%zu", i);
        event.sequence = i + 1;
        event.recorded_at_us = FIRST_INSTANT_US + (int64_t)i;
        event.customer = customer;
        event.body_case = PB__EVENT__BODY_CUSTOMER_OPENED;
        event.customer_opened = &opened;
        FUZZ_CHECK(wire_encode(&event.base, &log->events[i]) == DAYBOOK_OK);
    }
}

struct merkle_hash small_log_root(const struct small_log *log, size_t size) {
    struct sha256 *sha256 = sha256_open();
    struct merkle_edge edge = {0};
    struct merkle_hash hash;
    FUZZ_CHECK(sha256 != NULL);
    for (size_t i = 0; i < size; i++) {
        merkle_leaf(sha256, daybook_buffer_view(&log->events[i]), &hash);
        FUZZ_CHECK(merkle_edge_add(&edge, sha256, &hash, NULL, NULL, NULL) == DAYBOOK_OK);
    }
    merkle_edge_root(&edge, sha256, &hash);
    sha256_close(sha256);
    return hash;
}

bool small_log_sign(const struct small_log *log, struct daybook_bytes text, struct daybook_buffer *out) {
    return note_sign(text, &log->signer, out, NULL) == DAYBOOK_OK;
}

void small_log_checkpoint(const struct small_log *log, uint64_t size, const struct merkle_hash *root,
                          struct daybook_buffer *out) {
    struct tree_head head = {.tree = {size, *root}};
    struct daybook_buffer text = {0};
    (void)snprintf(head.origin, sizeof head.origin, "%s", log->signer.key.name);
    FUZZ_CHECK(tree_head_format(&head, &text) == DAYBOOK_OK);
    FUZZ_CHECK(small_log_sign(log, daybook_buffer_view(&text), out));
    daybook_buffer_release(&text);
}

static char directory[] = "/dev/shm/daybook-fuzz-XXXXXX";

static void remove_directory(void) {
    place_remove(directory);
}

const char *small_log_directory(void) {
    static bool is_made;
    if (!is_made) {
        FUZZ_CHECK(mkdtemp(directory) != NULL);
        is_made = true;
        FUZZ_CHECK(atexit(remove_directory) == 0);
    }
    return directory;
}
