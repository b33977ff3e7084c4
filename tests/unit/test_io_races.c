// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * Cancelling and closing at every moment: before the operation is submitted,
 * while it waits, when it has completed and nobody has handled it, twice; and
 * opening the same again in the same turn.  What is closed stays silent, what
 * is submitted completes once, nothing is left: no descriptor, no operation, no
 * memory (with ASan).
 *
 * usage: test_io_races [SEED]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "codec/sip_parse.h"
#include "io/control.h"
#include "io/netlink.h"
#include "io/random.h"
#include "io/tcp.h"
#include "io/udp.h"
#include "io_loop.h"
#include "tap.h"

#define ROUNDS 1500
#define MSG "OPTIONS sip:a SIP/2.0\r\nContent-Length: 4\r\n\r\nbody"
#define FLOWS 8
#define SLOTS (2 * FLOWS + 9)
#define PEERS 6

static struct ring ring;
static struct addr local;
static const char *mode;
static uint64_t seed, state;

/* What may not happen, counted; and what should have, or nothing was tried. */
static struct {
	unsigned int twice, lost, stale, wrong, failed;
	unsigned int cancelled, completed, received, icmp, busy;
	unsigned int accepted, connected, closed, dropped, lines, gone;
} seen;

static unsigned int pick(unsigned int n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned int)(state >> 33) % n;
}

/* One of the ways in which the ring may move on, or not. */
static void move(void)
{
	switch (pick(4)) {
	case 0:
		break;
	case 1:
		io_uring_submit(&ring.uring);
		break;
	case 2:		/* completes, and nobody handles it yet */
		io_uring_submit_and_get_events(&ring.uring);
		break;
	default:
		io_for(&ring, 0);
		break;
	}
}

static uint64_t under_way(void)
{
	return ring.in_flight - ring.timer_polled;
}

/* Until what was closed has ended. */
static void settle(void)
{
	int i;

	for (i = 0; i < 2000 && under_way(); i++)
		io_for(&ring, i < 1000 ? 0 : 1);
	seen.lost += under_way() != 0;
}

static void begin(void)
{
	memset(&seen, 0, sizeof(seen));
}

static void nothing_wrong(const char *what)
{
	is_int(seen.twice + seen.lost + seen.stale + seen.wrong + seen.failed,
	       0, "%s %s: nothing twice, lost, stale or mixed up", mode, what);
	if (seen.twice + seen.lost + seen.stale + seen.wrong + seen.failed)
		printf("# seed %llu: twice %u lost %u stale %u wrong %u failed %u\n",
		       (unsigned long long)seed, seen.twice, seen.lost,
		       seen.stale, seen.wrong, seen.failed);
	is_int(under_way(), 0, "%s %s: nothing under way", mode, what);
}

/* Single operations: one poll, single or multishot, one or two cancellations, a
 * byte or none, in any order. */

static uint32_t poll_gen;
static bool poll_ended;

static void on_poll(void *ctx, const struct ring_cqe *cqe)
{
	(void)ctx;
	seen.stale += cqe->gen != poll_gen;
	seen.twice += poll_ended;
	seen.wrong += cqe->res < 0 && cqe->res != -ECANCELED;
	if (cqe->flags & IORING_CQE_F_MORE)
		return;
	poll_ended = true;
	if (cqe->res < 0)
		seen.cancelled++;
	else
		seen.completed++;
}

static void poll_round(void)
{
	unsigned int cancels = 1 + pick(2), bytes = pick(3);
	bool submitted = false;
	uint64_t ud;
	int pair[2];

	if (pipe(pair)) {
		seen.failed++;
		return;
	}
	poll_gen++;
	poll_ended = false;
	ud = ud_pack(RING_OP_SIGNAL, 5, poll_gen);
	while (!submitted || cancels || bytes) {
		unsigned int what = pick(3);

		if (what == 0 && !submitted) {
			struct io_uring_sqe *sqe = ring_sqe(&ring, ud);

			if (ring.multishot && pick(2))
				io_uring_prep_poll_multishot(sqe, pair[0],
							     POLLIN);
			else
				io_uring_prep_poll_add(sqe, pair[0], POLLIN);
			submitted = true;
		} else if (what == 1 && submitted && cancels) {
			ring_cancel(&ring, ud);
			cancels--;
		} else if (what == 2 && bytes) {
			seen.failed += write(pair[1], "x", 1) != 1;
			bytes--;
		}
		move();
	}
	settle();
	seen.lost += !poll_ended;
	close(pair[0]);
	close(pair[1]);
}

static void test_cancel(void)
{
	int i;

	begin();
	ring_on(&ring, RING_OP_SIGNAL, on_poll, NULL);
	for (i = 0; i < 2 * ROUNDS; i++)
		poll_round();
	nothing_wrong("cancel");
	ok(seen.cancelled > ROUNDS / 4 && seen.completed > ROUNDS / 4,
	   "%s cancel: %u cancelled, %u completed", mode, seen.cancelled,
	   seen.completed);
}

/* UDP: each socket is told who it is by what it is sent. */

struct one {
	struct udp u;
	bool open;
	uint32_t number;
};

static struct one *sockets[2];
static uint32_t socket_number;
static struct addr dead;

static void socket_open(unsigned int slot);

static void socket_close(unsigned int slot)
{
	struct one *o = sockets[slot];

	sockets[slot] = NULL;
	o->open = false;
	udp_close(&o->u);
	free(o);		/* whoever touches it now is caught */
}

static void on_udp_received(void *ctx, struct udp *u, const struct addr *from,
			    const char *buf, size_t len)
{
	struct one *o = ctx;
	uint32_t number;

	(void)from;
	seen.stale += o != sockets[0] && o != sockets[1];
	if (seen.stale || u != &o->u || len != sizeof(number)) {
		seen.wrong++;
		return;
	}
	memcpy(&number, buf, sizeof(number));
	seen.wrong += number != o->number;
	seen.received++;
	if (!pick(8)) {
		unsigned int slot = o == sockets[1];

		socket_close(slot);
		if (pick(2))
			socket_open(slot);
	}
}

static void on_udp_failed(void *ctx, struct udp *u, const struct addr *to,
			  int error, const char *buf, size_t len)
{
	(void)ctx;
	(void)u;
	(void)to;
	(void)error;
	(void)buf;
	(void)len;
}

static void on_udp_icmp(void *ctx, struct udp *u, const struct udp_icmp *e)
{
	(void)u;
	(void)e;
	seen.stale += ctx != sockets[0] && ctx != sockets[1];
	seen.icmp++;
}

static const struct udp_ops udp_ops = {
	.received = on_udp_received,
	.send_failed = on_udp_failed,
	.icmp = on_udp_icmp,
};

static void socket_open(unsigned int slot)
{
	struct one *o = calloc(1, sizeof(*o));
	int ret;

	o->number = ++socket_number;
	ret = udp_open(&o->u, &ring, slot, &local, pick(2), &udp_ops, o);
	if (ret) {
		/* All instances of the slot are still ending. */
		seen.busy += ret == -ENOMEM;
		seen.failed += ret != -ENOMEM;
		free(o);
		return;
	}
	o->open = true;
	sockets[slot] = o;
}

static void udp_act(unsigned int slot, int sender)
{
	struct one *o = sockets[slot], *other = sockets[!slot];
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	if (!o) {
		socket_open(slot);
		return;
	}
	switch (pick(6)) {
	case 0:
		socket_close(slot);
		if (pick(2))
			socket_open(slot);
		break;
	case 1:
		if (other)
			udp_send(&o->u, &other->u.local, &other->number,
				 sizeof(other->number));
		break;
	case 2:
		udp_send(&o->u, &dead, "dead", 4);
		break;
	case 3:
		udp_set_recverr(&o->u, pick(2));
		break;
	default:
		to.sin_port = htons(o->u.local.port);
		sendto(sender, &o->number, sizeof(o->number), 0,
		       (struct sockaddr *)&to, sizeof(to));
		break;
	}
}

/* A port that nobody else is given and that refuses everybody: connected to a
 * peer that is none of ours. */
static int dead_open(void)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(in);

	seen.failed += bind(fd, (struct sockaddr *)&in, sizeof(in)) ||
		       getsockname(fd, (struct sockaddr *)&in, &len);
	addr_parse(&dead, "127.0.0.1", ntohs(in.sin_port), TRANSPORT_UDP);
	in.sin_port = htons(9);
	seen.failed += connect(fd, (struct sockaddr *)&in, sizeof(in)) != 0;
	return fd;
}

static void test_udp(void)
{
	int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), holder, i;

	begin();
	holder = dead_open();
	for (i = 0; i < 8 * ROUNDS; i++) {
		udp_act(pick(2), sender);
		move();
	}
	for (i = 0; i < 2; i++)
		if (sockets[i])
			socket_close((unsigned int)i);
	settle();
	close(sender);
	close(holder);
	nothing_wrong("udp");
	ok(socket_number > ROUNDS / 2 && seen.received > ROUNDS / 2 &&
	   seen.icmp > ROUNDS / 8,
	   "%s udp: %u sockets, %u datagrams, %u errors, %u times too many",
	   mode, socket_number, seen.received, seen.icmp, seen.busy);
}

/* TCP: both ends are flows of ours, or one is a plain socket. */

static struct tcp tcp;
static struct addr listening;
static tcp_flow live[SLOTS], dropped[SLOTS];
static int peers[PEERS];

static unsigned int slot_of(tcp_flow f)
{
	return (f & 0xffff) % SLOTS;
}

static void flow_comes(tcp_flow f)
{
	seen.twice += live[slot_of(f)] != 0;
	live[slot_of(f)] = f;
}

static void flow_drop(tcp_flow f)
{
	live[slot_of(f)] = 0;
	dropped[slot_of(f)] = f;
	tcp_drop(&tcp, f);
	seen.dropped++;
}

static void flow_act(tcp_flow f)
{
	tcp_flow other = live[pick(SLOTS)], old = dropped[pick(SLOTS)];

	/* Its number says nothing any more, whoever has its slot. */
	if (old)
		seen.wrong += tcp_send(&tcp, old, MSG, strlen(MSG)) !=
			      -ENOTCONN;
	switch (pick(8)) {
	case 0:
		flow_drop(f);
		break;
	case 1:
		if (other)
			flow_drop(other);
		break;
	case 2:
		other = tcp_connect(&tcp, &listening, &local, 0);
		if (other)
			flow_comes(other);
		break;
	case 3:
		seen.wrong += tcp_send(&tcp, f, MSG, strlen(MSG)) == -ENOTCONN;
		break;
	default:
		break;
	}
}

static void on_connected(void *ctx, tcp_flow f)
{
	(void)ctx;
	seen.stale += live[slot_of(f)] != f;
	seen.connected++;
	flow_act(f);
}

static void on_accepted(void *ctx, tcp_flow f)
{
	(void)ctx;
	flow_comes(f);
	seen.accepted++;
	flow_act(f);
}

static void on_received(void *ctx, tcp_flow f, const char *buf, size_t len)
{
	(void)ctx;
	seen.stale += live[slot_of(f)] != f;
	seen.wrong += len != strlen(MSG) || memcmp(buf, MSG, len) != 0;
	seen.received++;
	flow_act(f);
}

static void on_closed(void *ctx, tcp_flow f, bool connecting, int error)
{
	(void)ctx;
	(void)connecting;
	(void)error;
	seen.stale += live[slot_of(f)] != f;
	live[slot_of(f)] = 0;
	seen.closed++;
}

static const struct tcp_ops tcp_ops = {
	.connected = on_connected,
	.accepted = on_accepted,
	.received = on_received,
	.closed = on_closed,
};

static void listen_again(void)
{
	int ret = tcp_open(&tcp, &ring, FLOWS, &tcp_ops, NULL);

	/* The last one has operations ending. */
	if (ret == -EBUSY) {
		seen.busy++;
		settle();
		ret = tcp_open(&tcp, &ring, FLOWS, &tcp_ops, NULL);
	}
	listening = local;
	listening.port = 0;
	if (!ret)
		ret = tcp_listen(&tcp, &listening);
	seen.failed += ret != 0;
	memset(live, 0, sizeof(live));
	memset(dropped, 0, sizeof(dropped));
}

static void peer_act(unsigned int i)
{
	struct linger hard = { .l_onoff = 1 };
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(listening.port),
	};

	if (peers[i] < 0) {
		peers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC |
				  SOCK_NONBLOCK, 0);
		/* No TIME_WAIT: there are many. */
		setsockopt(peers[i], SOL_SOCKET, SO_LINGER, &hard,
			   sizeof(hard));
		(void)connect(peers[i], (struct sockaddr *)&to, sizeof(to));
	} else if (pick(2)) {
		send(peers[i], MSG MSG, 2 * strlen(MSG), MSG_NOSIGNAL);
	} else {
		close(peers[i]);
		peers[i] = -1;
	}
}

static void test_tcp(void)
{
	unsigned int i;

	begin();
	listen_again();
	for (i = 0; i < PEERS; i++)
		peers[i] = -1;
	for (i = 0; i < 8 * ROUNDS; i++) {
		if (!pick(40)) {
			tcp_close(&tcp);
			listen_again();
		} else if (pick(4)) {
			peer_act(pick(PEERS));
		} else if (live[i % SLOTS]) {
			flow_act(live[i % SLOTS]);
		}
		move();
	}
	tcp_close(&tcp);
	for (i = 0; i < PEERS; i++)
		if (peers[i] >= 0)
			close(peers[i]);
	settle();
	nothing_wrong("tcp");
	ok(seen.accepted > ROUNDS / 8 && seen.received > ROUNDS / 8 &&
	   seen.dropped > ROUNDS / 16 && seen.connected && seen.busy,
	   "%s tcp: %u accepted, %u connected, %u messages, %u ends, %u dropped",
	   mode, seen.accepted, seen.connected, seen.received, seen.closed,
	   seen.dropped);
}

/* The control socket. */

static struct control control;
static struct sockaddr_un name = { .sun_family = AF_UNIX };
static char directory[] = "/tmp/sipover-races-XXXXXX";
static uint32_t clients[128], gone[128];

static void on_line(void *ctx, uint32_t client, const char *text, size_t len)
{
	uint32_t *known = &clients[(client & 0xffff) % 128];

	(void)ctx;
	seen.wrong += len != 5 || memcmp(text, "hello", 5) != 0;
	seen.stale += *known && *known != client;
	*known = client;
	seen.lines++;
	if (pick(3))
		control_send(&control, client, strdup("answer\n"));
	if (!pick(3))
		control_subscribe(&control, client);
	if (!pick(20))
		control_close(&control);
}

static void on_gone(void *ctx, uint32_t client)
{
	uint32_t *known = &clients[(client & 0xffff) % 128];

	(void)ctx;
	seen.stale += *known && *known != client;
	*known = 0;
	gone[(client & 0xffff) % 128] = client;
	seen.gone++;
}

static const struct control_ops control_ops = {
	.line = on_line,
	.gone = on_gone,
};

static void control_again(void)
{
	int ret = control_open(&control, &ring, name.sun_path, &control_ops,
			       NULL);

	if (ret == -EBUSY) {
		seen.busy++;
		settle();
		ret = control_open(&control, &ring, name.sun_path,
				   &control_ops, NULL);
	}
	seen.failed += ret != 0;
	memset(clients, 0, sizeof(clients));
	memset(gone, 0, sizeof(gone));
}

static void client_act(unsigned int i)
{
	uint32_t old = gone[pick(128)];
	char buf[64];
	ssize_t n;

	/* Its number says nothing any more, whoever has its slot. */
	if (old)
		control_send(&control, old, strdup("late\n"));
	if (peers[i] < 0) {
		peers[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
				  SOCK_NONBLOCK, 0);
		if (connect(peers[i], (struct sockaddr *)&name, sizeof(name))) {
			close(peers[i]);
			peers[i] = -1;
		}
		return;
	}
	switch (pick(4)) {
	case 0:
		close(peers[i]);
		peers[i] = -1;
		break;
	case 1:
		n = recv(peers[i], buf, sizeof(buf), MSG_DONTWAIT);
		seen.stale += n > 0 && memmem(buf, (size_t)n, "late", 4);
		break;
	default:
		send(peers[i], "hello\nhello\n", 6 * (1 + pick(2)),
		     MSG_NOSIGNAL);
		break;
	}
}

static void test_control(void)
{
	unsigned int i;

	begin();
	control_again();
	for (i = 0; i < PEERS; i++)
		peers[i] = -1;
	for (i = 0; i < 8 * ROUNDS; i++) {
		if (!control.p)
			control_again();
		else if (!pick(40))
			control_close(&control);
		else if (!pick(8))
			control_broadcast(&control, strdup("news\n"));
		else
			client_act(pick(PEERS));
		move();
	}
	control_close(&control);
	for (i = 0; i < PEERS; i++)
		if (peers[i] >= 0)
			close(peers[i]);
	settle();
	nothing_wrong("control");
	ok(seen.lines > ROUNDS / 4 && seen.gone > ROUNDS / 8 && seen.busy,
	   "%s control: %u lines, %u clients gone, %u times still ending", mode,
	   seen.lines, seen.gone, seen.busy);
}

/* Netlink: this is the kernel, and it says nothing sensible. */

static struct netlink netlink;

static void on_module(void *ctx, bool up)
{
	(void)ctx;
	(void)up;
}

static void on_event(void *ctx, const struct nl_event *e)
{
	(void)ctx;
	(void)e;
}

static void on_server(void *ctx, const struct nl_server *s)
{
	(void)ctx;
	(void)s;
}

static void on_refused(void *ctx, const struct addr *server, int error,
		       const char *text)
{
	(void)ctx;
	(void)server;
	(void)error;
	(void)text;
}

static const struct netlink_ops netlink_ops = {
	.module = on_module,
	.event = on_event,
	.server = on_server,
	.refused = on_refused,
};

static void netlink_round(void)
{
	struct addr server = local;
	unsigned int i, n = pick(6);
	char request[512];
	int pair[2], ret;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		seen.failed++;
		return;
	}
	ret = netlink_open_on(&netlink, &ring, 4, &netlink_ops, NULL, pair[0]);
	if (ret == -EBUSY) {
		seen.busy++;
		settle();
		ret = netlink_open_on(&netlink, &ring, 4, &netlink_ops, NULL,
				      pair[0]);
	}
	seen.failed += ret != 0;
	server.port = 5060;
	for (i = 0; i < n; i++) {
		move();
		switch (pick(3)) {
		case 0:
			netlink_watch(&netlink, &server, 8);
			break;
		case 1:
			send(pair[1], "rubbish", 7, MSG_DONTWAIT);
			break;
		default:
			seen.received += recv(pair[1], request,
					      sizeof(request),
					      MSG_DONTWAIT) > 0;
			break;
		}
	}
	netlink_close(&netlink);
	/* Also without the end of the other side. */
	if (!pick(4))
		settle();
	close(pair[1]);
	move();
}

static void test_netlink(void)
{
	int i;

	begin();
	for (i = 0; i < ROUNDS; i++)
		netlink_round();
	settle();
	nothing_wrong("netlink");
	ok(seen.received > ROUNDS / 16 && seen.busy > ROUNDS / 16,
	   "%s netlink: %u requests, %u times still ending", mode,
	   seen.received, seen.busy);
}

/* Each socket maps its buffers; what was allocated is left to ASan, whose own
 * mappings grow. */
static int mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	int c, n = 0;

#ifdef __SANITIZE_ADDRESS__
	if (f)
		fclose(f);
	return 0;
#endif
	while (f && (c = getc(f)) != EOF)
		n += c == '\n';
	if (f)
		fclose(f);
	return n;
}

static void test_mode(bool multishot)
{
	int before = io_descriptors(), maps = mappings();

	mode = multishot ? "multishot" : "single";
	if (!ok(!ring_open(&ring, 16), "%s: ring opens", mode))
		return;
	ring.multishot = ring.multishot && multishot;
	test_cancel();
	test_udp();
	test_tcp();
	test_control();
	test_netlink();
	ring_close(&ring);
	is_int(ring.in_flight, 0, "%s: everything ended", mode);
	is_int(io_descriptors(), before, "%s: no descriptor is left", mode);
	maps = mappings() - maps;
	ok(maps < 50, "%s: nor memory mapped (%d)", mode, maps);
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoull(argv[1], NULL, 0) : random_u64();
	state = seed ? seed : 1;
	printf("# seed %llu\n", (unsigned long long)seed);
	sip_parse_init();
	addr_parse(&local, "127.0.0.1", 0, TRANSPORT_UDP);
	if (!ok(mkdtemp(directory) != NULL, "a directory"))
		return tap_done();
	snprintf(name.sun_path, sizeof(name.sun_path), "%s/socket", directory);
	test_mode(true);
	test_mode(false);
	rmdir(directory);
	return tap_done();
}
