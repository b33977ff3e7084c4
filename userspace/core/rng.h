/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Randomness as a value (SplitMix64), so that a run can be replayed from its
 * seed.  For jitter only: branches, tags and nonces come from io/random.
 */
#ifndef SIPOVER_CORE_RNG_H
#define SIPOVER_CORE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = (r->state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* Uniform in 0..bound-1; bound must not be 0 (bias below 2^-32 accepted). */
static inline uint32_t rng_below(struct rng *r, uint32_t bound)
{
	return (uint32_t)(((rng_next(r) >> 32) * bound) >> 32);
}

#endif /* SIPOVER_CORE_RNG_H */
