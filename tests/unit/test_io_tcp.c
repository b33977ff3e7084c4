// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * io/tcp on loopback, with and without multishot accept: connect and refuse,
 * framing, keep-alives, large and ordered sends, how flows end, what callbacks
 * may do.  The peer is a plain blocking socket.
 */
#include <arpa/inet.h>
#include <fcntl.h>

/* For the descriptor of a flow: its send buffer is made small. */
#include "io/tcp.c"
#include "io_loop.h"
#include "tap.h"

#define MSG "OPTIONS sip:a SIP/2.0\r\nContent-Length: 4\r\n\r\nbody"

enum act {
	ACT_NONE,
	ACT_DROP,
	ACT_RECONNECT,
	ACT_ANSWER,
	ACT_CLOSE,
};

static struct ring ring;
static struct tcp tcp;
static struct addr local, server;
static const char *mode;
static int listener;			/* the peer's */

static struct {
	unsigned int connected, received, closed, accepted, want;
	bool connecting;
	int error;
	tcp_flow flow, last;
	enum act act;
	size_t len;
	char text[70000];
} seen;

static void act(tcp_flow f)
{
	enum act what = seen.act;

	seen.act = ACT_NONE;
	switch (what) {
	case ACT_NONE:
		break;
	case ACT_DROP:
		tcp_drop(&tcp, f);
		break;
	case ACT_RECONNECT:
		tcp_drop(&tcp, f);
		seen.last = tcp_connect(&tcp, &server, &local, 0);
		break;
	case ACT_ANSWER:
		tcp_send(&tcp, f, "first", 5);
		tcp_send(&tcp, f, "second", 6);
		break;
	case ACT_CLOSE:
		tcp_close(&tcp);
		break;
	}
}

static void on_connected(void *ctx, tcp_flow f)
{
	(void)ctx;
	seen.connected++;
	seen.flow = f;
	act(f);
}

static void on_received(void *ctx, tcp_flow f, const char *buf, size_t len)
{
	(void)ctx;
	seen.received++;
	seen.flow = f;
	seen.len = len;
	memcpy(seen.text, buf, len);
	seen.text[len] = '\0';
	act(f);
}

static void on_closed(void *ctx, tcp_flow f, bool connecting, int error)
{
	struct addr own, peer;

	(void)ctx;
	seen.closed++;
	seen.flow = f;
	seen.connecting = connecting;
	seen.error = error;
	if (tcp_addresses(&tcp, f, &own, &peer) ||
	    tcp_send(&tcp, f, "x", 1) != -ENOTCONN)
		seen.closed += 100;	/* its number must be gone */
	act(f);
}

static void on_accepted(void *ctx, tcp_flow f)
{
	(void)ctx;
	seen.accepted++;
	seen.flow = f;
	act(f);
}

static const struct tcp_ops ops = {
	.connected = on_connected,
	.received = on_received,
	.closed = on_closed,
	.accepted = on_accepted,
};

static bool have_connected(void)
{
	return seen.connected >= seen.want;
}

static bool have_received(void)
{
	return seen.received >= seen.want;
}

static bool have_closed(void)
{
	return seen.closed >= seen.want;
}

static bool have_accepted(void)
{
	return seen.accepted >= seen.want;
}

static bool have_pinged(void)
{
	return tcp.stats.pings > 0;
}

static void expect(unsigned int want)
{
	memset(&seen, 0, sizeof(seen));
	seen.want = want;
}

static int listen_on(struct addr *a)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(a->port),
	};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&in, sizeof(in)) || listen(fd, 16) ||
	    getsockname(fd, (struct sockaddr *)&in, &len)) {
		close(fd);
		return -1;
	}
	addr_parse(a, "127.0.0.1", ntohs(in.sin_port), TRANSPORT_TCP);
	return fd;
}

/* A flow that is up; the peer's end of it. */
static tcp_flow connected(int *peer)
{
	tcp_flow f;

	expect(1);
	f = tcp_connect(&tcp, &server, &local, 5000);
	if (!io_until(&ring, have_connected))
		ok(false, "%s: no connection", mode);
	*peer = accept(listener, NULL, NULL);
	return f;
}

/* Reads exactly so much from the peer's end; bounded by the test's limit. */
static bool peer_reads(int fd, char *buf, size_t len)
{
	size_t n = 0;

	while (n < len) {
		ssize_t got = recv(fd, buf + n, len - n, 0);

		if (got <= 0)
			return false;
		n += (size_t)got;
	}
	return true;
}

static void test_connect(void)
{
	struct addr own, peer, dead = { 0 };
	tcp_flow f;
	char got[16];
	int fd;

	expect(1);
	f = tcp_connect(&tcp, &server, &local, 5000);
	ok(f != 0, "%s: a flow", mode);
	ok(!tcp_is_connected(&tcp, f), "%s: not connected yet", mode);
	ok(tcp_addresses(&tcp, f, &own, &peer) && own.port &&
	   addr_equal(&peer, &server), "%s: but its own port is known", mode);
	is_int(tcp_send(&tcp, f, "early", 5), 0, "%s: takes bytes", mode);
	ok(io_until(&ring, have_connected), "%s: connects", mode);
	ok(seen.flow == f && tcp_is_connected(&tcp, f), "%s: that flow", mode);
	fd = accept(listener, NULL, NULL);
	ok(peer_reads(fd, got, 5) && !memcmp(got, "early", 5),
	   "%s: what waited is sent", mode);
	expect(1);
	close(fd);
	ok(io_until(&ring, have_closed), "%s: the peer's close is told", mode);
	is_int(seen.error, 0, "%s: as FIN", mode);
	is_int(seen.closed, 1, "%s: its number gone", mode);
	ok(seen.flow == f && !seen.connecting, "%s: of that flow", mode);

	fd = listen_on(&dead);
	close(fd);
	expect(1);
	f = tcp_connect(&tcp, &dead, &local, 0);
	ok(io_until(&ring, have_closed), "%s: refused", mode);
	is_int(seen.error, -ECONNREFUSED, "%s: as ECONNREFUSED", mode);
	ok(seen.connecting && seen.flow == f, "%s: while connecting", mode);
	is_int(seen.closed, 1, "%s: once", mode);

	local.family = ADDR_V6;
	errno = 0;
	is_int(tcp_connect(&tcp, &server, &local, 0), 0, "%s: mixed families",
	       mode);
	is_int(errno, EAFNOSUPPORT, "%s: are refused", mode);
	local.family = ADDR_V4;
}

static void test_frames(void)
{
	static char large[60000];
	int fd, n, i;
	tcp_flow f = connected(&fd);

	expect(3);
	ok(send(fd, MSG MSG MSG, 3 * strlen(MSG), 0) > 0, "%s: three", mode);
	ok(io_until(&ring, have_received), "%s: messages in one piece", mode);
	is_int(seen.received, 3, "%s: are three", mode);
	is_str(seen.text, MSG, "%s: as sent", mode);

	expect(1);
	for (i = 0; MSG[i]; i++) {
		send(fd, &MSG[i], 1, 0);
		io_uring_submit_and_get_events(&ring.uring);
	}
	ok(io_until(&ring, have_received), "%s: one byte by byte", mode);
	is_str(seen.text, MSG, "%s: is whole", mode);

	n = snprintf(large, sizeof(large), "OPTIONS sip:a SIP/2.0\r\n"
		     "Content-Length: %d\r\n\r\n", 59000);
	memset(large + n, 'b', 59000);
	expect(1);
	send(fd, large, (size_t)n + 59000, 0);
	ok(io_until(&ring, have_received), "%s: a large one", mode);
	is_int(seen.len, n + 59000, "%s: is whole", mode);
	ok(!memcmp(seen.text, large, seen.len), "%s: as sent", mode);

	expect(1);
	tcp.stats.pings = 0;
	send(fd, "\r\n\r\n", 4, 0);
	ok(io_until(&ring, have_pinged), "%s: a ping", mode);
	io_for(&ring, 5);
	ok(peer_reads(fd, large, 2) && !memcmp(large, "\r\n", 2),
	   "%s: is answered", mode);
	is_int(seen.received, 0, "%s: and not delivered", mode);

	expect(1);
	send(fd, "\r\n" MSG, 2 + strlen(MSG), 0);
	ok(io_until(&ring, have_received), "%s: a pong before one", mode);
	is_str(seen.text, MSG, "%s: is left out", mode);

	expect(1);
	seen.act = ACT_DROP;
	send(fd, MSG MSG, 2 * strlen(MSG), 0);
	ok(io_until(&ring, have_received), "%s: dropped in received()", mode);
	io_for(&ring, 10);
	is_int(seen.received, 1, "%s: the second is not delivered", mode);
	is_int(seen.closed, 0, "%s: and no end told", mode);
	ok(!tcp_is_connected(&tcp, f), "%s: the flow is gone", mode);
	n = (int)recv(fd, large, 1, 0);
	ok(n <= 0, "%s: for the peer as well", mode);
	close(fd);
}

static void test_bad_frame(void)
{
	uint64_t bad = tcp.stats.bad_frames;
	int fd;

	connected(&fd);
	expect(1);
	send(fd, "OPTIONS sip:a SIP/2.0\r\nTo: x\r\n\r\n", 33, 0);
	ok(io_until(&ring, have_closed), "%s: no Content-Length", mode);
	is_int(seen.error, -EPROTO, "%s: ends the flow", mode);
	is_int(tcp.stats.bad_frames, bad + 1, "%s: counted", mode);
	close(fd);
}

static char pattern(size_t i)
{
	return (char)(i * 31 + i / 251);
}

static size_t read_so_far;
static bool in_order;
static int reader;

/* The peer reads a piece in each turn, so that sends come up short. */
static bool peer_has_all(void)
{
	char buf[8192];
	ssize_t n = recv(reader, buf, sizeof(buf), MSG_DONTWAIT);

	for (ssize_t i = 0; i < n && read_so_far + (size_t)i < 250000; i++)
		if (buf[i] != pattern(read_so_far + (size_t)i))
			in_order = false;
	if (n > 0)
		read_so_far += (size_t)n;
	return read_so_far >= 262 * 1000;
}

static void test_sends(void)
{
	uint64_t shorts = tcp.stats.short_sends;
	int fd, small = 4096, i, k;
	char buf[1000];
	tcp_flow f;

	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	f = connected(&fd);
	setsockopt(flow_of(&tcp, f)->fd, SOL_SOCKET, SO_SNDBUF, &small,
		   sizeof(small));
	for (i = 0; i < 250; i++) {
		for (k = 0; k < 1000; k++)
			buf[k] = pattern((size_t)i * 1000 + (size_t)k);
		if (tcp_send(&tcp, f, buf, sizeof(buf)))
			break;
	}
	is_int(i, 250, "%s: 250 messages queue up", mode);
	for (i = 0; i < 20 && !tcp_send(&tcp, f, buf, sizeof(buf)); i++)
		;
	is_int(i, 12, "%s: to 256 KiB", mode);
	is_int(tcp_send(&tcp, f, buf, sizeof(buf)), -ENOBUFS, "%s: no more",
	       mode);
	reader = fd;
	read_so_far = 0;
	in_order = true;
	while (!peer_has_all())
		io_for(&ring, 1);
	ok(in_order, "%s: all arrives in order", mode);
	ok(tcp.stats.short_sends > shorts, "%s: by %llu short sends", mode,
	   (unsigned long long)(tcp.stats.short_sends - shorts));
	tcp_drop(&tcp, f);
	is_int(tcp_send(&tcp, f, "x", 1), -ENOTCONN, "%s: dropped", mode);
	close(fd);
}

static void test_ends(void)
{
	struct linger hard = { .l_onoff = 1 };
	tcp_flow f;
	int fd;

	connected(&fd);
	expect(1);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
	ok(io_until(&ring, have_closed), "%s: RST", mode);
	is_int(seen.error, -ECONNRESET, "%s: as ECONNRESET", mode);
	io_for(&ring, 5);
	is_int(seen.closed, 1, "%s: once", mode);

	/* A send into the RST: one end is told, not two. */
	f = connected(&fd);
	expect(1);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
	tcp_send(&tcp, f, "late", 4);
	ok(io_until(&ring, have_closed), "%s: a send meets an RST", mode);
	io_for(&ring, 5);
	is_int(seen.closed, 1, "%s: one end", mode);
	is_int(seen.error, -ECONNRESET, "%s: with its reason", mode);

	/* The new flow comes up while the old one's operations end. */
	connected(&fd);
	expect(1);
	seen.act = ACT_RECONNECT;
	close(fd);
	ok(io_until(&ring, have_connected), "%s: connect in closed()", mode);
	ok(seen.flow == seen.last, "%s: a new number", mode);
	fd = accept(listener, NULL, NULL);
	expect(1);
	seen.act = ACT_ANSWER;
	send(fd, MSG, strlen(MSG), 0);
	io_until(&ring, have_received);
	io_for(&ring, 5);
	ok(peer_reads(fd, seen.text, 11) &&
	   !memcmp(seen.text, "firstsecond", 11), "%s: answers", mode);
	tcp_drop(&tcp, seen.flow);
	close(fd);

	expect(1);
	f = tcp_connect(&tcp, &server, &local, 0);
	tcp_drop(&tcp, f);
	io_for(&ring, 10);
	ok(!seen.connected && !seen.closed, "%s: dropped while connecting",
	   mode);
	fcntl(listener, F_SETFL, O_NONBLOCK);
	fd = accept(listener, NULL, NULL);
	fcntl(listener, F_SETFL, 0);
	if (fd >= 0)
		close(fd);
}

static void test_limit(void)
{
	tcp_flow f[9];
	int i, fd;

	expect(8);
	for (i = 0; i < 9; i++)
		f[i] = tcp_connect(&tcp, &server, &local, 0);
	ok(f[7] && !f[8], "%s: eight flows, not nine", mode);
	io_until(&ring, have_connected);
	for (i = 0; i < 8; i++) {
		tcp_drop(&tcp, f[i]);
		fd = accept(listener, NULL, NULL);
		close(fd);
	}
	f[0] = tcp_connect(&tcp, &server, &local, 0);
	ok(f[0], "%s: at once again", mode);
	tcp_drop(&tcp, f[0]);
	io_for(&ring, 10);
	fcntl(listener, F_SETFL, O_NONBLOCK);
	while ((fd = accept(listener, NULL, NULL)) >= 0)
		close(fd);
	fcntl(listener, F_SETFL, 0);
}

static void test_accept(void)
{
	struct addr listen = local, own, peer;
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd[3], i;

	listen.port = 0;
	is_int(tcp_listen(&tcp, &listen), 0, "%s: listens", mode);
	ok(listen.port, "%s: on a port", mode);
	to.sin_port = htons(listen.port);
	expect(3);
	for (i = 0; i < 3; i++) {
		fd[i] = socket(AF_INET, SOCK_STREAM, 0);
		is_int(connect(fd[i], (struct sockaddr *)&to, sizeof(to)), 0,
		       "%s: connects", mode);
	}
	ok(io_until(&ring, have_accepted), "%s: accepts three", mode);
	ok(tcp_addresses(&tcp, seen.flow, &own, &peer) &&
	   own.port == listen.port && peer.port, "%s: addresses", mode);
	expect(1);
	send(fd[1], MSG, strlen(MSG), 0);
	ok(io_until(&ring, have_received), "%s: receives", mode);
	expect(3);
	for (i = 0; i < 3; i++)
		close(fd[i]);
	ok(io_until(&ring, have_closed), "%s: three ends", mode);
	is_int(tcp.stats.accepts, 3, "%s: counted", mode);
}

/* The whole of it is closed in a callback, with flows in every state. */
static void test_close(void)
{
	int fd, other;

	connected(&other);
	connected(&fd);
	expect(1);
	seen.act = ACT_CLOSE;
	send(fd, MSG MSG, 2 * strlen(MSG), 0);
	tcp_connect(&tcp, &server, &local, 0);
	ok(io_until(&ring, have_received), "%s: closed in received()", mode);
	io_for(&ring, 5);
	is_int(seen.received, 1, "%s: nothing after", mode);
	close(fd);
	close(other);
}

static void test_mode(bool multishot)
{
	mode = multishot ? "multishot" : "single";
	if (!ok(!ring_open(&ring, 64), "%s: ring opens", mode))
		return;
	ring.multishot = ring.multishot && multishot;
	addr_parse(&local, "127.0.0.1", 0, TRANSPORT_TCP);
	memset(&server, 0, sizeof(server));
	listener = listen_on(&server);
	is_int(tcp_open(&tcp, &ring, 8, &ops, NULL), 0, "%s: opens", mode);
	test_connect();
	test_frames();
	test_bad_frame();
	test_sends();
	test_ends();
	test_limit();
	test_accept();
	test_close();
	close(listener);
	ring_close(&ring);
	is_int(ring.in_flight, 0, "%s: everything ended", mode);
}

int main(void)
{
	sip_parse_init();
	test_mode(true);
	test_mode(false);
	return tap_done();
}
