// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "event.h"

#include <stdio.h>
#include <stdlib.h>

#define STALE 0x7777	/* a request number that is never out */
#define RETRY_AFTER_S 1

static bool may(uint32_t what)
{
	return bounds->alphabet & what;
}

static bool open_health(void)
{
	return may(A_OPEN);
}

/* ---- what may happen ---- */

struct list {
	struct event *ev;
	unsigned int n;
};

static void add(struct list *l, enum kind kind, unsigned int i,
		unsigned int server, unsigned int arg)
{
	if (l->n == EVENTS_MAX) {
		fprintf(stderr, "explore: too many events\n");
		exit(2);
	}
	l->ev[l->n++] = (struct event){
		(uint8_t)kind, (uint8_t)i, (uint8_t)server, (uint8_t)arg,
	};
}

static void add_ends(struct list *l, enum kind kind, unsigned int i,
		     unsigned int server, bool registers)
{
	for (enum how h = H_OK; h < HOWS; h++) {
		if (h == H_OK_OTHER && !(registers && may(A_OTHER)))
			continue;
		/* the same to the line as another one */
		if (open_health() && (h == H_503 || h >= H_DOWN))
			continue;
		if ((h == H_503 || h == H_BLOCK) && !may(A_BLOCK))
			continue;
		if (h == H_SUSPECT && !may(A_SUSPECT))
			continue;
		add(l, kind, i, server, h);
	}
}

static void add_call(struct list *l, const struct fo *fo, unsigned int line,
		     unsigned int call)
{
	const struct fo_call *c = &fo->call[call];
	unsigned int i = line | call << 4;

	if (c->pass.attempt)
		add_ends(l, E_CALL, i, c->pass.server, false);
	switch ((enum fo_call_state)c->state) {
	case FO_CALL_FREE:
		add(l, E_DIAL, i, 0, 0);
		for (uint8_t s = 0; s < bounds->servers && may(A_CALL_IN); s++)
			add(l, E_CALL_IN, i, s, 0);
		return;
	case FO_CALL_INVITING:
		add(l, E_RINGS, i, c->pass.server, 0);
		break;
	case FO_CALL_PROCEEDING:
		add(l, E_CROSSED, i, c->pass.server, 0);
		break;
	case FO_CALL_UP:
		add(l, E_HANG_UP, i, 0, 0);
		break;
	case FO_CALL_WAIT_REG:
	case FO_CALL_BYE:
	case FO_CALL_BYE_WAIT_REG:
		break;
	}
	add(l, E_ENDED, i, 0, 0);
	if (c->state != FO_CALL_INVITING && c->state != FO_CALL_WAIT_REG &&
	    c->state != FO_CALL_PROCEEDING)
		return;
	for (uint8_t s = 0; s < bounds->servers && may(A_LATE); s++)
		if (c->pass.tried & 1u << s)
			add(l, E_LATE, i, s, 0);
}

static void add_list(struct list *l, const struct fo *fo)
{
	uint8_t n = fo->cfg.n_servers;

	if (n < bounds->servers)
		add(l, E_COMES, 0, 0, 0);
	for (uint8_t from = 0; from < n; from++)
		for (uint8_t to = 0; to < n; to++)
			if (from != to)
				add(l, E_MOVES, 0, from, to);
	add(l, E_GOES, 0, 0, 0);
}

static void add_line(struct list *l, const struct world *w, unsigned int line)
{
	const struct fo *fo = &w->fo[line];

	if (fo->reg_state == FO_REG_IDLE)
		add(l, E_START, line, 0, 0);
	else if (may(A_STOP))
		add(l, E_STOP, line, 0, 0);
	if (may(A_MANUAL)) {
		add(l, E_MANUAL, line, 0, 0);
		add(l, E_GONE, line, 0, 0);
	}
	if (fo->reg.attempt)
		add_ends(l, E_REG, line, fo->reg.server, true);
	if (fo->probe_attempt)
		add_ends(l, E_PROBE, line, 0, true);
	for (unsigned int c = 0; c < bounds->calls; c++)
		add_call(l, fo, line, c);
	for (uint8_t s = 0; s < bounds->servers; s++) {
		if (may(A_FLOW_CHANGED))
			add(l, E_FLOW_CHANGED, line, s, 0);
		if (may(A_SIGNAL))
			add(l, E_SIGNAL, line, s, 0);
	}
}

static void add_server(struct list *l, const struct world *w, unsigned int s)
{
	static const struct {
		uint8_t type;
		uint32_t when;
	} alone[] = {
		{ HEALTH_EV_DOWN, 0 },
		{ HEALTH_EV_SUSPECT, A_SUSPECT },
		{ HEALTH_EV_BLOCK, A_BLOCK },
		{ HEALTH_EV_RECONNECT, A_RECONNECT },
		{ HEALTH_EV_RECOVERY, A_RECOVERY },
		{ HEALTH_EV_ANSWERED, A_ALONE },
		{ HEALTH_EV_UNAVAILABLE, A_ALONE },
		{ HEALTH_EV_TIMEOUT, A_ALONE },
	};

	if (s >= w->fo[0].cfg.n_servers)
		return;
	if (open_health()) {
		for (int h = 0; h < HEALTH_STATES; h++)
			if (h != w->fo[0].health[s])
				add(l, E_OPEN, 0, s, (uint8_t)h);
		return;
	}
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++)
		if (!alone[i].when || may(alone[i].when))
			add(l, E_HEALTH, 0, s, alone[i].type);
	if (w->health[s].probing)
		add_ends(l, E_ASKED, 0, s, false);
	if (may(A_FLOW_END)) {
		add(l, E_FLOW_END, 0, s, HEALTH_EV_DOWN);
		if (may(A_RECONNECT))
			add(l, E_FLOW_END, 0, s, HEALTH_EV_RECONNECT);
	}
}

/* Whoever is due first may be called; of several at once any. */
static void add_time(struct list *l, const struct world *w)
{
	struct mono at = world_next_expiry(w);
	struct mono tick = mono_add_ms(w->now, bounds->grid_ms);

	for (unsigned int i = 0; i < bounds->lines; i++) {
		struct mono t = fo_next_expiry(&w->fo[i]);

		if (!mono_is_never(t) && (t.ns == at.ns || mono_due(t, w->now)))
			add(l, E_LINE_DUE, i, 0, 0);
	}
	for (unsigned int s = 0; s < bounds->servers; s++) {
		struct mono t = health_next_expiry(&w->health[s]);

		if (!mono_is_never(t) && (t.ns == at.ns || mono_due(t, w->now)))
			add(l, E_SERVER_DUE, 0, s, 0);
	}
	if (may(A_AGE) && at.ns > tick.ns)
		add(l, E_AGE, 0, 0, 0);
}

unsigned int events(const struct world *w, struct event *ev)
{
	struct list l = { .ev = ev };

	for (unsigned int i = 0; i < bounds->lines; i++)
		add_line(&l, w, i);
	for (unsigned int s = 0; s < bounds->servers; s++)
		add_server(&l, w, s);
	if (may(A_LIST))
		add_list(&l, &w->fo[0]);
	if (may(A_HOLD))
		add(&l, w->fo[0].held ? E_RESUME : E_HOLD, 0, 0, 0);
	add_time(&l, w);
	return l.n;
}

/* ---- what it does ---- */

/* agent_request.c: final(), deliver(), request_ended(); agent_server.c:
 * judge().  Health learns of responses and of silence first, of evidence last. */
static void health_first(uint8_t server, enum how how)
{
	switch (how) {
	case H_OK:
	case H_OK_OTHER:
	case H_REJECTED:
		post_health(server, HEALTH_EV_ANSWERED, -1);
		break;
	case H_RETRY_AFTER:
		post_health(server, HEALTH_EV_UNAVAILABLE, RETRY_AFTER_S);
		break;
	case H_503:
		post_health(server, HEALTH_EV_UNAVAILABLE, -1);
		break;
	case H_TIMEOUT:
		post_health(server, HEALTH_EV_TIMEOUT, -1);
		break;
	case H_TRANSPORT:
	case H_DOWN:
	case H_SUSPECT:
	case H_BLOCK:
	case HOWS:
		break;
	}
}

static void health_last(uint8_t server, enum how how)
{
	if (how == H_DOWN)
		post_health(server, HEALTH_EV_DOWN, -1);
	else if (how == H_SUSPECT)
		post_health(server, HEALTH_EV_SUSPECT, -1);
	else if (how == H_BLOCK)
		post_health(server, HEALTH_EV_BLOCK, -1);
}

static enum fo_outcome outcome_of(enum how how)
{
	switch (how) {
	case H_OK:
	case H_OK_OTHER:
		return FO_OK;
	case H_REJECTED:
		return FO_REJECTED;
	case H_RETRY_AFTER:
	case H_503:
		return FO_UNAVAILABLE;
	case H_TIMEOUT:
		return FO_TIMEOUT;
	case H_TRANSPORT:
	case H_DOWN:
	case H_SUSPECT:
	case H_BLOCK:
	case HOWS:
		break;
	}
	return FO_TRANSPORT;
}

static void post_result(uint8_t line, enum fo_req req, uint8_t call,
			const struct request *r, enum how how)
{
	post_line(line, (struct fo_ev){
		.type = FO_EV_RESULT, .req = (uint8_t)req, .call = call,
		.server = r->server, .attempt = r->attempt,
		.outcome = (uint8_t)outcome_of(how),
		.status = how == H_REJECTED ? 403 : 0,
		.expires_s = how == H_OK_OTHER ? OTHER_EXPIRES_S : 0,
	});
}

static void post_call(uint8_t line, enum fo_ev_type type, uint8_t call,
		      uint8_t server, uint16_t attempt)
{
	post_line(line, (struct fo_ev){
		.type = (uint8_t)type, .call = call, .server = server,
		.attempt = attempt,
	});
}

static enum fo_req request_of(const struct fo_call *c)
{
	return c->state == FO_CALL_BYE ? FO_REQ_BYE : FO_REQ_INVITE;
}

static void call_ends(struct world *w, uint8_t line, uint8_t call,
		      enum how how)
{
	const struct request *r = &w->line[line].call[call];
	enum fo_req req = request_of(&w->fo[line].call[call]);
	uint8_t server = world_server(line, r->server);

	health_first(server, how);
	post_result(line, req, call, r, how);
	if (req == FO_REQ_INVITE && outcome_of(how) == FO_OK)
		post_call(line, FO_EV_CALL_UP, call, r->server, 0);
	health_last(server, how);
}

/* A connection is over: agent_server.c, flow_ended() */
static void flow_ends(struct world *w, uint8_t server, uint8_t verdict)
{
	if (w->health[server].probing)
		post_health(server, HEALTH_EV_PROBE_FAILED, -1);
	for (uint8_t l = 0; l < bounds->lines; l++) {
		struct line_seen *seen = &w->line[l];

		if (seen->reg.out && world_server(l, seen->reg.server) == server)
			post_result(l, FO_REQ_REGISTER, 0, &seen->reg,
				    H_TRANSPORT);
		if (seen->probe.out &&
		    world_server(l, seen->probe.server) == server)
			post_result(l, FO_REQ_PROBE, 0, &seen->probe,
				    H_TRANSPORT);
		for (uint8_t c = 0; c < bounds->calls; c++)
			if (seen->call[c].out &&
			    world_server(l, seen->call[c].server) == server)
				post_result(l, request_of(&w->fo[l].call[c]), c,
					    &seen->call[c], H_TRANSPORT);
	}
	post_health(server, verdict, -1);
}

static void all_lines(enum fo_ev_type type, uint8_t server, uint8_t new)
{
	for (uint8_t l = 0; l < bounds->lines; l++)
		for (uint8_t k = 0; k < bounds->servers; k++)
			if (world_server(l, k) == server)
				post_line(l, (struct fo_ev){
					.type = (uint8_t)type, .server = k,
					.new = new });
}

static void pass_time(struct world *w, struct mono to)
{
	if (w->now.ns < to.ns)
		w->now = to;
}

static void on_line(struct world *w, struct event ev)
{
	uint8_t line = ev.i & 15, call = ev.i >> 4;
	struct line_seen *seen = &w->line[line];
	uint8_t server = world_server(line, ev.server);
	struct fo_ev plain = { .server = ev.server, .call = call };

	switch ((enum kind)ev.kind) {
	case E_START:
		plain.type = FO_EV_START;
		break;
	case E_STOP:
		plain.type = FO_EV_STOP;
		break;
	case E_REG:
		health_first(server, ev.arg);
		post_result(line, FO_REQ_REGISTER, 0, &seen->reg, ev.arg);
		health_last(server, ev.arg);
		return;
	case E_PROBE:
		health_first(server, ev.arg);
		post_result(line, FO_REQ_PROBE, 0, &seen->probe, ev.arg);
		health_last(server, ev.arg);
		return;
	case E_CALL:
		call_ends(w, line, call, ev.arg);
		return;
	case E_RINGS:
		post_health(server, HEALTH_EV_ANSWERED, -1);
		plain.type = FO_EV_PROVISIONAL;
		plain.attempt = seen->call[call].attempt;
		break;
	case E_LATE:
		post_health(server, HEALTH_EV_ANSWERED, -1);
		post_line(line, (struct fo_ev){
			.type = FO_EV_RESULT, .req = FO_REQ_INVITE,
			.call = call, .server = ev.server, .attempt = STALE,
			.outcome = FO_OK });
		plain.type = FO_EV_CALL_UP;
		break;
	case E_DIAL:
		plain.type = FO_EV_CALL;
		break;
	case E_CALL_IN:
		plain.type = FO_EV_CALL_IN;
		break;
	case E_HANG_UP:
	case E_CROSSED:
		plain.type = FO_EV_BYE;
		break;
	case E_ENDED:
		plain.type = FO_EV_CALL_ENDED;
		break;
	case E_FLOW_CHANGED:
		plain.type = FO_EV_FLOW_CHANGED;
		break;
	case E_COMES:
		plain.type = FO_EV_SERVER_NEW;
		plain.expires_s = bounds->fo.expires_s[0];
		break;
	case E_MOVES:
		plain.type = FO_EV_SERVER_MOVED;
		plain.new = ev.arg;
		break;
	case E_GOES:
		plain.type = FO_EV_SERVER_GONE;
		break;
	case E_GONE:
		plain.type = FO_EV_RESULT;
		plain.req = FO_REQ_UNREGISTER;
		break;
	case E_SIGNAL:
		post_health(server, HEALTH_EV_TIMEOUT, -1);
		plain.type = FO_EV_SIGNAL_TIMEOUT;
		break;
	case E_LINE_DUE:
		pass_time(w, fo_next_expiry(&w->fo[line]));
		plain.type = FO_EV_EXPIRY;
		break;
	case E_MANUAL: case E_ASKED: case E_HEALTH: case E_OPEN:
	case E_FLOW_END: case E_HOLD: case E_RESUME: case E_SERVER_DUE:
	case E_AGE:
		return;
	}
	post_line(line, plain);
}

void happen(struct world *w, struct event ev, unsigned int chance,
	    struct outcome *o)
{
	switch ((enum kind)ev.kind) {
	case E_MANUAL:
		/* agent_ctl.c: the lines know of it before this one begins.
		 * Their own random numbers there are those of its step. */
		for (uint8_t s = 0; s < bounds->servers; s++)
			post_health(s, HEALTH_EV_RESET, -1);
		drain(w, chance, o);
		post_line(ev.i, (struct fo_ev){ .type = FO_EV_REGISTER });
		break;
	case E_ASKED:
		health_first(ev.server, ev.arg);
		post_health(ev.server, ev.arg <= H_REJECTED ?
			    HEALTH_EV_PROBE_OK : HEALTH_EV_PROBE_FAILED, -1);
		health_last(ev.server, ev.arg);
		break;
	case E_HEALTH:
		post_health(ev.server, ev.arg, RETRY_AFTER_S);
		break;
	case E_OPEN:
		all_lines(FO_EV_HEALTH, ev.server, ev.arg);
		break;
	case E_FLOW_END:
		flow_ends(w, ev.server, ev.arg);
		break;
	case E_HOLD:
	case E_RESUME:
		for (uint8_t l = 0; l < bounds->lines; l++)
			post_line(l, (struct fo_ev){
				.type = ev.kind == E_HOLD ? FO_EV_HOLD :
							    FO_EV_RESUME });
		break;
	case E_SERVER_DUE:
		pass_time(w, health_next_expiry(&w->health[ev.server]));
		post_health(ev.server, HEALTH_EV_EXPIRY, -1);
		break;
	case E_AGE:
		pass_time(w, mono_add_ms(w->now, bounds->grid_ms));
		break;
	case E_START: case E_STOP: case E_REG: case E_PROBE: case E_CALL:
	case E_RINGS: case E_LATE: case E_DIAL: case E_CALL_IN: case E_HANG_UP:
	case E_CROSSED: case E_ENDED: case E_FLOW_CHANGED: case E_SIGNAL:
	case E_LINE_DUE: case E_GONE: case E_COMES: case E_MOVES: case E_GOES:
		on_line(w, ev);
		break;
	}
	drain(w, chance, o);
}
