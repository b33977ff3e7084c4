// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* io/ring: completions by operation, full queues, the deadline, signals, the
 * end. */
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "io/log.h"
#include "io/random.h"
#include "io/signals.h"
#include "io_loop.h"
#include "tap.h"

static unsigned int nops, wanted_nops, misfits, expirations, turns, seen_signal;
static struct mono expired_at, ask_again;
static struct ring ring;

static void on_nop(void *ctx, const struct ring_cqe *cqe)
{
	if (ctx != &nops || cqe->slot != 0x123456 || cqe->gen != nops ||
	    cqe->res)
		misfits++;
	nops++;
}

static bool all_nops(void)
{
	return nops >= wanted_nops;
}

static void submit_nops(unsigned int n)
{
	unsigned int i;

	nops = 0;
	wanted_nops = n;
	for (i = 0; i < n; i++)
		io_uring_prep_nop(ring_sqe(&ring,
					   ud_pack(RING_OP_NL_SEND, 0x123456,
						   i)));
}

static void test_user_data(void)
{
	uint64_t ud = ud_pack(RING_OP_CTL_SEND, 0xabcdef, 0xfedcba98);

	is_int(ud_op(ud), RING_OP_CTL_SEND, "user_data holds the operation");
	is_int(ud_slot(ud), 0xabcdef, "user_data holds 24 bits of slot");
	is_int(ud_gen(ud), 0xfedcba98, "user_data holds 32 bits of generation");
}

static void test_completions(void)
{
	ring_on(&ring, RING_OP_NL_SEND, on_nop, &nops);
	submit_nops(3);
	ok(io_until(&ring, all_nops), "three operations complete");
	is_int(misfits, 0, "slot, generation and context reach the handler");
	is_int(ring.stats.sq_full, 0, "the queue was not full");

	/* 8 submission and 32 completion entries. */
	submit_nops(500);
	ok(ring.stats.sq_full > 0, "500 operations do not fit the queue");
	ok(io_until(&ring, all_nops), "but all of them complete");
	is_int(misfits, 0, "in order");
	ok(ring.stats.cq_overflow > 0, "an overflow is counted");
	is_int(ring.in_flight - ring.timer_polled, 0, "nothing is under way");
}

/* Every handler submits three more, until there are enough: far more than either
 * queue holds, in the middle of a batch. */
static unsigned int grown;

static void on_nop_grow(void *ctx, const struct ring_cqe *cqe)
{
	int i;

	on_nop(ctx, cqe);
	for (i = 0; i < 3 && grown < wanted_nops; i++)
		io_uring_prep_nop(ring_sqe(&ring,
					   ud_pack(RING_OP_NL_SEND, 0x123456,
						   grown++)));
}

/* The loop does not wait, so each turn only looks: completions that overflowed
 * must come all the same. */
static void on_expired_again(void *ctx, struct mono now)
{
	(void)ctx;
	(void)now;
	if (all_nops())
		ring_stop(&ring);
	else
		ring_set_deadline(&ring, (struct mono){ 1 });
}

static void test_overflow_in_handler(bool waits)
{
	uint64_t overflows = ring.stats.cq_overflow;
	const char *what = waits ? "waiting" : "looking";

	ring_on(&ring, RING_OP_NL_SEND, on_nop_grow, &nops);
	misfits = 0;
	submit_nops(1);
	wanted_nops = 5000;
	grown = 1;
	if (waits) {
		ok(io_until(&ring, all_nops), "%s: handlers submit", what);
	} else {
		ring.expired = on_expired_again;
		ring_set_deadline(&ring, (struct mono){ 1 });
		is_int(ring_run(&ring), 0, "%s: handlers submit", what);
		ring.expired = NULL;
		ring_set_deadline(&ring, MONO_NEVER);
	}
	ok(ring.stats.cq_overflow > overflows, "%s: %llu times too much", what,
	   (unsigned long long)(ring.stats.cq_overflow - overflows));
	is_int(nops, 5000, "%s: each completes once", what);
	is_int(misfits, 0, "%s: in order", what);
	is_int(ring.in_flight - ring.timer_polled, 0,
	       "%s: nothing is under way", what);
	ring_on(&ring, RING_OP_NL_SEND, on_nop, &nops);
}

static void on_expired(void *ctx, struct mono now)
{
	(void)ctx;
	expirations++;
	expired_at = now;
	if (!mono_is_never(ask_again)) {
		ring_set_deadline(&ring, ask_again);
		ask_again = MONO_NEVER;
	} else {
		ring_stop(&ring);
	}
}

static void on_turn(void *ctx)
{
	(void)ctx;
	turns++;
}

/* First turn: the no-op.  The second: the timer, nothing else is under way. */
static void on_turn_call_off(void *ctx)
{
	(void)ctx;
	ring_set_deadline(&ring, MONO_NEVER);
	if (nops && turns++)
		ring_stop(&ring);
}

static void expect_deadline(struct mono at, const char *what)
{
	struct mono start = clock_now();

	expirations = 0;
	ring.expired = on_expired;
	ring.batch_end = on_turn;
	ring_set_deadline(&ring, at);
	is_int(ring_run(&ring), 0, "%s: runs", what);
	ok(expirations > 0 && mono_due(at, expired_at), "%s: not early", what);
	if (at.ns > start.ns)
		start = at;
	ok(mono_us_since(start, expired_at) < 2000000, "%s: not late", what);
}

static void test_deadline(void)
{
	struct mono now = clock_now();

	ask_again = MONO_NEVER;
	expect_deadline(mono_add_ms(now, 30), "a deadline");
	expect_deadline((struct mono){ 1 }, "a past deadline");
	expect_deadline(now, "a deadline that is just over");
	is_int(expirations, 1, "expired() is called once");

	/* Armed for 20 ms, asked for 60: the early wake-up is not passed on. */
	expirations = 0;
	ring_set_deadline(&ring, mono_add_ms(clock_now(), 20));
	submit_nops(1);
	ring.expired = io_loop_late;
	io_until(&ring, all_nops);
	expect_deadline(mono_add_ms(clock_now(), 60), "a later deadline");
	is_int(expirations, 1, "a later deadline: once");

	ring_set_deadline(&ring, mono_add_ms(clock_now(), 3600000));
	submit_nops(1);
	io_until(&ring, all_nops);
	expect_deadline(mono_add_ms(clock_now(), 10), "an earlier deadline");

	/* Armed for 5 ms, then called off: the timer fires and nobody is told. */
	expirations = 0;
	ring.expired = on_expired;
	ring_set_deadline(&ring, mono_add_ms(clock_now(), 5));
	submit_nops(1);
	ring.batch_end = on_turn_call_off;
	turns = 0;
	is_int(ring_run(&ring), 0, "called off: runs");
	ok(turns > 1 && mono_is_never(ring.armed), "called off: the timer fires");
	is_int(expirations, 0, "called off: nobody is told");

	/* Moved to and fro in one callback: the last word counts. */
	ring_set_deadline(&ring, mono_add_ms(clock_now(), 1));
	ring_set_deadline(&ring, MONO_NEVER);
	ring_set_deadline(&ring, (struct mono){ 1 });
	expect_deadline(mono_add_ms(clock_now(), 15), "moved to and fro");
	is_int(expirations, 1, "moved to and fro: once");

	ask_again = (struct mono){ 1 };
	expect_deadline(mono_add_ms(clock_now(), 5), "asked again from expired()");
	is_int(expirations, 2, "asked again: twice");
	ok(turns > 0, "batch_end() ends the turns");
	ring.expired = NULL;
	ring.batch_end = NULL;
}

static void on_signal(void *ctx, int signal)
{
	(void)ctx;
	seen_signal = (unsigned int)signal;
}

static bool have_signal(void)
{
	return seen_signal != 0;
}

static void test_signals(void)
{
	is_int(signals_open(&ring, on_signal, NULL), 0, "signals open");
	kill(getpid(), SIGHUP);
	ok(io_until(&ring, have_signal), "SIGHUP arrives");
	is_int(seen_signal, SIGHUP, "as its number");
	seen_signal = 0;
	kill(getpid(), SIGTERM);
	ok(io_until(&ring, have_signal), "SIGTERM arrives");
	is_int(seen_signal, SIGTERM, "as its number");
	signals_close(&ring);
}

static volatile sig_atomic_t interruptions;

static void on_interruption(int signal)
{
	(void)signal;
	interruptions++;
}

/* A signal with a handler every 200 us: each ends a wait by EINTR. */
static void test_interruptions(void)
{
	struct itimerval storm = { { 0, 200 }, { 0, 200 } }, calm = { 0 };
	struct sigaction action = { .sa_handler = on_interruption };
	uint64_t enters = ring.stats.enters;
	bool whole = true;
	int i;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &storm, NULL);
	for (i = 0; i < 20; i++) {
		struct mono at = mono_add_ms(clock_now(), 5);

		expirations = 0;
		ring.expired = on_expired;
		ring.batch_end = NULL;
		ring_set_deadline(&ring, at);
		whole = !ring_run(&ring) && whole && expirations == 1 &&
			mono_due(at, expired_at);
	}
	ok(interruptions > 50, "%d signals", (int)interruptions);
	ok(ring.stats.enters - enters > (uint64_t)interruptions / 2,
	   "end %llu waits",
	   (unsigned long long)(ring.stats.enters - enters));
	ok(whole, "deadlines are met as without");
	misfits = 0;
	for (i = 0; i < 100; i++) {
		submit_nops(100);
		whole = io_until(&ring, all_nops) && whole && !misfits;
	}
	ok(whole, "completions come as without");
	setitimer(ITIMER_REAL, &calm, NULL);
	(void)signal(SIGALRM, SIG_DFL);
	ring.expired = NULL;
}

static void on_ignored(void *ctx, const struct ring_cqe *cqe)
{
	*(int *)ctx = cqe->res;
}

static int looked;

static void on_expired_look(void *ctx, struct mono now)
{
	(void)ctx;
	(void)now;
	if (looked || ++turns > 1000)
		ring_stop(&ring);
	else
		ring_set_deadline(&ring, (struct mono){ 1 });
}

/* A deadline that is always over does not keep completions away, also those
 * that the kernel makes only inside our own call. */
static void test_always_late(void)
{
	int pair[2];

	if (!ok(!pipe(pair), "pipe"))
		return;
	ring_on(&ring, RING_OP_CTL_RECV, on_ignored, &looked);
	io_uring_prep_poll_add(ring_sqe(&ring, ud_pack(RING_OP_CTL_RECV, 7, 9)),
			       pair[0], POLLIN);
	io_uring_submit(&ring.uring);
	ok(write(pair[1], "x", 1) == 1, "something happens");
	turns = 0;
	ring.expired = on_expired_look;
	ring_set_deadline(&ring, (struct mono){ 1 });
	is_int(ring_run(&ring), 0, "a loop that is always late");
	ring.expired = NULL;
	is_int(looked, POLLIN, "is told of it");
	close(pair[0]);
	close(pair[1]);
}

static void test_close(void)
{
	int pair[2], result = 0;
	uint64_t ud = ud_pack(RING_OP_CTL_RECV, 7, 9);

	if (!ok(!pipe(pair), "pipe"))
		return;
	ring_stop(&ring);
	is_int(ring_run(&ring), 0, "ring_stop() before ring_run() ends it");
	ring_on(&ring, RING_OP_CTL_RECV, on_ignored, &result);
	io_uring_prep_poll_add(ring_sqe(&ring, ud), pair[0], POLLIN);
	ring_cancel(&ring, ud);
	ring_close(&ring);
	is_int(ring.in_flight, 0, "closing waits for what is under way");
	is_int(result, -ECANCELED, "which was cancelled");
	close(pair[0]);
	close(pair[1]);
}

static void test_random(void)
{
	char a[33], b[33];
	unsigned int i;

	random_hex(a, 32);
	random_hex(b, 32);
	is_int(strlen(a), 32, "hex digits as many as asked for");
	is_int(strspn(a, "0123456789abcdef"), 32, "and nothing else");
	ok(strcmp(a, b) != 0, "two tokens differ");
	is_int(strlen(random_hex(a, 7)), 7, "an odd number of digits");
	is_int(strlen(random_hex(a, 0)), 0, "none");
	for (i = 0; i < 1000; i++) {
		uint64_t one = random_u64();

		if (one == random_u64())
			break;
	}
	is_int(i, 1000, "1000 pairs of numbers differ");
}

int main(void)
{
	test_user_data();
	test_random();
	if (!ok(!ring_open(&ring, 8), "ring opens"))
		return tap_done();
	printf("# multishot %d flags %#x features %#x\n", ring.multishot,
	       ring.uring.flags, ring.uring.features);
	test_completions();
	test_overflow_in_handler(true);
	test_overflow_in_handler(false);
	test_deadline();
	test_interruptions();
	test_always_late();
	test_signals();
	test_close();
	return tap_done();
}
