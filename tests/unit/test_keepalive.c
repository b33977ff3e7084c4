// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* core/keepalive: R-45, and the limit of a connection's start. */
#include "../tap.h"

#include "../../userspace/core/keepalive.h"

#define INTERVAL 120000
#define START 15000

static struct keepalive k;

static enum keepalive_act step(uint64_t ms, uint8_t type)
{
	struct keepalive_ev ev = { .now = { ms * 1000000 }, .type = type };

	return keepalive_step(&k, &ev);
}

/* Milliseconds of the next expiry; -1: never. */
static long long due(void)
{
	struct mono at = keepalive_next_expiry(&k);

	return mono_is_never(at) ? -1 : (long long)(at.ns / 1000000);
}

static void test_start(void)
{
	keepalive_init(&k, INTERVAL, START, 1);
	is_int(due(), -1, "no flow, no time");
	is_int(step(5, KEEPALIVE_EV_EXPIRY), KEEPALIVE_ACT_NONE, "nor act");
	step(10, KEEPALIVE_EV_UP);
	step(10, KEEPALIVE_EV_HEARD);
	step(10, KEEPALIVE_EV_PONG);
	is_int(k.state, KEEPALIVE_NONE, "nor by stray events");
	step(1000, KEEPALIVE_EV_START);
	is_int(due(), 1000 + START, "a start has a limit");
	step(1500, KEEPALIVE_EV_PONG);
	is_int(due(), 1000 + START, "that nothing moves");
	is_int(step(15999, KEEPALIVE_EV_EXPIRY), KEEPALIVE_ACT_NONE, "early");
	is_int(step(16000, KEEPALIVE_EV_EXPIRY), KEEPALIVE_ACT_NOT_UP,
	       "then the flow has failed");
	is_int(due(), -1, "once");
	keepalive_init(&k, INTERVAL, 0, 1);
	step(0, KEEPALIVE_EV_START);
	is_int(due(), -1, "no limit where TCP has its own");
}

static void test_ping(void)
{
	keepalive_init(&k, INTERVAL, START, 2);
	step(0, KEEPALIVE_EV_START);
	step(100, KEEPALIVE_EV_UP);
	ok(due() >= 100 + INTERVAL * 4 / 5 && due() <= 100 + INTERVAL,
	   "a ping after 96..120 s");
	is_int(step(due(), KEEPALIVE_EV_EXPIRY), KEEPALIVE_ACT_PING, "ping");
	is_int(k.state, KEEPALIVE_PINGED, "waits");
	{
		uint64_t pinged = (uint64_t)due() - KEEPALIVE_PONG_MS;

		step(pinged + 500, KEEPALIVE_EV_HEARD);
		is_int(due(), pinged + KEEPALIVE_PONG_MS,
		       "a message is no pong");
		is_int(step(pinged + 9999, KEEPALIVE_EV_EXPIRY),
		       KEEPALIVE_ACT_NONE, "9.999 s: wait");
		is_int(step(pinged + 10000, KEEPALIVE_EV_EXPIRY),
		       KEEPALIVE_ACT_NO_PONG, "10 s: failed (R-45)");
	}
	is_int(due(), -1, "and that is all");
	is_int(k.state, KEEPALIVE_NONE, "no flow");
}

static void test_pong(void)
{
	uint64_t now;

	keepalive_init(&k, INTERVAL, START, 3);
	step(0, KEEPALIVE_EV_START);
	step(0, KEEPALIVE_EV_UP);
	now = (uint64_t)due();
	step(now, KEEPALIVE_EV_EXPIRY);
	step(now + 20, KEEPALIVE_EV_PONG);
	is_int(k.state, KEEPALIVE_QUIET, "ponged");
	ok(due() >= (long long)now + 20 + INTERVAL * 4 / 5,
	   "the next one is an interval away");
	step(now + 30, KEEPALIVE_EV_PONG);
	ok(due() >= (long long)now + 20 + INTERVAL * 4 / 5, "a stray pong");
	step(now + 40, KEEPALIVE_EV_END);
	is_int(due(), -1, "the end of the flow");
}

static void test_traffic(void)
{
	long long first, pause;

	keepalive_init(&k, INTERVAL, START, 4);
	step(0, KEEPALIVE_EV_START);
	step(0, KEEPALIVE_EV_UP);
	first = pause = due();
	step(50000, KEEPALIVE_EV_HEARD);
	is_int(due(), first, "a message sets no timer");
	is_int(step((uint64_t)first, KEEPALIVE_EV_EXPIRY), KEEPALIVE_ACT_NONE,
	       "but spares the ping");
	is_int(due(), 50000 + pause, "until the silence is long enough");
	is_int(step(50000 + (uint64_t)pause, KEEPALIVE_EV_EXPIRY),
	       KEEPALIVE_ACT_PING, "then it goes out");
}

static void test_off(void)
{
	keepalive_init(&k, 0, START, 5);
	step(0, KEEPALIVE_EV_START);
	is_int(due(), START, "no pings: a start has its limit");
	step(10, KEEPALIVE_EV_UP);
	is_int(due(), -1, "and no more");
}

/* the server's pace, 80..100 % of it, for the flow it was told on. */
static void test_pace(void)
{
	struct keepalive_ev ev = { .type = KEEPALIVE_EV_PACE, .pace_s = 10 };

	keepalive_init(&k, 0, START, 6);
	keepalive_step(&k, &ev);
	is_int(due(), -1, "no flow: nothing to pace");
	step(0, KEEPALIVE_EV_START);
	step(0, KEEPALIVE_EV_UP);
	is_int(due(), -1, "no pings of our own");
	ev.now.ns = 1000 * 1000000ull;
	keepalive_step(&k, &ev);
	ok(due() >= 9000 && due() <= 11000, "as often as the server wants");
	ev.now.ns += 1000 * 1000000ull;
	ev.pace_s = 0;
	keepalive_step(&k, &ev);
	ok(due() <= 11000, "an answer that does not say changes nothing");
	ev.pace_s = 30;
	is_int(step((uint64_t)due(), KEEPALIVE_EV_EXPIRY), KEEPALIVE_ACT_PING,
	       "ping");
	keepalive_step(&k, &ev);
	ok(k.state == KEEPALIVE_PINGED, "another pace does not end the wait");
	step(13000, KEEPALIVE_EV_PONG);
	ok(due() >= 13000 + 24000 && due() <= 13000 + 30000,
	   "and holds after it");
	step(14000, KEEPALIVE_EV_END);
	step(14000, KEEPALIVE_EV_START);
	step(14000, KEEPALIVE_EV_UP);
	is_int(due(), -1, "another flow has its own");
}

static void test_jitter(void)
{
	long long low = INTERVAL, high = 0, at;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		keepalive_init(&k, INTERVAL, START, i);
		step(0, KEEPALIVE_EV_START);
		step(0, KEEPALIVE_EV_UP);
		at = due();
		low = at < low ? at : low;
		high = at > high ? at : high;
	}
	ok(low >= 96000 && low < 97000, "from 96 s (R-45)");
	ok(high <= 120000 && high > 119000, "to 120 s");
}

int main(void)
{
	test_start();
	test_ping();
	test_pong();
	test_traffic();
	test_off();
	test_pace();
	test_jitter();
	return tap_done();
}
