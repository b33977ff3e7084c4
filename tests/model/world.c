// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invariant.h"

#define QUEUE_MAX 64
#define DRAWS_MAX 8
#define GAMMA 0x9e3779b97f4a7c15ULL	/* of SplitMix64, core/rng.h */

struct item {
	bool line;
	uint8_t i;
	struct fo_ev fo;
	struct health_ev health;
};

const struct bounds *bounds;
struct extent extent;
void (*tell_line)(uint8_t line, const struct fo_ev *ev,
		  const struct fo_acts *acts);
void (*tell_health)(uint8_t server, const struct health_ev *ev,
		    const struct health_acts *acts);

static struct item queue[QUEUE_MAX];
static unsigned int queue_n;

uint8_t world_server(uint8_t line, uint8_t k)
{
	if (line == 1 && bounds->alphabet & A_BACKWARDS)
		return (uint8_t)(bounds->servers - 1 - k);
	return k;
}

void world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->now.ns = 1000000000000;
	for (uint8_t i = 0; i < bounds->lines; i++) {
		struct fo_cfg cfg = bounds->fo;

		for (uint8_t k = cfg.n_servers; k < SERVERS_MAX; k++)
			cfg.expires_s[k] = 0;
		fo_init(&w->fo[i], &cfg, 0);
		w->line[i].probed = MONO_NEVER;
	}
	for (uint8_t i = 0; i < bounds->servers; i++) {
		health_init(&w->health[i], w->now, bounds->probe_hold_ms);
		w->server[i].probed = w->server[i].downed = MONO_NEVER;
	}
}

struct mono world_next_expiry(const struct world *w)
{
	struct mono at = MONO_NEVER;

	for (uint8_t i = 0; i < bounds->lines; i++)
		at = mono_min(at, fo_next_expiry(&w->fo[i]));
	for (uint8_t i = 0; i < bounds->servers; i++)
		at = mono_min(at, health_next_expiry(&w->health[i]));
	return at;
}

static struct item *push(void)
{
	if (queue_n == QUEUE_MAX) {
		fprintf(stderr, "explore: the queue is too short\n");
		exit(2);
	}
	memset(&queue[queue_n], 0, sizeof(queue[0]));
	return &queue[queue_n++];
}

void post_line(uint8_t line, struct fo_ev ev)
{
	struct item *it = push();

	it->line = true;
	it->i = line;
	it->fo = ev;
}

void post_health(uint8_t server, uint8_t type, int32_t retry_after)
{
	struct item *it;

	if (bounds->alphabet & A_OPEN)
		return;
	it = push();
	it->i = server;
	it->health = (struct health_ev){ .type = type,
					 .retry_after = retry_after };
}

/*
 * Seeds whose first two numbers are the lowest or highest of
 * 0..FO_JITTER_MS, found by trying.
 */
static uint64_t seed_for(unsigned int chance)
{
	static uint64_t seeds[4];
	static bool found;
	const uint32_t most = FO_JITTER_MS;
	unsigned int have = 0;

	for (uint64_t s = 1; !found; s++) {
		struct rng r = { s };
		uint32_t a = rng_below(&r, most + 1), b;
		unsigned int which;

		if (a != 0 && a != most)
			continue;
		b = rng_below(&r, most + 1);
		if (b != 0 && b != most)
			continue;
		which = (a == most) | (b == most) << 1;
		seeds[which] = s;
		have |= 1u << which;
		found = have == 15;
	}
	return seeds[chance & 3];
}

static void mix(struct outcome *o, const void *data, size_t n)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < n; i++)
		o->trace = (o->trace ^ p[i]) * 0x100000001b3ULL;
}

static void mix_acts(struct outcome *o, uint8_t line,
		     const struct fo_acts *acts)
{
	for (int i = 0; i < acts->n; i++) {
		const struct fo_act *a = &acts->a[i];
		const uint8_t b[] = {
			line, a->type, a->req, a->call, a->server, a->old,
			a->outcome, a->last, (uint8_t)a->status,
			(uint8_t)a->expires_s,
		};

		mix(o, b, sizeof(b));
	}
}

static void step_line(struct world *w, uint8_t l, struct fo_ev *ev,
		      uint64_t seed, struct outcome *o)
{
	struct fo *fo = &w->fo[l], before, twin;
	struct fo_acts acts, again;
	unsigned int draws;

	ev->now = w->now;
	fo->rng.state = seed;
	before = twin = *fo;
	memset(&acts, 0xee, sizeof(acts));
	memset(&again, 0x11, sizeof(again));
	fo_step(fo, ev, &acts);
	fo_step(&twin, ev, &again);
	if (tell_line)
		tell_line(l, ev, &acts);
	if (memcmp(fo, &twin, sizeof(twin)) != 0 || acts.n != again.n ||
	    memcmp(acts.a, again.a, acts.n * sizeof(acts.a[0])) != 0)
		violated(I_DETERMINED, "line %u", l);
	for (draws = 0; seed + draws * GAMMA != fo->rng.state; draws++)
		if (draws == DRAWS_MAX)
			break;
	if (draws > o->draws)
		o->draws = (uint8_t)draws;
	if (draws > extent.draws)
		extent.draws = draws;
	if (acts.n > extent.line_acts)
		extent.line_acts = acts.n;
	mix_acts(o, l, &acts);
	check_line_step(w, l, &before, ev, &acts);
}

static void step_health(struct world *w, uint8_t s, struct health_ev *ev,
			struct outcome *o)
{
	struct health *h = &w->health[s], before, twin;
	struct health_acts acts, again;

	ev->now = w->now;
	before = twin = *h;
	memset(&acts, 0xee, sizeof(acts));
	memset(&again, 0x11, sizeof(again));
	health_step(h, ev, &acts);
	health_step(&twin, ev, &again);
	if (tell_health)
		tell_health(s, ev, &acts);
	if (memcmp(h, &twin, sizeof(twin)) != 0 || acts.n != again.n ||
	    memcmp(acts.a, again.a, acts.n * sizeof(acts.a[0])) != 0)
		violated(I_DETERMINED, "server %u", s);
	if (acts.n > extent.health_acts)
		extent.health_acts = acts.n;
	mix(o, acts.a, acts.n * sizeof(acts.a[0]));
	check_health_step(w, s, &before, ev, &acts);

	/* agent_server.c, health_changed() */
	for (int i = 0; i < acts.n; i++)
		for (uint8_t l = 0; l < bounds->lines; l++)
			for (uint8_t k = 0; k < bounds->servers; k++)
				if (acts.a[i].type == HEALTH_ACT_CHANGED &&
				    world_server(l, k) == s)
					post_line(l, (struct fo_ev){
						.type = FO_EV_HEALTH,
						.server = k,
						.old = acts.a[i].old,
						.new = acts.a[i].new });
}

void drain(struct world *w, unsigned int chance, struct outcome *o)
{
	uint64_t seed = seed_for(chance);

	o->trace = 0xcbf29ce484222325ULL;
	o->draws = 0;
	for (unsigned int i = 0; i < queue_n; i++) {
		struct item it = queue[i];

		if (it.line)
			step_line(w, it.i, &it.fo, seed, o);
		else
			step_health(w, it.i, &it.health, o);
	}
	if (queue_n > extent.queue)
		extent.queue = queue_n;
	queue_n = 0;
	check_world(w);
}
