// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "fo_call.h"
#include "fo_reg.h"

static bool waits(const struct fo_call *c)
{
	return c->state == FO_CALL_WAIT_REG || c->state == FO_CALL_BYE_WAIT_REG;
}

static bool is_bye(const struct fo_call *c)
{
	return c->state == FO_CALL_BYE || c->state == FO_CALL_BYE_WAIT_REG;
}

static enum fo_req request_of(const struct fo_call *c)
{
	return is_bye(c) ? FO_REQ_BYE : FO_REQ_INVITE;
}

static void call_free(struct fo_call *c)
{
	*c = (struct fo_call){ .state = FO_CALL_FREE };
}

static void call_abandon(struct fo_ctx *ctx, uint8_t call)
{
	struct fo_call *c = &ctx->fo->call[call];

	fo_emit_abandon(ctx, request_of(c), call, c->pass.server,
			&c->pass.attempt);
}

static void call_fail(struct fo_ctx *ctx, uint8_t call, uint8_t outcome,
		      uint16_t status)
{
	struct fo_call *c = &ctx->fo->call[call];

	fo_emit_failed(ctx, request_of(c), call, c->pass.server, outcome,
		       status);
	call_free(c);
}

static void call_send(struct fo_ctx *ctx, uint8_t call, uint8_t server)
{
	struct fo *fo = ctx->fo;
	struct fo_call *c = &fo->call[call];

	c->state = is_bye(c) ? FO_CALL_BYE : FO_CALL_INVITING;
	c->pass.server = server;
	c->pass.attempt = fo_emit_send(ctx, request_of(c), call, server,
				       pass_is_last(fo_servers(fo),
						    c->pass.tried |
						    fo->cfg.same_host[server],
						    server));
	c->pass.tried |= fo_tried(fo, server);
}

/*
 * C-08.  The first request of a pass goes to the working server, or a BYE to
 * the dialog's, as it is; one that goes elsewhere, because it moves or because
 * that server is known to be DOWN, needs a binding there.  With only_registered
 * every request does.
 */
static bool needs_binding(const struct fo *fo, const struct fo_call *c,
			  uint8_t server)
{
	uint8_t home = is_bye(c) ? c->server : fo->working;

	if (fo->reg_state == FO_REG_IDLE || fo->bound & pass_bit(server))
		return false;
	if (fo->cfg.only_registered)
		return true;
	if (!fo->cfg.register_before_resend)
		return false;
	return c->pass.tried || (home != FO_NONE && home != server);
}

static void call_next(struct fo_ctx *ctx, uint8_t call, uint8_t first,
		      uint8_t outcome, uint16_t status)
{
	struct fo *fo = ctx->fo;
	struct fo_call *c = &fo->call[call];
	uint8_t server = pass_pick(fo_servers(fo), c->pass.tried, first);

	if (server == FO_NONE) {
		call_fail(ctx, call, outcome, status);
	} else if (!needs_binding(fo, c, server)) {
		call_send(ctx, call, server);
	} else {
		c->state = is_bye(c) ? FO_CALL_BYE_WAIT_REG : FO_CALL_WAIT_REG;
		c->pass.attempt = 0;
		fo_reg_wanted(ctx, server,
			      c->pass.tried ? c->pass.server : FO_NONE);
	}
}

static void call_begin(struct fo_ctx *ctx, uint8_t call, uint8_t state,
		       uint8_t first)
{
	struct fo_call *c = &ctx->fo->call[call];

	c->state = state;
	c->pass = (struct fo_pass){ .server = FO_NONE };
	call_next(ctx, call, first, FO_UNAVAILABLE, 0);
}

/* A request of the call failed where another server may be tried. */
static void call_moves(struct fo_ctx *ctx, uint8_t call, uint8_t outcome,
		       uint16_t status)
{
	if (ctx->fo->held)
		call_fail(ctx, call, outcome, status);	/* a local outage */
	else
		call_next(ctx, call, FO_NONE, outcome, status);
}

static void call_result(struct fo_ctx *ctx, const struct fo_ev *ev)
{
	struct fo_call *c = &ctx->fo->call[ev->call];
	bool proceeding = c->state == FO_CALL_PROCEEDING;

	if (c->pass.attempt == 0 || ev->attempt != c->pass.attempt ||
	    ev->req != request_of(c))
		return;
	c->pass.attempt = 0;

	switch ((enum fo_outcome)ev->outcome) {
	case FO_OK:
		if (is_bye(c)) {
			call_free(c);
		} else {
			c->state = FO_CALL_UP;
			c->server = c->pass.server;
		}
		break;
	case FO_REJECTED:
		/* whatever the answer to a BYE, the call is over */
		if (is_bye(c))
			call_free(c);
		else
			call_fail(ctx, ev->call, FO_REJECTED, ev->status);
		break;
	case FO_UNAVAILABLE:
		/* Y-06, also after a 1xx: a final response ends the INVITE
		 * there, nobody rings twice. */
		call_moves(ctx, ev->call, FO_UNAVAILABLE, ev->status);
		break;
	case FO_TIMEOUT:
	case FO_TRANSPORT:
		if (proceeding)
			call_fail(ctx, ev->call, ev->outcome, ev->status);
		else
			call_moves(ctx, ev->call, ev->outcome, ev->status);
		break;
	}
}

static void call_up(struct fo_ctx *ctx, const struct fo_ev *ev)
{
	struct fo_call *c = &ctx->fo->call[ev->call];

	if (ev->server >= ctx->fo->cfg.n_servers)
		return;
	/* WAIT_REG: the copy given up was answered before the next was sent. */
	if (c->state != FO_CALL_INVITING && c->state != FO_CALL_PROCEEDING &&
	    c->state != FO_CALL_WAIT_REG && c->state != FO_CALL_UP)
		return;
	c->state = FO_CALL_UP;
	c->server = ev->server;
	c->pass.attempt = 0;
}

static void call_in(struct fo_ctx *ctx, const struct fo_ev *ev)
{
	struct fo_call *c = &ctx->fo->call[ev->call];

	if (c->state != FO_CALL_FREE || ev->server >= ctx->fo->cfg.n_servers)
		return;
	c->state = FO_CALL_UP;
	c->server = ev->server;
}

static uint8_t invite_first(const struct fo *fo)
{
	if (fo->cfg.failback && fo->working != FO_NONE &&
	    fo->cfg.failback_mode == FO_FAILBACK_REQUESTS &&
	    health_usable(fo->health[0]))
		return 0;
	return fo->working;
}

bool fo_busy(const struct fo *fo)
{
	for (uint8_t i = 0; i < FO_CALLS_MAX; i++)
		if (fo->call[i].state != FO_CALL_FREE)
			return true;
	return false;
}

/* C-13: where the dialog was made, unless the line may not speak there. */
static uint8_t bye_first(const struct fo *fo, const struct fo_call *c)
{
	if (fo->cfg.only_registered && !(fo->bound & pass_bit(c->server)) &&
	    fo->working != FO_NONE)
		return fo->working;
	return c->server;
}

void fo_call_event(struct fo_ctx *ctx, const struct fo_ev *ev)
{
	struct fo_call *c;

	if (ev->call >= FO_CALLS_MAX)
		return;
	c = &ctx->fo->call[ev->call];

	switch ((enum fo_ev_type)ev->type) {
	case FO_EV_CALL:
		if (c->state == FO_CALL_FREE)
			call_begin(ctx, ev->call, FO_CALL_INVITING,
				   invite_first(ctx->fo));
		break;
	case FO_EV_CALL_IN:
		call_in(ctx, ev);
		break;
	case FO_EV_CALL_UP:
		call_up(ctx, ev);
		break;
	case FO_EV_CALL_ENDED:
		call_abandon(ctx, ev->call);
		call_free(c);
		break;
	case FO_EV_BYE:
		/* PROCEEDING: the 2xx crossed the user's hanging up. */
		if (c->state == FO_CALL_UP || c->state == FO_CALL_PROCEEDING)
			call_begin(ctx, ev->call, FO_CALL_BYE,
				   bye_first(ctx->fo, c));
		break;
	case FO_EV_PROVISIONAL:
		if (c->state == FO_CALL_INVITING &&
		    ev->attempt == c->pass.attempt) {
			c->state = FO_CALL_PROCEEDING;
			c->server = c->pass.server;
		}
		break;
	case FO_EV_RESULT:
		call_result(ctx, ev);
		break;
	case FO_EV_START:
	case FO_EV_STOP:
	case FO_EV_REGISTER:
	case FO_EV_HEALTH:
	case FO_EV_SIGNAL_TIMEOUT:
	case FO_EV_FLOW_CHANGED:
	case FO_EV_HOLD:
	case FO_EV_RESUME:
	case FO_EV_EXPIRY:
	case FO_EV_SERVER_NEW:
	case FO_EV_SERVER_MOVED:
	case FO_EV_SERVER_GONE:
	case FO_EV_TTL:
	case FO_EV_TYPES:
		break;
	}
}

void fo_call_leave(struct fo_ctx *ctx, uint8_t call)
{
	struct fo_call *c = &ctx->fo->call[call];
	bool proceeding = c->state == FO_CALL_PROCEEDING;

	call_abandon(ctx, call);
	if (proceeding)
		call_fail(ctx, call, FO_TRANSPORT, 0);
	else
		call_next(ctx, call, FO_NONE, FO_TRANSPORT, 0);
}

static bool may_go_to(const struct fo *fo, const struct fo_call *c,
		      uint8_t server)
{
	return !(c->pass.tried & pass_bit(server)) &&
	       fo->health[server] != HEALTH_BLOCKED;
}

void fo_call_registration(struct fo_ctx *ctx, uint8_t server,
			  enum fo_wait_end end)
{
	struct fo *fo = ctx->fo;

	for (uint8_t i = 0; i < FO_CALLS_MAX; i++) {
		struct fo_call *c = &fo->call[i];

		if (!waits(c))
			continue;
		switch (end) {
		case FO_WAIT_SETTLED:
			if (may_go_to(fo, c, server))
				call_send(ctx, i, server);
			break;
		case FO_WAIT_REFUSED:
			if (may_go_to(fo, c, server))
				call_send(ctx, i, server);
			else
				call_fail(ctx, i, FO_REJECTED, 0);
			break;
		case FO_WAIT_SKIPPED:
			c->pass.tried |= fo_tried(fo, server);
			break;
		case FO_WAIT_EXHAUSTED:
			call_fail(ctx, i, FO_TRANSPORT, 0);
			break;
		}
	}
	if (end != FO_WAIT_SETTLED)
		return;
	/* The others have been there: on to a server that is new to them.  Only
	 * now, since that may start another pass. */
	for (uint8_t i = 0; i < FO_CALLS_MAX; i++)
		if (waits(&fo->call[i]))
			call_next(ctx, i, FO_NONE, FO_TRANSPORT, 0);
}

void fo_call_failback(struct fo_ctx *ctx)
{
	for (uint8_t i = 0; i < FO_CALLS_MAX; i++) {
		if (!waits(&ctx->fo->call[i]))
			continue;
		if (ctx->fo->health[0] == HEALTH_BLOCKED)
			call_next(ctx, i, FO_NONE, FO_TRANSPORT, 0);
		else
			call_send(ctx, i, 0);
	}
}

void fo_call_stop(struct fo_ctx *ctx)
{
	for (uint8_t i = 0; i < FO_CALLS_MAX; i++) {
		call_abandon(ctx, i);
		call_free(&ctx->fo->call[i]);
	}
}
