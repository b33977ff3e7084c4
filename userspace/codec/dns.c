// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "dns.h"

#include <errno.h>
#include <string.h>

#include <arpa/nameser.h>

#define LABEL_MAX 63
#define TTL_MAX 0x7fffffff

char dns_lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		c = (char)(c - 'A' + 'a');
	return c;
}

char dns_upper(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	return c;
}

/* Host names and service names (RFC 1123 2.1, RFC 2782): what else a label may
 * hold is of no use in a SIP phone, and a danger in its log. */
static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '_';
}

bool dns_name(char out[RR_NAME_MAX], const char *in)
{
	size_t n = strlen(in), i, label = 0;

	if (n && in[n - 1] == '.')
		n--;
	if (n >= RR_NAME_MAX - 1)
		return false;
	for (i = 0; i < n; i++) {
		char c = dns_lower(in[i]);

		if (c == '.') {
			if (!label)
				return false;
			label = 0;
		} else if (!name_char(c) || ++label > LABEL_MAX) {
			return false;
		}
		out[i] = c;
	}
	out[n] = '\0';
	return !n || label;
}

bool dns_address_usable(enum rr_type type, const uint8_t *ip)
{
	static const uint8_t none[16], mapped[12] = { [10] = 0xff, 0xff };

	if (type == RR_A)
		return ip[0] != 0 && ip[0] != 127 && ip[0] < 224;
	if (ip[0] == 0xff || (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) ||
	    memcmp(ip, mapped, sizeof(mapped)) == 0)
		return false;
	return memcmp(ip, none, 15) != 0 || ip[15] > 1;
}

/* ---- records ---- */

struct reader {
	ns_msg msg;
	const uint8_t *end;
	struct rr_answer *out;
	enum rr_type type;
	char owner[RR_NAME_MAX];	/* whose records count: follows aliases */
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* The name at p, which must end where the record does. */
static bool get_name(const struct reader *r, const uint8_t *p,
		     const uint8_t *end, char out[RR_NAME_MAX])
{
	char text[NS_MAXDNAME];
	int n = ns_name_uncompress(ns_msg_base(r->msg), r->end, p, text,
				   sizeof(text));

	return n >= 0 && p + n == end && dns_name(out, text);
}

static bool get_srv(const struct reader *r, const ns_rr *in, struct rr *rr)
{
	const uint8_t *p = ns_rr_rdata(*in);

	if (ns_rr_rdlen(*in) < 7)
		return false;
	rr->priority = get16(p);
	rr->weight = get16(p + 2);
	rr->port = get16(p + 4);
	/* "." says that there is no such service: it is kept. */
	return get_name(r, p + 6, p + ns_rr_rdlen(*in), rr->target) &&
	       (rr->port || !*rr->target);
}

/* A <character-string> (RFC 1035 3.3); its length, -1: it does not fit. */
static int get_string(const uint8_t **p, const uint8_t *end,
		      const uint8_t **string)
{
	int n;

	if (*p == end)
		return -1;
	n = *(*p)++;
	if (end - *p < n)
		return -1;
	*string = *p;
	*p += n;
	return n;
}

static bool get_naptr(const struct reader *r, const ns_rr *in, struct rr *rr)
{
	const uint8_t *p = ns_rr_rdata(*in), *end = p + ns_rr_rdlen(*in);
	const uint8_t *flags, *service, *regexp;
	int n_flags, n_service, n_regexp, i;

	if (end - p < 8)
		return false;
	rr->priority = get16(p);
	rr->weight = get16(p + 2);
	p += 4;
	n_flags = get_string(&p, end, &flags);
	n_service = n_flags < 0 ? -1 : get_string(&p, end, &service);
	n_regexp = n_service < 0 ? -1 : get_string(&p, end, &regexp);
	if (n_regexp < 0 || n_flags > 1)
		return false;
	rr->flags = 0;
	if (n_flags)
		rr->flags = dns_lower((char)flags[0]);
	if (n_service < RR_SERVICE_MAX)
		for (i = 0; i < n_service; i++)
			rr->service[i] = dns_upper((char)service[i]);
	/* RFC 3263 4.1 knows replacements only, never a regular expression. */
	return !n_regexp && get_name(r, p, end, rr->target);
}

static bool get_address(const ns_rr *in, struct rr *rr)
{
	size_t n = rr->type == RR_A ? 4 : 16;

	if (ns_rr_rdlen(*in) != n)
		return false;
	memcpy(rr->ip, ns_rr_rdata(*in), n);
	return dns_address_usable((enum rr_type)rr->type, rr->ip);
}

static void least_ttl(struct rr_answer *out, uint32_t ttl)
{
	/* RFC 2181 8: with the top bit set it is zero. */
	if (ttl > TTL_MAX)
		ttl = 0;
	if (ttl < out->ttl_s)
		out->ttl_s = ttl;
}

/* When there are too many, those of the least priority are left out. */
static struct rr *room_for(struct rr_answer *out, const struct rr *rr)
{
	struct rr *worst = &out->rr[0];
	int i;

	if (out->n < RR_ANSWER_MAX)
		return &out->rr[out->n++];
	out->cut++;
	for (i = 1; i < out->n; i++)
		if (out->rr[i].priority >= worst->priority)
			worst = &out->rr[i];
	return rr->priority < worst->priority ? worst : NULL;
}

static void read_record(struct reader *r, const ns_rr *in)
{
	struct rr_answer *out = r->out;
	struct rr rr = { .type = (uint8_t)r->type }, *place;
	bool good = false;

	switch (r->type) {
	case RR_A:
	case RR_AAAA:
		good = get_address(in, &rr);
		break;
	case RR_SRV:
		good = get_srv(r, in, &rr);
		break;
	case RR_NAPTR:
		good = get_naptr(r, in, &rr);
		break;
	}
	if (!good) {
		out->refused++;
		return;
	}
	least_ttl(out, ns_rr_ttl(*in));
	place = room_for(out, &rr);
	if (place)
		*place = rr;
}

static bool owned_by(const ns_rr *in, const char *name)
{
	char owner[RR_NAME_MAX];

	return ns_rr_class(*in) == ns_c_in && dns_name(owner, ns_rr_name(*in)) &&
	       strcmp(owner, name) == 0;
}

/* Whether the owner is an alias; its target becomes the owner. */
static bool follow_alias(struct reader *r)
{
	char target[RR_NAME_MAX];
	ns_rr in;
	int i;

	for (i = 0; i < ns_msg_count(r->msg, ns_s_an); i++) {
		const uint8_t *p;

		if (ns_parserr(&r->msg, ns_s_an, i, &in))
			return false;
		if (ns_rr_type(in) != ns_t_cname || !owned_by(&in, r->owner))
			continue;
		p = ns_rr_rdata(in);
		if (!get_name(r, p, p + ns_rr_rdlen(in), target) || !*target) {
			r->out->refused++;
			return false;
		}
		least_ttl(r->out, ns_rr_ttl(in));
		strcpy(r->owner, target);
		return true;
	}
	return false;
}

/* RFC 2308 5: the least of the SOA's TTL and its MINIMUM; whether there is one. */
static bool read_soa(struct reader *r)
{
	struct rr_answer *out = r->out;
	bool found = false;
	ns_rr in;
	int i;

	for (i = 0; !found && i < ns_msg_count(r->msg, ns_s_ns); i++) {
		if (ns_parserr(&r->msg, ns_s_ns, i, &in))
			break;
		if (ns_rr_type(in) != ns_t_soa || ns_rr_rdlen(in) < 22)
			continue;
		found = true;
		least_ttl(out, ns_rr_ttl(in));
		least_ttl(out, get32(ns_rr_rdata(in) + ns_rr_rdlen(in) - 4));
	}
	if (!found)
		least_ttl(out, DNS_NEGATIVE_TTL_S);
	return found;
}

static void read_answer(struct reader *r)
{
	struct rr_answer *out = r->out;
	bool alias = false;
	ns_rr in;
	int i, hops;

	out->ttl_s = TTL_MAX;
	for (hops = 0; follow_alias(r); hops++) {
		alias = true;
		/* A chain that long is a loop, or as bad. */
		if (hops == RR_ALIASES_MAX)
			return;
	}
	for (i = 0; i < ns_msg_count(r->msg, ns_s_an); i++) {
		if (ns_parserr(&r->msg, ns_s_an, i, &in))
			return;
		if ((int)ns_rr_type(in) == (int)r->type && owned_by(&in, r->owner))
			read_record(r, &in);
	}
	if (out->n) {
		out->result = RR_OK;
	} else if (ns_msg_getflag(r->msg, ns_f_rcode) == ns_r_nxdomain) {
		out->result = RR_NO_NAME;
		read_soa(r);
	} else if (!read_soa(r) && alias && !out->refused) {
		/* A server that does not follow it into another zone. */
		out->result = RR_ALIAS;
		strcpy(out->alias, r->owner);
	} else {
		out->result = RR_NO_DATA;
	}
}

int dns_parse(const uint8_t *buf, size_t len, const char *name,
	      enum rr_type type, struct rr_answer *out)
{
	struct reader r = { .end = buf + len, .out = out, .type = type };
	char asked[RR_NAME_MAX];
	int rcode;
	ns_rr in;

	memset(out, 0, sizeof(*out));
	out->result = RR_FAILED;
	if (len > DNS_ANSWER_MAX || !dns_name(r.owner, name) ||
	    ns_initparse(buf, (int)len, &r.msg))
		return -EBADMSG;
	rcode = ns_msg_getflag(r.msg, ns_f_rcode);
	if (!ns_msg_getflag(r.msg, ns_f_qr) || ns_msg_getflag(r.msg, ns_f_tc) ||
	    ns_msg_count(r.msg, ns_s_qd) != 1 ||
	    ns_parserr(&r.msg, ns_s_qd, 0, &in) ||
	    (int)ns_rr_type(in) != (int)type || ns_rr_class(in) != ns_c_in ||
	    !dns_name(asked, ns_rr_name(in)) || strcmp(asked, r.owner) != 0)
		return -EBADMSG;
	/* SERVFAIL, REFUSED ...: it does not know; that is no answer. */
	if (rcode != ns_r_noerror && rcode != ns_r_nxdomain)
		return 0;
	read_answer(&r);
	return out->result == RR_FAILED ? -EBADMSG : 0;
}
