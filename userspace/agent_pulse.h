/* SPDX-License-Identifier: BSD-2-Clause */
/* Servers: what is sent only to see that they are there. */
#ifndef SIPOVER_AGENT_PULSE_H
#define SIPOVER_AGENT_PULSE_H

#include "agent.h"

void pulse_new(struct agent *a, uint32_t s);
void pulse_expired(struct agent *a, uint32_t s);
/* The OPTIONS of request_start_pulse() has come to its end. */
void pulse_options_ended(struct agent *a, uint32_t s, bool timed_out);
/* What a request tells of its server's round trip. */
void pulse_sent(struct agent *a, const struct request *r);
void pulse_answered(struct agent *a, const struct request *r);	/* a->rx */
void pulse_given_up(struct agent *a, const struct request *r);
/* Whether a REGISTER there offers keep-alives by Via's keep, and how
 * often its answer a->rx wants them (that, or Flow-Timer: R-44). */
bool pulse_keep_offered(const struct agent *a, uint32_t s);
void pulse_pace(struct agent *a, const struct request *r);
/* Takes note of how the server sees us in the Via of a->rx; whether bindings
 * may name another address now.  Then, with what the response itself brought
 * queued: tells their lines; requester: whose REGISTER it answers, AGENT_NONE. */
bool pulse_seen(struct agent *a, uint32_t s);
void pulse_seen_tell(struct agent *a, uint32_t s, uint32_t requester);
/* Whether the datagram is STUN; then it has been dealt with. */
bool pulse_received(struct agent *a, const struct addr *from, const char *buf,
		    size_t len);
/* Whether an error quotes the STUN request that is out, which it ends. */
bool pulse_quoted(struct agent *a, uint32_t s, const uint8_t *quote,
		  size_t len);

#endif /* SIPOVER_AGENT_PULSE_H */
