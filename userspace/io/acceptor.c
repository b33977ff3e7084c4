// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "acceptor.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

/* user_data generation of the pause's timer. */
#define ACCEPTOR_PAUSE 1

static uint64_t acceptor_ud(const struct acceptor *a, uint32_t gen)
{
	return ud_pack(a->op, a->slot, gen);
}

static void acceptor_arm(struct acceptor *a)
{
	struct io_uring_sqe *sqe = ring_sqe(a->ring, acceptor_ud(a, 0));

	a->in_flight++;
	a->armed = true;
	if (a->ring->multishot)
		io_uring_prep_multishot_accept(sqe, a->fd, NULL, NULL,
					       SOCK_CLOEXEC);
	else
		io_uring_prep_accept(sqe, a->fd, NULL, NULL, SOCK_CLOEXEC);
}

/* Asking again at once would spin: the connection stays in the backlog. */
static void acceptor_pause(struct acceptor *a)
{
	static struct __kernel_timespec second = { .tv_sec = 1 };

	a->in_flight++;
	a->pausing = true;
	io_uring_prep_timeout(ring_sqe(a->ring, acceptor_ud(a, ACCEPTOR_PAUSE)),
			      &second, 0, 0);
}

static bool is_shortage(int error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOMEM ||
	       error == -ENOBUFS;
}

void acceptor_start(struct acceptor *a, struct ring *r, enum ring_op op,
		    uint32_t slot, int fd)
{
	memset(a, 0, sizeof(*a));
	a->ring = r;
	a->op = op;
	a->slot = slot;
	a->fd = fd;
	acceptor_arm(a);
}

int acceptor_handle(struct acceptor *a, const struct ring_cqe *cqe)
{
	bool pause_over = cqe->gen == ACCEPTOR_PAUSE;
	int fd = !pause_over && cqe->res >= 0 ? cqe->res : -1;

	if (!(cqe->flags & IORING_CQE_F_MORE)) {
		a->in_flight--;
		if (pause_over)
			a->pausing = false;
		else
			a->armed = false;
	}
	if (a->fd < 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (a->armed || a->pausing)
		return fd;
	if (!pause_over && is_shortage(cqe->res)) {
		log_warning("accept failed error=%d (%s)", -cqe->res,
			    strerror(-cqe->res));
		acceptor_pause(a);
	} else {
		acceptor_arm(a);
	}
	return fd;
}

void acceptor_stop(struct acceptor *a)
{
	if (a->fd < 0)
		return;
	if (a->armed)
		ring_cancel(a->ring, acceptor_ud(a, 0));
	if (a->pausing)
		ring_cancel(a->ring, acceptor_ud(a, ACCEPTOR_PAUSE));
	close(a->fd);
	a->fd = -1;
}
