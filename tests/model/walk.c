// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * The same events happen to a world that is normalised after each and to one
 * that never is: they must have the same actions and the same successors.  If
 * they do, states with one key have one future.
 */
#include "walk.h"

#include <stdio.h>
#include <string.h>

#include "event.h"
#include "normal.h"

#define WALKS 200
#define STEPS 400

static bool same(const struct world *raw, const struct world *normal)
{
	struct world w = *raw;
	uint8_t a[KEY_MAX], b[KEY_MAX];
	unsigned int n;

	normalise(&w);
	n = pack(&w, a);
	return n && pack(normal, b) == n && memcmp(a, b, n) == 0;
}

static bool walk(uint64_t seed, unsigned int *steps)
{
	struct rng rng = { seed };
	struct world raw, normal;
	struct event ev[EVENTS_MAX];

	world_init(&raw);
	normal = raw;
	normalise(&normal);
	for (unsigned int i = 0; i < STEPS; i++) {
		unsigned int n = events(&normal, ev);
		struct event e = ev[rng_below(&rng, n)];
		unsigned int chance = rng_below(&rng, 4);
		struct outcome a, b;

		happen(&raw, e, chance, &a);
		happen(&normal, e, chance, &b);
		normalise(&normal);
		(*steps)++;
		if (a.trace != b.trace || !same(&raw, &normal)) {
			char text[120];

			event_text(e, text, sizeof(text));
			printf("# walk %llu, step %u: %s\n",
			       (unsigned long long)seed, i, text);
			return false;
		}
	}
	return true;
}

bool walk_check(unsigned int *steps)
{
	*steps = 0;
	for (uint64_t seed = 1; seed <= WALKS; seed++)
		if (!walk(seed, steps))
			return false;
	return true;
}
