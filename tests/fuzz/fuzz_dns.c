/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS answers, and what a phone makes of them.
 *
 * Input: a byte 'r' and then an answer's bytes; or the course of a location:
 * its entry, then one decision after the other: time passes, or a question that
 * is out is answered, by records that are made of the input (so that chance
 * gets behind the checks of the question and the lengths) or not at all.
 */
#include "fuzz.h"

#include <errno.h>

#include "codec/dns.h"
#include "core/location.h"

#define PACKET_MAX 4096

static struct {
	size_t n;
	uint8_t b[PACKET_MAX];
} p;

static void put8(unsigned int v)
{
	if (p.n < sizeof(p.b))
		p.b[p.n++] = (uint8_t)v;
}

static void put16(unsigned int v)
{
	put8(v >> 8);
	put8(v & 0xff);
}

static void put_name(const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		put8((unsigned int)n);
		while (n--)
			put8((uint8_t)*name++);
		name += *name == '.';
	}
	put8(0);
}

/* ---- what must hold of an answer ---- */

static bool usable(const struct rr *rr)
{
	const uint8_t *ip = rr->ip;
	int i, zero = 0;

	if (rr->type == RR_A)
		return ip[0] && ip[0] != 127 && ip[0] < 224;
	for (i = 0; i < 15; i++)
		zero += !ip[i];
	return ip[0] != 0xff && !(ip[0] == 0xfe && ip[1] >> 6 == 2) &&
	       !(zero == 15 && ip[15] < 2);
}

static void check_name(const char *name)
{
	char again[RR_NAME_MAX];

	must(memchr(name, '\0', RR_NAME_MAX));
	must(dns_name(again, name) && strcmp(again, name) == 0);
}

static void check_answer(const struct rr_answer *a, enum rr_type type, int ret)
{
	int i;

	must(ret == 0 || (ret == -EBADMSG && a->result == RR_FAILED));
	must(a->n <= RR_ANSWER_MAX && (a->result == RR_OK) == (a->n > 0));
	must(a->result == RR_FAILED || a->ttl_s <= 0x7fffffff);
	check_name(a->alias);
	must((a->result == RR_ALIAS) == (*a->alias != '\0'));
	for (i = 0; i < a->n; i++) {
		const struct rr *rr = &a->rr[i];

		must(rr->type == type);
		check_name(rr->target);
		must(memchr(rr->service, '\0', sizeof(rr->service)));
		if (type == RR_A || type == RR_AAAA)
			must(usable(rr));
		if (type == RR_SRV)
			must(rr->port || !*rr->target);
	}
}

static int parse(const uint8_t *data, size_t size, const char *name,
		 enum rr_type type, struct rr_answer *a)
{
	uint8_t *buf = exact_copy(data, size);
	int ret = dns_parse(buf, size, name, type, a);

	free(buf);
	check_answer(a, type, ret);
	return ret;
}

/* ---- answers from a plan ---- */

static const char *const names[] = {
	"", "a.x", "b.x", "c.x", "d.x", "e.x", "f.x", "g.x", "h.x", "i.x",
	"_sip._udp.x", "_sip._tcp.x", "_sips._tcp.x", "x", "bad name", "A.X",
};

static const char *pick(struct feed *f)
{
	return names[feed_u8(f) % (sizeof(names) / sizeof(names[0]))];
}

static void put_rdata(struct feed *f, unsigned int type)
{
	static const char *const services[] = {
		"SIP+D2U", "sip+d2t", "SIPS+D2T", "a-very-long-service-name",
	};
	unsigned int i, n;

	switch (type) {
	case RR_A:
	case RR_AAAA:
		for (i = 0; i < (type == RR_A ? 4 : 16); i++)
			put8(feed_u8(f));
		break;
	case RR_SRV:
		put16(feed_u8(f) % 4);
		put16(feed_u8(f) % 4);
		put16(feed_u8(f));
		put_name(pick(f));
		break;
	case RR_NAPTR:
		put16(feed_u8(f) % 4);
		put16(feed_u8(f) % 4);
		put8(1);
		put8(feed_u8(f) & 1 ? 's' : 'S');
		n = feed_u8(f) % 4;
		put8((unsigned int)strlen(services[n]));
		for (i = 0; services[n][i]; i++)
			put8((uint8_t)services[n][i]);
		put8(0);
		put_name(pick(f));
		break;
	case 5:
		put_name(pick(f));
		break;
	case 6:
		put_name("x");
		put_name("x");
		for (i = 0; i < 5; i++) {
			put16(feed_u8(f));
			put16(feed_u8(f));
		}
		break;
	default:
		for (n = feed_u8(f) % 32; n; n--)
			put8(feed_u8(f));
	}
}

static void make(struct feed *f, const char *name, enum rr_type type)
{
	static const uint8_t types[] = { RR_A, RR_AAAA, RR_SRV, RR_NAPTR, 5, 6, 99 };
	unsigned int n = feed_u8(f) % 40, how, section, kind;
	size_t at;

	p.n = 0;
	put16(1);
	put16(0x8180 | (feed_u8(f) % 16 < 13 ? 0 : feed_u8(f) & 15));
	put16(1);
	put16(0);
	put16(0);
	put16(0);
	put_name(name);
	put16(type);
	put16(1);
	while (n-- && p.n < PACKET_MAX - 400 && f->left) {
		how = feed_u8(f);
		section = how & 0x80 ? 1 : 0;
		kind = how & 0x40 ? types[how % 7] : section ? 6 : type;
		p.b[7 + 2 * section]++;
		put_name(how & 0x20 ? pick(f) : name);
		put16(kind);
		put16(1);
		put16(how & 0x10 ? 0xffff : 0);
		put16(feed_u8(f));
		put16(0);
		at = p.n;
		put_rdata(f, kind);
		p.b[at - 2] = (uint8_t)((p.n - at) >> 8);
		p.b[at - 1] = (uint8_t)(p.n - at);
	}
}

/* ---- the course of a location ---- */

static struct {
	struct loc l;
	struct mono now;
	bool out[LOC_QUESTIONS];
	uint16_t serial[LOC_QUESTIONS];
} s;

static void check_list(void)
{
	const struct loc_cfg *cfg = &s.l.cfg;
	uint8_t i, k;

	must(s.l.n <= LOC_CANDIDATES_MAX);
	for (i = 0; i < s.l.n; i++) {
		const struct addr *a = &s.l.list[i];
		struct rr rr = {
			.type = a->family == ADDR_V6 ? RR_AAAA : RR_A,
		};

		must(a->port && (!cfg->port || a->port == cfg->port));
		must(a->family == ADDR_V4 || a->family == ADDR_V6);
		must(cfg->families & (a->family == ADDR_V6 ? LOC_V6 : LOC_V4));
		if (cfg->transport != LOC_ANY_TRANSPORT)
			must(a->transport == cfg->transport);
		else
			must(cfg->can & 1 << a->transport);
		memcpy(rr.ip, a->ip, sizeof(rr.ip));
		must(usable(&rr));
		for (k = 0; k < i; k++)
			must(!addr_equal(a, &s.l.list[k]));
	}
}

static void take(const struct loc_acts *acts)
{
	uint8_t i;

	must(acts->n <= LOC_QUESTIONS);
	for (i = 0; i < acts->n; i++) {
		uint8_t q = acts->ask[i].question;

		must(q < LOC_QUESTIONS);
		/* One question of a name at a time, unless it was dropped. */
		must(!s.out[q] || s.serial[q] != acts->ask[i].serial);
		check_name(loc_question_name(&s.l, q));
		must(*loc_question_name(&s.l, q));
		s.out[q] = true;
		s.serial[q] = acts->ask[i].serial;
	}
	must(loc_next_expiry(&s.l).ns > s.now.ns);
	check_list();
}

static void answer(struct feed *f, uint8_t q)
{
	struct rr_answer a = { .result = RR_FAILED };
	enum rr_type type = loc_question_type(q);
	struct loc_acts acts;

	if (feed_u8(f) & 7) {
		make(f, loc_question_name(&s.l, q), type);
		parse(p.b, p.n, loc_question_name(&s.l, q), type, &a);
	}
	s.out[q] = false;
	loc_answer(&s.l, s.now, q, s.serial[q], &a, &acts);
	take(&acts);
	/* Nobody asked for the same again. */
	loc_answer(&s.l, s.now, q, (uint16_t)(s.serial[q] + 7), &a, &acts);
	must(!acts.changed);
}

static void play(struct feed *f)
{
	uint8_t how = feed_u8(f), q, next = 0;
	int i;
	struct loc_cfg cfg = {
		.name = "x",
		.port = how & 1 ? 5060 : 0,
		.transport = how & 2 ? how >> 2 & 1 : LOC_ANY_TRANSPORT,
		.can = 1 << TRANSPORT_UDP | (how & 8 ? 6 : 0),
		.families = how >> 4 & 3 ? how >> 4 & 3 : 3,
		.seed = how,
	};
	struct loc_acts acts;

	memset(&s, 0, sizeof(s));
	s.now.ns = 1000000000;
	loc_init(&s.l, &cfg);
	loc_step(&s.l, s.now, &acts);
	take(&acts);
	while (f->left) {
		how = feed_u8(f);
		for (i = 0, q = LOC_QUESTIONS; i < LOC_QUESTIONS; i++)
			if (s.out[(next + i) % LOC_QUESTIONS])
				q = (uint8_t)((next + i) % LOC_QUESTIONS);
		if (how & 3 && q < LOC_QUESTIONS) {
			next = (uint8_t)(q + how % 3);
			answer(f, q);
			continue;
		}
		if (how & 0x80)
			s.now = mono_add_ms(s.now, (uint64_t)feed_u16(f) * 10000);
		else if (!mono_is_never(loc_next_expiry(&s.l)))
			s.now = loc_next_expiry(&s.l);
		loc_step(&s.l, s.now, &acts);
		take(&acts);
	}
	must(*loc_state_name(loc_state(&s.l, s.now)));
}

static void raw(const uint8_t *data, size_t size)
{
	static const enum rr_type types[] = { RR_A, RR_AAAA, RR_SRV, RR_NAPTR };
	struct rr_answer a;
	int i;

	for (i = 0; i < 4; i++)
		parse(data, size, "a.x", types[i], &a);
}

/* The bytes as one static record. */
static void text(const uint8_t *data, size_t size)
{
	char *line = calloc(1, size + 1);
	struct dns_static rr;
	const char *why;

	memcpy(line, data, size);
	if (dns_static_parse(&rr, line, &why)) {
		must(why && *why);
	} else {
		must(!why && *rr.name);
		check_name(rr.name);
		check_name(rr.rr.target);
	}
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, size };

	if (size && (data[0] == 'r' || data[0] == 't')) {
		(data[0] == 'r' ? raw : text)(data + 1, size - 1);
		return 0;
	}
	play(&f);
	return 0;
}
