// SPDX-License-Identifier: BSD-2-Clause
/*
 * hail: many errors at once, of several sockets and servers.
 *
 *   hail real [-n COUNT] [-k SOCKETS] [-p PORTS] [-w MS] ADDR PORT
 *       COUNT datagrams (0: until SIGTERM) from SOCKETS sockets, in turn to
 *       PORTS ports counting up from PORT.  Prints "SENT count=N failed=N" at
 *       the end.
 *   hail forged [-n COUNT] [-p PORTS] [-w MS] PHONE SPORT ADDR PORT
 *       COUNT port unreachables to PHONE, quoting in turn datagrams to PORTS
 *       ports of ADDR.  Each quote is right but for the UDP checksum, which is
 *       another wrong one each time.  Run it where ADDR is.  Prints "FORGED
 *       count=N".
 *
 *   hail connect [-n COUNT] [-p PORTS] [-w MS] ADDR PORT
 *       COUNT connects, one after the other, to PORTS ports in turn.  Prints
 *       "CONNECTS count=N refused=N".
 *
 * Each datagram is TEXT_LEN bytes long, and so is each quoted one.  After each
 * BURST they wait for MS, 1 by default: between two namespaces packets wait in
 * a queue of 1000, and what finds no room there is dropped.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns.h"
#include "packet.h"

#define SOCKETS_MAX 64
#define TEXT_LEN 32
#define BURST 64

struct target {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
	socklen_t len;
};

struct options {
	unsigned long count, sockets, ports;
	int wait_ms;
};

static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static void fail(const char *what)
{
	fprintf(stderr, "hail: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void usage(void)
{
	fputs("usage: hail real [-n COUNT] [-k SOCKETS] [-p PORTS] [-w MS] ADDR PORT\n"
	      "       hail forged [-n COUNT] [-p PORTS] [-w MS] PHONE SPORT ADDR PORT\n"
	      "       hail connect [-n COUNT] [-p PORTS] [-w MS] ADDR PORT\n",
	      stderr);
	exit(64);
}

static unsigned long number(const char *text, unsigned long max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || end == text || n > max)
		usage();
	return n;
}

static struct target parse(const char *addr, const char *port)
{
	struct target a = { .len = 0 };
	in_port_t number_ = htons((uint16_t)number(port, 65535));

	if (inet_pton(AF_INET, addr, &a.in.sin_addr) == 1) {
		a.in.sin_family = AF_INET;
		a.in.sin_port = number_;
		a.len = sizeof(a.in);
	} else if (inet_pton(AF_INET6, addr, &a.in6.sin6_addr) == 1) {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = number_;
		a.len = sizeof(a.in6);
	} else {
		usage();
	}
	return a;
}

static bool is_v4(const struct target *a)
{
	return a->sa.sa_family == AF_INET;
}

static in_port_t *port_of(struct target *a)
{
	return is_v4(a) ? &a->in.sin_port : &a->in6.sin6_port;
}

static void rest(const struct options *o, unsigned long sent)
{
	if (o->wait_ms && sent % BURST == BURST - 1)
		poll(NULL, 0, o->wait_ms);
}

static int real(const struct options *o, const struct target *server)
{
	unsigned long i, failed = 0;
	struct target to = *server;
	int fds[SOCKETS_MAX] = { 0 };
	char text[TEXT_LEN + 1];
	unsigned int port = ntohs(*port_of(&to));

	for (i = 0; i < o->sockets; i++) {
		fds[i] = socket(to.sa.sa_family, SOCK_DGRAM, 0);
		if (fds[i] < 0)
			fail("socket");
	}
	for (i = 0; !stopped && (i < o->count || !o->count); i++) {
		*port_of(&to) = htons((uint16_t)(port + i % o->ports));
		snprintf(text, sizeof(text), "OPTIONS %*lu", TEXT_LEN - 8, i);
		if (sendto(fds[i / o->ports % o->sockets], text, TEXT_LEN, 0,
			   &to.sa, to.len) < 0)
			failed++;
		rest(o, i);
	}
	printf("SENT count=%lu failed=%lu\n", i, failed);
	return 0;
}

static size_t quoted_ip(unsigned char *at, const struct target *src,
			const struct target *dst)
{
	struct ip6_hdr ip6 = { 0 };
	struct ip ip = { 0 };

	if (is_v4(src)) {
		ip.ip_v = 4;
		ip.ip_hl = 5;
		ip.ip_len = htons(sizeof(ip) + sizeof(struct udphdr) + TEXT_LEN);
		ip.ip_off = htons(IP_DF);
		ip.ip_ttl = 64;
		ip.ip_p = IPPROTO_UDP;
		ip.ip_src = src->in.sin_addr;
		ip.ip_dst = dst->in.sin_addr;
		ip.ip_sum = fold(sum(&ip, sizeof(ip), 0));
		memcpy(at, &ip, sizeof(ip));
		return sizeof(ip);
	}
	ip6.ip6_flow = htonl(6u << 28);
	ip6.ip6_plen = htons(sizeof(struct udphdr) + TEXT_LEN);
	ip6.ip6_nxt = IPPROTO_UDP;
	ip6.ip6_hlim = 64;
	ip6.ip6_src = src->in6.sin6_addr;
	ip6.ip6_dst = dst->in6.sin6_addr;
	memcpy(at, &ip6, sizeof(ip6));
	return sizeof(ip6);
}

/* What is right for the quoted datagram, over the pseudo header and @uh. */
static uint16_t udp_sum(struct target *src, struct target *dst,
			const struct udphdr *uh, const char *text)
{
	size_t len = is_v4(src) ? 4 : 16;
	uint32_t acc = IPPROTO_UDP + sizeof(*uh) + TEXT_LEN;

	acc = sum(is_v4(src) ? (void *)&src->in.sin_addr :
		  (void *)&src->in6.sin6_addr, len, acc);
	acc = sum(is_v4(dst) ? (void *)&dst->in.sin_addr :
		  (void *)&dst->in6.sin6_addr, len, acc);
	return fold(sum(text, TEXT_LEN, sum(uh, sizeof(*uh), acc)));
}

static int forged(const struct options *o, struct target *phone,
		  const struct target *server)
{
	struct target dst = *server, to = *phone;
	unsigned int port = ntohs(*port_of(&dst));
	bool v4 = is_v4(phone);
	unsigned char icmp[8 + sizeof(struct ip6_hdr) + sizeof(struct udphdr) +
			   TEXT_LEN];
	struct udphdr uh = { 0 };
	char text[TEXT_LEN + 1];
	size_t at, len;
	uint16_t check;
	unsigned long i;
	int fd;

	/* The kernel sees to the ICMPv6 checksum. */
	fd = socket(phone->sa.sa_family, SOCK_RAW,
		    v4 ? IPPROTO_ICMP : (int)IPPROTO_ICMPV6);
	if (fd < 0)
		fail("socket");
	*port_of(&to) = 0;
	uh.uh_sport = *port_of(phone);
	uh.uh_ulen = htons(sizeof(uh) + TEXT_LEN);
	snprintf(text, sizeof(text), "OPTIONS %*lu", TEXT_LEN - 8, 0ul);
	for (i = 0; !stopped && (i < o->count || !o->count); i++) {
		memset(icmp, 0, 8);
		icmp[0] = v4 ? 3 : 1;
		icmp[1] = v4 ? 3 : 4;
		*port_of(&dst) = htons((uint16_t)(port + i % o->ports));
		uh.uh_dport = *port_of(&dst);
		uh.uh_sum = 0;
		check = udp_sum(phone, &dst, &uh, text);
		uh.uh_sum = htons((uint16_t)(ntohs(check) + 1 + i % 65534));
		at = 8 + quoted_ip(icmp + 8, phone, &dst);
		memcpy(icmp + at, &uh, sizeof(uh));
		memcpy(icmp + at + sizeof(uh), text, TEXT_LEN);
		len = at + sizeof(uh) + TEXT_LEN;
		if (v4) {
			check = fold(sum(icmp, len, 0));
			memcpy(icmp + 2, &check, sizeof(check));
		}
		if (sendto(fd, icmp, len, 0, &to.sa, to.len) < 0)
			fail("sendto");
		rest(o, i);
	}
	printf("FORGED count=%lu\n", i);
	return 0;
}

static int connect_all(const struct options *o, const struct target *server)
{
	struct target to = *server;
	unsigned int port = ntohs(*port_of(&to));
	unsigned long i, refused = 0;
	int fd;

	for (i = 0; !stopped && (i < o->count || !o->count); i++) {
		*port_of(&to) = htons((uint16_t)(port + i % o->ports));
		fd = socket(to.sa.sa_family, SOCK_STREAM, 0);
		if (fd < 0)
			fail("socket");
		if (connect(fd, &to.sa, to.len) < 0 && errno == ECONNREFUSED)
			refused++;
		close(fd);
		rest(o, i);
	}
	printf("CONNECTS count=%lu refused=%lu\n", i, refused);
	return 0;
}

int main(int argc, char **argv)
{
	struct options o = {
		.count = 1, .sockets = 1, .ports = 1, .wait_ms = 1,
	};
	struct target server, phone;
	const char *what;
	int c;

	if (argc < 2)
		usage();
	what = argv[1];
	argc--;
	argv++;
	while ((c = getopt(argc, argv, "n:k:p:w:")) != -1) {
		switch (c) {
		case 'n': o.count = number(optarg, UINT32_MAX); break;
		case 'k': o.sockets = number(optarg, SOCKETS_MAX); break;
		case 'p': o.ports = number(optarg, 65535); break;
		case 'w': o.wait_ms = (int)number(optarg, 1000); break;
		default: usage();
		}
	}
	if (!o.sockets || !o.ports)
		usage();
	argc -= optind;
	argv += optind;
	enter_netns();
	(void)signal(SIGTERM, stop);
	if (strcmp(what, "real") == 0 && argc == 2) {
		server = parse(argv[0], argv[1]);
		return real(&o, &server);
	}
	if (strcmp(what, "connect") == 0 && argc == 2) {
		server = parse(argv[0], argv[1]);
		return connect_all(&o, &server);
	}
	if (strcmp(what, "forged") == 0 && argc == 4) {
		phone = parse(argv[0], argv[1]);
		server = parse(argv[2], argv[3]);
		if (phone.sa.sa_family != server.sa.sa_family)
			usage();
		return forged(&o, &phone, &server);
	}
	usage();
}
