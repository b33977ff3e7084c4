/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One call as the user sees it: dial, ring, answer, hang up, from either side.
 * A value; which server a request goes to is core/failover's matter, its
 * retransmission core/txn's.
 */
#ifndef SIPOVER_CORE_CALL_H
#define SIPOVER_CORE_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "mono.h"

enum call_state {
	CALL_FREE,
	CALL_DIALING,		/* INVITE out */
	CALL_RINGING,		/* 18x came; a CANCEL is possible after a 100
				 * too */
	CALL_CANCEL_WAIT,	/* hung up before any response: CANCEL as soon as
				 * one comes (9.1) */
	CALL_CANCELLING,	/* CANCEL out, waiting for the 487 or a late 200 */
	CALL_INCOMING,		/* 180 sent, waiting for the user */
	CALL_ANSWERING,		/* 200 sent, waiting for the ACK */
	CALL_UP,
	CALL_ENDING,		/* BYE in the background (C-09) */
	CALL_BYE_WAIT,		/* hung up before the ACK: BYE as soon as it
				 * comes, or cannot any more (15) */
	CALL_STATES
};

enum call_ev_type {
	CALL_EV_DIAL,		/* user */
	CALL_EV_ANSWER,		/* user */
	CALL_EV_HANGUP,		/* user */
	CALL_EV_PROVISIONAL,	/* status 1xx */
	CALL_EV_ACCEPTED,	/* 2xx to our INVITE */
	CALL_EV_REJECTED,	/* status 3xx-6xx to our INVITE */
	CALL_EV_FAILED,		/* no server left (FO_ACT_FAILED) */
	CALL_EV_INVITE,		/* received */
	CALL_EV_ACK,		/* received, for our 2xx */
	CALL_EV_CANCEL,		/* received */
	CALL_EV_BYE,		/* received */
	CALL_EV_BYE_DONE,	/* our BYE ended, however */
	CALL_EV_EXPIRY,		/* call_next_expiry() has come: no ACK, no 487
				 * after a CANCEL, no response within 64*T1,
				 * nobody answers */
	CALL_EV_TYPES
};

struct call_ev {
	struct mono now;
	uint8_t type;		/* enum call_ev_type */
	uint8_t pad;
	uint16_t status;
	uint32_t pad2;
};

/* A set of bits, carried out in this order. */
enum call_act {
	CALL_ACT_INVITE = 1 << 0,	/* start an INVITE pass (FO_EV_CALL) */
	CALL_ACT_ACK = 1 << 1,		/* ACK the 2xx */
	CALL_ACT_CANCEL = 1 << 2,	/* where the INVITE went (C-27) */
	CALL_ACT_RING = 1 << 3,		/* 180 to the INVITE received */
	CALL_ACT_ACCEPT = 1 << 4,	/* 200 with SDP to it */
	CALL_ACT_REJECT = 1 << 5,	/* status in call->reply to it */
	CALL_ACT_BYE = 1 << 6,		/* start a BYE pass (FO_EV_BYE) */
	CALL_ACT_REPORT = 1 << 7,	/* the state changed: tell the clients */
	CALL_ACT_FREE = 1 << 8,		/* over: the slot may be used again
					 * (FO_EV_CALL_ENDED unless BYE ran) */
};

struct call {
	uint8_t state;		/* enum call_state */
	bool outgoing;
	uint16_t status;	/* of the last response, why it ended */
	uint16_t reply;		/* status for CALL_ACT_REJECT */
	uint16_t pad;
	struct mono expiry;
};

/* A zeroed struct is a free call.  timeout_ms: 64*T1; with CALL_EV_INVITE how
 * long it may ring.  A 2xx is repeated by the caller until the ACK
 * (13.3.1.4). */
unsigned int call_step(struct call *c, const struct call_ev *ev,
		       uint32_t timeout_ms);
/* Over for the user: it ends in the background, and is none of the line's. */
bool call_hung_up(const struct call *c);
struct mono call_next_expiry(const struct call *c);
const char *call_state_name(uint8_t state);

#endif /* SIPOVER_CORE_CALL_H */
