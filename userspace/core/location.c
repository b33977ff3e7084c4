// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "location.h"

#include <string.h>

#define QUESTION_NAPTR 0
#define QUESTION_SERVICE 1
#define QUESTION_HOST (QUESTION_SERVICE + LOC_SERVICES_MAX)

/* ---- questions ---- */

static struct loc_question *question_of(struct loc *l, unsigned int number)
{
	if (number == QUESTION_NAPTR)
		return &l->naptr;
	if (number < QUESTION_HOST)
		return &l->service[number - QUESTION_SERVICE].q;
	number -= QUESTION_HOST;
	return &l->host[number / 2].q[number % 2];
}

static struct loc_name *name_of(struct loc *l, uint8_t number)
{
	if (number == QUESTION_NAPTR)
		return &l->naptr_name;
	if (number < QUESTION_HOST)
		return &l->service[number - QUESTION_SERVICE].n;
	return &l->host[(number - QUESTION_HOST) / 2].n;
}

const char *loc_question_name(const struct loc *l, uint8_t question)
{
	struct loc *m = (struct loc *)l;	/* read only */
	const struct loc_name *n = name_of(m, question);

	return question_of(m, question)->hops ? n->alias : n->name;
}

enum rr_type loc_question_type(uint8_t question)
{
	if (question == QUESTION_NAPTR)
		return RR_NAPTR;
	if (question < QUESTION_HOST)
		return RR_SRV;
	return (question - QUESTION_HOST) % 2 ? RR_AAAA : RR_A;
}

/* Either way: it need not be waited for. */
static bool settled(const struct loc_question *q)
{
	return q->known || q->failures;
}

static void question_use(struct loc_question *q, struct mono now)
{
	uint16_t serial = q->serial;

	if (q->used)
		return;
	*q = (struct loc_question){
		.used = true,
		.serial = serial,
		.ask_at = now,
		.good_until = MONO_NEVER,
		.stale_until = MONO_NEVER,
	};
}

/* An answer to the one before may still come: the serial goes on. */
static void question_drop(struct loc_question *q)
{
	*q = (struct loc_question){
		.serial = (uint16_t)(q->serial + 1),
		.ask_at = MONO_NEVER,
		.good_until = MONO_NEVER,
		.stale_until = MONO_NEVER,
	};
}

static uint32_t clamp(uint32_t v, uint32_t min, uint32_t max)
{
	return v < min ? min : v > max ? max : v;
}

/* Ahead of the end of the TTL, and not all phones at once. */
static struct mono refresh_at(struct loc *l, struct mono now, uint32_t ttl_s)
{
	uint64_t ms = (uint64_t)ttl_s * 10 * LOC_REFRESH_PERCENT;

	return mono_add_ms(now, ms - rng_below(&l->rng, ttl_s * 100 + 1));
}

static void question_answered(struct loc *l, struct loc_question *q,
			      struct mono now, const struct rr_answer *answer)
{
	uint32_t ttl = answer->result == RR_OK ?
		clamp(answer->ttl_s, LOC_TTL_MIN_S, LOC_TTL_MAX_S) :
		clamp(answer->ttl_s, LOC_NEGATIVE_MIN_S, LOC_NEGATIVE_MAX_S);

	q->known = true;
	q->failures = 0;
	q->ask_at = refresh_at(l, now, ttl);
	q->good_until = mono_add_ms(now, 1000ULL * ttl);
	q->stale_until = mono_add_ms(q->good_until, 1000ULL * LOC_STALE_S);
	l->answers++;
}

static void question_failed(struct loc *l, struct loc_question *q,
			    struct mono now)
{
	uint32_t pause = LOC_RETRY_MAX_S;

	if (q->failures < 5)
		pause = LOC_RETRY_MIN_S << q->failures;
	if (pause > LOC_RETRY_MAX_S)
		pause = LOC_RETRY_MAX_S;
	if (q->failures < UINT8_MAX)
		q->failures++;
	q->ask_at = mono_add_ms(now, 1000ULL * pause +
				rng_below(&l->rng, pause * 100 + 1));
	l->failures++;
}

/* ---- records ---- */

static uint64_t hash_bytes(uint64_t h, const void *data, size_t n)
{
	const uint8_t *p = data;

	while (n--)
		h = (h ^ *p++) * 0x100000001b3ULL;
	return h;
}

static const char *service_prefix(uint8_t transport)
{
	switch ((enum transport)transport) {
	case TRANSPORT_UDP:
		return "_sip._udp.";
	case TRANSPORT_TCP:
		return "_sip._tcp.";
	case TRANSPORT_TLS:
		return "_sips._tcp.";
	}
	return "";
}

static uint16_t default_port(uint8_t transport)
{
	return transport == TRANSPORT_TLS ? 5061 : 5060;
}

static bool naptr_transport(const struct rr *rr, uint8_t *transport)
{
	if (strcmp(rr->service, "SIP+D2U") == 0)
		*transport = TRANSPORT_UDP;
	else if (strcmp(rr->service, "SIP+D2T") == 0)
		*transport = TRANSPORT_TCP;
	else if (strcmp(rr->service, "SIPS+D2T") == 0)
		*transport = TRANSPORT_TLS;
	else
		return false;
	return true;
}

/* RFC 3263 4.1: those that we can use, by order and preference.  The RFC takes
 * the first; the others are where a phone can go when all of its servers are
 * dead. */
static void take_naptr(struct loc *l, const struct rr_answer *answer)
{
	uint8_t transport, i, k;

	l->n_naptr = 0;
	for (i = 0; i < answer->n; i++) {
		const struct rr *rr = &answer->rr[i];

		if (rr->flags != 's' || !*rr->target ||
		    !naptr_transport(rr, &transport) ||
		    !(l->cfg.can & 1 << transport))
			continue;
		for (k = l->n_naptr; k > 0; k--)
			if (l->found[k - 1].order < rr->priority ||
			    (l->found[k - 1].order == rr->priority &&
			     l->found[k - 1].preference <= rr->weight))
				break;
		if (l->n_naptr == LOC_SERVICES_MAX)
			l->cut++;
		else
			l->n_naptr++;
		if (k == LOC_SERVICES_MAX)
			continue;
		memmove(&l->found[k + 1], &l->found[k],
			(size_t)(l->n_naptr - 1 - k) * sizeof(l->found[0]));
		l->found[k].transport = transport;
		l->found[k].order = rr->priority;
		l->found[k].preference = rr->weight;
		memcpy(l->found[k].name, rr->target, RR_NAME_MAX);
	}
}

/* Whether a comes before b where chance decides nothing yet.  RFC 2782: those
 * of weight 0 first; the rest so that the answer's order does not matter. */
static bool srv_before(const struct rr *a, const struct rr *b)
{
	int name;

	if (a->priority != b->priority)
		return a->priority < b->priority;
	if (!a->weight != !b->weight)
		return !a->weight;
	name = strcmp(a->target, b->target);
	return name ? name < 0 : a->port < b->port;
}

static void srv_sort(const struct rr *sorted[RR_ANSWER_MAX],
		     const struct rr_answer *answer)
{
	uint8_t i, k;

	for (i = 0; i < answer->n; i++) {
		for (k = i; k > 0 && srv_before(&answer->rr[i], sorted[k - 1]);
		     k--)
			sorted[k] = sorted[k - 1];
		sorted[k] = &answer->rr[i];
	}
}

/* RFC 2782, "Weight": the next of n records of one priority. */
static uint8_t srv_draw(const struct rr *const *rr, uint8_t n, struct rng *dice)
{
	uint32_t sum = 0, at;
	uint8_t i;

	for (i = 0; i < n; i++)
		sum += rr[i]->weight;
	at = rng_below(dice, sum + 1);
	for (i = 0, sum = 0; i < n - 1; i++) {
		sum += rr[i]->weight;
		if (sum >= at)
			break;
	}
	return i;
}

static void take_srv(struct loc *l, struct loc_service *s,
		     const struct rr_answer *answer)
{
	struct rng dice = { hash_bytes(l->cfg.seed, s->n.name,
				       strlen(s->n.name)) };
	const struct rr *rr[RR_ANSWER_MAX];
	uint8_t at, n, drawn;

	srv_sort(rr, answer);
	s->n_targets = 0;
	s->absent = answer->n == 1 && !*answer->rr[0].target;
	for (at = 0; at < answer->n; at++) {
		const struct rr *next;
		struct loc_target *t;

		for (n = 1; at + n < answer->n &&
		     rr[at + n]->priority == rr[at]->priority; n++)
			;
		drawn = (uint8_t)(at + srv_draw(&rr[at], n, &dice));
		next = rr[drawn];
		for (; drawn > at; drawn--)
			rr[drawn] = rr[drawn - 1];
		rr[at] = next;
		if (!*next->target)
			continue;
		if (s->n_targets == LOC_TARGETS_MAX) {
			l->cut++;
			continue;
		}
		t = &s->target[s->n_targets++];
		*t = (struct loc_target){
			.priority = next->priority,
			.weight = next->weight,
			.port = next->port,
			.host = LOC_FOUND_NO_HOST,
		};
		memcpy(t->name, next->target, RR_NAME_MAX);
	}
}

/* DNS servers turn the addresses of a name round at each answer; here they have
 * an order that is this phone's. */
static void take_ips(struct loc *l, struct loc_host *h, uint8_t family,
		     const struct rr_answer *answer)
{
	uint64_t rank[LOC_IPS_MAX], r;
	uint8_t i, k;

	h->n_ips[family] = 0;
	for (i = 0; i < answer->n; i++) {
		r = hash_bytes(l->cfg.seed, answer->rr[i].ip, 16);
		r = rng_next(&(struct rng){ r });
		for (k = h->n_ips[family]; k > 0 && rank[k - 1] > r; k--)
			;
		if (h->n_ips[family] == LOC_IPS_MAX)
			l->cut++;
		else
			h->n_ips[family]++;
		if (k == LOC_IPS_MAX)
			continue;
		memmove(&rank[k + 1], &rank[k],
			(size_t)(h->n_ips[family] - 1 - k) * sizeof(rank[0]));
		memmove(h->ip[family][k + 1], h->ip[family][k],
			(size_t)(h->n_ips[family] - 1 - k) * 16);
		rank[k] = r;
		memcpy(h->ip[family][k], answer->rr[i].ip, 16);
	}
}

static void take(struct loc *l, uint8_t number, const struct rr_answer *answer)
{
	if (number == QUESTION_NAPTR)
		take_naptr(l, answer);
	else if (number < QUESTION_HOST)
		take_srv(l, &l->service[number - QUESTION_SERVICE], answer);
	else
		take_ips(l, &l->host[(number - QUESTION_HOST) / 2],
			 (number - QUESTION_HOST) % 2, answer);
	l->cut += answer->cut;
	l->refused += answer->refused;
}

/* ---- the plan: who has to be asked about ---- */

struct plan {
	struct loc *l;
	struct mono now;
	bool service[LOC_SERVICES_MAX], host[LOC_HOSTS_MAX];
	bool missed;	/* something found no place */
};

static void plan_service(struct plan *p, uint8_t transport, const char *prefix,
			 const char *name)
{
	char full[RR_NAME_MAX + 16];
	struct loc *l = p->l;
	uint8_t i, unused = LOC_SERVICES_MAX;
	size_t n = strlen(prefix);

	memcpy(full, prefix, n);
	strcpy(full + n, name);
	if (strlen(full) >= RR_NAME_MAX)
		return;
	for (i = 0; i < LOC_SERVICES_MAX; i++) {
		struct loc_service *s = &l->service[i];

		if (s->q.used && s->transport == transport &&
		    strcmp(s->n.name, full) == 0)
			break;
		if (!s->q.used && !p->service[i])
			unused = i;
	}
	if (i == LOC_SERVICES_MAX)
		i = unused;
	p->missed = p->missed || i == LOC_SERVICES_MAX;
	if (i == LOC_SERVICES_MAX || p->service[i])
		return;
	p->service[i] = true;
	if (!l->service[i].q.used) {
		l->service[i].transport = transport;
		l->service[i].n_targets = 0;
		l->service[i].absent = false;
		strcpy(l->service[i].n.name, full);
	}
	question_use(&l->service[i].q, p->now);
	l->plan[l->n_plan++] = i;
}

static uint8_t plan_host(struct plan *p, const char *name)
{
	uint8_t i, unused = LOC_FOUND_NO_HOST;
	struct loc *l = p->l;

	for (i = 0; i < LOC_HOSTS_MAX; i++) {
		struct loc_host *h = &l->host[i];

		if ((h->q[0].used || h->q[1].used) &&
		    strcmp(h->n.name, name) == 0)
			break;
		if (!h->q[0].used && !h->q[1].used && !p->host[i])
			unused = i;
	}
	if (i == LOC_HOSTS_MAX) {
		i = unused;
		if (i == LOC_FOUND_NO_HOST) {
			p->missed = true;
			return i;
		}
		strcpy(l->host[i].n.name, name);
		l->host[i].n_ips[0] = l->host[i].n_ips[1] = 0;
	}
	p->host[i] = true;
	if (l->cfg.families & LOC_V4)
		question_use(&l->host[i].q[0], p->now);
	if (l->cfg.families & LOC_V6)
		question_use(&l->host[i].q[1], p->now);
	return i;
}

/* Frees what is not in the plan; whether anything was. */
static bool plan_sweep(struct plan *p)
{
	struct loc *l = p->l;
	bool swept = false;
	uint8_t i, k;

	for (i = 0; i < LOC_SERVICES_MAX; i++) {
		if (p->service[i] || !l->service[i].q.used)
			continue;
		question_drop(&l->service[i].q);
		swept = true;
	}
	for (i = 0; i < LOC_HOSTS_MAX; i++) {
		for (k = 0; k < 2; k++) {
			if (p->host[i] || !l->host[i].q[k].used)
				continue;
			question_drop(&l->host[i].q[k]);
			swept = true;
		}
	}
	return swept;
}

/* True: no service is there, and none would say otherwise. */
static bool plan_targets(struct plan *p)
{
	struct loc *l = p->l;
	bool none = true;
	uint8_t i, k;

	for (i = 0; i < l->n_plan; i++) {
		struct loc_service *s = &l->service[l->plan[i]];

		if (!s->q.known || s->n_targets || s->absent)
			none = false;
		for (k = 0; k < s->n_targets; k++)
			s->target[k].host = plan_host(p, s->target[k].name);
	}
	return none;
}

static void plan_services(struct plan *p)
{
	struct loc *l = p->l;
	uint8_t i;

	if (l->cfg.transport != LOC_ANY_TRANSPORT) {
		plan_service(p, l->cfg.transport,
			     service_prefix(l->cfg.transport), l->cfg.name);
		return;
	}
	question_use(&l->naptr, p->now);
	/* A resolver that does not know NAPTR fails here: then as without. */
	if (!settled(&l->naptr))
		return;
	for (i = 0; i < l->n_naptr; i++)
		plan_service(p, l->found[i].transport, "", l->found[i].name);
	for (i = TRANSPORT_UDP; !l->n_naptr && i <= TRANSPORT_TLS; i++)
		if (l->cfg.can & 1 << i)
			plan_service(p, i, service_prefix(i), l->cfg.name);
}

static bool plan_once(struct loc *l, struct mono now)
{
	struct plan p = { .l = l, .now = now };

	l->n_plan = 0;
	l->direct = l->cfg.port;
	if (!l->cfg.port) {
		plan_services(&p);
		if (l->n_plan)
			l->direct = plan_targets(&p);
	}
	if (l->direct)
		plan_host(&p, l->cfg.name);
	return plan_sweep(&p) && p.missed;
}

static void make_plan(struct loc *l, struct mono now)
{
	/* What is not wanted any more had the place of what is. */
	if (plan_once(l, now))
		plan_once(l, now);
}

/* ---- the list ---- */

struct list {
	uint8_t n;
	uint32_t cut;
	struct addr a[LOC_CANDIDATES_MAX];
};

static void list_add(struct list *list, uint8_t family, uint8_t transport,
		     uint16_t port, const uint8_t *ip)
{
	struct addr a = {
		.family = family ? ADDR_V6 : ADDR_V4,
		.transport = transport,
		.port = port,
	};
	uint8_t i;

	memcpy(a.ip, ip, family ? 16 : 4);
	for (i = 0; i < list->n; i++)
		if (addr_equal(&list->a[i], &a))
			return;
	if (list->n == LOC_CANDIDATES_MAX)
		list->cut++;
	else
		list->a[list->n++] = a;
}

/* IPv6 first (RFC 6724's own preference), then in turn: half of a dual-stack
 * server's addresses must not stand behind all of the other half. */
static void list_host(struct list *list, const struct loc_host *h,
		      uint8_t transport, uint16_t port)
{
	uint8_t i;

	for (i = 0; i < LOC_IPS_MAX; i++) {
		if (i < h->n_ips[1])
			list_add(list, 1, transport, port, h->ip[1][i]);
		if (i < h->n_ips[0])
			list_add(list, 0, transport, port, h->ip[0][i]);
	}
}

static const struct loc_host *host_named(const struct loc *l, const char *name)
{
	uint8_t i;

	for (i = 0; i < LOC_HOSTS_MAX; i++)
		if ((l->host[i].q[0].used || l->host[i].q[1].used) &&
		    strcmp(l->host[i].n.name, name) == 0)
			return &l->host[i];
	return NULL;
}

static void list_make(const struct loc *l, struct list *list)
{
	uint8_t transport = l->cfg.transport, i, k;
	const struct loc_host *h;

	list->n = 0;
	list->cut = 0;
	for (i = 0; i < l->n_plan; i++) {
		const struct loc_service *s = &l->service[l->plan[i]];

		for (k = 0; k < s->n_targets; k++)
			if (s->target[k].host != LOC_FOUND_NO_HOST)
				list_host(list, &l->host[s->target[k].host],
					  s->transport, s->target[k].port);
			else
				list->cut++;
	}
	/* RFC 3263 4.1: UDP when nothing says otherwise. */
	if (transport == LOC_ANY_TRANSPORT)
		transport = TRANSPORT_UDP;
	h = l->direct ? host_named(l, l->cfg.name) : NULL;
	if (h)
		list_host(list, h, transport, l->cfg.port ? l->cfg.port :
			  default_port(transport));
}

/* Every question that the plan needs has been answered, or was not. */
static bool all_settled(const struct loc *l)
{
	unsigned int i;

	for (i = 0; i < LOC_QUESTIONS; i++) {
		const struct loc_question *q =
			question_of((struct loc *)l, i);

		if (q->used && !settled(q))
			return false;
	}
	return true;
}

static void update_list(struct loc *l, struct mono now, struct loc_acts *acts)
{
	struct list list;

	/* A new target's address comes before the target is in the list. */
	if (!all_settled(l))
		return;
	list_make(l, &list);
	if (!list.n && l->n) {
		if (mono_is_never(l->keep_until))
			l->keep_until = mono_add_ms(now, 1000ULL * LOC_STALE_S);
		if (!mono_due(l->keep_until, now))
			return;
	}
	l->keep_until = MONO_NEVER;
	if (list.n == l->n &&
	    memcmp(list.a, l->list, list.n * sizeof(list.a[0])) == 0)
		return;
	l->n = list.n;
	memcpy(l->list, list.a, list.n * sizeof(list.a[0]));
	l->cut += list.cut;
	acts->changed = true;
}

/* ---- steps ---- */

static void forget_stale(struct loc *l, struct mono now)
{
	static const struct rr_answer nothing;
	unsigned int i;

	for (i = 0; i < LOC_QUESTIONS; i++) {
		struct loc_question *q = question_of(l, i);

		if (!q->used || !q->known || !mono_due(q->stale_until, now))
			continue;
		q->known = false;
		q->stale_until = MONO_NEVER;
		take(l, (uint8_t)i, &nothing);
	}
}

static void ask_due(struct loc *l, struct mono now, struct loc_acts *acts)
{
	unsigned int i;

	for (i = 0; i < LOC_QUESTIONS; i++) {
		struct loc_question *q = question_of(l, i);

		if (!q->used || q->out || !mono_due(q->ask_at, now))
			continue;
		q->out = true;
		q->serial++;
		acts->ask[acts->n].question = (uint8_t)i;
		acts->ask[acts->n++].serial = q->serial;
	}
}

static void go_on(struct loc *l, struct mono now, struct loc_acts *acts)
{
	forget_stale(l, now);
	make_plan(l, now);
	update_list(l, now, acts);
	ask_due(l, now, acts);
}

void loc_init(struct loc *l, const struct loc_cfg *cfg)
{
	unsigned int i;

	memset(l, 0, sizeof(*l));
	l->cfg = *cfg;
	l->rng = (struct rng){ cfg->seed };
	l->keep_until = MONO_NEVER;
	memcpy(l->naptr_name.name, cfg->name, RR_NAME_MAX);
	for (i = 0; i < LOC_QUESTIONS; i++)
		question_drop(question_of(l, i));
	if (*cfg->name)
		return;
	l->n = 1;
	l->list[0] = cfg->literal;
	if (cfg->transport != LOC_ANY_TRANSPORT)
		l->list[0].transport = cfg->transport;
	if (cfg->port)
		l->list[0].port = cfg->port;
	else if (!l->list[0].port)
		l->list[0].port = default_port(l->list[0].transport);
}

void loc_step(struct loc *l, struct mono now, struct loc_acts *acts)
{
	acts->n = 0;
	acts->changed = false;
	if (*l->cfg.name)
		go_on(l, now, acts);
}

void loc_answer(struct loc *l, struct mono now, uint8_t question,
		uint16_t serial, const struct rr_answer *answer,
		struct loc_acts *acts)
{
	struct loc_question *q;

	acts->n = 0;
	acts->changed = false;
	if (question >= LOC_QUESTIONS)
		return;
	q = question_of(l, question);
	if (!q->out || q->serial != serial)
		return;
	q->out = false;
	if (answer->result == RR_ALIAS && q->hops < RR_ALIASES_MAX &&
	    *answer->alias) {
		q->hops++;
		memcpy(name_of(l, question)->alias, answer->alias, RR_NAME_MAX);
		q->ask_at = now;
	} else if (answer->result == RR_FAILED || answer->result == RR_ALIAS) {
		q->hops = 0;
		l->refused += answer->refused;
		question_failed(l, q, now);
	} else {
		q->hops = 0;
		question_answered(l, q, now, answer);
		take(l, question, answer);
	}
	go_on(l, now, acts);
}

struct mono loc_next_expiry(const struct loc *l)
{
	struct mono at = MONO_NEVER;
	unsigned int i;

	if (!*l->cfg.name)
		return at;
	for (i = 0; i < LOC_QUESTIONS; i++) {
		const struct loc_question *q =
			question_of((struct loc *)l, i);

		if (!q->used)
			continue;
		if (!q->out)
			at = mono_min(at, q->ask_at);
		if (q->known)
			at = mono_min(at, q->stale_until);
	}
	return all_settled(l) ? mono_min(at, l->keep_until) : at;
}

uint8_t loc_reachable(const struct loc *l, uint8_t routed,
		      struct addr out[LOC_CANDIDATES_MAX])
{
	uint8_t i, n = 0;

	for (i = 0; i < l->n; i++)
		if (routed & 1 << i)
			out[n++] = l->list[i];
	if (n)
		return n;
	memcpy(out, l->list, l->n * sizeof(out[0]));
	return l->n;
}

/* Whether its answer gave something: that there is no AAAA does not end the
 * life of an A. */
static bool gave_something(const struct loc *l, unsigned int number)
{
	if (number == QUESTION_NAPTR)
		return l->n_naptr > 0;
	if (number < QUESTION_HOST)
		return l->service[number - QUESTION_SERVICE].n_targets > 0;
	number -= QUESTION_HOST;
	return l->host[number / 2].n_ips[number % 2] > 0;
}

uint32_t loc_ttl_s(const struct loc *l, struct mono now)
{
	struct mono end = MONO_NEVER;
	unsigned int i;

	for (i = 0; *l->cfg.name && i < LOC_QUESTIONS; i++) {
		const struct loc_question *q =
			question_of((struct loc *)l, i);

		if (q->used && q->known && gave_something(l, i))
			end = mono_min(end, q->good_until);
	}
	if (!l->n || mono_is_never(end) || mono_due(end, now))
		return 0;
	return (uint32_t)((mono_us_since(now, end) + 999999) / 1000000);
}

enum loc_state loc_state(const struct loc *l, struct mono now)
{
	bool stale = !mono_is_never(l->keep_until), failed = false;
	unsigned int i;

	for (i = 0; *l->cfg.name && i < LOC_QUESTIONS; i++) {
		const struct loc_question *q =
			question_of((struct loc *)l, i);

		if (q->used && q->known && mono_due(q->good_until, now))
			stale = true;
		if (q->used && !q->known && q->failures)
			failed = true;
	}
	if (l->n)
		return stale ? LOC_STALE : LOC_READY;
	if (failed)
		return LOC_NO_ANSWER;
	return l->answers && all_settled(l) ? LOC_NOTHING : LOC_RESOLVING;
}

const char *loc_state_name(enum loc_state state)
{
	switch (state) {
	case LOC_RESOLVING:
		return "resolving";
	case LOC_READY:
		return "ready";
	case LOC_STALE:
		return "stale";
	case LOC_NOTHING:
		return "nothing";
	case LOC_NO_ANSWER:
		return "no_answer";
	}
	return "";
}
