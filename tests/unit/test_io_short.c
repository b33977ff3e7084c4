// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * Sends that the kernel takes in part: a TCP peer with tiny buffers and a
 * control client that reads slowly.  Every byte arrives once and in order, what
 * is added meanwhile behind it; an end in the middle takes nothing along.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

/* For the buffers of a flow's socket and the length of a send. */
#include "io/control.c"
#include "io/tcp.c"
#include "io_loop.h"
#include "tap.h"

#define LARGE (200 * 1024)
#define TOTAL (600 * 1024)

static struct ring ring;
static struct tcp tcp;
static struct control control;
static struct sockaddr_un name = { .sun_family = AF_UNIX };
static char directory[] = "/tmp/sipover-short-XXXXXX";
static struct addr local, server;
static int listener;
static ring_handler control_send_handler;

static struct {
	unsigned int connected, closed, lines, gone, want, sends, shorts;
	int error;
	tcp_flow flow;
	uint32_t client;
} seen;

static void on_connected(void *ctx, tcp_flow f)
{
	(void)ctx;
	seen.connected++;
	seen.flow = f;
}

static void on_received(void *ctx, tcp_flow f, const char *buf, size_t len)
{
	(void)ctx;
	(void)f;
	(void)buf;
	(void)len;
}

static void on_closed(void *ctx, tcp_flow f, bool connecting, int error)
{
	(void)ctx;
	(void)connecting;
	seen.closed++;
	seen.flow = f;
	seen.error = error;
}

static const struct tcp_ops tcp_ops = {
	.connected = on_connected,
	.received = on_received,
	.closed = on_closed,
};

static void on_line(void *ctx, uint32_t client, const char *text, size_t len)
{
	(void)ctx;
	(void)text;
	(void)len;
	seen.lines++;
	seen.client = client;
}

static void on_gone(void *ctx, uint32_t client)
{
	(void)ctx;
	(void)client;
	seen.gone++;
}

static const struct control_ops control_ops = {
	.line = on_line,
	.gone = on_gone,
};

static void on_control_send(void *ctx, const struct ring_cqe *cqe)
{
	struct control_private *p = ctx;
	struct client *cl = &p->client[cqe->slot];

	seen.sends++;
	seen.shorts += cqe->res > 0 &&
		       (size_t)cqe->res < cl->out.out_len - cl->out.out_at;
	control_send_handler(ctx, cqe);
}

static bool have_connected(void)
{
	return seen.connected >= seen.want;
}

static bool have_closed(void)
{
	return seen.closed >= seen.want;
}

static bool have_line(void)
{
	return seen.lines >= seen.want;
}

static bool have_gone(void)
{
	return seen.gone >= seen.want;
}

static void expect(unsigned int want)
{
	memset(&seen, 0, sizeof(seen));
	seen.want = want;
}

/* The n-th byte of a stream: another one for each key, no short period. */
static char byte(uint32_t key, size_t n)
{
	return (char)((n * 2654435761u + key * 40503u) >> 13);
}

static void pattern(char *buf, uint32_t key, size_t from, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = byte(key, from + i);
}

/* Reads what is there, at most max bytes, and compares; how many, -1: the end
 * or another byte. */
static ssize_t reads(int fd, uint32_t key, size_t from, size_t max)
{
	static char buf[LARGE];
	ssize_t n = recv(fd, buf, max, MSG_DONTWAIT), i;

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	if (!n)
		return -1;
	for (i = 0; i < n; i++)
		if (buf[i] != byte(key, from + (size_t)i))
			return -1;
	return n;
}

static int tiny_listener(void)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), size = 4096;

	/* Before listen(): accepted sockets inherit it. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&in, sizeof(in)) || listen(fd, 16) ||
	    getsockname(fd, (struct sockaddr *)&in, &len)) {
		close(fd);
		return -1;
	}
	addr_parse(&server, "127.0.0.1", ntohs(in.sin_port), TRANSPORT_TCP);
	return fd;
}

static tcp_flow connected(int *peer)
{
	int size = 4096;
	tcp_flow f;

	expect(1);
	f = tcp_connect(&tcp, &server, &local, 0);
	setsockopt(flow_of(&tcp, f)->fd, SOL_SOCKET, SO_SNDBUF, &size,
		   sizeof(size));
	if (!io_until(&ring, have_connected))
		ok(false, "no connection");
	*peer = accept(listener, NULL, NULL);
	return f;
}

/* One large message, then small ones between its parts. */
static void test_order(void)
{
	static char buf[LARGE];
	uint64_t shorts = tcp.stats.short_sends;
	size_t sent = LARGE, read = 0, len, step = 0;
	unsigned int full = 0, between = 0;
	ssize_t n = 0;
	int fd;
	tcp_flow f = connected(&fd);

	pattern(buf, 1, 0, LARGE);
	is_int(tcp_send(&tcp, f, buf, LARGE), 0, "200 KiB are taken");
	while (read < TOTAL && n >= 0 && step++ < 100000) {
		io_uring_submit_and_get_events(&ring.uring);
		io_for(&ring, 0);
		n = reads(fd, 1, read, 1 + (step * 997) % 5000);
		if (n > 0)
			read += (size_t)n;
		len = 1 + (step * 131) % 9000;
		if (len > TOTAL - sent)
			len = TOTAL - sent;
		if (!len)
			continue;
		pattern(buf, 1, sent, len);
		if (tcp_send(&tcp, f, buf, len)) {
			full++;
		} else {
			between += read && read < sent;
			sent += len;
		}
	}
	is_int(read, TOTAL, "600 KiB arrive, each byte in its place");
	ok(between > 50, "%u messages were added between the parts", between);
	ok(full > 0, "%u were refused when 256 KiB waited", full);
	ok(tcp.stats.short_sends - shorts > 20, "by %llu short sends",
	   (unsigned long long)(tcp.stats.short_sends - shorts));
	io_for(&ring, 5);
	is_int(recv(fd, buf, 1, MSG_DONTWAIT), -1, "and nothing more");
	tcp_drop(&tcp, f);
	close(fd);
}

/* Dropped in the middle, and the next flow at once: neither gets the other's
 * bytes. */
static void test_drop(void)
{
	static char buf[LARGE];
	tcp_flow f, next;
	size_t read = 0;
	ssize_t n = 0;
	int fd, other, i;

	f = connected(&fd);
	pattern(buf, 2, 0, LARGE);
	tcp_send(&tcp, f, buf, LARGE);
	for (i = 0; i < 5; i++) {
		io_for(&ring, 1);
		n = reads(fd, 2, read, 3000);
		read += n > 0 ? (size_t)n : 0;
	}
	ok(read && read < LARGE, "a flow is in the middle (%zu bytes)", read);
	tcp_drop(&tcp, f);
	next = connected(&other);
	ok(next && next != f, "another flow follows");
	pattern(buf, 3, 0, 5000);
	is_int(tcp_send(&tcp, next, buf, 5000), 0, "and is sent on");
	is_int(tcp_send(&tcp, f, buf, 5000), -ENOTCONN, "the old one is not");
	while (n >= 0) {
		n = reads(fd, 2, read, sizeof(buf));
		if (n > 0)
			read += (size_t)n;
		io_for(&ring, 1);
	}
	ok(recv(fd, buf, 1, MSG_DONTWAIT) <= 0 && read < LARGE,
	   "its peer got a beginning (%zu bytes) and the end", read);
	for (i = 0, read = 0, n = 0; i < 1000 && n >= 0 && read < 5000; i++) {
		io_for(&ring, 1);
		n = reads(other, 3, read, sizeof(buf));
		read += n > 0 ? (size_t)n : 0;
	}
	is_int(read, 5000, "the other one its own bytes");
	is_int(seen.closed, 0, "nobody was told of an end");
	tcp_drop(&tcp, next);
	close(fd);
	close(other);
}

/* The peer goes in the middle; unread bytes make it an RST. */
static void test_peer_goes(void)
{
	static char buf[LARGE];
	tcp_flow f;
	int fd;

	f = connected(&fd);
	pattern(buf, 4, 0, LARGE);
	tcp_send(&tcp, f, buf, LARGE);
	io_for(&ring, 2);
	expect(1);
	close(fd);
	ok(io_until(&ring, have_closed), "the peer goes in the middle");
	io_for(&ring, 5);
	is_int(seen.closed, 1, "told once");
	is_int(seen.error, -ECONNRESET, "as a reset");
	is_int(tcp_send(&tcp, f, buf, 1), -ENOTCONN, "the flow is gone");
}

static void test_close_all(void)
{
	static char buf[LARGE];
	int fd[3], i;

	for (i = 0; i < 3; i++)
		tcp_send(&tcp, connected(&fd[i]), buf, LARGE);
	io_for(&ring, 2);
	tcp_close(&tcp);
	io_for(&ring, 5);
	is_int(ring.in_flight - ring.timer_polled, 0,
	       "closed with three flows in the middle");
	for (i = 0; i < 3; i++)
		close(fd[i]);
}

static char *line(uint32_t key, size_t from, size_t len)
{
	char *text = malloc(len + 1);
	size_t i;

	for (i = 0; i < len; i++) {
		/* A string: no 0. */
		text[i] = byte(key, from + i);
		if (!text[i])
			text[i] = 1;
	}
	text[len] = '\0';
	return text;
}

static void test_slow_client(void)
{
	static char buf[8192];
	size_t sent = 0, read = 0, bad = 0, i;
	int fd, steps = 0;
	ssize_t n;

	expect(1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ok(!connect(fd, (struct sockaddr *)&name, sizeof(name)) &&
	   write(fd, "x\n", 2) == 2, "a client");
	io_until(&ring, have_line);
	control_send_handler = ring.handler[RING_OP_CTL_SEND];
	ring.handler[RING_OP_CTL_SEND] = on_control_send;
	while (sent < 8 * 99999) {
		control_send(&control, seen.client, line(5, sent, 99999));
		sent += 99999;
	}
	while (read < sent && steps++ < 100000) {
		io_for(&ring, 0);
		n = recv(fd, buf, 1 + (size_t)(steps * 997) % 8000,
			 MSG_DONTWAIT);
		for (i = 0; n > 0 && i < (size_t)n; i++) {
			char want = byte(5, read + i);

			bad += buf[i] != (want ? want : 1);
		}
		read += n > 0 ? (size_t)n : 0;
		if (sent < 1500000 && steps % 3 == 0) {
			control_send(&control, seen.client,
				     line(5, sent, 3001));
			sent += 3001;
		}
	}
	is_int(read, sent, "a slow client gets all");
	is_int(bad, 0, "each byte in its place");
	ok(seen.shorts > 3, "by %u short sends of %u", seen.shorts, seen.sends);
	is_int(control.stats.too_slow, 0, "it was never too slow");

	/* And one that goes in the middle. */
	control_send(&control, seen.client, line(6, 0, 500000));
	io_for(&ring, 1);
	n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	ok(n > 0 && buf[0] == byte(6, 0), "the next answer begins");
	seen.want = 1;
	close(fd);
	ok(io_until(&ring, have_gone), "a client goes in the middle");
	io_for(&ring, 5);
	is_int(seen.gone, 1, "told once");
}

int main(void)
{
	int before = io_descriptors();

	sip_parse_init();
	addr_parse(&local, "127.0.0.1", 0, TRANSPORT_TCP);
	if (!ok(mkdtemp(directory) != NULL, "a directory"))
		return tap_done();
	snprintf(name.sun_path, sizeof(name.sun_path), "%s/socket", directory);
	listener = tiny_listener();
	if (!ok(!ring_open(&ring, 64) && listener >= 0, "ring opens"))
		return tap_done();
	is_int(tcp_open(&tcp, &ring, 8, &tcp_ops, NULL), 0, "tcp opens");
	test_order();
	test_drop();
	test_peer_goes();
	test_close_all();
	is_int(control_open(&control, &ring, name.sun_path, &control_ops,
			    NULL), 0, "control opens");
	test_slow_client();
	control_close(&control);
	close(listener);
	ring_close(&ring);
	is_int(ring.in_flight, 0, "everything ended");
	is_int(io_descriptors(), before, "no descriptor is left");
	rmdir(directory);
	return tap_done();
}
