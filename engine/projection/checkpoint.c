/*
 * The checkpoint row. Its key is "checkpoint"; its value, integers little-endian:
 *
 *    0  4  "DBcp"
 *    4  4  format, 1
 *    8  8  position: the last event folded
 *   16  8  recorded_at of that event, in microseconds
 *   24  4  version of the projection's rows
 *   28  1  1 = complete, 0 = still building
 *   29  1  n, the length of the name
 *   30  2  zero
 *   32  n  the projection's name
 * 32+n  8  XXH3-64 of all bytes before it
 */
#include "projection/checkpoint.h"

#include <string.h>

#include "base/hash.h"

enum {
    CHECKPOINT_FORMAT = 1,
    CHECKPOINT_HEAD_SIZE = 32,
    CHECKPOINT_NAME_MAX = 255,
    CHECKPOINT_HASH_SIZE = 8,
    CHECKPOINT_SIZE_MAX = CHECKPOINT_HEAD_SIZE + CHECKPOINT_NAME_MAX + CHECKPOINT_HASH_SIZE,
};

static const char checkpoint_magic[4] = {'D', 'B', 'c', 'p'};

static enum daybook_status parse(const struct projection *projection, struct daybook_bytes value,
                                 struct checkpoint *checkpoint, struct daybook_error *error) {
    const uint8_t *data = value.data;
    size_t name_size = strlen(projection->name);
    if (value.size < CHECKPOINT_HEAD_SIZE + CHECKPOINT_HASH_SIZE ||
        memcmp(data, checkpoint_magic, sizeof checkpoint_magic) != 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "reading the checkpoint of view %s: it is none", projection->name);
    }
    size_t hashed_size = value.size - CHECKPOINT_HASH_SIZE;
    if (load_le64(data + hashed_size) != hash64(data, hashed_size, 0)) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "reading the checkpoint of view %s: its checksum does not match",
                            projection->name);
    }
    if (load_le32(data + 4) != CHECKPOINT_FORMAT) {
        return daybook_fail(error, DAYBOOK_VERSION, "reading the checkpoint of view %s: format %u is newer than %u",
                            projection->name, load_le32(data + 4), (unsigned)CHECKPOINT_FORMAT);
    }
    if (hashed_size != CHECKPOINT_HEAD_SIZE + name_size || data[29] != name_size ||
        memcmp(data + CHECKPOINT_HEAD_SIZE, projection->name, name_size) != 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "reading the checkpoint of view %s: it is of another view",
                            projection->name);
    }
    checkpoint->position = load_le64(data + 8);
    checkpoint->recorded_at_us = (int64_t)load_le64(data + 16);
    checkpoint->version = load_le32(data + 24);
    checkpoint->is_complete = data[28] == 1;
    return DAYBOOK_OK;
}

enum daybook_status checkpoint_load(struct store_txn *txn, const struct projection *projection,
                                    struct checkpoint *checkpoint, bool *is_found, struct daybook_error *error) {
    struct daybook_bytes value;
    *checkpoint = (struct checkpoint){0};
    enum daybook_status status = table_get(txn, (unsigned)projection->table_count,
                                           daybook_bytes_of_text(CHECKPOINT_TABLE), &value, is_found, error);
    if (status != DAYBOOK_OK || !*is_found) {
        return status;
    }
    return parse(projection, value, checkpoint, error);
}

enum daybook_status checkpoint_save(struct store_txn *txn, const struct projection *projection,
                                    const struct checkpoint *checkpoint, struct daybook_error *error) {
    uint8_t row[CHECKPOINT_SIZE_MAX] = {0};
    size_t name_size = strlen(projection->name);
    size_t hashed_size = CHECKPOINT_HEAD_SIZE + name_size;
    memcpy(row, checkpoint_magic, sizeof checkpoint_magic);
    store_le32(row + 4, CHECKPOINT_FORMAT);
    store_le64(row + 8, checkpoint->position);
    store_le64(row + 16, (uint64_t)checkpoint->recorded_at_us);
    store_le32(row + 24, checkpoint->version);
    row[28] = checkpoint->is_complete ? 1 : 0;
    row[29] = (uint8_t)name_size;
    memcpy(row + CHECKPOINT_HEAD_SIZE, projection->name, name_size);
    store_le64(row + hashed_size, hash64(row, hashed_size, 0));
    struct daybook_bytes value = {row, hashed_size + CHECKPOINT_HASH_SIZE};
    return table_put(txn, (unsigned)projection->table_count, daybook_bytes_of_text(CHECKPOINT_TABLE), value, error);
}
