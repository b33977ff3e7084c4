// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "../tap.h"

#include "../../userspace/core/rng.h"
#include "../../userspace/core/timerq.h"

#define N 200

static struct timerq_entry heap[N];
static uint32_t pos[N];
static struct timerq q;

static struct mono at(uint64_t ns)
{
	return (struct mono){ ns };
}

static void test_order(void)
{
	static const uint64_t when[] = { 50, 10, 40, 10, 30, 20 };
	static const uint32_t want[] = { 1, 3, 5, 4, 2, 0 };
	uint32_t id, i;

	timerq_init(&q, heap, pos, N);
	ok(mono_is_never(timerq_next(&q)), "empty: never");
	ok(!timerq_pop_due(&q, MONO_NEVER, &id), "nothing to pop");
	for (i = 0; i < 6; i++)
		timerq_set(&q, i, at(when[i]));
	is_int(timerq_next(&q).ns, 10, "the earliest");
	ok(!timerq_pop_due(&q, at(9), &id), "not yet");
	for (i = 0; i < 6; i++) {
		id = N;
		ok(timerq_pop_due(&q, at(1000), &id), "due");
		is_int(id, want[i], "in order, equal ones by id");
	}
	is_int(q.n, 0, "empty again");
}

static void test_move(void)
{
	uint32_t id;

	timerq_init(&q, heap, pos, N);
	timerq_set(&q, 7, at(100));
	timerq_set(&q, 8, at(200));
	timerq_set(&q, 8, at(50));
	is_int(timerq_next(&q).ns, 50, "moved forward");
	timerq_set(&q, 8, at(300));
	is_int(timerq_next(&q).ns, 100, "moved back");
	is_int(q.n, 2, "still two");
	timerq_set(&q, 7, MONO_NEVER);
	is_int(timerq_next(&q).ns, 300, "cancelled");
	timerq_set(&q, 7, MONO_NEVER);
	is_int(q.n, 1, "cancelling twice is nothing");
	timerq_set(&q, N, at(1));
	timerq_set(&q, UINT32_MAX, at(1));
	is_int(q.n, 1, "an id that is none is nothing");
	ok(timerq_pop_due(&q, at(300), &id) && id == 8, "due at its time");
	ok(!timerq_pop_due(&q, at(300), &id), "once");
}

/* Against the simplest queue there is. */
static void test_random(void)
{
	struct rng rng = { .state = 7 };
	uint64_t model[N];
	unsigned int i, wrong = 0, pops = 0;
	uint64_t now = 0;

	timerq_init(&q, heap, pos, N);
	for (i = 0; i < N; i++)
		model[i] = UINT64_MAX;
	for (i = 0; i < 60000; i++) {
		uint32_t id = rng_below(&rng, N), k, best = N, got;
		uint64_t t = now + rng_below(&rng, 500);

		if (rng_below(&rng, 8) == 0)
			t = UINT64_MAX;
		timerq_set(&q, id, at(t));
		model[id] = t;
		if (i % 1000 > 500)
			now += rng_below(&rng, 12);
		for (;;) {
			best = N;
			for (k = 0; k < N; k++)
				if (model[k] != UINT64_MAX &&
				    (best == N || model[k] < model[best]))
					best = k;
			wrong += timerq_next(&q).ns !=
				 (best == N ? UINT64_MAX : model[best]);
			if (best == N || model[best] > now)
				break;
			got = N;
			wrong += !timerq_pop_due(&q, at(now), &got) ||
				 got != best;
			model[best] = UINT64_MAX;
			pops++;
		}
		wrong += timerq_pop_due(&q, at(now), &got);
	}
	is_int(wrong, 0, "as the model, 60000 operations");
	ok(pops > 5000, "%u were due", pops);
}

static void test_full(void)
{
	uint32_t i, id, last = 0, wrong = 0;

	timerq_init(&q, heap, pos, N);
	for (i = 0; i < N; i++)
		timerq_set(&q, i, at(1000 - i));
	is_int(q.n, N, "every id at once");
	for (i = 0; i < N; i++) {
		wrong += !timerq_pop_due(&q, at(1000), &id);
		wrong += id != N - 1 - i;
		last = id;
	}
	is_int(wrong, 0, "all come out, latest set first");
	is_int(last, 0, "to the last one");
}

/* A deadline beyond the end of time must not come back as one in the past. */
static void test_mono(void)
{
	is_int(mono_add_ms(at(5), 2).ns, 2000005, "5 ns and 2 ms");
	ok(mono_is_never(mono_add_ms(at(2000000), UINT64_MAX / 1000000)),
	   "later than the end of time is never");
	is_int(mono_add_ms(at(0), UINT64_MAX / 1000000).ns,
	       UINT64_MAX / 1000000 * 1000000, "the last millisecond is not");
	ok(mono_is_never(mono_add_ms(MONO_NEVER, 1)), "never stays never");
	ok(!mono_due(MONO_NEVER, at(UINT64_MAX - 1)), "and is never due");
	is_int(mono_min(at(3), MONO_NEVER).ns, 3, "anything is before never");
	is_int(mono_min(MONO_NEVER, at(3)).ns, 3, "either way");
	is_int(mono_us_since(at(1000), at(6999)), 5, "whole microseconds");
	is_int(mono_us_since(at(2), at(1)), 0, "none back in time");
}

int main(void)
{
	test_mono();
	test_order();
	test_move();
	test_random();
	test_full();
	return tap_done();
}
