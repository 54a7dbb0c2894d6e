/* RFC 6962's definitions, word for word and slow: what trees and proofs must be. */
#ifndef DAYBOOK_TESTS_PROOF_REFERENCE_H
#define DAYBOOK_TESTS_PROOF_REFERENCE_H

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "proof/merkle.h"
#include "tests/rows.h"

enum { REFERENCE_LEAVES = 300 };

/* SHA-256 by another route than the code under test. */
static inline void reference_sha256(const uint8_t *data, size_t size, struct merkle_hash *hash) {
    assert_int_equal(EVP_Digest(data, size, hash->bytes, NULL, EVP_sha256(), NULL), 1);
}

static inline void reference_leaf(const uint8_t *data, size_t size, struct merkle_hash *hash) {
    uint8_t bytes[64] = {0x00};
    memcpy(bytes + 1, data, size);
    reference_sha256(bytes, size + 1, hash);
}

static inline void reference_node(const struct merkle_hash *left, const struct merkle_hash *right,
                                  struct merkle_hash *hash) {
    uint8_t bytes[65] = {0x01};
    memcpy(bytes + 1, left->bytes, 32);
    memcpy(bytes + 33, right->bytes, 32);
    reference_sha256(bytes, sizeof bytes, hash);
}

static inline uint64_t reference_split(uint64_t size) {
    uint64_t split = 1;
    while (split < size - split) {
        split *= 2;
    }
    return split;
}

/* MTH */
static inline struct merkle_hash reference_root(const struct merkle_hash *leaves, uint64_t size) {
    struct merkle_hash hash;
    if (size == 0) {
        reference_sha256((const uint8_t *)"", 0, &hash);
        return hash;
    }
    if (size == 1) {
        return leaves[0];
    }
    uint64_t split = reference_split(size);
    struct merkle_hash left = reference_root(leaves, split);
    struct merkle_hash right = reference_root(leaves + split, size - split);
    reference_node(&left, &right, &hash);
    return hash;
}

/* PATH; `shape` gets L or R for the side on which each sibling is. */
static inline void reference_path(const struct merkle_hash *leaves, uint64_t index, uint64_t size,
                                  struct merkle_proof *proof, char *shape) {
    if (size == 1) {
        proof->count = 0;
        shape[0] = '\0';
        return;
    }
    uint64_t split = reference_split(size);
    bool is_left = index < split;
    if (is_left) {
        reference_path(leaves, index, split, proof, shape);
        proof->hashes[proof->count] = reference_root(leaves + split, size - split);
    } else {
        reference_path(leaves + split, index - split, size - split, proof, shape);
        proof->hashes[proof->count] = reference_root(leaves, split);
    }
    shape[proof->count++] = is_left ? 'R' : 'L';
    shape[proof->count] = '\0';
}

/* The sides alone, of an index below the size. */
static inline void reference_shape(uint64_t index, uint64_t size, char *shape) {
    char turned[65];
    size_t count = 0;
    while (size > 1) {
        uint64_t split = reference_split(size);
        turned[count++] = index < split ? 'R' : 'L';
        size = index < split ? split : size - split;
        index = index < split ? index : index - split;
    }
    for (size_t i = 0; i < count; i++) {
        shape[i] = turned[count - 1 - i];
    }
    shape[count] = '\0';
}

/* SUBPROOF */
static inline void reference_subproof(const struct merkle_hash *leaves, uint64_t old_size, uint64_t size, bool is_known,
                                      struct merkle_proof *proof) {
    if (old_size == size) {
        proof->count = 0;
        if (!is_known) {
            proof->hashes[proof->count++] = reference_root(leaves, size);
        }
        return;
    }
    uint64_t split = reference_split(size);
    if (old_size <= split) {
        reference_subproof(leaves, old_size, split, is_known, proof);
        proof->hashes[proof->count++] = reference_root(leaves + split, size - split);
    } else {
        reference_subproof(leaves + split, old_size - split, size - split, false, proof);
        proof->hashes[proof->count++] = reference_root(leaves, split);
    }
}

/* Leaf i is the entry "i" in decimal. */
static inline void reference_fill(struct merkle_hash leaves[REFERENCE_LEAVES]) {
    for (int i = 0; i < REFERENCE_LEAVES; i++) {
        char text[16];
        int size = snprintf(text, sizeof text, "%d", i);
        reference_leaf((const uint8_t *)text, (size_t)size, &leaves[i]);
    }
}

/* A source of nodes for provers: by definition, too. */
static inline enum daybook_status reference_source(void *context, unsigned level, uint64_t index,
                                                   struct merkle_hash *hash, struct daybook_error *error) {
    const struct merkle_hash *leaves = context;
    (void)error;
    *hash = reference_root(leaves + (index << level), UINT64_C(1) << level);
    return DAYBOOK_OK;
}

#endif
