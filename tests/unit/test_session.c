// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* core/session: refreshes and changes of a call that is up. */
#include "../tap.h"

#include "../../userspace/core/session.h"
#include "../../userspace/core/sipmsg.h"

static struct session s;
static struct session_ev line;	/* the line as it is */
static double now;		/* s */

static unsigned int step(struct session_ev ev)
{
	ev.now = (struct mono){ (uint64_t)(now * 1e9) };
	ev.held = line.held;
	ev.bind = line.bind;
	ev.bound = line.bound;
	ev.n_servers = line.n_servers;
	memcpy(ev.health, line.health, sizeof(ev.health));
	return session_step(&s, &ev);
}

static void up(uint32_t interval_s, bool ours)
{
	now = 1000;
	line = (struct session_ev){ .n_servers = 2, .bound = 1 };
	session_init(&s, 1);
	step((struct session_ev){ .type = SESSION_EV_UP, .ours = ours,
				  .interval_s = interval_s,
				  .takes_update = true, .uac = true });
}

static double due(void)
{
	struct mono t = session_next_expiry(&s);

	return mono_is_never(t) ? -1 : (double)t.ns / 1e9 - 1000;
}

static unsigned int expire(void)
{
	struct mono t = session_next_expiry(&s);

	if (!mono_is_never(t))
		now = (double)t.ns / 1e9 + 1e-6;
	return step((struct session_ev){ .type = SESSION_EV_EXPIRY });
}

static unsigned int result(uint8_t outcome, uint16_t status)
{
	return step((struct session_ev){
		.type = SESSION_EV_RESULT, .attempt = s.attempt,
		.outcome = outcome, .status = status, .retry_after = -1,
		.interval_s = 1800, .ours = true });
}

#define SEND SESSION_ACT_SEND
#define BYE SESSION_ACT_BYE

static void test_refresh(void)
{
	up(0, false);
	ok(due() < 0, "no session timer: nothing is due");
	up(1800, true);
	ok(due() == 900, "who refreshes does so at half of the time");
	is_int(expire(), SEND, "a refresh");
	ok(s.method == SIP_UPDATE && s.server == 0 && !s.last, "by UPDATE");
	is_int(result(FO_OK, 200), 0, "answered");
	ok(due() > 1799 && due() < 1801, "the next one half a time later");
	up(1800, false);
	ok(due() == 1768, "the other side waits until 32 s before the end");
	is_int(expire(), BYE, "and hangs up (RFC 4028 10)");
	ok(s.status == 408 && due() < 0, "as if by 408, and is done");
	up(90, false);
	ok(due() == 60, "or a third of a short time");
	step((struct session_ev){ .type = SESSION_EV_REFRESHED,
				  .interval_s = 1800, .ours = true });
	ok(due() == 900, "the far end's refresh begins it anew");
	up(0, false);
	step((struct session_ev){ .type = SESSION_EV_REFRESHED,
				  .interval_s = 1 });
	ok(due() > 1.99 && due() < 2.01, "no time is shorter than 2 s");
}

/* */
static void test_failover(void)
{
	up(1800, true);
	expire();
	is_int(result(FO_TIMEOUT, 0), SEND, "silence: the next server");
	ok(s.server == 1 && s.last, "which is the last");
	is_int(result(FO_OK, 200), 0, "answers");
	expire();
	ok(s.server == 1, "the dialog stays there (C-13)");
	is_int(result(FO_TRANSPORT, 0), SEND, "it dies: the first again");
	is_int(result(FO_TIMEOUT, 0), BYE, "none left: the call ends (R-13)");
	is_int(s.status, 408, "by silence");

	up(1800, true);
	expire();
	is_int(result(FO_REJECTED, 481), SEND, "481 moves it too (R-13)");
	is_int(result(FO_REJECTED, 481), BYE, "twice ends it");
	is_int(s.status, 481, "as what it was");

	up(1800, true);
	expire();
	is_int(step((struct session_ev){ .type = SESSION_EV_DOWN, .server = 1 }),
	       0, "another server's death");
	line.health[0] = HEALTH_DOWN;
	is_int(step((struct session_ev){ .type = SESSION_EV_DOWN }),
	       SESSION_ACT_ABANDON | SEND, "its own: on at once");
	is_int(step((struct session_ev){ .type = SESSION_EV_RESULT,
					 .attempt = 1, .outcome = FO_TIMEOUT }),
	       0, "the first request's end means nothing any more");
	line.health[1] = HEALTH_DOWN;
	is_int(step((struct session_ev){ .type = SESSION_EV_DOWN,
					 .server = 1 }),
	       SESSION_ACT_ABANDON | BYE, "the last one dies too");

	up(1800, true);
	line.health[0] = HEALTH_DOWN;
	expire();
	ok(s.server == 1 && !s.last,
	   "a server known to be dead is asked last (C-11)");

	up(0, false);
	step((struct session_ev){ .type = SESSION_EV_MODIFY });
	ok(due() > 63.9 && due() < 64.1, "a 1xx does not hold it for ever");
	is_int(expire(), SESSION_ACT_ABANDON | SEND, "it is given up: the next");

	up(1800, true);
	line.held = true;
	expire();
	is_int(result(FO_TIMEOUT, 0), 0, "a local outage proves nothing");
	line.held = false;
	is_int(expire(), SEND, "later once more");
	ok(s.server == 0, "at the first server");
	is_int(step((struct session_ev){ .type = SESSION_EV_EXPIRY }), 0,
	       "nothing is due");
	now = 1000 + 1800;
	is_int(step((struct session_ev){ .type = SESSION_EV_EXPIRY }),
	       SESSION_ACT_ABANDON | BYE, "the session's end is the call's");
}

/* C-08 */
static void test_binding(void)
{
	up(1800, true);
	line.bind = true;
	is_int(expire(), SEND, "the first goes as it is");
	is_int(result(FO_TIMEOUT, 0), 0, "the next waits for a binding");
	is_int(step((struct session_ev){ .type = SESSION_EV_BOUND }), 0,
	       "not that one");
	line.bound = 3;
	is_int(step((struct session_ev){ .type = SESSION_EV_BOUND }), SEND,
	       "there it is");
	is_int(s.server, 1, "at the backup");

	up(1800, true);
	line.bind = true;
	expire();
	result(FO_TIMEOUT, 0);
	ok(due() > 907.9 && due() < 908.1, "it waits 8 s");
	is_int(expire(), SEND, "and goes without");
	up(1800, true);
	line.bind = true;
	expire();
	result(FO_TIMEOUT, 0);
	line.health[1] = HEALTH_BLOCKED;
	is_int(expire(), BYE, "but not to who asked for peace (C-34)");
	up(1800, true);
	line.bind = true;
	expire();
	is_int(result(FO_REJECTED, 481), SEND,
	       "no binding will come while the first server answers");
	up(1800, true);
	line.bind = true;
	expire();
	result(FO_TIMEOUT, 0);
	is_int(step((struct session_ev){ .type = SESSION_EV_DOWN,
					 .server = 1 }), BYE,
	       "dead before it was asked");
}

static void test_answers(void)
{
	up(90, true);
	expire();
	is_int(step((struct session_ev){
		.type = SESSION_EV_RESULT, .attempt = s.attempt,
		.outcome = FO_REJECTED, .status = 422, .min_s = 300 }), SEND,
	       "422: once more");
	ok(s.interval_s == 300 && s.min_s == 300 && s.server == 0,
	   "with what it wants, at the same server");
	is_int(result(FO_REJECTED, 405), SEND, "UPDATE is not known");
	is_int(s.method, SIP_INVITE, "then by re-INVITE");
	is_int(result(FO_REJECTED, 491), 0, "glare");
	ok(due() > 47.09 && due() < 49.01, "2.1 to 4 s for the caller (14.1)");
	is_int(expire(), SEND, "and again");
	s.uac = false;
	result(FO_REJECTED, 491);
	ok((double)s.retry_at.ns / 1e9 - now < 2.01, "the callee: up to 2 s");
	is_int(expire(), SEND, "and again");
	is_int(step((struct session_ev){
		.type = SESSION_EV_RESULT, .attempt = s.attempt,
		.outcome = FO_REJECTED, .status = 500, .retry_after = 3 }), 0,
	       "500 with Retry-After (14.2)");
	is_int(expire(), SEND, "is heeded");
	is_int(result(FO_REJECTED, 491), 0, "the sixth answer of the kind");
	ok(s.state == SESSION_QUIET, "is the last");

	up(1800, true);
	expire();
	is_int(result(FO_REJECTED, 403), 0, "another no does not end the call");
	ok(due() > 1349 && due() < 1351, "half of the rest later once more");
	is_int(expire(), SEND, "for it may do");
	is_int(result(FO_UNAVAILABLE, 503), SEND, "503 moves it");
}

static void test_modify(void)
{
	struct session_ev modify = { .type = SESSION_EV_MODIFY };

	up(0, false);
	is_int(step(modify), SEND, "the user wants a change");
	is_int(s.method, SIP_INVITE, "a re-INVITE");
	is_int(result(FO_OK, 200), SESSION_ACT_MODIFIED, "it is told");
	is_int(step(modify), SEND, "another");
	is_int(result(FO_REJECTED, 488), SESSION_ACT_UNCHANGED,
	       "refused: told too");
	is_int(s.status, 488, "with the reason");
	up(1800, true);
	expire();
	is_int(step(modify), 0, "while an UPDATE is out it waits");
	is_int(result(FO_OK, 200), SEND, "for its answer");
	is_int(s.method, SIP_INVITE, "and goes then");
	is_int(step((struct session_ev){ .type = SESSION_EV_END }),
	       SESSION_ACT_ABANDON, "until the call ends");
	is_int(step(modify), 0, "after which there is nothing");
}

static void test_moved(void)
{
	up(1800, true);
	expire();
	step((struct session_ev){ .type = SESSION_EV_MOVED, .server = 0,
				  .to = 1 });
	ok(s.home == 1 && s.server == 1 && s.tried == 2, "the list changes");
	is_int(result(FO_TIMEOUT, 0), SEND, "and it goes on");
	is_int(s.server, 0, "at the other one");
	is_int(step((struct session_ev){ .type = SESSION_EV_MOVED,
					 .server = 200 }), 0, "no such server");
}

/* RFC 4028 9, table 2. */
static void test_terms(void)
{
	struct session_terms t = { .interval_s = -1, .min_s = -1 };
	struct session_grant g = session_answer(&t, 0, 90);

	ok(!g.interval_s && !g.refused, "nobody wants one");
	g = session_answer(&t, 1800, 90);
	ok(g.interval_s == 1800 && g.refresher == SIP_REFRESHER_UAS &&
	   !g.require, "we do: then we refresh");
	t.supported = true;
	g = session_answer(&t, 1800, 90);
	ok(g.refresher == SIP_REFRESHER_UAC && g.require,
	   "who knows them refreshes himself");
	t.interval_s = 300;
	g = session_answer(&t, 1800, 90);
	ok(g.interval_s == 300 && g.refresher == SIP_REFRESHER_UAC,
	   "the caller's time counts");
	t.refresher = SIP_REFRESHER_UAS;
	g = session_answer(&t, 0, 90);
	ok(g.refresher == SIP_REFRESHER_UAS && !g.require, "his wish too");
	t.interval_s = 60;
	g = session_answer(&t, 0, 90);
	ok(g.refused && g.min_s == 90, "too short: 422");
	t.supported = false;
	g = session_answer(&t, 0, 90);
	ok(!g.refused && g.interval_s == 90, "unless he cannot take that");
	t.min_s = 400;
	g = session_answer(&t, 0, 90);
	is_int(g.interval_s, 400, "no less than Min-SE");
}

int main(void)
{
	test_refresh();
	test_failover();
	test_binding();
	test_answers();
	test_modify();
	test_moved();
	test_terms();
	return tap_done();
}
