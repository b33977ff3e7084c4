// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "pace.h"

static uint64_t pause_ns(const struct pace *p)
{
	return UINT64_C(1000000000) / p->rate;
}

/* What the bucket holds is how far off its being full is. */
static uint64_t depth_ns(const struct pace *p)
{
	return (PACE_BURST - 1) * pause_ns(p);
}

void pace_init(struct pace *p, uint32_t rate, uint64_t seed)
{
	*p = (struct pace){ .rate = rate, .rng = { seed } };
}

struct mono pace_next(const struct pace *p)
{
	struct mono at = { 0 };

	if (p->rate && p->full.ns > depth_ns(p))
		at.ns = p->full.ns - depth_ns(p);
	return at;
}

bool pace_take(struct pace *p, struct mono now)
{
	uint64_t pause;

	if (!p->rate)
		return true;
	if (!mono_due(pace_next(p), now))
		return false;
	if (p->full.ns < now.ns)
		p->full = now;
	/* Half to one and a half of it: the rate is kept on average. */
	pause = pause_ns(p);
	p->full.ns += pause / 2 + (pause * rng_below(&p->rng, 1024)) / 1024;
	return true;
}
