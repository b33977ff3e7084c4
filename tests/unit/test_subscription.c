// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* core/subscription: where it is made, refreshed, made anew (C-20, F-19, R-58,
 * Y-28). */
#include "core/subscription.h"
#include "core/sipmsg.h"
#include "tap.h"

#define A 3
#define B 7
#define N_MS 32000

static struct subscription s;
static struct mono now;

static void begin(bool follow, bool concurrent)
{
	struct subscription_cfg cfg = {
		.timer_n_ms = N_MS, .follow = follow, .concurrent = concurrent,
	};

	subscription_init(&s, &cfg, 1);
	now = (struct mono){ 1000000000000 };
}

static unsigned int step(struct subscription_ev ev)
{
	ev.now = now;
	return subscription_step(&s, &ev) & ~SUBSCRIPTION_ACT_REPORT;
}

static unsigned int works(uint32_t server, bool fallback)
{
	return step((struct subscription_ev){
		.type = SUBSCRIPTION_EV_WORKING, .server = server,
		.fallback = fallback });
}

static unsigned int simple(uint8_t type)
{
	return step((struct subscription_ev){ .type = type });
}

static unsigned int granted(int32_t expires_s)
{
	return step((struct subscription_ev){
		.type = SUBSCRIPTION_EV_GRANTED, .expires_s = expires_s });
}

static unsigned int refused(uint16_t status, int32_t retry_after)
{
	return step((struct subscription_ev){
		.type = SUBSCRIPTION_EV_REFUSED, .status = status,
		.retry_after = retry_after });
}

static unsigned int notify(uint8_t substate, int32_t expires_s)
{
	return step((struct subscription_ev){
		.type = SUBSCRIPTION_EV_NOTIFY, .substate = substate,
		.expires_s = expires_s, .retry_after = -1 });
}

static unsigned int terminated(uint8_t reason, int32_t retry_after)
{
	return step((struct subscription_ev){
		.type = SUBSCRIPTION_EV_NOTIFY, .reason = reason,
		.substate = SIP_SUBSTATE_TERMINATED, .expires_s = -1,
		.retry_after = retry_after });
}

/* To the next deadline; how many seconds that took, rounded up. */
static uint64_t expiry(unsigned int *acts)
{
	struct mono at = subscription_next_expiry(&s);
	uint64_t s_ = (at.ns - now.ns + 999999999) / 1000000000;

	if (mono_is_never(at)) {
		*acts = 0;
		return 0;
	}
	now = at;
	*acts = simple(SUBSCRIPTION_EV_EXPIRY);
	return s_;
}

static void active_at(uint32_t server)
{
	works(server, server != A);
	granted(3600);
	notify(SIP_SUBSTATE_ACTIVE, 3600);
}

#define DROP SUBSCRIPTION_ACT_DROP
#define BEGIN SUBSCRIPTION_ACT_BEGIN
#define REFRESH SUBSCRIPTION_ACT_REFRESH
#define END SUBSCRIPTION_ACT_END

static void test_life(void)
{
	unsigned int acts;

	begin(true, false);
	ok(mono_is_never(subscription_next_expiry(&s)), "off: no deadline");
	is_int(works(A, false), BEGIN, "the line is registered: SUBSCRIBE");
	is_int(s.state, SUBSCRIPTION_ASKING, "asking");
	ok(mono_is_never(subscription_next_expiry(&s)),
	   "the transaction has the clock");
	is_int(works(A, false), 0, "refreshed registration: nothing");
	is_int(notify(SIP_SUBSTATE_PENDING, 3600), 0,
	       "a NOTIFY may overtake the 200");
	is_int(granted(3600), 0, "granted");
	is_int(s.state, SUBSCRIPTION_ACTIVE, "active");
	is_int((int)expiry(&acts), 3540, "refreshed 60 s ahead of its end");
	is_int(acts, REFRESH, "within the dialog");
	granted(100);
	notify(SIP_SUBSTATE_ACTIVE, -1);
	is_int((int)expiry(&acts), 50, "or after half of a short time");
	is_int(acts, REFRESH, "refresh");
	granted(2);
	notify(SIP_SUBSTATE_ACTIVE, -1);
	ok(expiry(&acts) == 2 && acts == (DROP | BEGIN),
	   "one of a moment is not refreshed");
	granted(2);
	notify(SIP_SUBSTATE_ACTIVE, -1);
	ok(expiry(&acts) == 2 && s.state == SUBSCRIPTION_WAIT,
	   "nor made anew time and again");
	expiry(&acts);
	granted(3600);
	notify(SIP_SUBSTATE_ACTIVE, 600);
	is_int((int)expiry(&acts), 540, "the notifier's word counts (4.1.3)");
	granted(600);
	is_int(simple(SUBSCRIPTION_EV_STOP), END | DROP,
	       "the daemon ends: so does it");
	is_int(s.state, SUBSCRIPTION_OFF, "off");
}

static void test_timer_n(void)
{
	unsigned int acts;

	begin(true, false);
	works(A, false);
	now = mono_add_ms(now, 2000);
	granted(3600);
	is_int((int)expiry(&acts), 30,
	       "no NOTIFY 64*T1 after the SUBSCRIBE (4.1.2.4)");
	is_int(acts, DROP, "then it is none");
	is_int(s.state, SUBSCRIPTION_WAIT, "a pause");
	ok(expiry(&acts) <= 60 && acts == BEGIN, "and once more");
	granted(3600);
	notify(SIP_SUBSTATE_ACTIVE, -1);
	expiry(&acts);
	granted(3600);
	ok(expiry(&acts) == 32 && acts == DROP, "the same after a refresh");
}

static void test_refresh_fails(void)
{
	unsigned int acts;

	begin(true, false);
	active_at(A);
	expiry(&acts);
	is_int(refused(481, -1), DROP | BEGIN, "481: a new one at once (R-58)");
	granted(3600);
	notify(SIP_SUBSTATE_ACTIVE, -1);
	expiry(&acts);
	is_int(simple(SUBSCRIPTION_EV_LOST), DROP | BEGIN,
	       "silence: a new one where the line works (R-58)");
	is_int(simple(SUBSCRIPTION_EV_LOST), DROP, "silence again: a pause");
	ok(s.state == SUBSCRIPTION_WAIT && expiry(&acts) <= 60, "of a minute");
	granted(3600);
	notify(SIP_SUBSTATE_ACTIVE, -1);
	expiry(&acts);
	is_int(refused(500, 20), 0, "500: it stays as long as it was granted");
	is_int(s.state, SUBSCRIPTION_ACTIVE, "active");
	is_int((int)expiry(&acts), 20, "Retry-After is kept");
	is_int(acts, REFRESH, "then refreshed");
	refused(500, 50);
	is_int((int)expiry(&acts), 40, "but not beyond its end");
	is_int(acts, DROP | BEGIN, "then made anew");
	active_at(A);
	granted(3600);
	notify(SIP_SUBSTATE_ACTIVE, -1);
	expiry(&acts);
	is_int(refused(404, -1), DROP, "404 ends it (4.1.2.2)");
	is_int(s.state, SUBSCRIPTION_REFUSED, "for good");
	ok(mono_is_never(subscription_next_expiry(&s)), "nothing is asked");
	is_int(simple(SUBSCRIPTION_EV_AGAIN), BEGIN, "until the user registers");
}

static void test_first_fails(void)
{
	static const uint16_t for_good[] = { 403, 405, 489, 501, 603 };
	unsigned int acts;
	size_t i;

	for (i = 0; i < sizeof(for_good) / sizeof(*for_good); i++) {
		begin(true, false);
		works(A, false);
		is_int(refused(for_good[i], -1), DROP, "%u", for_good[i]);
		is_int(s.state, SUBSCRIPTION_REFUSED, "for good");
		is_int(works(B, true), BEGIN, "another server is asked");
	}
	begin(true, false);
	works(A, false);
	refused(480, -1);
	ok(expiry(&acts) <= 60 && acts == BEGIN, "480: a pause");
	refused(480, -1);
	ok(expiry(&acts) >= 60 && acts == BEGIN, "a longer one");
	refused(403, 7);
	ok(expiry(&acts) == 7 && acts == BEGIN, "Retry-After, whatever it is");
	refused(503, INT32_MAX);
	ok(s.state == SUBSCRIPTION_WAIT &&
	   !mono_is_never(subscription_next_expiry(&s)), "a long one");
	begin(true, false);
	works(A, false);
	is_int(granted(0), DROP, "granted for no time is not granted");
	is_int(s.state, SUBSCRIPTION_WAIT, "a pause");
}

static void test_terminated(void)
{
	unsigned int acts;

	begin(true, false);
	active_at(A);
	is_int(terminated(SIP_SUBREASON_DEACTIVATED, -1), DROP | BEGIN,
	       "deactivated: at once");
	granted(3600);
	is_int(terminated(SIP_SUBREASON_TIMEOUT, -1), DROP,
	       "once more: not at once, or it would never end");
	ok(s.state == SUBSCRIPTION_WAIT && expiry(&acts) <= 60 &&
	   acts == BEGIN, "but after a pause");
	granted(3600);
	terminated(SIP_SUBREASON_PROBATION, 11);
	is_int((int)expiry(&acts), 11, "probation: as it says");
	granted(3600);
	terminated(SIP_SUBREASON_GIVEUP, -1);
	ok(s.state == SUBSCRIPTION_WAIT && expiry(&acts), "giveup: a pause");
	granted(3600);
	terminated(SIP_SUBREASON_NONE, 13);
	is_int((int)expiry(&acts), 13, "without a reason");
	granted(3600);
	is_int(terminated(SIP_SUBREASON_REJECTED, 5), DROP, "rejected");
	is_int(s.state, SUBSCRIPTION_REFUSED, "for good");
	is_int(terminated(SIP_SUBREASON_TIMEOUT, -1), 0,
	       "nothing without a dialog");
	begin(true, false);
	active_at(A);
	terminated(SIP_SUBREASON_NORESOURCE, -1);
	is_int(s.state, SUBSCRIPTION_REFUSED, "noresource: for good");
	begin(true, false);
	active_at(A);
	terminated(SIP_SUBREASON_INVARIANT, -1);
	is_int(s.state, SUBSCRIPTION_REFUSED, "invariant: for good");
}

static void test_follows(void)
{
	begin(true, false);
	active_at(A);
	is_int(works(SUBSCRIPTION_NOWHERE, false), 0,
	       "no registration for a moment: nothing");
	is_int(works(B, true), END | DROP | BEGIN,
	       "failover: made anew there at once (C-20)");
	is_int(s.server, B, "there");
	granted(3600);
	notify(SIP_SUBSTATE_ACTIVE, -1);
	is_int(works(A, false), END | DROP | BEGIN, "failback: back again");
	is_int(works(B, true), DROP | BEGIN, "while it asks: no END");
	is_int(simple(SUBSCRIPTION_EV_LOST), DROP, "nobody answers there");
	is_int(works(SUBSCRIPTION_NOWHERE, false), 0, "nor registers");
	is_int(works(B, true), BEGIN, "until it is back: at once");
}

static void test_stays(void)
{
	unsigned int acts;

	begin(false, false);
	active_at(A);
	is_int(works(B, true), 0, "not at once (failback_subscribe = 0)");
	is_int(works(A, false), REFRESH, "back before: refreshed at once");
	granted(3600);
	notify(SIP_SUBSTATE_ACTIVE, -1);
	works(B, true);
	is_int((int)expiry(&acts), 3540, "when its time has come");
	is_int(acts, END | DROP | BEGIN, "where the line works then");
	is_int(s.server, B, "there");
	begin(false, false);
	works(A, false);
	is_int(works(B, true), DROP | BEGIN, "what is not yet there moves");
}

static void test_concurrent(void)
{
	unsigned int acts;

	begin(true, true);
	active_at(A);
	is_int(works(B, true), 0, "nothing at the standby (C-20, Y-28)");
	is_int((int)expiry(&acts), 3540, "its refresh is due");
	is_int(acts, 0, "but the line works elsewhere");
	is_int((int)expiry(&acts), 60, "it ends");
	ok(acts == DROP && s.state == SUBSCRIPTION_OFF, "and is not made anew");
	is_int(works(A, false), BEGIN, "until the return");
	begin(true, true);
	is_int(works(B, false), BEGIN,
	       "another address of the first entry is no fallback");
}

static void test_gone(void)
{
	begin(true, false);
	active_at(A);
	is_int(step((struct subscription_ev){ .type = SUBSCRIPTION_EV_GONE,
					      .server = B }), 0, "another one");
	is_int(step((struct subscription_ev){ .type = SUBSCRIPTION_EV_GONE,
					      .server = A }), END | DROP,
	       "the server leaves the list");
	ok(s.state == SUBSCRIPTION_OFF && s.target == SUBSCRIPTION_NOWHERE,
	   "off");
	active_at(A);
	works(B, true);
	is_int(step((struct subscription_ev){ .type = SUBSCRIPTION_EV_GONE,
					      .server = A }), 0, "left before");
	granted(3600);
	is_int(simple(SUBSCRIPTION_EV_MOVED), REFRESH,
	       "another own address: the Contact is told");
}

static void test_total(void)
{
	unsigned int type, state;

	for (state = 0; state < SUBSCRIPTION_STATES; state++)
		for (type = 0; type <= SUBSCRIPTION_EV_TYPES; type++) {
			begin(true, false);
			s.state = (uint8_t)state;
			simple((uint8_t)type);
			ok(s.state < SUBSCRIPTION_STATES, "%s in %s",
			   subscription_ev_name((uint8_t)type),
			   subscription_state_name((uint8_t)state));
		}
	is_str(subscription_state_name(SUBSCRIPTION_STATES), "invalid",
	       "no such state");
}

int main(void)
{
	test_life();
	test_timer_n();
	test_refresh_fails();
	test_first_fails();
	test_terminated();
	test_follows();
	test_stays();
	test_concurrent();
	test_gone();
	test_total();
	return tap_done();
}
