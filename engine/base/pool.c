/* Memory in a few sizes with free lists, and arrays in it. */
#include "base/pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/large.h"

/* A pool that has grown grows by slabs of huge pages. */
enum { SLAB_BYTES = 1 << 20, LARGE_SLAB_BYTES = 4 << 20, SMALL_POOL_BYTES = 8 << 20, SYSTEM_PAGE = 4096 };

struct slab {
    struct slab *next;
    size_t size; /* And keeps the blocks aligned to 16. */
};

/* One from malloc, its neighbours in the list of all. */
struct large_block {
    struct large_block *before;
    struct large_block *after; /* And keeps what follows aligned to 16. */
};

/* Two sizes a doubling: at most a third of a block is unused. */
static const uint32_t class_bytes[POOL_CLASSES] = {16,   32,   48,    64,    96,    128,  192,  256,
                                                   384,  512,  768,   1024,  1536,  2048, 3072, 4096,
                                                   6144, 8192, 12288, 16384, 24576, 32768};

/* The class of so many times 16 bytes: what is mostly asked for. */
enum { SMALL_BYTES = 512 };
static const uint8_t small_class[SMALL_BYTES / 16 + 1] = {0, 0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7,
                                                          8, 8, 8, 8, 8, 8, 8, 8, 9, 9, 9, 9, 9, 9, 9, 9};

static size_t size_class(size_t size) {
    if (size <= SMALL_BYTES) {
        return small_class[(size + 15) / 16];
    }
    size_t class = small_class[SMALL_BYTES / 16] + 1;
    while (class < POOL_CLASSES && class_bytes[class] < size) {
        class ++;
    }
    return class;
}

size_t pool_block_bytes(size_t size) {
    size_t class = size_class(size);
    return class < POOL_CLASSES ? class_bytes[class] : size;
}

void pool_init(struct pool *pool) {
    memset(pool, 0, sizeof *pool);
}

static void *alloc_large_block(struct pool *pool, size_t size) {
    struct large_block *block = size > SIZE_MAX - sizeof *block ? NULL : malloc(sizeof *block + size);
    if (block == NULL) {
        return NULL;
    }
    *block = (struct large_block){.after = pool->large_blocks};
    if (block->after != NULL) {
        block->after->before = block;
    }
    pool->large_blocks = block;
    pool->used_bytes += size;
    pool->total_bytes += size;
    return block + 1;
}

static void free_large_block(struct pool *pool, void *given, size_t size) {
    struct large_block *block = (struct large_block *)given - 1;
    if (block->after != NULL) {
        block->after->before = block->before;
    }
    if (block->before != NULL) {
        block->before->after = block->after;
    } else {
        pool->large_blocks = block->after;
    }
    pool->used_bytes -= size;
    pool->total_bytes -= size;
    free(block);
}

void pool_release(struct pool *pool) {
    for (struct large_block *block = pool->large_blocks, *after; block != NULL; block = after) {
        after = block->after;
        free(block);
    }
    struct slab *slab = pool->slabs;
    while (slab != NULL) {
        struct slab *next = slab->next;
        large_free(slab, slab->size);
        slab = next;
    }
    large_free(atomic_load(&pool->spare), LARGE_SLAB_BYTES);
    pool_init(pool);
}

void pool_lay_by(struct pool *pool) {
    if (!atomic_exchange(&pool->wants_spare, false)) {
        return;
    }
    uint8_t *slab = large_alloc(LARGE_SLAB_BYTES);
    for (size_t at = 0; slab != NULL && at < LARGE_SLAB_BYTES; at += SYSTEM_PAGE) {
        *(volatile uint8_t *)(slab + at) = 0; /* The system clears a page when it is first written to. */
    }
    atomic_store(&pool->spare, slab);
}

static struct slab *take_slab(struct pool *pool, size_t *size) {
    if (pool->total_bytes < SMALL_POOL_BYTES) {
        *size = SLAB_BYTES;
        return large_alloc(SLAB_BYTES);
    }
    *size = LARGE_SLAB_BYTES;
    struct slab *slab = atomic_exchange(&pool->spare, NULL);
    atomic_store(&pool->wants_spare, true);
    return slab != NULL ? slab : large_alloc(LARGE_SLAB_BYTES);
}

static void *pool_carve(struct pool *pool, size_t block_bytes) {
    if (pool->fresh_bytes < block_bytes) {
        /* What is left of the old slab is at most one block; it stays unused. */
        size_t size = 0;
        struct slab *slab = take_slab(pool, &size);
        if (slab == NULL) {
            return NULL;
        }
        slab->next = pool->slabs;
        slab->size = size;
        pool->slabs = slab;
        pool->fresh = (uint8_t *)slab + sizeof *slab;
        pool->fresh_bytes = size - sizeof *slab;
        pool->total_bytes += size;
    }
    void *block = pool->fresh;
    pool->fresh += block_bytes;
    pool->fresh_bytes -= block_bytes;
    return block;
}

static inline void *alloc_block(struct pool *pool, size_t class, size_t size) {
    if (class >= POOL_CLASSES) {
        return alloc_large_block(pool, size);
    }
    size_t block_bytes = class_bytes[class];
    void *block = pool->free_list[class];
    if (block != NULL) {
        memcpy(&pool->free_list[class], block, sizeof(void *));
        __builtin_prefetch(pool->free_list[class], 1); /* Blocks given back lie anywhere; the next is wanted soon. */
    } else {
        block = pool_carve(pool, block_bytes);
    }
    if (block != NULL) {
        pool->used_bytes += block_bytes;
    }
    return block;
}

void *pool_alloc(struct pool *pool, size_t size) {
    return alloc_block(pool, size_class(size), size);
}

void pool_free(struct pool *pool, void *block, size_t size) {
    if (block == NULL) {
        return;
    }
    size_t class = size_class(size);
    if (class >= POOL_CLASSES) {
        free_large_block(pool, block, size);
        return;
    }
    memcpy(block, &pool->free_list[class], sizeof(void *));
    pool->free_list[class] = block;
    pool->used_bytes -= class_bytes[class];
}

static void *vector_base(const struct vector *vector, size_t item_size) {
    return vector->items == NULL ? NULL : (uint8_t *)vector->items - vector->front * item_size;
}

bool vector_reserve(struct vector *vector, size_t item_size, struct pool *pool) {
    if (vector_has_room_behind(vector)) {
        return true;
    }
    void *base = vector_base(vector, item_size);
    if (vector->front > vector->count) {
        memmove(base, vector->items, vector->count * item_size);
        vector->items = base;
        vector->front = 0;
        return true;
    }
    /* Use the whole block that the pool will hand out. */
    size_t wanted = (size_t)(vector->count == 0 ? 1 : vector->count * 2) * item_size;
    size_t class = size_class(wanted);
    uint32_t capacity = (uint32_t)((class < POOL_CLASSES ? class_bytes[class] : wanted) / item_size);
    void *items = alloc_block(pool, class, (size_t)capacity * item_size);
    if (items == NULL) {
        return false;
    }
    if (vector->count > 0) {
        memcpy(items, vector->items, vector->count * item_size);
    }
    pool_free(pool, base, (size_t)vector->capacity * item_size);
    *vector = (struct vector){.items = items, .count = vector->count, .capacity = capacity};
    return true;
}

/* The shorter side makes way. */
static bool grows_to_front(const struct vector *vector, uint32_t index) {
    return vector->front > 0 && (index < vector->count / 2 || !vector_has_room_behind(vector));
}

void vector_put_back(struct vector *vector, size_t item_size, uint32_t index, const void *item) {
    assert(index <= vector->count);
    if (grows_to_front(vector, index)) {
        uint8_t *first = (uint8_t *)vector->items - item_size;
        memmove(first, vector->items, index * item_size);
        vector->items = first;
        vector->front--;
    } else {
        assert(vector_has_room_behind(vector));
        uint8_t *at = (uint8_t *)vector->items + index * item_size;
        if (index < vector->count) {
            memmove(at + item_size, at, (vector->count - index) * item_size);
        }
    }
    memcpy((uint8_t *)vector->items + index * item_size, item, item_size);
    vector->count++;
}

bool vector_insert(struct vector *vector, size_t item_size, uint32_t index, const void *item, struct pool *pool) {
    if (index == vector->count && vector_has_room_behind(vector)) { /* Most come last. */
        memcpy((uint8_t *)vector->items + index * item_size, item, item_size);
        vector->count++;
        return true;
    }
    if (vector->front == 0 && !vector_has_room_behind(vector) && !vector_reserve(vector, item_size, pool)) {
        return false;
    }
    vector_put_back(vector, item_size, index, item);
    return true;
}

void vector_remove(struct vector *vector, size_t item_size, uint32_t index) {
    assert(index < vector->count);
    uint8_t *first = vector->items;
    if (index < vector->count / 2) {
        memmove(first + item_size, first, index * item_size);
        vector->items = first + item_size;
        vector->front++;
    } else {
        uint8_t *at = first + index * item_size;
        memmove(at, at + item_size, (vector->count - index - 1) * item_size);
    }
    vector->count--;
}

void vector_release(struct vector *vector, size_t item_size, struct pool *pool) {
    pool_free(pool, vector_base(vector, item_size), (size_t)vector->capacity * item_size);
    *vector = (struct vector){0};
}
