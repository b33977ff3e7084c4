/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line that is removed, or becomes one that cannot go on with its bindings and
 * calls: it ends in order, its calls by BYE, its subscription, its bindings by
 * REGISTERs with expires 0; and only then its slot is free or begins anew.  Its
 * successor may have the same address: what unregistered the one later would
 * take the other's binding away, their Call-IDs being different.  A server that
 * does not answer is not waited for long.
 */
#include "agent_leave.h"

#include <stdlib.h>
#include <string.h>

#include "agent_adopt.h"
#include "agent_call.h"
#include "agent_find.h"
#include "agent_line.h"
#include "agent_list.h"
#include "agent_location.h"
#include "agent_pace.h"
#include "agent_path.h"
#include "agent_pool.h"
#include "agent_slot.h"
#include "agent_subscription.h"
#include "agent_timers.h"
#include "codec/conf_line.h"
#include "io/log.h"

#define LOOK_MS 20
#define SWEEP_MS 1000	/* servers that nobody uses, but that have to be waited for */
#define CALLS_GRACE_MS 2000
#define SERVERS_GRACE_MS 2000

void line_leave(struct agent *a, uint32_t l, struct conf_line *old)
{
	struct subscription_ev stop = { .type = SUBSCRIPTION_EV_STOP };
	struct line *line = &a->line[l];
	uint32_t c;

	adopt_forget(a, l);
	*old = *line->conf;
	line->old = old;
	line->conf = old;
	line->leaving = LINE_LEAVES_CALLS;
	line->leave_by = mono_add_ms(a->now, CALLS_GRACE_MS);
	line->leaving_next = a->leaving;
	a->leaving = l;
	for (c = 0; c < AGENT_CALLS_MAX; c++)
		if (a->call[c].call.state != CALL_FREE && a->call[c].line == l)
			call_event(a, c, CALL_EV_HANGUP, 0);
	if (line->subscription != AGENT_NONE)
		agent_post_subscription(a, line->subscription, &stop);
	agent_drain(a);
	agent_timer_one(a, TIMER_LEAVE, a->now);
}

static uint32_t call_of(const struct agent *a, uint32_t l, uint32_t from)
{
	uint32_t c;

	for (c = from; c < AGENT_CALLS_MAX; c++)
		if (a->call[c].call.state != CALL_FREE && a->call[c].line == l)
			return c;
	return AGENT_NONE;
}

/* Those that could not end in time are forgotten. */
static void end_calls(struct agent *a, uint32_t l)
{
	uint32_t c = call_of(a, l, 0);

	for (; c != AGENT_NONE; c = call_of(a, l, c + 1)) {
		call_event(a, c, CALL_EV_FAILED, 408);
		call_event(a, c, CALL_EV_BYE, 0);
	}
	agent_drain(a);
}

static bool awaits_answer(const struct agent *a, uint32_t l)
{
	uint32_t i;

	for (i = a->line[l].requests; i != AGENT_NONE;
	     i = a->request[i].line_next) {
		const struct request *r = &a->request[i];

		if (!r->abandoned && (r->txn.state == TXN_CALLING ||
				      r->txn.state == TXN_PROCEEDING))
			return true;
	}
	return false;
}

static void unregister(struct agent *a, uint32_t l)
{
	struct fo_ev stop = { .type = FO_EV_STOP };
	struct line *line = &a->line[l];

	line->leaving = LINE_LEAVES_SERVERS;
	line->leave_by = mono_add_ms(a->now, SERVERS_GRACE_MS);
	if (line->begun)
		agent_post_line(a, l, &stop);
	agent_drain(a);
}

/* Nothing of it is left behind; conf->line[l] is what comes, if anything. */
static void line_gone(struct agent *a, uint32_t l)
{
	struct line *line = &a->line[l];
	uint8_t k;

	while (line->requests != AGENT_NONE)
		request_free(a, line->requests);
	agent_drain(a);
	pace_forget(a, l);
	subscription_close(a, l);
	location_leave(a, l);
	find_del_line(a, l);
	for (k = 0; k < line->n_servers; k++)
		server_leave(a, line->server[k], l);
	line_close(a, l);
	leave_free(a, l);
	memset(line, 0, sizeof(*line));
	line->requests = line->subscription = AGENT_NONE;
	agent_timer_line(a, l);
	msgring_forget(&a->ladder, l);
}

void leave_free(struct agent *a, uint32_t l)
{
	struct line *line = &a->line[l];

	if (!line->old)
		return;
	conf_line_free(line->old);
	free(line->old);
	line->old = NULL;
}

void line_enter(struct agent *a, uint32_t l)
{
	const struct conf_line *conf = &a->conf->line[l];

	if (line_open(a, l) || subscription_open(a, l) ||
	    location_join(a, l)) {
		/* As if it were not there: the next start has it. */
		a->stats.no_memory++;
		log_error("line=%s cannot begin: out of memory", conf->name);
		subscription_close(a, l);
		location_leave(a, l);
		line_close(a, l);
		memset(&a->line[l], 0, sizeof(a->line[l]));
		a->line[l].requests = a->line[l].subscription = AGENT_NONE;
		conf_line_free(&a->conf->line[l]);
		return;
	}
	find_add_line(a, l);
	line_locate(a, l);
	agent_drain(a);
	locations_look(a, l);
	agent_drain(a);
}

/* True: it has left. */
static bool look(struct agent *a, uint32_t l)
{
	struct line *line = &a->line[l];
	bool due = mono_due(line->leave_by, a->now);

	if (line->leaving == LINE_LEAVES_CALLS) {
		if (!due && call_of(a, l, 0) != AGENT_NONE)
			return false;
		end_calls(a, l);
		unregister(a, l);
		due = false;
	}
	if (!due && awaits_answer(a, l))
		return false;
	log_info("line gone line=%s", line->conf->name);
	line_gone(a, l);
	if (a->conf->line[l].text)
		line_enter(a, l);
	else if (l < a->free_line)
		a->free_line = l;
	return true;
}

void leave_expired(struct agent *a)
{
	uint32_t l = a->leaving, next;
	bool any = false;

	a->leaving = AGENT_NONE;
	agent_drain(a);
	for (; l != AGENT_NONE; l = next) {
		next = a->line[l].leaving_next;
		if (!a->stopping && look(a, l)) {
			any = true;
			continue;
		}
		a->line[l].leaving_next = a->leaving;
		a->leaving = l;
	}
	if (any) {
		servers_watch_new(a);
		paths_new(a);
	}
	any = servers_sweep(a);
	if (a->leaving != AGENT_NONE)
		agent_timer_one(a, TIMER_LEAVE, mono_add_ms(a->now, LOOK_MS));
	else if (!any)
		agent_timer_one(a, TIMER_LEAVE, mono_add_ms(a->now, SWEEP_MS));
}
