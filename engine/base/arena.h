/*
 * Memory that is given back all at once. An arena is named after what resets
 * it: `request_arena`, `batch_arena`. After the first few uses it holds as much
 * as it needs and allocates no more.
 */
#ifndef DAYBOOK_BASE_ARENA_H
#define DAYBOOK_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

/* All zero with a limit set is ready; one thread at a time. */
struct arena {
    struct arena_block *first;
    struct arena_block *current;
    struct arena_block *lent; /* NULL: all blocks are its own. */
    size_t used_bytes;
    size_t limit_bytes; /* Of all blocks together; an allocation past it is refused. */
    bool is_exhausted;  /* An allocation was refused since the last reset. */
};

void arena_init(struct arena *arena, size_t limit_bytes);
/* Makes `memory`, aligned to 16, the first block of an arena that has none, so that few small allocations cost no
 * malloc. It stays the caller's, who releases the arena before it goes. */
void arena_lend(struct arena *arena, void *memory, size_t size);
void arena_release(struct arena *arena); /* Accepts an arena that was never used. */
void arena_reset(struct arena *arena);   /* Empty, memory kept. */

/* Aligned to 16; NULL when refused (and is_exhausted is set). Not zeroed. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_zalloc(struct arena *arena, size_t size);
char *arena_copy_text(struct arena *arena, const char *text, size_t size); /* Adds the NUL. */
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
