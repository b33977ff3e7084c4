// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "dns.h"

#include <errno.h>
#include <string.h>

#include "../core/addr.h"

#define WORDS_MAX 10
#define TEXT_MAX 600
#define STATIC_TTL_S 3600

/* "name [ttl] TYPE data", cut into words; "" quotes are dropped, so that a
 * line can be taken from a zone file. */
struct words {
	char text[TEXT_MAX];
	char *word[WORDS_MAX];
	int n;
};

static bool split(struct words *w, const char *text)
{
	char *p = w->text;

	w->n = 0;
	if (strlen(text) >= sizeof(w->text))
		return false;
	strcpy(w->text, text);
	for (;;) {
		p += strspn(p, " \t");
		if (!*p)
			return true;
		if (w->n == WORDS_MAX)
			return false;
		if (*p == '"') {
			w->word[w->n++] = ++p;
			p = strchr(p, '"');
			if (!p)
				return false;
		} else {
			w->word[w->n++] = p;
			p += strcspn(p, " \t");
		}
		if (*p)
			*p++ = '\0';
	}
}

static bool number(const char *text, uint32_t max, uint32_t *v)
{
	uint64_t n = 0;
	const char *p;

	for (p = text; *p >= '0' && *p <= '9' && n <= max; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	*v = (uint32_t)n;
	return p != text && !*p && n <= max;
}

static bool number16(const char *text, uint16_t *v)
{
	uint32_t n;

	if (!number(text, UINT16_MAX, &n))
		return false;
	*v = (uint16_t)n;
	return true;
}

static const char *read_address(struct rr *rr, enum rr_type type, char **word,
				int n)
{
	enum addr_family family = type == RR_A ? ADDR_V4 : ADDR_V6;
	struct addr a;

	if (n != 1 || addr_parse(&a, word[0], 0, TRANSPORT_UDP) ||
	    a.family != family)
		return "needs one address";
	memcpy(rr->ip, a.ip, sizeof(rr->ip));
	return NULL;
}

static const char *read_srv(struct rr *rr, char **word, int n)
{
	if (n != 4 || !number16(word[0], &rr->priority) ||
	    !number16(word[1], &rr->weight) || !number16(word[2], &rr->port) ||
	    !dns_name(rr->target, word[3]) || (!rr->port && *rr->target))
		return "needs a priority, a weight, a port and a target";
	return NULL;
}

static const char *read_naptr(struct rr *rr, char **word, int n)
{
	size_t i, len;

	if (n != 6 || !number16(word[0], &rr->priority) ||
	    !number16(word[1], &rr->weight) || strlen(word[2]) > 1 ||
	    *word[4] || !dns_name(rr->target, word[5]))
		return "needs an order, a preference, a flag, a service, \"\" "
		       "and a replacement";
	rr->flags = dns_lower(*word[2]);
	len = strlen(word[3]);
	for (i = 0; len < RR_SERVICE_MAX && i < len; i++)
		rr->service[i] = dns_upper(word[3][i]);
	return NULL;
}

static const char *read_rest(struct dns_static *s, struct words *w, int at)
{
	char *type = w->word[at], **data = w->word + at + 1;
	int n = w->n - at - 1;

	if (strcmp(type, "A") == 0) {
		s->rr.type = RR_A;
		return read_address(&s->rr, RR_A, data, n);
	}
	if (strcmp(type, "AAAA") == 0) {
		s->rr.type = RR_AAAA;
		return read_address(&s->rr, RR_AAAA, data, n);
	}
	if (strcmp(type, "SRV") == 0) {
		s->rr.type = RR_SRV;
		return read_srv(&s->rr, data, n);
	}
	if (strcmp(type, "NAPTR") == 0) {
		s->rr.type = RR_NAPTR;
		return read_naptr(&s->rr, data, n);
	}
	return "is of another type than A, AAAA, SRV and NAPTR";
}

int dns_static_parse(struct dns_static *s, const char *text, const char **why)
{
	struct words w;
	int at = 1;

	memset(s, 0, sizeof(*s));
	s->ttl_s = STATIC_TTL_S;
	*why = "is no \"name [ttl] TYPE data\"";
	if (!split(&w, text) || w.n < 3)
		return -EINVAL;
	if (!dns_name(s->name, w.word[0]) || !*s->name) {
		*why = "begins with no name";
		return -EINVAL;
	}
	if (number(w.word[1], INT32_MAX, &s->ttl_s))
		at++;
	else
		s->ttl_s = STATIC_TTL_S;
	*why = read_rest(s, &w, at);
	return *why ? -EINVAL : 0;
}

/* "_sip._udp.name" is name's. */
static const char *service_owner(const char *name)
{
	const char *dot;

	while (*name == '_') {
		dot = strchr(name, '.');
		if (!dot)
			break;
		name = dot + 1;
	}
	return name;
}

bool dns_static_answer(const struct dns_static *table, size_t n,
		       const char *name, enum rr_type type,
		       struct rr_answer *out)
{
	const char *owner = service_owner(name);
	bool known = false;
	size_t i;

	memset(out, 0, sizeof(*out));
	out->result = RR_NO_DATA;
	out->ttl_s = STATIC_TTL_S;
	for (i = 0; i < n; i++) {
		if (strcmp(service_owner(table[i].name), owner) != 0)
			continue;
		known = true;
		if (table[i].rr.type != type ||
		    strcmp(table[i].name, name) != 0)
			continue;
		if (out->n == RR_ANSWER_MAX) {
			out->cut++;
			continue;
		}
		if (!out->n || table[i].ttl_s < out->ttl_s)
			out->ttl_s = table[i].ttl_s;
		out->rr[out->n++] = table[i].rr;
		out->result = RR_OK;
	}
	return known;
}

bool dns_static_equal(const struct dns_static *a, const struct dns_static *b)
{
	const struct rr *x = &a->rr, *y = &b->rr;

	return strcmp(a->name, b->name) == 0 && a->ttl_s == b->ttl_s &&
	       x->type == y->type &&
	       memcmp(x->ip, y->ip, sizeof(x->ip)) == 0 &&
	       x->priority == y->priority && x->weight == y->weight &&
	       x->port == y->port && x->flags == y->flags &&
	       strcmp(x->service, y->service) == 0 &&
	       strcmp(x->target, y->target) == 0;
}
