// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* The line's side of the vendors' sequences (F-20..F-28, F-40..F-48), event by
 * event, with the exact actions. */
#include "../tap.h"

#include "fo_play.h"

static void register_passes(void)
{
	struct fo_cfg cfg = fo_play_cfg(2);
	long long wait;

	fo_play_start(&cfg);
	is_str(ev(FO_EV_START), "REGISTER>0", "F-24, Y-20: primary first");
	is_int(fo.reg_state, FO_REG_TRYING, "trying");
	is_int(acts.a[0].expires_s, 3600, "F-51: TTL of the primary");
	is_str(ev(FO_EV_START), "", "started is started");
	is_str(reg(FO_TIMEOUT), "REGISTER>1!", "F-27: then the backup, F-41: last");
	is_str(reg(FO_OK), "working ->1, registered 1", "F-28");
	is_int(fo.reg_state, FO_REG_REGISTERED, "registered");

	fo_play_start(&cfg);
	ev(FO_EV_START);
	is_str(line(FO_REQ_REGISTER, FO_UNAVAILABLE, 503), "REGISTER>1!",
	       "F-11, F-12: 500 and 503");
	is_str(line(FO_REQ_REGISTER, FO_TRANSPORT, 0),
	       "REGISTER failed transport", "F-42, F-43; C-12: at once");
	is_int(fo.reg_state, FO_REG_WAIT, "a pause");
	wait = to_expiry();
	ok(wait >= 30000 && wait <= 60000, "R-47: 30..60 s (%lld)", wait);
	is_str(ev(FO_EV_EXPIRY), "REGISTER>0", "C-23: again, from the primary");
	reg(FO_TIMEOUT);
	reg(FO_TIMEOUT);
	wait = to_expiry();
	ok(wait >= 60000 && wait <= 120000, "R-47: 60..120 s (%lld)", wait);
	ev(FO_EV_EXPIRY);
	is_str(reg(FO_OK), "working ->0, registered 0", "the primary is back");
	is_int(fo.failures, 0, "the back-off is forgotten");

	at_backup(2, false);
	ev_server(FO_EV_SIGNAL_TIMEOUT, 1);
	reg(FO_TIMEOUT);
	is_str(reg(FO_TIMEOUT), "REGISTER failed timeout", "all failed");
	to_expiry();
	is_str(ev(FO_EV_EXPIRY), "REGISTER>1",
	       "where the binding holds still");
	reg(FO_TIMEOUT);
	reg(FO_TIMEOUT);
	now_ms += 3600000;
	is_str(ev(FO_EV_EXPIRY), "unregistered, REGISTER>0",
	       "Y-20: from the primary when none does");

	up(3, false);
	is_int(to_expiry(), 3540000, "refresh 60 s before the end");
	is_str(ev(FO_EV_EXPIRY), "REGISTER>0", "at the working server");
	is_int(fo.reg_state, FO_REG_REFRESHING, "the binding holds");
	is_str(reg(FO_OK), "registered 0", "nothing moved");
	to_expiry();
	ev(FO_EV_EXPIRY);
	is_str(reg(FO_TIMEOUT), "REGISTER>1", "C-26: the refresh moves on");
	is_str(reg(FO_TIMEOUT), "REGISTER>2!", "three servers");
	is_int(to_expiry(), 60000, "meanwhile the binding ends");
	is_str(ev(FO_EV_EXPIRY), "unregistered", "which is told once");
	is_int(fo.reg_state, FO_REG_TRYING, "no binding, but trying");
	is_str(ev(FO_EV_EXPIRY), "", "once");
	is_str(reg(FO_OK), "working 0>2, registered 2", "moved");
}

/* F-51: neither asked for nor granted. */
static void no_time(void)
{
	struct fo_cfg cfg = fo_play_cfg(1);

	cfg.expires_s[0] = 0;
	fo_play_start(&cfg);
	ev(FO_EV_START);
	is_str(reg(FO_OK), "working ->0, registered 0", "no lifetime at all");
	is_int(acts.a[1].expires_s, FO_EXPIRES_DEFAULT_S, "F-51: the default");
}

static void too_many_servers(void)
{
	struct fo_cfg cfg = fo_play_cfg(FO_SERVERS_MAX);

	cfg.n_servers = FO_SERVERS_MAX + 1;
	fo_init(&fo, &cfg, 1);
	is_int(fo.cfg.n_servers, FO_SERVERS_MAX, "no more servers than there are");
}

static void granted_time(void)
{
	static const struct {
		uint32_t granted;
		long long refresh;
	} t[] = {
		{ 3600, 3540000 }, { 100, 50000 }, { 120, 60000 }, { 121, 61000 },
		{ 60, 30000 }, { 1, 500 }, { 0, 1740000 },
		{ 86400, 86340000 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct fo_cfg cfg = fo_play_cfg(1);
		struct fo_ev e = {
			.type = FO_EV_RESULT, .req = FO_REQ_REGISTER,
			.outcome = FO_OK, .attempt = 1,
			.expires_s = t[i].granted,
		};

		cfg.expires_s[0] = 1800;
		fo_play_start(&cfg);
		ev(FO_EV_START);
		is_str(fo_play(e), "working ->0, registered 0", "granted %u",
		       t[i].granted);
		is_int(acts.a[1].expires_s, t[i].granted ? t[i].granted : 1800,
		       "C-19: the granted time, or the asked one");
		is_int(to_expiry(), t[i].refresh, "refresh in %lld ms",
		       t[i].refresh);
	}
}

static void register_rejected(void)
{
	struct fo_cfg cfg = fo_play_cfg(2);

	fo_play_start(&cfg);
	ev(FO_EV_START);
	is_str(line(FO_REQ_REGISTER, FO_REJECTED, 403),
	       "REGISTER failed rejected 403", "alive but no: the pass ends");
	is_int(fo.reg_state, FO_REG_WAIT, "a pause");

	cfg.reg_fail_moves = true;
	fo_play_start(&cfg);
	ev(FO_EV_START);
	is_str(line(FO_REQ_REGISTER, FO_REJECTED, 403), "REGISTER>1!",
	       "C-32: or the next server");
	is_str(line(FO_REQ_REGISTER, FO_REJECTED, 404),
	       "REGISTER failed rejected 404", "none is left");

	/* a binding that holds is not given up by a refused refresh */
	up(2, false);
	to_expiry();
	ev(FO_EV_EXPIRY);
	line(FO_REQ_REGISTER, FO_REJECTED, 403);
	is_int(fo.reg_state, FO_REG_WAIT, "refused refresh: a pause");
	is_str(ev_call(FO_EV_CALL, 0, 0), "INVITE>0", "calls still go there");
	now_ms += 60000;
	is_str(ev(FO_EV_EXPIRY), "unregistered, REGISTER>0",
	       "the binding ends, the pause too");
}

static void manual(void)
{
	at_backup(2, false);
	is_str(ev(FO_EV_REGISTER), "REGISTER>0", "F-20, C-25: from the primary");
	is_int(fo.reg_state, FO_REG_REFRESHING, "the backup's binding holds");
	is_str(ev(FO_EV_REGISTER), "-REGISTER>0, REGISTER>0", "again");
	is_str(reg(FO_OK), "working 1>0, registered 0, UNREGISTER>1!",
	       "C-14: one binding at a time");
	is_int(fo.bound, 1, "the primary's");
	ok(mono_is_never(fo.failback_at), "no failback needed");

	up(2, false);
	to_expiry();
	ev(FO_EV_EXPIRY);
	reg(FO_TIMEOUT);
	reg(FO_TIMEOUT);
	is_int(fo.reg_state, FO_REG_WAIT, "all failed");
	is_str(ev(FO_EV_REGISTER), "REGISTER>0", "by hand without a pause");
	is_int(fo.failures, 0, "back-off forgotten");

	at_backup(2, false);
	to_expiry();
	is_str(ev(FO_EV_EXPIRY), "PROBE>0!", "a failback probe is out");
	is_str(ev(FO_EV_REGISTER), "-PROBE>0, REGISTER>0",
	       "R-06: never two to one registrar");
	is_str(line(FO_REQ_PROBE, FO_OK, 200), "", "its answer means nothing");
}

/* F-02: the UNREGISTER at the backup removes a shared binding. */
static void unregistered(void)
{
	at_backup(2, false);
	ev(FO_EV_REGISTER);
	reg(FO_OK);
	is_str(line(FO_REQ_UNREGISTER, FO_OK, 200), "", "C-14: it has ended");
	is_int(to_expiry(), 0, "then, without delay,");
	is_str(ev(FO_EV_EXPIRY), "REGISTER>0!",
	       "the line registers once more, for 64*T1");
	is_str(line(FO_REQ_UNREGISTER, FO_TIMEOUT, 0), "",
	       "another one, that may have arrived, ends meanwhile");
	is_str(reg(FO_OK), "registered 0", "the REGISTER is answered");
	is_int(to_expiry(), 0, "it may have been there before that one");
	is_str(ev(FO_EV_EXPIRY), "REGISTER>0!", "once more");
	reg(FO_OK);
	is_int(to_expiry(), 3540000, "and that is all");
	ev(FO_EV_STOP);
	is_str(line(FO_REQ_UNREGISTER, FO_OK, 200), "", "nothing when it is over");
	ok(mono_is_never(fo_next_expiry(&fo)), "not later either");
}

static void failback(void)
{
	at_backup(2, false);
	is_int(to_expiry(), 1800000, "F-45, F-57");
	is_str(ev(FO_EV_EXPIRY), "PROBE>0!", "F-44, F-47: for 64*T1");
	is_int(acts.a[0].expires_s, 3600, "asks for the primary's TTL");
	now_ms += 32000;
	is_str(line(FO_REQ_PROBE, FO_TIMEOUT, 0), "", "still dead");
	is_int(fo.working, 1, "the backup works on");
	is_int(to_expiry(), 1740000 - 32000, "the refresh comes in between");
	is_str(ev(FO_EV_EXPIRY), "REGISTER>1", "refresh");
	reg(FO_OK);
	is_int(to_expiry(), 60000, "F-48, C-16: 1800 s after the last start");
	is_str(ev(FO_EV_EXPIRY), "PROBE>0!", "again");
	is_str(line(FO_REQ_PROBE, FO_OK, 200),
	       "working 1>0, registered 0, UNREGISTER>1!",
	       "F-46, Y-23, C-14: back to the primary");
	is_int(to_expiry(), 3540000, "then its refresh");
	is_str(ev(FO_EV_EXPIRY), "REGISTER>0", "by its own REGISTER");

	at_backup(2, false);
	to_expiry();
	ev(FO_EV_EXPIRY);
	is_str(ev_server(FO_EV_SIGNAL_TIMEOUT, 1), "REGISTER>1",
	       "a refresh while the probe is out");
	is_str(line(FO_REQ_PROBE, FO_OK, 200),
	       "-REGISTER>1, working 1>0, registered 0, UNREGISTER>1!",
	       "the probe wins");

	at_backup(2, false);
	health(0, HEALTH_BLOCKED);
	to_expiry();
	is_str(ev(FO_EV_EXPIRY), "", "C-34: a BLOCKED primary is not probed");
	is_int(fo.probing, false, "none out");
	is_int(fo.failback_at.ns, ms(now_ms + 1800000).ns,
	       "the next interval is armed");
}

static void failback_pulled(void)
{
	struct fo_cfg cfg = fo_play_cfg(2);
	long long wait;

	at_backup(2, false);
	health(0, HEALTH_DOWN);
	is_str(health(0, HEALTH_UP), "", "C-16: a sign");
	wait = to_expiry();
	ok(wait <= 1000, "pulls the probe forward (%lld ms)", wait);
	is_str(ev(FO_EV_EXPIRY), "PROBE>0!", "probe");
	is_str(health(0, HEALTH_DOWN), "-PROBE>0", "a hard event ends it early");
	is_str(health(0, HEALTH_UP), "", "another sign");
	is_int(to_expiry(), FO_PROBE_MIN_MS, "not closer than 5 s");
	is_str(ev(FO_EV_EXPIRY), "PROBE>0!", "probe");
	is_str(line(FO_REQ_PROBE, FO_REJECTED, 403), "", "refused");
	is_int(fo.working, 1, "stays");
	wait = to_expiry();
	ok(wait > 1700000, "waits for the timer (%lld ms)", wait);

	at_backup(2, false);
	health(0, HEALTH_BLOCKED);
	health(0, HEALTH_UNKNOWN);
	ok(to_expiry() <= 1000, "the end of a block is a sign, too");

	at_backup(2, false);
	health(0, HEALTH_SUSPECT);
	ok(to_expiry() > 1000, "suspicion is none");
	health(1, HEALTH_DOWN);
	health(1, HEALTH_UP);
	is_int(fo.failback_at.ns, ms(1000000 + 1800000).ns,
	       "nor is the backup's health");

	up(2, false);
	health(0, HEALTH_SUSPECT);
	health(0, HEALTH_UP);
	is_int(to_expiry(), 3540000, "at the primary there is nothing to probe");

	cfg.failback_ms = 0;
	fo_play_start(&cfg);
	ev(FO_EV_START);
	reg(FO_TIMEOUT);
	reg(FO_OK);
	ok(mono_is_never(fo.failback_at), "C-33: 0, never by time");
	health(0, HEALTH_DOWN);
	health(0, HEALTH_UP);
	ok(to_expiry() <= 1000, "but by a sign");
	is_str(ev(FO_EV_EXPIRY), "PROBE>0!", "probe");
	line(FO_REQ_PROBE, FO_TIMEOUT, 0);
	ok(mono_is_never(fo.failback_at), "once");

	cfg = fo_play_cfg(2);
	cfg.failback = false;
	fo_play_start(&cfg);
	ev(FO_EV_START);
	reg(FO_TIMEOUT);
	reg(FO_OK);
	health(0, HEALTH_DOWN);
	health(0, HEALTH_UP);
	is_int(to_expiry(), 3540000, "F-56: off");
}

static void server_dies(void)
{
	up(2, false);
	is_str(health(0, HEALTH_DOWN), "REGISTER>1", "the line moves unasked");
	is_int(fo.bound, 1, "the old binding may exist still");
	is_str(reg(FO_TIMEOUT), "REGISTER>0!", "C-11, C-12: the dead one last");
	is_str(reg(FO_TRANSPORT), "REGISTER failed transport", "at once");
	is_str(health(0, HEALTH_UP), "", "it is back");
	ok(to_expiry() <= 1000, "no need to wait for the back-off");
	is_str(ev(FO_EV_EXPIRY), "REGISTER>0", "registers");

	up(2, false);
	to_expiry();
	ev(FO_EV_EXPIRY);
	is_str(health(0, HEALTH_DOWN), "-REGISTER>0, REGISTER>1!",
	       "F-07, C-24: what is out there moves at once");
	is_str(reg(FO_OK), "working 0>1, registered 1", "moved");
	is_str(health(0, HEALTH_DOWN), "", "known");
	is_str(health(1, HEALTH_SUSPECT), "", "suspicion moves nothing");
	is_str(health(1, HEALTH_DOWN), "REGISTER>0", "both DOWN: each once");
	is_str(health(0, HEALTH_DOWN), "", "no news: it is the last hope");

	up(1, false);
	is_str(health(0, HEALTH_DOWN), "REGISTER>0!", "alone: ask it");
	is_str(reg(FO_TRANSPORT), "REGISTER failed transport", "C-12");

	up(2, false);
	ev_call(FO_EV_CALL, 0, 0);
	is_str(health(0, HEALTH_DOWN), "REGISTER>1, -INVITE>0, INVITE>1!",
	       "line and call move");
	is_str(health(1, HEALTH_DOWN),
	       "-REGISTER>1, REGISTER>0!, -INVITE>1, INVITE failed transport",
	       "C-12: a hard event ends the last one at once");

	up(2, false);
	ev_call(FO_EV_CALL, 0, 0);
	provisional(0);
	is_str(health(0, HEALTH_DOWN),
	       "REGISTER>1, -INVITE>0, INVITE failed transport",
	       "C-28: call setup lost");
	is_int(fo.call[0].state, FO_CALL_FREE, "free");

	in_call(2, false);
	is_str(health(0, HEALTH_DOWN), "REGISTER>1", "Y-12: a call goes on");
	is_int(fo.call[0].state, FO_CALL_UP, "up");

	in_call(2, false);
	ev_call(FO_EV_BYE, 0, 0);
	is_str(health(0, HEALTH_DOWN), "REGISTER>1, -BYE>0, BYE>1!", "BYE moves");

	up(2, true);
	ev_call(FO_EV_CALL, 0, 0);
	is_str(health(0, HEALTH_DOWN), "REGISTER>1, -INVITE>0",
	       "with C-08 the call waits");
	is_str(health(1, HEALTH_DOWN),
	       "-REGISTER>1, REGISTER>0!", "and goes on waiting");
	is_str(health(1, HEALTH_BLOCKED), "", "no effect on it");
	is_str(reg(FO_TIMEOUT),
	       "REGISTER failed timeout, INVITE failed transport", "until none");
}

static void blocked(void)
{
	up(2, false);
	ev_call(FO_EV_CALL, 0, 0);
	is_str(health(0, HEALTH_BLOCKED), "REGISTER>1!",
	       "C-34: the line moves, the request out there goes on");
	is_str(reg(FO_OK), "working 0>1, registered 1", "moved");
	is_str(inv(FO_UNAVAILABLE), "INVITE>1!", "by its own result");
	is_str(inv(FO_UNAVAILABLE), "INVITE failed unavailable",
	       "the BLOCKED one is not tried");

	up(1, false);
	is_str(health(0, HEALTH_BLOCKED), "", "nowhere to go: stays registered");
	is_int(fo.reg_state, FO_REG_REGISTERED, "registered");
	is_str(ev_server(FO_EV_SIGNAL_TIMEOUT, 0), "", "asks nothing of it");
	to_expiry();
	is_str(ev(FO_EV_EXPIRY), "REGISTER failed unavailable",
	       "a refresh is not possible");
	is_str(health(0, HEALTH_UNKNOWN), "", "the block ends");
	ok(to_expiry() <= 1000, "soon after");
	is_str(ev(FO_EV_EXPIRY), "REGISTER>0!", "it is made up for");

	up(2, false);
	health(1, HEALTH_DOWN);
	is_str(health(0, HEALTH_BLOCKED), "", "not for a DOWN one either");

	up(2, false);
	health(0, HEALTH_BLOCKED);
	health(1, HEALTH_BLOCKED);
	is_str(line(FO_REQ_REGISTER, FO_UNAVAILABLE, 503),
	       "REGISTER failed unavailable 503", "all BLOCKED");
}

static void triggers(void)
{
	up(2, false);
	is_str(ev_server(FO_EV_SIGNAL_TIMEOUT, 0), "REGISTER>0",
	       "F-22, F-23, C-06: Register failover starts");
	is_str(ev_server(FO_EV_SIGNAL_TIMEOUT, 0), "", "runs already");
	is_str(reg(FO_TIMEOUT), "REGISTER>1!", "and moves");
	reg(FO_OK);
	is_str(ev_server(FO_EV_SIGNAL_TIMEOUT, 0), "", "not the working one");
	is_str(ev_server(FO_EV_SIGNAL_TIMEOUT, 9), "", "no such server");

	is_str(ev_server(FO_EV_FLOW_CHANGED, 1), "REGISTER>1",
	       "another own address: register again");
	is_str(ev_server(FO_EV_FLOW_CHANGED, 1), "-REGISTER>1, REGISTER>1",
	       "once more");
	is_int(fo.bound, 3, "two bindings");
	is_str(ev_server(FO_EV_FLOW_CHANGED, 0), "", "not the working one");
	is_int(fo.bound, 2, "but its binding is worthless");
	is_str(ev_server(FO_EV_FLOW_CHANGED, 200), "", "no such server");
	reg(FO_TIMEOUT);
	reg(FO_TIMEOUT);
	is_int(fo.reg_state, FO_REG_WAIT, "all failed");
	is_str(ev_server(FO_EV_FLOW_CHANGED, 1), "REGISTER>1",
	       "a new address ends the pause");
}

static void stop_and_hold(void)
{
	at_backup(3, false);
	ev_call(FO_EV_CALL, 0, 0);
	ev_call(FO_EV_CALL_IN, 1, 1);
	to_expiry();
	ev(FO_EV_EXPIRY);
	is_str(ev_server(FO_EV_FLOW_CHANGED, 1), "REGISTER>1", "busy");
	is_str(ev(FO_EV_STOP),
	       "-INVITE>1, -REGISTER>1, -PROBE>0, UNREGISTER>1!, unregistered",
	       "R-07: everything ends");
	ok(mono_is_never(fo_next_expiry(&fo)), "nothing is due");
	is_str(ev(FO_EV_STOP), "", "once");
	is_str(ev(FO_EV_START), "REGISTER>0", "starts again from the primary");

	up(2, false);
	is_str(ev(FO_EV_HOLD), "", "a local outage");
	ok(mono_is_never(fo_next_expiry(&fo)), "time stands still");
	is_str(health(0, HEALTH_DOWN), "", "nothing moves");
	is_str(ev(FO_EV_EXPIRY), "", "nor by time");
	is_str(ev_call(FO_EV_CALL, 0, 0), "INVITE>1", "the user may try");
	is_str(inv(FO_TRANSPORT), "INVITE failed transport", "once");
	is_str(ev(FO_EV_RESUME), "REGISTER>1", "then it catches up");
	is_str(ev(FO_EV_RESUME), "", "once");
	ev(FO_EV_HOLD);
	is_str(reg(FO_TRANSPORT), "", "no walk over the servers in an outage");
	is_int(fo.failures, 0, "no back-off");
	is_str(ev(FO_EV_RESUME), "REGISTER>1", "a new pass, 0 is DOWN");
	reg(FO_TIMEOUT);
	reg(FO_TIMEOUT);
	is_int(fo.reg_state, FO_REG_WAIT, "all failed");
	ev(FO_EV_HOLD);
	is_str(ev(FO_EV_RESUME), "", "an outage ends the pause");
	ok(fo_next_expiry(&fo).ns <= ms(now_ms + FO_JITTER_MS).ns, "soon");
	to_expiry();
	is_str(ev(FO_EV_EXPIRY), "REGISTER>1", "but not for all at once");

	up(2, false);
	ev(FO_EV_HOLD);
	is_str(ev(FO_EV_RESUME), "", "a binding may have been lost");
	to_expiry();
	is_str(ev(FO_EV_EXPIRY), "REGISTER>0", "so it is made anew");
	up(2, false);
	ev(FO_EV_HOLD);
	now_ms += 4000000;
	is_str(ev(FO_EV_RESUME), "unregistered, REGISTER>0",
	       "at once where it was, if it ended meanwhile");

	up(2, false);
	ev_call(FO_EV_CALL, 0, 0);
	ev(FO_EV_HOLD);
	health(0, HEALTH_DOWN);
	is_str(ev(FO_EV_RESUME), "REGISTER>1, -INVITE>0, INVITE>1!",
	       "calls catch up, too");
}

static void stale(void)
{
	struct fo_ev e = {
		.type = FO_EV_RESULT, .req = FO_REQ_REGISTER, .outcome = FO_OK,
	};
	uint16_t first;

	up(2, false);
	is_str(reg(FO_OK), "", "a second result of one REGISTER");
	to_expiry();
	ev(FO_EV_EXPIRY);
	first = line_attempt[FO_REQ_REGISTER];
	reg(FO_TIMEOUT);
	e.attempt = first;
	is_str(fo_play(e), "", "the late 200 of the one given up");
	is_int(fo.reg.server, 1, "the backup is being tried");
	e.attempt = 0;
	is_str(fo_play(e), "", "attempt 0 is nobody's");
	e.attempt = line_attempt[FO_REQ_REGISTER];
	e.outcome = 77;
	is_str(fo_play(e), "", "an unknown outcome");

	ev_call(FO_EV_CALL, 2, 0);
	e = (struct fo_ev){ .type = FO_EV_RESULT, .req = FO_REQ_BYE, .call = 2,
			    .outcome = FO_OK, .attempt = call_attempt[2] };
	is_str(fo_play(e), "", "a BYE's result for an INVITE");
	e.req = FO_REQ_INVITE;
	e.call = 1;
	is_str(fo_play(e), "", "another call's");
	e.call = FO_CALLS_MAX;
	is_str(fo_play(e), "", "no such call");
	e.call = 2;
	e.attempt++;
	e.type = FO_EV_PROVISIONAL;
	is_str(fo_play(e), "", "a 1xx of another attempt");
	is_int(fo.call[2].state, FO_CALL_INVITING, "still no response");
	is_str(fo_play((struct fo_ev){ .type = FO_EV_TYPES }), "",
	       "an unknown event");
	is_str(fo_play((struct fo_ev){ .type = FO_EV_HEALTH, .server = 2,
				       .new = HEALTH_DOWN }), "",
	       "no such server");
	is_str(fo_play((struct fo_ev){ .type = FO_EV_HEALTH, .server = 0,
				       .new = HEALTH_STATES }), "",
	       "no such state");
}

static void attempts(void)
{
	up(2, false);
	ev_call(FO_EV_CALL, 0, 0);
	fo.attempts = UINT16_MAX;
	call_attempt[1] = 0;
	fo.call[0].pass.attempt = 1;
	ev_call(FO_EV_CALL, 1, 0);
	is_int(call_attempt[1], 2, "neither 0 nor one that is out");
}

static void names(void)
{
	is_str(fo_ev_name(FO_EV_EXPIRY), "expiry", "event");
	is_str(fo_req_name(FO_REQ_BYE), "bye", "request");
	is_str(fo_outcome_name(FO_TRANSPORT), "transport", "outcome");
	is_str(fo_reg_state_name(FO_REG_REFRESHING), "refreshing", "state");
	is_str(fo_act_name(FO_ACT_FAILED), "failed", "action");
	is_str(fo_ev_name(99), "invalid", "no event");
	is_str(fo_req_name(99), "invalid", "no request");
	is_str(fo_outcome_name(99), "invalid", "no outcome");
	is_str(fo_reg_state_name(99), "invalid", "no state");
	is_str(fo_act_name(99), "invalid", "no action");
}

/* Bound to the backup when the operator changes his mind. */
static void configured(void)
{
	struct fo_cfg cfg = {
		.n_servers = 2, .failback = true, .failback_ms = 1800000,
	};
	struct mono now = { 5000000000 };
	struct fo fo;

	fo_init(&fo, &cfg, 1);
	fo.working = 1;
	cfg.failback_ms = 10000;
	cfg.n_servers = 5;
	fo_configure(&fo, &cfg, now);
	is_int(fo.cfg.n_servers, 2, "its servers stay");
	ok(fo.failback_at.ns == mono_add_ms(now, 10000).ns,
	   "another interval counts from now on");
	cfg.failback = false;
	fo_configure(&fo, &cfg, now);
	ok(mono_is_never(fo.failback_at), "no failback any more");
	cfg.failback = true;
	fo_configure(&fo, &cfg, now);
	ok(!mono_is_never(fo.failback_at), "and again");
	fo.working = 0;
	fo_configure(&fo, &cfg, now);
	ok(mono_is_never(fo.failback_at), "at the primary there is no way back");
	fo.working = FO_NONE;
	fo_configure(&fo, &cfg, now);
	ok(mono_is_never(fo.failback_at), "nor from nowhere");
}

int main(void)
{
	configured();
	register_passes();
	granted_time();
	no_time();
	too_many_servers();
	register_rejected();
	manual();
	unregistered();
	failback();
	failback_pulled();
	server_dies();
	blocked();
	triggers();
	stop_and_hold();
	stale();
	attempts();
	names();
	return tap_done();
}
