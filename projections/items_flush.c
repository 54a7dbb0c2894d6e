/* Writes what changed of items, table by table, in the order of accounts and numbers. */
#include <string.h>

#include "projections/items_inside.h"

/* The dirty items of one row: `first` to before `end` in the list. */
struct run {
    size_t first;
    size_t end;
};

static struct item *dirty_at(const struct items *items, size_t i) {
    return (struct item *)items->documents.dirty[i].document;
}

static enum daybook_status add_to_group(struct items *items, struct daybook_bytes item, struct daybook_error *error) {
    uint8_t size[10];
    size_t size_size = varint_store(size, item.size);
    if (daybook_buffer_append(&items->scratch, size, size_size) != DAYBOOK_OK ||
        daybook_buffer_append(&items->scratch, item.data, item.size) != DAYBOOK_OK) {
        return items_no_memory(error);
    }
    return DAYBOOK_OK;
}

/* The row as it was, with the changed items in their places and the new ones at the end. */
static enum daybook_status merge_group(struct items *items, struct run run, struct daybook_bytes body,
                                       struct daybook_error *error) {
    static const uint8_t no_checksum[ITEM_CHECKSUM] = {0};
    const uint8_t *at = body.data;
    const uint8_t *end = body.data == NULL ? NULL : body.data + body.size;
    size_t next = run.first;
    daybook_buffer_reset(&items->scratch);
    if (daybook_buffer_append(&items->scratch, no_checksum, sizeof no_checksum) != DAYBOOK_OK) {
        return items_no_memory(error);
    }
    for (uint32_t i = 0; i < ITEM_GROUP && (at != end || next < run.end); i++) {
        struct daybook_bytes bytes = {0};
        if (at != end && !item_next_in_group(&at, end, &bytes)) {
            return item_damaged(error);
        }
        if (next < run.end && dirty_at(items, next)->head.order % ITEM_GROUP == i) {
            const struct item *item = dirty_at(items, next++);
            bytes = (struct daybook_bytes){item->bytes, item->size};
        }
        if (bytes.data == NULL) {
            return item_damaged(error); /* A number without an item before it. */
        }
        DAYBOOK_TRY(add_to_group(items, bytes, error));
    }
    item_seal(items->scratch.data, items->scratch.size);
    return DAYBOOK_OK;
}

static enum daybook_status write_group(struct items *items, struct store_txn *txn, struct run run,
                                       struct daybook_error *error) {
    const struct item *first = dirty_at(items, run.first);
    uint8_t key[ITEM_GROUP_KEY_SIZE];
    struct daybook_bytes row = {0};
    struct daybook_bytes body = {0};
    bool is_found = false;
    item_group_key(first->head.account, first->head.order / ITEM_GROUP, key);
    if (!first->is_new || first->head.order % ITEM_GROUP != 0) {
        DAYBOOK_TRY(
            table_get(txn, items->tables.groups, (struct daybook_bytes){key, sizeof key}, &row, &is_found, error));
        if (is_found) {
            DAYBOOK_TRY(item_unseal(row, &body, error));
        }
    }
    DAYBOOK_TRY(merge_group(items, run, body, error));
    return table_put(txn, items->tables.groups, (struct daybook_bytes){key, sizeof key},
                     daybook_buffer_view(&items->scratch), error);
}

static enum daybook_status write_groups(struct items *items, struct store_txn *txn, struct daybook_error *error) {
    size_t count = items->documents.dirty_count;
    for (size_t first = 0; first < count;) {
        const struct document *head = &dirty_at(items, first)->head;
        size_t end = first + 1;
        while (end < count && dirty_at(items, end)->head.account == head->account &&
               dirty_at(items, end)->head.order / ITEM_GROUP == head->order / ITEM_GROUP) {
            end++;
        }
        DAYBOOK_TRY(write_group(items, txn, (struct run){first, end}, error));
        first = end;
    }
    return DAYBOOK_OK;
}

/* 256 bits of an account, in work. */
struct bits {
    uint8_t key[ITEMS_OPEN_KEY_SIZE];
    uint8_t bytes[ITEMS_OPEN_BYTES];
    bool is_loaded;
};

static enum daybook_status store_bits(struct items *items, struct store_txn *txn, struct bits *bits,
                                      struct daybook_error *error) {
    static const uint8_t none[ITEMS_OPEN_BYTES] = {0};
    struct daybook_bytes key = {bits->key, sizeof bits->key};
    bool was_found;
    if (!bits->is_loaded) {
        return DAYBOOK_OK;
    }
    if (memcmp(bits->bytes, none, sizeof none) == 0) {
        return table_delete(txn, items->tables.open, key, &was_found, error);
    }
    return table_put(txn, items->tables.open, key, (struct daybook_bytes){bits->bytes, sizeof bits->bytes}, error);
}

static enum daybook_status load_bits(struct items *items, struct store_txn *txn, const uint8_t *key, struct bits *bits,
                                     struct daybook_error *error) {
    struct daybook_bytes value;
    bool is_found;
    *bits = (struct bits){.is_loaded = true};
    memcpy(bits->key, key, sizeof bits->key);
    DAYBOOK_TRY(
        table_get(txn, items->tables.open, (struct daybook_bytes){key, sizeof bits->key}, &value, &is_found, error));
    if (is_found && value.size != sizeof bits->bytes) {
        return item_damaged(error);
    }
    if (is_found) {
        memcpy(bits->bytes, value.data, sizeof bits->bytes);
    }
    return DAYBOOK_OK;
}

static enum daybook_status write_open(struct items *items, struct store_txn *txn, struct daybook_error *error) {
    struct bits bits = {.is_loaded = false};
    for (size_t i = 0; i < items->documents.dirty_count; i++) {
        struct item *item = dirty_at(items, i);
        uint32_t number = item->head.order;
        bool is_open = item->level_minor != 0;
        uint8_t key[ITEMS_OPEN_KEY_SIZE];
        if (is_open == item->was_open) {
            continue;
        }
        store_be32(key, item->head.account);
        store_be32(key + 4, number >> ITEMS_OPEN_BITS);
        if (!bits.is_loaded || memcmp(bits.key, key, sizeof key) != 0) {
            DAYBOOK_TRY(store_bits(items, txn, &bits, error));
            DAYBOOK_TRY(load_bits(items, txn, key, &bits, error));
        }
        bits.bytes[number / 8 % ITEMS_OPEN_BYTES] ^= (uint8_t)(1u << number % 8);
        item->was_open = is_open;
    }
    return store_bits(items, txn, &bits, error);
}

enum daybook_status items_flush(struct items *items, struct store_txn *txn, struct daybook_error *error) {
    documents_sort_dirty(&items->documents);
    DAYBOOK_TRY(write_groups(items, txn, error));
    DAYBOOK_TRY(items_write_names(items, txn, error));
    DAYBOOK_TRY(write_open(items, txn, error));
    DAYBOOK_TRY(series_flush(items->touches, txn, error));
    documents_end_batch(&items->documents);
    return DAYBOOK_OK;
}
