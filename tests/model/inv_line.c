// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * A step of a line, judged from outside: by the event, the state before and
 * after, the actions, and the list of requests that are out, which is kept
 * here from the actions alone.
 */
#include <string.h>

#include "invariant.h"

/* One step. */
struct step {
	const struct world *w;
	struct line_seen *seen;
	const struct fo *before, *fo;
	const struct fo_ev *ev;
	const struct fo_acts *acts;
	bool result;		/* ev is the result of a request that was out */
	uint8_t failed[FO_REQ_BYE + 1][FO_CALLS_MAX];
	struct line_seen old;	/* what was out before */
};

static bool in(uint8_t bitmap, uint8_t server)
{
	return server < FO_SERVERS_MAX && bitmap & 1u << server;
}

static uint8_t without(uint8_t bitmap, uint8_t server)
{
	return in(bitmap, server) ? bitmap ^ (uint8_t)(1u << server) : bitmap;
}

static bool reg_out(const struct fo *fo)
{
	return fo->reg_state == FO_REG_TRYING ||
	       fo->reg_state == FO_REG_REFRESHING;
}

static bool waits(const struct fo_call *c)
{
	return c->state == FO_CALL_WAIT_REG || c->state == FO_CALL_BYE_WAIT_REG;
}

/* Set up or torn down: the user or the far end waits for something. */
static bool between(const struct fo_call *c)
{
	return c->state != FO_CALL_FREE && c->state != FO_CALL_UP;
}

static bool is_bye(const struct fo_call *c)
{
	return c->state == FO_CALL_BYE || c->state == FO_CALL_BYE_WAIT_REG;
}

static struct request *slot(struct line_seen *seen, uint8_t req, uint8_t call)
{
	switch ((enum fo_req)req) {
	case FO_REQ_REGISTER:
		return &seen->reg;
	case FO_REQ_PROBE:
		return &seen->probe;
	case FO_REQ_INVITE:
	case FO_REQ_BYE:
		return &seen->call[call];
	case FO_REQ_UNREGISTER:
		break;
	}
	return NULL;
}

/* ---- the event ---- */

/* What the event says of requests: this one has ended. */
static void take_event(struct step *s)
{
	const struct fo_ev *ev = s->ev;
	struct request *r;

	if (ev->type == FO_EV_RESULT && ev->req <= FO_REQ_BYE &&
	    ev->call < FO_CALLS_MAX && ev->outcome <= FO_TRANSPORT) {
		r = slot(s->seen, ev->req, ev->call);
		if (r && r->out && r->attempt == ev->attempt) {
			s->result = true;
			r->out = false;
		}
	}
	/* Whoever says so has ended the INVITE himself: agent_call.c */
	if (ev->call < FO_CALLS_MAX &&
	    ((ev->type == FO_EV_CALL_UP && ev->server < s->fo->cfg.n_servers &&
	      s->before->call[ev->call].state != FO_CALL_FREE &&
	      !is_bye(&s->before->call[ev->call])) ||
	     (ev->type == FO_EV_BYE &&
	      s->before->call[ev->call].state == FO_CALL_PROCEEDING)))
		s->seen->call[ev->call].out = false;
	if (ev->type == FO_EV_START || ev->type == FO_EV_REGISTER)
		s->seen->started = true;
	if (ev->type == FO_EV_STOP)
		s->seen->started = false;
}

/* ---- its actions ---- */

static bool kept_by_calls(const struct fo *fo)
{
	if (!fo->cfg.failback_idle ||
	    fo->cfg.failback_mode == FO_FAILBACK_REQUESTS)
		return false;
	for (uint8_t i = 0; i < FO_CALLS_MAX; i++)
		if (fo->call[i].state != FO_CALL_FREE)
			return true;
	return false;
}

static bool usable_left(const struct fo *fo, uint8_t tried)
{
	for (uint8_t i = 0; i < fo->cfg.n_servers; i++)
		if (!in(tried, i) && health_usable(fo->health[i]))
			return true;
	return false;
}

static bool any_left(const struct fo *fo, uint8_t tried)
{
	for (uint8_t i = 0; i < fo->cfg.n_servers; i++)
		if (!in(tried, i) && fo->health[i] != HEALTH_BLOCKED)
			return true;
	return false;
}

static bool somebody_waits(const struct fo *fo)
{
	for (uint8_t i = 0; i < FO_CALLS_MAX; i++)
		if (waits(&fo->call[i]))
			return true;
	return false;
}

/* A registrar said so: calls that waited for it go there as they are. */
static bool registrar_answered(const struct step *s)
{
	return s->result && (s->ev->req == FO_REQ_REGISTER ||
			     s->ev->req == FO_REQ_PROBE);
}

static void check_binds_first(const struct step *s, const struct fo_act *a,
			      uint8_t had)
{
	const struct fo_call *was = &s->before->call[a->call];
	uint8_t home = a->req == FO_REQ_BYE ? was->server : s->before->working;

	if (s->ev->type == FO_EV_CALL || s->ev->type == FO_EV_BYE)
		had = 0;
	if (s->before->reg_state == FO_REG_IDLE || registrar_answered(s) ||
	    in(s->fo->bound, a->server))
		return;
	if (s->fo->cfg.only_registered)
		violated(I_BINDS_FIRST, "%s to server %u without any",
			 fo_req_name(a->req), a->server);
	if (!s->fo->cfg.register_before_resend)
		return;
	if (had || (home != FO_NONE && home != a->server))
		violated(I_BINDS_FIRST, "%s to server %u", fo_req_name(a->req),
			 a->server);
}

/* The next of a pass: first if there is one, then as listed; DOWN ones last. */
static uint8_t next_of(const struct fo *fo, uint8_t tried, uint8_t first)
{
	uint8_t down = FO_NONE;

	if (first < fo->cfg.n_servers && !in(tried, first)) {
		if (health_usable(fo->health[first]))
			return first;
		if (fo->health[first] == HEALTH_DOWN)
			down = first;
	}
	for (uint8_t i = 0; i < fo->cfg.n_servers; i++) {
		if (in(tried, i))
			continue;
		if (health_usable(fo->health[i]))
			return i;
		if (fo->health[i] == HEALTH_DOWN && down == FO_NONE)
			down = i;
	}
	return down;
}

/* Where the line's binding is when the event comes. */
static uint8_t holds_at(const struct step *s)
{
	const struct fo *was = s->before;

	if (was->working == FO_NONE || !in(was->bound, was->working) ||
	    mono_due(was->bound_until[was->working], s->ev->now))
		return FO_NONE;
	return was->working;
}

/* C-13: where the dialog was made, but for a line that must not speak there. */
static uint8_t bye_first(const struct step *s)
{
	uint8_t made = s->before->call[s->ev->call].server;

	if (s->fo->cfg.only_registered && !in(s->fo->bound, made) &&
	    s->before->working != FO_NONE)
		return s->before->working;
	return made;
}

/* Whether what comes now goes to the primary first because it is new. */
static bool starts_over(const struct step *s, enum fo_failback mode)
{
	return s->fo->cfg.failback && s->fo->cfg.failback_mode == mode &&
	       s->before->working != FO_NONE &&
	       health_usable(s->before->health[0]);
}

/* Where a line that has a binding refreshes it. */
static uint8_t home(const struct step *s)
{
	if (starts_over(s, FO_FAILBACK_REQUESTS) ||
	    (starts_over(s, FO_FAILBACK_REFRESH) && !kept_by_calls(s->before)))
		return 0;
	return s->before->working;	/* Y-30 */
}

/* Where the pass begins that the event asks for. */
static uint8_t first_of(const struct step *s, bool reg)
{
	const struct fo *was = s->before;

	switch ((enum fo_ev_type)s->ev->type) {
	case FO_EV_START:
	case FO_EV_REGISTER:
		return 0;			/* Y-20, C-25 */
	case FO_EV_SIGNAL_TIMEOUT:
	case FO_EV_FLOW_CHANGED:
		return s->ev->server;
	case FO_EV_EXPIRY:
		if (was->reg_state == FO_REG_REGISTERED)
			return home(s);
		return holds_at(s) == FO_NONE ? 0 : home(s);
	case FO_EV_CALL:
		return reg ? FO_NONE : starts_over(s, FO_FAILBACK_REQUESTS) ?
		       0 : was->working;
	case FO_EV_BYE:				/* C-13 */
		return reg ? FO_NONE : bye_first(s);
	case FO_EV_STOP: case FO_EV_CALL_IN: case FO_EV_CALL_UP:
	case FO_EV_CALL_ENDED: case FO_EV_PROVISIONAL: case FO_EV_RESULT:
	case FO_EV_HEALTH: case FO_EV_HOLD: case FO_EV_RESUME:
	case FO_EV_SERVER_NEW: case FO_EV_SERVER_MOVED:
	case FO_EV_SERVER_GONE: case FO_EV_TTL: case FO_EV_TYPES:
		break;
	}
	return FO_NONE;
}

/* The order of a pass.  tried: with the one that this SEND is for.  What a
 * step sends and gives up again is not looked at. */
static void check_order(const struct step *s, const struct fo_act *a)
{
	const struct request *r = slot(s->seen, a->req, a->call);
	bool reg = a->req == FO_REQ_REGISTER;
	uint8_t tried = reg ? s->fo->reg.tried : s->fo->call[a->call].pass.tried;
	uint8_t had = reg ? 0 : s->before->call[a->call].pass.tried;
	bool asked = reg ? somebody_waits(s->fo) : registrar_answered(s);
	/* The REGISTER that follows an UNREGISTER (C-14) has its full time; a
	 * second one in the same step has not. */
	bool once_more = reg && s->before->again &&
			 s->before->working == a->server;

	if (!r || a->req == FO_REQ_PROBE || !r->out || r->attempt != a->attempt)
		return;
	if (s->fo->health[a->server] == HEALTH_DOWN &&
	    usable_left(s->fo, tried) && !asked)
		violated(I_DOWN_LAST, "%s to server %u", fo_req_name(a->req),
			 a->server);
	if (!once_more && a->last == any_left(s->fo, tried))
		violated(I_LAST, "%s to server %u", fo_req_name(a->req),
			 a->server);
	if (!asked && s->ev->type != FO_EV_RESUME &&
	    a->server != next_of(s->fo, without(tried, a->server),
				 first_of(s, reg)))
		violated(I_ORDER, "%s to server %u", fo_req_name(a->req),
			 a->server);
	if (reg && !asked && in(s->before->reg.tried, a->server) &&
	    ((s->result && s->ev->req == FO_REQ_REGISTER) ||
	     s->ev->type == FO_EV_HEALTH) && reg_out(s->before))
		violated(I_TRIED_ONCE, "REGISTER again to server %u", a->server);
	if (!reg)
		check_binds_first(s, a, had);
	/* F-46: what waits goes with the line to the primary. */
	if (!reg && s->ev->type != FO_EV_CALL && s->ev->type != FO_EV_BYE &&
	    in(had, a->server) &&
	    !(s->result && s->ev->req == FO_REQ_PROBE))
		violated(I_TRIED_ONCE, "%s again to server %u",
			 fo_req_name(a->req), a->server);
}

static bool races(const struct step *s)
{
	const struct fo *was = s->before;

	return was->cfg.race_ms && was->working == FO_NONE &&
	       was->reg_state == FO_REG_TRYING && was->reg.server == 0 &&
	       was->health[0] != HEALTH_UP && s->ev->type == FO_EV_EXPIRY &&
	       mono_due(was->standby_at, s->ev->now);
}

static void check_probe(struct step *s, uint8_t server)
{
	const struct fo_cfg *cfg = &s->fo->cfg;
	uint32_t floor = cfg->failback_ms && cfg->failback_ms < FO_PROBE_MIN_MS ?
			 cfg->failback_ms : FO_PROBE_MIN_MS;

	/* Y-26: the other binding, while the primary works; R-69: or beside
	 * the first REGISTER there, when its time has come */
	if (server != 0) {
		if (!cfg->concurrent || server != 1 ||
		    (s->fo->working != 0 && !races(s)))
			violated(I_STANDBY, "registers at server %u", server);
		return;
	}
	if (!cfg->failback)
		violated(I_FAILBACK, "probe without failback");
	if (kept_by_calls(s->before) && s->ev->type == FO_EV_EXPIRY)
		violated(I_FAILBACK, "probe in a call");
	if (s->before->working == 0 || s->before->working == FO_NONE)
		violated(I_FAILBACK, "probe from working server %u",
			 s->before->working);
	if (!mono_is_never(s->seen->probed) &&
	    !mono_due(mono_add_ms(s->seen->probed, floor), s->ev->now))
		violated(I_FAILBACK, "probe too soon");
	s->seen->probed = s->ev->now;
}

static void check_held(const struct step *s, const struct fo_act *a)
{
	bool silent = s->ev->type == FO_EV_HEALTH ||
		      s->ev->type == FO_EV_EXPIRY ||
		      s->ev->type == FO_EV_SIGNAL_TIMEOUT;
	bool lost = s->result && s->ev->outcome >= FO_UNAVAILABLE;

	if (s->before->held && s->fo->held && (silent || lost))
		violated(I_HELD, "%s to server %u by %s", fo_req_name(a->req),
			 a->server, fo_ev_name(s->ev->type));
}

static void check_rings_once(const struct step *s, const struct fo_act *a)
{
	if (a->req == FO_REQ_INVITE &&
	    s->before->call[a->call].state == FO_CALL_PROCEEDING &&
	    !(s->result && s->ev->req == FO_REQ_INVITE &&
	      s->ev->outcome == FO_UNAVAILABLE))
		violated(I_RINGS_ONCE, "INVITE again by %s",
			 fo_ev_name(s->ev->type));
}

static void take_send(struct step *s, const struct fo_act *a)
{
	struct request *r = slot(s->seen, a->req, a->call);
	const struct line_seen *seen = s->seen;

	if (s->fo->health[a->server] == HEALTH_BLOCKED)
		violated(I_NOT_BLOCKED, "%s to server %u", fo_req_name(a->req),
			 a->server);
	check_held(s, a);
	check_rings_once(s, a);
	if (a->attempt == 0 ||
	    (seen->reg.out && seen->reg.attempt == a->attempt) ||
	    (seen->probe.out && seen->probe.attempt == a->attempt))
		violated(I_NUMBERED, "%u", a->attempt);
	for (uint8_t i = 0; i < FO_CALLS_MAX; i++)
		if (seen->call[i].out && seen->call[i].attempt == a->attempt)
			violated(I_NUMBERED, "%u", a->attempt);
	if (!r)
		return;		/* UNREGISTER: nobody waits for it */
	if (a->req == FO_REQ_PROBE)
		check_probe(s, a->server);
	if (r->out)
		violated(I_OWNED, "two of %s", fo_req_name(a->req));
	*r = (struct request){ true, a->server, a->attempt };
	if (seen->probe.out && seen->reg.out &&
	    seen->probe.server == seen->reg.server)
		violated(I_ONE_REGISTRAR, "server %u", a->server);
}

static void take_act(struct step *s, const struct fo_act *a)
{
	struct request *r;

	switch ((enum fo_act_type)a->type) {
	case FO_ACT_SEND:
		take_send(s, a);
		break;
	case FO_ACT_ABANDON:
		r = slot(s->seen, a->req, a->call);
		if (!r || !r->out || r->attempt != a->attempt ||
		    r->server != a->server)
			violated(I_OWNED, "abandons no %s that is out",
				 fo_req_name(a->req));
		else
			r->out = false;
		break;
	case FO_ACT_FAILED:
		s->failed[a->req][a->call]++;
		r = slot(s->seen, a->req, a->call);
		if (r && r->out)
			violated(I_OWNED, "%s failed while out",
				 fo_req_name(a->req));
		break;
	case FO_ACT_WORKING:
		if (a->old != s->before->working || a->server != s->fo->working ||
		    a->old == a->server)
			violated(I_WORKING, "told %u to %u", a->old, a->server);
		break;
	case FO_ACT_REGISTERED:
		if (a->server != s->fo->working || !s->result ||
		    s->ev->outcome != FO_OK)
			violated(I_WORKING, "told of a binding at %u",
				 a->server);
		break;
	case FO_ACT_UNREGISTERED:
		/* The standby's binding is another matter, and a list that
		 * changes may have made one of the primary's. */
		if (s->fo->bound && s->ev->type != FO_EV_SERVER_GONE &&
		    !(s->fo->cfg.concurrent &&
		      (s->fo->bound == 2 || (bounds->alphabet & A_LIST &&
					     !in(s->fo->bound,
						 s->before->working)))))
			violated(I_WORKING, "told of no binding, bound %02x",
				 s->fo->bound);
		break;
	}
}

static bool act_in_range(uint8_t n, const struct fo_act *a)
{
	if (a->type > FO_ACT_FAILED || a->req > FO_REQ_BYE ||
	    a->call >= FO_CALLS_MAX)
		return false;
	if (a->type == FO_ACT_FAILED && a->server == FO_NONE)
		return true;
	/* Last words to the one that goes. */
	return a->server < n;
}

/* ---- the state after it ---- */

static bool same_request(const struct request *r, bool out, uint8_t server,
			 uint16_t attempt)
{
	if (!out)
		return !r->out && attempt == 0;
	return r->out && r->server == server && r->attempt == attempt;
}

static void check_owned(const struct step *s)
{
	const struct fo *fo = s->fo;

	if (!same_request(&s->seen->reg, reg_out(fo), fo->reg.server,
			  fo->reg.attempt))
		violated(I_OWNED, "REGISTER, line %s",
			 fo_reg_state_name(fo->reg_state));
	if (!same_request(&s->seen->probe, fo->probing, fo->probe_server,
			  fo->probe_attempt))
		violated(I_OWNED, "probe");
	for (uint8_t i = 0; i < FO_CALLS_MAX; i++) {
		const struct fo_call *c = &fo->call[i];

		if (!same_request(&s->seen->call[i], between(c) && !waits(c),
				  c->pass.server, c->pass.attempt))
			violated(I_OWNED, "call %u in state %u", i, c->state);
	}
}

static bool standby_answered(const struct step *s)
{
	return s->result && s->ev->req == FO_REQ_PROBE &&
	       s->old.probe.server == 1;
}

/* Y-26: while the primary works the other binding is there, or asked for, or
 * will be. */
static void check_standby(const struct step *s)
{
	const struct fo *fo = s->fo;
	struct mono latest = mono_add_ms(s->ev->now, fo->cfg.retry_max_ms);

	if (standby_answered(s) && s->ev->outcome == FO_OK &&
	    !in(fo->bound, 1))
		violated(I_STANDBY, "a binding is not noted");
	if (!fo->cfg.concurrent || fo->cfg.n_servers < 2 || fo->held ||
	    fo->reg_state != FO_REG_REGISTERED || fo->working != 0 ||
	    fo->probing)
		return;
	if (!mono_due(fo->standby_at, latest) ||
	    !mono_due(fo_next_expiry(fo), fo->standby_at))
		violated(I_STANDBY, "none is asked for");
	/* A sign of recovery (C-16) may come close to the end. */
	if (in(fo->bound, 1) && fo->standby_at.ns > fo->bound_until[1].ns &&
	    !fo->standby_failures &&
	    !mono_due(fo->standby_at, mono_add_ms(s->ev->now, FO_JITTER_MS)))
		violated(I_STANDBY, "refreshed too late");
}

/* The working one goes: UNREGISTERED tells, and the next is told when found. */
static bool leaves_list(const struct step *s)
{
	return s->ev->type == FO_EV_SERVER_GONE && s->fo->working == FO_NONE;
}

static void check_working(const struct step *s)
{
	const struct fo *fo = s->fo;
	unsigned int told = 0, bindings = 0, gone = 0;

	for (int i = 0; i < s->acts->n; i++) {
		told += s->acts->a[i].type == FO_ACT_WORKING;
		bindings += s->acts->a[i].type == FO_ACT_REGISTERED;
		gone += s->acts->a[i].type == FO_ACT_UNREGISTERED;
	}
	if (fo->working != FO_NONE && fo->working >= fo->cfg.n_servers)
		violated(I_WORKING, "no such server: %u", fo->working);
	if ((fo->reg_state == FO_REG_REGISTERED ||
	     fo->reg_state == FO_REG_REFRESHING) && fo->working == FO_NONE)
		violated(I_WORKING, "registered nowhere");
	if (told != (fo->working != s->before->working &&
		     s->ev->type != FO_EV_STOP && !leaves_list(s)))
		violated(I_WORKING, "told %u times", told);
	/* the line is with the first that answers */
	if (standby_answered(s) && s->before->working == FO_NONE) {
		bool won = s->ev->outcome == FO_OK;

		if (bindings != won || (won && fo->working != 1))
			violated(I_STANDBY, "the race is not over");
		return;
	}
	if (standby_answered(s)) {
		if (bindings || told)
			violated(I_STANDBY, "the standby is told");
		return;
	}
	if (bindings != (registrar_answered(s) && s->ev->outcome == FO_OK))
		violated(I_WORKING, "%u bindings told", bindings);
	if (gone > 1)
		violated(I_WORKING, "the end told %u times", gone);
	/* successive mode, Y-29: it is where the last 200 came from */
	if (registrar_answered(s) && s->ev->outcome == FO_OK &&
	    fo->working != (s->ev->req == FO_REQ_PROBE ? 0 :
			    s->old.reg.server))
		violated(I_WORKING, "a 200 from elsewhere");
}

static void check_binding(const struct step *s)
{
	const struct fo *fo = s->fo;

	for (uint8_t i = 0; i < fo->cfg.n_servers; i++)
		if (in(fo->bound, i) && mono_due(fo->bound_until[i], s->ev->now))
			violated(I_BINDING, "server %u's has run out", i);
	if (fo->reg_state == FO_REG_REGISTERED &&
	    !mono_due(fo->expires_at, s->ev->now) &&
	    (!in(fo->bound, fo->working) ||
	     fo->bound_until[fo->working].ns != fo->expires_at.ns))
		violated(I_BINDING, "registered at %u without one",
			 fo->working);
	if (fo->bound && fo->reg_state == FO_REG_IDLE && !s->seen->started)
		violated(I_BINDING, "stopped, bound %02x", fo->bound);
}

static void check_not_stuck(const struct step *s)
{
	const struct fo *fo = s->fo;
	struct mono next = fo_next_expiry(fo);

	if (s->seen->started != (fo->reg_state != FO_REG_IDLE))
		violated(I_NOT_STUCK, "started %d, %s", s->seen->started,
			 fo_reg_state_name(fo->reg_state));
	if (fo->reg_state == FO_REG_WAIT &&
	    !mono_due(fo->retry_at, mono_add_ms(s->ev->now,
						fo->cfg.retry_max_ms)))
		violated(I_NOT_STUCK, "waits too long");
	if (fo->reg_state == FO_REG_REGISTERED &&
	    (mono_is_never(fo->refresh_at) ||
	     fo->refresh_at.ns > fo->expires_at.ns))
		violated(I_NOT_STUCK, "no refresh before the end");
	if (fo->held)
		return;
	if ((fo->reg_state == FO_REG_WAIT && next.ns > fo->retry_at.ns) ||
	    (fo->reg_state == FO_REG_REGISTERED && next.ns > fo->refresh_at.ns))
		violated(I_NOT_STUCK, "its time is not asked for");
}

/* Away from the primary, failback by time: a probe is out or to come. */
static void check_returns(const struct step *s)
{
	const struct fo *fo = s->fo;
	struct mono latest = mono_add_ms(s->ev->now, fo->cfg.failback_ms);

	if (fo->reg_state != FO_REG_REGISTERED || fo->working == 0 ||
	    !fo->cfg.failback || !fo->cfg.failback_ms || fo->held ||
	    fo->cfg.failback_mode == FO_FAILBACK_REFRESH || kept_by_calls(fo))
		return;
	if (!s->seen->probe.out && !mono_due(fo_next_expiry(fo), latest))
		violated(I_RETURNS, "no probe to come");
	if (!s->seen->probe.out && !mono_due(fo->failback_at, latest))
		violated(I_RETURNS, "too late");
}

static void check_no_spin(const struct step *s)
{
	if (s->ev->type != FO_EV_EXPIRY || s->before->held)
		return;
	if (mono_due(fo_next_expiry(s->before), s->ev->now) &&
	    mono_due(fo_next_expiry(s->fo), s->ev->now))
		violated(I_NO_SPIN, "still due after EXPIRY");
}

static void check_held_state(const struct step *s)
{
	bool silent = s->ev->type == FO_EV_HEALTH ||
		      s->ev->type == FO_EV_EXPIRY ||
		      s->ev->type == FO_EV_SIGNAL_TIMEOUT;

	if (s->before->held && silent && s->acts->n)
		violated(I_HELD, "acts by %s", fo_ev_name(s->ev->type));
	if (s->fo->held && !mono_is_never(fo_next_expiry(s->fo)))
		violated(I_HELD, "a deadline in a local outage");
}

static void check_resumes(const struct step *s)
{
	struct mono soon = mono_add_ms(s->ev->now, FO_JITTER_MS);

	if (s->ev->type != FO_EV_RESUME || !s->before->held ||
	    s->fo->reg_state == FO_REG_IDLE || reg_out(s->fo))
		return;
	/* Or it did at once, and found no server. */
	if (s->fo->reg_state == FO_REG_WAIT && s->failed[FO_REQ_REGISTER][0])
		return;
	if (fo_next_expiry(s->fo).ns > soon.ns)
		violated(I_RESUMES, "the line stays as it is");
}

/* Whether what was out at server before this step was given up in it.  Its
 * number may be in use again. */
static bool given_up(const struct step *s, const struct request *r,
		     uint8_t server)
{
	if (!r->out || r->server != server)
		return true;
	for (int i = 0; i < s->acts->n; i++)
		if (s->acts->a[i].type == FO_ACT_ABANDON &&
		    s->acts->a[i].attempt == r->attempt)
			return true;
	return false;
}

static void check_left(const struct step *s, uint8_t server)
{
	const struct line_seen *was = &s->old;

	if (!given_up(s, &was->reg, server))
		violated(I_LEAVES_DEAD, "REGISTER");
	if (!given_up(s, &was->probe, server))
		violated(I_LEAVES_DEAD, "probe");
	for (uint8_t i = 0; i < FO_CALLS_MAX; i++)
		if (!given_up(s, &was->call[i], server))
			violated(I_LEAVES_DEAD, "call %u", i);
	if (s->fo->reg_state == FO_REG_REGISTERED && s->fo->working == server)
		violated(I_WORKING_ALIVE, "stays at %u", server);
}

static void check_leaves(const struct step *s)
{
	const struct fo *fo = s->fo;
	uint8_t server = s->ev->server;

	for (uint8_t i = 0; i < fo->cfg.n_servers; i++)
		if (s->ev->type == FO_EV_RESUME && s->before->held &&
		    fo->health[i] == HEALTH_DOWN)
			check_left(s, i);
	if (s->ev->type == FO_EV_FLOW_CHANGED &&
	    (!given_up(s, &s->old.reg, server) ||
	     !given_up(s, &s->old.probe, server)))
		violated(I_LEAVES_DEAD, "from an address that is gone");
	if (s->ev->type != FO_EV_HEALTH || server >= fo->cfg.n_servers ||
	    fo->held || s->before->health[server] == s->ev->new)
		return;
	if (s->ev->new == HEALTH_DOWN)
		check_left(s, server);
	/* What is out there ends by its own result. */
	if (s->ev->new == HEALTH_BLOCKED &&
	    fo->reg_state == FO_REG_REGISTERED && fo->working == server &&
	    usable_left(fo, 0))
		violated(I_LEAVES_BLOCKED, "server %u", server);
}

/* A failure that lets another server be tried. */
static bool may_move(const struct step *s)
{
	return s->result && s->ev->outcome >= FO_UNAVAILABLE && !s->fo->held;
}

static void check_moves_on(const struct step *s)
{
	const struct fo *was = s->before, *fo = s->fo;
	const struct fo_ev *ev = s->ev;

	if (may_move(s) && ev->req == FO_REQ_REGISTER && !reg_out(fo) &&
	    any_left(fo, was->reg.tried))
		violated(I_MOVES_ON, "REGISTER");
	if (may_move(s) && ev->req >= FO_REQ_INVITE &&
	    (was->call[ev->call].state != FO_CALL_PROCEEDING ||
	     ev->outcome == FO_UNAVAILABLE) &&
	    fo->call[ev->call].state == FO_CALL_FREE &&
	    /* C-08: no binding is to be had where it would go */
	    !s->failed[FO_REQ_REGISTER][0] &&
	    any_left(fo, was->call[ev->call].pass.tried))
		violated(I_MOVES_ON, "call %u", ev->call);
	if (ev->type == FO_EV_SIGNAL_TIMEOUT && !fo->held && !reg_out(fo) &&
	    was->reg_state == FO_REG_REGISTERED && ev->server == was->working &&
	    fo->health[ev->server] != HEALTH_BLOCKED)
		violated(I_MOVES_ON, "CANCEL unanswered");
	if (ev->type == FO_EV_PROVISIONAL && ev->call < FO_CALLS_MAX &&
	    was->call[ev->call].state == FO_CALL_INVITING &&
	    ev->attempt == was->call[ev->call].pass.attempt &&
	    fo->call[ev->call].state != FO_CALL_PROCEEDING)
		violated(I_RINGS_ONCE, "a 1xx is not noted");
}

static bool unregisters(const struct step *s, uint8_t server)
{
	for (int i = 0; i < s->acts->n; i++)
		if (s->acts->a[i].type == FO_ACT_SEND &&
		    s->acts->a[i].req == FO_REQ_UNREGISTER &&
		    s->acts->a[i].server == server)
			return true;
	return false;
}

static void check_unregisters(const struct step *s)
{
	const struct fo *was = s->before, *fo = s->fo;
	bool back = fo->working == 0 && was->working != 0 &&
		    was->working != FO_NONE;
	/* What failed in the pass just ended will not answer to that either. */
	uint8_t skip = s->ev->req == FO_REQ_REGISTER ? was->reg.tried : 0;

	for (uint8_t i = 0; i < fo->cfg.n_servers; i++) {
		bool had = in(was->bound, i) &&
			   !mono_due(was->bound_until[i], s->ev->now);
		bool ends = s->ev->type == FO_EV_STOP ?
			    fo->health[i] != HEALTH_BLOCKED :
			    back && i > (fo->cfg.concurrent ? 1 : 0) &&
			    !in(skip, i) &&
			    health_usable(fo->health[i]);

		if (had && ends && !unregisters(s, i))
			violated(I_UNREGISTERS, "server %u", i);
		if (unregisters(s, i) && in(fo->bound, i))
			violated(I_UNREGISTERS, "still bound at %u", i);
	}
}

static void check_hurries(const struct step *s)
{
	const struct fo *fo = s->fo;
	struct mono soon = mono_add_ms(s->ev->now, FO_JITTER_MS), floor = soon;
	uint8_t server = s->ev->server, was;

	if (s->ev->type != FO_EV_HEALTH || server >= fo->cfg.n_servers ||
	    fo->held || !health_usable(s->ev->new))
		return;
	was = s->before->health[server];
	if (fo->reg_state == FO_REG_WAIT && !health_usable(was) &&
	    !mono_due(fo->retry_at, soon))
		violated(I_HURRIES, "the pause goes on");
	if (server != 0 || !fo->cfg.failback || fo->probing ||
	    fo->working == 0 || fo->working == FO_NONE ||
	    fo->reg_state == FO_REG_IDLE || was == s->ev->new ||
	    (s->ev->new != HEALTH_UP && health_usable(was)))
		return;
	if (!mono_is_never(s->seen->probed))
		floor = mono_add_ms(s->seen->probed, FO_PROBE_MIN_MS);
	if (floor.ns < soon.ns)
		floor = soon;
	if (!mono_due(fo->failback_at, floor))
		violated(I_HURRIES, "the probe of the primary waits");
}

static void check_call(const struct step *s, uint8_t i)
{
	const struct fo_call *was = &s->before->call[i], *is = &s->fo->call[i];
	bool mine = s->ev->call == i, invite, bye, told;

	if (waits(is) && !reg_out(s->fo))
		violated(I_CALL_ENDS, "call %u waits for nothing", i);
	if (is->state == FO_CALL_UP && is->server >= s->fo->cfg.n_servers)
		violated(I_CALL_ENDS, "call %u up at no server", i);

	/* What had begun before this step or begins with it, and is over. */
	invite = (between(was) && !is_bye(was)) ||
		 (s->ev->type == FO_EV_CALL && mine &&
		  was->state == FO_CALL_FREE);
	bye = is_bye(was) ||
	      (s->ev->type == FO_EV_BYE && mine &&
	       (was->state == FO_CALL_UP || was->state == FO_CALL_PROCEEDING));
	if (bye)
		invite = false;
	told = is->state == FO_CALL_FREE && (invite || bye);
	if (s->ev->type == FO_EV_STOP ||
	    (s->ev->type == FO_EV_CALL_ENDED && mine))
		told = false;	/* the user's own doing */
	if (bye && s->result && mine && s->ev->req == FO_REQ_BYE &&
	    s->ev->outcome <= FO_REJECTED)
		told = false;	/* */
	if (s->failed[FO_REQ_INVITE][i] != (told && invite) ||
	    s->failed[FO_REQ_BYE][i] != (told && bye))
		violated(I_FAILED_ONCE, "call %u: %u INVITE, %u BYE told", i,
			 s->failed[FO_REQ_INVITE][i],
			 s->failed[FO_REQ_BYE][i]);
	if (was->state != FO_CALL_FREE && was->state != FO_CALL_UP &&
	    is->state == FO_CALL_UP && mine &&
	    s->ev->type != FO_EV_CALL_UP && s->ev->type != FO_EV_RESULT)
		violated(I_CALL_ENDS, "call %u is up by %s", i,
			 fo_ev_name(s->ev->type));
}

/* A pass that ends without a binding is told, and only that.  The next one may
 * begin in the same step: for a call that goes on, or after an outage. */
static void check_failed_register(const struct step *s)
{
	unsigned int n = s->failed[FO_REQ_REGISTER][0];
	bool ends = s->fo->reg_state == FO_REG_WAIT &&
		    (s->before->reg_state != FO_REG_WAIT ||
		     s->fo->failures != s->before->failures);

	bool next = somebody_waits(s->fo) || s->ev->type == FO_EV_RESUME;

	if (n > 1 || (n && s->fo->reg_state != FO_REG_WAIT && !next) ||
	    (ends && !n && !s->before->held &&
	     !(s->ev->type == FO_EV_START && s->fo->cfg.startup_ms)))
		violated(I_FAILED_ONCE, "REGISTER: %u told, line %s", n,
			 fo_reg_state_name(s->fo->reg_state));
}

void check_line_step(struct world *w, uint8_t l, const struct fo *before,
		     const struct fo_ev *ev, const struct fo_acts *acts)
{
	struct fo was = *before;
	struct step s = {
		.w = w, .seen = &w->line[l], .before = &was, .fo = &w->fo[l],
		.ev = ev, .acts = acts, .old = w->line[l],
	};

	for (int i = 0; i < acts->n; i++)
		if (!act_in_range(was.cfg.n_servers > s.fo->cfg.n_servers ?
				  was.cfg.n_servers : s.fo->cfg.n_servers,
				  &acts->a[i])) {
			violated(I_IN_RANGE, "%s: server %u, call %u",
				 fo_act_name(acts->a[i].type),
				 acts->a[i].server, acts->a[i].call);
			return;
		}
	take_event(&s);
	/* What a move gives up is named by its old place. */
	for (int i = 0; i < acts->n; i++)
		take_act(&s, &acts->a[i]);
	list_places(ev, &was, s.seen);
	check_list(&was, s.fo, ev, acts);
	for (int i = 0; i < acts->n; i++)
		if (acts->a[i].type == FO_ACT_SEND)
			check_order(&s, &acts->a[i]);
	check_owned(&s);
	check_working(&s);
	check_binding(&s);
	check_not_stuck(&s);
	check_returns(&s);
	check_standby(&s);
	check_no_spin(&s);
	check_held_state(&s);
	check_resumes(&s);
	check_leaves(&s);
	check_moves_on(&s);
	check_unregisters(&s);
	check_hurries(&s);
	for (uint8_t i = 0; i < FO_CALLS_MAX; i++)
		check_call(&s, i);
	check_failed_register(&s);
}
