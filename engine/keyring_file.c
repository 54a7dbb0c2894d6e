/*
 * One file of keys.
 *
 *     header     "DAYBKEYS", u32 format, u32 zero, 16 bytes of the ledger's id, 88 zero, u64 checksum
 *     slot       u8 kind, u8 size of the customer's id, 6 zero, u64 key id, 64 bytes of the customer's id (filled up
 *                with zeros), 32 of the key, 8 zero, u64 checksum
 *
 * All of 128 bytes, little-endian; the checksum is hash64 of the 120 bytes before it, with the slot's number as its
 * seed, so that a slot that lies elsewhere is none. The header is in the place of slot 0.
 */
#include "keyring_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/small_file.h"

enum {
    FILE_FORMAT = 1,
    AT_FORMAT = 8,
    AT_LEDGER_ID = 16,
    AT_KEY_ID = 8,
    AT_CUSTOMER = 16,
    AT_KEY = AT_CUSTOMER + LIMIT_ID_BYTES,
    AT_CHECKSUM = KEYRING_SLOT_BYTES - 8,
    SCAN_SLOTS = 512,
    READ_TRIES = 4, /* Another process may be overwriting the slot. */
};
_Static_assert(AT_KEY + KEYRING_KEY_BYTES <= AT_CHECKSUM, "a slot must fit");
_Static_assert(512 % KEYRING_SLOT_BYTES == 0, "a slot lies within a sector");

static const char magic[8] = {'D', 'A', 'Y', 'B', 'K', 'E', 'Y', 'S'};

static enum daybook_status fail(const char *doing, struct daybook_error *error) {
    int code = errno;
    (void)daybook_fail(error, files_status(code), "%s", strerror(code));
    (void)daybook_fail_in(error, "%s", doing);
    return files_status(code);
}

/* ---- the header ---- */

enum daybook_status keyring_file_make(const char *path, const uint8_t ledger_id[KEYRING_LEDGER_ID_BYTES],
                                      struct daybook_error *error) {
    uint8_t header[KEYRING_SLOT_BYTES] = {0};
    memcpy(header, magic, sizeof magic);
    store_le32(header + AT_FORMAT, FILE_FORMAT);
    memcpy(header + AT_LEDGER_ID, ledger_id, KEYRING_LEDGER_ID_BYTES);
    store_le64(header + AT_CHECKSUM, hash64(header, AT_CHECKSUM, 0));
    return small_file_write(path, (struct daybook_bytes){header, sizeof header}, SMALL_FILE_PRIVATE, SMALL_FILE_NEW,
                            error);
}

static enum daybook_status check_header(const char *path, int file, const uint8_t ledger_id[KEYRING_LEDGER_ID_BYTES],
                                        struct daybook_error *error) {
    uint8_t header[KEYRING_SLOT_BYTES];
    ssize_t size = pread(file, header, sizeof header, 0);
    if (size < 0) {
        return fail("reading the customers' keys", error);
    }
    if (size != sizeof header || memcmp(header, magic, sizeof magic) != 0 ||
        load_le64(header + AT_CHECKSUM) != hash64(header, AT_CHECKSUM, 0)) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "reading %s: it is no file of customers' keys, or its head is damaged; put back a copy of "
                            "it, or move it away: what was sealed with its keys then stays unreadable",
                            path);
    }
    if (load_le32(header + AT_FORMAT) != FILE_FORMAT) {
        return daybook_fail(error, DAYBOOK_VERSION, "reading %s: it has format %u and this program knows %d", path,
                            load_le32(header + AT_FORMAT), FILE_FORMAT);
    }
    if (memcmp(header + AT_LEDGER_ID, ledger_id, KEYRING_LEDGER_ID_BYTES) != 0) {
        return daybook_fail(error, DAYBOOK_INVALID, "reading %s: it holds the keys of another ledger; move it away",
                            path);
    }
    return DAYBOOK_OK;
}

enum daybook_status keyring_file_open(const char *path, const uint8_t ledger_id[KEYRING_LEDGER_ID_BYTES],
                                      bool is_writer, int *file, uint64_t *end, struct daybook_error *error) {
    struct stat facts;
    *file = open(path, (is_writer ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (*file < 0) {
        int code = errno;
        return daybook_fail(error, files_status(code), "opening %s: %s", path, strerror(code));
    }
    enum daybook_status status = check_header(path, *file, ledger_id, error);
    if (status == DAYBOOK_OK && fstat(*file, &facts) != 0) {
        status = fail("reading the customers' keys", error);
    }
    if (status != DAYBOOK_OK) {
        (void)close(*file);
        *file = -1;
        return status;
    }
    /* A slot that was cut short is behind the end of none. */
    *end = ((uint64_t)facts.st_size + KEYRING_SLOT_BYTES - 1) / KEYRING_SLOT_BYTES;
    return DAYBOOK_OK;
}

/* ---- slots ---- */

static bool is_blank(const uint8_t bytes[KEYRING_SLOT_BYTES]) {
    uint8_t any = 0;
    for (size_t i = 0; i < KEYRING_SLOT_BYTES; i++) {
        any |= bytes[i];
    }
    return any == 0;
}

static void unpack(const uint8_t bytes[KEYRING_SLOT_BYTES], uint64_t number, struct keyring_slot *slot) {
    size_t id_size = bytes[1] <= LIMIT_ID_BYTES ? bytes[1] : LIMIT_ID_BYTES;
    *slot = (struct keyring_slot){.kind = SLOT_DAMAGED, .key_id = load_le64(bytes + AT_KEY_ID)};
    memcpy(slot->customer, bytes + AT_CUSTOMER, id_size);
    memcpy(slot->key, bytes + AT_KEY, KEYRING_KEY_BYTES);
    if (is_blank(bytes)) {
        slot->kind = SLOT_EMPTY;
    } else if (load_le64(bytes + AT_CHECKSUM) == hash64(bytes, AT_CHECKSUM, number) &&
               (bytes[0] == SLOT_KEY || bytes[0] == SLOT_ERASED)) {
        slot->kind = bytes[0];
    }
}

enum daybook_status keyring_file_read(int file, uint64_t number, struct keyring_slot *slot,
                                      struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    size_t count = 0;
    *slot = (struct keyring_slot){.kind = SLOT_EMPTY};
    for (int i = 0; i < READ_TRIES && status == DAYBOOK_OK; i++) {
        status = keyring_file_scan(file, number, 1, slot, &count, error);
        if (slot->kind != SLOT_DAMAGED) {
            break;
        }
    }
    return status;
}

enum daybook_status keyring_file_write(int file, uint64_t number, const struct keyring_slot *slot,
                                       struct daybook_error *error) {
    uint8_t bytes[KEYRING_SLOT_BYTES] = {0};
    size_t id_size = strnlen(slot->customer, LIMIT_ID_BYTES);
    bytes[0] = (uint8_t)slot->kind;
    bytes[1] = (uint8_t)id_size;
    store_le64(bytes + AT_KEY_ID, slot->key_id);
    memcpy(bytes + AT_CUSTOMER, slot->customer, id_size);
    memcpy(bytes + AT_KEY, slot->key, KEYRING_KEY_BYTES);
    store_le64(bytes + AT_CHECKSUM, hash64(bytes, AT_CHECKSUM, number));
    ssize_t size = pwrite(file, bytes, sizeof bytes, (off_t)(number * KEYRING_SLOT_BYTES));
    OPENSSL_cleanse(bytes, sizeof bytes);
    if (size >= 0 && size != sizeof bytes) {
        errno = ENOSPC;
    }
    return size == sizeof bytes ? DAYBOOK_OK : fail("writing the customers' keys", error);
}

enum daybook_status keyring_file_scan(int file, uint64_t number, size_t capacity, struct keyring_slot *slots,
                                      size_t *count, struct daybook_error *error) {
    uint8_t bytes[SCAN_SLOTS][KEYRING_SLOT_BYTES];
    *count = 0;
    if (number == 0 || number > INT64_MAX / KEYRING_SLOT_BYTES) {
        return DAYBOOK_OK;
    }
    capacity = capacity < SCAN_SLOTS ? capacity : SCAN_SLOTS;
    ssize_t size = pread(file, bytes, capacity * KEYRING_SLOT_BYTES, (off_t)(number * KEYRING_SLOT_BYTES));
    if (size < 0) {
        return fail("reading the customers' keys", error);
    }
    size_t rest = (size_t)size % KEYRING_SLOT_BYTES;
    if (rest != 0) { /* Cut short: what is missing counts as zeros, and the checksum tells. */
        memset((uint8_t *)bytes + size, 0, KEYRING_SLOT_BYTES - rest);
    }
    *count = ((size_t)size + KEYRING_SLOT_BYTES - 1) / KEYRING_SLOT_BYTES;
    for (size_t i = 0; i < *count; i++) {
        unpack(bytes[i], number + i, &slots[i]);
    }
    OPENSSL_cleanse(bytes, (size_t)size);
    return DAYBOOK_OK;
}
