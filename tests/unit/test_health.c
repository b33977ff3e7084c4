// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* Every [state][event], then everything that depends on time. */
#include "../tap.h"

#include "../../userspace/core/health.h"

#define HOLD 8000

static struct health h;
static struct health_acts acts;
static uint64_t now_ms;
static uint8_t next_cause;
static int32_t next_retry_after = -1;

static struct mono ms(uint64_t t)
{
	return (struct mono){ t * 1000000 };
}

/* "up>suspect probe": the actions of one step, in order. */
static const char *step(uint8_t type)
{
	static char buf[128];
	struct health_ev ev = {
		.now = ms(now_ms), .type = type, .cause = next_cause,
		.retry_after = next_retry_after,
	};
	size_t n = 0;

	memset(&acts, 0xee, sizeof(acts));
	health_step(&h, &ev, &acts);
	buf[0] = '\0';
	for (int i = 0; i < acts.n; i++) {
		const struct health_act *a = &acts.a[i];

		if (i)
			buf[n++] = ' ';
		if (a->type == HEALTH_ACT_CHANGED)
			n += (size_t)snprintf(buf + n, sizeof(buf) - n, "%s>%s",
					      health_state_name(a->old),
					      health_state_name(a->new));
		else
			n += (size_t)snprintf(buf + n, sizeof(buf) - n, "%s",
					      a->type == HEALTH_ACT_PROBE ?
					      "probe" : "reconnect");
	}
	return buf;
}

static const char *at(uint64_t t, uint8_t type)
{
	now_ms = t;
	return step(type);
}

static void fresh(uint32_t hold_ms)
{
	now_ms = 1000000;
	next_cause = 0;
	next_retry_after = -1;
	health_init(&h, ms(now_ms), hold_ms);
}

/* In the given state, entered in the plainest way, no probe out, and long
 * enough ago that no floor or hold-down is left. */
static void enter(uint8_t state)
{
	fresh(HOLD);
	switch ((enum health_state)state) {
	case HEALTH_UNKNOWN:
		break;
	case HEALTH_UP:
		step(HEALTH_EV_ANSWERED);
		break;
	case HEALTH_SUSPECT:
		step(HEALTH_EV_SUSPECT);
		break;
	case HEALTH_DOWN:
		step(HEALTH_EV_DOWN);
		break;
	case HEALTH_BLOCKED:
		step(HEALTH_EV_BLOCK);
		break;
	case HEALTH_STATES:
		break;
	}
	now_ms += 5000;
}

static void matrix(void)
{
	/* the order of enum health_ev_type */
	static const char *const want[HEALTH_STATES][HEALTH_EV_TYPES] = {
		[HEALTH_UNKNOWN] = {
			"unknown>up", "unknown>blocked", "unknown>down",
			"unknown>suspect probe", "unknown>blocked",
			"unknown>down", "unknown>suspect reconnect",
			"unknown>up", "", "", "", "",
		},
		[HEALTH_UP] = {
			"", "up>blocked", "up>down", "up>suspect probe",
			"up>blocked", "up>down", "up>suspect reconnect",
			"", "", "", "", "",
		},
		[HEALTH_SUSPECT] = {	/* its probe is out */
			"suspect>up", "suspect>blocked", "suspect>down", "",
			"suspect>blocked", "suspect>down", "", "suspect>up",
			"suspect>down", "", "suspect>unknown", "",
		},
		[HEALTH_DOWN] = {	/* its probe is due in 3 s */
			"down>up", "down>blocked", "", "", "", "", "",
			"down>up", "", "probe", "down>unknown", "",
		},
		[HEALTH_BLOCKED] = {
			"", "", "", "", "", "", "", "", "", "",
			"blocked>unknown", "",
		},
	};

	for (unsigned int s = 0; s < HEALTH_STATES; s++)
		for (unsigned int e = 0; e < HEALTH_EV_TYPES; e++) {
			enter(s);
			is_int(h.state, s, "in state %s", health_state_name(s));
			is_str(step(e), want[s][e], "%s, %s",
			       health_state_name(s), health_ev_name(e));
		}
	enter(HEALTH_UP);
	is_str(step(HEALTH_EV_TYPES), "", "an unknown event does nothing");
}

static void hints(void)
{
	enter(HEALTH_UP);
	is_str(at(10000, HEALTH_EV_SUSPECT), "up>suspect probe", "one hint");
	is_str(at(14000, HEALTH_EV_SUSPECT), "suspect>down",
	       "the second within 4 s");
	is_int(h.downs, 1, "counted");
	is_int(h.score, 2, "two hints");

	enter(HEALTH_UP);
	at(10000, HEALTH_EV_SUSPECT);
	is_str(at(14001, HEALTH_EV_SUSPECT), "", "the second after 4 s");
	is_str(at(18001, HEALTH_EV_SUSPECT), "suspect>down",
	       "the third is the second of its own 4 s");

	enter(HEALTH_UP);
	at(10000, HEALTH_EV_SUSPECT);
	is_str(at(10100, HEALTH_EV_ANSWERED), "suspect>up", "an answer");
	is_int(h.score, 0, "clears the score");
	is_str(at(11100, HEALTH_EV_SUSPECT), "up>suspect",
	       "so this is a first hint; the old probe is still out");
	is_str(at(11200, HEALTH_EV_PROBE_FAILED), "suspect>down",
	       "and decides");

	enter(HEALTH_UP);
	at(10000, HEALTH_EV_RECONNECT);
	is_str(at(10001, HEALTH_EV_RECONNECT), "",
	       "a second flow that closes is no second hint");
	is_str(at(10002, HEALTH_EV_PROBE_FAILED), "suspect>down",
	       "C-04: the reconnect failed");
}

/* A server that answers every probe and is suspected again at once. */
static void suspect_rate(void)
{
	enter(HEALTH_UP);
	at(10000, HEALTH_EV_SUSPECT);
	is_str(at(10010, HEALTH_EV_PROBE_OK), "suspect>up", "answers");
	is_str(at(10020, HEALTH_EV_SUSPECT), "up>suspect",
	       "no second probe within a second");
	is_int(health_next_expiry(&h).ns, ms(11000).ns, "but when it is over");
	is_str(at(10999, HEALTH_EV_EXPIRY), "", "too early");
	is_str(at(11000, HEALTH_EV_EXPIRY), "probe", "now");
	ok(mono_is_never(health_next_expiry(&h)), "nothing is due after it");
	is_str(at(11001, HEALTH_EV_EXPIRY), "", "only once");
}

static void one_fall_a_second(void)
{
	enter(HEALTH_UP);
	at(20000, HEALTH_EV_DOWN);
	is_str(at(20100, HEALTH_EV_ANSWERED), "down>up", "back at once");
	is_str(at(20200, HEALTH_EV_DOWN), "up>suspect",
	       "guard 5: not DOWN twice within a second");
	is_int(health_next_expiry(&h).ns, ms(21000).ns, "asked when it is over");
	is_str(at(20300, HEALTH_EV_DOWN), "", "still held");
	is_str(at(20300, HEALTH_EV_TIMEOUT), "", "against a timeout, too");
	is_str(at(20400, HEALTH_EV_SUSPECT), "", "and a second hint");
	is_str(at(21000, HEALTH_EV_EXPIRY), "probe", "the probe");
	is_str(at(21001, HEALTH_EV_PROBE_FAILED), "suspect>down", "decides");
	is_int(h.downs, 2, "fell twice");

	enter(HEALTH_UP);
	at(20000, HEALTH_EV_DOWN);
	at(20100, HEALTH_EV_ANSWERED);
	is_str(at(21000, HEALTH_EV_DOWN), "up>down", "a second later it may");

	enter(HEALTH_UP);
	at(20000, HEALTH_EV_DOWN);
	at(20100, HEALTH_EV_RESET);
	is_str(at(20200, HEALTH_EV_DOWN), "unknown>down",
	       "C-25: by hand the hold-down is over");
}

static void down_probes(void)
{
	static const uint32_t factor[] = { 2, 4, 8, 16, 32, 32, 32 };
	uint64_t t = 20000;

	enter(HEALTH_UP);
	at(t, HEALTH_EV_DOWN);
	t += HOLD;
	is_int(health_next_expiry(&h).ns, ms(t).ns, "first probe after the hold");
	is_str(at(t - 1, HEALTH_EV_EXPIRY), "", "not earlier");
	is_str(at(t, HEALTH_EV_EXPIRY), "probe", "first probe");
	for (size_t i = 0; i < sizeof(factor) / sizeof(factor[0]); i++) {
		ok(mono_is_never(health_next_expiry(&h)),
		   "no second probe while one is out");
		is_str(at(t + 700, HEALTH_EV_PROBE_FAILED), "", "it failed");
		t += 700 + (uint64_t)HOLD * factor[i];
		is_int(health_next_expiry(&h).ns, ms(t).ns, "%u times the hold",
		       factor[i]);
		is_str(at(t, HEALTH_EV_EXPIRY), "probe", "next probe");
	}
	is_str(at(t + 1, HEALTH_EV_PROBE_OK), "down>up", "it answers");
	ok(mono_is_never(health_next_expiry(&h)), "no probes of a server UP");
	at(t + 2000, HEALTH_EV_TIMEOUT);
	is_int(health_next_expiry(&h).ns, ms(t + 2000 + HOLD).ns,
	       "the next time it starts small again");

	fresh(0);
	at(20000, HEALTH_EV_DOWN);
	ok(mono_is_never(health_next_expiry(&h)), "hold 0: no probes");
	is_str(at(90000, HEALTH_EV_RECOVERY), "", "hold 0: none by a sign");
	is_str(at(90000, HEALTH_EV_PROBE_FAILED), "", "a stray failure");
	ok(mono_is_never(health_next_expiry(&h)), "hold 0: still none");

	fresh(UINT32_MAX);
	at(20000, HEALTH_EV_DOWN);
	ok(!mono_is_never(health_next_expiry(&h)), "a huge hold");
	at(UINT64_MAX / 1000000 - 1, HEALTH_EV_EXPIRY);
	is_int(h.hold_ms, (UINT32_MAX >> 5) * 2, "doubles without overflow");
}

static void recovery(void)
{
	enter(HEALTH_UP);
	at(20000, HEALTH_EV_DOWN);
	is_str(at(20100, HEALTH_EV_RECOVERY), "probe",
	       "C-16: the first sign asks at once");
	is_int(h.state, HEALTH_DOWN, "and is not believed");
	is_str(at(20200, HEALTH_EV_RECOVERY), "", "a probe is out already");
	at(20300, HEALTH_EV_PROBE_FAILED);
	is_int(health_next_expiry(&h).ns, ms(25100).ns,
	       "a sign seen meanwhile: again, not closer than 5 s");
	is_str(at(25100, HEALTH_EV_EXPIRY), "probe", "pulled forward");
	at(25200, HEALTH_EV_PROBE_FAILED);
	is_int(health_next_expiry(&h).ns, ms(25200 + HOLD).ns,
	       "signs do not lengthen the hold");
	is_str(at(26000, HEALTH_EV_RECOVERY), "", "too close to the last one");
	is_int(health_next_expiry(&h).ns, ms(30100).ns, "5 s after its start");
	is_str(at(30100, HEALTH_EV_EXPIRY), "probe", "asked");
	is_str(at(30101, HEALTH_EV_ANSWERED), "down>up", "F-46: an answer");
	is_int(h.probing, true, "its probe is still out");
	is_str(at(30102, HEALTH_EV_PROBE_FAILED), "",
	       "and its late failure says nothing new");
	is_int(h.probing, false, "over");
}

static void blocked(void)
{
	enter(HEALTH_UP);
	now_ms = 50000;
	is_str(step(HEALTH_EV_BLOCK), "up>blocked", "policy");
	is_int(health_next_expiry(&h).ns, ms(50000 + HEALTH_BLOCK_MS).ns,
	       "for a minute");
	is_str(at(109999, HEALTH_EV_EXPIRY), "", "not over");
	is_str(at(110000, HEALTH_EV_EXPIRY), "blocked>unknown", "over");

	enter(HEALTH_UP);
	next_retry_after = 120;
	at(50000, HEALTH_EV_UNAVAILABLE);
	is_int(health_next_expiry(&h).ns, ms(170000).ns, "C-34: Retry-After");
	next_retry_after = -1;
	at(51000, HEALTH_EV_UNAVAILABLE);
	is_int(health_next_expiry(&h).ns, ms(170000).ns,
	       "a later 503 without it does not shorten the time");
	next_retry_after = 300;
	at(52000, HEALTH_EV_UNAVAILABLE);
	is_int(health_next_expiry(&h).ns, ms(352000).ns, "but may lengthen it");

	enter(HEALTH_UP);
	next_retry_after = 0;
	at(50000, HEALTH_EV_UNAVAILABLE);
	is_int(health_next_expiry(&h).ns, ms(51000).ns, "Retry-After: 0");
	enter(HEALTH_UP);
	next_retry_after = INT32_MAX;
	at(50000, HEALTH_EV_UNAVAILABLE);
	is_int(health_next_expiry(&h).ns, ms(50000 + HEALTH_BLOCK_MAX_MS).ns,
	       "not for ever");
	next_retry_after = 120;
	enter(HEALTH_UP);
	at(50000, HEALTH_EV_BLOCK);
	is_int(health_next_expiry(&h).ns, ms(50000 + HEALTH_BLOCK_MS).ns,
	       "retry_after belongs to UNAVAILABLE");
}

static void records(void)
{
	enter(HEALTH_UP);
	is_int(h.since.ns, ms(1000000).ns, "since the answer");
	next_cause = 4;
	at(1010000, HEALTH_EV_SUSPECT);
	is_int(h.cause, 4, "the cause");
	is_int(h.since.ns, ms(1010000).ns, "since the hint");
	next_cause = 0;
	at(1010100, HEALTH_EV_PROBE_FAILED);
	is_int(h.cause, 4, "a failed probe keeps the reason it was sent for");
	at(1010200, HEALTH_EV_ANSWERED);
	at(1020000, HEALTH_EV_TIMEOUT);
	is_int(h.cause, 0, "a timeout has none");
	is_int(h.since.ns, ms(1020000).ns, "since the timeout");

	ok(health_usable(HEALTH_UNKNOWN) && health_usable(HEALTH_UP) &&
	   health_usable(HEALTH_SUSPECT), "may be tried");
	ok(!health_usable(HEALTH_DOWN) && !health_usable(HEALTH_BLOCKED) &&
	   !health_usable(HEALTH_STATES), "may not");
	is_str(health_state_name(200), "invalid", "no such state");
	is_str(health_ev_name(200), "invalid", "no such event");
}

/* Whatever happens: at most one probe out, a due expiry is used up, DOWN ends
 * by an answer, by 503 or by hand. */
static void walk(void)
{
	struct rng { uint64_t x; } r = { 88172645463325252ull };
	unsigned int twice = 0, spins = 0, escapes = 0, faster = 0;
	struct mono last_down = MONO_NEVER;

	fresh(HOLD);
	for (int i = 0; i < 200000; i++) {
		uint8_t type, old = h.state;
		bool out = h.probing;

		r.x ^= r.x << 13;
		r.x ^= r.x >> 7;
		r.x ^= r.x << 17;
		type = (uint8_t)((r.x >> 20) % HEALTH_EV_TYPES);
		now_ms += (r.x >> 40) % 4 ? (r.x >> 42) % 50 :
			  (r.x >> 42) % 20000;
		next_retry_after = (int32_t)((r.x >> 30) % 40) - 1;
		step(type);
		if (type == HEALTH_EV_PROBE_OK || type == HEALTH_EV_PROBE_FAILED)
			out = false;
		for (int k = 0; k < acts.n; k++)
			if (acts.a[k].type != HEALTH_ACT_CHANGED && out)
				twice++;
		if (type == HEALTH_EV_EXPIRY &&
		    mono_due(health_next_expiry(&h), ms(now_ms)))
			spins++;
		if (old == HEALTH_DOWN && h.state == HEALTH_UP &&
		    type != HEALTH_EV_ANSWERED && type != HEALTH_EV_PROBE_OK)
			escapes++;
		if (old == HEALTH_DOWN && health_usable(h.state) &&
		    h.state != HEALTH_UP && type != HEALTH_EV_RESET)
			escapes++;
		if (h.state == HEALTH_UNKNOWN)
			last_down = MONO_NEVER;
		if (old != HEALTH_DOWN && h.state == HEALTH_DOWN) {
			if (!mono_is_never(last_down) &&
			    mono_us_since(last_down, ms(now_ms)) < 1000000)
				faster++;
			last_down = ms(now_ms);
		}
	}
	ok(h.downs > 1000, "the walk went DOWN %u times", h.downs);
	is_int(twice, 0, "never two probes out");
	is_int(spins, 0, "an expiry that came is used up");
	is_int(escapes, 0, "DOWN ends by an answer, a 503 or by hand only");
	is_int(faster, 0, "never DOWN twice within a second");
}

int main(void)
{
	matrix();
	hints();
	suspect_rate();
	one_fall_a_second();
	down_probes();
	recovery();
	blocked();
	records();
	walk();
	return tap_done();
}
