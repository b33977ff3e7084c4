// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "stunkeep.h"

uint32_t stunkeep_pause_ms(uint32_t interval_ms, struct rng *rng)
{
	uint32_t sixth = interval_ms / 6;

	return interval_ms - sixth + rng_below(rng, sixth + 1);
}

static void rest(struct stunkeep *k, struct mono now)
{
	uint32_t interval = k->pace_s ? k->pace_s * 1000u :
					k->cfg.interval_ms;

	k->sends = 0;
	k->due = k->mode == STUNKEEP_OFF ? MONO_NEVER :
		 mono_add_ms(now, stunkeep_pause_ms(interval, &k->rng));
}

static unsigned int send(struct stunkeep *k, struct mono now)
{
	unsigned int acts = STUNKEEP_ACT_REQUEST;
	uint64_t wait = k->cfg.rto_ms;

	if (k->sends == 0)
		acts |= STUNKEEP_ACT_NEW;
	k->sends++;
	if (k->sends < STUNKEEP_SENDS)
		wait <<= k->sends - 1;
	else
		wait *= STUNKEEP_LAST_RTOS;
	k->due = mono_add_ms(now, wait);
	return acts;
}

/* Nothing came back for a whole round. */
static unsigned int silent(struct stunkeep *k, struct mono now)
{
	bool was_answered = k->answered;

	k->answered = false;
	rest(k, now);
	if (was_answered)
		return STUNKEEP_ACT_SILENT;
	k->mode = STUNKEEP_CRLF;
	return STUNKEEP_ACT_FALLBACK | STUNKEEP_ACT_CRLF;
}

/* Nobody is bound there: what was known of it is old when somebody is. */
static void forget(struct stunkeep *k, struct mono now)
{
	k->mode = k->cfg.mode;
	k->pace_s = 0;
	k->answered = false;
	k->mapped = (struct addr){ .family = ADDR_NONE };
	rest(k, now);
}

static unsigned int expiry(struct stunkeep *k, const struct stunkeep_ev *ev)
{
	if (!mono_due(k->due, ev->now))
		return 0;
	if (!ev->wanted) {
		forget(k, ev->now);
		return 0;
	}
	if (k->mode == STUNKEEP_CRLF) {
		rest(k, ev->now);
		return STUNKEEP_ACT_CRLF;
	}
	return k->sends < STUNKEEP_SENDS ? send(k, ev->now) :
					   silent(k, ev->now);
}

static unsigned int answer(struct stunkeep *k, const struct stunkeep_ev *ev)
{
	bool changed = k->mapped.family != ADDR_NONE &&
		       !addr_equal(&k->mapped, &ev->mapped);

	k->answered = true;
	k->mapped = ev->mapped;
	rest(k, ev->now);
	return changed ? STUNKEEP_ACT_CHANGED : 0;
}

/* A round that is under way comes to its end first. */
static void pace(struct stunkeep *k, const struct stunkeep_ev *ev)
{
	if (!ev->pace_s || ev->pace_s == k->pace_s)
		return;
	k->pace_s = ev->pace_s;
	if (k->mode == STUNKEEP_OFF)
		k->mode = STUNKEEP_STUN;
	if (!k->sends)
		rest(k, ev->now);
}

void stunkeep_init(struct stunkeep *k, const struct stunkeep_cfg *cfg,
		   struct mono now, uint64_t seed)
{
	*k = (struct stunkeep){
		.cfg = *cfg,
		.mode = cfg->mode,
		.due = MONO_NEVER,
		.rng = { seed },
	};
	rest(k, now);
}

unsigned int stunkeep_step(struct stunkeep *k, const struct stunkeep_ev *ev)
{
	if (ev->type == STUNKEEP_EV_PACE) {
		pace(k, ev);
		return 0;
	}
	if (k->mode == STUNKEEP_OFF)
		return 0;
	/* An answer without a request is late or forged. */
	if (ev->type != STUNKEEP_EV_EXPIRY && k->sends == 0)
		return 0;
	switch ((enum stunkeep_ev_type)ev->type) {
	case STUNKEEP_EV_EXPIRY:
		return expiry(k, ev);
	case STUNKEEP_EV_ANSWER:
		return answer(k, ev);
	case STUNKEEP_EV_REFUSED:
		k->answered = true;
		rest(k, ev->now);
		break;
	case STUNKEEP_EV_FAILED:
		rest(k, ev->now);
		break;
	case STUNKEEP_EV_PACE:
	case STUNKEEP_EV_TYPES:
		break;
	}
	return 0;
}

struct mono stunkeep_next_expiry(const struct stunkeep *k)
{
	return k->due;
}
