// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* Watches wanted, given up, refused and ended at random: what is found and what
 * is due is what a walk through all would say. */
#include "../tap.h"

#include <errno.h>

#include "../../userspace/core/rng.h"
#include "../../userspace/io/watches.h"

#define WANTED_MAX 12

static struct watches t;
static struct rng rng = { .state = 23 };

static struct addr any_addr(void)
{
	return (struct addr){
		.family = ADDR_V4,
		.transport = (uint8_t)rng_below(&rng, 3),
		.port = (uint16_t)(5060 + rng_below(&rng, 3)),
		.ip = { 192, 0, 2, (uint8_t)rng_below(&rng, 4) },
	};
}

static struct watch *walk_find(const struct addr *a)
{
	uint32_t i;

	for (i = 0; i < t.slots; i++) {
		struct watch *w = &t.watch[i];

		if (w->state != WATCH_UNUSED && w->addr.port == a->port &&
		    addr_same_host(&w->addr, a) &&
		    (w->addr.transport == TRANSPORT_UDP) ==
			    (a->transport == TRANSPORT_UDP))
			return w;
	}
	return NULL;
}

static struct watch *walk_due(bool *del)
{
	struct watch *add = NULL;
	uint32_t i;

	for (i = 0; i < t.slots; i++) {
		struct watch *w = &t.watch[i];

		*del = w->state == WATCH_ON && w->id &&
		       (!w->wanted || w->ring_size > w->ring_has);
		if (*del)
			return w;
		if (w->state == WATCH_NEW && !add)
			add = w;
	}
	*del = false;
	return add;
}

static bool walk_all_on(void)
{
	uint32_t i;

	for (i = 0; i < t.slots; i++)
		if (t.watch[i].wanted && t.watch[i].state != WATCH_ON)
			return false;
	return true;
}

static unsigned int differ(void)
{
	struct addr addr = any_addr();
	bool del, walked;
	struct watch *w = walk_due(&walked);

	return (watches_find(&t, &addr) != walk_find(&addr)) +
	       (watches_due(&t, &del) != w || del != walked) +
	       (watches_all_on(&t) != walk_all_on());
}

/* What io/netlink.c makes of an answer. */
static void answer(void)
{
	struct watch *w;
	bool del;

	w = watches_due(&t, &del);
	if (!w)
		return;
	watches_set(&t, w, del ? WATCH_DELETING : WATCH_ADDING, w->id);
	if (del)
		watches_ended(&t, w);
	else if (rng_below(&rng, 4))
		watches_set(&t, w, WATCH_ON, rng_below(&rng, 50));
	else
		watches_refuse(&t, w, rng_below(&rng, 2) ? -ENOSPC : -EPERM);
}

int main(void)
{
	unsigned int i, wrong = 0, full = 0;
	struct watch *w;

	is_int(watches_init(&t, WANTED_MAX), 0, "a table");
	ok(watches_all_on(&t), "nothing is wanted: all of it is on");
	for (i = 0; i < 20000; i++) {
		struct addr addr = any_addr();

		/* From then on there is room for more; they have moved. */
		if (i == 10000 && watches_grow(&t, WANTED_MAX + 2))
			wrong++;

		switch (rng_below(&rng, 8)) {
		case 0:
		case 1:
			full += watches_want(&t, &addr,
					     16U << rng_below(&rng, 3), &w) ==
				-ENOSPC;
			break;
		case 2:
			watches_unwant(&t, &addr);
			break;
		case 3:
			if (!rng_below(&rng, 30))
				watches_forget(&t);
			break;
		case 4:
			w = watches_find(&t, &addr);
			if (w && w->state == WATCH_ON)
				watches_set(&t, w, WATCH_ON, 7);
			break;
		default:
			answer();
		}
		wrong += differ();
	}
	is_int(wrong, 0, "as by a walk");
	ok(full > 100, "no more than there is room for: %u", full);
	watches_free(&t);
	return tap_done();
}
