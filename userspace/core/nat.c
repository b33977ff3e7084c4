// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "nat.h"

void nat_init(struct nat *n)
{
	*n = (struct nat){ .seen = { .family = ADDR_NONE } };
}

enum nat_change nat_seen(struct nat *n, const struct addr *seen,
			 struct mono now)
{
	bool first = n->seen.family == ADDR_NONE;

	if (seen->family == ADDR_NONE || addr_equal(&n->seen, seen) ||
	    !mono_due(n->until, now))
		return NAT_SAME;
	n->seen = *seen;
	if (first)
		return NAT_FIRST;
	n->until = mono_add_ms(now, NAT_HOLD_MS);
	return NAT_CHANGED;
}
