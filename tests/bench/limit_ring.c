/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limit_ring LOCAL PORT A B: as limit, on an io_uring that is set up as the
 * daemon's is.  The error queue is read and the datagram to B sent by two linked
 * operations: one system call after the wait that brought the error.
 */
#include <liburing.h>
#include <poll.h>
#include <unistd.h>

#include "invite.h"

enum { INPUT = 1, SOCKET, SENT };

static struct io_uring ring;
static char quote[INVITE_MAX], control[512], answers[INVITE_MAX], line[64];
static struct sockaddr_in quoted;
static struct iovec quote_iov = { quote, sizeof(quote) };
static struct msghdr error_msg;

static struct io_uring_sqe *sqe_for(unsigned long what)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	if (!sqe)
		exit(1);
	sqe->user_data = what;
	return sqe;
}

static __attribute__((noinline)) void send_invite(int fd, struct invite *v)
{
	static struct msghdr msg;
	static struct iovec iov;
	struct io_uring_sqe *sqe = sqe_for(SENT);

	iov = (struct iovec){ v->text, v->len };
	msg = (struct msghdr){
		.msg_name = &v->to,
		.msg_namelen = sizeof(v->to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	io_uring_prep_sendmsg(sqe, fd, &msg, 0);
}

static void read_error(int fd)
{
	struct io_uring_sqe *sqe = sqe_for(SENT);

	error_msg = (struct msghdr){
		.msg_name = &quoted,
		.msg_namelen = sizeof(quoted),
		.msg_iov = &quote_iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	io_uring_prep_recvmsg(sqe, fd, &error_msg,
			      MSG_ERRQUEUE | MSG_DONTWAIT);
	/* Without an error in the queue the datagram is not sent either. */
	sqe->flags |= IOSQE_IO_LINK;
}

static void wait_input(void)
{
	io_uring_prep_poll_add(sqe_for(INPUT), 0, POLLIN);
}

static void wait_socket(int fd)
{
	/* POLLERR is always told as well. */
	io_uring_prep_poll_multishot(sqe_for(SOCKET), fd, POLLIN);
}

int main(int argc, char **argv)
{
	static struct invite a, b;
	struct io_uring_params params = {
		.flags = IORING_SETUP_SINGLE_ISSUER |
			 IORING_SETUP_DEFER_TASKRUN |
			 IORING_SETUP_COOP_TASKRUN,
	};
	unsigned int port, number = 0;
	struct io_uring_cqe *cqe;
	int fd;

	if (argc != 5) {
		fputs("usage: limit_ring LOCAL PORT A B\n", stderr);
		return 64;
	}
	port = (unsigned int)strtoul(argv[2], NULL, 10);
	fd = invite_socket(argv[1], port);
	invite_make(&a, argv[1], port, argv[3], number);
	invite_make(&b, argv[1], port, argv[4], number);
	if (io_uring_queue_init_params(64, &ring, &params))
		return 1;
	wait_input();
	wait_socket(fd);
	puts("ready");
	fflush(stdout);
	for (;;) {
		if (io_uring_submit_and_wait(&ring, 1) < 0)
			return 1;
		while (!io_uring_peek_cqe(&ring, &cqe)) {
			unsigned long what = cqe->user_data;
			int events = what == SOCKET ? cqe->res : 0;

			io_uring_cqe_seen(&ring, cqe);
			if (what == INPUT) {
				if (read(0, line, sizeof(line)) <= 0)
					return 0;
				send_invite(fd, &a);
				wait_input();
			}
			if (events & POLLERR) {
				read_error(fd);
				send_invite(fd, &b);
			} else if ((events & POLLIN) &&
				   recv(fd, answers, sizeof(answers),
					MSG_DONTWAIT) > 0) {
				invite_make(&a, argv[1], port, argv[3],
					    ++number);
				invite_make(&b, argv[1], port, argv[4],
					    number);
			}
		}
	}
}
