/* The cache of documents: chained buckets, and a list of what is dirty. */
#include "projections/documents.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { BUCKETS_FIRST = 1024 };

void documents_init(struct documents *documents, size_t entry_size, size_t (*release)(struct document *),
                    size_t limit_bytes) {
    *documents = (struct documents){.entry_size = entry_size, .release = release, .limit_bytes = limit_bytes};
}

static void free_document(struct documents *documents, struct document *document) {
    documents->count--;
    documents->used_bytes -= documents->entry_size + document->id_size + 1;
    if (documents->release != NULL) {
        documents->used_bytes -= documents->release(document);
    }
    free(document);
}

void documents_forget(struct documents *documents) {
    for (size_t i = 0; i < documents->bucket_count; i++) {
        struct document *document = documents->buckets[i];
        while (document != NULL) {
            struct document *next = document->next;
            free_document(documents, document);
            document = next;
        }
        documents->buckets[i] = NULL;
    }
    documents->dirty_count = 0;
}

void documents_release(struct documents *documents) {
    documents_forget(documents);
    free(documents->buckets);
    free(documents->dirty);
    *documents = (struct documents){0};
}

bool document_name_init(struct document_name *name, uint32_t account, int kind, const char *id) {
    size_t size = strnlen(id, LIMIT_ID_BYTES + 1);
    if (size == 0 || size > LIMIT_ID_BYTES || kind < 0 || kind > UINT8_MAX) {
        return false;
    }
    uint64_t seed = (uint64_t)account << 8 | (uint8_t)kind;
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

struct document *documents_find(struct documents *documents, const struct document_name *name) {
    if (documents->bucket_count == 0) {
        return NULL;
    }
    struct document *document = documents->buckets[name->hash & (documents->bucket_count - 1)];
    while (document != NULL &&
           (document->hash != name->hash || document->account != name->account || document->kind != name->kind ||
            document->id_size != name->id_size || memcmp(document->id, name->id, name->id_size) != 0)) {
        document = document->next;
    }
    if (document != NULL) {
        document->batch = documents->batch;
    }
    return document;
}

static bool grow(struct documents *documents) {
    size_t count = documents->bucket_count == 0 ? BUCKETS_FIRST : documents->bucket_count * 2;
    struct document **buckets = calloc(count, sizeof(struct document *));
    if (buckets == NULL) {
        return false;
    }
    for (size_t i = 0; i < documents->bucket_count; i++) {
        struct document *document = documents->buckets[i];
        while (document != NULL) {
            struct document *next = document->next;
            struct document **bucket = &buckets[document->hash & (count - 1)];
            document->next = *bucket;
            *bucket = document;
            document = next;
        }
    }
    free(documents->buckets);
    documents->buckets = buckets;
    documents->bucket_count = count;
    return true;
}

struct document *documents_add(struct documents *documents, const struct document_name *name) {
    if (documents->count >= documents->bucket_count && !grow(documents)) {
        return NULL;
    }
    size_t size = documents->entry_size + name->id_size + 1;
    uint8_t *block = malloc(size);
    if (block == NULL) {
        return NULL;
    }
    memset(block, 0, documents->entry_size);
    memcpy(block + documents->entry_size, name->id, name->id_size);
    block[size - 1] = '\0';
    struct document *document = (void *)block;
    struct document **bucket = &documents->buckets[name->hash & (documents->bucket_count - 1)];
    *document = (struct document){
        .next = *bucket,
        .hash = name->hash,
        .id = (const char *)block + documents->entry_size,
        .account = name->account,
        .batch = documents->batch,
        .id_size = (uint8_t)name->id_size,
        .kind = name->kind,
    };
    *bucket = document;
    documents->count++;
    documents->used_bytes += size;
    return document;
}

bool documents_mark(struct documents *documents, struct document *document) {
    if (document->is_dirty) {
        return true;
    }
    if (documents->dirty_count == documents->dirty_capacity) {
        size_t capacity = documents->dirty_capacity == 0 ? 1024 : documents->dirty_capacity * 2;
        struct document **dirty = realloc(documents->dirty, capacity * sizeof(struct document *));
        if (dirty == NULL) {
            return false;
        }
        documents->dirty = dirty;
        documents->dirty_capacity = capacity;
    }
    documents->dirty[documents->dirty_count++] = document;
    document->is_dirty = true;
    return true;
}

/* What is sorted: no entry is touched while comparing. */
struct place {
    uint64_t key;
    struct document *document;
};

static int compare_places(const void *a, const void *b) {
    const struct place *x = a;
    const struct place *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

bool documents_sort_dirty(struct documents *documents) {
    size_t count = documents->dirty_count;
    if (count < 2) {
        return true;
    }
    struct place *places = malloc(count * sizeof *places);
    if (places == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct document *document = documents->dirty[i];
        places[i] = (struct place){(uint64_t)document->account << 32 | document->order, document};
    }
    qsort(places, count, sizeof *places, compare_places);
    for (size_t i = 0; i < count; i++) {
        documents->dirty[i] = places[i].document;
    }
    free(places);
    return true;
}

/* Drops idle entries, or (with `all`) every entry that the last batch did not use. */
static void drop(struct documents *documents, bool all) {
    for (size_t i = 0; i < documents->bucket_count; i++) {
        struct document **link = &documents->buckets[i];
        while (*link != NULL) {
            struct document *document = *link;
            if (document->is_idle || (all && document->batch != documents->batch)) {
                *link = document->next;
                free_document(documents, document);
            } else {
                link = &document->next;
            }
        }
    }
}

void documents_end_batch(struct documents *documents) {
    for (size_t i = 0; i < documents->dirty_count; i++) {
        documents->dirty[i]->is_dirty = false;
    }
    documents->dirty_count = 0;
    if (documents->used_bytes > documents->limit_bytes) {
        drop(documents, false);
        if (documents->used_bytes > documents->limit_bytes / 2) {
            drop(documents, true);
        }
        if (documents->used_bytes > documents->limit_bytes) {
            documents_forget(documents);
        }
    }
    documents->batch++;
}
