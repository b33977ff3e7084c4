// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "../tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "../../kmod/parse.h"

/* A message under construction; appending never overflows a test's needs. */
struct bytes {
	unsigned char data[1024];
	size_t len;
};

static void add(struct bytes *b, const void *data, size_t len)
{
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void add_zeros(struct bytes *b, size_t len)
{
	memset(b->data + b->len, 0, len);
	b->len += len;
}

static void add8(struct bytes *b, unsigned int value)
{
	b->data[b->len++] = value;
}

static void add16(struct bytes *b, unsigned int value)
{
	add8(b, value >> 8);
	add8(b, value & 0xff);
}

static void add_address(struct bytes *b, int family, const char *text)
{
	unsigned char addr[16];

	inet_pton(family, text, addr);
	add(b, addr, family == AF_INET ? 4 : 16);
}

static struct bytes icmp(int type, int code)
{
	struct bytes b = { .len = 0 };

	add8(&b, type);
	add8(&b, code);
	add_zeros(&b, 6);
	return b;
}

static void add_ip4(struct bytes *b, int proto, int options, int frag)
{
	add8(b, 0x40 | (5 + options));
	add8(b, 0);
	add16(b, 1500);
	add16(b, 0xbeef);
	add16(b, frag);
	add8(b, 64);
	add8(b, proto);
	add16(b, 0);
	add_address(b, AF_INET, "192.0.2.1");
	add_address(b, AF_INET, "198.51.100.7");
	add_zeros(b, options * 4);
}

static void add_ip6(struct bytes *b, int next)
{
	add8(b, 0x60);
	add_zeros(b, 3);
	add16(b, 500);
	add8(b, next);
	add8(b, 64);
	add_address(b, AF_INET6, "2001:db8::1");
	add_address(b, AF_INET6, "2001:db8:7::7");
}

static void add_udp(struct bytes *b, unsigned int len)
{
	add16(b, 5070);
	add16(b, 5060);
	add16(b, len);
	add16(b, 0x1234);
}

static enum sipover_parse parse(struct sipover_quote *q, int family,
				const struct bytes *b)
{
	/* From the heap, exactly as long: what reads beyond it is found. */
	unsigned char *copy = malloc(b->len ? b->len : 1);
	enum sipover_parse verdict;

	memcpy(copy, b->data, b->len);
	verdict = sipover_parse_icmp(q, family, copy, b->len, b->len);
	free(copy);
	return verdict;
}

static void test_v4_udp(void)
{
	struct bytes b = icmp(3, 3);
	struct sipover_quote q;

	add_ip4(&b, IPPROTO_UDP, 0, 0);
	add_udp(&b, 8 + 7);
	add(&b, "OPTIONS", 7);
	is_int(parse(&q, AF_INET, &b), SIPOVER_PARSE_OK, "v4 udp: accepted");
	is_int(q.family, AF_INET, "v4 udp: family");
	is_int(q.proto, IPPROTO_UDP, "v4 udp: protocol");
	is_int(q.icmp_type, 3, "v4 udp: type");
	is_int(q.icmp_code, 3, "v4 udp: code");
	ok(!memcmp(q.src, "\xc0\x00\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0", 16),
	   "v4 udp: source, zeros behind it");
	ok(!memcmp(q.dst, "\xc6\x33\x64\x07\0\0\0\0\0\0\0\0\0\0\0\0", 16),
	   "v4 udp: destination, zeros behind it");
	is_int(ntohs(q.sport), 5070, "v4 udp: source port");
	is_int(ntohs(q.dport), 5060, "v4 udp: destination port");
	is_int(q.udp_len, 15, "v4 udp: length");
	is_int(ntohs(q.udp_csum), 0x1234, "v4 udp: checksum");
	is_int(ntohs(q.ip_id), 0xbeef, "v4 udp: IP id");
	is_int(q.payload_off, 8 + 20 + 8, "v4 udp: payload offset");
	is_int(q.payload_len, 7, "v4 udp: payload length");
	ok(!memcmp(b.data + q.payload_off, "OPTIONS", 7), "v4 udp: payload");
}

static void test_v4_shapes(void)
{
	struct bytes b = icmp(3, 1);
	struct sipover_quote q;

	add_ip4(&b, IPPROTO_UDP, 10, 0);
	add_udp(&b, 500);
	is_int(parse(&q, AF_INET, &b), SIPOVER_PARSE_OK, "IP options");
	is_int(ntohs(q.dport), 5060, "IP options: ports behind them");
	is_int(q.payload_len, 0, "8 bytes quoted: no payload");
	is_int(q.udp_len, 500, "8 bytes quoted: length of the datagram");

	b = icmp(3, 1);
	add_ip4(&b, IPPROTO_UDP, 0, 0x2000);
	add_udp(&b, 3008);
	add_zeros(&b, 100);
	is_int(parse(&q, AF_INET, &b), SIPOVER_PARSE_OK, "first fragment");
	is_int(q.udp_len, 3008, "first fragment: length of the datagram");
	is_int(q.payload_len, 100, "first fragment: payload that is there");

	b = icmp(3, 1);
	add_ip4(&b, IPPROTO_UDP, 0, 0x00b9);
	add_zeros(&b, 100);
	is_int(parse(&q, AF_INET, &b), SIPOVER_PARSE_FRAGMENT,
	       "other fragment");

	b = icmp(3, 3);
	add_ip4(&b, IPPROTO_TCP, 0, 0);
	add16(&b, 40000);
	add16(&b, 5060);
	add16(&b, 0xdead);
	add16(&b, 0xbeef);
	is_int(parse(&q, AF_INET, &b), SIPOVER_PARSE_OK, "TCP, 8 bytes");
	is_int(q.tcp_seq, 0xdeadbeefu, "TCP: sequence number");
	is_int(ntohs(q.sport), 40000, "TCP: source port");
	is_int(q.payload_len, 0, "TCP: no payload");

	b = icmp(3, 3);
	add_ip4(&b, IPPROTO_ICMP, 0, 0);
	add_zeros(&b, 8);
	is_int(parse(&q, AF_INET, &b), SIPOVER_PARSE_OTHER, "quotes ICMP");
}

static void test_v4_bad(void)
{
	struct bytes b = icmp(3, 3);
	struct sipover_quote q;

	add_ip4(&b, IPPROTO_UDP, 0, 0);
	add_udp(&b, 7);
	is_int(parse(&q, AF_INET, &b), SIPOVER_PARSE_MALFORMED,
	       "UDP length below its header");
	b.data[8] = 0x44;
	is_int(parse(&q, AF_INET, &b), SIPOVER_PARSE_MALFORMED,
	       "header length below 20");
	b.data[8] = 0x65;
	is_int(parse(&q, AF_INET, &b), SIPOVER_PARSE_MALFORMED,
	       "version 6 in ICMP");
	b.data[8] = 0x4f;
	is_int(parse(&q, AF_INET, &b), SIPOVER_PARSE_SHORT,
	       "header length beyond the end");
	is_int(sipover_parse_icmp(&q, AF_INET, b.data, b.len, b.len - 1),
	       SIPOVER_PARSE_MALFORMED, "more at hand than there is");
	is_int(sipover_parse_icmp(&q, AF_UNIX, b.data, b.len, b.len),
	       SIPOVER_PARSE_NOT_ERROR, "other family");
	is_int(sipover_parse_packet(&q, AF_INET, b.data, b.len, b.len - 1),
	       SIPOVER_PARSE_MALFORMED, "a packet: more at hand than there is");
	is_int(sipover_parse_packet(&q, AF_UNIX, b.data, b.len, b.len),
	       SIPOVER_PARSE_OTHER, "a packet of another family");
}

/* Every length from nothing on: never beyond the end, accepted from 36 on. */
static void test_truncated(void)
{
	struct bytes b = icmp(3, 3), cut;
	struct sipover_quote q;
	size_t n, wrong = 0;

	add_ip4(&b, IPPROTO_UDP, 0, 0);
	add_udp(&b, 8 + 4);
	add(&b, "ABCD", 4);
	for (n = 0; n <= b.len; n++) {
		cut = b;
		cut.len = n;
		if ((parse(&q, AF_INET, &cut) == SIPOVER_PARSE_OK) != (n >= 36))
			wrong++;
		wrong += n >= 36 && q.payload_len != n - 36;
	}
	is_int(wrong, 0, "v4: cut off at every length");

	b = icmp(1, 4);
	add_ip6(&b, IPPROTO_UDP);
	add_udp(&b, 8 + 4);
	add(&b, "ABCD", 4);
	for (n = 0, wrong = 0; n <= b.len; n++) {
		cut = b;
		cut.len = n;
		if ((parse(&q, AF_INET6, &cut) == SIPOVER_PARSE_OK) !=
		    (n >= 56))
			wrong++;
	}
	is_int(wrong, 0, "v6: cut off at every length");
}

static void test_captured(void)
{
	struct bytes b = icmp(3, 3);
	struct sipover_quote q;

	add_ip4(&b, IPPROTO_UDP, 0, 0);
	add_udp(&b, 8 + 700);
	is_int(sipover_parse_icmp(&q, AF_INET, b.data, b.len, 576),
	       SIPOVER_PARSE_OK, "only the headers captured");
	is_int(q.payload_len, 576 - 36, "payload that the message has");
}

/* RFC 4884: length in 32-bit words (v4), 64-bit words (v6); extensions behind */
static void test_rfc4884(void)
{
	struct bytes b = icmp(3, 3);
	struct sipover_quote q;

	b.data[5] = 128 / 4;
	add_ip4(&b, IPPROTO_UDP, 0, 0);
	add_udp(&b, 8 + 300);
	add_zeros(&b, 100);
	add(&b, "extension object", 16);
	is_int(parse(&q, AF_INET, &b), SIPOVER_PARSE_OK, "v4 extensions");
	is_int(q.payload_len, 100, "v4 extensions are not payload");

	b = icmp(3, 3);
	b.data[5] = 128 / 4;
	add_ip4(&b, IPPROTO_UDP, 0, 0);
	add_udp(&b, 8 + 5);
	add(&b, "HELLO", 5);
	add_zeros(&b, 95 + 16);
	parse(&q, AF_INET, &b);
	is_int(q.payload_len, 5, "v4 padding is not payload");

	b = icmp(1, 4);
	b.data[4] = 128 / 8;
	add_ip6(&b, IPPROTO_UDP);
	add_udp(&b, 8 + 300);
	add_zeros(&b, 80);
	add(&b, "extension object", 16);
	is_int(parse(&q, AF_INET6, &b), SIPOVER_PARSE_OK, "v6 extensions");
	is_int(q.payload_len, 80, "v6 extensions are not payload");

	b = icmp(3, 3);
	b.data[5] = 3;
	add_ip4(&b, IPPROTO_UDP, 0, 0);
	add_udp(&b, 8 + 50);
	add_zeros(&b, 50);
	is_int(parse(&q, AF_INET, &b), SIPOVER_PARSE_OK,
	       "length below the minimum is ignored");
	is_int(q.payload_len, 50, "and everything is the quote");
}

static void test_v6(void)
{
	struct bytes b = icmp(1, 4);
	struct sipover_quote q;
	unsigned char want[16];

	add_ip6(&b, IPPROTO_UDP);
	add_udp(&b, 8 + 3);
	add(&b, "BYE", 3);
	is_int(parse(&q, AF_INET6, &b), SIPOVER_PARSE_OK, "v6 udp: accepted");
	is_int(q.family, AF_INET6, "v6 udp: family");
	inet_pton(AF_INET6, "2001:db8::1", want);
	ok(!memcmp(q.src, want, 16), "v6 udp: source");
	inet_pton(AF_INET6, "2001:db8:7::7", want);
	ok(!memcmp(q.dst, want, 16), "v6 udp: destination");
	is_int(ntohs(q.dport), 5060, "v6 udp: destination port");
	is_int(q.ip_id, 0, "v6 udp: no IP id");
	is_int(q.payload_off, 8 + 40 + 8, "v6 udp: payload offset");
	is_int(q.payload_len, 3, "v6 udp: payload length");
}

static void test_v6_extensions(void)
{
	struct bytes b = icmp(1, 4);
	struct sipover_quote q;
	int i;

	add_ip6(&b, 0);
	add(&b, "\x3c\x00\0\0\0\0\0\0", 8);		/* hop-by-hop */
	add(&b, "\x2c\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16); /* destination */
	add(&b, "\x11\x00\x00\x01\0\0\0\x07", 8);	/* first fragment */
	add_udp(&b, 2000);
	is_int(parse(&q, AF_INET6, &b), SIPOVER_PARSE_OK, "v6: three headers");
	is_int(ntohs(q.sport), 5070, "v6: ports behind three headers");
	is_int(q.payload_off, 8 + 40 + 32 + 8, "v6: payload behind them");

	b = icmp(1, 4);
	add_ip6(&b, 44);
	add(&b, "\x11\x00\x05\xa9\0\0\0\x07", 8);
	add_zeros(&b, 100);
	is_int(parse(&q, AF_INET6, &b), SIPOVER_PARSE_FRAGMENT,
	       "v6: other fragment");

	b = icmp(1, 4);
	add_ip6(&b, 43);
	add(&b, "\x11\x02\x00\x01", 4);
	add_zeros(&b, 20);
	add_udp(&b, 100);
	is_int(parse(&q, AF_INET6, &b), SIPOVER_PARSE_OTHER,
	       "v6: routing header that is not through");
	b.data[8 + 40 + 3] = 0;
	is_int(parse(&q, AF_INET6, &b), SIPOVER_PARSE_OK,
	       "v6: routing header that is through");

	b = icmp(1, 4);
	add_ip6(&b, 51);
	add(&b, "\x11\x04", 2);
	add_zeros(&b, 22);
	add_udp(&b, 100);
	is_int(parse(&q, AF_INET6, &b), SIPOVER_PARSE_OK,
	       "v6: authentication header, its own unit");

	b = icmp(1, 4);
	add_ip6(&b, 60);
	for (i = 0; i < 12; i++)
		add(&b, "\x3c\x00\0\0\0\0\0\0", 8);
	is_int(parse(&q, AF_INET6, &b), SIPOVER_PARSE_MALFORMED,
	       "v6: headers without end");

	b = icmp(1, 4);
	add_ip6(&b, 60);
	add(&b, "\x11\xff\0\0\0\0\0\0", 8);
	is_int(parse(&q, AF_INET6, &b), SIPOVER_PARSE_SHORT,
	       "v6: header longer than the quote");
}

static void test_not_errors(void)
{
	static const int v4[] = { 0, 4, 5, 8, 13, 255 };
	static const int v6[] = { 0, 5, 128, 135, 137, 255 };
	struct sipover_quote q;
	struct bytes b;
	size_t i;

	for (i = 0; i < sizeof(v4) / sizeof(v4[0]); i++) {
		b = icmp(v4[i], 0);
		add_ip4(&b, IPPROTO_UDP, 0, 0);
		add_udp(&b, 8);
		is_int(parse(&q, AF_INET, &b), SIPOVER_PARSE_NOT_ERROR,
		       "ICMP type %d is no error", v4[i]);
	}
	for (i = 0; i < sizeof(v6) / sizeof(v6[0]); i++) {
		b = icmp(v6[i], 0);
		add_ip6(&b, IPPROTO_UDP);
		add_udp(&b, 8);
		is_int(parse(&q, AF_INET6, &b), SIPOVER_PARSE_NOT_ERROR,
		       "ICMPv6 type %d is no error", v6[i]);
	}
}

/* Seeded: the same bytes every time. */
static void test_noise(void)
{
	unsigned int seed = 1, round, wrong = 0;
	struct sipover_quote q;
	struct bytes b;
	size_t i;

	for (round = 0; round < 200000; round++) {
		int family = round & 1 ? AF_INET6 : AF_INET;

		b = icmp(family == AF_INET ? 3 : 1, 0);
		seed = seed * 1103515245 + 12345;
		b.len = 8 + (seed >> 16) % 120;
		for (i = 4; i < b.len; i++) {
			seed = seed * 1103515245 + 12345;
			b.data[i] = seed >> 16;
		}
		/* Half of them with a header that lets them in. */
		if (round & 2 && b.len > 60) {
			b.data[8] = family == AF_INET ? 0x45 : 0x60;
			b.data[family == AF_INET ? 17 : 14] = IPPROTO_UDP;
		}
		if (parse(&q, family, &b) == SIPOVER_PARSE_OK &&
		    q.payload_len &&
		    q.payload_off + q.payload_len > b.len)
			wrong++;
	}
	is_int(wrong, 0, "noise: no payload beyond the end");
}

int main(void)
{
	test_v4_udp();
	test_v4_shapes();
	test_v4_bad();
	test_truncated();
	test_captured();
	test_rfc4884();
	test_v6();
	test_v6_extensions();
	test_not_errors();
	test_noise();
	return tap_done();
}
