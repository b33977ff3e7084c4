/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keep-alive of one connection to a server (RFC 5626 4.4.1, R-45): a double
 * CRLF after a while of silence, and a single CRLF back within 10 s, or the
 * flow has failed.  Before that, the limit of its start (TLS handshake).
 */
#ifndef SIPOVER_CORE_KEEPALIVE_H
#define SIPOVER_CORE_KEEPALIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "mono.h"
#include "rng.h"

#define KEEPALIVE_PONG_MS 10000

enum keepalive_state {
	KEEPALIVE_NONE,		/* no flow */
	KEEPALIVE_STARTING,
	KEEPALIVE_QUIET,	/* waits for its time */
	KEEPALIVE_PINGED,	/* waits for the pong */
	KEEPALIVE_STATES
};

enum keepalive_ev_type {
	KEEPALIVE_EV_START,	/* a flow begins */
	KEEPALIVE_EV_UP,	/* it is ready */
	KEEPALIVE_EV_HEARD,	/* a message came by it */
	KEEPALIVE_EV_PONG,
	KEEPALIVE_EV_END,
	KEEPALIVE_EV_EXPIRY,
	KEEPALIVE_EV_PACE,	/* the server wants pings as often as pace_s */
	KEEPALIVE_EV_TYPES
};

struct keepalive_ev {
	struct mono now;
	uint8_t type;		/* enum keepalive_ev_type */
	uint8_t pad;
	uint16_t pace_s;	/* PACE; 0: it does not say */
	uint32_t pad2;
};

enum keepalive_act {
	KEEPALIVE_ACT_NONE,
	KEEPALIVE_ACT_PING,
	KEEPALIVE_ACT_NOT_UP,	/* the flow failed: it never came up */
	KEEPALIVE_ACT_NO_PONG,	/* the flow failed: nobody answered */
	KEEPALIVE_ACTS
};

struct keepalive {
	uint8_t state;		/* enum keepalive_state */
	uint8_t pad;
	uint16_t pace_s;	/* this flow's, instead of the interval */
	uint32_t interval_ms;	/* longest silence; 0: no pings */
	uint32_t start_ms;	/* longest start; 0: somebody else sees to it */
	uint32_t pause_ms;	/* this time, jitter taken off */
	struct mono heard;	/* the last time, while QUIET */
	struct mono expiry;
	struct rng rng;
};

/* Pings come after 80..100 % of interval_ms (RFC 5626: 95..120 s). */
void keepalive_init(struct keepalive *k, uint32_t interval_ms,
		    uint32_t start_ms, uint64_t seed);
enum keepalive_act keepalive_step(struct keepalive *k,
				  const struct keepalive_ev *ev);
struct mono keepalive_next_expiry(const struct keepalive *k);

const char *keepalive_state_name(uint8_t state);
const char *keepalive_ev_name(uint8_t type);
const char *keepalive_act_name(uint32_t act);

#endif /* SIPOVER_CORE_KEEPALIVE_H */
