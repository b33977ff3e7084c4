// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * The last failovers: facts into core/course, and the control method
 * "failovers".
 */
#include "agent_course.h"

#include <stdio.h>
#include <string.h>

_Static_assert(AGENT_NONE == COURSE_NONE, "one name for no server");
_Static_assert(TIMELINE_NAME_MAX >= CONF_NAME_MAX, "a line's name fits");

/* ---- what is found out about a server ---- */

static bool speaks_against(struct verdict v)
{
	switch ((enum verdict_health)v.health) {
	case VERDICT_SUSPECT:
	case VERDICT_BLOCK:
	case VERDICT_DOWN:
	case VERDICT_RECONNECT:
		return true;
	case VERDICT_NONE:
	case VERDICT_COUNT:
	case VERDICT_ALIVE:
		break;
	}
	return v.txn == VERDICT_FAIL;
}

static bool still_valid(const struct server *s)
{
	return s->found.verdict.ns > s->answered.ns;
}

void courses_judged(struct agent *a, const struct notice *n)
{
	struct server *s = &a->server[n->server];

	if (n->kernel) {
		measures_evidence(&a->measures, n->cause, n->count);
		if (n->cause < MEASURES_CAUSES)
			s->evidence[n->cause] += (uint32_t)n->count;
	}
	if (!n->judged || !speaks_against(n->verdict))
		return;
	s->found = (struct course_sign){
		.evidence = n->kernel ? n->at : (struct mono){ 0 },
		.verdict = a->now,
		.cause = n->cause,
		.source = n->kernel && strcmp(n->source, "module") == 0 ?
			  COURSE_MODULE : COURSE_SOCKET,
	};
}

void courses_health(struct agent *a, uint32_t s, uint8_t health, uint8_t cause)
{
	struct server *server = &a->server[s];

	if (health == HEALTH_UP)
		server->found = (struct course_sign){ .cause = 0 };
	else if (!health_usable(health) && !still_valid(server))
		server->found = (struct course_sign){
			.verdict = a->now,
			.cause = cause,
			.source = health == HEALTH_BLOCKED ? COURSE_RESPONSE :
							     COURSE_TIMER,
		};
}

/* ---- what a line does ---- */

static bool concerns(const struct request *r)
{
	return r->line != AGENT_NONE &&
	       ((r->what == REQUEST_LINE && r->req != FO_REQ_UNREGISTER) ||
		r->what == REQUEST_CALL);
}

static uint32_t working_of(const struct line *line)
{
	return line->fo.working == FO_NONE ? AGENT_NONE :
	       line->server[line->fo.working];
}

/* Their numbers may be others' before somebody asks. */
static void name_servers(const struct agent *a, struct timeline_entry *e)
{
	uint8_t i;

	for (i = 0; i < e->course.n_servers; i++)
		if (e->server[i].family == ADDR_NONE)
			e->server[i] = a->server[e->course.server[i]].addr;
}

/* A request that follows the line to where it works now. */
static void sent_after(struct agent *a, const struct line *line,
		       const struct course_request *q)
{
	struct timeline_entry *e = timeline_open(&a->timeline, &line->course,
						 q->now);

	if (!e)
		return;
	e->course.granted = false;
	course_sent(&e->course, q, NULL);
	name_servers(a, e);
}

void courses_sent(struct agent *a, const struct request *r)
{
	struct course_request q = {
		.now = a->sent_at,
		.server = r->server,
		.method = r->method,
		.probe = r->what == REQUEST_LINE && r->req == FO_REQ_PROBE,
	};
	struct line *line;
	uint32_t left;

	if (!concerns(r) || r->txn.sends > 1)
		return;
	line = &a->line[r->line];
	q.working = working_of(line);
	if (r->what == REQUEST_CALL && q.working == q.server) {
		q.working = AGENT_NONE;
		sent_after(a, line, &q);
		q.working = q.server;
	}
	left = course_leaves(&line->course, &q);
	course_sent(&line->course, &q, left != AGENT_NONE &&
		    still_valid(&a->server[left]) ? &a->server[left].found :
						    NULL);
}

void courses_answered(struct agent *a, const struct request *r,
		      uint16_t status)
{
	struct timeline_entry *e;
	struct line *line;

	if (!concerns(r))
		return;
	line = &a->line[r->line];
	e = r->what == REQUEST_CALL ?
	    timeline_open(&a->timeline, &line->course, a->now) : NULL;
	if (e)
		course_answered(&e->course, r->server, r->method, status,
				a->now);
	course_answered(&line->course, r->server, r->method, status, a->now);
}

/* The first server that a line finds is no failover, unless it is not the first
 * that it asked. */
void courses_moved(struct agent *a, uint32_t l, uint8_t old, uint8_t new)
{
	struct line *line = &a->line[l];
	struct timeline_entry *e;

	if (old == FO_NONE && !line->course.moving)
		return;
	e = timeline_finish(&a->timeline, &line->course, line->server[new],
			    a->now);
	strcpy(e->line, line->conf->name);
	if (old != FO_NONE)
		e->from = a->server[line->server[old]].addr;
	e->to = a->server[line->server[new]].addr;
	e->failback = old != FO_NONE && new < old;
	name_servers(a, e);
	if (!e->failback)
		measures_course(&a->measures, &e->course);
}

static void add_after(struct agent *a, struct line *line,
		      enum course_what what, uint8_t index)
{
	struct timeline_entry *e = timeline_open(&a->timeline, &line->course,
						 a->now);

	if (!e || course_find(&e->course, what))
		return;
	course_add(&e->course, what, line->server[index], a->now);
	name_servers(a, e);
}

void courses_registered(struct agent *a, uint32_t l, uint8_t index)
{
	add_after(a, &a->line[l], COURSE_REGISTERED, index);
}

static void courses_up(struct agent *a, uint32_t c)
{
	add_after(a, &a->line[a->call[c].line], COURSE_UP, a->call[c].index);
}

void courses_call(struct agent *a, uint32_t c)
{
	struct agent_call *k = &a->call[c];

	if (k->call.state != CALL_UP)
		return;
	k->was_up = true;
	courses_up(a, c);
}

void courses_call_over(struct agent *a, uint32_t c)
{
	const struct agent_call *k = &a->call[c];

	measures_call(&a->measures, k->call.outgoing, k->was_up, k->failed,
		      k->outcome);
}

/* ---- the control method ---- */

static json_t *addr_json(const struct addr *addr)
{
	char text[ADDR_STRLEN + 8];

	if (addr->family == ADDR_NONE)
		return json_null();
	addr_print(addr, text);
	strcat(text, ";");
	strcat(text, transport_param(addr->transport));
	return json_string(text);
}

static const char *cause_or(const struct course_step *s, const char *none)
{
	return s->cause ? cause_name(s->cause) : none;
}

/* For people: a timeline is drawn from it. */
static void step_text(const struct course_step *s, char *text, size_t size)
{
	switch ((enum course_what)s->what) {
	case COURSE_ASKED:
	case COURSE_SENT:
		snprintf(text, size, "%s", sip_method_name(s->cause));
		return;
	case COURSE_EVIDENCE:
		snprintf(text, size, "%s, by the %s", cause_or(s, "?"),
			 course_source_name(s->source));
		return;
	case COURSE_VERDICT:
		if (s->source == COURSE_RESPONSE && s->status)
			snprintf(text, size, "refused: %u", s->status);
		else
			snprintf(text, size, "%s", s->cause ?
				 cause_name(s->cause) : "no answer");
		return;
	case COURSE_ANSWERED:
		snprintf(text, size, "%u to %s", s->status,
			 sip_method_name(s->cause));
		return;
	case COURSE_MOVED:
		snprintf(text, size, "the line works there");
		return;
	case COURSE_REGISTERED:
		snprintf(text, size, "registered");
		return;
	case COURSE_UP:
		snprintf(text, size, "the call is up");
		return;
	case COURSE_WHATS:
		break;
	}
	*text = '\0';
}

static json_t *steps_json(const struct timeline_entry *e,
			  const struct course *c)
{
	json_t *steps = json_array();
	int64_t first = c->n ? c->step[0].us : 0;
	char text[80];
	uint8_t i;

	for (i = 0; i < c->n; i++) {
		const struct course_step *s = &c->step[i];

		step_text(s, text, sizeof(text));
		json_array_append_new(steps, json_pack(
			"{s:I, s:I, s:s, s:o, s:s}",
			"at_us", (json_int_t)(s->us - first),
			"time_us", (json_int_t)(c->begin.ns / 1000) + s->us,
			"what", course_what_name(s->what),
			"server", s->server < COURSE_SERVERS ?
			addr_json(&e->server[s->server]) : json_null(),
			"text", text));
	}
	return steps;
}

/* The request that had no answer, else the first that moved. */
static json_t *request_json(const struct course *c)
{
	const struct course_step *s = course_find(c, COURSE_ASKED);

	if (!s)
		s = course_find(c, COURSE_SENT);
	return s ? json_string(sip_method_name(s->cause)) : json_null();
}

static json_t *entry_json(const struct timeline_entry *e)
{
	const struct course_step *why = course_find(&e->course, COURSE_VERDICT);
	struct course c = e->course;

	course_sort(&c);
	return json_pack("{s:I, s:s, s:o, s:o, s:b, s:o, s:s?, s:s?, s:o}",
			 "id", (json_int_t)e->id, "line", e->line,
			 "from", addr_json(&e->from),
			 "to", addr_json(&e->to),
			 "failback", (int)e->failback,
			 "request", request_json(&e->course),
			 "cause", why ? cause_or(why, NULL) : NULL,
			 "source", why ? course_source_name(why->source) : NULL,
			 "steps", steps_json(e, &c));
}

json_t *courses_json(struct agent *a, uint32_t l, uint32_t max)
{
	const struct timeline_entry *e = NULL;
	json_t *list = json_array();
	uint32_t n = 0;

	while (n < max &&
	       (e = timeline_before(&a->timeline, e ? e->id : 0)) != NULL) {
		if (l != AGENT_NONE &&
		    strcmp(e->line, a->line[l].conf->name) != 0)
			continue;
		json_array_append_new(list, entry_json(e));
		n++;
	}
	return json_pack("{s:o}", "failovers", list);
}
