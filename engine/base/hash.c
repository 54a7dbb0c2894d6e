/* XXH3 and SHA-256, by the libraries that do them best. */
#include "base/hash.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <xxhash.h>

/* A fetched digest and a reused context: looking the digest up anew for each hash costs more than the hash. */
struct sha256 {
    EVP_MD *digest;
    EVP_MD_CTX *context;
};

uint64_t hash64(const void *data, size_t size, uint64_t seed) {
    return XXH3_64bits_withSeed(data, size, seed);
}

uint64_t hash64_seed(uint64_t number) {
    uint64_t mixed = number + UINT64_C(0x9E3779B97F4A7C15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}

struct sha256 *sha256_open(void) {
    struct sha256 *sha256 = calloc(1, sizeof *sha256);
    if (sha256 == NULL) {
        return NULL;
    }
    sha256->digest = EVP_MD_fetch(NULL, "SHA256", NULL);
    sha256->context = EVP_MD_CTX_new();
    if (sha256->digest == NULL || sha256->context == NULL ||
        EVP_DigestInit_ex2(sha256->context, sha256->digest, NULL) != 1) {
        sha256_close(sha256);
        return NULL;
    }
    return sha256;
}

void sha256_close(struct sha256 *sha256) {
    if (sha256 == NULL) {
        return;
    }
    EVP_MD_CTX_free(sha256->context);
    EVP_MD_free(sha256->digest);
    free(sha256);
}

/* Hashing bytes in memory by an initialised context cannot fail but by a broken program. */
void sha256_begin(struct sha256 *sha256) {
    int result = EVP_DigestInit_ex2(sha256->context, NULL, NULL);
    assert(result == 1);
    (void)result;
}

void sha256_update(struct sha256 *sha256, const void *data, size_t size) {
    int result = EVP_DigestUpdate(sha256->context, data, size);
    assert(result == 1);
    (void)result;
}

void sha256_end(struct sha256 *sha256, uint8_t digest[SHA256_SIZE]) {
    int result = EVP_DigestFinal_ex(sha256->context, digest, NULL);
    assert(result == 1);
    (void)result;
}

void sha256_each(struct sha256 *sha256, uint8_t prefix, const struct daybook_bytes *inputs, size_t count,
                 uint8_t (*digests)[SHA256_SIZE]) {
    for (size_t i = 0; i < count; i++) {
        sha256_begin(sha256);
        sha256_update(sha256, &prefix, 1);
        sha256_update(sha256, inputs[i].data, inputs[i].size);
        sha256_end(sha256, digests[i]);
    }
}
