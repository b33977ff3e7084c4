// SPDX-License-Identifier: BSD-2-Clause
/*
 * peer: both ends of the traffic that the tests provoke errors with.
 *
 *   peer udp-send [-b PORT] [-n COUNT] [-c] [-r] [HOW] ADDR PORT TEXT
 *       Sends TEXT, COUNT times from one socket (from port PORT); with COUNT
 *       above 1 the datagram's number follows the text.  Prints "SENT
 *       port=N len=N count=N", or "ERROR send NAME" for each that failed.
 *       -c: connected, and -r: any socket, wait for "ERROR NAME" or "REPLY
 *       len=N", at most 5 s, else "NONE".  -C: connected, does not wait.
 *       HOW:
 *         -x       to COUNT ports, counting up from PORT
 *         -s LEN   TEXT is filled up with zeros to LEN bytes
 *         -m       in two parts, the first with MSG_MORE
 *         -g SIZE  UDP_SEGMENT: cut by the kernel or the device
 *         -z       without a UDP checksum
 *         -o       with IP options that mean nothing, IPv6: in an extension
 *         -p       IPv6: with an extension that nobody understands
 *         -a ADDR  from this address
 *         -q       never in fragments, whatever is known of the path's MTU
 *         -t TTL, -i DEVICE, -u UID (another user's process)
 *   peer udp-echo ADDR PORT, peer udp-sink ADDR PORT
 *       Prints "READY", answers, or swallows, until killed.
 *   peer tcp-connect [-b PORT] [-w TEXT] [-f] [-e] [-N] [-i DEVICE]
 *                    ADDR PORT
 *       Prints "CONNECTED port=N snd=N rcv=N" (next sequence numbers of both
 *       directions) or "ERROR connect NAME", then, when the connection ends,
 *       "EOF" or "ERROR read NAME".  -w: writes TEXT first; -f: that by a fast
 *       open, CONNECTED comes once it is established; -e: writes after EOF.
 *       SIGHUP: writes.  -N: does not wait in connect(), gives up after 0.3 s
 *       and tells what the socket has heard until then.
 *   peer tcp-listen ADDR PORT
 *       Prints "READY", then "ACCEPTED" for each connection.  SIGUSR1 resets
 *       all connections, SIGUSR2 closes them in order (a reset, if the other
 *       end wrote: nothing is read here), SIGHUP writes to them.
 *   peer tcp-capture ADDR PORT
 *       Prints "READY", then "SEGMENT port=N seq=N ack=N flags=N len=N" for each
 *       segment to ADDR and PORT that arrives in the namespace.
 *
 * Exit status: 0, whatever the network said; 1 for a local failure.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns.h"

#define CONNECTIONS_MAX 64
#define ANSWER_WAIT_MS 5000
#define NO_WAIT_MS 300

/* linux/tcp.h of some C libraries lacks it: leave repair without a probe. */
#ifndef TCP_REPAIR_OFF_NO_WP
#define TCP_REPAIR_OFF_NO_WP (-1)
#endif

struct options {
	const char *bind_port, *bind_addr, *device, *text;
	unsigned long count, size;
	int segment, ttl, uid;
	bool connect, wait, more, no_check, ip_options, strange, count_up;
	bool dont_fragment;
	bool fast_open, write_after_eof, no_wait;
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
	case EINVAL: return "EINVAL";
	case ECONNABORTED: return "ECONNABORTED";
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

static void bind_local(int fd, int family, const struct options *o)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	uint16_t number = 0;
	int rc;

	if (o->bind_port)
		number = htons((uint16_t)strtoul(o->bind_port, NULL, 10));
	in.sin_port = number;
	in6.sin6_port = number;
	if (o->bind_addr &&
	    inet_pton(family, o->bind_addr, family == AF_INET6 ?
		      (void *)&in6.sin6_addr : (void *)&in.sin_addr) != 1)
		fail("address");
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

/* On a slow machine as much longer as the tests' own waits; see lib.sh. */
static int answer_wait_ms(void)
{
	const char *scale = getenv("SIPOVER_WAIT_SCALE");

	return ANSWER_WAIT_MS * (scale ? (int)strtol(scale, NULL, 10) : 1);
}

static void await_answer(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char buf[65536];
	ssize_t n;

	if (poll(&pfd, 1, answer_wait_ms()) <= 0) {
		puts("NONE");
		return;
	}
	n = recv(fd, buf, sizeof(buf), 0);
	if (n < 0)
		printf("ERROR %s\n", error_name(errno));
	else
		printf("REPLY len=%zd\n", n);
}

static void set(int fd, int level, int name, const void *value, socklen_t len,
		const char *what)
{
	if (setsockopt(fd, level, name, value, len))
		fail(what);
}

static void set_int(int fd, int level, int name, int value, const char *what)
{
	set(fd, level, name, &value, sizeof(value), what);
}

/* What socket options say of how to send. */
static void set_options(int fd, const struct options *o, bool v6)
{
	static const unsigned char nops[4] = { 1, 1, 1, 1 };
	/* Destination options: PadN of 4 bytes; type 0x9e, to be refused. */
	static const unsigned char pad[8] = { 0, 0, 1, 4 };
	static const unsigned char strange[8] = { 0, 0, 0x9e, 4 };

	if (o->device)
		set(fd, SOL_SOCKET, SO_BINDTODEVICE, o->device,
		    (socklen_t)strlen(o->device), "SO_BINDTODEVICE");
	if (o->ttl && v6)
		set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, o->ttl, "hops");
	if (o->ttl && !v6)
		set_int(fd, IPPROTO_IP, IP_TTL, o->ttl, "IP_TTL");
	if (o->dont_fragment && v6)
		set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
			IPV6_PMTUDISC_PROBE, "IPV6_MTU_DISCOVER");
	if (o->dont_fragment && !v6)
		set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE,
			"IP_MTU_DISCOVER");
	if (o->segment)
		set_int(fd, IPPROTO_UDP, UDP_SEGMENT, o->segment,
			"UDP_SEGMENT");
	if (o->no_check && v6)
		set_int(fd, IPPROTO_UDP, UDP_NO_CHECK6_TX, 1,
			"UDP_NO_CHECK6_TX");
	if (o->no_check && !v6)
		set_int(fd, SOL_SOCKET, SO_NO_CHECK, 1, "SO_NO_CHECK");
	if (o->ip_options && !v6)
		set(fd, IPPROTO_IP, IP_OPTIONS, nops, sizeof(nops),
		    "IP_OPTIONS");
	if (o->ip_options && v6)
		set(fd, IPPROTO_IPV6, IPV6_DSTOPTS, pad, sizeof(pad),
		    "IPV6_DSTOPTS");
	if (o->strange)
		set(fd, IPPROTO_IPV6, IPV6_DSTOPTS, strange, sizeof(strange),
		    "IPV6_DSTOPTS");
}

static int udp_socket(const struct options *o, const struct target *t)
{
	int fd;

	if (o->uid && setuid((uid_t)o->uid))
		fail("setuid");
	fd = open_socket(t);
	set_options(fd, o, t->sa.sa_family == AF_INET6);
	if (o->bind_port || o->bind_addr)
		bind_local(fd, t->sa.sa_family, o);
	if (o->connect && connect(fd, &t->sa, t->len))
		fail("connect");
	return fd;
}

static void send_one(int fd, const struct options *o, const struct target *t,
		     const char *buf, size_t len)
{
	const struct sockaddr *to = o->connect ? NULL : &t->sa;
	socklen_t to_len = o->connect ? 0 : t->len;
	size_t first = o->more ? len / 2 : 0;

	if ((first && sendto(fd, buf, first, MSG_MORE, to, to_len) < 0) ||
	    sendto(fd, buf + first, len - first, 0, to, to_len) < 0)
		printf("ERROR send %s\n", error_name(errno));
}

static void count_up(struct target *t)
{
	uint16_t *port = t->sa.sa_family == AF_INET6 ? &t->in6.sin6_port :
			 &t->in.sin_port;

	*port = htons((uint16_t)(ntohs(*port) + 1));
}

static int udp_send(const struct options *o, const struct target *t,
		    const char *text)
{
	int fd = udp_socket(o, t), len = 0;
	struct target to = *t;
	char buf[65536];
	unsigned long i;

	for (i = 1; i <= o->count; i++) {
		if (o->count > 1)
			len = snprintf(buf, sizeof(buf), "%s %lu", text, i);
		else
			len = snprintf(buf, sizeof(buf), "%s", text);
		if (len < 0 || len >= (int)sizeof(buf))
			len = sizeof(buf) - 1;
		for (; len < (int)o->size; len++)
			buf[len] = '0';
		send_one(fd, o, &to, buf, (size_t)len);
		if (o->count_up)
			count_up(&to);
	}
	printf("SENT port=%u len=%d count=%lu\n", local_port(fd), len,
	       o->count);
	if (o->wait)
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

static int connection = -1;

static void write_more(int sig)
{
	ssize_t n = write(connection, "x", 1);

	(void)sig;
	(void)n;
}

/* Whether it worked; if not, it has been said. */
static bool tcp_open(int fd, const struct options *o, const struct target *t)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int on = 1, error;

	if (o->fast_open)
		set_int(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1,
			"TCP_FASTOPEN_CONNECT");
	if (o->no_wait && ioctl(fd, FIONBIO, &on))
		fail("FIONBIO");
	if (connect(fd, &t->sa, t->len)) {
		error = errno;
		if (error == EINPROGRESS) {
			poll(&pfd, 1, NO_WAIT_MS);
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
		}
		printf("ERROR connect %s\n", error_name(error));
		close(fd);
		return false;
	}
	/* By a fast open this is what sends the SYN, and waits for its answer. */
	if (o->text && write(fd, o->text, strlen(o->text)) < 0) {
		printf("ERROR write %s\n", error_name(errno));
		return false;
	}
	if (o->fast_open)
		poll(&pfd, 1, -1);
	return true;
}

static int tcp_connect(const struct options *o, const struct target *t)
{
	int fd = open_socket(t);
	char buf[4096];
	ssize_t n;

	/* The last write of all goes to a connection that is gone. */
	(void)signal(SIGPIPE, SIG_IGN);
	set_options(fd, o, t->sa.sa_family == AF_INET6);
	if (o->bind_port)
		bind_local(fd, t->sa.sa_family, o);
	if (!tcp_open(fd, o, t))
		return 0;
	connection = fd;
	(void)signal(SIGHUP, write_more);
	print_connected(fd);
	do {
		n = read(fd, buf, sizeof(buf));
	} while (n > 0);
	if (n < 0) {
		printf("ERROR read %s\n", error_name(errno));
		return 0;
	}
	puts("EOF");
	if (o->write_after_eof) {
		struct pollfd pfd = { .fd = fd };

		if (write(fd, "x", 1) < 0)
			fail("write");
		poll(&pfd, 1, answer_wait_ms());
		puts(pfd.revents & POLLHUP ? "HUNG UP" : "NONE");
	}
	return 0;
}

/* What a signal means for all connections; returns whether they stay. */
static bool handle_signal(int *fds, unsigned int n, uint32_t sig)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (sig == SIGHUP) {
			if (write(fds[i], "x", 1) < 0)
				printf("ERROR write %s\n", error_name(errno));
			continue;
		}
		if (sig == SIGUSR1)
			set(fds[i], SOL_SOCKET, SO_LINGER, &linger,
			    sizeof(linger), "SO_LINGER");
		close(fds[i]);
	}
	puts(sig == SIGHUP ? "WRITTEN" : "ENDED");
	return sig == SIGHUP;
}

static _Noreturn void tcp_listen(const struct target *t)
{
	int conns[CONNECTIONS_MAX], fd = open_socket(t);
	struct signalfd_siginfo si;
	struct pollfd pfd[2];
	unsigned int n = 0;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pfd[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
	pfd[1] = (struct pollfd){ .fd = signalfd(-1, &set, 0),
				  .events = POLLIN };
	if (pfd[1].fd < 0)
		fail("signalfd");
	/* Accepts data in a SYN without a cookie, where the kernel is willing. */
	set_int(fd, IPPROTO_TCP, TCP_FASTOPEN, 16, "TCP_FASTOPEN");
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
		    read(pfd[1].fd, &si, sizeof(si)) == sizeof(si) &&
		    !handle_signal(conns, n, si.ssi_signo))
			n = 0;
	}
}

/* Prints a segment if it is one to @t. */
static void print_segment(const struct target *t, const unsigned char *ip,
			  size_t len)
{
	const struct ip6_hdr *ip6 = (const void *)ip;
	const struct ip *ip4 = (const void *)ip;
	const struct tcphdr *th;
	size_t at, end;

	if (t->sa.sa_family == AF_INET) {
		if (len < sizeof(*ip4) || ip4->ip_v != 4 ||
		    ip4->ip_p != IPPROTO_TCP ||
		    memcmp(&ip4->ip_dst, &t->in.sin_addr, 4) != 0)
			return;
		at = ip4->ip_hl * 4u;
		end = ntohs(ip4->ip_len);
	} else {
		if (len < sizeof(*ip6) || ip[0] >> 4 != 6 ||
		    ip6->ip6_nxt != IPPROTO_TCP ||
		    memcmp(&ip6->ip6_dst, &t->in6.sin6_addr, 16) != 0)
			return;
		at = sizeof(*ip6);
		end = at + ntohs(ip6->ip6_plen);
	}
	th = (const void *)(ip + at);
	if (end > len || end < at + sizeof(*th) ||
	    th->dest != (t->sa.sa_family == AF_INET ? t->in.sin_port :
			 t->in6.sin6_port))
		return;
	printf("SEGMENT port=%u seq=%u ack=%u flags=%u len=%zu\n",
	       ntohs(th->source), ntohl(th->seq), ntohl(th->ack_seq),
	       ip[at + 13], end - at - th->doff * 4u);
}

static _Noreturn void tcp_capture(const struct target *t)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));
	static unsigned char buf[65536]
		__attribute__((aligned(8)));
	struct sockaddr_ll from = { 0 };

	if (fd < 0)
		fail("packet socket");
	puts("READY");
	for (;;) {
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, buf, sizeof(buf), 0,
				     (struct sockaddr *)&from, &len);

		if (n < 0)
			fail("packet socket");
		if (from.sll_pkttype == PACKET_HOST)
			print_segment(t, buf, (size_t)n);
	}
}

static int usage(void)
{
	fputs("usage: peer udp-send [-b PORT] [-n COUNT] [-c] [-r] [-C] [-x] [-s LEN]\n"
	      "                     [-m] [-g SIZE] [-z] [-o] [-p] [-q] [-a ADDR] [-t TTL]\n"
	      "                     [-i DEVICE] [-u UID]\n"
	      "                     ADDR PORT TEXT\n"
	      "       peer udp-echo|udp-sink ADDR PORT\n"
	      "       peer tcp-connect [-b PORT] [-w TEXT] [-f] [-e] [-N] [-i DEVICE]\n"
	      "                     ADDR PORT\n"
	      "       peer tcp-listen|tcp-capture ADDR PORT\n", stderr);
	return 64;
}

static bool take_option(struct options *o, int c)
{
	switch (c) {
	case 'a': o->bind_addr = optarg; break;
	case 'b': o->bind_port = optarg; break;
	case 'c': o->connect = o->wait = true; break;
	case 'C': o->connect = true; break;
	case 'e': o->write_after_eof = true; break;
	case 'f': o->fast_open = true; break;
	case 'g': o->segment = (int)strtol(optarg, NULL, 10); break;
	case 'i': o->device = optarg; break;
	case 'm': o->more = true; break;
	case 'N': o->no_wait = true; break;
	case 'n': o->count = strtoul(optarg, NULL, 10); break;
	case 'o': o->ip_options = true; break;
	case 'p': o->strange = true; break;
	case 'q': o->dont_fragment = true; break;
	case 'r': o->wait = true; break;
	case 's': o->size = strtoul(optarg, NULL, 10); break;
	case 't': o->ttl = (int)strtol(optarg, NULL, 10); break;
	case 'u': o->uid = (int)strtol(optarg, NULL, 10); break;
	case 'w': o->text = optarg; break;
	case 'x': o->count_up = true; break;
	case 'z': o->no_check = true; break;
	default: return false;
	}
	return o->size < 65536;
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
	while ((c = getopt(argc, argv, "a:b:cCefg:i:mNn:opqrs:t:u:w:xz")) != -1) {
		if (!take_option(&o, c))
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
	if (strcmp(what, "tcp-capture") == 0)
		tcp_capture(&t);
	return usage();
}
