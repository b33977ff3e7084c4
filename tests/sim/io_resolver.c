// SPDX-License-Identifier: BSD-2-Clause
/* io/resolver.h: what zone.c says, as the bytes of a DNS message. */
#include "sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_NS (4500 * MS)	/* all tries together */
#define CLASS_IN 1
#define TYPE_SOA 6
#define POINTER_TO_QUESTION 0xc00c
#define NO_SUCH_NAME 3
#define SERVER_FAILURE 2

struct question {
	uint64_t id;
	enum rr_type type;
	char name[RR_NAME_MAX];
};

struct message {
	uint8_t buf[2048];
	size_t n;
};

static struct {
	const struct resolver_ops *ops;
	void *ctx;
	uint64_t generation;
	unsigned int out;
} resolver;

int resolver_open(struct resolver *r, struct ring *ring,
		  const struct addr *server, unsigned int n,
		  const struct resolver_ops *ops, void *ctx)
{
	(void)r;
	(void)ring;
	(void)server;
	(void)n;
	resolver.ops = ops;
	resolver.ctx = ctx;
	resolver.out = 0;
	return 0;
}

void resolver_close(struct resolver *r)
{
	(void)r;
	resolver.ops = NULL;
	resolver.generation++;
}

/* ---- bytes ---- */

static void put(struct message *m, const void *data, size_t n)
{
	if (m->n + n > sizeof(m->buf))
		abort();
	memcpy(m->buf + m->n, data, n);
	m->n += n;
}

static void put16(struct message *m, unsigned int v)
{
	put(m, (uint8_t[]){ (uint8_t)(v >> 8), (uint8_t)v }, 2);
}

static void put32(struct message *m, uint32_t v)
{
	put16(m, v >> 16);
	put16(m, v & 0xffff);
}

static void put_name(struct message *m, const char *name)
{
	while (*name) {
		uint8_t n = (uint8_t)strcspn(name, ".");

		put(m, &n, 1);
		put(m, name, n);
		name += n + (name[n] == '.');
	}
	put(m, "", 1);
}

static void put_record(struct message *m, enum rr_type type, uint32_t ttl_s,
		       const struct zone_record *r)
{
	struct message data = { .n = 0 };

	if (type == RR_SRV) {
		put16(&data, r->priority);
		put16(&data, 0);
		put16(&data, r->port);
		put_name(&data, r->target);
	} else {
		put(&data, r->ip, type == RR_A ? 4 : 16);
	}
	put16(m, POINTER_TO_QUESTION);
	put16(m, type);
	put16(m, CLASS_IN);
	put32(m, ttl_s);
	put16(m, (unsigned int)data.n);
	put(m, data.buf, data.n);
}

/* RFC 2308 5: its last number is the time for which there is nothing. */
static void put_soa(struct message *m, uint32_t ttl_s)
{
	put_name(m, "");
	put16(m, TYPE_SOA);
	put16(m, CLASS_IN);
	put32(m, ttl_s);
	put16(m, 2 + 5 * 4);
	put_name(m, "");
	put_name(m, "");
	for (unsigned int i = 0; i < 5; i++)
		put32(m, ttl_s);
}

static void put_answer(struct message *m, const struct question *q,
		       const struct zone_answer *a)
{
	put16(m, 0);
	put16(m, 0x8180 | (a->failed ? SERVER_FAILURE :
			   a->known ? 0 : NO_SUCH_NAME));
	put16(m, 1);
	put16(m, a->n);
	put16(m, !a->n && !a->failed);
	put16(m, 0);
	put_name(m, q->name);
	put16(m, q->type);
	put16(m, CLASS_IN);
	for (uint8_t i = 0; i < a->n; i++)
		put_record(m, q->type, a->ttl_s, &a->record[i]);
	if (!a->n && !a->failed)
		put_soa(m, a->ttl_s);
}

/* ---- time ---- */

static void nobody_answers(struct event *e)
{
	const struct question *q = e->data;

	if (!resolver.ops || resolver.generation != e->a)
		return;
	resolver.out--;
	trace("dns  no answer about %s", q->name);
	resolver.ops->answered(resolver.ctx, q->id, NULL, 0);
}

static const char *type_name(enum rr_type type)
{
	switch (type) {
	case RR_A:
		return "A";
	case RR_AAAA:
		return "AAAA";
	case RR_SRV:
		return "SRV";
	case RR_NAPTR:
		return "NAPTR";
	}
	return "?";
}

static void answers(struct event *e)
{
	struct message m = { .n = 0 };
	struct question *q = e->data;
	struct zone_answer a;

	if (!resolver.ops || resolver.generation != e->a)
		return;
	if (net_cut() || !zone_answer(q->name, q->type, &a)) {
		after_ns(TIMEOUT_NS, nobody_answers, q, e->a, 0);
		e->data = NULL;
		return;
	}
	resolver.out--;
	put_answer(&m, q, &a);
	W.counts->dns_answers++;
	trace("dns  %s %s: %s %u", type_name(q->type), q->name, a.failed ?
	      "failure" : a.known ? "records" : "no such name", a.n);
	resolver.ops->answered(resolver.ctx, q->id, m.buf, m.n);
}

int resolver_ask(struct resolver *r, uint64_t id, const char *name,
		 enum rr_type type)
{
	struct question *q;

	(void)r;
	if (resolver.out == RESOLVER_QUERIES_MAX)
		return -EBUSY;
	q = calloc(1, sizeof(*q));
	if (!q)
		abort();
	q->id = id;
	q->type = type;
	memcpy(q->name, name, strlen(name) + 1);
	resolver.out++;
	after_ns((1 + zone_pick(30)) * MS, answers, q, resolver.generation, 0);
	return 0;
}

struct mono resolver_next_expiry(const struct resolver *r, struct mono now)
{
	(void)r;
	(void)now;
	return MONO_NEVER;
}

void resolver_expire(struct resolver *r)
{
	(void)r;
}
