/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests in a local outage, and whose connection is over. */
#ifndef SIPOVER_AGENT_HOLD_H
#define SIPOVER_AGENT_HOLD_H

#include "agent.h"

/* The connection that request i was written to has ended: no answer can come. */
void request_flow_ended(struct agent *a, uint32_t i);
/* Whether r goes on after a local outage, whatever becomes of its connection. */
bool request_waits(const struct request *r);
/* A local outage begins, and ends, for the request in slot i if there is one. */
void request_hold(struct agent *a, uint32_t i);
void request_resume(struct agent *a, uint32_t i);

#endif /* SIPOVER_AGENT_HOLD_H */
