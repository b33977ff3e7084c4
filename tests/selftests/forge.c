// SPDX-License-Identifier: BSD-2-Clause
/*
 * forge: sends packets that an attacker, or a router of odd habits, could send.
 *
 *   forge icmp --from A --to A --type N --code N QUOTED [--bad-icmp]
 *       An ICMP or ICMPv6 error, quoting
 *         --quote HEX           exactly these bytes, from the IP header on, or
 *         --src A --sport N --dst A --dport N and
 *           --text TEXT         a UDP datagram; --flip: its checksum is wrong;
 *                               --add N: its length is N too large
 *           --seq N             a TCP segment's first 8 bytes
 *         --short               of UDP too, 8 bytes behind the IP header only
 *   forge rst --from A --fport N --to A --tport N --seq N [--ack N]
 *       A TCP reset.
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

#define PACKET_MAX 2048

struct address {
	int family;
	unsigned char bytes[16];
};

struct request {
	struct address from, to, src, dst;
	uint16_t fport, tport, sport, dport;
	uint8_t type, code;
	uint32_t seq, ack;
	uint16_t add;
	const char *text, *quote;
	bool flip, bad_icmp, cut;
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
	struct address a = { 0 };

	if (inet_pton(AF_INET, text, a.bytes) == 1)
		a.family = AF_INET;
	else if (inet_pton(AF_INET6, text, a.bytes) == 1)
		a.family = AF_INET6;
	else
		usage("not an address");
	return a;
}

static size_t address_len(const struct address *a)
{
	return a->family == AF_INET ? 4 : 16;
}

static void append(struct packet *p, const void *data, size_t len)
{
	if (len > PACKET_MAX - p->len)
		usage("packet too long");
	memcpy(p->data + p->len, data, len);
	p->len += len;
}

/* RFC 1071, not yet complemented or folded. */
static uint32_t sum(const void *data, size_t len, uint32_t acc)
{
	const unsigned char *b = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		acc += (uint32_t)(b[i] << 8 | b[i + 1]);
	if (len & 1)
		acc += (uint32_t)(b[len - 1] << 8);
	return acc;
}

static uint16_t fold(uint32_t acc)
{
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return htons((uint16_t)~acc);
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
	uh.uh_sum = transport_sum(&r->src, &r->dst, IPPROTO_UDP, udp.data,
				  udp.len);
	if (!uh.uh_sum)
		uh.uh_sum = 0xffff;
	if (r->flip)
		uh.uh_sum ^= htons(1);
	uh.uh_ulen = htons((uint16_t)(len + r->add));
	memcpy(udp.data, &uh, sizeof(uh));

	append_ip(p, &r->src, &r->dst, IPPROTO_UDP, len + r->add);
	append(p, udp.data, r->cut ? sizeof(uh) : udp.len);
}

static void append_tcp(struct packet *p, const struct request *r)
{
	struct tcphdr th = { 0 };

	th.th_sport = htons(r->sport);
	th.th_dport = htons(r->dport);
	th.th_seq = htonl(r->seq);
	append_ip(p, &r->src, &r->dst, IPPROTO_TCP, sizeof(th));
	append(p, &th, 8);
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

static void build_rst(struct packet *p, const struct request *r)
{
	struct tcphdr th = { 0 };

	th.th_sport = htons(r->fport);
	th.th_dport = htons(r->tport);
	th.th_seq = htonl(r->seq);
	th.th_ack = htonl(r->ack);
	th.th_off = sizeof(th) / 4;
	th.th_flags = (uint8_t)(TH_RST | (r->ack ? TH_ACK : 0));
	th.th_sum = transport_sum(&r->from, &r->to, IPPROTO_TCP, &th,
				  sizeof(th));
	append_ip(p, &r->from, &r->to, IPPROTO_TCP, sizeof(th));
	append(p, &th, sizeof(th));
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
	OPT_TEXT, OPT_QUOTE, OPT_FLIP, OPT_BAD_ICMP, OPT_SHORT,
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
	{ "flip", no_argument, NULL, OPT_FLIP },
	{ "bad-icmp", no_argument, NULL, OPT_BAD_ICMP },
	{ "short", no_argument, NULL, OPT_SHORT },
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
	case OPT_SHORT: r->cut = true; break;
	}
}

int main(int argc, char **argv)
{
	struct packet p = { .len = 0 };
	struct request r = { 0 };
	const char *what = argc > 1 ? argv[1] : "";
	int c;

	if (argc < 2)
		usage("icmp or rst");
	enter_netns();
	while ((c = getopt_long(argc - 1, argv + 1, "", options, NULL)) != -1) {
		if (c == '?')
			usage("unknown option");
		take_option(&r, (enum option_id)c);
	}
	if (!r.from.family || r.from.family != r.to.family)
		usage("--from and --to");
	if (strcmp(what, "icmp") == 0)
		build_icmp(&p, &r);
	else if (strcmp(what, "rst") == 0)
		build_rst(&p, &r);
	else
		usage("icmp or rst");
	transmit(&p, &r.to);
	return 0;
}
