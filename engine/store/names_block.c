/* Rows of names. */
#include "store/names_block.h"

#include "base/hash.h"

const struct names_entry no_entry = {UINT64_MAX, UINT64_MAX};

enum daybook_status names_damaged(struct daybook_error *error) {
    return daybook_fail(
        error, DAYBOOK_DAMAGED,
        "reading names: a block of them is damaged or lost; when the ledger is opened next, they are made again "
        "from the journal");
}

static uint64_t row_checksum(struct daybook_bytes key, struct daybook_bytes value) {
    return hash64(value.data + 8, value.size - 8, hash64(key.data, key.size, 0));
}

bool names_row_is_sound(const struct table_row *row) {
    return row->value.size >= 8 && load_le64(row->value.data) == row_checksum(row->key, row->value);
}

enum daybook_status names_row_put(struct store_txn *txn, unsigned table, struct daybook_bytes key, uint8_t *value,
                                  size_t size, struct daybook_error *error) {
    struct daybook_bytes whole = {value, size};
    store_le64(value, row_checksum(key, whole));
    return table_put(txn, table, key, whole, error);
}

bool block_is_of(const struct table_row *row, uint32_t run) {
    return row->is_valid && row->key.size == BLOCK_KEY_BYTES && load_be32(row->key.data) == run;
}

enum daybook_status block_open(const struct table_row *row, uint32_t run, struct block *block,
                               struct daybook_error *error) {
    size_t size = row->value.size;
    bool is_whole = block_is_of(row, run) && size > BLOCK_HEADER_BYTES && size <= BLOCK_BYTES_MOST &&
                    (size - BLOCK_HEADER_BYTES) % ENTRY_BYTES == 0 && names_row_is_sound(row);
    if (!is_whole) {
        return names_damaged(error);
    }
    *block = (struct block){entry_load(row->value.data + 8), row->value.data + BLOCK_HEADER_BYTES,
                            (size - BLOCK_HEADER_BYTES) / ENTRY_BYTES};
    return DAYBOOK_OK;
}

enum daybook_status block_expect(const struct table_row *row, uint32_t run, struct names_entry first,
                                 struct block *block, struct daybook_error *error) {
    DAYBOOK_TRY(block_open(row, run, block, error));
    return entries_equal(entry_load(block->entries), first) ? DAYBOOK_OK : names_damaged(error);
}

size_t block_search(const struct block *block, uint64_t hash) {
    size_t low = 0;
    size_t high = block->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (load_le64(block->entries + middle * ENTRY_BYTES) < hash) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}
