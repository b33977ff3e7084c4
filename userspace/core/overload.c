// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "overload.h"

bool overload_told(struct overload *o, const struct overload_word *w,
		   struct mono now, uint64_t seed)
{
	uint32_t was = overload_share(o, now);
	uint32_t ms = OVERLOAD_VALIDITY_MS;

	/* 5.3: responses overtake each other.  One that has no number cannot be
	 * told from an old one once there was a number. */
	if (w->percent < 0 || (o->seq && w->seq <= o->seq))
		return false;
	if (w->validity_ms >= 0)
		ms = (uint32_t)w->validity_ms;
	if (ms > OVERLOAD_VALIDITY_MAX_MS)
		ms = OVERLOAD_VALIDITY_MAX_MS;
	if (!o->rng.state)
		o->rng.state = seed | 1;
	o->seq = w->seq;
	o->percent = w->percent > 100 ? 100 : (uint32_t)w->percent;
	o->until = mono_add_ms(now, ms);
	return overload_share(o, now) != was;
}

uint32_t overload_share(const struct overload *o, struct mono now)
{
	return mono_due(o->until, now) ? 0 : o->percent;
}

bool overload_leaves_out(struct overload *o, struct mono now)
{
	uint32_t share = overload_share(o, now);

	return share && rng_below(&o->rng, 100) < share;
}
