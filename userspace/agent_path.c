/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The own network: facts of the kernel into core/path, what it says to the lines
 * and the servers' health.  Without a way to any server everything is held, since
 * nothing that fails then speaks against a server (signs 13, 14, 16 to 19); without one
 * to some of them these are as good as down.
 */
#include "agent_path.h"
#include "agent_ctl_notify.h"
#include "agent_hold.h"
#include "agent_location.h"
#include "agent_request.h"
#include "agent_server.h"
#include "agent_step.h"
#include "agent_timers.h"

#include <string.h>

#include "io/clock.h"
#include "io/log.h"

#define CHECK_MS 50		/* at least between two looks round for changes */
#define ROUTER_MS 1000		/* between two questions for a silent router */
#define SLEPT_MS 500		/* less is no suspend */

static uint8_t cause_of(uint8_t fact)
{
	switch ((enum path_fact)fact) {
	case PATH_NO_CARRIER:
		return SIPOVER_CAUSE_CARRIER_LOST;
	case PATH_NO_ADDRESS:
		return SIPOVER_CAUSE_ADDR_LOST;
	case PATH_NO_ROUTE:
	case PATH_NO_GATEWAY:
	case PATH_USABLE:
	case PATH_ASLEEP:
	case PATH_FACTS:
		break;
	}
	return SIPOVER_CAUSE_ROUTE_LOST;
}

/* Without any way out each line is concerned. */
static void post_lines(struct agent *a, uint8_t type)
{
	struct fo_ev ev = { .type = type };
	uint32_t i;

	for (i = 0; i < a->conf->n_lines; i++)
		if (a->line[i].begun)
			agent_post_line(a, i, &ev);
}

static void hold(struct agent *a)
{
	uint32_t i;

	a->held = true;
	a->held_at = a->now;
	a->stats.local_outages++;
	notify_local(a, "held", a->path.cause);
	post_lines(a, FO_EV_HOLD);
	for (i = 0; i < a->used_requests; i++)
		request_hold(a, i);
}

/* Our address towards the server is another one: what names the old one there
 * is of no use any more (sign 19).  Nor is a connection that slept: whoever is on
 * its way has forgotten it and may not say so. */
static void look_at_source(struct agent *a, uint32_t s, bool slept)
{
	struct fo_ev ev = { .type = FO_EV_FLOW_CHANGED };
	struct server *server = &a->server[s];
	struct addr old = server->local;
	uint32_t i, k;

	server_refresh_source(a, s);
	if (server->local.family == ADDR_NONE)
		server->local = old;
	if (!addr_same_host(&old, &server->local)) {
		a->stats.address_changes++;
		notify_address(a, s, &old);
	} else if (!server->sourceless && (!slept || !server->flow)) {
		return;
	}
	/* What was built while there was none says so in its Contact, though the
	 * next message has found one since. */
	server->sourceless = server->local.family == ADDR_NONE;
	server->left = server_leave_flow(a, s, slept);
	for (i = 0; i < server->n_lines; i++) {
		const struct line *line = &a->line[server->line[i]];

		for (k = 0; k < line->n_servers; k++) {
			if (line->server[k] != s)
				continue;
			ev.server = k;
			agent_post_line(a, server->line[i], &ev);
		}
	}
}

/* After the lines: what they have out by a connection that was given up is not
 * lost but out of date, and has gone there again.  The rest fails. */
static void fail_left(struct agent *a)
{
	uint32_t i;

	agent_drain(a);
	for (i = 0; i < a->n_servers; i++) {
		if (!a->server[i].left)
			continue;
		server_fail_flow(a, i, a->server[i].left);
		a->server[i].left = 0;
	}
}

static void resume(struct agent *a)
{
	uint32_t i;

	a->held = false;
	notify_local(a, "resumed", a->path.cause);
	/* A line that registers a new address needs no other REGISTER. */
	for (i = 0; i < a->n_servers; i++)
		if (a->server[i].addr.family != ADDR_NONE &&
		    a->server[i].fact == PATH_USABLE)
			look_at_source(a, i, a->path.cause == PATH_ASLEEP);
	post_lines(a, FO_EV_RESUME);
	fail_left(a);
	agent_drain(a);
	for (i = 0; i < a->used_requests; i++)
		request_resume(a, i);
	for (i = 0; i < a->n_servers; i++) {
		if (!a->server[i].probe_again)
			continue;
		a->server[i].probe_again = false;
		/* It may have asked for peace meanwhile (C-34). */
		if (a->server[i].health.state == HEALTH_BLOCKED)
			server_probe_done(a, i, false);
		else
			request_start_options(a, i);
	}
}

static uint8_t look(struct agent *a, uint32_t s)
{
	struct server *server = &a->server[s];
	const struct addr *conf = server->addr.family == ADDR_V6 ?
				  &a->conf->local6 : &a->conf->local4;
	static const struct addr any;

	if (!a->rtnl_open)
		return PATH_USABLE;
	return rtnl_look(&a->rtnl, &server->addr,
			 memcmp(conf->ip, any.ip, sizeof(any.ip)) ? conf : NULL,
			 &server->gateway);
}

/* One server's way, while there is one to another.  Its router is only suspected
 * then, as the server. */
static void look_at_server(struct agent *a, uint32_t s)
{
	struct server *server = &a->server[s];
	struct path_ev ev = {
		.now = a->now,
		.type = PATH_EV_FACT,
		.fact = a->held || server->fact == PATH_NO_GATEWAY ?
			PATH_USABLE : server->fact,
	};
	enum path_act act = step_path(a, s, &server->path, &ev);

	if (act == PATH_ACT_NONE)
		return;
	notify_path(a, s);
	server->offence = SIPOVER_CAUSE_UNSPEC;	/* nobody said it */
	if (act == PATH_ACT_LOST)
		agent_post_health(a, s, HEALTH_EV_DOWN,
				  cause_of(server->path.cause), -1);
	else
		agent_post_health(a, s, HEALTH_EV_RECOVERY, 0, -1);
}

static void set_timer(struct agent *a)
{
	struct mono at = path_next_expiry(&a->path);
	uint32_t i;

	if (a->path_dirty)
		at = mono_min(at, mono_add_ms(a->path_checked, CHECK_MS));
	for (i = 0; i < a->n_servers; i++)
		at = mono_min(at, path_next_expiry(&a->server[i].path));
	agent_timer_one(a, TIMER_PATH, mono_min(at, a->router_at));
}

/* Held because no router answers, nothing is sent that would have the kernel
 * ask for one again. */
static void ask_for_router(struct agent *a)
{
	uint32_t i;

	if (!a->held) {
		a->router_at = MONO_NEVER;
		return;
	}
	if (!mono_is_never(a->router_at) && !mono_due(a->router_at, a->now))
		return;
	a->router_at = MONO_NEVER;
	for (i = 0; i < a->n_servers; i++)
		if (a->server[i].addr.family != ADDR_NONE &&
		    a->server[i].fact == PATH_NO_GATEWAY) {
			rtnl_ask_router(&a->rtnl, &a->server[i].addr);
			a->router_at = mono_add_ms(a->now, ROUTER_MS);
			return;
		}
}

/* A change of the own network may concern the way to any server, so each is
 * looked at: for however many changes, once in CHECK_MS.
 *
 * Looks round; what it means is in the queue of steps afterwards, ahead of what
 * the caller adds. sources: own addresses too, which may take the steps. */
static void look_round(struct agent *a, uint8_t type, bool sources)
{
	struct path_ev ev = { .now = a->now, .type = type };
	uint32_t i, n = 0, usable = 0;
	enum path_act act;

	a->path_dirty = false;
	a->path_checked = a->now;
	if (a->rtnl_open)
		rtnl_forget(&a->rtnl);
	for (i = 0; i < a->n_servers; i++) {
		if (a->server[i].addr.family == ADDR_NONE)
			continue;
		a->server[i].fact = look(a, i);
		usable += a->server[i].fact == PATH_USABLE;
		if (!n++)
			ev.fact = a->server[i].fact;
	}
	if (usable)
		ev.fact = PATH_USABLE;
	act = step_path(a, a->servers_max, &a->path, &ev);
	if (act == PATH_ACT_LOST)
		hold(a);
	if (act == PATH_ACT_BACK)
		resume(a);
	for (i = 0; i < a->n_servers; i++) {
		if (a->server[i].addr.family == ADDR_NONE)
			continue;
		look_at_server(a, i);
		if (sources && !a->held && a->server[i].fact == PATH_USABLE)
			look_at_source(a, i, false);
	}
	if (sources)
		fail_left(a);
	if (sources && !a->held)
		locations_rerouted(a);
	ask_for_router(a);
	set_timer(a);
}

void paths_check(struct agent *a)
{
	look_round(a, PATH_EV_FACT, true);
}

void paths_doubt(struct agent *a)
{
	look_round(a, PATH_EV_FACT, false);
	a->path_dirty = true;
	set_timer(a);
}

void paths_new(struct agent *a)
{
	a->path_dirty = true;
	set_timer(a);
}

static void on_changed(void *ctx)
{
	struct agent *a = ctx;

	a->now = clock_now();
	if (a->path_dirty)
		return;
	a->path_dirty = true;
	if (mono_due(mono_add_ms(a->path_checked, CHECK_MS), a->now))
		paths_check(a);
	else
		set_timer(a);
	agent_drain(a);
}

void paths_woke(struct agent *a)
{
	struct mono slept = clock_slept();

	if (slept.ns < mono_add_ms(a->slept, SLEPT_MS).ns)
		return;
	log_info("suspended for_ms=%llu", (unsigned long long)
		 (mono_us_since(a->slept, slept) / 1000));
	a->slept = slept;
	a->now = clock_now();
	look_round(a, PATH_EV_WOKE, true);
	agent_drain(a);
}

void paths_open(struct agent *a)
{
	int ret;

	a->slept = clock_slept();
	path_init(&a->path, 0);
	a->router_at = MONO_NEVER;
	if (a->conf->detect == CONF_DETECT_TIMERS)
		return;
	ret = rtnl_open(&a->rtnl, &a->ring, on_changed, a);
	if (ret)
		log_warning("rtnetlink unavailable: %s: a local outage looks like one of the servers",
			    strerror(-ret));
	a->rtnl_open = !ret;
}

void paths_close(struct agent *a)
{
	if (a->rtnl_open)
		rtnl_close(&a->rtnl);
	a->rtnl_open = false;
}
