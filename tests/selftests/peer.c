// SPDX-License-Identifier: BSD-2-Clause
/*
 * peer: both ends of the traffic that the tests provoke errors with.
 *
 *   peer udp-send [-b PORT] [-d DEVICE] [-n COUNT] [-c] [-r] ADDR PORT TEXT
 *       Sends TEXT, COUNT times from one socket (from port PORT); with COUNT
 *       above 1 the datagram's number follows the text.  Prints "SENT
 *       port=N len=N count=N".  -c: connected, and -r: any socket, wait for
 *       "ERROR NAME" or "REPLY len=N", at most 5 s, else "NONE".
 *   peer udp-echo ADDR PORT, peer udp-sink ADDR PORT
 *       Prints "READY", answers, or swallows, until killed.
 *   peer tcp-connect [-b PORT] ADDR PORT
 *       Prints "CONNECTED port=N snd=N rcv=N" (next sequence numbers of both
 *       directions) or "ERROR connect NAME", then, when the connection ends,
 *       "EOF" or "ERROR read NAME".  SIGUSR1 makes it send a byte.
 *   peer tcp-listen ADDR PORT
 *       Prints "READY", then "ACCEPTED" for each connection.  SIGUSR1 resets
 *       all connections, SIGUSR2 closes them in order.
 *
 * Exit status: 0, whatever the network said; 1 for a local failure.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns.h"

#define CONNECTIONS_MAX 64
#define ANSWER_WAIT_MS 5000

/* linux/tcp.h of some C libraries lacks it: leave repair without a probe. */
#ifndef TCP_REPAIR_OFF_NO_WP
#define TCP_REPAIR_OFF_NO_WP (-1)
#endif

struct options {
	const char *bind_port;
	const char *device;
	unsigned long count;
	bool connect;
	bool reply;
};

static void fail(const char *what)
{
	fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static const char *error_name(int error)
{
	switch (error) {
	case ECONNREFUSED: return "ECONNREFUSED";
	case ECONNRESET: return "ECONNRESET";
	case EHOSTUNREACH: return "EHOSTUNREACH";
	case ENETUNREACH: return "ENETUNREACH";
	case EACCES: return "EACCES";
	case ETIMEDOUT: return "ETIMEDOUT";
	case EPIPE: return "EPIPE";
	default: return strerror(error);
	}
}

/* The far end, and the kind of socket to reach it with. */
struct target {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
	socklen_t len;
	int type;
};

static struct target parse_target(const char *addr, const char *port, int type)
{
	uint16_t number = htons((uint16_t)strtoul(port, NULL, 10));
	struct target t = { .type = type };

	if (inet_pton(AF_INET, addr, &t.in.sin_addr) == 1) {
		t.in.sin_family = AF_INET;
		t.in.sin_port = number;
		t.len = sizeof(t.in);
	} else if (inet_pton(AF_INET6, addr, &t.in6.sin6_addr) == 1) {
		t.in6.sin6_family = AF_INET6;
		t.in6.sin6_port = number;
		t.len = sizeof(t.in6);
	} else {
		fprintf(stderr, "peer: %s is not an address\n", addr);
		exit(1);
	}
	return t;
}

static int open_socket(const struct target *t)
{
	int fd = socket(t->sa.sa_family, t->type, 0);
	int one = 1;

	if (fd < 0)
		fail("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		fail("SO_REUSEADDR");
	return fd;
}

static void bind_local(int fd, int family, const char *port)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	uint16_t number = htons((uint16_t)strtoul(port, NULL, 10));
	int rc;

	in.sin_port = number;
	in6.sin6_port = number;
	if (family == AF_INET6)
		rc = bind(fd, (struct sockaddr *)&in6, sizeof(in6));
	else
		rc = bind(fd, (struct sockaddr *)&in, sizeof(in));
	if (rc)
		fail("bind");
}

static unsigned int local_port(int fd)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} any = { .in6 = { 0 } };
	socklen_t len = sizeof(any);

	if (getsockname(fd, &any.sa, &len))
		fail("getsockname");
	if (any.sa.sa_family == AF_INET6)
		return ntohs(any.in6.sin6_port);
	return ntohs(any.in.sin_port);
}

static void await_answer(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char buf[65536];
	ssize_t n;

	if (poll(&pfd, 1, ANSWER_WAIT_MS) <= 0) {
		puts("NONE");
		return;
	}
	n = recv(fd, buf, sizeof(buf), 0);
	if (n < 0)
		printf("ERROR %s\n", error_name(errno));
	else
		printf("REPLY len=%zd\n", n);
}

static int udp_send(const struct options *o, const struct target *t,
		    const char *text)
{
	char buf[65536];
	unsigned long i;
	int fd = open_socket(t), len = 0;

	if (o->bind_port)
		bind_local(fd, t->sa.sa_family, o->bind_port);
	if (o->device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, o->device,
				    (socklen_t)strlen(o->device)))
		fail(o->device);
	if (o->connect && connect(fd, &t->sa, t->len))
		fail("connect");
	for (i = 1; i <= o->count; i++) {
		if (o->count > 1)
			len = snprintf(buf, sizeof(buf), "%s %lu", text, i);
		else
			len = snprintf(buf, sizeof(buf), "%s", text);
		if (len < 0 || len >= (int)sizeof(buf))
			len = sizeof(buf) - 1;
		if (sendto(fd, buf, (size_t)len, 0,
			   o->connect ? NULL : &t->sa,
			   o->connect ? 0 : t->len) < 0)
			printf("ERROR send %s\n", error_name(errno));
	}
	printf("SENT port=%u len=%d count=%lu\n", local_port(fd), len,
	       o->count);
	if (o->connect || o->reply)
		await_answer(fd);
	return 0;
}

static _Noreturn void udp_serve(const struct target *t, bool answer)
{
	struct sockaddr_storage from;
	char buf[65536];
	int fd = open_socket(t);

	if (bind(fd, &t->sa, t->len))
		fail("bind");
	puts("READY");
	for (;;) {
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, buf, sizeof(buf), 0,
				     (struct sockaddr *)&from, &len);

		if (n >= 0 && answer)
			sendto(fd, buf, (size_t)n, 0, (struct sockaddr *)&from,
			       len);
	}
}

static uint32_t sequence(int fd, int queue)
{
	uint32_t seq = 0;
	socklen_t len = sizeof(seq);

	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue,
		       sizeof(queue)) ||
	    getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &seq, &len))
		fail("TCP_QUEUE_SEQ");
	return seq;
}

static void print_connected(int fd)
{
	int on = 1, off = TCP_REPAIR_OFF_NO_WP;
	uint32_t snd, rcv;

	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)))
		fail("TCP_REPAIR");
	snd = sequence(fd, TCP_SEND_QUEUE);
	rcv = sequence(fd, TCP_RECV_QUEUE);
	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off)))
		fail("TCP_REPAIR off");
	printf("CONNECTED port=%u snd=%u rcv=%u\n", local_port(fd), snd, rcv);
}

static int connection;

static void send_byte(int signal)
{
	(void)signal;
	/* What comes of it is what the test is about. */
	if (write(connection, "x", 1) < 0)
		return;
}

static int tcp_connect(const struct options *o, const struct target *t)
{
	const struct sigaction on_signal = {
		.sa_handler = send_byte,
		.sa_flags = SA_RESTART,
	};
	char buf[4096];
	int fd = open_socket(t);
	ssize_t n;

	connection = fd;
	sigaction(SIGUSR1, &on_signal, NULL);
	if (o->bind_port)
		bind_local(fd, t->sa.sa_family, o->bind_port);
	if (connect(fd, &t->sa, t->len)) {
		printf("ERROR connect %s\n", error_name(errno));
		return 0;
	}
	print_connected(fd);
	do {
		n = read(fd, buf, sizeof(buf));
	} while (n > 0);
	if (n < 0)
		printf("ERROR read %s\n", error_name(errno));
	else
		puts("EOF");
	return 0;
}

static void end_connections(int *fds, unsigned int n, bool reset)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (reset && setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &linger,
					sizeof(linger)))
			fail("SO_LINGER");
		close(fds[i]);
	}
}

static _Noreturn void tcp_listen(const struct target *t)
{
	int conns[CONNECTIONS_MAX], fd = open_socket(t);
	struct signalfd_siginfo si;
	struct pollfd pfd[2];
	unsigned int n = 0;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pfd[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
	pfd[1] = (struct pollfd){ .fd = signalfd(-1, &set, 0),
				  .events = POLLIN };
	if (pfd[1].fd < 0)
		fail("signalfd");
	if (bind(fd, &t->sa, t->len) || listen(fd, 16))
		fail("listen");
	puts("READY");
	for (;;) {
		if (poll(pfd, 2, -1) < 0)
			fail("poll");
		if ((pfd[0].revents & POLLIN) && n < CONNECTIONS_MAX) {
			conns[n] = accept(fd, NULL, NULL);
			if (conns[n] >= 0) {
				n++;
				puts("ACCEPTED");
			}
		}
		if ((pfd[1].revents & POLLIN) &&
		    read(pfd[1].fd, &si, sizeof(si)) == sizeof(si)) {
			end_connections(conns, n, si.ssi_signo == SIGUSR1);
			n = 0;
			puts("ENDED");
		}
	}
}

static int usage(void)
{
	fputs("usage: peer udp-send [-b PORT] [-d DEVICE] [-n COUNT] [-c] [-r] ADDR PORT TEXT\n"
	      "       peer udp-echo|udp-sink ADDR PORT\n"
	      "       peer tcp-connect [-b PORT] ADDR PORT\n"
	      "       peer tcp-listen ADDR PORT\n", stderr);
	return 64;
}

int main(int argc, char **argv)
{
	struct options o = { .count = 1 };
	const char *what = argc > 1 ? argv[1] : "";
	bool udp = strncmp(what, "udp-", 4) == 0;
	struct target t;
	int c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 4)
		return usage();
	enter_netns();
	argc--;
	argv++;
	while ((c = getopt(argc, argv, "b:d:n:cr")) != -1) {
		if (c == 'b')
			o.bind_port = optarg;
		else if (c == 'd')
			o.device = optarg;
		else if (c == 'n')
			o.count = strtoul(optarg, NULL, 10);
		else if (c == 'c')
			o.connect = true;
		else if (c == 'r')
			o.reply = true;
		else
			return usage();
	}
	if (argc - optind < 2)
		return usage();
	t = parse_target(argv[optind], argv[optind + 1],
			 udp ? SOCK_DGRAM : SOCK_STREAM);
	if (strcmp(what, "udp-send") == 0 && argc - optind == 3)
		return udp_send(&o, &t, argv[optind + 2]);
	if (strcmp(what, "udp-echo") == 0)
		udp_serve(&t, true);
	if (strcmp(what, "udp-sink") == 0)
		udp_serve(&t, false);
	if (strcmp(what, "tcp-connect") == 0)
		return tcp_connect(&o, &t);
	if (strcmp(what, "tcp-listen") == 0)
		tcp_listen(&t);
	return usage();
}
