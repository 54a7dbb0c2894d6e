/* XXH3 and SHA-256, by the libraries that do them best. */
#include "base/hash.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/bytes.h"
#include "base/sha256_blocks.h"

/* By the processor's instructions where it has them, or by the library: there with a fetched digest and a reused
 * context, since looking the digest up anew for each hash costs more than the hash. */
struct sha256 {
    EVP_MD *digest; /* NULL: by instructions, with what follows. */
    EVP_MD_CTX *context;
    uint32_t state[SHA256_WORDS];
    uint64_t size_bytes;
    uint8_t rest[SHA256_BLOCK_SIZE]; /* What makes no whole block yet: the size's remainder. */
};

uint64_t hash64(const void *data, size_t size, uint64_t seed) {
    return XXH3_64bits_withSeed(data, size, seed);
}

struct sha256 *sha256_open(void) {
    return sha256_blocks_are_here() ? calloc(1, sizeof(struct sha256)) : sha256_open_library();
}

struct sha256 *sha256_open_library(void) {
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

/* FIPS 180-4, 5.3.3. */
static const uint32_t initial[SHA256_WORDS] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                               0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

void sha256_begin(struct sha256 *sha256) {
    sha256->size_bytes = 0;
    memcpy(sha256->state, initial, sizeof initial);
    if (sha256->digest != NULL) {
        int result = EVP_DigestInit_ex2(sha256->context, NULL, NULL);
        assert(result == 1); /* Hashing bytes in memory cannot fail but by a broken program. */
        (void)result;
    }
}

static void update_by_library(struct sha256 *sha256, const void *data, size_t size) {
    int result = EVP_DigestUpdate(sha256->context, data, size);
    assert(result == 1);
    (void)result;
}

void sha256_update(struct sha256 *sha256, const void *data, size_t size) {
    if (sha256->digest != NULL) {
        update_by_library(sha256, data, size);
        return;
    }
    const uint8_t *at = data;
    size_t rest_size = sha256->size_bytes % SHA256_BLOCK_SIZE;
    sha256->size_bytes += size;
    if (rest_size > 0) {
        size_t taken = size < SHA256_BLOCK_SIZE - rest_size ? size : SHA256_BLOCK_SIZE - rest_size;
        memcpy(sha256->rest + rest_size, at, taken);
        at += taken;
        size -= taken;
        if (rest_size + taken < SHA256_BLOCK_SIZE) {
            return;
        }
        sha256_blocks(sha256->state, sha256->rest, 1);
    }
    size_t whole = size / SHA256_BLOCK_SIZE;
    if (whole > 0) {
        sha256_blocks(sha256->state, at, whole);
    }
    if (size % SHA256_BLOCK_SIZE > 0) {
        memcpy(sha256->rest, at + whole * SHA256_BLOCK_SIZE, size % SHA256_BLOCK_SIZE);
    }
}

/* FIPS 180-4, 5.1.1: behind the last `size` bytes of the message in `blocks` a bit, zeros, and the message's size in
 * bits. How many blocks that makes. */
static size_t pad(uint8_t *blocks, size_t size, uint64_t message_bytes) {
    size_t count = (size + 1 + sizeof message_bytes + SHA256_BLOCK_SIZE - 1) / SHA256_BLOCK_SIZE;
    size_t end = count * SHA256_BLOCK_SIZE - sizeof message_bytes;
    blocks[size] = 0x80;
    memset(blocks + size + 1, 0, end - size - 1);
    store_be64(blocks + end, message_bytes * 8);
    return count;
}

static void write_digest(const uint32_t state[SHA256_WORDS], uint8_t digest[SHA256_SIZE]) {
    for (size_t i = 0; i < SHA256_WORDS; i++) {
        store_be32(digest + i * sizeof state[i], state[i]);
    }
}

void sha256_end(struct sha256 *sha256, uint8_t digest[SHA256_SIZE]) {
    if (sha256->digest != NULL) {
        int result = EVP_DigestFinal_ex(sha256->context, digest, NULL);
        assert(result == 1);
        (void)result;
        return;
    }
    uint8_t blocks[2 * SHA256_BLOCK_SIZE];
    size_t size = sha256->size_bytes % SHA256_BLOCK_SIZE;
    memcpy(blocks, sha256->rest, size);
    sha256_blocks(sha256->state, blocks, pad(blocks, size, sha256->size_bytes));
    write_digest(sha256->state, digest);
}

/* ---- many short ones ---- */

/* So many are laid out before the first is hashed: what has just been written in pieces is slow to load as a whole. */
enum { LAID_OUT = 8, SHORT_BLOCKS = 8, SHORT_BYTES = SHORT_BLOCKS * SHA256_BLOCK_SIZE - 1 - 1 - 8 };

struct laid_out {
    uint8_t blocks[SHORT_BLOCKS * SHA256_BLOCK_SIZE];
    size_t count;
};

static void lay_out(struct laid_out *message, uint8_t prefix, struct daybook_bytes input) {
    message->blocks[0] = prefix;
    memcpy(message->blocks + 1, input.data, input.size);
    message->count = pad(message->blocks, 1 + input.size, 1 + input.size);
}

/* What the longer one has more is hashed alone. */
static void hash_two(const struct laid_out messages[2], uint8_t (*digests)[SHA256_SIZE]) {
    uint32_t states[2][SHA256_WORDS];
    memcpy(states[0], initial, sizeof initial);
    memcpy(states[1], initial, sizeof initial);
    size_t common = messages[0].count < messages[1].count ? messages[0].count : messages[1].count;
    sha256_blocks_of_two(states, (const uint8_t *const[]){messages[0].blocks, messages[1].blocks}, common);
    for (int i = 0; i < 2; i++) {
        if (messages[i].count > common) {
            sha256_blocks(states[i], messages[i].blocks + common * SHA256_BLOCK_SIZE, messages[i].count - common);
        }
        write_digest(states[i], digests[i]);
    }
}

static void hash_alone(struct sha256 *sha256, uint8_t prefix, struct daybook_bytes input, uint8_t digest[SHA256_SIZE]) {
    sha256_begin(sha256);
    sha256_update(sha256, &prefix, 1);
    sha256_update(sha256, input.data, input.size);
    sha256_end(sha256, digest);
}

void sha256_each(struct sha256 *sha256, uint8_t prefix, const struct daybook_bytes *inputs, size_t count,
                 uint8_t (*digests)[SHA256_SIZE]) {
    struct laid_out messages[LAID_OUT];
    for (size_t i = 0; i < count;) {
        size_t laid = 0;
        while (sha256->digest == NULL && laid < LAID_OUT && i + laid < count && inputs[i + laid].size <= SHORT_BYTES) {
            lay_out(&messages[laid], prefix, inputs[i + laid]);
            laid++;
        }
        for (size_t pair = 0; pair < laid / 2; pair++, i += 2) {
            hash_two(&messages[2 * pair], digests + i);
        }
        if (laid < 2 || laid % 2 == 1) {
            hash_alone(sha256, prefix, inputs[i], digests[i]);
            i++;
        }
    }
}
