// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */

/* Records are compared and hashed as bytes: no hidden padding in any of them. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"
#include "../core/addr.h"
#include "../core/call.h"
#include "../core/failover.h"
#include "../core/health.h"
#include "../core/mono.h"
#include "../core/rng.h"
#include "../core/session.h"
#include "../core/subscription.h"
#include "../core/tally.h"
#include "../core/txn.h"
#include "../core/verdict.h"
#pragma GCC diagnostic pop

#include "evlog.h"
#include "evlog_check.h"

#include <errno.h>
#include <string.h>

#define EVLOG_VERSION 1
#define EVLOG_BYTE_ORDER 0x01020304
#define EVLOG_AREA_MIN 8192

static const char evlog_magic[8] = "SIPOVEV";

struct evlog_header {
	char magic[8];
	uint32_t version;
	uint32_t byte_order;
	uint32_t layout;	/* of the structs in the records */
	uint32_t names_len;
	uint64_t size;		/* of the area behind the names */
	uint64_t head, tail;	/* bytes ever written; where the oldest begins */
	uint64_t number;	/* of steps */
	char program[32];
};

enum record_type {
	RECORD_STEP,
	RECORD_RESULT,
	RECORD_FILL,		/* up to the end of the area */
};

struct record {
	uint16_t len;		/* with this; a multiple of 8 */
	uint8_t type;		/* enum record_type */
	uint8_t kind;		/* enum evlog_kind */
	uint32_t i;
	uint64_t number;
};

#define RECORD_MAX (sizeof(struct record) + FO_ACTS_MAX * sizeof(struct fo_act))

static const struct {
	uint16_t state, ev, act, acts_max;
	const char *name;
} kinds[] = {
	[EVLOG_HEALTH] = { sizeof(struct health), sizeof(struct health_ev),
			   sizeof(struct health_act), HEALTH_ACTS_MAX, "health" },
	[EVLOG_LINE] = { sizeof(struct fo), sizeof(struct fo_ev),
			 sizeof(struct fo_act), FO_ACTS_MAX, "line" },
	[EVLOG_REQUEST] = { sizeof(struct txn), sizeof(struct txn_ev),
			    sizeof(uint32_t), 1, "request" },
	[EVLOG_REPLY] = { sizeof(struct txn), sizeof(struct txn_ev),
			  sizeof(uint32_t), 1, "reply" },
	[EVLOG_CALL] = { sizeof(struct call), sizeof(struct evlog_call),
			 sizeof(uint32_t), 1, "call" },
	[EVLOG_VERDICT] = { 0, sizeof(struct verdict_in),
			    sizeof(struct verdict), 1, "verdict" },
	[EVLOG_TALLY] = { sizeof(struct tally), sizeof(struct evlog_tally),
			  sizeof(uint32_t), 1, "tally" },
	[EVLOG_KEEPALIVE] = { sizeof(struct keepalive),
			      sizeof(struct keepalive_ev), sizeof(uint32_t), 1,
			      "keepalive" },
	[EVLOG_PATH] = { sizeof(struct path), sizeof(struct path_ev),
			 sizeof(uint32_t), 1, "path" },
	[EVLOG_PULSE] = { sizeof(struct pulse), sizeof(struct pulse_ev),
			  sizeof(uint32_t), 1, "pulse" },
	[EVLOG_SUBSCRIPTION] = { sizeof(struct subscription),
				 sizeof(struct subscription_ev),
				 sizeof(uint32_t), 1, "subscription" },
	[EVLOG_SESSION] = { sizeof(struct session), sizeof(struct session_ev),
			    sizeof(uint32_t), 1, "session" },
};

_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == EVLOG_KINDS,
	       "sizes for each kind");
_Static_assert(sizeof(struct record) + sizeof(struct fo) +
	       sizeof(struct fo_ev) + 8 <= RECORD_MAX, "the longest record");

/* Changes when a struct does, but for members that swap places: then
 * EVLOG_VERSION must. */
static uint32_t layout(void)
{
	uint32_t h = 2166136261u, i;

	for (i = 0; i < EVLOG_KINDS; i++) {
		h = (h ^ kinds[i].state) * 16777619u;
		h = (h ^ kinds[i].ev) * 16777619u;
		h = (h ^ kinds[i].act) * 16777619u;
	}
	h = (h ^ FO_EV_TYPES) * 16777619u;
	h = (h ^ HEALTH_EV_TYPES) * 16777619u;
	h = (h ^ TXN_EV_TYPES) * 16777619u;
	h = (h ^ KEEPALIVE_EV_TYPES) * 16777619u;
	h = (h ^ PATH_FACTS) * 16777619u;
	h = (h ^ PATH_EV_TYPES) * 16777619u;
	h = (h ^ PULSE_EV_TYPES) * 16777619u;
	h = (h ^ STUNKEEP_EV_TYPES) * 16777619u;
	h = (h ^ SUBSCRIPTION_EV_TYPES) * 16777619u;
	h = (h ^ SESSION_EV_TYPES) * 16777619u;
	return (h ^ CALL_EV_TYPES) * 16777619u;
}

static size_t rounded(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

size_t evlog_state_len(uint8_t kind)
{
	return kind < EVLOG_KINDS ? kinds[kind].state : 0;
}

size_t evlog_ev_len(uint8_t kind)
{
	return kind < EVLOG_KINDS ? kinds[kind].ev : 0;
}

const char *evlog_kind_name(uint8_t kind)
{
	return kind < EVLOG_KINDS ? kinds[kind].name : "invalid";
}

/* ---- writing ---- */

size_t evlog_min(size_t names_len)
{
	return sizeof(struct evlog_header) + rounded(names_len) +
	       EVLOG_AREA_MIN;
}

int evlog_begin(struct evlog *log, void *mem, size_t size, const char *names,
		size_t names_len)
{
	struct evlog_header *h = mem;

	if (names_len > EVLOG_NAMES_MAX || size < evlog_min(names_len) ||
	    (uintptr_t)mem % 8)
		return -EINVAL;
	/* All of it: what an event later writes to is there already. */
	memset(mem, 0, size);
	log->header = h;
	log->area = (uint8_t *)(h + 1) + rounded(names_len);
	memcpy(h->magic, evlog_magic, sizeof(h->magic));
	h->version = EVLOG_VERSION;
	h->byte_order = EVLOG_BYTE_ORDER;
	h->layout = layout();
	h->names_len = (uint32_t)names_len;
	h->size = (size - sizeof(*h) - rounded(names_len)) & ~(uint64_t)7;
	memcpy(h + 1, names, names_len);
	strncpy(h->program, SIPOVER_VERSION, sizeof(h->program) - 1);
	return 0;
}

/* A reader of what a killed writer left sees the head only behind whole
 * records, the tail only before them. */
static void publish_head(struct evlog_header *h, uint64_t head)
{
	__atomic_store_n(&h->head, head, __ATOMIC_RELEASE);
}

static void publish_tail(struct evlog_header *h, uint64_t tail)
{
	__atomic_store_n(&h->tail, tail, __ATOMIC_RELEASE);
}

/* Forgets the oldest records until len bytes fit before the head meets them. */
static void make_room(struct evlog *log, size_t len)
{
	struct evlog_header *h = log->header;
	uint64_t tail = h->tail;

	while (h->head + len - tail > h->size) {
		const struct record *r = (const struct record *)
					 (log->area + tail % h->size);

		tail += r->len;
	}
	if (tail != h->tail)
		publish_tail(h, tail);
}

/* Room for a record of len bytes that does not wrap. */
static struct record *record_new(struct evlog *log, size_t len)
{
	struct evlog_header *h = log->header;
	uint64_t left = h->size - h->head % h->size;
	struct record *r;

	/* A multiple of 8: there is room to say how much is left over. */
	if (left < len) {
		make_room(log, left);
		r = (struct record *)(log->area + h->head % h->size);
		r->len = (uint16_t)left;
		r->type = RECORD_FILL;
		publish_head(h, h->head + left);
	}
	make_room(log, len);
	r = (struct record *)(log->area + h->head % h->size);
	r->len = (uint16_t)len;
	return r;
}

void evlog_step(struct evlog *log, enum evlog_kind kind, uint32_t i,
		const void *state, const void *ev)
{
	struct evlog_header *h = log->header;
	size_t len;
	struct record *r;
	uint8_t *to;

	if (!h)
		return;
	len = rounded(sizeof(*r) + kinds[kind].state + kinds[kind].ev);
	r = record_new(log, len);
	r->type = RECORD_STEP;
	r->kind = (uint8_t)kind;
	r->i = i;
	r->number = h->number++;
	to = (uint8_t *)(r + 1);
	if (state)
		memcpy(to, state, kinds[kind].state);
	memcpy(to + kinds[kind].state, ev, kinds[kind].ev);
	publish_head(h, h->head + len);
}

void evlog_result(struct evlog *log, enum evlog_kind kind, uint32_t i,
		  const void *acts, size_t acts_len)
{
	struct evlog_header *h = log->header;
	size_t len = rounded(sizeof(struct record) + acts_len);
	struct record *r;

	if (!h)
		return;
	r = record_new(log, len);
	r->type = RECORD_RESULT;
	r->kind = (uint8_t)kind;
	r->i = i;
	/* Which lets a reader tell the bytes from those that fill up. */
	r->number = acts_len;
	memcpy(r + 1, acts, acts_len);
	publish_head(h, h->head + len);
}

/* ---- reading ---- */

int evlog_open(struct evlog_reader *r, const void *mem, size_t size,
	       const char **why)
{
	const struct evlog_header *h = mem;
	uint64_t rest;

	*why = "this is no event log";
	if (size < sizeof(*h) ||
	    memcmp(h->magic, evlog_magic, sizeof(h->magic)) != 0)
		return -EPROTO;
	*why = "it was recorded by another version or kind of machine";
	if (h->version != EVLOG_VERSION || h->byte_order != EVLOG_BYTE_ORDER ||
	    h->layout != layout())
		return -EPROTO;
	*why = "its header is damaged";
	rest = size - sizeof(*h);
	if (h->names_len > EVLOG_NAMES_MAX || rounded(h->names_len) > rest)
		return -EPROTO;
	rest -= rounded(h->names_len);
	if (h->size > rest || h->size < EVLOG_AREA_MIN || h->size % 8 ||
	    h->head < h->tail || h->head - h->tail > h->size || h->head % 8 ||
	    h->tail % 8 || !memchr(h->program, 0, sizeof(h->program)))
		return -EPROTO;
	r->header = h;
	r->area = (const uint8_t *)(h + 1) + rounded(h->names_len);
	r->at = h->tail;
	r->head = h->head;
	return 0;
}

const char *evlog_names(const struct evlog_reader *r, size_t *len)
{
	*len = r->header->names_len;
	return (const char *)(r->header + 1);
}

const char *evlog_version(const struct evlog_reader *r)
{
	return r->header->program;
}

/* The record at the reader's place: 1, 0 at the end, -EPROTO. */
static int record_at(const struct evlog_reader *r, struct record *out,
		     const uint8_t **payload)
{
	uint64_t size = r->header->size, at = r->at % size;
	uint16_t len;

	if (r->at == r->head)
		return 0;
	if (r->head - r->at < 8)
		return -EPROTO;
	memset(out, 0, sizeof(*out));
	memcpy(out, r->area + at, 8);
	len = out->len;
	if (len < 8 || len % 8 || len > r->head - r->at || len > size - at)
		return -EPROTO;
	*payload = NULL;
	if (out->type == RECORD_FILL)
		return 1;
	if (len < sizeof(*out) || out->kind >= EVLOG_KINDS)
		return -EPROTO;
	memcpy(out, r->area + at, sizeof(*out));
	*payload = r->area + at + sizeof(*out);
	return 1;
}

static int step_taken(struct evlog_entry *e, const struct record *rec,
		      const uint8_t *payload)
{
	uint8_t kind = rec->kind;

	if (rec->len != rounded(sizeof(*rec) + kinds[kind].state +
				kinds[kind].ev))
		return -EPROTO;
	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->i = rec->i;
	e->number = rec->number;
	memcpy(&e->state, payload, kinds[kind].state);
	memcpy(&e->ev, payload + kinds[kind].state, kinds[kind].ev);
	return evlog_check(e) ? 0 : -EPROTO;
}

static int result_taken(struct evlog_entry *e, const struct record *rec,
			const uint8_t *payload)
{
	uint64_t n = rec->number;

	if (rec->kind != e->kind || rec->i != e->i ||
	    n > (uint64_t)kinds[e->kind].act * kinds[e->kind].acts_max ||
	    n % kinds[e->kind].act ||
	    rec->len != rounded(sizeof(*rec) + n))
		return -EPROTO;
	memcpy(&e->result, payload, n);
	e->result_len = (uint32_t)n;
	e->finished = true;
	return evlog_check_result(e) ? 0 : -EPROTO;
}

int evlog_next(struct evlog_reader *r, struct evlog_entry *e, const char **why)
{
	const uint8_t *payload;
	bool have = false;
	struct record rec;
	int ret;

	*why = "a record is damaged";
	while ((ret = record_at(r, &rec, &payload)) == 1) {
		if (rec.type == RECORD_STEP && have)
			return 1;	/* without a result */
		r->at += rec.len;
		if (rec.type == RECORD_STEP) {
			ret = step_taken(e, &rec, payload);
			have = true;
		} else if (rec.type == RECORD_RESULT && have) {
			ret = result_taken(e, &rec, payload);
			return ret ? ret : 1;
		} else if (rec.type > RECORD_FILL) {
			ret = -EPROTO;
		}
		/* else: filling, or the result of a step that is overwritten */
		if (ret < 0)
			return ret;
	}
	return ret < 0 ? ret : have;
}
