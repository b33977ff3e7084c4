// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * io/log with and without its queue on the ring: whole lines in order, errors at
 * once, a reader that stands still.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/log.h"
#include "io/log_queue.h"
#include "io_loop.h"
#include "tap.h"

static struct ring ring;
static int saved, reader;
static char got[4 * LOG_QUEUE_MAX];
static size_t got_n;

/* Standard error becomes a pipe that we read. */
static void pipe_open(void)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) || dup2(fd[1], STDERR_FILENO) < 0)
		abort();
	close(fd[1]);
	reader = fd[0];
	fcntl(reader, F_SETFL, O_NONBLOCK);
	got_n = 0;
}

static void pipe_close(void)
{
	dup2(saved, STDERR_FILENO);
	close(reader);
}

static void drain(void)
{
	ssize_t n;

	while (got_n < sizeof(got) - 1 &&
	       (n = read(reader, got + got_n, sizeof(got) - 1 - got_n)) > 0)
		got_n += (size_t)n;
	got[got_n] = '\0';
}

static unsigned int lines_got(void)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < got_n; i++)
		n += got[i] == '\n';
	return n;
}

/* Whether every line is whole and they are numbered without a gap. */
static bool in_order(unsigned int first, unsigned int n)
{
	const char *at = got;
	unsigned int i;

	for (i = 0; i < n; i++) {
		at = strstr(at, "test line=");
		if (!at || strtoul(at + 10, NULL, 10) != first + i)
			return false;
		at++;
	}
	return true;
}

static unsigned int wanted;

static bool has_wanted(void)
{
	drain();
	return lines_got() >= wanted;
}

static void turn(void *ctx)
{
	(void)ctx;
	if (has_wanted())
		ring_stop(&ring);
	else
		log_queue_submit();
}

static void turn_unread(void *ctx)
{
	(void)ctx;
	log_queue_submit();
}

static void late(void *ctx, struct mono now)
{
	(void)ctx;
	(void)now;
	ring_stop(&ring);
}

/* The agent's turns, until so many lines were read or it is too late. */
static bool turns_until(unsigned int n, uint64_t ms)
{
	wanted = n;
	drain();
	ring.batch_end = turn;
	ring.expired = late;
	ring_set_deadline(&ring, mono_add_ms(clock_now(), ms));
	log_queue_submit();
	ring_run(&ring);
	ring_set_deadline(&ring, MONO_NEVER);
	return has_wanted();
}

static void test_no_queue(void)
{
	pipe_open();
	log_info("test line=%u", 0);
	drain();
	pipe_close();
	ok(in_order(0, 1) && lines_got() == 1,
	   "without a queue a line is out when log_info() returns");
}

static void test_queue(void)
{
	uint64_t before;
	unsigned int i;
	bool early;

	pipe_open();
	for (i = 0; i < 500; i++)
		log_info("test line=%u", i);
	drain();
	early = got_n;
	before = ring.stats.enters;
	ok(turns_until(500, 5000), "500 lines come out by way of the ring");
	ok(!early, "none of them before the ring was submitted");
	ok(in_order(0, 500), "whole and in order");
	ok(ring.stats.enters - before <= 20, "in a few system calls (%llu)",
	   (unsigned long long)(ring.stats.enters - before));
	pipe_close();
}

static void test_error(void)
{
	pipe_open();
	log_info("test line=0");
	log_error("test line=1");
	drain();
	ok(lines_got() == 2 && in_order(0, 2),
	   "an error is out at once, behind what was said before");
	pipe_close();
}

/* Lines of about a kilobyte. */
static void log_much(unsigned int first, unsigned int n)
{
	static char pad[900];
	unsigned int i;

	memset(pad, 'x', sizeof(pad) - 1);
	for (i = first; i < first + n; i++)
		log_info("test line=%u\t%s", i, pad);
}

static void test_still_reader(void)
{
	unsigned int kept, lost = 0, i;
	const char *at;

	pipe_open();
	/* A turn that fills the pipe and waits for its reader, then more than
	 * there is room for. */
	log_much(0, 70);
	log_queue_submit();
	io_uring_submit(&ring.uring);
	log_much(70, 130);
	ok(turns_until(UINT32_MAX, 200) == false,
	   "a reader that comes late does not stop the loop");
	for (i = 0; i < 20; i++)
		turns_until(UINT32_MAX, 20);
	log_info("test line=%u", 200);
	for (i = 0; i < 20 && !strstr(got, "test line=200\n"); i++)
		turns_until(UINT32_MAX, 20);
	at = strstr(got, "log lost lines=");
	lost = at ? (unsigned int)strtoul(at + 15, NULL, 10) : 0;
	ok(lost,
	   "lines there was no room for are counted, and the count is told");
	kept = lines_got() - 2;
	is_int(kept + lost, 200, "each line was written or counted");
	ok(in_order(0, kept), "what was written is in order");
	pipe_close();
}

/* The same end of a pipe may be another process's, who wants it so. */
static void test_nonblocking(void)
{
	uint64_t before;

	pipe_open();
	fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
	log_much(0, 70);
	log_queue_submit();
	io_uring_submit(&ring.uring);
	log_much(70, 50);
	before = ring.stats.enters;
	ring.batch_end = turn_unread;
	ring.expired = late;
	ring_set_deadline(&ring, mono_add_ms(clock_now(), 200));
	ring_run(&ring);
	ok(ring.stats.enters - before < 20,
	   "a full non-blocking pipe is waited for, not polled (%llu calls)",
	   (unsigned long long)(ring.stats.enters - before));
	ok(turns_until(120, 5000) && in_order(0, 120),
	   "once it is read, every line comes, in order");
	pipe_close();
}

static void test_close(void)
{
	struct mono start;
	unsigned int i;

	pipe_open();
	for (i = 0; i < 10; i++)
		log_info("test line=%u", i);
	log_queue_stop();
	ring_close(&ring);
	log_queue_close();
	drain();
	ok(lines_got() == 10 && in_order(0, 10),
	   "closing writes what was not submitted");
	log_info("test line=10");
	drain();
	ok(in_order(0, 11), "after it a line goes out at once again");
	pipe_close();

	/* A reader that never comes: the end is not held up. */
	if (ring_open(&ring, 8))
		abort();
	log_queue_open(&ring);
	pipe_open();
	log_much(0, 70);
	log_queue_submit();
	io_uring_submit(&ring.uring);
	log_much(70, 60);
	start = clock_now();
	log_queue_stop();
	ring_close(&ring);
	log_queue_close();
	ok(!mono_due(mono_add_ms(start, 5000), clock_now()),
	   "a reader that never comes does not hold up the end");
	drain();
	ok(in_order(0, 50), "what the pipe took is whole and in order");
	pipe_close();
}

int main(void)
{
	saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	test_no_queue();
	if (ring_open(&ring, 8))
		return 1;
	log_queue_open(&ring);
	test_queue();
	test_error();
	test_still_reader();
	test_nonblocking();
	test_close();
	return tap_done();
}
