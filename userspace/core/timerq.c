// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "timerq.h"

#include <string.h>

/* Equal deadlines go by id, so that a replay fires them in the same order. */
static bool before(const struct timerq_entry *a, const struct timerq_entry *b)
{
	if (a->at.ns != b->at.ns)
		return a->at.ns < b->at.ns;
	return a->id < b->id;
}

static void place(struct timerq *q, uint32_t i, struct timerq_entry e)
{
	q->heap[i] = e;
	q->pos[e.id] = i + 1;
}

static void sift_up(struct timerq *q, uint32_t i, struct timerq_entry e)
{
	while (i > 0) {
		uint32_t up = (i - 1) / 2;

		if (!before(&e, &q->heap[up]))
			break;
		place(q, i, q->heap[up]);
		i = up;
	}
	place(q, i, e);
}

static void sift_down(struct timerq *q, uint32_t i, struct timerq_entry e)
{
	for (;;) {
		uint32_t kid = 2 * i + 1;

		if (kid >= q->n)
			break;
		if (kid + 1 < q->n && before(&q->heap[kid + 1], &q->heap[kid]))
			kid++;
		if (!before(&q->heap[kid], &e))
			break;
		place(q, i, q->heap[kid]);
		i = kid;
	}
	place(q, i, e);
}

static void put(struct timerq *q, uint32_t i, struct timerq_entry e)
{
	if (i > 0 && before(&e, &q->heap[(i - 1) / 2]))
		sift_up(q, i, e);
	else
		sift_down(q, i, e);
}

static void take(struct timerq *q, uint32_t i)
{
	struct timerq_entry last = q->heap[--q->n];

	q->pos[q->heap[i].id] = 0;
	if (i < q->n)
		put(q, i, last);
}

void timerq_init(struct timerq *q, struct timerq_entry *heap, uint32_t *pos,
		 uint32_t capacity)
{
	*q = (struct timerq){ .heap = heap, .pos = pos, .capacity = capacity };
	memset(pos, 0, capacity * sizeof(*pos));
}

void timerq_set(struct timerq *q, uint32_t id, struct mono at)
{
	struct timerq_entry e = { .at = at, .id = id };
	uint32_t pos;

	if (id >= q->capacity)
		return;
	pos = q->pos[id];
	if (mono_is_never(at)) {
		if (pos)
			take(q, pos - 1);
	} else if (pos) {
		put(q, pos - 1, e);
	} else {
		sift_up(q, q->n++, e);
	}
}

struct mono timerq_next(const struct timerq *q)
{
	return q->n ? q->heap[0].at : MONO_NEVER;
}

bool timerq_pop_due(struct timerq *q, struct mono now, uint32_t *id)
{
	if (!q->n || !mono_due(q->heap[0].at, now))
		return false;
	*id = q->heap[0].id;
	take(q, 0);
	return true;
}
