// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "backoff.h"
#include "fo_call.h"
#include "fo_reg.h"
#include "fo_standby.h"

bool fo_reg_out(const struct fo *fo)
{
	return fo->reg_state == FO_REG_TRYING ||
	       fo->reg_state == FO_REG_REFRESHING;
}

bool fo_reg_holds(const struct fo *fo)
{
	return fo->working != FO_NONE && fo->bound & pass_bit(fo->working) &&
	       !mono_is_never(fo->expires_at);
}

static void abandon_register(struct fo_ctx *ctx)
{
	struct fo *fo = ctx->fo;

	if (fo_reg_out(fo))
		fo_emit_abandon(ctx, FO_REQ_REGISTER, 0, fo->reg.server,
				&fo->reg.attempt);
}

void fo_probe_abandon(struct fo_ctx *ctx)
{
	if (!ctx->fo->probing)
		return;
	fo_emit_abandon(ctx, FO_REQ_PROBE, 0, ctx->fo->probe_server,
			&ctx->fo->probe_attempt);
	ctx->fo->probing = false;
}

static void reg_send(struct fo_ctx *ctx, uint8_t server)
{
	struct fo *fo = ctx->fo;
	/* Once more after an UNREGISTER: nobody waits for that, and a server
	 * that is slow to answer is not to lose the line that it just got. */
	bool again = fo->again && fo_reg_holds(fo) && fo->working == server;

	/* one REGISTER at a time to one registrar */
	if (server == fo->probe_server)
		fo_probe_abandon(ctx);
	fo->reg_state = fo_reg_holds(fo) ? FO_REG_REFRESHING : FO_REG_TRYING;
	fo->refresh_at = MONO_NEVER;
	fo->retry_at = MONO_NEVER;
	fo->reg.server = server;
	fo->again = false;
	fo->reg.attempt = fo_emit_send(ctx, FO_REQ_REGISTER, 0, server, again ||
				       pass_is_last(fo_servers(fo),
						    fo->reg.tried |
						    fo->cfg.same_host[server],
						    server));
	fo->reg.tried |= fo_tried(fo, server);
	fo_standby_sent(ctx);
}

/* The pass is over without a binding: tell, and pause. */
static void reg_pause(struct fo_ctx *ctx, uint8_t outcome, uint16_t status)
{
	struct fo *fo = ctx->fo;
	uint8_t server = fo->reg.server;

	if (fo->failures < UINT16_MAX)
		fo->failures++;
	fo->reg_state = FO_REG_WAIT;
	fo->refresh_at = MONO_NEVER;
	fo->retry_at = mono_add_ms(ctx->now,
				   backoff_ms(fo->cfg.retry_base_ms,
					      fo->cfg.retry_max_ms,
					      fo->failures, &fo->rng));
	fo_emit_failed(ctx, FO_REQ_REGISTER, 0, server, outcome, status);
	fo_call_registration(ctx, server, outcome == FO_REJECTED ?
			     FO_WAIT_REFUSED : FO_WAIT_EXHAUSTED);
}

static void reg_next(struct fo_ctx *ctx, uint8_t first, uint8_t outcome,
		     uint16_t status)
{
	struct fo *fo = ctx->fo;
	uint8_t server = pass_pick(fo_servers(fo), fo->reg.tried, first);

	if (server == FO_NONE)
		reg_pause(ctx, outcome, status);
	else
		reg_send(ctx, server);
}

void fo_reg_begin(struct fo_ctx *ctx, uint8_t first, uint8_t tried)
{
	struct fo *fo = ctx->fo;

	abandon_register(ctx);
	fo->reg = (struct fo_pass){ .server = FO_NONE, .tried = tried };
	/* no candidate at all: every server is BLOCKED */
	reg_next(ctx, first, FO_UNAVAILABLE, 0);
}

/* Phones that were all switched on together are not to register together. */
void fo_reg_start(struct fo_ctx *ctx)
{
	struct fo *fo = ctx->fo;

	if (!fo->cfg.startup_ms) {
		fo_reg_begin(ctx, 0, 0);
		return;
	}
	fo->reg_state = FO_REG_WAIT;
	fo->retry_at = mono_add_ms(ctx->now,
				   rng_below(&fo->rng, fo->cfg.startup_ms + 1));
}

void fo_reg_wanted(struct fo_ctx *ctx, uint8_t server, uint8_t failed)
{
	struct fo *fo = ctx->fo;

	if (!fo_reg_out(fo)) {
		fo->reg = (struct fo_pass){ .server = FO_NONE };
		if (failed != FO_NONE)
			fo->reg.tried = fo_tried(fo, failed);
		reg_send(ctx, server);
	} else if (fo->reg.server == failed) {
		abandon_register(ctx);
		fo_call_registration(ctx, failed, FO_WAIT_SKIPPED);
		if (fo->reg.tried & pass_bit(server))
			fo_reg_failed(ctx, FO_TRANSPORT, 0);
		else
			reg_send(ctx, server);
	}
}

void fo_reg_failed(struct fo_ctx *ctx, uint8_t outcome, uint16_t status)
{
	struct fo *fo = ctx->fo;

	if (pass_pick(fo_servers(fo), fo->reg.tried, FO_NONE) == FO_NONE) {
		reg_pause(ctx, outcome, status);
		return;
	}
	fo_call_registration(ctx, fo->reg.server, FO_WAIT_SKIPPED);
	reg_next(ctx, FO_NONE, outcome, status);
}

/* From move to probe, and from probe to probe; 0: never by time. */
static uint64_t failback_ms(const struct fo *fo)
{
	switch ((enum fo_failback)fo->cfg.failback_mode) {
	case FO_FAILBACK_TTL:
		/* What is left of a record may be next to nothing (C-16). */
		if (fo->ttl_s)
			return fo->ttl_s < FO_PROBE_MIN_MS / 1000 ?
			       FO_PROBE_MIN_MS : (uint64_t)fo->ttl_s * 1000;
		return fo->cfg.failback_ms;
	case FO_FAILBACK_REFRESH:
		return 0;
	case FO_FAILBACK_PROBE:
	case FO_FAILBACK_REQUESTS:
	case FO_FAILBACK_DURATION:
	case FO_FAILBACKS:
		break;
	}
	return fo->cfg.failback_ms;
}

/* The way back is counted from now, by what is said now. */
void fo_reg_configured(struct fo *fo, struct mono now)
{
	fo->failback_at = MONO_NEVER;
	if (fo->cfg.failback && fo->working != FO_NONE && fo->working != 0 &&
	    failback_ms(fo))
		fo->failback_at = mono_add_ms(now, failback_ms(fo));
}

/* Calls put off what is done by time or refresh. */
static bool kept_by_calls(const struct fo *fo)
{
	return fo->cfg.failback_idle && fo_busy(fo) &&
	       fo->cfg.failback_mode != FO_FAILBACK_REQUESTS;
}

/* Where the pass of a line begins that has a binding. */
static uint8_t home(const struct fo *fo)
{
	bool primary = fo->cfg.failback_mode == FO_FAILBACK_REQUESTS ||
		       (fo->cfg.failback_mode == FO_FAILBACK_REFRESH &&
			!kept_by_calls(fo));

	if (fo->cfg.failback && primary && health_usable(fo->health[0]))
		return 0;
	return fo->working;
}

/* C-14: one binding at a time.  skip: servers that just failed.  The full time for
 * it: one that is given up can still be carried out, see below. */
static void unregister_others(struct fo_ctx *ctx, uint8_t skip)
{
	struct fo *fo = ctx->fo;

	for (uint8_t i = fo->cfg.concurrent ? FO_STANDBY + 1 : 1;
	     i < fo->cfg.n_servers; i++) {
		if (!(fo->bound & pass_bit(i)) || skip & pass_bit(i) ||
		    !health_usable(fo->health[i]))
			continue;
		fo_emit_send(ctx, FO_REQ_UNREGISTER, 0, i, true);
		fo->bound &= (uint8_t)~pass_bit(i);
	}
}

/* A binding at server: it is the working one from now on. */
static void registered(struct fo_ctx *ctx, uint8_t server, uint32_t expires_s)
{
	struct fo *fo = ctx->fo;
	uint8_t old = fo->working;
	struct fo_act *a;
	uint64_t s;

	expires_s = fo_granted_s(fo, server, expires_s);
	s = expires_s;

	fo->reg_state = FO_REG_REGISTERED;
	fo->working = server;
	fo->bound |= pass_bit(server);
	fo->failures = 0;
	fo->retry_at = MONO_NEVER;
	fo->expires_at = mono_add_ms(ctx->now, s * 1000);
	fo->bound_until[server] = fo->expires_at;
	fo->refresh_at = mono_add_ms(ctx->now, fo_refresh_ms(fo, s));
	if (fo->again)
		fo->refresh_at = ctx->now;
	if (server == 0)
		fo->failback_at = MONO_NEVER;
	else if (fo->cfg.failback && failback_ms(fo) &&
		 mono_is_never(fo->failback_at))
		fo->failback_at = mono_add_ms(ctx->now, failback_ms(fo));
	fo_standby_registered(ctx, server);

	if (old != server) {
		a = fo_emit(ctx, FO_ACT_WORKING);
		a->server = server;
		a->old = old;
	}
	a = fo_emit(ctx, FO_ACT_REGISTERED);
	a->server = server;
	a->expires_s = expires_s;
}

/* Whether the line would only be sent round its servers by a local outage. */
static bool hold_back(struct fo_ctx *ctx)
{
	struct fo *fo = ctx->fo;

	if (!fo->held)
		return false;
	fo->reg_state = FO_REG_WAIT;
	fo->retry_at = ctx->now;	/* looked at after RESUME */
	fo_call_registration(ctx, fo->reg.server, FO_WAIT_EXHAUSTED);
	return true;
}

void fo_reg_result(struct fo_ctx *ctx, const struct fo_ev *ev)
{
	struct fo *fo = ctx->fo;
	uint8_t server = fo->reg.server;
	uint8_t old = fo->working;
	uint8_t skip = fo->reg.tried;

	switch ((enum fo_outcome)ev->outcome) {
	case FO_OK:
		registered(ctx, server, ev->expires_s);
		fo_call_registration(ctx, server, FO_WAIT_SETTLED);
		if (server == 0 && old != 0)
			unregister_others(ctx, skip);
		break;
	case FO_REJECTED:
		if (fo->cfg.reg_fail_moves)
			fo_reg_failed(ctx, FO_REJECTED, ev->status);
		else
			reg_pause(ctx, FO_REJECTED, ev->status);
		break;
	case FO_UNAVAILABLE:
	case FO_TIMEOUT:
	case FO_TRANSPORT:
		if (!hold_back(ctx))
			fo_reg_failed(ctx, ev->outcome, ev->status);
		break;
	}
}

/* F-45; a probe that cannot be made now waits for the next interval. */
static void probe_start(struct fo_ctx *ctx)
{
	struct fo *fo = ctx->fo;

	/* C-16: start to start */
	fo->failback_at = failback_ms(fo) ?
			  mono_add_ms(ctx->now, failback_ms(fo)) : MONO_NEVER;
	if (fo->health[0] == HEALTH_BLOCKED ||
	    (fo_reg_out(fo) && fo->reg.server == 0))
		return;
	fo->probing = true;
	fo->probe_server = 0;
	fo->probe_started = ctx->now;
	fo->probe_attempt = fo_emit_send(ctx, FO_REQ_PROBE, 0, 0, true);
}

void fo_probe_result(struct fo_ctx *ctx, const struct fo_ev *ev)
{
	struct fo *fo = ctx->fo;

	fo->probing = false;
	fo->probe_attempt = 0;
	if (fo->probe_server != 0) {
		fo_standby_result(ctx, ev);
		return;
	}
	if (ev->outcome != FO_OK)
		return;	/* F-48: the timer runs already */
	abandon_register(ctx);
	registered(ctx, 0, ev->expires_s);
	fo_call_failback(ctx);
	unregister_others(ctx, 0);
}

/* Servers that share their bindings (F-02) have one for both: the Contact is the
 * same, so the line is without any until it registers again. */
void fo_reg_unregistered(struct fo_ctx *ctx)
{
	struct fo *fo = ctx->fo;

	if (fo->reg_state == FO_REG_IDLE)
		return;
	/* A REGISTER that is out may have been there before. */
	fo->again = true;
	if (fo->reg_state == FO_REG_REGISTERED)
		fo->refresh_at = ctx->now;
}

void fo_reg_clear(struct fo_ctx *ctx)
{
	struct fo *fo = ctx->fo;

	abandon_register(ctx);
	fo_probe_abandon(ctx);
	fo_standby_clear(ctx);
	fo->failures = 0;
	fo->again = false;
	fo->refresh_at = MONO_NEVER;
	fo->retry_at = MONO_NEVER;
	fo->failback_at = MONO_NEVER;
	fo->reg_state = FO_REG_IDLE;
}

void fo_reg_stop(struct fo_ctx *ctx)
{
	struct fo *fo = ctx->fo;
	uint8_t bound = fo->bound;

	fo_reg_clear(ctx);
	for (uint8_t i = 0; i < fo->cfg.n_servers; i++)
		if (bound & pass_bit(i) && fo->health[i] != HEALTH_BLOCKED)
			fo_emit_send(ctx, FO_REQ_UNREGISTER, 0, i, true);
	fo->bound = 0;
	fo->expires_at = MONO_NEVER;
	fo->working = FO_NONE;
	if (bound)
		fo_emit(ctx, FO_ACT_UNREGISTERED);
}

void fo_reg_leave(struct fo_ctx *ctx, uint8_t server)
{
	struct fo *fo = ctx->fo;
	bool blocked = fo->health[server] == HEALTH_BLOCKED;

	if (fo_reg_out(fo) && fo->reg.server == server && !blocked) {
		abandon_register(ctx);
		fo_reg_failed(ctx, FO_TRANSPORT, 0);
		return;
	}
	if (fo->reg_state != FO_REG_REGISTERED || fo->working != server)
		return;
	if (blocked) {
		/* it is alive and the binding holds: only for a better one */
		uint8_t other = pass_pick(fo_servers(fo), pass_bit(server),
					  FO_NONE);

		if (other == FO_NONE || !health_usable(fo->health[other]))
			return;
	}
	fo_reg_begin(ctx, FO_NONE, 0);
}

/* C-16: not closer than the floor to the last one, and not all phones at
 * once. */
static void pull_failback(struct fo_ctx *ctx)
{
	struct fo *fo = ctx->fo;
	struct mono at = mono_add_ms(ctx->now,
				     rng_below(&fo->rng, FO_JITTER_MS + 1));

	if (!mono_is_never(fo->probe_started)) {
		struct mono floor = mono_add_ms(fo->probe_started,
						FO_PROBE_MIN_MS);

		if (at.ns < floor.ns)
			at = floor;
	}
	fo->failback_at = mono_min(fo->failback_at, at);
}

static bool failback_wanted(const struct fo *fo)
{
	return fo->cfg.failback && fo->working != 0 &&
	       fo->working != FO_NONE && fo->reg_state != FO_REG_IDLE;
}

void fo_reg_won(struct fo_ctx *ctx, uint8_t server, uint32_t expires_s)
{
	abandon_register(ctx);
	registered(ctx, server, expires_s);
	fo_call_registration(ctx, server, FO_WAIT_SETTLED);
	if (failback_wanted(ctx->fo))
		pull_failback(ctx);
}

void fo_reg_primary_changed(struct fo_ctx *ctx)
{
	struct fo *fo = ctx->fo;

	fo->failback_at = MONO_NEVER;
	if (failback_wanted(fo))
		pull_failback(ctx);
}

void fo_reg_forget(struct fo_ctx *ctx, uint8_t server)
{
	bool working = ctx->fo->working == server;
	struct fo *fo = ctx->fo;

	if (fo->bound & pass_bit(server) && health_usable(fo->health[server]))
		fo_emit_send(ctx, FO_REQ_UNREGISTER, 0, server, true);
	fo->bound &= (uint8_t)~pass_bit(server);
	fo->bound_until[server] = (struct mono){ 0 };
	fo->cfg.n_servers = server;
	if (working) {
		fo->working = FO_NONE;
		fo->failback_at = MONO_NEVER;
		if (!mono_is_never(fo->expires_at))
			fo_emit(ctx, FO_ACT_UNREGISTERED);
		fo->expires_at = MONO_NEVER;
		if (fo->reg_state == FO_REG_REFRESHING)
			fo->reg_state = FO_REG_TRYING;
	}
	if (fo_reg_out(fo) && fo->reg.server == server) {
		abandon_register(ctx);
		fo->reg.tried &= (uint8_t)~pass_bit(server);
		fo_reg_failed(ctx, FO_TRANSPORT, 0);
	} else if (working && fo->reg_state == FO_REG_REGISTERED) {
		fo_reg_begin(ctx, FO_NONE, 0);
	}
	fo->reg.tried &= (uint8_t)~pass_bit(server);
	if (fo->reg.server == server)
		fo->reg.server = FO_NONE;
}

void fo_reg_hurry(struct fo_ctx *ctx, uint8_t server, bool was_usable)
{
	struct fo *fo = ctx->fo;

	if (fo->reg_state == FO_REG_WAIT && !was_usable)
		fo->retry_at = mono_min(fo->retry_at,
					mono_add_ms(ctx->now,
						    rng_below(&fo->rng,
							FO_JITTER_MS + 1)));
	if (server == 0 && failback_wanted(fo) && !fo->probing)
		pull_failback(ctx);
	if (server == FO_STANDBY && !was_usable)
		fo_standby_hurry(ctx);
}

void fo_reg_flow_changed(struct fo_ctx *ctx, uint8_t server)
{
	struct fo *fo = ctx->fo;

	/* What is out or bound there names an address that is gone. */
	if (fo->probing && server == fo->probe_server) {
		fo_probe_abandon(ctx);
		if (server == 0)
			pull_failback(ctx);
	}
	if (server == FO_STANDBY)
		fo_standby_flow_changed(ctx);
	if (fo->working != server)
		fo->bound &= (uint8_t)~pass_bit(server);
	if (fo_reg_out(fo) && fo->reg.server == server) {
		abandon_register(ctx);
		fo->reg.tried &= (uint8_t)~pass_bit(server);
		reg_next(ctx, server, FO_UNAVAILABLE, 0);
	} else if (fo->working == server &&
		   (fo->reg_state == FO_REG_REGISTERED ||
		    fo->reg_state == FO_REG_WAIT)) {
		fo_reg_begin(ctx, server, 0);
	}
}

/* The record is asked for ahead of its end: a later one must not put the way
 * back off, or it would never come. */
void fo_reg_ttl(struct fo_ctx *ctx, uint32_t ttl_s)
{
	struct fo *fo = ctx->fo;

	fo->ttl_s = ttl_s;
	if (fo->cfg.failback_mode == FO_FAILBACK_TTL && failback_ms(fo) &&
	    !mono_is_never(fo->failback_at))
		fo->failback_at = mono_min(fo->failback_at,
					   mono_add_ms(ctx->now,
						       failback_ms(fo)));
}

/* A pass would leave a primary that is known to be dead for the end: at the
 * refresh that was to begin there it is asked beside it. */
static void ask_beside(struct fo_ctx *ctx)
{
	const struct fo *fo = ctx->fo;

	if ((fo->cfg.failback_mode == FO_FAILBACK_REQUESTS ||
	     fo->cfg.failback_mode == FO_FAILBACK_REFRESH) &&
	    failback_wanted(fo) && !fo->probing &&
	    fo->health[0] == HEALTH_DOWN)
		pull_failback(ctx);
}

static void binding_ends(struct fo_ctx *ctx)
{
	struct fo *fo = ctx->fo;

	if (fo->cfg.concurrent && fo->working != FO_NONE)
		fo->bound &= (uint8_t)~pass_bit(fo->working);
	else
		fo->bound = 0;
	fo->expires_at = MONO_NEVER;
	fo_emit(ctx, FO_ACT_UNREGISTERED);
	if (fo->reg_state == FO_REG_REFRESHING)
		fo->reg_state = FO_REG_TRYING;
}

void fo_reg_expiry(struct fo_ctx *ctx)
{
	struct fo *fo = ctx->fo;

	if (fo->reg_state == FO_REG_IDLE)
		return;
	if (mono_due(fo->expires_at, ctx->now))
		binding_ends(ctx);
	if (fo->reg_state == FO_REG_REGISTERED &&
	    mono_due(fo->refresh_at, ctx->now)) {
		ask_beside(ctx);
		fo_reg_begin(ctx, home(fo), 0);
	}
	/* C-23; Y-20: from the primary unless a binding elsewhere holds */
	if (fo->reg_state == FO_REG_WAIT && mono_due(fo->retry_at, ctx->now))
		fo_reg_begin(ctx, fo_reg_holds(fo) ? home(fo) : 0, 0);
	if (failback_wanted(fo) && !fo->probing && !kept_by_calls(fo) &&
	    mono_due(fo->failback_at, ctx->now))
		probe_start(ctx);
	fo_standby_expiry(ctx);
}

/* Names exactly the deadlines that fo_reg_expiry() looks at. */
struct mono fo_reg_next_expiry(const struct fo *fo)
{
	struct mono at;

	if (fo->reg_state == FO_REG_IDLE)
		return MONO_NEVER;
	at = fo->expires_at;
	if (fo->reg_state == FO_REG_REGISTERED)
		at = mono_min(at, fo->refresh_at);
	if (fo->reg_state == FO_REG_WAIT)
		at = mono_min(at, fo->retry_at);
	if (failback_wanted(fo) && !fo->probing && !kept_by_calls(fo))
		at = mono_min(at, fo->failback_at);
	return mono_min(at, fo_standby_next_expiry(fo));
}
