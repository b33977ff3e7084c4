// SPDX-License-Identifier: BSD-2-Clause
/*
 * After the faults: every line must find a server, the way to it must carry
 * calls in both directions, and when all is hung up nothing may be left.
 */
#include "sim.h"

#include <stdio.h>
#include <string.h>

#define STEP (5 * SEC)
#define RETRY_MAX (1800 * SEC)	/* */
#define FULL (32 * SEC)
#define ZONE_TTL_MAX_S 300
#define CHANGES_MAX 4		/* of the working server, while all is well */

static struct vserver *working(uint32_t l)
{
	const struct line *line = &W.agent->line[l];

	if (!line->begun || line->fo.working == FO_NONE)
		return NULL;
	return line_server(l, line->fo.working);
}

/* The line believes in a binding, and the registrar has it. */
static bool registered(uint32_t l, char *why, size_t size)
{
	const struct line *line = &W.agent->line[l];
	struct vserver *s = working(l);
	const struct binding *b;

	if (line->fo.reg_state != FO_REG_REGISTERED || !s) {
		snprintf(why, size, "l%u is %s", l,
			 fo_reg_state_name(line->fo.reg_state));
		return false;
	}
	if (!health_usable(line->fo.health[line->fo.working])) {
		snprintf(why, size, "l%u holds out at %c, which is %s", l,
			 s->letter,
			 health_state_name(line->fo.health[line->fo.working]));
		return false;
	}
	b = server_binding(s, line->conf->user);
	if (!b) {
		snprintf(why, size, "l%u says registered, %c has no binding",
			 l, s->letter);
		return false;
	}
	if (b->flow && !tcp_flow_alive(b->flow)) {
		snprintf(why, size, "l%u is bound at %c to a flow that is gone",
			 l, s->letter);
		return false;
	}
	return true;
}

/* How long a line may stay on a backup while nothing is wrong; 0: for ever.
 * With calls up it is the settling that waits. */
static uint64_t back_after(const struct conf_line *conf)
{
	uint64_t expires = 0;

	switch ((enum fo_failback)conf->failback_mode) {
	case FO_FAILBACK_TTL:
		return (conf->failback_timeout_s + ZONE_TTL_MAX_S) * SEC;
	case FO_FAILBACK_DURATION:
		return conf->failback_timeout_s * SEC;
	case FO_FAILBACK_REFRESH:
		for (uint32_t k = 0; k < conf->n_servers; k++)
			if (conf->server[k].expires_s > expires)
				expires = conf->server[k].expires_s;
		return (expires + 600) * SEC;
	case FO_FAILBACK_PROBE:
	case FO_FAILBACK_REQUESTS:
	case FO_FAILBACKS:
		break;
	}
	return conf->failback_interval_s * SEC;
}

static bool at_home(uint32_t l)
{
	const struct conf_line *conf = W.agent->line[l].conf;

	return W.agent->line[l].fo.working == 0 || !conf->failback ||
	       !back_after(conf);
}

/* How long it may take until the line is registered: what it believes in runs
 * out, every server is tried at its slowest, a pause ends, a block ends. */
static uint64_t patience(uint32_t l)
{
	const struct conf_line *conf = W.agent->line[l].conf;
	uint64_t expires = 0, block = 120 * SEC;
	uint32_t k;

	for (k = 0; k < conf->n_servers; k++)
		if (conf->server[k].expires_s * SEC > expires)
			expires = conf->server[k].expires_s * SEC;
	if (expires < 3600 * SEC)
		expires += 600 * SEC;	/* a registrar's least may be more */
	return expires + RETRY_MAX + block +
	       (W.agent->line[l].n_servers + 1) * FULL;
}

static bool all_registered(bool home, char *why, size_t size)
{
	for (uint32_t l = 0; l < W.conf.n_lines; l++) {
		if (!registered(l, why, size))
			return false;
		if (home && !at_home(l)) {
			snprintf(why, size, "l%u stays at %c", l,
				 working(l)->letter);
			return false;
		}
	}
	return true;
}

static bool wait_registered(void)
{
	uint64_t longest = 0, back = 0, begin = W.now;
	char why[160] = "";

	for (uint32_t l = 0; l < W.conf.n_lines; l++) {
		uint64_t p = patience(l);
		uint64_t i = back_after(W.agent->line[l].conf);

		longest = p > longest ? p : longest;
		back = i > back ? i : back;
	}
	while (!all_registered(false, why, sizeof(why))) {
		if (W.now - begin > longest) {
			violated("registered", "%llu s after the faults: %s",
				 (unsigned long long)((W.now - begin) / SEC),
				 why);
			return false;
		}
		if (!run_until(W.now + STEP))
			return false;
	}
	begin = W.now;
	while (!all_registered(true, why, sizeof(why))) {
		if (W.now - begin > back + 120 * SEC + 2 * FULL + RETRY_MAX) {
			violated("failback", "%llu s after the faults: %s",
				 (unsigned long long)((W.now - begin) / SEC),
				 why);
			return false;
		}
		if (!run_until(W.now + STEP))
			return false;
		/* One that came late may be what is waited for (C-13). */
		user_hangup_all();
		turn();
	}
	return true;
}

/* The DNS says how it is again: how soon that is known. */
#define ZONE_NS (900 * SEC)

static bool zones_settled(char *why, size_t size)
{
	for (uint32_t l = 0; l < W.conf.n_lines; l++)
		if (!zone_settled(l, why, size))
			return false;
	return true;
}

static bool is_used(const struct vserver *s)
{
	for (uint32_t l = 0; l < W.conf.n_lines; l++)
		for (uint32_t k = 0; k < W.agent->line[l].n_servers; k++)
			if (line_server(l, k) == s)
				return true;
	return false;
}

/* The module watches the servers that lines use, and no other. */
static bool watches_settled(char *why, size_t size)
{
	for (unsigned int i = 0; W.netlink && i < W.n_servers; i++) {
		const struct vserver *s = &W.server[i];

		if (s->watched == is_used(s))
			continue;
		snprintf(why, size, "%c is%s watched", s->letter,
			 s->watched ? "" : " not");
		return false;
	}
	return true;
}

static bool wait_zones(void)
{
	uint64_t begin = W.now;
	char why[160] = "";
	const char *what;

	/* What is right by chance may be another once more before it stays. */
	if (W.dns.n && !run_until(W.now + (ZONE_TTL_MAX_S + 70) * SEC))
		return false;
	for (;;) {
		what = !zones_settled(why, sizeof(why)) ? "list" :
		       !watches_settled(why, sizeof(why)) ? "watch" : NULL;
		if (!what)
			return true;
		if (W.now - begin > ZONE_NS) {
			violated(what, "%llu s after the faults: %s",
				 (unsigned long long)((W.now - begin) / SEC),
				 why);
			return false;
		}
		if (!run_until(W.now + STEP))
			return false;
		/* A call keeps its server in the list. */
		user_hangup_all();
		turn();
	}
}

static bool slots_busy(char *why, size_t size)
{
	const struct agent *a = W.agent;
	uint32_t i;

	for (i = 0; i < AGENT_CALLS_MAX; i++) {
		if (a->call[i].call.state == CALL_FREE)
			continue;
		snprintf(why, size, "call %u is %s", a->call[i].number,
			 call_state_name(a->call[i].call.state));
		return true;
	}
	for (i = 0; i < a->n_requests; i++) {
		const struct request *r = &a->request[i];

		if (!r->used || r->what == REQUEST_LINE ||
		    r->what == REQUEST_OPTIONS ||
		    r->what == REQUEST_PULSE || r->method == SIP_REGISTER ||
		    r->method == SIP_SUBSCRIBE)
			continue;
		snprintf(why, size, "%s is %s", sip_method_name(r->method),
			 txn_state_name(r->txn.state));
		return true;
	}
	for (i = 0; i < AGENT_REPLIES_MAX; i++) {
		if (!a->reply[i].used || a->reply[i].method == SIP_NOTIFY)
			continue;
		snprintf(why, size, "the answer to %s is %s",
			 sip_method_name(a->reply[i].method),
			 txn_state_name(a->reply[i].txn.state));
		return true;
	}
	for (i = 0; i < a->conf->n_lines; i++)
		for (uint32_t k = 0; k < FO_CALLS_MAX; k++) {
			if (a->line[i].call[k] == AGENT_NONE &&
			    a->line[i].fo.call[k].state == FO_CALL_FREE)
				continue;
			snprintf(why, size, "l%u call %u", i, k);
			return true;
		}
	return false;
}

/* The table of branches names just the requests that are there. */
static void check_table(void)
{
	const struct agent *a = W.agent;
	uint32_t used = 0, cells = 0;

	for (uint32_t i = 0; i < a->n_requests; i++)
		used += a->request[i].used;
	for (uint32_t i = 0; i < a->n_servers; i++)
		for (uint32_t r = a->server[i].requests; r != AGENT_NONE;
		     r = a->request[r].next)
			cells++;
	if (used != cells)
		violated("slot", "%u requests, %u on the servers' lists", used,
			 cells);
}

/* 64*T1 for what waits, once more for its BYE, and a ringing call's 180 s. */
static bool wait_quiet(void)
{
	uint64_t begin = W.now;
	char why[160];

	user_hangup_all();
	turn();
	while (slots_busy(why, sizeof(why)) || farend_pending()) {
		if (farend_ghosts(why, sizeof(why)) &&
		    W.now - begin > 150 * SEC) {
			violated("ghost", "%s", why);
			return false;
		}
		if (!slots_busy(why, sizeof(why)))
			farend_describe(why, sizeof(why));
		if (W.now - begin > 400 * SEC) {
			violated("leak", "400 s after hanging up: %s", why);
			return false;
		}
		if (!run_until(W.now + STEP))
			return false;
		user_hangup_all();
		turn();
	}
	if (farend_ghosts(why, sizeof(why)))
		violated("ghost", "%s", why);
	for (unsigned int i = 0; i < W.n_calls; i++)
		if (!W.call[i].over)
			violated("report", "call %ld has no end",
				 W.call[i].number);
	check_table();
	return !W.failed;
}

/* One call in each direction, on each line. */
static bool prove_calls(void)
{
	struct farend_plan plan = { .final = 200, .ring_ms = 200,
				    .final_ms = 500, .trying = true,
				    .hold_ms = -1 };
	bool ok = true;

	farend_next = &plan;
	W.answer_calls = true;
	for (uint32_t l = 0; ok && l < W.conf.n_lines; l++) {
		uint64_t ups = W.counts->ups, in = W.counts->incoming;

		user_dial(l, -1, -1);
		turn();
		ok = run_until(W.now + STEP);
		if (ok && W.counts->ups != ups + 1) {
			violated("dial", "l%u cannot call by %c", l,
				 working(l) ? working(l)->letter : '-');
			ok = false;
		}
		if (!ok || !working(l))
			break;
		if (W.conf.line[l].calls_max == 1) {
			user_hangup_all();
			turn();
		}
		farend_call(working(l), W.conf.line[l].user, -1);
		ok = run_until(W.now + STEP);
		if (ok && W.counts->incoming != in + 1) {
			violated("reachable", "no call reaches l%u by %c", l,
				 working(l)->letter);
			ok = false;
		}
		if (ok)
			ok = run_until(W.now + 2 * STEP);
		user_hangup_all();
		turn();
	}
	farend_next = NULL;
	W.answer_calls = false;
	return ok && wait_quiet();
}

/* Also of a standby, which does not make its line anything else. */
static bool register_is_out(void)
{
	for (uint32_t i = 0; i < W.agent->used_requests; i++)
		if (W.agent->request[i].used &&
		    W.agent->request[i].method == SIP_REGISTER)
			return true;
	return false;
}

static bool wait_changes(void)
{
	bool may_move = false;
	uint64_t begin = W.now;

	/* A question that was lost in the last fault, or an error about it, is
	 * out for some seconds yet. */
	if (!run_until(W.now + 2 * STEP))
		return false;
	/* A REGISTER that had 100 then has no more for its 64*T1. */
	while (register_is_out() && W.now < begin + 8 * STEP)
		if (!run_until(W.now + SEC))
			return false;
	begin = W.counts->failovers + W.counts->failbacks;
	/* Without an interval it is a probe of health that brings it home. */
	for (uint32_t l = 0; l < W.conf.n_lines; l++)
		may_move |= W.conf.line[l].failback &&
			    W.agent->line[l].fo.working != 0;
	if (!run_until(W.now + 60 * SEC))
		return false;
	if (!may_move && W.counts->failovers + W.counts->failbacks - begin)
		violated("stable", "%llu moves while all is well",
			 (unsigned long long)(W.counts->failovers +
					      W.counts->failbacks - begin));
	if (!mono_is_never(W.ring->deadline) && W.ring->deadline.ns + W.timer_lag < W.now)
		violated("deadline", "the next deadline is past");
	return !W.failed;
}

static bool shut_down(void)
{
	struct vserver *at[SIM_SERVERS_MAX] = { NULL };
	char why[96];

	/* A REGISTER that is out may be overtaken by its UNREGISTER. */
	while (!all_registered(false, why, sizeof(why)) || register_is_out())
		if (!run_until(W.now + SEC / 10))
			return false;
	for (uint32_t l = 0; l < W.conf.n_lines; l++)
		at[l] = working(l);
	W.ending = true;
	user_shutdown();
	turn();
	if (!run_until(W.now + STEP))
		return false;
	if (W.ring && !W.ring->stop)
		violated("shutdown", "no end after %d s", (int)(STEP / SEC));
	for (uint32_t l = 0; l < W.conf.n_lines; l++) {
		if (!at[l] || !server_binding(at[l], W.conf.line[l].user))
			continue;
		snprintf(why, sizeof(why), "l%u is still bound at %c", l,
			 at[l]->letter);
		violated("unregister", "%s", why);
	}
	return !W.failed;
}

bool end_settle(void)
{
	uint64_t changes;

	trace("-- all is well");
	W.lifted = true;
	W.net.loss = W.net.dup = 0;
	W.net.outage = false;
	link_set(true, false);
	W.net.delay_max = W.net.delay_min + 10 * MS;
	for (unsigned int i = 0; i < W.n_servers; i++) {
		server_set_mode(&W.server[i], UP);
		W.server[i].slow_ms = 0;
		W.server[i].retry_after = -1;
	}
	zones_well();
	user_hangup_all();
	turn();
	if (!wait_zones())
		return false;
	changes = W.counts->failovers + W.counts->failbacks;
	if (!wait_registered() || !wait_quiet() || !wait_registered())
		return false;
	changes = W.counts->failovers + W.counts->failbacks - changes;
	if (changes > CHANGES_MAX * W.conf.n_lines)
		violated("ping-pong", "%llu moves after the faults",
			 (unsigned long long)changes);
	return wait_changes() && prove_calls() && shut_down();
}
