// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "../tap.h"

#include <stdlib.h>

#include "../../userspace/core/rng.h"
#include "../../userspace/core/txn.h"

#define S TXN_ACT_SEND
#define A TXN_ACT_ACK
#define D TXN_ACT_DELIVER
#define L TXN_ACT_LATE
#define T TXN_ACT_TIMEOUT
#define E TXN_ACT_ERROR
#define F TXN_ACT_FREE

#define MS(ms) ((struct mono){ (uint64_t)(ms) * 1000000 })
#define START_MS 1000

static const struct txn_cfg udp = {
	.t1_ms = 500, .t2_ms = 4000, .t4_ms = 5000,
	.retries = TXN_RETRIES_FULL,
};

static struct txn_cfg cfg_of(int retries, bool reliable)
{
	struct txn_cfg c = udp;

	c.retries = (int16_t)retries;
	c.reliable = reliable;
	return c;
}

static unsigned int step(struct txn *t, uint64_t ms, uint8_t type,
			 uint16_t status)
{
	struct txn_ev ev = { .now = MS(ms), .type = type, .status = status };

	return txn_step(t, &ev);
}

static uint64_t ms_of(struct mono m)
{
	return m.ns / 1000000;
}

static void client(struct txn *t, enum txn_kind kind, int retries,
		   bool reliable)
{
	struct txn_cfg c = cfg_of(retries, reliable);

	txn_init(t, kind, &c);
	step(t, START_MS, TXN_EV_START, 0);
}

static void server(struct txn *t, enum txn_kind kind, bool reliable)
{
	struct txn_cfg c = cfg_of(TXN_RETRIES_FULL, reliable);

	txn_init(t, kind, &c);
	step(t, START_MS, TXN_EV_REQUEST, 0);
}

/* Runs the deadlines until the end and writes what happens, times relative to
 * start: "0.500 S, 1.500 S, 3.500 TF".  A nanosecond before each of them
 * nothing may happen. */
static const char *run(struct txn *t, uint64_t from_ms)
{
	static char out[600];
	size_t n = 0;
	int i;

	out[0] = '\0';
	for (i = 0; i < 40 && !mono_is_never(txn_next_expiry(t)); i++) {
		struct txn_ev ev = { .now = txn_next_expiry(t),
				     .type = TXN_EV_EXPIRY };
		uint64_t ms = ms_of(ev.now) - from_ms;
		unsigned int acts;
		struct txn before = *t;

		ev.now.ns--;
		/* NOLINTNEXTLINE(*-memory-comparison,cert-*): all of it */
		if (txn_step(t, &ev) || memcmp(&before, t, sizeof(before)) != 0)
			return "too early";
		ev.now.ns++;
		acts = txn_step(t, &ev);
		n += (size_t)snprintf(out + n, sizeof(out) - n,
				      "%s%u.%03u %s%s%s%s", n ? ", " : "",
				      (unsigned int)(ms / 1000),
				      (unsigned int)(ms % 1000),
				      acts & S ? "S" : "", acts & T ? "T" : "",
				      acts & F ? "F" : "",
				      acts & ~(unsigned int)(S | T | F) ?
				      "?" : "");
		if (n >= sizeof(out))
			return "too long";
	}
	return out;
}

/* Given up by T, then 64*T1 more for an answer that comes late (C-29). */
static void test_invite_budget(void)
{
	static const struct {
		int retries;
		bool reliable;
		const char *want;
	} c[] = {
		{ -1, false, "0.500 S, 1.500 S, 3.500 S, 7.500 S, 15.500 S, "
			     "31.500 S, 32.000 T, 64.000 F" },
		{ 3, false, "0.500 S, 1.500 S, 3.500 S, 7.500 T, 39.500 F" },
		{ 0, false, "0.500 T, 32.500 F" },
		{ 1, false, "0.500 S, 1.500 T, 33.500 F" },
		{ 5, false, "0.500 S, 1.500 S, 3.500 S, 7.500 S, 15.500 S, "
			    "31.500 T, 63.500 F" },
		{ 6, false, "0.500 S, 1.500 S, 3.500 S, 7.500 S, 15.500 S, "
			    "31.500 S, 32.000 T, 64.000 F" },
		{ 20, false, "0.500 S, 1.500 S, 3.500 S, 7.500 S, 15.500 S, "
			     "31.500 S, 32.000 T, 64.000 F" },
		{ -1, true, "32.000 T, 64.000 F" },
		{ 3, true, "7.500 T, 39.500 F" },
		{ 0, true, "0.500 T, 32.500 F" },
		{ 20, true, "32.000 T, 64.000 F" },
	};
	struct txn t;
	size_t i;

	for (i = 0; i < sizeof(c) / sizeof(*c); i++) {
		client(&t, TXN_INVITE_CLIENT, c[i].retries, c[i].reliable);
		is_str(run(&t, START_MS), c[i].want,
		       "INVITE, retries %d, %s: timers A and B", c[i].retries,
		       c[i].reliable ? "TCP" : "UDP");
		is_int(t.state, TXN_TERMINATED, "and it is over");
	}
}

static void test_non_invite_budget(void)
{
	static const struct {
		int retries;
		bool reliable;
		const char *want;
	} c[] = {
		{ -1, false, "0.500 S, 1.500 S, 3.500 S, 7.500 S, 11.500 S, "
			     "15.500 S, 19.500 S, 23.500 S, 27.500 S, "
			     "31.500 S, 32.000 TF" },
		{ 3, false, "0.500 S, 1.500 S, 3.500 S, 7.500 TF" },
		{ 5, false, "0.500 S, 1.500 S, 3.500 S, 7.500 S, 11.500 S, "
			    "15.500 TF" },
		{ 0, false, "0.500 TF" },
		{ 9, false, "0.500 S, 1.500 S, 3.500 S, 7.500 S, 11.500 S, "
			    "15.500 S, 19.500 S, 23.500 S, 27.500 S, "
			    "31.500 TF" },
		{ -1, true, "32.000 TF" },
		{ 3, true, "7.500 TF" },
		{ 4, true, "11.500 TF" },
		{ 0, true, "0.500 TF" },
	};
	struct txn t;
	size_t i;

	for (i = 0; i < sizeof(c) / sizeof(*c); i++) {
		client(&t, TXN_CLIENT, c[i].retries, c[i].reliable);
		is_str(run(&t, START_MS), c[i].want,
		       "non-INVITE, retries %d, %s: timers E and F",
		       c[i].retries, c[i].reliable ? "TCP" : "UDP");
	}
	client(&t, TXN_CLIENT, 3, false);
	run(&t, START_MS);
	is_int(t.sends, 4, "retries 3: four transmissions");
}

/* F-26, C-10: a time beside the count, whichever ends first. */
static void test_limit(void)
{
	static const struct {
		int retries;
		uint32_t limit_ms;
		const char *want;
	} c[] = {
		{ 3, 2000, "0.500 S, 1.500 S, 2.000 TF" },
		{ 3, 7500, "0.500 S, 1.500 S, 3.500 S, 7.500 TF" },
		{ 0, 2000, "0.500 TF" },
		{ 20, 200, "0.200 TF" },
		{ 1, 60000, "0.500 S, 1.500 TF" },
	};
	struct txn_cfg cfg;
	struct txn t;
	size_t i;

	for (i = 0; i < sizeof(c) / sizeof(*c); i++) {
		client(&t, TXN_CLIENT, c[i].retries, false);
		cfg = t.cfg;
		cfg.limit_ms = c[i].limit_ms;
		txn_init(&t, TXN_CLIENT, &cfg);
		step(&t, START_MS, TXN_EV_START, 0);
		is_str(run(&t, START_MS), c[i].want, "%d retries, %u ms",
		       c[i].retries, c[i].limit_ms);
	}
	cfg = cfg_of(TXN_RETRIES_FULL, true);
	cfg.limit_ms = 1000;
	txn_init(&t, TXN_CLIENT, &cfg);
	step(&t, START_MS, TXN_EV_START, 0);
	is_str(run(&t, START_MS), "32.000 TF", "not for the last server (F-41)");
}

static void test_invite_responses(void)
{
	struct txn t;

	client(&t, TXN_INVITE_CLIENT, 3, false);
	is_int(step(&t, 1200, TXN_EV_RESPONSE, 100), D, "INVITE: 100");
	ok(t.provisional && t.state == TXN_PROCEEDING, "Proceeding");
	ok(mono_is_never(txn_next_expiry(&t)), "no timer A, no timer B");
	is_int(step(&t, 1000000, TXN_EV_EXPIRY, 0), 0, "nothing ends it");
	is_int(step(&t, 1000000, TXN_EV_TRANSPORT, 0), 0, "C-30");
	is_int(step(&t, 1000000, TXN_EV_RESPONSE, 180), D, "180");
	is_int(step(&t, 1000100, TXN_EV_RESPONSE, 200), D, "200");
	is_int(t.state, TXN_ACCEPTED, "Accepted (RFC 6026)");
	is_int(t.status, 200, "status kept");
	is_int(step(&t, 1000200, TXN_EV_RESPONSE, 200), D, "2xx again");
	is_int(step(&t, 1000200, TXN_EV_RESPONSE, 486), 0, "486 after 2xx");
	is_int(step(&t, 1000200, TXN_EV_TRANSPORT, 0), 0, "C-30");
	is_int(step(&t, 1000200, TXN_EV_ABANDON, 0), 0, "final: no abandon");
	is_str(run(&t, 1000100), "32.000 F", "timer M");

	client(&t, TXN_INVITE_CLIENT, 3, true);
	step(&t, 1200, TXN_EV_RESPONSE, 200);
	is_str(run(&t, 1200), "32.000 F", "timer M on TCP too");

	client(&t, TXN_INVITE_CLIENT, 3, false);
	is_int(step(&t, 1200, TXN_EV_RESPONSE, 486), A | D, "486: ACK, deliver");
	is_int(step(&t, 1300, TXN_EV_RESPONSE, 486), A, "again: ACK only");
	is_int(step(&t, 1300, TXN_EV_RESPONSE, 180), 0, "180 after it");
	is_int(step(&t, 1300, TXN_EV_RESPONSE, 200), 0, "200 after it");
	is_int(step(&t, 1300, TXN_EV_TRANSPORT, 0), 0, "C-30");
	is_str(run(&t, 1200), "32.000 F", "timer D");

	client(&t, TXN_INVITE_CLIENT, 3, true);
	is_int(step(&t, 1200, TXN_EV_RESPONSE, 503), A | D | F,
	       "TCP: timer D is 0");
	is_int(t.state, TXN_TERMINATED, "over");

	client(&t, TXN_INVITE_CLIENT, 3, false);
	is_int(step(&t, 1200, TXN_EV_TRANSPORT, 0), E,
	       "transport error in Calling");
	is_int(step(&t, 1300, TXN_EV_RESPONSE, 200), D | L,
	       "a copy sent before the error may be answered (C-29)");
	is_str(run(&t, 1200), "32.000 F", "for 64*T1 more");

	client(&t, TXN_INVITE_CLIENT, 0, false);
	is_int(step(&t, START_MS + 500, TXN_EV_EXPIRY, 0), T, "given up");
	is_int(step(&t, START_MS + 600, TXN_EV_RESPONSE, 200), D | L,
	       "a 2xx after that is told as late (R-30)");
	is_int(step(&t, START_MS + 700, TXN_EV_RESPONSE, 486), A,
	       "a rejection is only ACKed");
}

static void test_abandon(void)
{
	struct txn t;

	client(&t, TXN_INVITE_CLIENT, 3, false);
	is_int(step(&t, 2000, TXN_EV_ABANDON, 0), 0, "INVITE: abandon");
	is_int(t.state, TXN_ABANDONED, "Abandoned");
	is_int(step(&t, 2500, TXN_EV_EXPIRY, 0), 0, "not sent again");
	is_int(step(&t, 2600, TXN_EV_TRANSPORT, 0), 0, "transport error");
	is_int(step(&t, 2600, TXN_EV_RESPONSE, 180), 0, "late 180");
	is_int(step(&t, 2700, TXN_EV_RESPONSE, 200), D | L, "late 200");
	is_int(step(&t, 2800, TXN_EV_RESPONSE, 200), D | L, "and again");
	is_int(step(&t, 2900, TXN_EV_RESPONSE, 487), A, "late 487");
	is_int(step(&t, 2900, TXN_EV_ABANDON, 0), 0, "abandoned twice");
	is_str(run(&t, 2000), "32.000 F", "64*T1 from the abandon");

	client(&t, TXN_INVITE_CLIENT, 3, false);
	step(&t, 1200, TXN_EV_RESPONSE, 180);
	is_int(step(&t, 50000, TXN_EV_ABANDON, 0), 0, "after 180 too");
	is_str(run(&t, 50000), "32.000 F", "with an end");

	client(&t, TXN_CLIENT, 3, false);
	is_int(step(&t, 1200, TXN_EV_ABANDON, 0), F, "non-INVITE: gone");
	is_int(t.state, TXN_TERMINATED, "at once");
	client(&t, TXN_CLIENT, 3, false);
	step(&t, 1200, TXN_EV_RESPONSE, 100);
	is_int(step(&t, 1200, TXN_EV_ABANDON, 0), F, "after a 1xx too");

	txn_init(&t, TXN_INVITE_CLIENT, &udp);
	is_int(step(&t, 1200, TXN_EV_ABANDON, 0), F, "never sent: gone");
}

static void test_non_invite_responses(void)
{
	struct txn t;

	client(&t, TXN_CLIENT, 3, false);
	is_int(step(&t, 1600, TXN_EV_EXPIRY, 0), S, "E at 0.5 s, late");
	is_int(step(&t, 1700, TXN_EV_RESPONSE, 100), D, "100");
	is_str(run(&t, START_MS), "1.500 S, 5.500 S, 9.500 S, 13.500 S, "
	       "17.500 S, 21.500 S, 25.500 S, 29.500 S, 32.000 TF",
	       "after a 1xx: every T2, full 64*T1 instead of the budget");

	client(&t, TXN_CLIENT, 3, true);
	step(&t, 1700, TXN_EV_RESPONSE, 100);
	is_str(run(&t, START_MS), "32.000 TF", "on TCP too");

	client(&t, TXN_CLIENT, 3, false);
	step(&t, 1700, TXN_EV_RESPONSE, 100);
	is_int(step(&t, 1800, TXN_EV_TRANSPORT, 0), E | F,
	       "transport error in Proceeding");

	client(&t, TXN_CLIENT, 3, false);
	is_int(step(&t, 1700, TXN_EV_RESPONSE, 200), D, "200");
	is_int(step(&t, 1800, TXN_EV_RESPONSE, 200), 0, "again: absorbed");
	is_int(step(&t, 1800, TXN_EV_TRANSPORT, 0), 0, "C-30");
	is_str(run(&t, 1700), "5.000 F", "timer K");

	client(&t, TXN_CLIENT, 3, false);
	step(&t, 1700, TXN_EV_RESPONSE, 100);
	is_int(step(&t, 1800, TXN_EV_RESPONSE, 503), D, "503 after 100");
	is_str(run(&t, 1800), "5.000 F", "timer K");

	client(&t, TXN_CLIENT, 3, true);
	is_int(step(&t, 1700, TXN_EV_RESPONSE, 401), D | F, "TCP: K is 0");
	is_int(step(&t, 1700, TXN_EV_RESPONSE, 401), 0, "over is over");

	client(&t, TXN_CLIENT, 3, false);
	is_int(step(&t, 1700, TXN_EV_RESPONSE, 99), 0, "status 99");
	is_int(step(&t, 1700, TXN_EV_RESPONSE, 700), 0, "status 700");
	is_int(step(&t, 1700, TXN_EV_RESPONSE, 0), 0, "status 0");
	is_int(t.state, TXN_CALLING, "are nothing");
	is_int(step(&t, 1700, TXN_EV_RESPONSE, 699), D, "699 is one");
}

static void test_invite_server(void)
{
	struct txn t;

	txn_init(&t, TXN_INVITE_SERVER, &udp);
	is_int(step(&t, 1000, TXN_EV_REQUEST, 0), D, "INVITE received");
	is_int(step(&t, 1100, TXN_EV_REQUEST, 0), 0, "again, nothing said yet");
	is_int(step(&t, 1200, TXN_EV_REPLY, 180), S, "180");
	is_int(step(&t, 1300, TXN_EV_REQUEST, 0), S, "again: 180 again");
	ok(mono_is_never(txn_next_expiry(&t)), "may ring for ever");
	is_int(step(&t, 1300, TXN_EV_TRANSPORT, 0), E, "180 not sent");
	is_int(t.state, TXN_PROCEEDING, "stays");
	is_int(step(&t, 1400, TXN_EV_REPLY, 486), S, "486");
	is_int(step(&t, 1500, TXN_EV_REQUEST, 0), S, "again: 486 again");
	is_int(step(&t, 1500, TXN_EV_REPLY, 200), 0, "too late for a 200");
	is_str(run(&t, 1400), "0.500 S, 1.500 S, 3.500 S, 7.500 S, 11.500 S, "
	       "15.500 S, 19.500 S, 23.500 S, 27.500 S, 31.500 S, 32.000 TF",
	       "timers G and H");

	server(&t, TXN_INVITE_SERVER, true);
	is_int(step(&t, 1400, TXN_EV_REPLY, 486), S, "TCP: 486");
	is_str(run(&t, 1400), "32.000 TF", "no G, but H");

	server(&t, TXN_INVITE_SERVER, false);
	step(&t, 1400, TXN_EV_REPLY, 486);
	step(&t, 1900, TXN_EV_EXPIRY, 0);
	is_int(step(&t, 2000, TXN_EV_ACK, 0), 0, "ACK");
	is_int(t.state, TXN_CONFIRMED, "Confirmed");
	is_int(step(&t, 2000, TXN_EV_ACK, 0), 0, "ACK again");
	is_int(step(&t, 2000, TXN_EV_REQUEST, 0), 0, "INVITE again");
	is_int(step(&t, 2000, TXN_EV_TRANSPORT, 0), 0, "nothing to send");
	is_str(run(&t, 2000), "5.000 F", "timer I");

	server(&t, TXN_INVITE_SERVER, true);
	step(&t, 1400, TXN_EV_REPLY, 486);
	is_int(step(&t, 2000, TXN_EV_ACK, 0), F, "TCP: timer I is 0");

	server(&t, TXN_INVITE_SERVER, false);
	is_int(step(&t, 1400, TXN_EV_REPLY, 200), S, "200");
	is_int(t.state, TXN_ACCEPTED, "Accepted");
	is_int(step(&t, 1500, TXN_EV_REQUEST, 0), 0, "INVITE again: absorbed");
	is_int(step(&t, 1900, TXN_EV_REPLY, 200), S, "the TU's 200 again");
	is_int(step(&t, 1900, TXN_EV_REPLY, 486), 0, "no other answer");
	is_int(step(&t, 1900, TXN_EV_TRANSPORT, 0), E, "200 not sent");
	is_int(step(&t, 2000, TXN_EV_ACK, 0), D, "ACK is the TU's");
	is_str(run(&t, 1400), "32.000 F", "timer L");
}

static void test_server(void)
{
	struct txn t;

	txn_init(&t, TXN_SERVER, &udp);
	is_int(step(&t, 1000, TXN_EV_REQUEST, 0), D, "BYE received");
	is_int(step(&t, 1100, TXN_EV_REQUEST, 0), 0, "Trying: absorbed");
	is_int(step(&t, 1200, TXN_EV_REPLY, 200), S, "200");
	is_int(step(&t, 1300, TXN_EV_REQUEST, 0), S, "again: 200 again");
	is_int(step(&t, 1300, TXN_EV_REPLY, 500), 0, "one answer only");
	is_int(step(&t, 1300, TXN_EV_ABANDON, 0), 0, "clients abandon");
	is_str(run(&t, 1200), "32.000 F", "timer J");

	server(&t, TXN_SERVER, false);
	is_int(step(&t, 1200, TXN_EV_REPLY, 100), S, "100");
	is_int(step(&t, 1300, TXN_EV_REQUEST, 0), S, "again: 100 again");
	is_int(step(&t, 1300, TXN_EV_TRANSPORT, 0), E, "not sent");
	is_int(step(&t, 1400, TXN_EV_REPLY, 404), S, "404");
	is_str(run(&t, 1400), "32.000 F", "timer J");

	server(&t, TXN_SERVER, true);
	is_int(step(&t, 1200, TXN_EV_REPLY, 200), S | F, "TCP: J is 0");
}

static void test_t1(void)
{
	struct txn_cfg c = { .t1_ms = 1000, .t2_ms = 4000, .t4_ms = 5000,
			     .retries = 2 };
	struct txn t;

	txn_init(&t, TXN_INVITE_CLIENT, &c);
	step(&t, 0, TXN_EV_START, 0);
	is_str(run(&t, 0), "1.000 S, 3.000 S, 7.000 T, 71.000 F", "T1 = 1 s");

	txn_init(&t, TXN_INVITE_CLIENT, &c);
	step(&t, 0, TXN_EV_START, 0);
	step(&t, 0, TXN_EV_RESPONSE, 404);
	is_str(run(&t, 0), "64.000 F", "timer D is no shorter than timer H");

	c.t1_ms = 100;
	txn_init(&t, TXN_INVITE_CLIENT, &c);
	step(&t, 0, TXN_EV_START, 0);
	step(&t, 0, TXN_EV_RESPONSE, 404);
	is_str(run(&t, 0), "32.000 F", "nor than 32 s");

	/* Nonsense of the configuration must not stop time. */
	c = (struct txn_cfg){ .retries = 3 };
	txn_init(&t, TXN_CLIENT, &c);
	step(&t, 0, TXN_EV_START, 0);
	is_int(step(&t, 0, TXN_EV_EXPIRY, 0), T | F, "all timers 0: given up");
	c = (struct txn_cfg){ .t1_ms = UINT32_MAX, .retries = 20 };
	txn_init(&t, TXN_CLIENT, &c);
	step(&t, 0, TXN_EV_START, 0);
	ok(step(&t, UINT32_MAX, TXN_EV_EXPIRY, 0) == S &&
	   txn_next_expiry(&t).ns > MS(UINT32_MAX).ns, "T2 = 0 goes on");
}

/* A phone that slept: one retransmission, not the whole series. */
static void test_late(void)
{
	struct txn t;

	client(&t, TXN_INVITE_CLIENT, -1, false);
	is_int(step(&t, START_MS + 20000, TXN_EV_EXPIRY, 0), S, "after 20 s");
	is_int(step(&t, START_MS + 20000, TXN_EV_EXPIRY, 0), 0, "only once");
	is_int(ms_of(txn_next_expiry(&t)), START_MS + 21000, "then by timer A");
	is_int(step(&t, START_MS + 40000, TXN_EV_EXPIRY, 0), T,
	       "past the end: no more");
}

/* Every cell of [kind][state][input] with timers far away, in the short form
 * "next/acts" ('.': nothing).  Written from RFC 3261 figures 5-8 and RFC 6026,
 * not from the code.
 *		START 100 200 486 REQUEST ACK reply:100 200 486 TRANSPORT ABANDON
 */
struct row {
	uint8_t kind, state;
	struct {
		int next;	/* -1: same */
		unsigned int acts;
	} in[11];
};

#define _ { -1, 0 }
#define GO(s, a) { TXN_##s, a }
#define DO(a) { -1, a }
#define NOTHING { _, _, _, _, _, _, _, _, _, _, _ }

static const struct row rows[] = {
	{ TXN_INVITE_CLIENT, TXN_IDLE,
	  { GO(CALLING, S), _, _, _, _, _, _, _, _,
	    GO(TERMINATED, E | F), GO(TERMINATED, F) } },
	{ TXN_INVITE_CLIENT, TXN_CALLING,
	  { _, GO(PROCEEDING, D), GO(ACCEPTED, D), GO(COMPLETED, A | D), _, _,
	    _, _, _, GO(ABANDONED, E), GO(ABANDONED, 0) } },
	{ TXN_INVITE_CLIENT, TXN_PROCEEDING,
	  { _, DO(D), GO(ACCEPTED, D), GO(COMPLETED, A | D), _, _, _, _, _, _,
	    GO(ABANDONED, 0) } },
	{ TXN_INVITE_CLIENT, TXN_ACCEPTED,
	  { _, _, DO(D), _, _, _, _, _, _, _, _ } },
	{ TXN_INVITE_CLIENT, TXN_COMPLETED,
	  { _, _, _, DO(A), _, _, _, _, _, _, _ } },
	{ TXN_INVITE_CLIENT, TXN_CONFIRMED, NOTHING },
	{ TXN_INVITE_CLIENT, TXN_ABANDONED,
	  { _, _, DO(D | L), DO(A), _, _, _, _, _, _, _ } },
	{ TXN_INVITE_CLIENT, TXN_TERMINATED, NOTHING },

	{ TXN_CLIENT, TXN_IDLE,
	  { GO(CALLING, S), _, _, _, _, _, _, _, _,
	    GO(TERMINATED, E | F), GO(TERMINATED, F) } },
	{ TXN_CLIENT, TXN_CALLING,
	  { _, GO(PROCEEDING, D), GO(COMPLETED, D), GO(COMPLETED, D), _, _, _,
	    _, _, GO(TERMINATED, E | F), GO(TERMINATED, F) } },
	{ TXN_CLIENT, TXN_PROCEEDING,
	  { _, DO(D), GO(COMPLETED, D), GO(COMPLETED, D), _, _, _, _, _,
	    GO(TERMINATED, E | F), GO(TERMINATED, F) } },
	{ TXN_CLIENT, TXN_ACCEPTED, NOTHING },
	{ TXN_CLIENT, TXN_COMPLETED,
	  { _, _, _, _, _, _, _, _, _, _, GO(TERMINATED, F) } },
	{ TXN_CLIENT, TXN_CONFIRMED, NOTHING },
	{ TXN_CLIENT, TXN_ABANDONED, NOTHING },
	{ TXN_CLIENT, TXN_TERMINATED, NOTHING },

	{ TXN_INVITE_SERVER, TXN_IDLE,
	  { _, _, _, _, GO(PROCEEDING, D), _, _, _, _, _, _ } },
	{ TXN_INVITE_SERVER, TXN_CALLING, NOTHING },
	{ TXN_INVITE_SERVER, TXN_PROCEEDING,
	  { _, _, _, _, DO(S), _, DO(S), GO(ACCEPTED, S), GO(COMPLETED, S),
	    DO(E), _ } },
	{ TXN_INVITE_SERVER, TXN_ACCEPTED,
	  { _, _, _, _, _, DO(D), _, DO(S), _, DO(E), _ } },
	{ TXN_INVITE_SERVER, TXN_COMPLETED,
	  { _, _, _, _, DO(S), GO(CONFIRMED, 0), _, _, _, DO(E), _ } },
	{ TXN_INVITE_SERVER, TXN_CONFIRMED, NOTHING },
	{ TXN_INVITE_SERVER, TXN_ABANDONED, NOTHING },
	{ TXN_INVITE_SERVER, TXN_TERMINATED, NOTHING },

	{ TXN_SERVER, TXN_IDLE,
	  { _, _, _, _, GO(PROCEEDING, D), _, _, _, _, _, _ } },
	{ TXN_SERVER, TXN_CALLING, NOTHING },
	{ TXN_SERVER, TXN_PROCEEDING,
	  { _, _, _, _, DO(S), _, DO(S), GO(COMPLETED, S), GO(COMPLETED, S),
	    DO(E), _ } },
	{ TXN_SERVER, TXN_ACCEPTED, NOTHING },
	{ TXN_SERVER, TXN_COMPLETED,
	  { _, _, _, _, DO(S), _, _, _, _, DO(E), _ } },
	{ TXN_SERVER, TXN_CONFIRMED, NOTHING },
	{ TXN_SERVER, TXN_ABANDONED, NOTHING },
	{ TXN_SERVER, TXN_TERMINATED, NOTHING },
};

static const struct {
	uint8_t type;
	uint16_t status;
} inputs[11] = {
	{ TXN_EV_START, 0 },
	{ TXN_EV_RESPONSE, 100 }, { TXN_EV_RESPONSE, 200 },
	{ TXN_EV_RESPONSE, 486 },
	{ TXN_EV_REQUEST, 0 }, { TXN_EV_ACK, 0 },
	{ TXN_EV_REPLY, 100 }, { TXN_EV_REPLY, 200 }, { TXN_EV_REPLY, 486 },
	{ TXN_EV_TRANSPORT, 0 }, { TXN_EV_ABANDON, 0 },
};

static void test_table(void)
{
	size_t r, i;

	is_int(sizeof(rows) / sizeof(*rows), TXN_KINDS * TXN_STATES,
	       "every kind and state is here");
	for (r = 0; r < sizeof(rows) / sizeof(*rows); r++) {
		const struct row *row = &rows[r];
		int wrong = 0;

		for (i = 0; i < 11; i++) {
			struct txn t;
			unsigned int acts;
			int next = row->in[i].next;

			txn_init(&t, row->kind, &udp);
			t.state = row->state;
			t.sends = 1;
			acts = step(&t, 5, inputs[i].type, inputs[i].status);
			if (next < 0)
				next = row->state;
			if (acts != row->in[i].acts || t.state != next) {
				printf("# input %zu: acts %#x state %s\n", i,
				       acts, txn_state_name(t.state));
				wrong++;
			}
		}
		is_int(wrong, 0, "kind %u, %s: all inputs", row->kind,
		       txn_state_name(row->state));
	}
}

/* What must hold after any step of any walk. */
static const char *broken(const struct txn *t, const struct txn_ev *ev,
			  unsigned int acts)
{
	if (t->state >= TXN_STATES)
		return "state";
	if (!!(acts & F) != (t->state == TXN_TERMINATED))
		return "FREE if and only if Terminated";
	if ((acts & (T | E)) == (T | E))
		return "time-out and error at once";
	if ((acts & L) && !(acts & D))
		return "LATE without DELIVER";
	if (t->state == TXN_TERMINATED && !mono_is_never(txn_next_expiry(t)))
		return "a timer after the end";
	if (!mono_is_never(t->resend_at) && t->cfg.reliable)
		return "retransmission on a reliable transport";
	if (t->kind == TXN_INVITE_CLIENT && t->provisional &&
	    !mono_is_never(t->resend_at))
		return "INVITE retransmission after 1xx";
	if (t->state != TXN_IDLE && t->state != TXN_TERMINATED &&
	    t->state != TXN_PROCEEDING && mono_is_never(t->end_at))
		return "a state without end";
	if (ev->type == TXN_EV_EXPIRY && mono_due(txn_next_expiry(t), ev->now))
		return "a timer is due again at once";
	return NULL;
}

static void test_walks(void)
{
	struct rng rng = { .state = 20260101 };
	unsigned int walk, ended = 0, steps = 0;
	const char *why = NULL;

	for (walk = 0; walk < 40000 && !why; walk++) {
		struct txn_cfg c = cfg_of((int)rng_below(&rng, 22) - 1,
					  rng_below(&rng, 2));
		struct mono now = MS(rng_below(&rng, 100000));
		struct txn t;
		int i;

		txn_init(&t, (enum txn_kind)rng_below(&rng, TXN_KINDS), &c);
		for (i = 0; i < 60; i++) {
			struct txn_ev ev = {
				.type = (uint8_t)rng_below(&rng,
							   TXN_EV_TYPES + 2),
				.status = (uint16_t)rng_below(&rng, 750),
			};
			unsigned int acts;

			if (rng_below(&rng, 2) &&
			    !mono_is_never(txn_next_expiry(&t))) {
				ev.type = TXN_EV_EXPIRY;
				if (txn_next_expiry(&t).ns > now.ns)
					now = txn_next_expiry(&t);
			}
			now = mono_add_ms(now, rng_below(&rng, 300));
			ev.now = now;
			acts = txn_step(&t, &ev);
			steps++;
			why = broken(&t, &ev, acts);
			if (why || t.state == TXN_TERMINATED)
				break;
		}
		ended += t.state == TXN_TERMINATED;
	}
	ok(!why, "random walks: %s", why ? why : "all rules hold");
	ok(ended > 10000 && steps > 200000, "%u of %u walks ended, %u steps",
	   ended, walk, steps);
}

/* Signs 16 to 19: an outage of our own stops the clock of what nobody answered,
 * for 64*T1 at most. */
static void test_outage(void)
{
	struct txn_ev anew = { .now = MS(9000), .type = TXN_EV_RESUME,
			       .anew = true };
	struct txn t;

	client(&t, TXN_INVITE_CLIENT, 3, false);
	is_int(step(&t, 2000, TXN_EV_HOLD, 0), 0, "held: nothing happens");
	ok(ms_of(txn_next_expiry(&t)) == 34000, "but its end, 64*T1 later");
	is_int(step(&t, 20000, TXN_EV_RESUME, 0), S, "then it is sent again");
	ok(!strcmp(run(&t, 20000), "0.500 S, 1.500 S, 3.500 S, 7.500 T, "
				   "39.500 F"), "with its whole time");

	client(&t, TXN_CLIENT, 3, false);
	step(&t, 2000, TXN_EV_HOLD, 0);
	ok(!strcmp(run(&t, 2000), "32.000 TF"), "it is told when it was too long");

	client(&t, TXN_CLIENT, 3, true);
	step(&t, 2000, TXN_EV_HOLD, 0);
	is_int(step(&t, 9000, TXN_EV_RESUME, 0), 0,
	       "a reliable transport sends by itself");
	ok(!strcmp(run(&t, 9000), "7.500 TF"), "but the time is new");

	client(&t, TXN_INVITE_CLIENT, 3, true);
	step(&t, 2000, TXN_EV_HOLD, 0);
	is_int(txn_step(&t, &anew), S, "unless its connection is gone");
	ok(!strcmp(run(&t, 9000), "7.500 T, 39.500 F"), "once");

	client(&t, TXN_CLIENT, 3, false);
	step(&t, 1100, TXN_EV_RESPONSE, 100);
	step(&t, 2000, TXN_EV_HOLD, 0);
	is_int(step(&t, 3000, TXN_EV_RESUME, 0), S, "after a 1xx too");
	is_int(t.state, TXN_PROCEEDING, "which was heard");

	client(&t, TXN_CLIENT, 3, false);
	step(&t, 2000, TXN_EV_HOLD, 0);
	step(&t, 3000, TXN_EV_RESPONSE, 100);
	ok(ms_of(txn_next_expiry(&t)) == 35000,
	   "a 1xx that comes all the same gives no more than 64*T1");

	client(&t, TXN_INVITE_CLIENT, 3, false);
	step(&t, 1100, TXN_EV_RESPONSE, 180);
	step(&t, 2000, TXN_EV_HOLD, 0);
	ok(mono_is_never(txn_next_expiry(&t)) &&
	   !step(&t, 3000, TXN_EV_RESUME, 0), "an INVITE that rings just rings");
	step(&t, 4000, TXN_EV_RESPONSE, 200);
	is_int(step(&t, 5000, TXN_EV_HOLD, 0), 0, "what is answered is over");
	is_int(t.state, TXN_ACCEPTED, "and stays so");
}

int main(void)
{
	test_invite_budget();
	test_non_invite_budget();
	test_limit();
	test_invite_responses();
	test_abandon();
	test_non_invite_responses();
	test_invite_server();
	test_server();
	test_t1();
	test_late();
	test_table();
	test_walks();
	is_str(txn_state_name(TXN_ABANDONED), "abandoned", "a name");
	is_str(txn_state_name(200), "?", "no name");
	test_outage();
	return tap_done();
}
