/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SIP transactions as values: RFC 3261 17 with RFC 6026 (Accepted states) and
 * RFC 4320, plus the per-server retry budget of the vendors (Y-18, F-58, C-02).
 * A transaction does not own its bytes: the caller keeps the request (client)
 * or the last response (server) and sends it when told TXN_ACT_SEND.
 */
#ifndef SIPOVER_CORE_TXN_H
#define SIPOVER_CORE_TXN_H

#include <stdbool.h>
#include <stdint.h>

#include "mono.h"

enum txn_kind {
	TXN_INVITE_CLIENT,
	TXN_CLIENT,
	TXN_INVITE_SERVER,
	TXN_SERVER,
};

#define TXN_KINDS (TXN_SERVER + 1)

enum txn_state {
	TXN_IDLE,
	TXN_CALLING,		/* client: sent; non-INVITE: Trying */
	TXN_PROCEEDING,
	TXN_ACCEPTED,		/* RFC 6026 */
	TXN_COMPLETED,
	TXN_CONFIRMED,		/* INVITE server, ACK seen */
	TXN_ABANDONED,		/* INVITE client, given up: only late responses
				 * matter, for 64*T1 more (C-29) */
	TXN_TERMINATED,
	TXN_STATES
};

/* Retry budget: retransmissions after the first send (C-02).  At T1 = 500 ms
 * and 3: sends at 0, 0.5, 1.5, 3.5 s, given up at 7.5 s.  On a reliable
 * transport nothing is sent again but the same time is given (C-10).  64*T1 is
 * the limit of any budget, and what a non-INVITE has after a 1xx; an INVITE
 * has no limit then. */
#define TXN_RETRIES_FULL (-1)	/* RFC 3261 Timer B / F: 64*T1 */

struct txn_cfg {
	uint32_t t1_ms, t2_ms, t4_ms;	/* 500, 4000, 5000 */
	int16_t retries;		/* 0..20 or TXN_RETRIES_FULL */
	bool reliable;			/* TCP, TLS */
	uint8_t pad;
	uint32_t limit_ms;		/* a budget ends no later (F-26, C-10);
					 * 0: by its count alone */
};

enum txn_ev_type {
	TXN_EV_START,		/* client: send the request */
	TXN_EV_RESPONSE,	/* client: status received */
	TXN_EV_REQUEST,		/* server: (re)transmission received */
	TXN_EV_ACK,		/* INVITE server: ACK with the INVITE's branch */
	TXN_EV_REPLY,		/* server: the TU answers with status */
	TXN_EV_TRANSPORT,	/* transport error; a server stays */
	TXN_EV_ABANDON,		/* client: the TU does not wait any more; an
				 * INVITE goes on to ACK what still comes */
	TXN_EV_HOLD,		/* local outage: a client request that nobody has
				 * answered waits, at most 64*T1 from now */
	TXN_EV_RESUME,		/* it ends: such a request is sent again and has
				 * its whole time again; by TCP only anew */
	TXN_EV_EXPIRY,		/* txn_next_expiry() has come */
	TXN_EV_TYPES
};

struct txn_ev {
	struct mono now;
	uint8_t type;		/* enum txn_ev_type */
	bool anew;		/* RESUME: its connection is gone */
	uint16_t status;
	uint32_t pad2;
};

enum txn_act {
	TXN_ACT_SEND = 1 << 0,		/* the stored request or response */
	TXN_ACT_ACK = 1 << 1,		/* ACK a non-2xx, same branch, same hop */
	TXN_ACT_DELIVER = 1 << 2,	/* the response or new request, to the TU */
	TXN_ACT_LATE = 1 << 3,		/* with DELIVER: a 2xx after ABANDON */
	TXN_ACT_TIMEOUT = 1 << 4,	/* to the TU: a local 408 */
	TXN_ACT_ERROR = 1 << 5,		/* to the TU: a local 503 */
	/* An INVITE that was sent goes on after TIMEOUT and ERROR, ABANDONED. */
	TXN_ACT_FREE = 1 << 6,		/* terminated: the slot may be used again */
};

struct txn {
	struct txn_cfg cfg;
	uint8_t kind;		/* enum txn_kind */
	uint8_t state;		/* enum txn_state */
	bool provisional;	/* a 1xx was seen */
	uint8_t pad;
	uint16_t sends;		/* transmissions so far */
	uint16_t status;	/* last seen or sent */
	uint32_t interval_ms;	/* of timer A, E or G now */
	struct mono resend_at;	/* timer A, E, G */
	struct mono end_at;	/* timer B, D, F, H, I, J, K, L, M */
};

void txn_init(struct txn *t, enum txn_kind kind, const struct txn_cfg *cfg);

/* Returns the set of enum txn_act to carry out, in the order of their bits. */
unsigned int txn_step(struct txn *t, const struct txn_ev *ev);
struct mono txn_next_expiry(const struct txn *t);

const char *txn_state_name(uint8_t state);

#endif /* SIPOVER_CORE_TXN_H */
