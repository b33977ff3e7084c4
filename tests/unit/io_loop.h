/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs a ring until a condition holds, at most so long: the I/O tests' wait. */
#ifndef SIPOVER_TESTS_IO_LOOP_H
#define SIPOVER_TESTS_IO_LOOP_H

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* Operations of one kind (IORING_OP_*) that wait in the kernel, by its own word:
 * one armed twice shows here, whatever our counters say. */
static inline int io_armed(const struct ring *r, unsigned int opcode)
{
	char path[64], line[128];
	int n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d",
		 r->uring.ring_fd);
	f = fopen(path, "re");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		const char *op = strstr(line, " op=");

		n += op && strstr(op, ", task_works=") &&
		     strtoul(op + 4, NULL, 10) == opcode;
	}
	fclose(f);
	return n;
}

/* Fills the completion queue with no-ops, none of them handled: what completes
 * next overflows, and a multishot operation ends. */
static inline void io_fill(struct ring *r)
{
	unsigned int i, n;

	io_uring_submit(&r->uring);
	n = r->uring.cq.ring_entries - io_uring_cq_ready(&r->uring);
	for (i = 0; i < n; i++)
		io_uring_prep_nop(ring_sqe(r, ud_pack(RING_OP_NONE, 0, 0)));
	io_uring_submit(&r->uring);
}

/* Open descriptors of this process. */
static inline int io_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = -3;		/* ".", ".." and the directory itself */

	if (!dir)
		return -1;
	/* cppcheck-suppress readdirCalled ; one thread */
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

#endif /* SIPOVER_TESTS_IO_LOOP_H */
