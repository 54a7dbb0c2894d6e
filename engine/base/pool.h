/*
 * Memory in a few sizes with free lists: what is given back is used again, so
 * a state that no longer grows allocates nothing. One thread at a time, but for
 * pool_lay_by.
 */
#ifndef DAYBOOK_BASE_POOL_H
#define DAYBOOK_BASE_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { POOL_CLASSES = 22 }; /* 16 bytes to 32 KiB; larger ones come from malloc. */

struct pool {
    void *free_list[POOL_CLASSES];
    void *slabs;
    void *large_blocks;
    uint8_t *fresh; /* The rest of the newest slab. */
    size_t fresh_bytes;
    size_t used_bytes;       /* Handed out, rounded up to their sizes. */
    size_t total_bytes;      /* Taken from the system. */
    _Atomic(void *) spare;   /* The next slab; NULL: it is not there yet. */
    atomic_bool wants_spare; /* The last one was taken, and the pool is large. */
};

/* What a request for `size` bytes really takes. */
size_t pool_block_bytes(size_t size);

void pool_init(struct pool *pool);
void pool_release(struct pool *pool); /* All that was handed out, at once. */

/* Has the next slab of a large pool ready, its pages cleared, which takes a tenth of the time of a state that grows.
 * Any one thread while another uses the pool. */
void pool_lay_by(struct pool *pool);

void *pool_alloc(struct pool *pool, size_t size);            /* Not zeroed; NULL when memory is refused. */
void pool_free(struct pool *pool, void *block, size_t size); /* The size it was asked with; accepts NULL. */

/* A growing array whose memory is the pool's. All zero is an empty one. Items can
 * go from the front as cheaply as from the end: the room that they leave stays there. */
struct vector {
    void *items; /* The first one. */
    uint32_t count;
    uint32_t capacity; /* Of all the room: `front` + what can stand from the first item on. */
    uint32_t front;    /* Free places before the first item. */
};

/* Makes room for one more; false when memory is refused. */
bool vector_reserve(struct vector *vector, size_t item_size, struct pool *pool);
bool vector_insert(struct vector *vector, size_t item_size, uint32_t index, const void *item, struct pool *pool);
/* There is room: what a removal left free, on either side, can always be taken again. */
void vector_put_back(struct vector *vector, size_t item_size, uint32_t index, const void *item);
void vector_remove(struct vector *vector, size_t item_size, uint32_t index);
void vector_release(struct vector *vector, size_t item_size, struct pool *pool);

static inline bool vector_has_room_behind(const struct vector *vector) {
    return vector->front + vector->count < vector->capacity;
}

#define VECTOR_AT(type, vector, index) (&((type *)(vector)->items)[index])

#endif
