// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

static int parse_v6(struct addr *a, const char *ip)
{
	uint8_t bin[16];

	if (inet_pton(AF_INET6, ip, bin) != 1)
		return -EINVAL;
	/* The stack sends to ::ffff:a.b.c.d by IPv4, and so does its evidence
	 * come back: one server must not have two addresses here. */
	if (memcmp(bin, v4_mapped, sizeof(v4_mapped)) == 0) {
		a->family = ADDR_V4;
		memcpy(a->ip, bin + sizeof(v4_mapped), 4);
		return 0;
	}
	a->family = ADDR_V6;
	memcpy(a->ip, bin, sizeof(bin));
	return 0;
}

int addr_parse(struct addr *a, const char *ip, uint16_t port,
	       enum transport transport)
{
	struct addr out = { .transport = (uint8_t)transport, .port = port };
	char bare[INET6_ADDRSTRLEN];
	size_t len = strlen(ip);

	if (ip[0] == '[') {
		if (len < 3 || ip[len - 1] != ']' || len - 2 >= sizeof(bare))
			return -EINVAL;
		memcpy(bare, ip + 1, len - 2);
		bare[len - 2] = '\0';
		if (parse_v6(&out, bare) < 0)
			return -EINVAL;
	} else if (inet_pton(AF_INET, ip, out.ip) == 1) {
		out.family = ADDR_V4;
	} else {
		/* inet_pton may have written before it failed. */
		memset(out.ip, 0, sizeof(out.ip));
		if (parse_v6(&out, ip) < 0)
			return -EINVAL;
	}
	*a = out;
	return 0;
}

bool addr_same_host(const struct addr *a, const struct addr *b)
{
	return a->family == b->family &&
	       memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Digits and a NUL; returns where that is.  An address is printed several times
 * in each message: not by way of printf. */
static char *put_number(char *to, unsigned int v)
{
	char digit[8];
	size_t n = 0;

	do
		digit[n++] = (char)('0' + v % 10);
	while (v /= 10);
	while (n)
		*to++ = digit[--n];
	*to = '\0';
	return to;
}

const char *addr_print_host(const struct addr *a, char buf[ADDR_STRLEN])
{
	char ip[INET6_ADDRSTRLEN] = "", *to = buf;

	if (a->family == ADDR_V4) {
		for (unsigned int i = 0; i < 4; i++) {
			if (i)
				*to++ = '.';
			to = put_number(to, a->ip[i]);
		}
	} else if (a->family == ADDR_V6) {
		inet_ntop(AF_INET6, a->ip, ip, sizeof(ip));
		snprintf(buf, ADDR_STRLEN, "[%s]", ip);
	} else {
		snprintf(buf, ADDR_STRLEN, "none");
	}
	return buf;
}

const char *addr_print(const struct addr *a, char buf[ADDR_STRLEN])
{
	size_t len = strlen(addr_print_host(a, buf));

	if (a->family != ADDR_NONE) {
		buf[len] = ':';
		put_number(buf + len + 1, a->port);
	}
	return buf;
}

const char *transport_via(enum transport t)
{
	switch (t) {
	case TRANSPORT_UDP:
		return "UDP";
	case TRANSPORT_TCP:
		return "TCP";
	case TRANSPORT_TLS:
		return "TLS";
	}
	return "?";
}

const char *transport_param(enum transport t)
{
	switch (t) {
	case TRANSPORT_UDP:
		return "udp";
	case TRANSPORT_TCP:
		return "tcp";
	case TRANSPORT_TLS:
		return "tls";
	}
	return "?";
}
