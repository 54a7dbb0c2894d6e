/* Proofs out of the roots of perfect subtrees, wherever those are kept. */
#include <inttypes.h>

#include "proof/merkle.h"

/* The largest power of two below `size`, which is at least 2. */
static uint64_t split_of(uint64_t size) {
    return UINT64_C(1) << (63 - __builtin_clzll(size - 1));
}

/* The edge of the entries from `first` on, of which there are `size`; `first` is a multiple of every subtree's size. */
static enum daybook_status read_edge(const struct merkle_source *source, uint64_t first, uint64_t size,
                                     struct merkle_edge *edge, struct daybook_error *error) {
    unsigned count = 0;
    edge->size = size;
    for (uint64_t left = size; left > 0;) {
        unsigned level = 63U - (unsigned)__builtin_clzll(left);
        DAYBOOK_TRY(source->node(source->context, level, first >> level, &edge->roots[count++], error));
        first += UINT64_C(1) << level;
        left -= UINT64_C(1) << level;
    }
    return DAYBOOK_OK;
}

enum daybook_status merkle_edge_of(const struct merkle_source *source, uint64_t size, struct merkle_edge *edge,
                                   struct daybook_error *error) {
    return read_edge(source, 0, size, edge, error);
}

enum daybook_status merkle_root_of(const struct merkle_source *source, struct sha256 *sha256, uint64_t size,
                                   struct merkle_hash *root, struct daybook_error *error) {
    struct merkle_edge edge;
    DAYBOOK_TRY(read_edge(source, 0, size, &edge, error));
    merkle_edge_root(&edge, sha256, root);
    return DAYBOOK_OK;
}

/* One more hash: the root of entries [first, end). */
static enum daybook_status add_range(const struct merkle_source *source, struct sha256 *sha256, uint64_t first,
                                     uint64_t end, struct merkle_proof *proof, struct daybook_error *error) {
    struct merkle_edge edge;
    DAYBOOK_TRY(read_edge(source, first, end - first, &edge, error));
    merkle_edge_root(&edge, sha256, &proof->hashes[proof->count++]);
    return DAYBOOK_OK;
}

/* Proofs are found from the root down and written from the leaf up. */
static void reverse(struct merkle_proof *proof) {
    for (size_t i = 0; i < proof->count / 2; i++) {
        struct merkle_hash hash = proof->hashes[i];
        proof->hashes[i] = proof->hashes[proof->count - 1 - i];
        proof->hashes[proof->count - 1 - i] = hash;
    }
}

enum daybook_status merkle_prove_inclusion(const struct merkle_source *source, struct sha256 *sha256, uint64_t index,
                                           uint64_t size, struct merkle_proof *proof, struct daybook_error *error) {
    uint64_t first = 0;
    uint64_t end = size;
    proof->count = 0;
    if (index >= size) {
        return daybook_fail(error, DAYBOOK_INVALID, "proving entry %" PRIu64 ": the tree has %" PRIu64 " entries",
                            index, size);
    }
    while (end - first > 1) {
        uint64_t middle = first + split_of(end - first);
        if (index < middle) {
            DAYBOOK_TRY(add_range(source, sha256, middle, end, proof, error));
            end = middle;
        } else {
            DAYBOOK_TRY(add_range(source, sha256, first, middle, proof, error));
            first = middle;
        }
    }
    reverse(proof);
    return DAYBOOK_OK;
}

enum daybook_status merkle_prove_consistency(const struct merkle_source *source, struct sha256 *sha256,
                                             uint64_t old_size, uint64_t size, struct merkle_proof *proof,
                                             struct daybook_error *error) {
    uint64_t first = 0;
    uint64_t end = size;
    proof->count = 0;
    if (old_size == 0 || old_size > size) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "proving that a tree of %" PRIu64 " entries begins with one of %" PRIu64
                            ": the older one must have between 1 and %" PRIu64,
                            size, old_size, size);
    }
    while (old_size != end) {
        uint64_t middle = first + split_of(end - first);
        if (old_size <= middle) {
            DAYBOOK_TRY(add_range(source, sha256, middle, end, proof, error));
            end = middle;
        } else {
            DAYBOOK_TRY(add_range(source, sha256, first, middle, proof, error));
            first = middle;
        }
    }
    /* The older tree's own root is known to the verifier where it is a subtree from the start. */
    if (first > 0) {
        DAYBOOK_TRY(add_range(source, sha256, first, end, proof, error));
    }
    reverse(proof);
    return DAYBOOK_OK;
}
