// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "pulse.h"

/* From start to start, as the probes of failback (C-16). */
static unsigned int options_expiry(struct pulse *p, const struct pulse_ev *ev)
{
	if (!mono_due(p->options_at, ev->now))
		return 0;
	p->options_at = mono_add_ms(ev->now, stunkeep_pause_ms(p->options_ms,
							       &p->rng));
	if (!ev->working || p->asking)
		return 0;
	p->asking = true;
	return PULSE_ACT_OPTIONS;
}

static unsigned int shut_expiry(struct pulse *p, struct mono now)
{
	if (!mono_due(p->shut_at, now))
		return 0;
	p->shut_at = MONO_NEVER;
	return PULSE_ACT_STILL_LATE;
}

static unsigned int expiry(struct pulse *p, const struct pulse_ev *ev)
{
	struct stunkeep_ev stun = {
		.now = ev->now,
		.type = STUNKEEP_EV_EXPIRY,
		.wanted = ev->bound,
	};

	return stunkeep_step(&p->stun, &stun) | options_expiry(p, ev) |
	       shut_expiry(p, ev->now) |
	       (rtt_expired(&p->rtt, ev->now) ? PULSE_ACT_LATE : 0);
}

static unsigned int seen(struct pulse *p, const struct pulse_ev *ev)
{
	switch (nat_seen(&p->nat, &ev->stun.mapped, ev->now)) {
	case NAT_SAME:
		break;
	case NAT_FIRST:
		return PULSE_ACT_SEEN;
	case NAT_CHANGED:
		return PULSE_ACT_SEEN_CHANGED;
	}
	return 0;
}

void pulse_init(struct pulse *p, const struct pulse_cfg *cfg, struct mono now,
		uint64_t seed)
{
	*p = (struct pulse){
		.options_ms = cfg->options_ms,
		.options_at = MONO_NEVER,
		.shut_at = MONO_NEVER,
		.rng = { seed },
	};
	if (p->options_ms)
		p->options_at = mono_add_ms(now,
					    stunkeep_pause_ms(p->options_ms,
							      &p->rng));
	stunkeep_init(&p->stun, &cfg->stun, now, rng_next(&p->rng));
	rtt_init(&p->rtt, cfg->suspect_ms);
	nat_init(&p->nat);
}

unsigned int pulse_step(struct pulse *p, const struct pulse_ev *ev)
{
	switch ((enum pulse_ev_type)ev->type) {
	case PULSE_EV_EXPIRY:
		return expiry(p, ev);
	case PULSE_EV_OPTIONS_ENDED:
		if (!p->asking)
			break;
		p->asking = false;
		return ev->timed_out ? PULSE_ACT_SIGNAL : 0;
	case PULSE_EV_STUN:
		if (ev->stun.type == STUNKEEP_EV_EXPIRY)
			break;
		return stunkeep_step(&p->stun, &ev->stun);
	case PULSE_EV_SENT:
		rtt_sent(&p->rtt, ev->now);
		break;
	case PULSE_EV_ANSWERED:
		p->shut_at = MONO_NEVER;
		rtt_answered(&p->rtt, ev->sample_us);
		break;
	case PULSE_EV_GIVEN_UP:
		p->shut_at = MONO_NEVER;
		rtt_given_up(&p->rtt);
		break;
	case PULSE_EV_SHUT:
		p->shut_at = mono_add_ms(ev->now, PULSE_SHUT_MS);
		break;
	case PULSE_EV_SEEN:
		return seen(p, ev);
	case PULSE_EV_TYPES:
		break;
	}
	return 0;
}

struct mono pulse_next_expiry(const struct pulse *p)
{
	return mono_min(mono_min(mono_min(p->options_at, p->shut_at),
				 rtt_next_expiry(&p->rtt)),
			stunkeep_next_expiry(&p->stun));
}

const char *pulse_ev_name(uint8_t type)
{
	static const char *const names[] = {
		"expiry", "options_ended", "stun", "sent", "answered",
		"given_up", "shut", "seen",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == PULSE_EV_TYPES,
		       "a name for each event");
	return type < PULSE_EV_TYPES ? names[type] : "invalid";
}
