/* XXH3 for tables and checksums (libxxhash), SHA-256 for digests (nettle). */
#ifndef DAYBOOK_BASE_HASH_H
#define DAYBOOK_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/values.h"

#define SHA256_SIZE 32

/* Stable for ever: stored in files. */
uint64_t hash64(const void *data, size_t size, uint64_t seed);

/* A seed out of a number, where many numbers differ in few bits: XXH3 xors a short text with its seed, so texts that
 * differ as their seeds do have one hash. The step of splitmix64. Stable for ever. */
uint64_t hash64_seed(uint64_t number);

/* One context, reused; one thread at a time. */
struct sha256;
struct sha256 *sha256_open(void); /* NULL when memory is refused. */
void sha256_close(struct sha256 *sha256);
void sha256_begin(struct sha256 *sha256);
void sha256_update(struct sha256 *sha256, const void *data, size_t size);
void sha256_end(struct sha256 *sha256, uint8_t digest[SHA256_SIZE]);

/* The digests of many inputs, each of `prefix` and its bytes. An input may lie where a digest before its own is written
 * to. */
void sha256_each(struct sha256 *sha256, uint8_t prefix, const struct daybook_bytes *inputs, size_t count,
                 uint8_t (*digests)[SHA256_SIZE]);

#endif
