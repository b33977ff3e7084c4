// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* Servers come with the first line that uses them, and go with the last. */
#include "../tap.h"

#include <stdlib.h>
#include <string.h>

#include "../../userspace/agent.h"
#include "../../userspace/agent_find.h"
#include "../../userspace/agent_pool.h"
#include "../../userspace/core/rng.h"
#include "../../userspace/io/log.h"

#define LINES 9
#define ADDRS 14
#define PLACES 10		/* fewer than addresses */

static struct agent agent;
static struct conf conf;
static struct rng rng = { .state = 41 };
static bool uses[ADDRS][LINES];

static struct addr addr_of(uint32_t n)
{
	return (struct addr){ ADDR_V4, TRANSPORT_UDP, (uint16_t)(5060 + n % 3),
			      { 127, 0, 0, (uint8_t)(1 + n / 3) } };
}

static void open_all(void)
{
	uint32_t timers;

	agent.conf = &conf;
	conf.n_lines = LINES;
	conf.line = calloc(LINES, sizeof(*conf.line));
	agent.server = calloc(PLACES, sizeof(*agent.server));
	agent.servers_max = PLACES;
	agent.changed_servers = AGENT_NONE;
	timers = AGENT_REPLIES_MAX + AGENT_CALLS_MAX + LINES + 3 * PLACES + 4;
	timerq_init(&agent.timers, calloc(timers, sizeof(struct timerq_entry)),
		    calloc(timers, sizeof(uint32_t)), timers);
	if (!conf.line || !agent.server || find_servers_open(&agent) ||
	    find_table(&agent.requests_by_branch, 1, 1))
		abort();
	log_set_level(LOG_LEVEL_ERROR);
}

static uint32_t users(uint32_t n)
{
	uint32_t l, sum = 0;

	for (l = 0; l < LINES; l++)
		sum += uses[n][l];
	return sum;
}

static uint32_t first_free(void)
{
	uint32_t s;

	for (s = 0; s < agent.n_servers; s++)
		if (agent.server[s].addr.family == ADDR_NONE)
			break;
	return s;
}

/* Whether each server has its lines, in order, and no other. */
static unsigned int differ(void)
{
	unsigned int wrong = 0;
	uint32_t n, l, k;

	for (n = 0; n < ADDRS; n++) {
		struct addr addr = addr_of(n);
		uint32_t s = server_find(&agent, &addr);

		if (s == AGENT_NONE) {
			wrong += users(n) != 0;
			continue;
		}
		wrong += agent.server[s].n_lines != users(n);
		for (l = 0, k = 0; l < LINES; l++)
			if (uses[n][l] && k < agent.server[s].n_lines)
				wrong += agent.server[s].line[k++] != l;
	}
	return wrong;
}

static unsigned int join(uint32_t n, uint32_t l)
{
	struct addr addr = addr_of(n);
	uint32_t there = server_find(&agent, &addr);
	uint32_t want = there == AGENT_NONE ? first_free() : there, s;

	s = server_join(&agent, &addr, l, 0);
	if (want == PLACES)
		return s != AGENT_NONE;
	uses[n][l] = true;
	return s != want;
}

/* Some have their last words out and stay. */
static unsigned int sweep(void)
{
	bool stays[PLACES] = { false }, all = true;
	unsigned int wrong = 0;
	uint32_t s;

	for (s = 0; s < agent.n_servers; s++) {
		struct server *server = &agent.server[s];

		if (server->addr.family == ADDR_NONE)
			continue;
		server->probe = rng_below(&rng, 3) ? AGENT_NONE : 0;
		stays[s] = server->n_lines || server->probe != AGENT_NONE;
		all = all && (server->n_lines || !stays[s]);
	}
	wrong += servers_sweep(&agent) != all;
	for (s = 0; s < agent.n_servers; s++)
		wrong += (agent.server[s].addr.family != ADDR_NONE) !=
			 stays[s];
	return wrong;
}

static void test_walk(void)
{
	unsigned int i, moves = 0, lists = 0, sweeps = 0;

	for (i = 0; i < 5000; i++) {
		uint32_t n = rng_below(&rng, ADDRS), l = rng_below(&rng, LINES);
		struct addr addr = addr_of(n);
		uint32_t s = server_find(&agent, &addr);

		if (rng_below(&rng, 5) < 2) {
			moves += join(n, l);
		} else if (s != AGENT_NONE) {
			server_leave(&agent, s, l);
			uses[n][l] = false;
		}
		if (rng_below(&rng, 20) == 0)
			sweeps += sweep();
		lists += differ();
	}
	is_int(moves, 0, "a server has its place, or the first that is free");
	is_int(lists, 0, "its lines are those that use it, in order");
	is_int(sweeps, 0, "those without any go, when they have nothing out");
}

/* What is new is listed once, until it is swept. */
static void test_changed(void)
{
	struct addr addr = addr_of(0);
	uint32_t s, n, l;

	for (n = 0; n < ADDRS; n++) {
		addr = addr_of(n);
		s = server_find(&agent, &addr);
		for (l = 0; s != AGENT_NONE && l < LINES; l++)
			server_leave(&agent, s, l);
		if (s != AGENT_NONE)
			agent.server[s].probe = AGENT_NONE;
	}
	ok(servers_sweep(&agent), "all go");
	is_int(agent.changed_servers, AGENT_NONE, "nothing is left to look at");
	s = server_join(&agent, &addr, 1, 0);
	is_int(agent.changed_servers, s, "a new one is looked at");
	server_join(&agent, &addr, 2, 0);
	is_int(agent.server[s].changed_next, AGENT_NONE, "once");
	ok(servers_sweep(&agent), "it stays");
	is_int(agent.changed_servers, AGENT_NONE, "and is no more looked at");
	server_leave(&agent, s, 1);
	is_int(agent.changed_servers, AGENT_NONE, "nor for one line");
	server_leave(&agent, s, 2);
	is_int(agent.changed_servers, s, "but when it has no line");
	server_join(&agent, &addr, 3, 0);
	ok(servers_sweep(&agent), "one that came back stays");
	is_int(agent.changed_servers, AGENT_NONE, "as if nothing had been");
}

int main(void)
{
	uint32_t s;

	open_all();
	test_walk();
	test_changed();
	for (s = 0; s < PLACES; s++)
		free(agent.server[s].line);
	find_close(&agent);
	free(agent.requests_by_branch.cell);
	free(agent.timers.heap);
	free(agent.timers.pos);
	free(agent.server);
	free(conf.line);
	return tap_done();
}
