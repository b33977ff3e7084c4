// SPDX-License-Identifier: BSD-2-Clause
/*
 * forge: sends packets that an attacker, or a router of odd habits, could send.
 *
 *   forge icmp --from A --to A --type N --code N QUOTED [--bad-icmp] [--extend]
 *       An ICMP or ICMPv6 error, quoting
 *         --quote HEX           exactly these bytes, from the IP header on, or
 *         --src A --sport N --dst A --dport N and
 *           --text TEXT         a UDP datagram; --flip: its checksum is wrong;
 *                               --sum none: it has none, pseudo: not completed
 *                               yet; --add N: its length is N too large;
 *                               --miss N: N errors, of as many wrong checksums
 *           --seq N             a TCP segment's first 8 bytes
 *         --id N, --ttl N       in the quoted IP header
 *         --options             which has options, IPv6: an extension header
 *         --fragment            of a fragment that is not the first
 *         --proto N             which says that something else follows
 *         --behind N            of UDP too, N bytes behind the IP header only;
 *         --short               8 bytes
 *       --extend: padded as RFC 4884 wants it, with an extension behind it.
 *   forge tcp --from A --fport N --to A --tport N --flags N --seq N [--ack N]
 *             [--text TEXT]
 *       A TCP segment; forge rst: a reset.
 *   forge udp --src A --sport N --dst A --dport N --text TEXT
 *       The UDP datagram itself.
 *
 * Addresses choose the family.  The sender may be anybody: the IP header is
 * made here.  Prints "FORGED len=N".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netns.h"
#include "packet.h"

#define PACKET_MAX 2048

enum sum { SUM_RIGHT, SUM_NONE, SUM_PSEUDO };

struct request {
	struct address from, to, src, dst;
	uint16_t fport, tport, sport, dport;
	uint8_t type, code, ttl, proto, flags;
	uint32_t seq, ack;
	uint16_t add, id, miss, misses;
	const char *text, *quote;
	enum sum sum;
	long behind;
	bool flip, bad_icmp, options, fragment, extend;
};

struct packet {
	unsigned char data[PACKET_MAX];
	size_t len;
};

static void fail(const char *what)
{
	fprintf(stderr, "forge: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void usage(const char *what)
{
	fprintf(stderr, "forge: %s; see the head of forge.c\n", what);
	exit(64);
}

static struct address parse_address(const char *text)
{
	struct address a;

	if (!address_parse(text, &a))
		usage("not an address");
	return a;
}

static void append(struct packet *p, const void *data, size_t len)
{
	if (len > PACKET_MAX - p->len)
		usage("packet too long");
	memcpy(p->data + p->len, data, len);
	p->len += len;
}

/* Checksum over a pseudo header and @len bytes. */
static uint16_t transport_sum(const struct address *src,
			      const struct address *dst, uint8_t proto,
			      const void *data, size_t len)
{
	uint32_t acc = sum(src->bytes, address_len(src), 0);

	acc = sum(dst->bytes, address_len(dst), acc);
	return fold(sum(data, len, acc + proto + (uint32_t)len));
}

static void append_ip(struct packet *p, const struct address *src,
		      const struct address *dst, uint8_t proto, size_t payload)
{
	struct ip6_hdr ip6 = { 0 };
	struct ip ip = { 0 };

	if (src->family != dst->family)
		usage("addresses of two families");
	if (src->family == AF_INET) {
		ip.ip_v = 4;
		ip.ip_hl = 5;
		ip.ip_len = htons((uint16_t)(sizeof(ip) + payload));
		ip.ip_id = htons(0x5150);
		ip.ip_ttl = 64;
		ip.ip_p = proto;
		memcpy(&ip.ip_src, src->bytes, 4);
		memcpy(&ip.ip_dst, dst->bytes, 4);
		ip.ip_sum = fold(sum(&ip, sizeof(ip), 0));
		append(p, &ip, sizeof(ip));
	} else {
		ip6.ip6_flow = htonl(6u << 28);
		ip6.ip6_plen = htons((uint16_t)payload);
		ip6.ip6_nxt = proto;
		ip6.ip6_hlim = 64;
		memcpy(&ip6.ip6_src, src->bytes, 16);
		memcpy(&ip6.ip6_dst, dst->bytes, 16);
		append(p, &ip6, sizeof(ip6));
	}
}

/* The quoted IP header, and what stands between it and the transport's. */
static void append_quoted_ip(struct packet *p, const struct request *r,
			     uint8_t proto, size_t payload)
{
	static const unsigned char nops[4] = { 1, 1, 1, 1 };
	unsigned char extension[8] = { proto, 0, 1, 4 };
	unsigned char fragment[8] = { proto, 0, 0x05, 0xc8 };
	bool v4 = r->src.family == AF_INET;
	size_t at = p->len;

	if (r->proto)
		proto = extension[0] = fragment[0] = r->proto;
	if (v4) {
		append_ip(p, &r->src, &r->dst, proto,
			  payload + (r->options ? sizeof(nops) : 0));
		if (r->options)
			append(p, nops, sizeof(nops));
		p->data[at] = (unsigned char)(0x45 + r->options);
		if (r->id) {
			p->data[at + 4] = (unsigned char)(r->id >> 8);
			p->data[at + 5] = (unsigned char)r->id;
		}
		if (r->fragment)
			p->data[at + 7] = 185;
	} else {
		if (r->options)
			append_ip(p, &r->src, &r->dst, IPPROTO_DSTOPTS,
				  payload + sizeof(extension));
		else if (r->fragment)
			append_ip(p, &r->src, &r->dst, IPPROTO_FRAGMENT,
				  payload + sizeof(fragment));
		else
			append_ip(p, &r->src, &r->dst, proto, payload);
		if (r->options)
			append(p, extension, sizeof(extension));
		else if (r->fragment)
			append(p, fragment, sizeof(fragment));
	}
	if (r->ttl)
		p->data[at + (v4 ? 8 : 7)] = r->ttl;
}

static uint16_t udp_sum(const struct request *r, const struct packet *udp)
{
	uint32_t acc = IPPROTO_UDP + (uint32_t)udp->len;
	uint16_t check;

	switch (r->sum) {
	case SUM_NONE:
		return 0;
	case SUM_PSEUDO:
		acc = sum(r->src.bytes, address_len(&r->src), acc);
		acc = sum(r->dst.bytes, address_len(&r->dst), acc);
		return (uint16_t)~fold(acc);
	case SUM_RIGHT:
		break;
	}
	check = transport_sum(&r->src, &r->dst, IPPROTO_UDP, udp->data,
			      udp->len);
	return check ? check : 0xffff;
}

static void append_udp(struct packet *p, const struct request *r)
{
	struct packet udp = { .len = 0 };
	struct udphdr uh = { 0 };
	size_t len = sizeof(uh) + strlen(r->text);

	uh.uh_sport = htons(r->sport);
	uh.uh_dport = htons(r->dport);
	uh.uh_ulen = htons((uint16_t)len);
	append(&udp, &uh, sizeof(uh));
	append(&udp, r->text, strlen(r->text));
	uh.uh_sum = udp_sum(r, &udp);
	if (r->flip)
		uh.uh_sum ^= htons(1);
	uh.uh_sum ^= htons(r->miss);
	uh.uh_ulen = htons((uint16_t)(len + r->add));
	memcpy(udp.data, &uh, sizeof(uh));

	append_quoted_ip(p, r, IPPROTO_UDP, len + r->add);
	if (r->behind >= 0 && (size_t)r->behind < udp.len)
		udp.len = (size_t)r->behind;
	append(p, udp.data, udp.len);
}

static void append_tcp(struct packet *p, const struct request *r)
{
	struct tcphdr th = { 0 };

	th.th_sport = htons(r->sport);
	th.th_dport = htons(r->dport);
	th.th_seq = htonl(r->seq);
	append_quoted_ip(p, r, IPPROTO_TCP, sizeof(th));
	append(p, &th, r->behind >= 0 && r->behind < 8 ? (size_t)r->behind : 8);
}

/* RFC 4884: at least 128 bytes of quote, its length, one object behind it. */
static void append_extension(struct packet *icmp, const struct request *r)
{
	unsigned char ext[12] = { 0x20, 0, 0, 0, 0, 8, 1, 1, 0, 1, 0x11, 0xff };
	size_t unit = r->from.family == AF_INET ? 4 : 8, quoted = icmp->len - 8;
	unsigned char zero[128] = { 0 };
	uint16_t check = fold(sum(ext, sizeof(ext), 0));

	if (quoted < 128)
		append(icmp, zero, 128 - quoted);
	else if (quoted % unit)
		append(icmp, zero, unit - quoted % unit);
	icmp->data[unit == 4 ? 5 : 4] = (unsigned char)((icmp->len - 8) / unit);
	memcpy(ext + 2, &check, sizeof(check));
	append(icmp, ext, sizeof(ext));
}

static void append_hex(struct packet *p, const char *hex)
{
	char pair[3] = "", *end;
	unsigned char c;

	while (*hex) {
		strncpy(pair, hex, 2);
		c = (unsigned char)strtoul(pair, &end, 16);
		if (end != pair + 2)
			usage("--quote is not hexadecimal");
		append(p, &c, 1);
		hex += 2;
	}
}

static void build_icmp(struct packet *p, const struct request *r)
{
	unsigned char head[8] = { r->type, r->code };
	struct packet icmp = { .len = 0 };
	uint16_t check;

	append(&icmp, head, sizeof(head));
	if (r->quote)
		append_hex(&icmp, r->quote);
	else if (r->text)
		append_udp(&icmp, r);
	else
		append_tcp(&icmp, r);
	if (r->extend)
		append_extension(&icmp, r);

	if (r->from.family == AF_INET)
		check = fold(sum(icmp.data, icmp.len, 0));
	else
		check = transport_sum(&r->from, &r->to, IPPROTO_ICMPV6,
				      icmp.data, icmp.len);
	if (r->bad_icmp)
		check ^= htons(0x0101);
	memcpy(icmp.data + 2, &check, sizeof(check));

	append_ip(p, &r->from, &r->to, r->from.family == AF_INET ?
		  IPPROTO_ICMP : IPPROTO_ICMPV6, icmp.len);
	append(p, icmp.data, icmp.len);
}

static void build_tcp(struct packet *p, const struct request *r)
{
	size_t len = r->text ? strlen(r->text) : 0;
	struct packet tcp = { .len = 0 };
	struct tcphdr th = { 0 };

	th.th_sport = htons(r->fport);
	th.th_dport = htons(r->tport);
	th.th_seq = htonl(r->seq);
	th.th_ack = htonl(r->ack);
	th.th_off = sizeof(th) / 4;
	th.th_flags = (uint8_t)(r->flags | (r->ack ? TH_ACK : 0));
	th.th_win = htons(0xffff);
	append(&tcp, &th, sizeof(th));
	if (len)
		append(&tcp, r->text, len);
	th.th_sum = transport_sum(&r->from, &r->to, IPPROTO_TCP, tcp.data,
				  tcp.len);
	memcpy(tcp.data, &th, sizeof(th));
	append_ip(p, &r->from, &r->to, IPPROTO_TCP, tcp.len);
	append(p, tcp.data, tcp.len);
}

static void transmit(const struct packet *p, const struct address *to)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	bool v4 = to->family == AF_INET;
	int fd = socket(to->family, SOCK_RAW, IPPROTO_RAW);
	ssize_t n;

	if (fd < 0)
		fail("socket");
	memcpy(&in.sin_addr, to->bytes, sizeof(in.sin_addr));
	memcpy(&in6.sin6_addr, to->bytes, sizeof(in6.sin6_addr));
	n = sendto(fd, p->data, p->len, 0,
		   v4 ? (struct sockaddr *)&in : (struct sockaddr *)&in6,
		   v4 ? sizeof(in) : sizeof(in6));
	if (n < 0)
		fail("sendto");
	printf("FORGED len=%zu\n", p->len);
}

enum option_id {
	OPT_FROM = 1, OPT_TO, OPT_SRC, OPT_DST, OPT_FPORT, OPT_TPORT,
	OPT_SPORT, OPT_DPORT, OPT_TYPE, OPT_CODE, OPT_SEQ, OPT_ACK, OPT_ADD,
	OPT_TEXT, OPT_QUOTE, OPT_FLIP, OPT_BAD_ICMP, OPT_SHORT, OPT_BEHIND,
	OPT_ID, OPT_TTL, OPT_PROTO, OPT_FLAGS, OPT_SUM, OPT_OPTIONS,
	OPT_FRAGMENT, OPT_EXTEND, OPT_MISS,
};

static const struct option options[] = {
	{ "from", required_argument, NULL, OPT_FROM },
	{ "to", required_argument, NULL, OPT_TO },
	{ "src", required_argument, NULL, OPT_SRC },
	{ "dst", required_argument, NULL, OPT_DST },
	{ "fport", required_argument, NULL, OPT_FPORT },
	{ "tport", required_argument, NULL, OPT_TPORT },
	{ "sport", required_argument, NULL, OPT_SPORT },
	{ "dport", required_argument, NULL, OPT_DPORT },
	{ "type", required_argument, NULL, OPT_TYPE },
	{ "code", required_argument, NULL, OPT_CODE },
	{ "seq", required_argument, NULL, OPT_SEQ },
	{ "ack", required_argument, NULL, OPT_ACK },
	{ "add", required_argument, NULL, OPT_ADD },
	{ "text", required_argument, NULL, OPT_TEXT },
	{ "quote", required_argument, NULL, OPT_QUOTE },
	{ "behind", required_argument, NULL, OPT_BEHIND },
	{ "id", required_argument, NULL, OPT_ID },
	{ "ttl", required_argument, NULL, OPT_TTL },
	{ "proto", required_argument, NULL, OPT_PROTO },
	{ "flags", required_argument, NULL, OPT_FLAGS },
	{ "sum", required_argument, NULL, OPT_SUM },
	{ "flip", no_argument, NULL, OPT_FLIP },
	{ "bad-icmp", no_argument, NULL, OPT_BAD_ICMP },
	{ "short", no_argument, NULL, OPT_SHORT },
	{ "options", no_argument, NULL, OPT_OPTIONS },
	{ "fragment", no_argument, NULL, OPT_FRAGMENT },
	{ "extend", no_argument, NULL, OPT_EXTEND },
	{ "miss", required_argument, NULL, OPT_MISS },
	{ 0 },
};

static void take_option(struct request *r, enum option_id id)
{
	uint32_t n = optarg ? (uint32_t)strtoul(optarg, NULL, 0) : 0;

	switch (id) {
	case OPT_FROM: r->from = parse_address(optarg); break;
	case OPT_TO: r->to = parse_address(optarg); break;
	case OPT_SRC: r->src = parse_address(optarg); break;
	case OPT_DST: r->dst = parse_address(optarg); break;
	case OPT_FPORT: r->fport = (uint16_t)n; break;
	case OPT_TPORT: r->tport = (uint16_t)n; break;
	case OPT_SPORT: r->sport = (uint16_t)n; break;
	case OPT_DPORT: r->dport = (uint16_t)n; break;
	case OPT_TYPE: r->type = (uint8_t)n; break;
	case OPT_CODE: r->code = (uint8_t)n; break;
	case OPT_SEQ: r->seq = n; break;
	case OPT_ACK: r->ack = n; break;
	case OPT_ADD: r->add = (uint16_t)n; break;
	case OPT_TEXT: r->text = optarg; break;
	case OPT_QUOTE: r->quote = optarg; break;
	case OPT_FLIP: r->flip = true; break;
	case OPT_BAD_ICMP: r->bad_icmp = true; break;
	case OPT_SHORT: r->behind = 8; break;
	case OPT_BEHIND: r->behind = (long)n; break;
	case OPT_ID: r->id = (uint16_t)n; break;
	case OPT_TTL: r->ttl = (uint8_t)n; break;
	case OPT_PROTO: r->proto = (uint8_t)n; break;
	case OPT_FLAGS: r->flags = (uint8_t)n; break;
	case OPT_SUM:
		r->sum = SUM_PSEUDO;
		if (optarg && strcmp(optarg, "none") == 0)
			r->sum = SUM_NONE;
		break;
	case OPT_OPTIONS: r->options = true; break;
	case OPT_FRAGMENT: r->fragment = true; break;
	case OPT_EXTEND: r->extend = true; break;
	case OPT_MISS: r->misses = (uint16_t)n; break;
	}
}

int main(int argc, char **argv)
{
	struct packet p = { .len = 0 };
	struct request r = { .behind = -1 };
	const char *what = argc > 1 ? argv[1] : "";
	int c;

	if (argc < 2)
		usage("icmp, tcp, rst or udp");
	enter_netns();
	while ((c = getopt_long(argc - 1, argv + 1, "", options, NULL)) != -1) {
		if (c == '?')
			usage("unknown option");
		take_option(&r, (enum option_id)c);
	}
	if (strcmp(what, "udp") == 0) {
		r.from = r.src;
		r.to = r.dst;
	}
	if (!r.from.family || r.from.family != r.to.family)
		usage("--from and --to");
	for (; r.miss < r.misses; p.len = 0) {
		r.miss++;
		build_icmp(&p, &r);
		transmit(&p, &r.to);
	}
	if (r.misses)
		return 0;
	if (strcmp(what, "icmp") == 0)
		build_icmp(&p, &r);
	else if (strcmp(what, "tcp") == 0)
		build_tcp(&p, &r);
	else if (strcmp(what, "rst") == 0) {
		r.flags = TH_RST;
		build_tcp(&p, &r);
	} else if (strcmp(what, "udp") == 0 && r.text) {
		append_udp(&p, &r);
	} else {
		usage("icmp, tcp, rst or udp");
	}
	transmit(&p, &r.to);
	return 0;
}
