// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include <stddef.h>

#include "health.h"

#define HOLD_DOUBLINGS 5	/* 32 times probe_hold_ms */

/* What an event does besides the transition; it may keep the state as it is
 * by returning another one than the table's. */
typedef uint8_t (*action_fn)(struct health *h, const struct health_ev *ev,
			     struct health_acts *acts, uint8_t next);

struct cell {
	uint8_t next;
	action_fn action;
};

static void act(struct health_acts *acts, enum health_act_type type,
		uint8_t old, uint8_t new)
{
	if (acts->n >= HEALTH_ACTS_MAX)
		__builtin_trap();	/* a bug of ours: grow HEALTH_ACTS_MAX */
	acts->a[acts->n++] = (struct health_act){
		.type = (uint8_t)type, .old = old, .new = new,
	};
}

static void start_probe(struct health *h, const struct health_ev *ev,
			struct health_acts *acts)
{
	h->probing = true;
	h->probed = ev->now;
	h->expiry = MONO_NEVER;
	act(acts, ev->type == HEALTH_EV_RECONNECT ? HEALTH_ACT_RECONNECT :
	    HEALTH_ACT_PROBE, h->state, h->state);
}

/* t + ms, or "at any time" if t never was. */
static struct mono not_before(struct mono t, uint32_t ms)
{
	if (mono_is_never(t))
		return (struct mono){ 0 };
	return mono_add_ms(t, ms);
}

/* Guard 5: it went DOWN less than a second ago and came back since. */
static bool held(const struct health *h, struct mono now)
{
	return !mono_due(not_before(h->downed, HEALTH_HOLD_MIN_MS), now);
}

/* A SUSPECT server is probed at once, but neither twice within a second (an
 * answering server with hints against it) nor before the hold-down ends. */
static void probe_suspect(struct health *h, const struct health_ev *ev,
			  struct health_acts *acts)
{
	struct mono floor = not_before(h->probed, HEALTH_HOLD_MIN_MS);
	struct mono hold = not_before(h->downed, HEALTH_HOLD_MIN_MS);
	struct mono at = floor.ns > hold.ns ? floor : hold;

	if (h->probing || !mono_is_never(h->expiry))
		return;
	if (mono_due(at, ev->now))
		start_probe(h, ev, acts);
	else
		h->expiry = at;
}

static void arm_down_probe(struct health *h, struct mono now)
{
	h->expiry = h->probing || h->probe_hold_ms == 0 ? MONO_NEVER :
		    mono_add_ms(now, h->hold_ms);
}

static struct mono block_end(const struct health_ev *ev)
{
	uint64_t ms = HEALTH_BLOCK_MS;

	if (ev->type == HEALTH_EV_UNAVAILABLE && ev->retry_after >= 0) {
		ms = (uint64_t)ev->retry_after * 1000;
		if (ms < HEALTH_HOLD_MIN_MS)
			ms = HEALTH_HOLD_MIN_MS;
		if (ms > HEALTH_BLOCK_MAX_MS)
			ms = HEALTH_BLOCK_MAX_MS;
	}
	return mono_add_ms(ev->now, ms);
}

static uint8_t do_hint(struct health *h, const struct health_ev *ev,
		       struct health_acts *acts, uint8_t next)
{
	(void)acts;
	h->score = 1;
	h->hint = ev->now;
	return next;
}

static uint8_t do_fall(struct health *h, const struct health_ev *ev,
		       struct health_acts *acts, uint8_t next)
{
	if (!held(h, ev->now))
		return next;
	h->score = 1;
	h->hint = ev->now;
	if (h->state == HEALTH_SUSPECT)
		probe_suspect(h, ev, acts);
	return HEALTH_SUSPECT;
}

static uint8_t do_second_hint(struct health *h, const struct health_ev *ev,
			      struct health_acts *acts, uint8_t next)
{
	if (mono_due(ev->now, mono_add_ms(h->hint, HEALTH_SUSPECT_MS))) {
		if (h->score < UINT8_MAX)
			h->score++;
		return do_fall(h, ev, acts, next);
	}
	do_hint(h, ev, acts, next);
	probe_suspect(h, ev, acts);
	return HEALTH_SUSPECT;
}

/* One server that closes several flows is one reason to ask, not several. */
static uint8_t do_reconnect_again(struct health *h, const struct health_ev *ev,
				  struct health_acts *acts, uint8_t next)
{
	probe_suspect(h, ev, acts);
	return next;
}

/* The later end counts: a 503 without Retry-After does not shorten one. */
static uint8_t do_block_longer(struct health *h, const struct health_ev *ev,
			       struct health_acts *acts, uint8_t next)
{
	struct mono end = block_end(ev);

	(void)acts;
	if (end.ns > h->expiry.ns)
		h->expiry = end;
	return next;
}

static uint8_t do_answered(struct health *h, const struct health_ev *ev,
			   struct health_acts *acts, uint8_t next)
{
	(void)ev;
	(void)acts;
	h->score = 0;
	return next;
}

static uint8_t do_down_probe_failed(struct health *h,
				    const struct health_ev *ev,
				    struct health_acts *acts, uint8_t next)
{
	(void)acts;
	arm_down_probe(h, ev->now);
	if (h->recovery && !mono_is_never(h->expiry)) {
		struct mono at = not_before(h->probed, HEALTH_PROBE_MIN_MS);

		h->expiry = mono_min(h->expiry,
				     at.ns > ev->now.ns ? at : ev->now);
	}
	return next;
}

/* C-16: a sign pulls the probe forward, it never replaces it. */
static uint8_t do_recovery(struct health *h, const struct health_ev *ev,
			   struct health_acts *acts, uint8_t next)
{
	struct mono at = not_before(h->probed, HEALTH_PROBE_MIN_MS);

	if (h->probe_hold_ms == 0)
		return next;
	h->recovery = true;
	if (h->probing)
		return next;
	if (mono_due(at, ev->now)) {
		h->recovery = false;
		start_probe(h, ev, acts);
	} else {
		h->expiry = mono_min(h->expiry, at);
	}
	return next;
}

static uint8_t do_suspect_expiry(struct health *h, const struct health_ev *ev,
				 struct health_acts *acts, uint8_t next)
{
	if (mono_due(h->expiry, ev->now))
		start_probe(h, ev, acts);
	return next;
}

static uint8_t do_down_expiry(struct health *h, const struct health_ev *ev,
			      struct health_acts *acts, uint8_t next)
{
	uint32_t max = h->probe_hold_ms << HOLD_DOUBLINGS;

	if (!mono_due(h->expiry, ev->now))
		return next;
	/* A pulled-forward probe does not lengthen the pause after it. */
	if (!h->recovery)
		h->hold_ms = h->hold_ms > max / 2 ? max : h->hold_ms * 2;
	h->recovery = false;
	start_probe(h, ev, acts);
	return next;
}

static uint8_t do_block_expiry(struct health *h, const struct health_ev *ev,
			       struct health_acts *acts, uint8_t next)
{
	(void)acts;
	return mono_due(h->expiry, ev->now) ? next : HEALTH_BLOCKED;
}

/*
 * DOWN becomes UP by an answer only.  BLOCKED ends by time or by hand only.
 * UNKNOWN and UP ignore a failed probe: it is older than the reset or the
 * answer that led there.
 */
static const struct cell table[][HEALTH_EV_TYPES] = {
	[HEALTH_UNKNOWN] = {
		[HEALTH_EV_ANSWERED]	= { HEALTH_UP, do_answered },
		[HEALTH_EV_UNAVAILABLE]	= { HEALTH_BLOCKED, NULL },
		[HEALTH_EV_DOWN]	= { HEALTH_DOWN, do_fall },
		[HEALTH_EV_SUSPECT]	= { HEALTH_SUSPECT, do_hint },
		[HEALTH_EV_BLOCK]	= { HEALTH_BLOCKED, NULL },
		[HEALTH_EV_TIMEOUT]	= { HEALTH_DOWN, do_fall },
		[HEALTH_EV_RECONNECT]	= { HEALTH_SUSPECT, do_hint },
		[HEALTH_EV_PROBE_OK]	= { HEALTH_UP, do_answered },
		[HEALTH_EV_PROBE_FAILED] = { HEALTH_UNKNOWN, NULL },
		[HEALTH_EV_RECOVERY]	= { HEALTH_UNKNOWN, NULL },
		[HEALTH_EV_RESET]	= { HEALTH_UNKNOWN, NULL },
		[HEALTH_EV_EXPIRY]	= { HEALTH_UNKNOWN, NULL },
	},
	[HEALTH_UP] = {
		[HEALTH_EV_ANSWERED]	= { HEALTH_UP, do_answered },
		[HEALTH_EV_UNAVAILABLE]	= { HEALTH_BLOCKED, NULL },
		[HEALTH_EV_DOWN]	= { HEALTH_DOWN, do_fall },
		[HEALTH_EV_SUSPECT]	= { HEALTH_SUSPECT, do_hint },
		[HEALTH_EV_BLOCK]	= { HEALTH_BLOCKED, NULL },
		[HEALTH_EV_TIMEOUT]	= { HEALTH_DOWN, do_fall },
		[HEALTH_EV_RECONNECT]	= { HEALTH_SUSPECT, do_hint },
		[HEALTH_EV_PROBE_OK]	= { HEALTH_UP, do_answered },
		[HEALTH_EV_PROBE_FAILED] = { HEALTH_UP, NULL },
		[HEALTH_EV_RECOVERY]	= { HEALTH_UP, NULL },
		[HEALTH_EV_RESET]	= { HEALTH_UP, NULL },
		[HEALTH_EV_EXPIRY]	= { HEALTH_UP, NULL },
	},
	[HEALTH_SUSPECT] = {
		[HEALTH_EV_ANSWERED]	= { HEALTH_UP, do_answered },
		[HEALTH_EV_UNAVAILABLE]	= { HEALTH_BLOCKED, NULL },
		[HEALTH_EV_DOWN]	= { HEALTH_DOWN, do_fall },
		[HEALTH_EV_SUSPECT]	= { HEALTH_DOWN, do_second_hint },
		[HEALTH_EV_BLOCK]	= { HEALTH_BLOCKED, NULL },
		[HEALTH_EV_TIMEOUT]	= { HEALTH_DOWN, do_fall },
		[HEALTH_EV_RECONNECT]	= { HEALTH_SUSPECT, do_reconnect_again },
		[HEALTH_EV_PROBE_OK]	= { HEALTH_UP, do_answered },
		[HEALTH_EV_PROBE_FAILED] = { HEALTH_DOWN, do_fall },
		[HEALTH_EV_RECOVERY]	= { HEALTH_SUSPECT, NULL },
		[HEALTH_EV_RESET]	= { HEALTH_UNKNOWN, NULL },
		[HEALTH_EV_EXPIRY]	= { HEALTH_SUSPECT, do_suspect_expiry },
	},
	[HEALTH_DOWN] = {
		[HEALTH_EV_ANSWERED]	= { HEALTH_UP, do_answered },
		[HEALTH_EV_UNAVAILABLE]	= { HEALTH_BLOCKED, NULL },
		[HEALTH_EV_DOWN]	= { HEALTH_DOWN, NULL },
		[HEALTH_EV_SUSPECT]	= { HEALTH_DOWN, NULL },
		/* not BLOCKED, which ends without an answer */
		[HEALTH_EV_BLOCK]	= { HEALTH_DOWN, NULL },
		[HEALTH_EV_TIMEOUT]	= { HEALTH_DOWN, NULL },
		[HEALTH_EV_RECONNECT]	= { HEALTH_DOWN, NULL },
		[HEALTH_EV_PROBE_OK]	= { HEALTH_UP, do_answered },
		[HEALTH_EV_PROBE_FAILED] = { HEALTH_DOWN, do_down_probe_failed },
		[HEALTH_EV_RECOVERY]	= { HEALTH_DOWN, do_recovery },
		[HEALTH_EV_RESET]	= { HEALTH_UNKNOWN, NULL },
		[HEALTH_EV_EXPIRY]	= { HEALTH_DOWN, do_down_expiry },
	},
	[HEALTH_BLOCKED] = {
		[HEALTH_EV_ANSWERED]	= { HEALTH_BLOCKED, do_answered },
		[HEALTH_EV_UNAVAILABLE]	= { HEALTH_BLOCKED, do_block_longer },
		[HEALTH_EV_DOWN]	= { HEALTH_BLOCKED, NULL },
		[HEALTH_EV_SUSPECT]	= { HEALTH_BLOCKED, NULL },
		[HEALTH_EV_BLOCK]	= { HEALTH_BLOCKED, do_block_longer },
		[HEALTH_EV_TIMEOUT]	= { HEALTH_BLOCKED, NULL },
		[HEALTH_EV_RECONNECT]	= { HEALTH_BLOCKED, NULL },
		[HEALTH_EV_PROBE_OK]	= { HEALTH_BLOCKED, NULL },
		[HEALTH_EV_PROBE_FAILED] = { HEALTH_BLOCKED, NULL },
		[HEALTH_EV_RECOVERY]	= { HEALTH_BLOCKED, NULL },
		[HEALTH_EV_RESET]	= { HEALTH_UNKNOWN, NULL },
		[HEALTH_EV_EXPIRY]	= { HEALTH_UNKNOWN, do_block_expiry },
	},
};

_Static_assert(sizeof(table) / sizeof(table[0]) == HEALTH_STATES,
	       "one row for each state");
_Static_assert(sizeof(table[0]) / sizeof(table[0][0]) == 12 &&
	       HEALTH_EV_TYPES == 12, "a new event needs a cell in each row");

/* The only place where a new state has effects. */
static void enter(struct health *h, const struct health_ev *ev,
		  struct health_acts *acts, uint8_t next)
{
	uint8_t old = h->state;

	h->state = next;
	h->since = ev->now;
	h->expiry = MONO_NEVER;
	h->recovery = false;
	act(acts, HEALTH_ACT_CHANGED, old, next);

	switch ((enum health_state)next) {
	case HEALTH_UNKNOWN:
		/* by hand (C-25) or after a long block: no hold-down left */
		h->downed = MONO_NEVER;
		h->score = 0;
		break;
	case HEALTH_UP:
		h->score = 0;
		break;
	case HEALTH_SUSPECT:
		probe_suspect(h, ev, acts);
		break;
	case HEALTH_DOWN:
		h->downs++;
		h->downed = ev->now;
		h->hold_ms = h->probe_hold_ms;
		arm_down_probe(h, ev->now);
		break;
	case HEALTH_BLOCKED:
		h->expiry = block_end(ev);
		break;
	case HEALTH_STATES:
		break;
	}
}

static void record_cause(struct health *h, const struct health_ev *ev)
{
	switch ((enum health_ev_type)ev->type) {
	case HEALTH_EV_UNAVAILABLE:
	case HEALTH_EV_DOWN:
	case HEALTH_EV_SUSPECT:
	case HEALTH_EV_BLOCK:
	case HEALTH_EV_TIMEOUT:
	case HEALTH_EV_RECONNECT:
		h->cause = ev->cause;
		break;
	case HEALTH_EV_PROBE_FAILED:
		/* often without one: then the reason for the probe stands */
		if (ev->cause)
			h->cause = ev->cause;
		break;
	case HEALTH_EV_ANSWERED:
	case HEALTH_EV_PROBE_OK:
	case HEALTH_EV_RECOVERY:
	case HEALTH_EV_RESET:
	case HEALTH_EV_EXPIRY:
	case HEALTH_EV_TYPES:
		break;
	}
}

void health_init(struct health *h, struct mono now, uint32_t probe_hold_ms)
{
	if (probe_hold_ms > UINT32_MAX >> HOLD_DOUBLINGS)
		probe_hold_ms = UINT32_MAX >> HOLD_DOUBLINGS;
	*h = (struct health){
		.state = HEALTH_UNKNOWN,
		.since = now,
		.hint = MONO_NEVER,
		.probed = MONO_NEVER,
		.downed = MONO_NEVER,
		.expiry = MONO_NEVER,
		.probe_hold_ms = probe_hold_ms,
		.hold_ms = probe_hold_ms,
	};
}

void health_step(struct health *h, const struct health_ev *ev,
		 struct health_acts *acts)
{
	const struct cell *cell;
	uint8_t next;

	acts->n = 0;
	if (ev->type >= HEALTH_EV_TYPES || h->state >= HEALTH_STATES)
		return;
	cell = &table[h->state][ev->type];
	record_cause(h, ev);
	if (ev->type == HEALTH_EV_PROBE_OK ||
	    ev->type == HEALTH_EV_PROBE_FAILED)
		h->probing = false;

	next = cell->next;
	if (cell->action)
		next = cell->action(h, ev, acts, next);
	if (next != h->state)
		enter(h, ev, acts, next);
}

struct mono health_next_expiry(const struct health *h)
{
	return h->expiry;
}

bool health_usable(uint8_t state)
{
	return state == HEALTH_UNKNOWN || state == HEALTH_UP ||
	       state == HEALTH_SUSPECT;
}

const char *health_state_name(uint8_t state)
{
	static const char *const names[] = {
		"unknown", "up", "suspect", "down", "blocked",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == HEALTH_STATES,
		       "a name for each state");
	return state < HEALTH_STATES ? names[state] : "invalid";
}

const char *health_ev_name(uint8_t type)
{
	static const char *const names[] = {
		"answered", "unavailable", "down", "suspect", "block",
		"timeout", "reconnect", "probe_ok", "probe_failed", "recovery",
		"reset", "expiry",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == HEALTH_EV_TYPES,
		       "a name for each event");
	return type < HEALTH_EV_TYPES ? names[type] : "invalid";
}
