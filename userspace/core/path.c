// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "path.h"

static void settle_longer(struct path *p, struct mono now)
{
	bool flaps = !mono_is_never(p->back_at) &&
		     !mono_due(mono_add_ms(p->back_at, PATH_FLAP_MS), now);

	if (!flaps)
		p->settle_ms = PATH_SETTLE_MS;
	else if (p->settle_ms < PATH_SETTLE_MAX_MS)
		p->settle_ms *= 2;
}

static enum path_act lose(struct path *p, uint8_t cause)
{
	p->lost = true;
	p->cause = cause;
	p->due = MONO_NEVER;
	return PATH_ACT_LOST;
}

static enum path_act on_fact(struct path *p, struct mono now)
{
	bool usable = p->fact == PATH_USABLE;

	/* What was told still holds, or does again. */
	if (usable != p->lost) {
		p->due = MONO_NEVER;
		return PATH_ACT_NONE;
	}
	if (mono_is_never(p->due))
		p->due = mono_add_ms(now, p->lost ? p->settle_ms : p->loss_ms);
	if (!mono_due(p->due, now))
		return PATH_ACT_NONE;
	if (!p->lost) {
		settle_longer(p, now);
		return lose(p, p->fact);
	}
	p->lost = false;
	p->due = MONO_NEVER;
	p->back_at = now;
	return PATH_ACT_BACK;
}

void path_init(struct path *p, uint32_t loss_ms)
{
	*p = (struct path){
		.fact = PATH_USABLE,
		.cause = PATH_USABLE,
		.loss_ms = loss_ms,
		.settle_ms = PATH_SETTLE_MS,
		.due = MONO_NEVER,
		.back_at = MONO_NEVER,
	};
}

enum path_act path_step(struct path *p, const struct path_ev *ev)
{
	enum path_act act = PATH_ACT_NONE;

	if (ev->fact >= PATH_FACTS || ev->type >= PATH_EV_TYPES)
		return PATH_ACT_NONE;
	p->fact = ev->fact;
	/* Whatever the way is like now: it was not there for a time. */
	if (ev->type == PATH_EV_WOKE) {
		if (!p->lost)
			act = lose(p, PATH_ASLEEP);
		p->due = MONO_NEVER;
	}
	if (act == PATH_ACT_LOST) {
		on_fact(p, ev->now);
		return act;
	}
	return on_fact(p, ev->now);
}

struct mono path_next_expiry(const struct path *p)
{
	return p->due;
}

const char *path_fact_name(uint8_t fact)
{
	static const char *const names[] = {
		"usable", "no_route", "no_carrier", "no_address", "asleep",
		"no_gateway",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == PATH_FACTS,
		       "a name for each fact");
	return fact < PATH_FACTS ? names[fact] : "invalid";
}

const char *path_ev_name(uint8_t type)
{
	static const char *const names[] = { "fact", "woke" };

	_Static_assert(sizeof(names) / sizeof(names[0]) == PATH_EV_TYPES,
		       "a name for each event");
	return type < PATH_EV_TYPES ? names[type] : "invalid";
}
