/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines: facts into core/failover, its actions out as requests. */
#include "agent_line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_call.h"
#include "agent_ctl_notify.h"
#include "agent_list.h"
#include "agent_pace.h"
#include "agent_request.h"
#include "agent_server.h"
#include "agent_session.h"
#include "agent_step.h"
#include "agent_subscription.h"
#include "agent_timers.h"
#include "codec/sip_out.h"

int line_open(struct agent *a, uint32_t l)
{
	struct line *line = &a->line[l];
	const struct conf_line *conf = &a->conf->line[l];
	int i;

	line->conf = conf;
	line->requests = AGENT_NONE;
	line->subscription = AGENT_NONE;
	for (i = 0; i < FO_CALLS_MAX; i++)
		line->call[i] = AGENT_NONE;
	for (i = 0; i <= FO_REQ_UNREGISTER; i++)
		line->request[i] = AGENT_NONE;
	if (asprintf(&line->aor, "sip:%s@%s", conf->user, conf->domain) >= 0)
		return 0;
	line->aor = NULL;
	return -ENOMEM;
}

void line_close(struct agent *a, uint32_t l)
{
	struct line *line = &a->line[l];

	if (line->conf)
		registrations_end(line);
	free(line->aor);
}

void line_contact(struct agent *a, uint32_t l, uint32_t server, char *buf,
		  size_t size)
{
	struct addr own;

	server_contact_address(a, server, &own);
	line_contact_at(a, l, &own, buf, size);
}

void line_contact_at(struct agent *a, uint32_t l, const struct addr *contact,
		     char *buf, size_t size)
{
	char text[ADDR_STRLEN];
	struct out o;

	out_init(&o, buf, size);
	out_text(&o, "sip:");
	out_text(&o, a->line[l].conf->user);
	out_text(&o, "@");
	out_text(&o, addr_print(contact, text));
	if (contact->transport != TRANSPORT_UDP) {
		out_text(&o, ";transport=");
		out_text(&o, transport_param(contact->transport));
	}
	out_bytes(&o, "", 1);
}

static bool act_is_call(const struct fo_act *act)
{
	return act->req == FO_REQ_INVITE || act->req == FO_REQ_BYE;
}

static void act_send(struct agent *a, uint32_t l, const struct fo_act *act)
{
	uint32_t c;

	if (!act_is_call(act)) {
		pace_start(a, l, act);
		return;
	}
	c = a->line[l].call[act->call];
	if (c == AGENT_NONE)
		return;
	/* The user hung up while no server had answered: the pass ends here. */
	if (act->req == FO_REQ_INVITE &&
	    (a->call[c].call.state == CALL_CANCEL_WAIT ||
	     a->call[c].call.state == CALL_CANCELLING))
		call_event(a, c, CALL_EV_FAILED, 487);
	else
		request_start_call(a, c, act);
}

static void act_abandon(struct agent *a, uint32_t l, const struct fo_act *act)
{
	uint32_t c;

	if (pace_abandon(a, l, act))
		return;
	if (!act_is_call(act)) {
		request_abandon(a, a->line[l].request[act->req], act->attempt);
		return;
	}
	c = a->line[l].call[act->call];
	if (c == AGENT_NONE)
		return;
	/* The last BYE of a daemon that ends: let it be repeated till then. */
	if (act->req == FO_REQ_BYE &&
	    (a->stopping || a->line[l].leaving) && a->call[c].bye != AGENT_NONE)
		a->request[a->call[c].bye].what = REQUEST_NOBODY;
	else
		request_abandon(a, act->req == FO_REQ_BYE ? a->call[c].bye :
				a->call[c].invite, act->attempt);
}

static void act_working(struct agent *a, uint32_t l, const struct fo_act *act)
{
	if (act->old != FO_NONE) {
		if (act->server < act->old)
			a->stats.failbacks++;
		else
			a->stats.failovers++;
	}
	notify_failover(a, l, act->old, act->server);
}

static void act_failed(struct agent *a, uint32_t l, const struct fo_act *act)
{
	struct agent_call *k;
	uint32_t c;

	if (!act_is_call(act)) {
		notify_failed(a, l, act, AGENT_NONE);
		a->line[l].asked = false;
		return;
	}
	c = a->line[l].call[act->call];
	notify_failed(a, l, act, c);
	if (c == AGENT_NONE)
		return;
	if (act->req == FO_REQ_BYE) {
		call_event(a, c, CALL_EV_BYE_DONE, act->status);
		return;
	}
	k = &a->call[c];
	k->failed = true;
	k->outcome = act->outcome;
	if (act->server < a->line[l].n_servers)
		k->index = act->server;
	call_event(a, c, act->outcome == FO_REJECTED ? CALL_EV_REJECTED :
		   CALL_EV_FAILED, act->status ? act->status :
		   act->outcome == FO_TIMEOUT ? 408 : 503);
}

void line_step(struct agent *a, uint32_t l, const struct fo_ev *ev)
{
	struct line *line = &a->line[l];
	struct fo_acts acts;
	int i;

	if (ev->type == FO_EV_REGISTER)
		line->asked = true;
	step_line(a, l, ev, &acts);
	for (i = 0; i < acts.n; i++) {
		const struct fo_act *act = &acts.a[i];

		switch ((enum fo_act_type)act->type) {
		case FO_ACT_SEND:
			act_send(a, l, act);
			break;
		case FO_ACT_ABANDON:
			act_abandon(a, l, act);
			break;
		case FO_ACT_WORKING:
			act_working(a, l, act);
			break;
		case FO_ACT_REGISTERED:
			line->asked = false;
			notify_registered(a, l, act->server, act->expires_s);
			session_bound(a, l);
			break;
		case FO_ACT_UNREGISTERED:
			notify_unregistered(a, l);
			break;
		case FO_ACT_FAILED:
			act_failed(a, l, act);
			break;
		}
	}
	if (ev->type == FO_EV_HEALTH && ev->new == HEALTH_DOWN) {
		call_server_down(a, l, ev->server);
		session_server_down(a, l, ev->server);
	}
	pace_review(a, l);
	subscription_review(a, l, ev->type);
	agent_timer_line(a, l);

	/* A BYE that was answered leaves no action, only a free call. */
	for (i = 0; i < FO_CALLS_MAX; i++)
		if (line->fo.call[i].state == FO_CALL_FREE &&
		    line->call[i] != AGENT_NONE &&
		    a->call[line->call[i]].call.state == CALL_ENDING)
			call_event(a, line->call[i], CALL_EV_BYE_DONE, 0);
}

void line_result(struct agent *a, const struct request *r, uint8_t outcome,
		 uint16_t status, uint32_t expires_s)
{
	struct fo_ev ev = {
		.type = FO_EV_RESULT,
		.req = r->req,
		.server = r->index,
		.outcome = outcome,
		.attempt = r->attempt,
		.status = status,
		.expires_s = expires_s,
	};

	if (r->what == REQUEST_CALL)
		ev.call = a->call[r->call].slot;
	agent_post_line(a, r->line, &ev);
}
