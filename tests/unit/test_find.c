// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* What is found by an index is what a walk through all would find first. */
#include "../tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../userspace/agent.h"
#include "../../userspace/agent_find.h"
#include "../../userspace/core/rng.h"

#define SERVERS 40
#define LINES 60
#define USERS 25		/* some lines have the same */

static struct agent agent;
static struct conf conf;
static struct rng rng = { .state = 5 };

/* Few hosts and ports, so that servers share them. */
static struct addr any_addr(void)
{
	return (struct addr){
		.family = rng_below(&rng, 4) ? ADDR_V4 : ADDR_V6,
		.transport = (uint8_t)rng_below(&rng, 3),
		.port = (uint16_t)(5060 + rng_below(&rng, 2)),
		.ip = { 192, 0, 2, (uint8_t)rng_below(&rng, 9) },
	};
}

static uint32_t walk_addr(const struct addr *addr)
{
	uint32_t s;

	for (s = 0; s < agent.n_servers; s++)
		if (addr_equal(&agent.server[s].addr, addr))
			return s;
	return AGENT_NONE;
}

static uint32_t walk_host(const struct addr *host)
{
	uint32_t s;

	for (s = 0; s < agent.n_servers; s++)
		if (agent.server[s].addr.transport != TRANSPORT_TLS &&
		    server_has_host(&agent, s, host))
			return s;
	return AGENT_NONE;
}

static uint32_t walk_flow(tcp_flow f, bool wide)
{
	uint32_t s;

	for (s = 0; s < agent.n_servers; s++)
		if ((wide ? agent.server[s].wide : agent.server[s].flow) == f)
			return s;
	return AGENT_NONE;
}

static uint32_t walk_user(const char *user, uint32_t s, uint8_t *index)
{
	uint32_t l, k;

	for (l = 0; l < LINES; l++)
		for (k = 0; k < agent.line[l].n_servers; k++)
			if (agent.line[l].server[k] == s &&
			    strcmp(conf.line[l].user, user) == 0) {
				*index = (uint8_t)k;
				return l;
			}
	return AGENT_NONE;
}

static uint32_t walk_called(const char *user, uint32_t server, uint8_t *index)
{
	uint32_t l = walk_user(user, server, index), s;

	for (s = 0; l == AGENT_NONE && s < agent.n_servers; s++)
		if (server_has_host(&agent, s, &agent.server[server].addr))
			l = walk_user(user, s, index);
	return l;
}

static void open_all(void)
{
	uint32_t s = 0, l, k;

	memset(&agent, 0, sizeof(agent));
	agent.conf = &conf;
	conf.n_lines = LINES;
	conf.line = calloc(LINES, sizeof(*conf.line));
	agent.line = calloc(LINES, sizeof(*agent.line));
	agent.server = calloc(SERVERS, sizeof(*agent.server));
	agent.servers_max = SERVERS;
	if (!conf.line || !agent.line || !agent.server ||
	    find_servers_open(&agent))
		abort();
	while (s < SERVERS) {
		struct addr addr = any_addr();

		if (walk_addr(&addr) != AGENT_NONE)
			continue;
		agent.server[s].addr = addr;
		agent.n_servers = s + 1;
		find_add_server(&agent, s++);
	}
	for (l = 0; l < LINES; l++) {
		agent.line[l].conf = &conf.line[l];
		sprintf(conf.line[l].name, "line%u", l);
		sprintf(conf.line[l].user, "u%u", rng_below(&rng, USERS));
		agent.line[l].n_servers =
			(uint8_t)rng_below(&rng, FO_SERVERS_MAX + 1);
		for (k = 0; k < agent.line[l].n_servers; k++)
			agent.line[l].server[k] =
				(l * 7 + k * 3) % SERVERS;
	}
	if (find_lines_open(&agent))
		abort();
}

static unsigned int differ_called(uint32_t *some)
{
	uint32_t s, u, wrong = 0;

	for (u = 0; u <= USERS; u++) {
		char user[16], uri[40];

		sprintf(user, "u%u", u);
		sprintf(uri, "sip:%s@192.0.2.9:5070", user);
		for (s = 0; s < SERVERS; s++) {
			uint8_t want = 0, got = 0;
			uint32_t l = walk_called(user, s, &want);

			*some += l != AGENT_NONE;
			wrong += line_called(&agent, uri, s, &got) != l ||
				 (l != AGENT_NONE && got != want);
		}
	}
	return wrong;
}

static void test_lines(void)
{
	uint32_t l, wrong = 0, some = 0;
	uint8_t index;

	wrong = differ_called(&some);
	is_int(wrong, 0, "called lines, as by a walk");
	ok(some > 100, "of many calls some have a line: %u", some);
	is_int(line_called(&agent, "u1@x", 0, &index), AGENT_NONE, "no scheme");
	is_int(line_called(&agent, "sip:u1", 0, &index), AGENT_NONE, "no host");
	is_int(line_called(&agent, "sip:u1;x@y", 0, &index), AGENT_NONE,
	       "a user with parameters");
	for (l = 0, wrong = 0; l < LINES; l++)
		wrong += line_find(&agent, conf.line[l].name) != l;
	is_int(wrong, 0, "lines by name");
	is_int(line_find(&agent, "line60"), AGENT_NONE, "no such line");
	is_int(line_find(&agent, ""), AGENT_NONE, "no name");
}

static unsigned int differ(void)
{
	unsigned int i, wrong = 0;
	tcp_flow f;

	for (i = 0; i < 200; i++) {
		struct addr addr = any_addr();

		wrong += server_find(&agent, &addr) != walk_addr(&addr);
		wrong += server_of_host(&agent, &addr) != walk_host(&addr);
	}
	for (f = 1; f < 60; f++) {
		wrong += server_of_flow(&agent, f) != walk_flow(f, false);
		wrong += server_of_wide(&agent, f) != walk_flow(f, true);
	}
	return wrong;
}

/* A number is one connection's at a time; 0: all are in use. */
static tcp_flow free_flow(void)
{
	tcp_flow f = 1 + rng_below(&rng, 59), i;

	for (i = 0; i < 59; i++, f = f % 59 + 1)
		if (walk_flow(f, false) == AGENT_NONE &&
		    walk_flow(f, true) == AGENT_NONE)
			return f;
	return 0;
}

/* Servers come, go, and change their connections. */
static void test_servers(void)
{
	unsigned int i, wrong = differ();

	is_int(wrong, 0, "servers, as by a walk");
	for (i = 0; i < 2000; i++) {
		uint32_t s = rng_below(&rng, SERVERS);
		struct server *server = &agent.server[s];
		struct addr addr = any_addr();

		switch (rng_below(&rng, 4)) {
		case 0:
			find_set_flow(&agent, s, &server->flow, free_flow());
			break;
		case 1:
			find_set_flow(&agent, s, &server->wide, free_flow());
			break;
		case 2:
			find_set_flow(&agent, s, &server->flow, 0);
			break;
		default:
			if (walk_addr(&addr) != AGENT_NONE)
				break;
			find_del_server(&agent, s);
			memset(server, 0, sizeof(*server));
			server->addr = addr;
			find_add_server(&agent, s);
		}
		if (i % 50 == 0)
			wrong += differ();
	}
	wrong += differ();
	is_int(wrong, 0, "after many changes");
	is_int(find_servers_open(&agent), 0, "tables of another size");
	for (i = 0; i < SERVERS; i++) {
		tcp_flow f = agent.server[i].flow, w = agent.server[i].wide;

		agent.server[i].flow = agent.server[i].wide = 0;
		find_set_flow(&agent, i, &agent.server[i].flow, f);
		find_set_flow(&agent, i, &agent.server[i].wide, w);
	}
	is_int(differ(), 0, "in these as well");
}

int main(void)
{
	open_all();
	test_lines();
	test_servers();
	find_close(&agent);
	free(conf.line);
	free(agent.line);
	free(agent.server);
	return tap_done();
}
