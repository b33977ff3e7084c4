/* SPDX-License-Identifier: BSD-2-Clause */
/* What the agent tells of what happened. */
#ifndef SIPOVER_AGENT_CTL_NOTIFY_H
#define SIPOVER_AGENT_CTL_NOTIFY_H

#include "agent.h"

/* Each: the log line and the control event. */
void notify_kernel(struct agent *a, const struct notice *n);
/* What TLS failed of, told before the cause. */
void notify_tls(struct agent *a, uint32_t s, const char *why);
void notify_verdict(struct agent *a, uint32_t s, uint8_t cause,
		    struct verdict v, uint32_t request);
/* These two wait until the packet that answers the event has gone, or the end
 * of the callback; whatever is told after them is told behind them. */
void notify_pending(struct agent *a);
void notify_health(struct agent *a, uint32_t s, uint8_t old, uint8_t new,
		   uint8_t cause);
void notify_local(struct agent *a, const char *state, uint8_t cause);
void notify_path(struct agent *a, uint32_t s);
/* old: what it was before */
void notify_address(struct agent *a, uint32_t s, const struct addr *old);
void notify_failover(struct agent *a, uint32_t l, uint8_t old, uint8_t new);
void notify_tx(struct agent *a, const struct request *r);
void notify_rx(struct agent *a, const struct request *r, uint16_t status);
void notify_call(struct agent *a, uint32_t c);
void notify_registered(struct agent *a, uint32_t l, uint8_t index,
		       uint32_t expires_s);
void notify_overload(struct agent *a, uint32_t s);
/* Its state, or what waits in the mailbox. */
void notify_mwi(struct agent *a, uint32_t i);
void notify_unregistered(struct agent *a, uint32_t l);
void notify_location(struct agent *a, const char *name, const char *state,
		     const struct loc *loc);
/* c: the call, AGENT_NONE */
void notify_failed(struct agent *a, uint32_t l, const struct fo_act *act,
		   uint32_t c);
/* result is config_apply()'s */
void notify_config(struct agent *a, json_t *result);

#endif /* SIPOVER_AGENT_CTL_NOTIFY_H */
