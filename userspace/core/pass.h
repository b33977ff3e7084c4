/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order in which one request goes over a line's servers: a preferred one,
 * then the list from the primary on; DOWN ones after all others (C-11: known to
 * be dead is no proof), BLOCKED ones not at all (C-34).
 */
#ifndef SIPOVER_CORE_PASS_H
#define SIPOVER_CORE_PASS_H

#include <stdbool.h>
#include <stdint.h>

/* The servers as a pass sees them: n states (enum health_state). */
struct pass_servers {
	const uint8_t *health;
	uint8_t n;
};

/* The next candidate that is not in the bitmap tried; first (or FO_NONE) is
 * preferred among its equals.  FO_NONE: none is left. */
uint8_t pass_pick(struct pass_servers servers, uint8_t tried, uint8_t first);

/* Whether nothing is left when server is tried too: it gets 64*T1 (F-41). */
bool pass_is_last(struct pass_servers servers, uint8_t tried, uint8_t server);

static inline uint8_t pass_bit(uint8_t server)
{
	return (uint8_t)(1u << server);
}

#endif /* SIPOVER_CORE_PASS_H */
