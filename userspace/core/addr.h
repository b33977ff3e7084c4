/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transport address as a value: family, transport, IP address, port.
 * Equal addresses are equal bytes (unused bytes are zero), so that they can be
 * hashed and compared with memcmp.
 */
#ifndef SIPOVER_CORE_ADDR_H
#define SIPOVER_CORE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum addr_family {
	ADDR_NONE,
	ADDR_V4,
	ADDR_V6,
};

enum transport {
	TRANSPORT_UDP,
	TRANSPORT_TCP,
	TRANSPORT_TLS,
};

struct addr {
	uint8_t family;		/* enum addr_family */
	uint8_t transport;	/* enum transport */
	uint16_t port;		/* host order; 0: none */
	uint8_t ip[16];		/* network order; IPv4 in the first four */
};

/* "[2001:db8::1]:65535" and its NUL */
#define ADDR_STRLEN 56

/* Parses an IPv4 or IPv6 literal (IPv6 with or without []); 0 or -EINVAL.
 * ::ffff:192.0.2.1 becomes the IPv4 address. */
int addr_parse(struct addr *a, const char *ip, uint16_t port,
	       enum transport transport);

bool addr_equal(const struct addr *a, const struct addr *b);

/* The same IP address, whatever port and transport. */
bool addr_same_host(const struct addr *a, const struct addr *b);

/* "192.0.2.1:5060", "[2001:db8::1]:5060", "none"; returns buf. */
const char *addr_print(const struct addr *a, char buf[ADDR_STRLEN]);

/* The host part as in a SIP URI: IPv6 in [], no port; returns buf. */
const char *addr_print_host(const struct addr *a, char buf[ADDR_STRLEN]);

/* "UDP", "TCP", "TLS" (Via) and "udp", "tcp", "tls" (URI parameter). */
const char *transport_via(enum transport t);
const char *transport_param(enum transport t);

#endif /* SIPOVER_CORE_ADDR_H */
