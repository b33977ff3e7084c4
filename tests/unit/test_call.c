// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "../tap.h"

#include "../../userspace/core/call.h"
#include "../../userspace/core/rng.h"

#define INVITE CALL_ACT_INVITE
#define ACK CALL_ACT_ACK
#define CANCEL CALL_ACT_CANCEL
#define RING CALL_ACT_RING
#define ACCEPT CALL_ACT_ACCEPT
#define REJECT CALL_ACT_REJECT
#define BYE CALL_ACT_BYE
#define REPORT CALL_ACT_REPORT
#define FREE CALL_ACT_FREE

#define TIMEOUT_MS 32000
#define MS(ms) ((struct mono){ (uint64_t)(ms) * 1000000 })

static unsigned int step(struct call *c, uint64_t ms, uint8_t type,
			 uint16_t status)
{
	struct call_ev ev = { .now = MS(ms), .type = type, .status = status };

	return call_step(c, &ev, TIMEOUT_MS);
}

#define is_step(c, ms, ev, status, acts, next)				\
	do {								\
		is_int(step(c, ms, CALL_EV_##ev, status), acts,		\
		       #ev " %d", status);				\
		is_str(call_state_name((c)->state),			\
		       call_state_name(CALL_##next), "now " #next);	\
	} while (0)

static void test_outgoing(void)
{
	struct call c = { 0 };

	ok(mono_is_never(call_next_expiry(&c)), "zeroed: no deadline");
	is_step(&c, 0, DIAL, 0, INVITE | REPORT, DIALING);
	ok(c.outgoing, "outgoing");
	is_step(&c, 1, PROVISIONAL, 100, 0, DIALING);
	is_step(&c, 2, PROVISIONAL, 180, REPORT, RINGING);
	is_step(&c, 3, PROVISIONAL, 183, 0, RINGING);
	is_step(&c, 3, PROVISIONAL, 100, 0, RINGING);
	ok(mono_is_never(call_next_expiry(&c)), "may ring for ever");
	is_step(&c, 4, ACCEPTED, 200, ACK | REPORT, UP);
	is_int(c.status, 200, "status");
	is_step(&c, 5, ACCEPTED, 200, ACK, UP);
	ok(!call_hung_up(&c), "one of the line's");
	is_step(&c, 6, HANGUP, 0, BYE | REPORT, ENDING);
	ok(call_hung_up(&c), "over for the user (C-09)");
	is_step(&c, 7, HANGUP, 0, 0, ENDING);
	is_step(&c, 7, ACCEPTED, 200, ACK, ENDING);
	is_step(&c, 8, BYE, 0, 0, ENDING);
	is_step(&c, 9, BYE_DONE, 408, FREE, FREE);

	is_step(&c, 20, DIAL, 0, INVITE | REPORT, DIALING);
	is_int(c.status, 0, "a new call starts afresh");
	is_step(&c, 21, REJECTED, 404, REPORT | FREE, FREE);
	is_int(c.status, 404, "why");
	is_step(&c, 30, DIAL, 0, INVITE | REPORT, DIALING);
	is_step(&c, 31, FAILED, 503, REPORT | FREE, FREE);
	is_int(c.status, 503, "why");

	is_step(&c, 40, DIAL, 0, INVITE | REPORT, DIALING);
	is_step(&c, 41, ACCEPTED, 200, ACK | REPORT, UP);
	is_step(&c, 42, BYE, 0, REPORT | FREE, FREE);
}

static void test_cancel(void)
{
	struct call c = { 0 };

	/* Before any response: 9.1 */
	step(&c, 0, CALL_EV_DIAL, 0);
	is_step(&c, 1000, HANGUP, 0, REPORT, CANCEL_WAIT);
	is_int(call_next_expiry(&c).ns, MS(33000).ns, "bounded");
	is_step(&c, 2000, PROVISIONAL, 100, CANCEL | REPORT, CANCELLING);
	is_int(call_next_expiry(&c).ns, MS(34000).ns, "64*T1 after the CANCEL");
	is_step(&c, 2001, PROVISIONAL, 180, 0, CANCELLING);
	is_step(&c, 2002, REJECTED, 487, REPORT | FREE, FREE);
	ok(mono_is_never(call_next_expiry(&c)), "no deadline is left");

	/* Nothing ever comes. */
	step(&c, 0, CALL_EV_DIAL, 0);
	step(&c, 1000, CALL_EV_HANGUP, 0);
	is_step(&c, 32999, EXPIRY, 0, 0, CANCEL_WAIT);
	is_step(&c, 33000, EXPIRY, 0, REPORT | FREE, FREE);
	step(&c, 0, CALL_EV_DIAL, 0);
	step(&c, 1000, CALL_EV_HANGUP, 0);
	is_step(&c, 7500, FAILED, 408, REPORT | FREE, FREE);

	/* A 100 is enough. */
	step(&c, 0, CALL_EV_DIAL, 0);
	step(&c, 10, CALL_EV_PROVISIONAL, 100);
	is_step(&c, 20, HANGUP, 0, CANCEL | REPORT, CANCELLING);
	is_step(&c, 32019, EXPIRY, 0, 0, CANCELLING);
	is_step(&c, 32020, EXPIRY, 0, REPORT | FREE, FREE);

	/* The CANCEL comes too late: ACK and BYE. */
	step(&c, 0, CALL_EV_DIAL, 0);
	step(&c, 10, CALL_EV_PROVISIONAL, 180);
	is_step(&c, 20, HANGUP, 0, CANCEL | REPORT, CANCELLING);
	is_step(&c, 30, ACCEPTED, 200, ACK | BYE | REPORT, ENDING);
	ok(mono_is_never(call_next_expiry(&c)), "the BYE has its own timers");
	is_step(&c, 40, FAILED, 0, FREE, FREE);

	step(&c, 0, CALL_EV_DIAL, 0);
	step(&c, 1, CALL_EV_HANGUP, 0);
	is_step(&c, 30, ACCEPTED, 200, ACK | BYE | REPORT, ENDING);
}

static void test_incoming(void)
{
	struct call c = { 0 };

	is_step(&c, 0, INVITE, 0, RING | REPORT, INCOMING);
	ok(!c.outgoing, "incoming");
	is_int(call_next_expiry(&c).ns, MS(32000).ns, "rings for a time");
	is_step(&c, 1000, ANSWER, 0, ACCEPT | REPORT, ANSWERING);
	is_int(call_next_expiry(&c).ns, MS(33000).ns, "64*T1 for the ACK");
	is_step(&c, 1001, CANCEL, 0, 0, ANSWERING);
	is_step(&c, 1002, ACK, 0, REPORT, UP);
	ok(mono_is_never(call_next_expiry(&c)), "nothing more to wait for");
	is_step(&c, 1003, ACK, 0, 0, UP);
	is_step(&c, 1004, HANGUP, 0, BYE | REPORT, ENDING);
	is_step(&c, 1005, BYE_DONE, 200, FREE, FREE);

	step(&c, 0, CALL_EV_INVITE, 0);
	is_step(&c, 31999, EXPIRY, 0, 0, INCOMING);
	is_step(&c, 32000, EXPIRY, 0, REJECT | REPORT | FREE, FREE);
	is_int(c.reply, 480, "nobody answered");
	step(&c, 0, CALL_EV_INVITE, 0);
	is_step(&c, 1, HANGUP, 0, REJECT | REPORT | FREE, FREE);
	is_int(c.reply, 486, "busy here");
	step(&c, 0, CALL_EV_INVITE, 0);
	is_int(c.reply, 0, "a new call starts afresh");
	is_step(&c, 1, CANCEL, 0, REJECT | REPORT | FREE, FREE);
	is_int(c.reply, 487, "request terminated");
	is_int(c.status, 487, "and that is why it ended");
	step(&c, 0, CALL_EV_INVITE, 0);
	is_step(&c, 1, BYE, 0, REJECT | REPORT | FREE, FREE);
	is_int(c.reply, 487, "request terminated");

	/* No ACK: 13.3.1.4. */
	step(&c, 0, CALL_EV_INVITE, 0);
	step(&c, 1000, CALL_EV_ANSWER, 0);
	is_step(&c, 32999, EXPIRY, 0, 0, ANSWERING);
	is_step(&c, 33000, EXPIRY, 0, BYE | REPORT, ENDING);
	is_int(c.status, 408, "why");

	/* Hung up before the ACK: no BYE before it (15). */
	step(&c, 0, CALL_EV_BYE_DONE, 0);
	step(&c, 0, CALL_EV_INVITE, 0);
	step(&c, 1000, CALL_EV_ANSWER, 0);
	is_step(&c, 2000, HANGUP, 0, REPORT, BYE_WAIT);
	is_int(call_next_expiry(&c).ns, MS(33000).ns, "as long as the 200");
	is_step(&c, 2001, ACK, 0, BYE, ENDING);
	ok(mono_is_never(call_next_expiry(&c)), "the BYE has its own timers");
	step(&c, 0, CALL_EV_BYE_DONE, 0);
	step(&c, 0, CALL_EV_INVITE, 0);
	step(&c, 1000, CALL_EV_ANSWER, 0);
	step(&c, 2000, CALL_EV_HANGUP, 0);
	is_step(&c, 33000, EXPIRY, 0, BYE, ENDING);
}

#define _ { -1, 0 }
#define GO(s, a) { CALL_##s, a }

/* Every state and event, deadlines due, status 180 or 200 or 404 as fits and
 * no response heard before.  Written from call.h and RFC 3261.
 * DIAL ANSWER HANGUP PROVISIONAL ACCEPTED REJECTED FAILED INVITE ACK CANCEL
 * BYE BYE_DONE EXPIRY */
static const struct {
	int next;		/* -1: nothing happens */
	unsigned int acts;
} want[CALL_STATES][CALL_EV_TYPES] = {
	[CALL_FREE] = {
		GO(DIALING, INVITE | REPORT), _, _, _, _, _, _,
		GO(INCOMING, RING | REPORT), _, _, _, _, _ },
	[CALL_DIALING] = {
		_, _, GO(CANCEL_WAIT, REPORT), GO(RINGING, REPORT),
		GO(UP, ACK | REPORT), GO(FREE, REPORT | FREE),
		GO(FREE, REPORT | FREE), _, _, _, _, _, _ },
	[CALL_RINGING] = {
		_, _, GO(CANCELLING, CANCEL | REPORT), GO(RINGING, 0),
		GO(UP, ACK | REPORT), GO(FREE, REPORT | FREE),
		GO(FREE, REPORT | FREE), _, _, _, _, _, _ },
	[CALL_CANCEL_WAIT] = {
		_, _, _, GO(CANCELLING, CANCEL | REPORT),
		GO(ENDING, ACK | BYE | REPORT), GO(FREE, REPORT | FREE),
		GO(FREE, REPORT | FREE), _, _, _, _, _,
		GO(FREE, REPORT | FREE) },
	[CALL_CANCELLING] = {
		_, _, _, _, GO(ENDING, ACK | BYE | REPORT),
		GO(FREE, REPORT | FREE), GO(FREE, REPORT | FREE), _, _, _, _,
		_, GO(FREE, REPORT | FREE) },
	[CALL_INCOMING] = {
		_, GO(ANSWERING, ACCEPT | REPORT),
		GO(FREE, REJECT | REPORT | FREE), _, _, _, _, _, _,
		GO(FREE, REJECT | REPORT | FREE),
		GO(FREE, REJECT | REPORT | FREE), _,
		GO(FREE, REJECT | REPORT | FREE) },
	[CALL_ANSWERING] = {
		_, _, GO(BYE_WAIT, REPORT), _, _, _, _, _, GO(UP, REPORT), _,
		GO(FREE, REPORT | FREE), _, GO(ENDING, BYE | REPORT) },
	[CALL_UP] = {
		_, _, GO(ENDING, BYE | REPORT), _, GO(UP, ACK), _, _, _, _, _,
		GO(FREE, REPORT | FREE), _, _ },
	[CALL_ENDING] = {
		_, _, _, _, GO(ENDING, ACK), _, GO(FREE, FREE), _, _, _, _,
		GO(FREE, FREE), _ },
	[CALL_BYE_WAIT] = {
		_, _, _, _, _, _, _, _, GO(ENDING, BYE), _, GO(FREE, FREE), _,
		GO(ENDING, BYE) },
};

static uint16_t status_for(int type)
{
	if (type == CALL_EV_PROVISIONAL)
		return 180;
	if (type == CALL_EV_ACCEPTED)
		return 200;
	return type == CALL_EV_REJECTED ? 404 : 0;
}

static void test_table(void)
{
	int s, e;

	for (s = 0; s < CALL_STATES; s++) {
		int wrong = 0;

		for (e = 0; e < CALL_EV_TYPES; e++) {
			struct call c = { .state = (uint8_t)s,
					  .expiry = MS(5) };
			struct call before = c;
			unsigned int acts = step(&c, 5, (uint8_t)e,
						 status_for(e));
			int next = want[s][e].next;
			bool good = acts == want[s][e].acts &&
				    c.state == (next < 0 ? s : next);

			/* NOLINTNEXTLINE(*-memory-comparison,cert-*): all of it */
			if (next < 0 && memcmp(&c, &before, sizeof(c)) != 0)
				good = false;
			if (!good) {
				printf("# event %d: acts %#x state %s\n", e,
				       acts, call_state_name(c.state));
				wrong++;
			}
		}
		is_int(wrong, 0, "%s: all events",
		       call_state_name((uint8_t)s));
	}
}

static const char *broken(const struct call *c, unsigned int acts,
			  uint8_t old)
{
	bool waits = c->state == CALL_CANCEL_WAIT ||
		     c->state == CALL_CANCELLING ||
		     c->state == CALL_INCOMING ||
		     c->state == CALL_ANSWERING || c->state == CALL_BYE_WAIT;

	if (c->state >= CALL_STATES)
		return "state";
	if (!!(acts & FREE) != (c->state == CALL_FREE && old != CALL_FREE))
		return "FREE if and only if it ends";
	if (waits == mono_is_never(call_next_expiry(c)))
		return "a deadline where one is waited for and only there";
	if ((acts & BYE) && c->state != CALL_ENDING)
		return "BYE leads to ENDING";
	if ((acts & CANCEL) && c->state != CALL_CANCELLING)
		return "CANCEL leads to CANCELLING";
	if ((acts & (REJECT | ACCEPT | RING)) && c->outgoing)
		return "answers a call of our own";
	if ((acts & (INVITE | CANCEL | ACK)) && !c->outgoing)
		return "cancels a call of theirs";
	return NULL;
}

static void test_walks(void)
{
	struct rng rng = { .state = 99 };
	const char *why = NULL;
	unsigned int i, ended = 0;
	struct call c = { 0 };
	uint64_t ms = 0;

	for (i = 0; i < 300000 && !why; i++) {
		uint8_t type = (uint8_t)rng_below(&rng, CALL_EV_TYPES + 2);
		uint8_t old = c.state;
		unsigned int acts;

		ms += rng_below(&rng, 8000);
		/* A 2xx is to an INVITE of ours. */
		if (type == CALL_EV_ACCEPTED && !c.outgoing)
			continue;
		acts = step(&c, ms, type, (uint16_t)rng_below(&rng, 700));
		why = broken(&c, acts, old);
		ended += !!(acts & FREE);
	}
	ok(!why, "random walk: %s", why ? why : "all rules hold");
	ok(ended > 10000, "%u calls", ended);
}

int main(void)
{
	test_outgoing();
	test_cancel();
	test_incoming();
	test_table();
	test_walks();
	is_str(call_state_name(CALL_STATES), "?", "no such state");
	return tap_done();
}
