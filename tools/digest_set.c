/* A table from SHA-256 digests to counts: open addressing, at most half full. */
#include "tools/digest_set.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

struct digest_slot {
    uint8_t digest[SHA256_SIZE];
    uint64_t value;
    bool is_used;
};

void digest_set_release(struct digest_set *set) {
    free(set->slots);
    *set = (struct digest_set){0};
}

/* The slot that holds the digest, or the free one where it belongs. */
static struct digest_slot *find_slot(const struct digest_set *set, const uint8_t digest[SHA256_SIZE]) {
    size_t at = (size_t)load_le64(digest) & (set->capacity - 1);
    while (set->slots[at].is_used && memcmp(set->slots[at].digest, digest, SHA256_SIZE) != 0) {
        at = (at + 1) & (set->capacity - 1);
    }
    return &set->slots[at];
}

static bool grow(struct digest_set *set) {
    struct digest_set larger = {.capacity = set->capacity == 0 ? 1024 : set->capacity * 2, .count = set->count};
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (larger.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < set->capacity; i++) {
        if (set->slots[i].is_used) {
            *find_slot(&larger, set->slots[i].digest) = set->slots[i];
        }
    }
    free(set->slots);
    *set = larger;
    return true;
}

uint64_t *digest_set_find_or_add(struct digest_set *set, const uint8_t digest[SHA256_SIZE], uint64_t initial) {
    if (set->count * 2 >= set->capacity && !grow(set)) {
        return NULL;
    }
    struct digest_slot *slot = find_slot(set, digest);
    if (!slot->is_used) {
        memcpy(slot->digest, digest, SHA256_SIZE);
        slot->value = initial;
        slot->is_used = true;
        set->count++;
    }
    return &slot->value;
}

bool digest_set_has(const struct digest_set *set, const uint8_t digest[SHA256_SIZE]) {
    return set->capacity > 0 && find_slot(set, digest)->is_used;
}
