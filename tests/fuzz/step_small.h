/* SPDX-License-Identifier: BSD-2-Clause */
/* The other machines and tables of core/ under arbitrary events. */
#ifndef SIPOVER_TESTS_STEP_SMALL_H
#define SIPOVER_TESTS_STEP_SMALL_H

#include "step_time.h"

#include <errno.h>

#include "core/call.h"
#include "core/dialog.h"
#include "core/health.h"
#include "core/tally.h"
#include "core/timerq.h"
#include "core/txn.h"
#include "core/lookup.h"

/* ---- health ---- */

static void play_health(struct feed *f)
{
	struct mono now = { STEP_START_NS }, next, probed = MONO_NEVER;
	uint32_t hold = feed_u8(f) * 100u;
	struct health_acts acts;
	bool probing = false;
	struct health h;
	uint8_t i;

	health_init(&h, now, hold);
	while (f->left) {
		uint8_t what = feed_u8(f), old = h.state;
		struct health_ev ev = {
			.type = what % (HEALTH_EV_TYPES + 1),
			.cause = what,
			.retry_after = what & 0x80 ? -1 : (what << 4) - 16,
		};

		now = step_time(f, now, health_next_expiry(&h));
		ev.now = now;
		next = health_next_expiry(&h);
		if (ev.type == HEALTH_EV_PROBE_OK ||
		    ev.type == HEALTH_EV_PROBE_FAILED) {
			if (!probing)
				continue;	/* promised by the caller */
			probing = false;
		}
		health_step(&h, &ev, &acts);
		must(h.state < HEALTH_STATES && acts.n <= HEALTH_ACTS_MAX);
		must((h.state != old) ==
		     (acts.n && acts.a[0].type == HEALTH_ACT_CHANGED));
		for (i = 0; i < acts.n; i++) {
			if (acts.a[i].type == HEALTH_ACT_CHANGED) {
				must(acts.a[i].old == old &&
				     acts.a[i].new == h.state);
				continue;
			}
			must(!probing);		/* one at a time */
			must(h.state == HEALTH_SUSPECT || h.state == HEALTH_DOWN);
			must(mono_is_never(probed) || now.ns - probed.ns >=
			     HEALTH_HOLD_MIN_MS * 1000000ull || hold < 1000);
			probing = true;
			probed = now;
		}
		must(h.probing == probing);
		/* Signs of life never make a server UP, answers do. */
		if (h.state == HEALTH_UP && old != HEALTH_UP)
			must(ev.type == HEALTH_EV_ANSWERED ||
			     ev.type == HEALTH_EV_PROBE_OK);
		if (old == HEALTH_BLOCKED && h.state != HEALTH_BLOCKED)
			must(ev.type == HEALTH_EV_RESET ||
			     (ev.type == HEALTH_EV_EXPIRY && next.ns <= now.ns));
		/* A server that is down is asked again, by time or by hand. */
		if (h.state == HEALTH_BLOCKED)
			must(!mono_is_never(health_next_expiry(&h)));
		if (h.state == HEALTH_DOWN && hold)
			must(probing || !mono_is_never(health_next_expiry(&h)));
		if (h.state == HEALTH_SUSPECT)
			must(probing || !mono_is_never(health_next_expiry(&h)));
		next = health_next_expiry(&h);
		if (ev.type == HEALTH_EV_EXPIRY)
			must(next.ns > now.ns);
	}
}

/* ---- transactions ---- */

static void check_txn_acts(const struct txn *t, const struct txn_ev *ev,
			   uint8_t old, unsigned int acts, int rounds)
{
	bool client = t->kind <= TXN_CLIENT;

	must(acts < TXN_ACT_FREE << 1 && t->state < TXN_STATES);
	must(!(acts & TXN_ACT_FREE) || t->state == TXN_TERMINATED);
	must((t->state == TXN_TERMINATED && old != TXN_TERMINATED) ==
	     !!(acts & TXN_ACT_FREE));
	must(!(acts & TXN_ACT_ACK) || (t->kind == TXN_INVITE_CLIENT &&
	     ev->type == TXN_EV_RESPONSE && ev->status >= 300));
	must(!(acts & TXN_ACT_LATE) || ((acts & TXN_ACT_DELIVER) &&
	     ev->status / 100 == 2 && old == TXN_ABANDONED));
	must(!(acts & TXN_ACT_TIMEOUT) || ev->type == TXN_EV_EXPIRY);
	must(!(acts & TXN_ACT_ERROR) || ev->type == TXN_EV_TRANSPORT);
	if (acts & TXN_ACT_DELIVER)
		must(ev->type == (client ? TXN_EV_RESPONSE : TXN_EV_REQUEST) ||
		     ev->type == TXN_EV_ACK);
	if (t->cfg.reliable && client)
		must(t->sends <= rounds);
	if (t->kind == TXN_INVITE_CLIENT && t->cfg.retries >= 0)
		must(t->sends <= (t->cfg.retries + 1) * rounds);
	if (t->state == TXN_TERMINATED)
		must(mono_is_never(txn_next_expiry(t)));
	if (old == TXN_TERMINATED)
		must(!acts);
}

static void play_txn(struct feed *f)
{
	uint8_t how = feed_u8(f);
	struct txn_cfg cfg = {
		.t1_ms = 10 + feed_u8(f) * 19u,
		.t2_ms = 10 + feed_u8(f) * 200u,
		.t4_ms = 10 + feed_u8(f) * 200u,
		.retries = (int16_t)(how / 4 % 23 - 1),
		.reliable = how & 0x80,
	};
	struct mono now = { STEP_START_NS }, started = MONO_NEVER;
	uint64_t full = 64ull * cfg.t1_ms * 1000000;
	bool outage = false;
	int rounds = 1;
	struct txn t;

	txn_init(&t, (enum txn_kind)(how % TXN_KINDS), &cfg);
	while (f->left) {
		uint8_t what = feed_u8(f), old = t.state;
		struct txn_ev ev = {
			.type = what % (TXN_EV_TYPES + 1),
			.anew = what & 0x80,
			.status = (uint16_t)(what / 9 * 25u),
		};
		unsigned int acts;

		now = step_time(f, now, txn_next_expiry(&t));
		ev.now = now;
		acts = txn_step(&t, &ev);
		/* A local outage stops the clock, its end starts it anew. */
		if ((ev.type == TXN_EV_HOLD || ev.type == TXN_EV_RESUME) &&
		    (old == TXN_CALLING || old == TXN_PROCEEDING)) {
			must(old == t.state && !(acts & ~TXN_ACT_SEND));
			must(!(acts && ev.type == TXN_EV_HOLD));
			rounds += ev.type == TXN_EV_RESUME;
			outage = ev.type == TXN_EV_HOLD;
			started = now;
		}
		if (outage && old == TXN_CALLING && t.state == TXN_PROCEEDING)
			started = now;
		check_txn_acts(&t, &ev, old, acts, rounds);
		if (ev.type == TXN_EV_EXPIRY)
			must(txn_next_expiry(&t).ns > now.ns);
		if (old == TXN_IDLE && t.state == TXN_CALLING)
			started = now;
		/* An unanswered request ends in time (C-02). */
		if (t.state == TXN_CALLING)
			must(txn_next_expiry(&t).ns <= started.ns + full);
		if (t.kind == TXN_CLIENT && t.state == TXN_PROCEEDING)
			must(txn_next_expiry(&t).ns <= started.ns + full);
	}
}

/* ---- calls ---- */

static void check_call_acts(const struct call *c, const struct call_ev *ev,
			    const struct call *old, unsigned int acts)
{
	must(c->state < CALL_STATES);
	must(acts < CALL_ACT_FREE << 1);
	must(!(acts & CALL_ACT_FREE) ==
	     !(c->state == CALL_FREE && old->state != CALL_FREE));
	must(!(acts & CALL_ACT_INVITE) || ev->type == CALL_EV_DIAL);
	must(!(acts & CALL_ACT_ACK) || ev->type == CALL_EV_ACCEPTED);
	must(!(acts & CALL_ACT_REJECT) || (!old->outgoing && c->reply >= 400));
	must(!(acts & CALL_ACT_RING) || ev->type == CALL_EV_INVITE);
	must(!(acts & CALL_ACT_ACCEPT) || ev->type == CALL_EV_ANSWER);
	if (acts & CALL_ACT_BYE)
		must(c->state == CALL_ENDING && old->state != CALL_ENDING);
	if (acts & CALL_ACT_CANCEL)
		must(c->state == CALL_CANCELLING && old->outgoing);
	/* Each 2xx has its ACK, whatever the user has done since. */
	if (ev->type == CALL_EV_ACCEPTED && old->state != CALL_FREE &&
	    old->outgoing)
		must(acts & CALL_ACT_ACK);
}

static void play_call(struct feed *f)
{
	struct mono now = { STEP_START_NS };
	uint32_t timeout = 1 + feed_u8(f) * 250u;
	struct call c = { .state = CALL_FREE };

	while (f->left) {
		uint8_t what = feed_u8(f);
		struct call_ev ev = {
			.type = what % (CALL_EV_TYPES + 1),
			.status = (uint16_t)(100 + what / 14 * 33u),
		};
		struct call old = c;
		unsigned int acts;

		now = step_time(f, now, call_next_expiry(&c));
		ev.now = now;
		acts = call_step(&c, &ev, timeout);
		check_call_acts(&c, &ev, &old, acts);
		if (ev.type == CALL_EV_EXPIRY)
			must(call_next_expiry(&c).ns > now.ns);
		/* Nothing that waits for the peer alone waits for ever. */
		if (c.state == CALL_ANSWERING || c.state == CALL_CANCELLING ||
		    c.state == CALL_CANCEL_WAIT || c.state == CALL_BYE_WAIT ||
		    c.state == CALL_INCOMING)
			must(!mono_is_never(call_next_expiry(&c)));
	}
}

/* ---- dialogs ---- */

static void feed_word(struct feed *f, char *to, size_t size)
{
	size_t n = feed_u8(f) % 5, i;

	if (n == 4)
		n = size - 1;		/* as long as it may be */
	for (i = 0; i < n; i++)
		to[i] = (char)('a' + (i < 3 ? feed_u8(f) % 3 : 0));
	to[n] = '\0';
}

static void feed_message(struct feed *f, struct sipmsg *m)
{
	uint8_t how = feed_u8(f), i;

	memset(m, 0, sizeof(*m));
	m->response = how & 1;
	m->method = how >> 1 & 7;
	m->status = (uint16_t)(how & 1 ? 100 + (how >> 4) * 40 : 0);
	m->cseq = feed_u8(f);
	strcpy(m->method_name, how & 0x80 ? "UPDATE" : "INFO");
	feed_word(f, m->call_id, sizeof(m->call_id));
	feed_word(f, m->from_tag, sizeof(m->from_tag));
	feed_word(f, m->to_tag, sizeof(m->to_tag));
	feed_word(f, m->from_uri, sizeof(m->from_uri));
	feed_word(f, m->to_uri, sizeof(m->to_uri));
	m->n_contacts = feed_u8(f) % 2;
	feed_word(f, m->contact[0].uri, sizeof(m->contact[0].uri));
	m->n_routes = feed_u8(f) % (SIPMSG_ROUTES_MAX + 1);
	for (i = 0; i < m->n_routes; i++)
		feed_word(f, m->record_route[i], sizeof(m->record_route[i]));
}

static void check_dialog_of(const struct dialog *d, const struct dialog *old)
{
	must(d->n_routes <= SIPMSG_ROUTES_MAX);
	must(memchr(d->remote_target, 0, sizeof(d->remote_target)));
	must(!strcmp(d->call_id, old->call_id) &&
	     !strcmp(d->local_tag, old->local_tag) && d->uac == old->uac);
	if (old->confirmed)
		must(d->confirmed && !strcmp(d->remote_tag, old->remote_tag) &&
		     !memcmp(d->route, old->route, sizeof(d->route)));
}

static void play_dialog(struct feed *f)
{
	static struct dialog d, old;
	static struct sipmsg m;
	bool uac = feed_u8(f) & 1;

	feed_message(f, &m);
	if (uac)
		dialog_init_uac(&d, m.call_id, m.from_tag, m.from_uri, m.to_uri,
				m.cseq);
	else if (dialog_init_uas(&d, &m, "b") != 0)
		return;
	while (f->left) {
		int r;

		feed_message(f, &m);
		old = d;
		if (m.response && uac) {
			bool mine = dialog_matches(&d, &m);

			r = dialog_answered(&d, &m);
			must(r == 0 || r == -EINVAL || r == -EEXIST);
			/* NOLINTNEXTLINE(*-memory-comparison,cert-*): all of it */
			must(r == 0 || !memcmp(&d, &old, sizeof(d)));
			must(r != -EEXIST || old.confirmed);
			if (r == 0 && mine && *d.call_id)
				must(dialog_matches(&d, &m));
		} else if (!m.response && d.confirmed) {
			bool took = dialog_request_in(&d, &m);

			must(d.remote_cseq >= old.remote_cseq);
			/* NOLINTNEXTLINE(*-memory-comparison,cert-*): all of it */
			must(took || !memcmp(&d, &old, sizeof(d)));
		}
		check_dialog_of(&d, &old);
	}
}

/* ---- hints that count ---- */

static void play_tally(struct feed *f)
{
	struct mono now = { STEP_START_NS };
	struct tally t = { .n = 0 };

	while (f->left) {
		uint8_t what = feed_u8(f);
		struct addr offender = { .family = ADDR_V4, .ip = { what & 3 } };
		uint64_t count = what >> 2 & 3;
		struct tally old = t;
		bool enough;

		if ((what & 0xf0) == 0xf0)
			count = UINT64_MAX;
		now = step_time(f, now, MONO_NEVER);
		enough = tally_add(&t, &offender, count, now);
		must(t.n < TALLY_ENOUGH);
		must(count || (!enough && !memcmp(&t, &old, sizeof(t))));
		must(count < TALLY_ENOUGH || enough);
		/* Never by less than that many, of one offender, in time. */
		if (enough && count < TALLY_ENOUGH)
			must(old.n + count >= TALLY_ENOUGH &&
			     addr_equal(&old.offender, &offender) &&
			     now.ns - old.since.ns < TALLY_MS * 1000000ull);
	}
}

/* ---- tables ---- */

#define STEP_IDS 16

static void play_timerq(struct feed *f)
{
	struct timerq_entry heap[STEP_IDS];
	uint32_t pos[STEP_IDS], id, n, i;
	struct mono at[STEP_IDS], now = { 0 };
	struct timerq q;

	timerq_init(&q, heap, pos, STEP_IDS);
	for (i = 0; i < STEP_IDS; i++)
		at[i] = MONO_NEVER;
	while (f->left) {
		uint8_t what = feed_u8(f), when = feed_u8(f);
		struct mono first = MONO_NEVER;

		if (what & 0x80) {
			now = mono_add_ms(now, when);
			while (timerq_pop_due(&q, now, &id)) {
				must(id < STEP_IDS && at[id].ns <= now.ns);
				for (i = 0; i < STEP_IDS; i++)
					must(i < id ? at[i].ns > at[id].ns :
					     at[i].ns >= at[id].ns);
				at[id] = MONO_NEVER;
			}
		} else {
			/* One id more than there are. */
			id = what % (STEP_IDS + 1);
			first = what & 0x40 ? MONO_NEVER :
				mono_add_ms(now, when);
			timerq_set(&q, id, first);
			if (id < STEP_IDS)
				at[id] = first;
			first = MONO_NEVER;
		}
		for (i = n = 0; i < STEP_IDS; i++) {
			n += !mono_is_never(at[i]);
			first = mono_min(first, at[i]);
		}
		must(q.n == n && timerq_next(&q).ns == first.ns);
	}
}

#define STEP_CELLS 16

static uint32_t count_of(const struct lookup_cell *model, uint64_t hash)
{
	uint32_t i, n = 0;

	for (i = 0; i < STEP_CELLS; i++)
		n += model[i].hash == hash;
	return n;
}

static void check_found(const struct lookup *t, const struct lookup_cell *model,
			uint64_t hash)
{
	uint32_t it = LOOKUP_FIRST, slot, n = 0, i;

	if (!hash)
		return;
	while (lookup_next(t, hash, &it, &slot)) {
		for (i = 0; i < STEP_CELLS; i++)
			if (model[i].hash == hash && model[i].slot == slot)
				break;
		must(i < STEP_CELLS);
		must(++n <= STEP_CELLS);
	}
	must(n == count_of(model, hash));
}

/* Against a plain list; few hashes, so that chains cross and wrap. */
static void play_lookup(struct feed *f)
{
	struct lookup_cell cell[STEP_CELLS] = { { 0 } };
	struct lookup_cell model[STEP_CELLS] = { { 0 } };
	struct lookup t;
	uint32_t slot = 0, n = 0, i;

	lookup_init(&t, cell, STEP_CELLS, feed_u8(f));
	must(lookup_hash(&t, &t.seed, f->left % 9) != 0);
	while (f->left) {
		uint8_t what = feed_u8(f);
		uint64_t hash = 1 + (what & 0x1f) * 0x0505u;

		if (what & 0x80) {
			i = feed_u8(f) % STEP_CELLS;
			/* What is there, or perhaps not. */
			if (what & 0x40)
				hash = model[i].hash;
			lookup_del(&t, hash, model[i].slot);
			if (hash && model[i].hash == hash) {
				model[i] = (struct lookup_cell){ 0 };
				n--;
			}
		} else if (n < STEP_CELLS) {
			lookup_add(&t, hash, ++slot);
			for (i = 0; model[i].hash; i++)
				;
			model[i] = (struct lookup_cell){ hash, slot };
			n++;
		} else {
			lookup_add(&t, hash, ++slot);	/* not added */
		}
		must(t.used == n);
		check_found(&t, model, hash);
		for (i = 0; i < STEP_CELLS; i++)
			if (model[i].hash)
				check_found(&t, model, model[i].hash);
	}
}

#endif /* SIPOVER_TESTS_STEP_SMALL_H */
