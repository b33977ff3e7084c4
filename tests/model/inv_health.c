// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* A step of a server's health, judged from outside; and the world at rest. */
#include "invariant.h"

#include <stdarg.h>
#include <stdio.h>

static bool found;
static enum invariant first;
static char first_text[160];

static bool answered(const struct health_ev *ev)
{
	return ev->type == HEALTH_EV_ANSWERED || ev->type == HEALTH_EV_PROBE_OK;
}

static void check_transition(const struct health *was, const struct health *is,
			     const struct server_seen *seen,
			     const struct health_ev *ev)
{
	const char *name = health_ev_name(ev->type);

	if (is->state == HEALTH_UP && was->state != HEALTH_UP && !answered(ev))
		violated(I_UP_BY_ANSWER, "by %s", name);
	if (is->state == HEALTH_DOWN && was->state != HEALTH_SUSPECT &&
	    was->state != HEALTH_DOWN && ev->type != HEALTH_EV_DOWN &&
	    ev->type != HEALTH_EV_TIMEOUT)
		violated(I_DOWN_BY_PROOF, "from %s by %s",
			 health_state_name(was->state), name);
	if (is->state == HEALTH_DOWN && was->state == HEALTH_SUSPECT &&
	    (ev->type == HEALTH_EV_RECONNECT ||
	     ev->type == HEALTH_EV_EXPIRY ||
	     (ev->type == HEALTH_EV_SUSPECT &&
	      !mono_due(ev->now, mono_add_ms(was->hint, HEALTH_SUSPECT_MS)))))
		violated(I_DOWN_BY_PROOF, "from suspect by %s", name);
	if (was->state == HEALTH_DOWN && is->state != HEALTH_DOWN &&
	    !answered(ev) && ev->type != HEALTH_EV_RESET &&
	    ev->type != HEALTH_EV_UNAVAILABLE)
		violated(I_DOWN_STAYS, "to %s by %s",
			 health_state_name(is->state), name);
	if (was->state == HEALTH_BLOCKED && is->state != HEALTH_BLOCKED &&
	    ev->type != HEALTH_EV_RESET &&
	    !(ev->type == HEALTH_EV_EXPIRY && mono_due(was->expiry, ev->now)))
		violated(I_BLOCK_HOLDS, "to %s by %s",
			 health_state_name(is->state), name);
	if (was->state == HEALTH_BLOCKED && is->state == HEALTH_BLOCKED &&
	    is->expiry.ns < was->expiry.ns)
		violated(I_BLOCK_HOLDS, "shortened by %s", name);
	if (is->state == HEALTH_DOWN && was->state != HEALTH_DOWN &&
	    !mono_is_never(seen->downed) &&
	    !mono_due(mono_add_ms(seen->downed, HEALTH_HOLD_MIN_MS), ev->now))
		violated(I_HOLD_DOWN, "again by %s", name);
}

static void take_probe(const struct health *h, struct server_seen *seen,
		       const struct health_ev *ev)
{
	if (seen->probing)
		violated(I_ONE_PROBE, "a second one by %s",
			 health_ev_name(ev->type));
	if (!mono_is_never(seen->probed) &&
	    !mono_due(mono_add_ms(seen->probed, HEALTH_HOLD_MIN_MS), ev->now))
		violated(I_ONE_PROBE, "too soon by %s",
			 health_ev_name(ev->type));
	if (h->state == HEALTH_BLOCKED)
		violated(I_NOT_BLOCKED, "a probe");
	seen->probing = true;
	seen->probed = ev->now;
}

static void check_ends(const struct health *was, const struct health *h,
		       const struct health_ev *ev)
{
	struct mono at = health_next_expiry(h);
	struct mono latest = mono_add_ms(ev->now,
					 (uint64_t)h->probe_hold_ms << 5);

	if (h->state == HEALTH_SUSPECT && !h->probing &&
	    !mono_due(at, mono_add_ms(ev->now, HEALTH_HOLD_MIN_MS)))
		violated(I_HEALTH_ENDS, "suspect and not asked");
	if (h->state == HEALTH_DOWN && h->probe_hold_ms && !h->probing &&
	    !mono_due(at, latest))
		violated(I_HEALTH_ENDS, "down and not asked");
	if (h->state == HEALTH_BLOCKED && mono_is_never(at))
		violated(I_HEALTH_ENDS, "blocked for ever");
	if (ev->type == HEALTH_EV_EXPIRY &&
	    mono_due(health_next_expiry(was), ev->now) && mono_due(at, ev->now))
		violated(I_NO_SPIN, "still due after EXPIRY");
}

/* C-16: not asked at once only because it was asked lately. */
static void check_hurries(const struct health *was, const struct health *h,
			  const struct health_ev *ev)
{
	struct mono latest = ev->now;

	if (ev->type != HEALTH_EV_RECOVERY || was->state != HEALTH_DOWN ||
	    h->probe_hold_ms == 0 || h->probing)
		return;
	if (!mono_is_never(was->probed))
		latest = mono_add_ms(was->probed, HEALTH_PROBE_MIN_MS);
	if (!mono_due(health_next_expiry(h), latest))
		violated(I_HURRIES, "a sign of recovery is not looked at");
}

void check_health_step(struct world *w, uint8_t s, const struct health *before,
		       const struct health_ev *ev,
		       const struct health_acts *acts)
{
	struct server_seen *seen = &w->server[s];
	const struct health *h = &w->health[s];
	unsigned int changes = 0;

	if (ev->type == HEALTH_EV_PROBE_OK ||
	    ev->type == HEALTH_EV_PROBE_FAILED)
		seen->probing = false;
	for (int i = 0; i < acts->n; i++) {
		const struct health_act *a = &acts->a[i];

		switch ((enum health_act_type)a->type) {
		case HEALTH_ACT_CHANGED:
			changes++;
			if (a->old != before->state || a->new != h->state)
				violated(I_CHANGE_TOLD, "%s to %s",
					 health_state_name(a->old),
					 health_state_name(a->new));
			break;
		case HEALTH_ACT_PROBE:
		case HEALTH_ACT_RECONNECT:
			take_probe(h, seen, ev);
			break;
		}
	}
	if (changes != (before->state != h->state))
		violated(I_CHANGE_TOLD, "%u times", changes);
	if (seen->probing != h->probing)
		violated(I_ONE_PROBE, "probing %d, out %d", h->probing,
			 seen->probing);
	check_transition(before, h, seen, ev);
	check_ends(before, h, ev);
	check_hurries(before, h, ev);
	if (h->state == HEALTH_DOWN && before->state != HEALTH_DOWN)
		seen->downed = ev->now;
	/* By hand or after a block: what was before does not count. */
	if (h->state == HEALTH_UNKNOWN)
		seen->downed = MONO_NEVER;
}

void check_world(const struct world *w)
{
	bool open = bounds->alphabet & A_OPEN;

	for (uint8_t l = 0; l < bounds->lines && !open; l++) {
		const struct fo *fo = &w->fo[l];

		for (uint8_t k = 0; k < bounds->servers; k++)
			if (fo->health[k] != w->health[world_server(l, k)].state)
				violated(I_TOLD_HEALTH, "line %u, server %u", l,
					 k);
		if (fo->reg_state == FO_REG_REGISTERED && !fo->held &&
		    w->health[world_server(l, fo->working)].state ==
		    HEALTH_DOWN)
			violated(I_WORKING_ALIVE, "line %u stays at %u", l,
				 fo->working);
	}
}

/* ---- names ---- */

static const char *const names[INVARIANTS][2] = {
	[I_DETERMINED] = { "determined", "style: value in, value out" },
	[I_TOTAL] = { "total", "failover.h: means nothing, does nothing" },
	[I_FITS] = { "fits", "FO_ACTS_MAX, HEALTH_ACTS_MAX" },
	[I_IN_RANGE] = { "in-range", "no action for what does not exist" },
	[I_OWNED] = { "owned", "no request orphaned, none twice" },
	[I_NUMBERED] = { "numbered", "numbers of requests out are unique" },
	[I_ONE_REGISTRAR] = { "one-registrar", "R-06" },
	[I_NOT_BLOCKED] = { "not-blocked", "C-34" },
	[I_DOWN_LAST] = { "down-last", "C-11" },
	[I_TRIED_ONCE] = { "tried-once", "Y-09, F-40" },
	[I_LAST] = { "last", "C-11, F-41" },
	[I_ORDER] = { "order", "Y-05, Y-09, Y-30, C-13" },
	[I_MOVES_ON] = { "moves-on", "Y-06, Y-08, F-18, C-06" },
	[I_BINDS_FIRST] = { "binds-first", "C-08, F-31, F-37" },
	[I_UNREGISTERS] = { "unregisters", "C-14" },
	[I_HURRIES] = { "hurries", "C-16" },
	[I_LEAVES_DEAD] = { "leaves-dead", "C-12, C-16" },
	[I_WORKING] = { "working", "Y-29: one working server, and told" },
	[I_LIST] = { "list", "Y-17, R-37" },
	[I_BINDING] = { "binding", "failover.h: bound, bound_until" },
	[I_NOT_STUCK] = { "not-stuck", "Y-21, C-23" },
	[I_NO_SPIN] = { "no-spin", "a deadline that came is used up" },
	[I_HELD] = { "held", "FO_EV_HOLD: nothing moves" },
	[I_RESUMES] = { "resumes", "FO_EV_RESUME: registers" },
	[I_FAILBACK] = { "failback", "F-44, F-56, C-16" },
	[I_RETURNS] = { "returns", "F-45, F-48" },
	[I_STANDBY] = { "standby", "Y-26, Y-27" },
	[I_WORKING_ALIVE] = { "working-alive", "F-05, F-07" },
	[I_LEAVES_BLOCKED] = { "leaves-blocked", "C-34" },
	[I_RECOVERS] = { "recovers", "F-08, F-10, C-23" },
	[I_TOLD_HEALTH] = { "told-health", "lines know the health" },
	[I_RINGS_ONCE] = { "rings-once", "C-28, Y-06" },
	[I_CALL_ENDS] = { "call-ends", "Y-10, Y-11, F-32" },
	[I_FAILED_ONCE] = { "failed-once", "Y-11, F-43" },
	[I_UP_BY_ANSWER] = { "up-by-answer", "C-16, health.h" },
	[I_DOWN_BY_PROOF] = { "down-by-proof", "health.h: SUSPECT" },
	[I_DOWN_STAYS] = { "down-stays", "health.h: DOWN" },
	[I_BLOCK_HOLDS] = { "block-holds", "C-34, health.h: BLOCKED" },
	[I_HOLD_DOWN] = { "hold-down", "HEALTH_HOLD_MIN_MS, guard 5" },
	[I_ONE_PROBE] = { "one-probe", "health.h: PROBE, RECONNECT" },
	[I_HEALTH_ENDS] = { "health-ends", "health.h: states end" },
	[I_CHANGE_TOLD] = { "change-told", "HEALTH_ACT_CHANGED" },
	[I_KEY] = { "key", "a state is all of the structs" },
};

const char *invariant_name(enum invariant i)
{
	return names[i][0];
}

const char *invariant_text(enum invariant i)
{
	return names[i][1];
}

void violated(enum invariant i, const char *fmt, ...)
{
	va_list ap;

	if (found)
		return;
	found = true;
	first = i;
	va_start(ap, fmt);
	vsnprintf(first_text, sizeof(first_text), fmt, ap);
	va_end(ap);
}

void violation_clear(void)
{
	found = false;
}

bool violation(enum invariant *i, const char **text)
{
	*i = first;
	*text = first_text;
	return found;
}
