// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "log_queue.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "../codec/journal.h"
#include "journal.h"

#define LOG_QUEUE_CLOSE_MS 200
#define LOG_QUEUE_BATCH 16	/* datagrams submitted together */

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
	int journal;		/* its socket; -1: plain lines */
	const char *journal_path;
	unsigned int flying;	/* datagrams that are under way */
	size_t at[LOG_QUEUE_BATCH];	/* where they are in writing */
	int error;		/* of the first of them that failed */
	bool again;		/* the journal was asked for anew for it */
} queue = { .journal = -1 };

/* In front of each datagram in lines.text. */
typedef uint32_t dgram_len;
#define DGRAM_SENT (1u << 31)	/* though one before it was not */

static int log_queue_fd(void)
{
	return queue.journal >= 0 ? queue.journal : STDERR_FILENO;
}

static dgram_len dgram_at(const struct lines *w, size_t at)
{
	dgram_len len;

	memcpy(&len, w->text + at, sizeof(len));
	return len;
}

static size_t dgram_next(const struct lines *w, size_t at)
{
	return at + sizeof(dgram_len) + (dgram_at(w, at) & ~DGRAM_SENT);
}

static void dgram_done(struct lines *w, size_t at)
{
	dgram_len len = dgram_at(w, at) | DGRAM_SENT;

	memcpy(w->text + at, &len, sizeof(len));
	while (w->written < w->n && dgram_at(w, w->written) & DGRAM_SENT)
		w->written = dgram_next(w, w->written);
}

/* Not linked: each link of a chain would cost a turn of the ring.  They are
 * tried in order when they are submitted; should the journal make room between
 * two of them, a later one is there before an earlier one. */
static void log_queue_send(void)
{
	struct lines *w = queue.writing;
	struct io_uring_sqe *sqe;
	size_t at;

	queue.flying = 0;
	queue.error = 0;
	for (at = w->written; at < w->n; at = dgram_next(w, at)) {
		if (dgram_at(w, at) & DGRAM_SENT)
			continue;
		if (queue.flying == LOG_QUEUE_BATCH)
			break;
		sqe = ring_sqe(queue.ring,
			       ud_pack(RING_OP_LOG, queue.flying, 0));
		io_uring_prep_send(sqe, queue.journal,
				   w->text + at + sizeof(dgram_len),
				   dgram_at(w, at),
				   MSG_DONTWAIT | MSG_NOSIGNAL);
		queue.at[queue.flying++] = at;
	}
	queue.under_way = true;
}

static void log_queue_write(void)
{
	struct lines *w = queue.writing;
	struct io_uring_sqe *sqe;

	if (queue.journal >= 0) {
		log_queue_send();
		return;
	}
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
	io_uring_prep_poll_add(sqe, log_queue_fd(), POLLOUT);
	queue.under_way = queue.waiting = true;
}

static void log_queue_append(const char *line, size_t len)
{
	struct lines *f = queue.filling;
	dgram_len head = (dgram_len)len;

	if (queue.journal >= 0) {
		memcpy(f->text + f->n, &head, sizeof(head));
		f->n += sizeof(head);
	}
	memcpy(f->text + f->n, line, len);
	f->n += len;
}

/* Says how many lines there was no room for, where they are missing; not
 * before there is room for more than that. */
static void log_queue_confess(void)
{
	unsigned long long us = clock_now().ns / 1000;
	char line[256], text[64];
	int n;

	if (queue.filling->n > LOG_QUEUE_MAX / 2)
		return;
	snprintf(text, sizeof(text), "log lost lines=%lu", queue.lost);
	if (queue.journal >= 0)
		n = (int)journal_encode(line, sizeof(line), 4, us, NULL, text);
	else
		n = snprintf(line, sizeof(line), "<4>%llu.%06llu %s\n",
			     us / 1000000, us % 1000000, text);
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
	if (queue.lost ||
	    queue.filling->n + len + sizeof(dgram_len) > LOG_QUEUE_MAX)
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

/* What becomes of the datagram that was not taken. */
static void log_queue_refused(struct lines *w)
{
	if (queue.error == -EAGAIN || queue.error == -ENOBUFS) {
		log_queue_wait();
		return;
	}
	if ((queue.error == -ECONNREFUSED || queue.error == -ENOTCONN) &&
	    !queue.again &&
	    !journal_connect(queue.journal, queue.journal_path)) {
		queue.again = true;
		return;
	}
	queue.again = false;
	dgram_done(w, w->written);	/* there is nobody to tell */
}

static void log_queue_sent(const struct ring_cqe *cqe)
{
	struct lines *w = queue.writing;
	bool waited = queue.waiting;

	if (waited) {
		queue.waiting = false;
	} else {
		if (cqe->res >= 0) {
			dgram_done(w, queue.at[cqe->slot]);
			queue.again = false;
		} else if (!queue.error) {
			queue.error = cqe->res;
		}
		if (--queue.flying)
			return;
	}
	queue.under_way = false;
	if (!waited && queue.error && !queue.stopped)
		log_queue_refused(w);
	if (w->written < w->n && !queue.under_way && !queue.stopped)
		log_queue_write();
}

static void log_queue_written(void *ctx, const struct ring_cqe *cqe)
{
	struct lines *w = queue.writing;
	bool waited = queue.waiting;

	(void)ctx;
	if (queue.journal >= 0) {
		log_queue_sent(cqe);
		return;
	}
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

/* Whole datagrams; one that is refused is given up. */
static void log_queue_send_one(struct lines *w)
{
	if (send(queue.journal, w->text + w->written + sizeof(dgram_len),
		 dgram_at(w, w->written), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ||
	    (errno != EINTR && errno != EAGAIN))
		dgram_done(w, w->written);
}

/* In pieces that a pipe takes whole once it is writable; false: nobody reads. */
static bool log_queue_write_out(struct lines *w, int wait_ms)
{
	struct pollfd p = { .fd = log_queue_fd(), .events = POLLOUT };

	while (w->written < w->n) {
		size_t part = w->n - w->written;
		ssize_t n;

		if (poll(&p, 1, wait_ms) != 1 || !(p.revents & POLLOUT))
			return false;
		if (queue.journal >= 0) {
			log_queue_send_one(w);
			continue;
		}
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

void log_queue_journal(int fd, const char *path)
{
	queue.journal = fd;
	queue.journal_path = path;
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
