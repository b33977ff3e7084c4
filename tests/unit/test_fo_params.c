// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* The parameters of a line's failover that the vendors' documents name beside
 * the sequences of test_failover.c. */
#include "../tap.h"

#include "core/fo_standby.h"
#include "fo_play.h"

/* F-51: refreshed so much ahead, or at half of a short lifetime. */
static void overlap(void)
{
	static const struct {
		uint32_t overlap, granted;
		long long refresh;
	} t[] = {
		{ 0, 3600, 3540000 }, { 60, 3600, 3540000 },
		{ 600, 3600, 3000000 }, { 600, 1200, 600000 },
		{ 600, 1201, 601000 }, { 600, 90, 45000 }, { 1, 90, 89000 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct fo_cfg cfg = fo_play_cfg(1);

		cfg.overlap_s = t[i].overlap;
		cfg.expires_s[0] = t[i].granted;
		fo_play_start(&cfg);
		ev(FO_EV_START);
		reg(FO_OK);
		is_int(to_expiry(), t[i].refresh, "%u s ahead of %u s",
		       t[i].overlap, t[i].granted);
	}
}

/* Phones that get their power together do not register together. */
static void startup(void)
{
	struct fo_cfg cfg = fo_play_cfg(2);
	long long least = 60000, most = 0;

	cfg.startup_ms = 60000;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		long long wait;

		fo_play_start(&cfg);
		fo_init(&fo, &cfg, seed);
		ev(FO_EV_START);
		wait = to_expiry();
		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	ok(least >= 0 && least < 6000 && most > 54000 && most < 60000,
	   "anywhere within the minute (%lld..%lld ms)", least, most);
	is_str(ev(FO_EV_EXPIRY), "REGISTER>0", "then from the primary (Y-20)");

	fo_play_start(&cfg);
	is_str(ev(FO_EV_START), "", "a pause first");
	is_int(fo.reg_state, FO_REG_WAIT, "it is one");
	is_str(ev(FO_EV_REGISTER), "REGISTER>0", "C-25: not by hand");
	reg(FO_OK);
	is_str(ev(FO_EV_START), "", "nor when it is up");

	cfg.register_before_resend = true;
	fo_play_start(&cfg);
	ev(FO_EV_START);
	is_str(ev_call(FO_EV_CALL, 0, 0), "INVITE>0", "a call does not wait");
}

/* Yealink: no use to try another port of a host that does not answer. */
static void same_host(void)
{
	struct fo_cfg cfg = fo_play_cfg(4);

	cfg.same_host[0] = 1 << 1;
	cfg.same_host[1] = 1 << 0;
	fo_play_start(&cfg);
	ev(FO_EV_START);
	is_str(reg(FO_TIMEOUT), "REGISTER>2", "REGISTER leaves out the twin");
	is_str(reg(FO_TIMEOUT), "REGISTER>3!", "the others have their turn");
	is_str(reg(FO_TIMEOUT), "REGISTER failed timeout", "and that was all");

	fo_play_start(&cfg);
	ev(FO_EV_START);
	reg(FO_OK);
	ev_call(FO_EV_CALL, 0, 0);
	is_str(inv(FO_TIMEOUT), "INVITE>2", "INVITE leaves it out too");
	is_str(inv(FO_TIMEOUT), "INVITE>3!", "the last one has 64*T1 (Y-19)");

	cfg = fo_play_cfg(2);
	cfg.same_host[0] = 1 << 1;
	fo_play_start(&cfg);
	is_str(ev(FO_EV_START), "REGISTER>0!", "with twins only: the first is "
	       "the last");

	cfg = fo_play_cfg(3);
	cfg.same_host[0] = 1 << 1;
	cfg.register_before_resend = true;
	fo_play_start(&cfg);
	ev(FO_EV_START);
	reg(FO_OK);
	ev_call(FO_EV_CALL, 0, 0);
	is_str(inv(FO_TIMEOUT), "REGISTER>2!", "C-08: nor registered there");
}

/* Yealink: during a failover nothing is sent where the line has no binding. */
static void only_registered(void)
{
	struct fo_cfg cfg = fo_play_cfg(2);

	cfg.register_before_resend = true;
	cfg.only_registered = true;
	fo_play_start(&cfg);
	ev(FO_EV_START);
	is_str(ev_call(FO_EV_CALL, 0, 0), "", "a call waits for a binding");
	is_str(reg(FO_TIMEOUT), "REGISTER>1!", "wherever it comes about");
	is_str(reg(FO_OK), "working ->1, registered 1, INVITE>1!", "and goes there");

	fo_play_start(&cfg);
	ev(FO_EV_START);
	reg(FO_OK);
	ev_call(FO_EV_CALL, 0, 0);
	inv(FO_OK);
	ev_call(FO_EV_CALL_UP, 0, 0);
	health(0, HEALTH_DOWN);
	reg(FO_OK);
	is_int(fo.working, 1, "the line moves under a call");
	fo.bound &= 2;
	is_str(ev_call(FO_EV_BYE, 0, 0), "BYE>1",
	       "the BYE goes where the line is registered");

	cfg.only_registered = false;
	fo_play_start(&cfg);
	ev(FO_EV_START);
	is_str(ev_call(FO_EV_CALL, 0, 0), "INVITE>0", "without the key: at once");
}

/* At the backup, with this way back. */
static void away(uint8_t mode, bool idle)
{
	struct fo_cfg cfg = fo_play_cfg(3);

	cfg.failback_mode = mode;
	cfg.failback_idle = idle;
	fo_play_start(&cfg);
	ev(FO_EV_START);
	reg(FO_TIMEOUT);
	reg(FO_OK);
}

/* Yealink's failback_mode 0. */
static void new_requests(void)
{
	away(FO_FAILBACK_REQUESTS, true);
	is_str(ev_call(FO_EV_CALL, 0, 0), "INVITE>0", "a new call tries the "
	       "primary");
	is_str(inv(FO_TIMEOUT), "INVITE>1", "then the working server");
	inv(FO_OK);
	ev_call(FO_EV_CALL_UP, 0, 1);
	is_str(ev_call(FO_EV_BYE, 0, 0), "BYE>1", "C-13: a call stays");
	is_int(to_expiry(), 1800000, "the probe does not wait for calls");
	is_str(ev(FO_EV_EXPIRY), "PROBE>0!", "it is made");
	line(FO_REQ_PROBE, FO_TIMEOUT, 0);
	health(0, HEALTH_DOWN);
	is_str(ev_call(FO_EV_CALL, 1, 0), "INVITE.1>1",
	       "C-11: not to a primary that is known to be dead");

	away(FO_FAILBACK_REQUESTS, true);
	fo.cfg.failback = false;
	is_str(ev_call(FO_EV_CALL, 0, 0), "INVITE>1", "F-56: failback is off");

	away(FO_FAILBACK_REQUESTS, false);
	fo.cfg.failback_ms = 0;
	fo.failback_at = MONO_NEVER;
	to_expiry();
	is_str(ev(FO_EV_EXPIRY), "REGISTER>0", "a refresh tries it as well");
	is_str(reg(FO_TIMEOUT), "REGISTER>1", "and stays in time");
	is_str(reg(FO_OK), "registered 1", "where it was");
}

/* Yealink's failback_mode 2. */
static void at_refresh(void)
{
	away(FO_FAILBACK_REFRESH, true);
	is_str(ev_call(FO_EV_CALL, 0, 0), "INVITE>1", "calls go to the backup");
	is_int(to_expiry(), 3540000, "no probe by time");
	is_str(ev(FO_EV_EXPIRY), "REGISTER>1", "not while there is a call");
	reg(FO_OK);
	ev_call(FO_EV_CALL_ENDED, 0, 0);
	to_expiry();
	is_str(ev(FO_EV_EXPIRY), "REGISTER>0", "the refresh begins there");
	is_str(reg(FO_OK), "working 1>0, registered 0, UNREGISTER>1!",
	       "and the line is back");
	away(FO_FAILBACK_REFRESH, true);
	health(0, HEALTH_DOWN);
	to_expiry();
	is_str(ev(FO_EV_EXPIRY), "REGISTER>1", "not at a dead one");
	reg(FO_OK);
	ok(to_expiry() <= FO_JITTER_MS, "that is asked beside it");
	is_str(ev(FO_EV_EXPIRY), "PROBE>0!", "in a moment");
	line(FO_REQ_PROBE, FO_TIMEOUT, 0);
	health(0, HEALTH_UP);
	ok(to_expiry() <= FO_PROBE_MIN_MS, "C-16: a sign of recovery counts");
}

/* Lifetimes that no registrar in its right mind would grant. */
static void odd_lifetimes(void)
{
	static const struct {
		uint32_t asked, granted, counts;
	} t[] = {
		{ 1800, 1, 10 }, { 1800, 9, 10 }, { 1800, 10, 10 },
		{ 1800, 11, 11 }, { 1800, 0, 1800 }, { 5, 0, 10 },
		{ 1800, 86400, 86400 }, { 1800, 86401, 86400 },
		{ 1800, UINT32_MAX, 86400 }, { 200000, UINT32_MAX, 200000 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct fo_cfg cfg = fo_play_cfg(2);
		struct fo_ev e = {
			.type = FO_EV_RESULT, .req = FO_REQ_REGISTER,
			.outcome = FO_OK, .attempt = 1,
			.expires_s = t[i].granted,
		};

		cfg.expires_s[0] = cfg.expires_s[1] = t[i].asked;
		cfg.expires_min_s = FO_EXPIRES_MIN_S;
		cfg.concurrent = true;
		fo_play_start(&cfg);
		ev(FO_EV_START);
		fo_play(e);
		is_int(acts.a[1].expires_s, t[i].counts,
		       "%u of %u granted counts as %u s", t[i].granted,
		       t[i].asked, t[i].counts);
		ev(FO_EV_EXPIRY);
		e.req = FO_REQ_PROBE;
		e.server = FO_STANDBY;
		e.attempt = fo.probe_attempt;
		fo_play(e);
		is_int((fo.bound_until[FO_STANDBY].ns / 1000000 - now_ms) / 1000,
		       t[i].counts, "so does that of the standby binding");
	}
}

/* Yealink's failback_mode 1 and 3. */
static void by_time(void)
{
	away(FO_FAILBACK_DURATION, true);
	ev_call(FO_EV_CALL, 0, 0);
	now_ms += 1800000;
	is_str(ev(FO_EV_EXPIRY), "", "its time has come, but there is a call");
	is_int(fo_next_expiry(&fo).ns / 1000000, now_ms + 1740000,
	       "the refresh is next");
	is_str(ev_call(FO_EV_CALL_ENDED, 0, 0), "-INVITE>1", "the call ends");
	is_int(to_expiry(), 0, "at once");
	is_str(ev(FO_EV_EXPIRY), "PROBE>0!", "it is made");

	away(FO_FAILBACK_TTL, true);
	is_int(to_expiry(), 1800000, "no record: the time given");
	away(FO_FAILBACK_TTL, true);
	fo_play((struct fo_ev){ .type = FO_EV_TTL, .expires_s = 300 });
	is_int(to_expiry(), 300000, "when the DNS record has run out");
	is_str(ev(FO_EV_EXPIRY), "PROBE>0!", "the primary is asked");
	line(FO_REQ_PROBE, FO_TIMEOUT, 0);
	is_int(to_expiry(), 300000, "F-48: again and again");
	is_str(ev(FO_EV_EXPIRY), "PROBE>0!", "the primary is asked again");
	line(FO_REQ_PROBE, FO_TIMEOUT, 0);
	now_ms += 200000;
	fo_play((struct fo_ev){ .type = FO_EV_TTL, .expires_s = 300 });
	is_int(fo.failback_at.ns / 1000000, now_ms + 100000,
	       "a record asked for anew puts nothing off");
	fo_play((struct fo_ev){ .type = FO_EV_TTL });
	is_int(to_expiry(), 100000, "nor does one that is gone");
	is_str(ev(FO_EV_EXPIRY), "PROBE>0!", "the primary is asked");
	line(FO_REQ_PROBE, FO_TIMEOUT, 0);
	is_int(fo.failback_at.ns / 1000000, now_ms + 1800000,
	       "then it is as without one");
	fo_play((struct fo_ev){ .type = FO_EV_TTL, .expires_s = 1 });
	is_int(to_expiry(), FO_PROBE_MIN_MS, "C-16: the floor between probes");

	away(FO_FAILBACK_PROBE, false);
	fo_play((struct fo_ev){ .type = FO_EV_TTL, .expires_s = 300 });
	is_int(to_expiry(), 1800000, "the other ways do not look at it");
}

/* F-02: what the standby granted last counts for both. */
static void shared_lifetimes(void)
{
	struct fo_cfg cfg = fo_play_cfg(3);
	long long wait;

	cfg.concurrent = true;
	fo_play_start(&cfg);
	ev(FO_EV_START);
	reg(FO_OK);
	ev(FO_EV_EXPIRY);
	fo_play((struct fo_ev){ .type = FO_EV_RESULT, .req = FO_REQ_PROBE,
				.outcome = FO_OK, .expires_s = 300,
				.attempt = line_attempt[FO_REQ_PROBE] });
	to_expiry();
	is_str(ev(FO_EV_EXPIRY), "PROBE>1!", "the standby granted less");
	line(FO_REQ_PROBE, FO_TIMEOUT, 0);
	wait = to_expiry();
	ok(wait <= 60000, "its time is not let run out (%lld)", wait);
	is_str(ev(FO_EV_EXPIRY), "REGISTER>0", "the primary keeps the binding");
	reg(FO_OK);
	for (int i = 0; i < 5 && strcmp(ev(FO_EV_EXPIRY), "PROBE>1!") != 0; i++)
		to_expiry();
	line(FO_REQ_PROBE, FO_TIMEOUT, 0);
	wait = to_expiry();
	ok(wait >= 90000, "once that time is over it counts no more (%lld)",
	   wait);
}

/* Y-26..Y-28. */
static void concurrent(void)
{
	struct fo_cfg cfg = fo_play_cfg(3);
	long long wait;

	cfg.concurrent = true;
	cfg.register_before_resend = true;
	fo_play_start(&cfg);
	is_str(ev(FO_EV_START), "REGISTER>0", "the primary first (Y-20)");
	is_str(reg(FO_OK), "working ->0, registered 0", "it works");
	is_int(to_expiry(), 0, "together with it");
	is_str(ev(FO_EV_EXPIRY), "PROBE>1!", "Y-26: server 2 is asked as well");
	is_str(line(FO_REQ_PROBE, FO_OK, 0), "", "nothing moves (Y-27)");
	is_int(fo.bound, 3, "two bindings");
	is_str(ev_call(FO_EV_CALL, 0, 0), "INVITE>0", "Y-27: requests go to one");
	is_str(inv(FO_TIMEOUT), "INVITE>1", "Y-28: the other takes over at once");
	ev_call(FO_EV_CALL_ENDED, 0, 0);
	is_int(to_expiry(), 3540000, "both are refreshed");
	is_str(ev(FO_EV_EXPIRY), "REGISTER>0, PROBE>1!", "each where it is");
	line(FO_REQ_PROBE, FO_OK, 0);
	reg(FO_OK);

	is_str(health(0, HEALTH_DOWN), "REGISTER>1", "the primary dies");
	is_str(reg(FO_OK), "working 0>1, registered 1", "the backup works");
	health(0, HEALTH_UP);
	to_expiry();
	is_str(ev(FO_EV_EXPIRY), "PROBE>0!", "the primary is back");
	is_str(line(FO_REQ_PROBE, FO_OK, 0), "working 1>0, registered 0",
	       "C-14: the other binding stays");
	is_int(fo.bound, 3, "both");
	is_str(ev(FO_EV_EXPIRY), "PROBE>1!", "and is made sure of");
	line(FO_REQ_PROBE, FO_TIMEOUT, 0);
	wait = to_expiry();
	ok(wait >= 90000 && wait <= 180000,
	   "R-47: a longer pause while another flow holds (%lld)", wait);
	is_str(ev(FO_EV_EXPIRY), "PROBE>1!", "then again");
	is_str(health(1, HEALTH_DOWN), "-PROBE>1", "it dies");
	health(1, HEALTH_UP);
	ok(to_expiry() <= FO_JITTER_MS, "and is asked when it is back");
	is_str(ev(FO_EV_EXPIRY), "PROBE>1!", "for it may have forgotten us");
	is_str(ev_server(FO_EV_FLOW_CHANGED, 1), "-PROBE>1", "another address");
	is_str(ev(FO_EV_EXPIRY), "PROBE>1!", "is registered at once");
	line(FO_REQ_PROBE, FO_OK, 0);
	is_str(ev(FO_EV_STOP), "UNREGISTER>0!, UNREGISTER>1!, unregistered",
	       "R-07: both end");

	cfg.n_servers = 1;
	fo_play_start(&cfg);
	ev(FO_EV_START);
	reg(FO_OK);
	is_int(to_expiry(), 3540000, "alone there is none");
}

int main(void)
{
	concurrent();
	shared_lifetimes();
	new_requests();
	at_refresh();
	by_time();
	odd_lifetimes();
	overlap();
	startup();
	same_host();
	only_registered();
	return tap_done();
}
