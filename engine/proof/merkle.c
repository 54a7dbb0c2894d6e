/* The tree of RFC 6962: hashing, and growing along its right edge. */
#include "proof/merkle.h"

#include <string.h>

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
    unsigned count = merkle_edge_count(edge);
    uint64_t index = edge->size;
    unsigned level = 0;
    struct merkle_hash node = *leaf;
    if (visit != NULL) {
        DAYBOOK_TRY(visit(context, level, index, &node, error));
    }
    for (; (index & 1) == 1; index >>= 1) {
        merkle_node(sha256, &edge->roots[--count], &node, &node);
        level++;
        if (visit != NULL) {
            DAYBOOK_TRY(visit(context, level, index >> 1, &node, error));
        }
    }
    edge->roots[count] = node;
    edge->size++;
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
