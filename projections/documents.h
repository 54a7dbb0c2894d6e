/*
 * What a fold remembers of documents between batches: one entry for each
 * (account, kind, id), found by a hash, and the list of those that changed.
 *
 * The owner embeds struct document as the first member of its entry, and takes
 * whatever else the entry owns from the same pool. An entry stays where it is
 * until documents_end_batch or documents_forget.
 */
#ifndef DAYBOOK_PROJECTIONS_DOCUMENTS_H
#define DAYBOOK_PROJECTIONS_DOCUMENTS_H

#include "base/bytes.h"
#include "base/pool.h"
#include "limits.h"

enum { DOCUMENT_KEY_MAX = 5 + LIMIT_ID_BYTES };

struct document {
    uint64_t hash;
    const char *id; /* NUL-terminated, in the same block. */
    uint32_t account;
    uint32_t order;  /* The owner's: where its row is among the account's. Set before it is marked. */
    uint32_t batch;  /* The last one that used it. */
    uint32_t marked; /* The last one that changed it, and 1; 0 = none. */
    uint8_t id_size;
    uint8_t kind;
    bool is_idle; /* The owner's: not likely to be used again, so dropped first. */
};

/* Open addressing; the hash beside the pointer, so that a miss touches no entry. */
struct document_slot {
    uint64_t hash;
    struct document *document; /* NULL = free. */
};

/* What is sorted by (account, order), without touching an entry. */
struct dirty_document {
    uint64_t key;
    struct document *document;
};

struct documents {
    struct pool pool;
    size_t entry_size;                                 /* Of the owner's entry. */
    void (*release)(struct document *, struct pool *); /* Gives back what the entry itself owns; may be NULL. */
    size_t limit_bytes;
    struct document_slot *slots; /* A power of two, at most half full. */
    size_t slot_count;
    size_t count;
    uint32_t batch;
    struct dirty_document *dirty; /* Twice the capacity: the second half is the sort's. */
    size_t dirty_count;
    size_t dirty_capacity;
};

void documents_init(struct documents *documents, size_t entry_size, void (*release)(struct document *, struct pool *),
                    size_t limit_bytes);
void documents_release(struct documents *documents);
void documents_forget(struct documents *documents);

/* A document's name; the id is borrowed. Where id_size is 0 it is no name, and there is no such document. */
struct document_name {
    uint32_t account;
    uint8_t kind;
    const char *id;
    size_t id_size; /* Else to LIMIT_ID_BYTES. */
    uint64_t hash;
};
/* False: the id is empty or too long, and the name none. */
bool document_name_init(struct document_name *name, uint32_t account, int kind, const char *id);

/* The key in a table: account u32 big-endian, kind, id. Returns its size. */
size_t document_name_key(const struct document_name *name, uint8_t key[DOCUMENT_KEY_MAX]);
size_t document_key(const struct document *document, uint8_t key[DOCUMENT_KEY_MAX]);

/* Fetches from memory where documents_find will look. */
void documents_foresee(const struct documents *documents, const struct document_name *name);
/* What documents_find is likely to give, without looking at it; NULL: most likely nothing. */
const struct document *documents_guess(const struct documents *documents, const struct document_name *name);

struct document *documents_find(struct documents *documents, const struct document_name *name); /* NULL: not here. */

/* A new entry, zeroed but for its head; NULL when memory is refused. It must not be there yet. */
struct document *documents_add(struct documents *documents, const struct document_name *name);

/* False when memory is refused. */
bool documents_mark(struct documents *documents, struct document *document);

/* Orders the dirty ones by account and order, so that neighbouring rows are written together. */
void documents_sort_dirty(struct documents *documents);

/* A hint: the dirty entry at `index` will be looked at soon. */
static inline void documents_fetch_dirty(const struct documents *documents, size_t index) {
    if (index < documents->dirty_count) {
        const uint8_t *document = (const uint8_t *)documents->dirty[index].document;
        __builtin_prefetch(document);
        __builtin_prefetch(document + 64);
    }
}

/* Nothing is dirty any more; drops what is over the limit. */
void documents_end_batch(struct documents *documents);

#endif
