/* Documents by their names: the fold's cache, and the table. */
#include "projections/roll.h"

#include <inttypes.h>

#include "domain/document_kind.h"

enum { CACHE_LIMIT_BYTES = 192 << 20, FETCHED_AHEAD = 8 };

struct roll_entry {
    struct document head;
    uint64_t number;
};

void roll_init(struct roll *roll, unsigned table) {
    roll->table = table;
    documents_init(&roll->documents, sizeof(struct roll_entry), NULL, CACHE_LIMIT_BYTES);
}

void roll_release(struct roll *roll) {
    documents_release(&roll->documents);
}

void roll_forget(struct roll *roll) {
    documents_forget(&roll->documents);
}

static enum daybook_status misfit(const struct roll_name *name, const char *what, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_INVALID, "while folding event %" PRIu64 ": %s %s \"%.64s\"", name->sequence,
                        what, document_kind_name(name->kind), name->id);
}

/* An entry that was not there. */
static enum daybook_status keep(struct roll *roll, const struct document_name *name, uint64_t number, bool is_new,
                                struct daybook_error *error) {
    struct roll_entry *entry = (void *)documents_add(&roll->documents, name);
    if (entry != NULL) {
        entry->number = number;
        entry->head.order = (uint32_t)number;
        if (!is_new || documents_mark(&roll->documents, &entry->head)) {
            return DAYBOOK_OK;
        }
    }
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "while folding documents: memory was refused");
}

enum daybook_status roll_add(struct roll *roll, const struct roll_name *name, uint64_t number,
                             struct daybook_error *error) {
    struct document_name key;
    if (!document_name_init(&key, name->account, (int)name->kind, name->id)) {
        return misfit(name, "an id that cannot be one, of", error);
    }
    if (documents_find(&roll->documents, &key) != NULL) {
        return misfit(name, "there is already a", error);
    }
    return keep(roll, &key, number, true, error);
}

static enum daybook_status read_number(struct daybook_bytes value, uint64_t *number, struct daybook_error *error) {
    return value.size > 0 && varint_load(value.data, value.data + value.size, number) == value.size
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_DAMAGED, "a document's name has a number that is none; rebuild the view");
}

enum daybook_status roll_find(struct roll *roll, struct store_txn *txn, const struct roll_name *name, uint64_t *number,
                              struct daybook_error *error) {
    struct document_name key;
    if (!document_name_init(&key, name->account, (int)name->kind, name->id)) {
        return misfit(name, "an id that cannot be one, of", error);
    }
    const struct roll_entry *entry = (const void *)documents_find(&roll->documents, &key);
    if (entry != NULL) {
        *number = entry->number;
        return DAYBOOK_OK;
    }
    uint8_t bytes[DOCUMENT_KEY_MAX];
    struct daybook_bytes value;
    bool is_found;
    DAYBOOK_TRY(table_get(txn, roll->table, (struct daybook_bytes){bytes, document_name_key(&key, bytes)}, &value,
                          &is_found, error));
    if (!is_found) {
        return misfit(name, "there is no", error);
    }
    DAYBOOK_TRY(read_number(value, number, error));
    return keep(roll, &key, *number, false, error);
}

void roll_foresee(const struct roll *roll, const struct document_name *name) {
    documents_foresee(&roll->documents, name);
}

void roll_foresee_entry(const struct roll *roll, const struct document_name *name) {
    const struct document *entry = documents_guess(&roll->documents, name);
    if (entry != NULL) {
        __builtin_prefetch(entry, 1);
    }
}

bool roll_guess(const struct roll *roll, const struct document_name *name, uint64_t *number) {
    const struct roll_entry *entry = (const void *)documents_guess(&roll->documents, name);
    if (entry != NULL) {
        *number = entry->number;
    }
    return entry != NULL;
}

enum daybook_status roll_flush(struct roll *roll, struct store_txn *txn, struct daybook_error *error) {
    struct documents *documents = &roll->documents;
    documents_sort_dirty(documents);
    for (size_t i = 0; i < documents->dirty_count; i++) {
        documents_fetch_dirty(documents, i + FETCHED_AHEAD);
        const struct roll_entry *entry = (const void *)documents->dirty[i].document;
        uint8_t key[DOCUMENT_KEY_MAX];
        uint8_t value[10];
        size_t size = varint_store(value, entry->number);
        DAYBOOK_TRY(table_put(txn, roll->table, (struct daybook_bytes){key, document_key(&entry->head, key)},
                              (struct daybook_bytes){value, size}, error));
    }
    documents_end_batch(documents);
    return DAYBOOK_OK;
}

enum daybook_status roll_ask(struct store_txn *txn, unsigned table, uint32_t account, Pb__DocumentKind kind,
                             const char *id, uint64_t *number, bool *is_found, struct daybook_error *error) {
    struct document_name name;
    uint8_t key[DOCUMENT_KEY_MAX];
    struct daybook_bytes value;
    *is_found = false;
    if (!document_name_init(&name, account, (int)kind, id)) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(
        table_get(txn, table, (struct daybook_bytes){key, document_name_key(&name, key)}, &value, is_found, error));
    return *is_found ? read_number(value, number, error) : DAYBOOK_OK;
}
