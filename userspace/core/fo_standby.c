// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "backoff.h"
#include "fo_reg.h"
#include "fo_standby.h"

/* pauses are longer while another flow holds. */
#define LONGER 3

static bool wanted(const struct fo *fo)
{
	return fo->cfg.concurrent && fo->cfg.n_servers > FO_STANDBY &&
	       fo->working == 0 && (fo->reg_state == FO_REG_REGISTERED ||
				    fo->reg_state == FO_REG_REFRESHING);
}

static bool racing(const struct fo *fo)
{
	return fo->cfg.race_ms && fo->cfg.concurrent && fo->cfg.failback &&
	       fo->cfg.n_servers > FO_STANDBY && fo->working == FO_NONE &&
	       fo->reg_state == FO_REG_TRYING && fo->reg.server == 0 &&
	       fo->health[0] != HEALTH_UP &&
	       health_usable(fo->health[FO_STANDBY]) &&
	       !(fo->cfg.same_host[0] & pass_bit(FO_STANDBY));
}

uint32_t fo_granted_s(const struct fo *fo, uint8_t server, uint32_t expires_s)
{
	uint32_t asked = fo->cfg.expires_s[server];
	uint32_t most = asked > FO_EXPIRES_MAX_S ? asked : FO_EXPIRES_MAX_S;

	if (expires_s == 0)
		expires_s = asked ? asked : FO_EXPIRES_DEFAULT_S;
	if (expires_s < fo->cfg.expires_min_s)
		return fo->cfg.expires_min_s;
	return expires_s < most ? expires_s : most;
}

uint64_t fo_refresh_ms(const struct fo *fo, uint64_t s)
{
	uint64_t ahead = fo->cfg.overlap_s ? fo->cfg.overlap_s :
					     FO_REFRESH_AHEAD_S;

	return s > 2 * ahead ? (s - ahead) * 1000 : s * 500;
}

void fo_standby_registered(struct fo_ctx *ctx, uint8_t server)
{
	struct fo *fo = ctx->fo;

	if (server != 0)
		fo->standby_at = MONO_NEVER;
	else if (wanted(fo) && mono_is_never(fo->standby_at))
		fo->standby_at = ctx->now;
}

void fo_standby_sent(struct fo_ctx *ctx)
{
	struct fo *fo = ctx->fo;

	if (fo->working == FO_NONE)
		fo->standby_at = racing(fo) ?
				 mono_add_ms(ctx->now, fo->cfg.race_ms) :
				 MONO_NEVER;
}

void fo_standby_clear(struct fo_ctx *ctx)
{
	ctx->fo->standby_at = MONO_NEVER;
	ctx->fo->standby_failures = 0;
}

void fo_standby_hurry(struct fo_ctx *ctx)
{
	struct fo *fo = ctx->fo;

	if (wanted(fo) && !fo->probing)
		fo->standby_at = mono_min(fo->standby_at,
					  mono_add_ms(ctx->now,
						      rng_below(&fo->rng,
							FO_JITTER_MS + 1)));
}

/* So long until the standby's binding is to be refreshed. */
static uint64_t left_ms(const struct fo_ctx *ctx)
{
	return fo_refresh_ms(ctx->fo, mono_us_since(ctx->now,
			     ctx->fo->bound_until[FO_STANDBY]) / 1000000);
}

void fo_standby_changed(struct fo_ctx *ctx)
{
	struct fo *fo = ctx->fo;

	fo_standby_clear(ctx);
	if (!wanted(fo))
		return;
	fo->standby_at = ctx->now;
	if (fo->bound & pass_bit(FO_STANDBY))
		fo->standby_at = mono_add_ms(ctx->now, left_ms(ctx));
}

void fo_standby_flow_changed(struct fo_ctx *ctx)
{
	if (wanted(ctx->fo))
		ctx->fo->standby_at = ctx->now;
}

/* Servers that know the same bindings (F-02) forget the primary's, too, when
 * what the standby granted last runs out. */
static void refresh_in_time(struct fo_ctx *ctx)
{
	struct fo *fo = ctx->fo;

	if (wanted(fo) && fo->reg_state == FO_REG_REGISTERED &&
	    fo->bound & pass_bit(FO_STANDBY) &&
	    !mono_due(fo->bound_until[FO_STANDBY], ctx->now))
		fo->refresh_at = mono_min(fo->refresh_at,
					  mono_add_ms(ctx->now, left_ms(ctx)));
}

void fo_standby_result(struct fo_ctx *ctx, const struct fo_ev *ev)
{
	struct fo *fo = ctx->fo;
	uint64_t s = fo_granted_s(fo, FO_STANDBY, ev->expires_s);

	if (ev->outcome != FO_OK) {
		/* The next one has its time already. */
		refresh_in_time(ctx);
		return;
	}
	fo->standby_failures = 0;
	if (fo->working == FO_NONE) {
		fo_reg_won(ctx, FO_STANDBY, ev->expires_s);
		return;
	}
	fo->bound |= pass_bit(FO_STANDBY);
	fo->bound_until[FO_STANDBY] = mono_add_ms(ctx->now, s * 1000);
	if (wanted(fo))
		fo->standby_at = mono_add_ms(ctx->now, fo_refresh_ms(fo, s));
}

void fo_standby_expiry(struct fo_ctx *ctx)
{
	struct fo *fo = ctx->fo;

	if ((!wanted(fo) && !racing(fo)) || fo->probing ||
	    !mono_due(fo->standby_at, ctx->now))
		return;
	if (fo->standby_failures < UINT16_MAX)
		fo->standby_failures++;
	fo->standby_at = mono_add_ms(ctx->now,
				     backoff_ms(LONGER * fo->cfg.retry_base_ms,
						fo->cfg.retry_max_ms,
						fo->standby_failures,
						&fo->rng));
	/* the line's own REGISTER is there */
	if (fo->health[FO_STANDBY] == HEALTH_BLOCKED ||
	    (fo_reg_out(fo) && fo->reg.server == FO_STANDBY))
		return;
	fo->probing = true;
	fo->probe_server = FO_STANDBY;
	fo->probe_attempt = fo_emit_send(ctx, FO_REQ_PROBE, 0, FO_STANDBY, true);
}

struct mono fo_standby_next_expiry(const struct fo *fo)
{
	return (wanted(fo) || racing(fo)) && !fo->probing ? fo->standby_at :
							    MONO_NEVER;
}
