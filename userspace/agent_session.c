/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What core/session wants of the far end while a call is up, as requests within
 * its dialog; session timers in our messages and in theirs (RFC 4028).
 */
#include "agent_session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_build.h"
#include "agent_call.h"
#include "agent_ctl_notify.h"
#include "agent_dialog.h"
#include "agent_line.h"
#include "agent_request.h"
#include "agent_slot.h"
#include "agent_step.h"
#include "agent_timers.h"
#include "codec/sdp.h"
#include "io/log.h"

static const struct conf_line *conf_of(const struct agent *a, uint32_t c)
{
	return a->line[a->call[c].line].conf;
}

/* What we would have ourselves. */
static uint32_t wish_s(const struct agent *a, uint32_t c)
{
	const struct conf_line *conf = conf_of(a, c);

	return conf->session_timer ? conf->session_expires_s : 0;
}

/* NOLINTBEGIN(misc-no-recursion): a request that cannot be sent is an event */
static void carry_out(struct agent *a, uint32_t c, unsigned int acts,
		      uint32_t was)
{
	struct agent_call *k = &a->call[c];

	if ((acts & SESSION_ACT_ABANDON) && was != AGENT_NONE)
		request_abandon(a, was, a->request[was].attempt);
	if (acts & SESSION_ACT_SEND)
		session_ask(a, c);
	if (acts & SESSION_ACT_UNCHANGED)
		k->near = k->near_before;
	if (acts & (SESSION_ACT_MODIFIED | SESSION_ACT_UNCHANGED))
		notify_call(a, c);
	if (acts & SESSION_ACT_BYE) {
		log_warning("session ended call=%u status=%u", k->number,
			    k->session.status);
		k->failed = true;
		k->outcome = k->session.status == 408 ? FO_TIMEOUT :
			     k->session.status == 503 ? FO_TRANSPORT :
							FO_REJECTED;
		k->reason[0] = '\0';
		call_event(a, c, CALL_EV_HANGUP, k->session.status);
		return;
	}
	agent_timer_call(a, c);
}

static void session_event(struct agent *a, uint32_t c, struct session_ev *ev)
{
	struct agent_call *k = &a->call[c];
	const struct fo *fo = &a->line[k->line].fo;
	uint32_t was = k->asking;

	ev->now = a->now;
	ev->held = a->held;
	ev->bind = fo->cfg.register_before_resend &&
		   fo->reg_state != FO_REG_IDLE;
	ev->bound = fo->bound;
	ev->n_servers = a->line[k->line].n_servers;
	memcpy(ev->health, fo->health, sizeof(ev->health));
	carry_out(a, c, step_session(a, c, ev), was);
}

void session_expired(struct agent *a, uint32_t c)
{
	struct session_ev ev = { .type = SESSION_EV_EXPIRY };

	session_event(a, c, &ev);
}

void session_end(struct agent *a, uint32_t c)
{
	struct session_ev ev = { .type = SESSION_EV_END };

	if (a->call[c].session.state != SESSION_NONE)
		session_event(a, c, &ev);
}

/* ---- of the line ---- */

static void all_calls(struct agent *a, uint32_t l, const struct session_ev *ev)
{
	int i;

	for (i = 0; i < FO_CALLS_MAX; i++) {
		uint32_t c = a->line[l].call[i];
		struct session_ev one = *ev;

		if (c != AGENT_NONE &&
		    a->call[c].session.state != SESSION_NONE)
			session_event(a, c, &one);
	}
}

void session_server_down(struct agent *a, uint32_t l, uint8_t index)
{
	struct session_ev ev = { .type = SESSION_EV_DOWN, .server = index };

	all_calls(a, l, &ev);
}

void session_bound(struct agent *a, uint32_t l)
{
	struct session_ev ev = { .type = SESSION_EV_BOUND };

	all_calls(a, l, &ev);
}

void session_moved(struct agent *a, uint32_t l, uint8_t from, uint8_t to)
{
	struct session_ev ev = {
		.type = SESSION_EV_MOVED, .server = from, .to = to,
	};

	all_calls(a, l, &ev);
}

/* ---- terms ---- */

static struct session_terms terms_of(const struct sipmsg *m)
{
	return (struct session_terms){
		.interval_s = m->session_expires,
		.min_s = m->min_se,
		.refresher = m->refresher,
		.supported = m->supported & SIP_TAG_TIMER,
	};
}

struct session_grant session_granted(const struct agent *a,
				     const struct conf_line *conf)
{
	struct session_terms t = terms_of(&a->rx);

	return session_answer(&t, conf->session_timer ?
			      conf->session_expires_s : 0, conf->min_se_s);
}

void session_refusal(const struct session_grant *g, char *buf, size_t size)
{
	snprintf(buf, size, "Min-SE: %u\r\n", g->min_s);
}

/* RFC 4028 9: in a 2xx of ours. */
void session_answer_lines(const struct session_grant *g, char *buf, size_t size)
{
	snprintf(buf, size, "Supported: timer\r\n");
	if (g->interval_s)
		snprintf(buf, size,
			 "Supported: timer\r\n%s"
			 "Session-Expires: %u;refresher=%s\r\n",
			 g->require ? "Require: timer\r\n" : "", g->interval_s,
			 g->refresher == SIP_REFRESHER_UAC ? "uac" : "uas");
}

/* In a request of ours: the first INVITE asks as configured (7.1), a refresh for
 * what is agreed on (7.4). */
void session_request_lines(const struct agent *a, uint32_t c, char *buf,
			   size_t size)
{
	const struct agent_call *k = &a->call[c];
	const struct session *s = &k->session;
	bool first = s->state == SESSION_NONE;
	uint32_t interval = first ? wish_s(a, c) : s->interval_s;
	uint32_t min = first ? k->min_se : s->min_s;
	bool uac = first ? conf_of(a, c)->session_refresher ==
			   SIP_REFRESHER_UAC : s->ours;
	char min_line[32] = "";

	if (min)
		snprintf(min_line, sizeof(min_line), "Min-SE: %u\r\n", min);
	if (interval && interval < min)
		interval = min;
	if (interval)
		snprintf(buf, size, "Session-Expires: %u;refresher=%s\r\n%s",
			 interval, uac ? "uac" : "uas", min_line);
	else
		buf[0] = '\0';
}

/* Who a 2xx to our request has refresh, and how often.  Without a word in it we
 * do by ourselves what we wish (7.2): the far end need not know of it. */
static void answered_terms(const struct agent *a, uint32_t c,
			   struct session_ev *ev)
{
	if (a->rx.session_expires > 0) {
		ev->interval_s = (uint32_t)a->rx.session_expires;
		ev->ours = a->rx.refresher != SIP_REFRESHER_UAS;
	} else {
		ev->interval_s = wish_s(a, c);
		ev->ours = true;
	}
}

bool session_too_brief(struct agent *a, uint32_t c)
{
	struct agent_call *k = &a->call[c];
	uint32_t asked = wish_s(a, c) > k->min_se ? wish_s(a, c) : k->min_se;

	if (!wish_s(a, c) || a->rx.min_se <= (int32_t)asked)
		return false;
	k->min_se = (uint32_t)a->rx.min_se;
	return true;
}

/* ---- begins ---- */

static bool takes_update(const struct sipmsg *m)
{
	return m->allow & 1u << SIP_UPDATE;
}

void session_invited(struct agent *a, uint32_t c,
		     const struct session_grant *grant)
{
	a->call[c].grant = *grant;
	a->call[c].takes_update = takes_update(&a->rx);
}

void session_up(struct agent *a, uint32_t c)
{
	struct agent_call *k = &a->call[c];
	struct session_ev ev = {
		.type = SESSION_EV_UP,
		.server = k->index,
		.uac = k->call.outgoing,
		.takes_update = k->takes_update,
		.interval_s = k->grant.interval_s,
		.ours = k->grant.refresher == SIP_REFRESHER_UAS,
	};

	if (k->call.outgoing) {
		answered_terms(a, c, &ev);
		ev.takes_update = takes_update(&a->rx);
	}
	session_event(a, c, &ev);
}

void session_refreshed(struct agent *a, uint32_t c,
		       const struct session_grant *g)
{
	struct session_ev ev = {
		.type = SESSION_EV_REFRESHED,
		.interval_s = g->interval_s,
		.ours = g->refresher == SIP_REFRESHER_UAS,
	};

	/* In an early dialog the 2xx tells. */
	if (a->call[c].session.state != SESSION_NONE)
		session_event(a, c, &ev);
}

int session_hold(struct agent *a, uint32_t c, bool hold)
{
	struct session_ev ev = { .type = SESSION_EV_MODIFY };
	struct agent_call *k = &a->call[c];
	uint8_t near = hold ? SDP_SENDONLY : SDP_SENDRECV;

	if (k->session.state == SESSION_NONE || k->session.modify)
		return -EBUSY;
	if (near == k->near)
		return -EALREADY;
	k->near_before = k->near;
	k->near = near;
	session_event(a, c, &ev);
	return 0;
}

/* ---- requests ---- */

void session_ask(struct agent *a, uint32_t c)
{
	struct agent_call *k = &a->call[c];
	uint32_t server = a->line[k->line].server[k->session.server];
	struct session_ev failed = {
		.type = SESSION_EV_RESULT,
		.attempt = k->session.attempt,
		.outcome = FO_TRANSPORT,
		.retry_after = -1,
	};
	uint32_t i = request_new(a, server);
	struct request *r;

	if (i == AGENT_NONE) {
		session_event(a, c, &failed);
		return;
	}
	r = &a->request[i];
	r->what = REQUEST_DIALOG;
	r->method = k->session.method;
	r->last = k->session.last;
	r->attempt = k->session.attempt;
	request_of_line(a, i, k->line);
	r->call = c;
	r->call_number = k->number;
	r->index = k->session.server;
	k->asking = i;
	request_begin(a, i);
}
/* NOLINTEND(misc-no-recursion) */

/* One CSeq for each copy: a far end that has seen the first may take an equal
 * number for one that is out of order (12.2.2). */
int session_build(struct agent *a, struct request *r, struct sip_request *sip,
		  char *contact, char *extra, size_t extra_size)
{
	struct agent_call *k = &a->call[r->call];
	const char *text = NULL;
	uint16_t refused;

	r->cseq = ++k->dialog.local_cseq;
	line_contact(a, r->line, r->server, contact, SIPMSG_URI_MAX);
	session_request_lines(a, r->call, extra, extra_size);
	sip->contact = contact;
	sip->extra = extra;
	sip->supported = "timer";
	if (r->method != SIP_INVITE)
		return 0;
	text = call_describe(a, r->call, NULL, 0, &refused);
	if (!text)
		return -ENOMEM;
	sip->content_type = "application/sdp";
	sip->body = text;
	sip->body_len = strlen(text);
	return 0;
}

void session_result(struct agent *a, const struct request *r, uint8_t outcome,
		    uint16_t status)
{
	struct session_ev ev = {
		.type = SESSION_EV_RESULT,
		.attempt = r->attempt,
		.outcome = outcome,
		.status = status,
		.retry_after = -1,
	};
	struct agent_call *k = &a->call[r->call];
	uint32_t c = r->call;

	if (k->number != r->call_number || k->session.state == SESSION_NONE)
		return;
	if (status) {
		ev.retry_after = a->rx.retry_after;
		ev.min_s = a->rx.min_se > 0 ? (uint32_t)a->rx.min_se : 0;
	}
	if (outcome == FO_OK)
		answered_terms(a, c, &ev);
	session_event(a, c, &ev);
}

/* The 2xx to a re-INVITE has an ACK of its own, whoever waits for it. */
void session_ack(struct agent *a, const struct request *r)
{
	struct agent_call *k = &a->call[r->call];

	if (k->number != r->call_number || k->call.state == CALL_FREE)
		return;
	if (!k->ack_len || k->ack_cseq != a->rx.cseq) {
		free(k->credentials);
		k->credentials = request_credentials(r);
		k->ack_cseq = a->rx.cseq;
		k->ack_len = 0;
	}
	call_send_ack(a, r->call, r->index);
}

void session_answered(struct agent *a, uint32_t i, uint8_t outcome)
{
	struct request *r = &a->request[i];
	struct agent_call *k = &a->call[r->call];
	struct fo_ev up = {
		.type = FO_EV_CALL_UP, .call = k->slot, .server = r->index,
	};

	if (outcome == FO_OK) {
		if (r->method == SIP_INVITE)
			session_ack(a, r);
		/* A copy of the 2xx: only its ACK was lost. */
		if (k->asking != i)
			return;
		dialog_refresh(&k->dialog, &a->rx);
		if (r->method == SIP_INVITE)
			call_far_described(a, r->call);
		k->index = r->index;
		agent_post_line(a, k->line, &up);
	}
	request_detach(a, i);
	session_result(a, r, outcome, a->rx.status);
}
