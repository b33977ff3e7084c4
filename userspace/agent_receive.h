/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages received, server transactions. */
#ifndef SIPOVER_AGENT_RECEIVE_H
#define SIPOVER_AGENT_RECEIVE_H

#include "agent.h"

void receive_message(struct agent *a, const struct addr *from, tcp_flow flow,
		     const char *buf, size_t len);
void reply_expired(struct agent *a, uint32_t i);
/* Answers the request of a reply slot. */
void reply_send(struct agent *a, uint32_t i, uint16_t status,
		const char *contact, const char *extra, const char *sdp);
/* Its last response once more. */
void reply_transmit(struct agent *a, uint32_t i);

#endif /* SIPOVER_AGENT_RECEIVE_H */
