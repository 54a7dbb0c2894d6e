/* The cache of documents: open addressing over a pool, and a list of what is dirty. */
#include "projections/documents.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/large.h"

enum { SLOTS_FIRST = 1024, DIGIT_BITS = 11, DIGIT_VALUES = 1 << DIGIT_BITS };

void documents_init(struct documents *documents, size_t entry_size, void (*release)(struct document *, struct pool *),
                    size_t limit_bytes) {
    *documents = (struct documents){.entry_size = entry_size, .release = release, .limit_bytes = limit_bytes};
    pool_init(&documents->pool);
}

static void free_document(struct documents *documents, struct document *document) {
    if (documents->release != NULL) {
        documents->release(document, &documents->pool);
    }
    pool_free(&documents->pool, document, documents->entry_size + document->id_size + 1);
}

void documents_forget(struct documents *documents) {
    pool_release(&documents->pool); /* With every document and what is of it. */
    large_free(documents->slots, documents->slot_count * sizeof *documents->slots);
    documents->slots = NULL;
    documents->slot_count = 0;
    documents->count = 0;
    documents->dirty_count = 0;
}

void documents_release(struct documents *documents) {
    documents_forget(documents);
    free(documents->dirty);
    *documents = (struct documents){0};
}

bool document_name_init(struct document_name *name, uint32_t account, int kind, const char *id) {
    size_t size = strnlen(id, LIMIT_ID_BYTES + 1);
    if (size == 0 || size > LIMIT_ID_BYTES || kind < 0 || kind > UINT8_MAX) {
        *name = (struct document_name){.id = id};
        return false;
    }
    uint64_t seed = hash64_seed((uint64_t)account << 8 | (uint8_t)kind);
    *name = (struct document_name){account, (uint8_t)kind, id, size, hash64(id, size, seed)};
    return true;
}

static size_t make_key(uint32_t account, uint8_t kind, const char *id, size_t id_size, uint8_t key[DOCUMENT_KEY_MAX]) {
    store_be32(key, account);
    key[4] = kind;
    memcpy(key + 5, id, id_size);
    return 5 + id_size;
}

size_t document_name_key(const struct document_name *name, uint8_t key[DOCUMENT_KEY_MAX]) {
    return make_key(name->account, name->kind, name->id, name->id_size, key);
}

size_t document_key(const struct document *document, uint8_t key[DOCUMENT_KEY_MAX]) {
    return make_key(document->account, document->kind, document->id, document->id_size, key);
}

static bool is_named(const struct document *document, const struct document_name *name) {
    return document->account == name->account && document->kind == name->kind && document->id_size == name->id_size &&
           memcmp(document->id, name->id, name->id_size) == 0;
}

void documents_foresee(const struct documents *documents, const struct document_name *name) {
    if (documents->slot_count > 0) {
        __builtin_prefetch(&documents->slots[name->hash & (documents->slot_count - 1)], 1);
    }
}

const struct document *documents_guess(const struct documents *documents, const struct document_name *name) {
    if (documents->slot_count > 0) {
        const struct document_slot *slot = &documents->slots[name->hash & (documents->slot_count - 1)];
        return slot->hash == name->hash ? slot->document : NULL;
    }
    return NULL;
}

struct document *documents_find(struct documents *documents, const struct document_name *name) {
    if (documents->slot_count == 0) {
        return NULL;
    }
    size_t mask = documents->slot_count - 1;
    for (size_t i = name->hash & mask; documents->slots[i].document != NULL; i = (i + 1) & mask) {
        struct document *document = documents->slots[i].document;
        if (documents->slots[i].hash != name->hash) {
            continue;
        }
        __builtin_prefetch((const uint8_t *)document + documents->entry_size); /* The id, while the head is fetched. */
        if (is_named(document, name)) {
            document->batch = documents->batch;
            return document;
        }
    }
    return NULL;
}

static void place(struct document_slot *slots, size_t slot_count, struct document_slot placed) {
    size_t mask = slot_count - 1;
    size_t i = placed.hash & mask;
    while (slots[i].document != NULL) {
        i = (i + 1) & mask;
    }
    slots[i] = placed;
}

/* Places every entry anew in `slot_count` slots. */
static bool resize(struct documents *documents, size_t slot_count) {
    struct document_slot *slots = large_alloc(slot_count * sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < documents->slot_count; i++) {
        if (documents->slots[i].document != NULL) {
            place(slots, slot_count, documents->slots[i]);
        }
    }
    large_free(documents->slots, documents->slot_count * sizeof *documents->slots);
    documents->slots = slots;
    documents->slot_count = slot_count;
    return true;
}

struct document *documents_add(struct documents *documents, const struct document_name *name) {
    if (documents->count * 2 >= documents->slot_count &&
        !resize(documents, documents->slot_count == 0 ? SLOTS_FIRST : documents->slot_count * 2)) {
        return NULL;
    }
    size_t size = documents->entry_size + name->id_size + 1;
    uint8_t *block = pool_alloc(&documents->pool, size);
    if (block == NULL) {
        return NULL;
    }
    memset(block, 0, documents->entry_size);
    memcpy(block + documents->entry_size, name->id, name->id_size);
    block[size - 1] = '\0';
    struct document *document = (void *)block;
    *document = (struct document){
        .hash = name->hash,
        .id = (const char *)block + documents->entry_size,
        .account = name->account,
        .batch = documents->batch,
        .id_size = (uint8_t)name->id_size,
        .kind = name->kind,
    };
    place(documents->slots, documents->slot_count, (struct document_slot){name->hash, document});
    documents->count++;
    return document;
}

bool documents_mark(struct documents *documents, struct document *document) {
    if (document->marked == documents->batch + 1) {
        return true;
    }
    if (documents->dirty_count == documents->dirty_capacity) {
        size_t capacity = documents->dirty_capacity == 0 ? 1024 : documents->dirty_capacity * 2;
        struct dirty_document *dirty = realloc(documents->dirty, 2 * capacity * sizeof *dirty);
        if (dirty == NULL) {
            return false;
        }
        documents->dirty = dirty;
        documents->dirty_capacity = capacity;
    }
    documents->dirty[documents->dirty_count++] =
        (struct dirty_document){(uint64_t)document->account << 32 | document->order, document};
    document->marked = documents->batch + 1;
    return true;
}

/* Copies `count` entries in the order of one digit of their keys, and else as they were. */
static void sort_by_digit(const struct dirty_document *from, struct dirty_document *to, size_t count, unsigned shift) {
    size_t ends[DIGIT_VALUES] = {0};
    for (size_t i = 0; i < count; i++) {
        ends[(from[i].key >> shift) % DIGIT_VALUES]++;
    }
    size_t next = 0;
    for (size_t digit = 0; digit < DIGIT_VALUES; digit++) {
        size_t digit_count = ends[digit];
        ends[digit] = next;
        next += digit_count;
    }
    for (size_t i = 0; i < count; i++) {
        to[ends[(from[i].key >> shift) % DIGIT_VALUES]++] = from[i];
    }
}

/* Digit by digit from the lowest; a digit that all keys share is passed over. */
void documents_sort_dirty(struct documents *documents) {
    size_t count = documents->dirty_count;
    struct dirty_document *from = documents->dirty;
    if (count == 0) {
        return;
    }
    struct dirty_document *to = documents->dirty + documents->dirty_capacity;
    uint64_t differing = 0;
    for (size_t i = 1; i < count; i++) {
        differing |= from[i].key ^ from[0].key;
    }
    for (unsigned shift = 0; shift < 64 && differing >> shift != 0; shift += DIGIT_BITS) {
        if ((differing >> shift) % DIGIT_VALUES != 0) {
            struct dirty_document *sorted = to;
            sort_by_digit(from, to, count, shift);
            to = from;
            from = sorted;
        }
    }
    if (from != documents->dirty) {
        memcpy(documents->dirty, from, count * sizeof *from);
    }
}

/* Drops idle entries, or (with `all`) every entry that the last batch did not use. False: memory was refused. */
static bool drop(struct documents *documents, bool all) {
    for (size_t i = 0; i < documents->slot_count; i++) {
        struct document *document = documents->slots[i].document;
        if (document != NULL && (document->is_idle || (all && document->batch != documents->batch))) {
            free_document(documents, document);
            documents->slots[i].document = NULL;
            documents->count--;
        }
    }
    return resize(documents, documents->slot_count);
}

void documents_end_batch(struct documents *documents) {
    documents->dirty_count = 0;
    if (documents->pool.used_bytes > documents->limit_bytes) {
        bool is_sound = drop(documents, false);
        if (is_sound && documents->pool.used_bytes > documents->limit_bytes / 2) {
            is_sound = drop(documents, true);
        }
        if (!is_sound || documents->pool.used_bytes > documents->limit_bytes) {
            documents_forget(documents);
        }
    }
    documents->batch++;
}
