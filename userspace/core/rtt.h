/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The round trip to one server, smoothed, and from it a time after which a
 * missing answer is suspicious (RFC 6298 2, R-70; signs table, 20).  A value.
 *
 * For suspicion only: retransmissions keep T1.  One request at a time is
 * watched, the first since the server was last heard; one suspicion is raised,
 * then nothing until it is heard again.
 */
#ifndef SIPOVER_CORE_RTT_H
#define SIPOVER_CORE_RTT_H

#include <stdbool.h>
#include <stdint.h>

#include "mono.h"

#define RTT_SAMPLE_MAX_US 60000000	/* a longer one counts as this */

struct rtt {
	uint32_t floor_ms;	/* no suspicion before; 0: never any */
	uint32_t srtt_us;	/* 0: no sample yet */
	uint32_t rttvar_us;
	bool raised;
	uint8_t pad[3];
	struct mono due;	/* of the request that is watched */
};

void rtt_init(struct rtt *r, uint32_t floor_ms);

/* A request went out for the first time. */
void rtt_sent(struct rtt *r, struct mono now);
/* An answer; sample_us 0: it measures nothing, as of a request that was sent
 * twice (Karn). */
void rtt_answered(struct rtt *r, uint32_t sample_us);
/* The request ended by an error, which told more than its absence. */
void rtt_given_up(struct rtt *r);
/* Whether the time of suspicion has come. */
bool rtt_expired(struct rtt *r, struct mono now);
struct mono rtt_next_expiry(const struct rtt *r);

/* SRTT + 4 RTTVAR, or the floor. */
uint32_t rtt_patience_ms(const struct rtt *r);

#endif /* SIPOVER_CORE_RTT_H */
