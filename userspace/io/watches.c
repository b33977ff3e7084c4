// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "watches.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int watches_init(struct watches *t, uint32_t wanted_max)
{
	memset(t, 0, sizeof(*t));
	t->wanted_max = wanted_max;
	/* Deleted ones may still be on their way out. */
	t->slots = 2 * wanted_max + 1;
	t->watch = calloc(t->slots, sizeof(*t->watch));
	return t->watch ? 0 : -ENOMEM;
}

void watches_free(struct watches *t)
{
	free(t->watch);
	t->watch = NULL;
}

static bool same_server(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && a->port == b->port &&
	       (a->transport == TRANSPORT_UDP) ==
		       (b->transport == TRANSPORT_UDP) &&
	       memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

struct watch *watches_find(const struct watches *t, const struct addr *a)
{
	uint32_t i;

	for (i = 0; i < t->slots; i++)
		if (t->watch[i].state != WATCH_UNUSED &&
		    same_server(&t->watch[i].addr, a))
			return &t->watch[i];
	return NULL;
}

int watches_want(struct watches *t, const struct addr *a, uint32_t ring_size,
		 struct watch **found)
{
	struct watch *w = watches_find(t, a);
	uint32_t i;

	if (a->family == ADDR_NONE || !a->port)
		return -EINVAL;
	*found = w;
	if (w && w->wanted)
		return -EALREADY;
	if (t->wanted == t->wanted_max)
		return -ENOSPC;
	for (i = 0; !w && i < t->slots; i++)
		if (t->watch[i].state == WATCH_UNUSED)
			w = &t->watch[i];
	if (!w)
		return -ENOSPC;
	if (w->state == WATCH_UNUSED) {
		w->state = WATCH_NEW;
		w->id = 0;
		w->addr = *a;
	}
	t->wanted++;
	w->wanted = true;
	w->ring_size = ring_size;
	*found = w;
	return 0;
}

void watches_unwant(struct watches *t, const struct addr *a)
{
	struct watch *w = watches_find(t, a);

	if (!w || !w->wanted)
		return;
	t->wanted--;
	w->wanted = false;
	if (w->state == WATCH_NEW || w->state == WATCH_REFUSED)
		w->state = WATCH_UNUSED;
}

struct watch *watches_due(const struct watches *t, bool *del)
{
	struct watch *add = NULL;
	uint32_t i;

	for (i = 0; i < t->slots; i++) {
		struct watch *w = &t->watch[i];

		/* Deleting first: there are limits. */
		*del = w->state == WATCH_ON && !w->wanted && w->id;
		if (*del)
			return w;
		if (w->state == WATCH_NEW && !add)
			add = w;
	}
	*del = false;
	return add;
}

bool watches_all_on(const struct watches *t)
{
	uint32_t i;

	for (i = 0; i < t->slots; i++)
		if (t->watch[i].wanted && t->watch[i].state != WATCH_ON)
			return false;
	return true;
}

bool watches_refuse(struct watch *w, int error)
{
	w->state = w->wanted ? WATCH_REFUSED : WATCH_UNUSED;
	w->error = error;
	return w->wanted;
}

void watches_ended(struct watches *t, struct watch *w)
{
	uint32_t i;

	w->state = w->wanted ? WATCH_NEW : WATCH_UNUSED;
	w->id = 0;
	for (i = 0; i < t->slots; i++)
		if (t->watch[i].state == WATCH_REFUSED &&
		    (t->watch[i].error == -ENOSPC ||
		     t->watch[i].error == -ENOMEM))
			t->watch[i].state = WATCH_NEW;
}

void watches_forget(struct watches *t)
{
	uint32_t i;

	for (i = 0; i < t->slots; i++) {
		t->watch[i].id = 0;
		t->watch[i].state = t->watch[i].wanted ? WATCH_NEW :
							 WATCH_UNUSED;
	}
}
