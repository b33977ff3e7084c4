// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "log.h"

/* Signals are the process's, so is this. */
static struct {
	struct ring *ring;
	int fd;
	void (*fn)(void *ctx, int signal);
	void *ctx;
} signals = { .fd = -1 };

/* Polled, not read by the ring: a worker thread would read another thread's
 * signals. */
static void signals_poll(void)
{
	struct io_uring_sqe *sqe;

	sqe = ring_sqe(signals.ring, ud_pack(RING_OP_SIGNAL, 0, 0));
	io_uring_prep_poll_add(sqe, signals.fd, POLLIN);
}

static void signals_ready(void *ctx, const struct ring_cqe *cqe)
{
	struct signalfd_siginfo info;

	(void)ctx;
	if (signals.fd < 0)
		return;
	if (cqe->res < 0) {
		log_error("signals poll failed error=%d (%s)", -cqe->res,
			  strerror(-cqe->res));
		return;
	}
	while (signals.fd >= 0 &&
	       read(signals.fd, &info, sizeof(info)) == sizeof(info))
		signals.fn(signals.ctx, (int)info.ssi_signo);
	if (signals.fd >= 0)
		signals_poll();
}

int signals_open(struct ring *r, void (*fn)(void *ctx, int signal), void *ctx)
{
	sigset_t set;
	int fd;

	if (signals.fd >= 0)
		return -EBUSY;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	/* A log pipe or control client that went away is an error code. */
	(void)signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0) {
		int ret = -errno;

		sigprocmask(SIG_UNBLOCK, &set, NULL);
		return ret;
	}
	signals.ring = r;
	signals.fd = fd;
	signals.fn = fn;
	signals.ctx = ctx;
	ring_on(r, RING_OP_SIGNAL, signals_ready, NULL);
	signals_poll();
	return 0;
}

void signals_close(struct ring *r)
{
	if (signals.fd < 0)
		return;
	ring_cancel(r, ud_pack(RING_OP_SIGNAL, 0, 0));
	close(signals.fd);
	signals.fd = -1;
	/* They stay blocked: a second SIGTERM must not cut the end short. */
}
