/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pulse of one server: what is sent there only to see that it is still
 * there.  OPTIONS to a server that lines work with (C-07), and core/stunkeep
 * towards one that lines are bound at.  A value, shared by all lines.
 *
 * OPTIONS that ends unanswered has each of those lines register (C-06, F-22):
 * the pass of that REGISTER moves them, not the OPTIONS (F-19).  An error that
 * ends it is evidence, and acted on as such before.
 *
 * Requests that are sent for other reasons tell as well: one whose answer is
 * later than core/rtt expects is a hint, which has the server asked.
 */
#ifndef SIPOVER_CORE_PULSE_H
#define SIPOVER_CORE_PULSE_H

#include "nat.h"
#include "rtt.h"
#include "stunkeep.h"

/* A window that is shut for so long is that of a server that hangs (signs table,
 * 8); for a moment it is that of one that is busy. */
#define PULSE_SHUT_MS 5000

struct pulse_cfg {
	struct stunkeep_cfg stun;	/* of a UDP server */
	uint32_t options_ms;		/* 0: off */
	uint32_t suspect_ms;		/* floor of core/rtt; 0: off */
};

enum pulse_ev_type {
	PULSE_EV_EXPIRY,	/* pulse_next_expiry() has come */
	PULSE_EV_OPTIONS_ENDED,	/* timed_out, or by an answer or an error */
	PULSE_EV_STUN,		/* stun, but for its EXPIRY */
	PULSE_EV_SENT,		/* a request went out for the first time */
	PULSE_EV_ANSWERED,	/* by whatever; sample_us, 0: none */
	PULSE_EV_GIVEN_UP,	/* it ended by an error or its time ran out */
	PULSE_EV_SHUT,		/* the one that is late waits for the server's
				 * TCP window to open */
	PULSE_EV_SEEN,		/* stun.mapped: our address in a Via (core/nat) */
	PULSE_EV_TYPES
};

struct pulse_ev {
	struct mono now;
	uint8_t type;		/* enum pulse_ev_type */
	bool working;		/* EXPIRY: lines work with the usable server, */
	bool bound;		/* are bound there */
	bool timed_out;
	uint32_t sample_us;
	struct stunkeep_ev stun;
};

/* Beside those of enum stunkeep_act. */
enum pulse_act {
	PULSE_ACT_OPTIONS = 1 << 6,	/* must be followed by OPTIONS_ENDED */
	PULSE_ACT_SIGNAL = 1 << 7,	/* FO_EV_SIGNAL_TIMEOUT to those lines */
	PULSE_ACT_LATE = 1 << 8,	/* an answer is late */
	PULSE_ACT_SEEN = 1 << 9,	/* nat.seen is known now, */
	PULSE_ACT_SEEN_CHANGED = 1 << 10,	/* is another one */
	PULSE_ACT_STILL_LATE = 1 << 11,	/* PULSE_SHUT_MS after SHUT */
};

struct pulse {
	uint32_t options_ms;
	bool asking;		/* OPTIONS is out */
	uint8_t pad[3];
	struct mono options_at;
	struct mono shut_at;	/* look again whether it is; NEVER: no */
	struct rng rng;
	struct stunkeep stun;
	struct rtt rtt;
	struct nat nat;
};

void pulse_init(struct pulse *p, const struct pulse_cfg *cfg, struct mono now,
		uint64_t seed);
unsigned int pulse_step(struct pulse *p, const struct pulse_ev *ev);
struct mono pulse_next_expiry(const struct pulse *p);

const char *pulse_ev_name(uint8_t type);

#endif /* SIPOVER_CORE_PULSE_H */
