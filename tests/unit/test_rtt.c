// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* core/rtt: the round trip smoothed, and what is late. */
#include "../tap.h"

#include "../../userspace/core/rtt.h"

static struct mono ms(uint64_t t)
{
	return (struct mono){ t * 1000000 };
}

static void test_estimate(void)
{
	struct rtt r;
	int i;

	rtt_init(&r, 10);
	rtt_answered(&r, 100000);
	ok(r.srtt_us == 100000 && r.rttvar_us == 50000,
	   "the first sample, and half of it (RFC 6298 2.2)");
	is_int(rtt_patience_ms(&r), 300, "SRTT + 4 RTTVAR");
	rtt_answered(&r, 180000);
	ok(r.srtt_us == 110000 && r.rttvar_us == 57500,
	   "then 1/8 and 1/4, the variation first (2.3)");
	rtt_answered(&r, 0);
	ok(r.srtt_us == 110000 && r.rttvar_us == 57500, "no sample, no change");
	for (i = 0; i < 200; i++)
		rtt_answered(&r, 1000);
	ok(r.srtt_us < 1100 && r.rttvar_us < 50, "it comes down");
	is_int(rtt_patience_ms(&r), 10, "to the floor");
	for (i = 0; i < 200; i++)
		rtt_answered(&r, 1);
	ok(r.srtt_us >= 1, "never to no sample at all");
	rtt_init(&r, 10);
	rtt_answered(&r, UINT32_MAX);
	is_int(rtt_patience_ms(&r), 180000, "a minute is the longest");
}

static void test_late(void)
{
	struct rtt r;

	rtt_init(&r, 0);
	rtt_answered(&r, 1000);
	rtt_sent(&r, ms(0));
	ok(mono_is_never(rtt_next_expiry(&r)), "off: nothing is late");

	rtt_init(&r, 50);
	rtt_sent(&r, ms(0));
	ok(mono_is_never(rtt_next_expiry(&r)), "nor before the first sample");
	rtt_answered(&r, 20000);
	rtt_sent(&r, ms(1000));
	is_int(rtt_next_expiry(&r).ns, ms(1060).ns, "20 + 4 * 10 ms");
	rtt_sent(&r, ms(1010));
	is_int(rtt_next_expiry(&r).ns, ms(1060).ns, "the first one counts");
	ok(!rtt_expired(&r, ms(1059)), "not yet");
	rtt_answered(&r, 0);
	ok(!rtt_expired(&r, ms(2000)), "answered in time");

	rtt_sent(&r, ms(3000));
	ok(rtt_expired(&r, ms(3060)), "late");
	ok(!rtt_expired(&r, ms(9000)), "once");
	rtt_sent(&r, ms(9000));
	ok(mono_is_never(rtt_next_expiry(&r)), "nothing more is late");
	rtt_answered(&r, 0);
	rtt_sent(&r, ms(9500));
	is_int(rtt_next_expiry(&r).ns, ms(9560).ns,
	       "until the server was heard");
	rtt_given_up(&r);
	ok(mono_is_never(rtt_next_expiry(&r)), "an error tells more");
}

int main(void)
{
	test_estimate();
	test_late();
	return tap_done();
}
