// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "timeline.h"

#include <stddef.h>
#include <string.h>

static struct timeline_entry *place(struct timeline *t, uint32_t id)
{
	return &t->entry[id % TIMELINE_MAX];
}

struct timeline_entry *timeline_finish(struct timeline *t, struct course *c,
				       uint32_t to, struct mono now)
{
	struct timeline_entry *e;

	if (!++t->newest)
		t->newest = 1;
	e = place(t, t->newest);
	memset(e, 0, sizeof(*e));
	e->id = t->newest;
	course_add(c, COURSE_MOVED, to, now);
	e->course = *c;
	memset(c, 0, sizeof(*c));
	c->finished = e->id;
	return e;
}

struct timeline_entry *timeline_open(struct timeline *t,
				     const struct course *c, struct mono now)
{
	struct timeline_entry *e = place(t, c->finished);

	if (!c->finished || e->id != c->finished ||
	    mono_due(mono_add_ms(e->course.last, TIMELINE_AFTER_MS), now))
		return NULL;
	return e;
}

const struct timeline_entry *timeline_before(const struct timeline *t,
					     uint32_t id)
{
	const struct timeline_entry *e;
	uint32_t before = id ? id - 1 : t->newest;

	e = &t->entry[before % TIMELINE_MAX];
	return before && e->id == before ? e : NULL;
}
