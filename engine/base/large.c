/* Mappings aligned to huge pages. */
#include "base/large.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

static size_t whole_pages(size_t size) {
    return (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
}

void *large_alloc(size_t size) {
    if (size < LARGE_BYTES) {
        return calloc(1, size);
    }
    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    size_t wanted = whole_pages(size);
    uint8_t *mapped = mmap(NULL, wanted + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
        return NULL;
    }
    size_t before = (HUGE_PAGE - (uintptr_t)mapped % HUGE_PAGE) % HUGE_PAGE;
    uint8_t *memory = mapped + before;
    if (before > 0) {
        (void)munmap(mapped, before);
    }
    (void)munmap(memory + wanted, HUGE_PAGE - before);
    (void)madvise(memory, wanted, MADV_HUGEPAGE); /* Refused: pages as usual. */
    return memory;
}

void large_free(void *memory, size_t size) {
    if (size < LARGE_BYTES) {
        free(memory);
    } else if (memory != NULL) {
        (void)munmap(memory, whole_pages(size));
    }
}
