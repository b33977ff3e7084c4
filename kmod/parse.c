// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#ifdef __KERNEL__
#include <linux/in.h>
#include <linux/socket.h>
#include <linux/string.h>
#else
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#endif

#include "parse.h"

#define ICMP_HEADER 8		/* both families, errors */
#define IPV4_HEADER 20		/* without options */
#define IPV6_HEADER 40
#define PORTS_HEADER 8		/* all of UDP; ports and sequence of TCP */

/* RFC 4884 5.5: with extensions the quote is padded to at least this much. */
#define RFC4884_MIN 128

#define EXTENSION_HEADERS_MAX 8

/* IPv6 next header values that have extension headers behind them. */
enum {
	NEXT_HOP_BY_HOP = 0,
	NEXT_ROUTING = 43,
	NEXT_FRAGMENT = 44,
	NEXT_AUTH = 51,
	NEXT_DESTINATION = 60,
};

static __u16 get16(const __u8 *p)
{
	return (__u16)(p[0] << 8 | p[1]);
}

static __u32 get32(const __u8 *p)
{
	return (__u32)p[0] << 24 | (__u32)p[1] << 16 | (__u32)p[2] << 8 | p[3];
}

static enum sipover_parse parse_ports(struct sipover_quote *q, const __u8 *buf,
				      __u32 have, __u32 total, __u32 off)
{
	const __u8 *p;
	__u32 present;

	if (q->proto != IPPROTO_UDP && q->proto != IPPROTO_TCP)
		return SIPOVER_PARSE_OTHER;
	if (off > have || have - off < PORTS_HEADER)
		return SIPOVER_PARSE_SHORT;
#ifdef SIPOVER_BREAK_EIGHT_BYTES
	if (have - off == PORTS_HEADER)
		return SIPOVER_PARSE_SHORT;
#endif

	p = buf + off;
	memcpy(&q->sport, p, 2);
	memcpy(&q->dport, p + 2, 2);
	q->payload_off = off + PORTS_HEADER;
	if (q->proto == IPPROTO_TCP) {
		q->tcp_seq = get32(p + 4);
		return SIPOVER_PARSE_OK;
	}

	/* A jumbogram's 0 (RFC 2675) is no SIP either. */
	q->udp_len = get16(p + 4);
	if (q->udp_len < PORTS_HEADER)
		return SIPOVER_PARSE_MALFORMED;
	memcpy(&q->udp_csum, p + 6, 2);
	present = total - q->payload_off;
	q->payload_len = q->udp_len - PORTS_HEADER;
	if (q->payload_len > present)
		q->payload_len = present;
	return SIPOVER_PARSE_OK;
}

static enum sipover_parse parse_v4(struct sipover_quote *q, const __u8 *buf,
				   __u32 have, __u32 total)
{
	__u32 ihl;

	if (have < IPV4_HEADER)
		return SIPOVER_PARSE_SHORT;
	ihl = (buf[0] & 0xf) * 4;
	if (buf[0] >> 4 != 4 || ihl < IPV4_HEADER)
		return SIPOVER_PARSE_MALFORMED;
	if (get16(buf + 6) & 0x1fff)
		return SIPOVER_PARSE_FRAGMENT;

	memcpy(&q->ip_id, buf + 4, 2);
	q->proto = buf[9];
	memcpy(q->src, buf + 12, 4);
	memcpy(q->dst, buf + 16, 4);
	/* Not the total length: the UDP length is the whole datagram's. */
	return parse_ports(q, buf, have, total, ihl);
}

/*
 * One extension header at @off: its length, 0 when the chain must not be
 * followed (*verdict says why).
 */
static __u32 parse_extension(__u8 next, const __u8 *p, __u32 have,
			     enum sipover_parse *verdict)
{
	if (have < 8) {
		*verdict = SIPOVER_PARSE_SHORT;
		return 0;
	}
	switch (next) {
	case NEXT_FRAGMENT:
		if (get16(p + 2) & 0xfff8) {
			*verdict = SIPOVER_PARSE_FRAGMENT;
			return 0;
		}
		return 8;
	case NEXT_AUTH:
		return (p[1] + 2) * 4;
	case NEXT_ROUTING:
		/* Segments left: the address in the header is not the server's */
		if (p[3]) {
			*verdict = SIPOVER_PARSE_OTHER;
			return 0;
		}
		return (p[1] + 1) * 8;
	default:
		return (p[1] + 1) * 8;
	}
}

static enum sipover_parse parse_v6(struct sipover_quote *q, const __u8 *buf,
				   __u32 have, __u32 total)
{
	enum sipover_parse verdict = SIPOVER_PARSE_MALFORMED;
	__u32 off = IPV6_HEADER, n, len;
	__u8 next;

	if (have < IPV6_HEADER)
		return SIPOVER_PARSE_SHORT;
	if (buf[0] >> 4 != 6)
		return SIPOVER_PARSE_MALFORMED;
	memcpy(q->src, buf + 8, 16);
	memcpy(q->dst, buf + 24, 16);

	next = buf[6];
	for (n = 0; n < EXTENSION_HEADERS_MAX; n++) {
		if (next != NEXT_HOP_BY_HOP && next != NEXT_ROUTING &&
		    next != NEXT_FRAGMENT && next != NEXT_AUTH &&
		    next != NEXT_DESTINATION) {
			q->proto = next;
			return parse_ports(q, buf, have, total, off);
		}
		if (off > have)
			return SIPOVER_PARSE_SHORT;
		len = parse_extension(next, buf + off, have - off, &verdict);
		if (!len)
			return verdict;
		next = buf[off];
		off += len;
	}
	return SIPOVER_PARSE_MALFORMED;
}

enum sipover_parse sipover_parse_packet(struct sipover_quote *q, __u8 family,
					const __u8 *buf, __u32 have,
					__u32 total)
{
	memset(q, 0, sizeof(*q));
	q->family = family;
	if (have > total)
		return SIPOVER_PARSE_MALFORMED;
	if (family == AF_INET)
		return parse_v4(q, buf, have, total);
	if (family == AF_INET6)
		return parse_v6(q, buf, have, total);
	return SIPOVER_PARSE_OTHER;
}

/*
 * RFC 4884 4: where the quote ends and extensions begin, 0 without extensions.
 * A value below the minimum is an old sender's garbage in what was unused.
 */
static __u32 rfc4884_length(__u8 family, const __u8 *buf)
{
	__u32 len = 0;

#ifdef SIPOVER_BREAK_EXTENSIONS
	return 0;
#endif
	if (family == AF_INET) {
		if (buf[0] == 3 || buf[0] == 11 || buf[0] == 12)
			len = buf[5] * 4u;
	} else if (buf[0] == 1 || buf[0] == 3) {
		len = buf[4] * 8u;
	}
	return len < RFC4884_MIN ? 0 : len;
}

enum sipover_parse sipover_parse_icmp(struct sipover_quote *q, __u8 family,
				      const __u8 *buf, __u32 have, __u32 total)
{
	enum sipover_parse verdict;
	__u32 quoted, limit;

	if (have < ICMP_HEADER)
		return SIPOVER_PARSE_SHORT;
	if (have > total)
		return SIPOVER_PARSE_MALFORMED;
	if (family == AF_INET) {
		if (buf[0] != 3 && buf[0] != 11 && buf[0] != 12)
			return SIPOVER_PARSE_NOT_ERROR;
	} else if (family == AF_INET6) {
		if (buf[0] < 1 || buf[0] > 4)
			return SIPOVER_PARSE_NOT_ERROR;
	} else {
		return SIPOVER_PARSE_NOT_ERROR;
	}

#ifdef SIPOVER_BREAK_TYPES
	if (buf[0] != (family == AF_INET ? 3 : 1))
		return SIPOVER_PARSE_NOT_ERROR;
#endif
	quoted = total - ICMP_HEADER;
	limit = rfc4884_length(family, buf);
	if (limit && quoted > limit)
		quoted = limit;
	have -= ICMP_HEADER;
	if (have > quoted)
		have = quoted;

	verdict = sipover_parse_packet(q, family, buf + ICMP_HEADER, have,
				       quoted);
	q->icmp_type = buf[0];
	q->icmp_code = buf[1];
	q->payload_off += ICMP_HEADER;
	return verdict;
}
