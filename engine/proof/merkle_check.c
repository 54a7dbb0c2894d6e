/* Checks proofs as RFC 9162 says, section 2.1.3.2 and 2.1.4.2. The names fn, sn, fr, sr are the RFC's. */
#include <inttypes.h>

#include "proof/merkle.h"

enum daybook_status merkle_check_inclusion(struct sha256 *sha256, uint64_t index, uint64_t size,
                                           const struct merkle_hash *leaf, const struct merkle_proof *proof,
                                           const struct merkle_hash *root, struct daybook_error *error) {
    if (index >= size) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "the proof is of entry %" PRIu64 " and the tree ends before it, at %" PRIu64, index, size);
    }
    uint64_t fn = index;
    uint64_t sn = size - 1;
    struct merkle_hash r = *leaf;
    for (size_t i = 0; i < proof->count; i++) {
        if (sn == 0) {
            return daybook_fail(error, DAYBOOK_DAMAGED,
                                "the proof has %zu hashes, more than entry %" PRIu64 " of %" PRIu64 " needs",
                                proof->count, index, size);
        }
        if ((fn & 1) == 1 || fn == sn) {
            merkle_node(sha256, &proof->hashes[i], &r, &r);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            merkle_node(sha256, &r, &proof->hashes[i], &r);
        }
        fn >>= 1;
        sn >>= 1;
    }
    if (sn != 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "the proof has %zu hashes, fewer than entry %" PRIu64 " of %" PRIu64 " needs", proof->count,
                            index, size);
    }
    if (!merkle_hash_equal(&r, root)) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "the event and the proof do not lead to the root of the %" PRIu64
                            " entries: one of them was altered",
                            size);
    }
    return DAYBOOK_OK;
}

static enum daybook_status check_sizes(const struct merkle_size *old, const struct merkle_size *now,
                                       const struct merkle_proof *proof, struct daybook_error *error) {
    if (old->size == 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "nothing can be shown of an older tree without entries");
    }
    if (old->size > now->size) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "the tree has %" PRIu64 " entries and an older one had %" PRIu64 ": entries are gone",
                            now->size, old->size);
    }
    if (old->size == now->size && proof->count > 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "both trees have %" PRIu64 " entries: the proof should be empty",
                            now->size);
    }
    if (old->size == now->size && !merkle_hash_equal(&old->root, &now->root)) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "two trees of %" PRIu64 " entries have different roots: the log was forked", now->size);
    }
    if (old->size < now->size && proof->count == 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "the proof is empty, and the sizes differ");
    }
    return DAYBOOK_OK;
}

/* Recomputes both roots from the proof; the hash that comes first is the subtree that both have. */
static bool roots_of_proof(struct sha256 *sha256, const struct merkle_size *old, uint64_t size,
                           const struct merkle_proof *proof, struct merkle_hash *fr, struct merkle_hash *sr) {
    uint64_t fn = old->size - 1;
    uint64_t sn = size - 1;
    size_t used = 0;
    while ((fn & 1) == 1) {
        fn >>= 1;
        sn >>= 1;
    }
    /* fn is now 0 exactly where the older size is a power of two: its root is then the common subtree. */
    *fr = fn == 0 ? old->root : proof->hashes[used++];
    *sr = *fr;
    for (; used < proof->count; used++) {
        const struct merkle_hash *c = &proof->hashes[used];
        if (sn == 0) {
            return false;
        }
        if ((fn & 1) == 1 || fn == sn) {
            merkle_node(sha256, c, fr, fr);
            merkle_node(sha256, c, sr, sr);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            merkle_node(sha256, sr, c, sr);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0;
}

enum daybook_status merkle_check_consistency(struct sha256 *sha256, const struct merkle_size *old,
                                             const struct merkle_size *now, const struct merkle_proof *proof,
                                             struct daybook_error *error) {
    struct merkle_hash fr;
    struct merkle_hash sr;
    DAYBOOK_TRY(check_sizes(old, now, proof, error));
    if (old->size == now->size) {
        return DAYBOOK_OK;
    }
    if (!roots_of_proof(sha256, old, now->size, proof, &fr, &sr)) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "the proof has %zu hashes, which is not what sizes %" PRIu64 " and %" PRIu64 " need",
                            proof->count, old->size, now->size);
    }
    if (!merkle_hash_equal(&fr, &old->root)) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "the proof does not lead to the root of the older %" PRIu64 " entries", old->size);
    }
    if (!merkle_hash_equal(&sr, &now->root)) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "the proof leads to the older root and not to that of the %" PRIu64
                            " entries: what was recorded before has been changed",
                            now->size);
    }
    return DAYBOOK_OK;
}
