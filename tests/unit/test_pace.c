// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* A burst at once, then the rate with jitter; a rest fills the bucket. */
#include "../tap.h"

#include "../../userspace/core/pace.h"

#define S UINT64_C(1000000000)

/* How many begin until then when as many wait as can. */
static uint32_t run(struct pace *p, struct mono *now, uint64_t until,
		    uint64_t *least, uint64_t *most)
{
	uint64_t last = 0;
	uint32_t n = 0;

	*least = UINT64_MAX;
	*most = 0;
	while (now->ns < until) {
		while (pace_take(p, *now)) {
			uint64_t gap = now->ns - last;

			if (last && gap) {
				*least = gap < *least ? gap : *least;
				*most = gap > *most ? gap : *most;
			}
			last = now->ns;
			n++;
		}
		*now = pace_next(p);
	}
	return n;
}

int main(void)
{
	struct mono now = { 5 * S };
	uint64_t least, most;
	struct pace p, q;
	uint32_t n = 0;

	pace_init(&p, 100, 1);
	while (n < 1000 && pace_take(&p, now))
		n++;
	/* the jitter of the burst itself is part of the bucket */
	ok(n >= PACE_BURST - 4 && n <= PACE_BURST + 4, "a burst of %u at once",
	   n);
	ok(n >= 16, "no less than a phone has lines");
	ok(pace_next(&p).ns > now.ns &&
	   pace_next(&p).ns <= now.ns + 15 * S / 1000, "the next one soon");
	ok(!pace_take(&p, now), "and not before");

	now = pace_next(&p);
	n = run(&p, &now, 105 * S, &least, &most);
	ok(n >= 9800 && n <= 10200, "the rate is kept: %u in 100 s", n);
	ok(least >= 5 * S / 1000 && most <= 15 * S / 1000,
	   "gaps between 5 and 15 ms (%llu..%llu)", (unsigned long long)least,
	   (unsigned long long)most);
	ok(least < 55 * S / 10000 && most > 145 * S / 10000,
	   "the whole range is used");

	now.ns += 3 * S;
	for (n = 0; n < 1000 && pace_take(&p, now); n++)
		;
	ok(n >= PACE_BURST - 4 && n <= PACE_BURST + 4,
	   "after a rest a burst again, not more: %u", n);

	pace_init(&p, 0, 1);
	for (n = 0; n < 100000 && pace_take(&p, now); n++)
		;
	is_int(n, 100000, "rate 0: no limit");
	is_int(pace_next(&p).ns, 0, "and no wait");

	pace_init(&p, 100, 1);
	pace_init(&q, 100, 2);
	for (n = 0; n < 20; n++) {
		pace_take(&p, now);
		pace_take(&q, now);
	}
	ok(p.full.ns != q.full.ns, "another seed, other gaps");
	return tap_done();
}
