/*
 * The tree view: folding, and finding nodes again.
 *
 * nodes   level (8, 16, ...), 1 byte;     32 bytes of hash; 8 bytes of hash64 over key and hash
 *         index, 8 bytes big-endian
 * edge    "edge"                          size, 8 bytes; its hashes, 32 bytes each; 8 bytes of hash64 over both
 *
 * Integers in values are little-endian.
 */
#include "projections/tree.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

enum { NODE_KEY_SIZE = 9, SUM_SIZE = 8, NODE_SIZE = SHA256_SIZE + SUM_SIZE };
enum { EDGE_HEAD_SIZE = 8, EDGE_SIZE_MAX = EDGE_HEAD_SIZE + MERKLE_LEVELS * SHA256_SIZE + SUM_SIZE };

static const struct daybook_bytes edge_key = {(const uint8_t *)"edge", 4};

static void make_node_key(uint8_t key[NODE_KEY_SIZE], unsigned level, uint64_t index) {
    key[0] = (uint8_t)level;
    store_be64(key + 1, index);
}

static void node_sum(const uint8_t key[NODE_KEY_SIZE], const struct merkle_hash *hash, uint8_t sum[SUM_SIZE]) {
    uint8_t bytes[NODE_KEY_SIZE + SHA256_SIZE];
    memcpy(bytes, key, NODE_KEY_SIZE);
    memcpy(bytes + NODE_KEY_SIZE, hash->bytes, SHA256_SIZE);
    store_le64(sum, hash64(bytes, sizeof bytes, 0));
}

/* ---- the fold ---- */

struct tree_fold {
    struct sha256 *sha256;
    struct merkle_edge edge; /* Without what is gathered. */
    struct merkle_hash leaves[MERKLE_LEAVES_MAX];
    size_t gathered; /* Leaves; of all of them at once the nodes cost less. */
    bool is_loaded;
    bool is_changed;
};

static void close_fold(void *memory) {
    struct tree_fold *fold = memory;
    if (fold != NULL) {
        sha256_close(fold->sha256);
        free(fold);
    }
}

static enum daybook_status open_fold(void **memory, struct daybook_error *error) {
    struct tree_fold *fold = calloc(1, sizeof *fold);
    if (fold != NULL) {
        fold->sha256 = sha256_open();
    }
    if (fold == NULL || fold->sha256 == NULL) {
        close_fold(fold);
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "while opening the tree view: memory was refused");
    }
    *memory = fold;
    return DAYBOOK_OK;
}

static void forget_fold(void *memory) {
    struct tree_fold *fold = memory;
    fold->is_loaded = false;
    fold->is_changed = false;
    fold->gathered = 0;
}

static enum daybook_status load_edge(struct tree_fold *fold, struct store_txn *txn, struct daybook_error *error) {
    struct daybook_bytes value;
    bool is_found = false;
    fold->edge.size = 0;
    DAYBOOK_TRY(table_get(txn, TREE_EDGE, edge_key, &value, &is_found, error));
    if (is_found) {
        bool is_whole = value.size >= EDGE_HEAD_SIZE + SUM_SIZE &&
                        load_le64(value.data + value.size - SUM_SIZE) == hash64(value.data, value.size - SUM_SIZE, 0);
        fold->edge.size = is_whole ? load_le64(value.data) : 0;
        size_t hashes_size = merkle_edge_count(&fold->edge) * (size_t)SHA256_SIZE;
        if (!is_whole || value.size != EDGE_HEAD_SIZE + hashes_size + SUM_SIZE) {
            return daybook_fail(error, DAYBOOK_DAMAGED, "the tree view's edge is not what was written");
        }
        memcpy(fold->edge.roots, value.data + EDGE_HEAD_SIZE, hashes_size);
    }
    fold->is_loaded = true;
    fold->is_changed = false;
    fold->gathered = 0;
    return DAYBOOK_OK;
}

/* TV1. Only every eighth level is kept. */
static enum daybook_status keep_node(void *context, unsigned level, uint64_t index, const struct merkle_hash *hash,
                                     struct daybook_error *error) {
    uint8_t key[NODE_KEY_SIZE];
    uint8_t value[NODE_SIZE];
    if (level == 0 || level % TILE_HEIGHT != 0) {
        return DAYBOOK_OK;
    }
    make_node_key(key, level, index);
    memcpy(value, hash->bytes, SHA256_SIZE);
    node_sum(key, hash, value + SHA256_SIZE);
    return table_put(context, TREE_NODES, (struct daybook_bytes){key, sizeof key},
                     (struct daybook_bytes){value, sizeof value}, error);
}

static enum daybook_status add_gathered(struct tree_fold *fold, struct store_txn *txn, struct daybook_error *error) {
    size_t count = fold->gathered;
    fold->gathered = 0;
    return merkle_edge_add_leaves(&fold->edge, fold->sha256, fold->leaves, count, keep_node, txn, error);
}

/* Instead of its leaves, which were gathered last. */
static enum daybook_status add_subtree(struct tree_fold *fold, struct store_txn *txn, const uint8_t *hash,
                                       struct daybook_error *error) {
    struct merkle_hash subtree;
    memcpy(subtree.bytes, hash, sizeof subtree.bytes);
    fold->gathered -= PROJECTION_SUBTREE_EVENTS;
    DAYBOOK_TRY(add_gathered(fold, txn, error));
    return merkle_edge_add_subtree(&fold->edge, fold->sha256, PROJECTION_SUBTREE_LEVEL, &subtree, keep_node, txn,
                                   error);
}

static enum daybook_status fold_event(void *memory, struct store_txn *txn, const struct fold_event *folded,
                                      struct daybook_error *error) {
    struct tree_fold *fold = memory;
    if (!fold->is_loaded) {
        DAYBOOK_TRY(load_edge(fold, txn, error));
    }
    uint64_t size = fold->edge.size + fold->gathered;
    if (folded->sequence != size + 1) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "while folding event %" PRIu64 ": the tree has %" PRIu64
                            " entries, and takes the next only",
                            folded->sequence, size);
    }
    struct merkle_hash *leaf = &fold->leaves[fold->gathered++];
    if (folded->leaf != NULL) {
        memcpy(leaf->bytes, folded->leaf, sizeof leaf->bytes);
    } else {
        merkle_leaf(fold->sha256, folded->bytes, leaf);
    }
    fold->is_changed = true;
    if (folded->subtree != NULL && fold->gathered >= PROJECTION_SUBTREE_EVENTS) {
        return add_subtree(fold, txn, folded->subtree, error);
    }
    return fold->gathered < MERKLE_LEAVES_MAX ? DAYBOOK_OK : add_gathered(fold, txn, error);
}

static enum daybook_status flush_fold(void *memory, struct store_txn *txn, struct daybook_error *error) {
    struct tree_fold *fold = memory;
    uint8_t value[EDGE_SIZE_MAX];
    if (!fold->is_changed) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(add_gathered(fold, txn, error));
    size_t size = EDGE_HEAD_SIZE + merkle_edge_count(&fold->edge) * (size_t)SHA256_SIZE;
    store_le64(value, fold->edge.size);
    memcpy(value + EDGE_HEAD_SIZE, fold->edge.roots, size - EDGE_HEAD_SIZE);
    store_le64(value + size, hash64(value, size, 0));
    DAYBOOK_TRY(table_put(txn, TREE_EDGE, edge_key, (struct daybook_bytes){value, size + SUM_SIZE}, error));
    fold->is_changed = false;
    return DAYBOOK_OK;
}

static const char *const tables[TREE_TABLE_COUNT] = {[TREE_NODES] = "nodes", [TREE_EDGE] = "edge"};

const struct projection tree_projection = {
    .name = "tree",
    .version = 1,
    .readable_from = 1,
    .tables = tables,
    .table_count = TREE_TABLE_COUNT,
    .writes_little = true,
    .looks_at_bytes = true,
    .open = open_fold,
    .close = close_fold,
    .forget = forget_fold,
    .fold = fold_event,
    .flush = flush_fold,
};

/* ---- finding nodes again ---- */

enum daybook_status tree_reader_open(struct tree_reader *tree, struct store_txn *txn, struct journal_reader *reader,
                                     uint64_t size, struct daybook_error *error) {
    tree->txn = txn;
    tree->reader = reader;
    tree->size = size;
    tree->block = UINT64_MAX;
    tree->sha256 = sha256_open();
    return tree->sha256 != NULL ? DAYBOOK_OK
                                : daybook_fail(error, DAYBOOK_NO_MEMORY, "reading the tree: memory was refused");
}

void tree_reader_close(struct tree_reader *tree) {
    sha256_close(tree->sha256);
    tree->sha256 = NULL;
}

/* The leaves of a block, from the journal, and all whole nodes above them. */
static enum daybook_status load_block(struct tree_reader *tree, uint64_t block, struct daybook_error *error) {
    uint64_t first = block * TILE_WIDTH;
    unsigned count = tile_width(0, block, tree->size);
    tree->block = UINT64_MAX;
    for (unsigned i = 0; i < count;) {
        struct journal_slice slice;
        DAYBOOK_TRY(journal_read(tree->reader, first + i + 1, &slice, error));
        if (slice.count == 0) {
            return daybook_fail(error, DAYBOOK_DAMAGED, "reading the tree: the journal ends before event %" PRIu64,
                                first + i + 1);
        }
        for (size_t j = 0; j < slice.count && i < count; j++, i++) {
            struct daybook_bytes entry = {slice.events[j].data, slice.events[j].size};
            merkle_leaf(tree->sha256, entry, &tree->lower[TILE_WIDTH + i]);
        }
    }
    for (unsigned width = TILE_WIDTH / 2; width > 0; width /= 2) {
        /* Of `width` nodes of this level those are whole whose leaves are all there. */
        unsigned whole = count / (TILE_WIDTH / width);
        for (unsigned i = 0; i < whole; i++) {
            const struct merkle_hash *children = &tree->lower[2 * (width + i)];
            merkle_node(tree->sha256, &children[0], &children[1], &tree->lower[width + i]);
        }
    }
    tree->block = block;
    tree->lower_count = count;
    return DAYBOOK_OK;
}

static enum daybook_status read_node(struct tree_reader *tree, unsigned level, uint64_t index, struct merkle_hash *hash,
                                     struct daybook_error *error) {
    uint8_t key[NODE_KEY_SIZE];
    uint8_t sum[SUM_SIZE];
    struct daybook_bytes value;
    bool is_found = false;
    make_node_key(key, level, index);
    DAYBOOK_TRY(table_get(tree->txn, TREE_NODES, (struct daybook_bytes){key, sizeof key}, &value, &is_found, error));
    if (is_found && value.size == NODE_SIZE) {
        memcpy(hash->bytes, value.data, SHA256_SIZE);
        node_sum(key, hash, sum);
        if (memcmp(sum, value.data + SHA256_SIZE, SUM_SIZE) == 0) {
            return DAYBOOK_OK;
        }
    }
    return daybook_fail(error, DAYBOOK_DAMAGED, "reading the tree: node %" PRIu64 " of level %u is %s", index, level,
                        is_found ? "not what was written" : "missing");
}

static enum daybook_status find_node(void *context, unsigned level, uint64_t index, struct merkle_hash *hash,
                                     struct daybook_error *error) {
    struct tree_reader *tree = context;
    struct merkle_edge edge = {0};
    if (level < TILE_HEIGHT) {
        uint64_t block = index >> (TILE_HEIGHT - level);
        if (block != tree->block) {
            DAYBOOK_TRY(load_block(tree, block, error));
        }
        unsigned width = (unsigned)TILE_WIDTH >> level;
        *hash = tree->lower[width + index % width];
        return DAYBOOK_OK;
    }
    /* From the kept level at or below: at most 128 rows. */
    unsigned kept = level - level % TILE_HEIGHT;
    uint64_t count = UINT64_C(1) << (level - kept);
    for (uint64_t i = 0; i < count; i++) {
        struct merkle_hash child;
        DAYBOOK_TRY(read_node(tree, kept, index * count + i, &child, error));
        DAYBOOK_TRY(merkle_edge_add(&edge, tree->sha256, &child, NULL, NULL, error));
    }
    merkle_edge_root(&edge, tree->sha256, hash);
    return DAYBOOK_OK;
}

struct merkle_source tree_source(struct tree_reader *tree) {
    return (struct merkle_source){find_node, tree};
}
