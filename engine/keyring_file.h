/*
 * One file of keys, a slot a key.
 *
 *   KS1  A slot lies within one sector, and is written where it lies: a power cut leaves the old one, the new one, or
 *        one whose checksum tells.
 *   KS2  A slot that was given to a key is never given to another, unless the file is replaced by an older copy of it;
 *        then the key's id tells.
 *
 * No locks: keyring.h has them.
 */
#ifndef DAYBOOK_KEYRING_FILE_H
#define DAYBOOK_KEYRING_FILE_H

#include "base/values.h"
#include "limits.h"

enum { KEYRING_SLOT_BYTES = 128, KEYRING_KEY_BYTES = 32, KEYRING_LEDGER_ID_BYTES = 16 };

enum slot_kind {
    SLOT_EMPTY = 0, /* Never written; past the end of the file, too. */
    SLOT_KEY = 1,
    SLOT_ERASED = 2,
    SLOT_DAMAGED = 255, /* Never in a file: the checksum says so. */
};

/* A slot in memory. Clear it after use: OPENSSL_cleanse. */
struct keyring_slot {
    enum slot_kind kind;
    uint64_t key_id; /* Random, never 0. */
    char customer[LIMIT_ID_BYTES + 1];
    uint8_t key[KEYRING_KEY_BYTES]; /* All zero where it was erased. */
};

/* Makes the file, durably, for its owner's eyes only. EXISTS: there is one of that name. */
DAYBOOK_MUST_USE enum daybook_status keyring_file_make(const char *path,
                                                       const uint8_t ledger_id[KEYRING_LEDGER_ID_BYTES],
                                                       struct daybook_error *error);

/* DAMAGED: it is no file of keys. INVALID: it belongs to another ledger. VERSION. `*end`: the first slot behind all. */
DAYBOOK_MUST_USE enum daybook_status keyring_file_open(const char *path,
                                                       const uint8_t ledger_id[KEYRING_LEDGER_ID_BYTES], bool is_writer,
                                                       int *file, uint64_t *end, struct daybook_error *error);

/* IO only; a slot that is not what was written is SLOT_DAMAGED. */
DAYBOOK_MUST_USE enum daybook_status keyring_file_read(int file, uint64_t number, struct keyring_slot *slot,
                                                       struct daybook_error *error);
/* Not synced. IO, LIMIT. */
DAYBOOK_MUST_USE enum daybook_status keyring_file_write(int file, uint64_t number, const struct keyring_slot *slot,
                                                        struct daybook_error *error);

/* Slots [number, number + *count), at most `capacity`, in one read; *count 0: the file ends. Also for slots that are
 * damaged: their customer is what the bytes say. */
DAYBOOK_MUST_USE enum daybook_status keyring_file_scan(int file, uint64_t number, size_t capacity,
                                                       struct keyring_slot *slots, size_t *count,
                                                       struct daybook_error *error);

#endif
