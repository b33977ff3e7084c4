// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "log_queue.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

#define LOG_QUEUE_CLOSE_MS 200

struct lines {
	char text[LOG_QUEUE_MAX];
	size_t n, written;
};

/* The log is the process's, so is this.  One buffer fills while the other is
 * being written. */
static struct {
	struct ring *ring;
	struct lines a, b;
	struct lines *filling, *writing;
	bool under_way, waiting, stopped;
	unsigned long lost;
} queue;

static void log_queue_write(void)
{
	struct lines *w = queue.writing;
	struct io_uring_sqe *sqe;

	sqe = ring_sqe(queue.ring, ud_pack(RING_OP_LOG, 0, 0));
	/* Offset -1: at the end of a file, wherever in anything else. */
	io_uring_prep_write(sqe, STDERR_FILENO, w->text + w->written,
			    (unsigned int)(w->n - w->written), (__u64)-1);
	queue.under_way = true;
}

/* A full pipe that somebody made non-blocking: older kernels (5.10) then end the
 * write with EAGAIN instead of waiting, and we would go in a circle. */
static void log_queue_wait(void)
{
	struct io_uring_sqe *sqe;

	sqe = ring_sqe(queue.ring, ud_pack(RING_OP_LOG, 0, 0));
	io_uring_prep_poll_add(sqe, STDERR_FILENO, POLLOUT);
	queue.under_way = queue.waiting = true;
}

static void log_queue_append(const char *line, size_t len)
{
	struct lines *f = queue.filling;

	memcpy(f->text + f->n, line, len);
	f->n += len;
}

/* Says how many lines there was no room for, where they are missing; not
 * before there is room for more than that. */
static void log_queue_confess(void)
{
	unsigned long long us = clock_now().ns / 1000;
	char line[96];
	int n;

	if (queue.filling->n > LOG_QUEUE_MAX / 2)
		return;
	n = snprintf(line, sizeof(line), "<4>%llu.%06llu log lost lines=%lu\n",
		     us / 1000000, us % 1000000, queue.lost);
	if (n <= 0)
		return;
	queue.lost = 0;
	log_queue_append(line, (size_t)n);
}

bool log_queue_push(const char *line, size_t len)
{
	if (!queue.ring)
		return false;
	if (queue.lost)
		log_queue_confess();
	if (queue.lost || queue.filling->n + len > LOG_QUEUE_MAX)
		queue.lost++;
	else
		log_queue_append(line, len);
	return true;
}

size_t log_queue_waiting(void)
{
	return queue.ring && !queue.under_way ? queue.filling->n : 0;
}

void log_queue_submit(void)
{
	struct lines *full = queue.filling;

	if (!queue.ring || queue.stopped || queue.under_way || !full->n)
		return;
	queue.filling = queue.writing;
	queue.filling->n = 0;
	queue.writing = full;
	full->written = 0;
	log_queue_write();
}

static void log_queue_written(void *ctx, const struct ring_cqe *cqe)
{
	struct lines *w = queue.writing;
	bool waited = queue.waiting;

	(void)ctx;
	queue.under_way = queue.waiting = false;
	if (cqe->res == -EAGAIN && !waited && !queue.stopped) {
		log_queue_wait();
		return;
	}
	if (cqe->res > 0 && !waited)
		w->written += (size_t)cqe->res;
	/* There is nobody to tell that the log cannot be written. */
	else if (cqe->res <= 0 && cqe->res != -EINTR &&
		 cqe->res != -EAGAIN && cqe->res != -ECANCELED)
		w->written = w->n;
	if (w->written < w->n && !queue.stopped)
		log_queue_write();
}

/* In pieces that a pipe takes whole once it is writable; false: nobody reads. */
static bool log_queue_write_out(struct lines *w, int wait_ms)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	while (w->written < w->n) {
		size_t part = w->n - w->written;
		ssize_t n;

		if (poll(&p, 1, wait_ms) != 1 || !(p.revents & POLLOUT))
			return false;
		n = write(STDERR_FILENO, w->text + w->written,
			  part < 4096 ? part : 4096);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			w->written += (size_t)n;
	}
	return true;
}

void log_queue_flush(void)
{
	struct lines *f = queue.filling;

	if (!queue.ring)
		return;
	f->written = 0;
	log_queue_write_out(f, 0);
	f->n -= f->written;
	memmove(f->text, f->text + f->written, f->n);
}

void log_queue_open(struct ring *r)
{
	queue.ring = r;
	queue.filling = &queue.a;
	queue.writing = &queue.b;
	queue.a.n = queue.b.n = 0;
	queue.writing->written = 0;
	queue.under_way = queue.waiting = queue.stopped = false;
	queue.lost = 0;
	ring_on(r, RING_OP_LOG, log_queue_written, NULL);
}

void log_queue_stop(void)
{
	if (!queue.ring)
		return;
	queue.stopped = true;
	if (queue.under_way)
		ring_cancel(queue.ring, ud_pack(RING_OP_LOG, 0, 0));
}

void log_queue_close(void)
{
	struct lines *f = queue.filling;

	if (!queue.ring)
		return;
	queue.ring = NULL;
	f->written = 0;
	if (!log_queue_write_out(queue.writing, LOG_QUEUE_CLOSE_MS) ||
	    !log_queue_write_out(f, LOG_QUEUE_CLOSE_MS) || !queue.lost)
		return;
	f->n = f->written = 0;
	log_queue_confess();
	log_queue_write_out(f, LOG_QUEUE_CLOSE_MS);
}
