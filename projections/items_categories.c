/*
 * Categories by number: businesses have a few, and every charge names one.
 *
 * The first 127 that a fold meets are numbered from 1, in the order in which it meets them; others stand in the items
 * themselves. Key: number u8. Value: u32 checksum (the low half of hash64 of the rest), the text.
 */
#include <string.h>

#include "projections/aging.h"
#include "projections/items_inside.h"

static enum daybook_status read_category(struct store_txn *txn, unsigned table, uint8_t number,
                                         struct daybook_bytes *text, bool *is_found, struct daybook_error *error) {
    struct daybook_bytes row;
    DAYBOOK_TRY(table_get(txn, table, (struct daybook_bytes){&number, 1}, &row, is_found, error));
    return *is_found ? item_unseal(row, text, error) : DAYBOOK_OK;
}

/* What the tables have, once. */
static enum daybook_status read_all(struct items *items, struct store_txn *txn, struct daybook_error *error) {
    struct items_categories *categories = &items->categories;
    bool is_found = !categories->is_read;
    while (is_found && categories->count < ITEM_CATEGORIES) {
        struct items_category *category = &categories->list[categories->count];
        struct daybook_bytes text = {0};
        DAYBOOK_TRY(
            read_category(txn, items->tables.categories, (uint8_t)(categories->count + 1), &text, &is_found, error));
        if (text.size > sizeof category->text) {
            return item_damaged(error);
        }
        if (is_found) {
            category->size = (uint8_t)text.size;
            memcpy(category->text, text.data, text.size);
            categories->count++;
        }
    }
    categories->is_read = true;
    return DAYBOOK_OK;
}

static enum daybook_status add(struct items *items, struct store_txn *txn, const char *text, uint8_t size,
                               struct daybook_error *error) {
    uint8_t row[ITEM_CHECKSUM + LIMIT_ID_BYTES];
    struct items_category *category = &items->categories.list[items->categories.count++];
    uint8_t number = (uint8_t)items->categories.count;
    category->size = size;
    memcpy(category->text, text, size);
    memcpy(row + ITEM_CHECKSUM, text, size);
    item_seal(row, ITEM_CHECKSUM + size);
    return table_put(txn, items->tables.categories, (struct daybook_bytes){&number, 1},
                     (struct daybook_bytes){row, ITEM_CHECKSUM + size}, error);
}

enum daybook_status items_number_category(struct items *items, struct store_txn *txn, const char *text, uint8_t size,
                                          uint8_t *number, struct daybook_error *error) {
    struct items_categories *categories = &items->categories;
    *number = 0;
    if (size == 0 || size > LIMIT_ID_BYTES) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(read_all(items, txn, error));
    for (size_t i = 0; i < categories->count && *number == 0; i++) {
        const struct items_category *category = &categories->list[i];
        if (category->size == size && memcmp(category->text, text, size) == 0) {
            *number = (uint8_t)(i + 1);
        }
    }
    if (*number == 0 && categories->count < ITEM_CATEGORIES) {
        DAYBOOK_TRY(add(items, txn, text, size, error));
        *number = (uint8_t)categories->count;
    }
    return DAYBOOK_OK;
}

enum daybook_status aging_category(struct store_txn *txn, const struct aging_item *item, struct daybook_bytes *text,
                                   struct daybook_error *error) {
    bool is_found = true;
    *text = item->category;
    if (item->category_number != 0) {
        DAYBOOK_TRY(read_category(txn, AGING_CATEGORIES, item->category_number, text, &is_found, error));
    }
    return is_found ? DAYBOOK_OK : item_damaged(error);
}
