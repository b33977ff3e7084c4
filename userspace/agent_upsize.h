/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that are too large for a datagram. */
#ifndef SIPOVER_AGENT_UPSIZE_H
#define SIPOVER_AGENT_UPSIZE_H

#include "agent.h"

/* Makes a request that has just been built one by TCP if it must be. */
void upsize_request(struct agent *a, struct request *r);
/* The same by UDP, for one that ended without an answer; AGENT_NONE: not to be.
 * To be started. */
uint32_t upsize_undo(struct agent *a, uint32_t i, bool timed_out);
/* By that connection, which is opened if need be; 0 or -errno. */
int upsize_send(struct agent *a, uint32_t s, const void *buf, size_t len);
/* By that connection to it. */
int upsize_send_by(struct agent *a, uint32_t s, tcp_flow f, const void *buf,
		   size_t len);
/* Whether the flow that ended was such a one; then that is dealt with. */
bool upsize_closed(struct agent *a, tcp_flow f);

#endif /* SIPOVER_AGENT_UPSIZE_H */
