/* SPDX-License-Identifier: BSD-2-Clause */
/* DNS messages, made by hand: for test_dns.c and test_resolver.c. */
#ifndef SIPOVER_TESTS_DNS_PACKET_H
#define SIPOVER_TESTS_DNS_PACKET_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>

#include "../../userspace/core/rr.h"

#define DNS_CNAME 5
#define DNS_SOA 6

struct packet {
	uint8_t b[65535];
	size_t n;
	size_t rdata;		/* of the record that is open */
};

static inline void p8(struct packet *p, unsigned int v)
{
	if (p->n < sizeof(p->b))
		p->b[p->n++] = (uint8_t)v;
}

static inline void p16(struct packet *p, unsigned int v)
{
	p8(p, v >> 8);
	p8(p, v & 0xff);
}

static inline void p32(struct packet *p, uint32_t v)
{
	p16(p, v >> 16);
	p16(p, v & 0xffff);
}

static inline void p_name(struct packet *p, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		p8(p, (unsigned int)n);
		while (n--)
			p8(p, (uint8_t)*name++);
		name += *name == '.';
	}
	p8(p, 0);
}

static inline void p_string(struct packet *p, const char *s)
{
	p8(p, (unsigned int)strlen(s));
	while (*s)
		p8(p, (uint8_t)*s++);
}

/* An answer to (name, type) with this rcode, no records yet. */
static inline void p_begin(struct packet *p, uint16_t id, const char *name,
			   int type, int rcode)
{
	p->n = 0;
	p16(p, id);
	p16(p, 0x8180 | (unsigned int)rcode);
	p16(p, 1);
	p16(p, 0);
	p16(p, 0);
	p16(p, 0);
	p_name(p, name);
	p16(p, (unsigned int)type);
	p16(p, 1);
}

/* section 0: answer, 1: authority, 2: additional */
static inline void p_record(struct packet *p, int section, const char *owner,
			    int type, uint32_t ttl)
{
	uint8_t *count = p->b + 6 + 2 * section;

	if (!++count[1])
		count[0]++;
	p_name(p, owner);
	p16(p, (unsigned int)type);
	p16(p, 1);
	p32(p, ttl);
	p16(p, 0);
	p->rdata = p->n;
}

static inline void p_end(struct packet *p)
{
	p->b[p->rdata - 2] = (uint8_t)((p->n - p->rdata) >> 8);
	p->b[p->rdata - 1] = (uint8_t)(p->n - p->rdata);
}

static inline void p_ip(struct packet *p, const char *owner, uint32_t ttl,
			const char *ip)
{
	uint8_t b[16];
	size_t n = strchr(ip, ':') ? 16 : 4, i;

	inet_pton(n == 16 ? AF_INET6 : AF_INET, ip, b);
	p_record(p, 0, owner, n == 16 ? RR_AAAA : RR_A, ttl);
	for (i = 0; i < n; i++)
		p8(p, b[i]);
	p_end(p);
}

static inline void p_srv(struct packet *p, const char *owner, uint32_t ttl,
			 unsigned int priority, unsigned int weight,
			 unsigned int port, const char *target)
{
	p_record(p, 0, owner, RR_SRV, ttl);
	p16(p, priority);
	p16(p, weight);
	p16(p, port);
	p_name(p, target);
	p_end(p);
}

static inline void p_naptr(struct packet *p, const char *owner, uint32_t ttl,
			   unsigned int order, unsigned int preference,
			   const char *flags, const char *service,
			   const char *regexp, const char *target)
{
	p_record(p, 0, owner, RR_NAPTR, ttl);
	p16(p, order);
	p16(p, preference);
	p_string(p, flags);
	p_string(p, service);
	p_string(p, regexp);
	p_name(p, target);
	p_end(p);
}

static inline void p_cname(struct packet *p, const char *owner, uint32_t ttl,
			   const char *target)
{
	p_record(p, 0, owner, DNS_CNAME, ttl);
	p_name(p, target);
	p_end(p);
}

static inline void p_soa(struct packet *p, const char *owner, uint32_t ttl,
			 uint32_t minimum)
{
	p_record(p, 1, owner, DNS_SOA, ttl);
	p_name(p, "ns.example");
	p_name(p, "root.example");
	p32(p, 1);
	p32(p, 3600);
	p32(p, 600);
	p32(p, 86400);
	p32(p, minimum);
	p_end(p);
}

#endif /* SIPOVER_TESTS_DNS_PACKET_H */
