/* SPDX-License-Identifier: BSD-2-Clause */
/* The machines of core/ that see whether a server is there and the way to it,
 * under arbitrary events. */
#ifndef SIPOVER_TESTS_STEP_KEEP_H
#define SIPOVER_TESTS_STEP_KEEP_H

#include "step_time.h"

#include "core/keepalive.h"
#include "core/path.h"
#include "core/pulse.h"

#define STEP_MS 1000000ull

/* ---- ways out ---- */

static void play_path(struct feed *f)
{
	struct mono now = { STEP_START_NS }, due;
	struct path p;

	path_init(&p, feed_u8(f) & 1 ? PATH_LOSS_MS : 0);
	while (f->left) {
		uint8_t what = feed_u8(f);
		struct path_ev ev = {
			.type = what % (PATH_EV_TYPES + 1),
			.fact = what / 4 % (PATH_FACTS + 1),
		};
		bool lost = p.lost, usable;
		enum path_act act;

		now = step_time(f, now, path_next_expiry(&p));
		ev.now = now;
		act = path_step(&p, &ev);
		must(act == PATH_ACT_NONE ? p.lost == lost :
		     p.lost == (act == PATH_ACT_LOST) && p.lost != lost);
		usable = p.fact == PATH_USABLE;
		due = path_next_expiry(&p);
		/* What is not as it was told will be, and nothing else. */
		must(mono_is_never(due) == (usable != p.lost));
		must(mono_is_never(due) ||
		     due.ns <= now.ns + PATH_SETTLE_MAX_MS * 1000000ull);
		must(act != PATH_ACT_BACK || usable);
	}
}

/* ---- connections ---- */

static void check_keepalive(const struct keepalive *k, struct mono now)
{
	struct mono due = keepalive_next_expiry(k);
	uint64_t most = 0;

	must(k->state < KEEPALIVE_STATES && *keepalive_state_name(k->state));
	if (k->state == KEEPALIVE_STARTING)
		most = k->start_ms;
	else if (k->state == KEEPALIVE_QUIET)
		most = k->interval_ms;
	else if (k->state == KEEPALIVE_PINGED)
		most = KEEPALIVE_PONG_MS;
	/* What is waited for has its end, and nothing else is waited for. */
	must(mono_is_never(due) == !most);
	must(!most || due.ns <= now.ns + most * STEP_MS);
}

static void play_keepalive(struct feed *f)
{
	struct mono now = { STEP_START_NS }, heard = now;
	uint32_t interval = feed_u8(f) * 500u, start = feed_u8(f) * 100u;
	struct keepalive k;

	keepalive_init(&k, interval, start, feed_u8(f));
	while (f->left) {
		struct keepalive_ev ev = {
			.type = feed_u8(f) % (KEEPALIVE_EV_TYPES + 1),
		};
		uint8_t old = k.state;
		enum keepalive_act act;

		now = step_time(f, now, keepalive_next_expiry(&k));
		ev.now = now;
		act = keepalive_step(&k, &ev);
		must(act == KEEPALIVE_ACT_NONE || ev.type == KEEPALIVE_EV_EXPIRY);
		/* Only after a while in which nothing was heard. */
		if (act == KEEPALIVE_ACT_PING)
			must(old == KEEPALIVE_QUIET && now.ns - heard.ns >=
			     (interval - interval / 5) * STEP_MS);
		if (act == KEEPALIVE_ACT_NOT_UP)
			must(old == KEEPALIVE_STARTING &&
			     k.state == KEEPALIVE_NONE);
		/* A message is no pong. */
		if (old == KEEPALIVE_PINGED && k.state == KEEPALIVE_QUIET)
			must(ev.type == KEEPALIVE_EV_PONG);
		must((act == KEEPALIVE_ACT_NO_PONG) ==
		     (old == KEEPALIVE_PINGED && k.state == KEEPALIVE_NONE &&
		      ev.type == KEEPALIVE_EV_EXPIRY));
		if (k.state == KEEPALIVE_QUIET &&
		    (old != KEEPALIVE_QUIET || ev.type == KEEPALIVE_EV_HEARD))
			heard = now;
		if (ev.type != KEEPALIVE_EV_EXPIRY)
			continue;
		check_keepalive(&k, now);
		must(keepalive_next_expiry(&k).ns > now.ns);
	}
}

/* ---- UDP: STUN, OPTIONS, the round trip, the NAT's view ---- */

static struct addr feed_mapped(struct feed *f)
{
	uint8_t what = feed_u8(f);

	return (struct addr){
		.family = what & 1 ? ADDR_V4 : ADDR_NONE,
		.port = what >> 1 & 3,
	};
}

struct stun_past {
	bool answered;		/* the round before this one */
	uint8_t sends;
	bool deaf;		/* nothing but CRLF since then */
	struct addr mapped;
};

static void check_stun(const struct stunkeep *k, const struct stunkeep_ev *ev,
		       unsigned int acts, struct stun_past *was)
{
	bool expiry = ev->type == STUNKEEP_EV_EXPIRY;

	must(k->sends <= STUNKEEP_SENDS && k->mode <= k->cfg.mode);
	must(mono_is_never(k->due) == (k->cfg.mode == STUNKEEP_OFF));
	must(!(acts & ~(unsigned int)STUNKEEP_ACT_CHANGED) || expiry);
	must(!acts || !expiry || ev->wanted);
	must(!(acts & STUNKEEP_ACT_NEW) || acts & STUNKEEP_ACT_REQUEST);
	must(!(acts & STUNKEEP_ACT_NEW) ==
	     !(acts & STUNKEEP_ACT_REQUEST && !was->sends));
	/* Silence tells only of who answered the time before (sign 11). */
	must(!(acts & STUNKEEP_ACT_SILENT) || was->answered);
	must(!(acts & STUNKEEP_ACT_FALLBACK) || !was->answered);
	if (acts & (STUNKEEP_ACT_SILENT | STUNKEEP_ACT_FALLBACK))
		must(was->sends == STUNKEEP_SENDS);
	must(!(acts & STUNKEEP_ACT_REQUEST) || !was->deaf);
	if (acts & STUNKEEP_ACT_CHANGED)
		must(was->mapped.family != ADDR_NONE && was->sends &&
		     !addr_equal(&was->mapped, &ev->mapped));
	if (expiry && !mono_is_never(k->due))
		must(k->due.ns > ev->now.ns);
	was->deaf = k->cfg.mode == STUNKEEP_STUN && k->mode == STUNKEEP_CRLF;
	was->answered = k->answered;
	was->sends = k->sends;
	was->mapped = k->mapped;
}

static void feed_pulse(struct feed *f, struct pulse_ev *ev)
{
	uint8_t how = feed_u8(f);

	*ev = (struct pulse_ev){
		.type = feed_u8(f) % (PULSE_EV_TYPES + 1),
		.working = how & 1,
		.bound = how & 2,
		.timed_out = how & 4,
	};
	must(*pulse_ev_name(ev->type));
	if (ev->type == PULSE_EV_ANSWERED)
		ev->sample_us = how & 8 ? UINT32_MAX : how * 4000u;
	if (ev->type == PULSE_EV_STUN)
		ev->stun.type = how >> 4 & 7;
	if (ev->type == PULSE_EV_STUN || ev->type == PULSE_EV_SEEN)
		ev->stun.mapped = feed_mapped(f);
}

static void check_rtt(const struct rtt *r, const struct rtt *was,
		      const struct pulse_ev *ev, unsigned int acts)
{
	must(r->srtt_us <= RTT_SAMPLE_MAX_US &&
	     r->rttvar_us <= RTT_SAMPLE_MAX_US);
	must(rtt_patience_ms(r) >= r->floor_ms);
	/* Once, then not before it was heard again. */
	if (acts & PULSE_ACT_LATE)
		must(!was->raised && r->raised && was->due.ns <= ev->now.ns);
	if (was->raised && !r->raised)
		must(ev->type == PULSE_EV_ANSWERED);
	must(!r->raised || mono_is_never(r->due));
	must(r->floor_ms || mono_is_never(r->due));
	if (mono_is_never(was->due) && !mono_is_never(r->due))
		must(ev->type == PULSE_EV_SENT &&
		     r->due.ns >= ev->now.ns + r->floor_ms * STEP_MS);
}

static void check_nat(const struct nat *n, const struct nat *was,
		      const struct pulse_ev *ev, unsigned int acts)
{
	bool other = !addr_equal(&n->seen, &was->seen);
	bool first = was->seen.family == ADDR_NONE;

	must(other == !!(acts & (PULSE_ACT_SEEN | PULSE_ACT_SEEN_CHANGED)));
	must(!other || (ev->type == PULSE_EV_SEEN &&
			n->seen.family != ADDR_NONE));
	must(!(acts & PULSE_ACT_SEEN) || first);
	/* Then none for a while, whoever makes them up. */
	if (acts & PULSE_ACT_SEEN_CHANGED)
		must(!first && was->until.ns <= ev->now.ns &&
		     n->until.ns >= ev->now.ns + NAT_HOLD_MS * STEP_MS);
}

static void play_pulse(struct feed *f)
{
	uint8_t how = feed_u8(f);
	struct pulse_cfg cfg = {
		.stun = {
			.interval_ms = 1000 + feed_u8(f) * 120u,
			.rto_ms = 10 + feed_u8(f) * 2u,
			.mode = how % STUNKEEP_MODES,
		},
		.options_ms = feed_u8(f) * 1000u,
		.suspect_ms = feed_u8(f) * 10u,
	};
	struct mono now = { STEP_START_NS };
	struct stun_past past = { .sends = 0 };
	struct pulse p, was;
	struct pulse_ev ev;

	pulse_init(&p, &cfg, now, how);
	while (f->left) {
		unsigned int acts;

		feed_pulse(f, &ev);
		now = step_time(f, now, pulse_next_expiry(&p));
		ev.now = ev.stun.now = now;
		was = p;
		acts = pulse_step(&p, &ev);
		must(acts < PULSE_ACT_STILL_LATE << 1);
		check_rtt(&p.rtt, &was.rtt, &ev, acts);
		check_nat(&p.nat, &was.nat, &ev, acts);
		/* One OPTIONS at a time, and only to whom lines work with. */
		must(!(acts & PULSE_ACT_OPTIONS) || (!was.asking && ev.working));
		must(p.asking == ((was.asking &&
				   ev.type != PULSE_EV_OPTIONS_ENDED) ||
				  acts & PULSE_ACT_OPTIONS));
		must(!(acts & PULSE_ACT_SIGNAL) || (was.asking && ev.timed_out));
		if (ev.type == PULSE_EV_EXPIRY)
			ev.stun = (struct stunkeep_ev){
				.now = now, .type = STUNKEEP_EV_EXPIRY,
				.wanted = ev.bound,
			};
		else if (ev.type != PULSE_EV_STUN ||
			 ev.stun.type == STUNKEEP_EV_EXPIRY)
			ev.stun.type = STUNKEEP_EV_TYPES;
		check_stun(&p.stun, &ev.stun, acts & (PULSE_ACT_OPTIONS - 1),
			   &past);
		if (ev.type == PULSE_EV_EXPIRY)
			must(pulse_next_expiry(&p).ns > now.ns);
	}
}

#endif /* SIPOVER_TESTS_STEP_KEEP_H */
