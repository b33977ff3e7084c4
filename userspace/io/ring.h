/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one io_uring: set up with what the kernel offers (DEFER_TASKRUN,
 * SINGLE_ISSUER, COOP_TASKRUN, buffer rings, multishot; each falls back, down
 * to 5.10), one wait for submission and completion, handlers by operation, one
 * deadline.
 */
#ifndef SIPOVER_IO_RING_H
#define SIPOVER_IO_RING_H

#include <stdbool.h>
#include <stdint.h>

#include <liburing.h>

#include "../core/mono.h"
#include "user_data.h"

struct ring;

/* One completion, as a handler sees it. */
struct ring_cqe {
	int res;
	uint32_t flags;		/* IORING_CQE_F_* */
	uint32_t slot, gen;
};

typedef void (*ring_handler)(void *ctx, const struct ring_cqe *cqe);

struct ring_stats {
	uint64_t completions, enters, sq_full, cq_overflow, nobufs, rearms;
};

/* A completion taken out of the kernel's queue, not handled yet. */
struct ring_taken {
	uint64_t user_data;
	int32_t res;
	uint32_t flags;
};

struct ring {
	struct io_uring uring;
	ring_handler handler[RING_OPS];
	void *ctx[RING_OPS];
	bool multishot;			/* recvmsg multishot + buffer rings work */
	bool cqe_skip;			/* IOSQE_CQE_SKIP_SUCCESS (5.17) */
	bool stop;
	struct mono deadline;		/* what the agent asked for */
	struct mono armed;		/* what the kernel was told */
	int timer_fd;			/* CLOCK_BOOTTIME timerfd, polled by the ring */
	bool timer_polled;
	void (*expired)(void *ctx, struct mono now);
	void (*batch_end)(void *ctx);	/* after every batch of completions */
	/* When the loop would wait and later is set: all that was queued has
	 * been submitted, and no completion came of it. */
	void (*quiet)(void *ctx);
	bool later;			/* something wants quiet() */
	void *agent;			/* ctx of the three */
	struct ring_stats stats;
	uint64_t in_flight;		/* operations that still owe a completion */
	struct ring_taken *taken;	/* the batch being handled */
	uint32_t taken_at, taken_n, taken_max;
};

/* 0 or -errno, with a message to the log that says what refused it (seccomp,
 * memlock, kernel without io_uring) and what to do. */
int ring_open(struct ring *r, unsigned int entries);

/* Close whatever uses the ring first; waits (bounded) until the kernel has let
 * go of every buffer, so nothing may be freed under it. */
void ring_close(struct ring *r);

/* Completions of op go to fn(ctx); ctx must live until ring_close(). */
void ring_on(struct ring *r, enum ring_op op, ring_handler fn, void *ctx);

/* An SQE, submitting what is queued when the queue is full; never NULL while
 * the ring lives (aborts on a broken ring: our own bug). */
struct io_uring_sqe *ring_sqe(struct ring *r, uint64_t user_data);

/* An operation has ended whose completion the kernel did not post, as asked by
 * IOSQE_CQE_SKIP_SUCCESS. */
void ring_unposted(struct ring *r);

/* Submits now what is queued, for what should not wait for the end of the turn.
 * No completion is handled. */
void ring_submit(struct ring *r);

/* Makes room for n SQEs that must be submitted together (a chain). */
void ring_room(struct ring *r, unsigned int n);

/* Cancels the operation with that user_data; it still completes, in most cases
 * with -ECANCELED. */
void ring_cancel(struct ring *r, uint64_t user_data);

/* Asks that expired() be called once at this time (at once, from the loop, when
 * it has passed); MONO_NEVER: not.  Ask again after each call. */
void ring_set_deadline(struct ring *r, struct mono at);

/* Until ring_stop(); 0 or -errno.  Order in a turn: completions, expired() if
 * due, batch_end(), then one system call submits and waits; with later set, one
 * submits, and if nothing came back quiet() and another one wait.  Only the thread
 * that opened the ring may run it. */
int ring_run(struct ring *r);
void ring_stop(struct ring *r);

#endif /* SIPOVER_IO_RING_H */
