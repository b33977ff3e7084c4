/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many REGISTERs a second may begin: when a server dies or returns, all its
 * lines want to register elsewhere at once, and what they send together they
 * lose together.  A token bucket with jitter, so that many phones do not beat
 * in time.  A value.
 */
#ifndef SIPOVER_CORE_PACE_H
#define SIPOVER_CORE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "mono.h"
#include "rng.h"

#define PACE_BURST 32	/* so many begin at once: a phone with a few lines never
			 * waits */

struct pace {
	uint32_t rate;		/* a second; 0: no limit */
	uint32_t pad;
	struct mono full;	/* when the bucket is full again */
	struct rng rng;
};

/* Full.  seed: of the jitter. */
void pace_init(struct pace *p, uint32_t rate, uint64_t seed);

/* Whether one may begin now; then it is counted. */
bool pace_take(struct pace *p, struct mono now);

/* When the next one may. */
struct mono pace_next(const struct pace *p);

#endif /* SIPOVER_CORE_PACE_H */
