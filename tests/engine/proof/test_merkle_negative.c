/* Every way to spoil a proof that we know, for trees of up to 300 entries: none is accepted. */
#include <stdlib.h>

#include "tests/engine/proof/reference.h"

static struct sha256 *sha256;
static struct merkle_hash leaves[REFERENCE_LEAVES];
static struct merkle_hash roots[REFERENCE_LEAVES + 1];

/* In the short run every index of small trees, and some of each larger one. */
static uint64_t step_of(uint64_t size) {
    return getenv("DAYBOOK_TEST_LONG") != NULL || size <= 48 ? 1 : size / 16;
}

/* ---- proofs spoilt in themselves ---- */

typedef void check_fn(const void *context, const struct merkle_proof *proof);

static void spoil(const struct merkle_proof *good, const struct merkle_hash *garbage, check_fn *check,
                  const void *context) {
    struct merkle_proof bad;
    for (size_t i = 0; i < good->count; i++) {
        bad = *good;
        bad.hashes[i].bytes[(i * 7) % 32] ^= (uint8_t)(1U << (i % 8));
        check(context, &bad);
        bad = *good;
        bad.hashes[i] = *garbage;
        check(context, &bad);
        bad = *good;
        memset(bad.hashes[i].bytes, 0, 32);
        check(context, &bad);
        /* One left out in the middle. */
        bad = *good;
        memmove(&bad.hashes[i], &bad.hashes[i + 1], (bad.count - i - 1) * sizeof bad.hashes[0]);
        bad.count--;
        check(context, &bad);
        /* One too many, in the middle and twice. */
        bad = *good;
        memmove(&bad.hashes[i + 1], &bad.hashes[i], (bad.count - i) * sizeof bad.hashes[0]);
        bad.count++;
        check(context, &bad);
    }
    for (size_t i = 0; i + 1 < good->count; i++) {
        bad = *good;
        bad.hashes[i] = good->hashes[i + 1];
        bad.hashes[i + 1] = good->hashes[i];
        check(context, &bad);
    }
    bad = *good;
    bad.hashes[bad.count++] = *garbage;
    check(context, &bad);
    if (good->count > 0) {
        bad = *good;
        bad.count--;
        check(context, &bad);
        bad.count = 0;
        check(context, &bad);
    }
}

/* ---- inclusion ---- */

struct inclusion {
    uint64_t index;
    uint64_t size;
};

static enum daybook_status check_at(uint64_t index, uint64_t size, uint64_t leaf, const struct merkle_proof *proof,
                                    uint64_t root_size) {
    struct daybook_error error = {0};
    enum daybook_status status =
        merkle_check_inclusion(sha256, index, size, &leaves[leaf], proof, &roots[root_size], &error);
    assert_true(status == DAYBOOK_OK || (status == DAYBOOK_DAMAGED && error.message[0] != '\0'));
    return status;
}

static void inclusion_is_refused(const void *context, const struct merkle_proof *proof) {
    const struct inclusion *of = context;
    assert_int_equal(check_at(of->index, of->size, of->index, proof, of->size), DAYBOOK_DAMAGED);
}

/* A proof does not bind the size: what does is the signed checkpoint. It binds the shape of the path. */
static void check_place(const struct inclusion *of, const struct merkle_proof *proof, uint64_t index, uint64_t size) {
    char shape[66];
    char claimed[66] = "not in the tree";
    if (index == of->index && size == of->size) {
        return;
    }
    reference_shape(of->index, of->size, shape);
    if (index < size) {
        reference_shape(index, size, claimed);
    }
    enum daybook_status expected = strcmp(shape, claimed) == 0 ? DAYBOOK_OK : DAYBOOK_DAMAGED;
    assert_int_equal(check_at(index, size, of->index, proof, of->size), expected);
    /* Of the same size another index has another shape. */
    assert_true(size != of->size || expected == DAYBOOK_DAMAGED);
}

static void inclusions_of(uint64_t index, uint64_t size) {
    struct merkle_proof proof;
    struct inclusion of = {index, size};
    struct merkle_source source = {reference_source, leaves};
    assert_int_equal(merkle_prove_inclusion(&source, sha256, index, size, &proof, NULL), DAYBOOK_OK);
    assert_int_equal(check_at(index, size, index, &proof, size), DAYBOOK_OK);
    spoil(&proof, &leaves[index], inclusion_is_refused, &of);
    spoil(&proof, &roots[size], inclusion_is_refused, &of);
    const uint64_t indexes[] = {index - 1, index + 1, index ^ 2, index * 2, index / 2, UINT64_MAX};
    const uint64_t sizes[] = {size - 1, size + 1, size ^ 2, size * 2, size / 2, 0, UINT64_MAX};
    for (size_t i = 0; i < ROW_COUNT(indexes); i++) {
        check_place(&of, &proof, indexes[i], size);
    }
    for (size_t i = 0; i < ROW_COUNT(sizes); i++) {
        check_place(&of, &proof, index, sizes[i]);
    }
    assert_int_equal(check_at(index, size, (index + 1) % REFERENCE_LEAVES, &proof, size), DAYBOOK_DAMAGED);
    assert_int_equal(check_at(index, size, index, &proof, size - 1), DAYBOOK_DAMAGED);
}

static void spoilt_inclusions_are_refused(void **state) {
    (void)state;
    for (uint64_t size = 1; size <= REFERENCE_LEAVES; size++) {
        for (uint64_t index = 0; index < size; index += step_of(size)) {
            inclusions_of(index, size);
        }
        inclusions_of(size - 1, size);
    }
}

/* ---- consistency ---- */

struct consistency {
    uint64_t old_size;
    uint64_t size;
};

static enum daybook_status check_sizes(uint64_t old_size, uint64_t size, const struct consistency *roots_of,
                                       const struct merkle_proof *proof) {
    struct daybook_error error = {0};
    struct merkle_size old = {old_size, roots[roots_of->old_size]};
    struct merkle_size now = {size, roots[roots_of->size]};
    enum daybook_status status = merkle_check_consistency(sha256, &old, &now, proof, &error);
    assert_true(status == DAYBOOK_OK || (status == DAYBOOK_DAMAGED && error.message[0] != '\0'));
    return status;
}

static void consistency_is_refused(const void *context, const struct merkle_proof *proof) {
    const struct consistency *of = context;
    assert_int_equal(check_sizes(of->old_size, of->size, of, proof), DAYBOOK_DAMAGED);
}

static void consistencies_of(uint64_t old_size, uint64_t size) {
    struct merkle_proof proof;
    struct consistency of = {old_size, size};
    struct merkle_source source = {reference_source, leaves};
    assert_int_equal(merkle_prove_consistency(&source, sha256, old_size, size, &proof, NULL), DAYBOOK_OK);
    assert_int_equal(check_sizes(old_size, size, &of, &proof), DAYBOOK_OK);
    spoil(&proof, &leaves[0], consistency_is_refused, &of);
    spoil(&proof, &roots[size], consistency_is_refused, &of);
    const uint64_t olds[] = {old_size - 1, old_size + 1, old_size ^ 2, old_size * 2, 0, UINT64_MAX};
    const uint64_t sizes[] = {size * 2, size / 2, old_size - 1, 0};
    for (size_t i = 0; i < ROW_COUNT(olds); i++) {
        assert_true(olds[i] == old_size || check_sizes(olds[i], size, &of, &proof) == DAYBOOK_DAMAGED);
    }
    for (size_t i = 0; i < ROW_COUNT(sizes); i++) {
        assert_int_equal(check_sizes(old_size, sizes[i], &of, &proof), DAYBOOK_DAMAGED);
    }
    /* The roots of other sizes, or the two of them exchanged. */
    const struct consistency others[] = {{old_size - 1, size}, {old_size, size - 1}, {size, old_size}};
    for (size_t i = 0; i < ROW_COUNT(others); i++) {
        bool is_same = others[i].old_size == old_size && others[i].size == size;
        assert_true(is_same || check_sizes(old_size, size, &others[i], &proof) == DAYBOOK_DAMAGED);
    }
}

static void spoilt_consistencies_are_refused(void **state) {
    (void)state;
    for (uint64_t size = 1; size <= REFERENCE_LEAVES; size++) {
        for (uint64_t old_size = 1; old_size < size; old_size += step_of(size)) {
            consistencies_of(old_size, size);
        }
    }
}

static void equal_sizes_need_equal_roots_and_no_proof(void **state) {
    (void)state;
    for (uint64_t size = 1; size <= REFERENCE_LEAVES; size++) {
        struct consistency of = {size, size};
        struct consistency other = {size, size - 1};
        struct merkle_proof proof = {.count = 0};
        assert_int_equal(check_sizes(size, size, &of, &proof), DAYBOOK_OK);
        assert_int_equal(check_sizes(size, size, &other, &proof), DAYBOOK_DAMAGED);
        proof.hashes[proof.count++] = roots[size];
        assert_int_equal(check_sizes(size, size, &of, &proof), DAYBOOK_DAMAGED);
    }
}

int main(void) {
    static struct rows rows;
    sha256 = sha256_open();
    reference_fill(leaves);
    for (uint64_t size = 0; size <= REFERENCE_LEAVES; size++) {
        roots[size] = reference_root(leaves, size);
    }
    rows_add(&rows, "inclusion", spoilt_inclusions_are_refused, NULL);
    rows_add(&rows, "consistency", spoilt_consistencies_are_refused, NULL);
    rows_add(&rows, "equal sizes", equal_sizes_need_equal_roots_and_no_proof, NULL);
    int failed = rows_run("merkle_negative", &rows);
    sha256_close(sha256);
    return failed;
}
