// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* core/stunkeep: keep-alives of a NAT's mapping. */
#include "../tap.h"

#include "../../userspace/core/stunkeep.h"

#define CRLF STUNKEEP_ACT_CRLF
#define FIRST (STUNKEEP_ACT_NEW | STUNKEEP_ACT_REQUEST)
#define AGAIN STUNKEEP_ACT_REQUEST

static struct stunkeep k;
static struct mono now;

static uint64_t ms(void)
{
	return now.ns / 1000000;
}

static void begin(enum stunkeep_mode mode)
{
	struct stunkeep_cfg cfg = {
		.interval_ms = 29000, .rto_ms = 500, .mode = (uint8_t)mode,
	};

	now = (struct mono){ 0 };
	stunkeep_init(&k, &cfg, now, 7);
}

static unsigned int event(uint8_t type, const char *mapped)
{
	struct stunkeep_ev ev = { .now = now, .type = type };

	if (mapped)
		addr_parse(&ev.mapped, mapped, 4000, TRANSPORT_UDP);
	return stunkeep_step(&k, &ev);
}

/* To its next deadline. */
static unsigned int on(bool wanted)
{
	struct stunkeep_ev ev = { .type = STUNKEEP_EV_EXPIRY, .wanted = wanted };

	ev.now = now = stunkeep_next_expiry(&k);
	return stunkeep_step(&k, &ev);
}

static unsigned int answered(const char *mapped)
{
	unsigned int acts = on(true);

	return acts == FIRST ? event(STUNKEEP_EV_ANSWER, mapped) : 0x100;
}

/* A whole round without an answer: what its end says. */
static unsigned int silence(void)
{
	unsigned int acts = on(true), n = 1;

	if (acts != FIRST)
		return 0x100;
	for (; (acts = on(true)) == AGAIN; n++)
		;
	return n == STUNKEEP_SENDS ? acts : 0x200;
}

static void test_crlf(void)
{
	uint64_t least = UINT64_MAX, most = 0, last = 0;
	unsigned int wrong = 0, i;

	begin(STUNKEEP_OFF);
	ok(mono_is_never(stunkeep_next_expiry(&k)), "off: never");
	is_int(event(STUNKEEP_EV_EXPIRY, NULL), 0, "and nothing");

	begin(STUNKEEP_CRLF);
	for (i = 0; i < 200; i++) {
		wrong += on(true) != CRLF;
		if (ms() - last < least)
			least = ms() - last;
		if (ms() - last > most)
			most = ms() - last;
		last = ms();
	}
	is_int(wrong, 0, "CRLF each time");
	ok(least >= 24000 && least < 24500 && most <= 29000 && most > 28500,
	   "every 24..29 s (%llu..%llu)", (unsigned long long)least,
	   (unsigned long long)most);
	is_int(on(false), 0, "nobody is bound there: nothing");
	is_int(on(true), CRLF, "until somebody is");
	now.ns -= 1;
	is_int(event(STUNKEEP_EV_EXPIRY, NULL), 0, "not before its time");
}

static void test_answers(void)
{
	uint64_t start;

	begin(STUNKEEP_STUN);
	is_int(event(STUNKEEP_EV_ANSWER, "192.0.2.1"), 0,
	       "an answer to nothing means nothing");
	is_int(answered("192.0.2.1"), 0, "the first answer");
	start = ms();
	is_int(event(STUNKEEP_EV_ANSWER, "192.0.2.2"), 0, "a second one: late");
	is_int(answered("192.0.2.1"), 0, "the same address");
	ok(ms() - start >= 24000 && ms() - start <= 29000, "24..29 s later");
	is_int(answered("192.0.2.2"), STUNKEEP_ACT_CHANGED, "another address");
	is_int(answered("192.0.2.2"), 0, "is told once");
	on(true);
	is_int(event(STUNKEEP_EV_REFUSED, NULL), 0, "an error is an answer");
	is_int(silence(), STUNKEEP_ACT_SILENT, "so silence after it is a sign");
	is_int(answered("192.0.2.2"), 0, "the mapping outlived it");
	is_int(on(false), 0, "nobody is bound there any more");
	is_int(answered("192.0.2.3"), 0,
	       "then another address is no change of a flow");
}

static void test_silence(void)
{
	uint64_t start, sent[STUNKEEP_SENDS];
	unsigned int i;

	begin(STUNKEEP_STUN);
	for (i = 0; i < STUNKEEP_SENDS; i++) {
		is_int(on(true), i ? AGAIN : FIRST, "send %u", i + 1);
		sent[i] = ms();
	}
	start = sent[0];
	ok(sent[1] - start == 500 && sent[2] - start == 1500 &&
	   sent[3] - start == 3500 && sent[6] - start == 31500,
	   "at 0, 0.5, 1.5, 3.5 .. 31.5 s");
	is_int(on(true), STUNKEEP_ACT_FALLBACK | CRLF,
	       "never answered: CRLF, no suspicion");
	is_int(ms() - start, 39500, "after 39.5 s (R-49)");
	is_int(on(true), CRLF, "from now on");
	on(false);
	is_int(on(true), FIRST, "asked anew when it was out of use");

	begin(STUNKEEP_STUN);
	answered("192.0.2.1");
	is_int(silence(), STUNKEEP_ACT_SILENT, "it answered before: a sign");
	is_int(silence(), STUNKEEP_ACT_FALLBACK | CRLF,
	       "a second time: it does no STUN any more");

	begin(STUNKEEP_STUN);
	answered("192.0.2.1");
	on(true);
	is_int(event(STUNKEEP_EV_FAILED, NULL), 0,
	       "an error that was told elsewhere");
	start = ms();
	is_int(on(true), FIRST, "ends the round");
	ok(ms() - start >= 24000, "until the next one");
	is_int(on(false), 0, "in the middle of a round nobody wants it");
	is_int(on(true), FIRST, "the next one begins anew");
}

/* */
static void pace(uint16_t pace_s)
{
	struct stunkeep_ev ev = {
		.now = now, .type = STUNKEEP_EV_PACE, .pace_s = pace_s,
	};

	is_int(stunkeep_step(&k, &ev), 0, "a pace of %u s", pace_s);
}

static bool due_in(uint64_t least, uint64_t most)
{
	uint64_t at = stunkeep_next_expiry(&k).ns / 1000000 - ms();

	return at >= least && at <= most;
}

static void test_pace(void)
{
	begin(STUNKEEP_OFF);
	pace(0);
	ok(mono_is_never(stunkeep_next_expiry(&k)), "off, and none is wanted");
	pace(10);
	ok(due_in(8000, 10000), "80..100 %% of what the server wants (R-44)");
	is_int(on(true), FIRST, "by STUN");
	pace(20);
	is_int(on(true), AGAIN, "the request that is out is not given up");
	event(STUNKEEP_EV_ANSWER, "192.0.2.1");
	ok(due_in(16000, 20000), "then the other pace");
	is_int(on(false), 0, "nobody is bound there any more");
	ok(mono_is_never(stunkeep_next_expiry(&k)), "so it is off again");

	begin(STUNKEEP_CRLF);
	pace(100);
	ok(due_in(80000, 100000), "less often than configured, too");
	is_int(on(true), CRLF, "by CRLF, as configured");
	on(false);
	ok(due_in(24000, 29000), "out of use: the configured pace");
}

int main(void)
{
	test_pace();
	test_crlf();
	test_answers();
	test_silence();
	return tap_done();
}
