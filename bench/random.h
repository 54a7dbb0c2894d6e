/* Randomness that is the same on every machine for the same seed: xoshiro256**, integers only. */
#ifndef BENCH_RANDOM_H
#define BENCH_RANDOM_H

#include <stdint.h>

struct random_source {
    uint64_t s[4];
};

static inline uint64_t random_splitmix(uint64_t *state) {
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static inline struct random_source random_seeded(uint64_t seed) {
    struct random_source source;
    for (int i = 0; i < 4; i++) {
        source.s[i] = random_splitmix(&seed);
    }
    return source;
}

static inline uint64_t random_rotate(uint64_t x, int k) {
    return (x << k) | (x >> (64 - k));
}

static inline uint64_t random_next(struct random_source *source) {
    uint64_t *s = source->s;
    uint64_t result = random_rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = random_rotate(s[3], 45);
    return result;
}

__extension__ typedef unsigned __int128 random_wide;

/* 0 to bound - 1; the bias of the multiplication is below 2^-30 for every bound used here. */
static inline uint64_t random_below(struct random_source *source, uint64_t bound) {
    return (uint64_t)(((random_wide)random_next(source) * bound) >> 64);
}

#endif
