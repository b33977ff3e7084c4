/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which requests to a UDP server go by TCP: those too large for a path whose MTU
 * nobody has told (RFC 3261 18.1.1, R-25).  A value per server: one that does
 * not take a connection is not asked for one again for a while.
 */
#ifndef SIPOVER_CORE_UPSIZE_H
#define SIPOVER_CORE_UPSIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mono.h"

#define UPSIZE_FORGET_MS 600000

struct upsize {
	struct mono not_before;	/* when TCP may be tried (again) */
};

/* above: the longest request for a datagram; 0: any. */
bool upsize_wanted(const struct upsize *u, uint32_t above, size_t len,
		   struct mono now);
/* No connection came about, or it ended before the answer. */
void upsize_failed(struct upsize *u, struct mono now);

#endif /* SIPOVER_CORE_UPSIZE_H */
