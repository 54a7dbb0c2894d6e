/*
 * Large memory that is read and written all over: a table of slots, a pool.
 * It comes in huge pages where the system gives them, because at a random place
 * the walk through the page tables costs as much as the miss itself.
 */
#ifndef DAYBOOK_BASE_LARGE_H
#define DAYBOOK_BASE_LARGE_H

#include <stddef.h>

/* Zeroed; NULL when refused. Less than LARGE_BYTES is what calloc gives. */
enum { LARGE_BYTES = 4 << 20 };
void *large_alloc(size_t size);
void large_free(void *memory, size_t size); /* The size it was asked with; accepts NULL. */

#endif
