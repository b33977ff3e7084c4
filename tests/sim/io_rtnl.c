// SPDX-License-Identifier: BSD-2-Clause
/* io/rtnl.h: the phone's own link, and its failing. */
#include "sim.h"

#include <string.h>

#define NOTICE_NS (3 * MS)	/* until the agent is told */

int rtnl_open(struct rtnl *n, struct ring *r, void (*changed)(void *ctx),
	      void *ctx)
{
	(void)r;
	memset(n, 0, sizeof(*n));
	n->changed = changed;
	n->ctx = ctx;
	W.rtnl = n;
	return 0;
}

void rtnl_close(struct rtnl *n)
{
	(void)n;
	W.rtnl = NULL;
}

void rtnl_forget(struct rtnl *n)
{
	(void)n;
}

enum path_fact rtnl_look(struct rtnl *n, const struct addr *server,
			 const struct addr *local, bool *gateway)
{
	(void)n;
	(void)server;
	(void)local;
	*gateway = false;
	if (!W.link_down)
		return PATH_USABLE;
	return W.no_route ? PATH_NO_ROUTE : PATH_NO_CARRIER;
}

void rtnl_ask_router(struct rtnl *n, const struct addr *server)
{
	(void)n;
	(void)server;
}

static void told(struct event *e)
{
	(void)e;
	if (W.rtnl)
		W.rtnl->changed(W.rtnl->ctx);
}

void link_set(bool up, bool no_route)
{
	if (W.link_down == !up)
		return;
	trace("-- own link %s", up ? "up" : no_route ? "down" : "no carrier");
	W.link_down = !up;
	W.outages += !up;
	W.no_route = no_route;
	W.link_at = W.now;
	after_ns(NOTICE_NS, told, NULL, 0, 0);
}

void link_address(const char *ip)
{
	trace("-- own address %s", ip);
	addr_parse(&W.phone[0], ip, 5060, TRANSPORT_UDP);
	after_ns(NOTICE_NS, told, NULL, 0, 0);
}

static void wakes(struct event *e)
{
	trace("-- the phone wakes");
	W.asleep = false;
	W.slept += e->a;
}

void phone_sleeps(uint64_t ns)
{
	trace("-- the phone sleeps");
	W.asleep = true;
	after_ns(ns, wakes, NULL, ns, 0);
}

/* The same at once: what came meanwhile comes now. */
void phone_slept(uint64_t ns)
{
	W.now += ns;
	W.slept += ns;
	W.outages++;
	trace("-- the phone slept %llu s", (unsigned long long)(ns / SEC));
}
