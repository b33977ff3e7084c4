// SPDX-License-Identifier: BSD-2-Clause
/*
 * The kernel module as its contract describes it (include/uapi/linux/sipover.h):
 * a record for each server, one message at once when its owner is quiet, then
 * one for each cause every 20 ms, without quote; weak errors are no event.
 */
#include "sim.h"

#include <string.h>

#include "../kmod/classify.h"

#define FLUSH_NS (20 * MS)
#define MEDIUM_NS (10 * SEC)
#define UP_NS (3 * MS)		/* family found, watches added */

static struct {
	bool busy, up, flush;
	uint64_t seq;
	unsigned int lose;
	unsigned int generation;
} owner;

void module_reset(void)
{
	memset(&owner, 0, sizeof(owner));
}

static void tell_server(struct vserver *s)
{
	struct nl_server k = {
		.addr = s->addr,
		.state = s->state,
		.last_cause = s->last_cause,
		.last_time = s->last_time,
	};

	if (!W.netlink || !s->watched)
		return;
	trace("module: record of %c state=%u", s->letter, k.state);
	W.netlink->ops->server(W.netlink->ctx, &k);
}

static void comes_up(struct event *e)
{
	if (!W.netlink || !W.module || owner.generation != e->a)
		return;
	owner.up = true;
	trace("module: up");
	for (unsigned int i = 0; i < W.n_servers; i++)
		tell_server(&W.server[i]);
	W.netlink->ops->module(W.netlink->ctx, true);
}

static void goes(struct event *e)
{
	if (!W.netlink || owner.generation != e->a)
		return;
	trace("module: gone");
	W.netlink->ops->module(W.netlink->ctx, false);
}

static void record_new(struct vserver *s)
{
	memset(s->count, 0, sizeof(s->count));
	memset(s->told, 0, sizeof(s->told));
	memset(s->pending, 0, sizeof(s->pending));
}

/* The answer to a watch says what is known. */
static void watched(struct event *e)
{
	if (owner.up && owner.generation == e->a)
		tell_server(&W.server[e->b]);
}

/* The record goes with the watch. */
void module_watch(struct vserver *s, bool on)
{
	if (on && !s->watched && owner.up)
		after_ns(MS, watched, NULL, owner.generation,
			 (uint64_t)(s - W.server));
	if (s->watched && !on) {
		trace("module: %c is watched no more", s->letter);
		record_new(s);
		s->state = s->last_cause = 0;
		s->last_time = 0;
	}
	s->watched = on;
}

void module_load(bool loaded)
{
	bool was = W.module;

	W.module = loaded;
	owner.up = false;
	owner.generation++;
	for (unsigned int i = 0; !was && loaded && i < W.n_servers; i++)
		record_new(&W.server[i]);
	after_ns(UP_NS, loaded ? comes_up : goes, NULL, owner.generation, 0);
}

/* A resync by dump after a gap. */
static void resync(struct event *e)
{
	if (!owner.up || owner.generation != e->a)
		return;
	trace("module: resync");
	for (unsigned int i = 0; i < W.n_servers; i++)
		tell_server(&W.server[i]);
}

void module_lose(unsigned int n)
{
	owner.lose = n;
}

static void deliver(struct vserver *s, struct nl_event *ev)
{
	ev->count = s->count[ev->cause] - s->told[ev->cause];
	ev->state = s->state;
	ev->seq = ++owner.seq;
	s->told[ev->cause] = s->count[ev->cause];
	if (owner.lose) {
		if (!--owner.lose)
			after_ns(MS, resync, NULL, owner.generation, 0);
		return;
	}
	W.counts->module_events++;
	if (W.netlink)
		W.netlink->ops->event(W.netlink->ctx, ev);
}

static void flush(struct event *e)
{
	bool found = false;

	if (owner.generation != e->a)
		return;
	for (unsigned int i = 0; i < W.n_servers; i++) {
		struct vserver *s = &W.server[i];

		for (unsigned int c = 1; c <= SIPOVER_CAUSE_MAX; c++) {
			struct nl_event ev = s->pending[c];

			if (!ev.cause)
				continue;
			s->pending[c].cause = 0;
			found = true;
			deliver(s, &ev);
		}
	}
	owner.busy = found;
	if (found)
		after_ns(FLUSH_NS, flush, NULL, owner.generation, 0);
}

/* Returns false when it is no news. */
static bool note(struct vserver *s, uint8_t cause, uint8_t grade)
{
	bool news = true;

	switch (sipover_evidence_effect(cause, grade)) {
	case SIPOVER_EFFECT_FAILURE:
		if (s->state != SIPOVER_STATE_UNREACHABLE) {
			s->state = SIPOVER_STATE_UNREACHABLE;
			s->last_cause = cause;
			s->last_time = W.now;
		}
		break;
	case SIPOVER_EFFECT_RECOVERY:
		news = s->state == SIPOVER_STATE_UNREACHABLE;
		s->state = SIPOVER_STATE_REACHABLE;
		break;
	case SIPOVER_EFFECT_NONE:
		break;
	}
	s->count[cause] += news;
	return news;
}

static void post(struct vserver *s, struct nl_event *ev)
{
	if (!W.module || !owner.up || !s->watched ||
	    !note(s, ev->cause, ev->grade))
		return;
	ev->server = s->addr;
	ev->time_ns = W.now;
	if (owner.busy) {
		ev->quote = NULL;
		ev->quote_len = 0;
		s->pending[ev->cause] = *ev;
		return;
	}
	deliver(s, ev);
	owner.busy = true;
	after_ns(FLUSH_NS, flush, NULL, owner.generation, 0);
}

static uint8_t grade(struct vserver *s)
{
	bool second = s->medium_at && W.now - s->medium_at < MEDIUM_NS;

	if (W.net.grade)
		return W.net.grade;
	if (!W.net.nat)
		return SIPOVER_GRADE_STRONG;
	s->medium_at = W.now;
	return second ? SIPOVER_GRADE_MEDIUM : SIPOVER_GRADE_WEAK;
}

void module_icmp(struct vserver *s, const struct udp_icmp *icmp,
		 uint16_t udp_len, uint16_t local_port)
{
	struct nl_event ev = {
		.icmp = true,
		.icmp_type = icmp->type,
		.icmp_code = icmp->code,
		.grade = SIPOVER_GRADE_STRONG,
		.offender = icmp->offender,
		.local = W.phone[s->addr.family == ADDR_V6],
		.quoted_len = udp_len,
		.quote = icmp->quote,
		.quote_len = icmp->quote_len < SIPOVER_QUOTE_MAX ?
			     icmp->quote_len : SIPOVER_QUOTE_MAX,
	};

	if (udp_len || W.net.grade)
		ev.grade = grade(s);
	if (!udp_len)
		ev.local.port = local_port;
	if (ev.grade == SIPOVER_GRADE_WEAK)
		return;
	ev.cause = sipover_classify_icmp(s->addr.family == ADDR_V6 ? 10 : 2,
					 icmp->type, icmp->code);
	post(s, &ev);
}

void module_sign(struct vserver *s, uint8_t cause, uint16_t local_port)
{
	struct nl_event ev = {
		.cause = cause,
		.local = W.phone[s->addr.family == ADDR_V6],
	};

	ev.local.port = local_port;
	post(s, &ev);
}

void module_heard(struct vserver *s)
{
	if (s->state != SIPOVER_STATE_UNREACHABLE) {
		if (W.module && owner.up && s->watched)
			s->state = SIPOVER_STATE_REACHABLE;
		return;
	}
	module_sign(s, SIPOVER_CAUSE_HEARD, 0);
}
