/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * REGISTERs that wait for their turn (core/pace.h).  For core/failover they are
 * out: what is abandoned meanwhile leaves the queue.  Lines with calls go first,
 * and one whose user waits (C-25; an INVITE behind a REGISTER, C-08) does not
 * wait at all.
 */
#include "agent_pace.h"

#include "agent_request.h"
#include "agent_timers.h"
#include "io/random.h"

static struct line_wait *wait_of(struct agent *a, uint32_t w)
{
	return &a->line[w / LINE_WAITS].wait[w % LINE_WAITS];
}

static uint32_t number(uint32_t l, uint32_t req)
{
	return l * LINE_WAITS + req;
}

void pace_open(struct agent *a)
{
	a->waits[0].first = a->waits[0].last = AGENT_NONE;
	a->waits[1].first = a->waits[1].last = AGENT_NONE;
	/* The seed when there is somebody to spread. */
	pace_init(&a->pace, a->conf->register_rate, 0);
}

static bool anyone_waits(const struct agent *a)
{
	return a->waits[0].first != AGENT_NONE ||
	       a->waits[1].first != AGENT_NONE;
}

static void put(struct agent *a, uint32_t w, uint8_t queue)
{
	struct line_wait *wait = wait_of(a, w);
	struct wait_queue *q = &a->waits[queue];

	wait->queue = queue;
	wait->queued = true;
	wait->next = AGENT_NONE;
	wait->prev = q->last;
	if (q->last == AGENT_NONE)
		q->first = w;
	else
		wait_of(a, q->last)->next = w;
	q->last = w;
}

static void take_out(struct agent *a, uint32_t w)
{
	struct line_wait *wait = wait_of(a, w);
	struct wait_queue *q = &a->waits[wait->queue];

	if (wait->prev == AGENT_NONE)
		q->first = wait->next;
	else
		wait_of(a, wait->prev)->next = wait->next;
	if (wait->next == AGENT_NONE)
		q->last = wait->prev;
	else
		wait_of(a, wait->next)->prev = wait->prev;
	wait->queued = false;
}

static void set_timer(struct agent *a)
{
	agent_timer_one(a, TIMER_PACE, anyone_waits(a) ? pace_next(&a->pace) : MONO_NEVER);
}

static bool has_call(const struct line *line)
{
	int i;

	for (i = 0; i < FO_CALLS_MAX; i++)
		if (line->fo.call[i].state != FO_CALL_FREE)
			return true;
	return false;
}

static bool user_waits(const struct line *line)
{
	int i;

	for (i = 0; i < FO_CALLS_MAX; i++)
		if (line->fo.call[i].state == FO_CALL_WAIT_REG ||
		    line->fo.call[i].state == FO_CALL_BYE_WAIT_REG)
			return true;
	return line->asked;
}

void pace_start(struct agent *a, uint32_t l, const struct fo_act *act)
{
	struct line *line = &a->line[l];
	bool paced = act->req == FO_REQ_REGISTER || act->req == FO_REQ_PROBE;

	if (!paced || user_waits(line) ||
	    (!anyone_waits(a) && pace_take(&a->pace, a->now))) {
		request_start_line(a, l, act);
		return;
	}
	if (!a->pace.rng.state)
		a->pace.rng.state = random_u64() | 1;
	if (line->wait[act->req].queued)
		take_out(a, number(l, act->req));
	line->wait[act->req].act = *act;
	put(a, number(l, act->req), !has_call(line));
	a->stats.registers_paced++;
	set_timer(a);
}

bool pace_abandon(struct agent *a, uint32_t l, const struct fo_act *act)
{
	struct line_wait *wait;

	if (act->req >= LINE_WAITS)
		return false;
	wait = &a->line[l].wait[act->req];
	if (!wait->queued || wait->act.attempt != act->attempt)
		return false;
	take_out(a, number(l, act->req));
	set_timer(a);
	return true;
}

void pace_forget(struct agent *a, uint32_t l)
{
	uint32_t req;

	for (req = 0; req < LINE_WAITS; req++)
		if (a->line[l].wait[req].queued)
			take_out(a, number(l, req));
	set_timer(a);
}

static void begin(struct agent *a, uint32_t w)
{
	take_out(a, w);
	request_start_line(a, w / LINE_WAITS, &wait_of(a, w)->act);
}

void pace_review(struct agent *a, uint32_t l)
{
	struct line *line = &a->line[l];
	uint32_t req;

	for (req = 0; req < LINE_WAITS; req++) {
		uint32_t w = number(l, req);

		if (!line->wait[req].queued)
			continue;
		if (req == FO_REQ_REGISTER && user_waits(line)) {
			begin(a, w);
			set_timer(a);
		} else if (line->wait[req].queue && has_call(line)) {
			take_out(a, w);
			put(a, w, 0);
		}
	}
}

void pace_expired(struct agent *a)
{
	while (anyone_waits(a) && pace_take(&a->pace, a->now))
		begin(a, a->waits[a->waits[0].first == AGENT_NONE].first);
	set_timer(a);
}
