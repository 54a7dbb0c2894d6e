/* SHA-256's compression function by the SHA instructions of x86; other processors have the library's. */
#include "base/sha256_blocks.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

enum { ROUNDS = 64, LANES = 4, GROUPS = ROUNDS / LANES, BLOCK_GROUPS = SHA256_BLOCK_SIZE / (LANES * 4) };

/* FIPS 180-4, 4.2.2. */
static const uint32_t constants[ROUNDS] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

bool sha256_blocks_are_here(void) {
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    bool has_shuffles = __get_cpuid(1, &a, &b, &c, &d) == 1 && (c & bit_SSSE3) != 0 && (c & bit_SSE4_1) != 0;
    return has_shuffles && __get_cpuid_count(7, 0, &a, &b, &c, &d) == 1 && (b & bit_SHA) != 0;
}

#define SHA_TARGET __attribute__((target("sha,sse4.1")))

/* The two halves of a state, in the order that the instructions want. */
struct halves {
    __m128i abef;
    __m128i cdgh;
};

SHA_TARGET static inline struct halves load(const uint32_t state[SHA256_WORDS]) {
    const __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const void *)state), 0xb1);
    const __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const void *)(state + LANES)), 0x1b);
    return (struct halves){_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xf0)};
}

SHA_TARGET static inline void store(uint32_t state[SHA256_WORDS], struct halves halves) {
    const __m128i feba = _mm_shuffle_epi32(halves.abef, 0x1b);
    const __m128i dchg = _mm_shuffle_epi32(halves.cdgh, 0xb1);
    _mm_storeu_si128((void *)state, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((void *)(state + LANES), _mm_alignr_epi8(dchg, feba, 8));
}

/* The next four words of the message schedule; `words` holds the last sixteen, in turns. */
SHA_TARGET static inline __m128i schedule(__m128i words[BLOCK_GROUPS], const uint8_t *block, int group) {
    __m128i *now = &words[group % BLOCK_GROUPS];
    if (group < BLOCK_GROUPS) {
        const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
        __m128i read = _mm_loadu_si128((const void *)(block + group * (int)sizeof read));
        *now = _mm_shuffle_epi8(read, big_endian);
    } else {
        const __m128i last = words[(group + 3) % BLOCK_GROUPS];
        const __m128i middle = _mm_alignr_epi8(last, words[(group + 2) % BLOCK_GROUPS], 4);
        const __m128i sum = _mm_sha256msg1_epu32(*now, words[(group + 1) % BLOCK_GROUPS]);
        *now = _mm_sha256msg2_epu32(_mm_add_epi32(sum, middle), last);
    }
    return _mm_add_epi32(*now, _mm_load_si128((const void *)(constants + group * LANES)));
}

SHA_TARGET static inline void four_rounds(struct halves *halves, __m128i added) {
    halves->cdgh = _mm_sha256rnds2_epu32(halves->cdgh, halves->abef, added);
    halves->abef = _mm_sha256rnds2_epu32(halves->abef, halves->cdgh, _mm_shuffle_epi32(added, 0x0e));
}

SHA_TARGET static inline void add(struct halves *halves, struct halves before) {
    halves->abef = _mm_add_epi32(halves->abef, before.abef);
    halves->cdgh = _mm_add_epi32(halves->cdgh, before.cdgh);
}

SHA_TARGET void sha256_blocks(uint32_t state[SHA256_WORDS], const uint8_t *blocks, size_t count) {
    struct halves halves = load(state);
    for (size_t i = 0; i < count; i++) {
        const struct halves before = halves;
        __m128i words[BLOCK_GROUPS];
#pragma GCC unroll 16
        for (int group = 0; group < GROUPS; group++) {
            four_rounds(&halves, schedule(words, blocks + i * SHA256_BLOCK_SIZE, group));
        }
        add(&halves, before);
    }
    store(state, halves);
}

SHA_TARGET void sha256_blocks_of_two(uint32_t states[2][SHA256_WORDS], const uint8_t *const blocks[2], size_t count) {
    struct halves one = load(states[0]);
    struct halves other = load(states[1]);
    for (size_t i = 0; i < count; i++) {
        const struct halves one_before = one;
        const struct halves other_before = other;
        __m128i one_words[BLOCK_GROUPS];
        __m128i other_words[BLOCK_GROUPS];
#pragma GCC unroll 16
        for (int group = 0; group < GROUPS; group++) {
            four_rounds(&one, schedule(one_words, blocks[0] + i * SHA256_BLOCK_SIZE, group));
            four_rounds(&other, schedule(other_words, blocks[1] + i * SHA256_BLOCK_SIZE, group));
        }
        add(&one, one_before);
        add(&other, other_before);
    }
    store(states[0], one);
    store(states[1], other);
}

#else

#include <assert.h>

bool sha256_blocks_are_here(void) {
    return false;
}

void sha256_blocks(uint32_t state[SHA256_WORDS], const uint8_t *blocks, size_t count) {
    (void)state;
    (void)blocks;
    (void)count;
    assert(!"this processor has no instructions for SHA-256");
}

void sha256_blocks_of_two(uint32_t states[2][SHA256_WORDS], const uint8_t *const blocks[2], size_t count) {
    sha256_blocks(states[0], blocks[0], count);
    sha256_blocks(states[1], blocks[1], count);
}

#endif
