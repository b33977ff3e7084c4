/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ICMP and signs tables of docs/requirements.md as a function: what one
 * cause means for the transaction that it quotes (T) and for the health of the
 * server (H).  Two separate outputs, because ICMP is never proof
 * (RFC 1122 3.2.2.1): RFC 3261 18.4 and 8.1.3.1 decide the first, RFC 1122,
 * 5461, 5927 and 9293 the second.
 */
#ifndef SIPOVER_CORE_VERDICT_H
#define SIPOVER_CORE_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/sipover.h>

/* T: what happens to the transaction in flight. */
enum verdict_txn {
	VERDICT_CONTINUE,	/* C */
	VERDICT_FAIL,		/* F: a local 503, the next server */
	VERDICT_LOCAL,		/* M: a local matter (MTU, DSCP, source address) */
};

/* H: what happens to the server's health. */
enum verdict_health {
	VERDICT_NONE,		/* 0 */
	VERDICT_COUNT,		/* counted; suspect at 3 from one offender in 10 s */
	VERDICT_SUSPECT,	/* S */
	VERDICT_BLOCK,		/* B: by policy */
	VERDICT_DOWN,		/* D */
	VERDICT_RECONNECT,	/* ask once more, TCP by a new connection (C-04);
				 * no answer: D */
	VERDICT_ALIVE,		/* a sign of recovery (C-16) */
};

/* Where the packet that was answered belonged to. */
enum verdict_context {
	VERDICT_UDP,
	VERDICT_TCP_CONNECTING,
	VERDICT_TCP_ESTABLISHED,
};

struct verdict {
	uint8_t txn;	/* enum verdict_txn */
	uint8_t health;	/* enum verdict_health */
};

struct verdict_in {
	uint8_t cause;		/* enum sipover_cause */
	uint8_t grade;		/* enum sipover_grade; an ICMP cause of grade
				 * MEDIUM is at most C/R, of WEAK C/0 */
	uint8_t context;	/* enum verdict_context */
	bool offender_is_server;/* the error came from the server's own address:
				 * guard 3, a port unreachable from elsewhere is
				 * only S */
	bool last;		/* the request has no server left to go to: a soft
				 * error does not end its wait (C-12) */
	uint8_t repeats;	/* TCP_RETRANSMIT: how often the segment was sent
				 * again by now (255: or more); one lost segment
				 * is no sign yet (signs table, row 6) */
	bool can_remedy;	/* the request can be sent once more with DSCP 0
				 * or from another source address: rows that
				 * read "M then" are M; else what follows */
	bool by_gateway;	/* the way there begins with a router: a
				 * neighbour of ours that does not answer is
				 * that one, and only suspected */
};

struct verdict verdict_of(const struct verdict_in *in);

/* The cause's name as in the contract, in lower case: "port_unreach". */
const char *cause_name(uint8_t cause);

#endif /* SIPOVER_CORE_VERDICT_H */
