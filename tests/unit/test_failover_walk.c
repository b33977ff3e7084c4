// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * Random walks over core/failover, seeded: what must hold whatever happens.
 * The test keeps its own list of the requests that are out, from the actions
 * alone, and compares it with the machine's after each step.
 */
#include "../tap.h"

#include "fo_play.h"
#include "../../userspace/core/pass.h"

#define WALKS 40
#define STEPS 5000
#define OUT_MAX 64

struct out {
	uint8_t req, call, server;
	uint16_t attempt;
};

static struct out out[OUT_MAX], gone[OUT_MAX];
static unsigned int n_out, n_gone;
static struct rng rng;

enum broken {
	TWO_REGISTERS, TWO_PROBES, SAME_REGISTRAR, TO_BLOCKED, ATTEMPT_REUSED,
	ABANDONED_NOTHING, SENT_WHILE_HELD, SPINS, WAITS_FOR_NOTHING,
	CALL_DIFFERS, REG_DIFFERS, NO_BINDING, PROBE_DIFFERS, CALL_NEVER_ENDS,
	FAILED_WHILE_OUT, BROKEN
};

static unsigned int broken[BROKEN];
static unsigned int sent, moved, settled, most_acts;

/* At most one in an expression: the order must not be the compiler's. */
static uint32_t pick(uint32_t n)
{
	return rng_below(&rng, n);
}

static int find(uint8_t req, uint8_t call)
{
	for (unsigned int i = 0; i < n_out; i++)
		if (out[i].req == req && out[i].call == call)
			return (int)i;
	return -1;
}

static void take_out(unsigned int i)
{
	gone[n_gone++ % OUT_MAX] = out[i];
	out[i] = out[--n_out];
}

static void check_send(const struct fo_act *a, bool may_send)
{
	int reg, probe;

	sent++;
	if (fo.health[a->server] == HEALTH_BLOCKED)
		broken[TO_BLOCKED]++;
	if (!may_send)
		broken[SENT_WHILE_HELD]++;
	for (unsigned int i = 0; i < n_out; i++)
		if (out[i].attempt == a->attempt)
			broken[ATTEMPT_REUSED]++;
	if (a->attempt == 0)
		broken[ATTEMPT_REUSED]++;
	if (a->req == FO_REQ_UNREGISTER)
		return;	/* nobody waits for it */
	reg = find(FO_REQ_REGISTER, 0);
	probe = find(FO_REQ_PROBE, 0);
	if (a->req == FO_REQ_REGISTER && reg >= 0)
		broken[TWO_REGISTERS]++;
	if (a->req == FO_REQ_PROBE && probe >= 0)
		broken[TWO_PROBES]++;
	if ((a->req == FO_REQ_REGISTER && a->server == 0 && probe >= 0) ||
	    (a->req == FO_REQ_PROBE && reg >= 0 && out[reg].server == 0))
		broken[SAME_REGISTRAR]++;
	out[n_out++] = (struct out){ a->req, a->call, a->server, a->attempt };
}

static void check_acts(bool may_send)
{
	if (acts.n > most_acts)
		most_acts = acts.n;
	for (int k = 0; k < acts.n; k++) {
		const struct fo_act *a = &acts.a[k];
		int i;

		switch ((enum fo_act_type)a->type) {
		case FO_ACT_SEND:
			check_send(a, may_send);
			break;
		case FO_ACT_ABANDON:
			i = find(a->req, a->call);
			if (i < 0 || out[i].attempt != a->attempt ||
			    out[i].server != a->server)
				broken[ABANDONED_NOTHING]++;
			else
				take_out((unsigned int)i);
			break;
		case FO_ACT_FAILED:
			if (find(a->req, a->call) >= 0)
				broken[FAILED_WHILE_OUT]++;
			break;
		case FO_ACT_WORKING:
			moved++;
			break;
		case FO_ACT_REGISTERED:
			settled++;
			break;
		case FO_ACT_UNREGISTERED:
			break;
		}
	}
}

static bool call_agrees(uint8_t i)
{
	const struct fo_call *c = &fo.call[i];
	int invite = find(FO_REQ_INVITE, i), b = find(FO_REQ_BYE, i);

	switch ((enum fo_call_state)c->state) {
	case FO_CALL_FREE:
	case FO_CALL_UP:
	case FO_CALL_WAIT_REG:
	case FO_CALL_BYE_WAIT_REG:
		return c->pass.attempt == 0;
	case FO_CALL_INVITING:
	case FO_CALL_PROCEEDING:
		return invite >= 0 && out[invite].attempt == c->pass.attempt &&
		       out[invite].server == c->pass.server;
	case FO_CALL_BYE:
		return b >= 0 && out[b].attempt == c->pass.attempt &&
		       out[b].server == c->pass.server;
	}
	return false;
}

static void check_state(void)
{
	int reg = find(FO_REQ_REGISTER, 0), probe = find(FO_REQ_PROBE, 0);
	bool reg_out = fo.reg_state == FO_REG_TRYING ||
		       fo.reg_state == FO_REG_REFRESHING;

	if (reg_out != (reg >= 0) ||
	    (reg >= 0 && (out[reg].attempt != fo.reg.attempt ||
			  out[reg].server != fo.reg.server)))
		broken[REG_DIFFERS]++;
	if (fo.probing != (probe >= 0))
		broken[PROBE_DIFFERS]++;
	if (fo.reg_state == FO_REG_REGISTERED &&
	    (fo.working == FO_NONE || mono_is_never(fo.refresh_at)))
		broken[NO_BINDING]++;
	for (uint8_t i = 0; i < FO_CALLS_MAX; i++) {
		uint8_t s = fo.call[i].state;

		if (!call_agrees(i))
			broken[CALL_DIFFERS]++;
		if ((s == FO_CALL_WAIT_REG || s == FO_CALL_BYE_WAIT_REG) &&
		    !reg_out)
			broken[WAITS_FOR_NOTHING]++;
	}
}

/* Time and health send nothing while the line is held. */
static void take(struct fo_ev e)
{
	bool held = fo.held;
	bool may = !held || (e.type != FO_EV_EXPIRY && e.type != FO_EV_HEALTH &&
			     e.type != FO_EV_SIGNAL_TIMEOUT);

	fo_play(e);
	check_acts(may);
	check_state();
	if (e.type == FO_EV_EXPIRY && mono_due(fo_next_expiry(&fo), ms(now_ms)))
		broken[SPINS]++;
}

/* An INVITE that is over for the machine is out no more, whoever ended it:
 * CALL_UP and a BYE that crosses may come without a RESULT. */
static void drop_quiet(uint8_t call)
{
	int i = find(FO_REQ_INVITE, call);

	if (i >= 0)
		take_out((unsigned int)i);
}

static void answer(unsigned int i, uint8_t outcome)
{
	struct out o = out[i];

	take_out(i);
	take((struct fo_ev){
		.type = FO_EV_RESULT, .req = o.req, .call = o.call,
		.server = o.server, .attempt = o.attempt, .outcome = outcome,
		.status = outcome == FO_REJECTED ? 403 : 0,
		.expires_s = pick(400),
	});
}

static void answer_late(void)
{
	struct out o = gone[pick(OUT_MAX)];
	struct fo_ev late = {
		.req = o.req, .call = o.call, .server = o.server,
		.attempt = o.attempt,
	};

	for (unsigned int i = 0; i < n_out; i++)
		if (out[i].attempt == o.attempt)
			return;	/* the number came round */
	late.type = pick(2) ? FO_EV_RESULT : FO_EV_PROVISIONAL;
	late.outcome = (uint8_t)pick(5);
	take(late);
}

static void call_event(void)
{
	static const uint8_t types[] = {
		FO_EV_CALL, FO_EV_CALL, FO_EV_CALL, FO_EV_CALL_IN, FO_EV_CALL_UP,
		FO_EV_CALL_ENDED, FO_EV_BYE, FO_EV_BYE, FO_EV_PROVISIONAL,
	};
	struct fo_ev e = { .type = types[pick(sizeof(types))] };
	uint8_t s;

	e.call = (uint8_t)pick(FO_CALLS_MAX + 1);
	e.server = (uint8_t)pick(fo.cfg.n_servers + 1u);
	if (e.call == FO_CALLS_MAX) {
		take(e);
		return;
	}
	s = fo.call[e.call].state;
	e.attempt = fo.call[e.call].pass.attempt;
	if ((e.type == FO_EV_CALL_UP && e.server < fo.cfg.n_servers) ||
	    (e.type == FO_EV_BYE && s == FO_CALL_PROCEEDING))
		drop_quiet(e.call);
	if (e.type == FO_EV_CALL_UP && s == FO_CALL_FREE)
		return;
	take(e);
}

static void some_event(void)
{
	static const uint8_t line[] = {
		FO_EV_START, FO_EV_REGISTER, FO_EV_SIGNAL_TIMEOUT,
		FO_EV_FLOW_CHANGED, FO_EV_HOLD, FO_EV_RESUME, FO_EV_RESUME,
	};
	uint32_t dice = pick(100);

	if (dice < 35 && n_out) {
		uint8_t outcome = (uint8_t)pick(5);

		answer(pick(n_out), outcome);
	} else if (dice < 55) {
		struct fo_ev e = { .type = FO_EV_HEALTH };

		e.server = (uint8_t)pick(fo.cfg.n_servers);
		e.new = (uint8_t)pick(HEALTH_STATES);
		e.old = fo.health[e.server];
		take(e);
	} else if (dice < 80) {
		call_event();
	} else if (dice < 90) {
		if (pick(2) && !mono_is_never(fo_next_expiry(&fo)))
			to_expiry();
		take((struct fo_ev){ .type = FO_EV_EXPIRY });
	} else if (dice < 94) {
		answer_late();
	} else if (dice < 99) {
		struct fo_ev e = { .type = line[pick(sizeof(line))] };

		e.server = (uint8_t)pick(fo.cfg.n_servers + 1u);
		take(e);
	} else if (pick(10) == 0) {
		take((struct fo_ev){ .type = FO_EV_STOP });
	}
	now_ms += pick(4) ? pick(100) : pick(60000);
}

static bool call_pending(void)
{
	for (int i = 0; i < FO_CALLS_MAX; i++)
		if (fo.call[i].state != FO_CALL_FREE &&
		    fo.call[i].state != FO_CALL_UP)
			return true;
	return false;
}

/* With nothing but answers, each call ends, and soon: every server can be
 * tried once per call, and each try may cost a whole REGISTER pass. */
static void run_dry(void)
{
	unsigned int limit = FO_CALLS_MAX * FO_SERVERS_MAX * FO_SERVERS_MAX;

	while (call_pending() && n_out && limit--) {
		uint8_t outcome = pick(4) ? FO_TIMEOUT : (uint8_t)pick(5);

		answer(pick(n_out), outcome);
	}
	if (call_pending())
		broken[CALL_NEVER_ENDS]++;
}

static void walk(unsigned int seed)
{
	struct fo_cfg cfg = fo_play_cfg((uint8_t)(1 + seed % FO_SERVERS_MAX));

	rng = (struct rng){ seed };
	cfg.register_before_resend = pick(2);
	cfg.reg_fail_moves = pick(2);
	cfg.failback = pick(4) != 0;
	cfg.failback_ms = pick(4) ? 1000 + pick(100000) : 0;
	cfg.retry_base_ms = pick(40000);
	fo_play_start(&cfg);
	n_out = 0;
	n_gone = 0;
	memset(gone, 0, sizeof(gone));
	for (int i = 0; i < STEPS; i++) {
		some_event();
		if (pick(300) == 0)
			run_dry();
	}
	run_dry();
}

int main(void)
{
	static const char *const what[BROKEN] = {
		[TWO_REGISTERS] = "never two REGISTERs out",
		[TWO_PROBES] = "never two probes out",
		[SAME_REGISTRAR] = "R-06: no probe beside a REGISTER there",
		[TO_BLOCKED] = "C-34: nothing is sent to a BLOCKED server",
		[ATTEMPT_REUSED] = "attempt numbers that are out are unique",
		[ABANDONED_NOTHING] = "ABANDON names a request that is out",
		[SENT_WHILE_HELD] = "time and health send nothing while held",
		[SPINS] = "an expiry that came is used up",
		[WAITS_FOR_NOTHING] = "a call that waits has a REGISTER out",
		[CALL_DIFFERS] = "each call's request is the one that is out",
		[REG_DIFFERS] = "the line's REGISTER is the one that is out",
		[NO_BINDING] = "registered: where, and refreshed when",
		[PROBE_DIFFERS] = "the probe is the one that is out",
		[CALL_NEVER_ENDS] = "each call ends by answers alone",
		[FAILED_WHILE_OUT] = "nothing fails while it is out",
	};

	for (unsigned int seed = 1; seed <= WALKS; seed++)
		walk(seed);
	for (int i = 0; i < BROKEN; i++)
		is_int(broken[i], 0, "%s", what[i]);
	ok(most_acts <= FO_ACTS_MAX, "at most %u actions of %u", most_acts,
	   FO_ACTS_MAX);
	ok(sent > 20000 && moved > 1000 && settled > 2000,
	   "the walks went far: %u requests, %u moves, %u registrations", sent,
	   moved, settled);
	return tap_done();
}
