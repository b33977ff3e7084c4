/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hints that count only together: three from one offender within ten seconds
 * are one suspicion (ICMP table, "count").  A value, one for each server.
 */
#ifndef SIPOVER_CORE_TALLY_H
#define SIPOVER_CORE_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "mono.h"

#define TALLY_ENOUGH 3
#define TALLY_MS 10000

/* A zeroed struct has counted nothing. */
struct tally {
	struct addr offender;
	uint32_t pad;
	struct mono since;	/* the first of them */
	uint32_t n;
	uint32_t pad2;
};

/* Adds count hints (0: none); true when they are enough, and then it begins
 * anew.  Another offender begins anew too: a stranger's errors must not add to
 * a router's. */
bool tally_add(struct tally *t, const struct addr *offender, uint64_t count,
	       struct mono now);

#endif /* SIPOVER_CORE_TALLY_H */
