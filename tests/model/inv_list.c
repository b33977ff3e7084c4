// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * A line's list changes (Y-17): everything that names a server by its place
 * goes along with it, and nothing else happens.  The places are worked out by
 * carrying the servers round one by one, not as core/fo_list.c does it.
 */
#include "invariant.h"

static uint8_t place[FO_SERVERS_MAX];	/* where each is after the move */

static void carry(uint8_t from, uint8_t to, uint8_t n)
{
	uint8_t row[FO_SERVERS_MAX], i, k = 0;

	for (i = 0; i < n; i++)
		if (i != from)
			row[k++] = i;
	for (i = (uint8_t)(n - 1); i > to; i--)
		row[i] = row[i - 1];
	row[to] = from;
	for (i = 0; i < FO_SERVERS_MAX; i++)
		place[i] = i;
	for (i = 0; i < n; i++)
		place[row[i]] = i;
}

static uint8_t placed(uint8_t server)
{
	return server < FO_SERVERS_MAX ? place[server] : server;
}

static uint8_t placed_bits(uint8_t bits)
{
	uint8_t out = 0;

	for (unsigned int i = 0; i < FO_SERVERS_MAX; i++)
		if (bits & 1u << i)
			out |= (uint8_t)(1u << place[i]);
	return out;
}

static void place_line(struct fo *fo)
{
	struct fo was = *fo;

	fo->working = placed(fo->working);
	fo->bound = placed_bits(fo->bound);
	for (unsigned int i = 0; i < fo->cfg.n_servers; i++) {
		fo->health[place[i]] = was.health[i];
		fo->bound_until[place[i]] = was.bound_until[i];
		fo->cfg.expires_s[place[i]] = was.cfg.expires_s[i];
	}
	fo->reg.server = placed(fo->reg.server);
	fo->reg.tried = placed_bits(fo->reg.tried);
	for (unsigned int i = 0; i < FO_CALLS_MAX; i++) {
		struct fo_call *c = &fo->call[i];

		if (c->state == FO_CALL_FREE)
			continue;
		c->server = placed(c->server);
		c->pass.server = placed(c->pass.server);
		c->pass.tried = placed_bits(c->pass.tried);
	}
}

/* agent_list.c, renumber() */
static void place_seen(struct line_seen *seen)
{
	seen->reg.server = placed(seen->reg.server);
	seen->probe.server = placed(seen->probe.server);
	for (unsigned int i = 0; i < FO_CALLS_MAX; i++)
		seen->call[i].server = placed(seen->call[i].server);
}

void list_places(const struct fo_ev *ev, struct fo *before,
		 struct line_seen *seen)
{
	uint8_t n = before->cfg.n_servers;

	if (ev->type != FO_EV_SERVER_MOVED || ev->server >= n || ev->new >= n)
		return;
	carry(ev->server, ev->new, n);
	place_line(before);
	place_seen(seen);
}

static bool same_lists(const struct fo *a, const struct fo *b, uint8_t n)
{
	if (a->working != b->working || a->reg.tried != b->reg.tried ||
	    a->reg.server != b->reg.server || a->bound != b->bound)
		return false;
	for (uint8_t i = 0; i < n; i++)
		if (a->health[i] != b->health[i] ||
		    a->cfg.expires_s[i] != b->cfg.expires_s[i] ||
		    (a->bound & 1u << i &&
		     a->bound_until[i].ns != b->bound_until[i].ns))
			return false;
	for (unsigned int i = 0; i < FO_CALLS_MAX; i++) {
		const struct fo_call *c = &a->call[i], *d = &b->call[i];

		if (c->state != d->state || (c->state != FO_CALL_FREE &&
		    (c->server != d->server ||
		     c->pass.server != d->pass.server ||
		     c->pass.tried != d->pass.tried)))
			return false;
	}
	return true;
}

static void check_comes(const struct fo *was, const struct fo *fo,
			const struct fo_ev *ev, const struct fo_acts *acts)
{
	uint8_t n = was->cfg.n_servers;
	struct mono soon = mono_add_ms(ev->now, FO_JITTER_MS);

	if (fo->cfg.n_servers != n + 1 || fo->health[n] != HEALTH_UNKNOWN ||
	    fo->bound & 1u << n || acts->n || !same_lists(was, fo, n))
		violated(I_LIST, "one comes");
	if (fo->reg_state == FO_REG_WAIT && !mono_due(fo->retry_at, soon))
		violated(I_LIST, "one comes: the pause goes on");
}

/* was: by the new places. */
static void check_moves(const struct fo *was, const struct fo *fo,
			const struct fo_ev *ev, const struct fo_acts *acts)
{
	bool moved = was->probing &&
		     placed(was->probe_server) != was->probe_server;

	if (fo->cfg.n_servers != was->cfg.n_servers ||
	    !same_lists(was, fo, fo->cfg.n_servers))
		violated(I_LIST, "%u moves to %u", ev->server, ev->new);
	/* A probe is the primary's or the standby's, whoever that is. */
	if (acts->n != moved || fo->probing != (was->probing && !moved))
		violated(I_LIST, "%u moves to %u: the probe", ev->server,
			 ev->new);
}

/* R-37, C-13: a dialog's requests, and what is out, stay where they are. */
static bool call_is_at(const struct fo *fo, uint8_t server)
{
	for (unsigned int i = 0; i < FO_CALLS_MAX; i++) {
		const struct fo_call *c = &fo->call[i];
		bool dialog = c->state >= FO_CALL_PROCEEDING;
		bool asks = c->state != FO_CALL_FREE && c->state != FO_CALL_UP;

		if ((dialog && c->server == server) ||
		    (asks && c->pass.server == server))
			return true;
	}
	return false;
}

static void check_goes(const struct fo *was, const struct fo *fo,
		       const struct fo_ev *ev, const struct fo_acts *acts)
{
	uint8_t last = (uint8_t)(was->cfg.n_servers - 1);
	bool stays = last == 0 || was->held || call_is_at(was, last);
	bool told = false, had = was->bound & 1u << last &&
				 !mono_due(was->bound_until[last], ev->now);

	if (fo->cfg.n_servers != was->cfg.n_servers - !stays)
		violated(I_LIST, "%u of %u stay", fo->cfg.n_servers,
			 was->cfg.n_servers);
	if (stays) {
		if (acts->n || !same_lists(was, fo, fo->cfg.n_servers))
			violated(I_LIST, "the last one stays");
		return;
	}
	for (int i = 0; i < acts->n; i++)
		told |= acts->a[i].type == FO_ACT_SEND &&
			acts->a[i].req == FO_REQ_UNREGISTER &&
			acts->a[i].server == last;
	if (told != (had && health_usable(was->health[last])))
		violated(I_LIST, "the last one is%s told", told ? "" : " not");
	if (fo->bound & 1u << last || fo->working == last ||
	    fo->reg.server == last || fo->reg.tried & 1u << last ||
	    fo->health[last] != HEALTH_UNKNOWN ||
	    (fo->probing && fo->probe_server == last))
		violated(I_LIST, "the last one is not forgotten");
}

void check_list(const struct fo *before, const struct fo *fo,
		const struct fo_ev *ev, const struct fo_acts *acts)
{
	if (ev->type == FO_EV_SERVER_NEW)
		check_comes(before, fo, ev, acts);
	else if (ev->type == FO_EV_SERVER_MOVED)
		check_moves(before, fo, ev, acts);
	else if (ev->type == FO_EV_SERVER_GONE)
		check_goes(before, fo, ev, acts);
}
