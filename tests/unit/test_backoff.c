// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* W = min(max, base * 2^failures), a random 50..100 % of it. */
#include "../tap.h"

#include "../../userspace/core/backoff.h"

static void range(uint32_t base, uint32_t max, unsigned int failures,
		  uint32_t low, uint32_t high)
{
	struct rng rng = { 42 };
	uint32_t least = UINT32_MAX, most = 0;
	uint32_t span = high - low;

	for (int i = 0; i < 2000; i++) {
		uint32_t ms = backoff_ms(base, max, failures, &rng);

		if (ms < least)
			least = ms;
		if (ms > most)
			most = ms;
	}
	ok(least >= low && most <= high, "%u failures: within %u..%u (%u..%u)",
	   failures, low, high, least, most);
	ok(least <= low + span / 20 && most >= high - span / 20,
	   "%u failures: the whole range is used", failures);
}

int main(void)
{
	struct rng a = { 7 }, b = { 7 }, c = { 8 };

	range(30000, 1800000, 0, 15000, 30000);
	range(30000, 1800000, 1, 30000, 60000);
	range(30000, 1800000, 2, 60000, 120000);
	range(30000, 1800000, 5, 480000, 960000);
	range(30000, 1800000, 6, 900000, 1800000);
	range(30000, 1800000, 65535, 900000, 1800000);
	range(90000, 60000, 3, 30000, 60000);
	range(3000000000u, 4000000000u, 31, 2000000000u, 4000000000u);
	range(0, 0, 0, 1, 2);
	range(0, 1000, 4000000000u, 500, 1000);
	is_int(backoff_ms(30000, 1800000, 3, &a),
	       backoff_ms(30000, 1800000, 3, &b), "same seed, same pause");
	ok(backoff_ms(30000, 1800000, 3, &a) !=
	   backoff_ms(30000, 1800000, 3, &c), "another seed, another pause");
	return tap_done();
}
