// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "tally.h"

#include <string.h>

static bool same_host(const struct addr *a, const struct addr *b)
{
	return a->family == b->family &&
	       memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

bool tally_add(struct tally *t, const struct addr *offender, uint64_t count,
	       struct mono now)
{
	if (count == 0)
		return false;
	if (t->n == 0 || !same_host(&t->offender, offender) ||
	    mono_due(mono_add_ms(t->since, TALLY_MS), now))
		*t = (struct tally){ .offender = *offender, .since = now };
	if (count < TALLY_ENOUGH - t->n) {
		t->n += (uint32_t)count;
		return false;
	}
	t->n = 0;
	return true;
}
