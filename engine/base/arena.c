/*
 * The arena: a list of blocks, each twice as large as all before it.
 *
 * A reset that finds several blocks trades them for one of their total size,
 * so that an arena in steady use is one block and an allocation is one addition.
 * Under AddressSanitizer what was not handed out is poisoned, so that a write
 * past an allocation is found as it would be with malloc.
 */
#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(data, size)   ((void)(data), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(data, size) ((void)(data), (void)(size))
#endif

#define ARENA_ALIGNMENT   16
#define ARENA_FIRST_BLOCK 4096

struct arena_block {
    struct arena_block *next;
    size_t size_bytes;
    size_t used_bytes;
    _Alignas(ARENA_ALIGNMENT) uint8_t data[];
};

/* Poisoned memory goes back to the allocator, or to the lender, only after it is made whole. */
static void free_block(const struct arena *arena, struct arena_block *block) {
    ASAN_UNPOISON_MEMORY_REGION(block->data, block->size_bytes);
    if (block != arena->lent) {
        free(block);
    }
}

static struct arena_block *new_block(size_t size_bytes) {
    struct arena_block *block = malloc(sizeof *block + size_bytes);
    if (block == NULL) {
        return NULL;
    }
    block->next = NULL;
    block->size_bytes = size_bytes;
    block->used_bytes = 0;
    ASAN_POISON_MEMORY_REGION(block->data, size_bytes);
    return block;
}

static size_t total_bytes(const struct arena *arena) {
    size_t total = 0;
    for (const struct arena_block *block = arena->first; block != NULL; block = block->next) {
        total += block->size_bytes;
    }
    return total;
}

void arena_init(struct arena *arena, size_t limit_bytes) {
    *arena = (struct arena){.limit_bytes = limit_bytes};
}

void arena_lend(struct arena *arena, void *memory, size_t size) {
    struct arena_block *block = memory;
    assert(arena->first == NULL && (uintptr_t)memory % ARENA_ALIGNMENT == 0 && size > sizeof *block);
    *block = (struct arena_block){.size_bytes = size - sizeof *block};
    ASAN_POISON_MEMORY_REGION(block->data, block->size_bytes);
    arena->first = block;
    arena->current = block;
    arena->lent = block;
}

static void free_blocks(struct arena *arena) {
    struct arena_block *block = arena->first;
    while (block != NULL) {
        struct arena_block *next = block->next;
        free_block(arena, block);
        block = next;
    }
    arena->lent = NULL;
    arena->first = NULL;
    arena->current = NULL;
}

void arena_release(struct arena *arena) {
    free_blocks(arena);
    *arena = (struct arena){.limit_bytes = arena->limit_bytes};
}

void arena_reset(struct arena *arena) {
    if (arena->first != NULL && arena->first->next != NULL) {
        size_t total = total_bytes(arena);
        free_blocks(arena);
        arena->first = new_block(total); /* Refused: the next allocation asks again. */
    } else if (arena->first != NULL) {
        ASAN_POISON_MEMORY_REGION(arena->first->data, arena->first->used_bytes);
        arena->first->used_bytes = 0;
    }
    arena->current = arena->first;
    arena->used_bytes = 0;
    arena->is_exhausted = false;
}

/* The current block has no room for `size` (a multiple of the alignment): add one that does. */
static struct arena_block *grow(struct arena *arena, size_t size) {
    size_t total = total_bytes(arena);
    if (total >= arena->limit_bytes || size > arena->limit_bytes - total) {
        return NULL;
    }
    size_t room = arena->limit_bytes - total;
    size_t wanted = total * 2 > ARENA_FIRST_BLOCK ? total * 2 : ARENA_FIRST_BLOCK;
    if (wanted < size) {
        wanted = size;
    }
    if (wanted > room) {
        wanted = room;
    }
    struct arena_block *block = new_block(wanted);
    if (block == NULL) {
        return NULL;
    }
    if (arena->current == NULL) {
        arena->first = block;
    } else {
        arena->current->next = block;
    }
    arena->current = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size) {
    size_t rounded = (size + ARENA_ALIGNMENT - 1) & ~(size_t)(ARENA_ALIGNMENT - 1);
    struct arena_block *block = arena->current;
    if (__builtin_expect(rounded < size, 0)) {
        arena->is_exhausted = true;
        return NULL;
    }
    if (__builtin_expect(block == NULL || rounded > block->size_bytes - block->used_bytes, 0)) {
        block = grow(arena, rounded);
        if (block == NULL) {
            arena->is_exhausted = true;
            return NULL;
        }
    }
    uint8_t *data = block->data + block->used_bytes;
    block->used_bytes += rounded;
    arena->used_bytes += rounded;
    ASAN_UNPOISON_MEMORY_REGION(data, size);
    return data;
}

void *arena_zalloc(struct arena *arena, size_t size) {
    void *data = arena_alloc(arena, size);
    if (data != NULL) {
        memset(data, 0, size);
    }
    return data;
}

char *arena_copy_text(struct arena *arena, const char *text, size_t size) {
    if (size == SIZE_MAX) {
        arena->is_exhausted = true;
        return NULL;
    }
    char *copy = arena_alloc(arena, size + 1);
    if (copy == NULL) {
        return NULL;
    }
    if (size > 0) {
        memcpy(copy, text, size);
    }
    copy[size] = '\0';
    return copy;
}

char *arena_format(struct arena *arena, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(size >= 0);
    char *text = arena_alloc(arena, (size_t)size + 1);
    if (text == NULL) {
        return NULL;
    }
    va_start(arguments, format);
    (void)vsnprintf(text, (size_t)size + 1, format, arguments);
    va_end(arguments);
    return text;
}
