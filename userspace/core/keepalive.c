// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "keepalive.h"

#include <string.h>

void keepalive_init(struct keepalive *k, uint32_t interval_ms,
		    uint32_t start_ms, uint64_t seed)
{
	memset(k, 0, sizeof(*k));
	k->interval_ms = interval_ms;
	k->start_ms = start_ms;
	k->expiry = MONO_NEVER;
	k->rng.state = seed;
}

static void begin(struct keepalive *k, struct mono now)
{
	k->state = KEEPALIVE_STARTING;
	k->pace_s = 0;
	k->expiry = k->start_ms ? mono_add_ms(now, k->start_ms) : MONO_NEVER;
}

static void end(struct keepalive *k)
{
	k->state = KEEPALIVE_NONE;
	k->expiry = MONO_NEVER;
}

/* The flow is known to work now. */
static void rest(struct keepalive *k, struct mono now)
{
	uint32_t interval = k->pace_s ? k->pace_s * 1000u : k->interval_ms;

	k->state = KEEPALIVE_QUIET;
	k->heard = now;
	k->pause_ms = interval - rng_below(&k->rng, interval / 5 + 1);
	k->expiry = interval ? mono_add_ms(now, k->pause_ms) : MONO_NEVER;
}

static void pace(struct keepalive *k, const struct keepalive_ev *ev)
{
	if (!ev->pace_s || ev->pace_s == k->pace_s ||
	    k->state == KEEPALIVE_NONE)
		return;
	k->pace_s = ev->pace_s;
	if (k->state == KEEPALIVE_QUIET)
		rest(k, ev->now);
}

static enum keepalive_act expired(struct keepalive *k, struct mono now)
{
	struct mono due;

	if (!mono_due(k->expiry, now))
		return KEEPALIVE_ACT_NONE;
	switch ((enum keepalive_state)k->state) {
	case KEEPALIVE_STARTING:
		end(k);
		return KEEPALIVE_ACT_NOT_UP;
	case KEEPALIVE_QUIET:
		/* Messages set no timer: what they put off shows here. */
		due = mono_add_ms(k->heard, k->pause_ms);
		if (!mono_due(due, now)) {
			k->expiry = due;
			return KEEPALIVE_ACT_NONE;
		}
		k->state = KEEPALIVE_PINGED;
		k->expiry = mono_add_ms(now, KEEPALIVE_PONG_MS);
		return KEEPALIVE_ACT_PING;
	case KEEPALIVE_PINGED:
		end(k);
		return KEEPALIVE_ACT_NO_PONG;
	case KEEPALIVE_NONE:
	case KEEPALIVE_STATES:
		break;
	}
	return KEEPALIVE_ACT_NONE;
}

enum keepalive_act keepalive_step(struct keepalive *k,
				  const struct keepalive_ev *ev)
{
	switch ((enum keepalive_ev_type)ev->type) {
	case KEEPALIVE_EV_START:
		begin(k, ev->now);
		break;
	case KEEPALIVE_EV_UP:
		if (k->state == KEEPALIVE_STARTING)
			rest(k, ev->now);
		break;
	case KEEPALIVE_EV_HEARD:
		/* A message is no pong: only that is proof of both ways. */
		if (k->state == KEEPALIVE_QUIET)
			k->heard = ev->now;
		break;
	case KEEPALIVE_EV_PONG:
		if (k->state == KEEPALIVE_PINGED)
			rest(k, ev->now);
		break;
	case KEEPALIVE_EV_END:
		end(k);
		break;
	case KEEPALIVE_EV_EXPIRY:
		return expired(k, ev->now);
	case KEEPALIVE_EV_PACE:
		pace(k, ev);
		break;
	case KEEPALIVE_EV_TYPES:
		break;
	}
	return KEEPALIVE_ACT_NONE;
}

struct mono keepalive_next_expiry(const struct keepalive *k)
{
	return k->expiry;
}

static const char *const state_names[] = {
	[KEEPALIVE_NONE] = "none",
	[KEEPALIVE_STARTING] = "starting",
	[KEEPALIVE_QUIET] = "quiet",
	[KEEPALIVE_PINGED] = "pinged",
};

static const char *const ev_names[] = {
	[KEEPALIVE_EV_START] = "start",
	[KEEPALIVE_EV_UP] = "up",
	[KEEPALIVE_EV_HEARD] = "heard",
	[KEEPALIVE_EV_PONG] = "pong",
	[KEEPALIVE_EV_END] = "end",
	[KEEPALIVE_EV_EXPIRY] = "expiry",
	[KEEPALIVE_EV_PACE] = "pace",
};

static const char *const act_names[] = {
	[KEEPALIVE_ACT_NONE] = "-",
	[KEEPALIVE_ACT_PING] = "ping",
	[KEEPALIVE_ACT_NOT_UP] = "not_up",
	[KEEPALIVE_ACT_NO_PONG] = "no_pong",
};

const char *keepalive_state_name(uint8_t state)
{
	return state < KEEPALIVE_STATES ? state_names[state] : "";
}

const char *keepalive_ev_name(uint8_t type)
{
	return type < KEEPALIVE_EV_TYPES ? ev_names[type] : "";
}

const char *keepalive_act_name(uint32_t act)
{
	return act < KEEPALIVE_ACTS ? act_names[act] : "";
}
