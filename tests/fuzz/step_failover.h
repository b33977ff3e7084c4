/* SPDX-License-Identifier: BSD-2-Clause */
/* core/failover under arbitrary events, held against what is out. */
#ifndef SIPOVER_TESTS_STEP_FAILOVER_H
#define SIPOVER_TESTS_STEP_FAILOVER_H

#include "step_time.h"

#include "core/failover.h"

/* A request that the machine has out; attempt 0: none. */
struct step_out {
	uint16_t attempt;
	uint8_t server;
};

struct step_fo {
	struct fo fo;
	struct fo_acts acts;
	struct mono now;
	struct step_out line[FO_REQ_PROBE + 1];	/* REGISTER, PROBE */
	struct step_out call[FO_CALLS_MAX];	/* INVITE or BYE */
	uint16_t old_attempt;			/* one that is over */
};

static struct step_out *step_out_of(struct step_fo *s, const struct fo_act *a)
{
	must(a->req <= FO_REQ_BYE && a->req != FO_REQ_UNREGISTER);
	if (a->req <= FO_REQ_PROBE)
		return &s->line[a->req];
	must(a->call < FO_CALLS_MAX);
	return &s->call[a->call];
}

static void step_sent(struct step_fo *s, const struct fo_act *a)
{
	struct step_out *o;
	unsigned int i;

	must(a->attempt);
	/* One that leaves the list is unregistered at while it does. */
	must(a->server < s->fo.cfg.n_servers ||
	     (a->req == FO_REQ_UNREGISTER && a->server < FO_SERVERS_MAX));
	must(s->fo.health[a->server] != HEALTH_BLOCKED);	/* C-34 */
	for (i = 0; i <= FO_REQ_PROBE; i++)
		must(s->line[i].attempt != a->attempt);
	for (i = 0; i < FO_CALLS_MAX; i++)
		must(s->call[i].attempt != a->attempt);
	if (a->req == FO_REQ_UNREGISTER)
		return;
	o = step_out_of(s, a);
	must(!o->attempt);
	*o = (struct step_out){ a->attempt, a->server };
	if (a->req == FO_REQ_PROBE)
		must(a->server == 0 ? s->fo.working != 0 :
		     a->server == 1 && s->fo.working == 0 &&
		     s->fo.cfg.concurrent);
	/* one REGISTER at a time to one registrar. */
	if (a->req <= FO_REQ_PROBE && s->line[0].attempt && s->line[1].attempt)
		must(s->line[0].server != s->line[1].server);
}

static void step_act(struct step_fo *s, const struct fo_act *a, uint8_t *working)
{
	struct step_out *o;

	switch ((enum fo_act_type)a->type) {
	case FO_ACT_SEND:
		step_sent(s, a);
		break;
	case FO_ACT_ABANDON:
		o = step_out_of(s, a);
		must(o->attempt == a->attempt && o->server == a->server);
		s->old_attempt = o->attempt;
		o->attempt = 0;
		break;
	case FO_ACT_WORKING:
		must(a->old == *working && a->server != a->old);
		must(a->server < s->fo.cfg.n_servers);
		*working = a->server;
		break;
	case FO_ACT_REGISTERED:
		must(a->server == *working && a->expires_s);
		break;
	case FO_ACT_UNREGISTERED:
		break;
	case FO_ACT_FAILED:
		must(a->req == FO_REQ_REGISTER || a->req == FO_REQ_INVITE ||
		     a->req == FO_REQ_BYE);
		must(a->outcome != FO_OK && a->outcome <= FO_TRANSPORT);
		must(!step_out_of(s, a)->attempt);
		break;
	}
}

/* What holds between two events. */
static void step_fo_invariants(struct step_fo *s)
{
	const struct fo *fo = &s->fo;
	bool out = fo->reg_state == FO_REG_TRYING ||
		   fo->reg_state == FO_REG_REFRESHING;
	unsigned int i;

	must(fo->working == FO_NONE || fo->working < fo->cfg.n_servers);
	must(out == (s->line[FO_REQ_REGISTER].attempt != 0));
	if (out)
		must(fo->reg.attempt == s->line[FO_REQ_REGISTER].attempt &&
		     fo->reg.server == s->line[FO_REQ_REGISTER].server);
	must(fo->probing == (s->line[FO_REQ_PROBE].attempt != 0));
	/* A line that waits is woken. */
	if (fo->reg_state == FO_REG_WAIT)
		must(!mono_is_never(fo->retry_at));
	if (fo->reg_state == FO_REG_REGISTERED)
		must(!mono_is_never(fo->refresh_at) || fo->held);
	for (i = 0; i < FO_CALLS_MAX; i++) {
		const struct fo_call *c = &fo->call[i];

		must(c->pass.attempt == s->call[i].attempt);
		switch ((enum fo_call_state)c->state) {
		case FO_CALL_FREE:
		case FO_CALL_UP:
			must(!s->call[i].attempt);
			break;
		case FO_CALL_INVITING:
		case FO_CALL_PROCEEDING:
		case FO_CALL_BYE:
			must(s->call[i].attempt);
			break;
		case FO_CALL_WAIT_REG:
		case FO_CALL_BYE_WAIT_REG:
			/* Else it would wait for ever. */
			must(out && !s->call[i].attempt);
			break;
		}
	}
}

static void step_fo_give(struct step_fo *s, const struct fo_ev *ev)
{
	uint8_t working = s->fo.working, i;

	/* A result ends what was out, whoever it is for; the machine forgets
	 * a call's request when the call is gone or answered. */
	fo_step(&s->fo, ev, &s->acts);
	must(s->acts.n <= FO_ACTS_MAX);
	for (i = 0; i < s->acts.n; i++)
		step_act(s, &s->acts.a[i], &working);
	must(ev->type == FO_EV_STOP || ev->type >= FO_EV_SERVER_NEW ||
	     working == s->fo.working);
	step_fo_invariants(s);
}

/* The answer to what is out for ev's request. */
static void step_fo_result(struct step_fo *s, struct fo_ev *ev, uint8_t how)
{
	struct step_out *o = NULL;
	struct fo_act a = { .req = ev->req, .call = ev->call };

	ev->attempt = s->old_attempt;
	if (ev->req > FO_REQ_BYE || ev->req == FO_REQ_UNREGISTER ||
	    (ev->req > FO_REQ_PROBE && ev->call >= FO_CALLS_MAX))
		return;
	o = step_out_of(s, &a);
	if (how & 0x40)
		return;		/* stale */
	ev->attempt = o->attempt;
	ev->server = o->server;
	if (ev->req > FO_REQ_PROBE && ev->req !=
	    (s->fo.call[ev->call].state == FO_CALL_BYE ? FO_REQ_BYE :
	     FO_REQ_INVITE))
		return;
	if (o->attempt && ev->outcome <= FO_TRANSPORT) {
		s->old_attempt = o->attempt;
		o->attempt = 0;
	}
}

/* The list changes, or nothing does (no such event).  What stays keeps all that
 * belongs to it. */
static void step_fo_list(struct step_fo *s, struct feed *f, uint8_t how)
{
	struct fo_ev ev = {
		.type = FO_EV_SERVER_NEW + how % 4,
		.server = how / 4 % 8,
		.new = how / 32,
		.expires_s = how,
	};
	uint8_t n = s->fo.cfg.n_servers, state = s->fo.reg_state, i;
	bool moves = ev.type == FO_EV_SERVER_MOVED && ev.server < n &&
		     ev.new < n && ev.server != ev.new;
	uint8_t working = s->fo.working, health = s->fo.health[ev.server];
	bool bound = s->fo.bound >> ev.server & 1;

	s->now = step_time(f, s->now, fo_next_expiry(&s->fo));
	ev.now = s->now;
	/* The requests that are out move along. */
	for (i = 0; moves && i < FO_CALLS_MAX + 2; i++) {
		struct step_out *o = i < 2 ? &s->line[i] : &s->call[i - 2];

		if (i == FO_REQ_PROBE)
			continue;
		if (o->server == ev.server)
			o->server = ev.new;
		else if (o->server > ev.server && o->server <= ev.new)
			o->server--;
		else if (o->server < ev.server && o->server >= ev.new)
			o->server++;
	}
	step_fo_give(s, &ev);
	if (ev.type == FO_EV_SERVER_NEW)
		must(s->fo.cfg.n_servers == n + (n < FO_SERVERS_MAX));
	else if (ev.type != FO_EV_SERVER_GONE)
		must(s->fo.cfg.n_servers == n);
	else
		must(s->fo.cfg.n_servers == n || s->fo.cfg.n_servers == n - 1);
	must(s->fo.cfg.n_servers >= 1);
	if (ev.type != FO_EV_SERVER_GONE)
		must(s->fo.reg_state == state);
	else
		must(working == s->fo.working || working == n - 1);
	if (moves)
		must(s->fo.health[ev.new] == health &&
		     (bound || !(s->fo.bound >> ev.new & 1)) &&
		     (working != ev.server || s->fo.working == ev.new));
}

static void step_fo_event(struct step_fo *s, struct feed *f)
{
	uint8_t what = feed_u8(f), how = feed_u8(f);
	struct fo_ev ev = {
		.type = what % (FO_EV_EXPIRY + 2),
		.req = how & 7,
		.call = how >> 3 & 7,
		.server = what / 17 % 10,
		.new = how % 6,
		.outcome = what / 17 % 7,
		.status = (uint16_t)(how * 3),
		.expires_s = how & 1 ? how * 20u : 0,
	};

	if (ev.type > FO_EV_EXPIRY) {
		step_fo_list(s, f, how);
		return;
	}
	if (ev.call > FO_CALLS_MAX)
		ev.call &= 3;
	if (ev.server == 9)
		ev.server = FO_NONE;
	s->now = step_time(f, s->now, fo_next_expiry(&s->fo));
	ev.now = s->now;
	if (ev.type == FO_EV_RESULT)
		step_fo_result(s, &ev, how);
	if (ev.type == FO_EV_PROVISIONAL && ev.call < FO_CALLS_MAX)
		ev.attempt = s->call[ev.call].attempt;
	/* CALL_UP: a copy given up was answered; what else is out the caller
	 * ends by itself. */
	if (ev.type == FO_EV_CALL_UP && ev.call < FO_CALLS_MAX &&
	    ev.server < s->fo.cfg.n_servers) {
		uint8_t state = s->fo.call[ev.call].state;

		if (state == FO_CALL_INVITING || state == FO_CALL_PROCEEDING ||
		    state == FO_CALL_WAIT_REG)
			s->call[ev.call].attempt = 0;
	}
	/* The 2xx crossed the hanging up: nothing else waits for it. */
	if (ev.type == FO_EV_BYE && ev.call < FO_CALLS_MAX &&
	    s->fo.call[ev.call].state == FO_CALL_PROCEEDING)
		s->call[ev.call].attempt = 0;
	step_fo_give(s, &ev);
}

/* Deadlines are over once they were kept: no spinning. */
static void step_fo_wake(struct step_fo *s)
{
	struct mono next = fo_next_expiry(&s->fo);
	struct fo_ev ev = { .type = FO_EV_EXPIRY };

	if (mono_is_never(next))
		return;
	if (s->now.ns < next.ns)
		s->now = next;
	ev.now = s->now;
	step_fo_give(s, &ev);
	must(fo_next_expiry(&s->fo).ns > s->now.ns);
}

static void play_failover(struct feed *f)
{
	static struct step_fo s;
	uint8_t bits = feed_u8(f), more = feed_u8(f), i;
	struct fo_cfg cfg = {
		.n_servers = (uint8_t)(1 + bits % FO_SERVERS_MAX),
		.register_before_resend = bits & 0x08,
		.failback = bits & 0x10,
		.reg_fail_moves = bits & 0x20,
		.failback_ms = bits & 0x40 ? 0 : 10000 + more * 1000u,
		.retry_base_ms = 30000,
		.retry_max_ms = 1800000,
		.concurrent = bits & 0x80 && more & 128,
		.only_registered = bits & 0x80 && more & 2,
		.failback_idle = bits & 0x80 && more & 4,
		.failback_mode = bits & 0x80 ? more / 8 % FO_FAILBACKS : 0,
	};

	for (i = 0; i < FO_SERVERS_MAX; i++)
		cfg.expires_s[i] = more & 1 ? 60u << i : 0;
	memset(&s, 0, sizeof(s));
	s.now.ns = STEP_START_NS;
	fo_init(&s.fo, &cfg, more);
	while (f->left) {
		step_fo_event(&s, f);
		if (f->left % 4 == 0)
			step_fo_wake(&s);
	}
	for (i = 0; i < 8; i++)
		step_fo_wake(&s);
}

#endif /* SIPOVER_TESTS_STEP_FAILOVER_H */
