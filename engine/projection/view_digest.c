/*
 * The digest of a view: SHA-256 over
 *
 *   u8 length and bytes of the name, u32 version, u64 position, and for each table
 *   u32 index, u64 row count, and for each row in the order of the keys
 *   u32 length and bytes of the key, u32 length and bytes of the value
 *
 * integers little-endian. The checkpoint is no part of it. The rows are read in
 * one transaction, since a digest speaks of one position.
 */
#include <string.h>

#include "base/hash.h"
#include "projection/view_inside.h"

static void update_u32(struct sha256 *sha256, uint32_t value) {
    uint8_t bytes[4];
    store_le32(bytes, value);
    sha256_update(sha256, bytes, sizeof bytes);
}

static void update_u64(struct sha256 *sha256, uint64_t value) {
    uint8_t bytes[8];
    store_le64(bytes, value);
    sha256_update(sha256, bytes, sizeof bytes);
}

static void update_bytes(struct sha256 *sha256, struct daybook_bytes bytes) {
    update_u32(sha256, (uint32_t)bytes.size);
    sha256_update(sha256, bytes.data, bytes.size);
}

static enum daybook_status digest_table(struct sha256 *sha256, struct store_txn *txn, unsigned table,
                                        uint64_t *row_count, struct daybook_error *error) {
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    uint64_t count = 0;
    uint64_t seen = 0;
    enum daybook_status status = table_count(txn, table, &count, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    update_u32(sha256, table);
    update_u64(sha256, count);
    status = cursor_open(txn, table, &cursor, error);
    if (status == DAYBOOK_OK) {
        status = cursor_seek(cursor, (struct daybook_bytes){0}, &row, error);
    }
    /* A damaged page may lead in a circle: no more rows are read than the table says. */
    for (; status == DAYBOOK_OK && row.is_valid && seen <= count; seen++) {
        update_bytes(sha256, row.key);
        update_bytes(sha256, row.value);
        status = cursor_next(cursor, &row, error);
    }
    cursor_close(cursor);
    if (status == DAYBOOK_OK && seen != count) {
        status = daybook_fail(error, DAYBOOK_DAMAGED, "reading table %u: it has %llu rows and says %llu", table,
                              (unsigned long long)seen, (unsigned long long)count);
    }
    *row_count += seen;
    return status;
}

enum daybook_status view_digest_rows(const struct projection *projection, struct store_txn *txn,
                                     const struct checkpoint *checkpoint, struct view_digest *digest,
                                     struct daybook_error *error) {
    *digest = (struct view_digest){.position = checkpoint->position};
    struct sha256 *sha256 = sha256_open();
    if (sha256 == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "digesting view %s: memory was refused", projection->name);
    }
    sha256_begin(sha256);
    uint8_t name_size = (uint8_t)strlen(projection->name);
    sha256_update(sha256, &name_size, 1);
    sha256_update(sha256, projection->name, name_size);
    update_u32(sha256, checkpoint->version);
    update_u64(sha256, checkpoint->position);
    enum daybook_status status = DAYBOOK_OK;
    for (size_t i = 0; i < projection->table_count && status == DAYBOOK_OK; i++) {
        status = digest_table(sha256, txn, (unsigned)i, &digest->row_count, error);
    }
    sha256_end(sha256, digest->sha256);
    sha256_close(sha256);
    return status;
}

enum daybook_status view_compute_digest(struct view *view, struct view_digest *digest, struct daybook_error *error) {
    struct view_read read;
    enum daybook_status status = view_begin_read(view, 0, &read, error);
    if (status == DAYBOOK_OK) {
        struct checkpoint checkpoint = {.position = read.position, .version = read.version};
        status = view_digest_rows(view->projection, read.txn, &checkpoint, digest, error);
    }
    view_end_read(&read);
    return status;
}
