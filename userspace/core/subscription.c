// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "subscription.h"

#include <stddef.h>

#include "backoff.h"
#include "sipmsg.h"

/* One step. */
struct sub_step {
	struct subscription *s;
	struct mono now;
	unsigned int acts;
};

void subscription_init(struct subscription *s,
		       const struct subscription_cfg *cfg, uint64_t seed)
{
	*s = (struct subscription){
		.cfg = *cfg,
		.state = SUBSCRIPTION_OFF,
		.target = SUBSCRIPTION_NOWHERE,
		.server = SUBSCRIPTION_NOWHERE,
		.notify_by = MONO_NEVER,
		.refresh_at = MONO_NEVER,
		.expires_at = MONO_NEVER,
		.retry_at = MONO_NEVER,
		.rng = { seed },
	};
}

bool subscription_has_dialog(const struct subscription *s)
{
	return s->state == SUBSCRIPTION_ASKING ||
	       s->state == SUBSCRIPTION_ACTIVE ||
	       s->state == SUBSCRIPTION_REFRESHING;
}

/* Without a dialog, whatever comes next. */
static void leave(struct sub_step *x, enum subscription_state state)
{
	if (subscription_has_dialog(x->s))
		x->acts |= SUBSCRIPTION_ACT_DROP;
	x->s->state = (uint8_t)state;
	x->s->lost = false;
	x->s->notify_by = x->s->refresh_at = x->s->expires_at = MONO_NEVER;
	x->s->retry_at = MONO_NEVER;
}

static void asked(struct sub_step *x, enum subscription_state state)
{
	x->s->state = (uint8_t)state;
	x->s->notified = false;
	x->s->notify_by = mono_add_ms(x->now, x->s->cfg.timer_n_ms);
	x->s->refresh_at = MONO_NEVER;
}

/* Anew, at the server where the line works. */
static void begin(struct sub_step *x)
{
	struct subscription *s = x->s;

	leave(x, SUBSCRIPTION_OFF);
	if (s->target == SUBSCRIPTION_NOWHERE)
		return;
	if (s->server != s->target)
		s->failures = 0;
	s->server = s->target;
	x->acts |= SUBSCRIPTION_ACT_BEGIN;
	asked(x, SUBSCRIPTION_ASKING);
}

static void refresh(struct sub_step *x)
{
	x->acts |= SUBSCRIPTION_ACT_REFRESH;
	asked(x, SUBSCRIPTION_REFRESHING);
}

/* What the server asked for (C-34), else longer each time. */
static struct mono pause_end(struct sub_step *x, int32_t retry_after)
{
	struct subscription *s = x->s;

	if (retry_after > SUBSCRIPTION_EXPIRES_MAX_S)
		retry_after = SUBSCRIPTION_EXPIRES_MAX_S;
	if (retry_after > 0)
		return mono_add_ms(x->now, (uint64_t)retry_after * 1000);
	if (s->failures < UINT8_MAX)
		s->failures++;
	return mono_add_ms(x->now, backoff_ms(SUBSCRIPTION_RETRY_BASE_MS,
					      SUBSCRIPTION_RETRY_MAX_MS,
					      s->failures, &s->rng));
}

static void wait(struct sub_step *x, int32_t retry_after)
{
	leave(x, SUBSCRIPTION_WAIT);
	x->s->retry_at = pause_end(x, retry_after);
}

/* It has ended through no fault of ours: anew at once, unless that was
 * tried a moment ago. */
static void anew(struct sub_step *x)
{
	struct subscription *s = x->s;
	bool other = s->server != s->target;

	if (!other && s->hurried.ns &&
	    !mono_due(mono_add_ms(s->hurried, SUBSCRIPTION_HURRY_MS),
		      x->now)) {
		wait(x, -1);
		return;
	}
	s->hurried = x->now;
	begin(x);
}

/* Until when it is granted, and when it is asked for again. */
static void lasts(struct sub_step *x, int32_t expires_s)
{
	struct subscription *s = x->s;
	uint64_t ms;

	if (expires_s > SUBSCRIPTION_EXPIRES_MAX_S)
		expires_s = SUBSCRIPTION_EXPIRES_MAX_S;
	ms = (uint64_t)expires_s * 1000;
	s->expires_at = mono_add_ms(x->now, ms);
	ms = ms > 2 * SUBSCRIPTION_OVERLAP_S * 1000 ?
	     ms - SUBSCRIPTION_OVERLAP_S * 1000 : ms / 2;
	/* One that is granted for a moment only ends, and is asked for after a
	 * pause. */
	if (ms < SUBSCRIPTION_REFRESH_MIN_MS)
		ms = SUBSCRIPTION_REFRESH_MIN_MS;
	s->refresh_at = mono_add_ms(x->now, ms);
}

/* ---- where ---- */

static void move(struct sub_step *x)
{
	struct subscription *s = x->s;

	if (s->state != SUBSCRIPTION_ASKING && s->cfg.follow)
		x->acts |= SUBSCRIPTION_ACT_END;
	if (s->state == SUBSCRIPTION_ASKING || s->cfg.follow)
		begin(x);
}

static void on_working(struct sub_step *x, const struct subscription_ev *ev)
{
	struct subscription *s = x->s;
	uint32_t was = s->target;

	s->target = s->cfg.concurrent && ev->fallback ? SUBSCRIPTION_NOWHERE :
							ev->server;
	if (s->target == was || s->target == SUBSCRIPTION_NOWHERE)
		return;
	switch ((enum subscription_state)s->state) {
	case SUBSCRIPTION_OFF:
		begin(x);
		break;
	case SUBSCRIPTION_WAIT:
		/* It was silent and works again. */
		if (s->server != s->target || s->lost)
			anew(x);
		break;
	case SUBSCRIPTION_REFUSED:
		if (s->server != s->target)
			begin(x);
		break;
	case SUBSCRIPTION_ASKING:
	case SUBSCRIPTION_REFRESHING:
		if (s->server != s->target)
			move(x);
		break;
	case SUBSCRIPTION_ACTIVE:
		/* Back where it was: the server may have lost it. */
		if (s->server == s->target)
			refresh(x);
		else
			move(x);
		break;
	case SUBSCRIPTION_STATES:
		break;
	}
}

static void on_gone(struct sub_step *x, uint32_t server)
{
	struct subscription *s = x->s;

	if (s->target == server)
		s->target = SUBSCRIPTION_NOWHERE;
	if (s->server != server)
		return;
	if (s->state == SUBSCRIPTION_ACTIVE ||
	    s->state == SUBSCRIPTION_REFRESHING)
		x->acts |= SUBSCRIPTION_ACT_END;
	s->server = SUBSCRIPTION_NOWHERE;
	if (s->state != SUBSCRIPTION_OFF)
		begin(x);
}

static void on_again(struct sub_step *x)
{
	struct subscription *s = x->s;

	s->failures = 0;
	s->hurried.ns = 0;
	if (s->state == SUBSCRIPTION_WAIT || s->state == SUBSCRIPTION_REFUSED)
		begin(x);
}

/* ---- answers ---- */

/* Asked again, it would say the same (RFC 6665 4.1.2.3, RFC 3261 21.4). */
static bool is_final(uint16_t status)
{
	switch (status) {
	case 400: case 403: case 404: case 405: case 406: case 410: case 415:
	case 416: case 420: case 482: case 483: case 484:
	case 485: case 489: case 493: case 501: case 505:
		return true;
	default:
		return status < 400 || status >= 600;
	}
}

/* RFC 6665 4.1.2.2: these end a subscription that was to be refreshed; others
 * leave it as long as it was granted for. */
static bool ends(uint16_t status)
{
	switch (status) {
	case 404: case 405: case 410: case 416: case 489: case 501: case 604:
		return true;
	default:
		return status >= 480 && status <= 485;
	}
}

static void on_refused(struct sub_step *x, const struct subscription_ev *ev)
{
	struct subscription *s = x->s;

	if (s->state == SUBSCRIPTION_REFRESHING && ev->status == 481) {
		anew(x);
		return;
	}
	if (s->state == SUBSCRIPTION_REFRESHING && !ends(ev->status)) {
		s->state = SUBSCRIPTION_ACTIVE;
		s->notify_by = MONO_NEVER;
		s->refresh_at = pause_end(x, ev->retry_after);
		return;
	}
	if (is_final(ev->status) && ev->retry_after <= 0)
		leave(x, SUBSCRIPTION_REFUSED);
	else
		wait(x, ev->retry_after);
}

static void on_granted(struct sub_step *x, int32_t expires_s)
{
	struct subscription *s = x->s;

	/* For no time at all: not granted. */
	if (expires_s <= 0) {
		wait(x, -1);
		return;
	}
	s->state = SUBSCRIPTION_ACTIVE;
	lasts(x, expires_s);
	if (s->notified)
		s->notify_by = MONO_NEVER;
	/* It has moved meanwhile. */
	if (s->target != SUBSCRIPTION_NOWHERE && s->target != s->server)
		move(x);
}

static void on_lost(struct sub_step *x)
{
	if (x->s->state == SUBSCRIPTION_REFRESHING)
		anew(x);
	else
		wait(x, -1);
	x->s->lost = x->s->state == SUBSCRIPTION_WAIT;
}

static void on_terminated(struct sub_step *x, const struct subscription_ev *ev)
{
	switch ((enum sip_subreason)ev->reason) {
	case SIP_SUBREASON_DEACTIVATED:
	case SIP_SUBREASON_TIMEOUT:
		anew(x);
		break;
	case SIP_SUBREASON_REJECTED:
	case SIP_SUBREASON_NORESOURCE:
	case SIP_SUBREASON_INVARIANT:
		leave(x, SUBSCRIPTION_REFUSED);
		break;
	case SIP_SUBREASON_PROBATION:
	case SIP_SUBREASON_GIVEUP:
	case SIP_SUBREASON_NONE:
	case SIP_SUBREASONS:
		wait(x, ev->retry_after);
		break;
	}
}

static void on_notify(struct sub_step *x, const struct subscription_ev *ev)
{
	struct subscription *s = x->s;

	if (ev->substate == SIP_SUBSTATE_TERMINATED) {
		on_terminated(x, ev);
		return;
	}
	s->notified = true;
	s->failures = 0;
	s->notify_by = MONO_NEVER;
	/* The notifier's word on how long it lasts goes before the response's
	 * (RFC 6665 4.1.3).  What is asked for just now is still to be
	 * answered. */
	if (s->state == SUBSCRIPTION_ACTIVE && ev->expires_s > 0)
		lasts(x, ev->expires_s);
}

/* ---- time ---- */

static void on_refresh_due(struct sub_step *x)
{
	struct subscription *s = x->s;

	if (s->target == s->server) {
		refresh(x);
	} else if (s->target == SUBSCRIPTION_NOWHERE) {
		s->refresh_at = MONO_NEVER;
	} else {
		x->acts |= SUBSCRIPTION_ACT_END;
		begin(x);
	}
}

static void on_expiry(struct sub_step *x)
{
	struct subscription *s = x->s;

	if (s->state == SUBSCRIPTION_WAIT) {
		if (mono_due(s->retry_at, x->now))
			begin(x);
		return;
	}
	if (s->state != SUBSCRIPTION_ACTIVE)
		return;
	/* Timer N: without a NOTIFY it is none.  And what lapses while its
	 * refresh waits (Retry-After) is made anew. */
	if (mono_due(s->notify_by, x->now))
		wait(x, -1);
	else if (mono_due(s->expires_at, x->now))
		anew(x);
	else if (mono_due(s->refresh_at, x->now))
		on_refresh_due(x);
}

static bool is_out(const struct subscription *s)
{
	return s->state == SUBSCRIPTION_ASKING ||
	       s->state == SUBSCRIPTION_REFRESHING;
}

static void on_event(struct sub_step *x, const struct subscription_ev *ev)
{
	struct subscription *s = x->s;

	switch ((enum subscription_ev_type)ev->type) {
	case SUBSCRIPTION_EV_WORKING:
		on_working(x, ev);
		break;
	case SUBSCRIPTION_EV_GONE:
		on_gone(x, ev->server);
		break;
	case SUBSCRIPTION_EV_MOVED:
		if (s->state == SUBSCRIPTION_ACTIVE && s->target == s->server)
			refresh(x);
		break;
	case SUBSCRIPTION_EV_AGAIN:
		on_again(x);
		break;
	case SUBSCRIPTION_EV_STOP:
		s->target = SUBSCRIPTION_NOWHERE;
		if (s->state == SUBSCRIPTION_ACTIVE ||
		    s->state == SUBSCRIPTION_REFRESHING)
			x->acts |= SUBSCRIPTION_ACT_END;
		leave(x, SUBSCRIPTION_OFF);
		break;
	case SUBSCRIPTION_EV_GRANTED:
		if (is_out(s))
			on_granted(x, ev->expires_s);
		break;
	case SUBSCRIPTION_EV_REFUSED:
		if (is_out(s))
			on_refused(x, ev);
		break;
	case SUBSCRIPTION_EV_LOST:
		if (is_out(s))
			on_lost(x);
		break;
	case SUBSCRIPTION_EV_NOTIFY:
		if (subscription_has_dialog(s))
			on_notify(x, ev);
		break;
	case SUBSCRIPTION_EV_EXPIRY:
		on_expiry(x);
		break;
	case SUBSCRIPTION_EV_TYPES:
		break;
	}
}

unsigned int subscription_step(struct subscription *s,
			       const struct subscription_ev *ev)
{
	struct sub_step x = { .s = s, .now = ev->now };
	uint8_t was = s->state;

	on_event(&x, ev);
	if (s->state != was || x.acts & SUBSCRIPTION_ACT_BEGIN)
		x.acts |= SUBSCRIPTION_ACT_REPORT;
	return x.acts;
}

struct mono subscription_next_expiry(const struct subscription *s)
{
	if (s->state == SUBSCRIPTION_WAIT)
		return s->retry_at;
	/* While a SUBSCRIBE is out its transaction has the clock. */
	if (s->state != SUBSCRIPTION_ACTIVE)
		return MONO_NEVER;
	return mono_min(s->notify_by, mono_min(s->refresh_at, s->expires_at));
}

const char *subscription_state_name(uint8_t state)
{
	static const char *const names[] = {
		"off", "asking", "active", "refreshing", "wait", "refused",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == SUBSCRIPTION_STATES,
		       "a name for each state");
	return state < SUBSCRIPTION_STATES ? names[state] : "invalid";
}

const char *subscription_ev_name(uint8_t type)
{
	static const char *const names[] = {
		"working", "gone", "moved", "again", "stop", "granted",
		"refused", "lost", "notify", "expiry",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) ==
		       SUBSCRIPTION_EV_TYPES, "a name for each event");
	return type < SUBSCRIPTION_EV_TYPES ? names[type] : "invalid";
}
