/* XXH3 and SHA-256, by the libraries that do them best. */
#include "base/hash.h"

#include <nettle/sha2.h>
#include <stdlib.h>
#include <xxhash.h>

#undef sha256_update /* Nettle's short name for nettle_sha256_update; here it is ours. */

struct sha256 {
    struct sha256_ctx context;
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
    struct sha256 *sha256 = malloc(sizeof *sha256);
    if (sha256 != NULL) {
        sha256_begin(sha256);
    }
    return sha256;
}

void sha256_close(struct sha256 *sha256) {
    free(sha256);
}

void sha256_begin(struct sha256 *sha256) {
    nettle_sha256_init(&sha256->context);
}

void sha256_update(struct sha256 *sha256, const void *data, size_t size) {
    nettle_sha256_update(&sha256->context, size, data);
}

void sha256_end(struct sha256 *sha256, uint8_t digest[SHA256_SIZE]) {
    nettle_sha256_digest(&sha256->context, SHA256_SIZE, digest);
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
