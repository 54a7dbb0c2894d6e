/* The trial view's block in work: movements in memory, and their row. */
#include "projections/trial_block.h"

#include <string.h>

#include "base/decimal.h"
#include "base/hash.h"

enum { CHECKSUM_SIZE = 4, MOVEMENT_MAX = 1 + ACCOUNT_CURRENCY_SIZE + 2 + 5 + 10 };

static const uint8_t row_key[1];

void trial_block_release(struct trial_block *block) {
    daybook_buffer_release(&block->movements);
}

void trial_block_forget(struct trial_block *block) {
    block->is_read = false;
    daybook_buffer_reset(&block->movements);
}

void trial_block_end(struct trial_block *block) {
    daybook_buffer_reset(&block->movements);
}

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "while folding the books: memory was refused");
}

static uint32_t checksum(const uint8_t *row, size_t size) {
    return (uint32_t)hash64(row + CHECKSUM_SIZE, size - CHECKSUM_SIZE, 0);
}

/* ---- the row ---- */

static size_t write_movement(uint8_t to[MOVEMENT_MAX], const struct trial_movement *movement) {
    size_t size = strlen(movement->currency);
    uint8_t *at = to;
    *at++ = (uint8_t)size;
    memcpy(at, movement->currency, size);
    at += size;
    *at++ = movement->rising;
    *at++ = movement->falling;
    at += varint_store(at, zigzag_encode(movement->effective_on));
    at += varint_store(at, zigzag_encode(movement->amount_minor));
    return (size_t)(at - to);
}

static bool read_movement(const uint8_t **at, const uint8_t *end, struct trial_movement *movement) {
    uint64_t on;
    uint64_t amount;
    *movement = (struct trial_movement){0};
    size_t size = **at;
    if (size >= sizeof movement->currency || (size_t)(end - *at) < 1 + size + 2) {
        return false;
    }
    memcpy(movement->currency, *at + 1, size);
    movement->rising = (*at)[1 + size];
    movement->falling = (*at)[2 + size];
    *at += 3 + size;
    if (!varint_take(at, end, &on) || !varint_take(at, end, &amount)) {
        return false;
    }
    movement->effective_on = (int32_t)zigzag_decode(on);
    movement->amount_minor = zigzag_decode(amount);
    return movement->rising < POSTING_ACCOUNT_COUNT && movement->falling < POSTING_ACCOUNT_COUNT;
}

static enum daybook_status read_row(struct trial_block *block, struct daybook_bytes row, struct daybook_error *error) {
    bool is_sound = row.size >= CHECKSUM_SIZE && load_le32(row.data) == checksum(row.data, row.size);
    const uint8_t *end = row.data + row.size;
    for (const uint8_t *at = row.data + CHECKSUM_SIZE; is_sound && at < end;) {
        struct trial_movement movement;
        is_sound = read_movement(&at, end, &movement);
        if (is_sound && daybook_buffer_append(&block->movements, &movement, sizeof movement) != DAYBOOK_OK) {
            return no_memory(error);
        }
    }
    return is_sound ? DAYBOOK_OK
                    : daybook_fail(error, DAYBOOK_DAMAGED,
                                   "the trial view's block in work is not what was written; rebuild the view");
}

static enum daybook_status read_once(struct trial_block *block, struct store_txn *txn, struct daybook_error *error) {
    struct daybook_bytes row;
    bool is_found = false;
    if (block->is_read) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(table_get(txn, block->table, (struct daybook_bytes){row_key, sizeof row_key}, &row, &is_found, error));
    if (is_found) {
        DAYBOOK_TRY(read_row(block, row, error));
    }
    block->is_read = true;
    return DAYBOOK_OK;
}

enum daybook_status trial_block_flush(struct trial_block *block, struct store_txn *txn, struct daybook_error *error) {
    const struct daybook_bytes key = {row_key, sizeof row_key};
    const struct trial_movement *movements = (const void *)block->movements.data;
    size_t count = block->movements.size / sizeof *movements;
    struct daybook_buffer row = {0};
    bool was_found;
    if (!block->is_read) { /* Nothing was added. */
        return DAYBOOK_OK;
    }
    if (count == 0) {
        return table_delete(txn, block->table, key, &was_found, error);
    }
    if (daybook_buffer_reserve(&row, CHECKSUM_SIZE + count * MOVEMENT_MAX) == NULL) {
        return no_memory(error);
    }
    row.size = CHECKSUM_SIZE;
    for (size_t i = 0; i < count; i++) {
        row.size += write_movement(row.data + row.size, &movements[i]);
    }
    store_le32(row.data, checksum(row.data, row.size));
    enum daybook_status status = table_put(txn, block->table, key, daybook_buffer_view(&row), error);
    daybook_buffer_release(&row);
    return status;
}

/* ---- movements ---- */

static bool is_alike(const struct trial_movement *a, const struct trial_movement *b) {
    return a->effective_on == b->effective_on && a->rising == b->rising && a->falling == b->falling &&
           strcmp(a->currency, b->currency) == 0;
}

enum daybook_status trial_block_add(struct trial_block *block, struct store_txn *txn,
                                    const struct trial_movement *added, struct daybook_error *error) {
    DAYBOOK_TRY(read_once(block, txn, error));
    struct trial_movement *movements = (void *)block->movements.data;
    for (size_t i = block->movements.size / sizeof *movements; i-- > 0;) {
        int64_t sum = movements[i].amount_minor;
        if (is_alike(&movements[i], added) && money_add(&sum, added->amount_minor) && sum != INT64_MIN) {
            movements[i].amount_minor = sum;
            return DAYBOOK_OK;
        }
    }
    return daybook_buffer_append(&block->movements, added, sizeof *added) == DAYBOOK_OK ? DAYBOOK_OK : no_memory(error);
}

enum daybook_status trial_block_view(struct trial_block *block, struct store_txn *txn,
                                     const struct trial_movement **movements, size_t *count,
                                     struct daybook_error *error) {
    DAYBOOK_TRY(read_once(block, txn, error));
    *movements = (const void *)block->movements.data;
    *count = block->movements.size / sizeof **movements;
    return DAYBOOK_OK;
}
