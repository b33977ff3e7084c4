// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* core/failover: the list of servers changes while the line runs (Y-17). */
#include "../tap.h"

#include "../../userspace/core/rng.h"
#include "fo_play.h"

static const char *comes(uint32_t expires_s)
{
	return fo_play((struct fo_ev){ .type = FO_EV_SERVER_NEW,
				       .expires_s = expires_s });
}

static const char *moves(uint8_t from, uint8_t to)
{
	return fo_play((struct fo_ev){ .type = FO_EV_SERVER_MOVED,
				       .server = from, .new = to });
}

static const char *goes(void)
{
	return ev(FO_EV_SERVER_GONE);
}

static void test_comes(void)
{
	up(2, false);
	is_str(comes(600), "", "a server more: nothing happens");
	is_int(fo.cfg.n_servers, 3, "but there it is");
	health(0, HEALTH_DOWN);
	reg(FO_TRANSPORT);
	is_str(reg(FO_OK), "working 0>2, registered 2", "and it is gone to");
	is_int(fo.bound_until[2].ns / 1000000 - now_ms, 600000,
	       "for its own time");

	up(FO_SERVERS_MAX, false);
	is_str(comes(600), "", "one too many");
	is_int(fo.cfg.n_servers, FO_SERVERS_MAX, "is none");

	up(1, false);
	ev_server(FO_EV_SIGNAL_TIMEOUT, 0);
	reg(FO_TIMEOUT);
	is_int(fo.reg_state, FO_REG_WAIT, "all servers are down");
	comes(600);
	ok(to_expiry() <= FO_JITTER_MS, "a new one is tried soon");
}

static void test_moves(void)
{
	up(3, false);
	health(0, HEALTH_UP);
	health(2, HEALTH_DOWN);
	is_str(moves(0, 2), "", "the working one moves to the end");
	ok(fo.working == 2 && fo.bound == 1 << 2 &&
	   fo.health[1] == HEALTH_DOWN && fo.health[2] == HEALTH_UP,
	   "and keeps its binding and health; the dead one has moved up");
	is_str(moves(2, 0), "", "and back");
	ok(fo.working == 0 && fo.bound == 1 && fo.health[2] == HEALTH_DOWN,
	   "as before");
	ok(mono_is_never(fo.failback_at), "at home: no failback");

	comes(3600);
	is_str(moves(3, 0), "", "another is the primary");
	is_int(fo.working, 1, "the line stays where it is");
	ok(to_expiry() <= FO_JITTER_MS, "but looks soon");
	is_str(ev(FO_EV_EXPIRY), "PROBE>0!", "whether it can go there");
	is_str(moves(0, 3), "-PROBE>0", "until it is the primary no more");
	is_str(moves(0, 0), "", "nowhere");
	is_str(moves(0, 4), "", "no such place");
	is_str(moves(200, 0), "", "no such server");
}

static void test_moves_with_call(void)
{
	up(3, false);
	is_str(ev_call(FO_EV_CALL, 0, 0), "INVITE>0", "a call");
	moves(0, 1);
	is_str(inv(FO_TRANSPORT), "INVITE>0",
	       "its pass knows where it has been, and goes on");
	is_str(inv(FO_TRANSPORT), "INVITE>2!", "to the last");
	inv(FO_OK);
	moves(2, 0);
	is_str(ev_call(FO_EV_BYE, 0, 0), "BYE>0", "the BYE follows its dialog");
}

static void test_goes(void)
{
	up(3, false);
	is_str(goes(), "", "one that nobody is at");
	is_int(fo.cfg.n_servers, 2, "is gone");
	is_str(moves(0, 1), "", "the working one is the last");
	is_str(goes(), "UNREGISTER>1!, unregistered, REGISTER>0!",
	       "and goes: the line registers elsewhere");
	is_int(fo.working, FO_NONE, "where it is not yet");
	is_str(reg(FO_OK), "working ->0, registered 0", "then it is");
	is_str(goes(), "", "the only one");
	is_int(fo.cfg.n_servers, 1, "stays");

	up(2, false);
	moves(0, 1);
	health(1, HEALTH_DOWN);
	is_str(reg(FO_OK), "working 1>0, registered 0", "a dead one was left");
	is_str(goes(), "", "no word to it");
	is_int(fo.bound, 1, "and its binding is forgotten");

	up(2, false);
	moves(0, 1);
	ev_server(FO_EV_SIGNAL_TIMEOUT, 1);
	is_int(fo.reg_state, FO_REG_REFRESHING, "a REGISTER is out there");
	is_str(goes(), "UNREGISTER>1!, unregistered, -REGISTER>1, REGISTER>0!",
	       "it is given up");

	up(2, false);
	ev(FO_EV_HOLD);
	goes();
	is_int(fo.cfg.n_servers, 2, "held: nothing moves");
}

static void test_goes_with_call(void)
{
	up(2, false);
	ev_call(FO_EV_CALL, 0, 0);
	moves(0, 1);
	goes();
	is_int(fo.cfg.n_servers, 2, "an INVITE is out there: it stays");
	inv(FO_OK);
	goes();
	is_int(fo.cfg.n_servers, 2, "a call is up there: it stays (R-37)");
	is_str(ev_call(FO_EV_BYE, 0, 0), "BYE>1", "its BYE goes there");
	goes();
	is_int(fo.cfg.n_servers, 2, "and is waited for");
	bye(FO_OK);
	goes();
	is_int(fo.cfg.n_servers, 1, "now it goes");
}

/* Where an earlier call was is no reason to keep a server. */
static void test_goes_after_call(void)
{
	up(2, false);
	ev_call(FO_EV_CALL, 0, 0);
	moves(0, 1);
	inv(FO_OK);
	ev_call(FO_EV_CALL_ENDED, 0, 0);
	health(1, HEALTH_DOWN);
	reg(FO_OK);
	is_str(ev_call(FO_EV_CALL, 0, 0), "INVITE>0", "another call elsewhere");
	fo.call[0].server = 1;
	goes();
	is_int(fo.cfg.n_servers, 1, "a dialog that is not yet keeps none");
	is_int(fo.call[0].server, 0, "and names none that is gone");

	up(2, false);
	ev_call(FO_EV_CALL, 0, 0);
	inv(FO_OK);
	fo.call[0].pass.server = 1;
	goes();
	is_int(fo.cfg.n_servers, 1, "nor does where its INVITE went before");
	is_int(fo.call[0].pass.server, FO_NONE, "which is forgotten");

	up(2, false);
	fo.probe_server = 1;
	goes();
	is_int(fo.probe_server, 0, "nor where the last probe went");
}

/* A move is a permutation: whatever moved, all the rest follows. */
static void test_names(void)
{
	struct rng dice = { 1 };
	uint8_t who[FO_SERVERS_MAX];
	unsigned int round, i, wrong = 0;

	up(FO_SERVERS_MAX, false);
	for (i = 0; i < FO_SERVERS_MAX; i++) {
		who[i] = (uint8_t)i;
		fo.cfg.expires_s[i] = i;
		fo.health[i] = i & 1 ? HEALTH_UP : HEALTH_SUSPECT;
		fo.bound_until[i] = MONO_NEVER;
	}
	fo.bound = 0x53;
	for (round = 0; round < 1000; round++) {
		uint8_t from = (uint8_t)(rng_below(&dice, FO_SERVERS_MAX));
		uint8_t to = (uint8_t)(rng_below(&dice, FO_SERVERS_MAX)), one = who[from];

		memmove(&who[from], &who[from + 1], FO_SERVERS_MAX - 1u - from);
		memmove(&who[to + 1], &who[to], FO_SERVERS_MAX - 1u - to);
		who[to] = one;
		moves(from, to);
		for (i = 0; i < FO_SERVERS_MAX; i++)
			wrong += fo.cfg.expires_s[i] != who[i] ||
				 (fo.health[i] == HEALTH_UP) != (who[i] & 1) ||
				 (fo.bound >> i & 1) != (0x53 >> who[i] & 1);
		wrong += who[fo.working] != 0;
	}
	is_int(wrong, 0, "a thousand moves: each keeps what it has");
}

int main(void)
{
	test_comes();
	test_moves();
	test_moves_with_call();
	test_goes();
	test_goes_with_call();
	test_goes_after_call();
	test_names();
	return tap_done();
}
