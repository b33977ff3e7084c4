// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * Multishot operations that end in the middle: buffers run out (ENOBUFS), the
 * completion queue is full (no IORING_CQE_F_MORE on the last data).  Nothing is
 * lost that the socket held, and exactly one operation is armed afterwards.
 */
#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <sys/un.h>

/* For the descriptor of a socket. */
#include "io/udp.c"
#include "io/control.h"
#include "io/tcp.h"
#include "io_loop.h"
#include "tap.h"

#define FLOOD 600		/* more than a socket of usual size queues */
#define DURING 200
#define ANSWERS 700		/* at once, on a ring of 8 entries */

static struct ring ring;
static struct udp u;
static struct tcp tcp;
static struct control control;
static struct sockaddr_un name = { .sun_family = AF_UNIX };
static char directory[] = "/tmp/sipover-burst-XXXXXX";
static struct addr local;
static const char *mode;
static int sender = -1;

static struct {
	unsigned int received, disorder, icmp, accepted, lines, want;
	uint32_t next, sent;		/* numbers of datagrams */
	unsigned int during, answers;
} seen;

/* Completions as the handlers of the multishot operations saw them. */
static struct {
	unsigned int nobufs;	/* ended without a buffer */
	unsigned int data;	/* ended, with data */
	unsigned int ended;
	unsigned int buffers;	/* taken from the ring of buffers */
} ends;

static ring_handler counted[RING_OPS];

static void count(enum ring_op op, void *ctx, const struct ring_cqe *cqe)
{
	if (!(cqe->flags & IORING_CQE_F_MORE)) {
		ends.ended++;
		ends.data += cqe->res >= 0;
		ends.nobufs += cqe->res == -ENOBUFS;
	}
	ends.buffers += !!(cqe->flags & IORING_CQE_F_BUFFER);
	counted[op](ctx, cqe);
}

static void count_recv(void *ctx, const struct ring_cqe *cqe)
{
	count(RING_OP_UDP_RECV, ctx, cqe);
}

static void count_tcp_accept(void *ctx, const struct ring_cqe *cqe)
{
	count(RING_OP_TCP_ACCEPT, ctx, cqe);
}

static void count_ctl_accept(void *ctx, const struct ring_cqe *cqe)
{
	count(RING_OP_CTL_ACCEPT, ctx, cqe);
}

static void start_counting(enum ring_op op, ring_handler fn)
{
	counted[op] = ring.handler[op];
	ring.handler[op] = fn;
	memset(&ends, 0, sizeof(ends));
}

static void number(uint32_t n)
{
	union sockaddr_any to;
	socklen_t len = sockaddr_from(&to, &u.local);

	if (sendto(sender, &n, sizeof(n), 0, &to.sa, len) == sizeof(n))
		seen.sent++;
}

static void on_received(void *ctx, struct udp *s, const struct addr *from,
			const char *buf, size_t len)
{
	uint32_t n, i;

	(void)ctx;
	if (len != sizeof(n))
		return;
	memcpy(&n, buf, sizeof(n));
	seen.received++;
	if (n < seen.next)
		seen.disorder++;
	seen.next = n + 1;
	if (seen.during) {
		seen.during--;
		number(FLOOD + DURING - seen.during);
	}
	for (i = 0; i < seen.answers; i++)
		udp_send(s, from, &i, sizeof(i));
	seen.answers = 0;
}

static void on_send_failed(void *ctx, struct udp *s, const struct addr *to,
			   int error, const char *buf, size_t len)
{
	(void)ctx;
	(void)s;
	(void)to;
	(void)buf;
	(void)len;
	ok(false, "%s: a send failed with %d", mode, error);
}

static void on_icmp(void *ctx, struct udp *s, const struct udp_icmp *e)
{
	(void)ctx;
	(void)s;
	(void)e;
	seen.icmp++;
}

static const struct udp_ops udp_ops = {
	.received = on_received,
	.send_failed = on_send_failed,
	.icmp = on_icmp,
};

static void on_accepted(void *ctx, tcp_flow f)
{
	(void)ctx;
	(void)f;
	seen.accepted++;
}

static void on_closed(void *ctx, tcp_flow f, bool connecting, int error)
{
	(void)ctx;
	(void)f;
	(void)connecting;
	(void)error;
}

static const struct tcp_ops tcp_ops = {
	.accepted = on_accepted,
	.closed = on_closed,
};

static void on_line(void *ctx, uint32_t client, const char *text, size_t len)
{
	(void)ctx;
	(void)client;
	(void)text;
	(void)len;
	seen.lines++;
}

static void on_gone(void *ctx, uint32_t client)
{
	(void)ctx;
	(void)client;
}

static const struct control_ops control_ops = {
	.line = on_line,
	.gone = on_gone,
};

static bool enough_received(void)
{
	return seen.received >= seen.want;
}

static bool enough_icmp(void)
{
	return seen.icmp >= seen.want;
}

static bool enough_accepted(void)
{
	return seen.accepted >= seen.want;
}

static bool enough_lines(void)
{
	return seen.lines >= seen.want;
}

static void expect(unsigned int want)
{
	memset(&seen, 0, sizeof(seen));
	seen.want = want;
}

/* Datagrams that the socket had no room for, by the kernel's count. */
static uint32_t dropped(void)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	getsockopt(u.p->fd, SOL_SOCKET, SO_MEMINFO, info, &len);
	return info[SK_MEMINFO_DROPS];
}

static bool nothing_missing(void)
{
	return !seen.during && seen.received + dropped() >= seen.sent;
}

/* Task work is run, nothing is handled: no buffer comes back. */
static void let_the_kernel_work(void)
{
	int i;

	for (i = 0; i < 8; i++)
		io_uring_submit_and_get_events(&ring.uring);
}

static void is_armed(unsigned int opcode, int n, const char *what)
{
	io_for(&ring, 5);
	is_int(io_armed(&ring, opcode), n, "%s: %s, in the kernel", mode, what);
}

static bool opens(void)
{
	if (!ok(!udp_open(&u, &ring, 0, &local, true, &udp_ops, NULL),
		"%s: a socket", mode))
		return false;
	sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	io_for(&ring, 5);
	return true;
}

static void closes(void)
{
	close(sender);
	udp_close(&u);
	io_for(&ring, 5);
	is_int(ring.in_flight - ring.timer_polled, 0, "%s: nothing under way",
	       mode);
}

/* The socket's queue and all buffers are full, and more comes while they are
 * handled. */
static void test_flood(void)
{
	uint64_t rearms = ring.stats.rearms, nobufs = ring.stats.nobufs;
	uint32_t i;

	if (!opens())
		return;
	start_counting(RING_OP_UDP_RECV, count_recv);
	expect(0);
	for (i = 0; i < FLOOD; i++) {
		number(i);
		/* So that the buffers fill before the socket does. */
		if (i < UDP_BUFS + 10)
			io_uring_submit_and_get_events(&ring.uring);
	}
	let_the_kernel_work();
	ok(dropped() > 0, "%s: the socket overflows (%u of %u)", mode,
	   dropped(), seen.sent);
	seen.during = DURING;
	ok(io_until(&ring, nothing_missing), "%s: it is read", mode);
	io_for(&ring, 5);
	is_int(seen.sent, FLOOD + DURING, "%s: all were sent", mode);
	is_int(seen.received, seen.sent - dropped(),
	       "%s: all that the socket took are received", mode);
	is_int(seen.disorder, 0, "%s: in order, none twice", mode);
	if (ring.multishot) {
		ok(ends.nobufs > 0, "%s: the buffers ran out %u times", mode,
		   ends.nobufs);
		is_int(ring.stats.nobufs - nobufs, ends.nobufs,
		       "%s: counted", mode);
		is_int((uint16_t)(u.p->br->tail - UDP_BUFS),
		       (uint16_t)ends.buffers, "%s: each was given back", mode);
	}
	is_int(ring.stats.rearms - rearms, ends.ended,
	       "%s: armed once for each end", mode);
	is_armed(IORING_OP_RECVMSG, 1, "one receive");
	closes();
}

static void test_recv_ends_with_data(void)
{
	uint64_t rearms = ring.stats.rearms;
	uint32_t i;

	if (!opens())
		return;
	start_counting(RING_OP_UDP_RECV, count_recv);
	expect(10);
	io_fill(&ring);
	for (i = 0; i < 10; i++)
		number(i);
	let_the_kernel_work();
	ok(io_uring_cq_has_overflow(&ring.uring), "%s: completions overflow",
	   mode);
	ok(io_until(&ring, enough_received), "%s: datagrams are received",
	   mode);
	io_for(&ring, 5);
	is_int(seen.received, 10, "%s: each once", mode);
	is_int(seen.disorder, 0, "%s: in order", mode);
	ok(ends.data > 0, "%s: the receive ended with data", mode);
	is_int(ring.stats.rearms - rearms, ends.ended,
	       "%s: armed once for each end", mode);
	is_armed(IORING_OP_RECVMSG, 1, "one receive");
	closes();
}

/* The error queue is noticed by an operation that can end as well. */
static void test_errors_in_full_queue(void)
{
	struct addr dead = local;
	union sockaddr_any to;
	int i, polls, receives;
	socklen_t len;
	struct udp gone;

	if (!opens())
		return;
	udp_open(&gone, &ring, 0, &local, false, &udp_ops, NULL);
	dead = gone.local;
	udp_close(&gone);
	is_armed(IORING_OP_RECVMSG, 1, "one receive before");
	receives = io_armed(&ring, IORING_OP_RECVMSG);
	polls = io_armed(&ring, IORING_OP_POLL_ADD) - ring.timer_polled;
	len = sockaddr_from(&to, &dead);
	expect(5);
	io_fill(&ring);
	for (i = 0; i < 5; i++) {
		/* The error of the one before may fail the first try. */
		if (sendto(u.p->fd, "x", 1, 0, &to.sa, len) < 0)
			sendto(u.p->fd, "x", 1, 0, &to.sa, len);
		let_the_kernel_work();
	}
	ok(io_until(&ring, enough_icmp), "%s: errors come through", mode);
	io_for(&ring, 5);
	is_int(seen.icmp, 5, "%s: each once", mode);
	is_int(io_armed(&ring, IORING_OP_RECVMSG), receives,
	       "%s: as many receives as before", mode);
	is_int(io_armed(&ring, IORING_OP_POLL_ADD) - ring.timer_polled, polls,
	       "%s: as many polls as before", mode);
	expect(1);
	sendto(u.p->fd, "y", 1, 0, &to.sa, len);
	ok(io_until(&ring, enough_icmp), "%s: and the next one", mode);
	closes();
}

static void clients(int *fd, int family, const void *to, socklen_t len)
{
	int i;

	for (i = 0; i < 5; i++) {
		fd[i] = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(fd[i], to, len))
			ok(false, "%s: connect", mode);
	}
}

static void test_tcp_accept_ends(void)
{
	struct addr listen = local;
	union sockaddr_any to;
	socklen_t len;
	int fd[5], i;

	expect(5);
	tcp_open(&tcp, &ring, 16, &tcp_ops, NULL);
	is_int(tcp_listen(&tcp, &listen), 0, "%s: listens", mode);
	io_for(&ring, 5);
	start_counting(RING_OP_TCP_ACCEPT, count_tcp_accept);
	len = sockaddr_from(&to, &listen);
	io_fill(&ring);
	clients(fd, AF_INET, &to, len);
	let_the_kernel_work();
	ok(io_until(&ring, enough_accepted), "%s: flows are accepted", mode);
	io_for(&ring, 5);
	is_int(seen.accepted, 5, "%s: each once", mode);
	ok(ends.data > 0, "%s: an accept ended with a flow", mode);
	is_armed(IORING_OP_ACCEPT, 1, "one accept");
	is_int(io_armed(&ring, IORING_OP_RECV), 5, "%s: a receive for each",
	       mode);
	for (i = 0; i < 5; i++)
		close(fd[i]);
	tcp_close(&tcp);
	io_for(&ring, 5);
	is_int(ring.in_flight - ring.timer_polled, 0, "%s: nothing under way",
	       mode);
}

static void test_control_accept_ends(void)
{
	int fd[5], i;

	expect(5);
	is_int(control_open(&control, &ring, name.sun_path, &control_ops,
			    NULL), 0, "%s: control opens", mode);
	io_for(&ring, 5);
	start_counting(RING_OP_CTL_ACCEPT, count_ctl_accept);
	io_fill(&ring);
	clients(fd, AF_UNIX, &name, sizeof(name));
	for (i = 0; i < 5; i++)
		ok(write(fd[i], "x\n", 2) == 2, "%s: a client", mode);
	let_the_kernel_work();
	ok(io_until(&ring, enough_lines), "%s: clients are heard", mode);
	io_for(&ring, 5);
	is_int(control.stats.accepted, 5, "%s: each accepted once", mode);
	ok(ends.data > 0, "%s: an accept ended with a client", mode);
	is_armed(IORING_OP_ACCEPT, 1, "one accept");
	is_int(io_armed(&ring, IORING_OP_RECV), 5, "%s: a receive for each",
	       mode);
	for (i = 0; i < 5; i++)
		close(fd[i]);
	control_close(&control);
	io_for(&ring, 5);
	is_int(ring.in_flight - ring.timer_polled, 0, "%s: nothing under way",
	       mode);
}

/* One callback submits more than the queue has entries, by far. */
static void test_many_answers(void)
{
	uint64_t full = ring.stats.sq_full;
	uint32_t n, i = 0, disorder = 0;
	int big = 1 << 21;

	if (!opens())
		return;
	setsockopt(sender, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof(big));
	expect(1);
	seen.answers = ANSWERS;
	number(0);
	ok(io_until(&ring, enough_received), "%s: a question", mode);
	io_for(&ring, 20);
	ok(ring.stats.sq_full - full > ANSWERS / 16,
	   "%s: its answers fill the queue (%llu times)", mode,
	   (unsigned long long)(ring.stats.sq_full - full));
	while (recv(sender, &n, sizeof(n), MSG_DONTWAIT) == sizeof(n))
		disorder += n != i++;
	is_int(i, ANSWERS, "%s: all arrive", mode);
	is_int(disorder, 0, "%s: in order", mode);
	is_int(u.stats.tx, ANSWERS, "%s: each complete once", mode);
	closes();
}

static void test_mode(bool multishot)
{
	int before = io_descriptors();

	mode = multishot ? "multishot" : "single";
	if (!ok(!ring_open(&ring, 64), "%s: ring opens", mode))
		return;
	if (multishot && !ring.multishot) {
		ok(true, "multishot # SKIP not in this kernel");
		ring_close(&ring);
		return;
	}
	ring.multishot = multishot;
	test_flood();
	test_recv_ends_with_data();
	test_errors_in_full_queue();
	test_tcp_accept_ends();
	test_control_accept_ends();
	ring_close(&ring);
	is_int(ring.in_flight, 0, "%s: everything ended", mode);

	ring_open(&ring, 8);
	ring.multishot = multishot;
	test_many_answers();
	ring_close(&ring);
	is_int(ring.in_flight, 0, "%s: everything ended", mode);
	is_int(io_descriptors(), before, "%s: no descriptor is left", mode);
}

int main(void)
{
	addr_parse(&local, "127.0.0.1", 0, TRANSPORT_UDP);
	if (!ok(mkdtemp(directory) != NULL, "a directory"))
		return tap_done();
	snprintf(name.sun_path, sizeof(name.sun_path), "%s/socket", directory);
	test_mode(true);
	test_mode(false);
	rmdir(directory);
	return tap_done();
}
