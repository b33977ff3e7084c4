// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "course.h"

#include <stddef.h>
#include <string.h>

static void forget(struct course *c)
{
	uint32_t finished = c->finished;

	memset(c, 0, sizeof(*c));
	c->finished = finished;
}

static int32_t offset(const struct course *c, struct mono at)
{
	uint64_t us = at.ns >= c->begin.ns ? (at.ns - c->begin.ns) / 1000 :
					     (c->begin.ns - at.ns) / 1000;

	if (us > INT32_MAX)
		us = INT32_MAX;
	return at.ns >= c->begin.ns ? (int32_t)us : -(int32_t)us;
}

static uint8_t place_of(struct course *c, uint32_t server)
{
	uint8_t i;

	for (i = 0; i < c->n_servers; i++)
		if (c->server[i] == server)
			return i;
	if (server == COURSE_NONE || c->n_servers == COURSE_SERVERS)
		return COURSE_SERVERS;
	c->server[c->n_servers] = server;
	return c->n_servers++;
}

static bool is_end(uint8_t what)
{
	return what >= COURSE_MOVED;
}

static struct course_step *add(struct course *c, enum course_what what,
			       uint32_t server, struct mono at)
{
	uint8_t room = is_end(what) ? COURSE_STEPS :
				      COURSE_STEPS - COURSE_KEPT;
	struct course_step *s;

	if (c->n >= room) {
		if (c->left_out < UINT8_MAX)
			c->left_out++;
		return NULL;
	}
	if (!c->n)
		c->begin = at;
	if (at.ns > c->last.ns)
		c->last = at;
	s = &c->step[c->n++];
	*s = (struct course_step){
		.us = offset(c, at),
		.what = what,
		.server = place_of(c, server),
	};
	return s;
}

static bool over(const struct course *c, struct mono now)
{
	return c->n &&
	       (c->granted || mono_due(mono_add_ms(c->last, COURSE_GAP_MS),
				       now));
}

/* Before the line works anywhere the first that it asks counts as such. */
static bool is_home(const struct course *c, const struct course_request *r)
{
	if (r->working == COURSE_NONE)
		return !c->n || (!c->moving && c->server[c->at] == r->server);
	return r->working == r->server;
}

static bool begins_anew(const struct course *c, const struct course_request *r)
{
	return over(c, r->now) || is_home(c, r) || (r->probe && !c->moving);
}

uint32_t course_leaves(const struct course *c, const struct course_request *r)
{
	if (r->probe)
		return COURSE_NONE;
	if (over(c, r->now) || !c->n)
		return r->working;
	return c->at < c->n_servers ? c->server[c->at] : COURSE_NONE;
}

static void add_sign(struct course *c, uint32_t server,
		     const struct course_sign *sign)
{
	struct course_step *s;

	if (sign->evidence.ns) {
		s = add(c, COURSE_EVIDENCE, server, sign->evidence);
		if (s) {
			s->cause = sign->cause;
			s->source = sign->source;
		}
	}
	s = add(c, COURSE_VERDICT, server, sign->verdict);
	if (s) {
		s->cause = sign->cause;
		s->source = sign->source;
	}
}

/* Why it leaves the server that it asked last. */
static void add_reason(struct course *c, uint32_t server, struct mono now,
		       const struct course_sign *sign)
{
	const struct course_step *last = c->n ? &c->step[c->n - 1] : NULL;
	struct course_step *s = NULL;

	if (sign && sign->verdict.ns) {
		add_sign(c, server, sign);
	} else if (c->waiting) {
		s = add(c, COURSE_VERDICT, server, now);
		if (s)
			s->source = COURSE_TIMER;
	} else if (last && last->what == COURSE_ANSWERED) {
		uint16_t status = last->status;

		s = add(c, COURSE_VERDICT, server, now);
		if (s) {
			s->source = COURSE_RESPONSE;
			s->status = status;
		}
	}
}

void course_sent(struct course *c, const struct course_request *r,
		 const struct course_sign *sign)
{
	uint32_t left = course_leaves(c, r);
	bool home = is_home(c, r);
	struct course_step *s;

	if (begins_anew(c, r))
		forget(c);
	if (!home && left != r->server && left != COURSE_NONE)
		add_reason(c, left, r->now, sign);
	s = add(c, home ? COURSE_ASKED : COURSE_SENT, r->server, r->now);
	if (s)
		s->cause = r->method;
	c->at = place_of(c, r->server);
	c->waiting = true;
	if (!home)
		c->moving = true;
}

/* A line that works where it asked is on no way to another. */
static bool all_well(uint16_t status)
{
	return status < 300 || status == 401 || status == 407 || status == 423;
}

void course_answered(struct course *c, uint32_t server, uint8_t method,
		     uint16_t status, struct mono now)
{
	struct course_step *s;

	if (!c->n || c->at >= c->n_servers || c->server[c->at] != server)
		return;
	if (!c->moving && all_well(status)) {
		forget(c);
		return;
	}
	if (c->waiting || status >= 200) {
		s = add(c, COURSE_ANSWERED, server, now);
		if (s) {
			s->cause = method;
			s->status = status;
		}
	}
	c->waiting = false;
	c->granted = status >= 200 && status < 300;
}

void course_add(struct course *c, enum course_what what, uint32_t server,
		struct mono now)
{
	add(c, what, server, now);
}

const struct course_step *course_find(const struct course *c,
				      enum course_what what)
{
	uint8_t i;

	for (i = 0; i < c->n; i++)
		if (c->step[i].what == what)
			return &c->step[i];
	return NULL;
}

const struct course_step *course_trouble(const struct course *c)
{
	const struct course_step *s = course_find(c, COURSE_EVIDENCE);

	if (s || !course_find(c, COURSE_VERDICT))
		return s;
	return course_find(c, COURSE_ASKED);
}

bool course_time(const struct course *c, enum course_what what, uint64_t *us)
{
	const struct course_step *from = course_trouble(c);
	const struct course_step *to = course_find(c, what);

	if (!from || !to)
		return false;
	*us = to->us > from->us ? (uint64_t)((int64_t)to->us - from->us) : 0;
	return true;
}

void course_sort(struct course *c)
{
	uint8_t i, j;

	for (i = 1; i < c->n; i++) {
		struct course_step moved = c->step[i];

		for (j = i; j && c->step[j - 1].us > moved.us; j--)
			c->step[j] = c->step[j - 1];
		c->step[j] = moved;
	}
}

const char *course_what_name(uint8_t what)
{
	switch ((enum course_what)what) {
	case COURSE_ASKED:
		return "asked";
	case COURSE_EVIDENCE:
		return "evidence";
	case COURSE_VERDICT:
		return "verdict";
	case COURSE_SENT:
		return "sent";
	case COURSE_ANSWERED:
		return "answered";
	case COURSE_MOVED:
		return "moved";
	case COURSE_REGISTERED:
		return "registered";
	case COURSE_UP:
		return "up";
	case COURSE_WHATS:
		break;
	}
	return "";
}

const char *course_source_name(uint8_t source)
{
	switch ((enum course_source)source) {
	case COURSE_NOBODY:
		return "none";
	case COURSE_MODULE:
		return "module";
	case COURSE_SOCKET:
		return "socket";
	case COURSE_TIMER:
		return "timer";
	case COURSE_RESPONSE:
		return "response";
	case COURSE_SOURCES:
		break;
	}
	return "";
}
