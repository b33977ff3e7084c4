// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "normal.h"

#include <string.h>

#define BASE ((struct mono){ 1000000000000 })

/* So that the next numbers given out pass 65535 and meet those in use. */
#define ATTEMPTS 0xfffe

/* ---- normalising ---- */

/* A deadline that has come is due, however long ago. */
static void due(struct mono *t, struct mono now)
{
	if (t->ns < now.ns)
		*t = now;
}

/* A moment that has no effect when ms have gone by. */
static void age(struct mono *t, struct mono now, uint32_t ms)
{
	if (!mono_is_never(*t) && mono_due(mono_add_ms(*t, ms), now))
		*t = MONO_NEVER;
}

/* Pauses grow no more from here on (core/backoff.c). */
static uint16_t failures_most(const struct fo_cfg *cfg)
{
	uint64_t w = cfg->retry_base_ms ? cfg->retry_base_ms : 1;
	uint16_t n = 0;

	for (; w < cfg->retry_max_ms; w *= 2)
		n++;
	return n;
}

static void normalise_call(struct fo_call *c)
{
	switch ((enum fo_call_state)c->state) {
	case FO_CALL_FREE:
	case FO_CALL_UP:	/* a BYE begins a new pass */
		c->pass = (struct fo_pass){ 0 };
		break;
	case FO_CALL_INVITING:	/* a dialog's server is told by a 1xx or 2xx */
	case FO_CALL_WAIT_REG:
		c->server = 0;
		break;
	case FO_CALL_PROCEEDING:
	case FO_CALL_BYE:
	case FO_CALL_BYE_WAIT_REG:
		break;
	}
}

static void rename_attempt(uint16_t *have, struct request *seen, uint16_t name)
{
	if (*have)
		*have = name;
	*seen = seen->out ? (struct request){ true, seen->server, name } :
			    (struct request){ 0 };
}

static void normalise_line(struct fo *fo, struct line_seen *seen,
			   struct mono now)
{
	bool out = fo->reg_state == FO_REG_TRYING ||
		   fo->reg_state == FO_REG_REFRESHING;

	/* A pass that is over is not continued; the next one starts afresh. */
	if (!out)
		fo->reg = (struct fo_pass){ .server = FO_NONE };
	/* Read in that one state only, and set when it is entered. */
	if (fo->reg_state != FO_REG_REGISTERED)
		fo->refresh_at = MONO_NEVER;
	if (fo->reg_state != FO_REG_WAIT)
		fo->retry_at = MONO_NEVER;
	due(&fo->refresh_at, now);
	due(&fo->retry_at, now);
	due(&fo->expires_at, now);
	due(&fo->failback_at, now);
	due(&fo->standby_at, now);
	if (!fo->probing)
		fo->probe_server = 0;
	if (fo->standby_failures > failures_most(&fo->cfg))
		fo->standby_failures = failures_most(&fo->cfg);
	/* Each step begins by forgetting them. */
	for (uint8_t i = 0; i < fo->cfg.n_servers; i++) {
		if (mono_due(fo->bound_until[i], now))
			fo->bound &= (uint8_t)~(1u << i);
		if (!(fo->bound & 1u << i))
			fo->bound_until[i] = (struct mono){ 0 };
	}
	age(&fo->probe_started, now, FO_PROBE_MIN_MS);
	age(&seen->probed, now, FO_PROBE_MIN_MS);
	if (fo->failures > failures_most(&fo->cfg))
		fo->failures = failures_most(&fo->cfg);
	/* An event of each step: world.c, chance. */
	fo->rng.state = 0;
	fo->attempts = ATTEMPTS;
	rename_attempt(&fo->reg.attempt, &seen->reg, 1);
	rename_attempt(&fo->probe_attempt, &seen->probe, 2);
	for (uint8_t i = 0; i < FO_CALLS_MAX; i++) {
		normalise_call(&fo->call[i]);
		rename_attempt(&fo->call[i].pass.attempt, &seen->call[i],
			       (uint16_t)(3 + i));
	}
}

static void normalise_server(struct health *h, struct server_seen *seen,
			     struct mono now)
{
	/* For people only. */
	h->since = (struct mono){ 0 };
	h->score = 0;
	h->cause = 0;
	h->downs = 0;
	due(&h->expiry, now);
	/* Entering SUSPECT sets it, entering DOWN sets the other. */
	if (h->state != HEALTH_SUSPECT)
		h->hint = MONO_NEVER;
	else if (!mono_due(now, mono_add_ms(h->hint, HEALTH_SUSPECT_MS)))
		h->hint.ns = now.ns - (HEALTH_SUSPECT_MS + bounds->grid_ms) *
				      1000000ULL;
	if (h->state != HEALTH_DOWN)
		h->hold_ms = h->probe_hold_ms;
	age(&h->downed, now, HEALTH_HOLD_MIN_MS);
	/* Without probes of DOWN servers signs of recovery have no floor. */
	age(&h->probed, now, h->probe_hold_ms ? HEALTH_PROBE_MIN_MS :
						HEALTH_HOLD_MIN_MS);
	age(&seen->downed, now, HEALTH_HOLD_MIN_MS);
	age(&seen->probed, now, HEALTH_HOLD_MIN_MS);
}

static void shift(struct mono *t, uint64_t ns)
{
	if (!mono_is_never(*t) && t->ns != 0)
		t->ns -= ns;
}

/* Clocks start anew at BASE. */
static void rebase(struct world *w)
{
	uint64_t ns = w->now.ns - BASE.ns;

	for (uint8_t i = 0; i < bounds->lines; i++) {
		struct fo *fo = &w->fo[i];
		struct mono *const t[] = {
			&fo->refresh_at, &fo->expires_at, &fo->failback_at,
			&fo->probe_started, &fo->retry_at, &fo->standby_at,
			&w->line[i].probed,
		};

		for (unsigned int k = 0; k < sizeof(t) / sizeof(t[0]); k++)
			shift(t[k], ns);
		for (uint8_t k = 0; k < fo->cfg.n_servers; k++)
			shift(&fo->bound_until[k], ns);
	}
	for (uint8_t i = 0; i < bounds->servers; i++) {
		struct health *h = &w->health[i];

		shift(&h->hint, ns);
		shift(&h->probed, ns);
		shift(&h->downed, ns);
		shift(&h->expiry, ns);
		shift(&w->server[i].downed, ns);
		shift(&w->server[i].probed, ns);
	}
	w->now = BASE;
}

void normalise(struct world *w)
{
	for (uint8_t i = 0; i < bounds->lines; i++)
		normalise_line(&w->fo[i], &w->line[i], w->now);
	for (uint8_t i = 0; i < bounds->servers; i++)
		normalise_server(&w->health[i], &w->server[i], w->now);
	rebase(w);
}

/* ---- packing ---- */

#define T_NEVER 255
#define T_NONE 254	/* all bits 0: never set */
#define T_PAST 20	/* that many grid steps back can be named */

/* Both directions in one walk, so that they cannot differ. */
struct codec {
	uint8_t *key;
	const uint8_t *from;
	unsigned int n;
	bool bad;
};

static void byte(struct codec *c, uint8_t *v)
{
	if (c->key)
		c->key[c->n++] = *v;
	else
		*v = c->from[c->n++];
}

static void flag(struct codec *c, bool *v)
{
	uint8_t b = *v;

	byte(c, &b);
	*v = b;
}

static void moment(struct codec *c, struct mono *t)
{
	int64_t grid = (int64_t)bounds->grid_ms * 1000000;
	int64_t d = (int64_t)(t->ns - BASE.ns);
	uint8_t b = 0;

	if (mono_is_never(*t))
		b = T_NEVER;
	else if (t->ns == 0)
		b = T_NONE;
	else if (c->key && (d % grid || d / grid < -T_PAST ||
			    d / grid >= T_NONE - T_PAST))
		c->bad = true;
	else
		b = (uint8_t)(d / grid + T_PAST);
	byte(c, &b);
	if (c->key)
		return;
	if (b == T_NEVER)
		*t = MONO_NEVER;
	else if (b == T_NONE)
		t->ns = 0;
	else
		t->ns = BASE.ns + (uint64_t)((b - T_PAST) * grid);
}

static void small(struct codec *c, uint16_t *v)
{
	uint8_t b = (uint8_t)*v;

	if (c->key && *v > UINT8_MAX)
		c->bad = true;
	byte(c, &b);
	*v = b;
}

static void code_pass(struct codec *c, struct fo_pass *p)
{
	byte(c, &p->server);
	byte(c, &p->tried);
	small(c, &p->attempt);
}

static void code_line(struct codec *c, struct fo *fo, struct line_seen *seen)
{
	byte(c, &fo->reg_state);
	byte(c, &fo->working);
	byte(c, &fo->bound);
	flag(c, &fo->held);
	flag(c, &fo->probing);
	flag(c, &fo->again);
	byte(c, &fo->probe_server);
	small(c, &fo->standby_failures);
	moment(c, &fo->standby_at);
	small(c, &fo->probe_attempt);
	small(c, &fo->failures);
	code_pass(c, &fo->reg);
	moment(c, &fo->refresh_at);
	moment(c, &fo->expires_at);
	moment(c, &fo->failback_at);
	moment(c, &fo->probe_started);
	moment(c, &fo->retry_at);
	if (bounds->alphabet & A_LIST) {
		byte(c, &fo->cfg.n_servers);
		for (uint8_t i = 0; i < bounds->servers && !c->key; i++)
			fo->cfg.expires_s[i] = i < fo->cfg.n_servers ?
					       bounds->fo.expires_s[0] : 0;
	}
	for (uint8_t i = 0; i < bounds->servers; i++) {
		byte(c, &fo->health[i]);
		moment(c, &fo->bound_until[i]);
	}
	for (uint8_t i = 0; i < bounds->calls; i++) {
		byte(c, &fo->call[i].state);
		byte(c, &fo->call[i].server);
		code_pass(c, &fo->call[i].pass);
	}
	moment(c, &seen->probed);
	flag(c, &seen->started);
}

static void code_server(struct codec *c, struct health *h,
			struct server_seen *seen)
{
	uint8_t hold = 0;

	if (bounds->alphabet & A_OPEN)
		return;
	byte(c, &h->state);
	flag(c, &h->probing);
	flag(c, &h->recovery);
	moment(c, &h->hint);
	moment(c, &h->probed);
	moment(c, &h->downed);
	moment(c, &h->expiry);
	if (c->key && h->probe_hold_ms)
		hold = (uint8_t)(h->hold_ms / h->probe_hold_ms);
	byte(c, &hold);
	h->hold_ms = hold * h->probe_hold_ms;
	flag(c, &seen->probing);
	moment(c, &seen->probed);
	moment(c, &seen->downed);
}

static void code(struct codec *c, struct world *w)
{
	for (uint8_t i = 0; i < bounds->lines; i++)
		code_line(c, &w->fo[i], &w->line[i]);
	for (uint8_t i = 0; i < bounds->servers; i++)
		code_server(c, &w->health[i], &w->server[i]);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): byte() writes to it */
unsigned int pack(const struct world *w, uint8_t *key)
{
	struct codec c = { .key = key };
	struct world copy = *w;

	code(&c, &copy);
	return c.bad ? 0 : c.n;
}

/* What is out is told by the machine: that both agree was checked before. */
static void recall(struct request *r, uint8_t server, uint16_t attempt)
{
	*r = (struct request){ 0 };
	if (attempt)
		*r = (struct request){ true, server, attempt };
}

void unpack(const uint8_t *key, struct world *w)
{
	struct codec c = { .from = key };
	static struct world fresh;
	static const struct bounds *of;

	if (!of || of != bounds) {
		world_init(&fresh);
		normalise(&fresh);
		of = bounds;
	}
	*w = fresh;
	code(&c, w);
	for (uint8_t i = 0; i < bounds->lines; i++) {
		const struct fo *fo = &w->fo[i];
		struct line_seen *seen = &w->line[i];

		recall(&seen->reg, fo->reg.server, fo->reg.attempt);
		recall(&seen->probe, fo->probe_server, fo->probe_attempt);
		for (uint8_t k = 0; k < FO_CALLS_MAX; k++)
			recall(&seen->call[k], fo->call[k].pass.server,
			       fo->call[k].pass.attempt);
	}
}
