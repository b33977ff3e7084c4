// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* Every step is total: what does not exist or is not awaited changes nothing,
 * in any state. */
#include <string.h>

#include "event.h"
#include "invariant.h"
#include "normal.h"

#define STALE 0x7777

/* But for bindings that have run out and the numbers that are blanked. */
static void try_line(const struct world *w, uint8_t l, struct fo_ev ev)
{
	struct fo fo = w->fo[l];
	struct fo_acts acts;

	ev.now = w->now;
	fo_step(&fo, &ev, &acts);
	if (acts.n || memcmp(&fo, &w->fo[l], sizeof(fo)) != 0)
		violated(I_TOTAL, "%s: req %u, call %u, server %u, attempt %u, outcome %u",
			 fo_ev_name(ev.type), ev.req, ev.call, ev.server,
			 ev.attempt, ev.outcome);
}

static void no_such_thing(const struct world *w, uint8_t l)
{
	static const uint8_t by_server[] = {
		FO_EV_CALL_IN, FO_EV_CALL_UP, FO_EV_HEALTH,
		FO_EV_SIGNAL_TIMEOUT, FO_EV_FLOW_CHANGED,
	};
	static const uint8_t by_call[] = {
		FO_EV_CALL, FO_EV_CALL_IN, FO_EV_CALL_UP, FO_EV_CALL_ENDED,
		FO_EV_BYE, FO_EV_PROVISIONAL,
	};
	static const uint8_t far[] = { 0, FO_NONE - 1, FO_NONE };

	for (size_t i = 0; i < sizeof(by_server); i++)
		for (size_t k = 0; k < sizeof(far); k++)
			try_line(w, l, (struct fo_ev){
				.type = by_server[i], .new = HEALTH_DOWN,
				.server = far[k] ? far[k] : bounds->servers });
	for (size_t i = 0; i < sizeof(by_call); i++)
		for (size_t k = 0; k < sizeof(far); k++)
			try_line(w, l, (struct fo_ev){
				.type = by_call[i],
				.call = far[k] ? far[k] : FO_CALLS_MAX });
	for (size_t k = 0; k < sizeof(far); k++) {
		uint8_t to = far[k] ? far[k] : w->fo[l].cfg.n_servers;

		try_line(w, l, (struct fo_ev){ .type = FO_EV_SERVER_MOVED,
					       .new = to });
		try_line(w, l, (struct fo_ev){ .type = FO_EV_SERVER_MOVED,
					       .server = to });
	}
	try_line(w, l, (struct fo_ev){ .type = FO_EV_SERVER_MOVED });
	try_line(w, l, (struct fo_ev){ .type = FO_EV_TYPES });
	try_line(w, l, (struct fo_ev){ .type = 255 });
	try_line(w, l, (struct fo_ev){ .type = FO_EV_HEALTH,
				       .new = HEALTH_STATES });
}

static void not_awaited(const struct world *w, uint8_t l)
{
	const struct fo *fo = &w->fo[l];

	/* UNREGISTER has no number: its end always means something. */
	for (int req = 0; req <= FO_REQ_BYE + 1; req++)
		for (int out = 0; out <= FO_TRANSPORT &&
		     req != FO_REQ_UNREGISTER; out++)
			try_line(w, l, (struct fo_ev){
				.type = FO_EV_RESULT, .req = (uint8_t)req,
				.outcome = (uint8_t)out, .attempt = STALE });
	/* an outcome that is none, to a request that is out or was never */
	for (int req = 0; req <= FO_REQ_BYE; req++)
		for (uint16_t a = 0; a < 4; a++)
			try_line(w, l, (struct fo_ev){
				.type = FO_EV_RESULT, .req = (uint8_t)req,
				.attempt = a, .outcome = FO_TRANSPORT + 1 });
	for (int req = 0; req <= FO_REQ_BYE; req++)
		if (req != FO_REQ_UNREGISTER)
			try_line(w, l, (struct fo_ev){ .type = FO_EV_RESULT,
						       .req = (uint8_t)req });
	try_line(w, l, (struct fo_ev){ .type = FO_EV_PROVISIONAL,
				       .attempt = STALE });
	for (uint8_t s = 0; s < bounds->servers; s++)
		try_line(w, l, (struct fo_ev){ .type = FO_EV_HEALTH, .server = s,
					       .new = fo->health[s] });
	if (fo->reg_state != FO_REG_IDLE)
		try_line(w, l, (struct fo_ev){ .type = FO_EV_START });
	if (!fo->held)
		try_line(w, l, (struct fo_ev){ .type = FO_EV_RESUME });
	if (!mono_due(fo_next_expiry(fo), w->now))
		try_line(w, l, (struct fo_ev){ .type = FO_EV_EXPIRY });
}

static void wrong_moment(const struct world *w, uint8_t l)
{
	for (uint8_t c = 0; c < bounds->calls; c++) {
		uint8_t state = w->fo[l].call[c].state;

		if (state != FO_CALL_FREE) {
			try_line(w, l, (struct fo_ev){ .type = FO_EV_CALL,
						       .call = c });
			try_line(w, l, (struct fo_ev){ .type = FO_EV_CALL_IN,
						       .call = c });
		}
		if (state != FO_CALL_UP && state != FO_CALL_PROCEEDING)
			try_line(w, l, (struct fo_ev){ .type = FO_EV_BYE,
						       .call = c });
		if (state == FO_CALL_FREE || state == FO_CALL_BYE ||
		    state == FO_CALL_BYE_WAIT_REG)
			try_line(w, l, (struct fo_ev){ .type = FO_EV_CALL_UP,
						       .call = c });
	}
}

static void try_server(const struct world *w, uint8_t s, uint8_t type)
{
	struct health_ev ev = { .now = w->now, .type = type,
				.retry_after = -1 };
	struct health h = w->health[s];
	struct health_acts acts;

	health_step(&h, &ev, &acts);
	if (acts.n || memcmp(&h, &w->health[s], sizeof(h)) != 0)
		violated(I_TOTAL, "server %u, %s", s, health_ev_name(type));
}

void try_meaningless(const struct world *w)
{
	for (uint8_t l = 0; l < bounds->lines; l++) {
		no_such_thing(w, l);
		not_awaited(w, l);
		wrong_moment(w, l);
	}
	for (uint8_t s = 0; s < bounds->servers; s++) {
		try_server(w, s, HEALTH_EV_TYPES);
		try_server(w, s, 255);
		if (!mono_due(health_next_expiry(&w->health[s]), w->now))
			try_server(w, s, HEALTH_EV_EXPIRY);
	}
}
