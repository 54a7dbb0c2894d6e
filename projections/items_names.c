/*
 * From a document's name to its item's number: the hashes of an account's items
 * in the order of their numbers, searched from the newest.
 *
 * Key: account u32, level u8, index u32, big-endian. Value: u32 checksum (the low
 * half of hash64 of the rest), then little-endian
 *
 *   level 0  24 bits of the hashes of items index * 256 and on, up to 256 of them
 *   level 1  the 16 384 items from index * 16 384 on, written once they are all
 *            there, and instead of their rows of level 0: u40 of hash << 14 | number
 *            less the first, ascending
 *
 * Of so many items as there are in a run one has the same 24 bits by accident in a
 * thousand searches, and then it is looked at: whoever matches compares the name.
 * A new name is so one of many in a row that is written anyway. Most items that an
 * event names are in memory; of the others most are young.
 */
#include <stdlib.h>
#include <string.h>

#include "projections/items_inside.h"

enum { ROW_BITS = ITEMS_NAMES_BITS, ROW_NAMES = ITEMS_NAMES, RUN_BITS = 14, RUN_NAMES = 1 << RUN_BITS, KEY_SIZE = 9 };
enum { HASH_SIZE = ITEMS_NAME_SIZE, ENTRY_SIZE = 5 }; /* In a row, and in a run. */
enum { ROW_BYTES = ITEMS_NAMES_BYTES, RUN_BYTES = ITEM_CHECKSUM + RUN_NAMES * ENTRY_SIZE };

static void make_key(uint32_t account, unsigned level, uint32_t index, uint8_t key[KEY_SIZE]) {
    store_be32(key, account);
    key[4] = (uint8_t)level;
    store_be32(key + 5, index);
}

static uint32_t hash_of(const struct document_name *name) {
    return (uint32_t)name->hash & ((1u << HASH_SIZE * 8) - 1);
}

static uint32_t load_hash(const uint8_t *at) {
    return load_le16(at) | (uint32_t)at[2] << 16;
}

static void store_hash(uint8_t *to, uint64_t hash) {
    store_le16(to, (uint16_t)hash);
    to[2] = (uint8_t)(hash >> 16);
}

static uint64_t load_entry(const uint8_t *at) {
    return load_le32(at) | (uint64_t)at[4] << 32;
}

static void store_entry(uint8_t *to, uint64_t entry) {
    store_le32(to, (uint32_t)entry);
    to[4] = (uint8_t)(entry >> 32);
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

/* The entries of a run, out of its 64 full rows. */
static enum daybook_status gather_run(struct items *items, struct store_txn *txn, uint32_t account, uint32_t first_row,
                                      uint64_t *entries, struct daybook_error *error) {
    for (uint32_t i = 0; i < RUN_NAMES / ROW_NAMES; i++) {
        struct daybook_bytes row = {0};
        bool is_found = false;
        DAYBOOK_TRY(read_row(items, txn, account, 0, first_row + i, &row, &is_found, error));
        if (!is_found || row.size != ROW_BYTES) {
            return item_damaged(error);
        }
        for (uint32_t j = 0; j < ROW_NAMES; j++) {
            uint64_t hash = load_hash(row.data + ITEM_CHECKSUM + (size_t)j * HASH_SIZE);
            entries[i * ROW_NAMES + j] = hash << RUN_BITS | (i * ROW_NAMES + j);
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status put_run(struct items *items, struct store_txn *txn, uint32_t account, uint32_t index,
                                   const uint64_t *entries, struct daybook_error *error) {
    uint8_t key[KEY_SIZE];
    bool was_found;
    daybook_buffer_reset(&items->scratch);
    uint8_t *run = daybook_buffer_reserve(&items->scratch, RUN_BYTES);
    if (run == NULL) {
        return items_no_memory(error);
    }
    for (size_t i = 0; i < RUN_NAMES; i++) {
        store_entry(run + ITEM_CHECKSUM + i * ENTRY_SIZE, entries[i]);
    }
    item_seal(run, RUN_BYTES);
    make_key(account, 1, index, key);
    DAYBOOK_TRY(table_put(txn, items->tables.names, (struct daybook_bytes){key, sizeof key},
                          (struct daybook_bytes){run, RUN_BYTES}, error));
    for (uint32_t i = 0; i < RUN_NAMES / ROW_NAMES; i++) {
        make_key(account, 0, index * (RUN_NAMES / ROW_NAMES) + i, key);
        DAYBOOK_TRY(table_delete(txn, items->tables.names, (struct daybook_bytes){key, sizeof key}, &was_found, error));
    }
    return DAYBOOK_OK;
}

/* Sorts 64 full rows into the run that they make up. */
static enum daybook_status write_run(struct items *items, struct store_txn *txn, uint32_t account, uint32_t index,
                                     struct daybook_error *error) {
    uint64_t *entries = malloc(RUN_NAMES * sizeof *entries);
    if (entries == NULL) {
        return items_no_memory(error);
    }
    enum daybook_status status = gather_run(items, txn, account, index * (RUN_NAMES / ROW_NAMES), entries, error);
    if (status == DAYBOOK_OK) {
        qsort(entries, RUN_NAMES, sizeof *entries, compare_u64);
        status = put_run(items, txn, account, index, entries, error);
    }
    free(entries);
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
    uint64_t named = (uint64_t)row->index * ROW_NAMES + (row->size - ITEM_CHECKSUM) / HASH_SIZE;
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
    if (names->size != ITEM_CHECKSUM + (number % ROW_NAMES) * HASH_SIZE) {
        return item_damaged(error); /* A number without a name before it. */
    }
    store_hash(names->bytes + names->size, item->head.hash);
    names->size += HASH_SIZE;
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
    uint32_t hash = hash_of(search->name);
    DAYBOOK_TRY(read_row(search->items, search->txn, search->name->account, 0, index, &row, &is_there, error));
    size_t count = is_there ? (row.size - ITEM_CHECKSUM) / HASH_SIZE : 0;
    for (size_t i = count; i-- > 0 && !search->is_found;) {
        if (load_hash(row.data + ITEM_CHECKSUM + i * HASH_SIZE) == hash) {
            DAYBOOK_TRY(search->match(search->items, search->txn, search->name, index * ROW_NAMES + (uint32_t)i,
                                      &search->is_found, error));
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status search_run(struct search *search, uint32_t index, struct daybook_error *error) {
    struct daybook_bytes row;
    bool is_there;
    uint64_t hash = hash_of(search->name);
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
        if (load_entry(names + middle * ENTRY_SIZE) >> RUN_BITS < hash) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < RUN_NAMES && !search->is_found; low++) {
        uint64_t entry = load_entry(names + low * ENTRY_SIZE);
        if (entry >> RUN_BITS != hash) {
            break;
        }
        DAYBOOK_TRY(search->match(search->items, search->txn, search->name,
                                  index * RUN_NAMES + (uint32_t)(entry % RUN_NAMES), &search->is_found, error));
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
