// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "upsize.h"

bool upsize_wanted(const struct upsize *u, uint32_t above, size_t len,
		   struct mono now)
{
	return above && len > above && mono_due(u->not_before, now);
}

void upsize_failed(struct upsize *u, struct mono now)
{
	u->not_before = mono_add_ms(now, UPSIZE_FORGET_MS);
}
