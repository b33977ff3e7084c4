// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* The calls' side of the vendors' sequences (Y-05..Y-11, F-29..F-43), event by
 * event, with the exact actions. */
#include "../tap.h"

#include "fo_play.h"

static void invite_plain(void)
{
	up(2, false);
	is_str(ev_call(FO_EV_CALL, 0, 0), "INVITE>0", "F-29, Y-05");
	is_str(ev_call(FO_EV_CALL, 0, 0), "", "once");
	is_str(inv(FO_UNAVAILABLE), "INVITE>1!", "Y-06, Y-08: 503");
	is_str(provisional(0), "", "ringing");
	is_int(fo.call[0].state, FO_CALL_PROCEEDING, "proceeding");
	is_str(inv(FO_OK), "", "F-34");
	is_str(ev_call(FO_EV_CALL_UP, 0, 1), "", "up");
	is_int(fo.call[0].server, 1, "over the backup");
	is_int(fo.working, 0, "the line did not move");
	is_int(fo.reg_state, FO_REG_REGISTERED, "nor register");

	up(3, false);
	ev_call(FO_EV_CALL, 0, 0);
	is_str(inv(FO_TIMEOUT), "INVITE>1", "Y-07: timeout");
	is_str(inv(FO_TRANSPORT), "INVITE>2!", "Y-09, Y-13..Y-15: transport");
	is_str(inv(FO_TIMEOUT), "INVITE failed timeout", "Y-11, F-42, F-43");
	is_int(fo.call[0].state, FO_CALL_FREE, "free");
	is_str(ev_call(FO_EV_CALL, 0, 0), "INVITE>0", "the next call starts anew");
	is_str(call_result(FO_REQ_INVITE, 0, FO_REJECTED, 486),
	       "INVITE failed rejected 486", "busy is final");

	up(1, false);
	is_str(ev_call(FO_EV_CALL, 0, 0), "INVITE>0!", "one server: 64*T1");

	up(2, false);
	ev_call(FO_EV_CALL, 0, 0);
	provisional(0);
	is_str(inv(FO_TIMEOUT), "INVITE failed timeout",
	       "R-36: no failover after a response");
	ev_call(FO_EV_CALL, 0, 0);
	provisional(0);
	is_str(call_result(FO_REQ_INVITE, 0, FO_UNAVAILABLE, 503), "INVITE>1!",
	       "Y-06: but 503 is final there, also after 100");

	up(2, false);
	ev_call(FO_EV_CALL, 0, 0);
	is_str(ev_call(FO_EV_CALL_ENDED, 0, 0), "-INVITE>0", "hung up");
	is_str(inv(FO_TIMEOUT), "", "no failover after that");
	is_int(fo.call[0].state, FO_CALL_FREE, "free");

	up(2, false);
	health(0, HEALTH_BLOCKED);
	health(1, HEALTH_BLOCKED);
	is_str(ev_call(FO_EV_CALL, 0, 0), "INVITE failed unavailable",
	       "C-34: all BLOCKED");
}

static void invite_registers_first(void)
{
	struct fo_cfg cfg = fo_play_cfg(2);

	up(2, true);
	is_str(ev_call(FO_EV_CALL, 0, 0), "INVITE>0", "F-30");
	is_str(inv(FO_TIMEOUT), "REGISTER>1!", "F-31: REGISTER at the backup");
	is_int(fo.call[0].state, FO_CALL_WAIT_REG, "the INVITE waits");
	is_str(reg(FO_OK), "working 0>1, registered 1, INVITE>1!",
	       "F-32, F-33: then the INVITE");
	is_str(inv(FO_OK), "", "F-34");
	is_int(fo.call[0].state, FO_CALL_UP, "up");

	up(2, true);
	ev_call(FO_EV_CALL, 0, 0);
	inv(FO_TIMEOUT);
	is_str(reg(FO_TIMEOUT),
	       "REGISTER failed timeout, INVITE failed transport",
	       "F-42: nobody left");

	up(2, true);
	ev_call(FO_EV_CALL, 0, 0);
	inv(FO_TIMEOUT);
	is_str(line(FO_REQ_REGISTER, FO_REJECTED, 403),
	       "REGISTER failed rejected 403, INVITE>1!",
	       "C-32: refused, the INVITE is tried all the same");

	up(3, true);
	ev_call(FO_EV_CALL, 0, 0);
	inv(FO_TIMEOUT);
	is_str(reg(FO_TIMEOUT), "REGISTER>2!", "three: the pass goes on");
	is_str(reg(FO_OK), "working 0>2, registered 2, INVITE>2!",
	       "the INVITE follows; 1 counts as tried");
	is_str(inv(FO_TIMEOUT), "INVITE failed timeout", "none left");

	up(2, true);
	to_expiry();
	ev(FO_EV_EXPIRY);
	ev_call(FO_EV_CALL, 0, 0);
	is_str(inv(FO_TIMEOUT), "-REGISTER>0, REGISTER>1!",
	       "the REGISTER that hangs at the same server moves along");
	is_str(reg(FO_OK), "working 0>1, registered 1, INVITE>1!", "settled");

	up(3, true);
	ev_call(FO_EV_CALL, 0, 0);
	health(0, HEALTH_DOWN);
	is_str(inv(FO_TIMEOUT), "", "stale");
	is_str(reg(FO_OK), "working 0>1, registered 1, INVITE>1",
	       "one REGISTER for the line and the call");
	is_str(ev_call(FO_EV_CALL, 1, 0), "INVITE.1>1", "the next goes there");
	is_str(call_result(FO_REQ_INVITE, 1, FO_TIMEOUT, 0), "REGISTER>2",
	       "and moves on; 0 is DOWN, so it comes last");
	is_str(inv(FO_TIMEOUT), "", "the other call joins");
	is_str(reg(FO_OK), "working 1>2, registered 2, INVITE>2!, INVITE.1>2",
	       "both go");
	is_str(call_result(FO_REQ_INVITE, 1, FO_TIMEOUT, 0), "INVITE.1>0!",
	       "0 is bound still, DOWN, and the last hope");

	/* not registered at all: nothing to wait for */
	up(2, true);
	ev(FO_EV_STOP);
	ev_call(FO_EV_CALL, 0, 0);
	is_str(inv(FO_TIMEOUT), "INVITE>1!", "a line that is not registered");

	/* never registered yet */
	cfg.register_before_resend = true;
	fo_play_start(&cfg);
	ev(FO_EV_START);
	is_str(ev_call(FO_EV_CALL, 0, 0), "INVITE>0", "before the 200");
	is_str(inv(FO_TIMEOUT), "-REGISTER>0, REGISTER>1!", "both move");

	/* the working server died before: straight to where it registers */
	up(2, true);
	is_str(health(0, HEALTH_DOWN), "REGISTER>1", "the line moves");
	is_str(ev_call(FO_EV_CALL, 0, 0), "", "a call waits for that");
	is_str(reg(FO_OK), "working 0>1, registered 1, INVITE>1", "and goes");
}

/* A REGISTER pass that settles where the call has been already. */
static void settles_elsewhere(void)
{
	up(3, true);
	ev_call(FO_EV_CALL, 0, 0);
	inv(FO_TIMEOUT);
	is_str(ev(FO_EV_REGISTER), "-REGISTER>1, REGISTER>0",
	       "by hand in between");
	is_str(reg(FO_OK), "registered 0, REGISTER>1",
	       "0 was tried: the call needs the next one");
	is_str(reg(FO_OK), "working 0>1, registered 1, INVITE>1", "there");

	at_backup(2, true);
	ev_call(FO_EV_CALL, 0, 0);
	is_str(inv(FO_TIMEOUT), "REGISTER>0!", "from the backup to the primary");
	to_expiry();
	is_str(ev(FO_EV_EXPIRY), "", "no probe beside a REGISTER there");
	is_str(reg(FO_OK), "working 1>0, registered 0, INVITE>0!",
	       "1 failed just now: no UNREGISTER there");

	at_backup(3, true);
	to_expiry();
	is_str(ev(FO_EV_EXPIRY), "PROBE>0!", "a probe is out");
	ev_call(FO_EV_CALL, 0, 0);
	health(0, HEALTH_DOWN);
	now_ms += 5000;
	health(0, HEALTH_UP);
	to_expiry();
	is_str(ev(FO_EV_EXPIRY), "PROBE>0!", "another");
	health(0, HEALTH_SUSPECT);
	fo.health[0] = HEALTH_DOWN;	/* so that 2 comes first */
	is_str(inv(FO_TIMEOUT), "REGISTER>2", "the call waits for 2");
	is_str(line(FO_REQ_PROBE, FO_OK, 200),
	       "-REGISTER>2, working 1>0, registered 0, INVITE>0, UNREGISTER>1!",
	       "failback: the call goes along");
}

static void bye_sequences(void)
{
	in_call(2, false);
	is_str(ev_call(FO_EV_BYE, 0, 0), "BYE>0", "F-35, F-36");
	is_str(bye(FO_TIMEOUT), "BYE>1!", "C-08: Yealink, straight on");
	is_str(bye(FO_OK), "", "F-39");
	is_int(fo.call[0].state, FO_CALL_FREE, "over");

	in_call(2, true);
	ev_call(FO_EV_BYE, 0, 0);
	is_str(bye(FO_TRANSPORT), "REGISTER>1!", "F-37: REGISTER first");
	is_str(reg(FO_OK), "working 0>1, registered 1, BYE>1!", "F-38");
	is_str(bye(FO_TIMEOUT), "BYE failed timeout", "C-09: given up");
	is_int(fo.call[0].state, FO_CALL_FREE, "over");

	in_call(2, false);
	ev_call(FO_EV_BYE, 0, 0);
	is_str(call_result(FO_REQ_BYE, 0, FO_REJECTED, 481), "", "R-16: 481 ends it");
	is_int(fo.call[0].state, FO_CALL_FREE, "over");

	in_call(2, true);
	ev_call(FO_EV_BYE, 0, 0);
	bye(FO_TIMEOUT);
	is_str(line(FO_REQ_REGISTER, FO_TIMEOUT, 0),
	       "REGISTER failed timeout, BYE failed transport", "no server");

	/* C-13: a dialog stays where it was made */
	at_backup(2, false);
	ev_call(FO_EV_CALL_IN, 0, 1);
	to_expiry();
	ev(FO_EV_EXPIRY);
	line(FO_REQ_PROBE, FO_OK, 200);
	is_int(fo.working, 0, "failback during a call");
	is_str(ev_call(FO_EV_BYE, 0, 0), "BYE>1", "its BYE goes to the backup");

	in_call(2, false);
	health(0, HEALTH_DOWN);
	reg(FO_OK);
	is_str(ev_call(FO_EV_BYE, 0, 0), "BYE>1", "unless that one is DOWN");
	is_str(bye(FO_TIMEOUT), "BYE>0!", "C-11: which is tried last");

	in_call(2, true);
	health(0, HEALTH_DOWN);
	is_str(ev_call(FO_EV_BYE, 0, 0), "", "F-37, also when known before");
	is_str(reg(FO_OK), "working 0>1, registered 1, BYE>1", "then the BYE");

	/* the line went to 1, the binding at 0 ran out */
	in_call(2, true);
	to_expiry();
	ev(FO_EV_EXPIRY);
	reg(FO_TIMEOUT);
	reg(FO_OK);
	now_ms += 61000;
	is_str(ev_call(FO_EV_CALL, 1, 0), "INVITE.1>1", "calls go to 1");
	is_str(ev_call(FO_EV_BYE, 0, 0), "BYE>0", "BYE to the dialog's server");
	is_str(call_result(FO_REQ_INVITE, 1, FO_TIMEOUT, 0), "REGISTER>0!",
	       "a binding whose time is over is none");

	in_call(2, false);
	is_str(ev_call(FO_EV_CALL_ENDED, 0, 0), "", "the other side hung up");
	is_str(ev_call(FO_EV_BYE, 0, 0), "", "nothing to end");
	is_str(ev_call(FO_EV_CALL_UP, 0, 0), "", "nor to confirm");
	is_int(fo.call[0].state, FO_CALL_FREE, "free");

	up(2, false);
	ev_call(FO_EV_CALL, 0, 0);
	is_str(ev_call(FO_EV_BYE, 0, 0), "", "no BYE before an answer");
	provisional(0);
	is_str(ev_call(FO_EV_BYE, 0, 0), "BYE>0", "a 200 that crossed CANCEL");
}

static void several_calls(void)
{
	up(3, false);
	ev_call(FO_EV_CALL, 0, 0);
	ev_call(FO_EV_CALL, 1, 0);
	ev_call(FO_EV_CALL, 2, 0);
	provisional(1);
	ev_call(FO_EV_CALL_IN, 3, 0);
	ev_call(FO_EV_BYE, 3, 0);
	is_str(health(0, HEALTH_DOWN),
	       "REGISTER>1, -INVITE>0, INVITE>1, "
	       "-INVITE.1>0, INVITE.1 failed transport, "
	       "-INVITE.2>0, INVITE.2>1, -BYE.3>0, BYE.3>1", "all at once");
	is_str(call_result(FO_REQ_INVITE, 2, FO_TIMEOUT, 0), "INVITE.2>2!",
	       "each has its own pass");
	is_str(call_result(FO_REQ_INVITE, 0, FO_OK, 0), "", "one is up");
	is_int(fo.call[0].server, 1, "there");

	up(3, true);
	for (uint8_t i = 0; i < FO_CALLS_MAX; i++)
		ev_call(FO_EV_CALL, i, 0);
	is_str(health(0, HEALTH_DOWN),
	       "REGISTER>1, -INVITE>0, -INVITE.1>0, -INVITE.2>0, -INVITE.3>0",
	       "all wait for one REGISTER");
	is_str(reg(FO_OK), "working 0>1, registered 1, "
	       "INVITE>1, INVITE.1>1, INVITE.2>1, INVITE.3>1", "and go");
}

int main(void)
{
	invite_plain();
	invite_registers_first();
	settles_elsewhere();
	bye_sequences();
	several_calls();
	return tap_done();
}
