/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Overload control of RFC 7339 with its algorithm "loss": a server says
 * in its responses what share of the new requests to it is to be left out, and
 * for how long.  A value, one for each server.  An overloaded server is not a
 * dead one: its health is another matter.
 *
 * Left out are requests that begin something.  What belongs to a dialog, a
 * transaction or a binding that there is already is never left out: of a phone's
 * requests these are few, and without them the server keeps what nobody needs
 * any more (5.10.1).
 */
#ifndef SIPOVER_CORE_OVERLOAD_H
#define SIPOVER_CORE_OVERLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "mono.h"
#include "rng.h"

#define OVERLOAD_VALIDITY_MS 500	/* when none is told (4.3) */
#define OVERLOAD_VALIDITY_MAX_MS 600000	/* longest that is believed */

/* The word of one response. */
struct overload_word {
	int32_t percent;	/* oc; -1: none */
	int32_t validity_ms;	/* oc-validity; -1: none; 0: over */
	uint64_t seq;		/* oc-seq, as one number that rises; 0: none */
};

/* A zeroed struct has been told nothing. */
struct overload {
	uint64_t seq;		/* of the last word */
	struct mono until;	/* it holds */
	struct rng rng;		/* seeded with the first word */
	uint32_t percent;	/* 0..100 */
	uint32_t pad;
};

/* Whether the share now is another one.  seed: of its first word. */
bool overload_told(struct overload *o, const struct overload_word *w,
		   struct mono now, uint64_t seed);

/* The share that is in force, 0: none. */
uint32_t overload_share(const struct overload *o, struct mono now);

/* Whether this new request is one of those that are left out. */
bool overload_leaves_out(struct overload *o, struct mono now);

#endif /* SIPOVER_CORE_OVERLOAD_H */
