/* The hashes that are stored in files, by published vectors. */
#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/rows.h"

struct hash64_row {
    const char *name;
    const char *data;
    size_t size;
    uint64_t seed;
    uint64_t hash;
};

/* The digest of nothing is XXH3's published sanity value; the rest is what files hold already. */
static const struct hash64_row hash64_rows[] = {
    {"nothing", "", 0, 0, UINT64_C(0x2D06800538D394C2)},
    {"abc", "abc", 3, 0, UINT64_C(0x78AF5F94892F3950)},
    {"abc with a seed", "abc", 3, 7, UINT64_C(0x48FF56F569E39912)},
};

static void hash64_is_xxh3(void **state) {
    const struct hash64_row *row = *state;
    assert_true(hash64(row->data, row->size, row->seed) == row->hash);
}

/* Long inputs take other paths of the algorithm. */
static void long_inputs_hash_the_same_for_ever(void **state) {
    (void)state;
    uint8_t data[1000];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i % 251);
    }
    assert_true(hash64(data, 100, 0) == UINT64_C(0x004E4F921A64BD1C));
    assert_true(hash64(data, 1000, 7) == UINT64_C(0x88C710A69B531698));
}

struct sha256_row {
    const char *name;
    const char *data;
    size_t repeat;
    const char *digest;
};

/* splitmix64's published outputs for that state. */
static void a_seed_is_a_step_of_splitmix64(void **state) {
    (void)state;
    assert_true(hash64_seed(0) == UINT64_C(0xE220A8397B1DCDAF));
    assert_true(hash64_seed(1234567) == UINT64_C(6457827717110365317));
}

static int compare_hashes(const void *a, const void *b) {
    const uint64_t *hash_a = a;
    const uint64_t *hash_b = b;
    return (*hash_a > *hash_b) - (*hash_a < *hash_b);
}

/* As customers number their payments. Without the step 900 of these texts share a hash. */
static void short_texts_under_numbered_seeds_keep_apart(void **state) {
    (void)state;
    enum { SEEDS = 100, TEXTS = 99 };
    static uint64_t hashes[SEEDS * TEXTS];
    size_t count = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        for (int i = 1; i <= TEXTS; i++) {
            char text[8];
            int size = snprintf(text, sizeof text, "P%d", i);
            hashes[count++] = hash64(text, (size_t)size, hash64_seed(seed << 8));
        }
    }
    qsort(hashes, count, sizeof *hashes, compare_hashes);
    for (size_t i = 1; i < count; i++) {
        assert_true(hashes[i - 1] != hashes[i]);
    }
}

/* FIPS 180-4's examples. */
static const struct sha256_row sha256_rows[] = {
    {"sha256 of nothing", "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"sha256 of abc", "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"sha256 of two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"sha256 of a million a", "a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static void assert_digest(struct sha256 *sha256, const struct sha256_row *row) {
    sha256_begin(sha256);
    for (size_t i = 0; i < row->repeat; i++) {
        sha256_update(sha256, row->data, strlen(row->data));
    }
    uint8_t digest[SHA256_SIZE];
    sha256_end(sha256, digest);
    char text[2 * SHA256_SIZE + 1];
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
    assert_string_equal(text, row->digest);
}

static void sha256_is_fips_180(void **state) {
    struct sha256 *sha256 = sha256_open();
    assert_non_null(sha256);
    assert_digest(sha256, *state);
    sha256_close(sha256);
}

static void a_context_is_used_again(void **state) {
    (void)state;
    struct sha256 *sha256 = sha256_open();
    assert_non_null(sha256);
    for (size_t round = 0; round < 3; round++) {
        assert_digest(sha256, &sha256_rows[0]);
        assert_digest(sha256, &sha256_rows[1]);
        sha256_begin(sha256);
        sha256_update(sha256, "left unfinished", 15);
        assert_digest(sha256, &sha256_rows[2]);
    }
    sha256_close(sha256);
    sha256_close(NULL);
}

/* With inputs of other sizes beside it, and written over what was read before: each is what it is alone. */
static void each_of_many_is_what_it_is_alone(void **state) {
    (void)state;
    enum { COUNT = 40, LONG = 1200 };
    static const uint8_t prefix = 0x5a;
    static uint8_t data[COUNT][LONG];
    struct daybook_bytes inputs[COUNT];
    uint8_t expected[COUNT][SHA256_SIZE];
    uint8_t digests[COUNT][SHA256_SIZE];
    struct sha256 *sha256 = sha256_open();
    assert_non_null(sha256);
    for (size_t i = 0; i < COUNT; i++) {
        memset(data[i], (int)i, sizeof data[i]);
        inputs[i] = (struct daybook_bytes){data[i], i % 8 == 7 ? 1000 + i : i * 13 % 200};
        sha256_begin(sha256);
        sha256_update(sha256, &prefix, 1);
        sha256_update(sha256, data[i], inputs[i].size);
        sha256_end(sha256, expected[i]);
    }
    sha256_each(sha256, prefix, inputs, COUNT, digests);
    assert_memory_equal(digests, expected, sizeof expected);
    sha256_each(sha256, prefix, inputs, COUNT, (uint8_t(*)[SHA256_SIZE])data); /* All lie in the first two inputs. */
    assert_memory_equal(data, expected, sizeof expected);
    sha256_close(sha256);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, hash64_rows, hash64_is_xxh3);
    rows_add(&rows, "seeds", a_seed_is_a_step_of_splitmix64, NULL);
    rows_add(&rows, "seeds keep apart", short_texts_under_numbered_seeds_keep_apart, NULL);
    rows_add(&rows, "long inputs", long_inputs_hash_the_same_for_ever, NULL);
    ROWS_ADD_TABLE(&rows, sha256_rows, sha256_is_fips_180);
    rows_add(&rows, "each of many", each_of_many_is_what_it_is_alone, NULL);
    rows_add(&rows, "a context is used again", a_context_is_used_again, NULL);
    return rows_run("hash", &rows);
}
