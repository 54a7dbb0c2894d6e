/* Bytes as a file of keys, as sealed data and as a profile: what is read is written the same, what opens was sealed. */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <unistd.h>

#include "codec/wire.h"
#include "seal.h"

enum { ARENA_BYTES = 1 << 20, SLOTS = 8 };

static const uint8_t ledger_id[KEYRING_LEDGER_ID_BYTES] = {7};
static const struct keyring_key key = {.slot = 1, .id = 2, .bytes = {3}};
static const struct seal_place place = {ledger_id, "ACME"};

static void check_slot(int file, uint64_t number, const struct keyring_slot *slot) {
    struct keyring_slot again;
    FUZZ_CHECK(strnlen(slot->customer, sizeof slot->customer) <= LIMIT_ID_BYTES);
    FUZZ_CHECK(slot->kind == SLOT_EMPTY || slot->kind == SLOT_KEY || slot->kind == SLOT_ERASED ||
               slot->kind == SLOT_DAMAGED);
    if (slot->kind == SLOT_KEY || slot->kind == SLOT_ERASED) {
        FUZZ_CHECK(keyring_file_write(file, number, slot, NULL) == DAYBOOK_OK);
        FUZZ_CHECK(keyring_file_read(file, number, &again, NULL) == DAYBOOK_OK);
        FUZZ_CHECK(again.kind == slot->kind && again.key_id == slot->key_id);
        FUZZ_CHECK(strcmp(again.customer, slot->customer) == 0);
        FUZZ_CHECK(memcmp(again.key, slot->key, sizeof again.key) == 0);
    }
}

static void as_file(const uint8_t *data, size_t size) {
    const char *path = fuzz_file(data, size);
    struct keyring_slot slots[SLOTS];
    size_t count = 0;
    uint64_t end = 0;
    int file = -1;
    if (path == NULL) {
        return;
    }
    if (keyring_file_open(path, ledger_id, false, &file, &end, NULL) == DAYBOOK_OK) {
        (void)close(file);
    }
    file = open(path, O_RDWR | O_CLOEXEC);
    FUZZ_CHECK(file >= 0);
    FUZZ_CHECK(keyring_file_scan(file, 1, SLOTS, slots, &count, NULL) == DAYBOOK_OK);
    FUZZ_CHECK(count <= SLOTS);
    for (size_t i = 0; i < count; i++) {
        check_slot(file, i + 1, &slots[i]);
    }
    (void)close(file);
}

static void as_sealed(const uint8_t *data, size_t size, struct arena *arena) {
    Pb__CustomerProfile profile = PB__CUSTOMER_PROFILE__INIT;
    Pb__Sealed sealed = PB__SEALED__INIT;
    Pb__Sealed *again = NULL;
    sealed.ciphertext = (ProtobufCBinaryData){size, (uint8_t *)(uintptr_t)data};
    profile.sealed = &sealed;
    enum daybook_status status = seal_open_profile(&key, &place, &profile, arena, NULL);
    FUZZ_CHECK(status == DAYBOOK_OK || status == DAYBOOK_DAMAGED);
    if (status == DAYBOOK_OK) {
        FUZZ_CHECK(seal_profile(&key, &place, &profile, arena, &again, NULL) == DAYBOOK_OK);
        FUZZ_CHECK(again->ciphertext.len == size && memcmp(again->ciphertext.data, data, size) == 0);
    }
}

static void as_profile(const uint8_t *data, size_t size, struct arena *arena) {
    ProtobufCMessage *message = NULL;
    if (wire_decode(&pb__customer_profile__descriptor, (struct daybook_bytes){data, size}, arena, &message, NULL) !=
        DAYBOOK_OK) {
        return;
    }
    Pb__CustomerProfile *profile = (Pb__CustomerProfile *)message;
    Pb__CustomerProfile opened = PB__CUSTOMER_PROFILE__INIT;
    enum daybook_status status = seal_profile(&key, &place, profile, arena, &opened.sealed, NULL);
    FUZZ_CHECK(status == DAYBOOK_OK || status == DAYBOOK_LIMIT);
    if (status == DAYBOOK_OK) {
        FUZZ_CHECK(opened.sealed->ciphertext.len % SEAL_STEP_BYTES == 16);
        FUZZ_CHECK(seal_open_profile(&key, &place, &opened, arena, NULL) == DAYBOOK_OK);
        FUZZ_CHECK(strcmp(opened.name, profile->name) == 0);
        FUZZ_CHECK((opened.contact == NULL) == (profile->contact == NULL));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    if (size == 0) {
        return 0;
    }
    arena_init(&arena, ARENA_BYTES);
    switch (data[0] % 3) {
    case 0:
        as_file(data + 1, size - 1);
        break;
    case 1:
        as_sealed(data + 1, size - 1, &arena);
        break;
    default:
        as_profile(data + 1, size - 1, &arena);
        break;
    }
    arena_release(&arena);
    return 0;
}
