// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "pcapng.h"

#include <stdlib.h>
#include <string.h>

#define LINKTYPE_RAW 101	/* an IP header comes first */
#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET 6u
#define OPT_COMMENT 1
#define OPT_FLAGS 2		/* of a packet */
#define OPT_IF_NAME 2		/* of an interface */
#define OPT_IF_TSRESOL 9
#define OPT_USERAPPL 4		/* of a section */
#define FLAG_INBOUND 1u
#define FLAG_OUTBOUND 2u

#define PROTO_TCP 6
#define PROTO_UDP 17
#define SEGMENT_MAX 32768	/* of a stream */
#define PAYLOAD_MAX 65000	/* of a datagram, below any header's limit */
#define HEADERS_MAX 64
#define BLOCK_MAX (PAYLOAD_MAX + HEADERS_MAX + 256)

static const char tls_comment[] =
	"This went encrypted, by TLS: the TCP segment was made up around what was inside.";

/* ---- blocks: in the byte order of the machine, which the first one tells ---- */

struct block {
	unsigned char bytes[BLOCK_MAX];
	size_t n;
};

static void put(struct block *b, const void *bytes, size_t n)
{
	memcpy(b->bytes + b->n, bytes, n);
	b->n += n;
}

static void put16(struct block *b, uint16_t v)
{
	put(b, &v, sizeof(v));
}

static void put32(struct block *b, uint32_t v)
{
	put(b, &v, sizeof(v));
}

static void pad(struct block *b)
{
	while (b->n % 4)
		b->bytes[b->n++] = 0;
}

static void option(struct block *b, uint16_t code, const void *value,
		   uint16_t len)
{
	put16(b, code);
	put16(b, len);
	put(b, value, len);
	pad(b);
}

static void begin(struct block *b, uint32_t type)
{
	b->n = 0;
	put32(b, type);
	put32(b, 0);		/* its length, in the end */
}

static bool end(struct block *b, FILE *f)
{
	uint32_t len;

	put32(b, 0);		/* no more options */
	len = (uint32_t)b->n + 4;
	put32(b, len);
	memcpy(b->bytes + 4, &len, sizeof(len));
	return fwrite(b->bytes, 1, b->n, f) == b->n;
}

bool pcapng_begin(struct pcapng *p, FILE *f)
{
	static const char name[] = "sipover";
	static const unsigned char nanoseconds = 9;
	static struct block b;
	const int64_t unknown = -1;

	*p = (struct pcapng){ .f = f };
	begin(&b, BLOCK_SECTION);
	put32(&b, 0x1a2b3c4d);
	put16(&b, 1);
	put16(&b, 0);
	put(&b, &unknown, sizeof(unknown));
	option(&b, OPT_USERAPPL, name, sizeof(name) - 1);
	if (!end(&b, f))
		return false;
	begin(&b, BLOCK_INTERFACE);
	put16(&b, LINKTYPE_RAW);
	put16(&b, 0);
	put32(&b, 0);		/* nothing is cut off */
	option(&b, OPT_IF_NAME, name, sizeof(name) - 1);
	option(&b, OPT_IF_TSRESOL, &nanoseconds, 1);
	return end(&b, f);
}

void pcapng_end(struct pcapng *p)
{
	free(p->flow);
	p->flow = NULL;
	p->flows = 0;
}

/* ---- headers ---- */

static void be16(unsigned char *at, size_t v)
{
	at[0] = (unsigned char)(v >> 8);
	at[1] = (unsigned char)v;
}

static void be32(unsigned char *at, uint32_t v)
{
	be16(at, v >> 16);
	be16(at + 2, v & 0xffff);
}

/* RFC 1071; bytes as two bytes each, an odd one at the end. */
static uint32_t sum(uint32_t s, const unsigned char *bytes, size_t n)
{
	size_t i;

	for (i = 0; i + 1 < n; i += 2)
		s += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	if (n % 2)
		s += (uint32_t)bytes[n - 1] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

static size_t ip_size(const struct addr *a)
{
	return a->family == ADDR_V6 ? 16 : 4;
}

/* from and to are of one family. */
static size_t ip_header(unsigned char *h, const struct addr *from,
			const struct addr *to, int proto, size_t len)
{
	size_t n = ip_size(to);

	if (to->family == ADDR_V6) {
		memset(h, 0, 40);
		h[0] = 0x60;
		be16(h + 4, len);
		h[6] = (unsigned char)proto;
		h[7] = 64;
		memcpy(h + 8, from->ip, n);
		memcpy(h + 24, to->ip, n);
		return 40;
	}
	memset(h, 0, 20);
	h[0] = 0x45;
	be16(h + 2, len + 20);
	h[6] = 0x40;		/* do not fragment */
	h[8] = 64;
	h[9] = (unsigned char)proto;
	memcpy(h + 12, from->ip, n);
	memcpy(h + 16, to->ip, n);
	be16(h + 10, ~sum(0, h, 20) & 0xffff);
	return 20;
}

static uint16_t checksum(const struct addr *from, const struct addr *to,
			 int proto, const unsigned char *h, size_t header,
			 const unsigned char *payload, size_t len)
{
	uint32_t s = (uint32_t)proto + (uint32_t)(header + len);

	s = sum(s, from->ip, ip_size(to));
	s = sum(s, to->ip, ip_size(to));
	s = sum(s, h, header);
	s = ~sum(s, payload, len) & 0xffff;
	return (uint16_t)(s ? s : 0xffff);
}

static size_t udp_header(unsigned char *h, const struct addr *from,
			 const struct addr *to, const unsigned char *payload,
			 size_t len)
{
	be16(h, from->port);
	be16(h + 2, to->port);
	be16(h + 4, len + 8);
	be16(h + 6, 0);
	be16(h + 6, checksum(from, to, PROTO_UDP, h, 8, payload, len));
	return 8;
}

static size_t tcp_header(unsigned char *h, const struct addr *from,
			 const struct addr *to, uint32_t seq, uint32_t ack,
			 const unsigned char *payload, size_t len)
{
	memset(h, 0, 20);
	be16(h, from->port);
	be16(h + 2, to->port);
	be32(h + 4, seq);
	be32(h + 8, ack);
	h[12] = 5 << 4;
	h[13] = 0x18;		/* PSH, ACK */
	be16(h + 14, 65535);
	be16(h + 16, checksum(from, to, PROTO_TCP, h, 20, payload, len));
	return 20;
}

/* ---- packets ---- */

static bool put_packet(struct pcapng *p, const struct pcapng_message *m,
		       const unsigned char *headers, size_t n,
		       const unsigned char *payload, size_t len)
{
	uint32_t flags = m->sent ? FLAG_OUTBOUND : FLAG_INBOUND;
	static struct block b;

	begin(&b, BLOCK_PACKET);
	put32(&b, 0);
	put32(&b, (uint32_t)(m->unix_ns >> 32));
	put32(&b, (uint32_t)m->unix_ns);
	put32(&b, (uint32_t)(n + len));
	put32(&b, (uint32_t)(n + len));
	put(&b, headers, n);
	put(&b, payload, len);
	pad(&b);
	if (m->peer.transport == TRANSPORT_TLS)
		option(&b, OPT_COMMENT, tls_comment, sizeof(tls_comment) - 1);
	option(&b, OPT_FLAGS, &flags, sizeof(flags));
	return end(&b, p->f);
}

static struct pcapng_flow *flow_of(struct pcapng *p,
				   const struct pcapng_message *m)
{
	struct pcapng_flow *more;
	size_t i;

	for (i = 0; i < p->flows; i++)
		if (addr_equal(&p->flow[i].own, &m->own) &&
		    addr_equal(&p->flow[i].peer, &m->peer))
			return &p->flow[i];
	more = realloc(p->flow, (p->flows + 1) * sizeof(*more));
	if (!more)
		return NULL;
	p->flow = more;
	more = &more[p->flows++];
	*more = (struct pcapng_flow){ m->own, m->peer, 1, 1 };
	return more;
}

static bool put_stream(struct pcapng *p, const struct pcapng_message *m,
		       const struct addr *from, const struct addr *to)
{
	struct pcapng_flow *flow = flow_of(p, m);
	unsigned char h[HEADERS_MAX];
	uint32_t *seq, ack;
	size_t done, n, len;

	if (!flow)
		return false;
	seq = m->sent ? &flow->out : &flow->in;
	ack = m->sent ? flow->in : flow->out;
	for (done = 0; done < m->len; done += len) {
		len = m->len - done;
		if (len > SEGMENT_MAX)
			len = SEGMENT_MAX;
		n = ip_header(h, from, to, PROTO_TCP, len + 20);
		n += tcp_header(h + n, from, to, *seq, ack, m->bytes + done,
				len);
		if (!put_packet(p, m, h, n, m->bytes + done, len))
			return false;
		*seq += (uint32_t)len;
	}
	return true;
}

bool pcapng_put(struct pcapng *p, const struct pcapng_message *m)
{
	struct addr own = m->own;
	const struct addr *from = m->sent ? &own : &m->peer;
	const struct addr *to = m->sent ? &m->peer : &own;
	unsigned char h[HEADERS_MAX];
	size_t n;

	if (m->peer.family == ADDR_NONE)
		return true;
	if (own.family != m->peer.family) {
		memset(own.ip, 0, sizeof(own.ip));
		own.family = m->peer.family;
	}
	if (m->peer.transport != TRANSPORT_UDP)
		return put_stream(p, m, from, to);
	if (m->len > PAYLOAD_MAX)
		return true;
	n = ip_header(h, from, to, PROTO_UDP, m->len + 8);
	n += udp_header(h + n, from, to, m->bytes, m->len);
	return put_packet(p, m, h, n, m->bytes, m->len);
}
