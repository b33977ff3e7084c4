/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Client requests: a slot each with its transaction and its bytes
 * (agent_build.c).  What failover never sees is handled here: challenges,
 * 423, retransmission, ACK of a non-2xx.
 */
#include "agent_request.h"
#include "agent_build.h"
#include "agent_call.h"
#include "agent_ctl_notify.h"
#include "agent_hold.h"
#include "agent_line.h"
#include "agent_overload.h"
#include "agent_pulse.h"
#include "agent_server.h"
#include "agent_session.h"
#include "agent_slot.h"
#include "agent_step.h"
#include "agent_subscription.h"
#include "agent_timers.h"
#include "agent_upsize.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/log.h"
#include "io/random.h"

#define CHALLENGES_MAX 2	/* one, and one more for stale=true */
#define ACK_MAX 4096

/* ---- sending ---- */

/* What must go the way of the request r, which has been sent or is to be. */
static int send_as(struct agent *a, const struct request *r, const char *buf,
		   size_t len)
{
	if (!len)
		return -ENOBUFS;
	return r->wide ? upsize_send_by(a, r->server, r->flow, buf, len) :
			 server_send(a, r->server, buf, len);
}

static int transmit(struct agent *a, struct request *r)
{
	int ret = send_as(a, r, r->buf, r->len);

	if (ret)
		return ret;
	if (!r->wide)
		r->flow = a->server[r->server].flow;
	if (r->txn.sends > 1)
		a->stats.retransmits++;
	else
		a->stats.tx_requests++;
	if (!r->wide)
		pulse_sent(a, r);
	notify_tx(a, r);
	return 0;
}

static void send_ack(struct agent *a, struct request *r)
{
	char buf[ACK_MAX];
	int len;

	len = sip_build_ack(buf, sizeof(buf), r->buf, r->len, &a->rx);
	if (len < 0) {
		a->stats.build_failed++;
		return;
	}
	send_as(a, r, buf, len);
}

/* C-03: a line's request goes on to the next server with these. */
static bool moves(const struct agent *a, const struct request *r,
		  uint16_t status)
{
	const struct conf_line *conf;

	if (r->line == AGENT_NONE)
		return status == 503;
	conf = a->line[r->line].conf;
	return codes_have(r->method == SIP_REGISTER ? &conf->register_codes :
			  r->method == SIP_INVITE ? &conf->invite_codes :
			  &conf->bye_codes, status);
}

static uint8_t outcome_of(const struct agent *a, const struct request *r,
			  uint16_t status)
{
	if (status < 300)
		return FO_OK;
	return moves(a, r, status) ? FO_UNAVAILABLE : FO_REJECTED;
}

/* Granted lifetime: our Contact's expires parameter, else the Expires header,
 * else what was asked (R-08, C-19). */
static uint32_t granted_by(struct agent *a, const struct request *r)
{
	uint32_t least = r->expires_s;
	char own[SIPMSG_URI_MAX];
	int i;

	line_contact_at(a, r->line, &a->line[r->line].reg[r->index].contact,
			own, sizeof(own));
	for (i = 0; i < a->rx.n_contacts; i++) {
		uint32_t expires = (uint32_t)a->rx.contact[i].expires;

		if (a->rx.contact[i].expires < 0)
			continue;
		if (strcmp(a->rx.contact[i].uri, own) == 0)
			return expires;
		if (expires && expires < least)
			least = expires;
	}
	/* Ours may be one of those that there was no room for. */
	if (a->rx.n_contacts == SIPMSG_CONTACTS_MAX)
		return least;
	if (a->rx.expires >= 0)
		return a->rx.expires;
	return r->expires_s;
}

/* What is left of it: the registrar may have counted from our first copy on,
 * and only the answer to a later one arrived. */
static uint32_t granted_expires(struct agent *a, const struct request *r)
{
	uint64_t gone = mono_us_since(r->started, a->now) / 1000000;
	uint32_t granted = granted_by(a, r);

	return granted > gone + 1 ? granted - (uint32_t)gone : granted > 0;
}

/* Does it speak against the server that a request got no answer?  Nothing
 * waits for those of the second kind: that the server answered anything since,
 * be it with a 100, tells more about it. */
static bool timeout_counts(const struct agent *a, const struct request *r)
{
	if (r->abandoned || a->held)
		return false;
	switch ((enum request_for)r->what) {
	case REQUEST_PULSE:	/* the REGISTERs after it tell */
	case REQUEST_SUBSCRIBE:
	case REQUEST_OPTIONS:	/* the health's own matter */
		return false;
	case REQUEST_LINE:
		if (r->req != FO_REQ_UNREGISTER)
			return true;
		break;
	case REQUEST_CALL:
	case REQUEST_DIALOG:
		return true;
	case REQUEST_CANCEL:
	case REQUEST_NOBODY:
		break;
	}
	return a->server[r->server].answered.ns <= r->started.ns;
}

/* It came to an end without a response of its own. */
static void request_ended(struct agent *a, uint32_t i, uint8_t outcome)
{
	struct fo_ev timeout = { .type = FO_EV_SIGNAL_TIMEOUT };
	struct request *r = &a->request[i];

	pulse_given_up(a, r);
	if (outcome == FO_TIMEOUT) {
		a->stats.txn_timeouts++;
		if (timeout_counts(a, r))
			agent_post_health(a, r->server, HEALTH_EV_TIMEOUT,
					  SIPOVER_CAUSE_UNSPEC, -1);
	} else {
		a->stats.txn_errors++;
	}
	switch ((enum request_for)r->what) {
	case REQUEST_LINE:
	case REQUEST_CALL:
		if (!r->abandoned)
			line_result(a, r, outcome, 0, 0);
		break;
	case REQUEST_DIALOG:
		if (!r->abandoned) {
			request_detach(a, i);
			session_result(a, r, outcome, 0);
		}
		break;
	case REQUEST_SUBSCRIBE:	/* as of an OPTIONS (C-06) */
		subscription_lost(a, r);
		/* fall through */
	case REQUEST_CANCEL:
		timeout.server = r->index;
		agent_post_line(a, r->line, &timeout);
		break;
	case REQUEST_OPTIONS:
		server_probe_lost(a, r->server);
		break;
	case REQUEST_PULSE:
		pulse_options_ended(a, r->server, outcome == FO_TIMEOUT);
		break;
	case REQUEST_NOBODY:
		break;
	}
}

/* ---- starting ---- */

static int16_t retry_budget(struct agent *a, const struct request *r)
{
	const struct conf_server *s;
	const struct conf_line *conf;
	int n;

	if (r->last || r->what == REQUEST_NOBODY)
		return TXN_RETRIES_FULL;	/* Y-19, F-41, F-47 */
	if (r->line == AGENT_NONE)
		return 3;
	conf = a->line[r->line].conf;
	s = &conf->server[a->line[r->line].entry[r->index]];
	n = r->method == SIP_INVITE ? s->invite_retry_counts : s->retry_counts;
	/* C-02: the first transmission is one of them */
	if (conf->retry_counts_are == CONF_ATTEMPTS && n > 0)
		n--;
	return (int16_t)n;
}

/* NOLINTBEGIN(misc-no-recursion): two deep; what starts delivers nothing yet */
static void carry_out(struct agent *a, uint32_t i, unsigned int acts);

static void start(struct agent *a, uint32_t i)
{
	struct request *r = &a->request[i];
	struct txn_ev ev = { .now = a->now, .type = TXN_EV_START };
	struct txn_cfg cfg = {
		.t1_ms = a->conf->t1_ms,
		.t2_ms = a->conf->t2_ms,
		.t4_ms = a->conf->t4_ms,
		.retries = retry_budget(a, r),
		.reliable = r->wide || a->server[r->server].addr.transport !=
				       TRANSPORT_UDP,
		.limit_ms = r->line == AGENT_NONE ? 0 :
			    a->line[r->line].conf->retry_time_ms,
	};

	r->started = a->now;
	txn_init(&r->txn, r->method == SIP_INVITE ? TXN_INVITE_CLIENT :
		 TXN_CLIENT, &cfg);
	carry_out(a, i, step_request(a, i, &ev));
	if (a->held)
		request_hold(a, i);
}

void request_begin(struct agent *a, uint32_t i)
{
	struct request *r = &a->request[i];
	int ret = server_ready(a, r->server);

	if (ret && a->held && request_waits(r))
		ret = 0;
	if (!r->hash)
		request_new_branch(a, i);
	if (!ret)
		ret = request_build(a, r);
	if (!ret)
		request_shrink(a, i);
	if (ret) {
		log_warning("request not sent method=%s server=%s: %s",
			    sip_method_name(r->method),
			    a->server[r->server].name, strerror(-ret));
		request_ended(a, i, FO_TRANSPORT);
		request_free(a, i);
		return;
	}
	upsize_request(a, r);
	start(a, i);
}

/* No slot: for the machine that is a failure like any other, or it would wait
 * for ever.  Left out for overload: as if the server had said 503 (RFC 7339
 * 5.10), another one may do it. */
static void not_started(struct agent *a, uint32_t l, const struct fo_act *act,
			uint8_t outcome)
{
	struct fo_ev ev = {
		.type = FO_EV_RESULT,
		.req = act->req,
		.call = act->call,
		.server = act->server,
		.outcome = outcome,
		.attempt = act->attempt,
		.status = outcome == FO_UNAVAILABLE ? 503 : 0,
	};

	agent_post_line(a, l, &ev);
}

/* a REGISTER that follows an UNREGISTER ends that one: nothing of it is
 * sent any more, least of all with credentials.  A copy may have arrived. */
static void end_unregister(struct agent *a, uint32_t l, uint32_t server)
{
	uint32_t i, next;

	for (i = a->line[l].requests; i != AGENT_NONE; i = next) {
		struct request *r = &a->request[i];

		next = r->line_next;
		if (r->what != REQUEST_LINE || r->server != server ||
		    r->req != FO_REQ_UNREGISTER)
			continue;
		line_result(a, r, FO_TRANSPORT, 0, 0);
		request_detach(a, i);
		r->what = REQUEST_NOBODY;
		request_event(a, i, TXN_EV_ABANDON);
	}
}

void request_start_line(struct agent *a, uint32_t l, const struct fo_act *act)
{
	struct line *line = &a->line[l];
	uint32_t min = line->reg[act->server].min_expires;
	struct request *r;
	uint32_t i;

	if (act->req != FO_REQ_UNREGISTER)
		end_unregister(a, l, line->server[act->server]);
	if (overload_refuses_line(a, l, act)) {
		not_started(a, l, act, FO_UNAVAILABLE);
		return;
	}
	i = request_new(a, line->server[act->server]);
	if (i == AGENT_NONE) {
		not_started(a, l, act, FO_TRANSPORT);
		return;
	}
	r = &a->request[i];
	r->what = REQUEST_LINE;
	r->req = act->req;
	r->method = SIP_REGISTER;
	r->last = act->last;
	r->attempt = act->attempt;
	request_of_line(a, i, l);
	r->index = act->server;
	r->expires_s = act->expires_s;
	if (r->expires_s && r->expires_s < min)
		r->expires_s = min;
	line->request[act->req] = i;
	request_begin(a, i);
}

void request_start_call(struct agent *a, uint32_t c, const struct fo_act *act)
{
	struct agent_call *k = &a->call[c];
	struct line *line = &a->line[k->line];
	struct request *r;
	uint32_t i;

	if (overload_refuses_line(a, k->line, act)) {
		not_started(a, k->line, act, FO_UNAVAILABLE);
		return;
	}
	i = request_new(a, line->server[act->server]);
	if (i == AGENT_NONE) {
		not_started(a, k->line, act, FO_TRANSPORT);
		return;
	}
	r = &a->request[i];
	r->what = REQUEST_CALL;
	r->req = act->req;
	r->method = act->req == FO_REQ_BYE ? SIP_BYE : SIP_INVITE;
	r->last = act->last;
	r->attempt = act->attempt;
	request_of_line(a, i, k->line);
	r->call = c;
	r->call_number = k->number;
	r->index = act->server;
	k->index = act->server;
	if (act->req == FO_REQ_BYE) {
		if (!k->bye_cseq)
			k->bye_cseq = ++k->dialog.local_cseq;
		r->cseq = k->bye_cseq;
		k->bye = i;
	} else {
		r->cseq = k->dialog.invite_cseq;
		k->invite = i;
	}
	request_begin(a, i);
}

void request_start_options(struct agent *a, uint32_t s)
{
	uint32_t i;

	if (a->server[s].probe != AGENT_NONE)
		return;
	i = request_new(a, s);
	if (i == AGENT_NONE) {
		server_probe_lost(a, s);
		return;
	}
	a->request[i].what = REQUEST_OPTIONS;
	a->request[i].method = SIP_OPTIONS;
	a->server[s].probe = i;
	request_begin(a, i);
}

void request_start_pulse(struct agent *a, uint32_t s)
{
	uint32_t i = overload_refuses(a, s) ? AGENT_NONE : request_new(a, s);

	if (i == AGENT_NONE) {
		pulse_options_ended(a, s, false);
		return;
	}
	a->request[i].what = REQUEST_PULSE;
	a->request[i].method = SIP_OPTIONS;
	request_begin(a, i);
}

void request_start_cancel(struct agent *a, uint32_t invite)
{
	struct request *from = &a->request[invite], *r;
	uint32_t i;
	int len;

	i = request_new(a, from->server);
	if (i == AGENT_NONE)
		return;
	r = &a->request[i];
	r->what = REQUEST_CANCEL;
	r->method = SIP_CANCEL;
	r->last = true;
	request_of_line(a, i, from->line);
	r->call = from->call;
	r->index = from->index;
	r->cseq = from->cseq;
	r->wide = from->wide;
	r->flow = from->flow;
	memcpy(r->branch, from->branch, sizeof(r->branch));
	r->hash = from->hash;
	lookup_add(&a->requests_by_branch, r->hash, i);
	len = sip_build_cancel(r->buf, r->size, from->buf, from->len);
	if (len < 0) {
		a->stats.build_failed++;
		request_free(a, i);
		return;
	}
	r->len = len;
	start(a, i);
}

void request_start_detached(struct agent *a, enum sip_method method,
			    uint32_t server, uint32_t line, uint8_t index,
			    struct dialog *d, const char *extra)
{
	struct request *r;
	uint32_t i;

	i = request_new(a, server);
	if (i == AGENT_NONE)
		return;
	r = &a->request[i];
	/* whose credentials it carries */
	request_of_line(a, i, line);
	r->index = index;
	r->what = REQUEST_NOBODY;
	r->method = method;
	r->cseq = ++d->local_cseq;
	request_new_branch(a, i);
	if (request_build_in_dialog(a, r, d, extra))
		request_free(a, i);
	else
		start(a, i);
}

uint32_t request_successor(struct agent *a, uint32_t i)
{
	struct request *old = &a->request[i], *r;
	uint32_t n;

	n = request_new(a, old->server);
	if (n == AGENT_NONE)
		return n;
	r = &a->request[n];
	r->what = old->what;
	r->req = old->req;
	r->method = old->method;
	r->last = old->last;
	r->answers = old->answers;
	r->asked = old->asked;
	r->attempt = old->attempt;
	request_of_line(a, n, old->line);
	r->call = old->call;
	r->call_number = old->call_number;
	r->index = old->index;
	r->expires_s = old->expires_s;
	r->cseq = old->cseq;
	request_detach(a, i);
	old->what = REQUEST_NOBODY;
	if (r->what == REQUEST_LINE)
		a->line[r->line].request[r->req] = n;
	else if (r->what == REQUEST_SUBSCRIBE)
		a->subscription[a->line[r->line].subscription].request = n;
	else if (r->what == REQUEST_DIALOG)
		a->call[r->call].asking = n;
	else if (r->method == SIP_INVITE)
		a->call[r->call].invite = n;
	else
		a->call[r->call].bye = n;
	return n;
}

/* The same request again, to the same server, as a new transaction: with
 * credentials or a longer lifetime.  The old slot ends by itself. */
static bool start_again(struct agent *a, uint32_t i)
{
	uint32_t n = request_successor(a, i);
	struct agent_call *k;
	struct request *r;

	if (n == AGENT_NONE)
		return false;
	r = &a->request[n];
	r->challenges = a->request[i].challenges + 1;
	if (r->what == REQUEST_CALL) {
		k = &a->call[r->call];
		r->cseq = ++k->dialog.local_cseq;
		if (r->method == SIP_INVITE)
			k->reliable = (struct reliable){ .rseq = { 0 } };
		if (r->method == SIP_INVITE)
			k->dialog.invite_cseq = r->cseq;
		else
			k->bye_cseq = r->cseq;
	} else if (r->what == REQUEST_SUBSCRIBE) {
		r->cseq = ++a->subscription[a->line[r->line].subscription]
				   .dialog.local_cseq;
	}
	request_begin(a, n);
	return true;
}

/* ---- responses ---- */

static bool user_gave_up(const struct agent *a, const struct request *r)
{
	uint8_t state;

	if (r->method != SIP_INVITE)
		return false;
	state = a->call[r->call].call.state;
	return state == CALL_CANCEL_WAIT || state == CALL_CANCELLING;
}

/* Whether the challenge can be answered; r is marked for it. */
static bool credentials_wanted(struct agent *a, struct request *r,
			       struct registration *reg)
{
	bool proxy = a->rx.status == 407;
	uint8_t answers = proxy ? ANSWERS_PROXY : ANSWERS_WWW;
	struct digest_state **d = proxy ? &reg->proxy : &reg->www;
	int ret;

	if (!*d)
		*d = calloc(1, sizeof(**d));
	if (!*d) {
		a->stats.no_memory++;
		return false;
	}
	ret = digest_challenged(*d, &a->rx, r->carries[proxy] &&
				r->carries[proxy] == (*d)->series);
	/* An outbound proxy and the registrar behind it both challenge: the
	 * second must not drop what the first asked for. */
	r->answers = r->asked ? r->answers | answers : answers;
	r->asked = true;
	reg->asked[r->method != SIP_REGISTER] = r->answers;
	if (ret)
		log_warning("digest refused line=%s server=%s: %s",
			    a->line[r->line].conf->name,
			    a->server[r->server].name,
			    ret == -EACCES ? "wrong user or password" :
			    "no algorithm that we know");
	return !ret;
}

/* Of each that challenges. */
static uint8_t challenges_max(const struct request *r, uint16_t status)
{
	uint8_t other = status == 407 ? ANSWERS_WWW : ANSWERS_PROXY;

	return r->asked && r->answers & other ? 2 * CHALLENGES_MAX :
						CHALLENGES_MAX;
}

/* Where a 423's demand is kept; NULL: it makes no sense for that request. */
static uint32_t *min_expires(struct agent *a, const struct request *r)
{
	struct line *line = &a->line[r->line];

	if (r->what == REQUEST_SUBSCRIBE)
		return &a->subscription[line->subscription].min_expires;
	return r->what == REQUEST_LINE ? &line->reg[r->index].min_expires : NULL;
}

/* Whether the response only asks for the request once more. */
static bool answered_again(struct agent *a, uint32_t i)
{
	struct request *r = &a->request[i];
	struct registration *reg;
	uint16_t status = a->rx.status;
	uint32_t *min;

	if ((r->what != REQUEST_LINE && r->what != REQUEST_CALL &&
	     r->what != REQUEST_SUBSCRIBE && r->what != REQUEST_DIALOG) ||
	    r->challenges >= challenges_max(r, status) || user_gave_up(a, r))
		return false;
	reg = &a->line[r->line].reg[r->index];
	if (status == 401 || status == 407)
		return credentials_wanted(a, r, reg) && start_again(a, i);
	min = min_expires(a, r);
	if (status == 423 && min && r->expires_s &&
	    a->rx.min_expires > (int32_t)r->expires_s &&
	    a->rx.min_expires <= FO_EXPIRES_MAX_S) {
		*min = a->rx.min_expires;
		r->expires_s = a->rx.min_expires;
		return start_again(a, i);
	}
	if (status == 422 && r->what == REQUEST_CALL &&
	    r->method == SIP_INVITE && session_too_brief(a, r->call))
		return start_again(a, i);
	/* RFC 5626 6: the first hop knows no flows.  Then without them. */
	if (status == 439 && r->what == REQUEST_LINE && !reg->no_outbound &&
	    a->line[r->line].conf->outbound) {
		reg->no_outbound = true;
		return start_again(a, i);
	}
	return false;
}

static void health_of_response(struct agent *a, const struct request *r)
{
	uint16_t status = a->rx.status;
	/* C-03, R-17: a 500 to anything but REGISTER may come from behind it,
	 * and other codes that move a request say nothing about the server. */
	bool unavailable = status == 503 ||
			   (status == 500 && (a->rx.retry_after >= 0 ||
					      (r->method == SIP_REGISTER &&
					       moves(a, r, status))));

	/* it is overloaded, says so, and has what it asks for. */
	if (a->rx.overload.percent >= 0 && a->rx.retry_after < 0)
		unavailable = false;
	if (unavailable)
		agent_post_health(a, r->server, HEALTH_EV_UNAVAILABLE,
				  SIPOVER_CAUSE_UNSPEC, a->rx.retry_after);
	else
		agent_post_health(a, r->server, HEALTH_EV_ANSWERED,
				  SIPOVER_CAUSE_UNSPEC, -1);
}

static void provisional(struct agent *a, struct request *r)
{
	struct fo_ev ev = {
		.type = FO_EV_PROVISIONAL,
		.attempt = r->attempt,
		.status = a->rx.status,
	};

	if (r->what != REQUEST_CALL || r->method != SIP_INVITE)
		return;
	ev.call = a->call[r->call].slot;
	agent_post_line(a, r->line, &ev);
	call_provisional(a, r->call, r);
	call_event(a, r->call, CALL_EV_PROVISIONAL, a->rx.status);
	call_cancel_invite(a, r->call);
}

/* A second copy of an INVITE met the first at the callee (C-29): as long as
 * the first can answer, its answer counts. */
static bool first_copy_lives(struct agent *a, const struct request *r)
{
	uint32_t i;

	for (i = a->line[r->line].requests; i != AGENT_NONE;
	     i = a->request[i].line_next)
		if (a->request[i].abandoned &&
		    a->request[i].what == REQUEST_CALL &&
		    a->request[i].call_number == r->call_number &&
		    a->request[i].txn.state == TXN_ABANDONED)
			return true;
	return false;
}

static void final(struct agent *a, uint32_t i)
{
	struct request *r = &a->request[i];
	uint16_t status = a->rx.status;
	uint8_t outcome = outcome_of(a, r, status);
	uint32_t granted;

	switch ((enum request_for)r->what) {
	case REQUEST_LINE:
		granted = outcome == FO_OK ? granted_expires(a, r) : 0;
		/* A binding of no time at all is none: a refusal, or it would
		 * be asked for again at once, and again. */
		if (outcome == FO_OK && !granted && r->expires_s) {
			outcome = FO_REJECTED;
			log_warning("register refused line=%s server=%s: granted for 0 s",
				    a->line[r->line].conf->name,
				    a->server[r->server].name);
		}
		if (outcome == FO_OK && r->req != FO_REQ_UNREGISTER)
			pulse_pace(a, r);
		line_result(a, r, outcome, status, granted);
		break;
	case REQUEST_CALL:
		if (r->method == SIP_INVITE && outcome != FO_OK)
			memcpy(a->call[r->call].reason, a->rx.reason,
			       sizeof(a->rx.reason));
		if (r->method == SIP_INVITE && outcome == FO_OK) {
			call_answered(a, r->call, r);
		} else if (status == 482 && r->method == SIP_INVITE &&
			   first_copy_lives(a, r)) {
			a->call[r->call].held_status = status;
			a->call[r->call].held_attempt = r->attempt;
			a->call[r->call].held_index = r->index;
		} else {
			line_result(a, r, outcome, status, 0);
		}
		break;
	case REQUEST_SUBSCRIBE:
		subscription_answered(a, r);
		break;
	case REQUEST_DIALOG:
		session_answered(a, i, outcome);
		break;
	case REQUEST_OPTIONS:
		server_probe_done(a, r->server, status != 503);
		break;
	case REQUEST_PULSE:	/* whatever it says */
		pulse_options_ended(a, r->server, false);
		break;
	case REQUEST_CANCEL:
	case REQUEST_NOBODY:
		break;
	}
}

static void deliver(struct agent *a, uint32_t i, bool late)
{
	struct request *r = &a->request[i];

	notify_rx(a, r, a->rx.status);
	health_of_response(a, r);
	if (late || r->abandoned) {
		if (r->method == SIP_INVITE && a->rx.status >= 200 &&
		    a->rx.status < 300) {
			if (r->what == REQUEST_DIALOG)
				session_ack(a, r);
			else
				call_late_answer(a, r);
		}
		return;
	}
	if (a->rx.status < 200)
		provisional(a, r);
	else if (!answered_again(a, i))
		final(a, i);
}

static void carry_out(struct agent *a, uint32_t i, unsigned int acts)
{
	struct txn_ev failed = { .now = a->now, .type = TXN_EV_TRANSPORT };
	struct request *r = &a->request[i];
	uint32_t by_udp = AGENT_NONE;
	bool in_hand = r->in_hand;
	int ret;

	r->in_hand = true;
	request_file(a, i);
	if (acts & TXN_ACT_SEND) {
		ret = transmit(a, r);
		if (ret) {
			log_warning("request send failed method=%s server=%s: %s",
				    sip_method_name(r->method),
				    a->server[r->server].name, strerror(-ret));
			/* It is sent again after the outage. */
			if (a->conf->detect != CONF_DETECT_TIMERS &&
			    (!a->held ||
			     (r->txn.cfg.reliable && !request_waits(r))))
				acts |= step_request(a, i, &failed);
		}
	}
	if (acts & TXN_ACT_ACK)
		send_ack(a, r);
	if (acts & TXN_ACT_DELIVER)
		deliver(a, i, acts & TXN_ACT_LATE);
	if (acts & (TXN_ACT_TIMEOUT | TXN_ACT_ERROR))
		by_udp = upsize_undo(a, i, acts & TXN_ACT_TIMEOUT);
	if (by_udp != AGENT_NONE) {
		r->abandoned = true;
		acts &= ~(unsigned int)(TXN_ACT_TIMEOUT | TXN_ACT_ERROR);
		start(a, by_udp);
	}
	if (acts & TXN_ACT_TIMEOUT)
		request_ended(a, i, FO_TIMEOUT);
	if (acts & TXN_ACT_ERROR)
		request_ended(a, i, FO_TRANSPORT);
	if ((acts & (TXN_ACT_TIMEOUT | TXN_ACT_ERROR)) && !r->abandoned) {
		r->abandoned = true;
		request_detach(a, i);
	}
	r->in_hand = in_hand;
	if (acts & TXN_ACT_FREE) {
		request_free(a, i);
		return;
	}
	request_file(a, i);
	agent_timer_request(a, i);
}
/* NOLINTEND(misc-no-recursion) */

void request_response(struct agent *a, uint32_t i)
{
	struct txn_ev ev = {
		.now = a->now,
		.type = TXN_EV_RESPONSE,
		.status = a->rx.status,
	};

	const struct request *r = &a->request[i];
	uint32_t s = r->server, line = AGENT_NONE;
	bool seen;

	a->server[s].answered = a->now;
	overload_heard(a, s);
	pulse_answered(a, r);
	/* Before: the answer to a challenge names the right address at once. */
	seen = pulse_seen(a, s);
	if (r->what == REQUEST_LINE)
		line = r->line;
	carry_out(a, i, step_request(a, i, &ev));
	if (seen)
		pulse_seen_tell(a, s, line);
}

void request_step(struct agent *a, uint32_t i, const struct txn_ev *ev)
{
	carry_out(a, i, step_request(a, i, ev));
}

void request_event(struct agent *a, uint32_t i, uint8_t type)
{
	struct txn_ev ev = { .now = a->now, .type = type };

	if (a->request[i].used)
		request_step(a, i, &ev);
}

void request_abandon(struct agent *a, uint32_t i, uint16_t attempt)
{
	struct request *r;

	if (i == AGENT_NONE)
		return;
	r = &a->request[i];
	if (!r->used || r->attempt != attempt)
		return;
	/* Or the far end would go on ringing. */
	if (r->method == SIP_INVITE && r->txn.state == TXN_PROCEEDING &&
	    !r->cancelled) {
		r->cancelled = true;
		request_start_cancel(a, i);
	}
	r->abandoned = true;
	request_detach(a, i);
	request_event(a, i, TXN_EV_ABANDON);
}
