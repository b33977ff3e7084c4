/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The health of one server = {address, port, transport}, shared by all lines
 * (RFC 4321 1.3: a failure cache between transactions).  A value; one dense
 * table [state][event] in health.c.
 *
 *   UNKNOWN  nothing known: may be tried
 *   UP       answered
 *   SUSPECT  a hint against it (S): a probe is out, or waits for the end of
 *            HEALTH_HOLD_MIN_MS; a second hint within HEALTH_SUSPECT_MS or a
 *            failed probe makes it DOWN
 *   DOWN     validated failure, refused connect, or the time of a request ran
 *            out; probed every hold-down until it answers
 *   BLOCKED  alive or not, not to be used: 503 with Retry-After (C-34), policy
 *            (B); ends by time
 *
 * Kernel evidence alone never makes a server UP: recovery signs only pull the
 * next probe forward (C-16).
 */
#ifndef SIPOVER_CORE_HEALTH_H
#define SIPOVER_CORE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "mono.h"

enum health_state {
	HEALTH_UNKNOWN,
	HEALTH_UP,
	HEALTH_SUSPECT,
	HEALTH_DOWN,
	HEALTH_BLOCKED,
	HEALTH_STATES
};

enum health_ev_type {
	HEALTH_EV_ANSWERED,	/* any valid SIP response but 503 */
	HEALTH_EV_UNAVAILABLE,	/* 503 (or 500 to REGISTER, C-03); retry_after */
	HEALTH_EV_DOWN,		/* H=D */
	HEALTH_EV_SUSPECT,	/* H=S */
	HEALTH_EV_BLOCK,	/* H=B */
	HEALTH_EV_TIMEOUT,	/* a request was given up unanswered */
	HEALTH_EV_RECONNECT,	/* FIN, RST on an idle flow: try a connection */
	HEALTH_EV_PROBE_OK,	/* the probe was answered */
	HEALTH_EV_PROBE_FAILED,
	HEALTH_EV_RECOVERY,	/* kernel: heard, established, neighbour back */
	HEALTH_EV_RESET,	/* manual registration clears the marks (C-25) */
	HEALTH_EV_EXPIRY,	/* health_next_expiry() has come */
	HEALTH_EV_TYPES
};

struct health_ev {
	struct mono now;
	uint8_t type;		/* enum health_ev_type */
	uint8_t cause;		/* enum sipover_cause, for the record */
	uint8_t pad[2];
	int32_t retry_after;	/* seconds, UNAVAILABLE; -1: none */
};

/* Limits of time, milliseconds. */
#define HEALTH_SUSPECT_MS 4000	/* two hints within this: DOWN */
#define HEALTH_HOLD_MIN_MS 1000	/* at most one failover per server per second */
#define HEALTH_BLOCK_MS 60000	/* B, and 503 without Retry-After */
#define HEALTH_BLOCK_MAX_MS 86400000	/* longest Retry-After that is believed */
#define HEALTH_PROBE_MIN_MS 5000	/* floor between pulled-forward probes (C-16) */

struct health {
	uint8_t state;		/* enum health_state */
	uint8_t score;		/* hints since the last answer, saturating */
	uint8_t cause;		/* last cause against it */
	bool probing;		/* a probe is out */
	bool recovery;		/* DOWN: a recovery sign waits for its probe */
	uint8_t pad[3];
	struct mono since;	/* of this state */
	struct mono hint;	/* last hint */
	struct mono probed;	/* last probe's start */
	struct mono downed;	/* last time it went DOWN */
	struct mono expiry;	/* delayed probe of SUSPECT, end of BLOCKED,
				 * next probe of DOWN */
	uint32_t probe_hold_ms;	/* first pause between probes of a DOWN server */
	uint32_t hold_ms;	/* now between probes of a DOWN server, doubling */
	uint32_t downs;		/* times it went DOWN */
	uint32_t pad2;
};

/* Each PROBE and RECONNECT must be followed by exactly one PROBE_OK or
 * PROBE_FAILED: until then no other one is asked for. */
enum health_act_type {
	HEALTH_ACT_CHANGED,	/* old, new: tell the lines */
	HEALTH_ACT_PROBE,	/* send OPTIONS (UDP) or connect + OPTIONS (TCP) */
	HEALTH_ACT_RECONNECT,	/* open a new connection; its failure is
				 * PROBE_FAILED, its success + answer PROBE_OK */
};

struct health_act {
	uint8_t type;
	uint8_t old, new;
};

#define HEALTH_ACTS_MAX 2

struct health_acts {
	uint8_t n;
	struct health_act a[HEALTH_ACTS_MAX];
};

/* probe_hold_ms: first pause between probes of a DOWN server; it doubles up to
 * 32 times that.  0: no probes of a DOWN server (failback probes do it). */
void health_init(struct health *h, struct mono now, uint32_t probe_hold_ms);
void health_step(struct health *h, const struct health_ev *ev,
		 struct health_acts *acts);
struct mono health_next_expiry(const struct health *h);

/* Whether a request may be sent there first: UNKNOWN, UP, SUSPECT. */
bool health_usable(uint8_t state);

const char *health_state_name(uint8_t state);
const char *health_ev_name(uint8_t type);

#endif /* SIPOVER_CORE_HEALTH_H */
