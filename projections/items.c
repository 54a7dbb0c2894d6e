/* The fold's side of items: cached rows, changed in memory and written at the flush. */
#include "projections/items.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "projections/documents.h"

enum { ITEMS_LIMIT_BYTES = 256 << 20, INDEX_VALUE_MAX = 5 + LIMIT_ID_BYTES };

/* Where an item is in the indexes. */
struct index_place {
    bool is_there;
    bool is_open;
    int32_t max_effective;
    uint64_t last_sequence;
};

struct item {
    struct document head;
    struct daybook_buffer row; /* As in the table, but for the checksum. */
    size_t entries_at;
    struct item_spill spill;
    uint64_t sequence;
    int32_t posted_on;
    int32_t max_effective;
    int64_t level_minor;
    int64_t disputed_minor;
    struct item_entry last;   /* Of the row; the making when it has none. */
    struct index_place place; /* As written. */
};

struct items {
    struct items_tables tables;
    struct documents documents;
};

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "while folding an item: memory was refused");
}

void items_date_key(uint32_t account, int32_t date, uint64_t sequence, uint8_t key[ITEMS_DATE_KEY_SIZE]) {
    store_be32(key, account);
    store_be32(key + 4, (uint32_t)date ^ 0x80000000u); /* Orders negative dates first. */
    store_be64(key + 8, sequence);
}

void items_sequence_key(uint32_t account, uint64_t last, uint64_t sequence, uint8_t key[ITEMS_SEQUENCE_KEY_SIZE]) {
    store_be32(key, account);
    store_be64(key + 4, last);
    store_be64(key + 12, sequence);
}

static size_t release_item(struct document *document) {
    struct item *item = (struct item *)document;
    size_t size = item->row.capacity;
    daybook_buffer_release(&item->row);
    return size;
}

enum daybook_status items_open(struct items_tables tables, struct items **items, struct daybook_error *error) {
    struct items *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return no_memory(error);
    }
    made->tables = tables;
    documents_init(&made->documents, sizeof(struct item), release_item, ITEMS_LIMIT_BYTES);
    *items = made;
    return DAYBOOK_OK;
}

void items_close(struct items *items) {
    if (items == NULL) {
        return;
    }
    documents_release(&items->documents);
    free(items);
}

void items_forget(struct items *items) {
    documents_forget(&items->documents);
}

/* Gives the row room, and keeps count of the memory. */
static bool reserve(struct items *items, struct item *item, size_t size) {
    size_t before = item->row.capacity;
    bool is_there = daybook_buffer_reserve(&item->row, size) != NULL;
    items->documents.used_bytes += item->row.capacity - before;
    return is_there;
}

static enum daybook_status write_plan(struct items *items, const struct item_plan *plan, struct item *item) {
    struct item_row row = {
        .is_source = plan->is_source,
        .sequence = plan->sequence,
        .amount_minor = plan->amount_minor,
        .posted_on = plan->posted_on,
        .due_on = plan->due_on,
        .category = plan->category,
        .category_size = (uint8_t)strnlen(plan->category, UINT8_MAX),
        .part_count = (uint32_t)plan->part_count,
    };
    size_t before = item->row.capacity;
    enum daybook_status status = item_write(&item->row, &row);
    for (size_t i = 0; i < plan->part_count && status == DAYBOOK_OK; i++) {
        struct item_part part = {plan->parts[i]->amount_minor, plan->parts[i]->due_on};
        status = item_write_part(&item->row, &part);
    }
    items->documents.used_bytes += item->row.capacity - before;
    return status;
}

enum daybook_status items_create(struct items *items, const struct item_plan *plan, struct daybook_error *error) {
    struct document_name name;
    if (!document_name_init(&name, plan->account, (int)plan->kind, plan->id) || plan->amount_minor <= 0 ||
        plan->part_count > LIMIT_INSTALMENTS) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "while folding event %" PRIu64 ": its document or amount cannot be one", plan->sequence);
    }
    if (documents_find(&items->documents, &name) != NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, "while folding event %" PRIu64 ": there is a document %s already",
                            plan->sequence, plan->id);
    }
    struct item *item = (struct item *)documents_add(&items->documents, &name);
    if (item == NULL || write_plan(items, plan, item) != DAYBOOK_OK ||
        !documents_mark(&items->documents, &item->head)) {
        return no_memory(error);
    }
    item->entries_at = item->row.size;
    item->sequence = plan->sequence;
    item->posted_on = plan->posted_on;
    item->max_effective = plan->posted_on;
    item->level_minor = plan->amount_minor;
    item->last = (struct item_entry){.sequence = plan->sequence, .effective_on = plan->posted_on};
    return DAYBOOK_OK;
}

/* The sums of a row that was read. */
static enum daybook_status unpack(struct item *item, struct daybook_error *error) {
    struct item_row row;
    enum daybook_status status = item_read(daybook_buffer_view(&item->row), &row, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    item->entries_at = (size_t)(row.entries - item->row.data);
    item->spill = row.spill;
    item->sequence = row.sequence;
    item->posted_on = row.posted_on;
    item->max_effective = row.posted_on;
    item->level_minor = row.amount_minor;
    item->last = item_start(&row);
    if (row.spill.chunk_count > 0) {
        item->disputed_minor = row.spill.disputed_minor;
        item->max_effective =
            row.spill.max_effective > item->max_effective ? row.spill.max_effective : item->max_effective;
        if (!money_add(&item->level_minor, row.spill.amount_minor)) {
            return item_damaged(error);
        }
    }
    for (const uint8_t *at = row.entries; at < row.end;) {
        if (!item_read_entry(&at, row.end, &item->last) || !item_can_change(item, &item->last)) {
            return item_damaged(error);
        }
        item->level_minor += item->last.amount_minor;
        item->disputed_minor += item->last.disputed_minor;
        item->max_effective =
            item->last.effective_on > item->max_effective ? item->last.effective_on : item->max_effective;
    }
    return DAYBOOK_OK;
}

static struct index_place place_now(const struct item *item) {
    bool is_open = item->level_minor != 0;
    return (struct index_place){true, is_open, is_open ? ITEMS_FAR : item->max_effective, item->last.sequence};
}

static enum daybook_status load(struct items *items, struct store_txn *txn, const struct document_name *name,
                                struct item **item, struct daybook_error *error) {
    uint8_t key[DOCUMENT_KEY_MAX];
    struct daybook_bytes value;
    bool is_found;
    size_t key_size = document_name_key(name, key);
    enum daybook_status status =
        table_get(txn, items->tables.items, (struct daybook_bytes){key, key_size}, &value, &is_found, error);
    *item = NULL;
    if (status != DAYBOOK_OK || !is_found) {
        return status;
    }
    struct item *loaded = (struct item *)documents_add(&items->documents, name);
    if (loaded == NULL || !reserve(items, loaded, value.size)) {
        return no_memory(error);
    }
    memcpy(loaded->row.data, value.data, value.size);
    loaded->row.size = value.size;
    status = unpack(loaded, error);
    loaded->place = place_now(loaded);
    *item = loaded;
    return status;
}

enum daybook_status items_find(struct items *items, struct store_txn *txn, uint32_t account, Pb__DocumentKind kind,
                               const char *id, uint64_t sequence, struct item **item, struct daybook_error *error) {
    struct document_name name;
    *item = NULL;
    if (document_name_init(&name, account, (int)kind, id)) {
        *item = (struct item *)documents_find(&items->documents, &name);
        if (*item != NULL) {
            return DAYBOOK_OK;
        }
        enum daybook_status status = load(items, txn, &name, item, error);
        if (status != DAYBOOK_OK || *item != NULL) {
            return status;
        }
    }
    return daybook_fail(error, DAYBOOK_INVALID,
                        "while folding event %" PRIu64 ": it names the document %s, and the account has none of that "
                        "kind and name",
                        sequence, id);
}

bool item_can_change(const struct item *item, const struct item_entry *entry) {
    int64_t level = item->level_minor;
    int64_t disputed = item->disputed_minor;
    return money_add(&level, entry->amount_minor) && money_add(&disputed, entry->disputed_minor);
}

/* Moves the row's entries into a chunk of their own, so that a long history is not rewritten with each change. */
static enum daybook_status spill(struct items *items, struct store_txn *txn, struct item *item,
                                 struct daybook_error *error) {
    struct daybook_buffer made = {0};
    struct item_row row;
    uint8_t key[ITEM_CHUNK_KEY_SIZE];
    uint8_t chunk[ITEM_CHUNK_HEAD + ITEM_ENTRIES_MAX];
    size_t size = ITEM_CHUNK_HEAD + item->row.size - item->entries_at;
    memcpy(chunk + ITEM_CHUNK_HEAD, item->row.data + item->entries_at, size - ITEM_CHUNK_HEAD);
    item_seal(chunk, size);
    item_chunk_key(item->head.account, item->sequence, item->spill.chunk_count, key);
    enum daybook_status status = table_put(txn, items->tables.chunks, (struct daybook_bytes){key, sizeof key},
                                           (struct daybook_bytes){chunk, size}, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    item_seal(item->row.data, item->row.size);
    status = item_read(daybook_buffer_view(&item->row), &row, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    row.spill = (struct item_spill){
        .chunk_count = item->spill.chunk_count + 1,
        .amount_minor = item->level_minor - row.amount_minor,
        .disputed_minor = item->disputed_minor,
        .max_effective = item->max_effective,
        .last_sequence = item->last.sequence,
    };
    if (item_write(&made, &row) != DAYBOOK_OK ||
        daybook_buffer_append(&made, row.parts, (size_t)(row.entries - row.parts)) != DAYBOOK_OK) {
        daybook_buffer_release(&made);
        return no_memory(error);
    }
    items->documents.used_bytes += made.capacity - item->row.capacity;
    daybook_buffer_release(&item->row);
    item->row = made;
    item->entries_at = made.size;
    item->spill = row.spill;
    item->last = item_start(&row);
    return DAYBOOK_OK;
}

enum daybook_status items_change(struct items *items, struct store_txn *txn, struct item *item,
                                 const struct item_entry *entry, struct daybook_error *error) {
    uint8_t bytes[ITEM_ENTRY_MAX];
    size_t size = item_write_entry(bytes, &item->last, entry);
    if (item->row.size - item->entries_at + size > ITEM_ENTRIES_MAX) {
        enum daybook_status status = spill(items, txn, item, error);
        if (status != DAYBOOK_OK) {
            return status;
        }
        size = item_write_entry(bytes, &item->last, entry);
    }
    if (!reserve(items, item, size) || !documents_mark(&items->documents, &item->head)) {
        return no_memory(error);
    }
    memcpy(item->row.data + item->row.size, bytes, size);
    item->row.size += size;
    item->last = *entry;
    item->level_minor += entry->amount_minor;
    item->disputed_minor += entry->disputed_minor;
    item->max_effective = entry->effective_on > item->max_effective ? entry->effective_on : item->max_effective;
    item->head.is_idle = item->level_minor == 0;
    return DAYBOOK_OK;
}

/* Index value: [greatest date], kind, id. Returns where kind begins. */
static size_t index_value(const struct item *item, uint8_t value[INDEX_VALUE_MAX]) {
    store_le32(value, (uint32_t)item->max_effective);
    value[4] = item->head.kind;
    memcpy(value + 5, item->head.id, item->head.id_size);
    return 5 + (size_t)item->head.id_size;
}

static enum daybook_status remove_place(struct items *items, struct store_txn *txn, const struct item *item,
                                        struct daybook_error *error) {
    uint8_t by_date[ITEMS_DATE_KEY_SIZE];
    uint8_t by_sequence[ITEMS_SEQUENCE_KEY_SIZE];
    bool was_found;
    items_date_key(item->head.account, item->place.max_effective, item->sequence, by_date);
    enum daybook_status status = table_delete(txn, items->tables.by_effective,
                                              (struct daybook_bytes){by_date, sizeof by_date}, &was_found, error);
    if (status == DAYBOOK_OK && was_found && !item->place.is_open) {
        items_sequence_key(item->head.account, item->place.last_sequence, item->sequence, by_sequence);
        status = table_delete(txn, items->tables.by_sequence, (struct daybook_bytes){by_sequence, sizeof by_sequence},
                              &was_found, error);
    }
    return status == DAYBOOK_OK && !was_found ? item_damaged(error) : status;
}

static enum daybook_status write_place(struct items *items, struct store_txn *txn, struct item *item,
                                       struct daybook_error *error) {
    struct index_place place = place_now(item);
    uint8_t key[ITEMS_SEQUENCE_KEY_SIZE];
    uint8_t value[INDEX_VALUE_MAX];
    if (item->place.is_there && item->place.is_open && place.is_open) {
        return DAYBOOK_OK;
    }
    enum daybook_status status = item->place.is_there ? remove_place(items, txn, item, error) : DAYBOOK_OK;
    if (status != DAYBOOK_OK) {
        return status;
    }
    size_t size = index_value(item, value);
    items_date_key(item->head.account, place.max_effective, item->sequence, key);
    status = table_put(txn, items->tables.by_effective, (struct daybook_bytes){key, ITEMS_DATE_KEY_SIZE},
                       (struct daybook_bytes){value + 4, size - 4}, error);
    if (status == DAYBOOK_OK && !place.is_open) {
        items_sequence_key(item->head.account, place.last_sequence, item->sequence, key);
        status = table_put(txn, items->tables.by_sequence, (struct daybook_bytes){key, ITEMS_SEQUENCE_KEY_SIZE},
                           (struct daybook_bytes){value, size}, error);
    }
    item->place = place;
    return status;
}

enum daybook_status items_flush(struct items *items, struct store_txn *txn, struct daybook_error *error) {
    struct documents *documents = &items->documents;
    if (!documents_sort_dirty(documents)) {
        return no_memory(error);
    }
    for (size_t i = 0; i < documents->dirty_count; i++) {
        struct item *item = (struct item *)documents->dirty[i];
        uint8_t key[DOCUMENT_KEY_MAX];
        size_t key_size = document_key(&item->head, key);
        item_seal(item->row.data, item->row.size);
        enum daybook_status status = table_put(txn, items->tables.items, (struct daybook_bytes){key, key_size},
                                               daybook_buffer_view(&item->row), error);
        if (status == DAYBOOK_OK) {
            status = write_place(items, txn, item, error);
        }
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
    documents_end_batch(documents);
    return DAYBOOK_OK;
}
