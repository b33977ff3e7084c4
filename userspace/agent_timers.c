/* SPDX-License-Identifier: BSD-2-Clause */
/* Deadlines are numbered, kind by kind: what there is room for decides where
 * each kind begins. */
#include "agent_timers.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t room_for(const struct agent *a, enum timer_kind kind)
{
	switch (kind) {
	case TIMER_REQUEST:
		return a->n_requests;
	case TIMER_REPLY:
		return AGENT_REPLIES_MAX;
	case TIMER_CALL:
		return AGENT_CALLS_MAX;
	case TIMER_LINE:
		return a->lines_max;
	case TIMER_SERVER:
	case TIMER_KEEPALIVE:
	case TIMER_PULSE:
		return a->servers_max;
	case TIMER_LOCATION:
		return a->hosts_max;
	case TIMER_SUBSCRIPTION:
		return a->subscriptions_max;
	case TIMER_RESOLVER:
	case TIMER_PATH:
	case TIMER_PACE:
	case TIMER_LEAVE:
	case TIMER_ADOPT:
	case TIMER_STOP:
		return 1;
	case TIMER_KINDS:
		break;
	}
	return 0;
}

struct timer_layout timers_layout(const struct agent *a)
{
	struct timer_layout l;
	int k;

	l.base[0] = 0;
	for (k = 0; k < TIMER_KINDS; k++)
		l.base[k + 1] = l.base[k] + room_for(a, (enum timer_kind)k);
	return l;
}

static uint32_t base_of(const struct agent *a, enum timer_kind kind)
{
	uint32_t base = 0;
	int k;

	for (k = 0; k < (int)kind; k++)
		base += room_for(a, (enum timer_kind)k);
	return base;
}

static enum timer_kind kind_in(const struct timer_layout *l, uint32_t id,
			       uint32_t *i)
{
	int k = 0;

	while (k < TIMER_STOP && id >= l->base[k + 1])
		k++;
	*i = id - l->base[k];
	return (enum timer_kind)k;
}

enum timer_kind timers_kind(const struct agent *a, uint32_t id, uint32_t *i)
{
	struct timer_layout l = timers_layout(a);

	return kind_in(&l, id, i);
}

int timers_open(struct agent *a, const struct timer_layout *before)
{
	struct timer_layout l = timers_layout(a);
	uint32_t n = l.base[TIMER_KINDS], k, i;
	struct timerq_entry *heap = calloc(n, sizeof(*heap));
	uint32_t *pos = calloc(n, sizeof(*pos));
	struct timerq was = a->timers;

	if (!heap || !pos) {
		free(heap);
		free(pos);
		return -ENOMEM;
	}
	timerq_init(&a->timers, heap, pos, n);
	for (k = 0; before && k < was.n; k++) {
		enum timer_kind kind = kind_in(before, was.heap[k].id, &i);

		timerq_set(&a->timers, l.base[kind] + i, was.heap[k].at);
	}
	free(was.heap);
	free(was.pos);
	return 0;
}

static void set(struct agent *a, enum timer_kind kind, uint32_t i,
		struct mono at)
{
	timerq_set(&a->timers, base_of(a, kind) + i, at);
}

void agent_timer_one(struct agent *a, enum timer_kind kind, struct mono at)
{
	set(a, kind, 0, at);
}

void agent_timer_request(struct agent *a, uint32_t r)
{
	struct mono at = MONO_NEVER;

	if (a->request[r].used)
		at = txn_next_expiry(&a->request[r].txn);
	set(a, TIMER_REQUEST, r, at);
}

void agent_timer_reply(struct agent *a, uint32_t r)
{
	struct mono at = MONO_NEVER;

	if (a->reply[r].used)
		at = txn_next_expiry(&a->reply[r].txn);
	set(a, TIMER_REPLY, r, at);
}

void agent_timer_call(struct agent *a, uint32_t c)
{
	const struct agent_call *k = &a->call[c];
	struct mono at = MONO_NEVER;

	if (k->call.state != CALL_FREE)
		at = mono_min(mono_min(call_next_expiry(&k->call),
				       k->resend_at),
			      session_next_expiry(&k->session));
	set(a, TIMER_CALL, c, at);
}

void agent_timer_line(struct agent *a, uint32_t line)
{
	const struct line *l = &a->line[line];

	set(a, TIMER_LINE, line,
	    l->begun ? fo_next_expiry(&l->fo) : MONO_NEVER);
}

void agent_timer_server(struct agent *a, uint32_t server)
{
	set(a, TIMER_SERVER, server,
	    health_next_expiry(&a->server[server].health));
}

void keepalive_timer(struct agent *a, uint32_t s)
{
	set(a, TIMER_KEEPALIVE, s,
	    keepalive_next_expiry(&a->server[s].keepalive));
}

void agent_timer_pulse(struct agent *a, uint32_t server)
{
	set(a, TIMER_PULSE, server,
	    pulse_next_expiry(&a->server[server].pulse));
}

/* A name that no line has is not asked about. */
void agent_timer_location(struct agent *a, uint32_t h)
{
	const struct location *l = &a->location[h];

	set(a, TIMER_LOCATION, h,
	    l->n_lines ? loc_next_expiry(&l->loc) : MONO_NEVER);
}

void agent_timer_subscription(struct agent *a, uint32_t i)
{
	set(a, TIMER_SUBSCRIPTION, i,
	    subscription_next_expiry(&a->subscription[i].sub));
}
