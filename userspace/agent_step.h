/* SPDX-License-Identifier: BSD-2-Clause */
/* The steps of core/'s machines, recorded: the only places where they are taken. */
#ifndef SIPOVER_AGENT_STEP_H
#define SIPOVER_AGENT_STEP_H

#include "agent.h"

void steps_open(struct agent *a);
void steps_close(struct agent *a);
void step_line(struct agent *a, uint32_t l, const struct fo_ev *ev,
	       struct fo_acts *acts);
unsigned int step_session(struct agent *a, uint32_t c,
			  const struct session_ev *ev);
void step_health(struct agent *a, uint32_t s, const struct health_ev *ev,
		 struct health_acts *acts);
unsigned int step_pulse(struct agent *a, uint32_t s, const struct pulse_ev *ev);
unsigned int step_subscription(struct agent *a, uint32_t i,
			       const struct subscription_ev *ev);
unsigned int step_request(struct agent *a, uint32_t i, const struct txn_ev *ev);
unsigned int step_keepalive(struct agent *a, uint32_t s,
			    const struct keepalive_ev *ev);
unsigned int step_reply(struct agent *a, uint32_t i, const struct txn_ev *ev);
unsigned int step_call(struct agent *a, uint32_t c, const struct call_ev *ev,
		       uint32_t timeout_ms);
struct verdict step_verdict(struct agent *a, uint32_t s,
			    const struct verdict_in *in);
/* i: server, or n_servers for the daemon's */
enum path_act step_path(struct agent *a, uint32_t i, struct path *p,
			const struct path_ev *ev);
bool step_tally(struct agent *a, uint32_t s, const struct addr *offender,
		uint64_t count);

#endif /* SIPOVER_AGENT_STEP_H */
