// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "watches.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int watches_init(struct watches *t, uint32_t wanted_max)
{
	struct lookup_cell *cell;
	uint32_t cells;

	memset(t, 0, sizeof(*t));
	t->wanted_max = wanted_max;
	/* Deleted ones may still be on their way out. */
	t->slots = 2 * wanted_max + 1;
	cells = lookup_cells(t->slots);
	t->watch = calloc(t->slots, sizeof(*t->watch));
	cell = calloc(cells, sizeof(*cell));
	if (!t->watch || !cell) {
		free(t->watch);
		free(cell);
		t->watch = NULL;
		return -ENOMEM;
	}
	/* The servers are ours: no secret is needed. */
	lookup_init(&t->by_addr, cell, cells, 0);
	return 0;
}

int watches_grow(struct watches *t, uint32_t wanted_max)
{
	struct lookup was = t->by_addr;
	uint32_t slots = 2 * wanted_max + 1, cells = lookup_cells(slots), i;
	struct lookup_cell *cell;
	struct watch *watch;

	if (wanted_max <= t->wanted_max)
		return 0;
	cell = calloc(cells, sizeof(*cell));
	watch = cell ? realloc(t->watch, slots * sizeof(*watch)) : NULL;
	if (!watch) {
		free(cell);
		return -ENOMEM;
	}
	memset(watch + t->slots, 0, (slots - t->slots) * sizeof(*watch));
	lookup_init(&t->by_addr, cell, cells, was.seed);
	for (i = 0; i <= was.mask; i++)
		if (was.cell[i].hash)
			lookup_add(&t->by_addr, was.cell[i].hash,
				   was.cell[i].slot);
	free(was.cell);
	t->watch = watch;
	t->slots = slots;
	t->wanted_max = wanted_max;
	return 0;
}

void watches_free(struct watches *t)
{
	free(t->watch);
	free(t->by_addr.cell);
	t->watch = NULL;
	t->by_addr.cell = NULL;
}

/* TCP and TLS are the same to the kernel. */
static struct addr watched_addr(const struct addr *a)
{
	struct addr as = *a;

	if (as.transport != TRANSPORT_UDP)
		as.transport = TRANSPORT_TCP;
	return as;
}

static uint64_t watch_hash(const struct watches *t, const struct addr *a)
{
	struct addr as = watched_addr(a);

	return lookup_hash(&t->by_addr, &as, sizeof(as));
}

static bool is_del(const struct watch *w)
{
	return w->state == WATCH_ON && w->id &&
	       (!w->wanted || w->ring_size > w->ring_has);
}

static bool is_off(const struct watch *w)
{
	return w->wanted && w->state != WATCH_ON;
}

static void at_most(uint32_t *first, uint32_t i)
{
	if (*first > i)
		*first = i;
}

/* Something about it has changed. */
static void noted(struct watches *t, const struct watch *w)
{
	uint32_t i = (uint32_t)(w - t->watch);

	if (w->state == WATCH_UNUSED)
		at_most(&t->unused, i);
	if (w->state == WATCH_NEW)
		at_most(&t->add, i);
	if (is_del(w))
		at_most(&t->del, i);
	if (is_off(w))
		at_most(&t->off, i);
}

void watches_set(struct watches *t, struct watch *w, enum watch_state state,
		 uint32_t id)
{
	uint32_t i = (uint32_t)(w - t->watch);

	if (w->state == WATCH_UNUSED && state != WATCH_UNUSED)
		lookup_add(&t->by_addr, watch_hash(t, &w->addr), i);
	if (w->state != WATCH_UNUSED && state == WATCH_UNUSED)
		lookup_del(&t->by_addr, watch_hash(t, &w->addr), i);
	if (state == WATCH_ADDING)
		w->ring_asked = w->ring_size;
	if (state == WATCH_ON && w->state == WATCH_ADDING)
		w->ring_has = w->ring_asked;
	if (state == WATCH_UNUSED)
		w->ring_has = 0;
	w->state = state;
	w->id = id;
	noted(t, w);
}

struct watch *watches_find(const struct watches *t, const struct addr *a)
{
	uint64_t hash = watch_hash(t, a);
	struct addr as = watched_addr(a);
	uint32_t it = LOOKUP_FIRST, i;

	while (lookup_next(&t->by_addr, hash, &it, &i)) {
		struct addr own = watched_addr(&t->watch[i].addr);

		if (addr_equal(&own, &as))
			return &t->watch[i];
	}
	return NULL;
}

int watches_want(struct watches *t, const struct addr *a, uint32_t ring_size,
		 struct watch **found)
{
	struct watch *w = watches_find(t, a);

	if (a->family == ADDR_NONE || !a->port)
		return -EINVAL;
	*found = w;
	if (w && w->wanted) {
		if (w->ring_size < ring_size)
			w->ring_size = ring_size;
		noted(t, w);
		return -EALREADY;
	}
	if (t->wanted == t->wanted_max)
		return -ENOSPC;
	while (!w && t->unused < t->slots) {
		if (t->watch[t->unused].state == WATCH_UNUSED)
			w = &t->watch[t->unused];
		else
			t->unused++;
	}
	if (!w)
		return -ENOSPC;
	t->wanted++;
	w->wanted = true;
	w->ring_size = ring_size;
	if (w->state == WATCH_UNUSED) {
		w->addr = *a;
		watches_set(t, w, WATCH_NEW, 0);
	}
	noted(t, w);
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
		watches_set(t, w, WATCH_UNUSED, w->id);
	noted(t, w);
}

struct watch *watches_due(struct watches *t, bool *del)
{
	/* Deleting first: there are limits. */
	for (; t->del < t->slots; t->del++) {
		*del = is_del(&t->watch[t->del]);
		if (*del)
			return &t->watch[t->del];
	}
	*del = false;
	for (; t->add < t->slots; t->add++)
		if (t->watch[t->add].state == WATCH_NEW)
			return &t->watch[t->add];
	return NULL;
}

bool watches_all_on(struct watches *t)
{
	while (t->off < t->slots && !is_off(&t->watch[t->off]))
		t->off++;
	return t->off == t->slots;
}

bool watches_refuse(struct watches *t, struct watch *w, int error)
{
	if (error == -ENOSPC || error == -ENOMEM) {
		if (w->wanted && w->ring_has && w->ring_has < w->ring_asked) {
			w->ring_size = w->ring_has;
			watches_set(t, w, WATCH_NEW, w->id);
			return false;
		}
		t->no_room = true;
	}
	w->error = error;
	watches_set(t, w, w->wanted ? WATCH_REFUSED : WATCH_UNUSED, w->id);
	return w->wanted;
}

void watches_ended(struct watches *t, struct watch *w)
{
	uint32_t i;

	watches_set(t, w, w->wanted ? WATCH_NEW : WATCH_UNUSED, 0);
	for (i = 0; t->no_room && i < t->slots; i++)
		if (t->watch[i].state == WATCH_REFUSED &&
		    (t->watch[i].error == -ENOSPC ||
		     t->watch[i].error == -ENOMEM))
			watches_set(t, &t->watch[i], WATCH_NEW,
				    t->watch[i].id);
	t->no_room = false;
}

void watches_forget(struct watches *t)
{
	uint32_t i;

	for (i = 0; i < t->slots; i++)
		watches_set(t, &t->watch[i], t->watch[i].wanted ? WATCH_NEW :
			    WATCH_UNUSED, 0);
}
