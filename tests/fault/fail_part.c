/* Parts of memory that are refused when they are told to be: of our own objects (the linker's --wrap). */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/pool.h"
#include "base/values.h"
#include "tests/fault/fail_wrap.h"

#define WRAP(type, name, parameters, arguments, refused)                                                               \
    FAIL_WRAP(FAIL_PART, type, name, parameters, arguments, refused)

WRAP(void *, malloc, (size_t size), (size), NULL)
WRAP(void *, calloc, (size_t count, size_t size), (count, size), NULL)
WRAP(void *, realloc, (void *memory, size_t size), (memory, size), NULL)
WRAP(void *, reallocarray, (void *memory, size_t count, size_t size), (memory, count, size), NULL)
WRAP(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size), NULL)
WRAP(char *, strdup, (const char *text), (text), NULL)
WRAP(void *, pool_alloc, (struct pool * pool, size_t size), (pool, size), NULL)
WRAP(bool, vector_reserve, (struct vector * vector, size_t item_size, struct pool *pool), (vector, item_size, pool),
     false)
WRAP(bool, vector_insert,
     (struct vector * vector, size_t item_size, uint32_t index, const void *item, struct pool *pool),
     (vector, item_size, index, item, pool), false)
WRAP(enum daybook_status, daybook_buffer_append, (struct daybook_buffer * buffer, const void *data, size_t size),
     (buffer, data, size), DAYBOOK_NO_MEMORY)
WRAP(uint8_t *, daybook_buffer_reserve, (struct daybook_buffer * buffer, size_t size), (buffer, size), NULL)

/* An arena remembers that it refused. */
static void *exhausted(struct arena *arena) {
    arena->is_exhausted = true;
    return NULL;
}

WRAP(void *, arena_alloc, (struct arena * arena, size_t size), (arena, size), exhausted(arena))
WRAP(void *, arena_zalloc, (struct arena * arena, size_t size), (arena, size), exhausted(arena))
WRAP(char *, arena_copy_text, (struct arena * arena, const char *text, size_t size), (arena, text, size),
     exhausted(arena))

char *__wrap_arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *__wrap_arena_format(struct arena *arena, const char *format, ...) {
    char text[4096];
    va_list arguments;
    if (fail_meets(FAIL_PART)) {
        return exhausted(arena);
    }
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return __real_arena_copy_text(arena, text, strlen(text));
}

int __wrap_asprintf(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **text, const char *format, ...) {
    va_list arguments;
    *text = NULL;
    if (fail_meets(FAIL_PART)) {
        return -1;
    }
    va_start(arguments, format);
    int size = vasprintf(text, format, arguments);
    va_end(arguments);
    return size;
}
