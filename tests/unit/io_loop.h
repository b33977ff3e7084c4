/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs a ring until a condition holds, at most so long: the I/O tests' wait. */
#ifndef SIPOVER_TESTS_IO_LOOP_H
#define SIPOVER_TESTS_IO_LOOP_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/ring.h"

#define IO_LOOP_MS 5000

static struct {
	struct ring *ring;
	bool (*done)(void);
	bool late;
} io_loop;

static inline void io_loop_turn(void *ctx)
{
	(void)ctx;
	if (io_loop.done())
		ring_stop(io_loop.ring);
}

static inline void io_loop_late(void *ctx, struct mono now)
{
	(void)ctx;
	(void)now;
	io_loop.late = true;
	ring_stop(io_loop.ring);
}

/* True: done() held in time. */
static inline bool io_until(struct ring *r, bool (*done)(void))
{
	int ret;

	if (done())
		return true;
	io_loop.ring = r;
	io_loop.done = done;
	io_loop.late = false;
	r->batch_end = io_loop_turn;
	r->expired = io_loop_late;
	ring_set_deadline(r, mono_add_ms(clock_now(), IO_LOOP_MS));
	ret = ring_run(r);
	ring_set_deadline(r, MONO_NEVER);
	r->batch_end = NULL;
	r->expired = NULL;
	return !ret && !io_loop.late;
}

static inline bool io_loop_never(void)
{
	return false;
}

/* Handles what comes within ms, for "nothing more happens". */
static inline void io_for(struct ring *r, uint64_t ms)
{
	io_loop.ring = r;
	io_loop.done = io_loop_never;
	r->batch_end = io_loop_turn;
	r->expired = io_loop_late;
	ring_set_deadline(r, mono_add_ms(clock_now(), ms));
	ring_run(r);
	ring_set_deadline(r, MONO_NEVER);
	r->batch_end = NULL;
	r->expired = NULL;
}

#endif /* SIPOVER_TESTS_IO_LOOP_H */
