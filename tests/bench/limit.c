/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limit LOCAL PORT A B: the least that a program can do.  A line on its input:
 * it sends the INVITE to A.  An ICMP error on its socket's error queue: it sends
 * a datagram to B that lay ready.  Three system calls, no thought.
 */
#include <poll.h>
#include <unistd.h>

#include "invite.h"

static char answers[INVITE_MAX];

static void send_invite(int fd, const struct invite *v)
{
	if (sendto(fd, v->text, v->len, 0, (const void *)&v->to,
		   sizeof(v->to)) < 0)
		perror("sendto");
}

/* Whether there was an error to read. */
static int read_error(int fd)
{
	char quote[INVITE_MAX], control[512];
	struct iovec iov = { quote, sizeof(quote) };
	struct sockaddr_in to;
	struct msghdr msg = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};

	return recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0;
}

int main(int argc, char **argv)
{
	static struct invite a, b;
	struct pollfd wait[2] = {
		{ .fd = 0, .events = POLLIN },
		{ .events = POLLIN },
	};
	unsigned int port, number = 0;
	char line[64];
	int fd;

	if (argc != 5) {
		fputs("usage: limit LOCAL PORT A B\n", stderr);
		return 64;
	}
	port = (unsigned int)strtoul(argv[2], NULL, 10);
	fd = wait[1].fd = invite_socket(argv[1], port);
	invite_make(&a, argv[1], port, argv[3], number);
	invite_make(&b, argv[1], port, argv[4], number);
	puts("ready");
	fflush(stdout);
	for (;;) {
		if (poll(wait, 2, -1) < 0)
			return 1;
		if ((wait[1].revents & POLLERR) && read_error(fd))
			send_invite(fd, &b);
		if (wait[1].revents & POLLIN) {
			/* Of one that was answered the next has another. */
			if (recv(fd, answers, sizeof(answers),
				 MSG_DONTWAIT) > 0) {
				invite_make(&a, argv[1], port, argv[3],
					    ++number);
				invite_make(&b, argv[1], port, argv[4],
					    number);
			}
		}
		if (wait[0].revents) {
			if (read(0, line, sizeof(line)) <= 0)
				return 0;
			send_invite(fd, &a);
		}
	}
}
