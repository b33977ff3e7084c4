/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Our address as one server sees it in the Via of our requests (received and
 * rport, RFC 3581 4, R-54).  A value.
 *
 * A NAT that shows another address each time, or a server that makes them up,
 * must not have the line register each time: one change is believed, then none
 * for a while.
 */
#ifndef SIPOVER_CORE_NAT_H
#define SIPOVER_CORE_NAT_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "mono.h"

#define NAT_HOLD_MS 30000

struct nat {
	struct addr seen;	/* family NONE: not told yet */
	uint32_t pad;
	struct mono until;	/* no other one is believed before */
};

enum nat_change {
	NAT_SAME,	/* or not believed */
	NAT_FIRST,
	NAT_CHANGED,
};

void nat_init(struct nat *n);
enum nat_change nat_seen(struct nat *n, const struct addr *seen,
			 struct mono now);

#endif /* SIPOVER_CORE_NAT_H */
