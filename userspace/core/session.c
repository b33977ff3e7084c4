// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "session.h"

#include <string.h>

#include "pass.h"
#include "sipmsg.h"

#define HELD_MS 5000		/* between tries in a local outage */
#define END_AHEAD_S 32		/* RFC 4028 10: before the session expires */

void session_init(struct session *s, uint64_t seed)
{
	*s = (struct session){
		.refresh_at = MONO_NEVER,
		.end_at = MONO_NEVER,
		.retry_at = MONO_NEVER,
		.rng = { seed },
	};
}

/* RFC 4028 7.2, 10: half of the time for the one who refreshes; the other one
 * gives up a little before the end. */
static void begin_interval(struct session *s, struct mono now,
			   uint32_t interval_s, bool ours)
{
	uint32_t ahead;

	if (interval_s && interval_s < SESSION_SHORTEST_S)
		interval_s = SESSION_SHORTEST_S;
	s->interval_s = interval_s;
	s->ours = ours;
	s->refresh = false;
	s->refresh_at = s->end_at = MONO_NEVER;
	if (!interval_s)
		return;
	if (ours) {
		s->refresh_at = mono_add_ms(now, (uint64_t)interval_s * 500);
		s->end_at = mono_add_ms(now, (uint64_t)interval_s * 1000);
	} else {
		ahead = interval_s / 3;
		if (ahead > END_AHEAD_S)
			ahead = END_AHEAD_S;
		s->end_at = mono_add_ms(now, (uint64_t)(interval_s - ahead) *
					     1000);
	}
}

static unsigned int end(struct session *s, uint16_t status)
{
	unsigned int acts = SESSION_ACT_BYE;

	if (s->state == SESSION_ASKING)
		acts |= SESSION_ACT_ABANDON;
	s->state = SESSION_NONE;
	s->status = status;
	s->refresh = s->modify = false;
	s->refresh_at = s->end_at = s->retry_at = MONO_NEVER;
	return acts;
}

static struct pass_servers servers_of(const struct session_ev *ev)
{
	return (struct pass_servers){ ev->health, ev->n_servers };
}

static unsigned int send_request(struct session *s, const struct session_ev *ev,
				 uint8_t server)
{
	/* While it waited the list may have become shorter, or the server have
	 * asked for peace (C-34). */
	if (server >= ev->n_servers || ev->health[server] == HEALTH_BLOCKED)
		server = pass_pick(servers_of(ev), s->tried, s->home);
	if (server == FO_NONE)
		return end(s, 503);
	s->state = SESSION_ASKING;
	s->method = s->modify || !s->takes_update ? SIP_INVITE : SIP_UPDATE;
	s->server = server;
	s->last = pass_is_last(servers_of(ev), s->tried, server);
	s->tried |= pass_bit(server);
	s->attempt++;
	if (!s->attempt)
		s->attempt = 1;
	s->retry_at = mono_add_ms(ev->now, SESSION_ASK_MS);
	return SESSION_ACT_SEND;
}

/* To the next server; none is left: R-13. */
static unsigned int next_server(struct session *s, const struct session_ev *ev,
				uint16_t status)
{
	uint8_t server = pass_pick(servers_of(ev), s->tried, s->home);

	if (server == FO_NONE)
		return end(s, status);
	/* C-08: the first one as it is, any other where we are known; unless the
	 * one before is alive, which the line will not leave. */
	if (ev->bind && s->tried && !(ev->bound & pass_bit(server)) &&
	    !(ev->type == SESSION_EV_RESULT && ev->outcome == FO_REJECTED)) {
		s->state = SESSION_BINDING;
		s->server = server;
		s->retry_at = mono_add_ms(ev->now, SESSION_BIND_MS);
		return 0;
	}
	return send_request(s, ev, server);
}

static unsigned int begin(struct session *s, const struct session_ev *ev)
{
	if (s->state != SESSION_QUIET || (!s->refresh && !s->modify))
		return 0;
	s->tried = 0;
	s->tries = 0;
	return next_server(s, ev, 503);
}

static unsigned int pause_for(struct session *s, struct mono now, uint64_t ms)
{
	s->state = SESSION_PAUSE;
	s->retry_at = mono_add_ms(now, ms);
	return 0;
}

/* The request once more at the same server. */
static unsigned int again(struct session *s, const struct session_ev *ev)
{
	s->tried &= (uint8_t)~pass_bit(s->server);
	return send_request(s, ev, s->server);
}

/* 14.1: who made the Call-ID waits longer. */
static uint64_t glare_ms(struct session *s)
{
	return s->uac ? 2100 + 10 * rng_below(&s->rng, 191) :
			10 * rng_below(&s->rng, 201);
}

/* No, and nothing more is to be asked for now.  A refresh is tried again when
 * half of what is left is over, as long as that is of use. */
static unsigned int refused(struct session *s, const struct session_ev *ev)
{
	unsigned int acts = s->modify ? SESSION_ACT_UNCHANGED : 0u;
	uint64_t left = 0;

	s->status = ev->status;
	if (s->refresh && s->end_at.ns > ev->now.ns && !mono_is_never(s->end_at))
		left = (s->end_at.ns - ev->now.ns) / 1000000;
	s->refresh_at = left / 2 > END_AHEAD_S * 1000 ?
			mono_add_ms(ev->now, left / 2) : MONO_NEVER;
	s->refresh = s->modify = false;
	return acts;
}

static unsigned int rejected(struct session *s, const struct session_ev *ev)
{
	bool more = ++s->tries < SESSION_TRIES_MAX;

	if (ev->status == 481 || ev->status == 408)
		return next_server(s, ev, ev->status);	/* */
	if (ev->status == 422 && more && ev->min_s > s->interval_s) {
		s->interval_s = s->min_s = ev->min_s;
		return again(s, ev);
	}
	if ((ev->status == 405 || ev->status == 501) && s->takes_update &&
	    s->method == SIP_UPDATE) {
		s->takes_update = false;
		return again(s, ev);
	}
	if (ev->status == 491 && more)
		return pause_for(s, ev->now, glare_ms(s));
	if (ev->status == 500 && ev->retry_after >= 0 && more)
		return pause_for(s, ev->now, (uint64_t)ev->retry_after * 1000);
	return refused(s, ev);
}

static unsigned int done(struct session *s, const struct session_ev *ev)
{
	unsigned int acts = s->modify && s->method == SIP_INVITE ?
			    SESSION_ACT_MODIFIED : 0u;

	if (s->method == SIP_INVITE)
		s->modify = false;
	s->home = s->server;
	begin_interval(s, ev->now, ev->interval_s, ev->ours);
	/* What was wanted while the UPDATE was out. */
	return acts | begin(s, ev);
}

static unsigned int result(struct session *s, const struct session_ev *ev)
{
	uint16_t status = ev->outcome == FO_TRANSPORT ? 503 : 408;

	if (s->state != SESSION_ASKING || ev->attempt != s->attempt)
		return 0;
	s->state = SESSION_QUIET;
	s->retry_at = MONO_NEVER;
	switch ((enum fo_outcome)ev->outcome) {
	case FO_OK:
		return done(s, ev);
	case FO_REJECTED:
		return rejected(s, ev);
	case FO_UNAVAILABLE:
		return next_server(s, ev, ev->status);
	case FO_TIMEOUT:
	case FO_TRANSPORT:
		if (ev->held) {
			s->tried = 0;
			return pause_for(s, ev->now, HELD_MS);
		}
		return next_server(s, ev, status);
	}
	return 0;
}

static unsigned int expired(struct session *s, const struct session_ev *ev)
{
	unsigned int acts = 0;

	if (mono_due(s->end_at, ev->now))
		return end(s, 408);
	if (mono_due(s->refresh_at, ev->now)) {
		s->refresh_at = MONO_NEVER;
		s->refresh = true;
		acts = begin(s, ev);
	}
	if (!mono_due(s->retry_at, ev->now))
		return acts;
	s->retry_at = MONO_NEVER;
	if (s->state == SESSION_BINDING)
		return send_request(s, ev, s->server);
	if (s->state == SESSION_ASKING) {
		s->state = SESSION_QUIET;
		return SESSION_ACT_ABANDON | next_server(s, ev, 408);
	}
	if (s->state != SESSION_PAUSE)
		return 0;
	/* The same pass: what has failed is not asked again. */
	s->tried &= (uint8_t)~pass_bit(s->server);
	return next_server(s, ev, 503);
}

/* The server that the request is at, or is to go to, died. */
static unsigned int left(struct session *s, const struct session_ev *ev)
{
	unsigned int acts = SESSION_ACT_ABANDON;

	if (s->state == SESSION_BINDING) {
		s->tried |= pass_bit(s->server);
		acts = 0;
	} else if (s->state != SESSION_ASKING) {
		return 0;
	}
	s->state = SESSION_QUIET;
	s->retry_at = MONO_NEVER;
	return acts | next_server(s, ev, 503);
}

static uint8_t renumbered(uint8_t i, uint8_t from, uint8_t to)
{
	if (i == from)
		return to;
	if (from < i && i <= to)
		return (uint8_t)(i - 1);
	if (to <= i && i < from)
		return (uint8_t)(i + 1);
	return i;
}

static void moved(struct session *s, uint8_t from, uint8_t to)
{
	uint8_t tried = 0;

	if (from >= FO_SERVERS_MAX || to >= FO_SERVERS_MAX)
		return;
	for (uint8_t i = 0; i < FO_SERVERS_MAX; i++)
		if (s->tried & pass_bit(i))
			tried |= pass_bit(renumbered(i, from, to));
	s->tried = tried;
	s->home = renumbered(s->home, from, to);
	s->server = renumbered(s->server, from, to);
}

static void up(struct session *s, const struct session_ev *ev)
{
	if (s->state != SESSION_NONE || ev->server >= ev->n_servers)
		return;
	s->state = SESSION_QUIET;
	s->home = ev->server;
	s->takes_update = ev->takes_update;
	s->uac = ev->uac;
	begin_interval(s, ev->now, ev->interval_s, ev->ours);
}

unsigned int session_step(struct session *s, const struct session_ev *ev)
{
	if (ev->n_servers > FO_SERVERS_MAX)
		return 0;
	if (ev->type == SESSION_EV_UP) {
		up(s, ev);
		return 0;
	}
	if (s->state == SESSION_NONE)
		return 0;
	switch ((enum session_ev_type)ev->type) {
	case SESSION_EV_REFRESHED:
		/* Ours, if one is out, refreshes it once more. */
		begin_interval(s, ev->now, ev->interval_s, ev->ours);
		return 0;
	case SESSION_EV_MODIFY:
		s->modify = true;
		return begin(s, ev);
	case SESSION_EV_RESULT:
		return result(s, ev);
	case SESSION_EV_DOWN:
		if (s->server != ev->server || ev->held)
			return 0;
		return left(s, ev);
	case SESSION_EV_BOUND:
		if (s->state != SESSION_BINDING ||
		    !(ev->bound & pass_bit(s->server)))
			return 0;
		return send_request(s, ev, s->server);
	case SESSION_EV_MOVED:
		moved(s, ev->server, ev->to);
		return 0;
	case SESSION_EV_END:
		return end(s, 0) & ~(unsigned int)SESSION_ACT_BYE;
	case SESSION_EV_EXPIRY:
		return expired(s, ev);
	case SESSION_EV_UP:
	case SESSION_EV_TYPES:
		break;
	}
	return 0;
}

struct mono session_next_expiry(const struct session *s)
{
	if (s->state == SESSION_NONE)
		return MONO_NEVER;
	return mono_min(mono_min(s->refresh_at, s->end_at), s->retry_at);
}

struct session_grant session_answer(const struct session_terms *t,
				    uint32_t wish_s, uint32_t min_s)
{
	struct session_grant g = { .min_s = min_s };
	uint32_t asked = t->interval_s > 0 ? (uint32_t)t->interval_s : 0;

	if (t->min_s > 0 && (uint32_t)t->min_s > g.min_s)
		g.min_s = (uint32_t)t->min_s;
	/* 9: only who knows them can take a 422. */
	if (asked && asked < min_s && t->supported) {
		g.min_s = min_s;
		g.refused = true;
		return g;
	}
	g.interval_s = asked ? asked : wish_s;
	if (!g.interval_s)
		return g;
	if (g.interval_s < g.min_s)
		g.interval_s = g.min_s;
	if (!t->supported)
		g.refresher = SIP_REFRESHER_UAS;
	else if (t->refresher != SIP_REFRESHER_NONE && asked)
		g.refresher = t->refresher;
	else
		g.refresher = SIP_REFRESHER_UAC;
	g.require = g.refresher == SIP_REFRESHER_UAC;
	return g;
}

const char *session_state_name(uint8_t state)
{
	static const char *const names[SESSION_STATES] = {
		"none", "quiet", "asking", "binding", "pause",
	};

	return state < SESSION_STATES ? names[state] : "invalid";
}

const char *session_ev_name(uint8_t type)
{
	static const char *const names[SESSION_EV_TYPES] = {
		"up", "refreshed", "modify", "result", "down", "bound",
		"moved", "end", "expiry",
	};

	return type < SESSION_EV_TYPES ? names[type] : "invalid";
}
