/* The stored form of the filter. */
#include "store/names_saved.h"

#include <stdlib.h>

enum {
    LIST_KEY_BYTES = 8,
    LIST_VALUE_BYTES = 8 + 8 + 4,
    PART_KEY_BYTES = 4 + 8,
    PART_HEADER_BYTES = 8 + 4,
    PART_VALUE_BYTES = PART_HEADER_BYTES + FILTER_PART_WORDS * 8,
};
#define LIST_RUN 0xFFFFFFFFU
#define PART_RUN 0xFFFFFFFEU

enum daybook_status saved_read(const struct table_row *row, const struct run_list *list, struct saved_filter *saved,
                               struct daybook_error *error) {
    const uint8_t *value = row->value.data;
    if (row->value.size != LIST_VALUE_BYTES) {
        return names_damaged(error);
    }
    *saved = (struct saved_filter){load_le64(value + 8), load_le32(value + 16)};
    uint64_t names = run_list_names(list);
    bool fits = saved->through > 0 && saved->through < list->next_id && names <= saved->capacity &&
                saved->capacity / 2 <= names;
    return fits ? DAYBOOK_OK : names_damaged(error);
}

static struct daybook_bytes part_key(uint8_t key[PART_KEY_BYTES], size_t part) {
    store_be32(key, PART_RUN);
    store_be64(key + 4, part);
    return (struct daybook_bytes){key, PART_KEY_BYTES};
}

enum daybook_status saved_add_part(const struct saved_filter *saved, struct table_cursor *cursor,
                                   struct filter_part *made, struct daybook_error *error) {
    struct table_row row;
    uint8_t key[PART_KEY_BYTES];
    struct daybook_bytes sought = part_key(key, made->part);
    DAYBOOK_TRY(cursor_seek(cursor, sought, &row, error));
    bool is_it = row.is_valid && daybook_bytes_equal(row.key, sought) && row.value.size == PART_VALUE_BYTES &&
                 names_row_is_sound(&row) && load_le32(row.value.data + 8) == saved->through;
    if (!is_it) {
        return names_damaged(error);
    }
    for (size_t i = 0; i < FILTER_PART_WORDS; i++) {
        made->words[i] |= load_le64(row.value.data + PART_HEADER_BYTES + i * 8);
    }
    return DAYBOOK_OK;
}

static enum daybook_status put_parts(const struct saved_filter *saved, struct store_txn *txn, unsigned table,
                                     const struct filter *filter, struct filter_part *room,
                                     struct daybook_error *error) {
    uint8_t key[PART_KEY_BYTES];
    uint8_t *value = malloc(PART_VALUE_BYTES);
    enum daybook_status status = DAYBOOK_OK;
    if (value == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "saving the filter of names: memory was refused");
    }
    for (size_t part = 0; part < filter_part_count(filter) && status == DAYBOOK_OK; part++) {
        filter_part_copy(filter, part, room);
        store_le32(value + 8, saved->through);
        for (size_t i = 0; i < FILTER_PART_WORDS; i++) {
            store_le64(value + PART_HEADER_BYTES + i * 8, room->words[i]);
        }
        status = names_row_put(txn, table, part_key(key, part), value, PART_VALUE_BYTES, error);
    }
    free(value);
    return status;
}

enum daybook_status saved_put(const struct saved_filter *saved, struct store_txn *txn, unsigned table,
                              const struct filter *filter, struct filter_part *room, struct daybook_error *error) {
    uint8_t key[LIST_KEY_BYTES];
    uint8_t value[LIST_VALUE_BYTES];
    DAYBOOK_TRY(put_parts(saved, txn, table, filter, room, error));
    store_be32(key, LIST_RUN);
    store_be32(key + 4, SAVED_LIST_ID);
    store_le64(value + 8, saved->capacity);
    store_le32(value + 16, saved->through);
    return names_row_put(txn, table, (struct daybook_bytes){key, sizeof key}, value, sizeof value, error);
}
