/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Message-waiting subscriptions (RFC 6665, RFC 3842): core/subscription's
 * actions to SUBSCRIBEs, answers and NOTIFYs to its events.  A line that has
 * none has nothing of this.
 */
#include "agent_subscription.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_ctl_notify.h"
#include "agent_overload.h"
#include "agent_receive.h"
#include "agent_request.h"
#include "agent_server.h"
#include "agent_slot.h"
#include "agent_step.h"
#include "agent_timers.h"
#include "codec/sip_event.h"
#include "io/log.h"
#include "io/random.h"

/* The Call-ID ends with the subscription's number: that is how a NOTIFY finds
 * it, whatever their number. */
#define NUMBER_LEN 8

uint32_t subscriptions_wanted(const struct conf *conf)
{
	uint32_t i, n = 0;

	for (i = 0; i < conf->n_lines; i++)
		n += conf->line[i].subscribe_mwi;
	return n;
}

int subscription_open(struct agent *a, uint32_t l)
{
	const struct conf_line *conf = &a->conf->line[l];
	struct subscription_cfg cfg = {
		.timer_n_ms = 64 * a->conf->t1_ms,
		.follow = conf->failback_subscribe,
		.concurrent = conf->concurrent,
	};
	struct line_subscription *s;
	uint32_t i;

	if (!conf->subscribe_mwi)
		return 0;
	for (i = a->free_subscription; i < a->n_subscriptions; i++)
		if (a->subscription[i].line == AGENT_NONE)
			break;
	if (i == a->subscriptions_max)
		return -ENOMEM;
	a->free_subscription = i + 1;
	if (i == a->n_subscriptions)
		a->n_subscriptions++;
	s = &a->subscription[i];
	memset(s, 0, sizeof(*s));
	subscription_init(&s->sub, &cfg, random_u64());
	s->line = l;
	s->request = AGENT_NONE;
	s->works = SUBSCRIPTION_NOWHERE;
	a->line[l].subscription = i;
	return 0;
}

int subscriptions_open(struct agent *a)
{
	uint32_t l;
	int ret = 0;

	if (!a->subscriptions_max)
		return 0;
	a->subscription = calloc(a->subscriptions_max,
				 sizeof(*a->subscription));
	if (!a->subscription)
		return -ENOMEM;
	for (l = 0; !ret && l < a->conf->n_lines; l++)
		ret = subscription_open(a, l);
	return ret;
}

/* Its number can be another line's; nothing of it is out any more. */
void subscription_close(struct agent *a, uint32_t l)
{
	uint32_t i = a->line[l].subscription;

	if (i == AGENT_NONE)
		return;
	memset(&a->subscription[i], 0, sizeof(a->subscription[i]));
	a->subscription[i].line = a->subscription[i].request = AGENT_NONE;
	a->line[l].subscription = AGENT_NONE;
	agent_timer_subscription(a, i);
	if (i < a->free_subscription)
		a->free_subscription = i;
}

/* ---- requests ---- */

/* The server's place in the line's list; FO_NONE: it has left it. */
static uint8_t index_of(const struct line *line, uint32_t server)
{
	uint8_t k;

	for (k = 0; k < line->n_servers; k++)
		if (line->server[k] == server)
			return k;
	return FO_NONE;
}

static void lost(struct agent *a, uint32_t i)
{
	struct subscription_ev ev = { .type = SUBSCRIPTION_EV_LOST };

	agent_post_subscription(a, i, &ev);
}

/* C-34: not to a server that asked to be left alone: as if it had said so
 * again. */
static bool blocked(struct agent *a, uint32_t i)
{
	struct subscription_ev ev = {
		.type = SUBSCRIPTION_EV_REFUSED, .status = 503,
	};
	const struct health *h = &a->server[a->subscription[i].at].health;
	uint64_t s;

	if (h->state != HEALTH_BLOCKED)
		return false;
	s = mono_us_since(a->now, h->expiry) / 1000000 + 1;
	ev.retry_after = s < SUBSCRIPTION_EXPIRES_MAX_S ?
			 (int32_t)s : SUBSCRIPTION_EXPIRES_MAX_S;
	agent_post_subscription(a, i, &ev);
	return true;
}

static void send_subscribe(struct agent *a, uint32_t i)
{
	struct line_subscription *s = &a->subscription[i];
	uint8_t index = index_of(&a->line[s->line], s->at);
	struct request *r;
	uint32_t n;

	if (blocked(a, i))
		return;
	n = index == FO_NONE ? AGENT_NONE : request_new(a, s->at);
	if (n == AGENT_NONE) {
		lost(a, i);
		return;
	}
	r = &a->request[n];
	r->what = REQUEST_SUBSCRIBE;
	r->method = SIP_SUBSCRIBE;
	r->last = true;	/* it goes nowhere else: 64*T1 (F-19, timer N) */
	request_of_line(a, n, s->line);
	r->index = index;
	r->expires_s = a->line[s->line].conf->subscribe_mwi_expires_s;
	if (r->expires_s < s->min_expires)
		r->expires_s = s->min_expires;
	r->cseq = ++s->dialog.local_cseq;
	s->request = n;
	request_begin(a, n);
	/* Now that there is a connection if it needs one. */
	server_contact_address(a, s->at, &s->contact);
}

static void act_drop(struct agent *a, struct line_subscription *s)
{
	uint32_t n = s->request;

	if (n != AGENT_NONE)
		request_abandon(a, n, a->request[n].attempt);
	s->request = AGENT_NONE;
	memset(&s->dialog, 0, sizeof(s->dialog));
}

static void act_begin(struct agent *a, uint32_t i)
{
	char call_id[AGENT_CALL_ID_LEN + 1], tag[AGENT_TAG_LEN + 1];
	struct line_subscription *s = &a->subscription[i];
	const char *aor = a->line[s->line].aor;

	random_hex(call_id, AGENT_CALL_ID_LEN - NUMBER_LEN);
	snprintf(call_id + AGENT_CALL_ID_LEN - NUMBER_LEN, NUMBER_LEN + 1,
		 "%08x", i);
	dialog_init_uac(&s->dialog, call_id, random_hex(tag, AGENT_TAG_LEN),
			aor, aor, 0);
	if (s->at != s->sub.server)
		s->min_expires = 0;
	s->at = s->sub.server;
	if (overload_refuses(a, s->at))
		lost(a, i);
	else
		send_subscribe(a, i);
}

/* Best effort: the server may be the one that died. */
static void act_end(struct agent *a, struct line_subscription *s)
{
	uint8_t index = index_of(&a->line[s->line], s->at);

	if (index != FO_NONE && s->dialog.remote_tag[0] &&
	    health_usable(a->server[s->at].health.state))
		request_start_detached(a, SIP_SUBSCRIBE, s->at, s->line, index,
				       &s->dialog, NULL);
}

void subscription_step_event(struct agent *a, uint32_t i,
			     const struct subscription_ev *ev)
{
	struct line_subscription *s = &a->subscription[i];
	unsigned int acts = step_subscription(a, i, ev);

	if (acts & SUBSCRIPTION_ACT_END)
		act_end(a, s);
	if (acts & SUBSCRIPTION_ACT_DROP)
		act_drop(a, s);
	if (acts & SUBSCRIPTION_ACT_REPORT)
		notify_mwi(a, i);
	if (acts & SUBSCRIPTION_ACT_BEGIN)
		act_begin(a, i);
	if (acts & SUBSCRIPTION_ACT_REFRESH)
		send_subscribe(a, i);
	agent_timer_subscription(a, i);
}

/* ---- the line ---- */

static void moved(struct agent *a, uint32_t i)
{
	struct subscription_ev ev = { .type = SUBSCRIPTION_EV_MOVED };
	struct line_subscription *s = &a->subscription[i];
	struct addr contact;

	if (s->sub.state != SUBSCRIPTION_ACTIVE || s->sub.target != s->at)
		return;
	server_contact_address(a, s->at, &contact);
	if (!addr_equal(&contact, &s->contact))
		agent_post_subscription(a, i, &ev);
}

void subscription_review(struct agent *a, uint32_t l, uint8_t fo_ev_type)
{
	struct subscription_ev ev = {
		.type = SUBSCRIPTION_EV_WORKING,
		.server = SUBSCRIPTION_NOWHERE,
	};
	struct subscription_ev again = { .type = SUBSCRIPTION_EV_AGAIN };
	const struct line *line = &a->line[l];
	const struct fo *fo = &line->fo;
	uint32_t i = line->subscription;
	struct line_subscription *s;

	if (i == AGENT_NONE || a->stopping || line->leaving)
		return;
	s = &a->subscription[i];
	if (fo_ev_type == FO_EV_REGISTER)
		agent_post_subscription(a, i, &again);
	if (fo->working != FO_NONE && fo->bound & 1 << fo->working) {
		ev.server = line->server[fo->working];
		ev.fallback = line->entry[fo->working] != 0;
	}
	if (ev.server != s->works || ev.fallback != s->fallback)
		agent_post_subscription(a, i, &ev);
	else
		moved(a, i);
	s->works = ev.server;
	s->fallback = ev.fallback;
}

void subscription_gone(struct agent *a, uint32_t l, uint32_t server)
{
	struct subscription_ev ev = {
		.type = SUBSCRIPTION_EV_GONE, .server = server,
	};
	uint32_t i = a->line[l].subscription;

	if (i == AGENT_NONE)
		return;
	/* Its number may be another server's next. */
	if (a->subscription[i].works == server)
		a->subscription[i].works = SUBSCRIPTION_NOWHERE;
	agent_post_subscription(a, i, &ev);
	agent_drain(a);
}

void subscriptions_stop(struct agent *a)
{
	struct subscription_ev ev = { .type = SUBSCRIPTION_EV_STOP };
	uint32_t i;

	for (i = 0; i < a->n_subscriptions; i++)
		if (a->subscription[i].line != AGENT_NONE)
			agent_post_subscription(a, i, &ev);
}

/* ---- answers ---- */

/* What is left of it, counted from the first copy. */
static int32_t granted(const struct agent *a, const struct request *r)
{
	uint64_t gone = mono_us_since(r->started, a->now) / 1000000;
	uint64_t s = a->rx.expires >= 0 ? (uint64_t)a->rx.expires :
					  r->expires_s;

	if (s > SUBSCRIPTION_EXPIRES_MAX_S)
		s = SUBSCRIPTION_EXPIRES_MAX_S;
	return s > gone + 1 ? (int32_t)(s - gone) : s > 0;
}

void subscription_answered(struct agent *a, const struct request *r)
{
	uint32_t i = a->line[r->line].subscription;
	struct subscription_ev ev = {
		.type = SUBSCRIPTION_EV_REFUSED,
		.status = a->rx.status,
		.retry_after = a->rx.retry_after,
	};

	a->subscription[i].status = a->rx.status < 300 ? 0 : a->rx.status;
	if (a->rx.status < 300) {
		ev.type = SUBSCRIPTION_EV_GRANTED;
		ev.expires_s = granted(a, r);
		/* Without a Contact, or of another fork than the NOTIFY that
		 * came before: that makes the dialog. */
		dialog_answered(&a->subscription[i].dialog, &a->rx);
	} else {
		log_warning("subscription refused line=%s server=%s status=%u",
			    a->line[r->line].conf->name,
			    a->server[r->server].name, a->rx.status);
	}
	agent_post_subscription(a, i, &ev);
}

void subscription_lost(struct agent *a, const struct request *r)
{
	lost(a, a->line[r->line].subscription);
}

/* ---- NOTIFY ---- */

static uint32_t find(const struct agent *a)
{
	const char *number = a->rx.call_id + AGENT_CALL_ID_LEN - NUMBER_LEN;
	uint32_t i;

	if (strlen(a->rx.call_id) != AGENT_CALL_ID_LEN)
		return AGENT_NONE;
	i = (uint32_t)strtoul(number, NULL, 16);
	if (i >= a->n_subscriptions || a->rx.event_id ||
	    a->subscription[i].line == AGENT_NONE ||
	    !subscription_has_dialog(&a->subscription[i].sub) ||
	    !dialog_matches(&a->subscription[i].dialog, &a->rx))
		return AGENT_NONE;
	return i;
}

/* A NOTIFY makes the dialog if it comes before the 200 (RFC 6665 4.4.1). */
static bool in_dialog(struct agent *a, struct dialog *d)
{
	if (!d->remote_tag[0] && dialog_notified(d, &a->rx))
		return false;
	if (!dialog_request_in(d, &a->rx))
		return false;
	dialog_refresh(d, &a->rx);
	return true;
}

static bool is_summary(const struct agent *a)
{
	static const char type[] = SIP_EVENT_MWI_TYPE;
	char end = a->rx.content_type[sizeof(type) - 1];

	return strncasecmp(a->rx.content_type, type, sizeof(type) - 1) == 0 &&
	       (end == '\0' || end == ';' || end == ' ');
}

static void read_summary(struct agent *a, uint32_t i)
{
	struct line_subscription *s = &a->subscription[i];
	struct mwi mwi = s->mwi;

	if (!a->rx.body_len)
		return;
	if (sip_event_mwi(&mwi, a->rx_buf + a->rx.body_off, a->rx.body_len)) {
		a->stats.mwi_bad++;
		log_warning("message summary refused line=%s",
			    a->line[s->line].conf->name);
		return;
	}
	if (mwi_equal(&mwi, &s->mwi))
		return;
	s->mwi = mwi;
	notify_mwi(a, i);
}

void subscription_notify(struct agent *a, uint32_t reply)
{
	struct subscription_ev ev = {
		.type = SUBSCRIPTION_EV_NOTIFY,
		.substate = a->rx.substate,
		.reason = a->rx.subreason,
		.expires_s = a->rx.sub_expires,
		.retry_after = a->rx.sub_retry_after,
	};
	uint32_t i;

	if (strcasecmp(a->rx.event, SIP_EVENT_MWI) != 0) {
		reply_send(a, reply, 489, NULL,
			   "Allow-Events: " SIP_EVENT_MWI "\r\n", NULL);
		return;
	}
	i = find(a);
	if (i == AGENT_NONE)
		reply_send(a, reply, 481, NULL, NULL, NULL);
	else if (ev.substate == SIP_SUBSTATE_NONE)
		reply_send(a, reply, 400, NULL, NULL, NULL);
	else if (!in_dialog(a, &a->subscription[i].dialog))
		reply_send(a, reply, 500, NULL, NULL, NULL);
	else if (a->rx.body_len && !is_summary(a))
		reply_send(a, reply, 415, NULL,
			   "Accept: " SIP_EVENT_MWI_TYPE "\r\n", NULL);
	else {
		reply_send(a, reply, 200, NULL, NULL, NULL);
		read_summary(a, i);
		agent_post_subscription(a, i, &ev);
	}
}
