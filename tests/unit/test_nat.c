// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* core/nat: what received and rport tell. */
#include "../tap.h"

#include "../../userspace/core/nat.h"

static struct nat n;

static enum nat_change seen(const char *ip, uint16_t port, uint64_t s)
{
	struct addr a = { .family = ADDR_NONE };

	if (ip)
		addr_parse(&a, ip, port, TRANSPORT_UDP);
	return nat_seen(&n, &a, (struct mono){ s * 1000000000 });
}

int main(void)
{
	nat_init(&n);
	is_int(seen(NULL, 0, 0), NAT_SAME, "a Via that tells nothing");
	is_int(seen("192.0.2.1", 4000, 1), NAT_FIRST, "the first address");
	is_int(seen("192.0.2.1", 4000, 2), NAT_SAME, "the same");
	is_int(seen("192.0.2.1", 4001, 3), NAT_CHANGED, "another port");
	is_int(seen("192.0.2.2", 4001, 32), NAT_SAME,
	       "another address 29 s later is not believed");
	ok(n.seen.port == 4001 && n.seen.ip[3] == 1, "nor kept");
	is_int(seen("192.0.2.2", 4001, 33), NAT_CHANGED, "after 30 s it is");
	is_int(seen("2001:db8::1", 4001, 99), NAT_CHANGED,
	       "the family changes");
	return tap_done();
}
