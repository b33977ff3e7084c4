// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "failover.h"
#include "fo_call.h"
#include "fo_ctx.h"
#include "fo_list.h"
#include "fo_reg.h"

struct fo_act *fo_emit(struct fo_ctx *ctx, enum fo_act_type type)
{
	struct fo_acts *acts = ctx->acts;
	struct fo_act *a;

	if (acts->n >= FO_ACTS_MAX)
		__builtin_trap();	/* a bug of ours: grow FO_ACTS_MAX */
	a = &acts->a[acts->n++];
	*a = (struct fo_act){ .type = (uint8_t)type };
	return a;
}

static bool in_use(const struct fo *fo, uint16_t attempt)
{
	if (attempt == 0 || attempt == fo->reg.attempt ||
	    attempt == fo->probe_attempt)
		return true;
	for (unsigned int i = 0; i < FO_CALLS_MAX; i++)
		if (attempt == fo->call[i].pass.attempt)
			return true;
	return false;
}

uint16_t fo_emit_send(struct fo_ctx *ctx, enum fo_req req, uint8_t call,
		      uint8_t server, bool last)
{
	struct fo_act *a = fo_emit(ctx, FO_ACT_SEND);
	struct fo *fo = ctx->fo;

	do
		fo->attempts++;
	while (in_use(fo, fo->attempts));
	a->req = (uint8_t)req;
	a->call = call;
	a->server = server;
	a->last = last;
	a->attempt = fo->attempts;
	if (req == FO_REQ_REGISTER || req == FO_REQ_PROBE)
		a->expires_s = fo->cfg.expires_s[server];
	return a->attempt;
}

void fo_emit_abandon(struct fo_ctx *ctx, enum fo_req req, uint8_t call,
		     uint8_t server, uint16_t *attempt)
{
	struct fo_act *a;

	if (*attempt == 0)
		return;
	a = fo_emit(ctx, FO_ACT_ABANDON);
	a->req = (uint8_t)req;
	a->call = call;
	a->server = server;
	a->attempt = *attempt;
	*attempt = 0;
}

void fo_emit_failed(struct fo_ctx *ctx, enum fo_req req, uint8_t call,
		    uint8_t server, uint8_t outcome, uint16_t status)
{
	struct fo_act *a = fo_emit(ctx, FO_ACT_FAILED);

	a->req = (uint8_t)req;
	a->call = call;
	a->server = server;
	a->outcome = outcome;
	a->status = status;
}

static void on_result(struct fo_ctx *ctx, const struct fo_ev *ev)
{
	struct fo *fo = ctx->fo;

	if (ev->outcome > FO_TRANSPORT)
		return;
	switch ((enum fo_req)ev->req) {
	case FO_REQ_REGISTER:
		if (!fo_reg_out(fo) || ev->attempt != fo->reg.attempt)
			break;
		fo->reg.attempt = 0;
		fo_reg_result(ctx, ev);
		break;
	case FO_REQ_PROBE:
		if (fo->probing && ev->attempt == fo->probe_attempt)
			fo_probe_result(ctx, ev);
		break;
	case FO_REQ_UNREGISTER:
		fo_reg_unregistered(ctx);
		break;
	case FO_REQ_INVITE:
	case FO_REQ_BYE:
		fo_call_event(ctx, ev);
		break;
	}
}

/* Requests out at one of these servers (a bitmap) go on to the next ones. */
static void calls_leave(struct fo_ctx *ctx, uint8_t servers)
{
	struct fo *fo = ctx->fo;

	for (uint8_t i = 0; i < FO_CALLS_MAX; i++) {
		const struct fo_pass *pass = &fo->call[i].pass;

		if (pass->attempt && servers & pass_bit(pass->server))
			fo_call_leave(ctx, i);
	}
}

static void server_down(struct fo_ctx *ctx, uint8_t server)
{
	/* C-16: a hard event ends the probe early */
	if (server == ctx->fo->probe_server)
		fo_probe_abandon(ctx);
	fo_reg_leave(ctx, server);
	calls_leave(ctx, pass_bit(server));
}

static void on_health(struct fo_ctx *ctx, const struct fo_ev *ev)
{
	struct fo *fo = ctx->fo;
	uint8_t s = ev->server, old;

	if (s >= fo->cfg.n_servers || ev->new >= HEALTH_STATES)
		return;
	old = fo->health[s];
	fo->health[s] = ev->new;
	if (old == ev->new || fo->held)
		return;

	switch ((enum health_state)ev->new) {
	case HEALTH_DOWN:
		server_down(ctx, s);
		break;
	case HEALTH_BLOCKED:
		/* what is out there ends by its own result */
		fo_reg_leave(ctx, s);
		break;
	case HEALTH_UP:
		fo_reg_hurry(ctx, s, health_usable(old));
		break;
	case HEALTH_UNKNOWN:
	case HEALTH_SUSPECT:
		if (!health_usable(old))
			fo_reg_hurry(ctx, s, false);
		break;
	case HEALTH_STATES:
		break;
	}
}

/* Everything that was kept back during a local outage.  Many phones come back
 * with the switch that they hang at: what can wait does so for a random time. */
static void on_resume(struct fo_ctx *ctx)
{
	struct fo *fo = ctx->fo;
	uint8_t down = 0, here;
	struct mono soon;

	if (!fo->held)
		return;
	fo->held = false;
	here = fo_reg_out(fo) ? fo->reg.server : fo->working;
	for (uint8_t i = 0; i < fo->cfg.n_servers; i++)
		if (fo->health[i] == HEALTH_DOWN)
			down |= pass_bit(i);
	if (down & pass_bit(fo->probe_server))
		fo_probe_abandon(ctx);
	if (here != FO_NONE && down & pass_bit(here))
		fo_reg_leave(ctx, here);
	calls_leave(ctx, down);
	soon = mono_add_ms(ctx->now, rng_below(&fo->rng, FO_JITTER_MS + 1));
	if (fo->reg_state == FO_REG_WAIT)
		fo->retry_at = mono_min(fo->retry_at, soon);
	if (fo->reg_state == FO_REG_REGISTERED)
		fo->refresh_at = mono_due(fo->expires_at, ctx->now) ?
				 ctx->now : mono_min(fo->refresh_at, soon);
	fo_reg_expiry(ctx);
}

/* A binding whose time is over is none. */
static void forget_bindings(struct fo *fo, struct mono now)
{
	for (uint8_t i = 0; i < fo->cfg.n_servers; i++)
		if (mono_due(fo->bound_until[i], now))
			fo->bound &= (uint8_t)~pass_bit(i);
}

static void on_event(struct fo_ctx *ctx, const struct fo_ev *ev)
{
	struct fo *fo = ctx->fo;

	switch ((enum fo_ev_type)ev->type) {
	case FO_EV_START:
		if (fo->reg_state == FO_REG_IDLE)
			fo_reg_start(ctx);
		break;
	case FO_EV_STOP:
		fo_call_stop(ctx);
		fo_reg_stop(ctx);
		break;
	case FO_EV_REGISTER:
		fo_reg_clear(ctx);
		fo_reg_begin(ctx, 0, 0);
		break;
	case FO_EV_CALL:
	case FO_EV_CALL_IN:
	case FO_EV_CALL_UP:
	case FO_EV_CALL_ENDED:
	case FO_EV_BYE:
	case FO_EV_PROVISIONAL:
		fo_call_event(ctx, ev);
		break;
	case FO_EV_RESULT:
		on_result(ctx, ev);
		break;
	case FO_EV_HEALTH:
		on_health(ctx, ev);
		break;
	case FO_EV_SIGNAL_TIMEOUT:
		if (!fo->held && fo->reg_state == FO_REG_REGISTERED &&
		    fo->working == ev->server &&
		    fo->health[ev->server] != HEALTH_BLOCKED)
			fo_reg_begin(ctx, ev->server, 0);
		break;
	case FO_EV_FLOW_CHANGED:
		if (ev->server < fo->cfg.n_servers)
			fo_reg_flow_changed(ctx, ev->server);
		break;
	case FO_EV_HOLD:
		fo->held = true;
		break;
	case FO_EV_RESUME:
		on_resume(ctx);
		break;
	case FO_EV_EXPIRY:
		if (!fo->held)
			fo_reg_expiry(ctx);
		break;
	case FO_EV_SERVER_NEW:
	case FO_EV_SERVER_MOVED:
	case FO_EV_SERVER_GONE:
		fo_list_event(ctx, ev);
		break;
	case FO_EV_TTL:
		fo_reg_ttl(ctx, ev->expires_s);
		break;
	case FO_EV_TYPES:
		break;
	}
}

void fo_init(struct fo *fo, const struct fo_cfg *cfg, uint64_t seed)
{
	*fo = (struct fo){
		.cfg = *cfg,
		.reg_state = FO_REG_IDLE,
		.working = FO_NONE,
		.reg = { .server = FO_NONE },
		.refresh_at = MONO_NEVER,
		.expires_at = MONO_NEVER,
		.failback_at = MONO_NEVER,
		.probe_started = MONO_NEVER,
		.retry_at = MONO_NEVER,
		.standby_at = MONO_NEVER,
		.rng = { seed },
	};
	if (fo->cfg.n_servers > FO_SERVERS_MAX)
		fo->cfg.n_servers = FO_SERVERS_MAX;
	for (unsigned int i = 0; i < FO_SERVERS_MAX; i++)
		fo->health[i] = HEALTH_UNKNOWN;
}

void fo_configure(struct fo *fo, const struct fo_cfg *cfg, struct mono now)
{
	uint8_t n = fo->cfg.n_servers;

	fo->cfg = *cfg;
	fo->cfg.n_servers = n;
	fo_reg_configured(fo, now);
}

void fo_step(struct fo *fo, const struct fo_ev *ev, struct fo_acts *acts)
{
	struct fo_ctx ctx = { .fo = fo, .now = ev->now, .acts = acts };

	acts->n = 0;
	forget_bindings(fo, ev->now);
	on_event(&ctx, ev);
}

struct mono fo_next_expiry(const struct fo *fo)
{
	return fo->held ? MONO_NEVER : fo_reg_next_expiry(fo);
}

const char *fo_ev_name(uint8_t type)
{
	static const char *const names[] = {
		"start", "stop", "register", "call", "call_in", "call_up",
		"call_ended", "bye", "provisional", "result", "health",
		"signal_timeout", "flow_changed", "hold", "resume", "expiry",
		"server_new", "server_moved", "server_gone",
		"ttl",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == FO_EV_TYPES,
		       "a name for each event");
	return type < FO_EV_TYPES ? names[type] : "invalid";
}

const char *fo_req_name(uint8_t req)
{
	static const char *const names[] = {
		"register", "probe", "unregister", "invite", "bye",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == FO_REQ_BYE + 1,
		       "a name for each request");
	return req <= FO_REQ_BYE ? names[req] : "invalid";
}

const char *fo_outcome_name(uint8_t outcome)
{
	static const char *const names[] = {
		"ok", "rejected", "unavailable", "timeout", "transport",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == FO_TRANSPORT + 1,
		       "a name for each outcome");
	return outcome <= FO_TRANSPORT ? names[outcome] : "invalid";
}

const char *fo_reg_state_name(uint8_t state)
{
	static const char *const names[] = {
		"idle", "trying", "wait", "registered", "refreshing",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) ==
		       FO_REG_REFRESHING + 1, "a name for each state");
	return state <= FO_REG_REFRESHING ? names[state] : "invalid";
}

const char *fo_act_name(uint8_t type)
{
	static const char *const names[] = {
		"send", "abandon", "working", "registered", "unregistered",
		"failed",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == FO_ACT_FAILED + 1,
		       "a name for each action");
	return type <= FO_ACT_FAILED ? names[type] : "invalid";
}
