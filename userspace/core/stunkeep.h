/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps a NAT's mapping towards one UDP server open, and notices that it has
 * changed (RFC 5626 4.4.2, R-46): STUN Binding requests, or bare CRLF, which
 * nobody answers.  A value.
 *
 * A server that does not do STUN must not be taken for one that is gone: only
 * silence after an answer is a hint (signs table, 11), and the second round of
 * silence in a row turns to CRLF, until the server has been out of use.
 *
 * A server that tells how often is believed as long; one that does
 * gets STUN even where there would be nothing (RFC 5626 4.4).
 */
#ifndef SIPOVER_CORE_STUNKEEP_H
#define SIPOVER_CORE_STUNKEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "mono.h"
#include "rng.h"

enum stunkeep_mode {
	STUNKEEP_OFF,
	STUNKEEP_CRLF,
	STUNKEEP_STUN,
	STUNKEEP_MODES
};

/* sends of one request, and how many RTO its last one waits. */
#define STUNKEEP_SENDS 7
#define STUNKEEP_LAST_RTOS 16

struct stunkeep_cfg {
	uint32_t interval_ms;	/* the longest pause; jitter shortens it */
	uint32_t rto_ms;	/* first retransmission */
	uint8_t mode;		/* enum stunkeep_mode */
	uint8_t pad[3];
};

enum stunkeep_ev_type {
	STUNKEEP_EV_EXPIRY,	/* stunkeep_next_expiry() has come; wanted */
	STUNKEEP_EV_ANSWER,	/* the request was answered: mapped */
	STUNKEEP_EV_REFUSED,	/* answered by an error: it knows STUN */
	STUNKEEP_EV_FAILED,	/* the request could not be sent, or an error
				 * that quotes it came: told elsewhere */
	STUNKEEP_EV_PACE,	/* the server wants them as often as that: */
	STUNKEEP_EV_TYPES
};

struct stunkeep_ev {
	struct mono now;
	uint8_t type;		/* enum stunkeep_ev_type */
	bool wanted;		/* a line is bound there */
	uint16_t pace_s;	/* PACE; 0: it does not say */
	struct addr mapped;	/* our address as the server sees it */
};

enum stunkeep_act {
	STUNKEEP_ACT_CRLF = 1 << 0,	/* send CRLF CRLF */
	STUNKEEP_ACT_NEW = 1 << 1,	/* with REQUEST: a new transaction id */
	STUNKEEP_ACT_REQUEST = 1 << 2,	/* send the Binding request */
	STUNKEEP_ACT_CHANGED = 1 << 3,	/* another mapped address: register */
	STUNKEEP_ACT_SILENT = 1 << 4,	/* it answered before and does not now */
	STUNKEEP_ACT_FALLBACK = 1 << 5,	/* CRLF from now on */
};

struct stunkeep {
	struct stunkeep_cfg cfg;
	uint8_t mode;		/* now */
	uint8_t sends;		/* of the request that is out; 0: none */
	uint16_t pace_s;	/* instead of the interval; 0: that one */
	bool answered;		/* the last request that ended */
	uint8_t pad[3];
	struct addr mapped;	/* family NONE: not known */
	struct mono due;	/* next round, or next send of this one */
	struct rng rng;
};

void stunkeep_init(struct stunkeep *k, const struct stunkeep_cfg *cfg,
		   struct mono now, uint64_t seed);
/* The set of enum stunkeep_act to carry out, in the order of their bits. */
unsigned int stunkeep_step(struct stunkeep *k, const struct stunkeep_ev *ev);
struct mono stunkeep_next_expiry(const struct stunkeep *k);

/* Somewhere in the last sixth of the interval: 24..29 s of 29.  Many
 * phones that started together must not go on together. */
uint32_t stunkeep_pause_ms(uint32_t interval_ms, struct rng *rng);

#endif /* SIPOVER_CORE_STUNKEEP_H */
