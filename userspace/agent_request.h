/* SPDX-License-Identifier: BSD-2-Clause */
/* Client requests: their transactions. */
#ifndef SIPOVER_AGENT_REQUEST_H
#define SIPOVER_AGENT_REQUEST_H

#include "agent.h"

void request_start_line(struct agent *a, uint32_t l, const struct fo_act *act);
void request_start_call(struct agent *a, uint32_t c, const struct fo_act *act);
void request_start_options(struct agent *a, uint32_t s);
void request_start_pulse(struct agent *a, uint32_t s);
void request_start_cancel(struct agent *a, uint32_t invite);
/* A request whose fate nobody waits for, in the dialog d: the BYE of a 2xx that
 * nobody wants (C-29), a PRACK, the end of a subscription.  extra: header lines
 * or NULL. */
void request_start_detached(struct agent *a, enum sip_method method,
			    uint32_t server, uint32_t line, uint8_t index,
			    struct dialog *d, const char *extra);
/* Builds what slot i is for and starts it; a request that cannot be built or
 * has no way out ends as a transport error, so that its owner moves on. */
void request_begin(struct agent *a, uint32_t i);
void request_response(struct agent *a, uint32_t i);	/* a->rx */
void request_step(struct agent *a, uint32_t i, const struct txn_ev *ev);
void request_event(struct agent *a, uint32_t i, uint8_t type);
/* The TU does not wait for request i any more, if it still is that attempt. */
void request_abandon(struct agent *a, uint32_t i, uint16_t attempt);
/* The slot that goes on for request i at the same server: its owner waits for
 * that one, and i ends by itself.  AGENT_NONE: there is none. */
uint32_t request_successor(struct agent *a, uint32_t i);

#endif /* SIPOVER_AGENT_REQUEST_H */
