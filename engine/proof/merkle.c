/* The tree of RFC 6962: hashing, and growing along its right edge. */
#include "proof/merkle.h"

#include <assert.h>
#include <string.h>

_Static_assert(sizeof(struct merkle_hash) == SHA256_SIZE, "an array of hashes is an array of digests");

bool merkle_hash_equal(const struct merkle_hash *a, const struct merkle_hash *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void merkle_leaf(struct sha256 *sha256, struct daybook_bytes entry, struct merkle_hash *hash) {
    static const uint8_t prefix = 0x00;
    sha256_begin(sha256);
    sha256_update(sha256, &prefix, 1);
    sha256_update(sha256, entry.data, entry.size);
    sha256_end(sha256, hash->bytes);
}

void merkle_leaves(struct sha256 *sha256, const struct daybook_bytes *entries, size_t count,
                   struct merkle_hash *hashes) {
    sha256_each(sha256, 0x00, entries, count, &hashes->bytes);
}

void merkle_node(struct sha256 *sha256, const struct merkle_hash *left, const struct merkle_hash *right,
                 struct merkle_hash *hash) {
    uint8_t bytes[1 + 2 * SHA256_SIZE];
    bytes[0] = 0x01;
    memcpy(bytes + 1, left->bytes, SHA256_SIZE);
    memcpy(bytes + 1 + SHA256_SIZE, right->bytes, SHA256_SIZE);
    sha256_begin(sha256);
    sha256_update(sha256, bytes, sizeof bytes);
    sha256_end(sha256, hash->bytes);
}

unsigned merkle_edge_count(const struct merkle_edge *edge) {
    return (unsigned)__builtin_popcountll(edge->size);
}

enum daybook_status merkle_edge_add(struct merkle_edge *edge, struct sha256 *sha256, const struct merkle_hash *leaf,
                                    merkle_visit *visit, void *context, struct daybook_error *error) {
    return merkle_edge_add_subtree(edge, sha256, 0, leaf, visit, context, error);
}

enum daybook_status merkle_edge_add_subtree(struct merkle_edge *edge, struct sha256 *sha256, unsigned level,
                                            const struct merkle_hash *subtree, merkle_visit *visit, void *context,
                                            struct daybook_error *error) {
    unsigned count = merkle_edge_count(edge);
    uint64_t index = edge->size >> level;
    struct merkle_hash node = *subtree;
    const uint64_t size = edge->size + (UINT64_C(1) << level);
    assert(index << level == edge->size);
    for (;; index >>= 1, level++) {
        if (visit != NULL) {
            DAYBOOK_TRY(visit(context, level, index, &node, error));
        }
        if ((index & 1) == 0) {
            break;
        }
        merkle_node(sha256, &edge->roots[--count], &node, &node);
    }
    edge->roots[count] = node;
    edge->size = size;
    return DAYBOOK_OK;
}

/* Perfect subtrees of one level that stand side by side. */
struct row_of_nodes {
    uint64_t first_index;
    size_t count;
    struct merkle_hash *hashes;
};

/* The row above: what has its left sibling in `waiting`, and then pairs. What is left over waits in its turn. */
static void climb(struct sha256 *sha256, struct row_of_nodes *row, struct merkle_hash *waiting) {
    struct merkle_hash first_pair[2];
    struct daybook_bytes pairs[MERKLE_LEAVES_MAX / 2 + 1];
    size_t count = 0;
    size_t taken = 0;
    if (row->first_index % 2 == 1) {
        first_pair[0] = *waiting;
        first_pair[1] = row->hashes[taken++];
        pairs[count++] = (struct daybook_bytes){first_pair[0].bytes, sizeof first_pair};
    }
    for (; row->count - taken >= 2; taken += 2) {
        pairs[count++] = (struct daybook_bytes){row->hashes[taken].bytes, 2 * sizeof *row->hashes};
    }
    if (taken < row->count) {
        *waiting = row->hashes[taken];
    }
    sha256_each(sha256, 0x01, pairs, count, &row->hashes->bytes);
    row->first_index /= 2;
    row->count = count;
}

enum daybook_status merkle_edge_add_leaves(struct merkle_edge *edge, struct sha256 *sha256, struct merkle_hash *leaves,
                                           size_t count, merkle_visit *visit, void *context,
                                           struct daybook_error *error) {
    assert(count <= MERKLE_LEAVES_MAX);
    struct merkle_hash waiting[MERKLE_LEVELS]; /* By level: the edge's roots, until a right sibling comes. */
    struct row_of_nodes row = {edge->size, count, leaves};
    unsigned roots = merkle_edge_count(edge);
    for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
        if ((edge->size >> level & 1) == 1) {
            waiting[level] = edge->roots[--roots];
        }
    }
    for (unsigned level = 0; row.count > 0; level++) {
        for (size_t i = 0; i < row.count && visit != NULL; i++) {
            DAYBOOK_TRY(visit(context, level, row.first_index + i, &row.hashes[i], error));
        }
        climb(sha256, &row, &waiting[level]);
    }
    edge->size += count;
    for (unsigned level = 0, at = merkle_edge_count(edge); at > 0; level++) {
        if ((edge->size >> level & 1) == 1) {
            edge->roots[--at] = waiting[level];
        }
    }
    return DAYBOOK_OK;
}

void merkle_edge_root(const struct merkle_edge *edge, struct sha256 *sha256, struct merkle_hash *root) {
    unsigned count = merkle_edge_count(edge);
    if (count == 0) {
        sha256_begin(sha256);
        sha256_end(sha256, root->bytes);
        return;
    }
    *root = edge->roots[--count];
    while (count > 0) {
        merkle_node(sha256, &edge->roots[--count], root, root);
    }
}
