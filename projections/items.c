/* The fold's side of items: found by name, made and changed in memory. */
#include "projections/items.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "projections/items_inside.h"

enum { ITEMS_LIMIT_BYTES = 256 << 20 };

enum daybook_status items_no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "while folding an item: memory was refused");
}

static void release_item(struct document *document, struct pool *pool) {
    struct item *item = (struct item *)document;
    pool_free(pool, item->bytes, item->capacity);
}

/* Makes the item's bytes the first `kept` of what they were and `size` more from `added`. */
static bool set_bytes(struct items *items, struct item *item, size_t kept, const uint8_t *added, size_t size) {
    if (kept + size > item->capacity) {
        size_t capacity = pool_block_bytes(kept + size + ITEM_ENTRY_MAX / 4); /* Room for an entry or two. */
        uint8_t *bytes = pool_alloc(&items->documents.pool, capacity);
        if (bytes == NULL) {
            return false;
        }
        if (kept > 0) {
            memcpy(bytes, item->bytes, kept);
        }
        pool_free(&items->documents.pool, item->bytes, item->capacity);
        item->bytes = bytes;
        item->capacity = (uint32_t)capacity;
    }
    memcpy(item->bytes + kept, added, size);
    item->size = (uint32_t)(kept + size);
    return true;
}

static struct daybook_bytes bytes_of(const struct item *item) {
    return (struct daybook_bytes){item->bytes, item->size};
}

enum daybook_status items_open(struct items_tables tables, struct items **items, struct daybook_error *error) {
    struct items *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return items_no_memory(error);
    }
    made->tables = tables;
    documents_init(&made->documents, sizeof(struct item), release_item, ITEMS_LIMIT_BYTES);
    enum daybook_status status =
        series_open((struct series_shape){tables.touches, TOUCH_COLUMN_COUNT, false}, &made->touches, error);
    if (status != DAYBOOK_OK) {
        items_close(made);
        return status;
    }
    *items = made;
    return DAYBOOK_OK;
}

void items_close(struct items *items) {
    if (items == NULL) {
        return;
    }
    documents_release(&items->documents);
    series_close(items->touches);
    free(items->counts);
    daybook_buffer_release(&items->scratch);
    free(items);
}

void items_forget(struct items *items) {
    documents_forget(&items->documents);
    series_forget(items->touches);
    items->categories.is_read = false;
    items->categories.count = 0;
    if (items->counts != NULL) {
        memset(items->counts, 0, items->count_capacity * sizeof *items->counts);
    }
}

/* ---- numbers ---- */

/* The items of an account, by its summary. */
static enum daybook_status read_count(struct items *items, struct store_txn *txn, uint32_t account, uint64_t *count,
                                      struct daybook_error *error) {
    uint8_t key[ITEM_SUMMARY_KEY_SIZE];
    struct daybook_bytes row;
    struct item_summary summary = {0};
    bool is_found;
    store_be32(key, account);
    DAYBOOK_TRY(table_get(txn, items->tables.open, (struct daybook_bytes){key, sizeof key}, &row, &is_found, error));
    if (is_found) {
        DAYBOOK_TRY(item_read_summary(row, &summary, error));
    }
    *count = summary.count;
    return DAYBOOK_OK;
}

/* Where the account's count is kept, read when it was not. */
static enum daybook_status find_count(struct items *items, struct store_txn *txn, uint32_t account, uint64_t **count,
                                      struct daybook_error *error) {
    if (account >= items->count_capacity) {
        size_t capacity = items->count_capacity == 0 ? 1024 : items->count_capacity;
        while (capacity <= account) {
            capacity *= 2;
        }
        uint64_t *counts = realloc(items->counts, capacity * sizeof *counts);
        if (counts == NULL) {
            return items_no_memory(error);
        }
        memset(counts + items->count_capacity, 0, (capacity - items->count_capacity) * sizeof *counts);
        items->counts = counts;
        items->count_capacity = capacity;
    }
    *count = &items->counts[account];
    if (**count == 0) {
        DAYBOOK_TRY(read_count(items, txn, account, *count, error));
        (**count)++;
    }
    return DAYBOOK_OK;
}

/* ---- making ---- */

static uint8_t category_size_of(const struct item_plan *plan) {
    return (uint8_t)strnlen(plan->category, INT8_MAX);
}

static enum daybook_status write_plan(struct items *items, const struct item_plan *plan, uint8_t category_number,
                                      struct item *item) {
    struct item_row row = {
        .is_source = plan->is_source,
        .kind = item->head.kind,
        .id = item->head.id,
        .id_size = item->head.id_size,
        .sequence = plan->sequence,
        .amount_minor = plan->amount_minor,
        .posted_on = plan->posted_on,
        .due_on = plan->due_on,
        .category = plan->category,
        .category_size = category_size_of(plan),
        .category_number = category_number,
        .part_count = (uint32_t)plan->part_count,
    };
    daybook_buffer_reset(&items->scratch);
    DAYBOOK_TRY(item_write(&items->scratch, &row));
    for (size_t i = 0; i < plan->part_count; i++) {
        struct item_part part = {plan->parts[i]->amount_minor, plan->parts[i]->due_on};
        DAYBOOK_TRY(item_write_part(&items->scratch, &part));
    }
    return set_bytes(items, item, 0, items->scratch.data, items->scratch.size) ? DAYBOOK_OK : DAYBOOK_NO_MEMORY;
}

enum daybook_status items_create(struct items *items, struct store_txn *txn, const struct document_name *name,
                                 const struct item_plan *plan, struct daybook_error *error) {
    uint64_t *count = NULL;
    if (name->id_size == 0 || plan->amount_minor <= 0 || plan->part_count > LIMIT_INSTALMENTS) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "while folding event %" PRIu64 ": its document or amount cannot be one", plan->sequence);
    }
    if (documents_find(&items->documents, name) != NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, "while folding event %" PRIu64 ": there is a document %s already",
                            plan->sequence, name->id);
    }
    DAYBOOK_TRY(find_count(items, txn, name->account, &count, error));
    if (*count > UINT32_MAX - 1) {
        return daybook_fail(error, DAYBOOK_LIMIT,
                            "while folding event %" PRIu64 ": an account has less than 2^32 items", plan->sequence);
    }
    uint32_t number = (uint32_t)(*count - 1);
    struct series_entry touch = {.effective_on = plan->posted_on, .columns = {[TOUCH_ITEM] = number}};
    DAYBOOK_TRY(series_append(items->touches, txn, name->account, plan->sequence, &touch, 1, error));
    uint8_t category = 0;
    DAYBOOK_TRY(items_number_category(items, txn, plan->category, category_size_of(plan), &category, error));
    struct item *item = (struct item *)documents_add(&items->documents, name);
    if (item == NULL || write_plan(items, plan, category, item) != DAYBOOK_OK) {
        return items_no_memory(error);
    }
    item->head.order = number;
    item->is_new = true;
    item->entries_at = item->size;
    item->level_minor = plan->amount_minor;
    item->last_sequence = plan->sequence;
    item->last_effective = plan->posted_on;
    item->posted_on = plan->posted_on;
    item->due_on = plan->due_on;
    (*count)++;
    return documents_mark(&items->documents, &item->head) ? DAYBOOK_OK : items_no_memory(error);
}

/* ---- finding ---- */

static bool can_change(const struct item *item, const struct item_entry *entry) {
    int64_t level = item->level_minor;
    int64_t disputed = item->disputed_minor;
    return money_add(&level, entry->amount_minor) && money_add(&disputed, entry->disputed_minor);
}

static void take_entry(struct item *item, const struct item_entry *entry) {
    item->level_minor += entry->amount_minor;
    item->disputed_minor += entry->disputed_minor;
    item->last_sequence = entry->sequence;
    item->last_effective = entry->effective_on;
}

static void begin_entries(struct item *item, const struct item_row *row) {
    item->entries_at = (uint32_t)(row->entries - item->bytes);
    item->last_sequence = row->sequence;
    item->last_effective = row->posted_on;
    item->posted_on = row->posted_on;
    item->due_on = row->due_on;
}

/* The sums of bytes that were read. */
static enum daybook_status unpack(struct item *item, const struct item_row *row, struct daybook_error *error) {
    begin_entries(item, row);
    item->level_minor = row->amount_minor;
    item->disputed_minor = row->spill.disputed_minor;
    if (!money_add(&item->level_minor, row->spill.amount_minor)) {
        return item_damaged(error);
    }
    struct item_entry entry = item_start(row);
    for (const uint8_t *at = row->entries; at < row->end;) {
        if (!item_read_entry(&at, row->end, &entry) || !can_change(item, &entry)) {
            return item_damaged(error);
        }
        take_entry(item, &entry);
    }
    item->was_open = item->level_minor != 0;
    return DAYBOOK_OK;
}

/* The bytes of one item, when it is in the table. */
static enum daybook_status find_in(struct store_txn *txn, unsigned table, uint32_t account, uint32_t number,
                                   struct daybook_bytes *bytes, struct daybook_error *error) {
    uint8_t key[ITEM_GROUP_KEY_SIZE];
    struct daybook_bytes row;
    struct item_group group = {0};
    bool is_found;
    item_group_key(account, number / ITEM_GROUP, key);
    DAYBOOK_TRY(table_get(txn, table, (struct daybook_bytes){key, sizeof key}, &row, &is_found, error));
    if (is_found) {
        DAYBOOK_TRY(item_read_group(row, &group, error));
    }
    *bytes = group.items[number % ITEM_GROUP];
    return DAYBOOK_OK;
}

static enum daybook_status find_in_group(struct items *items, struct store_txn *txn, uint32_t account, uint32_t number,
                                         struct daybook_bytes *bytes, struct daybook_error *error) {
    DAYBOOK_TRY(find_in(txn, items->tables.open, account, number, bytes, error));
    if (bytes->size == 0) {
        DAYBOOK_TRY(find_in(txn, items->tables.settled, account, number, bytes, error));
    }
    return bytes->size == 0 ? item_damaged(error) : DAYBOOK_OK;
}

static enum daybook_status load_item(struct items *items, const struct document_name *name, uint32_t number,
                                     struct daybook_bytes bytes, struct daybook_error *error) {
    struct item_row row;
    struct item *loaded = (struct item *)documents_add(&items->documents, name);
    if (loaded == NULL || !set_bytes(items, loaded, 0, bytes.data, bytes.size)) {
        return items_no_memory(error);
    }
    loaded->head.order = number;
    DAYBOOK_TRY(item_read(bytes_of(loaded), &row, error));
    return unpack(loaded, &row, error);
}

/* Loads the item of this number when it has the name. */
static enum daybook_status match(struct items *items, struct store_txn *txn, const struct document_name *name,
                                 uint32_t number, bool *is_it, struct daybook_error *error) {
    struct daybook_bytes bytes;
    struct item_row row;
    DAYBOOK_TRY(find_in_group(items, txn, name->account, number, &bytes, error));
    DAYBOOK_TRY(item_read(bytes, &row, error));
    *is_it = row.kind == name->kind && row.id_size == name->id_size && memcmp(row.id, name->id, name->id_size) == 0;
    return *is_it ? load_item(items, name, number, bytes, error) : DAYBOOK_OK;
}

/* Looks in the tables; *item stays NULL when the account has none of the name. What was made since the last flush
 * is in memory, and its rows are not there yet: they are passed over. */
static enum daybook_status find_in_tables(struct items *items, struct store_txn *txn, const struct document_name *name,
                                          struct item **item, struct daybook_error *error) {
    uint64_t *count = NULL;
    bool is_found = false;
    DAYBOOK_TRY(find_count(items, txn, name->account, &count, error));
    DAYBOOK_TRY(items_search(items, txn, name, *count - 1, match, &is_found, error));
    if (is_found) {
        *item = (struct item *)documents_find(&items->documents, name);
    }
    return DAYBOOK_OK;
}

void items_foresee_account(const struct items *items, uint32_t account) {
    series_foresee(items->touches, account);
}

void items_foresee(const struct items *items, const struct document_name *name) {
    documents_foresee(&items->documents, name);
}

void items_foresee_item(const struct items *items, const struct document_name *name) {
    const uint8_t *item = (const uint8_t *)documents_guess(&items->documents, name);
    if (item != NULL) {
        __builtin_prefetch(item, 1);
        __builtin_prefetch(item + 64, 1);
    }
}

void items_foresee_bytes(const struct items *items, const struct document_name *name) {
    const struct item *item = (const struct item *)documents_guess(&items->documents, name);
    if (item != NULL) {
        __builtin_prefetch(item->bytes + item->size, 1);
    }
}

enum daybook_status items_find(struct items *items, struct store_txn *txn, const struct document_name *name,
                               uint64_t sequence, struct item **item, struct daybook_error *error) {
    *item = NULL;
    if (name->id_size > 0) {
        *item = (struct item *)documents_find(&items->documents, name);
        if (*item != NULL) {
            return DAYBOOK_OK;
        }
        enum daybook_status status = find_in_tables(items, txn, name, item, error);
        if (status != DAYBOOK_OK || *item != NULL) {
            return status;
        }
    }
    return daybook_fail(error, DAYBOOK_INVALID,
                        "while folding event %" PRIu64 ": it names the document %s, and the account has none of that "
                        "kind and name",
                        sequence, name->id);
}

/* ---- changing ---- */

/* What lies in chunks once the bytes' entries do, too. */
static enum daybook_status sum_spill(const struct item *item, const struct item_row *row, struct item_spill *spill,
                                     struct daybook_error *error) {
    struct item_entry entry = item_start(row);
    *spill = (struct item_spill){
        .chunk_count = row->spill.chunk_count + 1,
        .amount_minor = item->level_minor - row->amount_minor,
        .disputed_minor = item->disputed_minor,
        .max_effective = row->spill.chunk_count > 0 ? row->spill.max_effective : INT32_MIN,
        .last_sequence = item->last_sequence,
    };
    for (const uint8_t *at = row->entries; at < row->end;) {
        if (!item_read_entry(&at, row->end, &entry)) {
            return item_damaged(error);
        }
        spill->max_effective = entry.effective_on > spill->max_effective ? entry.effective_on : spill->max_effective;
    }
    return DAYBOOK_OK;
}

/* Moves the item's entries into a chunk of their own, so that a long history is not rewritten with each change. */
static enum daybook_status spill(struct items *items, struct store_txn *txn, struct item *item,
                                 struct daybook_error *error) {
    struct item_row row;
    uint8_t key[ITEM_CHUNK_KEY_SIZE];
    uint8_t chunk[ITEM_CHECKSUM + ITEM_ENTRIES_MAX];
    size_t size = ITEM_CHECKSUM + item->size - item->entries_at;
    DAYBOOK_TRY(item_read(bytes_of(item), &row, error));
    memcpy(chunk + ITEM_CHECKSUM, item->bytes + item->entries_at, size - ITEM_CHECKSUM);
    item_seal(chunk, size);
    item_chunk_key(item->head.account, item->head.order, row.spill.chunk_count, key);
    DAYBOOK_TRY(table_put(txn, items->tables.chunks, (struct daybook_bytes){key, sizeof key},
                          (struct daybook_bytes){chunk, size}, error));
    DAYBOOK_TRY(sum_spill(item, &row, &row.spill, error));
    daybook_buffer_reset(&items->scratch);
    if (item_write(&items->scratch, &row) != DAYBOOK_OK ||
        daybook_buffer_append(&items->scratch, row.parts, (size_t)(row.entries - row.parts)) != DAYBOOK_OK ||
        !set_bytes(items, item, 0, items->scratch.data, items->scratch.size)) {
        return items_no_memory(error);
    }
    DAYBOOK_TRY(item_read(bytes_of(item), &row, error));
    begin_entries(item, &row);
    return DAYBOOK_OK;
}

static size_t pack_entry(const struct item *item, const struct item_entry *entry, uint8_t bytes[ITEM_ENTRY_MAX]) {
    struct item_entry last = {
        .sequence = item->last_sequence,
        .effective_on = item->last_effective,
        .left_minor = item_is_spilled(bytes_of(item)) ? 0 : item->level_minor,
    };
    return item_write_entry(bytes, &last, entry);
}

static enum daybook_status change(struct items *items, struct store_txn *txn, struct item *item,
                                  const struct item_entry *entry, struct daybook_error *error) {
    uint8_t bytes[ITEM_ENTRY_MAX];
    size_t size = pack_entry(item, entry, bytes);
    if (item->size - item->entries_at + size > ITEM_ENTRIES_MAX) {
        DAYBOOK_TRY(spill(items, txn, item, error));
        size = pack_entry(item, entry, bytes);
    }
    if (!set_bytes(items, item, item->size, bytes, size) || !documents_mark(&items->documents, &item->head)) {
        return items_no_memory(error);
    }
    take_entry(item, entry);
    item->head.is_idle = item->level_minor == 0;
    return DAYBOOK_OK;
}

enum daybook_status item_dates(const struct item *item, uint32_t instalment, int32_t *posted_on, int32_t *due_on,
                               struct daybook_error *error) {
    struct item_row row;
    *posted_on = item->posted_on;
    *due_on = item->due_on;
    if (instalment == 0) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(item_read(bytes_of(item), &row, error));
    const uint8_t *at = row.parts;
    for (uint32_t i = 1; i <= instalment && i <= row.part_count; i++) {
        struct item_part part;
        if (!item_read_part(&row, &at, &part)) {
            return item_damaged(error);
        }
        *due_on = part.due_on;
    }
    return DAYBOOK_OK;
}

enum daybook_status items_find_weight(struct items *items, struct store_txn *txn, uint32_t account,
                                      uint64_t allocation_sequence, struct touch_weight *weight,
                                      struct daybook_error *error) {
    struct series_entry entry;
    bool is_found;
    DAYBOOK_TRY(series_find(items->touches, txn, account, allocation_sequence, &entry, &is_found, error));
    if (is_found) {
        *weight = touch_weight_of(&entry);
    }
    if (!is_found || weight->paid_minor <= 0) {
        return daybook_fail(error, DAYBOOK_INVALID, "the account has no allocation with the sequence %" PRIu64,
                            allocation_sequence);
    }
    return DAYBOOK_OK;
}

enum daybook_status items_change(struct items *items, struct store_txn *txn, const struct item_change *changes,
                                 size_t count, struct daybook_error *error) {
    struct series_entry touches[SERIES_ENTRIES_MAX] = {0};
    assert(count > 0 && count <= SERIES_ENTRIES_MAX);
    for (size_t i = 0; i < count; i++) {
        touches[i].effective_on = changes[i].entry.effective_on;
        touches[i].columns[TOUCH_ITEM] = changes[i].item->head.order;
        touch_weigh(&touches[i], changes[i].weight);
        if (!can_change(changes[i].item, &changes[i].entry)) {
            return daybook_fail(error, DAYBOOK_INVALID, "while folding event %" PRIu64 ": what is left of %s overflows",
                                changes[i].entry.sequence, changes[i].item->head.id);
        }
    }
    DAYBOOK_TRY(series_append(items->touches, txn, changes[0].item->head.account, changes[0].entry.sequence, touches,
                              count, error));
    for (size_t i = 0; i < count; i++) {
        DAYBOOK_TRY(change(items, txn, changes[i].item, &changes[i].entry, error));
    }
    return DAYBOOK_OK;
}
