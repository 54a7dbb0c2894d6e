/* Writes what changed of items, in the order of accounts and numbers. */
#include <string.h>

#include "projections/items_inside.h"

enum {
    FETCHED_AHEAD = 8
}; /* The bytes of so many items before they are written; the items themselves earlier still. */

/* The dirty items of one group: `first` to before `end` in the list. */
struct run {
    size_t first;
    size_t end;
};

static struct item *dirty_at(const struct items *items, size_t i) {
    return (struct item *)items->documents.dirty[i].document;
}

static bool is_open(const struct item *item) {
    return item->level_minor != 0;
}

/* The run's items in one table: which have to be there, and which were and have to go. */
struct rewrite {
    unsigned table;
    uint32_t present;
    uint32_t gone;
    bool is_there; /* Some row may be there: not all of the group's items are new. */
};

static struct rewrite plan_rewrite(const struct items *items, struct run run, bool of_open) {
    struct rewrite rewrite = {.table = of_open ? items->tables.open : items->tables.settled};
    for (size_t i = run.first; i < run.end; i++) {
        const struct item *item = dirty_at(items, i);
        uint32_t bit = 1u << item->head.order % ITEM_GROUP;
        if (is_open(item) == of_open) {
            rewrite.present |= bit;
        } else if (!item->is_new && item->was_open == of_open) {
            rewrite.gone |= bit;
        }
    }
    const struct item *first = dirty_at(items, run.first);
    rewrite.is_there = !first->is_new || first->head.order % ITEM_GROUP != 0;
    return rewrite;
}

/* The row as it was, with the run's items put in or taken out. */
static enum daybook_status write_group(struct items *items, struct store_txn *txn, struct run run,
                                       struct rewrite rewrite, struct daybook_error *error) {
    const struct document *head = &dirty_at(items, run.first)->head;
    uint8_t bytes[ITEM_GROUP_KEY_SIZE];
    struct daybook_bytes key = {bytes, sizeof bytes};
    struct daybook_bytes row;
    struct item_group group = {0};
    bool is_found = false;
    if (rewrite.present == 0 && rewrite.gone == 0) {
        return DAYBOOK_OK;
    }
    item_group_key(head->account, head->order / ITEM_GROUP, bytes);
    if (rewrite.is_there) {
        DAYBOOK_TRY(table_get(txn, rewrite.table, key, &row, &is_found, error));
    }
    if (is_found) {
        DAYBOOK_TRY(item_read_group(row, &group, error));
    }
    if ((rewrite.gone & ~group.present) != 0) {
        return item_damaged(error);
    }
    for (size_t i = run.first; i < run.end; i++) {
        const struct item *item = dirty_at(items, i);
        uint32_t place = item->head.order % ITEM_GROUP;
        if ((rewrite.present >> place & 1) != 0) {
            group.items[place] = (struct daybook_bytes){item->bytes, item->size};
        }
    }
    group.present = (group.present | rewrite.present) & ~rewrite.gone;
    if (group.present == 0) {
        return table_delete(txn, rewrite.table, key, &is_found, error);
    }
    if (item_write_group(&items->scratch, &group) != DAYBOOK_OK) {
        return items_no_memory(error);
    }
    return table_put(txn, rewrite.table, key, daybook_buffer_view(&items->scratch), error);
}

/* IT3 */
static enum daybook_status write_summary(struct items *items, struct store_txn *txn, uint32_t account,
                                         struct daybook_error *error) {
    uint8_t key[ITEM_SUMMARY_KEY_SIZE];
    uint8_t row[ITEM_SUMMARY_SIZE];
    struct item_summary summary = {.count = (uint32_t)(items->counts[account] - 1)};
    DAYBOOK_TRY(series_max_effective(items->touches, txn, account, &summary.max_effective, error));
    store_be32(key, account);
    item_write_summary(row, &summary);
    return table_put(txn, items->tables.open, (struct daybook_bytes){key, sizeof key},
                     (struct daybook_bytes){row, sizeof row}, error);
}

/* Adds the names of the run's new items, and notes for all of them where they lie now. */
static enum daybook_status finish_run(struct items *items, struct store_txn *txn, struct run run,
                                      struct items_names *names, struct daybook_error *error) {
    for (size_t i = run.first; i < run.end; i++) {
        struct item *item = dirty_at(items, i);
        if (item->is_new) {
            DAYBOOK_TRY(items_add_name(items, txn, names, item, error));
        }
        item->is_new = false;
        item->was_open = is_open(item);
    }
    return DAYBOOK_OK;
}

/* The dirty items from `first` on that are of one group; those that follow are fetched from memory meanwhile. */
static struct run find_run(const struct items *items, size_t first) {
    const struct documents *documents = &items->documents;
    const uint64_t group = documents->dirty[first].key / ITEM_GROUP;
    struct run run = {first, first};
    while (run.end < documents->dirty_count && documents->dirty[run.end].key / ITEM_GROUP == group) {
        run.end++;
        documents_fetch_dirty(documents, run.end + 2 * FETCHED_AHEAD);
        if (run.end + FETCHED_AHEAD < documents->dirty_count) {
            const uint8_t *bytes = dirty_at(items, run.end + FETCHED_AHEAD)->bytes;
            __builtin_prefetch(bytes);
            __builtin_prefetch(bytes + 64);
        }
    }
    return run;
}

/* Each item is looked at once, since they lie all over memory; the tables take turns. */
static enum daybook_status write_items(struct items *items, struct store_txn *txn, struct daybook_error *error) {
    struct items_names names;
    size_t count = items->documents.dirty_count;
    names.size = 0;
    for (size_t first = 0; first < count;) {
        struct run run = find_run(items, first);
        uint32_t account = dirty_at(items, first)->head.account;
        if (first == 0 || dirty_at(items, first - 1)->head.account != account) {
            DAYBOOK_TRY(write_summary(items, txn, account, error));
        }
        DAYBOOK_TRY(write_group(items, txn, run, plan_rewrite(items, run, true), error));
        DAYBOOK_TRY(write_group(items, txn, run, plan_rewrite(items, run, false), error));
        DAYBOOK_TRY(finish_run(items, txn, run, &names, error));
        first = run.end;
    }
    return items_end_names(items, txn, &names, error);
}

enum daybook_status items_flush(struct items *items, struct store_txn *txn, struct daybook_error *error) {
    documents_sort_dirty(&items->documents);
    DAYBOOK_TRY(write_items(items, txn, error));
    DAYBOOK_TRY(series_flush(items->touches, txn, error));
    documents_end_batch(&items->documents);
    return DAYBOOK_OK;
}
