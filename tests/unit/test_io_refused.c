// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * io/ring when the kernel refuses: the ring itself (what is said, what is left),
 * newer setup flags, buffer rings, and the wait (EINTR, EAGAIN, EBUSY) at every
 * moment.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "io/log.h"
#include "io/udp.h"
#include "io_loop.h"
#include "refuse.h"
#include "tap.h"

#define ENOUGH 1000000		/* times: always */
#define OPERATIONS 300		/* with 8 entries, 32 completions */

static struct ring ring;
static int log_pipe[2], log_was;
static char logged[4096];

static struct {
	unsigned int done, want, disorder, more;
} seen;

/* What was logged since log_from(), and how many lines it is. */
static void log_from(void)
{
	fflush(stderr);
	log_was = dup(STDERR_FILENO);
	dup2(log_pipe[1], STDERR_FILENO);
}

static int log_until(void)
{
	ssize_t n;
	int lines = 0, i;

	dup2(log_was, STDERR_FILENO);
	close(log_was);
	n = read(log_pipe[0], logged, sizeof(logged) - 1);
	logged[n > 0 ? n : 0] = '\0';
	for (i = 0; logged[i]; i++)
		lines += logged[i] == '\n';
	return lines;
}

static void on_nop(void *ctx, const struct ring_cqe *cqe)
{
	(void)ctx;
	seen.disorder += cqe->gen != seen.done;
	seen.done++;
	/* The first one submits more than fits, from its callback. */
	while (seen.more) {
		io_uring_prep_nop(ring_sqe(&ring,
					   ud_pack(RING_OP_NL_SEND, 0,
						   seen.want - seen.more)));
		seen.more--;
	}
}

static bool all_done(void)
{
	return seen.done >= seen.want;
}

static void submit(unsigned int n, unsigned int more)
{
	unsigned int i;

	memset(&seen, 0, sizeof(seen));
	seen.want = n + more;
	seen.more = more;
	for (i = 0; i < n; i++)
		io_uring_prep_nop(ring_sqe(&ring,
					   ud_pack(RING_OP_NL_SEND, 0, i)));
}

/* The ring does what it is for. */
static bool works(void)
{
	ring_on(&ring, RING_OP_NL_SEND, on_nop, NULL);
	submit(3, OPERATIONS);
	return io_until(&ring, all_done) && seen.done == seen.want &&
	       !seen.disorder;
}

static void refused_with(int error, const char *advice)
{
	int before = io_descriptors(), lines;

	refuse(__NR_io_uring_setup, error, ENOUGH);
	log_from();
	is_int(ring_open(&ring, 8), -error, "refused: %s", strerror(error));
	ring_close(&ring);
	lines = log_until();
	refuse(__NR_io_uring_setup, 0, 0);
	is_int(lines, 1, "one line says so");
	ok(strstr(logged, strerror(error)) && strstr(logged, advice),
	   "with \"%s\"", advice);
	is_int(io_descriptors(), before, "no descriptor is left");
}

static void test_refused(void)
{
	refused_with(EPERM, "seccomp");
	refused_with(EPERM, "kernel.io_uring_disabled");
	refused_with(EACCES, "seccomp");
	refused_with(ENOSYS, "Linux 5.10");
	refused_with(ENOMEM, "RLIMIT_MEMLOCK");
	refused_with(EMFILE, "RLIMIT_NOFILE");
	refused_with(ENFILE, "RLIMIT_NOFILE");
	refused_with(EINVAL, "unexpected");
	is_int(refusal.refused, 0, "the last count begins anew");
}

/* So few descriptors that opening fails at each of its steps. */
static void test_descriptors(void)
{
	int before = io_descriptors(), next = dup(0), n, lines = 0, ret = -1;
	struct rlimit limit, low;

	close(next);
	getrlimit(RLIMIT_NOFILE, &limit);
	low = limit;
	for (n = 0; n < 8; n++) {
		/* One for the log, which has to be moved as well. */
		log_from();
		low.rlim_cur = (rlim_t)next + 1 + n;
		setrlimit(RLIMIT_NOFILE, &low);
		ret = ring_open(&ring, 8);
		setrlimit(RLIMIT_NOFILE, &limit);
		lines = log_until();
		if (!ret)
			break;
		if (ret != -EMFILE || lines != 1 ||
		    !strstr(logged, "RLIMIT_NOFILE"))
			break;
		ring_close(&ring);
		if (io_descriptors() != before)
			break;
	}
	ok(n > 0, "descriptors may run out at %d steps", n);
	if (!ok(!ret, "each is told (%d lines, error %d): %s", lines, -ret,
		ret ? logged : "and with enough of them it opens"))
		return;
	ok(works(), "and works");
	ring_close(&ring);
	is_int(io_descriptors(), before, "no descriptor is left");
}

static void test_setup_flags(void)
{
	int n;

	for (n = 0; n < 3; n++) {
		refuse(__NR_io_uring_setup, EINVAL, n);
		is_int(ring_open(&ring, 8), 0,
		       "opens when %d sets of flags are refused", n);
		is_int(refusal.refused, n, "which they were");
		if (n == 1)
			ok(!(ring.uring.flags & IORING_SETUP_DEFER_TASKRUN) &&
			   (ring.uring.flags & IORING_SETUP_COOP_TASKRUN),
			   "with COOP_TASKRUN alone");
		if (n == 2)
			ok(!(ring.uring.flags & (IORING_SETUP_DEFER_TASKRUN |
						 IORING_SETUP_SINGLE_ISSUER |
						 IORING_SETUP_COOP_TASKRUN)),
			   "with none of them");
		ok(works(), "and works");
		ring_close(&ring);
	}
}

static void test_no_buffer_rings(void)
{
	refusal.opcode = IORING_REGISTER_PBUF_RING;
	refuse(__NR_io_uring_register, EINVAL, ENOUGH);
	is_int(ring_open(&ring, 8), 0, "opens without buffer rings");
	ok(refusal.refused > 0, "which it asked for");
	ok(!ring.multishot, "without multishot");
	ok(works(), "and works");
	ring_close(&ring);
	refuse(__NR_io_uring_register, 0, 0);
}

static void on_received(void *ctx, struct udp *u, const struct addr *from,
			const char *buf, size_t len)
{
	(void)ctx;
	(void)u;
	(void)from;
	seen.disorder += len != 5 || memcmp(buf, "hello", 5) != 0;
	seen.done++;
}

static const struct udp_ops udp_ops = { .received = on_received };

/* The one that was tried out works and the one that is needed does not: no more
 * memory may be locked. */
static void test_buffer_ring_refused(void)
{
	struct addr local;
	struct udp u;
	int i;

	ring_open(&ring, 8);
	if (!ring.multishot) {
		ok(true, "a socket's buffers # SKIP no multishot receive");
		goto out;
	}
	addr_parse(&local, "127.0.0.1", 0, TRANSPORT_UDP);
	refuse(__NR_io_uring_register, ENOMEM, 1);
	log_from();
	is_int(udp_open(&u, &ring, 0, &local, false, &udp_ops, NULL), 0,
	       "a socket opens without its ring of buffers");
	is_int(log_until(), 1, "which is logged");
	is_int(refusal.refused, 1, "and was refused");
	memset(&seen, 0, sizeof(seen));
	seen.want = 20;
	for (i = 0; i < 20; i++)
		udp_send(&u, &u.local, "hello", 5);
	ok(io_until(&ring, all_done) && !seen.disorder, "it receives");
	udp_close(&u);
out:
	ring_close(&ring);
	is_int(ring.in_flight, 0, "everything ended");
}

/* The wait fails n times, each time after so many calls that succeed. */
static void waiting_fails(int error)
{
	int pass, n;
	unsigned int bad = 0, refused = 0;

	for (pass = 0; pass < 12; pass++) {
		for (n = 1; n < 8; n += 3) {
			refuse(__NR_io_uring_enter, error, n);
			refusal.pass = pass;
			bad += !works();
			refused += (unsigned int)refusal.refused;
		}
	}
	refuse(__NR_io_uring_enter, 0, 0);
	ok(refused > 100, "%s, %u times", strerror(error), refused);
	is_int(bad, 0, "all completes, once and in order");
}

static void test_waiting(void)
{
	ring_open(&ring, 8);
	waiting_fails(EINTR);
	waiting_fails(EAGAIN);
	waiting_fails(EBUSY);
	submit(3, 0);
	refuse(__NR_io_uring_enter, ENXIO, 1);
	log_from();
	is_int(ring_run(&ring), -ENXIO, "another error ends the loop");
	is_int(log_until(), 1, "and is logged");
	ok(io_until(&ring, all_done) && !seen.disorder,
	   "which can be run again");
	ring_close(&ring);
	is_int(ring.in_flight, 0, "nothing is under way");
}

static bool overflows(void)
{
	return io_uring_cq_has_overflow(&ring.uring) &&
	       io_uring_cq_ready(&ring.uring) == ring.uring.cq.ring_entries;
}

/* Before 5.19: nothing is submitted while completions overflow, also not from a
 * callback in the middle of a batch, which has to make room. */
static void test_busy(void)
{
	unsigned int bad = 0, i;

	ring_open(&ring, 8);
	ring_on(&ring, RING_OP_NL_SEND, on_nop, NULL);
	refusal.when = overflows;
	refuse(__NR_io_uring_enter, EBUSY, ENOUGH);
	for (i = 0; i < 10; i++) {
		submit(3, 80);
		bad += !io_until(&ring, all_done) || seen.disorder ||
		       seen.done != seen.want;
	}
	ok(refusal.refused > 10, "busy while completions overflow, %d times",
	   refusal.refused);
	refuse(__NR_io_uring_enter, 0, 0);
	refusal.when = NULL;
	is_int(bad, 0, "all completes, once and in order");
	ring_close(&ring);
	is_int(ring.in_flight, 0, "nothing is under way");
}

static void on_nop_stop(void *ctx, const struct ring_cqe *cqe)
{
	on_nop(ctx, cqe);
	if (cqe->gen)
		return;
	io_uring_prep_nop(ring_sqe(&ring, ud_pack(RING_OP_NL_SEND, 0, 1)));
	ring_stop(&ring);
	refuse(__NR_io_uring_enter, refusal.error, 1);
}

/* What is submitted last is not sent at the first try: the end is still the one
 * asked for, and closing sends it. */
static void last_words(int error)
{
	ring_open(&ring, 8);
	ring_on(&ring, RING_OP_NL_SEND, on_nop_stop, NULL);
	submit(1, 0);
	refuse(__NR_io_uring_enter, error, 0);
	is_int(ring_run(&ring), 0, "stopped in spite of %s", strerror(error));
	is_int(refusal.refused, 1, "which came");
	ring_close(&ring);
	is_int(seen.done, 2, "the last words are sent");
}

static void test_last_words(void)
{
	last_words(EBUSY);
	last_words(EAGAIN);
	last_words(EINTR);
}

/* A queue that is full and stays full: our own bug, or a kernel without memory
 * for good.  It must not spin for ever. */
static void test_broken(void)
{
	int status = 0;
	pid_t pid;

	log_from();
	ring_open(&ring, 8);
	refuse(__NR_io_uring_enter, EAGAIN, ENOUGH);
	pid = fork();
	if (!pid) {
		struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		(void)signal(SIGABRT, SIG_DFL);
		submit(9, 0);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	refuse(__NR_io_uring_enter, 0, 0);
	log_until();
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT,
	   "a ring that never takes anything ends the daemon");
	ok(strstr(logged, "ring is broken"), "and says so");
	ring_close(&ring);
}

/* Closing a ring that does not move any more takes a second, not for ever. */
static void test_close(void)
{
	uint64_t ud = ud_pack(RING_OP_CTL_RECV, 7, 9);
	struct mono start;
	int pair[2];

	if (!ok(!pipe(pair), "pipe"))
		return;
	ring_open(&ring, 8);
	io_uring_prep_poll_add(ring_sqe(&ring, ud), pair[0], POLLIN);
	io_uring_submit(&ring.uring);
	refuse(__NR_io_uring_enter, EAGAIN, ENOUGH);
	start = clock_now();
	log_from();
	ring_close(&ring);
	log_until();
	refuse(__NR_io_uring_enter, 0, 0);
	ok(strstr(logged, "operations under way"), "a ring that cannot end");
	ok(mono_us_since(start, clock_now()) < 3000000, "is closed all the same");
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	if (!refuse_open()) {
		ok(true, "refusals # SKIP no seccomp user notification");
		return tap_done();
	}
	if (!ok(!pipe2(log_pipe, O_NONBLOCK | O_CLOEXEC), "pipe"))
		return tap_done();
	test_refused();
	test_descriptors();
	test_setup_flags();
	test_no_buffer_rings();
	test_buffer_ring_refused();
	test_waiting();
	test_busy();
	test_last_words();
	test_broken();
	test_close();
	return tap_done();
}
