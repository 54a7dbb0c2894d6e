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

/* Rows are short, and a call of the hash costs more than hashing one: they are gathered. */
enum { GATHER_BYTES = 8192, REPORT_ROWS = 1024 };

struct gathered {
    struct sha256 *sha256;
    const struct view *view;
    const struct view_progress *progress;
    uint64_t position;
    size_t size;
    uint8_t bytes[GATHER_BYTES];
};

static void hash_gathered(struct gathered *gathered) {
    sha256_update(gathered->sha256, gathered->bytes, gathered->size);
    gathered->size = 0;
}

static void update(struct gathered *gathered, const void *data, size_t size) {
    if (size > GATHER_BYTES - gathered->size) {
        hash_gathered(gathered);
    }
    if (size > GATHER_BYTES) {
        sha256_update(gathered->sha256, data, size);
        return;
    }
    memcpy(gathered->bytes + gathered->size, data, size);
    gathered->size += size;
}

static void update_u32(struct gathered *gathered, uint32_t value) {
    uint8_t bytes[4];
    store_le32(bytes, value);
    update(gathered, bytes, sizeof bytes);
}

static void update_u64(struct gathered *gathered, uint64_t value) {
    uint8_t bytes[8];
    store_le64(bytes, value);
    update(gathered, bytes, sizeof bytes);
}

static void update_bytes(struct gathered *gathered, struct daybook_bytes bytes) {
    update_u32(gathered, (uint32_t)bytes.size);
    update(gathered, bytes.data, bytes.size);
}

static enum daybook_status digest_table(struct gathered *gathered, struct store_txn *txn, unsigned table,
                                        uint64_t *row_count, struct daybook_error *error) {
    struct table_cursor *cursor = NULL;
    struct table_row row = {0};
    uint64_t count = 0;
    uint64_t seen = 0;
    enum daybook_status status = table_count(txn, table, &count, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    update_u32(gathered, table);
    update_u64(gathered, count);
    status = cursor_open(txn, table, &cursor, error);
    if (status == DAYBOOK_OK) {
        status = cursor_seek(cursor, (struct daybook_bytes){0}, &row, error);
    }
    /* A damaged page may lead in a circle: no more rows are read than the table says. */
    for (; status == DAYBOOK_OK && row.is_valid && seen <= count; seen++) {
        update_bytes(gathered, row.key);
        update_bytes(gathered, row.value);
        if (seen % REPORT_ROWS == 0) {
            status = view_report(gathered->view, gathered->progress, gathered->position, gathered->position, error);
        }
        if (status == DAYBOOK_OK) {
            status = cursor_next(cursor, &row, error);
        }
    }
    cursor_close(cursor);
    if (status == DAYBOOK_OK && seen != count) {
        status = daybook_fail(error, DAYBOOK_DAMAGED, "reading table %u: it has %llu rows and says %llu", table,
                              (unsigned long long)seen, (unsigned long long)count);
    }
    *row_count += seen;
    return status;
}

enum daybook_status view_digest_rows(const struct view *view, struct store_txn *txn,
                                     const struct checkpoint *checkpoint, const struct view_progress *progress,
                                     struct view_digest *digest, struct daybook_error *error) {
    const struct projection *projection = view->projection;
    *digest = (struct view_digest){.position = checkpoint->position};
    struct gathered gathered = {
        .sha256 = sha256_open(), .view = view, .progress = progress, .position = checkpoint->position};
    if (gathered.sha256 == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "digesting view %s: memory was refused", projection->name);
    }
    sha256_begin(gathered.sha256);
    uint8_t name_size = (uint8_t)strlen(projection->name);
    update(&gathered, &name_size, 1);
    update(&gathered, projection->name, name_size);
    update_u32(&gathered, checkpoint->version);
    update_u64(&gathered, checkpoint->position);
    enum daybook_status status = DAYBOOK_OK;
    for (size_t i = 0; i < projection->table_count && status == DAYBOOK_OK; i++) {
        status = digest_table(&gathered, txn, (unsigned)i, &digest->row_count, error);
    }
    hash_gathered(&gathered);
    sha256_end(gathered.sha256, digest->sha256);
    sha256_close(gathered.sha256);
    return status;
}

enum daybook_status view_compute_digest(struct view *view, const struct view_progress *progress,
                                        struct view_digest *digest, struct daybook_error *error) {
    struct view_read read;
    enum daybook_status status = view_begin_read(view, 0, &read, error);
    if (status == DAYBOOK_OK) {
        struct checkpoint checkpoint = {.position = read.position, .version = read.version};
        status = view_digest_rows(view, read.txn, &checkpoint, progress, digest, error);
    }
    view_end_read(&read);
    return status;
}
