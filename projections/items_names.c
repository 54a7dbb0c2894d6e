/*
 * From a document's name to its item's number: the hashes of an account's items
 * in the order of their numbers, searched from the newest.
 *
 * Key: account u32, level u8, index u32, big-endian. Value: u32 checksum (the low
 * half of hash64 of the rest), then little-endian
 *
 *   level 0  the u32 hashes of items index * 256 and on, up to 256 of them
 *   level 1  the 16 384 items from index * 16 384 on, written once they are all
 *            there: u64 of hash << 32 | number, ascending
 *
 * A new name is so one of many in a row that is written anyway. Most items that an
 * event names are in memory; of the others most are young.
 */
#include <stdlib.h>
#include <string.h>

#include "projections/items_inside.h"

enum { ROW_BITS = ITEMS_NAMES_BITS, ROW_NAMES = ITEMS_NAMES, RUN_BITS = 14, RUN_NAMES = 1 << RUN_BITS, KEY_SIZE = 9 };
enum { ROW_BYTES = ITEMS_NAMES_BYTES, RUN_BYTES = ITEM_CHECKSUM + RUN_NAMES * 8 };

static void make_key(uint32_t account, unsigned level, uint32_t index, uint8_t key[KEY_SIZE]) {
    store_be32(key, account);
    key[4] = (uint8_t)level;
    store_be32(key + 5, index);
}

/* ---- writing ---- */

static enum daybook_status read_row(const struct items *items, struct store_txn *txn, uint32_t account, unsigned level,
                                    uint32_t index, struct daybook_bytes *row, bool *is_found,
                                    struct daybook_error *error) {
    uint8_t key[KEY_SIZE];
    make_key(account, level, index, key);
    DAYBOOK_TRY(table_get(txn, items->tables.names, (struct daybook_bytes){key, sizeof key}, row, is_found, error));
    if (*is_found && (row->size < ITEM_CHECKSUM || row->size > (level == 0 ? ROW_BYTES : RUN_BYTES))) {
        return item_damaged(error);
    }
    return DAYBOOK_OK;
}

static int compare_u64(const void *a, const void *b) {
    uint64_t x;
    uint64_t y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* Sorts 64 full rows into the run that they make up. */
static enum daybook_status write_run(struct items *items, struct store_txn *txn, uint32_t account, uint32_t index,
                                     struct daybook_error *error) {
    uint8_t key[KEY_SIZE];
    daybook_buffer_reset(&items->scratch);
    if (daybook_buffer_reserve(&items->scratch, RUN_BYTES) == NULL) {
        return items_no_memory(error);
    }
    uint64_t *names = malloc(RUN_NAMES * sizeof *names);
    if (names == NULL) {
        return items_no_memory(error);
    }
    enum daybook_status status = DAYBOOK_OK;
    for (uint32_t i = 0; i < RUN_NAMES / ROW_NAMES && status == DAYBOOK_OK; i++) {
        struct daybook_bytes row = {0};
        bool is_found = false;
        uint32_t row_index = index * (RUN_NAMES / ROW_NAMES) + i;
        status = read_row(items, txn, account, 0, row_index, &row, &is_found, error);
        if (status == DAYBOOK_OK && (!is_found || row.size != ROW_BYTES)) {
            status = item_damaged(error);
        }
        for (uint32_t j = 0; j < ROW_NAMES && status == DAYBOOK_OK; j++) {
            uint32_t hash = load_le32(row.data + ITEM_CHECKSUM + (size_t)j * 4);
            names[i * ROW_NAMES + j] = (uint64_t)hash << 32 | (row_index * ROW_NAMES + j);
        }
    }
    if (status == DAYBOOK_OK) {
        qsort(names, RUN_NAMES, sizeof *names, compare_u64);
        for (size_t i = 0; i < RUN_NAMES; i++) {
            store_le64(items->scratch.data + ITEM_CHECKSUM + i * 8, names[i]);
        }
        item_seal(items->scratch.data, RUN_BYTES);
        make_key(account, 1, index, key);
        status = table_put(txn, items->tables.names, (struct daybook_bytes){key, sizeof key},
                           (struct daybook_bytes){items->scratch.data, RUN_BYTES}, error);
    }
    free(names);
    return status;
}

static enum daybook_status store_row(struct items *items, struct store_txn *txn, struct items_names *row,
                                     struct daybook_error *error) {
    uint8_t key[KEY_SIZE];
    if (row->size == 0) {
        return DAYBOOK_OK;
    }
    item_seal(row->bytes, row->size);
    make_key(row->account, 0, row->index, key);
    DAYBOOK_TRY(table_put(txn, items->tables.names, (struct daybook_bytes){key, sizeof key},
                          (struct daybook_bytes){row->bytes, row->size}, error));
    uint64_t named = (uint64_t)row->index * ROW_NAMES + (row->size - ITEM_CHECKSUM) / 4;
    if (named % RUN_NAMES == 0) {
        return write_run(items, txn, row->account, (uint32_t)(named / RUN_NAMES - 1), error);
    }
    return DAYBOOK_OK;
}

/* The row that the item's name goes into, as far as it is there. */
static enum daybook_status load_row(struct items *items, struct store_txn *txn, const struct item *item,
                                    struct items_names *row, struct daybook_error *error) {
    row->account = item->head.account;
    row->index = item->head.order >> ROW_BITS;
    row->size = ITEM_CHECKSUM;
    if (item->head.order % ROW_NAMES == 0) {
        return DAYBOOK_OK;
    }
    struct daybook_bytes known;
    bool is_found;
    DAYBOOK_TRY(read_row(items, txn, row->account, 0, row->index, &known, &is_found, error));
    if (!is_found) {
        return item_damaged(error);
    }
    memcpy(row->bytes, known.data, known.size);
    row->size = known.size;
    return DAYBOOK_OK;
}

enum daybook_status items_add_name(struct items *items, struct store_txn *txn, struct items_names *names,
                                   const struct item *item, struct daybook_error *error) {
    uint32_t account = item->head.account;
    uint32_t number = item->head.order;
    if (names->size == 0 || names->account != account || names->index != number >> ROW_BITS) {
        DAYBOOK_TRY(store_row(items, txn, names, error));
        DAYBOOK_TRY(load_row(items, txn, item, names, error));
    }
    if (names->size != ITEM_CHECKSUM + (number % ROW_NAMES) * 4) {
        return item_damaged(error); /* A number without a name before it. */
    }
    store_le32(names->bytes + names->size, (uint32_t)item->head.hash);
    names->size += 4;
    return DAYBOOK_OK;
}

enum daybook_status items_end_names(struct items *items, struct store_txn *txn, struct items_names *names,
                                    struct daybook_error *error) {
    return store_row(items, txn, names, error);
}

/* ---- searching ---- */

struct search {
    struct items *items;
    struct store_txn *txn;
    const struct document_name *name;
    items_match *match;
    bool is_found;
};

static enum daybook_status search_row(struct search *search, uint32_t index, struct daybook_error *error) {
    struct daybook_bytes row;
    bool is_there;
    uint32_t hash = (uint32_t)search->name->hash;
    DAYBOOK_TRY(read_row(search->items, search->txn, search->name->account, 0, index, &row, &is_there, error));
    size_t count = is_there ? (row.size - ITEM_CHECKSUM) / 4 : 0;
    for (size_t i = count; i-- > 0 && !search->is_found;) {
        if (load_le32(row.data + ITEM_CHECKSUM + i * 4) == hash) {
            DAYBOOK_TRY(search->match(search->items, search->txn, search->name, index * ROW_NAMES + (uint32_t)i,
                                      &search->is_found, error));
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status search_run(struct search *search, uint32_t index, struct daybook_error *error) {
    struct daybook_bytes row;
    bool is_there;
    uint64_t least = (search->name->hash & UINT32_MAX) << 32;
    DAYBOOK_TRY(read_row(search->items, search->txn, search->name->account, 1, index, &row, &is_there, error));
    if (!is_there) { /* Its last item was made since the last flush: its other rows are there. */
        uint32_t rows = RUN_NAMES / ROW_NAMES;
        for (uint32_t i = rows; i-- > 0 && !search->is_found;) {
            DAYBOOK_TRY(search_row(search, index * rows + i, error));
        }
        return DAYBOOK_OK;
    }
    if (row.size != RUN_BYTES) {
        return item_damaged(error);
    }
    const uint8_t *names = row.data + ITEM_CHECKSUM;
    size_t low = 0;
    size_t high = RUN_NAMES;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (load_le64(names + middle * 8) < least) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < RUN_NAMES && !search->is_found && load_le64(names + low * 8) >> 32 == least >> 32; low++) {
        DAYBOOK_TRY(search->match(search->items, search->txn, search->name, (uint32_t)load_le64(names + low * 8),
                                  &search->is_found, error));
    }
    return DAYBOOK_OK;
}

/* Checksums are looked at only when nothing was found: what is found is compared with the item itself. */
static enum daybook_status check_rows(struct search *search, uint64_t count, struct daybook_error *error) {
    for (unsigned level = 0; level < 2; level++) {
        uint64_t rows = level == 0 ? (count + ROW_NAMES - 1) / ROW_NAMES : count / RUN_NAMES;
        for (uint64_t i = 0; i < rows; i++) {
            struct daybook_bytes row;
            struct daybook_bytes body;
            bool is_there;
            DAYBOOK_TRY(read_row(search->items, search->txn, search->name->account, level, (uint32_t)i, &row, &is_there,
                                 error));
            if (is_there) {
                DAYBOOK_TRY(item_unseal(row, &body, error));
            }
        }
    }
    return DAYBOOK_OK;
}

enum daybook_status items_search(struct items *items, struct store_txn *txn, const struct document_name *name,
                                 uint64_t count, items_match *match, bool *is_found, struct daybook_error *error) {
    struct search search = {items, txn, name, match, false};
    uint64_t runs = count / RUN_NAMES;
    for (uint64_t i = (count + ROW_NAMES - 1) / ROW_NAMES; i-- > runs * (RUN_NAMES / ROW_NAMES) && !search.is_found;) {
        DAYBOOK_TRY(search_row(&search, (uint32_t)i, error));
    }
    for (uint64_t i = runs; i-- > 0 && !search.is_found;) {
        DAYBOOK_TRY(search_run(&search, (uint32_t)i, error));
    }
    *is_found = search.is_found;
    return search.is_found ? DAYBOOK_OK : check_rows(&search, count, error);
}
