// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* "count" of the ICMP table: three from one offender in ten seconds. */
#include "../tap.h"

#include "../../userspace/core/tally.h"

static struct addr host(const char *ip, uint16_t port)
{
	struct addr a;

	addr_parse(&a, ip, port, TRANSPORT_UDP);
	return a;
}

static bool add(struct tally *t, const char *ip, uint64_t count, uint64_t ms)
{
	struct addr a = host(ip, (uint16_t)ms);

	return tally_add(t, &a, count, (struct mono){ ms * 1000000 });
}

int main(void)
{
	struct tally t = { 0 };

	ok(!add(&t, "192.0.2.1", 1, 1000), "one is none");
	ok(!add(&t, "192.0.2.1", 1, 5000), "nor two");
	ok(add(&t, "192.0.2.1", 1, 10999), "three are enough, whatever port");
	ok(!add(&t, "192.0.2.1", 1, 11000), "then it begins anew");
	ok(add(&t, "192.0.2.1", 2, 11001), "a coalesced event counts fully");
	ok(add(&t, "192.0.2.1", UINT64_MAX, 12000), "however many it stands for");

	t = (struct tally){ 0 };
	add(&t, "192.0.2.1", 2, 0);
	ok(!add(&t, "192.0.2.1", 1, TALLY_MS), "ten seconds later they are over");
	ok(!add(&t, "192.0.2.1", 1, TALLY_MS + 1), "and the count is two");
	ok(!add(&t, "192.0.2.2", 1, TALLY_MS + 2), "another offender begins anew");
	ok(!add(&t, "2001:db8::1", 1, TALLY_MS + 3), "in another family too");
	ok(!add(&t, "192.0.2.2", 2, TALLY_MS + 4), "and forgets the one before");
	ok(!add(&t, "192.0.2.2", 0, TALLY_MS + 5), "an event of none counts none");
	ok(add(&t, "192.0.2.2", 1, TALLY_MS + 6), "the third of the same");
	return tap_done();
}
