/* A table from SHA-256 digests to counts. The keys are random already, so their first bytes are the hash. */
#ifndef DAYBOOK_TOOLS_DIGEST_SET_H
#define DAYBOOK_TOOLS_DIGEST_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

struct digest_slot;

/* All zero is an empty one. */
struct digest_set {
    struct digest_slot *slots;
    size_t capacity; /* A power of two. */
    size_t count;
};

void digest_set_release(struct digest_set *set);

/* The value of a digest, `initial` when it is new; valid until the next call. NULL: memory was refused. */
uint64_t *digest_set_find_or_add(struct digest_set *set, const uint8_t digest[SHA256_SIZE], uint64_t initial);

bool digest_set_has(const struct digest_set *set, const uint8_t digest[SHA256_SIZE]);

#endif
