// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* core/pulse: OPTIONS as keep-alive (C-06, C-07). */
#include "../tap.h"

#include "../../userspace/core/pulse.h"

static struct pulse p;
static struct mono now;

static void begin(uint32_t options_ms, enum stunkeep_mode mode)
{
	struct pulse_cfg cfg = {
		.options_ms = options_ms,
		.stun = { .interval_ms = 29000, .rto_ms = 500,
			  .mode = (uint8_t)mode },
	};

	now = (struct mono){ 0 };
	pulse_init(&p, &cfg, now, 3);
}

static unsigned int on(bool working, bool bound)
{
	struct pulse_ev ev = {
		.type = PULSE_EV_EXPIRY, .working = working, .bound = bound,
	};

	ev.now = now = pulse_next_expiry(&p);
	return pulse_step(&p, &ev);
}

static unsigned int ended(bool timed_out)
{
	struct pulse_ev ev = {
		.now = now,
		.type = PULSE_EV_OPTIONS_ENDED,
		.timed_out = timed_out,
	};

	return pulse_step(&p, &ev);
}

static void test_options(void)
{
	uint64_t start;

	begin(0, STUNKEEP_OFF);
	ok(mono_is_never(pulse_next_expiry(&p)), "off by default: never");

	begin(30000, STUNKEEP_OFF);
	is_int(on(false, true), 0, "no line works with it: no OPTIONS");
	start = now.ns;
	is_int(on(true, true), PULSE_ACT_OPTIONS, "one does: OPTIONS");
	ok(now.ns - start >= 25000000000 && now.ns - start <= 30000000000,
	   "25..30 s later");
	start = now.ns;
	is_int(ended(false), 0, "answered: nothing");
	is_int(on(true, true), PULSE_ACT_OPTIONS, "the next one");
	ok(now.ns - start <= 30000000000, "from start to start");
	is_int(on(true, true), 0, "not while one is out");
	is_int(ended(true), PULSE_ACT_SIGNAL, "unanswered: the lines are told");
	is_int(ended(true), 0, "once");
	is_int(on(true, true), PULSE_ACT_OPTIONS, "and it goes on");
}

static void test_both(void)
{
	struct pulse_ev ev = {
		.type = PULSE_EV_STUN,
		.stun = { .type = STUNKEEP_EV_ANSWER },
	};
	unsigned int seen = 0, i;

	begin(60000, STUNKEEP_CRLF);
	for (i = 0; i < 10; i++)
		seen |= on(true, true);
	ok(seen & PULSE_ACT_OPTIONS && seen & STUNKEEP_ACT_CRLF,
	   "OPTIONS and CRLF beside each other");

	begin(0, STUNKEEP_STUN);
	is_int(on(true, true), STUNKEEP_ACT_NEW | STUNKEEP_ACT_REQUEST,
	       "STUN goes out");
	ev.now = ev.stun.now = now;
	addr_parse(&ev.stun.mapped, "192.0.2.1", 4000, TRANSPORT_UDP);
	is_int(pulse_step(&p, &ev), 0, "its answer comes in");
	ok(p.stun.answered, "and counts");
	ev.stun.type = STUNKEEP_EV_EXPIRY;
	ev.stun.now = MONO_NEVER;
	is_int(pulse_step(&p, &ev), 0, "its time is not told from outside");
	ev.type = PULSE_EV_TYPES;
	is_int(pulse_step(&p, &ev), 0, "no such event");
	is_str(pulse_ev_name(PULSE_EV_STUN), "stun", "a name");
	is_str(pulse_ev_name(PULSE_EV_TYPES), "invalid", "and none");
}

static void tell(uint8_t type)
{
	struct pulse_ev ev = { .now = now, .type = type };

	is_int(pulse_step(&p, &ev), 0, "%s", pulse_ev_name(type));
}

/* Signs table, 8. */
static void test_shut(void)
{
	begin(0, STUNKEEP_OFF);
	tell(PULSE_EV_SHUT);
	is_int(on(true, true), PULSE_ACT_STILL_LATE, "a shut window");
	is_int((int)(now.ns / 1000000), PULSE_SHUT_MS, "is a sign after 5 s");
	ok(mono_is_never(pulse_next_expiry(&p)), "once");
	tell(PULSE_EV_SHUT);
	tell(PULSE_EV_ANSWERED);
	ok(mono_is_never(pulse_next_expiry(&p)), "none if the answer came");
	tell(PULSE_EV_SHUT);
	tell(PULSE_EV_GIVEN_UP);
	ok(mono_is_never(pulse_next_expiry(&p)), "or nobody waits for it");
}

int main(void)
{
	test_shut();
	test_options();
	test_both();
	return tap_done();
}
