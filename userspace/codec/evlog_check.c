// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "evlog_check.h"

#include <string.h>

/* Read as bytes: to read anything else than 0 and 1 as a bool is undefined. */
static bool is_bool(const void *p)
{
	unsigned char c;

	memcpy(&c, p, 1);
	return c < 2;
}

static bool is_server(uint8_t server, uint8_t n)
{
	return server < n || server == FO_NONE;
}

static bool check_health(const struct health *h)
{
	return h->state < HEALTH_STATES && is_bool(&h->probing) &&
	       is_bool(&h->recovery);
}

/* What only indexes an array when a request is out must be in range then. */
static bool check_pass(const struct fo_pass *pass, uint8_t n)
{
	return pass->attempt ? pass->server < n : is_server(pass->server, n);
}

static bool check_line(const struct fo *fo)
{
	const struct fo_cfg *cfg = &fo->cfg;
	uint8_t n = cfg->n_servers;

	if (n < 1 || n > FO_SERVERS_MAX || !is_bool(&fo->held) ||
	    !is_bool(&fo->probing) || !is_bool(&fo->again) ||
	    !is_bool(&cfg->register_before_resend) ||
	    !is_bool(&cfg->failback) || !is_bool(&cfg->reg_fail_moves) ||
	    !is_bool(&cfg->only_registered) || !is_bool(&cfg->failback_idle) ||
	    cfg->failback_mode >= FO_FAILBACKS || !is_bool(&cfg->concurrent) ||
	    fo->probe_server >= n ||
	    fo->reg_state > FO_REG_REFRESHING || !is_server(fo->working, n) ||
	    !check_pass(&fo->reg, n))
		return false;
	/* A REGISTER that is out is out somewhere. */
	if ((fo->reg_state == FO_REG_TRYING ||
	     fo->reg_state == FO_REG_REFRESHING) && fo->reg.server >= n)
		return false;
	if (fo->reg_state == FO_REG_REGISTERED && fo->working >= n)
		return false;
	for (unsigned int i = 0; i < FO_SERVERS_MAX; i++)
		if (fo->health[i] >= HEALTH_STATES)
			return false;
	for (unsigned int i = 0; i < FO_CALLS_MAX; i++) {
		const struct fo_call *c = &fo->call[i];

		if (c->state > FO_CALL_BYE_WAIT_REG ||
		    (c->state != FO_CALL_FREE && c->server >= n) ||
		    !check_pass(&c->pass, n))
			return false;
	}
	return true;
}

static bool check_txn(const struct txn *t)
{
	return t->kind < TXN_KINDS && t->state < TXN_STATES &&
	       is_bool(&t->provisional) && is_bool(&t->cfg.reliable) &&
	       t->cfg.retries >= TXN_RETRIES_FULL && t->cfg.retries <= 20;
}

static bool check_pulse(const struct pulse *p, const struct pulse_ev *ev)
{
	const struct stunkeep *k = &p->stun;

	return is_bool(&p->asking) && is_bool(&p->rtt.raised) && is_bool(&k->answered) &&
	       k->mode < STUNKEEP_MODES && k->cfg.mode < STUNKEEP_MODES &&
	       k->sends <= STUNKEEP_SENDS && ev->type < PULSE_EV_TYPES &&
	       is_bool(&ev->working) && is_bool(&ev->bound) &&
	       is_bool(&ev->timed_out) && is_bool(&ev->stun.wanted) &&
	       ev->stun.type < STUNKEEP_EV_TYPES;
}

static bool check_subscription(const struct subscription *s,
			       const struct subscription_ev *ev)
{
	return s->state < SUBSCRIPTION_STATES && is_bool(&s->notified) &&
	       is_bool(&s->lost) && is_bool(&s->cfg.follow) &&
	       is_bool(&s->cfg.concurrent) && is_bool(&ev->fallback) &&
	       ev->type < SUBSCRIPTION_EV_TYPES;
}

static bool check_session(const struct session *s, const struct session_ev *ev)
{
	return s->state < SESSION_STATES && is_bool(&s->ours) &&
	       is_bool(&s->takes_update) && is_bool(&s->uac) &&
	       is_bool(&s->refresh) && is_bool(&s->modify) &&
	       is_bool(&s->last) && s->home < FO_SERVERS_MAX &&
	       s->server < FO_SERVERS_MAX && ev->type < SESSION_EV_TYPES &&
	       is_bool(&ev->ours) && is_bool(&ev->takes_update) &&
	       is_bool(&ev->uac) && is_bool(&ev->held) && is_bool(&ev->bind);
}

bool evlog_check(const struct evlog_entry *e)
{
	const struct verdict_in *in = &e->ev.verdict;

	switch ((enum evlog_kind)e->kind) {
	case EVLOG_HEALTH:
		return check_health(&e->state.health) &&
		       e->ev.health.type < HEALTH_EV_TYPES;
	case EVLOG_LINE:
		return check_line(&e->state.fo) &&
		       e->ev.fo.type < FO_EV_TYPES;
	case EVLOG_REQUEST:
	case EVLOG_REPLY:
		return check_txn(&e->state.txn) &&
		       e->ev.txn.type < TXN_EV_TYPES;
	case EVLOG_CALL:
		return e->state.call.state < CALL_STATES &&
		       is_bool(&e->state.call.outgoing) &&
		       e->ev.call.ev.type < CALL_EV_TYPES;
	case EVLOG_VERDICT:
		return is_bool(&in->offender_is_server) && is_bool(&in->last) &&
		       is_bool(&in->can_remedy) && is_bool(&in->by_gateway);
	case EVLOG_TALLY:
		return true;
	case EVLOG_KEEPALIVE:
		return e->state.keepalive.state < KEEPALIVE_STATES &&
		       e->ev.keepalive.type < KEEPALIVE_EV_TYPES;
	case EVLOG_PATH:
		return e->state.path.fact < PATH_FACTS &&
		       e->state.path.cause < PATH_FACTS &&
		       is_bool(&e->state.path.lost) &&
		       e->ev.path.fact < PATH_FACTS &&
		       e->ev.path.type < PATH_EV_TYPES;
	case EVLOG_PULSE:
		return check_pulse(&e->state.pulse, &e->ev.pulse);
	case EVLOG_SUBSCRIPTION:
		return check_subscription(&e->state.subscription,
					  &e->ev.subscription);
	case EVLOG_SESSION:
		return check_session(&e->state.session, &e->ev.session);
	case EVLOG_KINDS:
		break;
	}
	return false;
}

bool evlog_check_result(const struct evlog_entry *e)
{
	uint32_t i;

	if (e->kind != EVLOG_LINE)
		return true;
	for (i = 0; i < e->result_len / sizeof(struct fo_act); i++)
		if (!is_bool(&e->result.fo[i].last))
			return false;
	return true;
}
