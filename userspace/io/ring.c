// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "ring.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

#define RING_PROBE_GROUP 1
#define RING_PROBE_BUF 256
#define RING_CLOSE_WAIT_MS 1000

/*
 * Best first.  DEFER_TASKRUN (6.1): completions are made only inside our own
 * wait, so a handler is never interrupted by task work, and one wake-up brings
 * the whole batch; it wants SINGLE_ISSUER.  COOP_TASKRUN (5.19): no
 * inter-processor interrupt for a completion.  Without either: 5.10.
 */
static const unsigned int ring_flags[] = {
	IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
		IORING_SETUP_COOP_TASKRUN,
	IORING_SETUP_COOP_TASKRUN,
	0,
};

static int ring_setup(struct io_uring *uring, unsigned int entries,
		      bool own_cq)
{
	int ret = -EINVAL;
	size_t i;

	for (i = 0; i < sizeof(ring_flags) / sizeof(ring_flags[0]); i++) {
		struct io_uring_params p;

		memset(&p, 0, sizeof(p));
		p.flags = ring_flags[i] | IORING_SETUP_CLAMP;
		if (own_cq) {
			/* One submission of a multishot completes often. */
			p.flags |= IORING_SETUP_CQSIZE;
			p.cq_entries = 4 * entries;
		}
		ret = io_uring_queue_init_params(entries, uring, &p);
		if (ret != -EINVAL)
			break;
	}
	return ret;
}

static void ring_explain(int error)
{
	const char *why;

	switch (-error) {
	case ENOSYS:
		why = "this kernel has no io_uring: Linux 5.10 or later with "
		      "CONFIG_IO_URING is needed";
		break;
	case EPERM:
	case EACCES:
		why = "forbidden: allow the io_uring_* system calls in the seccomp "
		      "filter and set sysctl kernel.io_uring_disabled to 0";
		break;
	case ENOMEM:
		why = "no memory to lock: raise RLIMIT_MEMLOCK (LimitMEMLOCK= in "
		      "the unit)";
		break;
	case EMFILE:
	case ENFILE:
		why = "no file descriptor left: raise RLIMIT_NOFILE";
		break;
	default:
		why = "unexpected";
		break;
	}
	log_error("ring refused error=%d (%s): %s", -error, strerror(-error),
		  why);
}

/* One buffer offered to one multishot recvmsg with one datagram waiting. */
static bool ring_probe_receive(struct io_uring *uring, int fd)
{
	struct io_uring_cqe *cqe;
	struct io_uring_sqe *sqe = io_uring_get_sqe(uring);
	struct msghdr msg;
	bool works;

	memset(&msg, 0, sizeof(msg));
	io_uring_prep_recvmsg_multishot(sqe, fd, &msg, 0);
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = RING_PROBE_GROUP;
	if (io_uring_submit_and_wait(uring, 1) < 0 ||
	    io_uring_peek_cqe(uring, &cqe))
		return false;
	works = cqe->res > 0 && (cqe->flags & IORING_CQE_F_BUFFER);
	io_uring_cqe_seen(uring, cqe);
	return works;
}

/*
 * Whether multishot recvmsg and buffer rings work (6.0) is tried out on a ring
 * of its own: neither has a feature bit, and distributions backport.
 */
static bool ring_probe_multishot(void)
{
	/* Static: the kernel may let go of them a moment after the ring. */
	static _Alignas(4096) struct io_uring_buf bufs[1];
	static char buf[RING_PROBE_BUF];
	struct io_uring_buf_ring *br = (struct io_uring_buf_ring *)bufs;
	struct io_uring_buf_reg reg;
	struct io_uring uring;
	bool works = false;
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sv))
		return false;
	if (ring_setup(&uring, 4, false))
		goto close_pair;
	memset(&reg, 0, sizeof(reg));
	reg.ring_addr = (uintptr_t)br;
	reg.ring_entries = 1;
	reg.bgid = RING_PROBE_GROUP;
	if (io_uring_register_buf_ring(&uring, &reg, 0))
		goto exit_ring;
	io_uring_buf_ring_init(br);
	io_uring_buf_ring_add(br, buf, sizeof(buf), 0, 0, 0);
	io_uring_buf_ring_advance(br, 1);
	if (send(sv[1], "x", 1, 0) == 1)
		works = ring_probe_receive(&uring, sv[0]);
exit_ring:
	io_uring_queue_exit(&uring);
close_pair:
	close(sv[0]);
	close(sv[1]);
	return works;
}

static void ring_timer_fired(void *ctx, const struct ring_cqe *cqe)
{
	struct ring *r = ctx;

	/* The loop compares the deadline with the clock in every turn, so
	 * nothing is left to do here; the timer is never read, since setting
	 * it anew also clears it. */
	r->timer_polled = false;
	r->armed = MONO_NEVER;
	if (cqe->res < 0 && cqe->res != -ECANCELED)
		log_error("ring timer error=%d (%s)", -cqe->res,
			  strerror(-cqe->res));
}

int ring_open(struct ring *r, unsigned int entries)
{
	int ret;

	memset(r, 0, sizeof(*r));
	r->deadline = MONO_NEVER;
	r->armed = MONO_NEVER;
	r->timer_fd = -1;
	ret = ring_setup(&r->uring, entries, true);
	if (ret) {
		ring_explain(ret);
		return ret;
	}
	if (!(r->uring.features & IORING_FEAT_NODROP) ||
	    !(r->uring.features & IORING_FEAT_FAST_POLL)) {
		log_error("ring refused: this kernel's io_uring is too old, "
			  "Linux 5.10 or later is needed");
		ret = -ENOSYS;
		goto exit_ring;
	}
	/* Room for a full queue twice over: ring_sqe() empties it once more
	 * when an old kernel refuses to submit into a full one. */
	r->taken_max = 2 * r->uring.cq.ring_entries;
	r->taken = calloc(r->taken_max, sizeof(*r->taken));
	if (!r->taken) {
		ret = -ENOMEM;
		goto exit_ring;
	}
	/* A timerfd, not IORING_OP_TIMEOUT: that has CLOCK_BOOTTIME only from
	 * 5.15 on, and a phone's suspend must count. */
	r->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (r->timer_fd < 0) {
		ret = -errno;
		ring_explain(ret);
		goto free_taken;
	}
	ring_on(r, RING_OP_TIMER, ring_timer_fired, r);
	r->multishot = ring_probe_multishot();
	r->cqe_skip = r->uring.features & IORING_FEAT_CQE_SKIP;
	log_debug("ring open flags=%#x features=%#x entries=%u multishot=%d",
		  r->uring.flags, r->uring.features, r->uring.sq.ring_entries,
		  r->multishot);
	return 0;

free_taken:
	free(r->taken);
	r->taken = NULL;
exit_ring:
	io_uring_queue_exit(&r->uring);
	return ret;
}

void ring_on(struct ring *r, enum ring_op op, ring_handler fn, void *ctx)
{
	r->handler[op] = fn;
	r->ctx[op] = ctx;
}

/* Takes completions out of the kernel's queue, as many as there is room for. */
static unsigned int ring_take(struct ring *r)
{
	struct io_uring_cqe *cqe;
	unsigned int head, n = 0;

	if (io_uring_cq_has_overflow(&r->uring))
		r->stats.cq_overflow++;
	io_uring_for_each_cqe(&r->uring, head, cqe) {
		if (r->taken_n == r->taken_max)
			break;
		r->taken[r->taken_n++] = (struct ring_taken){
			.user_data = cqe->user_data,
			.res = cqe->res,
			.flags = cqe->flags,
		};
		n++;
	}
	io_uring_cq_advance(&r->uring, n);
	return n;
}

static void ring_handle_one(struct ring *r, const struct ring_taken *t)
{
	enum ring_op op = ud_op(t->user_data);
	struct ring_cqe cqe = {
		.res = t->res,
		.flags = t->flags,
		.slot = ud_slot(t->user_data),
		.gen = ud_gen(t->user_data),
	};

	/* liburing's own, for a timed wait on kernels before 5.11. */
	if (t->user_data == LIBURING_UDATA_TIMEOUT)
		return;
	r->stats.completions++;
	if (!(t->flags & IORING_CQE_F_MORE))
		r->in_flight--;
	if (op == RING_OP_NONE)
		return;
	if ((unsigned int)op >= RING_OPS || !r->handler[op]) {
		log_error("ring completion nobody waits for op=%u slot=%u res=%d",
			  (unsigned int)op, cqe.slot, cqe.res);
		return;
	}
	r->handler[op](r->ctx[op], &cqe);
}

static void ring_handle(struct ring *r)
{
	/* By value: a handler that submits may add to the batch. */
	while (r->taken_at < r->taken_n) {
		struct ring_taken t = r->taken[r->taken_at++];

		ring_handle_one(r, &t);
	}
	r->taken_at = 0;
	r->taken_n = 0;
}

void ring_room(struct ring *r, unsigned int n)
{
	int tries, ret = 0;

	if (io_uring_sq_space_left(&r->uring) >= n)
		return;
	r->stats.sq_full++;
	for (tries = 0; tries < 64; tries++) {
		r->stats.enters++;
		ret = io_uring_submit(&r->uring);
		if (io_uring_sq_space_left(&r->uring) >= n)
			return;
		/* Kernels before 5.19 submit nothing while completions
		 * overflow: take those there are, to be handled later. */
		if (ret < 0)
			ring_take(r);
	}
	log_error("ring is broken: cannot submit error=%d (%s)", -ret,
		  strerror(-ret));
	abort();
}

struct io_uring_sqe *ring_sqe(struct ring *r, uint64_t user_data)
{
	struct io_uring_sqe *sqe;

	ring_room(r, 1);
	sqe = io_uring_get_sqe(&r->uring);
	sqe->user_data = user_data;
	r->in_flight++;
	return sqe;
}

void ring_submit(struct ring *r)
{
	if (!io_uring_sq_ready(&r->uring))
		return;
	r->stats.enters++;
	/* What fails now is submitted at the end of the turn. */
	io_uring_submit(&r->uring);
}

void ring_unposted(struct ring *r)
{
	r->in_flight--;
}

void ring_cancel(struct ring *r, uint64_t user_data)
{
	io_uring_prep_cancel64(ring_sqe(r, ud_pack(RING_OP_NONE, 0, 0)),
			       user_data, 0);
}

void ring_set_deadline(struct ring *r, struct mono at)
{
	r->deadline = at;
}

/* Only an earlier deadline costs a system call: a later one is met by the timer
 * firing early and being set anew then. */
static void ring_arm(struct ring *r)
{
	uint64_t ns = r->deadline.ns;
	struct itimerspec its;
	struct io_uring_sqe *sqe;

	if (ns >= r->armed.ns)
		return;
	/* What is queued, a packet perhaps, goes first. */
	ring_submit(r);
	memset(&its, 0, sizeof(its));
	/* 0 would disarm; the loop does not wait for a past deadline. */
	its.it_value.tv_sec = (time_t)(ns / 1000000000);
	its.it_value.tv_nsec = (long)(ns % 1000000000);
	if (timerfd_settime(r->timer_fd, TFD_TIMER_ABSTIME, &its, NULL)) {
		log_error("ring timer refused error=%d (%s)", errno,
			  strerror(errno));
		return;
	}
	r->armed = r->deadline;
	if (r->timer_polled)
		return;
	/* Polled, not read: before 6.10 a read of a timerfd on the ring takes
	 * a detour over a worker thread. */
	sqe = ring_sqe(r, ud_pack(RING_OP_TIMER, 0, 0));
	io_uring_prep_poll_add(sqe, r->timer_fd, POLLIN);
	r->timer_polled = true;
}

/* False: the deadline has passed, do not wait for completions. */
static bool ring_may_wait(struct ring *r)
{
	if (mono_is_never(r->deadline))
		return true;
	if (mono_due(r->deadline, clock_now()))
		return false;
	ring_arm(r);
	return true;
}

static void ring_expire(struct ring *r)
{
	struct mono now;

	if (mono_is_never(r->deadline))
		return;
	now = clock_now();
	if (!mono_due(r->deadline, now))
		return;
	r->deadline = MONO_NEVER;
	if (r->expired)
		r->expired(r->agent, now);
}

/* EAGAIN: short of memory; EBUSY: completions overflow (before 5.19). */
static bool ring_is_passing(int error)
{
	return error == -EINTR || error == -EAGAIN || error == -EBUSY;
}

/* Submits, and waits until a completion is there or the deadline has come. */
static int ring_wait(struct ring *r)
{
	bool wait = ring_may_wait(r);
	int ret = 0;

	if (!wait || r->later) {
		r->stats.enters++;
		ret = io_uring_submit_and_get_events(&r->uring);
		if (!wait || ret < 0 || io_uring_cq_ready(&r->uring))
			return ret;
		r->later = false;
		if (r->quiet)
			r->quiet(r->agent);
	}
	r->stats.enters++;
	return io_uring_submit_and_wait(&r->uring, 1);
}

int ring_run(struct ring *r)
{
	int ret = 0;

	while (!r->stop) {
		ret = ring_wait(r);
		if (ret < 0 && !ring_is_passing(ret)) {
			log_error("ring wait failed error=%d (%s)", -ret,
				  strerror(-ret));
			return ret;
		}
		ring_take(r);
		ring_handle(r);
		ring_expire(r);
		if (r->batch_end)
			r->batch_end(r->agent);
	}
	r->stop = false;
	/* The last words of whoever called ring_stop(); what has to wait goes
	 * out in ring_close(). */
	ret = io_uring_submit(&r->uring);
	return ret < 0 && !ring_is_passing(ret) ? ret : 0;
}

void ring_stop(struct ring *r)
{
	r->stop = true;
}

void ring_close(struct ring *r)
{
	struct mono until = mono_add_ms(clock_now(), RING_CLOSE_WAIT_MS);
	struct __kernel_timespec ts = { .tv_nsec = 100000000 };

	if (!r->taken)
		return;		/* never opened */
	if (r->timer_polled)
		ring_cancel(r, ud_pack(RING_OP_TIMER, 0, 0));
	while (r->in_flight && !mono_due(until, clock_now())) {
		struct io_uring_cqe *cqe;

		io_uring_submit_and_wait_timeout(&r->uring, &cqe, 1, &ts,
						 NULL);
		ring_take(r);
		ring_handle(r);
	}
	if (r->in_flight)
		log_error("ring closed with operations under way n=%llu",
			  (unsigned long long)r->in_flight);
	io_uring_queue_exit(&r->uring);
	close(r->timer_fd);
	free(r->taken);
	r->taken = NULL;
	r->timer_fd = -1;
}
