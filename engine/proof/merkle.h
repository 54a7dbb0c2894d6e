/*
 * The tree of RFC 6962, section 2.1, with SHA-256: hashing, growing, proving
 * and checking. Pure: it touches no file and no store.
 *
 *     empty tree   SHA-256("")
 *     leaf         SHA-256(0x00 || entry)
 *     node         SHA-256(0x01 || left || right), split at the largest power of two below the size
 *
 * Entry 0 is the event with sequence 1, its stored bytes verbatim. A perfect
 * subtree is named by its level (0 = leaves) and its index among those of that
 * level.
 *
 *   T1  A proof is accepted only with exactly the hashes that its sizes ask for.
 *   T2  What is checked is recomputed from the bytes at hand; no stored hash is trusted.
 *
 * One thread with one struct sha256 at a time.
 */
#ifndef DAYBOOK_PROOF_MERKLE_H
#define DAYBOOK_PROOF_MERKLE_H

#include "base/hash.h"
#include "base/values.h"

enum { MERKLE_LEVELS = 64, MERKLE_PROOF_MAX = 65 };

struct merkle_hash {
    uint8_t bytes[SHA256_SIZE];
};
bool merkle_hash_equal(const struct merkle_hash *a, const struct merkle_hash *b);

void merkle_leaf(struct sha256 *sha256, struct daybook_bytes entry, struct merkle_hash *hash);
void merkle_leaves(struct sha256 *sha256, const struct daybook_bytes *entries, size_t count,
                   struct merkle_hash *hashes); /* The same, for less. */
void merkle_node(struct sha256 *sha256, const struct merkle_hash *left, const struct merkle_hash *right,
                 struct merkle_hash *hash);

/* ---- growing ---- */

/* The right edge of a tree: the roots of the perfect subtrees that its size splits into, the largest first;
 * as many as the size has bits set. All zero is the empty tree. It is all that growing needs. */
struct merkle_edge {
    uint64_t size;
    struct merkle_hash roots[MERKLE_LEVELS];
};
unsigned merkle_edge_count(const struct merkle_edge *edge);

/* Told of each perfect subtree that a leaf completes, the leaf itself first. */
typedef enum daybook_status merkle_visit(void *context, unsigned level, uint64_t index, const struct merkle_hash *hash,
                                         struct daybook_error *error);

/* `visit` may be NULL; what it returns ends the call, and the edge is then as before. */
DAYBOOK_MUST_USE enum daybook_status merkle_edge_add(struct merkle_edge *edge, struct sha256 *sha256,
                                                     const struct merkle_hash *leaf, merkle_visit *visit, void *context,
                                                     struct daybook_error *error);
/* The same with a perfect subtree of 2^level leaves; the size is a multiple of so many. `visit` is told of it and of
 * what it completes. */
DAYBOOK_MUST_USE enum daybook_status merkle_edge_add_subtree(struct merkle_edge *edge, struct sha256 *sha256,
                                                             unsigned level, const struct merkle_hash *subtree,
                                                             merkle_visit *visit, void *context,
                                                             struct daybook_error *error);
/* The same with up to MERKLE_LEAVES_MAX leaves, for less: `visit` is told of the subtrees level by level. `leaves` is
 * written over. */
enum { MERKLE_LEAVES_MAX = 256 };
DAYBOOK_MUST_USE enum daybook_status merkle_edge_add_leaves(struct merkle_edge *edge, struct sha256 *sha256,
                                                            struct merkle_hash *leaves, size_t count,
                                                            merkle_visit *visit, void *context,
                                                            struct daybook_error *error);
void merkle_edge_root(const struct merkle_edge *edge, struct sha256 *sha256, struct merkle_hash *root);

/* ---- proving ---- */

/* Where a prover finds the roots of perfect subtrees. */
struct merkle_source {
    enum daybook_status (*node)(void *context, unsigned level, uint64_t index, struct merkle_hash *hash,
                                struct daybook_error *error);
    void *context;
};

struct merkle_proof {
    size_t count;
    struct merkle_hash hashes[MERKLE_PROOF_MAX];
};

/* The edge of the first `size` entries: what another tree can be grown on from. */
DAYBOOK_MUST_USE enum daybook_status merkle_edge_of(const struct merkle_source *source, uint64_t size,
                                                    struct merkle_edge *edge, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status merkle_root_of(const struct merkle_source *source, struct sha256 *sha256,
                                                    uint64_t size, struct merkle_hash *root,
                                                    struct daybook_error *error);

/* RFC 9162, 2.1.3.1; the leaf's sibling first. INVALID: index >= size. */
DAYBOOK_MUST_USE enum daybook_status merkle_prove_inclusion(const struct merkle_source *source, struct sha256 *sha256,
                                                            uint64_t index, uint64_t size, struct merkle_proof *proof,
                                                            struct daybook_error *error);
/* RFC 9162, 2.1.4.1. INVALID: old_size is 0 or past size. */
DAYBOOK_MUST_USE enum daybook_status merkle_prove_consistency(const struct merkle_source *source, struct sha256 *sha256,
                                                              uint64_t old_size, uint64_t size,
                                                              struct merkle_proof *proof, struct daybook_error *error);

/* ---- checking: RFC 9162, 2.1.3.2 and 2.1.4.2 ---- */

/* DAMAGED: the proof does not show that the leaf is at `index` of the tree with `size` and `root`. */
DAYBOOK_MUST_USE enum daybook_status merkle_check_inclusion(struct sha256 *sha256, uint64_t index, uint64_t size,
                                                            const struct merkle_hash *leaf,
                                                            const struct merkle_proof *proof,
                                                            const struct merkle_hash *root,
                                                            struct daybook_error *error);
/* DAMAGED: the proof does not show that the one tree begins with the other. */
struct merkle_size {
    uint64_t size;
    struct merkle_hash root;
};
DAYBOOK_MUST_USE enum daybook_status merkle_check_consistency(struct sha256 *sha256, const struct merkle_size *old,
                                                              const struct merkle_size *now,
                                                              const struct merkle_proof *proof,
                                                              struct daybook_error *error);

#endif
