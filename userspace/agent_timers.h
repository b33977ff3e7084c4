/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent's deadlines: which there are, in one heap. */
#ifndef SIPOVER_AGENT_TIMERS_H
#define SIPOVER_AGENT_TIMERS_H

#include "agent.h"

/* In the order of their numbers. */
enum timer_kind {
	TIMER_REQUEST,
	TIMER_REPLY,
	TIMER_CALL,
	TIMER_LINE,
	TIMER_SERVER,
	TIMER_KEEPALIVE,	/* of the server's connection */
	TIMER_PULSE,
	TIMER_LOCATION,
	TIMER_SUBSCRIPTION,
	TIMER_RESOLVER,		/* one of each from here on */
	TIMER_PATH,
	TIMER_PACE,
	TIMER_LEAVE,
	TIMER_ADOPT,
	TIMER_STOP,
	TIMER_KINDS
};

/* Where each kind's numbers begin, and their end. */
struct timer_layout {
	uint32_t base[TIMER_KINDS + 1];
};

struct timer_layout timers_layout(const struct agent *a);
/* For what there is room for now; those that were set by the layout before stay.
 * 0 or -ENOMEM: then nothing has changed. */
int timers_open(struct agent *a, const struct timer_layout *before);
/* Whose the deadline with that number is. */
enum timer_kind timers_kind(const struct agent *a, uint32_t id, uint32_t *i);

void agent_timer_subscription(struct agent *a, uint32_t i);
void agent_timer_line(struct agent *a, uint32_t line);
void agent_timer_server(struct agent *a, uint32_t server);
void agent_timer_location(struct agent *a, uint32_t h);
void agent_timer_pulse(struct agent *a, uint32_t server);
void agent_timer_request(struct agent *a, uint32_t r);
void agent_timer_reply(struct agent *a, uint32_t r);
void agent_timer_call(struct agent *a, uint32_t c);
/* One of those that are there once. */
void agent_timer_one(struct agent *a, enum timer_kind kind, struct mono at);

void keepalive_timer(struct agent *a, uint32_t s);

#endif /* SIPOVER_AGENT_TIMERS_H */
