/* SPDX-License-Identifier: BSD-2-Clause */
/* What keeps the last messages and events, for ladders. */
#ifndef SIPOVER_AGENT_LADDER_H
#define SIPOVER_AGENT_LADDER_H

#include "agent.h"

/* The last messages and events (trace_size), each put in by one of three
 * calls.  Only ladder_read() hands them out, without credentials. */
int ladder_open(struct agent *a);
void ladder_close(struct agent *a);
/* The message being handled, and whether it could be parsed; server: who sent
 * it, or AGENT_NONE. */
void ladder_received(struct agent *a, uint32_t server, bool parsed);
/* What has been given to UDP (flow 0) or to a connection, SIP or not; server: as
 * above. */
void ladder_sent(struct agent *a, uint32_t server, const struct addr *to,
		 tcp_flow flow, const char *buf, size_t len);
/* "kernel port_unreach ...": its type comes first.  line, server: AGENT_NONE if
 * it is not about one. */
__attribute__((format(printf, 5, 6)))
void ladder_event(struct agent *a, struct mono at, uint32_t line,
		  uint32_t server, const char *fmt, ...);
/* Whose the newest message is that was received, or sent. */
void ladder_received_is(struct agent *a, uint32_t line);
void ladder_sent_is(struct agent *a, uint32_t line);
/* Its bytes, blanked (codec/sip_brief.h); valid until the next call. */
const char *ladder_read(struct agent *a, const struct msgring_entry *e);

#endif /* SIPOVER_AGENT_LADDER_H */
