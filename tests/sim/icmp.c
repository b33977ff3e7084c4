// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the agent makes of each ICMP error: one that quotes its REGISTER, told
 * by the module or by the own socket, in each of the circumstances that the
 * table of docs/requirements.md 5 tells apart.  tests/check-icmp compares what
 * is printed here with that table.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../kmod/classify.h"

#define SEED 42
#define ERRORS 3	/* more than one error never adds up to more */

static struct vserver *const target = &W.server[0];

struct circumstance {
	const char *name;
	enum transport transport;
	bool connecting;	/* TCP */
	bool socket;		/* no module: the own socket tells it */
	bool elsewhere;		/* a router is the offender, not the server */
	bool alone;		/* the line has no other server */
	bool late;		/* the stack gave the attempt up before */
	uint8_t grade;
};

static const struct circumstance circumstances[] = {
	{ .name = "udp", .transport = TRANSPORT_UDP },
	{ .name = "udp-elsewhere", .transport = TRANSPORT_UDP,
	  .elsewhere = true },
	{ .name = "udp-local", .transport = TRANSPORT_UDP, .elsewhere = true,
	  .grade = SIPOVER_GRADE_LOCAL },
	{ .name = "udp-medium", .transport = TRANSPORT_UDP,
	  .grade = SIPOVER_GRADE_MEDIUM },
	{ .name = "udp-weak", .transport = TRANSPORT_UDP,
	  .grade = SIPOVER_GRADE_WEAK },
	{ .name = "udp-last", .transport = TRANSPORT_UDP, .alone = true },
	{ .name = "udp-socket", .transport = TRANSPORT_UDP, .socket = true },
	{ .name = "udp-socket-elsewhere", .transport = TRANSPORT_UDP,
	  .socket = true, .elsewhere = true },
	{ .name = "connecting", .transport = TRANSPORT_TCP,
	  .connecting = true },
	{ .name = "connecting-elsewhere", .transport = TRANSPORT_TCP,
	  .connecting = true, .elsewhere = true },
	{ .name = "connecting-local", .transport = TRANSPORT_TCP,
	  .connecting = true, .elsewhere = true,
	  .grade = SIPOVER_GRADE_LOCAL },
	{ .name = "connecting-late", .transport = TRANSPORT_TCP,
	  .connecting = true, .late = true },
	{ .name = "established", .transport = TRANSPORT_TCP },
	{ .name = "established-elsewhere", .transport = TRANSPORT_TCP,
	  .elsewhere = true },
};

static bool begin(const struct circumstance *c, bool v6)
{
	const char *transport = transport_param(c->transport);
	char text[1024], other[128];

	world_init(SEED);
	W.module = !c->socket;
	W.net.grade = c->grade;
	for (unsigned int i = 0; i < 2; i++) {
		char ip[32];
		struct addr addr;

		snprintf(ip, sizeof(ip), v6 ? "2001:db8::%x" : "192.0.2.%u",
			 10 + i);
		addr_parse(&addr, ip, 5060, c->transport);
		server_open(&W.server[i], &addr, (char)('A' + i));
	}
	W.n_servers = c->alone ? 1 : 2;
	snprintf(other, sizeof(other),
		 "server { address = '%s' transport = %s }\n",
		 v6 ? "2001:db8::b" : "192.0.2.11", transport);
	snprintf(text, sizeof(text),
		 "control = \"/sim\"\nlocal_v4 = \"192.0.2.9\"\n"
		 "local_v6 = \"2001:db8::9\"\nprobe_interval = 0\n"
		 "line \"l0\" {\nuser = u0\ndomain = example.com\n"
		 "server { address = '%s' transport = %s retry_counts = 20 }\n"
		 "%s}\n", v6 ? "2001:db8::a" : "192.0.2.10", transport,
		 c->alone ? "" : other);
	return world_start(text);
}

/* The line's REGISTER at the target. */
static const struct request *pending(void)
{
	const struct line *line = &W.agent->line[0];
	uint32_t r = line->request[FO_REQ_REGISTER];

	if (r == AGENT_NONE || !W.agent->request[r].used ||
	    W.agent->request[r].server != 0)
		return NULL;
	return &W.agent->request[r];
}

/* A REGISTER is under way in the circumstances wanted. */
static bool provoke(const struct circumstance *c)
{
	run_until(W.now + 5 * SEC);
	if (c->connecting) {
		tcp_server_closes(target, false);
		server_set_mode(target, SILENT);
		run_until(W.now + 5 * SEC);
	}
	server_set_mode(target, SILENT);
	user_register(0);
	turn();
	run_until(W.now + 100 * MS);
	return pending() && !W.failed;
}

/* port: of the flow that it quotes. */
static void error_comes(const struct circumstance *c, uint8_t type,
			uint8_t code, uint16_t port)
{
	struct udp *u = W.udp[target->addr.family == ADDR_V6];
	const struct request *r = pending();
	struct udp_icmp icmp = {
		.now = { W.now },
		.server = target->addr,
		.offender = c->elsewhere ? net_router(target) : target->addr,
		.type = type,
		.code = code,
	};
	static char quote[2048];

	/* After the first error it may have ended: it was sent all the same. */
	if (r && r->len <= sizeof(quote)) {
		memcpy(quote, r->buf, r->len);
		icmp.quote_len = r->len;
	} else {
		icmp.quote_len = strnlen(quote, sizeof(quote));
	}
	icmp.quote = (const uint8_t *)quote;
	if (c->transport == TRANSPORT_TCP)
		icmp.quote_len = 0;
	if (c->socket)
		u->ops->icmp(u->ctx, u, &icmp);
	else
		module_icmp(target, &icmp,
			    c->transport == TRANSPORT_UDP ?
			    (uint16_t)(icmp.quote_len + 8) : 0,
			    port);
	turn();
}

static void play(const struct circumstance *c, bool v6, uint8_t type,
		 uint8_t code)
{
	const struct health *health;
	uint8_t before, first;
	uint16_t port;
	bool ended;

	if (!begin(c, v6) || !provoke(c)) {
		printf("v%c %u/%u %s: nothing under way%s%s\n", v6 ? '6' : '4',
		       type, code, c->name, W.failed ? ": " : "", W.why);
		world_stop();
		return;
	}
	health = &W.agent->server[0].health;
	before = health->state;
	port = W.agent->server[0].flow_port;
	if (c->late) {
		tcp_attempt_fails(target);
		turn();
	}
	error_comes(c, type, code, port);
	if (c->late)	/* the module is not quiet: with its next messages */
		run_until(W.now + 50 * MS);
	ended = !pending();
	first = health->state;
	for (int i = 1; i < ERRORS; i++) {
		run_until(W.now + 200 * MS);
		if (!c->late)
			port = W.agent->server[0].flow_port;
		error_comes(c, type, code, port);
	}
	printf("v%c %u/%u %s %s %s %s %s\n", v6 ? '6' : '4', type, code,
	       c->name, ended ? "ended" : "goes-on", health_state_name(before),
	       health_state_name(first), health_state_name(health->state));
	world_stop();
}

/* Each type that has a cause, and its codes up to the first without a name of
 * its own. */
int icmp_run(void)
{
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		for (unsigned int type = 0; type < 256; type++) {
			for (unsigned int code = 0; code < 17; code++) {
				if (!sipover_classify_icmp(v6 ? 10 : 2,
							   (uint8_t)type,
							   (uint8_t)code))
					continue;
				for (size_t i = 0; i < sizeof(circumstances) /
				     sizeof(circumstances[0]); i++)
					play(&circumstances[i], v6,
					     (uint8_t)type, (uint8_t)code);
			}
		}
	}
	return 0;
}
