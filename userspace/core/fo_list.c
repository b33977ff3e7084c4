// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "fo_list.h"
#include "fo_reg.h"
#include "fo_standby.h"

/* Where index i is after the server at from has moved to to. */
static uint8_t moved(uint8_t i, uint8_t from, uint8_t to)
{
	if (i == FO_NONE)
		return i;
	if (i == from)
		return to;
	if (from < i && i <= to)
		return (uint8_t)(i - 1);
	if (to <= i && i < from)
		return (uint8_t)(i + 1);
	return i;
}

static uint8_t moved_bits(uint8_t bits, uint8_t from, uint8_t to)
{
	uint8_t out = 0;

	for (uint8_t i = 0; i < FO_SERVERS_MAX; i++)
		if (bits & pass_bit(i))
			out |= pass_bit(moved(i, from, to));
	return out;
}

static void moved_pass(struct fo_pass *pass, uint8_t from, uint8_t to)
{
	pass->server = moved(pass->server, from, to);
	pass->tried = moved_bits(pass->tried, from, to);
}

static void server_comes(struct fo_ctx *ctx, const struct fo_ev *ev)
{
	struct fo *fo = ctx->fo;
	uint8_t s = fo->cfg.n_servers;

	if (s == FO_SERVERS_MAX)
		return;
	fo->cfg.n_servers++;
	fo->cfg.expires_s[s] = ev->expires_s;
	fo->cfg.same_host[s] = ev->new & (uint8_t)(pass_bit(s) - 1);
	for (uint8_t i = 0; i < s; i++)
		if (fo->cfg.same_host[s] & pass_bit(i))
			fo->cfg.same_host[i] |= pass_bit(s);
	fo->health[s] = HEALTH_UNKNOWN;
	fo_reg_hurry(ctx, s, false);
	if (s == FO_STANDBY)
		fo_standby_changed(ctx);
}

static void server_moves(struct fo_ctx *ctx, uint8_t from, uint8_t to)
{
	struct fo *fo = ctx->fo;
	struct fo old;

	if (from >= fo->cfg.n_servers || to >= fo->cfg.n_servers || from == to)
		return;
	/* A probe is the primary's or the standby's, whoever that is. */
	if (moved(fo->probe_server, from, to) != fo->probe_server)
		fo_probe_abandon(ctx);
	old = *fo;
	for (uint8_t i = 0; i < fo->cfg.n_servers; i++) {
		uint8_t at = moved(i, from, to);

		fo->health[at] = old.health[i];
		fo->cfg.expires_s[at] = old.cfg.expires_s[i];
		fo->cfg.same_host[at] = moved_bits(old.cfg.same_host[i], from,
						   to);
		fo->bound_until[at] = old.bound_until[i];
	}
	fo->bound = moved_bits(fo->bound, from, to);
	fo->working = moved(fo->working, from, to);
	moved_pass(&fo->reg, from, to);
	for (uint8_t i = 0; i < FO_CALLS_MAX; i++) {
		struct fo_call *c = &fo->call[i];

		if (c->state == FO_CALL_FREE)
			continue;
		c->server = moved(c->server, from, to);
		moved_pass(&c->pass, from, to);
	}
	if (from == 0 || to == 0)
		fo_reg_primary_changed(ctx);
	if (moved(FO_STANDBY, from, to) != FO_STANDBY)
		fo_standby_changed(ctx);
}

/* What is out, and a dialog once there is one; the rest is of an earlier time. */
static bool call_is_at(const struct fo_call *c, uint8_t server)
{
	switch ((enum fo_call_state)c->state) {
	case FO_CALL_FREE:
		return false;
	case FO_CALL_INVITING:
	case FO_CALL_WAIT_REG:
		return c->pass.server == server;
	case FO_CALL_UP:
		return c->server == server;
	case FO_CALL_PROCEEDING:
	case FO_CALL_BYE:
	case FO_CALL_BYE_WAIT_REG:
		break;
	}
	return c->server == server || c->pass.server == server;
}

/* A call's requests stay where they are (R-37, C-13): that server cannot go. */
static bool call_needs(const struct fo *fo, uint8_t server)
{
	for (uint8_t i = 0; i < FO_CALLS_MAX; i++)
		if (call_is_at(&fo->call[i], server))
			return true;
	return false;
}

/* Nothing names it any more, not even what is of an earlier time: a state with
 * numbers of no server is none. */
static void call_forget(struct fo_call *c, uint8_t server)
{
	if (c->server == server)
		c->server = 0;
	if (c->pass.server == server)
		c->pass.server = FO_NONE;
	c->pass.tried &= (uint8_t)~pass_bit(server);
}

static void server_goes(struct fo_ctx *ctx)
{
	struct fo *fo = ctx->fo;
	uint8_t s = (uint8_t)(fo->cfg.n_servers - 1);

	if (s == 0 || fo->held || call_needs(fo, s))
		return;
	if (fo->probe_server == s) {
		fo_probe_abandon(ctx);
		fo->probe_server = 0;
	}
	fo_reg_forget(ctx, s);
	for (uint8_t i = 0; i < FO_CALLS_MAX; i++)
		call_forget(&fo->call[i], s);
	fo->health[s] = HEALTH_UNKNOWN;
	fo->cfg.expires_s[s] = 0;
	fo->cfg.same_host[s] = 0;
	for (uint8_t i = 0; i < s; i++)
		fo->cfg.same_host[i] &= (uint8_t)~pass_bit(s);
	if (s == FO_STANDBY)
		fo_standby_clear(ctx);
}

void fo_list_event(struct fo_ctx *ctx, const struct fo_ev *ev)
{
	switch ((enum fo_ev_type)ev->type) {
	case FO_EV_SERVER_NEW:
		server_comes(ctx, ev);
		break;
	case FO_EV_SERVER_MOVED:
		server_moves(ctx, ev->server, ev->new);
		break;
	case FO_EV_SERVER_GONE:
		server_goes(ctx);
		break;
	case FO_EV_START:
	case FO_EV_STOP:
	case FO_EV_REGISTER:
	case FO_EV_CALL:
	case FO_EV_CALL_IN:
	case FO_EV_CALL_UP:
	case FO_EV_CALL_ENDED:
	case FO_EV_BYE:
	case FO_EV_PROVISIONAL:
	case FO_EV_RESULT:
	case FO_EV_HEALTH:
	case FO_EV_SIGNAL_TIMEOUT:
	case FO_EV_FLOW_CHANGED:
	case FO_EV_HOLD:
	case FO_EV_RESUME:
	case FO_EV_EXPIRY:
	case FO_EV_TTL:
	case FO_EV_TYPES:
		break;
	}
}
