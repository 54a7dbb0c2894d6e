/* The tree by published roots and proofs, and by RFC 6962's definitions for up to 300 leaves. */
#include "tests/engine/proof/reference.h"

#include "base/base64.h"

static struct sha256 *sha256;
static struct merkle_hash leaves[REFERENCE_LEAVES];

/* certificate-transparency's vectors. */
struct root_row {
    const char *name;
    const char *leaf; /* In hex: of the entry that this size adds. */
    const char *root;
};
static const struct root_row root_rows[] = {
    {"0 entries", NULL, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"1 entry", "", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {"2 entries", "00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
    {"3 entries", "10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
    {"4 entries", "2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
    {"5 entries", "3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
    {"6 entries", "40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
    {"7 entries", "5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
    {"8 entries", "606162636465666768696a6b6c6d6e6f",
     "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};

static size_t unhex(const char *text, uint8_t *to) {
    size_t size = strlen(text) / 2;
    for (size_t i = 0; i < size; i++) {
        unsigned value;
        assert_int_equal(sscanf(text + 2 * i, "%2x", &value), 1);
        to[i] = (uint8_t)value;
    }
    return size;
}

static struct merkle_hash hash_of_hex(const char *text) {
    struct merkle_hash hash;
    assert_int_equal(unhex(text, hash.bytes), 32);
    return hash;
}

static struct merkle_hash hash_of_base64(const char *text) {
    uint8_t decoded[48];
    size_t size;
    struct merkle_hash hash;
    assert_true(base64_decode_exact(text, strlen(text), decoded, &size));
    assert_int_equal(size, 32);
    memcpy(hash.bytes, decoded, 32);
    return hash;
}

static void assert_hash(const struct merkle_hash *hash, const struct merkle_hash *expected) {
    assert_memory_equal(hash->bytes, expected->bytes, 32);
}

static void root_is_published(void **state) {
    const struct root_row *row = *state;
    struct merkle_edge edge = {0};
    struct merkle_hash root;
    for (const struct root_row *added = &root_rows[1]; added <= row; added++) {
        uint8_t entry[32];
        struct merkle_hash leaf;
        size_t size = unhex(added->leaf, entry);
        merkle_leaf(sha256, (struct daybook_bytes){entry, size}, &leaf);
        assert_int_equal(merkle_edge_add(&edge, sha256, &leaf, NULL, NULL, NULL), DAYBOOK_OK);
    }
    struct merkle_hash expected = hash_of_hex(row->root);
    merkle_edge_root(&edge, sha256, &root);
    assert_hash(&root, &expected);
}

static void published_inclusion_is_accepted(void **state) {
    (void)state;
    struct merkle_hash leaf = hash_of_base64("QnGia+DYqE8L1UyMMC58s6O10fpngKQLzOKHNHfatlg=");
    struct merkle_hash root = hash_of_hex(root_rows[8].root);
    struct merkle_proof proof = {3,
                                 {hash_of_base64("vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms="),
                                  hash_of_base64("yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA="),
                                  hash_of_base64("037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=")}};
    assert_int_equal(merkle_check_inclusion(sha256, 5, 8, &leaf, &proof, &root, NULL), DAYBOOK_OK);
}

static void published_consistency_is_accepted(void **state) {
    (void)state;
    struct merkle_size old = {6, hash_of_hex(root_rows[6].root)};
    struct merkle_size now = {8, hash_of_hex(root_rows[8].root)};
    struct merkle_proof proof = {3,
                                 {hash_of_base64("DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o="),
                                  hash_of_base64("yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA="),
                                  hash_of_base64("037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=")}};
    assert_int_equal(merkle_check_consistency(sha256, &old, &now, &proof, NULL), DAYBOOK_OK);
}

/* Every subtree that growing reports is the one of that name, each once. */
struct seen {
    uint64_t count;
};
static enum daybook_status see(void *context, unsigned level, uint64_t index, const struct merkle_hash *hash,
                               struct daybook_error *error) {
    struct seen *seen = context;
    (void)error;
    struct merkle_hash expected = reference_root(leaves + (index << level), UINT64_C(1) << level);
    assert_hash(hash, &expected);
    seen->count++;
    return DAYBOOK_OK;
}

static void growing_gives_the_root_of_each_size(void **state) {
    (void)state;
    struct merkle_edge edge = {0};
    struct seen seen = {0};
    uint64_t expected_count = 0;
    for (uint64_t size = 0; size <= REFERENCE_LEAVES; size++) {
        struct merkle_hash root;
        struct merkle_hash expected = reference_root(leaves, size);
        merkle_edge_root(&edge, sha256, &root);
        assert_int_equal(edge.size, size);
        assert_hash(&root, &expected);
        if (size < REFERENCE_LEAVES) {
            assert_int_equal(merkle_edge_add(&edge, sha256, &leaves[size], see, &seen, NULL), DAYBOOK_OK);
        }
    }
    for (uint64_t width = 1; width <= REFERENCE_LEAVES; width *= 2) {
        expected_count += REFERENCE_LEAVES / width;
    }
    assert_int_equal(seen.count, expected_count);
}

/* From every size on, many at once: the same edges, and every subtree once. */
static void growing_by_many_gives_the_same(void **state) {
    (void)state;
    static const size_t steps[] = {0, 1, 2, 3, 7, 64, 100, MERKLE_LEAVES_MAX};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        for (uint64_t size = 0; size + steps[i] <= REFERENCE_LEAVES; size++) {
            struct merkle_source source = {reference_source, leaves};
            struct merkle_hash added[MERKLE_LEAVES_MAX];
            struct merkle_edge edge;
            struct merkle_edge expected;
            struct seen seen = {0};
            assert_int_equal(merkle_edge_of(&source, size, &edge, NULL), DAYBOOK_OK);
            assert_int_equal(merkle_edge_of(&source, size + steps[i], &expected, NULL), DAYBOOK_OK);
            memcpy(added, leaves + size, steps[i] * sizeof *added);
            assert_int_equal(merkle_edge_add_leaves(&edge, sha256, added, steps[i], see, &seen, NULL), DAYBOOK_OK);
            assert_int_equal(edge.size, expected.size);
            assert_memory_equal(edge.roots, expected.roots, merkle_edge_count(&expected) * sizeof *edge.roots);
            uint64_t subtrees = 0;
            for (uint64_t width = 1; width <= REFERENCE_LEAVES; width *= 2) {
                subtrees += (size + steps[i]) / width - size / width;
            }
            assert_int_equal(seen.count, subtrees);
        }
    }
}

/* A perfect subtree in one step: the same edge, and only what stands above its leaves is seen. */
static void growing_by_subtrees_gives_the_same(void **state) {
    (void)state;
    for (unsigned level = 0; UINT64_C(1) << level <= REFERENCE_LEAVES; level++) {
        const uint64_t width = UINT64_C(1) << level;
        struct merkle_edge edge = {0};
        struct seen seen = {0};
        uint64_t seen_before = 0;
        for (uint64_t size = width; size <= REFERENCE_LEAVES; size += width) {
            struct merkle_source source = {reference_source, leaves};
            struct merkle_edge expected;
            struct merkle_hash subtree = reference_root(leaves + size - width, width);
            assert_int_equal(merkle_edge_add_subtree(&edge, sha256, level, &subtree, see, &seen, NULL), DAYBOOK_OK);
            assert_int_equal(merkle_edge_of(&source, size, &expected, NULL), DAYBOOK_OK);
            assert_int_equal(edge.size, expected.size);
            assert_memory_equal(edge.roots, expected.roots, merkle_edge_count(&expected) * sizeof *edge.roots);
            seen_before += 1 + (uint64_t)__builtin_ctzll(size / width);
            assert_int_equal(seen.count, seen_before);
        }
    }
}

static enum daybook_status refuse_inner(void *context, unsigned level, uint64_t index, const struct merkle_hash *hash,
                                        struct daybook_error *error) {
    (void)context;
    (void)index;
    (void)hash;
    return level == 0 ? DAYBOOK_OK : daybook_fail(error, DAYBOOK_IO, "no");
}

static void a_visit_that_fails_leaves_the_edge(void **state) {
    (void)state;
    struct merkle_edge edge = {0};
    assert_int_equal(merkle_edge_add(&edge, sha256, &leaves[0], refuse_inner, NULL, NULL), DAYBOOK_OK);
    struct merkle_edge before = edge;
    assert_int_equal(merkle_edge_add(&edge, sha256, &leaves[1], refuse_inner, NULL, NULL), DAYBOOK_IO);
    assert_memory_equal(&edge, &before, sizeof edge);
    struct merkle_hash added[3];
    memcpy(added, leaves + 1, sizeof added);
    assert_int_equal(merkle_edge_add_leaves(&edge, sha256, added, 3, refuse_inner, NULL, NULL), DAYBOOK_IO);
    assert_memory_equal(&edge, &before, sizeof edge);
}

static void edges_read_from_a_source_grow_on(void **state) {
    (void)state;
    struct merkle_source source = {reference_source, leaves};
    for (uint64_t size = 0; size < REFERENCE_LEAVES; size += 13) {
        struct merkle_edge edge;
        struct merkle_hash root;
        assert_int_equal(merkle_edge_of(&source, size, &edge, NULL), DAYBOOK_OK);
        for (uint64_t i = size; i < REFERENCE_LEAVES; i++) {
            assert_int_equal(merkle_edge_add(&edge, sha256, &leaves[i], NULL, NULL, NULL), DAYBOOK_OK);
        }
        struct merkle_hash expected = reference_root(leaves, REFERENCE_LEAVES);
        merkle_edge_root(&edge, sha256, &root);
        assert_hash(&root, &expected);
        expected = reference_root(leaves, size);
        assert_int_equal(merkle_root_of(&source, sha256, size, &root, NULL), DAYBOOK_OK);
        assert_hash(&root, &expected);
    }
}

static void proofs_are_those_of_the_definition(void **state) {
    (void)state;
    struct merkle_source source = {reference_source, leaves};
    for (uint64_t size = 1; size <= REFERENCE_LEAVES; size += size < 40 ? 1 : 37) {
        struct merkle_hash root = reference_root(leaves, size);
        for (uint64_t i = 0; i < size; i++) {
            struct merkle_proof proof;
            struct merkle_proof expected;
            char shape[66];
            reference_path(leaves, i, size, &expected, shape);
            assert_int_equal(merkle_prove_inclusion(&source, sha256, i, size, &proof, NULL), DAYBOOK_OK);
            assert_int_equal(proof.count, expected.count);
            assert_memory_equal(proof.hashes, expected.hashes, expected.count * sizeof expected.hashes[0]);
            assert_int_equal(merkle_check_inclusion(sha256, i, size, &leaves[i], &proof, &root, NULL), DAYBOOK_OK);
            reference_subproof(leaves, i + 1, size, true, &expected);
            assert_int_equal(merkle_prove_consistency(&source, sha256, i + 1, size, &proof, NULL), DAYBOOK_OK);
            assert_int_equal(proof.count, expected.count);
            assert_memory_equal(proof.hashes, expected.hashes, expected.count * sizeof expected.hashes[0]);
            struct merkle_size old = {i + 1, reference_root(leaves, i + 1)};
            struct merkle_size now = {size, root};
            assert_int_equal(merkle_check_consistency(sha256, &old, &now, &proof, NULL), DAYBOOK_OK);
        }
    }
}

static void what_cannot_be_proved_is_refused(void **state) {
    (void)state;
    struct merkle_source source = {reference_source, leaves};
    struct merkle_proof proof;
    assert_int_equal(merkle_prove_inclusion(&source, sha256, 0, 0, &proof, NULL), DAYBOOK_INVALID);
    assert_int_equal(merkle_prove_inclusion(&source, sha256, 7, 7, &proof, NULL), DAYBOOK_INVALID);
    assert_int_equal(merkle_prove_consistency(&source, sha256, 0, 7, &proof, NULL), DAYBOOK_INVALID);
    assert_int_equal(merkle_prove_consistency(&source, sha256, 8, 7, &proof, NULL), DAYBOOK_INVALID);
}

int main(void) {
    static struct rows rows;
    sha256 = sha256_open();
    reference_fill(leaves);
    ROWS_ADD_TABLE(&rows, root_rows, root_is_published);
    rows_add(&rows, "the published inclusion proof", published_inclusion_is_accepted, NULL);
    rows_add(&rows, "the published consistency proof", published_consistency_is_accepted, NULL);
    rows_add(&rows, "growing", growing_gives_the_root_of_each_size, NULL);
    rows_add(&rows, "growing by many", growing_by_many_gives_the_same, NULL);
    rows_add(&rows, "growing by subtrees", growing_by_subtrees_gives_the_same, NULL);
    rows_add(&rows, "a visit that fails", a_visit_that_fails_leaves_the_edge, NULL);
    rows_add(&rows, "edges from a source", edges_read_from_a_source_grow_on, NULL);
    rows_add(&rows, "proofs by definition", proofs_are_those_of_the_definition, NULL);
    rows_add(&rows, "what cannot be proved", what_cannot_be_proved_is_refused, NULL);
    int failed = rows_run("merkle", &rows);
    sha256_close(sha256);
    return failed;
}
