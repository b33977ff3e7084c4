// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "../tap.h"

#include <errno.h>

#include "../../userspace/core/addr.h"

static void test_good(void)
{
	static const struct {
		const char *in;
		uint16_t port;
		const char *out, *host;
		uint8_t family;
	} c[] = {
		{ "192.0.2.1", 5060, "192.0.2.1:5060", "192.0.2.1", ADDR_V4 },
		{ "0.0.0.0", 0, "0.0.0.0:0", "0.0.0.0", ADDR_V4 },
		{ "2001:db8::1", 5060, "[2001:db8::1]:5060", "[2001:db8::1]",
		  ADDR_V6 },
		{ "[2001:DB8:0::1]", 5061, "[2001:db8::1]:5061",
		  "[2001:db8::1]", ADDR_V6 },
		{ "::", 1, "[::]:1", "[::]", ADDR_V6 },
		{ "2001:db8:1111:2222:3333:4444:5555:6666", 65535,
		  "[2001:db8:1111:2222:3333:4444:5555:6666]:65535",
		  "[2001:db8:1111:2222:3333:4444:5555:6666]", ADDR_V6 },
		{ "::ffff:192.0.2.1", 5060, "192.0.2.1:5060", "192.0.2.1",
		  ADDR_V4 },
		{ "[::ffff:c000:201]", 5060, "192.0.2.1:5060", "192.0.2.1",
		  ADDR_V4 },
	};
	char buf[ADDR_STRLEN];
	struct addr a;
	size_t i;

	for (i = 0; i < sizeof(c) / sizeof(*c); i++) {
		memset(&a, 0xaa, sizeof(a));
		is_int(addr_parse(&a, c[i].in, c[i].port, TRANSPORT_TCP), 0,
		       "%s", c[i].in);
		is_int(a.family, c[i].family, "its family");
		is_int(a.transport, TRANSPORT_TCP, "its transport");
		is_str(addr_print(&a, buf), c[i].out, "printed");
		is_str(addr_print_host(&a, buf), c[i].host, "as a host");
	}
}

static void test_bad(void)
{
	static const char *const in[] = {
		"", "[", "[]", "]", "[::1", "::1]", "192.0.2", "192.0.2.256",
		"192.0.2.1 ", " 192.0.2.1", "192.0.2.1:5060", "[192.0.2.1]",
		"[::1]:5060", "192.0.2.01", "fe80::1%eth0", "example.org",
		"1:2:3:4:5:6:7:8:9", "[[::1]]", "0x7f.1",
		"[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:c]",
	};
	struct addr a, before;
	size_t i;

	memset(&before, 0x55, sizeof(before));
	for (i = 0; i < sizeof(in) / sizeof(*in); i++) {
		a = before;
		is_int(addr_parse(&a, in[i], 5060, TRANSPORT_UDP), -EINVAL,
		       "refused: '%s'", in[i]);
		ok(addr_equal(&a, &before), "and nothing is written");
	}
}

static void test_equal(void)
{
	struct addr a, b;

	memset(&a, 0xff, sizeof(a));
	memset(&b, 0x00, sizeof(b));
	addr_parse(&a, "192.0.2.1", 5060, TRANSPORT_UDP);
	addr_parse(&b, "::ffff:192.0.2.1", 5060, TRANSPORT_UDP);
	ok(addr_equal(&a, &b), "equal whatever was there before");
	addr_parse(&b, "192.0.2.1", 5061, TRANSPORT_UDP);
	ok(!addr_equal(&a, &b), "another port");
	addr_parse(&b, "192.0.2.1", 5060, TRANSPORT_TCP);
	ok(!addr_equal(&a, &b), "another transport (R-25)");
	addr_parse(&b, "192.0.2.2", 5060, TRANSPORT_UDP);
	ok(!addr_equal(&a, &b), "another address");
	is_int(sizeof(struct addr), 20, "no padding to compare");
}

int main(void)
{
	struct addr none = { .family = ADDR_NONE };
	char buf[ADDR_STRLEN];

	test_good();
	test_bad();
	test_equal();
	is_str(addr_print(&none, buf), "none", "no address");
	is_str(transport_via(TRANSPORT_UDP), "UDP", "Via");
	is_str(transport_via(TRANSPORT_TCP), "TCP", "Via");
	is_str(transport_via(TRANSPORT_TLS), "TLS", "Via");
	is_str(transport_param(TRANSPORT_UDP), "udp", "URI parameter");
	is_str(transport_param(TRANSPORT_TCP), "tcp", "URI parameter");
	is_str(transport_param(TRANSPORT_TLS), "tls", "URI parameter");
	is_str(transport_via(99), "?", "one that is none");
	is_str(transport_param(99), "?", "one that is none");
	return tap_done();
}
