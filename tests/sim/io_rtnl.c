// SPDX-License-Identifier: BSD-2-Clause
/* io/rtnl.h: the phone's own link, and its failing. */
#include "sim.h"

#include <string.h>

#define NOTICE_NS (3 * MS)	/* until the agent is told */
#define NEIGH_NS (3 * SEC)	/* until a silent router's entry has failed */
#define ARP_NS MS

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
	*gateway = W.router.there;
	if (!W.link_down)
		return W.router.failed ? PATH_NO_GATEWAY : PATH_USABLE;
	return W.no_route ? PATH_NO_ROUTE : PATH_NO_CARRIER;
}

static void told(struct event *e)
{
	(void)e;
	if (W.rtnl)
		W.rtnl->changed(W.rtnl->ctx);
}

static void router_answers(struct event *e)
{
	if (W.router.silent)
		return;
	W.router.failed = false;
	told(e);
}

void rtnl_ask_router(struct rtnl *n, const struct addr *server)
{
	(void)n;
	(void)server;
	trace("phone asks for the router");
	after_ns(ARP_NS, router_answers, NULL, 0, 0);
}

static void router_fails(struct event *e)
{
	if (!W.router.silent)
		return;
	W.router.failed = true;
	told(e);
}

/* What is sent meanwhile has the kernel ask for it.  Its return is noticed by
 * an answer alone. */
void router_set(bool silent)
{
	trace("-- the router %s", silent ? "is silent" : "is back");
	W.router.silent = silent;
	if (silent)
		after_ns(NEIGH_NS, router_fails, NULL, 0, 0);
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
	check_slept();
	trace("-- the phone slept %llu s", (unsigned long long)(ns / SEC));
}
