/*
 * SHA-256's compression function (FIPS 180-4, 6.2.2) by the processor's own
 * instructions, for hashes of a few blocks each: there a call of the library
 * costs more than the hash.
 *
 * Pure; any thread.
 */
#ifndef DAYBOOK_BASE_SHA256_BLOCKS_H
#define DAYBOOK_BASE_SHA256_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_BLOCK_SIZE = 64, SHA256_WORDS = 8 };

/* Whether this processor has them. */
bool sha256_blocks_are_here(void);

/* Takes `count` blocks into `state`; only where sha256_blocks_are_here. */
void sha256_blocks(uint32_t state[SHA256_WORDS], const uint8_t *blocks, size_t count);
/* Two hashes at once, `count` blocks each, in little more than the time of one: a round waits for the one before. */
void sha256_blocks_of_two(uint32_t states[2][SHA256_WORDS], const uint8_t *const blocks[2], size_t count);

#endif
