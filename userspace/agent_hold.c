/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests in a local outage, and whose connection is over: they wait for the way
 * to come back, or fail.
 */
#include "agent_hold.h"

#include "agent_build.h"
#include "agent_line.h"
#include "agent_request.h"
#include "agent_server.h"
#include "agent_session.h"
#include "agent_slot.h"
#include "agent_step.h"
#include "agent_timers.h"

/* A line's own requests are the line's matter, which begins anew after the
 * outage.  What is sent by TCP for its length has UDP to go back to. */
bool request_waits(const struct request *r)
{
	return !r->wide &&
	       (r->what == REQUEST_CALL || r->what == REQUEST_DIALOG ||
		(r->what == REQUEST_NOBODY && r->method == SIP_BYE));
}

void request_hold(struct agent *a, uint32_t i)
{
	struct txn_ev ev = { .now = a->now, .type = TXN_EV_HOLD };
	struct request *r = &a->request[i];

	if (!r->used || r->held)
		return;
	r->held = true;
	/* Only its deadlines change: there is nothing to carry out. */
	step_request(a, i, &ev);
	request_file(a, i);
	agent_timer_request(a, i);
}

void request_resume(struct agent *a, uint32_t i)
{
	struct txn_ev ev = { .now = a->now, .type = TXN_EV_RESUME };
	struct request *r = &a->request[i];

	if (!r->used || !r->held)
		return;
	r->held = false;
	ev.anew = r->txn.cfg.reliable && !r->wide && !r->flow;
	/* Its Contact named the connection before.  With the branch it had: a
	 * copy may have arrived. */
	if (ev.anew && r->what == REQUEST_CALL && r->method == SIP_INVITE &&
	    r->txn.state == TXN_CALLING && !server_ready(a, r->server) &&
	    !request_build(a, r))
		request_shrink(a, i);
	request_step(a, i, &ev);
}

/* For the transaction of an INVITE that was heard an error means nothing
 * (C-30), but the call setup is lost with the connection (C-28).  In a local
 * outage what nobody has answered is as good as a datagram: it waits, and goes
 * by another connection (sign 16). */
void request_flow_ended(struct agent *a, uint32_t i)
{
	struct request *r = &a->request[i];
	bool heard = r->method == SIP_INVITE &&
		     r->txn.state == TXN_PROCEEDING;

	if (r->held && request_waits(r) && !heard) {
		r->flow = 0;
		return;
	}
	a->stats.verdict_failed++;
	if (r->what == REQUEST_CALL && heard) {
		line_result(a, r, FO_TRANSPORT, 0, 0);
		request_abandon(a, i, r->attempt);
	} else if (r->what == REQUEST_DIALOG && heard && !r->abandoned) {
		request_abandon(a, i, r->attempt);
		session_result(a, r, FO_TRANSPORT, 0);
	} else {
		request_event(a, i, TXN_EV_TRANSPORT);
	}
}
