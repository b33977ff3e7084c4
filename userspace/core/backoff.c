// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "backoff.h"

uint32_t backoff_ms(uint32_t base_ms, uint32_t max_ms, unsigned int failures,
		    struct rng *rng)
{
	uint64_t w = base_ms ? base_ms : 1;

	while (failures-- > 0 && w < max_ms)
		w *= 2;
	if (w > max_ms)
		w = max_ms;
	if (w < 2)
		w = 2;	/* a pause of nothing would spin */
	return (uint32_t)(w - rng_below(rng, (uint32_t)(w / 2) + 1));
}
