// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "rtt.h"

#define K 4

void rtt_init(struct rtt *r, uint32_t floor_ms)
{
	*r = (struct rtt){ .floor_ms = floor_ms, .due = MONO_NEVER };
}

static void sample(struct rtt *r, uint32_t us)
{
	uint32_t off;

	if (us > RTT_SAMPLE_MAX_US)
		us = RTT_SAMPLE_MAX_US;
	if (!r->srtt_us) {
		r->srtt_us = us;
		r->rttvar_us = us / 2;
		return;
	}
	off = us > r->srtt_us ? us - r->srtt_us : r->srtt_us - us;
	r->rttvar_us = (uint32_t)((3 * (uint64_t)r->rttvar_us + off) / 4);
	r->srtt_us = (uint32_t)((7 * (uint64_t)r->srtt_us + us) / 8);
	if (!r->srtt_us)
		r->srtt_us = 1;
}

uint32_t rtt_patience_ms(const struct rtt *r)
{
	uint64_t us = r->srtt_us + K * (uint64_t)r->rttvar_us;
	uint64_t ms = (us + 999) / 1000;

	return ms > r->floor_ms ? (uint32_t)ms : r->floor_ms;
}

void rtt_sent(struct rtt *r, struct mono now)
{
	if (!r->floor_ms || !r->srtt_us || r->raised || !mono_is_never(r->due))
		return;
	r->due = mono_add_ms(now, rtt_patience_ms(r));
}

void rtt_answered(struct rtt *r, uint32_t sample_us)
{
	if (sample_us)
		sample(r, sample_us);
	r->raised = false;
	r->due = MONO_NEVER;
}

void rtt_given_up(struct rtt *r)
{
	r->due = MONO_NEVER;
}

bool rtt_expired(struct rtt *r, struct mono now)
{
	if (!mono_due(r->due, now))
		return false;
	r->due = MONO_NEVER;
	r->raised = true;
	return true;
}

struct mono rtt_next_expiry(const struct rtt *r)
{
	return r->due;
}
